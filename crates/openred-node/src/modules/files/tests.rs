//! Ana's files by the real router: brought in pieces, over a restart, read in parts, shown by links, counted.

mod links;
mod offers;
pub(crate) mod stage;
mod storage;

use axum::body::Body;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use openred_core::payload::Secret32;
use serde_json::json;

use self::stage::{Stage, letter};
use crate::modules::files::{disk::CHUNK, known, uploads};

#[tokio::test]
async fn a_file_comes_in_pieces_and_goes_on_after_a_restart() {
    let (mut ana, size) = (Stage::new(), 300_000);
    let plain = letter(size);
    let id = ana.announces("letters.txt", size, "text/plain").await;
    let (status, first) = ana.brings(&id, 0, &plain[..100_000]).await;
    assert_eq!((status, first), (200, json!({"offset": CHUNK, "whole": false})), "whole chunks are on disk");
    let (status, problem) = ana.brings(&id, 100_000, &plain[100_000..]).await;
    assert_eq!((status, &problem["code"], &problem["offset"]), (409, &json!("conflict"), &json!("65536")));
    assert_eq!(ana.get(&format!("/files/{id}/data")).await.status, 409, "not whole yet");

    // Another part that no row knows, as a crash may leave it.
    std::fs::write(ana.folder().join("0f.part"), b"lost").unwrap();
    ana.restarts().await;
    assert_eq!(ana.names(), [format!("{}.part", hex::encode(stage::id16(&id).0))]);
    let head = ana.send("HEAD", &format!("/files/{id}/data"), &[], b"").await;
    assert_eq!((head.header("upload-offset"), head.header("upload-length")), ("65536", "300000"));
    let (status, last) = ana.brings(&id, CHUNK as u64, &plain[CHUNK..]).await;
    assert_eq!((status, last), (200, json!({"offset": size, "whole": true})));

    let (_, file) = ana.call("GET", &format!("/files/{id}"), None).await;
    assert_eq!(
        (&file["state"], &file["name"], &file["size"]),
        (&json!("here"), &json!("letters.txt"), &json!(size))
    );
    assert_eq!(ana.names(), [file["hash"].as_str().unwrap()], "one file, named by its ciphertext");
    let on_disk = std::fs::read(ana.folder().join(file["hash"].as_str().unwrap())).unwrap();
    assert!(!on_disk.windows(32).any(|window| window == &plain[70_000..70_032]), "nothing lies open");
    ana.restarts().await;
    let whole = ana.get(&format!("/files/{id}/data")).await;
    assert_eq!((whole.status, whole.body.as_slice()), (200, plain.as_slice()));
    assert!(whole.header("content-disposition").starts_with("attachment; filename*=UTF-8''letters.txt"));
    for (range, from, to) in [("bytes=65530-65545", 65_530, 65_546), ("bytes=-5", size - 5, size)] {
        let part = ana.send("GET", &format!("/files/{id}/data"), &[("range", range)], b"").await;
        assert_eq!((part.status, part.body.as_slice()), (206, &plain[from..to]), "{range}");
        assert_eq!(part.header("content-range"), format!("bytes {from}-{}/{size}", to - 1));
    }
    let beyond = ana.send("GET", &format!("/files/{id}/data"), &[("range", "bytes=300000-")], b"").await;
    assert_eq!((beyond.status, beyond.json()["code"].as_str()), (416, Some("out_of_range")));
}

