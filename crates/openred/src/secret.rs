//! Secrets from a person: asked for without showing them, or read from a file descriptor. Never an argument:
//! every user of the machine sees those. It must not know what the secret is for.

use std::fs::File;
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::os::fd::{AsRawFd as _, FromRawFd as _, RawFd};

use zeroize::Zeroizing;

use crate::failure::Failure;

/// Longest secret in bytes: 24 words are shorter.
const MAX_SECRET: u64 = 4096;

/// The first line of `fd`, or what the person types after `prompt`.
pub(crate) fn read(fd: Option<RawFd>, prompt: &str) -> Result<Zeroizing<String>, Failure> {
    let said = match fd {
        Some(fd) => from_descriptor(fd),
        None if io::stdin().is_terminal() => from_terminal(prompt),
        None => {
            return Err(Failure::usage(
                "There is no terminal to ask on: give the secret by a file descriptor (--passphrase-fd 0).",
            ));
        }
    };
    let said = said.map_err(|error| Failure::usage(format!("The secret cannot be read: {error}.")))?;
    if said.is_empty() {
        return Err(Failure::usage("The secret is empty."));
    }
    Ok(said)
}

/// A line that is no secret in itself but must not stand in the list of processes, such as an invitation.
pub(crate) fn read_line(prompt: &str) -> Result<Zeroizing<String>, Failure> {
    if io::stdin().is_terminal() {
        ask(prompt).map_err(Failure::usage)?;
    }
    first_line(io::stdin().lock()).map_err(Failure::usage)
}

fn from_descriptor(fd: RawFd) -> io::Result<Zeroizing<String>> {
    if fd == 0 {
        return first_line(io::stdin().lock());
    }
    first_line(inherited(fd)?)
}

#[expect(unsafe_code, reason = "an inherited descriptor is a number until it is owned")]
fn inherited(fd: RawFd) -> io::Result<File> {
    // SAFETY: F_GETFD only asks whether the number is open.
    if fd < 3 || unsafe { libc::fcntl(fd, libc::F_GETFD) } == -1 {
        return Err(io::Error::other(format!("descriptor {fd} is not open")));
    }
    // SAFETY: it is open, and whoever started us handed it down for this.
    Ok(unsafe { File::from_raw_fd(fd) })
}

fn first_line(from: impl io::Read) -> io::Result<Zeroizing<String>> {
    let mut line = Zeroizing::new(String::with_capacity(MAX_SECRET as usize));
    io::BufReader::new(from.take(MAX_SECRET)).read_line(&mut line)?;
    let kept = line.trim_end_matches(['\n', '\r']).len();
    line.truncate(kept);
    Ok(line)
}

fn from_terminal(prompt: &str) -> io::Result<Zeroizing<String>> {
    ask(prompt)?;
    let quiet = Quiet::begin()?;
    let line = first_line(io::stdin().lock());
    drop(quiet);
    writeln!(io::stderr())?;
    line
}

fn ask(prompt: &str) -> io::Result<()> {
    let mut out = io::stderr();
    write!(out, "{prompt}: ")?;
    out.flush()
}

/// While this lives the terminal does not show what is typed.
struct Quiet(libc::termios);

impl Quiet {
    #[expect(unsafe_code, reason = "termios has no safe form in std")]
    fn begin() -> io::Result<Self> {
        let fd = io::stdin().as_raw_fd();
        // SAFETY: termios is plain data for which zeros are a value; tcgetattr fills it.
        let mut settings: libc::termios = unsafe { std::mem::zeroed() };
        // SAFETY: fd is open, settings is ours.
        if unsafe { libc::tcgetattr(fd, &raw mut settings) } != 0 {
            return Err(io::Error::last_os_error());
        }
        let before = Self(settings);
        settings.c_lflag &= !libc::ECHO;
        // SAFETY: as above.
        if unsafe { libc::tcsetattr(fd, libc::TCSAFLUSH, &raw const settings) } != 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(before)
    }
}

impl Drop for Quiet {
    #[expect(unsafe_code, reason = "termios has no safe form in std")]
    fn drop(&mut self) {
        // SAFETY: puts back what tcgetattr gave; when it fails there is no terminal any more.
        unsafe { libc::tcsetattr(io::stdin().as_raw_fd(), libc::TCSAFLUSH, &raw const self.0) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_without_its_end() {
        assert_eq!(first_line(&b"a red lamp\r\nmore"[..]).unwrap().as_str(), "a red lamp");
        assert_eq!(first_line(&b""[..]).unwrap().as_str(), "");
    }

    #[test]
    fn closed_descriptors_are_refused() {
        assert!(matches!(read(Some(987), "?"), Err(Failure::Usage(text)) if text.contains("987")));
    }
}
