//! What is done to the servers. Must not know: clients.

use std::time::Duration;

use super::servers::{RELAYS, Servers};
use crate::program::now_ms;

/// Something is killed every five seconds: every second time a relay, else Redis or PostgreSQL by turns.
const BLOW_MS: u64 = 5_000;
/// A relay that was killed lies so long before somebody starts it again.
const LYING_MS: u64 = 1_000;
const GLANCE: Duration = Duration::from_millis(50);

/// What was done, how often.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Blows {
    pub(super) relays: u64,
    pub(super) redis: u64,
    pub(super) postgres: u64,
}

/// `kill -9` for everything, for `ms` milliseconds. What was killed is started again, and so is a relay that gave up because
/// its database was away when it started.
pub(super) fn kills(servers: &mut Servers, ms: u64) -> Blows {
    let (begun, mut blows, mut lying_since) = (now_ms(), Blows::default(), None);
    for number in 0_u64.. {
        let due = begun + (number + 1) * BLOW_MS;
        while now_ms() < due {
            if now_ms() >= lying_since.unwrap_or(0) + LYING_MS {
                servers.start_who_lies();
            }
            std::thread::sleep(GLANCE);
        }
        if now_ms() >= begun + ms {
            break;
        }
        match number % 4 {
            1 => {
                servers.redis.restart();
                blows.redis += 1;
            }
            3 => {
                servers.postgres.restart();
                blows.postgres += 1;
            }
            _ => {
                servers.kill((number / 2) as usize % RELAYS);
                lying_since = Some(now_ms());
                blows.relays += 1;
            }
        }
    }
    blows
}

/// A rolling restart as the manual has it, again and again for `ms` milliseconds: one relay after the other, and then the
/// database.
pub(super) fn rolling(servers: &mut Servers, ms: u64) -> Blows {
    let (begun, mut blows) = (now_ms(), Blows::default());
    while now_ms() < begun + ms {
        for relay in 0..RELAYS {
            servers.restart_with_care(relay);
            blows.relays += 1;
        }
        servers.postgres.stop();
        servers.postgres.start();
        blows.postgres += 1;
    }
    blows
}
