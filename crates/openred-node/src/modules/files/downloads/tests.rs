//! A copy on its way from a node that comes and goes, lies, and forgets.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use futures_util::future::BoxFuture;
use openred_core::ids::{Hash, Id16, NodeId};

use super::{Download, Piece, Source, attempt};
use crate::{
    delivery,
    error::NodeError,
    modules::{
        contacts::store as people,
        feed::tests::stage::Node,
        files::{
            disk::{Writing, sealed_len},
            fresh_key, offers,
            store::{self, About, offers as rows},
            tests::stage::{Stage, letter},
        },
    },
};

/// Asks another node's rules, without a network between.
struct Wire {
    asker: Node,
    there: Node,
}

impl Source for Wire {
    fn piece<'a>(
        &'a self,
        _person: i64,
        offer: &'a Id16,
        offset: u64,
    ) -> BoxFuture<'a, Result<Piece, NodeError>> {
        Box::pin(async move {
            let (peer, offer) = (self.there.person(&self.asker).await, *offer);
            let served = self.there.deps.read(move |w| offers::serve(w, &peer, &offer)).await?;
            let bytes = offers::piece(&self.there.deps, &served, offset, 70_000).await?;
            Ok(Piece { size: served.bytes, bytes })
        })
    }
}

/// Fetches everything that is due at `node` from `there`.
pub(crate) async fn works_off(node: &Node, there: &Node) {
    let wire = Arc::new(Wire { asker: node.clone(), there: there.clone() });
    let now = node.deps.clock.now_ms();
    let due = node.deps.write_plain(move |tx| store::due(tx, now, 9)).await.unwrap();
    assert!(!due.is_empty(), "something is to be fetched");
    for download in due {
        attempt(&node.deps, &wire, &download).await;
    }
}

/// What ben offers, and how his node behaves.
struct Ben {
    sealed: Vec<u8>,
    hash: Hash,
    about: About,
    /// Pieces that come before the connection breaks.
    lasts: AtomicUsize,
    /// Where it breaks once, and is there again at once.
    breaks: Mutex<Option<u64>>,
    asked: Mutex<Vec<u64>>,
    lies: Mutex<Option<Vec<u8>>>,
    says: Mutex<Option<NodeError>>,
}

const PIECE: usize = 100_000;

impl Ben {
    fn with(plain: &[u8]) -> Arc<Self> {
        let folder = tempfile::tempdir().unwrap();
        let about = About {
            key: fresh_key().unwrap(),
            name: "film".to_owned(),
            media_type: "video/mp4".to_owned(),
            size: plain.len() as u64,
            clean: false,
            open: false,
            next_key: None,
        };
        let path = folder.path().join("film");
        let mut writing = Writing::open(&path, about.key.as_bytes(), about.size).unwrap();
        writing.append(plain).unwrap();
        writing.settle().unwrap();
        let (sealed, hash) = (std::fs::read(&path).unwrap(), writing.hash());
        let (lasts, asked) = (AtomicUsize::new(usize::MAX), Mutex::default());
        let breaks = Mutex::default();
        let (lies, says) = Default::default();
        Arc::new(Self { sealed, hash, about, lasts, breaks, asked, lies, says })
    }

    /// Ana is offered it, and wants it; the download and the id of her copy.
    async fn is_wanted_by(&self, ana: &Stage) -> (Download, Id16) {
        let offer = self.about.offer(Id16([5; 16]), self.hash, None);
        let number = ana.deps.write(move |w| {
            let ben = people::ensure(w.tx, w.seal, &NodeId([2; 32]), w.now)?;
            rows::add(w.tx, w.seal, (ben.id, false), None, &offer, w.now)?;
            Ok(rows::find(w.tx, w.seal, (ben.id, false), &offer.file_id)?.unwrap().id)
        });
        let file = offers::want(&ana.deps, number.await.unwrap()).await.unwrap();
        (download(ana, file.id).await.unwrap(), file.file_id)
    }
}

