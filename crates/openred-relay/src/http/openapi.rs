//! The description of the API (OpenAPI 3.1) at `/api/openapi.json`.
//!
//! Must not know: what the calls do.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use http::header;
use openred_core::ids::DepositId;
use serde::Deserialize;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, ContactBuilder, InfoBuilder, OpenApi, OpenApiBuilder};
use utoipa::{IntoParams, ToSchema};

use super::Parts;

/// Name, version and proofs.
pub(super) fn head() -> OpenApi {
    let info = InfoBuilder::new()
        .title("OpenRed relay")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Keeps sealed mail for nodes that are away. Bodies are strict JSON: integers only, no duplicate or unknown \
             names; or binary, where that is said. Ids and all other bytes are base64url without padding, times unix \
             seconds. Every error is a problem (RFC 9457) with a stable `code`. A depositor proves that it holds the \
             capability of a mailbox, an owner signs with the fetch key of the mailbox; neither says who it is.",
        ))
        .contact(Some(ContactBuilder::new().name(Some("OpenRed")).build()))
        .build();
    let header = |name: &str, what: &str| {
        SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description(name, what)))
    };
    let components = ComponentsBuilder::new()
        .security_scheme(
            "owner",
            header(
                "Authorization",
                "`OpenRed b64(time:u64 ‖ nonce[16] ‖ sig)`, sign(`openred/relay`, relay_id ‖ nonce ‖ time ‖ \
                 SHA-256(method ‖ \" \" ‖ path and query ‖ \" \" ‖ SHA-256(body))) by the fetch key",
            ),
        )
        .security_scheme(
            "capability",
            header("Authorization", "`OpenRed-Cap b64(…)`: an HMAC under the capability, as each call says"),
        )
        .security_scheme("service", header("X-API-Key", "A key that the owner of the relay has given out"))
        .build();
    OpenApiBuilder::new().info(info).components(Some(components)).build()
}

/// Serves `description`, serialised once.
pub(super) fn router(description: OpenApi) -> Router<Arc<Parts>> {
    let json = description.to_json().unwrap_or_default();
    let served = move || async move { ([(header::CONTENT_TYPE, "application/json")], json) };
    Router::new().route("/api/openapi.json", get(served))
}

/// Of which mailbox.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct DiscoverParams {
    /// Its address, 22 characters of base64url.
    #[param(value_type = String, pattern = "^[A-Za-z0-9_-]{21}[AQgw]$", example = "AAECAwQFBgcICQoLDA0ODw")]
    pub(super) address: DepositId,
}

/// Which mail.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct FetchParams {
    /// Mail with a higher seq than this; all of it when absent.
    #[param(format = "uint64")]
    pub(super) after: Option<u64>,
    /// At most so many pieces, 1 to 100; 100 when absent. An answer also ends after 4 MiB.
    #[param(minimum = 1, maximum = 100)]
    pub(super) max: Option<u64>,
}

/// It works.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "described, never made: the real body is openred_core::call")]
pub(super) struct Health {
    /// `ok`.
    #[schema(pattern = "^ok$")]
    pub(super) status: String,
    /// Id of the relay, hex.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    pub(super) node_id: String,
    /// Its clock, unix seconds.
    pub(super) time: u64,
    /// Version of the program.
    pub(super) version: String,
}

/// Who answers here (PROTOCOL Annex A.1).
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "described, never made: the real body is openred_core::call")]
pub(super) struct WellKnownBody {
    /// Id of the relay, hex.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    pub(super) node_id: String,
    /// `relay`.
    #[schema(pattern = "^relay$")]
    pub(super) role: String,
    /// Versions of the protocol.
    pub(super) versions: Vec<u64>,
    /// Its signed descriptor, base64url.
    #[schema(pattern = "^[A-Za-z0-9_-]+$")]
    pub(super) descriptor: String,
}
