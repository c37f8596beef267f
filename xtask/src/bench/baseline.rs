//! What this machine does at best: an HTTP answer that reads no database, and a write that waits for the disk.

use std::fs::File;
use std::io::Write as _;
use std::time::Duration;

use super::crowd::{self, Until};
use super::stage::Stage;
use super::table::{Goal, Table};
use crate::Result;
use crate::stopwatch::Stopwatch;

const WHILE: Duration = Duration::from_secs(4);

/// Both, told without a goal.
pub(crate) fn measure(stage: &Stage, table: &mut Table) -> Result<()> {
    let request = b"GET /icon.svg HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let until = Until { time: WHILE, calls: usize::MAX };
    let done = crowd::repeat(stage.ben.port, request, until)?;
    table.put("baseline: a file out of memory, 16 connections", done.rate(), "1/s", Goal::None);
    table.put("baseline: 4 kB appended and synced, one by one", synced(stage)?, "1/s", Goal::None);
    Ok(())
}

fn synced(stage: &Stage) -> Result<f64> {
    let mut file = File::create(stage.folder.join("synced"))?;
    let (watch, mut count) = (Stopwatch::start(), 0.0);
    while watch.elapsed() < WHILE {
        file.write_all(&[7; 4096])?;
        file.sync_data()?;
        count += 1.0;
    }
    Ok(count / watch.elapsed().as_secs_f64())
}
