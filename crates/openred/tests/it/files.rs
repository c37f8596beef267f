//! Files between two people with real processes: killed on the way, by a link, on a full disk.

use http::{HeaderName, HeaderValue, Method};
use openred_service::http_client::{HttpRequest, HttpResponse};
use serde_json::{Value, json};

use crate::caller::{RUNTIME, client};
use crate::disk::Disk;
use crate::program::until;
use crate::scan::stands_in;
use crate::world::{Person, World};

/// 20 MiB and a little, so that the last chunk is a short one.
const SIZE: usize = (20 << 20) + 12_345;
const NAME: &str = "the lamp is lit tonight.film";

/// Bytes of which no piece stands anywhere by chance.
fn film(size: usize) -> Vec<u8> {
    (0..size as u64).map(|at| (at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 53) as u8).collect()
}

fn is_on_its_way(person: &Person, file: &str) -> bool {
    let file = person.get(&format!("/files/{file}"));
    assert_ne!(file["state"], "failed", "{file}");
    file["state"] == "waiting"
}

/// Waits until `more` bytes of a copy are there, while it is not whole.
fn comes(person: &Person, file: &str, more: u64) {
    until("a piece of the file is there", || {
        person.get(&format!("/files/{file}"))["have"].as_u64().unwrap() > more
    });
}

