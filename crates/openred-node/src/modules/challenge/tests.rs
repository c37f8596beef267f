//! Who may ask, how often, and how a question ends.

use openred_core::ids::NodeId;
use serde_json::json;

use super::{Challenges, Decision};
use crate::{
    deps::Deps,
    desk::{Desk, ana},
    error::NodeError,
    events::Kind,
    modules::{
        contacts::{
            person::{Relationship, Status},
            store as people,
        },
        feed::tests::stage::{Node, befriend, clock},
        notify::{self, What},
    },
};

/// Somebody she knows in this way.
async fn person(deps: &Deps, number: u8, relationship: Relationship, status: Status) -> i64 {
    deps.write(move |w| {
        let mut person = people::ensure(w.tx, w.seal, &NodeId([number; 32]), w.now)?;
        (person.relationship, person.status) = (relationship, status);
        people::save(w.tx, w.seal, &person, w.now)?;
        Ok(person.id)
    })
    .await
    .unwrap()
}

async fn friend(deps: &Deps, number: u8) -> i64 {
    person(deps, number, Relationship::Friend, Status::Accepted).await
}

/// Asks, and has the owner decide as soon as she sees the question.
async fn ask(
    deps: &Deps,
    challenges: &Challenges,
    person: i64,
    said: Decision,
) -> Result<Decision, NodeError> {
    let owner = async {
        while challenges.list().is_empty() {
            tokio::task::yield_now().await;
        }
        challenges.decide(challenges.list()[0].id, said).unwrap();
        std::future::pending::<Result<Decision, NodeError>>().await
    };
    tokio::select! {
        answer = challenges.ask_owner(deps, person, "the bakery's keys", std::future::pending()) => answer,
        never = owner => never,
    }
}

#[tokio::test(start_paused = true)]
async fn the_owner_sees_who_asks_and_why_and_decides() {
    let (deps, _) = ana();
    let challenges = Challenges::default();
    let ben = friend(&deps, 2).await;
    let (_, mut live) = deps.events.listen(None);
    assert_eq!(ask(&deps, &challenges, ben, Decision::Confirm).await.unwrap(), Decision::Confirm);
    let mut kinds = Vec::new();
    while let Ok(event) = live.try_recv() {
        kinds.push((event.kind, event.data["waits"].as_bool()));
    }
    assert_eq!(
        kinds,
        [(Kind::Notification, None), (Kind::Challenge, Some(true)), (Kind::Challenge, Some(false))]
    );
    let page = deps.read(|w| Ok(notify::store::page(w.tx, w.seal, i64::MAX, 10)?)).await.unwrap();
    assert_eq!(
        (page[0].what, page[0].actor, page[0].params.words.as_str()),
        (What::Challenge, Some(ben), "the bakery's keys")
    );
    assert_eq!(ask(&deps, &challenges, ben, Decision::Refuse).await.unwrap(), Decision::Refuse);
    assert!(matches!(challenges.decide(1, Decision::Confirm), Err(NodeError::Gone(_))), "it was decided");
}

#[tokio::test(start_paused = true)]
async fn a_question_that_nobody_answers_ends() {
    let (deps, _) = ana();
    let challenges = Challenges::default();
    let ben = friend(&deps, 2).await;
    let over = challenges.ask_owner(&deps, ben, "hello?", std::future::pending()).await;
    assert!(matches!(over, Err(NodeError::Gone(_))), "after 55 s");
    assert!(challenges.list().is_empty());
    let over = challenges.ask_owner(&deps, ben, "hello?", async {}).await;
    assert!(matches!(over, Err(NodeError::Gone(_))), "and with the session");
    assert!(challenges.list().is_empty());
}

