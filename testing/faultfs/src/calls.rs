//! The names under which programs call: each hands on to `data` or `names`.
//!
//! Functions with a variable number of arguments are given here with all of them: on x86-64 and aarch64 Linux they come in
//! the same registers, and one that the caller has left out is not looked at by the kernel.
//!
//! Must not know: faults, the journal.

use std::ffi::{c_char, c_int, c_uint, c_void};

use libc::{AT_FDCWD, iovec, mode_t, off_t, off64_t, size_t, ssize_t};

use crate::{data, names};

// SAFETY: the name and form of the C library's function, for which programs call it.
#[unsafe(no_mangle)]
unsafe extern "C" fn open(path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    names::open(AT_FDCWD, path, flags, mode)
}

// SAFETY: the name and form of the C library's function, for which programs call it.
#[unsafe(no_mangle)]
unsafe extern "C" fn open64(path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    names::open(AT_FDCWD, path, flags, mode)
}

// SAFETY: the name and form of the C library's function, for which programs call it.
#[unsafe(no_mangle)]
unsafe extern "C" fn openat(folder: c_int, path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    names::open(folder, path, flags, mode)
}

// SAFETY: the name and form of the C library's function, for which programs call it.
#[unsafe(no_mangle)]
unsafe extern "C" fn openat64(folder: c_int, path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    names::open(folder, path, flags, mode)
}

// SAFETY: the name and form of the C library's function, for which programs call it.
#[unsafe(no_mangle)]
unsafe extern "C" fn creat(path: *const c_char, mode: mode_t) -> c_int {
    names::open(AT_FDCWD, path, libc::O_CREAT | libc::O_WRONLY | libc::O_TRUNC, mode)
}

// SAFETY: the name and form of the C library's function, for which programs call it.
#[unsafe(no_mangle)]
unsafe extern "C" fn creat64(path: *const c_char, mode: mode_t) -> c_int {
    names::open(AT_FDCWD, path, libc::O_CREAT | libc::O_WRONLY | libc::O_TRUNC, mode)
}

// SAFETY: the name and form of the C library's function, for which programs call it.
#[unsafe(no_mangle)]
unsafe extern "C" fn write(file: c_int, bytes: *const u8, len: size_t) -> ssize_t {
    // SAFETY: the caller's promise.
    unsafe { data::write(file, bytes, len, None) }
}

// SAFETY: the name and form of the C library's function, for which programs call it.
#[unsafe(no_mangle)]
unsafe extern "C" fn pwrite(file: c_int, bytes: *const u8, len: size_t, at: off64_t) -> ssize_t {
    // SAFETY: the caller's promise.
    unsafe { data::write(file, bytes, len, Some(at)) }
}

// SAFETY: the name and form of the C library's function, for which programs call it.
#[unsafe(no_mangle)]
unsafe extern "C" fn pwrite64(file: c_int, bytes: *const u8, len: size_t, at: off64_t) -> ssize_t {
    // SAFETY: the caller's promise.
    unsafe { data::write(file, bytes, len, Some(at)) }
}

// SAFETY: the name and form of the C library's function, for which programs call it.
#[unsafe(no_mangle)]
unsafe extern "C" fn writev(file: c_int, parts: *const iovec, count: c_int) -> ssize_t {
    // SAFETY: the caller's promise.
    unsafe { first_part(file, parts, count, None) }
}

// SAFETY: the name and form of the C library's function, for which programs call it.
#[unsafe(no_mangle)]
unsafe extern "C" fn pwritev(file: c_int, parts: *const iovec, count: c_int, at: off64_t) -> ssize_t {
    // SAFETY: the caller's promise.
    unsafe { first_part(file, parts, count, Some(at)) }
}

// SAFETY: the name and form of the C library's function, for which programs call it.
#[unsafe(no_mangle)]
unsafe extern "C" fn pwritev64(file: c_int, parts: *const iovec, count: c_int, at: off64_t) -> ssize_t {
    // SAFETY: the caller's promise.
    unsafe { first_part(file, parts, count, Some(at)) }
}

// SAFETY: the name and form of the C library's function, for which programs call it.
#[unsafe(no_mangle)]
unsafe extern "C" fn pwritev2(
    file: c_int,
    parts: *const iovec,
    count: c_int,
    at: off64_t,
    _flags: c_int,
) -> ssize_t {
    // SAFETY: the caller's promise.
    unsafe { first_part(file, parts, count, (at >= 0).then_some(at)) }
}

// SAFETY: the name and form of the C library's function, for which programs call it.
#[unsafe(no_mangle)]
unsafe extern "C" fn pwritev64v2(
    file: c_int,
    parts: *const iovec,
    count: c_int,
    at: off64_t,
    _flags: c_int,
) -> ssize_t {
    // SAFETY: the caller's promise.
    unsafe { first_part(file, parts, count, (at >= 0).then_some(at)) }
}

