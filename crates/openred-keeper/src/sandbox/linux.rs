//! Shuts the process in on Linux. Best effort by kernel: what is missing is said, not hidden. It must not
//! know the key file.

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetStatus, Scope,
};

use super::Sandbox;
use super::filter;

/// Before anything secret: no core dump, no attaching, death with the parent, no descriptor above the
/// standard three but `keep`.
#[expect(unsafe_code, reason = "prctl, setrlimit and close_range have no safe form in std")]
pub fn prepare(keep: i32) {
    let none = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: plain calls on this process; the structure lives for the call.
    unsafe {
        libc::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0);
        libc::setrlimit(libc::RLIMIT_CORE, &raw const none);
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL, 0, 0, 0);
    }
    close_others(keep);
}

/// Shuts the calling process in; afterwards it can read and write what it holds, and nothing else.
pub fn enter() -> Sandbox {
    let landlock = restrict_files_and_network();
    let filtered = filter::program()
        .and_then(|program| seccompiler::apply_filter_all_threads(&program).map_err(|e| e.to_string()));
    match (landlock, filtered) {
        (Ok(()), Ok(())) => Sandbox::Full,
        (Err(why), Ok(())) => Sandbox::SyscallsOnly(why),
        (_, Err(why)) => Sandbox::None(why),
    }
}

fn restrict_files_and_network() -> Result<(), String> {
    let abi = ABI::V6;
    let restricted = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(abi))
        .and_then(|rules| rules.handle_access(AccessNet::from_all(abi)))
        .and_then(|rules| rules.scope(Scope::from_all(abi)))
        .and_then(|rules| rules.create())
        .and_then(|rules| rules.restrict_self())
        .map_err(|e| e.to_string())?;
    match restricted.ruleset {
        RulesetStatus::FullyEnforced => Ok(()),
        RulesetStatus::PartiallyEnforced => Err("this kernel enforces Landlock in part".to_owned()),
        RulesetStatus::NotEnforced => Err("this kernel has no Landlock".to_owned()),
    }
}

#[expect(unsafe_code, reason = "close_range has no safe form in std")]
fn close_others(keep: i32) {
    let keep = keep.max(3) as libc::c_uint;
    // SAFETY: only numbers that this process never turned into an owner are closed.
    unsafe {
        if keep > 3 {
            libc::syscall(libc::SYS_close_range, 3 as libc::c_uint, keep - 1, 0);
        }
        libc::syscall(libc::SYS_close_range, keep + 1, libc::c_uint::MAX, 0);
    }
}
