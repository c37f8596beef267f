//! The load: as many messages as are answered, or a given number a second whether they are answered or not. The same for
//! every system. Times begin when a message was meant to be sent: who makes the load wait is charged for it.
//! Must not know: any system.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::message::now_us;

/// How long an answer, or the last delivery, may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often a load with a rate looks which messages are due.
const TICK: Duration = Duration::from_millis(1);
/// How often who takes messages looks whether there will be any more.
const LOOK: Duration = Duration::from_millis(200);
/// Messages sent before answers are looked at again.
const BURST: u64 = 128;

/// One connection of a depositor.
pub trait Line: Send + 'static {
    /// Sends message `n`, meant to be sent at `at_us`, or keeps it until [`flush`](Self::flush).
    fn push(&mut self, n: u64, at_us: u64) -> impl Future<Output = Result<(), String>> + Send;

    /// Sends what was kept. Never dropped before its end.
    fn flush(&mut self) -> impl Future<Output = Result<(), String>> + Send;

    /// Adds the numbers of some messages that are stored; waits for one. May be dropped and called again.
    fn answers(&mut self, into: &mut Vec<u64>) -> impl Future<Output = Result<(), String>> + Send;
}

/// One connection of who takes messages and acknowledges them.
pub trait Owner: Send + 'static {
    /// Takes some messages (waits for one) and adds the times at which they were meant to be sent. May be dropped and called
    /// again.
    fn take(&mut self, into: &mut Vec<u64>) -> impl Future<Output = Result<(), String>> + Send;

    /// Acknowledges all that was taken. Never dropped before its end.
    fn acknowledge(&mut self) -> impl Future<Output = Result<(), String>> + Send;
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Before measuring.
    pub warm: Duration,
    /// Measuring.
    pub time: Duration,
    /// Messages under way on one line.
    pub window: u64,
    /// Messages a second over all lines; none: as many as are answered.
    pub rate: Option<u64>,
    /// Most messages in all.
    pub most: u64,
}

/// What was counted while measuring, and in all.
#[derive(Debug, Default)]
pub struct Counted {
    /// Answers, or deliveries, while measuring.
    pub measured: u64,
    /// Their times, microseconds.
    pub times_us: Vec<u32>,
    /// Messages stored by each line, with those before measuring: line `i` of `k` sent `i`, `i + k`, `i + 2k`….
    pub lines: Vec<u64>,
    /// Microseconds of measuring, as they were.
    pub began_us: u64,
    pub ended_us: u64,
}

impl Counted {
    /// Messages in all.
    pub fn all(&self) -> u64 {
        self.lines.iter().sum()
    }

    /// The numbers of all messages of one mailbox.
    pub fn of_mailbox(&self, mailbox: u64, mailboxes: u64) -> Vec<u64> {
        let k = self.lines.len() as u64;
        let of_line = |(i, count): (usize, &u64)| {
            let (i, count) = (i as u64, *count);
            (0..count).map(move |s| s * k + i).filter(move |n| n % mailboxes == mailbox).collect::<Vec<_>>()
        };
        let mut numbers: Vec<u64> = self.lines.iter().enumerate().flat_map(of_line).collect();
        numbers.sort_unstable();
        numbers
    }
}

/// The time below which this share of `times_us` lies, milliseconds. Sorts them.
pub fn quantile_ms(times_us: &mut [u32], share: f64) -> Option<f64> {
    times_us.sort_unstable();
    let index = (share * times_us.len().saturating_sub(1) as f64).round() as usize;
    times_us.get(index).map(|us| f64::from(*us) / 1_000.0)
}

/// What the lines of one run share.
#[derive(Debug)]
struct Shared {
    began_us: u64,
    plan: Plan,
    lines: u64,
    /// Messages that owners took; nobody waits for them where there are no owners.
    taken: Option<Arc<AtomicU64>>,
    /// Messages that may be stored and not yet taken: otherwise the run would measure a heap that grows.
    behind_max: u64,
}

impl Shared {
    fn measures(&self, at_us: u64) -> bool {
        let from = self.began_us + self.plan.warm.as_micros() as u64;
        at_us >= from && at_us < from + self.plan.time.as_micros() as u64
    }

    fn ends_us(&self) -> u64 {
        self.began_us + (self.plan.warm + self.plan.time).as_micros() as u64
    }

    /// When the `s`th message of line `i` is due.
    fn due_us(&self, rate: u64, i: u64, s: u64) -> u64 {
        self.began_us + (s * self.lines + i) * 1_000_000 / rate
    }
}

