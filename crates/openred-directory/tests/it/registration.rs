//! Who is registered, by what, until when.

use openred_core::call::RegisterCall;
use openred_core::descriptor::Descriptor;

use crate::people::{Person, discover, random, stale};
use crate::stage::{Stage, assert_problem, on_both_stores};

on_both_stores! {
    a_node_registers_and_its_descriptor_is_given_out_verbatim;
    the_newest_time_wins_and_the_loser_is_told_what_is_held;
    a_removed_node_is_gone_and_no_older_call_brings_it_back;
    a_thief_with_the_old_key_cannot_keep_the_owner_out;
    a_forked_log_is_refused_and_nothing_switches;
}

async fn a_node_registers_and_its_descriptor_is_given_out_verbatim(stage: Stage) {
    let ana = Person::new("ana", "Ana");
    assert_problem(&stage.get(&format!("/api/v3/nodes/{}/descriptor", ana.id())).await, 404, "unknown");
    let call = ana.register_call(&stage, 0, stage.now());
    let descriptor = Descriptor::parse(&call.descriptor.0).unwrap();
    for _ in ["first", "again, its answer was lost"] {
        let answer = stage.post("/api/v3/nodes/register", &call).await.success().unwrap();
        let answer: openred_core::call::RegisterAnswer = answer.json().unwrap();
        assert_eq!(answer.desc_hash, descriptor.hash());
        assert_eq!(answer.expires, descriptor.body().expires);
    }
    let given = stage.get(&format!("/api/v3/nodes/{}/descriptor", ana.id())).await;
    assert_eq!(given.headers["content-type"], "application/octet-stream");
    assert_eq!(given.body, call.descriptor.0);
}

async fn the_newest_time_wins_and_the_loser_is_told_what_is_held(stage: Stage) {
    let mut ana = Person::new("ana", "Ana");
    let now = stage.now();
    let first = ana.register_call(&stage, 1, now);
    stage.post("/api/v3/nodes/register", &first).await.success().unwrap();
    let earlier = ana.try_register(&stage, 1, now - 60).await;
    assert_eq!(stale(&earlier).bytes(), first.descriptor.0, "an older time");
    ana.seq = 0;
    let older = ana.try_register(&stage, 1, now + 1).await;
    assert_eq!(stale(&older).bytes(), first.descriptor.0, "a newer time with an older descriptor");
    ana.seq = 2;
    ana.display_name = "Ana the second".to_owned();
    ana.try_register(&stage, 1, now + 2).await.success().unwrap();
    let found = discover(&stage, "name=ana").await;
    assert_eq!(found.nodes.len(), 1);
    assert_eq!(found.nodes[0].display_name.as_deref(), Some("Ana the second"));
}

async fn a_removed_node_is_gone_and_no_older_call_brings_it_back(mut stage: Stage) {
    let ana = Person::new("ana", "Ana");
    let now = stage.now();
    ana.try_register(&stage, 1 | 2 | 4, now).await.success().unwrap();
    let kept = ana.register_call(&stage, 1 | 2 | 4, now + 1);
    ana.try_register(&stage, 128, now + 2).await.success().unwrap();
    for _ in ["at once", "after a restart"] {
        for query in [format!("id={}", ana.id()), "name=ana".into(), "q=ana".into(), "recent=1".into()] {
            assert_eq!(discover(&stage, &query).await.nodes, [], "{query}");
        }
        assert_problem(&stage.get(&format!("/api/v3/nodes/{}/descriptor", ana.id())).await, 404, "unknown");
        assert_problem(&ana.try_poll(&stage, 0).await, 404, "unknown");
        let replayed = stage.post("/api/v3/nodes/register", &kept).await;
        assert_problem(&replayed, 409, "stale");
        stage.restart().await;
    }
    let again = ana.try_register(&stage, 1, stage.now() + 3).await;
    assert_eq!(
        again.status.as_u16(),
        200,
        "the owner may come back: {}",
        String::from_utf8_lossy(&again.body)
    );
    assert_eq!(discover(&stage, "name=ana").await.nodes.len(), 1);
}