impl Source for Ben {
    fn piece<'a>(&'a self, _: i64, offer: &'a Id16, offset: u64) -> BoxFuture<'a, Result<Piece, NodeError>> {
        Box::pin(async move {
            assert_eq!(*offer, Id16([5; 16]));
            if let Some(error) = self.says.lock().unwrap().take() {
                return Err(error);
            }
            self.asked.lock().unwrap().push(offset);
            if self.breaks.lock().unwrap().take_if(|at| *at == offset).is_some() {
                return Err(NodeError::Peer("broken".to_owned()));
            }
            let left = self.lasts.load(Ordering::SeqCst);
            if left == 0 {
                return Err(NodeError::Peer("away".to_owned()));
            }
            self.lasts.store(left - 1, Ordering::SeqCst);
            let lies = self.lies.lock().unwrap();
            let bytes = lies.as_ref().unwrap_or(&self.sealed);
            let (from, to) = (offset as usize, (offset as usize + PIECE).min(bytes.len()));
            Ok(Piece { size: self.sealed.len() as u64, bytes: bytes[from..to].to_vec() })
        })
    }
}

async fn download(ana: &Stage, file: i64) -> Option<Download> {
    ana.deps.write_plain(move |tx| store::download_of(tx, file)).await.unwrap()
}

#[tokio::test]
async fn a_copy_goes_on_where_it_was_after_every_interruption() {
    let (mut ana, plain) = (Stage::new(), letter(500_000));
    let ben = Ben::with(&plain);
    let (first, id) = ben.is_wanted_by(&ana).await;
    ben.lasts.store(2, Ordering::SeqCst);
    attempt(&ana.deps, &ben, &first).await;
    let waits = download(&ana, first.file).await.unwrap();
    let now = ana.deps.clock.now_ms();
    assert_eq!((waits.reason.as_str(), waits.tries), ("peer_away", 0), "something came");
    assert_eq!(waits.next_at, Some(delivery::next_try(now, 0)));
    attempt(&ana.deps, &ben, &waits).await;
    let waits = download(&ana, first.file).await.unwrap();
    assert_eq!((waits.tries, waits.next_at), (1, Some(delivery::next_try(now, 1))), "nothing came");
    ana.restarts().await;
    ben.lasts.store(usize::MAX, Ordering::SeqCst);
    ben.asked.lock().unwrap().clear();
    attempt(&ana.deps, &ben, &waits).await;
    assert_eq!(ben.asked.lock().unwrap()[0], 2 * 65_552, "not from the beginning");
    assert_eq!(download(&ana, first.file).await, None, "nothing is on its way");
    assert_eq!(ana.get(&format!("/files/{id}/data")).await.body, plain);
    assert_eq!(ana.names(), [ben.hash.to_string()]);
}

#[tokio::test]
async fn a_session_that_ends_on_the_way_ends_no_attempt() {
    let (ana, plain) = (Stage::new(), letter(500_000));
    let ben = Ben::with(&plain);
    let (wanted, id) = ben.is_wanted_by(&ana).await;
    *ben.breaks.lock().unwrap() = Some(3 * 65_552);
    attempt(&ana.deps, &ben, &wanted).await;
    assert_eq!(ana.get(&format!("/files/{id}/data")).await.body, plain);
    let asked = ben.asked.lock().unwrap().iter().filter(|at| **at == 3 * 65_552).count();
    assert_eq!(asked, 2, "asked again for what did not come, and for nothing else");
}

/// Answers for what follows the first piece once three have asked.
struct Crowded {
    ben: Arc<Ben>,
    asking: AtomicUsize,
}

impl Source for Crowded {
    fn piece<'a>(
        &'a self,
        person: i64,
        offer: &'a Id16,
        offset: u64,
    ) -> BoxFuture<'a, Result<Piece, NodeError>> {
        Box::pin(async move {
            if offset > 0 {
                self.asking.fetch_add(1, Ordering::SeqCst);
                while self.asking.load(Ordering::SeqCst) < 3 {
                    tokio::task::yield_now().await;
                }
            }
            self.ben.piece(person, offer, offset).await
        })
    }
}

