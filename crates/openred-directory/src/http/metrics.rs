//! `GET /metrics`.

use std::sync::Arc;

use axum::extract::State;
use http::{HeaderName, header};
use openred_service::telemetry::EXPOSITION_TYPE;

use crate::counters::{Counters, Gauges};
use crate::gate::Gate;
use crate::grants::Grants;
use crate::nodes::Nodes;

/// Sums for Prometheus: no id, no address, no pair.
#[utoipa::path(
    get, path = "/metrics", tag = "directory",
    responses((status = 200, description = "Text exposition format", body = String, content_type = "text/plain")),
)]
pub(super) async fn metrics(
    State(counters): State<Arc<Counters>>,
    State(grants): State<Arc<Grants>>,
    State(nodes): State<Arc<Nodes>>,
    State(gate): State<Arc<Gate>>,
) -> ([(HeaderName, &'static str); 1], String) {
    let (polls, asked, halves, elsewhere) = grants.sizes();
    let (rows, cached) = nodes.sizes();
    let gauges = Gauges {
        polls,
        asked,
        halves,
        elsewhere,
        connected: gate.hears_others(),
        nodes: rows,
        cached,
        remembered: gate.remembered(),
        uptime_secs: gate.now().uptime_ms / 1_000,
    };
    ([(header::CONTENT_TYPE, EXPOSITION_TYPE)], counters.to_text(&gauges))
}
