//! Refusals of the rules as RFC 9457 problems: the only place that gives a [`NodeError`] a status and a code.
//! What happened inside is logged once, when the answer leaves, and never sent.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use openred_service::problem::{Code, Problem};

use crate::error::NodeError;

/// 401: the passphrase (or the words) do not open the key file.
pub(crate) const WRONG_PASSPHRASE: Code =
    Code { status: StatusCode::UNAUTHORIZED, name: "wrong_passphrase", title: "That did not match" };
/// 423: the owner's calls find the node locked. (Peers get 503 `locked`.)
pub(crate) const LOCKED: Code =
    Code { status: StatusCode::LOCKED, name: "locked", title: "The node is locked" };

/// Seconds after which a keeper that is being restarted answers again.
const KEEPER_BACK_S: u64 = 2;

impl From<NodeError> for Problem {
    fn from(error: NodeError) -> Self {
        let text = error.to_string();
        match error {
            NodeError::Locked => Self::new(LOCKED).detail(text),
            NodeError::NotSetUp | NodeError::Conflict(_) => Self::conflict().detail(text),
            NodeError::LoginRequired => Self::login_required().detail(text),
            NodeError::WrongPassphrase => Self::new(WRONG_PASSPHRASE).detail(text),
            NodeError::Unknown(_) => Self::unknown().detail(text),
            NodeError::Refused(_) => Self::refused().detail(text),
            NodeError::Invalid { field, detail } => Self::invalid().detail(detail).with("field", field),
            NodeError::Gone(_) => Self::gone().detail(text),
            NodeError::SlowDown(seconds) => Self::slow_down().detail(text).retry_after(seconds.max(1)),
            NodeError::TooLarge(_) => Self::too_large().detail(text),
            NodeError::Peer(_) => Self::upstream().detail(text),
            NodeError::Database(error) => error.into(),
            NodeError::Keeper(_) => Self::busy().retry_after(KEEPER_BACK_S).cause(error),
            NodeError::ItemRefused { .. } | NodeError::Sealed(_) | NodeError::Internal(_) => {
                Self::internal().cause(error)
            }
        }
    }
}

impl IntoResponse for NodeError {
    fn into_response(self) -> Response {
        Problem::from(self).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_has_its_code_and_nothing_internal_leaves() {
        for (error, status, code) in [
            (NodeError::Locked, 423, "locked"),
            (NodeError::LoginRequired, 401, "login_required"),
            (NodeError::WrongPassphrase, 401, "wrong_passphrase"),
            (NodeError::Unknown("this person"), 404, "unknown"),
            (NodeError::invalid("text", "too long"), 422, "invalid"),
            (NodeError::SlowDown(0), 429, "slow_down"),
            (NodeError::Database(openred_service::database::DbError::Full), 507, "full"),
            (NodeError::Internal("ana's secret".to_owned()), 500, "internal"),
            (NodeError::Keeper("/home/ana".to_owned()), 503, "busy"),
        ] {
            let problem = Problem::from(error);
            assert_eq!((problem.status.as_u16(), problem.code), (status, code));
            let sent = serde_json::to_string(&problem).unwrap();
            assert!(!sent.contains("ana"), "{sent}");
        }
        let problem = Problem::from(NodeError::SlowDown(7));
        assert_eq!(problem.into_response().headers()["retry-after"], "7");
    }
}
