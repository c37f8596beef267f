//! How many connections there may be, altogether and from one address group. Knows counts only.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use super::ServerLimits;
use crate::limits::Prefix;

#[derive(Clone)]
pub(super) struct Places(Arc<Shared>);

struct Shared {
    all_max: usize,
    prefix_max: usize,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    all: usize,
    prefixes: HashMap<Prefix, usize>,
}

/// One connection's place; it is free again when dropped.
pub(super) struct Place {
    shared: Arc<Shared>,
    prefix: Option<Prefix>,
}

impl Places {
    pub(super) fn new(limits: &ServerLimits) -> Self {
        let (all_max, prefix_max) = (limits.connections_max, limits.connections_per_prefix_max);
        Self(Arc::new(Shared { all_max, prefix_max, taken: Mutex::default() }))
    }

    pub(super) fn take(&self, address: IpAddr) -> Option<Place> {
        let prefix = (!address.to_canonical().is_loopback()).then(|| Prefix::of(address));
        let mut taken = self.0.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let of_prefix = prefix.map_or(0, |prefix| taken.prefixes.get(&prefix).copied().unwrap_or(0));
        if taken.all >= self.0.all_max || of_prefix >= self.0.prefix_max {
            return None;
        }
        taken.all += 1;
        if let Some(prefix) = prefix {
            taken.prefixes.insert(prefix, of_prefix + 1);
        }
        Some(Place { shared: Arc::clone(&self.0), prefix })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.shared.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.all -= 1;
        let Some(prefix) = self.prefix else { return };
        let left = taken.prefixes.get(&prefix).map_or(0, |count| count - 1);
        if left == 0 {
            taken.prefixes.remove(&prefix);
        } else {
            taken.prefixes.insert(prefix, left);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_network_cannot_take_every_place() {
        let limits =
            ServerLimits { connections_max: 4, connections_per_prefix_max: 2, ..ServerLimits::default() };
        let places = Places::new(&limits);
        let take = |text: &str| places.take(text.parse().unwrap());
        let eve = (take("192.0.2.1"), take("192.0.2.2"));
        assert!(take("192.0.2.3").is_none());
        let (ana, ben) = (take("198.51.100.1").unwrap(), take("127.0.0.1").unwrap());
        assert!(take("203.0.113.1").is_none(), "all places are taken");
        drop((eve, ana, ben));
        assert!(take("192.0.2.3").is_some());
        assert!(
            places.0.taken.lock().unwrap().prefixes.is_empty(),
            "nothing is remembered of those who left"
        );
    }
}
