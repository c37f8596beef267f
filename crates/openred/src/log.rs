//! The log of the two daemons: form and filter from flags and environment.

use clap::{Args, ValueEnum};
use openred_service::telemetry::{DEFAULT_FILTER, LogFormat, start_log};

use crate::failure::Failure;

/// How the log looks and how much it says.
#[derive(Args, Debug)]
pub(crate) struct LogArgs {
    /// Form of the log on standard error: text, json
    #[arg(long, value_enum, default_value_t, hide_possible_values = true, env = "OPENRED_LOG_FORMAT")]
    #[arg(value_name = "FORM", help_heading = "Log")]
    pub(crate) log: Form,
    /// How much the log says, for example `debug` or `warn,openred_node=debug` [default: info,noq_proto=error]
    #[arg(long, value_name = "FILTER", env = "OPENRED_LOG", help_heading = "Log")]
    pub(crate) log_filter: Option<String>,
}

/// The two forms.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum Form {
    /// A line for people
    #[default]
    Text,
    /// One JSON object a line
    Json,
}

impl LogArgs {
    /// Starts the log of this process; `configured` is what the configuration wishes.
    pub(crate) fn start(&self, configured: Option<&str>) -> Result<(), Failure> {
        let format = match self.log {
            Form::Text => LogFormat::Text,
            Form::Json => LogFormat::Json,
        };
        let filter = self.log_filter.as_deref().or(configured).unwrap_or(DEFAULT_FILTER);
        start_log(format, filter).map_err(Failure::usage)
    }
}
