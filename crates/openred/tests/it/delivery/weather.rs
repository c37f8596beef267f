//! What is done to the nodes, the relays and the directory. Must not know: who writes what.

use std::time::Duration;

use super::crooked::{Crooked, Way};
use crate::program::now_ms;
use crate::world::{Person, Server};

/// Something happens so often.
const BLOW_MS: u64 = 2_000;
/// A node that is off stays off for so long.
const OFF_MS: u64 = 7_000;
/// So many nodes are off at once: a fifth of twelve.
const OFF: usize = 2;
/// So long a relay takes all and gives nothing.
const HOLE_MS: u64 = 8_000;
const GLANCE: Duration = Duration::from_millis(50);

/// All that can be hit.
pub(super) struct Everything<'a> {
    pub(super) people: &'a mut [Person],
    pub(super) relays: [&'a mut Server; 2],
    pub(super) directory: &'a mut Server,
    /// In front of the first relay.
    pub(super) hole: &'a Crooked,
}

/// What was done, how often.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Blows {
    pub(super) killed: u64,
    pub(super) switched_off: u64,
    pub(super) relays: u64,
    pub(super) directories: u64,
    pub(super) holes: u64,
}

/// Bad weather for `ms` milliseconds. Afterwards everything is on.
pub(super) fn bad(all: &mut Everything<'_>, ms: u64) -> Blows {
    let (begun, mut blows) = (now_ms(), Blows::default());
    let (mut off, mut hole_since): (Vec<(usize, u64)>, Option<u64>) = (Vec::new(), None);
    let mut next = 0;
    for number in 0_u64.. {
        while now_ms() < begun + number * BLOW_MS {
            std::thread::sleep(GLANCE);
        }
        if now_ms() >= begun + ms {
            break;
        }
        if hole_since.is_some_and(|since| now_ms() >= since + HOLE_MS) {
            all.hole.goes(Way::Straight);
            hole_since = None;
        }
        match off.first().copied() {
            Some((who, since)) if now_ms() >= since + OFF_MS => {
                off.remove(0);
                all.people[who].on();
            }
            _ => {}
        }
        if off.len() < OFF {
            let (who, is_killed) = (next * 5 % all.people.len(), next % 2 == 0);
            // Five and twelve have no common divisor: it is everybody's turn.
            next += 1;
            if is_killed {
                all.people[who].program.kill();
                blows.killed += 1;
            } else {
                all.people[who].off();
                blows.switched_off += 1;
            }
            off.push((who, now_ms()));
        }
        match number % 8 {
            1 => all.relays[0].crash(),
            3 => {
                all.hole.goes(Way::Hole);
                hole_since = Some(now_ms());
                blows.holes += 1;
            }
            5 => all.relays[1].crash(),
            7 => all.directory.crash(),
            _ => {}
        }
        blows.relays += u64::from(matches!(number % 8, 1 | 5));
        blows.directories += u64::from(number % 8 == 7);
    }
    all.hole.goes(Way::Straight);
    for (who, _) in off {
        all.people[who].on();
    }
    blows
}
