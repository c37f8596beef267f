//! Circles: posts for some friends alone, who need not know one another.

use openred_core::{
    envelope::{MessageType, Verified},
    ids::{Hash, Id16, NodeId},
    payload::{Comment, Payload, PostReaction, Talk, TalkKind},
};
use openred_node::{
    delivery::store as delivery,
    error::NodeError,
    modules::{
        chats::{
            groups::{own as groups, store as group_rows},
            mls, view as chat_view,
        },
        circles::{own as circles, store as rows, view},
        contacts,
        feed::{
            self,
            audience::{Visibility, Whom},
            home::{
                self,
                store::{Filter, Place},
                view::{PostView, ThreadView},
            },
            own,
        },
    },
};

use super::{
    chats::until_keys,
    groups::friends_of_one,
    world::{Node, two_by_mail_alone},
};

async fn feed_of(node: &Node) -> Vec<PostView> {
    node.deps.read(|w| Ok(home::page(w, Filter::Everyone, Place::TOP, 50)?.items)).await.unwrap()
}

/// What a node shows, the oldest first.
async fn texts(node: &Node) -> Vec<String> {
    let mut texts: Vec<_> = feed_of(node).await.into_iter().map(|post| post.text).collect();
    texts.reverse();
    texts
}

async fn until_texts(node: &Node, expected: &[&str]) {
    node.until(&format!("{expected:?}"), async || texts(node).await == expected).await;
}

async fn thread(node: &Node, post: Hash) -> ThreadView {
    node.deps.read(move |w| home::thread(w, &post)).await.unwrap()
}

/// Comments of a thread and the reactions of its post.
async fn answers(node: &Node, post: Hash) -> (Vec<String>, u64) {
    let thread = thread(node, post).await;
    let comments = thread.comments.into_iter().map(|comment| comment.text).collect();
    (comments, thread.post.reactions.iter().map(|one| one.count).sum())
}

async fn until_answers(node: &Node, post: Hash, comments: &[&str], reactions: u64) {
    let holds =
        async || answers(node, post).await == (comments.iter().map(|c| (*c).to_owned()).collect(), reactions);
    node.until(&format!("{comments:?} and {reactions} reactions"), holds).await;
}

async fn create(node: &Node, name: &'static str, people: &[&Node]) -> Id16 {
    let people: Vec<NodeId> = people.iter().map(|node| node.id).collect();
    node.deps.write(move |w| circles::create(w, name, &people)).await.unwrap()
}

async fn posts(node: &Node, circle: Id16, text: &str) -> Hash {
    own::posts::create(&node.deps, text.to_owned(), Whom::Circle(circle), None).await.unwrap().id
}

async fn comments(node: &Node, post: Hash, text: &str) -> Hash {
    own::comments::create(&node.deps, post, text.to_owned(), None, None).await.unwrap()
}

/// Who is in a circle and how.
async fn people(node: &Node, circle: Id16) -> Vec<(String, &'static str)> {
    let shown = node.deps.read(move |w| view::circle(w, circle)).await.unwrap();
    shown.people.unwrap().into_iter().map(|one| (one.display_name, one.state)).collect()
}

/// Something said in the open afterwards shows that all that was said before has come.
async fn until_said_in_the_open(from: &Node, to: &[&Node], text: &str) {
    own::posts::create(&from.deps, text.to_owned(), Visibility::Friends, None).await.unwrap();
    for node in to {
        node.until("what was said in the open", async || texts(node).await.iter().any(|one| one == text))
            .await;
    }
}

