//! What an owner may choose about the overlay.

use openred_core::ids::NodeId;
use openred_proto::overlay::{
    Config, Metric,
    trust::{Bounded, FriendsFirst},
};
use serde::Deserialize;

/// The table `[overlay]` of a node's configuration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OverlayConfig {
    /// `default`, `high_throughput`, `low_resource` or `high_security`.
    pub preset: Preset,
    /// How trust is reckoned: `bounded` (PROTOCOL §7) or `friends_first` (flow from one's own contacts).
    pub metric: MetricName,
    /// No overlay: public posts reach only those to whom there is a session.
    pub off: bool,
    /// Nodes to begin with; set from `[network] bootstrap`.
    #[serde(skip)]
    pub bootstrap: Vec<Beginning>,
    /// Private addresses of others are admitted; set from `[network] allow_private`.
    #[serde(skip)]
    pub allow_private: bool,
}

impl Default for OverlayConfig {
    fn default() -> Self {
        Self {
            preset: Preset::Default,
            metric: MetricName::Bounded,
            off: false,
            bootstrap: Vec::new(),
            allow_private: false,
        }
    }
}

/// A node through which the overlay is entered, as `URL#node_id`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beginning {
    /// Where its HTTPS API answers.
    pub url: String,
    /// Who must answer there.
    pub node_id: NodeId,
}

impl<'de> Deserialize<'de> for Beginning {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let parts = text.rsplit_once('#').and_then(|(url, id)| Some((url, id.parse().ok()?)));
        let said = "expected the address of a node with its id, as `https://chloe.example#8f43…`";
        let (url, node_id) = parts.ok_or_else(|| serde::de::Error::custom(said))?;
        Ok(Self { url: url.to_owned(), node_id })
    }
}

/// A set of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// What suits most.
    Default,
    /// S3: fanout 5, 0.5 s, 100 peers.
    HighThroughput,
    /// S3: fanout 2, 2 s, 20 peers, 1,000 messages held.
    LowResource,
    /// S3: trust begins at 0.3, full slots from 0.5, decay 0.02 a day.
    HighSecurity,
}

impl Preset {
    /// As in the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::HighThroughput => "high_throughput",
            Self::LowResource => "low_resource",
            Self::HighSecurity => "high_security",
        }
    }

    fn numbers(self) -> Config {
        match self {
            Self::Default => Config::standard(),
            Self::HighThroughput => Config::high_throughput(),
            Self::LowResource => Config::low_resource(),
            Self::HighSecurity => Config::high_security(),
        }
    }
}

/// A way to reckon trust.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MetricName {
    /// PROTOCOL §7.
    Bounded,
    /// Flow from one's own contacts.
    FriendsFirst,
}

impl MetricName {
    /// As in the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bounded => "bounded",
            Self::FriendsFirst => "friends_first",
        }
    }

    pub(super) fn metric(self) -> Box<dyn Metric + Send> {
        match self {
            Self::Bounded => Box::new(Bounded),
            Self::FriendsFirst => Box::new(FriendsFirst::default()),
        }
    }
}

impl OverlayConfig {
    pub(super) fn numbers(&self) -> Config {
        let mut config = self.preset.numbers();
        config.peers.allow_private = self.allow_private;
        config
    }
}
