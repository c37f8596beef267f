//! Errors at the HTTP edge: RFC 9457 problem details with the stable codes of PROTOCOL Annex A.0. Knows HTTP; must
//! not know what went wrong inside: the private cause is logged once, here, and never sent.

mod codes;
mod edge;
mod response;

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

pub use codes::{CODES, Code};
pub use edge::{BODY_BYTES_MAX, EdgeExt, ProblemJson, catch_panics, method_not_allowed, not_found};

/// A refusal as the caller sees it, with the reason nobody but the log sees.
///
/// Made by the constructor of its code ([`Problem::malformed`], [`Problem::unknown`], …); `?` turns a
/// [`DbError`](crate::database::DbError) into `busy`, `full` or `internal`.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Problem {
    /// HTTP status code.
    #[serde(serialize_with = "as_number")]
    #[schema(value_type = u16, example = 404)]
    pub status: StatusCode,
    /// Stable code for programs, never renamed.
    #[schema(value_type = String, example = "unknown")]
    pub code: &'static str,
    /// Short English sentence of the code.
    #[schema(value_type = String, example = "Nothing is here")]
    pub title: Cow<'static, str>,
    /// What the caller may know about this very case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// When to come back, in seconds; also sent as `Retry-After`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
    /// Further members, beside the others (`descriptor`, `work`, …).
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub extra: serde_json::Map<String, serde_json::Value>,
    #[serde(skip)]
    cause: Option<Cause>,
}

#[derive(Clone)]
struct Cause(Arc<dyn Error + Send + Sync>);

impl Problem {
    /// The problem of a code.
    pub fn new(code: Code) -> Self {
        Self {
            status: code.status,
            code: code.name,
            title: Cow::Borrowed(code.title),
            detail: None,
            retry_after: None,
            extra: serde_json::Map::new(),
            cause: None,
        }
    }

    /// Adds what the caller may know about this case.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Adds when to come back, in seconds.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// Adds a member beside the standard ones. The names of the standard ones cannot be replaced.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<serde_json::Value>) -> Self {
        if !["type", "status", "code", "title", "detail", "retry_after"].contains(&name) {
            self.extra.insert(name.to_owned(), value.into());
        }
        self
    }

    /// Adds the private cause: logged once when the answer leaves, never sent.
    #[must_use]
    pub fn cause(mut self, cause: impl Error + Send + Sync + 'static) -> Self {
        self.cause = Some(Cause(Arc::new(cause)));
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status.as_u16(), self.code)
    }
}

impl Error for Problem {}

impl fmt::Debug for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

fn as_number<S: serde::Serializer>(status: &StatusCode, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_u16(status.as_u16())
}
