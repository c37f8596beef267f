//! What the machine spent. Must not know: for what.

use std::{fs, mem, ops::Sub, time::Instant};

/// Counters of this process and of the loopback interface.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    at: Instant,
    cpu_us: u64,
    wire: u64,
}

/// The difference of two readings.
#[derive(Clone, Copy, Debug)]
pub struct Used {
    /// Wall time.
    pub seconds: f64,
    /// User and system time of all threads.
    pub cpu_us: u64,
    /// Bytes over the loopback interface, of everybody on this machine.
    pub wire: u64,
}

impl Reading {
    /// Reads them.
    pub fn now() -> Self {
        // SAFETY: getrusage fills the struct it is given; all-zero is a valid value of it.
        let usage = unsafe {
            let mut usage: libc::rusage = mem::zeroed();
            libc::getrusage(libc::RUSAGE_SELF, &mut usage);
            usage
        };
        let us = |t: libc::timeval| t.tv_sec as u64 * 1_000_000 + t.tv_usec as u64;
        let wire = fs::read_to_string("/sys/class/net/lo/statistics/rx_bytes");
        let wire = wire.ok().and_then(|text| text.trim().parse().ok()).unwrap_or(0);
        Self { at: Instant::now(), cpu_us: us(usage.ru_utime) + us(usage.ru_stime), wire }
    }
}

impl Sub for Reading {
    type Output = Used;
    fn sub(self, earlier: Self) -> Used {
        Used {
            seconds: (self.at - earlier.at).as_secs_f64(),
            cpu_us: self.cpu_us - earlier.cpu_us,
            wire: self.wire.saturating_sub(earlier.wire),
        }
    }
}

/// Lets others go first. For threads that begin later.
pub fn stand_back() {
    // SAFETY: takes a number only.
    let _refused = unsafe { libc::nice(5) };
}

/// Resident memory now, bytes.
pub fn resident() -> u64 {
    let statm = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    statm.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0) * 4096
}