#[tokio::test]
async fn three_pieces_are_on_their_way_while_one_is_written() {
    let (ana, plain) = (Stage::new(), letter(500_000));
    let ben = Ben::with(&plain);
    let (wanted, id) = ben.is_wanted_by(&ana).await;
    let crowded = Arc::new(Crowded { ben, asking: AtomicUsize::new(0) });
    attempt(&ana.deps, &crowded, &wanted).await;
    assert_eq!(ana.get(&format!("/files/{id}/data")).await.body, plain);
    let asked = crowded.ben.asked.lock().unwrap();
    assert_eq!(asked.len(), 8, "each chunk of it once: {asked:?}");
}

#[tokio::test]
async fn altered_bytes_are_never_kept_and_a_liar_is_given_up() {
    let ana = Stage::new();
    let ben = Ben::with(&letter(300_000));
    let (wanted, id) = ben.is_wanted_by(&ana).await;
    let mut lie = ben.sealed.clone();
    lie[70_000] ^= 1;
    *ben.lies.lock().unwrap() = Some(lie);
    for tries in 1..=2 {
        let waits = download(&ana, wanted.file).await.unwrap();
        attempt(&ana.deps, &ben, &waits).await;
        let waits = download(&ana, wanted.file).await.unwrap();
        assert_eq!((waits.reason.as_str(), waits.tries, waits.next_at.is_some()), ("altered", tries, true));
    }
    let part = std::fs::read(ana.folder().join(&ana.names()[0])).unwrap();
    assert_eq!(part, ben.sealed[..part.len()], "only what opens is on the disk");
    let waits = download(&ana, wanted.file).await.unwrap();
    attempt(&ana.deps, &ben, &waits).await;
    let (_, copy) = ana.call("GET", &format!("/files/{id}"), None).await;
    assert_eq!((copy["state"].as_str(), copy["reason"].as_str()), (Some("failed"), Some("altered")));
    // He gives what he promised: she tries again.
    *ben.lies.lock().unwrap() = None;
    let (again, same) = ben.is_wanted_by(&ana).await;
    attempt(&ana.deps, &ben, &again).await;
    assert_eq!((same, ana.get(&format!("/files/{id}/data")).await.body), (id, letter(300_000)));
}

#[tokio::test]
async fn a_whole_that_is_another_than_promised_is_thrown_away() {
    let ana = Stage::new();
    let mut ben = Ben::with(&letter(100_000));
    Arc::get_mut(&mut ben).unwrap().hash = Hash([9; 32]);
    let (wanted, id) = ben.is_wanted_by(&ana).await;
    attempt(&ana.deps, &ben, &wanted).await;
    assert_eq!(download(&ana, wanted.file).await.unwrap().reason, "altered");
    assert_eq!((ana.names().len(), ana.get(&format!("/files/{id}/data")).await.status), (0, 409));
}

#[tokio::test]
async fn what_the_other_node_refuses_is_not_asked_again() {
    for (said, reason) in [
        (NodeError::Refused("no"), "refused"),
        (NodeError::Unknown("file"), "unknown"),
        (NodeError::Gone("gone"), "gone"),
    ] {
        let ana = Stage::new();
        let ben = Ben::with(b"x");
        let (wanted, _) = ben.is_wanted_by(&ana).await;
        *ben.says.lock().unwrap() = Some(said);
        attempt(&ana.deps, &ben, &wanted).await;
        let ended = download(&ana, wanted.file).await.unwrap();
        assert_eq!((ended.reason.as_str(), ended.next_at), (reason, None));
    }
}

#[tokio::test]
async fn what_is_declined_while_it_comes_leaves_nothing() {
    let ana = Stage::new();
    let ben = Ben::with(&letter(500_000));
    let (wanted, _) = ben.is_wanted_by(&ana).await;
    ben.lasts.store(2, Ordering::SeqCst);
    attempt(&ana.deps, &ben, &wanted).await;
    assert_eq!(ana.names().len(), 1);
    offers::decline(&ana.deps, wanted.offer).await.unwrap();
    ben.lasts.store(usize::MAX, Ordering::SeqCst);
    attempt(&ana.deps, &ben, &wanted).await;
    assert!(ana.names().is_empty());
    assert_eq!(ana.call("GET", "/storage", None).await.1["others_files"], 0, "{}", sealed_len(500_000));
}
