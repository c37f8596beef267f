//! One case: who carries what, and what it showed. Knows no goal.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

/// Who carries the messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Who {
    Openred,
    IrohGossip,
    IrohGossipUnsigned,
    Gossipsub,
}

/// What a case is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Part {
    /// 64 messages under way at once, from all nodes
    Load,
    /// 10 messages of every origin under way
    Ten,
    /// 50 messages a second over all nodes: how late is each
    Quiet,
    /// a third of the nodes frozen, killed or mute, quiet and under load
    Lost,
    /// what one node takes with the limits that everybody starts with
    Standard,
    /// the same nodes in one process and in a process each
    Apart,
    /// a neighbour of one node sends a hundred times what an origin may, for a minute
    Flood,
}

/// What a neighbour floods with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Flood {
    Signed,
    Forged,
}

/// How a third of the nodes is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Lost {
    Frozen,
    Killed,
    Mute,
}

/// How messages come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Load {
    InFlight(u32),
    PerSecond(u32),
}

/// One run of the harness.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Case {
    pub(crate) part: Part,
    pub(crate) who: Who,
    pub(crate) nodes: u16,
    pub(crate) load: Load,
    pub(crate) lost: Option<Lost>,
    pub(crate) flood: Option<Flood>,
    /// Each node in a process of its own.
    pub(crate) apart: bool,
    pub(crate) warm_s: u32,
    pub(crate) seconds: u32,
}

/// What the harness says about a case; times in milliseconds unless named otherwise. Not a number: nothing arrived.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Shown {
    #[serde(deserialize_with = "or_nan")]
    pub(crate) deliveries_per_s: f64,
    #[serde(deserialize_with = "or_nan")]
    pub(crate) cpu_us_per_delivery: f64,
    pub(crate) receptions_per_delivery: Option<f64>,
    #[serde(deserialize_with = "or_nan")]
    pub(crate) wire_bytes_per_payload_byte: f64,
    #[serde(deserialize_with = "or_nan")]
    pub(crate) reached_percent: f64,
    #[serde(deserialize_with = "or_nan")]
    pub(crate) p50_ms: f64,
    #[serde(deserialize_with = "or_nan")]
    pub(crate) p99_ms: f64,
    #[serde(deserialize_with = "or_nan")]
    pub(crate) last_ms: f64,
    pub(crate) longest_pause_ms: f64,
    pub(crate) messages: u64,
    pub(crate) twice: u64,
    pub(crate) wrong: u64,
    pub(crate) refused: u64,
    pub(crate) resident_mb: u64,
    /// What the others are the flood's figures of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) flood: Option<Flooded>,
}

/// A case with a flooder, span by span: nobody floods, it sends its quota, it floods, afterwards.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Flooded {
    pub(crate) spans: Vec<Span>,
}

/// How the network went in one of them. Cores and memory are those of the flooded node.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Span {
    pub(crate) name: String,
    pub(crate) seconds: f64,
    #[serde(deserialize_with = "or_nan")]
    pub(crate) p50_ms: f64,
    #[serde(deserialize_with = "or_nan")]
    pub(crate) p99_ms: f64,
    #[serde(deserialize_with = "or_nan")]
    pub(crate) last_ms: f64,
    pub(crate) reached_percent: f64,
    /// Messages that the flooder wanted to send, did send, and of which the node took in.
    pub(crate) wanted: u64,
    pub(crate) sent: u64,
    pub(crate) sent_bytes: u64,
    pub(crate) taken: u64,
    /// Times that the flooder was thrown out.
    pub(crate) ended: u64,
    pub(crate) cores: f64,
    pub(crate) cores_others: f64,
    pub(crate) resident_first_mb: f64,
    pub(crate) resident_max_mb: f64,
    pub(crate) resident_last_mb: f64,
    pub(crate) facts: BTreeMap<String, u64>,
}

/// A case with its end.
#[derive(Debug, Serialize)]
pub(crate) struct Run {
    #[serde(flatten)]
    pub(crate) case: Case,
    /// What was shown, or why there is nothing.
    pub(crate) shown: Result<Shown, String>,
}

/// What could not be reckoned is `null` in JSON.
fn or_nan<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or(f64::NAN))
}

impl Who {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Openred => "OpenRed",
            Self::IrohGossip => "iroh-gossip, signed",
            Self::IrohGossipUnsigned => "iroh-gossip, unsigned",
            Self::Gossipsub => "gossipsub",
        }
    }
}

impl Lost {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Frozen => "frozen",
            Self::Killed => "killed",
            Self::Mute => "mute",
        }
    }
}

impl Flood {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Signed => "signed",
            Self::Forged => "forged",
        }
    }
}

impl Flooded {
    /// In the order of the module's words.
    pub(crate) fn by_name(&self) -> Option<[&Span; 4]> {
        self.spans.iter().collect::<Vec<_>>().try_into().ok()
    }
}

impl Case {
    /// The harness's arguments.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let mut words = vec!["overlay".to_owned()];
        let mut put = |name: &str, value: String| words.extend([format!("--{name}"), value]);
        put(
            "system",
            match self.who {
                Who::Openred => "openred",
                Who::IrohGossip | Who::IrohGossipUnsigned => "iroh-gossip",
                Who::Gossipsub => "gossipsub",
            }
            .to_owned(),
        );
        put("nodes", self.nodes.to_string());
        match self.load {
            Load::InFlight(count) => put("in-flight", count.to_string()),
            Load::PerSecond(count) => put("rate", count.to_string()),
        }
        put("warm-s", self.warm_s.to_string());
        put("seconds", self.seconds.to_string());
        if let Some(lost) = self.lost {
            put("lose", "33".to_owned());
            put("lost", lost.name().to_owned());
        }
        if self.who == Who::IrohGossip {
            words.push("--signed".to_owned());
        }
        if self.apart {
            words.push("--apart".to_owned());
        }
        if let Some(flood) = self.flood {
            words.extend(["--flood".to_owned(), flood.name().to_owned()]);
        }
        if matches!(self.part, Part::Standard | Part::Flood) {
            words.push("--standard-limits".to_owned());
        }
        words
    }

    /// Seconds that are asked for in all.
    pub(crate) fn lasts_s(&self) -> u32 {
        // The quota takes as long as the flood, two quiet spans at most ten seconds each, and each of the four has two more
        // for what is under way.
        self.warm_s + self.seconds + if self.flood.is_some() { self.seconds + 28 } else { 0 }
    }

    /// In a few words, for who waits.
    pub(crate) fn words(&self) -> String {
        let load = match self.load {
            Load::InFlight(count) => format!("{count} under way"),
            Load::PerSecond(count) => format!("{count}/s"),
        };
        let lost = self.lost.map_or(String::new(), |lost| format!(", a third {}", lost.name()));
        let apart = if self.apart { ", a process each" } else { "" };
        let flood = self.flood.map_or(String::new(), |flood| format!(", {} flood", flood.name()));
        format!("{}, {} nodes, {load}{lost}{apart}{flood}", self.who.name(), self.nodes)
    }
}
