//! Asking for access: granted, refused, and never by who is blocked.

use openred_core::{ids::Hash, payload::AccessRequest};

use super::{
    super::{access, audience::Visibility, home, own},
    stage::{Node, Wire, befriend, blocked, clock, stranger},
};
use crate::{error::NodeError, modules::notify};

async fn seen(node: &Node, id: Hash) -> home::view::PostView {
    node.deps.read(move |w| home::post(w, &id)).await.unwrap()
}

/// Ben was Ana's friend when she wrote something long, and is not any more.
async fn removed() -> (Node, Node, Hash) {
    let (clock, hands) = clock();
    let (ana, ben) = (Node::new("ana", &clock).await, Node::new("ben", &clock).await);
    befriend(&ana, &ben).await;
    let id = ana.writes(&"a long letter ".repeat(40), Visibility::Friends).await;
    super::stage::settle(&[&ana, &ben]).await;
    ana.relates(&ben, stranger).await;
    hands.advance(1_000);
    own::fetch::whole_text(&ben.deps, &Wire::of(&ben, &[&ana]), id).await.unwrap();
    assert_eq!(seen(&ben, id).await.access, "refused");
    (ana, ben, id)
}

#[tokio::test]
async fn access_is_asked_for_granted_and_fetched() {
    let (ana, ben, id) = removed().await;
    access::ask(&ben.deps, id, "please".to_owned()).await.unwrap();
    assert_eq!(seen(&ben, id).await.access, "asked");
    assert!(matches!(access::ask(&ben.deps, id, String::new()).await, Err(NodeError::Conflict(_))));
    ben.carry(&ana).await;
    let open = ana.deps.read(access::open).await.unwrap();
    assert_eq!((open.len(), open[0].note.as_str(), open[0].post_id), (1, "please", id));
    assert_eq!(ana.deps.read(|w| Ok(notify::store::unread(w.tx)?)).await.unwrap(), 1);
    let request = open[0].id;
    ana.deps.write(move |w| access::decide(w, request, true)).await.unwrap();
    assert!(matches!(
        ana.deps.write(move |w| access::decide(w, request, false)).await,
        Err(NodeError::Conflict(_))
    ));
    ana.carry(&ben).await;
    assert_eq!(seen(&ben, id).await.access, "open");
    own::fetch::whole_text(&ben.deps, &Wire::of(&ben, &[&ana]), id).await.unwrap();
    assert_eq!(seen(&ben, id).await.text, "a long letter ".repeat(40));
}

#[tokio::test]
async fn a_refusal_is_noted_and_ends_nothing_else() {
    let (ana, ben, id) = removed().await;
    access::ask(&ben.deps, id, String::new()).await.unwrap();
    ben.carry(&ana).await;
    let request = ana.deps.read(access::open).await.unwrap()[0].id;
    ana.deps.write(move |w| access::decide(w, request, false)).await.unwrap();
    ana.carry(&ben).await;
    assert_eq!(seen(&ben, id).await.access, "refused");
    assert!(ben.person(&ana).await.is_friend(), "the answer was about a post");
    assert!(ana.deps.read(access::open).await.unwrap().is_empty());
    let again = ben.says(&ana, AccessRequest { target: id, note: None }).await;
    assert!(matches!(ana.hears(&ben, &again).await, Err(NodeError::Refused(_))), "not again the same day");
}

#[tokio::test]
async fn blocked_people_ask_in_vain_and_secrets_stay_unknown() {
    let (ana, ben, id) = removed().await;
    let private = ana.writes("mine", Visibility::Private).await;
    let guess = ben.says(&ana, AccessRequest { target: private, note: None }).await;
    assert!(matches!(ana.hears(&ben, &guess).await, Err(NodeError::Unknown(_))));
    ana.relates(&ben, blocked).await;
    own::fetch::whole_text(&ben.deps, &Wire::of(&ben, &[&ana]), id).await.unwrap();
    assert!(seen(&ben, id).await.more);
}