async fn stop<const N: usize>(nodes: [Node; N]) {
    for node in nodes {
        node.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_post_to_a_circle_is_for_its_members_alone_and_so_is_all_that_is_said_under_it() {
    let [ana, ben, chloe, dora] = friends_of_one(["Ana", "Ben", "Chloe", "Dora"]).await;
    let family = create(&ana, "Family", &[&ben, &chloe]).await;
    assert_eq!(people(&ana, family).await, [("Ben".to_owned(), "in"), ("Chloe".to_owned(), "in")]);
    let post = posts(&ana, family, "Aunt Iris comes on Sunday.").await;
    for node in [&ben, &chloe] {
        until_texts(node, &["Aunt Iris comes on Sunday."]).await;
    }
    let shown = feed_of(&ben).await.remove(0);
    assert_eq!((shown.visibility, shown.circle, shown.can.comment), ("circle", None, true));
    let own_view = feed_of(&ana).await.remove(0);
    assert_eq!(own_view.circle.unwrap().name, "Family", "her name of it is hers");
    ana.until("both have it", async || {
        let delivery = feed_of(&ana).await.remove(0).delivery.unwrap();
        (delivery.total, delivery.delivered) == (2, 2)
    })
    .await;

    // Ben and Chloe do not know each other.
    let question = comments(&ben, post, "Who bakes?").await;
    own::reactions::react(&chloe.deps, post, "🎂".to_owned()).await.unwrap();
    for node in [&ana, &ben, &chloe] {
        until_answers(node, post, &["Who bakes?"], 1).await;
    }
    own::comments::create(&chloe.deps, post, "I do.".to_owned(), Some(question), None).await.unwrap();
    own::comments::edit(&ben.deps, question, "Who bakes the cake?".to_owned()).await.unwrap();
    own::reactions::react(&ana.deps, question, "👍".to_owned()).await.unwrap();
    own::posts::edit(&ana.deps, post, "Aunt Iris comes on Monday.".to_owned()).await.unwrap();
    for node in [&ana, &ben, &chloe] {
        until_answers(node, post, &["Who bakes the cake?", "I do."], 1).await;
        node.until("the reaction to the comment", async || {
            !thread(node, post).await.comments[0].reactions.is_empty()
        })
        .await;
        until_texts(node, &["Aunt Iris comes on Monday."]).await;
    }
    // The owner of the wall decides what stands on it.
    own::comments::remove(&ana.deps, question).await.unwrap();
    chloe.until("it says nothing any more", async || thread(&chloe, post).await.comments[0].deleted).await;

    until_said_in_the_open(&ana, &[&ben, &chloe, &dora], "Bread is ready.").await;
    assert_eq!(texts(&dora).await, ["Bread is ready."], "who is in no circle sees nothing of it");
    own::posts::remove(&ana.deps, post).await.unwrap();
    for node in [&ben, &chloe] {
        until_texts(node, &["Bread is ready."]).await;
    }
    let chats = ana.deps.read(|w| chat_view::list(w, false, 0, 50)).await.unwrap();
    assert!(chats.iter().all(|chat| chat.kind == "person"), "a circle is no conversation");
    let as_group = ben.deps.read(move |w| groups::known(w, family)).await;
    assert!(matches!(as_group, Err(NodeError::Unknown(_))), "nor is it a group to its members");
    stop([ana, ben, chloe, dora]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_removed_gets_nothing_newer_and_fetches_nothing() {
    let [ana, ben, chloe] = friends_of_one(["Ana", "Ben", "Chloe"]).await;
    let family = create(&ana, "Family", &[&ben, &chloe]).await;
    let long = format!("A long story. {}", "And then it rained. ".repeat(60));
    let story = posts(&ana, family, &long).await;
    for node in [&ben, &chloe] {
        node.until("the beginning of it", async || texts(node).await.len() == 1).await;
    }
    let fetched = async |node: &Node| {
        own::fetch::whole_text(&node.deps, &node.net, story).await.unwrap();
        node.deps.read(move |w| home::post(w, &story)).await.unwrap()
    };
    assert_eq!(fetched(&ben).await.text, long, "a member fetches the rest");

    let gone = chloe.id;
    ana.deps.write(move |w| circles::remove(w, family, &gone)).await.unwrap();
    assert_eq!(people(&ana, family).await, [("Ben".to_owned(), "in")]);
    let refused = fetched(&chloe).await;
    assert_eq!((refused.access, refused.more), ("refused", true), "access is looked at when it is fetched");
    let newer = posts(&ana, family, "For two.").await;
    ben.until("he has it", async || texts(&ben).await.contains(&"For two.".to_owned())).await;
    comments(&ben, newer, "Only us.").await;
    until_answers(&ana, newer, &["Only us."], 0).await;
    until_said_in_the_open(&ana, &[&chloe], "Bread is ready.").await;
    assert!(!texts(&chloe).await.contains(&"For two.".to_owned()));
    let said = own::comments::create(&chloe.deps, story, "Hello?".to_owned(), None, None).await;
    assert!(matches!(said, Err(NodeError::Refused(_))), "her own node knows: {said:?}");

    // Who went while something waited for them is not waited for.
    ana.until("all who are in it have all of it", async || {
        let waits = |post: &PostView| {
            let delivery = post.delivery.as_ref();
            post.circle.is_some() && delivery.is_some_and(|d| d.total != d.delivered)
        };
        !feed_of(&ana).await.iter().any(waits)
    })
    .await;

    // What the owner says to all friends about the wall holds nothing of it: neither to her nor to anybody.
    let asked = ana.id;
    for node in [&chloe, &ben] {
        node.deps
            .write(move |w| {
                let ana = contacts::known(w, &asked)?;
                contacts::ask_wall(w, &ana, 0)
            })
            .await
            .unwrap();
    }
    until_said_in_the_open(&ana, &[&chloe], "More bread is ready.").await;
    assert!(!texts(&chloe).await.contains(&"For two.".to_owned()));
    let open = ana.deps.read(|w| {
        let friends = feed::things::store::on_wall(w.tx, w.seal, 0, true, 50)?;
        Ok(friends.into_iter().map(|item| String::from_utf8(item.envelope).unwrap()).collect::<Vec<_>>())
    });
    let open = open.await.unwrap();
    assert_eq!(open.len(), 2, "two posts for friends, no comment: {open:?}");
    assert!(open.iter().all(|envelope| !envelope.contains("\"circle\"")));
    stop([ana, ben, chloe]).await;
}

/// An envelope as this node's keeper signs it, for the wall of another.
async fn signed(node: &Node, wall: &Node, payload: Payload) -> Verified {
    let to = wall.deps.me.get().unwrap();
    node.deps.sign(payload.kind(), (*to).clone(), payload.to_value().unwrap()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn by_hand_nobody_says_anything_in_a_circle_that_they_are_not_in() {
    let [ana, ben, eve] = friends_of_one(["Ana", "Ben", "Eve"]).await;
    let family = create(&ana, "Family", &[&ben]).await;
    let work = create(&ana, "Work", &[&eve]).await;
    let post = posts(&ana, family, "Aunt Iris comes on Sunday.").await;
    until_texts(&ben, &["Aunt Iris comes on Sunday."]).await;
    let other = posts(&ana, work, "The oven is repaired.").await;
    until_texts(&eve, &["The oven is repaired."]).await;

    // In the open, to Ana, who would forward it: by a friend who knows the id, and by a member.
    let said = |text: &str| Comment {
        post,
        parents: vec![post],
        text: text.to_owned(),
        content: None,
        edits: None,
        deletes: None,
    };
    for (node, text) in [(&eve, "Eve was here"), (&ben, "Ben in the open")] {
        let comment = signed(node, &ana, said(text).into()).await;
        let reaction =
            signed(node, &ana, PostReaction { target: post, reaction: "👀".to_owned() }.into()).await;
        let to = ana.id;
        node.deps
            .write(move |w| {
                let ana = contacts::known(w, &to)?;
                for item in [&comment, &reaction] {
                    delivery::say(w.tx, w.seal, item, delivery::Audience::Person(ana.id), w.now)?;
                }
                w.wake();
                Ok(())
            })
            .await
            .unwrap();
    }
    // As a message of her own circle, about a post of another one: her node would not make it, so it is made by hand.
    let inside = signed(&eve, &ana, said("Eve by another circle").into()).await;
    let in_her_name = signed(&ben, &ana, said("Eve as Ben").into()).await;
    for item in [inside, in_her_name] {
        eve.deps
            .write(move |w| {
                let found = rows::of(w.tx, w.seal, contacts::known(w, &ana_id(w)?)?.id, 9)?;
                let group = group_rows::get(w.tx, w.seal, found[0].group)?.unwrap();
                let talk = Talk {
                    item: Some(openred_core::ids::B64(item.canonical().to_vec())),
                    ..Talk::new(Id16([9; 16]), TalkKind::Wall)
                };
                let content = talk.to_bytes()?;
                let bytes = mls::with(w, |chat| chat.encrypt(group.group, &content))?.unwrap();
                let to = contacts::known(w, &ana_id(w)?)?;
                let mls = openred_core::ids::B64(bytes);
                let message = openred_core::payload::DirectMessage::Whole { group: group.group, mls };
                contacts::say(w, &to, message.into())
            })
            .await
            .unwrap();
    }
    comments(&eve, other, "At last").await;
    comments(&ben, post, "Who bakes?").await;
    until_answers(&ana, other, &["At last"], 0).await;
    until_answers(&ana, post, &["Who bakes?"], 0).await;
    until_answers(&ben, post, &["Who bakes?"], 0).await;

    // A member who carries the post out of the circle is not believed.
    let envelope = ben.deps.read(move |w| {
        let held = feed::posts::store::find(w.tx, w.seal, &post)?.unwrap();
        Ok(feed::posts::store::envelopes(w.tx, w.seal, &held)?.remove(0))
    });
    let carried = Verified::from_trusted_store(&envelope.await.unwrap()).unwrap();
    assert_eq!(carried.envelope().kind, MessageType::PostShare);
    let from = ana.id;
    let taken = eve.deps.write(move |w| {
        let ana = contacts::known(w, &from)?;
        let Payload::PostShare(said) = carried.payload()? else { panic!("a post") };
        feed::on_post(w, &ana, &carried, said)
    });
    assert!(matches!(taken.await, Err(NodeError::Refused(_))), "what is for a circle is said in it alone");
    assert_eq!(texts(&eve).await, ["The oven is repaired."]);
    stop([ana, ben, eve]).await;
}

/// The one friend of a node in these tests.
fn ana_id(work: &openred_node::deps::Work<'_, '_>) -> Result<NodeId, NodeError> {
    let friends = contacts::store::audience(work.tx, false, 0, 2)?;
    let friend = contacts::store::get(work.tx, work.seal, friends[0])?;
    Ok(friend.unwrap().node_id)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_was_away_or_had_given_no_key_gets_what_was_posted_since_they_are_on_the_list() {
    let ana = Node::start("Ana").await;
    let (ben, chloe) = (Node::start("Ben").await, Node::start("Chloe").await);
    for node in [&ana, &ben] {
        node.talks(0).await;
    }
    ana.befriend(&ben).await;
    until_keys(&ana, &ben.id).await;
    ana.befriend(&chloe).await;
    let family = create(&ana, "Family", &[&ben, &chloe]).await;
    assert_eq!(people(&ana, family).await, [("Ben".to_owned(), "in"), ("Chloe".to_owned(), "adding")]);
    // Ben's node is off, Chloe's has no keys yet.
    let away = ben.lock();
    let post = posts(&ana, family, "Aunt Iris comes on Sunday.").await;
    own::posts::edit(&ana.deps, post, "Aunt Iris comes on Monday.".to_owned()).await.unwrap();
    let deleted = posts(&ana, family, "Nonsense").await;
    own::posts::remove(&ana.deps, deleted).await.unwrap();
    chloe.talks(0).await;
    until_texts(&chloe, &["Aunt Iris comes on Monday."]).await;
    assert_eq!(people(&ana, family).await.len(), 2);
    ben.unlock(away).await;
    ben.deps.wake.chat();
    ben.deps.wake.deliver();
    until_texts(&ben, &["Aunt Iris comes on Monday."]).await;
    comments(&chloe, post, "Good.").await;
    until_answers(&ben, post, &["Good."], 0).await;
    // Who comes later sees what is said from then on.
    let dora = Node::start("Dora").await;
    dora.talks(0).await;
    ana.befriend(&dora).await;
    until_keys(&ana, &dora.id).await;
    let who = dora.id;
    ana.deps.write(move |w| circles::add(w, family, &[who])).await.unwrap();
    posts(&ana, family, "She stays a week.").await;
    until_texts(&dora, &["She stays a week."]).await;
    stop([ana, ben, chloe, dora]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_circle_works_through_relays_alone() {
    let (directory, relay, [ana, ben]) = two_by_mail_alone().await;
    for node in [&ana, &ben] {
        node.talks(0).await;
    }
    ana.ask(&ben.id, "from the bakery").await;
    ben.until_person("the request", &ana.id, |p| p.status == contacts::person::Status::PendingIn).await;
    ben.accept(&ana.id).await.unwrap();
    ana.until_person("the answer", &ben.id, contacts::person::Person::is_friend).await;
    until_keys(&ana, &ben.id).await;
    let family = create(&ana, "Family", &[&ben]).await;
    let post = posts(&ana, family, "Aunt Iris comes on Sunday.").await;
    until_texts(&ben, &["Aunt Iris comes on Sunday."]).await;
    comments(&ben, post, "I bake.").await;
    own::reactions::react(&ben.deps, post, "🎂".to_owned()).await.unwrap();
    until_answers(&ana, post, &["I bake."], 1).await;
    assert_eq!(ana.net.sessions() + ben.net.sessions(), 0, "all of this by mail");
    stop([ana, ben]).await;
    relay.stop().await;
    directory.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owners_new_key_loses_no_circle_and_the_end_of_a_friendship_ends_its_places() {
    let [ana, ben, chloe] = friends_of_one(["Ana", "Ben", "Chloe"]).await;
    let family = create(&ana, "Family", &[&ben, &chloe]).await;
    let post = posts(&ana, family, "Before.").await;
    for node in [&ben, &chloe] {
        until_texts(node, &["Before."]).await;
    }
    until_keys(&ana, &ben.id).await;
    until_keys(&ana, &chloe.id).await;
    ana.rotate().await;
    ana.deps.wake.chat();
    let other_group = async || {
        let circle = ana.deps.read(move |w| circles::own(w, family)).await.unwrap();
        let group = ana.deps.read(move |w| Ok(group_rows::get(w.tx, w.seal, circle.group)?)).await.unwrap();
        group.unwrap().group != family
    };
    ana.until("the circle goes on in a new group", other_group).await;
    posts(&ana, family, "After.").await;
    for node in [&ben, &chloe] {
        until_texts(node, &["Before.", "After."]).await;
    }
    comments(&ben, post, "Still here.").await;
    for node in [&ana, &chloe] {
        until_answers(node, post, &["Still here."], 0).await;
    }

    let gone = chloe.id;
    ana.deps.write(move |w| contacts::remove(w, &gone)).await.unwrap();
    assert_eq!(people(&ana, family).await, [("Ben".to_owned(), "in")]);
    chloe.until_person("she knows", &ana.id, |p| !p.is_friend()).await;
    posts(&ana, family, "For one.").await;
    until_texts(&ben, &["Before.", "After.", "For one."]).await;
    ana.deps.write(move |w| circles::end(w, family)).await.unwrap();
    let to = own::posts::create(&ana.deps, "To nobody".to_owned(), Whom::Circle(family), None).await;
    assert!(matches!(to, Err(NodeError::Unknown(_))), "no post falls back to others: {to:?}");
    assert!(ana.deps.read(view::list).await.unwrap().is_empty());
    let kept = feed_of(&ana).await;
    assert!(kept.iter().all(|post| post.circle.as_ref().is_some_and(|one| one.deleted)), "the posts stay");
    assert_eq!(texts(&chloe).await, ["Before.", "After."]);
    stop([ana, ben, chloe]).await;
}
