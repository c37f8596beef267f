//! Making runs, and fewer of them: each older run has at least twice the rows of the next younger, so there are few
//! however many deposits there were. Rows that are too old are left out of what is merged, and a run that has nothing else
//! goes.
//!
//! Must not know: who asks.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io;
use std::sync::Arc;

use super::run::{Run, Writer};
use super::{Key, MAX_FILTER_BYTES, Row, Young};
use crate::embedded::disk::Disk;

/// Writes `young` as the run of `checkpoint`, merges and drops what is due, and returns all runs, the youngest first.
/// Files of runs that are no longer among them are left to `recovery::sweep`.
pub(in crate::embedded) fn tidy(
    disk: &Disk,
    runs: &[Arc<Run>],
    young: &Young,
    checkpoint: u32,
    before: u64,
) -> io::Result<Vec<Arc<Run>>> {
    let mut spans: Vec<(u32, u32)> = Vec::new();
    if !young.is_empty() {
        write(disk, young, checkpoint)?;
        spans.push((checkpoint, checkpoint));
    }
    let alive = runs.iter().filter(|run| u64::from(run.newest()) >= before);
    spans.extend(alive.map(|run| run.span()));
    let mut runs = open(disk, &spans)?;
    let group = due(&runs);
    if group > 1 {
        let span = (runs[group - 1].span().0, runs[0].span().1);
        merge(disk, &runs[..group], span, before)?;
        spans = [&[span], &spans[group..]].concat();
        runs = open(disk, &spans)?;
    }
    Ok(runs)
}

/// Opens runs, the youngest with filters.
pub(in crate::embedded) fn open(disk: &Disk, spans: &[(u32, u32)]) -> io::Result<Vec<Arc<Run>>> {
    let mut filter_bytes = MAX_FILTER_BYTES;
    let run = |span: &(u32, u32)| Run::open(disk, span.0, span.1, &mut filter_bytes).map(Arc::new);
    spans.iter().map(run).collect()
}

fn write(disk: &Disk, young: &Young, checkpoint: u32) -> io::Result<()> {
    let mut keys: Vec<(&Key, &Row)> = young.iter().collect();
    keys.sort_unstable_by_key(|(key, _)| **key);
    let mut writer = Writer::begin(disk, checkpoint, checkpoint, keys.len())?;
    for (key, row) in keys {
        writer.push(key, row)?;
    }
    writer.finish()
}

/// How many of the youngest are to become one.
fn due(runs: &[Arc<Run>]) -> usize {
    let mut rows = 0;
    let joins = |run: &&Arc<Run>| {
        let joins = rows == 0 || run.rows() < 2 * rows;
        rows += run.rows();
        joins
    };
    runs.iter().take_while(joins).count()
}

/// Of equal keys the row of the youngest run is kept.
fn merge(disk: &Disk, runs: &[Arc<Run>], span: (u32, u32), before: u64) -> io::Result<()> {
    let rows = runs.iter().map(|run| run.rows() as usize).sum();
    let mut writer = Writer::begin(disk, span.0, span.1, rows)?;
    let mut cursors: Vec<Cursor<'_>> = runs.iter().map(|run| Cursor::new(run)).collect();
    let mut next = BinaryHeap::new();
    for (age, cursor) in cursors.iter_mut().enumerate() {
        cursor.step()?;
        next.extend(cursor.head.map(|(key, _)| Reverse((key, age))));
    }
    let mut last = None;
    while let Some(Reverse((key, age))) = next.pop() {
        let cursor = &mut cursors[age];
        let row = cursor.head.map(|(_, row)| row).filter(|row| u64::from(row.received) >= before);
        if last != Some(key)
            && let Some(row) = row
        {
            writer.push(&key, &row)?;
        }
        last = Some(key);
        cursor.step()?;
        next.extend(cursor.head.map(|(key, _)| Reverse((key, age))));
    }
    writer.finish()
}

/// The rows of a run, one after another.
struct Cursor<'a> {
    run: &'a Run,
    block: usize,
    rows: std::vec::IntoIter<(Key, Row)>,
    head: Option<(Key, Row)>,
}

impl<'a> Cursor<'a> {
    fn new(run: &'a Run) -> Self {
        Self { run, block: 0, rows: Vec::new().into_iter(), head: None }
    }

    fn step(&mut self) -> io::Result<()> {
        if self.rows.len() == 0 && self.block < self.run.blocks() {
            self.rows = self.run.block(self.block)?.into_iter();
            self.block += 1;
        }
        self.head = self.rows.next();
        Ok(())
    }
}
