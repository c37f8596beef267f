//! `GET /`: what this is, for a person with a browser. Plain text, no HTML.

use std::sync::Arc;

use axum::extract::State;
use http::{HeaderName, header};
use openred_service::identity::Own;

/// The page of a directory.
pub(super) async fn front(State(own): State<Arc<Own>>) -> ([(HeaderName, &'static str); 2], String) {
    let descriptor = own.descriptor();
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    ];
    (headers, text(&descriptor.body().display_name, descriptor.body().api_url.as_deref(), &own))
}

fn text(name: &str, url: Option<&str>, own: &Own) -> String {
    let id = own.node_id();
    let url = url.unwrap_or("URL-OF-THIS-PAGE").trim_end_matches('/');
    format!(
        "{name}\n\n\
         This is a directory of OpenRed. It introduces people's nodes to each other, once, and then they talk\n\
         without it. It keeps what nodes ask it to list (an id, an address, a name if they want to be found) and\n\
         nothing else: no messages, no tokens, no record of who asked for whom.\n\n\
         To use it, give this line to your node (Settings, Directories):\n\n    {url}#{id}\n\n\
         The part after # is this directory's id. Your node refuses another directory at the same address.\n\n\
         For programs: /.well-known/openred, /api/openapi.json, /api/v3/health, /oauth/token, /metrics\n"
    )
}
