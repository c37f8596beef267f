//! Two people meet: by a directory, by an invitation, again by their pair secret.

use openred_node::modules::{
    contacts::{self, person::Status},
    invitations, profile,
};

use super::world::{Introducer, Node};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ana_and_ben_are_introduced_by_a_directory_and_become_friends() {
    let directory = Introducer::start().await;
    let (ana, ben) = (Node::start("Ana Ríos").await, Node::start("Ben Okafor").await);
    ana.join(&directory).await;
    ben.join(&directory).await;
    let bio = Some("Bakes before sunrise.".to_owned());
    profile::change(&ana.deps, profile::Change { bio, ..profile::Change::default() }).await.unwrap();
    ana.ask(&ben.id, "from the bakery").await;
    let request = ben.until_person("ben sees the request", &ana.id, |p| p.status == Status::PendingIn).await;
    assert_eq!(request.details.note, "from the bakery");
    assert_eq!(request.shown_name(), "Ana Ríos", "her descriptor says her name");
    ben.accept(&ana.id).await.unwrap();
    ana.until_person("ana sees the answer", &ben.id, contacts::person::Person::is_friend).await;
    assert!(ana.net.is_connected(&ben.id) || ben.net.is_connected(&ana.id));
    let knows = |p: &contacts::person::Person| p.details.bio == "Bakes before sunrise.";
    ben.until_person("ben gets the profile that was there before", &ana.id, knows).await;
    // From now on they need nobody.
    directory.stop().await;
    let id = ben.id;
    ana.deps.write(move |w| contacts::remove(w, &id)).await.unwrap();
    ben.until_person("ben learns that it is over", &ana.id, |p| !p.is_friend()).await;
    ana.stop().await;
    ben.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invitation_makes_friends_without_any_directory() {
    let (ana, ben) = (Node::start("Ana").await, Node::start("Ben").await);
    let invitation = invitations::create(&ana.deps, 1, true, None, ana.net.routes()).await.unwrap();
    let (inviter, state) = ben.net.redeem(&invitation.links.link).await.unwrap();
    assert_eq!((inviter, state), (ana.id, "sent"));
    ana.until_person("ana has a friend", &ben.id, contacts::person::Person::is_friend).await;
    ben.until_person("ben has a friend", &ana.id, contacts::person::Person::is_friend).await;
    let chloe = Node::start("Chloé").await;
    chloe.net.redeem(&invitation.links.link).await.unwrap();
    let waits = chloe.until_person("chloé waits", &ana.id, |p| p.status == Status::PendingOut).await;
    assert!(!waits.is_friend(), "a link makes one friend");
    assert!(ana.person(&chloe.id).await.is_none(), "and leaves no trace of the second");
    ana.stop().await;
    ben.stop().await;
    chloe.stop().await;
}
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invitation_is_honoured_between_two_who_have_met() {
    let (ana, ben) = (Node::start("Ana").await, Node::start("Ben").await);
    let first = invitations::create(&ana.deps, 1, true, None, ana.net.routes()).await.unwrap();
    ben.net.redeem(&first.links.link).await.unwrap();
    ben.until_person("ben has a friend", &ana.id, contacts::person::Person::is_friend).await;
    let id = ana.id;
    ben.deps.write(move |w| contacts::remove(w, &id)).await.unwrap();
    ana.until_person("ana learns that it is over", &ben.id, |p| !p.is_friend()).await;
    // Their session is open and they share a pair secret: the link counts all the same.
    let second = invitations::create(&ana.deps, 1, true, None, ana.net.routes()).await.unwrap();
    ben.net.redeem(&second.links.link).await.unwrap();
    ana.until_person("ana has her friend back", &ben.id, contacts::person::Person::is_friend).await;
    ben.until_person("and ben her", &ana.id, contacts::person::Person::is_friend).await;
    ana.stop().await;
    ben.stop().await;
}
