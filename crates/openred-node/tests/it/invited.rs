//! Groups that people come into by a link: for how many, until when, and who is asked.

use openred_core::ids::Id16;
use openred_node::{
    error::NodeError,
    modules::{
        chats::groups::{
            links::{self, Terms, store as rows},
            own as groups,
            view::{GroupView, group as group_view},
        },
        contacts,
    },
};
use openred_service::lifecycle::Clock;

use super::{
    groups::{create, friends_of_one, texts, until_members, until_texts, writes},
    world::Node,
};

async fn link(node: &Node, group: Id16, uses: i64, approval: bool) -> rows::Link {
    let (terms, routes) = (Terms { days: 1, uses, approval }, node.net.routes());
    node.deps.write(move |w| links::create(w, group, &terms, None, routes.clone())).await.unwrap()
}

async fn joins(node: &Node, link: &rows::Link) -> Result<Id16, NodeError> {
    node.net.join_group(&link.texts.link).await
}

/// How the wish of a node to come in stands.
async fn stands(node: &Node) -> Option<&'static str> {
    let joins = node.deps.read(|w| Ok(rows::joins(w.tx, w.seal)?)).await.unwrap();
    joins.first().map(|join| join.state.as_str())
}

async fn until_stands(node: &Node, state: &str) {
    node.until(state, async || stands(node).await == Some(state)).await;
}

async fn state_of(node: &Node, link: &rows::Link) -> &'static str {
    let (id, now) = (link.link_id, node.deps.clock.now_ms());
    let found = node.deps.read(move |w| Ok(rows::get(w.tx, w.seal, id)?)).await.unwrap();
    found.unwrap().state(now)
}

async fn shown(node: &Node, id: Id16) -> GroupView {
    node.deps.read(move |w| group_view(w, id)).await.unwrap()
}

async fn newcomer(name: &str) -> Node {
    let node = Node::start(name).await;
    node.talks(0).await;
    node
}

