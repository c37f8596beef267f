//! What is refused on a QUIC connection, before and after the first frames.

use openred_core::frame::{FRAME_MAX, Frame, close};
use openred_node::net::quic::{
    Frames, binding,
    stream::{write_frames, write_piece},
};
use serde_json::json;

use super::caller::Caller;
use crate::world::{Node, Ways};

async fn ana() -> Node {
    Node::start_by("Ana", &Ways::BOTH).await
}

fn ask(id: u32) -> Frame {
    Frame::Request { id, path: "log".to_owned(), json: r#"{"node_id": 1}"#.to_owned() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hello_made_for_another_connection_does_not_open() {
    let ana = ana().await;
    let mut chloe = Caller::of(&ana, true).await;
    // Of no connection: as for HTTPS.
    for wrong in [[0; 32], [0xb1; 32]] {
        let mut wire = chloe.connect(&ana).await;
        let made = chloe.hello(wrong);
        assert_eq!(wire.ask(&made.text).await["status"], 401);
    }
    let elsewhere = chloe.connect(&ana).await;
    let mut wire = chloe.connect(&ana).await;
    let made = chloe.hello(binding(&elsewhere.connection).unwrap());
    assert_eq!(wire.ask(&made.text).await["status"], 401, "another connection of the same two");
    ana.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hello_replayed_on_another_connection_brings_no_session_and_ends_none() {
    let ana = ana().await;
    let mut chloe = Caller::of(&ana, true).await;
    let mut wire = chloe.connect(&ana).await;
    let made = chloe.hello(binding(&wire.connection).unwrap());
    let answer = wire.ask(&made.text).await;
    assert_eq!(answer["status"], 200);
    let first = chloe.first(&made, &answer);
    // Message 2 is no secret. The first frame, even the true one, opens nothing on another connection.
    let mut other = chloe.connect(&ana).await;
    assert_eq!(other.ask(&made.text).await, answer, "the stored reply");
    assert_eq!(other.exchange(&first).await, None);
    other.is_closed().await;
    assert!(wire.exchange(&first).await.is_some(), "the one it was made for is as good as before");
    let id = chloe.id;
    ana.until("the session stands", async || ana.net.is_connected(&id)).await;
    ana.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_not_certified_to_use_its_transport_key_is_refused() {
    let ana = ana().await;
    let mut chloe = Caller::of(&ana, false).await;
    let mut wire = chloe.connect(&ana).await;
    let made = chloe.hello(binding(&wire.connection).unwrap());
    assert_eq!(wire.ask(&made.text).await["status"], 401);
    ana.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn before_the_first_frame_nothing_else_is_accepted() {
    let ana = ana().await;
    let mut chloe = Caller::of(&ana, true).await;
    let mut wire = chloe.connect(&ana).await;
    let made = chloe.hello(binding(&wire.connection).unwrap());
    assert_eq!(wire.ask(&made.text).await["status"], 200);
    // Where the first frame must be: a frame in clear.
    assert_eq!(wire.exchange(&ask(1).encode()[4..]).await, None);
    wire.is_closed().await;
    let wire = chloe.connect(&ana).await;
    let (mut early, _) = wire.connection.open_bi().await.unwrap();
    write_frames(&mut early, &[ask(1)]).await.unwrap();
    let mut first = wire;
    let _ = write_piece(&mut first.send, br#"{"get":"descriptor"}"#).await;
    first.is_closed().await;
    assert!(!ana.net.is_connected(&chloe.id));
    ana.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pieces_that_are_too_long_or_too_many_close_the_connection() {
    let ana = ana().await;
    let chloe = Caller::of(&ana, true).await;
    let mut wire = chloe.connect(&ana).await;
    let length = u32::try_from(FRAME_MAX).unwrap().to_be_bytes();
    wire.send.write_all(&length).await.unwrap();
    wire.is_closed().await;
    let mut wire = chloe.connect(&ana).await;
    assert_eq!(wire.ask(b"{}").await["status"], 400);
    let mut answered = 1;
    while wire.exchange(b"{}").await.is_some() {
        answered += 1;
        assert!(answered <= 16, "and so on for ever");
    }
    wire.is_closed().await;
    ana.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_only_asks_gets_the_descriptor_and_a_locked_node_says_so() {
    let ana = ana().await;
    let mut chloe = Caller::of(&ana, true).await;
    let mut wire = chloe.connect(&ana).await;
    let answer = wire.ask(br#"{"get":"descriptor"}"#).await;
    let own = ana.net.own_descriptor().unwrap();
    let expected = json!({"status": 200, "descriptor": openred_core::ids::B64(own.bytes().to_vec())});
    assert_eq!(answer, expected);
    let made = chloe.hello(binding(&wire.connection).unwrap());
    let sealer = ana.deps.seal.take().unwrap();
    let answer = wire.ask(&made.text).await;
    assert_eq!((&answer["status"], &answer["code"]), (&json!(503), &json!("locked")));
    ana.deps.seal.put(sealer);
    assert_eq!(wire.ask(&made.text).await["status"], 200, "several hellos in turn on the same stream");
    ana.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frames_in_the_wrong_place_end_the_session() {
    let ana = ana().await;
    let mut chloe = Caller::of(&ana, true).await;
    let mut wire = chloe.session(&ana).await;
    wire.say(&[ask(1)]).await;
    assert_eq!(wire.farewell().await, close::MALFORMED, "a request has a stream of its own");
    let mut ben = Caller::of(&ana, true).await;
    let wire = ben.session(&ana).await;
    let mut kept = Vec::new();
    for frames in [vec![ask(1), ask(2)], vec![Frame::Ack(Vec::new())]] {
        let (mut send, recv) = wire.connection.open_bi().await.unwrap();
        write_frames(&mut send, &frames).await.unwrap();
        kept.push((send, recv));
    }
    assert_eq!(wire.farewell().await, close::MALFORMED, "two requests on one stream");
    let mut dan = Caller::of(&ana, true).await;
    let wire = dan.session(&ana).await;
    let long = Frame::Request { id: 1, path: "log".to_owned(), json: "x".repeat(600_000) };
    let (mut send, _recv) = wire.connection.open_bi().await.unwrap();
    let _ = write_frames(&mut send, &[long]).await;
    assert_eq!(wire.farewell().await, close::MALFORMED, "a request that fills the memory");
    ana.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_streams_is_bounded_and_a_request_is_answered_on_its_own() {
    let ana = ana().await;
    let mut chloe = Caller::of(&ana, true).await;
    let wire = chloe.session(&ana).await;
    let mut silent = Vec::new();
    // Stream 0 is one of them.
    for _ in 0..71 {
        let (mut send, recv) = wire.connection.open_bi().await.unwrap();
        send.write_all(&[0]).await.unwrap();
        silent.push((send, recv));
    }
    let more = tokio::time::timeout(std::time::Duration::from_millis(300), wire.connection.open_bi()).await;
    assert!(more.is_err(), "no more at once");
    drop(silent);
    let (mut send, recv) = wire.connection.open_bi().await.unwrap();
    write_frames(&mut send, &[ask(7)]).await.unwrap();
    send.finish().unwrap();
    let mut answer = Frames::new(recv);
    let frames = answer.next().await.unwrap();
    assert!(matches!(frames[..], [Frame::Response { id: 7, status: 400, .. }]), "{frames:?}");
    assert!(answer.next().await.unwrap().is_empty(), "and then the stream ends");
    ana.stop().await;
}
