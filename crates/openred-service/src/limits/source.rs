//! Limits of one call: per id, per address group, and for all together. Knows keys, not their meaning.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use super::bucket::{Bucket, Buckets, Rate};
use super::{Prefix, SlowDown};

/// The three rates of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceRates {
    /// For one id (a node id, a session, an account).
    pub per_id: Rate,
    /// For one /24 or /48.
    pub per_prefix: Rate,
    /// For everybody together.
    pub global: Rate,
    /// Ids and prefixes remembered, each.
    pub keys_max: usize,
}

/// Counts a call against its id, its address group and everybody; refused by one, it costs nothing at the others.
#[derive(Debug)]
pub struct SourceLimiter(Mutex<State>);

#[derive(Debug)]
struct State {
    ids: Buckets<Vec<u8>>,
    prefixes: Buckets<Prefix>,
    global: Option<Bucket>,
    global_rate: Rate,
}

impl SourceLimiter {
    /// A limiter with full buckets.
    pub fn new(rates: SourceRates) -> Self {
        Self(Mutex::new(State {
            ids: Buckets::new(rates.per_id, rates.keys_max),
            prefixes: Buckets::new(rates.per_prefix, rates.keys_max),
            global: None,
            global_rate: rates.global,
        }))
    }

    /// Takes one token everywhere, or none. Give an `id` only after it was proven; loopback (a proxy in front, the
    /// owner) has no prefix limit. `now_ms` as in [`Limiter::take`](super::Limiter::take).
    pub fn take(&self, id: Option<&[u8]>, address: Option<IpAddr>, now_ms: u64) -> Result<(), SlowDown> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let State { ids, prefixes, global, global_rate } = &mut *state;
        let prefix = address.filter(|address| !address.to_canonical().is_loopback()).map(Prefix::of);
        let global = global.get_or_insert_with(|| Bucket::full(*global_rate, now_ms));
        let mut buckets: Vec<&mut Bucket> = vec![global];
        buckets.extend(prefix.map(|prefix| prefixes.bucket(prefix, now_ms)));
        buckets.extend(id.map(|id| ids.bucket(id.to_vec(), now_ms)));
        let refusals = buckets.iter_mut().filter_map(|bucket| bucket.check(1, now_ms).err());
        if let Some(longest) = refusals.max_by_key(|refusal| refusal.seconds) {
            return Err(longest);
        }
        buckets.into_iter().try_for_each(|bucket| bucket.take(1, now_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limiter() -> SourceLimiter {
        SourceLimiter::new(SourceRates {
            per_id: Rate::per_minute(2),
            per_prefix: Rate::per_minute(3),
            global: Rate::per_minute(5),
            keys_max: 100,
        })
    }

    fn at(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn each_of_the_three_refuses_by_itself() {
        let limiter = limiter();
        let ana = at("192.0.2.1");
        assert!(limiter.take(Some(b"ana"), ana, 0).is_ok());
        assert!(limiter.take(Some(b"ana"), ana, 0).is_ok());
        assert_eq!(limiter.take(Some(b"ana"), ana, 0), Err(SlowDown { seconds: 30 }), "by id");
        assert!(limiter.take(Some(b"eve"), at("192.0.2.9"), 0).is_ok());
        assert_eq!(
            limiter.take(Some(b"eve"), at("192.0.2.9"), 0),
            Err(SlowDown { seconds: 20 }),
            "by prefix"
        );
        assert!(limiter.take(Some(b"ben"), at("198.51.100.1"), 0).is_ok());
        assert!(limiter.take(Some(b"ben"), at("198.51.100.1"), 0).is_ok());
        assert_eq!(limiter.take(None, at("203.0.113.1"), 0), Err(SlowDown { seconds: 12 }), "by everybody");
        assert!(limiter.take(Some(b"ana"), ana, 60_000).is_ok());
    }

    #[test]
    fn a_refused_call_costs_nothing_elsewhere() {
        let limiter = limiter();
        for _ in 0..50 {
            let _refused_after_two = limiter.take(Some(b"eve"), None, 0);
        }
        for _ in 0..3 {
            assert!(
                limiter.take(Some(b"ana"), None, 0).is_ok() || limiter.take(Some(b"ben"), None, 0).is_ok()
            );
        }
    }
}
