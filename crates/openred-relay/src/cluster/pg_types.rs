//! Values as PostgreSQL wants them: ids of mail as UUIDs, times as TIMESTAMP. Must not know: tables.

use std::error::Error;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::{BufMut as _, BytesMut};
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

/// 16 bytes in a UUID column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Uuid(pub(super) [u8; 16]);

impl Uuid {
    /// The id of mail: a UUID of version 8 (RFC 9562) that holds the queue's number and the seq, so that ids lie in the
    /// order of queue and seq and one index serves both S4's key and fetching.
    pub(super) fn of_mail(queue: u64, seq: u64) -> Self {
        let high = (queue >> 12) << 16 | 0x8000 | (queue & 0xfff);
        let low = 1 << 63 | (seq & (u64::MAX >> 2));
        Self((u128::from(high) << 64 | u128::from(low)).to_be_bytes())
    }
}

impl ToSql for Uuid {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        out.put_slice(&self.0);
        Ok(IsNull::No)
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::UUID
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Uuid {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(raw.try_into()?))
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::UUID
    }
}

/// Unix seconds as a value for a TIMESTAMP in UTC.
pub(super) fn timestamp(secs: u64) -> SystemTime {
    // Far below what PostgreSQL can hold, far above any clock: the year 9999.
    UNIX_EPOCH + Duration::from_secs(secs.min(253_402_300_799))
}

/// The other way; what is before 1970 is 0.
pub(super) fn unix_secs(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// A BIGINT that is never negative.
pub(super) fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

/// A number as BIGINT; what is larger than any is the largest.
pub(super) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_mail_lie_in_the_order_of_queue_and_seq() {
        let places = [(0, 1), (1, 0), (1, 1), (1, u64::from(u32::MAX)), (4_095, 7), (4_096, 1), (1 << 40, 3)];
        let ids: Vec<_> = places.into_iter().map(|(queue, seq)| Uuid::of_mail(queue, seq)).collect();
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
        for Uuid(bytes) in ids {
            assert_eq!((bytes[6] >> 4, bytes[8] >> 6), (8, 2), "version and variant of RFC 9562");
        }
    }

    #[test]
    fn times_come_back() {
        for secs in [0, 1, 1_800_057_600] {
            assert_eq!(unix_secs(timestamp(secs)), secs);
        }
        assert_eq!(unix_secs(timestamp(u64::MAX)), 253_402_300_799);
    }
}
