//! The audit log: what happened to identity, grants, tokens, log-ins and locks. The keeper writes, chains and signs
//! the entries; here they are kept and shown. SQL is in `store`, HTTP in `http`.

pub mod http;
pub mod store;

use openred_core::ids::NodeId;
use openred_keeper::{
    blob::Blob,
    ops::{AuditEntry, AuditEvent, AuditFinding, AuditKind, AuditVerify},
};
use tracing::{debug, warn};

use crate::{deps::Deps, error::NodeError};

/// Entries kept; the oldest thousand go together, and where they ended is remembered.
const ROWS_MAX: i64 = 100_000;
/// Entries opened by one request to the keeper.
const RUN: i64 = 500;
/// Entries dropped at once.
const DROP: i64 = 1_000;
/// Entries of one page.
const PAGE: usize = 100;

/// What was found.
#[derive(Debug, Default)]
pub struct Page {
    /// The newest first.
    pub items: Vec<AuditEntry>,
    /// Number to go on from; none at the beginning of the log.
    pub next: Option<u64>,
    /// In words; empty when the whole log is as it was written.
    pub problems: Vec<String>,
}

/// Writes an entry. A log that cannot be written stops nothing, but it is said in the program's log.
pub async fn note(deps: &Deps, kind: AuditKind, peer: Option<NodeId>, text: &str) {
    let event = AuditEvent { kind, peer, text: text.to_owned() };
    match deps.keys.keeper().audit(event).await.map_err(NodeError::from) {
        Ok(()) => keep(deps).await,
        Err(NodeError::Locked | NodeError::NotSetUp) => debug!(text, "no audit entry while locked"),
        Err(error) => warn!(%error, "an audit entry was not written"),
    }
}

/// Fetches what the keeper wrote since the last time and keeps it.
pub async fn keep(deps: &Deps) {
    if let Err(error) = try_keep(deps).await {
        warn!(%error, "audit entries were not kept");
    }
}

async fn try_keep(deps: &Deps) -> Result<(), NodeError> {
    let entries = match deps.keys.keeper().take_audit().await.map_err(NodeError::from) {
        Ok(entries) if !entries.is_empty() => entries,
        Ok(_) | Err(NodeError::Locked | NodeError::NotSetUp) => return Ok(()),
        Err(error) => return Err(error),
    };
    if append_all(deps, entries).await? > ROWS_MAX { trim(deps).await } else { Ok(()) }
}

/// Keeps entries that the keeper handed out while locking.
pub async fn append(deps: &Deps, entries: Vec<Blob>) {
    if let Err(error) = append_all(deps, entries).await {
        warn!(%error, "audit entries were not kept");
    }
}

/// Returns how many there are now.
async fn append_all(deps: &Deps, entries: Vec<Blob>) -> Result<i64, NodeError> {
    deps.write_plain(move |tx| {
        entries.iter().try_for_each(|entry| store::append(tx, entry))?;
        store::count(tx)
    })
    .await
}

/// Drops the oldest entries, once the keeper has read them, and remembers the chain's link to the rest.
async fn trim(deps: &Deps) -> Result<(), NodeError> {
    let (after, oldest) =
        deps.db.read(|tx| Ok::<_, NodeError>((store::begin(tx)?, store::run(tx, 0, DROP)?))).await?;
    let Some(last) = oldest.last().map(|row| row.0) else { return Ok(()) };
    let entries = oldest.into_iter().map(|row| Blob(row.1)).collect();
    let report = deps.keys.keeper().verify_audit(AuditVerify { after, entries, last: false }).await?;
    let now = deps.clock.now_ms();
    deps.write_plain(move |tx| store::drop_upto(tx, last, report.next, now)).await
}

/// Reads and checks the whole log; gives the page of entries numbered below `before`.
pub async fn read(deps: &Deps, before: Option<u64>) -> Result<Page, NodeError> {
    keep(deps).await;
    let mut page = Page::default();
    let mut after = deps.db.read(store::begin).await?;
    let mut from = 0;
    let mut shown: std::collections::VecDeque<AuditEntry> = std::collections::VecDeque::new();
    loop {
        let rows = deps.db.read(move |tx| store::run(tx, from, RUN)).await?;
        let last = (rows.len() as i64) < RUN;
        from = rows.last().map_or(from, |row| row.0);
        let entries = rows.into_iter().map(|row| Blob(row.1)).collect();
        let report = deps.keys.keeper().verify_audit(AuditVerify { after, entries, last }).await?;
        page.problems.extend(report.findings.iter().map(words));
        after = report.next;
        for entry in report.entries.into_iter().filter(|e| before.is_none_or(|b| e.number < b)) {
            shown.push_back(entry);
            if shown.len() > PAGE + 1 {
                shown.pop_front();
            }
        }
        if last {
            break;
        }
    }
    if shown.len() > PAGE {
        shown.pop_front();
        page.next = shown.front().map(|entry| entry.number);
    }
    page.items = shown.into_iter().rev().collect();
    page.problems.truncate(100);
    Ok(page)
}

fn words(finding: &AuditFinding) -> String {
    match finding {
        AuditFinding::Damaged { index } => format!("an entry is damaged (place {index} of its run)"),
        AuditFinding::Gap { expected, found } => {
            format!("entries {expected} to {} are missing", found.saturating_sub(1))
        }
        AuditFinding::Chain { number } => format!("entry {number} does not follow from the one before it"),
        AuditFinding::Rewound { expected, found } => {
            format!(
                "the log ends at entry {found}, but entry {expected} was written: the end was cut or an older copy put back"
            )
        }
    }
}
