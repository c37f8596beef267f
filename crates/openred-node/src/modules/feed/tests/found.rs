//! Posts found by the owner's API.

use serde_json::json;

use super::stage::{Node, clock};
use crate::{
    deps::Deps,
    desk::Desk,
    modules::search::posts::{step, store},
};

async fn writes(desk: &Desk, text: &str) -> String {
    let (status, post) =
        desk.call("POST", "/posts", Some(json!({"text": text, "visibility": "private"}))).await;
    assert_eq!(status, 201, "{post}");
    post["id"].as_str().unwrap().to_owned()
}

async fn found(desk: &Desk, query: &str) -> Vec<String> {
    let (status, page) = desk.call("GET", &format!("/feed?{query}"), None).await;
    assert_eq!(status, 200, "{page}");
    page["items"].as_array().unwrap().iter().map(|one| one["text"].as_str().unwrap().to_owned()).collect()
}

async fn bring_in(deps: &Deps) {
    while deps.write(step).await.unwrap() {}
}

#[tokio::test]
async fn posts_are_found_by_their_words_until_they_say_others() {
    let (clock, hands) = clock();
    let Node { deps, .. } = Node::new("ana", &clock).await;
    let desk = Desk::of(&deps);
    let oven = writes(&desk, "Brot im Ofen").await;
    let butter = writes(&desk, "Bröt and butter").await;
    writes(&desk, "The lamp is lit").await;
    for _ in 0..2 {
        assert_eq!(found(&desk, "q=BROT").await, ["Bröt and butter", "Brot im Ofen"]);
        assert_eq!(found(&desk, "q=brot%20ofen").await, ["Brot im Ofen"]);
        assert_eq!(found(&desk, "q=lam&filter=mine").await, ["The lamp is lit"]);
        assert_eq!(found(&desk, "q=torch").await, [""; 0]);
        bring_in(&deps).await;
    }
    let (_, page) = desk.call("GET", "/feed?q=bro&limit=1", None).await;
    assert_eq!(page["items"][0]["text"], "Bröt and butter");
    let next = page["next"].as_str().unwrap();
    assert_eq!(found(&desk, &format!("q=bro&limit=1&after={next}")).await, ["Brot im Ofen"]);

    hands.advance(1_000);
    let path = format!("/posts/{butter}");
    assert_eq!(desk.call("PATCH", &path, Some(json!({"text": "Jam alone"}))).await.0, 200);
    assert_eq!(found(&desk, "q=butter").await, [""; 0]);
    assert_eq!(found(&desk, "q=jam").await, ["Jam alone"]);
    assert_eq!(desk.call("DELETE", &format!("/posts/{oven}"), None).await.0, 204);
    assert_eq!(found(&desk, "q=ofen").await, [""; 0]);
    let left = deps.read(|w| Ok(store::count(w.tx, w.seal.token_of("ofen"), 10)?)).await;
    assert_eq!(left.unwrap(), 0, "nothing of what was deleted stays in the index");
}

#[tokio::test]
async fn a_question_that_is_none_is_refused() {
    let (clock, _) = clock();
    let desk = Desk::of(&Node::new("ana", &clock).await.deps);
    let long = format!("q={}", "a".repeat(201));
    for query in ["q=", "q=%20", &long, "q=lamp&filter=friends", "q=lamp&tag=lamp"] {
        let (status, problem) = desk.call("GET", &format!("/feed?{query}"), None).await;
        assert_eq!((status, &problem["code"]), (422, &json!("invalid")), "{query}: {problem}");
    }
}
