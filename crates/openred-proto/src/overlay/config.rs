//! What an owner may choose about the overlay, with S3's presets and ours.
//!
//! One struct per concern: [`Gossip`] and [`Limits`] here, peers and trust beside their machines. `min_trust_threshold`
//! gates full slots only (PROTOCOL §7). Must not know: where values come from.

use super::{peers, trust};

/// Everything.
#[derive(Clone, Debug)]
pub struct Config {
    /// How messages travel.
    pub gossip: Gossip,
    /// What anybody may cost us.
    pub limits: Limits,
    /// Whom we are linked with.
    pub peers: peers::Settings,
    /// How trust is reckoned.
    pub trust: trust::Settings,
}

/// How messages travel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gossip {
    /// `gossip_fanout`: half the peers that a message of a tree without shape is pushed to; the others hear its id.
    pub fanout: usize,
    /// `gossip_interval`: paces ids under load (a tenth of it at most) and housekeeping, never a payload.
    pub interval_ms: u64,
    /// Hops that an own message may travel, ≤ 10.
    pub ttl: u8,
    /// Peers that hear the id of a message which was not pushed to them, drawn anew for every announcement.
    pub lazy_fanout: usize,
    /// Between two reconciliations.
    pub reconcile_ms: u64,
}

/// What anybody may cost us. One message costs one place of a budget, larger ones one per 2 KiB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// `message_cache_size`: whole messages held for others.
    pub message_cache_size: usize,
    /// Bytes of whole messages held for others.
    pub message_cache_bytes: usize,
    /// Ids remembered, so that nothing is delivered twice.
    pub seen_max: usize,
    /// Of these, the newest of one origin; also what reconciliation covers.
    pub origin_quota: usize,
    /// New messages per second of one origin; four seconds of it at once. More than any person says, and so little that
    /// one who says as much all the time takes a small part of what a network of small machines can check and pass on.
    pub origin_per_s: u64,
    /// New messages per second from one peer; two seconds of it at once.
    pub peer_per_s: u64,
    /// Frames per second that are looked at from one peer; two seconds of it at once.
    pub frames_per_s: u64,
    /// Origins unknown so far that one peer may bring per second; a minute of it at once.
    pub origins_per_s: u64,
    /// Bytes that may wait in one peer's queue before it gets ids only; twice that: nothing.
    pub peer_queue_bytes: usize,
    /// Identity logs of others held.
    pub logs_max: usize,
    /// Descriptors of others held.
    pub descriptors_max: usize,
}

impl Default for Gossip {
    fn default() -> Self {
        Self { fanout: 3, interval_ms: 1000, ttl: 10, lazy_fanout: 8, reconcile_ms: 60_000 }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message_cache_size: 20_000,
            message_cache_bytes: 64 << 20,
            seen_max: 262_144,
            origin_quota: 16_384,
            origin_per_s: 250,
            peer_per_s: 25_000,
            frames_per_s: 100_000,
            origins_per_s: 32,
            peer_queue_bytes: 1 << 20,
            logs_max: 4096,
            descriptors_max: 4096,
        }
    }
}

impl Config {
    /// What a node starts with.
    #[must_use]
    pub fn standard() -> Self {
        Self {
            gossip: Gossip::default(),
            limits: Limits::default(),
            peers: peers::Settings::standard(),
            trust: trust::Settings::standard(),
        }
    }

    /// S3 "high throughput": fanout 5, interval 0.5 s, 100 peers; with the queues and budgets that go with it.
    #[must_use]
    pub fn high_throughput() -> Self {
        Self {
            gossip: Gossip { fanout: 5, interval_ms: 500, ..Gossip::default() },
            limits: Limits {
                message_cache_size: 100_000,
                message_cache_bytes: 256 << 20,
                origin_per_s: 10_000,
                peer_per_s: 50_000,
                frames_per_s: 200_000,
                peer_queue_bytes: 4 << 20,
                ..Limits::default()
            },
            peers: peers::Settings::high_throughput(),
            trust: trust::Settings::high_throughput(),
        }
    }

    /// S3 "low resource": fanout 2, interval 2 s, 20 peers, 1,000 messages held; fewer ids, logs and bytes besides.
    #[must_use]
    pub fn low_resource() -> Self {
        Self {
            gossip: Gossip { fanout: 2, interval_ms: 2000, lazy_fanout: 4, ..Gossip::default() },
            limits: Limits {
                message_cache_size: 1000,
                message_cache_bytes: 4 << 20,
                seen_max: 16_384,
                origin_quota: 4096,
                origin_per_s: 50,
                peer_per_s: 1000,
                frames_per_s: 5000,
                origins_per_s: 8,
                peer_queue_bytes: 256 << 10,
                logs_max: 512,
                descriptors_max: 512,
            },
            peers: peers::Settings::low_resource(),
            trust: trust::Settings::low_resource(),
        }
    }

    /// S3 "high security": trust begins at 0.3, full slots from 0.5, decay 0.02.
    #[must_use]
    pub fn high_security() -> Self {
        Self {
            gossip: Gossip::default(),
            limits: Limits::default(),
            peers: peers::Settings::high_security(),
            trust: trust::Settings::high_security(),
        }
    }

    /// The preset of this name (`standard`, `high_throughput`, `low_resource`, `high_security`).
    #[must_use]
    pub fn named(preset: &str) -> Option<Self> {
        match preset {
            "standard" => Some(Self::standard()),
            "high_throughput" => Some(Self::high_throughput()),
            "low_resource" => Some(Self::low_resource()),
            "high_security" => Some(Self::high_security()),
            _ => None,
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::standard()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_carry_the_numbers_of_s3() {
        let fast = Config::high_throughput();
        assert_eq!((fast.gossip.fanout, fast.gossip.interval_ms, fast.peers.max_peers), (5, 500, 100));
        let small = Config::low_resource();
        assert_eq!((small.gossip.fanout, small.gossip.interval_ms, small.peers.max_peers), (2, 2000, 20));
        assert_eq!(small.limits.message_cache_size, 1000);
        let strict = Config::high_security().trust;
        assert_eq!(
            (strict.initial, strict.min_trust_threshold, strict.decay_rate),
            (300_000, 500_000, 20_000)
        );
        for name in ["standard", "high_throughput", "low_resource", "high_security"] {
            assert!(Config::named(name).is_some(), "{name}");
        }
        assert!(Config::named("fastest").is_none());
    }
}
