//! A node with very many conversations and messages: what it weighs, and how soon it is there. Ana writes alone: to groups whose one
//! other member never comes, so that there are as many conversations as one wants, with the rows and keys of any other.

use serde_json::json;

use super::super::crowd::{self, CROWD, NUMBER, Until};
use super::super::stage::Stage;
use super::super::table::{Goal, Table, quantile_ms};
use super::{PATIENCE, Size, page_at, read, weighed};
use crate::Result;
use crate::demo::person::text;

/// Ben's node is off.
#[expect(clippy::cast_precision_loss, reason = "counts for a person")]
pub(super) fn measure(stage: &mut Stage, size: Size, table: &mut Table) -> Result<()> {
    let Stage { ana, ben, .. } = stage;
    let each = size.many.div_ceil(size.chats.max(1));
    let (mut written, mut last) = (0, String::new());
    for number in 0..size.chats {
        let new = json!({"name": format!("Bakery {number}"), "people": [ben.node_id]});
        last = text(&ana.send("POST", "/groups", &new)?, "/id")?;
        let words = format!("Flour for the oven, {number}, number {NUMBER}");
        let path = format!("/chats/{last}/messages");
        let request = ana.caller.spelled("POST", &path, Some(&json!({"text": words}).to_string()));
        let until = Until { time: PATIENCE, calls: each.div_ceil(CROWD) };
        written += crowd::repeat(ana.port, &request, until)?.times.len();
    }
    table.put("conversations of one node", size.chats as f64, "", Goal::None);
    table.put("messages in all of them", written as f64, "", Goal::None);
    weighed(ana, &page_at(&last, 50), table)?;
    let mut listed = read(ana, "/chats?limit=50")?;
    table.put("the list of 50 of them, p99", quantile_ms(&mut listed, 0.99), "ms", Goal::AtMost(100.0));
    let mut searched = read(ana, "/search?q=oven%20flour&limit=30")?;
    table.put(
        "search that all of them match, p99",
        quantile_ms(&mut searched, 0.99),
        "ms",
        Goal::AtMost(50.0),
    );
    Ok(())
}
