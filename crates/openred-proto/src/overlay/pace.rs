//! How often somebody may do something. Must not know: who, what.

/// A budget that refills by itself: each unit costs time, up to `burst` units may be owed at once.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::overlay) struct Pace {
    paid_until_ms: u64,
}

impl Pace {
    pub(in crate::overlay) const fn new() -> Self {
        Self { paid_until_ms: 0 }
    }

    /// Whether one more unit is within the budget; takes it.
    pub(in crate::overlay) fn take(&mut self, now_ms: u64, unit_ms: u64, burst: u64) -> bool {
        let paid_until_ms = self.paid_until_ms.max(now_ms) + unit_ms;
        let fits = paid_until_ms - now_ms <= unit_ms * burst;
        if fits {
            self.paid_until_ms = paid_until_ms;
        }
        fits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pace_gives_its_burst_and_then_one_each_unit() {
        let mut pace = Pace::new();
        let taken = |pace: &mut Pace, at| (0..100).filter(|_| pace.take(at, 1000, 4)).count();
        assert_eq!((taken(&mut pace, 0), taken(&mut pace, 999), taken(&mut pace, 1000)), (4, 0, 1));
        assert_eq!(taken(&mut pace, 60_000), 4, "never more than the burst");
    }
}