// SAFETY: the name and form of the C library's function, for which programs call it.
#[unsafe(no_mangle)]
unsafe extern "C" fn ftruncate(file: c_int, len: off64_t) -> c_int {
    data::truncate(file, len)
}

// SAFETY: the name and form of the C library's function, for which programs call it.
#[unsafe(no_mangle)]
unsafe extern "C" fn ftruncate64(file: c_int, len: off64_t) -> c_int {
    data::truncate(file, len)
}

// SAFETY: the name and form of the C library's function, for which programs call it.
#[unsafe(no_mangle)]
unsafe extern "C" fn fallocate(file: c_int, mode: c_int, at: off64_t, len: off64_t) -> c_int {
    data::allocate(file, mode, at, len)
}

// SAFETY: the name and form of the C library's function, for which programs call it.
#[unsafe(no_mangle)]
unsafe extern "C" fn fallocate64(file: c_int, mode: c_int, at: off64_t, len: off64_t) -> c_int {
    data::allocate(file, mode, at, len)
}

// SAFETY: the name and form of the C library's function, for which programs call it.
#[unsafe(no_mangle)]
unsafe extern "C" fn posix_fallocate(file: c_int, at: off64_t, len: off64_t) -> c_int {
    match data::allocate(file, 0, at, len) {
        0 => 0,
        // SAFETY: the place of this thread's error number is always there.
        _ => unsafe { *libc::__errno_location() },
    }
}

// SAFETY: the name and form of the C library's function, for which programs call it.
#[unsafe(no_mangle)]
unsafe extern "C" fn posix_fallocate64(file: c_int, at: off64_t, len: off64_t) -> c_int {
    match data::allocate(file, 0, at, len) {
        0 => 0,
        // SAFETY: the place of this thread's error number is always there.
        _ => unsafe { *libc::__errno_location() },
    }
}

// SAFETY: the name and form of the C library's function, for which programs call it.
#[unsafe(no_mangle)]
unsafe extern "C" fn fsync(file: c_int) -> c_int {
    data::sync(file, libc::SYS_fsync)
}

// SAFETY: the name and form of the C library's function, for which programs call it.
#[unsafe(no_mangle)]
unsafe extern "C" fn fdatasync(file: c_int) -> c_int {
    data::sync(file, libc::SYS_fdatasync)
}

// SAFETY: the name and form of the C library's function, for which programs call it.
#[unsafe(no_mangle)]
unsafe extern "C" fn sync_file_range(file: c_int, at: off64_t, len: off64_t, flags: c_uint) -> c_int {
    data::sync_range(file, at, len, flags)
}

// SAFETY: the name and form of the C library's function, for which programs call it.
#[unsafe(no_mangle)]
unsafe extern "C" fn rename(from: *const c_char, to: *const c_char) -> c_int {
    names::rename((AT_FDCWD, from), (AT_FDCWD, to), 0)
}

// SAFETY: the name and form of the C library's function, for which programs call it.
#[unsafe(no_mangle)]
unsafe extern "C" fn renameat(old: c_int, from: *const c_char, new: c_int, to: *const c_char) -> c_int {
    names::rename((old, from), (new, to), 0)
}

// SAFETY: the name and form of the C library's function, for which programs call it.
#[unsafe(no_mangle)]
unsafe extern "C" fn renameat2(
    old: c_int,
    from: *const c_char,
    new: c_int,
    to: *const c_char,
    flags: c_uint,
) -> c_int {
    names::rename((old, from), (new, to), flags)
}

// SAFETY: the name and form of the C library's function, for which programs call it.
#[unsafe(no_mangle)]
unsafe extern "C" fn unlink(path: *const c_char) -> c_int {
    names::unlink(AT_FDCWD, path, 0)
}

// SAFETY: the name and form of the C library's function, for which programs call it.
#[unsafe(no_mangle)]
unsafe extern "C" fn unlinkat(folder: c_int, path: *const c_char, flags: c_int) -> c_int {
    names::unlink(folder, path, flags)
}

// SAFETY: the name and form of the C library's function, for which programs call it.
#[unsafe(no_mangle)]
unsafe extern "C" fn rmdir(path: *const c_char) -> c_int {
    names::unlink(AT_FDCWD, path, libc::AT_REMOVEDIR)
}

// SAFETY: the name and form of the C library's function, for which programs call it.
#[unsafe(no_mangle)]
unsafe extern "C" fn mkdir(path: *const c_char, mode: mode_t) -> c_int {
    names::make_folder(AT_FDCWD, path, mode)
}

// SAFETY: the name and form of the C library's function, for which programs call it.
#[unsafe(no_mangle)]
unsafe extern "C" fn mkdirat(folder: c_int, path: *const c_char, mode: mode_t) -> c_int {
    names::make_folder(folder, path, mode)
}

