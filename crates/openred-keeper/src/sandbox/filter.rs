//! The system calls that the key process may make; everything else fails with EPERM. It must not know
//! Landlock.

use std::collections::BTreeMap;

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    TargetArch,
};

/// Calls that are allowed whatever their arguments: the socket it has, memory, time, randomness, exit.
const ALLOWED: &[libc::c_long] = &[
    libc::SYS_read,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_recvfrom,
    libc::SYS_sendto,
    libc::SYS_close,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_brk,
    libc::SYS_madvise,
    libc::SYS_futex,
    libc::SYS_restart_syscall,
    libc::SYS_rt_sigreturn,
    libc::SYS_rt_sigprocmask,
    libc::SYS_sigaltstack,
    libc::SYS_clock_gettime,
    libc::SYS_getrandom,
];

/// Calls that are allowed as long as they ask for no executable memory (third argument).
const WITHOUT_EXEC: &[libc::c_long] = &[libc::SYS_mmap, libc::SYS_mprotect];

/// The filter as a program for the kernel, or words on why there is none.
pub(super) fn program() -> Result<BpfProgram, String> {
    let arch = TargetArch::try_from(std::env::consts::ARCH).map_err(|e| e.to_string())?;
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = ALLOWED.iter().map(|call| (*call, Vec::new())).collect();
    for call in WITHOUT_EXEC {
        rules.insert(*call, vec![no_exec_rule().map_err(|e| e.to_string())?]);
    }
    let refuse = SeccompAction::Errno(libc::EPERM as u32);
    let filter = SeccompFilter::new(rules, refuse, SeccompAction::Allow, arch).map_err(|e| e.to_string())?;
    BpfProgram::try_from(filter).map_err(|e| e.to_string())
}

fn no_exec_rule() -> Result<SeccompRule, seccompiler::BackendError> {
    let executable = SeccompCmpOp::MaskedEq(libc::PROT_EXEC as u64);
    SeccompRule::new(vec![SeccompCondition::new(2, SeccompCmpArgLen::Dword, executable, 0)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_compiles_and_leaves_out_what_matters() {
        assert!(program().is_ok());
        for call in [libc::SYS_socket, libc::SYS_openat, libc::SYS_execve, libc::SYS_clone, libc::SYS_ptrace]
        {
            assert!(!ALLOWED.contains(&call) && !WITHOUT_EXEC.contains(&call));
        }
    }
}
