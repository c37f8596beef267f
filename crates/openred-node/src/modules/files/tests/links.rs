//! Links, as whoever has one uses them.

use aes_gcm::{
    Aes256Gcm, KeyInit, Nonce,
    aead::{Aead, Payload},
};
use openred_core::ids::b64_decode;
use serde_json::{Value, json};

use super::stage::{Said, Stage, id16, letter};
use crate::modules::files::disk::CHUNK;

async fn links(ana: &Stage, file: &str, terms: Value) -> (String, [u8; 32]) {
    let (status, link) = ana.call("POST", &format!("/files/{file}/links"), Some(terms)).await;
    assert_eq!((status, &link["state"]), (201, &json!("open")), "{link}");
    let url = link["url"].as_str().unwrap();
    let (address, key) = url.split_once('#').unwrap();
    let path = address.strip_prefix("http://localhost:7717").unwrap().to_owned();
    (path, b64_decode(key).unwrap().try_into().unwrap())
}

async fn about(ana: &Stage, path: &str) -> (u16, Value) {
    let said = ana.anybody("GET", &format!("{path}/about"), &[], b"").await;
    (said.status, said.json())
}

/// Begins a download; its token.
async fn begins(ana: &Stage, path: &str) -> Result<String, (u16, Value)> {
    let said = ana.anybody("POST", &format!("{path}/downloads"), &[], b"").await;
    match said.status {
        201 => Ok(said.json()["token"].as_str().unwrap().to_owned()),
        status => Err((status, said.json()["code"].clone())),
    }
}

async fn data(ana: &Stage, path: &str, token: &str, range: &str) -> Said {
    ana.anybody("GET", &format!("{path}/data"), &[("openred-download", token), ("range", range)], b"").await
}

#[tokio::test]
async fn a_link_gives_ciphertext_that_its_key_opens_and_a_use_is_counted_once() {
    let ana = Stage::new();
    let plain = letter(CHUNK + 5_000);
    let file = ana.has("secret plans.txt", &plain).await;
    let (path, key) = links(&ana, &file, json!({"uses": 1, "expires_s": 3_600})).await;
    let page = ana.anybody("GET", &path, &[], b"").await;
    let text = String::from_utf8(page.body.clone()).unwrap();
    assert!(
        page.status == 200
            && page.header("content-type").starts_with("text/html")
            && !text.contains("secret")
    );
    for own in ["/f/page.js", "/f/page.css"] {
        assert!(text.contains(own) && ana.anybody("GET", own, &[], b"").await.status == 200);
    }
    assert!(!text.contains("://") && !text.contains("onclick"), "nothing of others, nothing inline");

    let (status, shown) = about(&ana, &path).await;
    assert_eq!((status, &shown["uses_left"], &shown["bytes"]), (200, &json!(1), &json!(plain.len() + 32)));
    let (cipher, head) = (Aes256Gcm::new(&key.into()), b64_decode(shown["head"].as_str().unwrap()).unwrap());
    let nonce: [u8; 12] = head[..12].try_into().unwrap();
    let link_id = id16(path.rsplit('/').next().unwrap());
    let sealed = Payload { msg: &head[12..], aad: &link_id.0 };
    let head: Value = serde_json::from_slice(&cipher.decrypt(&Nonce::from(nonce), sealed).unwrap()).unwrap();
    let said =
        json!({"name": "secret plans.txt", "media_type": "application/octet-stream", "size": plain.len()});
    assert_eq!(head, said);

    let refused = ana.anybody("GET", &format!("{path}/data"), &[], b"").await;
    assert_eq!((refused.status, refused.json()["code"].as_str()), (403, Some("refused")), "begin first");
    assert_eq!(about(&ana, &path).await.1["uses_left"], 1, "looking is no use");
    let token = begins(&ana, &path).await.unwrap();
    // The node is locked meanwhile: what is served needs no key.
    let sealer = ana.deps.seal.take().unwrap();
    let first = data(&ana, &path, &token, &format!("bytes=0-{}", CHUNK + 15)).await;
    let rest = data(&ana, &path, &token, &format!("bytes={}-", CHUNK + 16)).await;
    ana.deps.seal.put(sealer);
    assert_eq!((first.status, rest.status), (206, 206), "in as many pieces as it takes");
    let mut opened = Vec::new();
    for (at, sealed) in [(0_u8, &first.body), (1, &rest.body)] {
        let nonce = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, at, u8::from(at == 1)];
        opened.extend(cipher.decrypt(&Nonce::from(nonce), sealed.as_slice()).unwrap());
    }
    assert_eq!(opened, plain);

    assert_eq!(begins(&ana, &path).await, Err((410, json!("gone"))), "one use, and it was used");
    assert_eq!(about(&ana, &path).await.0, 410);
    assert_eq!(data(&ana, &path, "", "").await.status, 410);
    assert_eq!(data(&ana, &path, &token, "").await.status, 200, "the download that was begun may go on");
    let (_, list) = ana.call("GET", &format!("/files/{file}/links"), None).await;
    assert_eq!((&list["items"][0]["state"], &list["items"][0]["used"]), (&json!("used"), &json!(1)));
}

