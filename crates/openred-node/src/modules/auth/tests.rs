//! The owner's API by its real router, over a database in memory and a keeper in process.

use std::net::SocketAddr;

use axum::{Router, body::Body, extract::ConnectInfo};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;
use openred_keeper::keyfile::KdfCost;
use openred_service::{
    database::{Database, DatabaseUrl},
    lifecycle::{Clock, ManualClock},
};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::{
    api::{Api, Place},
    deps::Deps,
    desk,
    migrations::MIGRATIONS,
    router,
};

const NOW: u64 = 1_800_000_000_000;
const PASSPHRASE: &str = "ana's long passphrase";

/// A node without a listener, and the owner's browser.
struct House {
    app: Router,
    api: Api,
    hands: ManualClock,
    key: String,
    cookie: String,
}

/// An answer.
struct Said {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
}

impl House {
    async fn new() -> Self {
        let (clock, hands) = Clock::manual(NOW);
        let db = Database::open(&DatabaseUrl::memory(), MIGRATIONS).await.unwrap();
        let deps = Deps { db, ..desk::empty(desk::keys(&clock), &clock) };
        let place = Place { names: vec!["ana.example".to_owned()], behind_proxy: true, ..desk::place() };
        let api = desk::api(&deps, place);
        let link = api.auth.setup_link("127.0.0.1:7717".parse().unwrap());
        let key = link.split_once("#k=").unwrap().1.to_owned();
        Self { app: router::with(api.clone()), api, hands, key, cookie: String::new() }
    }

    /// Set up by Ana, her browser logged in.
    async fn of_ana() -> Self {
        let mut house = Self::new().await;
        let said = house.post("/setup", house.setup_body()).await;
        assert_eq!(said.status, StatusCode::CREATED, "{}", said.body);
        house.cookie = cookie_of(&said);
        house
    }

    fn setup_body(&self) -> Value {
        json!({"key": self.key, "display_name": " Ana Ríos ", "passphrase": PASSPHRASE})
    }

    /// As the owner's browser on the same machine sends it.
    fn request(&self, method: &str, path: &str) -> http::request::Builder {
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"))
            .header("host", "localhost:7717")
            .header("sec-fetch-site", "same-origin")
            .extension(ConnectInfo::<SocketAddr>("127.0.0.1:4000".parse().unwrap()));
        if self.cookie.is_empty() { request } else { request.header("cookie", &self.cookie) }
    }

    async fn get(&self, path: &str) -> Said {
        self.send(self.request("GET", path).body(Body::empty()).unwrap()).await
    }

    async fn post(&self, path: &str, body: Value) -> Said {
        self.json("POST", path, body).await
    }

