//! What stays and what goes when a directory is stopped and started.

use std::os::unix::fs::PermissionsExt as _;

use openred_core::call::ListedStatus;
use openred_core::call::ServerRole;
use openred_core::descriptor::Descriptor;
use openred_core::identity::LogOrder;
use openred_directory::{Directory, StartError};
use openred_service::identity::{KeyFileError, rotate};

use crate::people::{Person, discover};
use crate::stage::{Stage, assert_problem, on_both_stores};

on_both_stores! {
    registrations_stay_and_wishes_go;
}

async fn registrations_stay_and_wishes_go(mut stage: Stage) {
    let (ana, ben) = (Person::new("ana", "Ana"), Person::new("ben", "Ben"));
    ana.register(&stage, 7).await;
    ben.register(&stage, 7).await;
    let before = discover(&stage, "recent=1").await;
    let poll = ana.poll_call(&stage, 0);
    let request = ana.request(&stage, &ben.id());
    ana.ask(&stage, &ben.id()).await;
    stage.until_a_later_second().await; // than the one in which poll and request were signed
    stage.restart().await;
    let mut after = discover(&stage, "recent=1").await;
    assert!(after.nodes.iter().all(|listed| listed.status == ListedStatus::Away), "nobody called yet");
    after.nodes.iter_mut().for_each(|listed| listed.status = ListedStatus::Active);
    assert_eq!(after.nodes, before.nodes, "all else is as it was");
    let early = stage.post("/api/v3/tokens/poll", &poll).await;
    assert_problem(&early, 503, "busy");
    assert!(early.retry_after().is_some(), "signed before the start: sign again");
    assert_problem(&stage.post("/api/v3/tokens/request-connection", &request).await, 503, "busy");
    let (for_ana, for_ben) = tokio::join!(ana.poll(&stage, 1), ben.poll(&stage, 1));
    assert_eq!((for_ana.len(), for_ben.len()), (0, 0), "wishes live in memory only");
    ana.ask(&stage, &ben.id()).await;
    let (for_ana, for_ben) = tokio::join!(ana.poll(&stage, 20), ben.poll(&stage, 20));
    assert_eq!((for_ana.len(), for_ben.len()), (1, 1));
}

#[tokio::test]
async fn the_key_is_its_owners_only_and_damage_is_named() {
    let mut stage = Stage::sqlite().await;
    let data = stage.config.storage.data.clone();
    let mode = |name: &str| std::fs::metadata(data.join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("directory.key"), 0o600);
    assert_eq!(std::fs::metadata(&data).unwrap().permissions().mode() & 0o777, 0o700);
    let second = Directory::start(stage.config.clone()).await.unwrap_err();
    assert!(second.to_string().contains(&std::process::id().to_string()), "{second}");
    assert!(stage.running.take().unwrap().stop().await);
    let whole = std::fs::read(data.join("directory.key")).unwrap();
    for cut in [0, 1, whole.len() / 2, whole.len() - 1] {
        std::fs::write(data.join("directory.key"), &whole[..cut]).unwrap();
        let error = Directory::start(stage.config.clone()).await.unwrap_err();
        assert!(matches!(error, StartError::Identity(KeyFileError::Damaged(_))), "{error}");
    }
}

#[tokio::test]
async fn the_words_replace_a_stolen_key_and_nodes_can_follow() {
    let mut stage = Stage::sqlite().await;
    let running = stage.running.take().unwrap();
    let words = running.first_words.as_ref().unwrap().words().to_owned();
    assert_eq!(words.split(' ').count(), 24);
    let before = stage.descriptor.clone();
    stage.running = Some(running);
    let data = stage.config.storage.data.clone();
    let now_ms = stage.now() * 1_000;
    stage
        .restart_after(|| {
            assert!(rotate(&data, ServerRole::Directory, "abandon abandon", now_ms).is_err());
            let others = openred_core::seed::RecoverySeed::generate().words();
            assert!(
                rotate(&data, ServerRole::Directory, &others, now_ms).is_err(),
                "another identity's words"
            );
            for _ in 1..=2 {
                assert_eq!(
                    rotate(&data, ServerRole::Directory, &words, now_ms).unwrap(),
                    before.node_id(),
                    "the same words again"
                );
            }
        })
        .await;
    let after = Descriptor::parse(&stage.get("/p2p/descriptor").await.body).unwrap();
    assert!(after.order() > before.order());
    assert_eq!(
        before.body().log.compare(&after.body().log),
        LogOrder::Grown,
        "whoever holds the old log follows"
    );
    assert_ne!(before.signing_key(), after.signing_key());
}