#[tokio::test(start_paused = true)]
async fn strangers_and_who_asks_too_often_are_refused() {
    let (deps, hands) = ana();
    let challenges = Challenges::default();
    let stranger = person(&deps, 3, Relationship::None, Status::None).await;
    let asked = person(&deps, 4, Relationship::Friend, Status::PendingIn).await;
    let blocked = person(&deps, 5, Relationship::Blocked, Status::Accepted).await;
    for (who, refused) in [(stranger, true), (asked, true), (blocked, false)] {
        let answer = challenges.ask_owner(&deps, who, "please", async {}).await.unwrap_err();
        assert_eq!(matches!(answer, NodeError::Refused(_)), refused, "{answer}");
        assert_eq!(
            matches!(answer, NodeError::Unknown(_)),
            !refused,
            "who is blocked learns nothing: {answer}"
        );
    }
    let ben = friend(&deps, 2).await;
    let waits = challenges.ask_owner(&deps, ben, "one", std::future::pending());
    let second = async {
        while challenges.list().is_empty() {
            tokio::task::yield_now().await;
        }
        challenges.ask_owner(&deps, ben, "two", std::future::pending()).await
    };
    let (_, second) = tokio::join!(waits, second);
    assert!(matches!(second, Err(NodeError::SlowDown(_))), "one at a time");
    assert!(ask(&deps, &challenges, ben, Decision::Confirm).await.is_ok());
    let fourth = challenges.ask_owner(&deps, ben, "four", async {}).await;
    assert!(matches!(fourth, Err(NodeError::SlowDown(1..=300))), "three at once: {fourth:?}");
    hands.advance(300_000);
    assert!(ask(&deps, &challenges, ben, Decision::Confirm).await.is_ok(), "then one every five minutes");
}

#[tokio::test(start_paused = true)]
async fn the_owner_answers_by_the_api_and_asks_contacts_only() {
    let (deps, _) = ana();
    let desk = Desk::of(&deps);
    let ben = friend(&deps, 2).await;
    let asks = desk.net.challenges.ask_owner(&deps, ben, "the bakery's keys", std::future::pending());
    let owner = async {
        while desk.net.challenges.list().is_empty() {
            tokio::task::yield_now().await;
        }
        let (status, list) = desk.call("GET", "/challenges", None).await;
        let one = &list["items"][0];
        assert_eq!((status, one["reason"].as_str()), (200, Some("the bakery's keys")));
        assert_eq!(one["from"]["node_id"], json!(NodeId([2; 32])));
        assert_eq!(one["until_at"].as_u64().unwrap() - one["asked_at"].as_u64().unwrap(), 55_000);
        let path = format!("/challenges/{}", one["id"].as_str().unwrap());
        for (body, status) in [(json!({"decision": "perhaps"}), 400), (json!({"decision": "confirm"}), 204)] {
            assert_eq!(desk.call("POST", &path, Some(body)).await.0, status);
        }
        let again = desk.call("POST", &path, Some(json!({"decision": "refuse"}))).await;
        assert_eq!((again.0, again.1["code"].as_str()), (410, Some("gone")), "said is said");
    };
    let (said, ()) = tokio::join!(asks, owner);
    assert_eq!(said.unwrap(), Decision::Confirm);
    person(&deps, 3, Relationship::None, Status::None).await;
    for (number, reason, status, code) in [
        (2, "", 422, "invalid"),
        (2, "two\nlines", 422, "invalid"),
        (3, "is it you?", 403, "refused"),
        (4, "is it you?", 404, "unknown"),
    ] {
        let path = format!("/people/{}/challenge", NodeId([number; 32]));
        let (got, problem) = desk.call("POST", &path, Some(json!({"reason": reason}))).await;
        assert_eq!((got, problem["code"].as_str()), (status, Some(code)), "{problem}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_confirmed_by_hand_stands_in_the_audit_log() {
    let (clock, _) = clock();
    let (ana, ben) = (Node::new("Ana", &clock).await, Node::new("Ben", &clock).await);
    befriend(&ana, &ben).await;
    let person = ana.person(&ben).await.id;
    ask(&ana.deps, &Challenges::default(), person, Decision::Confirm).await.unwrap();
    ask(&ana.deps, &Challenges::default(), person, Decision::Refuse).await.unwrap();
    let desk = Desk::of(&ana.deps);
    let path = format!("/people/{}/verify", ben.id);
    assert_eq!(desk.call("POST", &path, Some(json!({"verified": true}))).await.0, 200);
    let (_, log) = desk.call("GET", "/audit", None).await;
    let items = log["items"].as_array().unwrap();
    let said: Vec<&str> = items.iter().filter_map(|one| one["detail"].as_str()).take(3).collect();
    assert_eq!(
        said,
        [
            "safety number compared",
            "the owner refused to confirm to them",
            "the owner confirmed to them by hand"
        ]
    );
    assert!(items[0]["subject"] != "" && items[0]["subject"] == items[2]["subject"], "{log}");
}
