//! Reading the home feed: twenty posts out of very many, by 16 connections at once.

use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use serde_json::json;

use super::posting::at_once;
use super::stage::Stage;
use super::table::{Goal, Table, quantile_ms};
use crate::Result;
use crate::stopwatch::Stopwatch;

const READERS: usize = 16;
/// Filling the feed stops after this time, however few posts there are; the table says how many.
const FILLING: Duration = Duration::from_secs(180);

/// Fills ben's own feed and reads it.
#[expect(clippy::cast_precision_loss, reason = "rates for a person")]
pub(crate) fn measure(stage: &Stage, posts: usize, table: &mut Table) -> Result<()> {
    table.put("posts in the feed that is read", fill(stage, posts)? as f64, "", Goal::None);
    let times = Mutex::new(Vec::new());
    let bytes = Mutex::new(0);
    let watch = Stopwatch::start();
    let read = at_once(&stage.ben.caller, READERS, |caller| {
        let watch = Stopwatch::start();
        let page = caller.call("GET", "/feed?limit=20", None)?;
        let took = watch.elapsed();
        times.lock().map_err(|e| e.to_string())?.push(took);
        *bytes.lock().map_err(|e| e.to_string())? = page.to_string().len();
        Ok(())
    })?;
    let seconds = watch.elapsed().as_secs_f64();
    let mut times = times.into_inner()?;
    table.put("feed pages of 20, 16 connections", read as f64 / seconds, "1/s", Goal::AtLeast(2000.0));
    table.put("feed page, p99", quantile_ms(&mut times, 0.99), "ms", Goal::AtMost(20.0));
    table.put("feed page", bytes.into_inner()? as f64, "bytes", Goal::AtMost(10_000.0));
    Ok(())
}

/// Ben writes private posts until there are enough; half of a page's text is realistic length.
fn fill(stage: &Stage, posts: usize) -> Result<usize> {
    let watch = Stopwatch::start();
    let counts: Vec<usize> = thread::scope(|scope| {
        let hands = (0..READERS).map(|_| {
            let caller = stage.ben.caller.another();
            scope.spawn(move || {
                let body = json!({"text": "A sentence of ordinary length, as people write.", "visibility": "private"});
                let mut done = 0;
                while done < posts / READERS && watch.elapsed() < FILLING {
                    if caller.call("POST", "/posts", Some(&body)).is_err() {
                        break;
                    }
                    done += 1;
                }
                done
            })
        });
        let hands: Vec<_> = hands.collect();
        hands.into_iter().map(|h| h.join().unwrap_or(0)).collect()
    });
    Ok(counts.into_iter().sum())
}
