//! What an owner may choose about peers, with S3's presets.
//!
//! Must not know: what the numbers are used for.

/// `min_peers`, `max_peers` and the intervals of S3, ours beside them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Name of the network, ≤ 64 bytes; nodes of other networks are refused.
    pub network: String,
    /// Versions of the overlay that this node speaks; one in common is enough.
    pub versions: Vec<u64>,
    /// This node wants no payload but what it asks for.
    pub light: bool,
    /// Below so many links others are asked for peers.
    pub min_peers: usize,
    /// Links at once; pinned contacts come on top when nobody may be evicted for them.
    pub max_peers: usize,
    /// Links drawn by this node itself, ≤ 1 per address group; kept free within `max_peers`.
    pub outbound: usize,
    /// Addresses remembered, the owner's people apart.
    pub known_max: usize,
    /// Private and loopback addresses of others are admitted: tests and networks of one's own.
    pub allow_private: bool,
    /// Between two heartbeats.
    pub heartbeat_ms: u64,
    /// Without a sign of life for so long a link is given up.
    pub timeout_ms: u64,
    /// A dial or greeting without an answer is given up.
    pub dial_timeout_ms: u64,
    /// Dials at once.
    pub dials_max: usize,
    /// Between two questions for peers, while there are fewer than `min_peers`; ten times that otherwise.
    pub discovery_ms: u64,
}

impl Settings {
    /// What a node starts with.
    #[must_use]
    pub fn standard() -> Self {
        Self {
            network: "openred".to_owned(),
            versions: vec![3],
            light: false,
            min_peers: 8,
            max_peers: 50,
            outbound: 8,
            known_max: 1024,
            allow_private: false,
            heartbeat_ms: 30_000,
            timeout_ms: 90_000,
            dial_timeout_ms: 20_000,
            dials_max: 8,
            discovery_ms: 60_000,
        }
    }

    /// S3 "high throughput": 100 peers.
    #[must_use]
    pub fn high_throughput() -> Self {
        Self { max_peers: 100, outbound: 12, min_peers: 12, known_max: 2048, ..Self::standard() }
    }

    /// S3 "low resource": 20 peers.
    #[must_use]
    pub fn low_resource() -> Self {
        Self { max_peers: 20, outbound: 4, min_peers: 4, known_max: 256, ..Self::standard() }
    }

    /// S3 "high security": its numbers are those of trust.
    #[must_use]
    pub fn high_security() -> Self {
        Self::standard()
    }

    /// Probation slots: a quarter of all, at least one.
    pub(super) const fn probation(&self) -> usize {
        let quarter = self.max_peers / 4;
        if quarter == 0 { 1 } else { quarter }
    }
}
