//! The text form of instants in envelopes: `YYYY-MM-DDTHH:MM:SS[.mmm]Z` (RFC 3339, UTC only; PROTOCOL A.0).
//!
//! What this module must not know: what time it is.

use thiserror::Error;

const MS_PER_DAY: u64 = 24 * 60 * 60 * 1000;

/// Last instant with a four-digit year, 9999-12-31T23:59:59.999Z, in unix milliseconds.
pub const TIME_MS_MAX: u64 = 253_402_300_799_999;

/// The text is no instant of this form, or none between the years 1970 and 9999.
/// Leap seconds (`:60`) and other offsets than `Z` are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not a time of the form YYYY-MM-DDTHH:MM:SS[.mmm]Z")]
pub struct TimeError;

/// Unix milliseconds of the text. Milliseconds are three digits or absent; `.000` is accepted.
pub fn parse_rfc3339(text: &str) -> Result<u64, TimeError> {
    let bytes = text.as_bytes();
    let ms = match bytes.len() {
        20 => 0,
        24 if bytes[19] == b'.' => number(&bytes[20..23])?,
        _ => return Err(TimeError),
    };
    let marks = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':'), (bytes.len() - 1, b'Z')];
    if marks.iter().any(|(at, mark)| bytes[*at] != *mark) {
        return Err(TimeError);
    }
    let [year, month, day] = [number(&bytes[0..4])?, number(&bytes[5..7])?, number(&bytes[8..10])?];
    let [hour, minute, second] = [number(&bytes[11..13])?, number(&bytes[14..16])?, number(&bytes[17..19])?];
    let date_good =
        year >= 1970 && (1..=12).contains(&month) && (1..=days_in_month(year, month)).contains(&day);
    if !date_good || hour > 23 || minute > 59 || second > 59 {
        return Err(TimeError);
    }
    let seconds = (hour * 60 + minute) * 60 + second;
    Ok(days_before(year, month, day) * MS_PER_DAY + seconds * 1000 + ms)
}

/// The text of an instant; milliseconds are written only when there are any.
/// Instants after [`TIME_MS_MAX`] are written as that one: four digits is what the form has.
pub fn format_rfc3339(unix_ms: u64) -> String {
    let unix_ms = unix_ms.min(TIME_MS_MAX);
    let (days, in_day) = (unix_ms / MS_PER_DAY, unix_ms % MS_PER_DAY);
    let (year, month, day) = date_of(days);
    let (hour, minute, second) = (in_day / 3_600_000, in_day / 60_000 % 60, in_day / 1000 % 60);
    let date = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}");
    match in_day % 1000 {
        0 => format!("{date}Z"),
        ms => format!("{date}.{ms:03}Z"),
    }
}

fn number(digits: &[u8]) -> Result<u64, TimeError> {
    digits.iter().try_fold(0, |sum, digit| match digit {
        b'0'..=b'9' => Ok(sum * 10 + u64::from(digit - b'0')),
        _ => Err(TimeError),
    })
}

fn is_leap(year: u64) -> bool {
    (year.is_multiple_of(4) && !year.is_multiple_of(100)) || year.is_multiple_of(400)
}

fn days_in_month(year: u64, month: u64) -> u64 {
    match month {
        2 => 28 + u64::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 to 1 January of `year`.
fn days_before_year(year: u64) -> u64 {
    let past = year - 1;
    let leaps = past / 4 - past / 100 + past / 400;
    const LEAPS_BEFORE_1970: u64 = 1969 / 4 - 1969 / 100 + 1969 / 400;
    (year - 1970) * 365 + leaps - LEAPS_BEFORE_1970
}

fn days_before(year: u64, month: u64, day: u64) -> u64 {
    let months: u64 = (1..month).map(|month| days_in_month(year, month)).sum();
    days_before_year(year) + months + day - 1
}

fn date_of(days: u64) -> (u64, u64, u64) {
    let mut year = 1970 + days / 366;
    while days_before_year(year + 1) <= days {
        year += 1;
    }
    let mut left = days - days_before_year(year);
    let mut month = 1;
    while left >= days_in_month(year, month) {
        left -= days_in_month(year, month);
        month += 1;
    }
    (year, month, left + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_instants() {
        let known = [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400_000, "2000-02-29T00:00:00Z"),
            (1_000_000_000_000, "2001-09-09T01:46:40Z"),
            (1_735_689_599_007, "2024-12-31T23:59:59.007Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00Z"),
            (TIME_MS_MAX, "9999-12-31T23:59:59.999Z"),
        ];
        for (ms, text) in known {
            assert_eq!(format_rfc3339(ms), text);
            assert_eq!(parse_rfc3339(text), Ok(ms), "{text}");
        }
        assert_eq!(parse_rfc3339("1970-01-01T00:00:01.000Z"), Ok(1000));
        assert_eq!(format_rfc3339(u64::MAX), "9999-12-31T23:59:59.999Z");
    }

    #[test]
    fn every_day_of_six_centuries_comes_back() {
        for day in 0..220_000_u64 {
            let ms = day * MS_PER_DAY + day % 86_400_000;
            assert_eq!(parse_rfc3339(&format_rfc3339(ms)), Ok(ms));
        }
    }

    #[test]
    fn anything_else_is_refused() {
        let bad = [
            "",
            "2026-01-01",
            "2026-01-01T00:00:00",
            "2026-01-01T00:00:00+00:00",
            "2026-01-01T00:00:00z",
            "2026-01-01t00:00:00Z",
            "2026-01-01 00:00:00Z",
            "2026-01-01T00:00:00.1Z",
            "2026-01-01T00:00:00.1234567Z",
            "2026-01-01T00:00:00,123Z",
            "2026-02-29T00:00:00Z",
            "2100-02-29T00:00:00Z",
            "2026-00-01T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-01-00T00:00:00Z",
            "2026-04-31T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:60:00Z",
            "2016-12-31T23:59:60Z",
            "1969-12-31T23:59:59Z",
            "+026-01-01T00:00:00Z",
            "2026-01-01T00:00:0éZ",
        ];
        for text in bad {
            assert_eq!(parse_rfc3339(text), Err(TimeError), "{text}");
        }
    }
}
