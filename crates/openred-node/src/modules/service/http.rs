//! Endpoints of *Keep OpenRed running*.

use std::path::Path;

use axum::{Json, extract::State};
use openred_service::problem::Problem;

use super::{Service, ServiceError};
use crate::api::Api;

/// Whether the node starts with the machine.
#[utoipa::path(get, path = "/service", tag = "node", responses((status = 200, body = Service)))]
pub async fn service() -> Json<Service> {
    Json(super::status().await)
}

/// Lets the node start with the machine.
#[utoipa::path(post, path = "/service", tag = "node", responses((status = 200, body = Service)))]
pub async fn install(State(api): State<Api>) -> Result<Json<Service>, Problem> {
    let folder = api.place.folder.as_deref().unwrap_or(Path::new("."));
    let exe = std::env::current_exe().map_err(|e| Problem::internal().cause(e))?;
    let folder = std::path::absolute(folder).map_err(|e| Problem::internal().cause(e))?;
    super::install(&exe, &folder).await.map(Json).map_err(problem)
}

/// Lets it not.
#[utoipa::path(delete, path = "/service", tag = "node", responses((status = 200, body = Service)))]
pub async fn remove() -> Result<Json<Service>, Problem> {
    super::remove().await.map(Json).map_err(problem)
}

fn problem(error: ServiceError) -> Problem {
    match &error {
        ServiceError::Unsupported(_) => Problem::conflict().detail(error.to_string()),
        ServiceError::File { .. } | ServiceError::Refused { .. } => {
            Problem::refused().detail(error.to_string())
        }
    }
}
