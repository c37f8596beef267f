//! A neighbour that floods: every node and the flooder are a process each, so that what it costs the flooded node can be
//! told from what it costs the flooder. Four spans after one another in one network: nobody floods; the flooder sends what
//! one origin may; it floods; it has gone. Must not know: what is sent.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};

use super::{
    apart,
    case::{Case, Flood, System},
    flooder::Sent,
    harness::{Harness, Latencies, Report},
    machine,
    node::Started,
};

/// How many times its quota a flooder sends.
pub const TIMES: u64 = 100;
/// A span in which nobody floods, at most.
const QUIET_S: u64 = 10;
/// After each span, for what is still under way.
const GRACE: Duration = Duration::from_secs(2);
/// How often it is looked how large a process is.
const LOOK: Duration = Duration::from_millis(50);
const MB: f64 = 1e6;

/// A part of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// Nobody floods.
    Quiet,
    /// The flooder sends what it may.
    Quota,
    /// It sends [`TIMES`] as much.
    Flood,
    /// It has stopped.
    After,
}

impl Span {
    /// All, in order.
    pub const ALL: [Self; 4] = [Self::Quiet, Self::Quota, Self::Flood, Self::After];

    /// How long it takes: the quota as long as the flood, so that what the flood adds is not what the quota lets through.
    pub fn lasts(self, case: &Case) -> Duration {
        Duration::from_secs(if self.times() > 0 { case.seconds } else { case.seconds.min(QUIET_S) })
    }

    /// From its beginning to that of the next.
    pub fn with_grace(self, case: &Case) -> Duration {
        self.lasts(case) + GRACE
    }

    /// How many times its quota the flooder sends.
    pub const fn times(self) -> u64 {
        match self {
            Self::Quiet | Self::After => 0,
            Self::Quota => 1,
            Self::Flood => TIMES,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Quiet => "nobody floods",
            Self::Quota => "once its quota",
            Self::Flood => "a hundred times",
            Self::After => "afterwards",
        }
    }
}

/// Seconds of all spans with their graces.
pub fn lasts_s(case: &Case) -> u64 {
    Span::ALL.into_iter().map(|span| span.with_grace(case)).sum::<Duration>().as_secs()
}

/// What a member saw in one span.
#[derive(Debug, Serialize, Deserialize)]
pub struct Watched {
    published: u64,
    latencies_us: Vec<u32>,
    seconds: f64,
    cpu_us: u64,
    resident_first: u64,
    resident_max: u64,
    resident_last: u64,
    /// Messages of the flooder that were taken in.
    taken: u64,
    facts: BTreeMap<String, u64>,
}

/// How the network went in one span.
#[derive(Debug, Default, Serialize)]
pub struct Shown {
    name: &'static str,
    seconds: f64,
    p50_ms: Option<f64>,
    p99_ms: Option<f64>,
    last_ms: Option<f64>,
    reached_percent: f64,
    /// Messages that the flooder wanted to send, and did.
    wanted: u64,
    sent: u64,
    sent_bytes: u64,
    /// Of these, how many the flooded node took in.
    taken: u64,
    /// Times that the flooder's connection was ended.
    ended: u64,
    /// Processor cores that the flooded node used, and the others on average.
    cores: f64,
    cores_others: f64,
    /// Of the flooded node.
    resident_first_mb: f64,
    resident_max_mb: f64,
    resident_last_mb: f64,
    /// What the flooded node counted.
    facts: BTreeMap<String, u64>,
}

/// All spans of a case.
#[derive(Debug, Serialize)]
pub struct Flooded {
    how: Option<Flood>,
    times: u64,
    quota_per_s: u64,
    spans: Vec<Shown>,
}

