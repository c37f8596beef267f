//! The shipped binary's own key process is shut in.

use std::path::Path;

use openred_keeper::client::Keeper;

use crate::program::{run, until};
use crate::world::World;

fn keeper() -> Keeper {
    Keeper::spawn(Path::new(env!("CARGO_BIN_EXE_openred")), None).expect("a key process")
}

/// The value of a line of `/proc/PID/status`.
fn status(process: u32, name: &str) -> String {
    let text = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.expect(name).trim_start_matches(':').trim().to_owned()
}

fn is_shut_in(process: u32) {
    assert_eq!(status(process, "Seccomp"), "2", "a filter is in force");
    assert_eq!(status(process, "NoNewPrivs"), "1");
    assert_eq!(status(process, "Threads"), "1");
    assert_ne!(status(process, "VmLck"), "0 kB", "secrets lie in locked memory");
}

#[test]
fn the_kernel_says_that_it_is_shut_in() {
    let keeper = keeper();
    is_shut_in(keeper.process_id().expect("a process"));
    let said = keeper.status().wait().unwrap();
    assert_eq!(said.sandbox, openred_keeper::sandbox::Sandbox::Full);
    assert!(said.wipes, "the binary installs the allocator that wipes what is freed");
    assert!(said.locked_bytes >= 65_536);
}

#[test]
fn so_is_the_one_that_a_node_started() {
    let world = World::new();
    let ana = world.person("ana");
    let keeper = ana.program.keeper().expect("a keeper");
    is_shut_in(keeper);
    let limits = std::fs::read_to_string(format!("/proc/{keeper}/limits")).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert!(core.split_whitespace().any(|word| word == "0"), "no core dump: {core}");
    let environment = std::fs::read(format!("/proc/{keeper}/environ")).unwrap_or_default();
    assert!(environment.is_empty(), "nothing of the environment reaches it");
}

#[cfg(debug_assertions)]
#[test]
fn socket_open_exec_fork_io_uring_and_code_fail() {
    let denied = keeper().probe().wait().expect("it lives on");
    // EPERM, six times; the number is the same on every Linux.
    assert_eq!(denied, [1; 6]);
}

#[test]
fn it_ends_with_its_node_and_is_nobodys_verb() {
    let world = World::new();
    let mut ana = world.stranger("ana");
    let keeper = ana.program.keeper().expect("a keeper");
    ana.program.kill();
    until("the keeper ends", || !Path::new(&format!("/proc/{keeper}")).exists());
    for arguments in [&["keeper"][..], &["keeper", "x"], &["keeper", "1"], &["keeper", "3", "4", "5"]] {
        assert_eq!(run(arguments).status.code(), Some(64), "{arguments:?}");
    }
}
