//! Every refusal at the edge is a problem, and no private cause leaves.

use axum::Router;
use axum::body::Body;
use axum::routing::{get, post};
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use openred_service::database::DbError;
use openred_service::problem::{BODY_BYTES_MAX, CODES, EdgeExt, Problem, ProblemJson};
use serde_json::Value;
use tower::ServiceExt;

async fn wild() -> &'static str {
    panic!("secret of the inside")
}

async fn failing() -> Result<(), Problem> {
    Err(DbError::Corrupt("secret of the inside".to_owned()))?
}

async fn slow() -> Problem {
    Problem::slow_down().retry_after(7).detail("ten a minute").with("work", 12).with("code", "forged")
}

async fn echo(ProblemJson(body): ProblemJson<u32>) -> String {
    body.to_string()
}

fn app() -> Router {
    Router::new()
        .route("/wild", get(wild))
        .route("/failing", get(failing))
        .route("/slow", get(slow))
        .route("/echo", post(echo))
        .problem_edge()
}

async fn ask(method: &str, path: &str, body: impl Into<Body>) -> (http::response::Parts, Value) {
    let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
    let (parts, body) = app().oneshot(request.body(body.into()).unwrap()).await.unwrap().into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    (parts, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
}

async fn check(method: &str, path: &str, body: impl Into<Body>, status: u16, code: &str) -> Value {
    let (parts, problem) = ask(method, path, body).await;
    assert_eq!((parts.status.as_u16(), problem["code"].as_str()), (status, Some(code)), "{method} {path}");
    assert_eq!(parts.headers["content-type"], "application/problem+json", "{method} {path}");
    assert_eq!(problem["status"], status);
    assert!(!problem.to_string().contains("secret"), "a private cause was sent: {problem}");
    problem
}

#[tokio::test]
async fn axums_own_refusals_are_problems() {
    check("GET", "/nowhere", "", 404, "unknown").await;
    check("DELETE", "/echo", "", 405, "method_not_allowed").await;
    check("POST", "/echo", "{", 400, "malformed").await;
    check("POST", "/echo", vec![b'1'; BODY_BYTES_MAX + 1], 413, "too_large").await;
    let (parts, body) = ask("POST", "/echo", "41").await;
    assert_eq!((parts.status, body), (StatusCode::OK, Value::from(41)));
}

#[tokio::test]
async fn a_panic_and_a_cause_stay_inside() {
    check("GET", "/wild", "", 500, "internal").await;
    check("GET", "/failing", "", 500, "internal").await;
}

#[tokio::test]
async fn when_to_come_back_is_said_twice() {
    let problem = check("GET", "/slow", "", 429, "slow_down").await;
    assert_eq!((&problem["retry_after"], &problem["work"]), (&Value::from(7), &Value::from(12)));
    assert_eq!(ask("GET", "/slow", "").await.0.headers["retry-after"], "7");
}

#[test]
fn codes_are_unique_and_well_formed() {
    let mut names: Vec<_> = CODES.iter().map(|code| code.name).collect();
    assert!(names.iter().all(|name| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')));
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count);
}