#[tokio::test]
async fn what_was_never_answered_may_come_again_with_other_bytes() {
    let (mut ana, size, first) = (Stage::new(), 2_500_000, 2 * CHUNK);
    let (plain, other) = (letter(size), vec![7; size]);
    let id = ana.announces("letters.txt", size, "text/plain").await;
    assert_eq!(ana.brings(&id, 0, &plain[..first]).await.1["offset"], first);
    let before = key_of(&ana, &id).await;
    let part = ana.folder().join(format!("{}.part", hex::encode(stage::id16(&id).0)));
    let answered = std::fs::read(&part).unwrap();
    // A call that never ends: what it brought is on the disk, and nobody was told.
    let piece = Ok::<_, std::io::Error>(Bytes::from(plain[first..first + 1_200_000].to_vec()));
    let never = stream::iter([piece]).chain(stream::pending());
    let (deps, file) = (ana.deps.clone(), stage::id16(&id));
    let call = ana.deps.tasks.spawn_child("upload", async move {
        uploads::append(&deps, file, first as u64, Body::from_stream(never)).await
    });
    while std::fs::metadata(&part).unwrap().len() == answered.len() as u64 {
        tokio::task::yield_now().await;
    }
    call.abort();
    assert!(call.await.is_err());
    // The power fails, and the end of what was written is lost.
    std::fs::write(&part, &answered).unwrap();
    ana.restarts().await;
    let head = ana.send("HEAD", &format!("/files/{id}/data"), &[], b"").await;
    assert_eq!(head.header("upload-offset"), first.to_string(), "what was answered is there");
    assert!(
        key_of(&ana, &id).await != before && std::fs::read(&part).unwrap() != answered,
        "under another key"
    );
    assert_eq!(ana.names().len(), 1);
    assert_eq!(ana.brings(&id, first as u64, &other[first..]).await.1["whole"], true);
    let whole = ana.get(&format!("/files/{id}/data")).await.body;
    assert!(whole[..first] == plain[..first] && whole[first..] == other[first..]);
}

#[tokio::test]
async fn a_restart_alone_changes_no_key() {
    let mut ana = Stage::new();
    let plain = letter(300_000);
    let id = ana.announces("letters.txt", plain.len(), "text/plain").await;
    ana.brings(&id, 0, &plain[..CHUNK]).await;
    let before = key_of(&ana, &id).await;
    ana.restarts().await;
    assert_eq!(ana.brings(&id, CHUNK as u64, &plain[CHUNK..]).await.1["whole"], true);
    assert!(key_of(&ana, &id).await == before);
}

async fn key_of(ana: &Stage, id: &str) -> Secret32 {
    let id = stage::id16(id);
    ana.deps.read(move |w| Ok(known(w, &id)?.about.key)).await.unwrap()
}

#[tokio::test]
async fn what_is_out_of_bounds_is_refused_by_name() {
    let ana = Stage::new();
    for (name, size, kind) in [
        ("../x", json!(1), "text/plain"),
        ("a/b", json!(1), "text/plain"),
        ("..", json!(1), "text/plain"),
        ("", json!(1), "text/plain"),
        ("two\nlines", json!(1), "text/plain"),
        (&"x".repeat(256), json!(1), "text/plain"),
        ("x", json!((1_u64 << 47) + 1), "text/plain"),
        ("x", json!(-1), "text/plain"),
        ("x", json!(1), "text"),
        ("x", json!(1), "Text/Plain; charset=x"),
    ] {
        let body = json!({"name": name, "size": size, "media_type": kind});
        let (status, problem) = ana.call("POST", "/files", Some(body)).await;
        assert!(matches!(status, 400 | 422), "{name:?} {size} {kind}: {status} {problem}");
    }
    let id = ana.announces("x", 10, "text/plain").await;
    assert_eq!(ana.brings(&id, 0, b"eleven byte").await.0, 413, "more than was said");
    assert_eq!(ana.brings(&id, 5, b"").await.0, 409, "beyond the end");
    assert_eq!(ana.brings(&id, 0, b"ten bytes.").await.1["whole"], true);
    assert_eq!(ana.brings(&id, 10, b"more").await.0, 409, "a whole file takes nothing");
    let nobody = "AAAAAAAAAAAAAAAAAAAAAA";
    for path in [format!("/files/{nobody}"), format!("/files/{nobody}/data"), "/files/x/thumbnail".to_owned()]
    {
        assert_eq!(ana.get(&path).await.status, 404, "{path}");
    }
    let rename =
        async |name: &str| ana.call("PATCH", &format!("/files/{id}"), Some(json!({"name": name}))).await;
    assert_eq!(rename("y/z").await.0, 422);
    assert_eq!(rename("y.txt").await.1["name"], "y.txt");
    for n in 0..64 {
        let (status, _) = ana.call("POST", "/files", Some(json!({"name": "n", "size": 1}))).await;
        assert_eq!(status, 201, "{n}");
    }
    assert_eq!(
        ana.call("POST", "/files", Some(json!({"name": "n", "size": 1}))).await.0,
        403,
        "too many begun"
    );
}