/// Deposits over all `lines` until the plan's end, and until all are answered. `at` is called when measuring begins and when
/// it ends.
pub async fn deposit<L: Line>(
    lines: Vec<L>,
    plan: Plan,
    taken: Option<Arc<AtomicU64>>,
    mut at: impl FnMut(),
) -> Result<Counted, String> {
    let tasks = begin(lines, plan, taken);
    sleep(plan.warm).await;
    at();
    let began_us = now_us();
    sleep(plan.time).await;
    at();
    let ended_us = now_us();
    Ok(Counted { began_us, ended_us, ..counted(tasks).await? })
}

/// Deposits over all `lines` until there are as many as the plan has at most; how many were sent.
pub async fn fill<L: Line>(lines: Vec<L>, plan: Plan) -> Result<u64, String> {
    Ok(counted(begin(lines, plan, None)).await?.all())
}

/// Each line's place, what it sent, and the times that count.
type Lines = JoinSet<(usize, Result<(u64, Vec<u32>), String>)>;

fn begin<L: Line>(lines: Vec<L>, plan: Plan, taken: Option<Arc<AtomicU64>>) -> Lines {
    let shared = Shared { began_us: now_us(), plan, lines: lines.len() as u64, taken, behind_max: 50_000 };
    let shared = Arc::new(shared);
    let mut tasks = JoinSet::new();
    for (i, line) in lines.into_iter().enumerate() {
        let shared = Arc::clone(&shared);
        tasks.spawn(async move { (i, Depositor::new(line, i as u64, shared).run().await) });
    }
    tasks
}

async fn counted(mut tasks: Lines) -> Result<Counted, String> {
    let mut counted = Counted { lines: vec![0; tasks.len()], ..Counted::default() };
    while let Some(done) = tasks.join_next().await {
        let (i, done) = done.map_err(|e| e.to_string())?;
        let (sent, times) = done?;
        counted.lines[i] = sent;
        counted.times_us.extend(times);
    }
    counted.measured = counted.times_us.len() as u64;
    Ok(counted)
}

/// Owners that take messages until told how many there are in all; those that come while measuring are counted.
pub struct Taking {
    tasks: JoinSet<Result<Vec<u32>, String>>,
    finished: Arc<AtomicBool>,
    /// Messages taken.
    pub taken: Arc<AtomicU64>,
}

impl Taking {
    /// Begins.
    pub fn begin<O: Owner>(owners: Vec<O>, plan: Plan) -> Self {
        let (taken, finished) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let mut tasks = JoinSet::new();
        let from = now_us() + plan.warm.as_micros() as u64;
        let upto = from + plan.time.as_micros() as u64;
        for owner in owners {
            tasks.spawn(take(owner, Arc::clone(&taken), Arc::clone(&finished), from..upto));
        }
        Self { tasks, finished, taken }
    }

    /// Waits until `all` messages are taken; the times of those that were measured, microseconds.
    pub async fn end(mut self, all: u64) -> Result<Vec<u32>, String> {
        let mut times = Vec::new();
        let complete = async {
            while self.taken.load(Relaxed) < all {
                sleep(TICK).await;
            }
        };
        let in_time = timeout(PATIENCE, complete).await;
        // Whoever fell over says why; the others look at this when nothing comes.
        self.finished.store(true, Relaxed);
        while let Some(done) = self.tasks.join_next().await {
            times.extend(done.map_err(|e| e.to_string())??);
        }
        let taken = self.taken.load(Relaxed);
        in_time.map_err(|_| format!("{taken} of {all} messages were delivered"))?;
        if taken == all { Ok(times) } else { Err(format!("{taken} messages were delivered of {all}")) }
    }
}

async fn take<O: Owner>(
    mut owner: O,
    taken: Arc<AtomicU64>,
    finished: Arc<AtomicBool>,
    measured: std::ops::Range<u64>,
) -> Result<Vec<u32>, String> {
    let (mut meant, mut times) = (Vec::new(), Vec::new());
    loop {
        if let Ok(done) = timeout(LOOK, owner.take(&mut meant)).await {
            done?;
        }
        if meant.is_empty() {
            if finished.load(Relaxed) {
                return Ok(times);
            }
            continue;
        }
        owner.acknowledge().await?;
        let now = now_us();
        taken.fetch_add(meant.len() as u64, Relaxed);
        let counts = measured.contains(&now);
        times.extend(meant.drain(..).filter(|_| counts).map(|at| now.saturating_sub(at) as u32));
    }
}