#[test]
fn a_file_arrives_whole_though_both_nodes_are_killed_on_the_way() {
    let world = World::new();
    let directory = world.directory("");
    let (mut ana, mut ben) = world.friends(&directory);
    let (film, path) = (film(SIZE), world.path(NAME));
    std::fs::write(&path, &film).unwrap();
    let (code, said) = ana.openred(&["file", "send", path.to_str().unwrap(), "ben", "--json"]);
    assert_eq!(code, 0, "{said}");
    let offer = ben.sees("/files/offers", "name", NAME);
    let (code, list) = ben.openred(&["file", "list"]);
    assert!(code == 0 && list.contains(&format!("ana offers {NAME}, 21.0 MB")), "{list}");
    let number = offer["id"].as_i64().unwrap();
    let copy = ben.send("POST", &format!("/files/offers/{number}/accept"), &json!({}));
    let id = copy["id"].as_str().unwrap().to_owned();

    comes(&ben, &id, 0);
    ben.program.kill();
    let names: Vec<String> = std::fs::read_dir(ben.folder.join("files"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(matches!(names.as_slice(), [one] if one.ends_with(".part")), "killed on the way: {names:?}");
    ben.on();
    let have = ben.get(&format!("/files/{id}"))["have"].as_u64().unwrap();
    assert!(have > 0, "what was there is there");
    comes(&ben, &id, have);
    let still_comes = is_on_its_way(&ben, &id);
    ana.crash();
    assert!(still_comes, "ana's node was killed on the way too");
    until("the file is here", || !is_on_its_way(&ben, &id));

    let to = world.path("got");
    let (code, said) = ben.openred(&["file", "get", &number.to_string(), "--to", to.to_str().unwrap()]);
    assert_eq!(code, 0, "{said}");
    assert!(std::fs::read(&to).unwrap() == film, "byte for byte");
    let (code, said) = ben.openred(&["file", "get", &number.to_string(), "--to", to.to_str().unwrap()]);
    assert!(code == 1 && said.contains("cannot be written"), "nothing is overwritten: {said}");
    for person in [&ana, &ben] {
        for needle in [NAME.as_bytes(), &film[5_000_000..5_000_032], &film[..32], &film[SIZE - 32..]] {
            assert!(!stands_in(&person.folder, needle), "nothing of it lies open at {}", person.name);
        }
    }
    // What was sent and is deleted is given to nobody any more.
    let own = ana.sees("/files", "name", NAME)["id"].as_str().unwrap().to_owned();
    assert_eq!(ana.openred(&["file", "delete", &own]).0, 0);
    ben.send("POST", "/storage/free", &json!({}));
    ben.send("POST", &format!("/files/offers/{number}/accept"), &json!({}));
    until("ben is told that it is gone", || {
        ben.items("/files").iter().any(|file| file["state"] == "failed" && file["reason"] == "gone")
    });
    assert_eq!(std::fs::read_dir(ana.folder.join("files")).unwrap().count(), 0, "nothing is left of it");
}

fn calls(method: Method, url: &str, headers: &[(&'static str, &str)]) -> HttpResponse {
    let mut request = HttpRequest::new(method, url.parse().unwrap());
    for (name, value) in headers {
        request = request.header(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
    }
    RUNTIME.block_on(client().send(request)).unwrap()
}

#[test]
fn a_link_that_was_used_once_is_gone() {
    let world = World::new();
    let ana = world.person("ana");
    let path = world.path(NAME);
    std::fs::write(&path, film(200_000)).unwrap();
    let (code, said) = ana.openred(&["file", "link", path.to_str().unwrap(), "--uses", "1", "--json"]);
    assert_eq!(code, 0, "{said}");
    let link: Value = serde_json::from_str(&said).unwrap();
    let (url, key) = link["url"].as_str().unwrap().split_once('#').unwrap();
    assert_eq!(key.len(), 43, "32 bytes that no server is sent");
    let page = calls(Method::GET, url, &[]);
    assert!(page.status.is_success() && page.headers["content-security-policy"].to_str().is_ok());
    let refused = |answer: HttpResponse| (answer.status.as_u16(), answer.code().unwrap());
    let data = format!("{url}/data");
    assert_eq!(refused(calls(Method::GET, &data, &[])), (403, "refused".to_owned()));
    let begun = calls(Method::POST, &format!("{url}/downloads"), &[]);
    let token: Value = begun.json().unwrap();
    let token = [("openred-download", token["token"].as_str().unwrap())];
    let whole = calls(Method::GET, &data, &token);
    assert_eq!(
        (whole.status.as_u16(), whole.body.len()),
        (200, 200_000 + 4 * 16),
        "ciphertext of four chunks"
    );
    let ranged = [token[0], ("range", "bytes=65552-")];
    assert_eq!(calls(Method::GET, &data, &ranged).body, whole.body[65_552..], "the same download goes on");
    assert_eq!(refused(calls(Method::POST, &format!("{url}/downloads"), &[])), (410, "gone".to_owned()));
    assert_eq!(refused(calls(Method::GET, &data, &[])), (410, "gone".to_owned()));
    let unknown = url.rsplit_once('/').unwrap().0.to_owned() + "/AAAAAAAAAAAAAAAAAAAAAA/about";
    assert_eq!(refused(calls(Method::GET, &unknown, &[])), (404, "unknown".to_owned()));
}

#[test]
fn an_upload_on_a_full_disk_is_refused_in_words_and_goes_on_when_there_is_room() {
    let world = World::new();
    let Some(disk) = Disk::at(&world.path("ana")) else { return };
    let ana = world.person_on("ana", disk);
    let film = film(4 << 20);
    let new = json!({"name": NAME, "size": film.len()});
    let id = ana.send("POST", "/files", &new)["id"].as_str().unwrap().to_owned();
    let path = format!("/files/{id}/data?offset=");
    let first = ana.caller.put(&format!("{path}0"), &film[..1 << 20]);
    assert_eq!((first.status, &first.json["offset"]), (200, &json!(1 << 20)));
    ana.disk().fill();
    let refused = ana.caller.put(&format!("{path}{}", 1 << 20), &film[1 << 20..]);
    assert_eq!((refused.status, &refused.json["code"]), (507, &json!("full")), "{}", refused.json);
    let other = ana.caller.call("POST", "/files", Some(&new)).unwrap();
    assert_eq!((other.status, &other.json["code"]), (507, &json!("full")), "before anything of it comes");
    ana.disk().free();
    let asked = ana.caller.put(&format!("{path}0"), b"x");
    assert_eq!(asked.status, 409, "{}", asked.json);
    let on: usize = asked.json["offset"].as_str().unwrap().parse().unwrap();
    assert!(on >= 1 << 20, "what was acknowledged is there: {on}");
    let last = ana.caller.put(&format!("{path}{on}"), &film[on..]);
    assert_eq!((last.status, &last.json["whole"]), (200, &json!(true)), "{}", last.json);
    assert!(ana.caller.bytes(&format!("/files/{id}/data")) == film);
}
