//! What changes the content of a file or brings it to disk. Must not know: names of the C library.

use std::ffi::{c_int, c_long};
use std::mem::MaybeUninit;

use libc::{off64_t, size_t, ssize_t};

use crate::fault::{Operation, Verdict, failed};
use crate::journal::{Kind, Record, give_up};
use crate::path::PathText;
use crate::settings::settings;

/// A descriptor of a file below the folder, or of a folder there.
struct Watched {
    path: PathText,
    inode: u64,
    size: u64,
}

/// Begins an operation on `descriptor`, if that is one of ours.
fn begin(descriptor: c_int) -> Option<(Operation, Watched)> {
    let settings = settings()?;
    let path = PathText::of(descriptor)?;
    if !path.is_watched(&settings.folder) {
        return None;
    }
    let operation = Operation::begin(settings);
    let (inode, size) = look(descriptor)?;
    Some((operation, Watched { path, inode, size }))
}

/// Whether an operation on `descriptor` is one of ours.
pub(crate) fn is_watched(descriptor: c_int) -> bool {
    settings().is_some_and(|settings| {
        PathText::of(descriptor).is_some_and(|path| path.is_watched(&settings.folder))
    })
}

/// Inode and length.
pub(crate) fn look(descriptor: c_int) -> Option<(u64, u64)> {
    let mut stat = MaybeUninit::<libc::stat>::uninit();
    // SAFETY: `stat` has the room that the call fills.
    if unsafe { libc::syscall(libc::SYS_fstat, descriptor, stat.as_mut_ptr()) } != 0 {
        return None;
    }
    // SAFETY: the call succeeded, so it is filled.
    let stat = unsafe { stat.assume_init() };
    Some((stat.st_ino, stat.st_size as u64))
}

/// Writes at `at`, or where the descriptor stands.
///
/// # Safety
/// `len` bytes at `bytes` can be read.
pub(crate) unsafe fn write(descriptor: c_int, bytes: *const u8, len: size_t, at: Option<off64_t>) -> ssize_t {
    let system = |len: size_t| match at {
        // SAFETY: the caller's promise, for fewer bytes at most.
        Some(at) => unsafe { libc::syscall(libc::SYS_pwrite64, descriptor, bytes, len, at) },
        // SAFETY: as above.
        None => unsafe { libc::syscall(libc::SYS_write, descriptor, bytes, len) },
    };
    let Some((mut operation, file)) = begin(descriptor) else { return system(len) as ssize_t };
    let offset = at.map_or_else(|| position(descriptor, file.size), |at| at as u64);
    let len = match operation.verdict(&file.path, offset + len as u64 > file.size) {
        Verdict::Do => len,
        Verdict::Half if len > 1 => len / 2,
        Verdict::Half => return failed(libc::ENOSPC) as ssize_t,
        Verdict::Fail(error) => return failed(error) as ssize_t,
    };
    let done = system(len);
    if done > 0 {
        // SAFETY: the kernel has read so many of the caller's bytes.
        let data = unsafe { std::slice::from_raw_parts(bytes, done as usize) };
        let record = Record::of(Kind::Write, file.inode, &file.path);
        operation.record(&Record { offset, length: done as u64, data, ..record });
    }
    done as ssize_t
}

fn position(descriptor: c_int, size: u64) -> u64 {
    // SAFETY: plain numbers.
    let flags = unsafe { libc::syscall(libc::SYS_fcntl, descriptor, libc::F_GETFL) };
    if flags & c_long::from(libc::O_APPEND) != 0 {
        return size;
    }
    // SAFETY: plain numbers.
    (unsafe { libc::syscall(libc::SYS_lseek, descriptor, 0, libc::SEEK_CUR) }) as u64
}

/// Gives a file another length.
pub(crate) fn truncate(descriptor: c_int, len: off64_t) -> c_int {
    // SAFETY: plain numbers.
    let system = || unsafe { libc::syscall(libc::SYS_ftruncate, descriptor, len) } as c_int;
    let Some((mut operation, file)) = begin(descriptor) else { return system() };
    match operation.verdict(&file.path, len as u64 > file.size) {
        Verdict::Do => {}
        Verdict::Half => return failed(libc::ENOSPC),
        Verdict::Fail(error) => return failed(error),
    }
    let done = system();
    if done == 0 {
        let record = Record::of(Kind::Truncate, file.inode, &file.path);
        operation.record(&Record { length: len as u64, ..record });
    }
    done
}

/// Makes room in a file.
pub(crate) fn allocate(descriptor: c_int, mode: c_int, offset: off64_t, len: off64_t) -> c_int {
    // SAFETY: plain numbers.
    let system = || unsafe { libc::syscall(libc::SYS_fallocate, descriptor, mode, offset, len) } as c_int;
    let Some((mut operation, file)) = begin(descriptor) else { return system() };
    if mode & !libc::FALLOC_FL_KEEP_SIZE != 0 {
        give_up(b"fallocate in a way that is not known here\n");
    }
    match operation.verdict(&file.path, true) {
        Verdict::Do => {}
        Verdict::Half => return failed(libc::ENOSPC),
        Verdict::Fail(error) => return failed(error),
    }
    let done = system();
    if done == 0 && mode == 0 {
        let record = Record::of(Kind::Grow, file.inode, &file.path);
        operation.record(&Record { offset: offset as u64, length: len as u64, ..record });
    }
    done
}

/// Brings a file or folder to disk, by `SYS_fsync` or `SYS_fdatasync`.
pub(crate) fn sync(descriptor: c_int, call: c_long) -> c_int {
    // SAFETY: plain numbers.
    let system = || unsafe { libc::syscall(call, descriptor) } as c_int;
    let Some((mut operation, file)) = begin(descriptor) else { return system() };
    if let Verdict::Fail(error) = operation.verdict(&file.path, false) {
        operation.record(&Record::of(Kind::SyncFailed, file.inode, &file.path));
        return failed(error);
    }
    let done = system();
    let kind = if done == 0 { Kind::Sync } else { Kind::SyncFailed };
    operation.record(&Record::of(kind, file.inode, &file.path));
    done
}

/// Begins to bring a part to disk, which promises nothing.
pub(crate) fn sync_range(descriptor: c_int, offset: off64_t, len: off64_t, flags: libc::c_uint) -> c_int {
    if let Some((mut operation, file)) = begin(descriptor)
        && let Verdict::Fail(error) = operation.verdict(&file.path, false)
    {
        return failed(error);
    }
    // SAFETY: plain numbers.
    unsafe { libc::syscall(libc::SYS_sync_file_range, descriptor, offset, len, flags) as c_int }
}

/// Ends the process when a file of the folder is changed in a way that cannot be followed.
pub(crate) fn refuse_unseen(descriptor: c_int, why: &[u8]) {
    if descriptor >= 0 && is_watched(descriptor) {
        give_up(why);
    }
}
