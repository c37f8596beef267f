//! Look-ups among very many nodes. Must not know: keys.

use std::process::Child;

use openred_core::call::{Flags, RegisterCall};
use openred_core::ids::NodeId;
use openred_service::lifecycle::Clock;

use crate::connection::{Connection, post};
use crate::person::Person;
use crate::{Failure, cpu_ms, introductions, say, start, store};

/// Nodes that are signed and registered by the API.
const REAL: usize = 2_000;
/// Connections of the client, and look-ups of each.
const CONNECTIONS: usize = 32;
const LOOK_UPS: usize = 3_000;

/// Fills a directory, starts it again, and measures.
pub(crate) async fn measure(nodes: usize) -> Result<(), Failure> {
    let folder = std::env::temp_dir().join(format!("openred-lookups-{}", std::process::id()));
    let outcome = measure_in(&folder, nodes).await;
    std::fs::remove_dir_all(folder)?;
    outcome
}

async fn measure_in(folder: &std::path::Path, nodes: usize) -> Result<(), Failure> {
    let (child, address, dir_id) = start(Some(folder)).await?;
    register(&address, dir_id).await?;
    end(child)?;
    let database = folder.join("directory.db");
    store::multiply(&database, nodes)?;
    let targets = store::some(&database, CONNECTIONS * LOOK_UPS)?;
    let began = Clock::System.monotonic_ms();
    let (child, address, dir_id) = start(Some(folder)).await?;
    let took = Clock::System.monotonic_ms() - began;
    say(&format!(
        "{nodes} nodes, {} MB of tables; start {took} ms",
        std::fs::metadata(&database)?.len() >> 20
    ));
    let by_id = |(id, _): &(String, String)| format!("/api/v3/nodes/discover?id={id}");
    look_up("by id", &child, &address, targets.iter().map(by_id).collect()).await?;
    let by_name = |(_, name): &(String, String)| format!("/api/v3/nodes/discover?name={name}");
    look_up("by name", &child, &address, targets.iter().map(by_name).collect()).await?;
    let descriptor = |(id, _): &(String, String)| format!("/api/v3/nodes/{id}/descriptor");
    look_up("descriptor", &child, &address, targets.iter().map(descriptor).collect()).await?;
    introductions(&child, &address, dir_id, (32, 300)).await?;
    say(&format!("resident at the end: {} MB", resident_kb(&child)? >> 10));
    end(child)
}

fn end(mut child: Child) -> Result<(), Failure> {
    drop(child.stdin.take());
    child.wait()?;
    Ok(())
}

async fn register(address: &str, dir_id: NodeId) -> Result<(), Failure> {
    let now = Clock::System.now_s();
    let mut connection = Connection::open(address).await?;
    for n in 0..REAL {
        let person = Person::new(&format!("person{n}"), now)?;
        let found_by_name = Flags(1);
        let call = RegisterCall::sign(&person.signing, &dir_id, &person.descriptor, found_by_name, now);
        connection.send(&post("/api/v3/nodes/register", &call)?).await?;
        connection.expect(200).await?;
    }
    Ok(())
}

/// Each connection looks up its part, one after the other.
async fn look_up(what: &str, child: &Child, address: &str, paths: Vec<String>) -> Result<(), Failure> {
    let count = paths.len();
    let mut clients = tokio::task::JoinSet::new();
    let cpu_before = cpu_ms(child.id())?;
    let began = Clock::System.monotonic_ms();
    for part in paths.chunks(count.div_ceil(CONNECTIONS)) {
        let (part, mut connection) = (part.to_vec(), Connection::open(address).await?);
        clients.spawn(async move {
            for path in part {
                connection.send(format!("GET {path} HTTP/1.1\r\nhost: d\r\n\r\n").as_bytes()).await?;
                connection.expect(200).await?;
            }
            Ok::<_, Failure>(())
        });
    }
    while let Some(done) = clients.join_next().await {
        done??;
    }
    let took = (Clock::System.monotonic_ms() - began).max(1);
    let cpu = cpu_ms(child.id())? - cpu_before;
    say(&format!(
        "{what}: {count} in {took} ms, {} per second; directory CPU {} µs each; resident {} MB",
        count as u64 * 1_000 / took,
        cpu * 1_000 / count as u64,
        resident_kb(child)? >> 10,
    ));
    Ok(())
}

fn resident_kb(child: &Child) -> Result<u64, Failure> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id()))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
