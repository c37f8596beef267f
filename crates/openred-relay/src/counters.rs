//! What a relay counts, as text for Prometheus. Only sums: no id, no address, no queue.
//!
//! A value per relay, not a global: two relays in one process count apart. Must not know: HTTP.

use openred_service::telemetry::{Counter, Exposition};

use crate::quic::QuicCounts;
use crate::store::Counts;

/// Everything that is counted since the start.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    /// Mailboxes made.
    pub(crate) registered: Counter,
    /// Deposits that are on disk, those that came again included.
    pub(crate) deposited: Counter,
    /// Deposits refused.
    pub(crate) refused: Counter,
    /// Pieces of mail given to owners.
    pub(crate) fetched: Counter,
    /// Acknowledgements.
    pub(crate) acknowledged: Counter,
    /// Calls answered 429.
    pub(crate) slowed: Counter,
    /// Calls refused for their signature, MAC, time or repetition.
    pub(crate) unsigned: Counter,
}

/// What stands at this moment.
#[derive(Debug)]
pub(crate) struct Gauges {
    /// What the store holds.
    pub(crate) held: Counts,
    /// Streams open.
    pub(crate) streams: usize,
    /// Fetches that wait for mail.
    pub(crate) waiting: usize,
    /// QUIC, where it is carried.
    pub(crate) quic: Option<QuicCounts>,
    /// Seconds since the start.
    pub(crate) uptime_secs: u64,
    /// Mail lies in a database that other processes may share.
    pub(crate) shared_store: bool,
    /// How long the oldest deposit waited for the disk since the last time, seconds.
    pub(crate) oldest_wait_secs: f64,
}

impl Counters {
    /// Text exposition format 0.0.4.
    pub(crate) fn to_text(&self, now: &Gauges) -> String {
        let mut text = Exposition::new("openred_relay");
        for (name, help, counter) in [
            ("registrations", "Mailboxes made", &self.registered),
            ("deposits", "Deposits stored", &self.deposited),
            ("deposits_refused", "Deposits refused", &self.refused),
            ("fetched", "Pieces of mail given to owners", &self.fetched),
            ("acknowledgements", "Acknowledgements", &self.acknowledged),
            ("slowed", "Calls answered 429", &self.slowed),
            ("unsigned", "Calls refused for signature, MAC, time or repetition", &self.unsigned),
        ] {
            text.counter(name, help, counter);
        }
        for (name, help, value) in [
            ("mailboxes", "Mailboxes", now.held.queues),
            ("mail", "Pieces of mail that wait", now.held.mail),
            ("mail_bytes", "Bytes of mail that wait", now.held.mail_bytes),
            ("streams", "Streams open", now.streams as u64),
            ("fetches_waiting", "Fetches that wait for mail", now.waiting as u64),
            ("uptime_seconds", "Seconds since the start", now.uptime_secs),
            (
                "shared_store",
                "1: mail lies in a database, 0: in files of this process",
                now.shared_store.into(),
            ),
        ] {
            text.gauge(name, help, value);
        }
        let help = "Longest wait of a deposit for the disk since this was last asked, those that still wait included";
        text.gauge_fraction("oldest_wait_seconds", help, now.oldest_wait_secs);
        if let Some(quic) = &now.quic {
            quic.write(&mut text);
        }
        text.finish()
    }
}

impl QuicCounts {
    fn write(&self, text: &mut Exposition) {
        text.gauge("quic_clients", "Clients of the QUIC relay", self.clients);
        for (name, help, value) in [
            ("quic_refused", "Clients of the QUIC relay refused", self.refused),
            ("quic_received_bytes", "Bytes of QUIC taken from clients", self.bytes_received),
            ("quic_sent_bytes", "Bytes of QUIC given to clients", self.bytes_sent),
        ] {
            text.counter_of(name, help, value);
        }
    }
}
