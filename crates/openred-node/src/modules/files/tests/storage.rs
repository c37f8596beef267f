//! The disk budget: copies go, own files never.

use openred_core::ids::{Hash, Id16, NodeId};
use serde_json::json;

use super::stage::{Stage, letter};
use crate::modules::{
    contacts::store as people,
    files::{
        disk::{Writing, sealed_len},
        finish, fresh_id, fresh_key,
        store::{self, About},
    },
};

/// A copy of something of ben's, whole on the disk.
pub(super) async fn copy(ana: &Stage, bytes: &[u8]) -> Id16 {
    let (file_id, key, size) = (fresh_id().unwrap(), fresh_key().unwrap(), bytes.len() as u64);
    let about = About {
        key,
        name: "of ben".to_owned(),
        media_type: "text/plain".to_owned(),
        size,
        clean: false,
        open: false,
        next_key: None,
    };
    ana.deps.files.folder().make().unwrap();
    let part = ana.deps.files.folder().part(&file_id);
    let mut writing = Writing::open(&part, about.key.as_bytes(), size).unwrap();
    writing.append(bytes).unwrap();
    writing.settle().unwrap();
    let (hash, said) = (writing.hash(), about.clone());
    let file = ana.deps.write(move |w| {
        let ben = people::ensure(w.tx, w.seal, &NodeId([2; 32]), w.now)?;
        let id = store::add(w.tx, w.seal, (&file_id, ben.id), &said, (sealed_len(size), Some(hash)), w.now)?;
        Ok(store::get(w.tx, w.seal, id)?.unwrap())
    });
    let file = file.await.unwrap();
    assert!(finish(&ana.deps, &file, file_id, about, hash, None).await.unwrap());
    file_id
}

async fn holds(ana: &Stage, id: &Id16) -> bool {
    ana.get(&format!("/files/{id}/data")).await.status == 200
}

#[tokio::test]
async fn copies_that_were_not_used_for_longest_go_first_and_own_files_stay() {
    let ana = Stage::new();
    let own = ana.has("own", &letter(100_000)).await;
    let mut copies = Vec::new();
    for n in 0..3_u8 {
        ana.hands.advance(1_000);
        copies.push(copy(&ana, &[n; 50_000]).await);
    }
    ana.hands.advance(1_000);
    assert!(holds(&ana, &copies[0]).await, "read: used last");
    let (_, before) = ana.call("GET", "/storage", None).await;
    assert_eq!(before["own_files"], json!(sealed_len(100_000)));
    assert_eq!(before["others_files"], json!(3 * sealed_len(50_000)));
    let budget = json!({"others_budget": 2 * sealed_len(50_000)});
    let (_, after) = ana.call("PATCH", "/storage", Some(budget)).await;
    assert_eq!(after["others_files"], json!(2 * sealed_len(50_000)));
    assert_eq!(
        (holds(&ana, &copies[0]).await, holds(&ana, &copies[1]).await, holds(&ana, &copies[2]).await),
        (true, false, true),
        "the one that nobody used for longest"
    );
    let (status, freed) = ana.call("POST", "/storage/free", None).await;
    assert_eq!((status, freed), (200, json!({"freed": 2 * sealed_len(50_000)})));
    assert!(!holds(&ana, &copies[0]).await && !holds(&ana, &copies[2]).await);
    assert_eq!(
        ana.get(&format!("/files/{own}/data")).await.body,
        letter(100_000),
        "own data is never evicted"
    );
    assert_eq!(ana.names().len(), 1, "and nothing else is on the disk");
}

#[tokio::test]
async fn a_file_that_the_disk_has_no_room_for_is_refused_before_it_comes() {
    let ana = Stage::new();
    let kept = copy(&ana, b"a copy").await;
    let body = json!({"name": "everything", "size": 1_u64 << 46});
    let (status, problem) = ana.call("POST", "/files", Some(body)).await;
    assert_eq!((status, problem["code"].as_str()), (507, Some("full")), "{problem}");
    assert!(!holds(&ana, &kept).await, "copies made way as far as they could");
    assert_eq!(ana.call("GET", "/files", None).await.1["items"], json!([]), "and nothing was begun");
}

#[tokio::test]
async fn the_same_ciphertext_is_on_the_disk_as_long_as_a_row_names_it() {
    let ana = Stage::new();
    let first = copy(&ana, b"told twice").await;
    let second = fresh_id().unwrap();
    let file = ana.deps.write(move |w| {
        let held = store::find(w.tx, w.seal, &first)?.unwrap();
        let bytes = (sealed_len(held.about.size), held.hash);
        let id = store::add(w.tx, w.seal, (&second, held.person), &held.about, bytes, w.now)?;
        store::set_whole(w.tx, w.seal, id, &held.about, (bytes.0, &held.hash.unwrap()), None)?;
        Ok(held.hash.unwrap())
    });
    let hash: Hash = file.await.unwrap();
    assert_eq!(ana.call("DELETE", &format!("/files/{first}"), None).await.0, 204);
    assert_eq!(ana.names(), [hash.to_string()]);
    assert!(holds(&ana, &second).await);
    assert_eq!(ana.call("DELETE", &format!("/files/{second}"), None).await.0, 204);
    assert!(ana.names().is_empty());
}
