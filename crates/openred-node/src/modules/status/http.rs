//! Endpoint of the status.

use std::path::Path;

use axum::{Json, extract::State};
use openred_keeper::ops::VaultState;
use openred_service::problem::Problem;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    api::Api,
    delivery::store as delivery,
    error::NodeError,
    modules::auth::http::session::{Phase, phase},
    modules::contacts::store as people,
    net::{
        SessionsBy,
        directories::{Health, Known},
        relays,
    },
    node::FILES_FOLDER,
};

/// Free space below which the owner is warned, bytes.
const LOW_BYTES: u64 = 500 << 20;
/// Free space with which hardly anything can be written any more, bytes.
const FULL_BYTES: u64 = 1 << 20;
/// Seconds by which a clock may be wrong without anybody noticing.
const CLOCK_GOOD_S: i64 = 60;
/// Friends looked at for "reachable".
const FRIENDS_MAX: i64 = 5_000;

/// How the node is doing.
#[derive(Debug, Serialize, ToSchema)]
pub struct Status {
    node_id: Option<String>,
    version: &'static str,
    uptime_s: u64,
    phase: Phase,
    clock: ClockStatus,
    keeper: KeeperStatus,
    directories: Vec<DirectoryStatus>,
    relays: Vec<RelayStatus>,
    friends: Friends,
    sessions: usize,
    sessions_by: SessionsBy,
    outbox: OutboxCounts,
    storage: Storage,
    notes: Vec<Note>,
}

/// This machine's clock against others'.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClockStatus {
    /// Seconds ahead of others; null when nobody was asked.
    skew_s: Option<i64>,
    ok: bool,
    text: String,
}

/// The key process.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeeperStatus {
    /// `empty locked unlocked damaged gone`.
    state: &'static str,
    /// How far it is shut in.
    sandbox: String,
}

/// A directory.
#[derive(Debug, Serialize, ToSchema)]
pub struct DirectoryStatus {
    url: String,
    node_id: Option<String>,
    /// `ok down lying slow off`.
    #[schema(value_type = String)]
    state: Health,
    since_at: u64,
    detail: String,
}

/// A relay that keeps this node's mail.
#[derive(Debug, Serialize, ToSchema)]
pub struct RelayStatus {
    url: String,
    node_id: Option<String>,
    /// `ok down off`.
    #[schema(value_type = String)]
    state: relays::Health,
    since_at: u64,
    detail: String,
}

/// How many.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Friends {
    total: i64,
    /// With an open session.
    reachable: usize,
}

/// How much has not arrived.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct OutboxCounts {
    waiting: u64,
    failed: u64,
}

/// The disk.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Storage {
    /// Of the data folder.
    bytes: u64,
    /// On its disk.
    free_bytes: u64,
    /// `FULL` (SQLite) or `on` (PostgreSQL): what is acknowledged survives a power loss.
    synchronous: String,
}

/// Something the owner should know.
#[derive(Debug, Serialize, ToSchema)]
pub struct Note {
    /// Stable.
    code: &'static str,
    /// `ok warn error`.
    level: &'static str,
    text: String,
}

/// How the node is doing.
#[utoipa::path(get, path = "/status", tag = "node", responses((status = 200, body = Status)))]
pub async fn status(State(api): State<Api>) -> Result<Json<Status>, Problem> {
    let (phase, names) = phase(&api).await?;
    let keeper = keeper(&api).await;
    let (waiting, failed) = api.deps.db.read(delivery::counts).await.map_err(NodeError::from)?;
    let storage = storage(&api).await?;
    let directories: Vec<DirectoryStatus> = api.net.directories.all().into_iter().map(directory).collect();
    let relays = api.net.relays().into_iter().map(relay).collect();
    let mut status = Status {
        node_id: names.map(|n| n.0),
        version: api.place.version,
        uptime_s: api.deps.clock.monotonic_ms().saturating_sub(api.place.started_ms) / 1_000,
        phase,
        clock: clock(api.net.directories.skew_s()),
        keeper,
        directories,
        relays,
        friends: friends(&api).await?,
        sessions: api.net.sessions(),
        sessions_by: api.net.sessions_by(),
        outbox: OutboxCounts { waiting, failed },
        storage,
        notes: Vec::new(),
    };
    status.notes = notes(&api, &status);
    Ok(Json(status))
}

/// In words, from the seconds by which this clock is ahead.
fn clock(skew_s: Option<i64>) -> ClockStatus {
    let text = match skew_s {
        None => "not compared with another clock".to_owned(),
        Some(s) if s.abs() <= CLOCK_GOOD_S => "this machine's clock is right".to_owned(),
        Some(s) => {
            let direction = if s > 0 { "ahead" } else { "behind" };
            format!(
                "this machine's clock is {} {direction}: others refuse what it signs; set it right",
                span(s.unsigned_abs())
            )
        }
    };
    ClockStatus { skew_s, ok: skew_s.is_none_or(|s| s.abs() <= CLOCK_GOOD_S), text }
}

/// Seconds as a person says them.
fn span(s: u64) -> String {
    let (count, unit) = match s {
        0..120 => (s, "seconds"),
        120..7_200 => (s / 60, "minutes"),
        7_200..172_800 => (s / 3_600, "hours"),
        _ => (s / 86_400, "days"),
    };
    format!("{count} {unit}")
}

async fn keeper(api: &Api) -> KeeperStatus {
    match api.deps.keys.keeper().status().await {
        Ok(status) => KeeperStatus {
            state: match status.state {
                VaultState::Empty => "empty",
                VaultState::Locked => "locked",
                VaultState::Damaged => "damaged",
                VaultState::Unlocked { .. } => "unlocked",
            },
            sandbox: format!("{:?}", status.sandbox).to_lowercase(),
        },
        Err(_) => KeeperStatus { state: "gone", sandbox: String::new() },
    }
}

