//! Reading the home feed: twenty posts out of very many, by 16 connections at once.

use std::time::Duration;

use serde_json::json;

use super::crowd::{self, CROWD, Until};
use super::stage::Stage;
use super::table::{Goal, Table, quantile_ms};
use crate::Result;

/// Filling the feed stops after this time, however few posts there are; the table says how many.
const FILLING: Duration = Duration::from_secs(180);
const READING: Duration = Duration::from_secs(10);

/// Fills ben's own feed and reads it.
#[expect(clippy::cast_precision_loss, reason = "rates for a person")]
pub(crate) fn measure(stage: &Stage, posts: usize, table: &mut Table) -> Result<()> {
    let body =
        json!({"text": "A sentence of ordinary length, as people write ########.", "visibility": "private"})
            .to_string();
    let request = stage.ben.caller.spelled("POST", "/posts", Some(&body));
    let until = Until { time: FILLING, calls: posts.div_ceil(CROWD) };
    let filled = crowd::repeat(stage.ben.port, &request, until)?;
    table.put("posts in the feed that is read", filled.times.len() as f64, "", Goal::None);
    table.put("private posts while it was filled, 16 connections", filled.rate(), "1/s", Goal::None);
    let request = stage.ben.caller.spelled("GET", "/feed?limit=20", None);
    let mut read = crowd::repeat(stage.ben.port, &request, Until { time: READING, calls: usize::MAX })?;
    table.put("feed pages of 20, 16 connections", read.rate(), "1/s", Goal::AtLeast(2000.0));
    table.put("feed page, p99", quantile_ms(&mut read.times, 0.99), "ms", Goal::AtMost(20.0));
    table.put("feed page", read.bytes as f64, "bytes", Goal::AtMost(10_000.0));
    let packed = String::from_utf8_lossy(&request).replace("Origin:", "Accept-Encoding: gzip\r\nOrigin:");
    let until = Until { time: Duration::from_secs(4), calls: usize::MAX };
    let packed = crowd::repeat(stage.ben.port, packed.as_bytes(), until)?;
    table.put("feed pages as a browser asks for them, gzipped", packed.rate(), "1/s", Goal::None);
    table.put("feed page, gzipped", packed.bytes as f64, "bytes", Goal::None);
    if let Some(bytes) = stage.ben.resident_bytes() {
        table.put("node and keeper, resident, after all this", bytes as f64 / 1e6, "MB", Goal::None);
    }
    Ok(())
}