    async fn json(&self, method: &str, path: &str, body: Value) -> Said {
        let request = self.request(method, path).header("content-type", "application/json");
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    async fn send(&self, request: Request<Body>) -> Said {
        let answer = self.app.clone().oneshot(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Said { status: parts.status, headers: parts.headers, body }
    }
}

fn cookie_of(said: &Said) -> String {
    let set = said.headers["set-cookie"].to_str().unwrap();
    set.split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_node_is_set_up_once() {
    let house = House::new().await;
    let session = house.get("/session").await.body;
    assert_eq!((&session["phase"], &session["passphrase_min"]), (&json!("setup"), &json!(10)));
    let wrong = json!({"key": "x", "display_name": "Eve", "passphrase": PASSPHRASE});
    assert_eq!(house.post("/setup", wrong).await.status, StatusCode::FORBIDDEN);
    let short = json!({"key": house.key, "display_name": "Ana", "passphrase": "nine char"});
    let said = house.post("/setup", short).await;
    assert_eq!((said.status, &said.body["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("passphrase")));

    let said = house.post("/setup", house.setup_body()).await;
    assert_eq!(said.status, StatusCode::CREATED, "{}", said.body);
    assert_eq!(said.body["username"], "ana_rios");
    assert_eq!(said.body["node_id"].as_str().unwrap().len(), 64);
    let set = said.headers["set-cookie"].to_str().unwrap();
    assert!(
        set.starts_with("or=") && set.contains("; HttpOnly") && set.contains("; SameSite=Strict"),
        "{set}"
    );

    let again = house.post("/setup", house.setup_body()).await;
    assert_eq!((again.status, &again.body["code"]), (StatusCode::GONE, &json!("used")));
    assert_eq!(house.get("/session").await.body["phase"], "ready");
}

#[tokio::test]
async fn a_connection_over_which_a_secret_went_ends() {
    let house = House::of_ana().await;
    let ends = |said: &Said| said.headers.get("connection").is_some_and(|value| value == "close");
    assert!(!ends(&house.get("/session").await));
    let secrets = [
        ("/setup", house.setup_body()),
        ("/login", json!({"passphrase": PASSPHRASE})),
        ("/recover", json!({"words": "no words", "passphrase": PASSPHRASE})),
        ("/passphrase", json!({"old": "not it, no", "new": PASSPHRASE})),
        ("/identity/words", json!({"passphrase": PASSPHRASE})),
        ("/identity/words/confirm", json!({})),
        ("/identity/rotate", json!({"words": "no words"})),
    ];
    for (path, body) in secrets {
        assert!(ends(&house.post(path, body).await), "{path}");
    }
}

#[tokio::test]
async fn set_up_works_on_the_machine_itself_only() {
    let house = House::new().await;
    for (peer, host) in [("192.0.2.7:4000", "localhost:7717"), ("127.0.0.1:4000", "ana.example")] {
        let mut request =
            house.request("POST", "/setup").body(Body::from(house.setup_body().to_string())).unwrap();
        request.headers_mut().insert("host", host.parse().unwrap());
        request.headers_mut().insert("content-type", "application/json".parse().unwrap());
        request.extensions_mut().insert(ConnectInfo::<SocketAddr>(peer.parse().unwrap()));
        let said = house.send(request).await;
        assert_eq!(
            (said.status, &said.body["code"]),
            (StatusCode::FORBIDDEN, &json!("insecure_transport")),
            "{peer}"
        );
    }
    house.hands.advance(600_000);
    assert_eq!(
        house.post("/setup", house.setup_body()).await.status,
        StatusCode::GONE,
        "ten minutes are over"
    );
}

#[tokio::test]
async fn locked_and_opened_again_by_the_passphrase() {
    let mut house = House::of_ana().await;
    assert_eq!(house.get("/profile").await.body["display_name"], "Ana Ríos");
    assert_eq!(house.post("/lock", json!({})).await.status, StatusCode::NO_CONTENT);
    assert_eq!(house.get("/session").await.body["phase"], "locked");
    let said = house.get("/profile").await;
    assert_eq!((said.status.as_u16(), &said.body["code"]), (423, &json!("locked")));

    house.cookie.clear();
    for _ in 0..3 {
        let said = house.post("/login", json!({"passphrase": "not ana's"})).await;
        assert_eq!((said.status.as_u16(), &said.body["code"]), (401, &json!("wrong_passphrase")));
    }
    let said = house.post("/login", json!({"passphrase": PASSPHRASE})).await;
    assert_eq!(said.status.as_u16(), 429, "guessing is slowed down");
    assert_eq!(said.headers["retry-after"], "1");
    house.hands.advance(2_000);
    let said = house.post("/login", json!({"passphrase": PASSPHRASE})).await;
    assert_eq!(said.status, StatusCode::NO_CONTENT, "{}", said.body);
    house.cookie = cookie_of(&said);
    assert_eq!(house.get("/profile").await.body["username"], "ana_rios", "sealed columns open again");
}

#[tokio::test]
async fn other_sites_strangers_and_other_names_get_nothing() {
    let house = House::of_ana().await;
    let with = |name: &'static str, value: &'static str| {
        let mut request = house.request("POST", "/lock").body(Body::empty()).unwrap();
        request.headers_mut().insert(name, value.parse().unwrap());
        request
    };
    let said = house.send(with("sec-fetch-site", "cross-site")).await;
    assert_eq!((said.status, &said.body["code"]), (StatusCode::FORBIDDEN, &json!("bad_origin")));
    let mut silent = with("x-none", "1");
    silent.headers_mut().remove("sec-fetch-site");
    assert_eq!(house.send(silent).await.body["code"], "bad_origin", "a browser says where it comes from");
    assert_eq!(house.send(with("cookie", "or=AAAA")).await.status, StatusCode::UNAUTHORIZED);
    let said = house.send(with("host", "evil.example")).await;
    assert_eq!(
        (said.status.as_u16(), &said.body["code"]),
        (421, &json!("not_me")),
        "name pointed at this node"
    );
    let login = house.request("POST", "/login").header("content-type", "application/json");
    let mut login = login.body(Body::from(json!({"passphrase": PASSPHRASE}).to_string())).unwrap();
    login.headers_mut().insert("sec-fetch-site", "same-site".parse().unwrap());
    assert_eq!(house.send(login).await.body["code"], "bad_origin");
}

#[tokio::test]
async fn over_open_http_from_another_machine_nobody_logs_in() {
    let house = House::of_ana().await;
    let ask = |proto: Option<&'static str>| {
        let request = house.request("POST", "/login").header("content-type", "application/json");
        let mut request = request.body(Body::from(json!({"passphrase": PASSPHRASE}).to_string())).unwrap();
        request.extensions_mut().insert(ConnectInfo::<SocketAddr>("198.51.100.9:0".parse().unwrap()));
        request.headers_mut().insert("host", "ana.example".parse().unwrap());
        if let Some(proto) = proto {
            request.headers_mut().insert("x-forwarded-proto", proto.parse().unwrap());
        }
        request
    };
    let said = house.send(ask(None)).await;
    assert_eq!(said.body["code"], "insecure_transport");
    assert!(
        said.body["detail"].as_str().unwrap().contains("ssh -L 7717:127.0.0.1:7717 ana.example"),
        "{}",
        said.body
    );
    let said = house.send(ask(Some("https"))).await;
    assert_eq!(said.status, StatusCode::NO_CONTENT, "{}", said.body);
    let set = said.headers["set-cookie"].to_str().unwrap();
    assert!(set.starts_with("__Host-or=") && set.contains("; Secure") && set.contains("; Path=/;"), "{set}");
}

#[tokio::test]
async fn a_device_is_listed_and_can_be_logged_out() {
    let mut house = House::of_ana().await;
    let first = house.cookie.clone();
    house.cookie.clear();
    let said = house.post("/login", json!({"passphrase": PASSPHRASE})).await;
    house.cookie = cookie_of(&said);
    let list = house.get("/devices").await.body;
    let others: Vec<&Value> =
        list["items"].as_array().unwrap().iter().filter(|d| d["current"] == false).collect();
    assert_eq!(others.len(), 1, "{list}");
    let id = others[0]["id"].as_str().unwrap();
    let said =
        house.send(house.request("DELETE", &format!("/devices/{id}")).body(Body::empty()).unwrap()).await;
    assert_eq!(said.status, StatusCode::NO_CONTENT);
    let second = std::mem::replace(&mut house.cookie, first);
    assert_eq!(house.get("/profile").await.body["code"], "login_required", "the other browser is out");
    house.cookie = second;
    assert_eq!(
        house.post("/logout", json!({})).await.headers["set-cookie"].to_str().unwrap().split(';').next(),
        Some("or=")
    );
    assert_eq!(house.get("/devices").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_browser_that_stays_away_for_ninety_days_is_logged_out() {
    let house = House::of_ana().await;
    house.hands.advance(super::DEVICE_MS - 1_000);
    assert_eq!(house.get("/profile").await.status, StatusCode::OK);
    house.hands.advance(super::DEVICE_MS - 1_000);
    assert_eq!(house.get("/profile").await.status, StatusCode::OK, "it slides");
    house.hands.advance(super::DEVICE_MS + 1_000);
    assert_eq!(house.get("/profile").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_login_link_works_once_and_is_made_by_the_command_line() {
    let mut house = House::of_ana().await;
    assert_eq!(house.post("/login-links", json!({})).await.status, StatusCode::FORBIDDEN, "not by a browser");
    house.cookie.clear();
    let request =
        house.request("POST", "/login-links").header("authorization", format!("Bearer {}", desk::TOKEN));
    let said = house.send(request.body(Body::empty()).unwrap()).await;
    let key =
        said.body["url"].as_str().unwrap().strip_prefix("http://localhost:7717/#l=").unwrap().to_owned();
    assert_eq!(house.post("/login", json!({"key": key})).await.status, StatusCode::NO_CONTENT);
    assert_eq!(house.post("/login", json!({"key": key})).await.body["code"], "used");
    let request = house.request("GET", "/profile").header("authorization", "Bearer guessed");
    assert_eq!(house.send(request.body(Body::empty()).unwrap()).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn an_old_refresh_token_that_comes_again_logs_the_client_out() {
    let house = House::of_ana().await;
    let pair = house.post("/tokens", json!({"name": "backup"})).await.body;
    let refresh = |token: &Value| house.post("/tokens/refresh", json!({"refresh_token": token}));
    let bearer = |token: &Value| {
        let mut request = house.request("GET", "/profile");
        request.headers_mut().unwrap().remove("cookie");
        let value = format!("Bearer {}", token.as_str().unwrap());
        house.send(request.header("authorization", value).body(Body::empty()).unwrap())
    };
    assert_eq!(bearer(&pair["access_token"]).await.status, StatusCode::OK);
    let next = refresh(&pair["refresh_token"]).await;
    assert_eq!(next.status, StatusCode::OK, "{}", next.body);
    assert_eq!(refresh(&pair["refresh_token"]).await.status, StatusCode::UNAUTHORIZED, "used before");
    assert_eq!(
        bearer(&next.body["access_token"]).await.status,
        StatusCode::UNAUTHORIZED,
        "thief and owner are out"
    );
}

#[tokio::test]
async fn words_are_confirmed_by_three_of_them_and_then_gone() {
    let house = House::of_ana().await;
    assert_eq!(house.get("/identity").await.body["recovery"], "unsaved");
    assert_eq!(house.post("/identity/words", json!({"passphrase": "wrong one"})).await.status.as_u16(), 401);
    let said = house.post("/identity/words", json!({"passphrase": PASSPHRASE})).await;
    let words: Vec<String> = serde_json::from_value(said.body["words"].clone()).unwrap();
    assert_eq!(words.len(), 24);
    let bad = json!({"answers": {"1": words[0], "2": words[1], "3": "zebrafish"}});
    assert_eq!(house.post("/identity/words/confirm", bad).await.body["field"], "answers");
    let two = json!({"answers": {"1": words[0], "2": words[1]}});
    assert_eq!(house.post("/identity/words/confirm", two).await.status.as_u16(), 422);
    let good = json!({"answers": {"3": words[2], "11": words[10], "24": words[23]}});
    assert_eq!(house.post("/identity/words/confirm", good).await.status, StatusCode::NO_CONTENT);
    assert_eq!(house.get("/identity").await.body["recovery"], "saved");
    assert_eq!(house.post("/identity/words", json!({"passphrase": PASSPHRASE})).await.body["code"], "gone");

    let rotated = house.post("/identity/rotate", json!({"words": words.join(" ")})).await;
    assert_eq!((rotated.status, &rotated.body["log_seq"]), (StatusCode::OK, &json!(1)), "{}", rotated.body);
    assert_eq!(rotated.body["entries"][1]["kind"], "rotated");
    assert_eq!(rotated.body["entries"][0]["at"], NOW);
}

#[tokio::test]
async fn a_forgotten_passphrase_is_replaced_by_the_words() {
    let mut house = House::of_ana().await;
    let said = house.post("/identity/words", json!({"passphrase": PASSPHRASE})).await;
    let words: Vec<String> = serde_json::from_value(said.body["words"].clone()).unwrap();
    house.post("/lock", json!({})).await;
    let old = std::mem::take(&mut house.cookie);
    let wrong = json!({"words": vec!["abandon"; 24].join(" "), "passphrase": "another passphrase"});
    assert_eq!(house.post("/recover", wrong).await.status.as_u16(), 401);
    let said =
        house.post("/recover", json!({"words": words.join(" "), "passphrase": "another passphrase"})).await;
    assert_eq!(said.status, StatusCode::NO_CONTENT, "{}", said.body);
    house.cookie = old;
    assert_eq!(house.get("/profile").await.status, StatusCode::UNAUTHORIZED, "browsers of before are out");
    house.cookie = cookie_of(&said);
    assert_eq!(house.get("/profile").await.status, StatusCode::OK);
    assert_eq!(house.post("/login", json!({"passphrase": PASSPHRASE})).await.status.as_u16(), 401);
    assert_eq!(house.post("/login", json!({"passphrase": "another passphrase"})).await.status.as_u16(), 204);
}

#[tokio::test]
async fn what_happened_stands_in_the_audit_log_and_a_cut_is_seen() {
    let mut house = House::of_ana().await;
    house.post("/lock", json!({})).await;
    house.cookie = cookie_of(&house.post("/login", json!({"passphrase": PASSPHRASE})).await);
    let log = house.get("/audit").await.body;
    assert_eq!(log["ok"], true, "{log}");
    let texts: Vec<&str> =
        log["items"].as_array().unwrap().iter().map(|i| i["detail"].as_str().unwrap()).collect();
    for wanted in ["identity created", "locked", "unlocked", "a browser logged in"] {
        assert!(texts.contains(&wanted), "{wanted}: {texts:?}");
    }
    let cut = "DELETE FROM audit_log WHERE seq = 2";
    house.api.deps.write_plain(|tx| tx.execute(cut, &[]).map(drop)).await.unwrap();
    let log = house.get("/audit").await.body;
    assert_eq!(log["ok"], false, "a removed entry is noticed: {log}");
}

#[tokio::test]
async fn settings_refuse_what_they_do_not_know_by_name() {
    let house = House::of_ana().await;
    let said = house.json("PATCH", "/settings", json!({"colour": "red"})).await;
    assert_eq!(said.status, StatusCode::BAD_REQUEST);
    assert!(said.body["detail"].as_str().unwrap().contains("colour"), "{}", said.body);
    let said = house.json("PATCH", "/settings", json!({"directories": ["ftp://red.example"]})).await;
    assert_eq!((said.status.as_u16(), &said.body["field"]), (422, &json!("directories")));
    let change = json!({"theme": "dark", "directories": ["https://red.example/"], "allow_requests": false});
    let said = house.json("PATCH", "/settings", change).await;
    assert_eq!(said.status, StatusCode::OK, "{}", said.body);
    let settings = house.get("/settings").await.body;
    assert_eq!(settings["directories"], json!(["https://red.example"]));
    assert_eq!((&settings["theme"], &settings["allow_requests"]), (&json!("dark"), &json!(false)));
    assert_eq!(settings["default_visibility"], "friends", "what was not named stays");
    house.api.deps.tasks.stop_now();
}

#[tokio::test]
async fn the_profile_keeps_what_it_is_given() {
    let house = House::of_ana().await;
    let change = json!({"display_name": "Ana", "bio": "bread", "email": "ana@example.org", "links": [{"label": "x", "url": "https://ana.example/me"}]});
    let said = house.json("PATCH", "/profile", change).await;
    assert_eq!(said.status, StatusCode::OK, "{}", said.body);
    assert_eq!(said.body["links"], json!([{"label": "ana.example", "url": "https://ana.example/me"}]));
    assert_eq!(house.json("PATCH", "/profile", json!({"email": null})).await.body["email"], Value::Null);
    let bad = json!({"links": [{"url": "javascript:alert(1)"}]});
    assert_eq!(house.json("PATCH", "/profile", bad).await.body["field"], "links");

    let mut png = std::io::Cursor::new(Vec::new());
    image::DynamicImage::new_rgb8(40, 20).write_to(&mut png, image::ImageFormat::Png).unwrap();
    let request = house.request("PUT", "/profile/avatar").header("content-type", "image/png");
    let said = house.send(request.body(Body::from(png.into_inner())).unwrap()).await;
    assert_eq!(said.status, StatusCode::OK, "{}", said.body);
    let url = said.body["avatar_url"].as_str().unwrap().strip_prefix("/api/v1").unwrap().to_owned();
    let picture = house.get(&url).await;
    assert_eq!(picture.headers["content-type"], "image/jpeg");
    assert!(picture.headers["cache-control"].to_str().unwrap().contains("immutable"));
    let request = house.request("PUT", "/profile/avatar").header("content-type", "image/png");
    let said = house.send(request.body(Body::from("<svg/>")).unwrap()).await;
    assert_eq!((said.status.as_u16(), &said.body["field"]), (422, &json!("image")));
}

#[tokio::test]
async fn no_body_makes_the_node_fail() {
    let house = House::of_ana().await;
    let id = "ab".repeat(32);
    let long = "x".repeat(70_000);
    let bodies: [&str; 8] = ["", "{", "null", "[]", "{\"\":1}", "\u{0}", "{\"relationship\":7}", &long];
    for path in [
        "/login",
        "/setup",
        "/recover",
        "/passphrase",
        "/tokens",
        "/tokens/refresh",
        "/identity/words",
        "/identity/words/confirm",
        "/identity/rotate",
        "/invitations",
        "/invitations/redeem",
        "/directories/test",
        "/people/xyz/request",
        &format!("/people/{id}/verify"),
        &format!("/people/{id}/introduce"),
        "/outbox/1/retry",
        "/outbox/x/retry",
        "/devices/x",
        "/nothing",
    ] {
        for body in bodies {
            let request = house.request("POST", path).header("content-type", "application/json");
            let said = house.send(request.body(Body::from(body.to_owned())).unwrap()).await;
            assert!(said.status.is_client_error(), "POST {path} {body:.20}: {}", said.status);
            assert_eq!(said.headers["content-type"], "application/problem+json", "POST {path} {body:.20}");
        }
    }
    for path in [
        "/people",
        "/people?list=enemies",
        "/people?list=friends&after=x",
        "/people/search",
        "/avatars/x",
        "/invitations/x/qr",
        "/audit?after=-1",
        "/outbox?x=1",
        "/outbox?after=x",
    ] {
        let said = house.get(path).await;
        assert!(said.status.is_client_error(), "GET {path}: {}", said.status);
        assert!(said.body["code"].is_string(), "GET {path}: a problem");
    }
}

#[tokio::test]
async fn the_node_says_how_it_does_and_what_it_can() {
    let house = House::of_ana().await;
    let status = house.get("/status").await.body;
    assert_eq!(
        (&status["phase"], &status["keeper"]["state"]),
        (&json!("ready"), &json!("unlocked")),
        "{status}"
    );
    assert!(
        status["notes"].as_array().unwrap().iter().any(|note| note["code"] == "no_directory"),
        "{status}"
    );
    let request =
        Request::builder().uri("/api/openapi.json").header("host", "localhost").body(Body::empty()).unwrap();
    let said = house.send(request).await;
    assert_eq!(said.body["openapi"], "3.1.0");
    let paths = said.body["paths"].as_object().unwrap();
    for path in [
        "/api/v1/setup",
        "/api/v1/people/{node_id}/request",
        "/api/v1/feed",
        "/api/v1/posts/{id}/thread",
        "/api/v1/notifications",
    ] {
        assert!(paths.contains_key(path), "{path}");
    }
    for (path, item) in paths {
        for (method, operation) in item.as_object().unwrap() {
            let problem = &operation["responses"]["default"]["content"]["application/problem+json"];
            assert_eq!(problem["schema"]["$ref"], "#/components/schemas/Problem", "{method} {path}");
        }
    }
    let request = Request::builder().uri("/people").header("host", "localhost").body(Body::empty()).unwrap();
    let page = house.send(request).await;
    assert!(
        page.headers["content-security-policy"]
            .to_str()
            .unwrap()
            .starts_with("default-src 'none'; script-src 'self'")
    );
    assert_eq!(page.headers["x-content-type-options"], "nosniff");
    let request =
        Request::builder().uri("/api/v2/x").header("host", "localhost").body(Body::empty()).unwrap();
    assert_eq!(house.send(request).await.body["code"], "unknown");
}

#[tokio::test]
async fn people_are_asked_blocked_and_found_again() {
    let house = House::of_ana().await;
    let ben = "0b".repeat(32);
    let said = house
        .post(&format!("/people/{ben}/request"), json!({"relationship": "friend", "note": "Salut"}))
        .await;
    assert_eq!(
        (&said.body["relationship"], &said.body["status"]),
        (&json!("friend"), &json!("pending_out")),
        "{}",
        said.body
    );
    assert_eq!(said.body["name_state"], "unconfirmed");
    let list = house.get("/people?list=requests").await.body;
    assert_eq!(list["items"][0]["node_id"], json!(ben));
    assert_eq!(house.get(&format!("/people/search?q={ben}")).await.body["items"][0]["node_id"], json!(ben));
    assert_eq!(house.get(&format!("/people/{ben}")).await.body["safety_number"], Value::Null, "not met yet");
    assert_eq!(house.post(&format!("/people/{ben}/accept"), json!({})).await.status, StatusCode::CONFLICT);
    let said = house.post(&format!("/people/{ben}/block"), json!({})).await;
    assert_eq!(said.body["relationship"], "blocked", "{}", said.body);
    let me = house.get("/identity").await.body["node_id"].as_str().unwrap().to_owned();
    let said = house.post(&format!("/people/{me}/request"), json!({"relationship": "friend"})).await;
    assert_eq!(said.status, StatusCode::FORBIDDEN, "{}", said.body);
    assert_eq!(house.get(&format!("/people/{}", "0c".repeat(32))).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn invitations_need_a_way_to_be_reached() {
    let house = House::of_ana().await;
    let said = house.post("/invitations", json!({"days": 2})).await;
    assert_eq!(said.status, StatusCode::FORBIDDEN, "{}", said.body);
    assert_eq!(
        house.post("/invitations/redeem", json!({"link": "openred:i#cut"})).await.body["field"],
        "link"
    );
    assert_eq!(house.get("/invitations").await.body["items"], json!([]));
}

#[tokio::test]
async fn who_takes_no_requests_is_asked_in_vain_but_by_invitation() {
    use openred_core::{
        ids::{Hash, NodeId},
        payload::{FriendRequest, Relationship},
    };

    use crate::{error::NodeError, modules::contacts};

    let house = House::of_ana().await;
    let asks = |welcome_in: bool| {
        house.api.deps.write(move |w| {
            let ben = contacts::store::ensure(w.tx, w.seal, &NodeId([11; 32]), w.now)?;
            let note = "Salut".to_owned();
            let request =
                FriendRequest { relationship: Relationship::Friend, note, invite_id: None, routes: None };
            contacts::on_request(w, ben, Hash([1; 32]), request, welcome_in)
        })
    };
    house.json("PATCH", "/settings", json!({"allow_requests": false})).await;
    assert!(matches!(asks(false).await, Err(NodeError::Refused(_))));
    assert_eq!(house.get("/people?list=requests").await.body["items"], json!([]));
    house.json("PATCH", "/settings", json!({"allow_requests": true})).await;
    asks(false).await.unwrap();
    assert_eq!(house.get("/people?list=requests").await.body["items"][0]["note"], "Salut");
    house.json("PATCH", "/settings", json!({"allow_requests": false})).await;
    asks(true).await.unwrap();
    assert_eq!(house.get("/people?list=friends").await.body["items"][0]["status"], "accepted");
}

#[tokio::test]
async fn a_first_run_that_ended_in_the_middle_is_finished_by_its_passphrase() {
    let house = House::new().await;
    let passphrase = openred_keeper::secret::Secret::text(PASSPHRASE);
    house.api.deps.keys.keeper().create(passphrase, KdfCost::light()).await.unwrap();
    let other = json!({"key": house.key, "display_name": "Eve", "passphrase": "another passphrase"});
    assert_eq!(
        house.post("/setup", other).await.status,
        StatusCode::UNAUTHORIZED,
        "the keys are not overwritten"
    );
    let said = house.post("/setup", house.setup_body()).await;
    assert_eq!(
        (said.status, &said.body["username"]),
        (StatusCode::CREATED, &json!("ana_rios")),
        "{}",
        said.body
    );
}
