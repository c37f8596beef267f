//! What test suites plant in machines: one list of names for each family of rules, and one way to plant them.
//!
//! Must not know: what a rule is good for.

/// Defines the faults of a module: `ALL` their names, `planted` for the one place in the code that a name speaks of, and `with` for a
/// suite that plants one on its own thread. In a release build `planted` is constant and nothing can be planted.
macro_rules! faults {
    ($($name:literal,)*) => {
        /// Every fault there is. Each is planted at the one place that its name speaks of.
        pub const ALL: &[&str] = &[$($name,)*];

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
            openred_core::switch::is_on(&PLANTED, name)
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
            openred_core::switch::with(&PLANTED, ALL, name, f)
        }
    };
}

pub(crate) use faults;
