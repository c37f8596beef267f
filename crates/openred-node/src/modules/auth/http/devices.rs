//! Endpoints of the devices.

use axum::{
    Json,
    extract::{Path, State},
};
use http::StatusCode;
use openred_keeper::ops::AuditKind;
use openred_service::problem::Problem;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::{guard::Owner, store};
use crate::{api::Api, error::NodeError, modules::audit};

/// A browser or an API client.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeviceView {
    id: String,
    name: String,
    created_at: u64,
    last_seen_at: u64,
    current: bool,
}

/// A list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Devices {
    items: Vec<DeviceView>,
}

/// Browsers and API clients that are logged in.
#[utoipa::path(get, path = "/devices", tag = "session", responses((status = 200, body = Devices)))]
pub async fn devices(State(api): State<Api>, owner: Owner) -> Result<Json<Devices>, Problem> {
    let now = api.deps.clock.now_ms();
    let rows = api.deps.db.read(move |tx| store::list(tx, now)).await?;
    let view = |d: store::Device| DeviceView {
        current: Some(d.id) == owner.device(),
        id: d.id.to_string(),
        name: d.name,
        created_at: d.created_at,
        last_seen_at: d.last_seen_at,
    };
    Ok(Json(Devices { items: rows.into_iter().map(view).collect() }))
}

/// Logs one out.
#[utoipa::path(delete, path = "/devices/{id}", tag = "session", params(("id" = String, Path)), responses((status = 204)))]
pub async fn remove_device(State(api): State<Api>, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    let id: i64 = id.parse().map_err(|_| NodeError::Unknown("this device"))?;
    if !api.deps.write_plain(move |tx| store::remove(tx, id)).await? {
        return Err(NodeError::Unknown("this device").into());
    }
    audit::note(&api.deps, AuditKind::Login, None, "a device was logged out").await;
    Ok(StatusCode::NO_CONTENT)
}
