//! The recovery words of a brand new identity, on their only way out.
//!
//! Must not know: how the identity is made.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::file;

/// Recovery words of a new identity; wiped on drop, never printed by `Debug`.
pub struct FirstWords(Zeroizing<String>);

/// The recovery words could not be shown or written: nobody would have them, so the service does not start.
#[derive(Debug, thiserror::Error)]
#[error("the recovery words could not be written to {path}: {source}")]
pub struct ShowError {
    /// Where they should have gone.
    pub path: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

impl FirstWords {
    pub(super) fn new(words: Zeroizing<String>) -> Self {
        Self(words)
    }

    /// The 24 words, single spaces between them.
    #[must_use]
    pub fn words(&self) -> &str {
        &self.0
    }

    /// Shows them on the terminal once; where there is none, writes them to a file in `data` that its owner reads and
    /// moves away. Never to a log. `what` is what has the identity, in a word or two.
    ///
    /// # Errors
    /// [`ShowError`].
    pub fn show(&self, data: &Path, what: &str) -> Result<(), ShowError> {
        let mut terminal = io::stderr();
        if terminal.is_terminal() {
            let text = Zeroizing::new(format!(
                "\nThis {what} has a new identity. Its 24 recovery words are shown once; write them down:\n\n    \
                 {words}\n\nWith them you can replace its key if somebody steals it. Without them nobody can.\n\n",
                words = self.words()
            ));
            return terminal
                .write_all(text.as_bytes())
                .map_err(|source| ShowError { path: data.to_owned(), source });
        }
        let path = data.join("RECOVERY-WORDS.txt");
        if let Err(source) = file::replace(&path, self.words().as_bytes()) {
            return Err(ShowError { path, source });
        }
        tracing::warn!(
            file = %path.display(),
            "New identity: write down the recovery words in this file and delete it."
        );
        Ok(())
    }
}

impl std::fmt::Debug for FirstWords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FirstWords(…)")
    }
}
