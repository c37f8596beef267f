//! Two neighbours on one thread: every message is written, counted and read as on a link.

mod cost;
mod evil;
mod grinding;
mod set;
mod union;
mod vectors;

use std::collections::{BTreeMap, BTreeSet};

use chacha20::ChaCha8Rng;
use chacha20::rand_core::SeedableRng as _;
use openred_core::ids::{Hash, Id16, NodeId};
use openred_core::overlay::{Frame, Link, Range};

use super::*;
use crate::now::Now;

const ANA: NodeId = NodeId([1; 32]);
const BEN: NodeId = NodeId([2; 32]);
/// 2026-11-21 00:00:00 UTC.
const TODAY: u64 = 1_795_219_200;

fn now(mono_ms: u64) -> Now {
    Now { mono_ms, unix_ms: TODAY * 1000 + mono_ms }
}

fn rng(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

fn id(n: u64) -> Hash {
    Hash::of(&[b"message", &n.to_be_bytes()])
}

/// `count` messages, ten a second.
fn set_of(numbers: impl IntoIterator<Item = u64>) -> Set {
    let mut set = Set::new();
    for n in numbers {
        assert!(set.insert(TODAY + n / 10, id(n)));
    }
    set
}

/// What went over the link in one session that Ana began with Ben, and what came of it.
#[derive(Debug, Default)]
struct Report {
    messages: usize,
    bytes: usize,
    largest: usize,
    frames: Vec<Vec<u8>>,
    ana_wants: Vec<Id16>,
    ben_wants: Vec<Id16>,
    /// What Ana, and what Ben took the other to lack.
    ana_has: Vec<(u64, Hash)>,
    ben_has: Vec<(u64, Hash)>,
    ends: Vec<End>,
}

impl Report {
    /// Over the link: written, counted, read.
    fn carry(&mut self, link: &Link) -> (u32, Vec<Range>) {
        let frame = link.encode();
        self.messages += 1;
        self.bytes += frame.len();
        self.largest = self.largest.max(frame.len());
        self.frames.push(frame.clone());
        match Frame::decode(&frame) {
            Ok(Frame::Link(Link::Reconcile { session, ranges })) => (session, ranges),
            other => panic!("{other:?}"),
        }
    }
}

fn meet(ana: &Set, ben: &Set, seed: u64) -> Report {
    let (mut report, mut at_ana, mut at_ben) = (Report::default(), Sessions::new(), Sessions::new());
    let mut link = Some(at_ana.begin(ana, BEN, now(0), &mut rng(seed)));
    while let Some(sent) = link {
        let (session, ranges) = report.carry(&sent);
        let to_ben = report.messages % 2 == 1;
        let step = if to_ben {
            at_ben.on_ranges(ben, ANA, session, &ranges, now(0))
        } else {
            at_ana.on_ranges(ana, BEN, session, &ranges, now(0))
        };
        let step = step.expect("sound ranges");
        if to_ben {
            report.ben_wants.extend(step.want);
            report.ben_has.extend(step.have);
        } else {
            report.ana_wants.extend(step.want);
            report.ana_has.extend(step.have);
        }
        report.ends.extend(step.end);
        link = step.reply;
    }
    assert!(!at_ana.is_running(&BEN), "over for both");
    report
}

/// Both get what they want. In a long session an id may be named more than once.
fn exchange(ana: &mut Set, ben: &mut Set, report: &Report) {
    let found = |wants: &[Id16], from: &Set| -> Vec<_> {
        let all: BTreeMap<_, _> = from.iter().map(|element| (element.1.short(), element)).collect();
        let wants: BTreeSet<_> = wants.iter().collect();
        wants.into_iter().map(|short| all[short]).collect()
    };
    let (to_ana, to_ben) = (found(&report.ana_wants, ben), found(&report.ben_wants, ana));
    to_ana.into_iter().for_each(|(time, id)| assert!(ana.insert(time, id), "held already"));
    to_ben.into_iter().for_each(|(time, id)| assert!(ben.insert(time, id), "held already"));
}
