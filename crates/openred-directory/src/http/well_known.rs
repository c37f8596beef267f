//! `GET /.well-known/openred`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use openred_core::call::WellKnown;
use openred_core::ids::B64;
use openred_service::identity::Own;
use openred_service::problem::Problem;

use super::openapi;
use crate::config::TokenMode;

/// Who answers here.
#[utoipa::path(
    get, path = "/.well-known/openred", tag = "directory",
    responses(
        (status = 200, description = "The directory, its descriptor and how it picks token methods",
         body = openapi::WellKnownBody),
        (status = 429, description = "`slow_down`", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn well_known(
    State(own): State<Arc<Own>>,
    State(mode): State<TokenMode>,
) -> Json<WellKnown> {
    let seed = (mode == TokenMode::Random).then(|| B64(own.token_seed().to_vec()));
    Json(WellKnown { token_mode: Some(mode.nibble()), token_seed: seed, ..own.well_known() })
}
