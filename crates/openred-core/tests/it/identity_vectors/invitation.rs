//! An invitation with every kind of route, its links, and bytes to refuse.

use openred_core::ids::{Id16, NodeId};
use openred_core::invitation::{Invitation, Route};
use serde_json::json;
use zeroize::Zeroizing;

use super::{frozen, read, unhex};
use crate::identity::{NOW_MS, lane};

#[test]
fn bytes_and_links() {
    let full = Invitation {
        node_id: NodeId([1; 32]),
        invite_id: Id16([2; 16]),
        secret: Zeroizing::new([3; 32]),
        not_after: NOW_MS / 1000 + 86_400,
        routes: vec![
            Route::Api("https://chloe.example".into()),
            Route::Direct { endpoint: [5; 32], address: "198.51.100.7:4433".parse().unwrap() },
            Route::Relayed { endpoint: [5; 32], relay: "https://quic.example".into() },
            Route::Directory { url: "https://directory.example".into(), node_id: NodeId([9; 32]) },
            Route::Lane(lane()),
        ],
    };
    let bytes = full.encode().unwrap();
    let mut unknown_route = bytes.to_vec();
    unknown_route[89] += 1;
    unknown_route.extend_from_slice(&[200, 0, 1, 0]);
    let made = json!({
        "node_id": full.node_id, "invite_id": full.invite_id, "secret": hex::encode(*full.secret),
        "not_after": full.not_after, "bytes": hex::encode(&*bytes),
        "with_unknown_route": hex::encode(unknown_route),
        "links": [full.to_link(None).unwrap().as_str(), full.to_link(Some("chloe.example")).unwrap().as_str()],
        "invalid": [
            { "why": "ends early", "bytes": hex::encode(&bytes[..bytes.len() - 1]) },
            { "why": "trailing byte", "bytes": hex::encode(&*bytes) + "00" },
            { "why": "unknown format", "bytes": String::from("02") + &hex::encode(&bytes[1..]) },
        ],
    });
    frozen("invitation.json", &made);

    let vectors = read("invitation.json");
    assert_eq!(Invitation::parse(&unhex(&vectors["bytes"])), Ok(full.clone()));
    assert_eq!(Invitation::parse(&unhex(&vectors["with_unknown_route"])), Ok(full.clone()));
    for link in vectors["links"].as_array().unwrap() {
        assert_eq!(Invitation::from_link(link.as_str().unwrap()), Ok(full.clone()));
    }
    for case in vectors["invalid"].as_array().unwrap() {
        assert!(Invitation::parse(&unhex(&case["bytes"])).is_err(), "{}", case["why"]);
    }
}