/// One line with its load.
struct Depositor<L> {
    line: L,
    i: u64,
    shared: Arc<Shared>,
    sent: u64,
    answered: u64,
    /// When each message was meant to be sent, microseconds since the beginning.
    meant_us: Vec<u32>,
    numbers: Vec<u64>,
    times: Vec<u32>,
}

impl<L: Line> Depositor<L> {
    fn new(line: L, i: u64, shared: Arc<Shared>) -> Self {
        let (meant_us, numbers, times) = (Vec::new(), Vec::new(), Vec::new());
        Self { line, i, shared, sent: 0, answered: 0, meant_us, numbers, times }
    }

    async fn run(mut self) -> Result<(u64, Vec<u32>), String> {
        loop {
            let wait = match self.shared.plan.rate {
                None => self.push_what_fits().await?,
                Some(rate) => self.push_what_is_due(rate).await?,
            };
            self.line.flush().await?;
            if self.answered < self.sent {
                self.listen(wait).await?;
            } else if let Some(wait) = wait {
                sleep(wait).await;
            } else {
                return Ok((self.sent, self.times));
            }
        }
    }

    /// As many as may be under way. When it looks again; never, when its time is over.
    async fn push_what_fits(&mut self) -> Result<Option<Duration>, String> {
        let now = now_us();
        if now >= self.shared.ends_us() || self.sent * self.shared.lines >= self.shared.plan.most {
            return Ok(None);
        }
        let taken = self.shared.taken.as_ref().map(|taken| taken.load(Relaxed));
        if taken.is_some_and(|taken| self.sent * self.shared.lines > taken + self.shared.behind_max) {
            return Ok(Some(TICK));
        }
        while self.sent < self.answered + self.shared.plan.window {
            self.push(now).await?;
        }
        Ok(Some(PATIENCE))
    }

    /// Those that are due, a burst at a time. When it looks again.
    async fn push_what_is_due(&mut self, rate: u64) -> Result<Option<Duration>, String> {
        let now = now_us();
        for _ in 0..BURST {
            let due = self.shared.due_us(rate, self.i, self.sent);
            if due >= self.shared.ends_us() {
                return Ok(None);
            }
            if self.sent >= self.answered + self.shared.plan.window {
                return Ok(Some(PATIENCE));
            }
            if due > now {
                return Ok(Some(Duration::from_micros(due - now)));
            }
            self.push(due).await?;
        }
        Ok(Some(Duration::ZERO))
    }

    async fn push(&mut self, at_us: u64) -> Result<(), String> {
        self.meant_us.push((at_us - self.shared.began_us) as u32);
        let n = self.sent * self.shared.lines + self.i;
        self.sent += 1;
        self.line.push(n, at_us).await
    }

    /// Hears some answers within `wait`, if it is to look again then.
    async fn listen(&mut self, wait: Option<Duration>) -> Result<(), String> {
        match timeout(wait.unwrap_or(PATIENCE), self.line.answers(&mut self.numbers)).await {
            Ok(heard) => heard?,
            Err(_) if wait.is_some_and(|wait| wait < PATIENCE) => return Ok(()),
            Err(_) => return Err(format!("no answer within {} s", PATIENCE.as_secs())),
        }
        let now = now_us();
        let counts = self.shared.measures(now);
        for n in self.numbers.drain(..) {
            self.answered += 1;
            let s = ((n - self.i) / self.shared.lines) as usize;
            let meant = self.shared.began_us + u64::from(self.meant_us[s]);
            if counts {
                self.times.push(now.saturating_sub(meant) as u32);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_a_mailbox_are_those_that_its_lines_sent() {
        let counted = Counted { lines: vec![3, 2], ..Counted::default() };
        assert_eq!(counted.all(), 5);
        assert_eq!(counted.of_mailbox(0, 2), [0, 2, 4], "line 0 sent 0, 2 and 4");
        assert_eq!(counted.of_mailbox(1, 2), [1, 3], "line 1 sent 1 and 3");
    }

    #[test]
    fn quantiles_of_a_hundred_and_one() {
        let mut times: Vec<u32> = (0..=100).rev().map(|ms| ms * 1_000).collect();
        assert_eq!(quantile_ms(&mut times, 0.99), Some(99.0));
        assert_eq!(quantile_ms(&mut [], 0.5), None);
    }
}
