//! Tries what the sandbox forbids, for tests. Exists only in builds with debug assertions; what it opens by
//! mistake it leaves open, because it is not meant to open anything.

use std::io;

/// errno of socket, open, execve, fork, io_uring_setup, executable memory; 0 for a call that succeeded.
#[expect(unsafe_code, reason = "the bare system calls are what is tested")]
pub(crate) fn probe() -> Vec<i32> {
    let path = c"/etc/hostname".as_ptr();
    let none: *const *const libc::c_char = std::ptr::null();
    let mut parameters = [0u8; 256];
    // SAFETY: plain system calls on constants and on a local buffer; a child that should not exist ends
    // at once.
    unsafe {
        vec![
            errno(libc::socket(libc::AF_INET, libc::SOCK_STREAM, 0).into()),
            errno(libc::open(path, libc::O_RDONLY).into()),
            errno(libc::execve(c"/bin/true".as_ptr(), none, none).into()),
            errno(fork()),
            errno(libc::syscall(libc::SYS_io_uring_setup, 1, parameters.as_mut_ptr())),
            errno(executable_memory()),
        ]
    }
}

#[expect(unsafe_code, reason = "the bare system call is what is tested")]
unsafe fn fork() -> libc::c_long {
    // SAFETY: the child does nothing but end.
    unsafe {
        let child = libc::syscall(libc::SYS_clone, libc::SIGCHLD, 0, 0, 0, 0);
        if child == 0 {
            libc::_exit(0);
        }
        child
    }
}

#[expect(unsafe_code, reason = "the bare system call is what is tested")]
unsafe fn executable_memory() -> libc::c_long {
    let protection = libc::PROT_READ | libc::PROT_EXEC;
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    // SAFETY: a fresh mapping that nothing refers to.
    let base = unsafe { libc::mmap(std::ptr::null_mut(), 4096, protection, flags, -1, 0) };
    if base == libc::MAP_FAILED { -1 } else { 0 }
}

fn errno(result: libc::c_long) -> i32 {
    if result == -1 { io::Error::last_os_error().raw_os_error().unwrap_or(-1) } else { 0 }
}
