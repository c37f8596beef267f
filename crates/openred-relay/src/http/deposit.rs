//! `POST /api/v1/message/relay` and `POST /api/v1/message/batch`.

use std::borrow::Cow;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Extension, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, StatusCode, header};
use openred_core::ids::{ClientId, b64_decode};
use openred_service::problem::Problem;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Parts, caller};
use crate::gate::Source;
use crate::mailbox::{CapMac, Refusal, SizeClass, Stored};
use crate::wire::{Offer, read_batch};

/// The only type of message: what is in it nobody but its recipient can tell.
const SEALED: &str = "sealed";
/// Most characters of a content: the largest size as base64url.
const CONTENT_CHARACTERS_MAX: usize = SizeClass::K64.bytes().div_ceil(3) * 4;

/// A deposit. Read without copying: the content is most of it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RelayBody<'a> {
    /// May be empty, and should be. It is neither stored nor logged.
    #[serde(borrow)]
    #[schema(value_type = String, max_length = 255, example = "")]
    from_address: Cow<'a, str>,
    /// Address of the mailbox, 22 characters of base64url.
    #[serde(borrow)]
    #[schema(value_type = String, pattern = "^[A-Za-z0-9_-]{21}[AQgw]$", example = "AAECAwQFBgcICQoLDA0ODw")]
    to_address: Cow<'a, str>,
    /// Sealed mail of exactly 1, 4, 16 or 64 KiB, base64url.
    #[serde(borrow)]
    #[schema(value_type = String, max_length = 87382, pattern = "^[A-Za-z0-9_-]+$", example = "AAECAwQFBgcICQoL")]
    encrypted_content: Cow<'a, str>,
    /// `sealed`.
    #[serde(borrow)]
    #[schema(value_type = String, pattern = "^sealed$", example = "sealed")]
    message_type: Cow<'a, str>,
    /// The depositor's name of this deposit: 16 random bytes, 22 characters of base64url. The same again is the same deposit.
    #[schema(value_type = String, pattern = "^[A-Za-z0-9_-]{21}[AQgw]$", example = "AAECAwQFBgcICQoLDA0ODw")]
    client_id: ClientId,
}

/// The deposit is on disk.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Relayed {
    /// Its name, as in the call.
    #[schema(value_type = String, pattern = "^[A-Za-z0-9_-]{21}[AQgw]$")]
    id: ClientId,
    /// True.
    stored: bool,
}

/// How each deposit of a batch went, in their order.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Results {
    /// HTTP statuses: 202 stored, 400, 404, 409, 413, 429, 503, 507.
    results: Vec<u16>,
}

/// Deposit a piece of mail.
///
/// `Authorization: OpenRed-Cap b64(HMAC-SHA256(cap, deposit_id ‖ client_id ‖ SHA-256(content))[..16])`. 202 says that it
/// is on disk. The same deposit again is answered the same for 32 days and stored once.
#[utoipa::path(
    post, path = "/api/v1/message/relay", tag = "mail",
    security(("capability" = [])),
    request_body = RelayBody<'_>,
    responses(
        (status = 202, description = "It is on disk", body = Relayed),
        (status = 400, description = "`malformed`", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "`bad_presentation`: no proof", body = Problem,
         content_type = "application/problem+json"),
        (status = 404, description = "`unknown`: no such mailbox, or not with this capability", body = Problem,
         content_type = "application/problem+json"),
        (status = 409, description = "`conflict`: other bytes under this client_id", body = Problem,
         content_type = "application/problem+json"),
        (status = 413, description = "`too_large`", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "`type_unknown`: not `sealed`", body = Problem,
         content_type = "application/problem+json"),
        (status = 429, description = "`slow_down`", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "`busy`", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "`full`", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn relay(
    State(parts): State<Arc<Parts>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let mac = caller::authorization(&headers)
        .and_then(CapMac::from_header)
        .ok_or_else(|| Problem::bad_presentation().detail("needed here: Authorization: OpenRed-Cap …"))?;
    let offer = offered(&body, mac)?;
    let id = offer.client_id;
    // The answer needs nothing of the body any more; a large one is not held while the disk is waited for.
    drop(body);
    let answer = parts.intake.take(vec![offer]).await.pop().unwrap_or(Err(Refusal::Busy));
    answer?;
    let accepted = (StatusCode::ACCEPTED, Json(Relayed { id, stored: true }));
    Ok(accepted.into_response())
}

fn offered(body: &[u8], mac: CapMac) -> Result<Offer, Problem> {
    let body: RelayBody<'_> =
        serde_json::from_slice(body).map_err(|error| Problem::malformed().detail(error.to_string()))?;
    let malformed = |what: &'static str| Problem::malformed().detail(what);
    if body.message_type != SEALED {
        return Err(Problem::type_unknown().detail("message_type: sealed"));
    }
    if body.from_address.len() > 255 {
        return Err(malformed("from_address: at most 255 bytes, best none"));
    }
    if body.encrypted_content.len() > CONTENT_CHARACTERS_MAX {
        return Err(Problem::too_large());
    }
    let deposit_id =
        body.to_address.parse().map_err(|_| malformed("to_address: 22 characters of base64url"))?;
    let content =
        b64_decode(&body.encrypted_content).map_err(|_| malformed("encrypted_content: base64url"))?;
    Ok(Offer { deposit_id, client_id: body.client_id, mac, content: content.into() })
}

/// Deposit many pieces of mail.
///
/// The body is `(deposit_id[16] ‖ client_id[16] ‖ mac[16] ‖ len:u32 ‖ content)…`. Each is judged alone.
#[utoipa::path(
    post, path = "/api/v1/message/batch", tag = "mail",
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses(
        (status = 202, description = "Those with 202 are on disk", body = Results),
        (status = 400, description = "`malformed`: none was looked at", body = Problem,
         content_type = "application/problem+json"),
        (status = 413, description = "`too_large`: over 4 MiB", body = Problem,
         content_type = "application/problem+json"),
        (status = 415, description = "`unsupported_media_type`", body = Problem,
         content_type = "application/problem+json"),
        (status = 429, description = "`slow_down`: none was taken", body = Problem,
         content_type = "application/problem+json"),
    ),
)]
pub(super) async fn batch(
    State(parts): State<Arc<Parts>>,
    Extension(source): Extension<Source>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<Results>), Problem> {
    if headers.get(header::CONTENT_TYPE).is_none_or(|kind| kind != "application/octet-stream") {
        return Err(Problem::unsupported_media_type().detail("expected application/octet-stream"));
    }
    let offers = read_batch(&body).map_err(|error| Problem::malformed().cause(error))?;
    // The call itself was counted as one.
    let further = u32::try_from(offers.len().saturating_sub(1)).unwrap_or(u32::MAX);
    if further > 0 {
        parts.gate.by_source(&source, further)?;
    }
    let answers = parts.intake.take(offers).await;
    Ok((StatusCode::ACCEPTED, Json(Results { results: answers.iter().map(status).collect() })))
}

/// How a deposit went, as an HTTP status.
pub(crate) fn status(answer: &Result<Stored, Refusal>) -> u16 {
    answer.as_ref().map_or_else(|refusal| refusal.status(), |_| StatusCode::ACCEPTED.as_u16())
}
