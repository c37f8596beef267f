//! What is kept of notifications, and for how long.

use openred_core::ids::Hash;

use super::{What, add, read_upto, store};
use crate::desk::ana;

const DAY_MS: u64 = 86_400_000;

#[tokio::test]
async fn notifications_are_listed_newest_first_and_read_up_to_one() {
    let (deps, _) = ana();
    let (_, mut live) = deps.events.listen(None);
    deps.write(|w| add(w, What::Comment, Some(4), Some(Hash([3; 32])), &"x".repeat(500))).await.unwrap();
    deps.write(|w| add(w, What::MetAgain, None, None, "")).await.unwrap();
    assert_eq!(live.try_recv().unwrap().kind.as_str(), "notification");
    let page = deps.read(|w| Ok(store::page(w.tx, w.seal, i64::MAX, 10)?)).await.unwrap();
    assert_eq!(page.iter().map(|n| n.what).collect::<Vec<_>>(), [What::MetAgain, What::Comment]);
    assert_eq!(
        (page[1].actor, page[1].post, page[1].params.words.len()),
        (Some(4), Some(Hash([3; 32])), 140)
    );
    let first = page[1].id;
    deps.write(move |w| read_upto(w, first)).await.unwrap();
    assert_eq!(deps.read(|w| Ok(store::unread(w.tx)?)).await.unwrap(), 1);
    let older = deps.read(move |w| Ok(store::page(w.tx, w.seal, first + 1, 10)?)).await.unwrap();
    assert!(older.len() == 1 && older[0].read);
}

#[tokio::test]
async fn a_thousand_are_kept_for_ninety_days() {
    let (deps, hands) = ana();
    deps.write(|w| (0..1_100).try_for_each(|_| add(w, What::Reaction, None, None, "❤"))).await.unwrap();
    let count = async || deps.read(|w| Ok(store::unread(w.tx)?)).await.unwrap();
    assert_eq!(count().await, 1_000);
    let trim = async || {
        let now = deps.clock.now_ms();
        deps.write_plain(move |tx| store::trim(tx, now)).await.unwrap();
    };
    hands.advance(89 * DAY_MS);
    trim().await;
    assert_eq!(count().await, 1_000);
    hands.advance(2 * DAY_MS);
    trim().await;
    assert_eq!(count().await, 0);
}

#[test]
fn every_kind_comes_back_from_its_name() {
    for what in What::ALL {
        assert_eq!(What::from_text(what.as_str()), Some(what));
        assert_eq!(serde_json::to_value(what).unwrap(), what.as_str(), "the API calls it the same");
    }
    assert_eq!(What::from_text("poke"), None);
}
