//! Who is found by what: only what a node agreed to, page by page.

use std::collections::BTreeSet;

use openred_core::call::ListedStatus;

use crate::people::{Person, discover};
use crate::stage::{Stage, assert_problem, on_both_stores};

on_both_stores! {
    nobody_is_found_by_what_it_did_not_agree_to;
    names_and_words_find_their_node;
    pages_show_everybody_once;
}

async fn nobody_is_found_by_what_it_did_not_agree_to(stage: Stage) {
    let cases = [(0, "none"), (1, "named"), (2, "worded"), (4, "recently"), (7, "all_of_it")];
    for (flags, name) in cases {
        let person = Person::new(name, &format!("The {name}"));
        person.register(&stage, flags).await;
        let by = async |query: String| {
            let found = discover(&stage, &query).await.nodes;
            found.into_iter().find(|listed| listed.node_id == person.id())
        };
        let by_id = by(format!("id={}", person.id())).await.expect("an id is always answered");
        assert_eq!(by_id.username.is_some(), flags & 3 != 0, "{name}: names are shown by consent");
        assert_eq!(by_id.display_name.is_some(), flags & 3 != 0);
        assert_eq!(by_id.api_url, None);
        assert_eq!(by_id.last_seen % 3_600, 0, "to the hour");
        assert_eq!(by_id.status, ListedStatus::Active);
        assert_eq!(by(format!("name={name}")).await.is_some(), flags & 1 != 0, "{name} by name");
        assert_eq!(by(format!("q={name}")).await.is_some(), flags & 2 != 0, "{name} by words");
        assert_eq!(by("recent=1".to_owned()).await.is_some(), flags & 4 != 0, "{name} recently seen");
    }
}

async fn names_and_words_find_their_node(stage: Stage) {
    let mut chloe = Person::new("chloe", "Chloé Beauvoir");
    chloe.api_url = Some("https://chloe.example/api".to_owned());
    chloe.register(&stage, 3).await;
    Person::new("chloris", "Chloris B.").register(&stage, 3).await;
    for (query, names) in [
        ("name=chloe", vec!["chloe"]),
        ("name=Chloe", vec![]),
        ("name=chlo", vec![]),
        ("q=chlo", vec!["chloe", "chloris"]),
        ("q=BEAU", vec!["chloe"]),
        ("q=beau+chlo%C3%A9", vec!["chloe"]),
        ("q=beau+chloris", vec![]),
        ("q=%25", vec!["refused"]),
        ("q=_", vec!["refused"]),
    ] {
        if names == ["refused"] {
            assert_problem(&stage.get(&format!("/api/v3/nodes/discover?{query}")).await, 400, "malformed");
            continue;
        }
        let found = discover(&stage, query).await.nodes;
        let found: BTreeSet<_> = found.iter().filter_map(|listed| listed.username.as_deref()).collect();
        assert_eq!(found, names.into_iter().collect(), "{query}");
    }
    let found = discover(&stage, "name=chloe").await.nodes;
    assert_eq!(found[0].api_url.as_deref(), Some("https://chloe.example/api"));
    assert_eq!(found[0].desc_hash, discover(&stage, &format!("id={}", chloe.id())).await.nodes[0].desc_hash);
}

async fn pages_show_everybody_once(stage: Stage) {
    let mut all = BTreeSet::new();
    for _ in 0..7 {
        let person = Person::new("twin", "A Twin");
        person.register(&stage, 7).await;
        assert!(all.insert(person.id()));
    }
    for query in ["name=twin", "q=twin", "recent=1"] {
        let mut seen = Vec::new();
        let mut after = String::new();
        loop {
            let page = discover(&stage, &format!("{query}&limit=3{after}")).await;
            assert!(page.nodes.len() <= 3);
            seen.extend(page.nodes.iter().map(|listed| listed.node_id));
            let Some(next) = page.next else { break };
            after = format!("&after={next}");
        }
        assert_eq!(seen.len(), 7, "{query}: nobody twice");
        assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), all, "{query}: nobody missing");
    }
}
