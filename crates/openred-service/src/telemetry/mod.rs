//! What a daemon says about itself: a log without addresses and ids above DEBUG, and counters for Prometheus.
//! Knows formats; must not know what is counted.

mod counter;
mod format;
mod metrics;
mod rfc3339;

use std::sync::OnceLock;

use tracing_subscriber::EnvFilter;

pub use counter::{Counter, EXPOSITION_TYPE, Exposition};
pub use format::PRIVATE_FIELDS;
pub use metrics::{Metrics, MetricsError};

/// What the log says when nobody wishes otherwise. QUIC warns of each path that ends with an address of this machine: that is no
/// news for its owner.
pub const DEFAULT_FILTER: &str = "info,noq_proto=error";

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
    let log = tracing_subscriber::fmt().with_env_filter(parsed(filter)?).with_writer(std::io::stderr);
    let log = log.event_format(format::Line(format)).with_filter_reloading();
    let handle = log.reload_handle();
    log.try_init().map_err(|_| TelemetryError::Twice)?;
    let set = move |filter| handle.reload(filter).is_ok();
    SET_FILTER.set(Box::new(set)).map_err(|_| TelemetryError::Twice)
}

/// Lets the log of this process say more or less from now on. Without a log nothing happens.
///
/// # Errors
/// [`TelemetryError::Filter`]; the old one stays.
pub fn set_log_filter(filter: &str) -> Result<(), TelemetryError> {
    let parsed = parsed(filter)?;
    if SET_FILTER.get().is_none_or(|set| set(parsed)) {
        return Ok(());
    }
    Err(TelemetryError::Filter(filter.to_owned()))
}

fn parsed(filter: &str) -> Result<EnvFilter, TelemetryError> {
    EnvFilter::try_new(format!("{LIBRARIES},{filter}")).map_err(|_| TelemetryError::Filter(filter.to_owned()))
}

/// The log is the one thing of which a process has only one.
static SET_FILTER: OnceLock<SetFilter> = OnceLock::new();

type SetFilter = Box<dyn Fn(EnvFilter) -> bool + Send + Sync>;

/// Their lines speak of addresses and belong to nobody's operation of a node.
const LIBRARIES: &str = "hyper=warn,hyper_util=warn,h2=warn,reqwest=warn,rustls=warn,tokio_postgres=warn,\
                         postgres=warn,iroh=warn,quinn=warn,netwatch=warn,portmapper=warn,hickory_proto=warn,\
                         hickory_resolver=warn,openmls=warn";
