//! The key process alone, as the integration tests of this crate start it: `keeper FD [KEY-FILE-FD]`. People
//! get the same by `openred keeper`; this binary is not installed. It must not do anything else.

use std::process::ExitCode;

#[global_allocator]
static ALLOC: openred_keeper::memory::ZeroingAlloc = openred_keeper::memory::ZeroingAlloc;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let numbers: Option<Vec<i32>> = arguments.iter().skip(1).map(|number| number.parse().ok()).collect();
    match (arguments.first().map(String::as_str), numbers.as_deref()) {
        (Some("keeper"), Some([fd])) => openred_keeper::process::main(*fd, None),
        (Some("keeper"), Some([fd, key_file])) => openred_keeper::process::main(*fd, Some(*key_file)),
        _ => ExitCode::from(64),
    }
}
