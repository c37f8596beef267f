//! What a daemon says about itself: a log without addresses and ids above DEBUG, and counters for Prometheus.
//! Knows formats; must not know what is counted.

mod counter;
mod format;
mod metrics;
mod rfc3339;

use tracing_subscriber::EnvFilter;

pub use counter::{Counter, EXPOSITION_TYPE, Exposition};
pub use format::PRIVATE_FIELDS;
pub use metrics::{Metrics, MetricsError};

/// Form of the log on standard error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// A line for people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Why the log cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter is no list of `target=level`.
    #[error("the log filter {0:?} cannot be read")]
    Filter(String),
    /// Somebody set up a log in this process before.
    #[error("the log is set up already")]
    Twice,
}

/// Starts the log of this process on standard error. `filter` is a list like `info,openred_node=debug`; libraries
/// below us are quieter than we are unless the filter names them.
pub fn start_log(format: LogFormat, filter: &str) -> Result<(), TelemetryError> {
    let filter = EnvFilter::try_new(format!("{LIBRARIES},{filter}"))
        .map_err(|_| TelemetryError::Filter(filter.to_owned()))?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    log.event_format(format::Line(format)).try_init().map_err(|_| TelemetryError::Twice)
}

/// Their lines speak of addresses and belong to nobody's operation of a node.
const LIBRARIES: &str = "hyper=warn,hyper_util=warn,h2=warn,reqwest=warn,rustls=warn,tokio_postgres=warn,\
                         postgres=warn,iroh=warn,quinn=warn,netwatch=warn,portmapper=warn,hickory_proto=warn,\
                         hickory_resolver=warn,openmls=warn";