fn directory(known: Known) -> DirectoryStatus {
    DirectoryStatus {
        url: known.url,
        node_id: known.node_id.map(|id| id.to_string()),
        state: known.health,
        since_at: known.since_at,
        detail: known.detail,
    }
}

fn relay(known: relays::Known) -> RelayStatus {
    RelayStatus {
        url: known.url,
        node_id: known.node_id.map(|id| id.to_string()),
        state: known.health,
        since_at: known.since_at,
        detail: known.detail,
    }
}

async fn friends(api: &Api) -> Result<Friends, Problem> {
    let net = api.net.clone();
    let read = api.deps.read(move |w| {
        let total = people::count_friends(w.tx)?;
        let friends = people::list(w.tx, w.seal, people::List::Friends, 0, FRIENDS_MAX)?;
        let reachable = friends.iter().filter(|p| net.is_connected(&p.node_id)).count();
        Ok(Friends { total, reachable })
    });
    match read.await {
        Ok(friends) => Ok(friends),
        Err(NodeError::Locked | NodeError::NotSetUp) => Ok(Friends::default()),
        Err(error) => Err(error.into()),
    }
}

async fn storage(api: &Api) -> Result<Storage, Problem> {
    let synchronous = api.deps.db.synchronous().await?;
    let Some(folder) = api.place.folder.as_deref() else {
        return Ok(Storage { synchronous, ..Storage::default() });
    };
    let free_bytes = rustix::fs::statvfs(folder).map_or(0, |disk| disk.f_bavail * disk.f_frsize);
    Ok(Storage { bytes: size_of(folder), free_bytes, synchronous })
}

/// Files of the data folder, and of the folder of files in it; there are no deeper ones.
fn size_of(folder: &Path) -> u64 {
    flat_size_of(folder) + flat_size_of(&folder.join(FILES_FOLDER))
}

fn flat_size_of(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let sizes = entries.filter_map(|entry| entry.ok()?.metadata().ok()).filter(std::fs::Metadata::is_file);
    sizes.map(|file| file.len()).sum()
}

fn notes(api: &Api, status: &Status) -> Vec<Note> {
    let mut notes = Vec::new();
    let mut note = |code, level, text: &str| notes.push(Note { code, level, text: text.to_owned() });
    match status.phase {
        Phase::Setup => note("setup", "warn", "This node is not set up yet."),
        Phase::Locked => {
            note(
                "locked",
                "warn",
                "The node is locked: it says and takes nothing until you log in; what you made public stays readable. What \
                 friends send waits with them.",
            );
        }
        Phase::Ready => {}
    }
    if let Some(other) = api.net.elsewhere() {
        let text = if other.stopped {
            "This node is silent: you use the other node with your identity."
        } else {
            "Your identity is in use on another node: this one has stopped sending. Say which one you use."
        };
        note("identity_elsewhere", "error", text);
    }
    if status.keeper.state == "gone" {
        note("keeper_gone", "error", "The key process ended and is being started again.");
    }
    if status.keeper.state == "damaged" {
        note("key_file_damaged", "error", "The key file is damaged: restore it from a backup.");
    }
    if status.directories.is_empty() && api.place.api_url.is_none() {
        note(
            "no_directory",
            "warn",
            "No directory is set: others cannot find this node. Add one in the settings.",
        );
    } else if !status.directories.is_empty()
        && status.directories.iter().all(|d| matches!(d.state, Health::Down | Health::Lying))
    {
        note("directories_down", "warn", "No directory answers. Friends are still reached directly.");
    }
    for directory in status.directories.iter().filter(|d| d.state == Health::Lying) {
        note(
            "directory_lying",
            "error",
            &format!("{} answered what cannot be true: {}", directory.url, directory.detail),
        );
    }
    if !status.relays.is_empty() && status.relays.iter().all(|r| r.state == relays::Health::Down) {
        note(
            "relays_down",
            "warn",
            "No relay answers. What others send while this node is off waits with them.",
        );
    }
    if !status.clock.ok {
        note("clock_wrong", "error", &status.clock.text);
    }
    if status.phase == Phase::Ready && !api.net.overlay.config().off && api.net.overlay.handle().is_none() {
        note(
            "overlay_rests",
            "warn",
            "The overlay has not started: public posts go to friends and followers only.",
        );
    }
    if status.outbox.failed > 0 {
        note("delivery_failed", "warn", "Some messages could not be delivered: see the outbox.");
    }
    let space_known = status.storage.free_bytes > 0 || status.storage.bytes > 0;
    if space_known && status.storage.free_bytes < FULL_BYTES {
        note(
            "disk_full",
            "error",
            "The disk is full: nothing new is taken until there is space. What friends send waits with them.",
        );
    } else if space_known && status.storage.free_bytes < LOW_BYTES {
        note("disk_low", "error", "Less than 500 MB of disk are free: new posts may be refused soon.");
    }
    if notes.is_empty() {
        notes.push(Note { code: "ok", level: "ok", text: "Everything works.".to_owned() });
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::clock;

    #[test]
    fn a_wrong_clock_is_named_with_how_much() {
        assert!(clock(None).ok && clock(Some(-59)).ok);
        assert_eq!(
            clock(Some(-5_400)).text,
            "this machine's clock is 90 minutes behind: others refuse what it signs; set it right"
        );
        assert!(clock(Some(90_000)).text.contains("25 hours ahead"));
        assert!(!clock(Some(61)).ok);
    }
}
