//! Answers to a hello: message 2, or a refusal with its status and code (Annex A.0, A.4).
//!
//! Must not know: HTTP. On QUIC the same members come with `status`.

use serde::{Deserialize, Serialize};

use super::{NOISE_LEN, WorkChallenge, noise_text};
use crate::ids::{B64, Id16};

/// 200: B's half of the handshake.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HelloReply {
    /// Noise message 2, 48 bytes.
    #[serde(with = "noise_text")]
    pub noise: [u8; NOISE_LEN],
    /// Name of the session; A computes it too and compares.
    pub session_id: Id16,
}

/// Why B does not answer with message 2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HelloRefusal {
    /// 400 `malformed`.
    Malformed,
    /// 401 `bad_presentation`: A does not know the ticket's secret, or message 1 does not open.
    BadPresentation,
    /// 403 `refused`.
    Refused,
    /// 404 `unknown`: no such pair or invitation, or B does not want to know A.
    Unknown,
    /// 409 `stale`: B has a newer descriptor (its signed bytes): verify, pin, start again, once.
    Stale(B64),
    /// 410 `used`: the ticket is burnt, bound to another, or expired.
    Used,
    /// 421 `not_me`.
    NotMe,
    /// 425 `grant_unknown`: come again after 25, 50, 100 ms … within the ttl.
    GrantUnknown,
    /// 428 `want_descriptor`: the same hello with `descriptor`.
    WantDescriptor,
    /// 429 `slow_down`, for kind 4 under load with work.
    SlowDown {
        /// Work that would be accepted.
        work: Option<WorkChallenge>,
        /// Seconds until it makes sense to come again.
        retry_after: u64,
    },
    /// 503 `locked`.
    Locked,
}

/// The members that a refusal's JSON adds to a problem (RFC 9457).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusalBody {
    /// Stable code of Annex A.0.
    pub code: String,
    /// B's signed descriptor, with `stale`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub descriptor: Option<B64>,
    /// With `slow_down`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work: Option<WorkChallenge>,
    /// Seconds, with `slow_down`; on HTTP also the header `Retry-After`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
}

impl HelloRefusal {
    /// HTTP status, and `status` on QUIC.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::Malformed => 400,
            Self::BadPresentation => 401,
            Self::Refused => 403,
            Self::Unknown => 404,
            Self::Stale(_) => 409,
            Self::Used => 410,
            Self::NotMe => 421,
            Self::GrantUnknown => 425,
            Self::WantDescriptor => 428,
            Self::SlowDown { .. } => 429,
            Self::Locked => 503,
        }
    }

    /// Stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::BadPresentation => "bad_presentation",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
            Self::Stale(_) => "stale",
            Self::Used => "used",
            Self::NotMe => "not_me",
            Self::GrantUnknown => "grant_unknown",
            Self::WantDescriptor => "want_descriptor",
            Self::SlowDown { .. } => "slow_down",
            Self::Locked => "locked",
        }
    }

    /// The members of the JSON body.
    #[must_use]
    pub fn body(&self) -> RefusalBody {
        let mut body = RefusalBody { code: self.code().to_owned(), ..RefusalBody::default() };
        match self {
            Self::Stale(descriptor) => body.descriptor = Some(descriptor.clone()),
            Self::SlowDown { work, retry_after } => {
                body.work = *work;
                body.retry_after = Some(*retry_after);
            }
            _ => {}
        }
        body
    }

    /// Reads a refusal as A; `None` for a status that B cannot answer with (treat the route as broken).
    #[must_use]
    pub fn read(status: u16, body: RefusalBody) -> Option<Self> {
        Some(match status {
            400 | 413 => Self::Malformed,
            401 => Self::BadPresentation,
            403 => Self::Refused,
            404 => Self::Unknown,
            409 => Self::Stale(body.descriptor?),
            410 => Self::Used,
            421 => Self::NotMe,
            425 => Self::GrantUnknown,
            428 => Self::WantDescriptor,
            429 => Self::SlowDown { work: body.work, retry_after: body.retry_after.unwrap_or(1) },
            503 => Self::Locked,
            _ => return None,
        })
    }
}
