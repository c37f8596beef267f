//! The same nodes, each in a process of its own: what one process saves them would show here. The parent brings the
//! members together, lets them begin at the same moment, and adds up what each counted. Must not know: any system but
//! that members tell who they are in a line, and are told everybody in another.

use std::{
    io::{BufRead, Write},
    process::Stdio,
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};

use super::{
    case::{Case, System},
    harness::{Latencies, Report},
};

/// What a member counted while measuring was on; `published` and `arrived` from beginning to end.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Counted {
    pub published: u64,
    pub arrived: u64,
    pub delivered: u64,
    pub received: u64,
    pub twice: u64,
    pub wrong: u64,
    pub refused: u64,
    pub seconds: f64,
    pub cpu_us: u64,
    pub wire: u64,
    pub resident: u64,
    pub latencies_us: Vec<u32>,
}

/// A process of the case, with a line of JSON each way at a time.
pub struct Member {
    _child: Child,
    to: ChildStdin,
    from: Lines<BufReader<ChildStdout>>,
}

/// Runs a case with a process for each node.
pub async fn run(case: &Case) -> Result<Report, String> {
    if case.system != System::Openred {
        return Err("only OpenRed's nodes run in processes of their own".to_owned());
    }
    let mut members = begun(case.nodes).await?;
    let mut sum = Counted::default();
    for member in &mut members {
        let counted: Counted = serde_json::from_str(&member.line().await?).map_err(|e| e.to_string())?;
        sum.add(counted);
    }
    let all = f64::from(case.nodes);
    let delivered = sum.delivered as f64;
    let expected = sum.published as f64 * (all - 1.0);
    let latencies = Latencies::of(sum.latencies_us);
    Ok(Report {
        messages: sum.published,
        deliveries_per_s: delivered / (sum.seconds / all),
        cpu_us_per_delivery: sum.cpu_us as f64 / delivered,
        receptions_per_delivery: Some(sum.received as f64 / delivered),
        // Every member read the same counter of the machine.
        wire_bytes_per_payload_byte: sum.wire as f64 / all / (delivered * case.payload as f64),
        reached_percent: 100.0 * sum.arrived as f64 / expected.max(1.0),
        p50_ms: latencies.at(0.5),
        p99_ms: latencies.at(0.99),
        last_ms: latencies.at(1.0),
        twice: sum.twice,
        wrong: sum.wrong,
        refused: sum.refused,
        resident_mb: sum.resident / 1_000_000,
        ..Report::of(case)
    })
}

/// Processes 0 to `count` - 1, introduced to one another; they begin now.
pub async fn begun(count: u16) -> Result<Vec<Member>, String> {
    let mut members = (0..count).map(Member::begin).collect::<Result<Vec<_>, _>>()?;
    let mut everybody = Vec::new();
    for member in &mut members {
        everybody.push(member.line().await?);
    }
    let everybody = format!("[{}]", everybody.join(","));
    for member in &mut members {
        member.say(&everybody).await?;
    }
    for member in &mut members {
        let _ready = member.line().await?;
    }
    for member in &mut members {
        member.say("\"go\"").await?;
    }
    Ok(members)
}

impl Counted {
    fn add(&mut self, one: Self) {
        self.published += one.published;
        self.arrived += one.arrived;
        self.delivered += one.delivered;
        self.received += one.received;
        self.twice += one.twice;
        self.wrong += one.wrong;
        self.refused += one.refused;
        self.seconds += one.seconds;
        self.cpu_us += one.cpu_us;
        self.wire += one.wire;
        self.resident += one.resident;
        self.latencies_us.extend(one.latencies_us);
    }
}

impl Member {
    /// The same case with one node of it.
    fn begin(i: u16) -> Result<Self, String> {
        let program = std::env::current_exe().map_err(|e| e.to_string())?;
        let mut command = Command::new(program);
        command.args(std::env::args_os().skip(1).filter(|word| word != "--apart"));
        command.args(["--member", &i.to_string()]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().map_err(|e| e.to_string())?;
        let to = child.stdin.take().ok_or("no stdin")?;
        let from = BufReader::new(child.stdout.take().ok_or("no stdout")?).lines();
        Ok(Self { _child: child, to, from })
    }

    /// What it says next.
    pub async fn line(&mut self) -> Result<String, String> {
        self.from.next_line().await.map_err(|e| e.to_string())?.ok_or("a member ended".to_owned())
    }

    async fn say(&mut self, line: &str) -> Result<(), String> {
        self.to.write_all(format!("{line}\n").as_bytes()).await.map_err(|e| e.to_string())
    }
}

/// In a member: says one thing and waits for the answer to it.
pub fn exchange<T: DeserializeOwned>(say: &str) -> Result<T, String> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{say}").and_then(|()| out.flush()).map_err(|e| e.to_string())?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).map_err(|e| e.to_string())?;
    serde_json::from_str(&line).map_err(|e| e.to_string())
}