#[tokio::test]
async fn an_empty_file_is_whole_when_nothing_was_brought() {
    let ana = Stage::new();
    let id = ana.announces("empty", 0, "text/plain").await;
    assert_eq!(ana.brings(&id, 0, b"").await, (200, json!({"offset": 0, "whole": true})));
    let read = ana.get(&format!("/files/{id}/data")).await;
    assert_eq!((read.status, read.body.len()), (200, 0));
}

#[tokio::test]
async fn two_calls_do_not_write_one_file_at_a_time() {
    let ana = Stage::new();
    let id = ana.announces("x", 200_000, "text/plain").await;
    let (mut feed, body) = stage::slow_body();
    let (deps, file) = (ana.deps.clone(), stage::id16(&id));
    let meanwhile = async {
        feed.send(letter(70_000)).await;
        feed.taken().await;
        assert_eq!(ana.brings(&id, 0, b"meanwhile").await.0, 409);
        feed.breaks().await;
    };
    let (slow, ()) = tokio::join!(uploads::append(&deps, file, 0, body), meanwhile);
    slow.unwrap();
    let head = ana.send("HEAD", &format!("/files/{id}/data"), &[], b"").await;
    assert_eq!(head.header("upload-offset"), "65536", "what came before the connection broke is kept");
}

#[tokio::test]
async fn a_picture_loses_what_a_camera_wrote_and_gets_a_small_one() {
    let ana = Stage::new();
    let taken = stage::photo();
    let bring = async |body: serde_json::Value| {
        let (status, file) = ana.call("POST", "/files", Some(body)).await;
        assert_eq!(status, 201, "{file}");
        let id = file["id"].as_str().unwrap().to_owned();
        assert_eq!(ana.brings(&id, 0, &taken).await.1["whole"], true);
        (ana.get(&format!("/files/{id}/data")).await, ana.get(&format!("/files/{id}/thumbnail")).await)
    };
    let said = json!({"name": "beach.jpg", "size": taken.len(), "media_type": "image/jpeg"});
    let (file, small) = bring(said.clone()).await;
    assert!(!stage::holds(&file.body, b"48.8584") && file.header("content-type") == "image/jpeg");
    assert!(image::load_from_memory(&file.body).is_ok());
    assert_eq!((small.status, image::load_from_memory(&small.body).unwrap().width()), (200, 320));
    let mut kept = said.clone();
    kept["keep_original"] = json!(true);
    assert_eq!(bring(kept).await.0.body, taken, "as she wishes");
    let mut lies = said;
    lies["media_type"] = json!("image/png");
    let (file, small) = bring(lies).await;
    assert_eq!((file.header("content-type"), small.status), ("application/octet-stream", 404));
    assert_eq!(ana.names().len(), 3, "nothing else is left on the disk: {:?}", ana.names());
}

#[tokio::test]
async fn what_is_deleted_is_gone_from_the_disk() {
    let ana = Stage::new();
    let id = ana.has("x", b"the lamp is lit").await;
    assert_eq!(ana.call("DELETE", &format!("/files/{id}"), None).await.0, 204);
    assert_eq!(ana.names(), Vec::<String>::new());
    assert_eq!(ana.get(&format!("/files/{id}/data")).await.status, 404);
    let begun = ana.announces("y", 100_000, "text/plain").await;
    ana.brings(&begun, 0, &letter(70_000)).await;
    assert_eq!(ana.names().len(), 1);
    ana.hands.advance(8 * 86_400_000);
    crate::modules::files::trim(&ana.deps).await.unwrap();
    assert_eq!(ana.names(), Vec::<String>::new(), "what never came is given up after a week");
    assert_eq!(ana.call("GET", "/files", None).await.1["items"], json!([]));
}
