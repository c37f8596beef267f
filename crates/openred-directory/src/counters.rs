//! What a directory counts, as text for Prometheus. Only sums: no id, no address, no pair.
//!
//! A value per directory, not a global: two directories in one process count apart. Must not know: HTTP.

use openred_service::telemetry::{Counter, Exposition};

/// Everything that is counted since the start.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    /// Registrations taken.
    pub(crate) registered: Counter,
    /// Wishes taken.
    pub(crate) asked: Counter,
    /// Grants made.
    pub(crate) issued: Counter,
    /// Halves given to those who asked: introductions that are complete.
    pub(crate) introduced: Counter,
    /// Pushes answered as they should.
    pub(crate) pushed: Counter,
    /// Pushes that failed.
    pub(crate) push_failed: Counter,
    /// Identity logs refused because they contradict a held one.
    pub(crate) forked: Counter,
    /// Access tokens given.
    pub(crate) tokens: Counter,
    /// Access tokens refused.
    pub(crate) tokens_refused: Counter,
    /// Envelopes that their node took.
    pub(crate) routed: Counter,
    /// Envelopes that it did not take.
    pub(crate) route_failed: Counter,
    /// Calls answered 429.
    pub(crate) slowed: Counter,
    /// Calls refused for their signature, time or repetition.
    pub(crate) unsigned: Counter,
}

/// What stands at this moment.
#[derive(Debug)]
pub(crate) struct Gauges {
    /// Polls waiting.
    pub(crate) polls: usize,
    /// Wishes waiting.
    pub(crate) asked: usize,
    /// Sealed halves waiting.
    pub(crate) halves: usize,
    /// Polls known to wait at other processes of the directory.
    pub(crate) elsewhere: usize,
    /// Whether other processes can be heard.
    pub(crate) connected: bool,
    /// Rows of nodes.
    pub(crate) nodes: u64,
    /// Nodes in memory.
    pub(crate) cached: usize,
    /// Calls remembered against replay.
    pub(crate) remembered: usize,
    /// Seconds since the start.
    pub(crate) uptime_secs: u64,
}

impl Counters {
    /// Text exposition format 0.0.4.
    pub(crate) fn to_text(&self, now: &Gauges) -> String {
        let counters = [
            ("registrations", "Registrations taken", &self.registered),
            ("requests", "Requests for an introduction taken", &self.asked),
            ("grants", "Grants made", &self.issued),
            ("introductions", "Introductions completed", &self.introduced),
            ("pushes", "Grants pushed", &self.pushed),
            ("pushes_failed", "Pushes that failed", &self.push_failed),
            ("forks", "Identity logs refused as forks", &self.forked),
            ("tokens", "Access tokens given", &self.tokens),
            ("tokens_refused", "Access tokens refused", &self.tokens_refused),
            ("routes", "Envelopes forwarded and taken", &self.routed),
            ("routes_failed", "Envelopes forwarded and not taken", &self.route_failed),
            ("slowed", "Calls answered 429", &self.slowed),
            ("unsigned", "Calls refused for signature, time or repetition", &self.unsigned),
        ];
        let gauges = [
            ("polls_waiting", "Polls waiting", now.polls as u64),
            ("requests_waiting", "Requests waiting for both nodes", now.asked as u64),
            ("halves_waiting", "Sealed halves waiting for their node", now.halves as u64),
            ("polls_elsewhere", "Polls known to wait at other processes", now.elsewhere as u64),
            ("redis_connected", "1: other processes of this directory can be heard", now.connected.into()),
            ("nodes", "Nodes registered or remembered", now.nodes),
            ("nodes_in_memory", "Nodes held in memory", now.cached as u64),
            ("calls_remembered", "Signed calls remembered against replay", now.remembered as u64),
            ("uptime_seconds", "Seconds since the start", now.uptime_secs),
        ];
        let mut text = Exposition::new("openred_directory");
        for (name, help, counter) in counters {
            text.counter(name, help, counter);
        }
        for (name, help, value) in gauges {
            text.gauge(name, help, value);
        }
        text.finish()
    }
}
