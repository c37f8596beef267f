//! How many connections may be on their way to a session at once: so many in all, and so many of one source.
//!
//! Must not know: what a connection is.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, PoisonError},
};

/// In all.
const ALL_MAX: usize = 128;
/// Of one address, of one /64 of IPv6, or through relays.
const SOURCE_MAX: usize = 24;

/// The places. Clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct Places(Arc<Mutex<BTreeMap<Option<IpAddr>, usize>>>);

/// One taken place; dropped, it is free again.
#[derive(Debug)]
pub(super) struct Place {
    places: Places,
    source: Option<IpAddr>,
}

impl Places {
    /// A place for a connection from there, if one is left.
    pub(super) fn take(&self, source: Option<IpAddr>) -> Option<Place> {
        let source = source.map(network);
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (all, of_source) = (taken.values().sum::<usize>(), taken.get(&source).copied().unwrap_or(0));
        if all >= ALL_MAX || of_source >= SOURCE_MAX {
            return None;
        }
        taken.insert(source, of_source + 1);
        drop(taken);
        Some(Place { places: self.clone(), source })
    }

    /// Whether half of them are taken.
    pub(super) fn are_scarce(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).values().sum::<usize>() >= ALL_MAX / 2
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.0.lock().unwrap_or_else(PoisonError::into_inner);
        match taken.get_mut(&self.source) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(taken.remove(&self.source)),
        }
    }
}

/// What one source is.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn one_source_takes_only_its_share_and_gives_it_back() {
        let places = Places::default();
        let of_one: Vec<_> = (0..SOURCE_MAX).map(|_| places.take(address("2001:db8::1")).unwrap()).collect();
        assert!(places.take(address("2001:db8::2")).is_none(), "the same /64");
        assert!(places.take(address("192.0.2.1")).is_some(), "another one");
        drop(of_one);
        assert!(places.take(address("2001:db8::2")).is_some());
        assert!(places.0.lock().unwrap().is_empty(), "nothing is remembered of who is gone");
    }

    #[test]
    fn all_together_have_no_more_than_all() {
        let places = Places::default();
        let taken: Vec<_> =
            (0..).map_while(|n: u32| places.take(Some(IpAddr::V4(n.into())))).take(ALL_MAX + 1).collect();
        assert_eq!(taken.len(), ALL_MAX);
        assert!(places.are_scarce());
    }
}
