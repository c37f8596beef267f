//! Meeting: from ana's wish to be friends to the request seen at the other node, through the directory; it holds an
//! introduction, a handshake and the first delivery. Afterwards everybody is ana's friend.

use serde_json::json;

use super::stage::Stage;
use super::table::{Goal, Table, quantile_ms};
use crate::Result;
use crate::demo::person::Person;
use crate::stopwatch::Stopwatch;

/// One meeting with each friend.
pub(crate) fn measure(stage: &mut Stage, table: &mut Table) -> Result<()> {
    let mut times = Vec::new();
    let Stage { ana, ben, friends, .. } = stage;
    for friend in std::iter::once(&*ben).chain(&*friends) {
        let watch = wish(ana, friend)?;
        times.push(watch.elapsed());
        accept(ana, friend)?;
    }
    table.put(
        "wish to request seen, introduction included, p50",
        quantile_ms(&mut times, 0.5),
        "ms",
        Goal::AtMost(20.0),
    );
    Ok(())
}

fn wish(ana: &Person, friend: &Person) -> Result<Stopwatch> {
    let search = format!("/people/search?q={}", friend.display_name.replace(' ', "%20"));
    ana.until("the friend in the search", || ana.item(&search, "/node_id", &friend.node_id))?;
    let watch = Stopwatch::start();
    let path = format!("/people/{}/request", friend.node_id);
    ana.send("POST", &path, &json!({"relationship": "friend", "note": ""}))?;
    friend.until("a request", || friend.item("/people?list=requests", "/node_id", &ana.node_id))?;
    Ok(watch)
}

fn accept(ana: &Person, friend: &Person) -> Result<()> {
    friend.send("POST", &format!("/people/{}/accept", ana.node_id), &json!({}))?;
    ana.until("a friend", || ana.item("/people?list=friends&limit=100", "/node_id", &friend.node_id))
        .map(drop)
}
