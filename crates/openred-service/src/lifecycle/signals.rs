//! The signals that ask a daemon to stop or to read its configuration again. Knows their names only.

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

/// SIGHUP from now on: by old custom the configuration is then read again. Where it cannot be listened to it never comes.
pub struct Hangups {
    #[cfg(unix)]
    hangup: Option<Signal>,
}

#[cfg(unix)]
impl Hangups {
    /// Listens from now on; without it the signal ends the process.
    #[must_use]
    pub fn listen() -> Self {
        let hangup = signal(SignalKind::hangup());
        Self { hangup: hangup.inspect_err(|_| tracing::warn!("A signal cannot be listened to.")).ok() }
    }

    /// Returns at the next one.
    pub async fn next(&mut self) {
        next(&mut self.hangup).await;
    }
}

#[cfg(not(unix))]
impl Hangups {
    /// There is no such signal here.
    #[must_use]
    pub fn listen() -> Self {
        Self {}
    }

    /// Never returns.
    pub async fn next(&mut self) {
        std::future::pending::<()>().await;
    }
}

impl std::fmt::Debug for Hangups {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hangups")
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
