//! The journal: what was done to the folder, in order.
//!
//! A record is eight little-endian u64 (kind, number of the operation, inode, offset, length, bytes that follow of data,
//! of path, of second path), then path, second path, data. Zeros at the end of data are left out: `length` counts them.
//! A process that is killed from outside may leave half a record at the end, and what it describes was told to nobody.
//!
//! Must not know: faults, what a record means for what survives.

use std::ffi::c_int;

use crate::path::PathText;

/// What was done.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// A file was made at the path.
    Create = 1,
    /// `length` bytes were written at `offset`.
    Write = 2,
    /// The file has `length` bytes now.
    Truncate = 3,
    /// The file has at least `offset` + `length` bytes now.
    Grow = 4,
    /// A file or folder was brought to disk.
    Sync = 5,
    /// That failed, and the kernel forgets what was to be brought there.
    SyncFailed = 6,
    /// From the path to the second path.
    Rename = 7,
    /// The name of a file is gone.
    Unlink = 8,
    /// A folder was made.
    MakeFolder = 9,
    /// An empty folder was removed.
    RemoveFolder = 10,
    /// The fault came here.
    Fault = 11,
}

/// One record.
pub(crate) struct Record<'a> {
    pub(crate) kind: Kind,
    pub(crate) inode: u64,
    pub(crate) offset: u64,
    pub(crate) length: u64,
    pub(crate) path: &'a [u8],
    pub(crate) second: &'a [u8],
    pub(crate) data: &'a [u8],
}

impl<'a> Record<'a> {
    /// A record of this kind about a path, all else empty.
    pub(crate) fn of(kind: Kind, inode: u64, path: &'a PathText) -> Self {
        Self { kind, inode, offset: 0, length: 0, path: path.bytes(), second: &[], data: &[] }
    }
}

/// The open journal.
pub(crate) struct Journal(c_int);

impl Journal {
    /// Opens or makes it.
    pub(crate) fn open(path: &PathText) -> Option<Self> {
        let flags = libc::O_WRONLY | libc::O_CREAT | libc::O_APPEND | libc::O_CLOEXEC;
        // SAFETY: the path ends with a zero.
        let low = unsafe { libc::syscall(libc::SYS_openat, libc::AT_FDCWD, path.for_kernel(), flags, 0o600) };
        // Programs may count on low numbers; it stays out of their way.
        // SAFETY: plain numbers.
        let high = unsafe { libc::syscall(libc::SYS_fcntl, low, libc::F_DUPFD_CLOEXEC, 500) };
        // SAFETY: plain numbers; nobody else has this descriptor.
        unsafe { libc::syscall(libc::SYS_close, low) };
        c_int::try_from(high).ok().filter(|high| *high >= 0).map(Self)
    }

    /// Appends a record of operation `number`. A journal that cannot be written makes every result worthless.
    pub(crate) fn append(&self, number: u64, record: &Record<'_>) {
        let data = without_zeros_at_the_end(record.data);
        let mut head = [0; 64];
        let lengths = [data.len() as u64, record.path.len() as u64, record.second.len() as u64];
        let fields = [record.kind as u64, number, record.inode, record.offset, record.length];
        for (place, field) in head.chunks_exact_mut(8).zip(fields.into_iter().chain(lengths)) {
            place.copy_from_slice(&field.to_le_bytes());
        }
        let parts = [&head, record.path, record.second, data];
        let parts =
            parts.map(|part| libc::iovec { iov_base: part.as_ptr().cast_mut().cast(), iov_len: part.len() });
        // SAFETY: the four parts are borrowed until the call has returned; the kernel only reads them.
        let written = unsafe { libc::syscall(libc::SYS_writev, self.0, parts.as_ptr(), parts.len()) };
        if usize::try_from(written) != Ok(parts.iter().map(|part| part.iov_len).sum()) {
            give_up(b"the journal cannot be written\n");
        }
    }
}

fn without_zeros_at_the_end(data: &[u8]) -> &[u8] {
    let mut data = data;
    while let Some((rest, last)) = data.split_last_chunk::<64>() {
        if *last != [0; 64] {
            break;
        }
        data = rest;
    }
    data
}

/// Ends the process, since what it goes on to do could not be judged.
pub(crate) fn give_up(why: &[u8]) -> ! {
    for part in [b"faultfs: ".as_slice(), why] {
        // SAFETY: the part is borrowed until the call has returned.
        unsafe { libc::syscall(libc::SYS_write, libc::STDERR_FILENO, part.as_ptr(), part.len()) };
    }
    // SAFETY: it does not return.
    unsafe { libc::abort() }
}
