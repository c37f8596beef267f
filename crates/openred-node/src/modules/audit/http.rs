//! Endpoint of the audit log.

#![expect(unused_qualifications, reason = "the macro of utoipa repeats the type of a query")]

use axum::{
    Json,
    extract::{Query, State},
};
use openred_keeper::ops::{AuditEntry, AuditKind};
use openred_service::problem::Problem;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{api::Api, error::NodeError};

/// Where to go on.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct After {
    /// `next` of the page before.
    after: Option<u64>,
}

/// An entry.
#[derive(Debug, Serialize, ToSchema)]
pub struct EntryView {
    at: u64,
    kind: &'static str,
    /// Keyed hash of the other node, equal for equal nodes; empty when nobody else took part.
    subject: String,
    detail: String,
}

/// A page, the newest first, and what the check of the whole log found.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditView {
    items: Vec<EntryView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    ok: bool,
    problems: Vec<String>,
}

/// The audit log, opened and checked by the keeper.
#[utoipa::path(get, path = "/audit", tag = "node", params(After), responses((status = 200, body = AuditView)))]
pub async fn audit(State(api): State<Api>, Query(query): Query<After>) -> Result<Json<AuditView>, Problem> {
    api.deps.seal.get().map_err(NodeError::from)?;
    let page = super::read(&api.deps, query.after).await?;
    Ok(Json(AuditView {
        items: page.items.into_iter().map(view).collect(),
        next: page.next.map(|n| n.to_string()),
        ok: page.problems.is_empty(),
        problems: page.problems,
    }))
}

fn view(entry: AuditEntry) -> EntryView {
    let kind = match entry.kind {
        AuditKind::Identity => "identity",
        AuditKind::Grant => "grant",
        AuditKind::Token => "token",
        AuditKind::Login => "login",
        AuditKind::Unlock => "unlock",
        AuditKind::Session => "session",
    };
    let subject = entry.peer.map(hex::encode).unwrap_or_default();
    EntryView { at: entry.at_ms, kind, subject, detail: entry.text }
}
