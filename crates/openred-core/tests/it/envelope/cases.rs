//! The people of the envelope tests and one envelope of every shape.

use openred_core::envelope::{Envelope, Party};
use openred_core::ids::{B64, DepositId, Hash, Id8, Id16, NodeId};
use openred_core::payload::*;
use openred_core::sign::SigningKey;

/// 2026-03-01T12:00:00Z.
pub(super) const NOON_MS: u64 = 1_772_366_400_000;

pub(super) fn ana() -> Party {
    party(1, "https://ana.example", "ana")
}

pub(super) fn ben() -> Party {
    party(2, "", "ben")
}

fn party(seed: u8, server_url: &str, username: &str) -> Party {
    let node_id = NodeId(Hash::of(&[SigningKey::from_seed([seed; 32]).public().as_bytes()]).0);
    Party { node_id, server_url: server_url.to_owned(), username: username.to_owned() }
}

pub(super) fn seed_of(party: &Party) -> [u8; 32] {
    [if party.username == "ana" { 1 } else { 2 }; 32]
}

pub(super) fn key_of(party: &Party) -> SigningKey {
    SigningKey::from_seed(seed_of(party))
}

pub(super) fn post_payload(text: &str) -> PostShare {
    PostShare {
        visibility: Visibility::Friends,
        text: text.to_owned(),
        content: None,
        media: Vec::new(),
        parents: Vec::new(),
        edits: None,
        deletes: None,
        expires: None,
    }
}

pub(super) fn post(text: &str) -> Envelope {
    Envelope::draft(ana(), ana(), NOON_MS, &post_payload(text).into()).unwrap()
}

/// One draft of every shape that Annex A.2 has, with a name.
pub(super) fn shapes() -> Vec<(&'static str, Envelope)> {
    let drafts = [to_a_person(), on_a_wall(), between_nodes()].concat();
    let named = drafts.into_iter().enumerate().map(|(index, (name, payload))| {
        let to =
            if matches!(payload, Payload::PostShare(_) | Payload::ActivityUpdate(_)) { ana() } else { ben() };
        let timestamp_ms = NOON_MS + index as u64 * 1001;
        (name, Envelope::draft(ana(), to, timestamp_ms, &payload).unwrap())
    });
    named.collect()
}

fn hash(byte: u8) -> Hash {
    Hash([byte; 32])
}

fn routes() -> Routes {
    Routes {
        addresses: vec!["203.0.113.7:4433".parse().unwrap(), "[2001:db8::7]:4433".parse().unwrap()],
        api_url: Some("https://ana.example/api".to_owned()),
        relays: vec![RelayRoute {
            url: "https://relay.example".to_owned(),
            relay_id: NodeId([9; 32]),
            deposit_id: DepositId([8; 16]),
            cap: Secret32::new([7; 32]),
        }],
    }
}

fn content(media_type: &str) -> Content {
    Content {
        content_id: hash(5),
        key: Secret32::new([6; 32]),
        size: 4096,
        media_type: media_type.to_owned(),
    }
}

fn to_a_person() -> Vec<(&'static str, Payload)> {
    let request = FriendRequest {
        relationship: Relationship::Friend,
        note: "We met at the fair — chloé knows us both".to_owned(),
        invite_id: Some(Id16([3; 16])),
        routes: Some(routes()),
    };
    let follow = FriendRequest {
        relationship: Relationship::Follower,
        note: String::new(),
        invite_id: None,
        routes: None,
    };
    let yes = ConnectionResponse { request: hash(1), status: Answer::Accepted, routes: Some(routes()) };
    let no = ConnectionResponse { request: hash(1), status: Answer::Rejected, routes: None };
    let whole = DirectMessage::Whole { group: Id16([4; 16]), mls: B64(vec![1; 300]) };
    let part = MlsPart { hash: hash(2), i: 1, of: 3, bytes: B64(vec![2; 300]) };
    let part = DirectMessage::Part { group: Id16([4; 16]), part };
    let file = FileOffer {
        alt: None,
        file_id: Id16([5; 16]),
        name: "Träume & Pläne.pdf".to_owned(),
        size: 9_007_199_254_740_991,
        media_type: "application/pdf".to_owned(),
        hash: hash(3),
        key: Secret32::new([4; 32]),
        expires: Some(1_780_000_000),
    };
    vec![
        ("friend_request", request.into()),
        ("friend_request: follower", follow.into()),
        ("connection_response: accepted", yes.into()),
        ("connection_response: rejected", no.into()),
        ("direct_message", whole.into()),
        ("direct_message: part", part.into()),
        ("file_offer", file.into()),
    ]
}

