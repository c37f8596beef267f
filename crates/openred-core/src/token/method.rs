//! The method byte: mode in the high nibble, method in the low one, and how a directory picks it (PROTOCOL §3).
//!
//! Must not know: the transforms. Only calendars and one HMAC.

use super::kdf::hmac;

/// Mode 0, the default: (UTC hour of day + day of month) mod 4.
pub const MODE_HOURLY: u8 = 0;
/// Mode 1: ISO weekday (Monday 1 … Sunday 7) mod 4.
pub const MODE_DAILY: u8 = 1;
/// Mode 2, controlled random: `HMAC-SHA256(seed, hour:u64)[0] mod 4`, seed = the one the directory publishes.
pub const MODE_RANDOM: u8 = 2;

/// The four linked-token methods, by their low nibble.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Method {
    /// XOR with the salt's keys only.
    Alpha = 0,
    /// Rotation by 1 to 255 bits.
    Beta = 1,
    /// Permutation of the 32 bytes.
    Gamma = 2,
    /// Keyed Feistel cascade of 8 rounds.
    Delta = 3,
}

impl Method {
    /// All four, in the order of their numbers.
    pub const ALL: [Self; 4] = [Self::Alpha, Self::Beta, Self::Gamma, Self::Delta];

    /// The method of a method byte, whatever its mode; `None` when the low nibble names none.
    #[must_use]
    pub const fn of_byte(byte: u8) -> Option<Self> {
        match byte & 0x0f {
            0 => Some(Self::Alpha),
            1 => Some(Self::Beta),
            2 => Some(Self::Gamma),
            3 => Some(Self::Delta),
            _ => None,
        }
    }
}

/// The method byte that a directory in `mode` uses for a grant valid from `not_before` (unix seconds, UTC).
///
/// `seed` is the directory's published `token_seed`, needed in mode 2 only. `None` for an unknown mode and for
/// mode 2 without a seed. The directory calls this once per grant; nodes only compare ([`method_matches`]).
#[must_use]
pub fn select_crypto_method(mode: u8, seed: Option<&[u8; 32]>, not_before: u64) -> Option<u8> {
    let days = not_before / 86_400;
    let number = match mode {
        MODE_HOURLY => (not_before / 3600 % 24 + u64::from(day_of_month(days))) % 4,
        // 1 January 1970 was a Thursday, ISO weekday 4.
        MODE_DAILY => ((days + 3) % 7 + 1) % 4,
        MODE_RANDOM => u64::from(hmac(seed?, &[&(not_before / 3600).to_be_bytes()])[0] % 4),
        _ => return None,
    };
    Some(mode << 4 | number as u8)
}

/// Whether the byte in a grant is what the directory's rule gives for the grant's own `not_before`.
///
/// The reader's clock plays no part, so skew cannot break an introduction at the turn of an hour.
#[must_use]
pub fn method_matches(byte: u8, seed: Option<&[u8; 32]>, not_before: u64) -> bool {
    select_crypto_method(byte >> 4, seed, not_before) == Some(byte)
}

/// Day of month, 1…31, of the civil (proleptic Gregorian) date `days` after 1 January 1970.
fn day_of_month(days: u64) -> u8 {
    // Days since 1 March 0000; a year that begins in March ends with its leap day.
    let shifted = days + 719_468;
    let of_era = shifted % 146_097;
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    (of_year - (153 * month + 2) / 5 + 1) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_calendar_is_right_on_known_days() {
        // (unix seconds at 00:00 UTC, day of month, ISO weekday)
        for (at, day, weekday) in [
            (0, 1, 4),
            (951_782_400, 29, 2),   // 2000-02-29, a Tuesday
            (1_709_164_800, 29, 4), // 2024-02-29, a Thursday
            (1_735_603_200, 31, 2), // 2024-12-31, a Tuesday
            (1_795_219_200, 21, 6), // 2026-11-21, a Saturday
            (4_107_542_400, 1, 1),  // 2100-03-01, a Monday: 2100 is no leap year
        ] {
            assert_eq!(day_of_month(at / 86_400), day, "day at {at}");
            assert_eq!(
                select_crypto_method(MODE_DAILY, None, at),
                Some(0x10 | (weekday % 4)),
                "weekday at {at}"
            );
            assert_eq!(
                select_crypto_method(MODE_HOURLY, None, at + 7200),
                Some((2 + day) % 4),
                "hour at {at}"
            );
        }
    }

    #[test]
    fn unknown_modes_and_a_missing_seed_select_nothing() {
        assert_eq!(select_crypto_method(MODE_RANDOM, None, 7), None);
        assert!((3..=255).all(|mode| select_crypto_method(mode, Some(&[1; 32]), 7).is_none()));
        assert!(!method_matches(0x24, Some(&[1; 32]), 7), "low nibble 4 is no method");
    }
}
