//! The closed list of codes: Annex A.0 of the protocol, then those of the owner's API. Knows numbers and words only.

use http::StatusCode;

use super::Problem;
use crate::database::DbError;

/// A stable code with its status and title.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    /// HTTP status.
    pub status: StatusCode,
    /// Stable name.
    pub name: &'static str,
    /// Short English sentence.
    pub title: &'static str,
}

macro_rules! codes {
    ($($(#[doc = $doc:expr])* $constructor:ident = $status:ident, $name:literal, $title:literal;)*) => {
        /// Every code, in the order of the protocol.
        pub const CODES: &[Code] =
            &[$(Code { status: StatusCode::$status, name: $name, title: $title }),*];

        impl Problem {
            $($(#[doc = $doc])*
            pub fn $constructor() -> Self {
                Self::new(Code { status: StatusCode::$status, name: $name, title: $title })
            })*
        }
    };
}

codes! {
    /// 400: the bytes are not what the call takes.
    malformed = BAD_REQUEST, "malformed", "The request cannot be read";
    /// 401: a signature does not verify.
    bad_signature = UNAUTHORIZED, "bad_signature", "The signature does not verify";
    /// 401: a presented grant or token does not verify.
    bad_presentation = UNAUTHORIZED, "bad_presentation", "What was presented does not verify";
    /// 403: understood and not allowed.
    refused = FORBIDDEN, "refused", "This is not allowed";
    /// 404: absent, or not for this caller (blocked senders get it too).
    unknown = NOT_FOUND, "unknown", "Nothing is here";
    /// 409: older than what is held.
    stale = CONFLICT, "stale", "A newer one is held";
    /// 409: the session is not known any more; open a new one.
    session_lost = CONFLICT, "session_lost", "The session is gone";
    /// 409: contradicts what is held.
    conflict = CONFLICT, "conflict", "This contradicts what is held";
    /// 410: it existed and has ended.
    gone = GONE, "gone", "It has ended";
    /// 410: it works once and was used.
    used = GONE, "used", "It was used already";
    /// 413: longer than the call takes.
    too_large = PAYLOAD_TOO_LARGE, "too_large", "The request is too large";
    /// 415: a type this program does not know; ask again when it is newer.
    type_unknown = UNSUPPORTED_MEDIA_TYPE, "type_unknown", "This type is not known";
    /// 421: meant for somebody else.
    not_me = MISDIRECTED_REQUEST, "not_me", "This is for somebody else";
    /// 425: the other half of the grant has not come yet.
    grant_unknown = TOO_EARLY, "grant_unknown", "The grant has not come yet";
    /// 428: send the same again with the descriptor.
    want_descriptor = PRECONDITION_REQUIRED, "want_descriptor", "The descriptor is needed";
    /// 429: too often; `retry_after` says when to come back.
    slow_down = TOO_MANY_REQUESTS, "slow_down", "Too many requests";
    /// 503: the keys are locked; only the owner can change that.
    locked = SERVICE_UNAVAILABLE, "locked", "The node is locked";
    /// 503: try again in a moment.
    busy = SERVICE_UNAVAILABLE, "busy", "Busy at the moment";
    /// 507: no space left for this.
    full = INSUFFICIENT_STORAGE, "full", "There is no space left";

    /// 401 (owner): log in first.
    login_required = UNAUTHORIZED, "login_required", "Log in first";
    /// 401 (owner): passphrase, code or key is wrong.
    wrong_credentials = UNAUTHORIZED, "wrong_credentials", "That did not match";
    /// 403 (owner): a request from another origin, or without the headers a browser sets.
    bad_origin = FORBIDDEN, "bad_origin", "This request came from another site";
    /// 403 (owner): plain http from another machine; the detail says how to do it.
    insecure_transport = FORBIDDEN, "insecure_transport", "Not over an open connection";
    /// 405: the path exists, not with this method.
    method_not_allowed = METHOD_NOT_ALLOWED, "method_not_allowed", "Not with this method";
    /// 408: the request came too slowly.
    timeout = REQUEST_TIMEOUT, "timeout", "The request took too long";
    /// 409 (owner): first run is over.
    already_set_up = CONFLICT, "already_set_up", "This is set up already";
    /// 415: the body is not of the type the call takes.
    unsupported_media_type = UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "Not this kind of body";
    /// 422 (owner): readable, and a value is not acceptable; `field` may name it.
    invalid = UNPROCESSABLE_ENTITY, "invalid", "A value is not acceptable";
    /// 500: our mistake; the log holds the cause.
    internal = INTERNAL_SERVER_ERROR, "internal", "Something went wrong here";
    /// 502: another server did not answer as it should.
    upstream = BAD_GATEWAY, "upstream", "Another server did not answer well";
}

impl From<DbError> for Problem {
    fn from(error: DbError) -> Self {
        let problem = match &error {
            DbError::Busy | DbError::Gone => Self::busy().retry_after(5),
            DbError::Full => Self::full().detail("The disk is full: nothing of this was taken."),
            DbError::ReadOnly => Self::full().detail("The disk may only be read: nothing of this was taken."),
            DbError::Conflict { .. } => Self::conflict(),
            DbError::Corrupt(_) => Self::internal(),
        };
        problem.cause(error)
    }
}
