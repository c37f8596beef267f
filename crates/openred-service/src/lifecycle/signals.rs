//! The signals that ask a daemon to stop. Knows their names only.

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// SIGTERM and SIGINT from now on; what cannot be listened to never comes.
pub(super) struct Signals {
    #[cfg(unix)]
    terminate: Option<Signal>,
    #[cfg(unix)]
    interrupt: Option<Signal>,
}

#[cfg(unix)]
impl Signals {
    pub(super) fn listen() -> Self {
        let listen =
            |kind| signal(kind).inspect_err(|_| tracing::warn!("A signal cannot be listened to.")).ok();
        Self { terminate: listen(SignalKind::terminate()), interrupt: listen(SignalKind::interrupt()) }
    }

    /// Name of the next signal.
    pub(super) async fn next(&mut self) -> &'static str {
        tokio::select! {
            () = next(&mut self.terminate) => "SIGTERM",
            () = next(&mut self.interrupt) => "SIGINT",
        }
    }
}

#[cfg(not(unix))]
impl Signals {
    pub(super) fn listen() -> Self {
        Self {}
    }

    /// Name of the next signal.
    pub(super) async fn next(&mut self) -> &'static str {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        "Ctrl-C"
    }
}

#[cfg(unix)]
async fn next(signal: &mut Option<Signal>) {
    if let Some(signal) = signal
        && signal.recv().await.is_some()
    {
        return;
    }
    std::future::pending().await
}
