//! Runs of the simulator that are short enough for every day, and what proves that it would notice.

#![expect(clippy::expect_used, reason = "tests")]

mod planted;
mod purity;
mod scenarios;