async fn a_thief_with_the_old_key_cannot_keep_the_owner_out(stage: Stage) {
    let mut ana = Person::new("ana", "Ana");
    ana.register(&stage, 1).await;
    ana.seq = 1_000;
    let stolen = ana.descriptor(&stage);
    let ahead = stage.now() + 500;
    let thief = RegisterCall::sign(&ana.signing, &stage.dir_id, &stolen, openred_core::call::Flags(1), ahead);
    stage.post("/api/v3/nodes/register", &thief).await.success().unwrap();
    ana.rotate();
    ana.seq = 2;
    ana.try_register(&stage, 1, stage.now()).await.success().expect("a rotated key wins over any time");
    let answer = stage.post("/api/v3/nodes/register", &thief).await;
    assert_eq!(stale(&answer).order(), (1, 2), "and the old one is stale for good");
}

async fn a_forked_log_is_refused_and_nothing_switches(stage: Stage) {
    let mut ana = Person::new("ana", "Ana");
    let before = (ana.log.clone(), ana.signing.clone());
    ana.rotate();
    let honest = ana.register(&stage, 1).await;
    let honest_log = ana.log.clone();
    (ana.log, ana.signing) = before;
    ana.rotate();
    assert_ne!(ana.log.head(), honest_log.head(), "the words were used for another entry");
    ana.seq = 9;
    assert_problem(&ana.try_register(&stage, 1, stage.now() + 5).await, 409, "conflict");
    let given = stage.get(&format!("/api/v3/nodes/{}/descriptor", ana.id())).await;
    assert_eq!(Descriptor::parse(&given.body).unwrap().hash(), honest.desc_hash);
    let metrics = String::from_utf8(stage.get("/metrics").await.body.to_vec()).unwrap();
    assert!(metrics.contains("openred_directory_forks_total 1"), "{metrics}");
}

#[tokio::test]
async fn registrations_that_others_could_not_use_are_refused() {
    let stage = Stage::sqlite().await;
    let ana = Person::new("ana", "Ana");
    let ben = Person::new("ben", "Ben");
    let now = stage.now();
    let sign = |descriptor: &Descriptor, flags: u8, time: u64| {
        RegisterCall::sign(&ana.signing, &stage.dir_id, descriptor, openred_core::call::Flags(flags), time)
    };
    let expired = ana.descriptor_at(now - 1_000, now - 1);
    let good = ana.descriptor(&stage);
    let mut far = Person::new("far", "Far");
    far.seq = (now + 2 * 86_400) * 1_000;
    let mut foreign = sign(&good, 1, now);
    foreign.sig = RegisterCall::sign(&ben.signing, &stage.dir_id, &good, foreign.flags, now).sig;
    let mut flipped = sign(&good, 1, now);
    flipped.flags.0 = 3;
    let elsewhere = RegisterCall::sign(
        &ana.signing,
        &openred_core::ids::NodeId(random()),
        &good,
        openred_core::call::Flags(1),
        now,
    );
    for (what, call, status, code) in [
        ("an expired descriptor", sign(&expired, 1, now), 400, "malformed"),
        ("unknown flags", sign(&good, 16, now), 400, "malformed"),
        ("push without an api_url", sign(&good, 8, now), 400, "malformed"),
        ("a seq two days ahead", far.register_call(&stage, 0, now), 400, "malformed"),
        ("another's signature", foreign, 401, "bad_signature"),
        ("flags that were not signed", flipped, 401, "bad_signature"),
        ("meant for another directory", elsewhere, 401, "bad_signature"),
        ("eleven minutes ago", sign(&good, 1, now - 660), 401, "bad_signature"),
        ("in eleven minutes", sign(&good, 1, now + 660), 401, "bad_signature"),
    ] {
        let answer = stage.post("/api/v3/nodes/register", &call).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_deref()), (status, Some(code)), "{what}");
    }
    let found = discover(&stage, &format!("id={}", ana.id())).await;
    assert_eq!(found.nodes, [], "nothing of it was kept");
}
