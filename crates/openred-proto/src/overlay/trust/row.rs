//! One node's record: decay, credits, penalties (PROTOCOL §7). Decay is lazy: nothing runs each day.
//!
//! Must not know: other nodes.

use openred_core::ids::NodeId;

use super::{
    Ppm, Settings,
    bounds::{
        CREDIT, CREDITS_PER_DAY, DAY_S, DECAY_DAYS_MAX, INVALID, ONE, TIMEOUT, TIMEOUT_EVERY_S, TIMEOUT_FLOOR,
    },
};
use crate::overlay::store::TrustRow;

/// Direct trust at a moment, and the same seven days before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// Now, decay taken.
    pub direct: Ppm,
    /// Seven days ago.
    pub week_ago: Ppm,
}

/// A row of a node first noticed at `at_s`.
pub(super) const fn fresh(node_id: NodeId, settings: &Settings, at_s: u64) -> TrustRow {
    TrustRow {
        node_id,
        direct: settings.initial,
        decayed_at: at_s,
        week: [settings.initial; 7],
        valid: 0,
        invalid: 0,
        credit_day: 0,
        credits: 0,
        timeout_at: 0,
        first_seen: at_s,
        group: None,
        introducer: None,
        outbound: false,
    }
}

/// Direct trust at `at_s`; the row stays as it is.
pub(super) fn level(row: &TrustRow, settings: &Settings, at_s: u64) -> Level {
    let (direct, week) = decayed(row, settings, whole_days(row, at_s));
    let [week_ago, ..] = week;
    Level { direct, week_ago }
}

/// Takes the whole days up to `at_s` into the row.
pub(super) fn advance(row: &mut TrustRow, settings: &Settings, at_s: u64) {
    let days = whole_days(row, at_s);
    (row.direct, row.week) = decayed(row, settings, days);
    row.decayed_at += days * DAY_S;
}

const fn whole_days(row: &TrustRow, at_s: u64) -> u64 {
    at_s.saturating_sub(row.decayed_at) / DAY_S
}

fn decayed(row: &TrustRow, settings: &Settings, days: u64) -> (Ppm, [Ppm; 7]) {
    let (mut direct, mut week) = (row.direct, row.week);
    for _ in 0..days.min(DECAY_DAYS_MAX) {
        if direct == settings.initial && week == [direct; 7] {
            break;
        }
        week.rotate_left(1);
        week[6] = direct;
        let distance = settings.initial - direct;
        let step = (distance.abs() * settings.decay_rate + ONE - 1) / ONE;
        direct += distance.signum() * step.min(distance.abs());
    }
    (direct, week)
}

/// Whether this day's credits are used up.
pub(super) const fn is_sated(row: &TrustRow, at_s: u64) -> bool {
    row.credit_day == at_s / DAY_S && row.credits >= CREDITS_PER_DAY
}

/// One credit; None when the day's are used up.
pub(super) fn credit(row: &mut TrustRow, settings: &Settings, at_s: u64) -> Option<Ppm> {
    if is_sated(row, at_s) {
        return None;
    }
    advance(row, settings, at_s);
    if row.credit_day != at_s / DAY_S {
        (row.credit_day, row.credits) = (at_s / DAY_S, 0);
    }
    row.credits += 1;
    Some(change(row, CREDIT))
}

/// Something invalid was delivered.
pub(super) fn invalid(row: &mut TrustRow, settings: &Settings, at_s: u64) -> Ppm {
    advance(row, settings, at_s);
    row.invalid = row.invalid.saturating_add(1);
    change(row, -INVALID)
}

/// An open session fell silent; None when one counted less than a day ago.
pub(super) fn timeout(row: &mut TrustRow, settings: &Settings, at_s: u64) -> Option<Ppm> {
    if row.timeout_at != 0 && row.timeout_at.abs_diff(at_s) < TIMEOUT_EVERY_S {
        return None;
    }
    advance(row, settings, at_s);
    row.timeout_at = at_s;
    let floor = row.direct.min(TIMEOUT_FLOOR);
    let lower = (row.direct - TIMEOUT).max(floor);
    Some(change(row, lower - row.direct))
}

/// Adds within 0…1; what was really added.
fn change(row: &mut TrustRow, delta: Ppm) -> Ppm {
    let before = row.direct;
    row.direct = (before + delta).clamp(0, ONE);
    row.direct - before
}