async fn stop(nodes: impl IntoIterator<Item = Node>) {
    for node in nodes {
        node.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_who_never_met_come_into_a_group_by_its_link_which_is_used_up_then() {
    let [ana, ben] = friends_of_one(["Ana", "Ben"]).await;
    let id = create(&ana, "Bakery", &[&ben]).await;
    until_members(&ben, id, &["Ana", "Ben"]).await;
    let only = link(&ana, id, 1, false).await;
    let dora = newcomer("Dora").await;
    let read = links::read(&only.texts.link, dora.deps.clock.now_ms()).unwrap();
    assert_eq!((read.name.as_str(), read.group), ("Bakery", id), "what it is, before anybody is asked");

    assert_eq!(joins(&dora, &only).await.unwrap(), id);
    for node in [&ana, &ben, &dora] {
        until_members(node, id, &["Ana", "Ben", "Dora"]).await;
    }
    assert_eq!(stands(&dora).await, None, "she is in: nothing is waited for");
    assert_eq!(state_of(&ana, &only).await, "used");
    assert!(matches!(joins(&dora, &only).await, Err(NodeError::Conflict(_))));
    writes(&dora, id, 1, "1 Hello all").await;
    for node in [&ana, &ben] {
        until_texts(node, id, &["1 Hello all"]).await;
    }
    writes(&ben, id, 2, "2 Welcome").await;
    until_texts(&dora, id, &["1 Hello all", "2 Welcome"]).await;
    assert!(!dora.person(&ana.id).await.unwrap().is_friend(), "a link makes no friends");

    let emil = newcomer("Emil").await;
    joins(&emil, &only).await.unwrap();
    until_stands(&emil, "gone").await;
    assert_eq!(shown(&ana, id).await.members.len(), 3);
    let own = ana.net.join_group(&only.texts.link).await;
    assert!(matches!(own, Err(NodeError::Refused(_) | NodeError::Conflict(_))), "{own:?}");
    stop([ana, ben, dora, emil]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_that_ran_out_or_was_taken_back_lets_nobody_in() {
    let (clock, hand) = Clock::manual(Clock::System.now_ms());
    let [ana, ben, dora] = ["Ana", "Ben", "Dora"].map(|name| Node::start_at(name, clock.clone()));
    let (ana, ben, dora) = tokio::join!(ana, ben, dora);
    for node in [&ana, &ben, &dora] {
        node.talks(0).await;
    }
    ana.befriend(&ben).await;
    let id = create(&ana, "Bakery", &[&ben]).await;
    let revoked = link(&ana, id, 9, false).await;
    let taken_back = revoked.link_id;
    ana.deps.write(move |w| links::revoke(w, id, taken_back)).await.unwrap();
    joins(&dora, &revoked).await.unwrap();
    until_stands(&dora, "gone").await;

    let old = link(&ana, id, 9, false).await;
    let mut longer = links::read(&old.texts.link, dora.deps.clock.now_ms()).unwrap();
    hand.advance(86_400_000);
    assert_eq!(state_of(&ana, &old).await, "expired");
    assert!(matches!(joins(&dora, &old).await, Err(NodeError::Gone(_))), "her own node knows");
    // Who writes another end into it learns it from the maker.
    longer.invitation.not_after += 86_400;
    assert_eq!(stands(&dora).await, Some("gone"));
    dora.deps.write(move |w| Ok(rows::joined(w.tx, id)?)).await.unwrap();
    dora.net.join_group(&longer.to_link(None).unwrap()).await.unwrap();
    until_stands(&dora, "gone").await;

    // Who does not hold the secret is not let in, whatever link they name.
    let good = link(&ana, id, 9, false).await;
    let mut forged = links::read(&good.texts.link, dora.deps.clock.now_ms()).unwrap();
    *forged.invitation.secret = [7; 32];
    dora.net.join_group(&forged.to_link(None).unwrap()).await.unwrap();
    until_stands(&dora, "refused").await;
    assert!(shown(&ana, id).await.members.iter().all(|one| one.display_name != "Dora"));
    let stranger = ben
        .deps
        .write(move |w| links::create(w, id, &Terms { days: 1, uses: 1, approval: false }, None, Vec::new()));
    assert!(stranger.await.is_err(), "only administrators make links");
    stop([ana, ben, dora]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_made_the_link_is_asked_about_each_and_who_was_removed_stays_out() {
    let [ana, ben] = friends_of_one(["Ana", "Ben"]).await;
    let id = create(&ana, "Bakery", &[&ben]).await;
    until_members(&ben, id, &["Ana", "Ben"]).await;
    let asks = link(&ana, id, 2, true).await;
    let (dora, emil) = (newcomer("Dora").await, newcomer("Emil").await);
    for node in [&dora, &emil] {
        joins(node, &asks).await.unwrap();
        until_stands(node, "waits").await;
    }
    assert_eq!(shown(&ana, id).await.asking.len(), 2);
    let answer = async |who: &Node, yes: bool| {
        let who = who.id;
        ana.deps
            .write(move |w| {
                let who = contacts::known(w, &who)?;
                links::answer(w, id, &who, yes)
            })
            .await
    };
    answer(&emil, false).await.unwrap();
    until_stands(&emil, "refused").await;
    answer(&dora, true).await.unwrap();
    until_members(&dora, id, &["Ana", "Ben", "Dora"]).await;
    assert!(matches!(answer(&dora, true).await, Err(NodeError::Unknown(_))), "asked and answered");
    assert!(shown(&ana, id).await.asking.is_empty());
    writes(&dora, id, 1, "1 Hello").await;
    until_texts(&ben, id, &["1 Hello"]).await;

    let gone = dora.id;
    ana.deps.write(move |w| groups::remove(w, id, &gone)).await.unwrap();
    until_members(&ben, id, &["Ana", "Ben"]).await;
    dora.until("she knows", async || shown(&dora, id).await.role == "none").await;
    joins(&dora, &link(&ana, id, 9, false).await).await.unwrap();
    until_stands(&dora, "refused").await;
    assert_eq!(texts(&ben, id).await, ["1 Hello"]);
    stop([ana, ben, dora, emil]).await;
}
