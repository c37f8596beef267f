//! The task that deletes acknowledged mail, a little later than it was acknowledged and many pieces at once. Any process
//! does what any has left. Must not know: SQL.

use std::sync::Arc;
use std::time::Duration;

use openred_service::lifecycle::Lifecycle;

use super::pool::Database;

/// How long acknowledgements gather before their mail is deleted.
const GATHER: Duration = Duration::from_secs(1);
/// How often to look for what other processes have left.
const LOOK: Duration = Duration::from_secs(60);

/// Runs until the store is closed or dropped.
pub(super) async fn run(database: Arc<Database>, life: Lifecycle) {
    while !life.is_stopping() {
        // With an error, what is left is done the next time.
        while database.sweep_some().await.is_ok_and(|more| more) {}
        tokio::select! {
            () = life.soft().cancelled() => return,
            () = database.sweep.notified() => tokio::time::sleep(GATHER).await,
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}
