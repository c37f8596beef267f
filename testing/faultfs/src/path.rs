//! Paths without allocation. Must not know: which paths matter, beyond comparing.

use std::ffi::{CStr, c_char, c_int};
use std::io::Write as _;

const LONGEST: usize = 1_024;

/// A path of at most 1,023 bytes, ended by a zero for the kernel.
pub(crate) struct PathText {
    bytes: [u8; LONGEST],
    len: usize,
}

impl PathText {
    /// `None` when it is too long.
    pub(crate) fn from_bytes(text: &[u8]) -> Option<Self> {
        let mut path = Self { bytes: [0; LONGEST], len: 0 };
        path.push(text)?;
        Some(path)
    }

    /// What `path` means to a call that is relative to `folder`, a descriptor or `AT_FDCWD`.
    pub(crate) fn resolve(folder: c_int, path: *const c_char) -> Option<Self> {
        if path.is_null() {
            return None;
        }
        // SAFETY: the caller of the C library gives a text that ends with a zero.
        let text = unsafe { CStr::from_ptr(path) }.to_bytes();
        if text.first() == Some(&b'/') {
            return Self::from_bytes(text);
        }
        let mut whole =
            if folder == libc::AT_FDCWD { Self::link(c"/proc/self/cwd")? } else { Self::of(folder)? };
        whole.push(b"/")?;
        whole.push(text)?;
        Some(whole)
    }

    /// Where the file of a descriptor lies.
    pub(crate) fn of(descriptor: c_int) -> Option<Self> {
        let mut name = [0_u8; 40];
        write!(&mut name[..39], "/proc/self/fd/{descriptor}").ok()?;
        Self::link(CStr::from_bytes_until_nul(&name).ok()?)
    }

    fn link(name: &CStr) -> Option<Self> {
        let mut path = Self { bytes: [0; LONGEST], len: 0 };
        let (to, room) = (path.bytes.as_mut_ptr(), LONGEST - 1);
        // SAFETY: `name` ends with a zero, and there is `room` behind `to`.
        let len = unsafe { libc::syscall(libc::SYS_readlinkat, libc::AT_FDCWD, name.as_ptr(), to, room) };
        path.len = usize::try_from(len).ok()?;
        Some(path)
    }

    fn push(&mut self, text: &[u8]) -> Option<()> {
        let end = self.len + text.len();
        self.bytes.get_mut(..LONGEST - 1)?.get_mut(self.len..end)?.copy_from_slice(text);
        self.len = end;
        Some(())
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    pub(crate) fn for_kernel(&self) -> *const c_char {
        self.bytes.as_ptr().cast()
    }

    /// Whether it is `folder` or lies below it, and its content matters. The index of SQLite's log (`-shm`) is rebuilt
    /// after a crash and never read from the disk.
    pub(crate) fn is_watched(&self, folder: &Self) -> bool {
        let inside = self.bytes().strip_prefix(folder.bytes());
        inside.is_some_and(|rest| rest.is_empty() || rest[0] == b'/') && !self.bytes().ends_with(b"-shm")
    }
}
