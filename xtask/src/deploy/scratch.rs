//! A folder for one run, with a certificate that nobody trusts. Gone when it is dropped.

use std::fs;
use std::path::PathBuf;

use crate::{Result, process};

/// The folder.
#[derive(Debug)]
pub(super) struct Scratch {
    folder: PathBuf,
    /// PEM of the certificate.
    pub(super) chain: String,
    /// PEM of its key.
    pub(super) key: String,
}

impl Scratch {
    /// Makes it; `certs/both.pem` in it holds chain and key.
    pub(super) fn new() -> Result<Self> {
        // Short: the path of a socket has about a hundred characters.
        let made = process::quiet(process::command("mktemp").args(["-d", "-t", "openred-XXXXXX"]))?;
        let mut scratch =
            Self { folder: PathBuf::from(made.trim()), chain: String::new(), key: String::new() };
        let (chain, key) = (scratch.path("chain.pem"), scratch.path("key.pem"));
        let mut openssl = process::command("openssl");
        openssl.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]);
        openssl.args(["-days", "1", "-subj", "/CN=relay.example", "-keyout", &key, "-out", &chain]);
        process::quiet(&mut openssl)?;
        (scratch.chain, scratch.key) = (fs::read_to_string(chain)?, fs::read_to_string(key)?);
        scratch.write("certs/both.pem", &format!("{}{}", scratch.chain, scratch.key))?;
        Ok(scratch)
    }

    /// A path in it, as text for command lines and configurations.
    pub(super) fn path(&self, inside: &str) -> String {
        self.folder.join(inside).to_string_lossy().into_owned()
    }

    /// Writes a file, folders on the way included.
    pub(super) fn write(&self, inside: &str, text: &str) -> Result<()> {
        let path = self.folder.join(inside);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        Ok(fs::write(path, text)?)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left in a folder of temporary files is no fault of what was checked.
        let _ = fs::remove_dir_all(&self.folder);
    }
}
