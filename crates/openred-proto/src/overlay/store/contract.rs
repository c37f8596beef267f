//! What every [`PeerStore`] must do, as a test that each implementation calls with its own stores.
//!
//! The functions panic with a sentence that names the broken promise. Must not know: any implementation.

use std::net::{Ipv4Addr, SocketAddr};

use openred_core::{
    ids::{Hash, NodeId},
    overlay::PeerEntry,
};

use super::{
    Change, MessageRow, PEER_AGE_S, PEER_ROWS_MAX, PeerRow, PeerStore, Restored, SEEN_AGE_S, SeenRow,
    TRUST_EVENT_AGE_S, TRUST_EVENT_ROWS_MAX, TrustEvent, TrustEventRow, TrustRow,
};
use crate::overlay::peers::{Group, Introducer};

type Make<'a> = &'a mut dyn FnMut() -> Box<dyn PeerStore>;

/// 2026-11-21.
const NOW_S: u64 = 1_795_219_200;

/// All promises that cost little. `make` gives a new empty store each time.
///
/// # Panics
/// When a promise is broken.
pub fn check(make: Make<'_>) {
    an_empty_store_restores_nothing(make);
    both_halves_of_a_peer_come_back(make);
    a_peer_row_goes_with_its_second_half(make);
    the_newest_state_replaces(make);
    messages_logs_anchors_and_secret_come_back(make);
    events_are_read_newest_first(make);
    old_rows_are_trimmed(make);
}

/// The row limits, with as many rows as they take: some ten thousands of changes.
///
/// # Panics
/// When a table grows beyond its limit, or not the oldest rows went.
pub fn check_row_limits(make: Make<'_>) {
    let mut store = make();
    for i in 0..TRUST_EVENT_ROWS_MAX as u64 + 10 {
        apply(&mut *store, Change::TrustEvent(event(1, NOW_S - 1_000_000 + i)));
    }
    for i in 0..PEER_ROWS_MAX as u64 + 10 {
        let mut row = trust(0);
        row.node_id = NodeId(Hash::of(&[&i.to_be_bytes()]).0);
        row.decayed_at = NOW_S - 100_000 + i;
        apply(&mut *store, Change::Trust(row));
    }
    assert_eq!(store.trim(NOW_S), Ok(()), "trimming works");
    let counts = store.counts().unwrap_or_default();
    assert_eq!(counts.trust_events, TRUST_EVENT_ROWS_MAX, "trust_events stops growing");
    assert_eq!(counts.peers, PEER_ROWS_MAX, "peers stops growing");
    let oldest = load(&*store).trust.iter().map(|row| row.decayed_at).min();
    assert_eq!(oldest, Some(NOW_S - 100_000 + 10), "the oldest peers went");
}

fn an_empty_store_restores_nothing(make: Make<'_>) {
    assert_eq!(load(&*make()), Restored::default(), "an empty store restores nothing");
}

fn both_halves_of_a_peer_come_back(make: Make<'_>) {
    let mut store = make();
    apply(&mut *store, Change::Trust(trust(1)));
    apply(&mut *store, Change::Peer(peer(1)));
    apply(&mut *store, Change::Peer(peer(2)));
    let restored = load(&*store);
    assert_eq!(restored.peers, vec![peer(1), peer(2)], "addresses come back in order of id");
    assert_eq!(restored.trust, vec![trust(1)], "trust comes back and was not touched by the address");
    assert_eq!(store.counts().map(|counts| counts.peers), Ok(2), "both halves are one row");
}

fn a_peer_row_goes_with_its_second_half(make: Make<'_>) {
    let mut store = make();
    apply(&mut *store, Change::Peer(peer(1)));
    apply(&mut *store, Change::Trust(trust(1)));
    apply(&mut *store, Change::ForgetPeer { node_id: id(1) });
    assert_eq!(load(&*store).peers, vec![], "the address is forgotten");
    assert_eq!(load(&*store).trust, vec![trust(1)], "trust is not forgotten with the address");
    apply(&mut *store, Change::ForgetTrust { node_id: id(1) });
    assert_eq!(store.counts().map(|counts| counts.peers), Ok(0), "nothing is left of the row");
    apply(&mut *store, Change::ForgetPeer { node_id: id(1) });
}

fn the_newest_state_replaces(make: Make<'_>) {
    let mut store = make();
    apply(&mut *store, Change::Trust(trust(1)));
    let changed = TrustRow { direct: 400_000, invalid: 1, group: None, introducer: None, ..trust(1) };
    apply(&mut *store, Change::Trust(changed.clone()));
    apply(&mut *store, Change::Trust(changed.clone()));
    assert_eq!(load(&*store).trust, vec![changed], "the newest row stands, once");
    let row = seen(1, NOW_S);
    apply(&mut *store, Change::Seen(row.clone()));
    apply(&mut *store, Change::Seen(row.clone()));
    assert_eq!(load(&*store).seen, vec![row], "a message is seen once");
}

