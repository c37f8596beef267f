//! What changes names: files made, renamed, removed. Must not know: names of the C library.

use std::ffi::{c_char, c_int, c_long, c_uint};

use libc::mode_t;

use crate::data::look;
use crate::fault::{Operation, Verdict, failed};
use crate::journal::{Kind, Record, give_up};
use crate::path::PathText;
use crate::settings::settings;

/// Begins an operation on a path, if it is one of ours.
fn begin(folder: c_int, path: *const c_char) -> Option<(Operation, PathText)> {
    let settings = settings()?;
    let path = PathText::resolve(folder, path)?;
    path.is_watched(&settings.folder).then(|| (Operation::begin(settings), path))
}

/// Opens a file; an operation when that makes or empties it.
pub(crate) fn open(folder: c_int, path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    // SAFETY: the caller gives what the C library wants, and the kernel checks it.
    let system = || unsafe { libc::syscall(libc::SYS_openat, folder, path, flags, mode) } as c_int;
    if flags & (libc::O_CREAT | libc::O_TRUNC | libc::O_TMPFILE) == 0 || is_folder(flags) {
        return system();
    }
    let Some((mut operation, whole)) = begin(folder, path) else { return system() };
    let there = exists(&whole);
    let creates = flags & libc::O_CREAT != 0 && !there;
    let empties = flags & libc::O_TRUNC != 0 && there;
    if creates || empties {
        match operation.verdict(&whole, creates) {
            Verdict::Do => {}
            Verdict::Half => return failed(libc::ENOSPC),
            Verdict::Fail(error) => return failed(error),
        }
    }
    let descriptor = system();
    if descriptor >= 0
        && let Some((inode, _)) = look(descriptor)
    {
        if creates {
            operation.record(&Record::of(Kind::Create, inode, &whole));
        } else if empties {
            operation.record(&Record::of(Kind::Truncate, inode, &whole));
        }
    }
    descriptor
}

/// Opening a folder changes nothing; a file without a name cannot be followed.
fn is_folder(flags: c_int) -> bool {
    if flags & libc::O_TMPFILE == libc::O_TMPFILE {
        give_up(b"a file without a name is made\n");
    }
    flags & libc::O_DIRECTORY != 0
}

fn exists(path: &PathText) -> bool {
    // SAFETY: the path ends with a zero.
    unsafe { libc::syscall(libc::SYS_faccessat, libc::AT_FDCWD, path.for_kernel(), libc::F_OK) == 0 }
}

/// Gives a file another name.
pub(crate) fn rename(
    (from_folder, from): (c_int, *const c_char),
    (to_folder, to): (c_int, *const c_char),
    flags: c_uint,
) -> c_int {
    // SAFETY: as for `open`.
    let system =
        || unsafe { libc::syscall(libc::SYS_renameat2, from_folder, from, to_folder, to, flags) } as c_int;
    let Some((mut operation, old)) = begin(from_folder, from) else { return system() };
    let new = PathText::resolve(to_folder, to);
    let Some(new) = new.filter(|_| flags & libc::RENAME_EXCHANGE == 0) else {
        give_up(b"a rename that is not known here\n");
    };
    if let Verdict::Fail(error) = operation.verdict(&old, false) {
        return failed(error);
    }
    let done = system();
    if done == 0 {
        operation.record(&Record { second: new.bytes(), ..Record::of(Kind::Rename, 0, &old) });
    }
    done
}

/// Removes the name of a file or an empty folder.
pub(crate) fn unlink(folder: c_int, path: *const c_char, flags: c_int) -> c_int {
    // SAFETY: as for `open`.
    let system = || unsafe { libc::syscall(libc::SYS_unlinkat, folder, path, flags) } as c_int;
    let kind = if flags & libc::AT_REMOVEDIR == 0 { Kind::Unlink } else { Kind::RemoveFolder };
    change(folder, path, kind, false, || c_long::from(system()))
}

/// Makes a folder.
pub(crate) fn make_folder(folder: c_int, path: *const c_char, mode: mode_t) -> c_int {
    // SAFETY: as for `open`.
    let system = || unsafe { libc::syscall(libc::SYS_mkdirat, folder, path, mode) };
    if PathText::resolve(folder, path).is_some_and(|path| exists(&path)) {
        return system() as c_int;
    }
    change(folder, path, Kind::MakeFolder, true, system)
}

fn change(
    folder: c_int,
    path: *const c_char,
    kind: Kind,
    grows: bool,
    system: impl FnOnce() -> c_long,
) -> c_int {
    let Some((mut operation, whole)) = begin(folder, path) else { return system() as c_int };
    match operation.verdict(&whole, grows) {
        Verdict::Do => {}
        Verdict::Half => return failed(libc::ENOSPC),
        Verdict::Fail(error) => return failed(error),
    }
    let done = system() as c_int;
    if done == 0 {
        operation.record(&Record::of(kind, 0, &whole));
    }
    done
}

/// Second names cannot be followed.
pub(crate) fn refuse_link(folder: c_int, path: *const c_char) {
    if begin(folder, path).is_some() {
        give_up(b"a second name for a file is made\n");
    }
}
