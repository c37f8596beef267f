//! A name that a test switches on its own thread for a while: a security check taken away ([`crate::checks`]), a fault
//! planted in a machine. Exists only in builds with debug assertions.
//!
//! Must not know: what a name stands for.

use std::cell::Cell;
use std::thread::LocalKey;

/// What is switched on a thread; one name at a time.
#[doc(hidden)]
pub type Switch = LocalKey<Cell<Option<&'static str>>>;

/// Whether `name` is switched on this thread.
#[doc(hidden)]
#[must_use]
pub fn is_on(switch: &'static Switch, name: &str) -> bool {
    switch.with(|on| on.get() == Some(name))
}

/// Runs `f` with `name`, one of `names`, switched on this thread. It is as before afterwards, also when `f` panics.
///
/// # Panics
/// When `name` is not in `names`: a suite that switches nothing would prove nothing.
#[doc(hidden)]
pub fn with<T>(switch: &'static Switch, names: &[&'static str], name: &str, f: impl FnOnce() -> T) -> T {
    struct Restore(&'static Switch, Option<&'static str>);
    impl Drop for Restore {
        fn drop(&mut self) {
            self.0.with(|on| on.set(self.1));
        }
    }
    let Some(name) = names.iter().copied().find(|known| *known == name) else {
        panic!("nothing is called {name}");
    };
    let _restore = Restore(switch, switch.with(|on| on.replace(Some(name))));
    f()
}
