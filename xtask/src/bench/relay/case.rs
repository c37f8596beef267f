//! One case: whose server, which load, and what it showed. Knows no goal.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A group of cases, as `--only` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Group {
    /// a file behind a socket
    Disk,
    /// our relay with the store that everybody has
    Openred,
    /// axum that checks the same call
    Axum,
    /// Redis Streams
    Redis,
    /// NATS JetStream
    Nats,
    /// Mosquitto
    Mosquitto,
    /// PostgreSQL, and our relay on it
    Postgres,
    /// a million messages in our relay
    Memory,
}

/// One run of the program in `bench/`.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Case {
    pub(crate) group: Group,
    /// The program's name of who is measured.
    pub(crate) row: &'static str,
    /// The same for a person.
    pub(crate) who: &'static str,
    pub(crate) size: u32,
    /// Delivered and acknowledged is what counts; otherwise stored.
    pub(crate) deliver: bool,
    /// Messages a second; none: as many as are answered.
    pub(crate) rate: Option<u64>,
    /// Rows of one statement, where it matters.
    pub(crate) rows: Option<u32>,
    pub(crate) seconds: u32,
}

/// What the program says of a case. Times in milliseconds.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Shown {
    pub(crate) skipped: Option<String>,
    pub(crate) durability: String,
    pub(crate) per_s: f64,
    pub(crate) p50_ms: Option<f64>,
    pub(crate) p99_ms: Option<f64>,
    pub(crate) delivery_p50_ms: Option<f64>,
    pub(crate) delivery_p99_ms: Option<f64>,
    pub(crate) server_cpu_s: f64,
    pub(crate) server_cpu_us_each: f64,
    pub(crate) load_cpu_s: f64,
    pub(crate) load_cpu_us_each: f64,
    pub(crate) between_cpu_us_each: f64,
    pub(crate) resident_mb: f64,
    pub(crate) checked: u64,
    pub(crate) start_ms: Option<f64>,
    pub(crate) held: Option<String>,
}

/// A case with its end.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Run {
    #[serde(flatten)]
    pub(crate) case: Case,
    /// What was shown, or why there is nothing.
    pub(crate) shown: Result<Shown, String>,
}

impl Case {
    /// The program's words.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let measured_ms = (self.seconds * 1_000).to_string();
        let mut words = vec!["relay", "run", "--row", self.row, "--measured-ms", &measured_ms];
        let (size, rate, rows) = (self.size.to_string(), self.rate.map(|r| r.to_string()), self.rows);
        let rows = rows.map(|rows| rows.to_string());
        words.extend(["--size", &size]);
        words.extend(rate.iter().flat_map(|rate| ["--rate", rate]));
        words.extend(rows.iter().flat_map(|rows| ["--rows", rows]));
        words.extend(self.deliver.then_some("--deliver"));
        words.into_iter().map(str::to_owned).collect()
    }

    /// How long it takes at the most, without starting and looking at what is there.
    pub(crate) fn lasts(&self) -> Duration {
        Duration::from_secs(u64::from(self.seconds) + 1)
    }

    /// The load in a few words.
    pub(crate) fn load(&self) -> String {
        let what = if self.deliver { "delivered, acknowledged" } else { "stored" };
        let plural = |rows| if rows == 1 { "row" } else { "rows" };
        let rows = self.rows.map(|rows| format!(", {rows} {} a statement", plural(rows))).unwrap_or_default();
        let rate = self.rate.map(|rate| format!(", {} a second offered", super::page::number(rate as f64)));
        format!("{what}{rows}{}", rate.unwrap_or_default())
    }

    /// Whether the other case asks the same of somebody else.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        (self.size, self.deliver, self.rate) == (other.size, other.deliver, other.rate)
    }
}
