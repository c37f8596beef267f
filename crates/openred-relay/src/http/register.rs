//! `POST /api/v1/peer/register`.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Extension, State};
use http::{HeaderMap, Method, StatusCode, Uri};
use openred_core::ids::{DepositId, Hash, QueueId, b64_decode};
use openred_core::payload::Secret32;
use openred_core::sign::PublicKey;
use openred_service::problem::Problem;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Parts, body, caller};
use crate::bounds::HERE_SECS;
use crate::gate::Source;
use crate::mailbox::{Queue, whole_hour};

/// Who wants a mailbox, or has one and is here.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RegisterBody {
    /// Empty for a new mailbox, else its address.
    #[schema(pattern = "^([A-Za-z0-9_-]{21}[AQgw])?$", example = "")]
    address: String,
    /// The fetch key: an Ed25519 public key made for this mailbox alone, 32 bytes, base64url. It signs this call and all
    /// further ones of the owner.
    #[schema(
        pattern = "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$",
        example = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
    )]
    public_key: String,
    /// Empty: a relay tells nobody how to reach the owner.
    connection_info: ConnectionInfo,
}

/// Nothing.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ConnectionInfo {}

/// The mailbox.
#[derive(Serialize, ToSchema)]
pub(super) struct Registered {
    /// Where depositors put mail: 16 bytes, base64url.
    #[schema(value_type = String, pattern = "^[A-Za-z0-9_-]{21}[AQgw]$")]
    address: DepositId,
    /// Where the owner fetches it: 16 bytes, base64url. Nobody else may know it.
    #[schema(value_type = String, pattern = "^[A-Za-z0-9_-]{21}[AQgw]$")]
    queue_id: QueueId,
    /// What depositors need: 32 bytes, base64url.
    #[schema(value_type = String, pattern = "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$")]
    cap: Secret32,
}

/// Make a mailbox, or say that its owner is here.
///
/// Signed by the fetch key. The owner counts as here for 90 seconds.
#[utoipa::path(
    post, path = "/api/v1/peer/register", tag = "mailbox",
    security(("owner" = [])),
    request_body = RegisterBody,
    responses(
        (status = 201, description = "A new mailbox", body = Registered),
        (status = 200, description = "The mailbox that `address` names", body = Registered),
        (status = 400, description = "`malformed`", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "`bad_signature`, `bad_presentation`", body = Problem,
         content_type = "application/problem+json"),
        (status = 404, description = "`unknown`: no such mailbox of this key", body = Problem,
         content_type = "application/problem+json"),
        (status = 410, description = "`used`: this nonce was here already", body = Problem,
         content_type = "application/problem+json"),
        (status = 413, description = "`too_large`", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`slow_down`", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "`busy`", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "`full`", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn register(
    State(parts): State<Arc<Parts>>,
    Extension(source): Extension<Source>,
    (method, uri, headers): (Method, Uri, HeaderMap),
    bytes: Bytes,
) -> Result<(StatusCode, Json<Registered>), Problem> {
    let auth = caller::owner_auth(&headers)?;
    let RegisterBody { address, public_key, connection_info: ConnectionInfo {} } = body::read(&bytes)?;
    let key = fetch_key(&public_key)?;
    let call = (method.as_str(), caller::target(&uri), &Hash::of(&[&bytes]));
    parts.gate.signed(&key, &auth, call).await?;
    if address.is_empty() {
        let queue = made(&parts, &source, &key).await?;
        return Ok((StatusCode::CREATED, Json(Registered::of(queue))));
    }
    let address: DepositId =
        address.parse().map_err(|_| Problem::malformed().detail("address: empty, or 22 characters"))?;
    let queue = parts.store.by_deposit(&[address]).await?.pop().flatten();
    let queue = queue.filter(|queue| queue.fetch_key == *key.as_bytes()).ok_or_else(Problem::unknown)?;
    seen(&parts, &queue).await?;
    parts.instances.here(queue.deposit_id, parts.gate.now() + HERE_SECS);
    Ok((StatusCode::OK, Json(Registered::of(queue))))
}

async fn made(parts: &Parts, source: &Source, key: &PublicKey) -> Result<Queue, Problem> {
    parts.gate.by_registration(source)?;
    let queue = Queue::generate(key, parts.gate.now());
    parts.store.create(queue.clone()).await?;
    parts.counters.registered.add();
    parts.instances.here(queue.deposit_id, parts.gate.now() + HERE_SECS);
    Ok(queue)
}

/// Remembers the hour in which the owner was here; nothing is written when it is remembered already.
pub(crate) async fn seen(parts: &Parts, queue: &Queue) -> Result<(), Problem> {
    let now = parts.gate.now();
    if queue.last_seen < whole_hour(now) {
        parts.store.touch(queue.queue_id, now).await?;
    }
    Ok(())
}

/// Any key is as good as another.
fn fetch_key(text: &str) -> Result<PublicKey, Problem> {
    let bytes: Option<[u8; 32]> = b64_decode(text).ok().and_then(|bytes| bytes.try_into().ok());
    let key = bytes.and_then(|bytes| PublicKey::from_bytes(&bytes).ok());
    key.ok_or_else(|| Problem::malformed().detail("public_key: an Ed25519 key, 43 characters of base64url"))
}

impl Registered {
    fn of(queue: Queue) -> Self {
        Self { address: queue.deposit_id, queue_id: queue.queue_id, cap: queue.cap }
    }
}
