//! Bounds of payloads, each with the last good and the first bad value.

use openred_core::envelope::MessageType;
use openred_core::json::Value;
use openred_core::payload::{Payload, PayloadError};
use serde_json::{Value as Json, json};

fn check(kind: MessageType, payload: &Json) -> Result<(), PayloadError> {
    let parsed = Payload::parse(kind, &Value::from_serde(payload).unwrap())?;
    assert_eq!(parsed.to_value().map(|value| Payload::parse(kind, &value)), Ok(Ok(parsed)), "it comes back");
    Ok(())
}

/// `good` with a member set to something else, or removed by `null`.
fn with(good: &Json, name: &str, value: Json) -> Json {
    let mut changed = good.clone();
    changed[name] = value;
    changed
}

fn hash() -> String {
    "ab".repeat(32)
}

fn post() -> Json {
    json!({"visibility": "public", "text": "hello", "media": [], "parents": []})
}

fn content() -> Json {
    json!({"content_id": hash(), "key": "A".repeat(43), "size": 1, "media_type": "image/png"})
}

#[test]
fn posts() {
    let kind = MessageType::PostShare;
    let long = |count| with(&post(), "text", json!("é".repeat(count)));
    assert_eq!(check(kind, &long(280)), Ok(()), "characters count, not bytes");
    assert_eq!(check(kind, &long(281)), Err(PayloadError::TooLong("text")));
    let parents = |count| with(&post(), "parents", json!(vec![hash(); count]));
    assert_eq!(check(kind, &parents(8)), Ok(()));
    assert_eq!(check(kind, &parents(9)), Err(PayloadError::TooMany("parents")));
    let mut picture = content();
    picture["alt"] = json!("a door");
    let media = |count| with(&post(), "media", json!(vec![picture.clone(); count]));
    assert_eq!(check(kind, &media(16)), Ok(()));
    assert_eq!(check(kind, &media(17)), Err(PayloadError::TooMany("media")));
    let private = check(kind, &with(&post(), "visibility", json!("private")));
    assert!(matches!(private, Err(PayloadError::Shape(_))), "private posts never leave the node");
    assert!(matches!(check(kind, &with(&post(), "edits", Json::Null)), Err(PayloadError::Shape(_))));
    assert_eq!(check(kind, &with(&post(), "text", json!("a\u{7}b"))), Err(PayloadError::Form("text")));
    assert!(matches!(check(kind, &with(&post(), "text", json!(""))), Err(PayloadError::Conflict(_))));
    let delete = with(&post(), "deletes", json!(hash()));
    assert!(matches!(check(kind, &delete), Err(PayloadError::Conflict(_))), "a deletion says nothing else");
    assert_eq!(check(kind, &with(&delete, "text", json!(""))), Ok(()));
    let both = with(&with(&delete, "text", json!("")), "edits", json!(hash()));
    assert!(matches!(check(kind, &both), Err(PayloadError::Conflict(_))));
}

#[test]
fn content_names_its_key_and_type() {
    let kind = MessageType::PostShare;
    let of = |content: Json| with(&post(), "content", content);
    assert_eq!(check(kind, &of(content())), Ok(()));
    for bad in
        ["A".repeat(42), "A".repeat(44), format!("{}B", "A".repeat(42)), format!("{}=", "A".repeat(43))]
    {
        let refused = check(kind, &of(with(&content(), "key", json!(bad))));
        assert!(matches!(refused, Err(PayloadError::Shape(_))), "{bad}");
    }
    for bad in ["", "png", "image/", "/png", "image/png; q=1", "Image/png", "a/b/c"] {
        let refused = check(kind, &of(with(&content(), "media_type", json!(bad))));
        assert_eq!(refused, Err(PayloadError::Form("media_type")), "{bad}");
    }
}

#[test]
fn comments_and_reactions() {
    let comment = json!({"post": hash(), "parents": [hash()], "text": "yes"});
    assert_eq!(check(MessageType::Comment, &comment), Ok(()));
    let long = with(&comment, "text", json!("x".repeat(281)));
    assert_eq!(check(MessageType::Comment, &long), Err(PayloadError::TooLong("text")));
    let reaction =
        |text: &str| check(MessageType::PostReaction, &json!({"target": hash(), "reaction": text}));
    assert_eq!(reaction(""), Ok(()));
    assert_eq!(reaction(&"x".repeat(16)), Ok(()));
    assert_eq!(reaction(&"é".repeat(9)), Err(PayloadError::TooLong("reaction")));
}

