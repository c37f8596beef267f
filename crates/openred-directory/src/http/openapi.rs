//! The description of the API (OpenAPI 3.1) at `/api/openapi.json`.
//!
//! The bodies themselves are `openred_core::call`, which knows no OpenAPI; here they are described member by
//! member, and a test holds the descriptions against the real ones. Must not know: what the calls do.
#![expect(dead_code, reason = "described, never made: the real bodies are openred_core::call")]

use axum::Router;
use axum::routing::get;
use http::header;
use utoipa::openapi::security::{ClientCredentials, Flow, OAuth2, Scopes, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, ContactBuilder, InfoBuilder, OpenApi, OpenApiBuilder};
use utoipa::{IntoParams, ToSchema};

use super::Parts;

/// Name, version and licence.
pub(super) fn head() -> OpenApi {
    let info = InfoBuilder::new()
        .title("OpenRed directory")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Introduces nodes. Bodies are strict JSON: integers only, no duplicate or unknown names. 32-byte ids and \
             hashes are lowercase hex, all other bytes base64url without padding, times unix seconds. Every error \
             is a problem (RFC 9457) with a stable `code`; only `/oauth/token` also refuses in the form of OAuth. Calls \
             of the third version are signed one by one. Those of the first need an access token, which a node gets for \
             a JWT signed by its own key: a node id follows from a key, nobody assigns it, and no call registers one \
             without its key.",
        ))
        .contact(Some(ContactBuilder::new().name(Some("OpenRed")).build()))
        .build();
    let scopes = [
        ("register", "Register, renew or remove the own node"),
        ("read", "Find nodes and ask for their status"),
        ("route", "Have envelopes handed to other nodes"),
    ];
    let flow = ClientCredentials::new("/oauth/token", Scopes::from_iter(scopes));
    let node = SecurityScheme::OAuth2(OAuth2::new([Flow::ClientCredentials(flow)]));
    let components = ComponentsBuilder::new().security_scheme("node", node).build();
    OpenApiBuilder::new().info(info).components(Some(components)).build()
}

/// Serves `description`, serialised once.
pub(super) fn router(description: OpenApi) -> Router<Parts> {
    let json = description.to_json().unwrap_or_default();
    let served = move || async move { ([(header::CONTENT_TYPE, "application/json")], json) };
    Router::new().route("/api/openapi.json", get(served))
}

/// A node registers, renews or removes itself.
#[derive(Debug, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RegisterBody {
    /// Signed descriptor, base64url, at most 16 KiB of bytes.
    #[schema(max_length = 21846, pattern = "^[A-Za-z0-9_-]+$", example = "ksUBwdwAFAHEIA")]
    pub(super) descriptor: String,
    /// Sum of 1 found by name, 2 found by words, 4 listed when recently seen, 8 grants pushed to `api_url`,
    /// 128 remove.
    #[schema(example = 3)]
    pub(super) flags: u8,
    /// Unix seconds.
    #[schema(example = 1795219200)]
    pub(super) time: u64,
    /// sign(`openred/register`, dir_id ‖ desc_hash ‖ flags ‖ time), base64url.
    #[schema(
        pattern = "^[A-Za-z0-9_-]{85}[AQgw]$",
        example = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    )]
    pub(super) sig: String,
}

/// The registration as it now stands.
#[derive(Debug, ToSchema)]
pub(super) struct Registered {
    /// Id of the node, hex.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    pub(super) node_id: String,
    /// SHA-256 of the inner bytes of the descriptor, hex.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    pub(super) desc_hash: String,
    /// End of the registration, unix seconds.
    pub(super) expires: u64,
}

/// A asks to be introduced to B.
#[derive(Debug, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RequestBody {
    /// B, hex.
    #[schema(
        pattern = "^[0-9a-f]{64}$",
        example = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
    )]
    pub(super) target: String,
    /// A, hex.
    #[schema(
        pattern = "^[0-9a-f]{64}$",
        example = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
    )]
    pub(super) from: String,
    /// Drawn by A: 16 bytes, base64url.
    #[schema(pattern = "^[A-Za-z0-9_-]{21}[AQgw]$", example = "AAECAwQFBgcICQoLDA0ODw")]
    pub(super) grant_id: String,
    /// Unix seconds.
    #[schema(example = 1795219200)]
    pub(super) time: u64,
    /// sign(`openred/request`, dir_id ‖ target ‖ grant_id ‖ time), base64url.
    #[schema(
        pattern = "^[A-Za-z0-9_-]{85}[AQgw]$",
        example = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    )]
    pub(super) sig: String,
}

