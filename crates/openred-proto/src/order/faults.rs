//! Rules that a test can take away, to show that the model notices: one name, one place in the code.
//!
//! In builds with debug assertions [`with`] plants one fault on its own thread; in a release build [`planted`] is
//! constant and nothing can be planted. Must not know: what a rule is good for.

#[cfg(debug_assertions)]
use openred_core::switch;

/// Every fault there is. Each is planted at the one place that its name speaks of.
pub const ALL: &[&str] = &[
    "no-tie-break",
    "snapshot-not-taken",
    "snapshot-never-shredded",
    "lost-branch-not-resent",
    "change-not-remade",
    "removal-not-remade",
    "messages-before-removal",
    "own-commit-without-order",
    "early-message-dropped",
    "refusal-ignored",
    "never-compared",
    "minority-not-readded",
    "last-wins",
];

/// Whether the fault `name` is planted on this thread. Constant false without debug assertions.
#[cfg(not(debug_assertions))]
#[must_use]
#[inline(always)]
pub const fn planted(_name: &'static str) -> bool {
    false
}

/// Whether the fault `name` is planted on this thread. Constant false without debug assertions.
#[cfg(debug_assertions)]
#[must_use]
pub fn planted(name: &'static str) -> bool {
    debug_assert!(ALL.contains(&name), "unlisted fault {name}");
    switch::is_on(&PLANTED, name)
}

#[cfg(debug_assertions)]
thread_local! {
    static PLANTED: std::cell::Cell<Option<&'static str>> = const { std::cell::Cell::new(None) };
}

/// Runs `f` on this thread with the fault `name` planted. It is gone afterwards, also when `f` panics. Exists only in
/// builds with debug assertions.
///
/// # Panics
/// When `name` is not in [`ALL`]: a suite that plants nothing would prove nothing.
#[cfg(debug_assertions)]
#[doc(hidden)]
pub fn with<T>(name: &str, f: impl FnOnce() -> T) -> T {
    switch::with(&PLANTED, ALL, name, f)
}