#[tokio::test]
async fn a_link_ends_with_its_time_its_owner_and_its_file() {
    let ana = Stage::new();
    let file = ana.has("x", b"the lamp is lit").await;
    let (short, _) = links(&ana, &file, json!({"expires_s": 60})).await;
    let (long, _) = links(&ana, &file, json!({})).await;
    let (other, _) = links(&ana, &file, json!({})).await;
    let running = begins(&ana, &long).await.unwrap();
    let foreign = data(&ana, &other, &running, "").await;
    assert_eq!(foreign.status, 403, "a token belongs to one link");
    ana.hands.advance(60_000);
    assert_eq!((about(&ana, &short).await.0, about(&ana, &long).await.0), (410, 200));
    assert_eq!(begins(&ana, &short).await, Err((410, json!("gone"))));
    let id = long.rsplit('/').next().unwrap();
    assert_eq!(ana.call("DELETE", &format!("/files/{file}/links/{id}"), None).await.0, 204);
    assert_eq!(about(&ana, &long).await.0, 410);
    assert_eq!(data(&ana, &long, &running, "").await.status, 410, "taken back while it ran");
    assert_eq!(ana.call("DELETE", &format!("/files/{file}"), None).await.0, 204);
    assert_eq!((about(&ana, &other).await.0, begins(&ana, &other).await), (410, Err((410, json!("gone")))));
    for never in ["/f/AAAAAAAAAAAAAAAAAAAAAA", "/f/x"] {
        assert_eq!(
            (about(&ana, never).await.0, begins(&ana, never).await),
            (404, Err((404, json!("unknown"))))
        );
    }
}

#[tokio::test]
async fn terms_of_links_have_bounds_and_their_openings_a_rate() {
    let ana = Stage::new();
    let file = ana.has("x", b"x").await;
    for terms in [
        json!({"expires_s": 0}),
        json!({"expires_s": 2_592_001}),
        json!({"uses": 0}),
        json!({"uses": 1_000_001}),
    ] {
        assert_eq!(
            ana.call("POST", &format!("/files/{file}/links"), Some(terms.clone())).await.0,
            422,
            "{terms}"
        );
    }
    let coming = ana.announces("y", 5, "text/plain").await;
    assert_eq!(
        ana.call("POST", &format!("/files/{coming}/links"), Some(json!({}))).await.0,
        409,
        "not whole"
    );
    let (path, _) = links(&ana, &file, json!({})).await;
    let mut statuses = Vec::new();
    for _ in 0..80 {
        statuses.push(about(&ana, &path).await.0);
    }
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 60, "then everybody waits");
    assert!(statuses[60..].iter().all(|status| *status == 429));
}
