//! Sums for Prometheus: counters of the process, and what is measured when somebody looks. No id, no name, no address
//! of anybody. Names are a promise to dashboards: they are listed in `docs/protocol.md` and only added to.

use axum::{
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use metrics::{counter, gauge};
use openred_proto::overlay::peers::PeerState;
use openred_service::{problem::Problem, telemetry::Metrics};

use crate::{
    api::Api,
    delivery::store as delivery,
    error::NodeError,
    modules::auth::{caller::Caller, guard},
};

/// `GET /metrics`: for programs on this machine, and for the owner's API clients from anywhere. What a proxy passes on
/// is not from this machine.
pub(crate) async fn metrics(State(api): State<Api>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let is_forwarded = ["x-forwarded-for", "forwarded"].iter().any(|name| parts.headers.contains_key(*name));
    let is_here = Caller::of(&parts, &api).local && !is_forwarded;
    if !is_here && let Err(problem) = guard::owner(&api, &parts).await {
        return problem.into_response();
    }
    match answer(&api).await {
        Ok(response) => response,
        Err(error) => Problem::from(error).into_response(),
    }
}

async fn answer(api: &Api) -> Result<Response, NodeError> {
    let counters = Metrics::install().map_err(|e| NodeError::Internal(e.to_string()))?;
    gauge!("openred_node_sessions").set(as_f64(api.net.sessions()));
    gauge!("openred_node_database_waiting").set(as_f64(api.deps.db.waiting()));
    let begun = api.deps.clock.monotonic_us();
    if api.deps.keys.keeper().status().await.is_ok() {
        gauge!("openred_node_keeper_seconds").set(seconds_since(api, begun));
    }
    let begun = api.deps.clock.monotonic_us();
    let (waiting, failed) = api.deps.db.read(delivery::counts).await?;
    gauge!("openred_node_database_read_seconds").set(seconds_since(api, begun));
    gauge!("openred_node_outbox_waiting").set(waiting as f64);
    gauge!("openred_node_outbox_failed").set(failed as f64);
    gauge!("openred_node_locked").set(if api.deps.seal.get().is_ok() { 0.0 } else { 1.0 });
    if let Ok((links, held, counters)) = api
        .net
        .overlay
        .read(|machine, now| {
            let active = machine.peers(now).iter().filter(|peer| peer.state == PeerState::Active).count();
            (active, machine.len(), machine.counters().clone())
        })
        .await
    {
        gauge!("openred_node_overlay_links").set(as_f64(links));
        gauge!("openred_node_overlay_messages").set(as_f64(held));
        counter!("openred_node_overlay_received_total").absolute(counters.received);
        counter!("openred_node_overlay_delivered_total").absolute(counters.delivered);
        counter!("openred_node_overlay_published_total").absolute(counters.published);
        counter!("openred_node_overlay_bytes_in_total").absolute(counters.bytes_in);
        counter!("openred_node_overlay_bytes_out_total").absolute(counters.bytes_out);
    }
    let uptime_ms = api.deps.clock.monotonic_ms().saturating_sub(api.place.started_ms);
    gauge!("openred_node_uptime_seconds").set(uptime_ms as f64 / 1_000.0);
    Ok(counters.answer())
}

fn as_f64(count: usize) -> f64 {
    count as f64
}

fn seconds_since(api: &Api, begun_us: u64) -> f64 {
    api.deps.clock.monotonic_us().saturating_sub(begun_us) as f64 / 1e6
}

/// Counts each request by its route, not by its path: paths name people.
pub(crate) async fn count(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let response = next.run(request).await;
    let status = match response.status().as_u16() {
        100..200 => "1xx",
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        _ => "5xx",
    };
    let route = route.unwrap_or_else(|| "app".to_owned());
    counter!("openred_node_http_requests_total", "route" => route, "status" => status).increment(1);
    response
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use axum::{Router, body::Body, extract::ConnectInfo};
    use http::Request;
    use http_body_util::BodyExt as _;
    use openred_service::lifecycle::Clock;
    use tower::ServiceExt as _;

    use crate::{api::Place, desk, router};

    fn node() -> Router {
        let clock = Clock::System;
        let deps = desk::empty(desk::keys(&clock), &clock);
        let names = vec!["ana.example".to_owned()];
        router::with(desk::api(&deps, Place { names, behind_proxy: true, ..desk::place() }))
    }

    async fn get(node: &Router, from: &str, headers: &[(&'static str, &str)]) -> (u16, String) {
        let mut request =
            Request::get("/metrics").extension(ConnectInfo::<SocketAddr>(from.parse().unwrap()));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = node.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let status = answer.status().as_u16();
        (status, String::from_utf8(answer.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap())
    }

    #[tokio::test]
    async fn sums_are_for_this_machine_and_for_the_owner() {
        let node = node();
        let here = ("host", "localhost:7717");
        let (status, first) = get(&node, "127.0.0.1:4000", &[here]).await;
        assert_eq!(status, 200, "{first}");
        for name in [
            "openred_node_sessions 0",
            "openred_node_outbox_waiting 0",
            "openred_node_keeper_seconds ",
            "openred_node_database_waiting 0",
            "openred_node_locked 1",
        ] {
            assert!(first.contains(name), "{name} in {first}");
        }
        let (_, second) = get(&node, "127.0.0.1:4000", &[here]).await;
        assert!(
            second.contains(r#"openred_node_http_requests_total{route="/metrics",status="2xx"}"#),
            "{second}"
        );
        for (from, headers) in [
            ("192.0.2.7:4000", &[("host", "ana.example"), ("x-forwarded-proto", "https")][..]),
            ("127.0.0.1:4000", &[("host", "ana.example")]),
            ("127.0.0.1:4000", &[here, ("x-forwarded-for", "192.0.2.7")]),
        ] {
            let (status, problem) = get(&node, from, headers).await;
            assert_eq!(status, 401, "{headers:?}: {problem}");
            assert!(!problem.contains("openred_node"), "{problem}");
        }
        let (_, third) = get(&node, "127.0.0.1:4000", &[here]).await;
        assert!(third.contains(r#"openred_refusals_total{code="login_required"}"#), "{third}");
        let token = format!("Bearer {}", desk::TOKEN);
        let owner =
            [("host", "ana.example"), ("x-forwarded-proto", "https"), ("authorization", token.as_str())];
        assert_eq!(get(&node, "192.0.2.7:4000", &owner).await.0, 200, "the owner's programs, from anywhere");
    }
}
