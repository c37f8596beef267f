//! The key process: shut in, pipelined, ending with its node.

#![expect(clippy::disallowed_methods, reason = "a real process lives by the real clock")]
#![expect(clippy::print_stdout, reason = "measured times are printed, not asserted")]

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use openred_keeper::client::{Keeper, KeeperError};
use openred_keeper::keyfile::KdfCost;
use openred_keeper::ops::{Purpose, Refusal, Unlock, UnlockWith, VaultState};
use openred_keeper::secret::Secret;

use crate::people::{draft, passphrase, refusal};
use crate::signing::post;

fn spawn(key_file: Option<File>) -> Keeper {
    Keeper::spawn(Path::new(env!("CARGO_BIN_EXE_openred-keeper-probe")), key_file).expect("a key process")
}

fn wait_until(what: &str, mut reached: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !reached() {
        assert!(Instant::now() < end, "never {what}");
        std::thread::yield_now();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn the_process_is_shut_in() {
    let keeper = spawn(None);
    let process = keeper.process_id().expect("a process");
    let read = |name: &str| std::fs::read_to_string(format!("/proc/{process}/{name}")).expect("readable");
    let status = read("status");
    let line = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    assert_eq!(line("Seccomp:"), Some("2"), "a filter is in force");
    assert_eq!(line("NoNewPrivs:"), Some("1"));
    assert_eq!(line("Threads:"), Some("1"));
    assert_ne!(line("VmLck:"), Some("0 kB"), "secrets lie in locked memory");
    assert!(
        read("limits").lines().any(|line| line.starts_with("Max core file size") && line.contains(" 0 "))
    );
    // Only root may look at the descriptors of a process that nobody may trace.
    if let Ok(open) = std::fs::read_dir(format!("/proc/{process}/fd")) {
        assert_eq!(open.count(), 5, "standard streams and its socket, twice");
    }
    let said = keeper.status().wait().unwrap();
    assert_eq!(said.sandbox, openred_keeper::sandbox::Sandbox::Full);
    assert!(said.wipes && said.locked_bytes >= 65_536);
    assert_eq!(said.process, process);
}

#[cfg(all(target_os = "linux", debug_assertions))]
#[test]
fn socket_open_exec_fork_io_uring_and_code_fail() {
    let denied = spawn(None).probe().wait().expect("it lives on");
    assert_eq!(denied, [libc::EPERM; 6]);
}

#[test]
fn a_key_file_is_inherited_and_opened() {
    let keeper = spawn(None);
    assert_eq!(keeper.status().wait().unwrap().state, VaultState::Empty);
    let created = keeper.create(passphrase("ana"), KdfCost::light()).wait().expect("creates");
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(&created.key_file).expect("writes");
    drop(keeper);

    let keeper = spawn(Some(File::open(file.path()).expect("opens")));
    assert_eq!(keeper.status().wait().unwrap().state, VaultState::Locked);
    let unlock = |passphrase| {
        let with = UnlockWith::Passphrase(passphrase);
        keeper.unlock(Unlock { with, state: Some(created.state.clone()), audit_tail: None })
    };
    assert_eq!(refusal(unlock(passphrase("eve")).wait()), Refusal::WrongSecret);
    let unlocked = unlock(passphrase("ana")).wait().expect("unlocks");
    assert_eq!((unlocked.identity, unlocked.new_state), (created.identity, None));
    assert!(keeper.data_key(Purpose::Columns).wait().is_ok());
}

#[test]
fn the_standard_cost_unlocks_inside_the_sandbox() {
    let keeper = spawn(None);
    let begin = Instant::now();
    keeper.create(passphrase("ana"), KdfCost::standard()).wait().expect("64 MiB fit");
    println!("creating with Argon2id 64 MiB, 3 passes: {:?}", begin.elapsed());
}

#[test]
fn killed_it_says_gone_and_never_hangs() {
    let keeper = spawn(None);
    keeper.create(passphrase("ana"), KdfCost::light()).wait().expect("creates");
    let process = keeper.process_id().expect("a process");
    let killed = std::process::Command::new("kill").args(["-9", &process.to_string()]).status();
    assert!(killed.expect("kill runs").success());
    wait_until("gone", || !keeper.is_alive());
    assert_eq!(keeper.status().wait(), Err(KeeperError::Gone));
}

#[cfg(target_os = "linux")]
#[test]
fn the_last_handle_ends_the_process() {
    let keeper = spawn(None);
    let process = keeper.process_id().expect("a process");
    let clone = keeper.clone();
    drop(keeper);
    assert!(clone.status().wait().is_ok(), "a clone still works");
    drop(clone);
    wait_until("ended", || !Path::new(&format!("/proc/{process}")).exists());
}

#[test]
fn a_request_that_is_too_long_is_refused_here() {
    let keeper = spawn(None);
    let long = vec![vec![b' '; 60_000].into(); 5];
    assert_eq!(keeper.sign_envelopes(long).wait(), Err(KeeperError::TooLong));
    assert!(keeper.status().wait().is_ok());
}

#[test]
fn a_program_that_is_no_keeper_is_an_error() {
    assert!(Keeper::spawn(Path::new("/bin/true"), None).is_err());
    assert!(Keeper::spawn(Path::new("/nowhere/openred"), None).is_err());
}

#[test]
fn many_signatures_are_under_way_at_once() {
    let keeper = spawn(None);
    let created = keeper.create(passphrase("ana"), KdfCost::light()).wait().expect("creates");
    keeper.sign_descriptor(draft("ana")).wait().expect("a descriptor");
    let now_ms =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis() as u64;
    let text = "x".repeat(280);
    let id = created.identity.node_id;
    let begin = Instant::now();
    let waiting: Vec<_> = (0..2000).map(|_| keeper.sign_envelopes(vec![post(id, &text, now_ms)])).collect();
    for answer in waiting {
        assert_eq!(answer.wait().expect("signs").len(), 1);
    }
    let single = begin.elapsed();
    let batch = vec![post(id, &text, now_ms); 200];
    let begin = Instant::now();
    let waiting: Vec<_> = (0..10).map(|_| keeper.sign_envelopes(batch.clone())).collect();
    let signed: usize = waiting.into_iter().map(|answer| answer.wait().expect("signs").len()).sum();
    println!("2000 envelopes one by one {single:?}, {signed} in batches {:?}", begin.elapsed());
    let begin = Instant::now();
    for _ in 0..200 {
        keeper.status().wait().expect("answers");
    }
    println!("round trip {:?}", begin.elapsed() / 200);
}

#[test]
fn answers_can_be_awaited() {
    use std::future::Future;
    use std::sync::Arc;
    use std::task::{Context, Poll, Wake, Waker};

    struct Unpark(std::thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    let keeper = spawn(None);
    let mut answer = Box::pin(keeper.create(Secret::text("ana"), KdfCost::light()));
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let created = loop {
        match answer.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(created) => break created,
            Poll::Pending => std::thread::park(),
        }
    };
    assert!(created.is_ok());
}

/// Whether `needle` is anywhere in the writable memory of a process; none where it may not be read.
#[cfg(target_os = "linux")]
fn memory_holds(process: u32, needle: &[u8]) -> Option<bool> {
    use std::os::unix::fs::FileExt;

    let maps = std::fs::read_to_string(format!("/proc/{process}/maps")).ok()?;
    let memory = File::open(format!("/proc/{process}/mem")).ok()?;
    for line in maps.lines().filter(|line| line.contains(" rw")) {
        let (from, to) = line.split(' ').next()?.split_once('-')?;
        let (from, to) = (u64::from_str_radix(from, 16).ok()?, u64::from_str_radix(to, 16).ok()?);
        let mut bytes = vec![0u8; (to - from) as usize];
        if memory.read_exact_at(&mut bytes, from).is_ok()
            && bytes.windows(needle.len()).any(|window| window == needle)
        {
            return Some(true);
        }
    }
    Some(false)
}

#[cfg(target_os = "linux")]
#[test]
fn nothing_secret_is_left_in_memory_once_locked() {
    let keeper = spawn(None);
    let process = keeper.process_id().expect("a process");
    keeper.create(passphrase("ana"), KdfCost::light()).wait().expect("creates");
    let words = keeper.recovery_words().wait().expect("words");
    let key = keeper.data_key(Purpose::Columns).wait().expect("a key");
    let seed =
        openred_core::seed::RecoverySeed::from_words(words.expose_text().expect("text")).expect("words");
    match memory_holds(process, seed.bytes()) {
        Some(found) => assert!(found, "while unlocked the scan finds what is held"),
        None => {
            println!("skipped: only root reads the memory of a process that nobody may trace");
            return;
        }
    }
    keeper.lock().wait().expect("locks");
    keeper.status().wait().expect("answers");
    let passphrase = passphrase("ana");
    let secrets: [(&str, &[u8]); 4] = [
        ("passphrase", passphrase.expose()),
        ("words", words.expose()),
        ("recovery seed", seed.bytes()),
        ("data key", key.expose()),
    ];
    for (name, secret) in secrets {
        assert_eq!(memory_holds(process, secret), Some(false), "the {name} is still there");
    }
    assert!(
        memory_holds(process, b"keeper").expect("readable"),
        "the scan finds what is there: its arguments"
    );
}
