//! The endpoints of feed and notifications by the real router, as the command line calls them.

use serde_json::json;

use super::stage::{Node, befriend, clock, settle};
use crate::desk::Desk;

#[tokio::test]
async fn a_post_lives_and_dies_by_the_api() {
    let (clock, hands) = clock();
    let (ana, ben) = (Node::new("ana", &clock).await, Node::new("ben", &clock).await);
    befriend(&ana, &ben).await;
    let (desk, other) = (Desk::of(&ana.deps), Desk::of(&ben.deps));
    let new = json!({"text": "bred", "visibility": "friends"});
    let (status, post) = desk.call_with("POST", "/posts", Some(new.clone()), Some("tab-1")).await;
    assert_eq!(
        (status, &post["text"], &post["author"]["relationship"]),
        (201, &json!("bred"), &json!("self"))
    );
    let again = desk.call_with("POST", "/posts", Some(new), Some("tab-1")).await;
    assert_eq!((again.0, &again.1["id"]), (201, &post["id"]));
    let id = post["id"].as_str().unwrap();
    hands.advance(1_000);
    let (status, edited) = desk.call("PATCH", &format!("/posts/{id}"), Some(json!({"text": "bread"}))).await;
    assert_eq!((status, &edited["text"], edited["edited_at"].is_u64()), (200, &json!("bread"), true));
    settle(&[&ana, &ben]).await;

    let (_, page) = other.call("GET", "/feed?filter=friends&limit=5", None).await;
    assert_eq!((page["items"][0]["id"].as_str(), page["items"].as_array().unwrap().len()), (Some(id), 1));
    assert_eq!(
        page["items"][0]["can"],
        json!({"edit": false, "delete": false, "comment": true, "react": true})
    );
    let newest = page["newest"].as_str().unwrap();
    assert_eq!(other.call("GET", &format!("/feed/new?since={newest}"), None).await.1, json!({"count": 0}));
    let author = format!("/feed?author={}", ana.id);
    assert_eq!(other.call("GET", &author, None).await.1["items"][0]["id"].as_str(), Some(id));

    let (path, how) = (format!("/posts/{id}/comments"), json!({"text": "how?"}));
    let (status, comment) = other.call_with("POST", &path, Some(how.clone()), Some("tab-2")).await;
    assert_eq!((status, &comment["depth"], &comment["post"]), (201, &json!(1), &post["id"]));
    let again = other.call_with("POST", &path, Some(how), Some("tab-2")).await;
    assert_eq!((again.0, &again.1["id"]), (201, &comment["id"]), "the answer to it had been lost");
    let other_words = other.call_with("POST", &path, Some(json!({"text": "why?"})), Some("tab-2")).await;
    assert_eq!((other_words.0, &other_words.1["code"]), (409, &json!("conflict")));
    let (status, got) = other.call("PUT", &format!("/reactions/{id}"), Some(json!({"reaction": "❤"}))).await;
    assert_eq!((status, got), (200, json!({"reactions": [{"reaction": "❤", "count": 1, "mine": true}]})));
    settle(&[&ana, &ben]).await;
    let (_, thread) = desk.call("GET", &format!("/posts/{id}/thread"), None).await;
    assert_eq!(
        (&thread["known"], &thread["missing"], &thread["comments"][0]["text"]),
        (&json!(1), &json!([]), &json!("how?"))
    );
    let (_, told) = desk.call("GET", "/notifications", None).await;
    assert_eq!((&told["unread"], &told["items"][0]["kind"]), (&json!(2), &json!("reaction")));
    let upto = json!({"upto": told["items"][0]["id"]});
    assert_eq!(desk.call("POST", "/notifications/read", Some(upto)).await.0, 204);
    assert_eq!(desk.call("GET", "/notifications", None).await.1["unread"], json!(0));
    assert_eq!(desk.call("GET", "/access-requests", None).await.1, json!({"items": []}));

    hands.advance(1_000);
    assert_eq!(other.call("DELETE", &format!("/reactions/{id}"), None).await.1, json!({"reactions": []}));
    assert_eq!(desk.call("DELETE", &format!("/posts/{id}"), None).await.0, 204);
    let (status, gone) = desk.call("GET", &format!("/posts/{id}"), None).await;
    assert_eq!((status, &gone["code"]), (410, &json!("gone")));
}

#[tokio::test]
async fn bad_input_is_named_and_changes_nothing() {
    let (clock, _) = clock();
    let ana = Node::new("ana", &clock).await;
    let desk = Desk::of(&ana.deps);
    let unknown = "ab".repeat(32);
    for (method, path, body, status, code) in [
        ("POST", "/posts".to_owned(), Some(json!({"text": "", "visibility": "public"})), 422, "invalid"),
        ("POST", "/posts".to_owned(), Some(json!({"text": "x", "visibility": "all"})), 400, "malformed"),
        (
            "POST",
            "/posts".to_owned(),
            Some(json!({"text": "x", "visibility": "public", "at": 1})),
            400,
            "malformed",
        ),
        ("POST", "/posts".to_owned(), None, 415, "unsupported_media_type"),
        ("GET", format!("/posts/{unknown}"), None, 404, "unknown"),
        ("GET", "/posts/AB".to_owned(), None, 400, "malformed"),
        ("PATCH", format!("/posts/{unknown}"), Some(json!({"text": "x"})), 404, "unknown"),
        ("DELETE", format!("/comments/{unknown}"), None, 404, "unknown"),
        ("PUT", format!("/reactions/{unknown}"), Some(json!({"reaction": "❤"})), 404, "unknown"),
        ("PUT", format!("/reactions/{unknown}"), Some(json!({"reaction": ""})), 422, "invalid"),
        ("POST", format!("/posts/{unknown}/access"), None, 404, "unknown"),
        ("POST", "/access-requests/7".to_owned(), Some(json!({"decision": "grant"})), 404, "unknown"),
        ("GET", "/feed?after=zz".to_owned(), None, 422, "invalid"),
        ("GET", "/feed?filter=all".to_owned(), None, 400, "malformed"),
        ("GET", format!("/feed?author={unknown}"), None, 404, "unknown"),
        ("GET", "/feed/new?since=x".to_owned(), None, 422, "invalid"),
        ("POST", "/notifications/read".to_owned(), Some(json!({"upto": "x"})), 422, "invalid"),
    ] {
        let (got, problem) = desk.call(method, &path, body).await;
        assert_eq!((got, problem["code"].as_str()), (status, Some(code)), "{method} {path}: {problem}");
    }
    let (_, page) = desk.call("GET", "/feed", None).await;
    assert_eq!(page["items"], json!([]));
}