fn messages_logs_anchors_and_secret_come_back(make: Make<'_>) {
    let mut store = make();
    let message = MessageRow { id: Hash([5; 32]), not_after: NOW_S + 60, frame: [1, 2, 3].into() };
    apply(&mut *store, Change::Message(message.clone()));
    apply(&mut *store, Change::Log { node_id: id(1), entries: vec![vec![1], vec![2]] });
    apply(&mut *store, Change::Log { node_id: id(1), entries: vec![vec![1], vec![2], vec![3]] });
    apply(&mut *store, Change::Anchors { nodes: vec![id(2), id(1)], at: NOW_S });
    apply(&mut *store, Change::Secret { secret: [7; 32], at: NOW_S });
    apply(&mut *store, Change::Secret { secret: [8; 32], at: NOW_S });
    let restored = load(&*store);
    assert_eq!(restored.messages, vec![message], "a message comes back byte by byte");
    assert_eq!(restored.logs, vec![(id(1), vec![vec![1], vec![2], vec![3]])], "the grown log stands");
    assert_eq!(restored.anchors, vec![id(2), id(1)], "anchors keep their order");
    assert_eq!(restored.secret, Some([7; 32]), "the secret of the buckets is written once");
    apply(&mut *store, Change::ForgetMessage { id: Hash([5; 32]) });
    apply(&mut *store, Change::ForgetLog { node_id: id(1) });
    let restored = load(&*store);
    assert!(restored.messages.is_empty() && restored.logs.is_empty(), "what is forgotten is gone");
}

fn events_are_read_newest_first(make: Make<'_>) {
    let mut store = make();
    for (who, at) in [(1, 10), (2, 20), (1, 30), (1, 40)] {
        apply(&mut *store, Change::TrustEvent(event(who, at)));
    }
    let read = store.trust_events(&id(1), 2);
    assert_eq!(read, Ok(vec![event(1, 40), event(1, 30)]), "the newest events of this node");
}

fn old_rows_are_trimmed(make: Make<'_>) {
    let mut store = make();
    apply(&mut *store, Change::Peer(PeerRow { last_seen: NOW_S - PEER_AGE_S - 1, ..peer(1) }));
    apply(&mut *store, Change::Peer(PeerRow { last_seen: NOW_S - PEER_AGE_S + 60, ..peer(2) }));
    apply(&mut *store, Change::Seen(seen(1, NOW_S - SEEN_AGE_S - 1)));
    apply(&mut *store, Change::Seen(seen(2, NOW_S)));
    apply(&mut *store, Change::TrustEvent(event(1, NOW_S - TRUST_EVENT_AGE_S - 1)));
    apply(&mut *store, Change::TrustEvent(event(2, NOW_S)));
    for (i, not_after) in [(1, NOW_S - 1), (2, NOW_S + 1)] {
        apply(&mut *store, Change::Message(MessageRow { id: Hash([i; 32]), not_after, frame: [i].into() }));
    }
    assert_eq!(store.trim(NOW_S), Ok(()), "trimming works");
    let restored = load(&*store);
    assert_eq!(ids(&restored.peers, |row| row.entry.node_id), [id(2)], "a silent peer is forgotten");
    assert_eq!(ids(&restored.seen, |row| row.message_id), [Hash([2; 32])], "an expired id is forgotten");
    assert_eq!(ids(&restored.messages, |row| row.id), [Hash([2; 32])], "an expired message is forgotten");
    assert_eq!(store.counts().map(|counts| counts.trust_events), Ok(1), "an old event is forgotten");
}

fn apply(store: &mut dyn PeerStore, change: Change) {
    assert_eq!(store.apply(&change), Ok(()), "the store takes {change:?}");
}

fn load(store: &dyn PeerStore) -> Restored {
    let restored = store.load();
    assert!(restored.is_ok(), "the store gives back what it has: {restored:?}");
    restored.unwrap_or_default()
}

fn ids<R, I>(rows: &[R], id: impl Fn(&R) -> I) -> Vec<I> {
    rows.iter().map(id).collect()
}

const fn id(n: u8) -> NodeId {
    NodeId([n; 32])
}

fn peer(n: u8) -> PeerRow {
    let address = SocketAddr::from((Ipv4Addr::new(81, n, 0, 1), 4433));
    PeerRow {
        entry: PeerEntry {
            node_id: id(n),
            log_seq: 3,
            desc_hash: Hash([n; 32]),
            endpoint_id: Some([n; 32]),
            addresses: vec![address],
            quic_relay: Some("https://relay.example".to_owned()),
        },
        group: Group::V4([81, n]),
        introducer: Introducer::Group(Group::Relay("relay.example".into())),
        tried: true,
        last_seen: NOW_S,
    }
}

fn trust(n: u8) -> TrustRow {
    TrustRow {
        node_id: id(n),
        direct: 712_345,
        decayed_at: NOW_S,
        week: [700_000, 701_000, 702_000, 703_000, 704_000, 705_000, 706_000],
        valid: 1 << 40,
        invalid: 2,
        credit_day: NOW_S / 86_400,
        credits: 20,
        timeout_at: NOW_S - 5,
        first_seen: NOW_S - 1_000_000,
        group: Some(Group::V4([81, n])),
        introducer: Some(Introducer::Own),
        outbound: true,
    }
}

fn event(n: u8, timestamp: u64) -> TrustEventRow {
    TrustEventRow {
        node_id: id(n),
        event_type: TrustEvent::Invalid,
        detail: "overlay/signature".into(),
        trust_delta: -100_000,
        timestamp,
    }
}

const fn seen(n: u8, timestamp: u64) -> SeenRow {
    SeenRow { message_id: Hash([n; 32]), not_after: timestamp + 86_400, timestamp, sender_id: id(9) }
}