/// Runs a case with a flooder.
pub async fn run(case: &Case) -> Result<Report, String> {
    if case.system != System::Openred {
        return Err("only OpenRed's nodes are flooded".to_owned());
    }
    let mut members = apart::begun(case.nodes + 1).await?;
    let mut watched: Vec<Vec<Watched>> = Vec::new();
    let mut flooder = members.pop().ok_or("nobody floods")?;
    for member in &mut members {
        watched.push(serde_json::from_str(&member.line().await?).map_err(|e| e.to_string())?);
    }
    let sent: Vec<Sent> = serde_json::from_str(&flooder.line().await?).map_err(|e| e.to_string())?;
    let mut spans = Vec::new();
    for (i, (span, sent)) in Span::ALL.into_iter().zip(&sent).enumerate() {
        let nodes: Vec<&Watched> = watched.iter().filter_map(|spans| spans.get(i)).collect();
        spans.push(shown(span, &nodes, sent).ok_or("a member saw less than all")?);
    }
    let flood = &spans[2];
    let messages = watched.iter().map(|spans| spans[2].published).sum::<u64>();
    Ok(Report {
        messages,
        reached_percent: flood.reached_percent,
        p50_ms: flood.p50_ms,
        p99_ms: flood.p99_ms,
        last_ms: flood.last_ms,
        resident_mb: flood.resident_last_mb as u64,
        flood: Some(Flooded {
            how: case.flood,
            times: TIMES,
            quota_per_s: openred_proto::overlay::Config::standard().limits.origin_per_s,
            spans,
        }),
        ..Report::of(case)
    })
}

fn shown(span: Span, nodes: &[&Watched], sent: &Sent) -> Option<Shown> {
    let (flooded, others) = nodes.split_first()?;
    let cores = |one: &Watched| one.cpu_us as f64 / 1e6 / one.seconds;
    let published: u64 = nodes.iter().map(|one| one.published).sum();
    let all: Vec<u32> = nodes.iter().flat_map(|one| one.latencies_us.iter().copied()).collect();
    let expected = published as f64 * others.len() as f64;
    let reached_percent = 100.0 * all.len() as f64 / expected.max(1.0);
    let latencies = Latencies::of(all);
    Some(Shown {
        name: span.name(),
        seconds: flooded.seconds,
        p50_ms: latencies.at(0.5),
        p99_ms: latencies.at(0.99),
        last_ms: latencies.at(1.0),
        reached_percent,
        wanted: sent.wanted,
        sent: sent.messages,
        sent_bytes: sent.bytes,
        taken: flooded.taken,
        ended: sent.ended,
        cores: cores(flooded),
        cores_others: others.iter().map(|one| cores(one)).sum::<f64>() / others.len() as f64,
        resident_first_mb: flooded.resident_first as f64 / MB,
        resident_max_mb: flooded.resident_max as f64 / MB,
        resident_last_mb: flooded.resident_last as f64 / MB,
        facts: flooded.facts.clone(),
    })
}

/// In a member that is a node: goes through the spans.
pub async fn watched(case: &Case, harness: &Arc<Harness>, nodes: &Started) -> Vec<Watched> {
    tokio::time::sleep(Duration::from_secs(case.warm_s)).await;
    let facts = || nodes.facts.as_ref().map(|facts| facts()).unwrap_or_default();
    let mut spans = Vec::new();
    for span in Span::ALL {
        let next = tokio::time::Instant::now() + span.with_grace(case);
        let (before, facts_before, taken) = (machine::Reading::now(), facts(), harness.foreign());
        let resident_first = machine::resident();
        harness.measure(true);
        let end = tokio::time::Instant::now() + span.lasts(case);
        let mut resident_max = resident_first;
        while tokio::time::Instant::now() < end {
            tokio::time::sleep(LOOK).await;
            resident_max = resident_max.max(machine::resident());
        }
        harness.measure(false);
        let used = machine::Reading::now() - before;
        tokio::time::sleep_until(next).await;
        let (published, latencies_us) = harness.take_measured();
        let before = |name: &String| facts_before.get(name).copied().unwrap_or(0);
        spans.push(Watched {
            published,
            latencies_us,
            seconds: used.seconds,
            cpu_us: used.cpu_us,
            resident_first,
            resident_max,
            resident_last: machine::resident(),
            taken: harness.foreign() - taken,
            facts: facts().into_iter().map(|(name, sum)| (name.clone(), sum - before(&name))).collect(),
        });
    }
    harness.stop();
    spans
}