/// The wish was taken; it says nothing about B.
#[derive(Debug, ToSchema)]
pub(super) struct Requested {
    /// As in the call.
    #[schema(pattern = "^[A-Za-z0-9_-]{21}[AQgw]$")]
    pub(super) grant_id: String,
}

/// A node waits for grants.
#[derive(Debug, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PollBody {
    /// The node, hex.
    #[schema(
        pattern = "^[0-9a-f]{64}$",
        example = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
    )]
    pub(super) from: String,
    /// Seconds to wait, at most 25.
    #[schema(maximum = 25, example = 25)]
    pub(super) wait: u8,
    /// 16 random bytes, base64url, never used before.
    #[schema(pattern = "^[A-Za-z0-9_-]{21}[AQgw]$", example = "AAECAwQFBgcICQoLDA0ODw")]
    pub(super) nonce: String,
    /// Unix seconds.
    #[schema(example = 1795219200)]
    pub(super) time: u64,
    /// sign(`openred/poll`, dir_id ‖ from ‖ nonce ‖ time ‖ wait), base64url.
    #[schema(
        pattern = "^[A-Za-z0-9_-]{85}[AQgw]$",
        example = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    )]
    pub(super) sig: String,
}

/// Grants for the node, sealed to its grant key.
#[derive(Debug, ToSchema)]
pub(super) struct Grants {
    /// At most 16 boxes, base64url.
    pub(super) grants: Vec<String>,
}

/// One page of nodes.
#[derive(Debug, ToSchema)]
pub(super) struct Discovered {
    /// At most `limit` nodes.
    pub(super) nodes: Vec<DiscoveredNode>,
    /// Where the next page begins, if there is one: give it back as `after`.
    pub(super) next: Option<String>,
}

/// A node as others may see it.
#[derive(Debug, ToSchema)]
pub(super) struct DiscoveredNode {
    /// Id of the node, hex.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    pub(super) node_id: String,
    /// User name, where the node lets it be shown. Not confirmed by anybody.
    pub(super) username: Option<String>,
    /// Display name, where the node lets it be shown.
    pub(super) display_name: Option<String>,
    /// API URL; a node without one is reached by an introduction only.
    pub(super) api_url: Option<String>,
    /// Unix seconds, to the hour.
    pub(super) last_seen: u64,
    /// Whether it called in the last five minutes.
    pub(super) status: Status,
    /// SHA-256 of the inner bytes of its descriptor, hex.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    pub(super) desc_hash: String,
}

/// Whether a node called lately.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "lowercase")]
pub(super) enum Status {
    /// In the last five minutes.
    Active,
    /// Not.
    Away,
}

/// What to look for: exactly one of `id`, `name`, `q`, `recent`.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct DiscoverParams {
    /// A node id, hex.
    #[param(pattern = "^[0-9a-f]{64}$")]
    pub(super) id: Option<String>,
    /// An exact user name.
    #[param(min_length = 1, max_length = 256)]
    pub(super) name: Option<String>,
    /// Beginnings of words of names.
    #[param(min_length = 1, max_length = 256, example = "ana")]
    pub(super) q: Option<String>,
    /// `1`: nodes that let it be shown when they were last seen, newest first.
    #[param(minimum = 1, maximum = 1)]
    pub(super) recent: Option<u8>,
    /// Nodes per page, 1 to 50; 20 if absent.
    #[param(minimum = 1, maximum = 50)]
    pub(super) limit: Option<u32>,
    /// `next` of the page before.
    pub(super) after: Option<String>,
}

/// That the directory works.
#[derive(Debug, ToSchema)]
pub(super) struct Health {
    /// `ok`.
    #[schema(pattern = "^ok$")]
    pub(super) status: String,
    /// Id of the directory, hex.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    pub(super) node_id: String,
    /// Its clock, unix seconds.
    pub(super) time: u64,
    /// Version of the program.
    pub(super) version: String,
}

