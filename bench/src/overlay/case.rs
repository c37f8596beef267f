//! What is run. Must not know: any system.

use clap::{Parser, ValueEnum};

/// Who is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum System {
    /// OpenRed's overlay over QUIC, bundles signed and checked.
    Openred,
    /// iroh-gossip over iroh, messages signed and checked by the application with `--signed`.
    IrohGossip,
    /// libp2p gossipsub over TCP, Noise and Yamux, signed (strict).
    Gossipsub,
}

/// How a part of the nodes is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lost {
    /// They hold their connections and do nothing at all, as a process that was stopped.
    Frozen,
    /// They are gone without a word.
    Killed,
    /// They take everything in and answer, and pass no payload on.
    Mute,
}

/// What a neighbour floods with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Flood {
    /// Messages that are signed well, each by itself: the dearest to check.
    Signed,
    /// The same with signatures that do not hold.
    Forged,
}

/// One case of the comparison of overlays.
#[derive(Clone, Debug, Parser)]
pub struct Case {
    /// Who is measured
    #[arg(long, value_enum)]
    pub system: System,
    /// Nodes in this process (at most 128)
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u16).range(2..=128))]
    pub nodes: u16,
    /// Messages under way at once, over all nodes
    #[arg(long, default_value_t = 64)]
    pub in_flight: usize,
    /// Messages per second over all nodes instead, whether the earlier ones arrived or not
    #[arg(long)]
    pub rate: Option<u32>,
    /// Bytes of a message
    #[arg(long, default_value_t = 1024)]
    pub payload: usize,
    /// Seconds before measuring
    #[arg(long, default_value_t = 4)]
    pub warm_s: u64,
    /// Seconds of measuring
    #[arg(long, default_value_t = 8)]
    pub seconds: u64,
    /// iroh-gossip: the application signs and checks each message
    #[arg(long)]
    pub signed: bool,
    /// OpenRed: all counters of every node, on stderr
    #[arg(long)]
    pub counters: bool,
    /// OpenRed: the limits that everybody starts with, instead of those that let the harness through
    #[arg(long)]
    pub standard_limits: bool,
    /// Nodes in a hundred that are lost when measuring begins
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u16).range(0..=90))]
    pub lose: u16,
    /// How they are lost
    #[arg(long, value_enum, default_value_t = Lost::Frozen)]
    pub lost: Lost,
    /// OpenRed: each node in a process of its own; needs `--rate`
    #[arg(long, requires = "rate")]
    pub apart: bool,
    /// OpenRed, with `--apart`: one more process is a neighbour of node 0 and sends it a hundred times what one origin may
    #[arg(long, value_enum, requires = "rate")]
    pub flood: Option<Flood>,
    /// What `--apart` starts: the number of this process's node
    #[arg(long, hide = true)]
    pub member: Option<u16>,
    /// Threads of the runtime
    #[arg(long, default_value_t = 2)]
    pub workers: usize,
}

impl Case {
    /// Nodes that will be lost: the last ones.
    pub fn losing(&self) -> usize {
        usize::from(self.nodes) * usize::from(self.lose) / 100
    }

    /// Whether node `i` will be lost.
    pub fn is_lost(&self, i: usize) -> bool {
        i >= usize::from(self.nodes) - self.losing()
    }

    /// What this process does where a case has a flooder: it is no node, and has the number after the last one.
    pub fn floods(&self) -> Option<Flood> {
        self.flood.filter(|_| self.member == Some(self.nodes))
    }

    /// Whom node `i` knows at first: five others, the same for every system.
    pub fn knows(&self, i: usize) -> Vec<usize> {
        let n = usize::from(self.nodes);
        let steps = [1, 2, 5, 11, 23];
        let mut known: Vec<usize> = steps.iter().map(|step| (i + step) % n).filter(|&j| j != i).collect();
        known.sort_unstable();
        known.dedup();
        known
    }
}
