//! The security checks of introduction and handshake (PROTOCOL §3.2, §3.4, §4), each under one stable name.
//!
//! Code asks `checks::failed("grant/own-id", id_is_not_mine)`: one line per check. A refusal carries the same
//! name, so that logs, tests and the threat model speak of the same thing. In builds with debug assertions a
//! test can take away exactly one check on its own thread ([`without`]) and show that an attack then gets
//! through; in a release build [`enabled`] is constant and no check can be taken away.
//!
//! Must not know: what is checked. It only knows names.

#[cfg(debug_assertions)]
use crate::switch;

/// Every check there is, in the order of PROTOCOL §3.2, §3.4, §4. A name, once published, keeps its meaning.
pub const ALL: &[&str] = &[
    // §3.2, decidable from the bytes and facts given to `grant::open_grant`
    "grant/directory-pinned",
    "grant/signature",
    "grant/box-names-grant",
    "grant/own-role",
    "grant/own-id",
    "grant/two-ids",
    "grant/answers-request",
    "grant/request-names-grant",
    "grant/request-signature",
    "grant/request-time",
    "grant/peer-descriptor-hash",
    "grant/peer-descriptor-id",
    "grant/peer-newest-log",
    "grant/peer-not-older-than-pinned",
    "grant/peer-descriptor-fresh",
    "grant/own-descriptor",
    "grant/method",
    "grant/secret-committed",
    "grant/window",
    // §3.2, decided by the tables of `openred_proto::introduction`
    "grant/one-per-request",
    "grant/unused",
    "grant/pending-limit",
    "grant/pending-strangers",
    "grant/pending-per-peer",
    "grant/usable-120s",
    // §3.4, first frames
    "first/opens",
    "first/established",
    "first/tokens-match",
    "first/rejoin",
    // §4, ticket tables
    "handshake/own-id",
    "handshake/open-rate",
    "handshake/work",
    "handshake/ticket-known",
    "handshake/ticket-names-peer",
    "handshake/grant-descriptors",
    "handshake/grant-window",
    "handshake/burnt",
    "handshake/invitation-expired",
    "handshake/invitation-bound",
    "handshake/time",
    "handshake/replay",
    "handshake/zero-nonce",
    "handshake/mac",
    "handshake/prologue",
    "handshake/stale-once",
    // §4, descriptors that a hello or a stale answer carries
    "descriptor/hash",
    "descriptor/names-peer",
    "descriptor/newest-log",
    "descriptor/not-older-than-pinned",
    "descriptor/fresh",
    // §4, second factor asked by a peer
    "challenge/time",
    "challenge/signature",
];

/// True when the check `name` found `bad` and is in force: the caller refuses.
///
/// Both arguments are evaluated before: a check has no side effect. `name` stands in [`ALL`].
#[must_use]
pub fn failed(name: &'static str, bad: bool) -> bool {
    debug_assert!(ALL.contains(&name), "unlisted check {name}");
    bad && enabled(name)
}

/// Whether the check is in force on this thread. Constant true without debug assertions.
#[cfg(not(debug_assertions))]
#[must_use]
#[inline(always)]
pub const fn enabled(_name: &'static str) -> bool {
    true
}

/// Whether the check is in force on this thread. Constant true without debug assertions.
#[cfg(debug_assertions)]
#[must_use]
pub fn enabled(name: &'static str) -> bool {
    !switch::is_on(&REMOVED, name)
}

#[cfg(debug_assertions)]
thread_local! {
    static REMOVED: std::cell::Cell<Option<&'static str>> = const { std::cell::Cell::new(None) };
}

/// Runs `f` on this thread with the check `name` taken away: for suites that prove that the check matters.
///
/// The check is back afterwards, also when `f` panics. Exists only in builds with debug assertions.
///
/// # Panics
/// When `name` is not in [`ALL`]: a suite that removes nothing would prove nothing.
#[cfg(debug_assertions)]
#[doc(hidden)]
pub fn without<T>(name: &str, f: impl FnOnce() -> T) -> T {
    switch::with(&REMOVED, ALL, name, f)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_kebab_case() {
        for (i, name) in ALL.iter().enumerate() {
            assert!(!ALL[..i].contains(name), "{name} stands twice");
            let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            let (group, check) = name.split_once('/').unwrap();
            assert!(group.chars().all(legal) && check.chars().all(legal), "{name} is not kebab-case");
        }
    }

    #[test]
    fn a_removed_check_is_back_afterwards_and_never_left_other_threads() {
        assert!(failed("grant/own-id", true));
        assert!(!failed("grant/own-id", false));
        without("grant/own-id", || {
            assert!(!failed("grant/own-id", true), "taken away here");
            assert!(failed("grant/two-ids", true), "only this one");
            std::thread::spawn(|| assert!(failed("grant/own-id", true), "other threads keep it"))
                .join()
                .unwrap();
        });
        assert!(failed("grant/own-id", true));
        let panicked = std::panic::catch_unwind(|| without("grant/own-id", || panic!("inside")));
        assert!(panicked.is_err() && failed("grant/own-id", true), "back after a panic");
    }
}
