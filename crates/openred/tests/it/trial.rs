//! Trials that measure: how long they take, and where their figures go. `OPENRED_NEMESIS_MINUTES` and `OPENRED_NEMESIS_REPORT` say
//! so; `cargo xtask nemesis` sets both. Must not know: what is tried.

use std::fs::File;
use std::io::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

/// How long a trial takes, unless somebody wants it longer.
pub(crate) fn minutes_or(usual: f64) -> f64 {
    std::env::var("OPENRED_NEMESIS_MINUTES").map_or(usual, |text| text.parse().unwrap())
}

/// One trial at a time: they fill the machine.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Figures for the reader of the tests, and as a line of the file that was asked for.
pub(crate) fn tell(figures: &Value) {
    // Not a print macro: the test harness would swallow it.
    std::io::stderr().write_all(format!("nemesis: {figures}\n").as_bytes()).unwrap();
    if let Some(file) = std::env::var_os("OPENRED_NEMESIS_REPORT") {
        let mut file = File::options().create(true).append(true).open(file).unwrap();
        file.write_all(format!("{figures}\n").as_bytes()).unwrap();
    }
}
