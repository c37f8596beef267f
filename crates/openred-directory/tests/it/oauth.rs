//! Attempts at the guard of the first version: assertions that prove nothing, tokens that open nothing.

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode_header, encode};
use openred_core::ids::{b64_decode, b64_encode};
use openred_core::sign::SigningKey;
use openred_service::lifecycle::Clock;
use serde_json::{Value, json};

use crate::people::Person;
use crate::stage::{Stage, assert_problem, on_both_stores};
use crate::tokens::{ask, assert_refused, claims, encoding_key, post_form, signed, token_of};

const OPEN: &str = "/api/v1/nodes/discover?name=ana";

on_both_stores! {
    assertions_that_prove_nothing;
    tokens_that_open_nothing;
    keys_of_tokens_rotate_and_outlive_a_restart;
}

async fn assertions_that_prove_nothing(mut stage: Stage) {
    let (ana, ben) = (Person::new("ana", "Ana"), Person::new("ben", "Ben"));
    ana.register(&stage, 1).await;
    let with = |name: &str, value: Value| {
        let mut claims = claims(&stage, &ana);
        claims[name] = value;
        signed(&ana.signing, &claims)
    };
    let now = stage.now();
    let good = claims(&stage, &ana);
    let hs256 = |secret: &[u8]| {
        encode(&Header::new(Algorithm::HS256), &good, &EncodingKey::from_secret(secret)).unwrap()
    };
    let (_, unsigned) =
        signed(&ana.signing, &good).split_once('.').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let none = b64_encode(br#"{"alg":"none","typ":"JWT"}"#);
    let critical = Header { crit: Some(vec!["exp".to_owned()]), ..Header::new(Algorithm::EdDSA) };
    for (what, assertion) in [
        ("another audience", with("aud", json!(ben.id()))),
        ("several audiences", with("aud", json!([stage.dir_id, ben.id()]))),
        ("expired", with("exp", json!(now - 1))),
        ("ending now", with("exp", json!(now))),
        ("an end too far", with("exp", json!(now + 3_600))),
        ("not begun", with("nbf", json!(now + 300))),
        ("issued by another", with("iss", json!(ben.id()))),
        ("about another", with("sub", json!(ben.id()))),
        ("without a name", with("jti", json!(""))),
        ("too long a name", with("jti", json!("x".repeat(200)))),
        ("no name at all", with("jti", json!(null))),
        ("another's key", signed(&ben.signing, &good)),
        ("no algorithm", format!("{none}.{unsigned}")),
        ("no algorithm, no signature", format!("{none}.{}.", unsigned.split('.').next().unwrap())),
        ("HS256 by the public key", hs256(ana.signing.public().as_bytes())),
        ("HS256 by its text", hs256(b64_encode(ana.signing.public().as_bytes()).as_bytes())),
        ("a critical extension", encode(&critical, &good, &encoding_key(&ana.signing)).unwrap()),
        ("nothing", String::new()),
        ("no JWT", "a.b.c".to_owned()),
    ] {
        let answer = ask(&stage, &assertion, &[]).await;
        assert_eq!(answer.status.as_u16(), 401, "{what}: {}", String::from_utf8_lossy(&answer.body));
        assert_refused(&answer, 401, "invalid_client");
    }
    let assertion = signed(&ana.signing, &good);
    assert_refused(
        &ask(&stage, &assertion, &[("client_id", &ben.id().to_string())]).await,
        401,
        "invalid_client",
    );
    assert_refused(&ask(&stage, &assertion, &[("scope", "read everything")]).await, 400, "invalid_scope");
    assert_refused(&ask(&stage, &assertion, &[]).await, 401, "invalid_client");
    let fresh = signed(&ana.signing, &claims(&stage, &ana));
    token_of(&ask(&stage, &fresh, &[("client_id", &ana.id().to_string())]).await);
    assert_refused(&ask(&stage, &fresh, &[]).await, 401, "invalid_client");
    stage.until_a_later_second().await;
    stage.restart().await;
    let again = ask(&stage, &fresh, &[]).await;
    assert_problem(&again, 503, "busy");
    assert!(again.retry_after().is_some(), "from before the start");
}

async fn tokens_that_open_nothing(stage: Stage) {
    let (mut ana, ben) = (Person::new("ana", "Ana"), Person::new("ben", "Ben"));
    ana.register(&stage, 1).await;
    ben.register(&stage, 1).await;
    let token = ana.token(&stage).await;
    stage.get_with(&token, OPEN).await.success().unwrap();
    let elsewhere = Stage::sqlite().await;
    ana.register(&elsewhere, 1).await;
    let parts: Vec<&str> = token.split('.').collect();
    let says: Value = serde_json::from_slice(&b64_decode(parts[1]).unwrap()).unwrap();
    let mut others = says.clone();
    others["sub"] = json!(ben.id());
    let header = decode_header(&token).unwrap();
    let x = public_key(&stage, 0).await;
    let hs256 = Header { alg: Algorithm::HS256, ..header.clone() };
    let by = |header: &Header, key: &EncodingKey| encode(header, &says, key).unwrap();
    for (what, bad) in [
        ("another directory's", ana.token(&elsewhere).await),
        ("another key under the same name", by(&header, &encoding_key(&SigningKey::generate()))),
        ("signed by the client", by(&header, &encoding_key(&ana.signing))),
        ("HS256 by the public key", by(&hs256, &EncodingKey::from_secret(&b64_decode(&x).unwrap()))),
        ("HS256 by its text", by(&hs256, &EncodingKey::from_secret(x.as_bytes()))),
        ("no algorithm", format!("{}.{}.", b64_encode(br#"{"alg":"none","typ":"at+jwt"}"#), parts[1])),
        ("another's name in it", format!("{}.{}.{}", parts[0], b64_encode(others.to_string()), parts[2])),
        ("no signature", format!("{}.{}.", parts[0], parts[1])),
        ("an assertion", signed(&ana.signing, &claims(&stage, &ana))),
    ] {
        let answer = stage.get_with(&bad, OPEN).await;
        assert_eq!(answer.status.as_u16(), 401, "{what}");
        assert_problem(&answer, 401, "bad_presentation");
    }
    let old = signed(&ana.signing, &claims(&stage, &ana));
    ana.rotate();
    ana.seq = 2;
    assert_refused(&ana.try_token(&stage).await, 401, "invalid_client");
    ana.register(&stage, 1).await;
    assert_problem(&stage.get_with(&token, OPEN).await, 401, "bad_presentation");
    assert_refused(&ask(&stage, &old, &[]).await, 401, "invalid_client");
    stage.get_with(&ana.token(&stage).await, OPEN).await.success().expect("the new key opens");
}

async fn keys_of_tokens_rotate_and_outlive_a_restart(mut stage: Stage) {
    let ana = Person::new("ana", "Ana");
    ana.register(&stage, 1).await;
    let token = ana.token(&stage).await;
    let key = DecodingKey::from_ed_components(&public_key(&stage, 0).await).unwrap();
    let mut rules = Validation::new(Algorithm::EdDSA);
    rules.set_audience(&[stage.dir_id]);
    let read = jsonwebtoken::decode::<Value>(&token, &key, &rules).expect("verified by the published key");
    assert_eq!(
        (&read.claims["sub"], &read.claims["scope"]),
        (&json!(ana.id()), &json!("register read route"))
    );
    stage.restart().await;
    stage.get_with(&token, OPEN).await.success().expect("the keys are in the table");
}

#[tokio::test]
async fn a_token_lives_ten_minutes_and_a_key_a_day() {
    let midnight = 1_800_057_600_000;
    let (clock, hand) = Clock::manual(midnight - 300_000);
    let stage = Stage::by_clock(clock).await;
    let ana = Person::new("ana", "Ana");
    ana.register(&stage, 1).await;
    let token = ana.token(&stage).await;
    let before = public_key(&stage, 0).await;
    hand.advance(599_000);
    stage.get_with(&token, OPEN).await.success().expect("signed by the key of yesterday");
    let today = public_key(&stage, 0).await;
    assert_ne!(today, before);
    assert_eq!(public_key(&stage, 1).await, before, "known for a day more");
    hand.advance(1_000);
    assert_problem(&stage.get_with(&token, OPEN).await, 401, "bad_presentation");
    hand.advance(86_400_000);
    assert_eq!(public_key(&stage, 1).await, today, "and then gone");
}

#[tokio::test]
async fn a_replaced_key_gets_no_token_to_register() {
    let stage = Stage::sqlite().await;
    let mut ana = Person::new("ana", "Ana");
    let mut thief = Person::new("ana", "Ana");
    (thief.signing, thief.log) = (ana.signing.clone(), ana.log.clone());
    ana.rotate();
    ana.register(&stage, 1).await;
    assert_refused(&thief.try_first_token(&stage).await, 401, "invalid_client");
    assert_refused(&thief.try_token(&stage).await, 401, "invalid_client");
    let eve = Person::new("eve", "Eve");
    let anas = b64_encode(ana.descriptor(&stage).bytes());
    let forged = signed(&eve.signing, &claims(&stage, &ana));
    assert_refused(&ask(&stage, &forged, &[("descriptor", &anas)]).await, 401, "invalid_client");
    let own = b64_encode(eve.descriptor(&stage).bytes());
    assert_refused(&ask(&stage, &forged, &[("descriptor", &own)]).await, 401, "invalid_client");
}

#[tokio::test]
async fn forms_that_are_none() {
    let stage = Stage::sqlite().await;
    let kind = ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    let grant = ("grant_type", "client_credentials");
    for (form, error) in [
        (vec![], "invalid_request"),
        (vec![kind], "invalid_request"),
        (vec![grant], "invalid_request"),
        (vec![grant, kind], "invalid_request"),
        (vec![grant, grant, kind], "invalid_request"),
        (vec![grant, ("client_assertion_type", "saml")], "invalid_request"),
        (vec![("grant_type", "password"), kind], "unsupported_grant_type"),
        (vec![grant, kind, ("client_assertion", "x"), ("client_id", "ana")], "invalid_request"),
        (vec![grant, kind, ("client_assertion", "x"), ("descriptor", "AAAA")], "invalid_request"),
    ] {
        assert_refused(&post_form(&stage, &form).await, 400, error);
    }
}

#[tokio::test]
async fn tokens_are_limited_per_node_and_nobody_uses_up_anothers() {
    let stage = Stage::with(|config| config.limits.tokens_per_node = 2).await;
    let (ana, eve) = (Person::new("ana", "Ana"), Person::new("eve", "Eve"));
    ana.register(&stage, 0).await;
    for _ in 0..5 {
        let forged = signed(&eve.signing, &claims(&stage, &ana));
        assert_refused(&ask(&stage, &forged, &[]).await, 401, "invalid_client");
    }
    ana.token(&stage).await;
    ana.token(&stage).await;
    let slowed = ana.try_token(&stage).await;
    assert_problem(&slowed, 429, "slow_down");
    assert!(slowed.retry_after().is_some());
}

#[tokio::test]
async fn a_directory_says_where_tokens_are_given() {
    let stage =
        Stage::with(|config| config.server.public_url = Some("https://street.example/".to_owned())).await;
    let metadata = "/.well-known/oauth-authorization-server";
    let said: Value = stage.get(metadata).await.success().unwrap().json().unwrap();
    assert_eq!(said["issuer"], "https://street.example");
    assert_eq!(said["token_endpoint"], "https://street.example/oauth/token");
    assert_eq!(said["jwks_uri"], "https://street.example/.well-known/jwks.json");
    assert_eq!(said["token_endpoint_auth_methods_supported"], json!(["private_key_jwt"]));
    assert_eq!(said["openred_audience"], json!(stage.dir_id));
    assert_problem(&Stage::sqlite().await.get(metadata).await, 404, "unknown");
}

async fn public_key(stage: &Stage, place: usize) -> String {
    let keys: Value = stage.get("/.well-known/jwks.json").await.success().unwrap().json().unwrap();
    let key = &keys["keys"][place];
    assert_eq!((&key["kty"], &key["crv"], &key["use"]), (&json!("OKP"), &json!("Ed25519"), &json!("sig")));
    key["x"].as_str().unwrap().to_owned()
}
