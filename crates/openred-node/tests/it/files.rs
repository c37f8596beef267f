//! Files between two nodes, by each transport.

use openred_core::ids::{Id16, NodeId};
use openred_node::{
    error::NodeError,
    modules::files::{
        self, NewFile, links, offers, room,
        store::{self, Stored, offers as rows},
        uploads,
    },
};

use super::world::{Node, Ways};

const SIZE: usize = 3_000_000;

fn letter(size: usize) -> Vec<u8> {
    (0..size as u64).map(|at| (at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8).collect()
}

/// A whole file of this node's owner.
async fn file_of(node: &Node, bytes: &[u8]) -> Id16 {
    let new = NewFile {
        name: "letters.bin".to_owned(),
        size: bytes.len() as u64,
        media_type: "application/octet-stream".to_owned(),
        keep_original: false,
        for_chat: false,
    };
    let file = files::begin(&node.deps, new).await.unwrap();
    uploads::append(&node.deps, file.file_id, 0, bytes.to_vec().into()).await.unwrap();
    file.file_id
}

/// The newest offer that this node's owner was made.
async fn offer_to(node: &Node) -> Option<rows::Offered> {
    let read = node.deps.read(|w| Ok(rows::list(w.tx, w.seal, false, (i64::MAX, 9), w.now)?));
    read.await.unwrap().into_iter().next()
}

async fn found(node: &Node, id: Id16) -> Option<Stored> {
    node.deps.read(move |w| Ok(store::find(w.tx, w.seal, &id)?)).await.unwrap()
}

/// What `from` has goes to `to`; the copy's ciphertext is the one that was offered.
pub(crate) async fn goes_over(from: &Node, to: &Node, to_id: NodeId) {
    let plain = letter(SIZE);
    let file = file_of(from, &plain).await;
    offers::share(&from.deps, file, to_id, None).await.unwrap();
    to.until("the offer is here", async || offer_to(to).await.is_some()).await;
    let offer = offer_to(to).await.unwrap();
    let copy = offers::want(&to.deps, offer.id).await.unwrap().file_id;
    to.until("the file is here", async || found(to, copy).await.is_some_and(|file| file.whole)).await;
    let copy = found(to, copy).await.unwrap();
    let there = to.deps.files.folder().whole(&copy.hash.unwrap());
    let here = from.deps.files.folder().whole(&found(from, file).await.unwrap().hash.unwrap());
    assert_eq!(std::fs::read(&there).unwrap(), std::fs::read(here).unwrap());
    let reading = files::disk::Reading::open(&there, copy.about.key.as_bytes(), copy.about.size).unwrap();
    assert_eq!(reading.whole().unwrap(), plain);
    ends(from, file, to).await;
}

/// A link is used once, the copy makes room, the file is deleted: nothing is left on either disk.
async fn ends(from: &Node, file: Id16, to: &Node) {
    let (link, _) = links::create(&from.deps, file, 60, Some(1)).await.unwrap();
    let token = links::begin(&from.deps, link.link_id).await.unwrap();
    assert!(matches!(links::begin(&from.deps, link.link_id).await, Err(NodeError::Gone(_))));
    let (hash, bytes) = links::fetch(&from.deps, link.link_id, Some(token)).await.unwrap();
    assert_eq!(std::fs::metadata(from.deps.files.folder().whole(&hash)).unwrap().len(), bytes);
    let used = room::used(&to.deps).await.unwrap();
    assert_eq!((used.own, used.copies), (0, bytes));
    assert_eq!(room::free(&to.deps, None).await.unwrap(), bytes);
    files::remove(&from.deps, file).await.unwrap();
    for node in [from, to] {
        files::trim(&node.deps).await.unwrap();
        node.deps.files.sweep(&node.deps).await.unwrap();
        assert!(!node.deps.files.folder().whole(&hash).exists(), "nothing is left");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_goes_over_https_and_over_quic_either_way() {
    for ways in [Ways::default(), Ways::QUIC] {
        let (ana, ben) = (Node::start_by("Ana", &ways).await, Node::start_by("Ben", &ways).await);
        ana.befriend(&ben).await;
        goes_over(&ana, &ben, ben.id).await;
        goes_over(&ben, &ana, ana.id).await;
        ana.stop().await;
        ben.stop().await;
    }
}