// SAFETY: the name and form of the C library's function, for which programs call it.
#[unsafe(no_mangle)]
unsafe extern "C" fn link(from: *const c_char, to: *const c_char) -> c_int {
    names::refuse_link(AT_FDCWD, to);
    // SAFETY: the caller's promise.
    unsafe { libc::syscall(libc::SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0) as c_int }
}

// SAFETY: the name and form of the C library's function, for which programs call it.
#[unsafe(no_mangle)]
unsafe extern "C" fn linkat(
    old: c_int,
    from: *const c_char,
    new: c_int,
    to: *const c_char,
    flags: c_int,
) -> c_int {
    names::refuse_link(new, to);
    // SAFETY: the caller's promise.
    unsafe { libc::syscall(libc::SYS_linkat, old, from, new, to, flags) as c_int }
}

// SAFETY: the name and form of the C library's function, for which programs call it.
#[unsafe(no_mangle)]
unsafe extern "C" fn mmap(
    at: *mut c_void,
    len: size_t,
    access: c_int,
    flags: c_int,
    file: c_int,
    offset: off_t,
) -> *mut c_void {
    if access & libc::PROT_WRITE != 0 && flags & libc::MAP_SHARED != 0 && flags & libc::MAP_ANONYMOUS == 0 {
        data::refuse_unseen(file, b"a file is written through a memory map\n");
    }
    // SAFETY: the caller's promise.
    unsafe { libc::syscall(libc::SYS_mmap, at, len, access, flags, file, offset) as *mut c_void }
}

// SAFETY: the name and form of the C library's function, for which programs call it.
#[unsafe(no_mangle)]
unsafe extern "C" fn mmap64(
    at: *mut c_void,
    len: size_t,
    access: c_int,
    flags: c_int,
    file: c_int,
    offset: off_t,
) -> *mut c_void {
    if access & libc::PROT_WRITE != 0 && flags & libc::MAP_SHARED != 0 && flags & libc::MAP_ANONYMOUS == 0 {
        data::refuse_unseen(file, b"a file is written through a memory map\n");
    }
    // SAFETY: the caller's promise.
    unsafe { libc::syscall(libc::SYS_mmap, at, len, access, flags, file, offset) as *mut c_void }
}

// SAFETY: the name and form of the C library's function, for which programs call it.
#[unsafe(no_mangle)]
unsafe extern "C" fn copy_file_range(
    from: c_int,
    at: *mut off64_t,
    file: c_int,
    to: *mut off64_t,
    len: size_t,
    flags: c_uint,
) -> ssize_t {
    data::refuse_unseen(file, b"a file is written by copy_file_range\n");
    // SAFETY: the caller's promise.
    unsafe { libc::syscall(libc::SYS_copy_file_range, from, at, file, to, len, flags) as ssize_t }
}

// SAFETY: the name and form of the C library's function, for which programs call it.
#[unsafe(no_mangle)]
unsafe extern "C" fn sendfile(file: c_int, from: c_int, at: *mut off64_t, len: size_t) -> ssize_t {
    data::refuse_unseen(file, b"a file is written by sendfile\n");
    // SAFETY: the caller's promise.
    unsafe { libc::syscall(libc::SYS_sendfile, file, from, at, len) as ssize_t }
}

// SAFETY: the name and form of the C library's function, for which programs call it.
#[unsafe(no_mangle)]
unsafe extern "C" fn sendfile64(file: c_int, from: c_int, at: *mut off64_t, len: size_t) -> ssize_t {
    data::refuse_unseen(file, b"a file is written by sendfile\n");
    // SAFETY: the caller's promise.
    unsafe { libc::syscall(libc::SYS_sendfile, file, from, at, len) as ssize_t }
}

/// Of several parts the first alone is written to a file that is watched: every such call may write less than it was
/// asked to, and callers go on with the rest.
///
/// # Safety
/// `parts` are `count` places of bytes that can be read.
unsafe fn first_part(file: c_int, parts: *const iovec, count: c_int, at: Option<off64_t>) -> ssize_t {
    if !data::is_watched(file) {
        // SAFETY: the caller's promise.
        return match at {
            Some(at) => unsafe { libc::syscall(libc::SYS_pwritev, file, parts, count, at, 0) as ssize_t },
            None => unsafe { libc::syscall(libc::SYS_writev, file, parts, count) as ssize_t },
        };
    }
    let count = usize::try_from(count).unwrap_or(0);
    // SAFETY: the caller's promise; a null pointer is not made a slice.
    let parts = if parts.is_null() { &[] } else { unsafe { std::slice::from_raw_parts(parts, count) } };
    match parts.iter().find(|part| part.iov_len > 0) {
        // SAFETY: the caller's promise.
        Some(part) => unsafe { data::write(file, part.iov_base.cast(), part.iov_len, at) },
        None => 0,
    }
}
