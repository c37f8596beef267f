//! Sums of one daemon as text for Prometheus: a value per daemon, not a global, so that two in one process count apart.
//! Knows the text format; the names of counters belong to whoever counts.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

/// Content type of the text.
pub const EXPOSITION_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// One more.
    pub fn add(&self) {
        self.add_many(1);
    }

    /// `count` more.
    pub fn add_many(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    /// How many so far.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Text exposition format 0.0.4 in the making.
#[derive(Debug)]
pub struct Exposition {
    prefix: &'static str,
    text: String,
}

impl Exposition {
    /// Nothing yet; every name begins with `prefix` and `_`.
    #[must_use]
    pub const fn new(prefix: &'static str) -> Self {
        Self { prefix, text: String::new() }
    }

    /// Adds what only grows; its name ends with `_total`.
    pub fn counter(&mut self, name: &str, help: &str, counter: &Counter) {
        self.counter_of(name, help, counter.get());
    }

    /// Adds what only grows and was counted elsewhere; its name ends with `_total`.
    pub fn counter_of(&mut self, name: &str, help: &str, value: u64) {
        self.line(&format!("{name}_total"), help, "counter", value);
    }

    /// Adds what stands at this moment.
    pub fn gauge(&mut self, name: &str, help: &str, value: u64) {
        self.line(name, help, "gauge", value);
    }

    /// Adds what stands at this moment and is no whole number, for example seconds.
    pub fn gauge_fraction(&mut self, name: &str, help: &str, value: f64) {
        self.line(name, help, "gauge", value);
    }

    /// The text.
    #[must_use]
    pub fn finish(self) -> String {
        self.text
    }

    fn line(&mut self, name: &str, help: &str, kind: &str, value: impl std::fmt::Display) {
        let name = format!("{}_{name}", self.prefix);
        let written = writeln!(self.text, "# HELP {name} {help}.\n# TYPE {name} {kind}\n{name} {value}");
        debug_assert!(written.is_ok(), "writing to a string");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_kinds_and_values() {
        let letters = Counter::default();
        letters.add();
        letters.add_many(2);
        let mut text = Exposition::new("openred_post");
        text.counter("letters", "Letters taken", &letters);
        text.gauge("boxes", "Boxes", 7);
        assert_eq!(
            text.finish(),
            "# HELP openred_post_letters_total Letters taken.\n# TYPE openred_post_letters_total counter\n\
             openred_post_letters_total 3\n\
             # HELP openred_post_boxes Boxes.\n# TYPE openred_post_boxes gauge\nopenred_post_boxes 7\n"
        );
    }
}