#[test]
fn requests_and_routes() {
    let kind = MessageType::FriendRequest;
    let relay = json!({"url": "https://r.example", "relay_id": hash(), "deposit_id": "A".repeat(22), "cap": "A".repeat(43)});
    let routes = json!({"addresses": ["203.0.113.7:1"], "relays": [relay]});
    let good = json!({"relationship": "friend", "note": "hi", "routes": routes});
    assert_eq!(check(kind, &good), Ok(()));
    assert_eq!(check(kind, &with(&good, "note", json!("x".repeat(501)))), Err(PayloadError::TooLong("note")));
    assert!(matches!(check(kind, &with(&good, "relationship", json!("enemy"))), Err(PayloadError::Shape(_))));
    let changed = |name: &str, value: Json| check(kind, &with(&good, "routes", with(&routes, name, value)));
    assert_eq!(changed("relays", json!(vec![relay.clone(); 4])), Ok(()));
    assert_eq!(changed("relays", json!(vec![relay.clone(); 5])), Err(PayloadError::TooMany("relays")));
    assert_eq!(changed("addresses", json!(vec!["[::1]:1"; 9])), Err(PayloadError::TooMany("addresses")));
    for bad in ["ana.example:1", "203.0.113.7", "[fe80::1%3]:1", "[0:0:0:0:0:0:0:1]:1", "203.0.113.7:01"] {
        assert!(matches!(changed("addresses", json!([bad])), Err(PayloadError::Shape(_))), "{bad}");
    }
    assert_eq!(changed("api_url", json!("javascript:1")), Err(PayloadError::Form("api_url")));
    assert_eq!(
        changed("api_url", json!(format!("https://{}", "x".repeat(248)))),
        Err(PayloadError::Form("api_url"))
    );
    let answer = json!({"request": hash(), "status": "maybe"});
    assert!(matches!(check(MessageType::ConnectionResponse, &answer), Err(PayloadError::Shape(_))));
}

#[test]
fn sync_and_receipts() {
    let kind = MessageType::ContentSync;
    let ask = json!({"op": "ask", "wall": hash(), "after": 0, "have": vec![hash(); 200], "limit": 100});
    assert_eq!(check(kind, &ask), Ok(()));
    assert_eq!(
        check(kind, &with(&ask, "have", json!(vec![hash(); 201]))),
        Err(PayloadError::TooMany("have"))
    );
    for limit in [0, 101] {
        assert_eq!(check(kind, &with(&ask, "limit", json!(limit))), Err(PayloadError::Form("limit")));
    }
    let give =
        |chars: usize| check(kind, &json!({"op": "give", "items": ["A".repeat(chars)], "more": false}));
    assert_eq!(give(56_000), Ok(()));
    assert_eq!(give(56_002), Err(PayloadError::TooLong("items")));
    let take = json!({"op": "take"});
    assert!(matches!(check(kind, &take), Err(PayloadError::Shape(_))));

    let status = json!({"stream": "A".repeat(11), "upto": 1, "also": vec![3; 64], "status": "read"});
    assert_eq!(check(MessageType::MessageStatus, &status), Ok(()));
    let many = with(&status, "also", json!(vec![3; 65]));
    assert_eq!(check(MessageType::MessageStatus, &many), Err(PayloadError::TooMany("also")));
    let code = with(&status, "code", json!("No such thing"));
    assert_eq!(check(MessageType::MessageStatus, &code), Err(PayloadError::Form("code")));
}

#[test]
fn discovery_profiles_messages_and_files() {
    let both = json!({"op": "ask", "node_id": hash(), "name": "ben", "limit": 1});
    assert!(matches!(check(MessageType::NodeDiscovery, &both), Err(PayloadError::Conflict(_))));
    let many = json!({"op": "give", "descriptors": vec!["AAAA"; 33]});
    assert_eq!(check(MessageType::NodeDiscovery, &many), Err(PayloadError::TooMany("descriptors")));
    let large = json!({"descriptor": "A".repeat(21_848)});
    assert_eq!(check(MessageType::DescriptorUpdate, &large), Err(PayloadError::TooLong("descriptor")));

    let profile = json!({"display_name": "Ana", "bio": "", "links": []});
    assert_eq!(check(MessageType::ActivityUpdate, &json!({"profile": profile, "later": 1})), Ok(()));
    let two = json!({"profile": profile, "event": "moved"});
    assert!(matches!(check(MessageType::ActivityUpdate, &two), Err(PayloadError::Shape(_))));
    let script = json!({"profile": with(&profile, "links", json!(["javascript:alert(1)"]))});
    assert_eq!(check(MessageType::ActivityUpdate, &script), Err(PayloadError::Form("links")));

    let part = |i: u64, of: u64| {
        let part = json!({"hash": hash(), "i": i, "of": of, "bytes": "AAAA"});
        check(MessageType::DirectMessage, &json!({"group": "A".repeat(22), "part": part}))
    };
    assert_eq!(part(63, 64), Ok(()));
    assert_eq!(part(64, 64), Err(PayloadError::Form("i")));
    assert_eq!(part(0, 65), Err(PayloadError::Form("of")));
    assert_eq!(part(0, 0), Err(PayloadError::Form("of")));

    let offer = json!({"file_id": "A".repeat(22), "name": "a.pdf", "size": 1, "media_type": "application/pdf",
        "hash": hash(), "key": "A".repeat(43)});
    assert_eq!(check(MessageType::FileOffer, &offer), Ok(()));
    for bad in ["../a", "a/b", "..", "", "a\nb", "a\\b"] {
        assert_eq!(
            check(MessageType::FileOffer, &with(&offer, "name", json!(bad))),
            Err(PayloadError::Form("name"))
        );
    }
}