/// Who answers here (PROTOCOL Annex A.1).
#[derive(Debug, ToSchema)]
pub(super) struct WellKnownBody {
    /// Id of the directory, hex.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    pub(super) node_id: String,
    /// `directory`.
    #[schema(pattern = "^directory$")]
    pub(super) role: String,
    /// Versions of the protocol.
    pub(super) versions: Vec<u64>,
    /// Its signed descriptor, base64url.
    #[schema(pattern = "^[A-Za-z0-9_-]+$")]
    pub(super) descriptor: String,
    /// How it picks the method of a token: 0 by hour and day, 1 by weekday, 2 at random from the seed.
    #[schema(maximum = 2)]
    pub(super) token_mode: Option<u8>,
    /// With mode 2: 32 bytes, base64url.
    #[schema(pattern = "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$")]
    pub(super) token_seed: Option<String>,
}

/// How a node stands, signed by the directory.
#[derive(Debug, ToSchema)]
pub(super) struct SignedStatus {
    /// Id of the directory, hex.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    pub(super) dir_id: String,
    /// Id of the node, hex.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    pub(super) node_id: String,
    /// API URL of its descriptor.
    pub(super) api_url: Option<String>,
    /// Unix seconds, to the hour.
    pub(super) last_seen: u64,
    /// Whether it called in the last five minutes.
    pub(super) status: Status,
    /// Which keys it has, and until when.
    pub(super) certificate: CertificateBody,
    /// When this was said, unix seconds.
    pub(super) time: u64,
    /// sign(`openred/status`, canonical JSON of the others), base64url.
    #[schema(pattern = "^[A-Za-z0-9_-]{85}[AQgw]$")]
    pub(super) sig: String,
}

/// The head of a node's identity log and its descriptor.
#[derive(Debug, ToSchema)]
pub(super) struct CertificateBody {
    /// Whether anything speaks against it.
    pub(super) state: CertificateState,
    /// Place of the newest log entry: 0 and one more for each rotation.
    pub(super) log_seq: u32,
    /// SHA-256 of that entry, hex.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    pub(super) log_head: String,
    /// SHA-256 of the inner bytes of the descriptor, hex.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    pub(super) desc_hash: String,
    /// When the descriptor was made, unix seconds.
    pub(super) issued: u64,
    /// When it ends, unix seconds.
    pub(super) expires: u64,
}

/// What speaks against a certificate.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "lowercase")]
pub(super) enum CertificateState {
    /// Nothing.
    Valid,
    /// A second valid entry for one place of its log was presented; the first one seen holds.
    Contested,
}

/// A signed message between nodes: ORF 1.0.
#[derive(Debug, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OrfEnvelope {
    /// `1.0`.
    #[schema(pattern = "^1\\.0$", example = "1.0")]
    pub(super) version: String,
    /// What it is: `direct_message`, `post_share`, …
    #[schema(example = "heartbeat")]
    pub(super) r#type: String,
    /// Who signs it: the caller.
    pub(super) from: OrfParty,
    /// Whom it is for: a registered node.
    pub(super) to: OrfParty,
    /// RFC 3339, UTC.
    #[schema(example = "2026-11-21T10:30:00Z")]
    pub(super) timestamp: String,
    /// What the type asks for.
    #[schema(value_type = Object)]
    pub(super) payload: String,
    /// sign(`openred/orf/1`, canonical JSON of the others), base64url.
    #[schema(
        pattern = "^[A-Za-z0-9_-]{85}[AQgw]$",
        example = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    )]
    pub(super) signature: String,
}

/// One end of an envelope.
#[derive(Debug, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OrfParty {
    /// The node, hex.
    #[schema(
        pattern = "^[0-9a-f]{64}$",
        example = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
    )]
    pub(super) node_id: String,
    /// Its URL, or empty.
    #[schema(example = "")]
    pub(super) server_url: String,
    /// Its user name.
    #[schema(pattern = "^[a-z0-9_]{1,32}$", example = "ana")]
    pub(super) username: String,
}
