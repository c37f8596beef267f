//! Why a call failed, in terms the caller can act on. No address and no text of the other side is in it.

use std::error::Error;

use http::StatusCode;

use super::AddressKind;

/// Why there is no usable answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// The address is none of `https://` or `http://`, or carries a user name. Retrying is pointless.
    #[error("not an address that can be called")]
    Url,
    /// The address leads where we do not call. Retrying is pointless until the address changes.
    #[error("the address is {kind}, which is not called")]
    Refused {
        /// What the address is.
        kind: AddressKind,
    },
    /// `http://` to a global address: only `https://` goes there.
    #[error("a global address is called over https only")]
    PlainHttp,
    /// Not in time. Try again later.
    #[error("no answer in time")]
    Timeout,
    /// No connection, or it broke. Try again later, or another route.
    #[error("not reachable")]
    Unreachable,
    /// The certificate or the encryption was not acceptable.
    #[error("the encrypted connection was not acceptable")]
    Tls,
    /// The answer is longer than allowed.
    #[error("the answer is longer than {bytes_max} bytes")]
    TooLarge {
        /// The bound.
        bytes_max: usize,
    },
    /// An answer with a status that is not 2xx (from [`HttpResponse::success`](super::HttpResponse::success)).
    #[error("answered {status}")]
    Status {
        /// The status.
        status: StatusCode,
        /// `code` of its problem document, at most 64 bytes of `[a-z0-9_]`.
        code: Option<String>,
        /// `Retry-After` in seconds.
        retry_after: Option<u64>,
    },
    /// The body is not what was expected.
    #[error("the answer cannot be read")]
    Malformed,
    /// TLS cannot be set up in this process.
    #[error("TLS cannot be set up")]
    Setup,
}

impl HttpError {
    /// Whether the same call may work later without anybody changing anything.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Timeout | Self::Unreachable => true,
            Self::Status { status, .. } => {
                status.is_server_error() || matches!(status.as_u16(), 408 | 425 | 429)
            }
            Self::Url | Self::Refused { .. } | Self::PlainHttp | Self::Tls => false,
            Self::TooLarge { .. } | Self::Malformed | Self::Setup => false,
        }
    }

    /// Finds what happened: our own refusal may lie deep inside the client's error.
    pub(super) fn of(error: &reqwest::Error) -> Self {
        let mut cause: Option<&(dyn Error + 'static)> = Some(error);
        while let Some(current) = cause {
            if let Some(own) = current.downcast_ref::<Self>() {
                return own.clone();
            }
            if current.is::<rustls::Error>() {
                return Self::Tls;
            }
            cause = inner(current).or_else(|| current.source());
        }
        if error.is_timeout() {
            Self::Timeout
        } else if error.is_builder() {
            Self::Url
        } else {
            Self::Unreachable
        }
    }
}

/// What an `io::Error` was made of: its `source()` would skip it.
fn inner<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    let inner = error.downcast_ref::<std::io::Error>()?.get_ref()?;
    Some(inner)
}
