//! The token of this machine's command line: a file that only the owner's account reads, new at each start.

use std::{io, net::IpAddr, path::Path};

use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

use super::{hash_of, key_file, secret_text};
use crate::node::Parts;

/// Name of the file in the data folder.
pub const FILE: &str = "api.json";

/// What the file holds.
#[derive(Serialize, Deserialize)]
pub struct Access {
    /// `http://127.0.0.1:PORT`.
    pub url: String,
    /// Bearer token.
    pub token: String,
}

impl std::fmt::Debug for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Access").field("url", &self.url).finish_non_exhaustive()
    }
}

/// What the node keeps of the token: its hash.
#[derive(Clone)]
pub struct CliToken([u8; 32]);

impl std::fmt::Debug for CliToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CliToken(…)")
    }
}

/// Draws a token and writes `api.json`, mode 0600, into the data folder.
///
/// # Errors
/// The system's when the folder is not writable, or full.
pub fn write(parts: &Parts) -> io::Result<()> {
    let host = if parts.addr.ip().is_unspecified() { "127.0.0.1".to_owned() } else { host_of(parts) };
    let url = format!("http://{host}:{}", parts.addr.port());
    parts.auth.set_cli(write_to(&parts.data, &url)?);
    Ok(())
}

fn host_of(parts: &Parts) -> String {
    match parts.addr.ip() {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    }
}

fn write_to(folder: &Path, url: &str) -> io::Result<CliToken> {
    let token = secret_text().map_err(io::Error::other)?;
    let kept = CliToken::of(&token);
    let access = Access { url: url.to_owned(), token: token.to_string() };
    key_file::replace(&folder.join(FILE), &serde_json::to_vec(&access)?)?;
    Ok(kept)
}

/// Reads the file: for the command line.
pub fn read(folder: &Path) -> io::Result<Access> {
    Ok(serde_json::from_slice(&std::fs::read(folder.join(FILE))?)?)
}

impl CliToken {
    /// What is kept of a token.
    pub fn of(text: &str) -> Self {
        Self(hash_of(text))
    }

    /// Whether `text` is the token.
    pub fn is(&self, text: &str) -> bool {
        self.0.ct_eq(&hash_of(text)).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_reads_what_the_node_believes() {
        let folder = tempfile::tempdir().unwrap();
        let kept = write_to(folder.path(), "http://127.0.0.1:7717").unwrap();
        let access = read(folder.path()).unwrap();
        assert_eq!(access.url, "http://127.0.0.1:7717");
        assert!(kept.is(&access.token) && !kept.is("another"));
    }
}
