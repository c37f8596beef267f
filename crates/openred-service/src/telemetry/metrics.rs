//! Counters of the process for Prometheus. Knows the recorder; the names of counters belong to whoever counts.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::header;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use crate::lifecycle::Lifecycle;

const UPKEEP: Duration = Duration::from_secs(5);

/// What the process has counted through the `metrics` macros.
#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

/// Somebody else's recorder is installed in this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the counters of this process are set up already")]
pub struct MetricsError;

impl Metrics {
    /// The recorder of this process: installed at the first call, the same one at each further.
    pub fn install() -> Result<Self, MetricsError> {
        static INSTALLED: Mutex<Option<Metrics>> = Mutex::new(None);
        let mut installed = INSTALLED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(metrics) = &*installed {
            return Ok(metrics.clone());
        }
        let recorder = PrometheusBuilder::new().build_recorder();
        let made = Self(recorder.handle());
        ::metrics::set_global_recorder(recorder).map_err(|_| MetricsError)?;
        *installed = Some(made.clone());
        Ok(made)
    }

    /// Keeps histograms small, until the stop.
    pub fn keep_up(&self, lifecycle: &Lifecycle) {
        let (handle, stopped) = (self.0.clone(), lifecycle.soft().clone());
        lifecycle.spawn("metrics", async move {
            while stopped.run_until_cancelled(tokio::time::sleep(UPKEEP)).await.is_some() {
                handle.run_upkeep();
            }
        });
    }

    /// The text of `/metrics`.
    pub fn render(&self) -> String {
        self.0.render()
    }

    /// The answer of `/metrics`: `get(move || async move { metrics.answer() })`.
    pub fn answer(&self) -> Response {
        ([(header::CONTENT_TYPE, super::EXPOSITION_TYPE)], self.render()).into_response()
    }
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Metrics")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_is_shown() {
        let metrics = Metrics::install().unwrap();
        ::metrics::counter!("openred_test_letters_total").increment(3);
        assert!(metrics.render().contains("openred_test_letters_total 3"));
        assert!(Metrics::install().is_ok(), "a second daemon in the process shares the recorder");
    }
}
