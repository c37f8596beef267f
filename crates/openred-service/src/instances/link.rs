//! The connections to Redis and the tasks on them. One connection hears, one speaks; when either fails both are made anew.
//! Must not know: what is counted, what is said.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::StreamExt as _;
use redis::aio::{MultiplexedConnection, PubSub};
use redis::{AsyncConnectionConfig, Client, Cmd, Pipeline, RedisError, RedisResult};
use tokio::sync::Notify;

use super::counts::Change;
use super::{Heard, Listener, Shared, locked};

/// How often processes exchange what they counted: others hear of it within a second.
const EXCHANGE: Duration = Duration::from_millis(200);
/// How long Redis may take to answer; then it is away.
const ANSWER: Duration = Duration::from_millis(500);
/// How long to wait before connecting again.
const AGAIN: Duration = Duration::from_secs(2);
/// How long a count is kept, seconds: its minute, and clocks that are a minute apart.
const COUNT_SECS: u64 = 120;

/// The connection that speaks.
#[derive(Default)]
pub(super) struct Link {
    speaking: Mutex<Option<MultiplexedConnection>>,
    /// The connection is of no more use.
    broken: Notify,
}

impl Link {
    /// `None`: Redis is away.
    pub(super) fn connection(&self) -> Option<MultiplexedConnection> {
        locked(&self.speaking).clone()
    }

    /// `None`: Redis is away. What it says with words is an answer, also a refusal.
    pub(super) async fn ask<T: redis::FromRedisValue>(&self, command: &Cmd) -> Option<RedisResult<T>> {
        let mut connection = self.connection()?;
        let answer = command.query_async(&mut connection).await;
        self.look(&answer);
        Some(answer)
    }

    /// `None`: Redis is away, or refuses.
    pub(super) async fn tell<T: redis::FromRedisValue>(&self, commands: &Pipeline) -> Option<T> {
        let mut connection = self.connection()?;
        let answer = commands.query_async(&mut connection).await;
        self.look(&answer);
        answer.ok()
    }

    /// What Redis says with words is an answer; all else breaks the connection.
    fn look<T>(&self, answer: &RedisResult<T>) {
        if answer.as_ref().is_err_and(|error| error.code().is_none()) {
            *locked(&self.speaking) = None;
            self.broken.notify_one();
        }
    }
}

/// Keeps the connections, and tells the listener what is said, and when something may have been missed.
pub(super) async fn listen(shared: Arc<Shared>, client: Client, listener: Arc<dyn Listener>) {
    let mut was_connected = true;
    loop {
        let heard = connect(&client, &shared).await;
        if let Ok((speaking, hearing)) = heard {
            tracing::info!("Connected to Redis.");
            was_connected = true;
            *locked(&shared.link.speaking) = Some(speaking);
            listener.connected();
            tokio::select! {
                () = hear(&shared, hearing, listener.as_ref()) => {}
                () = shared.link.broken.notified() => {}
            }
            *locked(&shared.link.speaking) = None;
        }
        if std::mem::take(&mut was_connected) {
            tracing::warn!("Redis is away: this process goes on by itself.");
        }
        listener.away();
        tokio::time::sleep(AGAIN).await;
    }
}

async fn connect(client: &Client, shared: &Shared) -> RedisResult<(MultiplexedConnection, PubSub)> {
    let config =
        AsyncConnectionConfig::new().set_connection_timeout(Some(AGAIN)).set_response_timeout(Some(ANSWER));
    let speaking = client.get_multiplexed_async_connection_with_config(&config).await?;
    let hearing = async {
        let mut hearing = client.get_async_pubsub().await?;
        hearing.subscribe(&[shared.names.all(), shared.names.one(&shared.mark)]).await?;
        Ok::<_, RedisError>(hearing)
    };
    let hearing = tokio::time::timeout(AGAIN, hearing)
        .await
        .map_err(|_| std::io::Error::from(std::io::ErrorKind::TimedOut))??;
    Ok((speaking, hearing))
}

/// Until the connection ends.
async fn hear(shared: &Shared, hearing: PubSub, listener: &dyn Listener) {
    let mut messages = hearing.into_on_message();
    while let Some(message) = messages.next().await {
        let Some((from, said)) = message.get_payload_bytes().split_first_chunk::<8>() else { continue };
        if *from != shared.mark {
            listener.heard(&Heard { from: *from, said });
        }
    }
}

/// Exchanges counts, and finds out whether Redis is there.
pub(super) async fn exchange(shared: Arc<Shared>) {
    loop {
        tokio::time::sleep(EXCHANGE).await;
        if shared.link.connection().is_none() {
            continue;
        }
        let changes = locked(&shared.counts).changes();
        let mut commands = Pipeline::new();
        commands.cmd("PING").ignore();
        for change in &changes {
            let key = count_key(&shared, change);
            commands.cmd("INCRBY").arg(&key).arg(change.count);
            commands.cmd("EXPIRE").arg(&key).arg(COUNT_SECS).ignore();
        }
        let Some(sums) = shared.link.tell::<Vec<u64>>(&commands).await else { continue };
        let mut counts = locked(&shared.counts);
        for (change, all) in changes.iter().zip(sums) {
            counts.heard(change, all);
        }
    }
}

fn count_key(shared: &Shared, change: &Change) -> String {
    let token = shared.names.token(change.counted.limit, &[&change.counted.of]);
    shared.names.key(&format!("{}:{}", change.counted.limit, change.minute), &token)
}
