//! Why a verb did not do what was asked, and the exit code that says so. It must not know how it is printed.

/// What went wrong, in a sentence for the person who asked.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The node, a rule or the system refused.
    Refused(String),
    /// The command line or the configuration is wrong.
    Usage(String),
    /// No node runs on this folder.
    NotRunning(String),
    /// The node runs and waits for its owner's passphrase.
    Locked(String),
}

impl Failure {
    /// A refusal.
    pub(crate) fn refused(text: impl std::fmt::Display) -> Self {
        Self::Refused(text.to_string())
    }

    /// A mistake in what was typed or configured.
    pub(crate) fn usage(text: impl std::fmt::Display) -> Self {
        Self::Usage(text.to_string())
    }

    /// Exit code of the program; documented in `openred --help`.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Refused(_) => 1,
            Self::Usage(_) => 2,
            Self::NotRunning(_) => 3,
            Self::Locked(_) => 4,
        }
    }

    /// Stable word for `--json`.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Refused(_) => "refused",
            Self::Usage(_) => "usage",
            Self::NotRunning(_) => "not_running",
            Self::Locked(_) => "locked",
        }
    }

    /// The sentence.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Refused(text) | Self::Usage(text) | Self::NotRunning(text) | Self::Locked(text) => text,
        }
    }
}
