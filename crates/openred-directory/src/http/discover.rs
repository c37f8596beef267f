//! `GET /api/v3/nodes/discover`.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use http::Uri;
use openred_core::call::{DISCOVER_LIMIT_MAX, DiscoverAnswer, DiscoverQuery, Listed, ListedStatus};
use openred_service::problem::Problem;

use super::openapi;
use crate::bounds::MAX_SEARCH_BYTES;
use crate::gate::Gate;
use crate::nodes::listing::{self, Cursor, Search};
use crate::nodes::{Nodes, of_query};

const LIMIT: u32 = 20;

/// Find nodes by id, by name, by words, or those seen last.
///
/// Every registered node answers to its id; all else only where it let that be shown.
#[utoipa::path(
    get, path = "/api/v3/nodes/discover", tag = "nodes",
    params(openapi::DiscoverParams),
    responses(
        (status = 200, description = "A page of nodes", body = openapi::Discovered),
        (status = 400, description = "`malformed`", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`slow_down`", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "`busy`", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn discover(
    State(gate): State<Arc<Gate>>,
    State(nodes): State<Arc<Nodes>>,
    uri: Uri,
) -> Result<Json<DiscoverAnswer>, Problem> {
    page(&gate, &nodes, &uri).await.map(Json)
}

/// The page that the query of `uri` asks for.
pub(super) async fn page(gate: &Gate, nodes: &Nodes, uri: &Uri) -> Result<DiscoverAnswer, Problem> {
    let Query(query) = Query::<DiscoverQuery>::try_from_uri(uri)
        .map_err(|error| Problem::malformed().detail(error.body_text()))?;
    let limit = query.limit.unwrap_or(LIMIT);
    if !(1..=DISCOVER_LIMIT_MAX).contains(&limit) {
        return Err(Problem::malformed().detail("limit: 1 to 50"));
    }
    let after = query.after.as_deref().map(|text| {
        Cursor::parse(text)
            .ok_or_else(|| Problem::malformed().detail("after: not from a page of this directory"))
    });
    let after = after.transpose()?;
    let search = search(query)?;
    let at = gate.now();
    let page = nodes.discover(search, after, limit, at.unix_secs, at.mono_ms).await?;
    let found = page.nodes.into_iter().map(|(listed, active)| shown(listed, active));
    Ok(DiscoverAnswer { nodes: found.collect(), next: page.next.map(Cursor::to_text) })
}

fn search(query: DiscoverQuery) -> Result<Search, Problem> {
    match (query.id, query.name, query.q, query.recent) {
        (Some(id), None, None, None) => Ok(Search::Id(id)),
        (None, Some(name), None, None) => text(&name).map(|()| Search::Name(name)),
        (None, None, Some(q), None) => {
            text(&q)?;
            let words = of_query(&q);
            if words.is_empty() {
                return Err(Problem::malformed().detail("q: no word in it"));
            }
            Ok(Search::Text(words))
        }
        (None, None, None, Some(1)) => Ok(Search::Recent),
        _ => Err(Problem::malformed().detail("exactly one of id, name, q, recent=1")),
    }
}

/// NUL is no text for PostgreSQL, and nobody's name.
fn text(text: &str) -> Result<(), Problem> {
    if text.is_empty() || text.len() > MAX_SEARCH_BYTES || text.contains('\0') {
        return Err(Problem::malformed().detail("1 to 256 bytes of text"));
    }
    Ok(())
}

fn shown(listed: listing::Listed, active: bool) -> Listed {
    Listed {
        node_id: listed.node_id,
        username: listed.username,
        display_name: listed.display_name,
        api_url: listed.api_url,
        last_seen: listed.last_seen,
        status: if active { ListedStatus::Active } else { ListedStatus::Away },
        desc_hash: listed.desc_hash,
    }
}