fn on_a_wall() -> Vec<(&'static str, Payload)> {
    let picture = Media { content: content("image/webp"), alt: "A red door".to_owned() };
    let long = PostShare {
        visibility: Visibility::Public,
        content: Some(content("text/plain")),
        media: vec![picture],
        parents: (1..=8).map(hash).collect(),
        expires: Some(1_780_000_000),
        ..post_payload("It began with a letter \"to nobody\"\n\t\\")
    };
    let edit =
        PostShare { edits: Some(hash(1)), visibility: Visibility::Circle, ..post_payload("Better 😀") };
    let delete = PostShare { deletes: Some(hash(1)), ..post_payload("") };
    let comment = Comment {
        post: hash(1),
        parents: vec![hash(1), hash(2)],
        text: "Which letter?".to_owned(),
        content: None,
        edits: None,
        deletes: None,
    };
    let profile = Profile {
        display_name: "Ana".to_owned(),
        bio: "Doors and letters".to_owned(),
        avatar: Some(content("image/png")),
        links: vec!["https://ana.example/doors".to_owned()],
    };
    vec![
        ("post_share", post_payload("hello").into()),
        ("post_share: with everything", long.into()),
        ("post_share: edit", edit.into()),
        ("post_share: deletion", delete.into()),
        ("comment", comment.into()),
        ("post_reaction", PostReaction { target: hash(1), reaction: "❤️".to_owned() }.into()),
        ("post_reaction: withdrawn", PostReaction { target: hash(1), reaction: String::new() }.into()),
        ("activity_update: profile", ActivityUpdate::Profile(profile).into()),
        ("activity_update: event", ActivityUpdate::Event("moved house".to_owned()).into()),
    ]
}

fn between_nodes() -> Vec<(&'static str, Payload)> {
    let ask = ContentSync::Ask { wall: ben().node_id, after: 1_770_000_000, have: vec![hash(1)], limit: 100 };
    let give = ContentSync::Give { items: vec![B64(b"{}".to_vec())], more: true };
    let status = MessageStatus {
        stream: Id8([1; 8]),
        upto: 12,
        also: vec![14, 17],
        status: Delivery::Failed,
        code: Some("type_unknown".to_owned()),
    };
    let by_id = NodeDiscovery::Ask { node_id: Some(NodeId([9; 32])), name: None, limit: 1 };
    let by_name = NodeDiscovery::Ask { node_id: None, name: Some("Chloé".to_owned()), limit: 32 };
    let found = NodeDiscovery::Give { descriptors: vec![B64(vec![3; 40])], note: None, group: None };
    let descriptor = DescriptorUpdate { descriptor: B64(vec![3; 40]), routes: Some(routes()) };
    vec![
        ("content_sync: ask", ask.into()),
        ("content_sync: give", give.into()),
        ("access_request", AccessRequest { target: hash(1), note: Some("please".to_owned()) }.into()),
        ("message_status", status.into()),
        ("node_discovery: by id", by_id.into()),
        ("node_discovery: by name", by_name.into()),
        ("node_discovery: give", found.into()),
        ("descriptor_update", descriptor.into()),
        ("heartbeat", Heartbeat { active: true, until: Some(1_772_370_000) }.into()),
    ]
}
