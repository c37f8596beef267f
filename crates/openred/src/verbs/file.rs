//! `openred file`: files for friends, files of friends, links for everybody.

use std::fs::File;
use std::io::{IsTerminal as _, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Subcommand;
use serde_json::{Value, json};

use super::people::find_person;
use crate::api::Node;
use crate::cli::Shared;
use crate::failure::Failure;
use crate::report::{Report, items, moment, number, short, text};

/// Bytes brought to the node in one call.
const PIECE: usize = 4 << 20;
/// How often the node is asked how far a file is.
const LOOK: Duration = Duration::from_millis(250);
/// Places of a bar.
const BAR: u64 = 24;

/// What to do with files. FILE is a path, or the id of a file in `openred file list` (or its beginning).
#[derive(Debug, Subcommand)]
pub(crate) enum FileVerb {
    /// List your files, and what others offer you
    List,
    /// Offer a file to a person
    Send {
        /// Path or id
        #[arg(allow_hyphen_values = true)]
        file: String,
        /// To whom
        person: String,
        /// How long they can fetch it, in hours; absent: until you delete it
        #[arg(long, value_name = "HOURS")]
        hours: Option<u64>,
        /// Keep what a camera wrote into a picture: place, time, serial number
        #[arg(long)]
        original: bool,
    },
    /// Fetch what somebody offers you, or one of your files, and write it to a path
    Get {
        /// Number of an offer in `openred file list`, or id of a file
        #[arg(allow_hyphen_values = true)]
        what: String,
        /// Where to write it; its own name in this folder when absent
        #[arg(long, value_name = "PATH")]
        to: Option<PathBuf>,
    },
    /// Make a link by which anybody who has it fetches a file
    Link {
        /// Path or id
        #[arg(allow_hyphen_values = true)]
        file: String,
        /// How long it lives, in hours, at most 720
        #[arg(long, value_name = "HOURS", default_value_t = 168)]
        hours: u64,
        /// How many downloads it allows; absent: as many as come
        #[arg(long, value_name = "N")]
        uses: Option<u64>,
        /// Keep what a camera wrote into a picture
        #[arg(long)]
        original: bool,
    },
    /// Delete one of your files; its offers and links end
    Delete {
        /// Its id
        #[arg(allow_hyphen_values = true)]
        file: String,
    },
}

/// Does it.
pub(crate) fn run(verb: FileVerb, shared: Shared) -> Result<Report, Failure> {
    let bar = Bar { shown: !shared.json && std::io::stderr().is_terminal() };
    let node = Node::of(shared)?;
    match verb {
        FileVerb::List => list(&node),
        FileVerb::Send { file, person, hours, original } => {
            let person = find_person(&node, &person)?;
            let file = meant_or_brought(&node, &file, original, &bar)?;
            let body =
                json!({"node_id": person, "expires_s": hours.map(|hours| hours.saturating_mul(3_600))});
            let shared = node.post(&format!("/files/{}/share", text(&file, "/id")), &body)?;
            let line = format!("{} is offered to {}.", text(&shared, "/name"), short(&person));
            Ok(Report::one(shared, line))
        }
        FileVerb::Get { what, to } => get(&node, &what, to, &bar),
        FileVerb::Link { file, hours, uses, original } => {
            let file = meant_or_brought(&node, &file, original, &bar)?;
            let body = json!({"expires_s": hours.saturating_mul(3_600), "uses": uses});
            let link = node.post(&format!("/files/{}/links", text(&file, "/id")), &body)?;
            let line = format!("{}  until {}", text(&link, "/url"), moment(number(&link, "/expires_at")));
            Ok(Report::one(link, line))
        }
        FileVerb::Delete { file } => {
            let file = meant(&node, &file)?;
            node.delete(&format!("/files/{}", text(&file, "/id")))?;
            let line = format!("{} is deleted.", text(&file, "/name"));
            Ok(Report::one(json!({"id": file["id"]}), line))
        }
    }
}

fn list(node: &Node) -> Result<Report, Failure> {
    let (files, offers) = (all(node, "/files")?, all(node, "/files/offers")?);
    let waiting: Vec<Value> = offers.into_iter().filter(|offer| offer["file"].is_null()).collect();
    let mut report = Report::new(json!({"files": files, "offers": waiting}));
    for offer in &waiting {
        let (name, from) = (text(offer, "/name"), text(offer, "/from/display_name"));
        let size = in_words(number(offer, "/size"));
        report = report
            .note(format!("{}  {from} offers {name}, {size}: openred file get {}", offer["id"], offer["id"]));
    }
    for file in &files {
        let (state, reason) = (text(file, "/state"), text(file, "/reason"));
        let why = if reason.is_empty() { String::new() } else { format!(" ({reason})") };
        let of = file["from"]["display_name"].as_str().map(|name| format!(" of {name}")).unwrap_or_default();
        let (id, name, size) = (text(file, "/id"), text(file, "/name"), in_words(number(file, "/size")));
        report = report.line(state != "failed", format!("{}  {name}{of}, {size}, {state}{why}", short(id)));
    }
    Ok(if files.is_empty() && waiting.is_empty() { report.ok("No files yet.") } else { report })
}

/// All pages of a list.
fn all(node: &Node, path: &str) -> Result<Vec<Value>, Failure> {
    let (mut found, mut page) = (Vec::new(), node.get(path)?);
    loop {
        found.extend(items(&page).iter().cloned());
        match page["next"].as_i64() {
            Some(next) => page = node.get(&format!("{path}?before={next}"))?,
            None => return Ok(found),
        }
    }
}

/// A file that the node has, or one that it is brought now.
fn meant_or_brought(node: &Node, said: &str, original: bool, bar: &Bar) -> Result<Value, Failure> {
    let path = Path::new(said);
    if path.is_file() { bring(node, path, original, bar) } else { meant(node, said) }
}

/// The file whose id is, or begins with, what was said.
fn meant(node: &Node, said: &str) -> Result<Value, Failure> {
    let files = all(node, "/files")?;
    let fits = |file: &&Value| said.len() >= 6 && text(file, "/id").starts_with(said);
    let mut found = files.iter().filter(fits);
    match (found.next(), found.next()) {
        (Some(file), None) => Ok(file.clone()),
        (Some(_), Some(_)) => {
            Err(Failure::usage(format!("Several files begin with {said}: give more of the id.")))
        }
        (None, _) => Err(Failure::refused(format!("There is no file {said}, neither here nor on the node."))),
    }
}

/// Brings a file to the node, piece by piece.
fn bring(node: &Node, path: &Path, original: bool, bar: &Bar) -> Result<Value, Failure> {
    let unreadable =
        |error: std::io::Error| Failure::refused(format!("{} cannot be read: {error}.", path.display()));
    let mut file = File::open(path).map_err(unreadable)?;
    let size = file.metadata().map_err(unreadable)?.len();
    let name = path.file_name().and_then(|name| name.to_str());
    let name = name.ok_or_else(|| Failure::usage("The name of this file is no text."))?;
    let new = json!({"name": name, "size": size, "media_type": media_type(path), "keep_original": original});
    let made = node.post("/files", &new)?;
    let id = text(&made, "/id");
    let mut offset = 0;
    loop {
        // What fills no chunk of the node is brought again: every piece but the last is a multiple of its chunks.
        let mut piece = Vec::new();
        let next = std::io::Read::by_ref(&mut file).take(PIECE as u64).read_to_end(&mut piece);
        next.map_err(unreadable)?;
        let told = node.put(&format!("/files/{id}/data?offset={offset}"), piece)?;
        bar.show(name, number(&told, "/offset"), size);
        if told["whole"] == true {
            break;
        }
        let on = number(&told, "/offset");
        if on <= offset {
            return Err(Failure::refused(format!("{} changed while it was read.", path.display())));
        }
        offset = on;
    }
    bar.end();
    node.get(&format!("/files/{id}"))
}

fn get(node: &Node, what: &str, to: Option<PathBuf>, bar: &Bar) -> Result<Report, Failure> {
    let file = match what.parse::<i64>() {
        Ok(offer) => node.post(&format!("/files/offers/{offer}/accept"), &json!({}))?,
        Err(_) => meant(node, what)?,
    };
    let file = arrived(node, text(&file, "/id"), bar)?;
    let to = to.unwrap_or_else(|| PathBuf::from(text(&file, "/name")));
    let unwritable =
        |error: std::io::Error| Failure::refused(format!("{} cannot be written: {error}.", to.display()));
    let mut out = File::create_new(&to).map_err(unwritable)?;
    let size = number(&file, "/size");
    let name = text(&file, "/name");
    let mut done = 0;
    node.pour(&format!("/files/{}/data", text(&file, "/id")), |bytes| {
        out.write_all(bytes).map_err(unwritable)?;
        done += bytes.len() as u64;
        bar.show(name, done, size);
        Ok(())
    })?;
    bar.end();
    if done != size {
        return Err(Failure::refused(format!("{} came in part only: {done} of {size} bytes.", to.display())));
    }
    out.sync_all().map_err(unwritable)?;
    let line = format!("{name}, {}, written to {}", in_words(size), to.display());
    Ok(Report::one(json!({"file": file, "path": to}), line))
}

/// Waits until a file is on the node.
fn arrived(node: &Node, id: &str, bar: &Bar) -> Result<Value, Failure> {
    loop {
        let file = node.get(&format!("/files/{id}"))?;
        let (name, reason) = (text(&file, "/name"), text(&file, "/reason"));
        match text(&file, "/state") {
            "here" => return Ok(file),
            "failed" => return Err(Failure::refused(format!("{name} cannot be had: {reason}."))),
            "coming" => {
                return Err(Failure::refused(format!("{name} was not brought to the node as a whole.")));
            }
            _ => bar.show(name, number(&file, "/have"), number(&file, "/size")),
        }
        std::thread::sleep(LOOK);
    }
}

/// By the ending of a name; unknown ones are bytes.
fn media_type(path: &Path) -> &'static str {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_ascii_lowercase();
    match ending.as_str() {
        "jpg" | "jpeg" => "image/jpeg",
        "png" => "image/png",
        "webp" => "image/webp",
        "gif" => "image/gif",
        "mp3" => "audio/mpeg",
        "ogg" => "audio/ogg",
        "flac" => "audio/flac",
        "wav" => "audio/wav",
        "mp4" => "video/mp4",
        "webm" => "video/webm",
        "pdf" => "application/pdf",
        "txt" | "md" => "text/plain",
        "zip" => "application/zip",
        _ => "application/octet-stream",
    }
}

fn in_words(bytes: u64) -> String {
    let (mut left, mut unit) = (bytes as f64, "bytes");
    for larger in ["kB", "MB", "GB", "TB"] {
        if left < 1_000.0 {
            break;
        }
        (left, unit) = (left / 1_000.0, larger);
    }
    if unit == "bytes" { format!("{bytes} bytes") } else { format!("{left:.1} {unit}") }
}

/// How far it is, on the last line of a terminal; nothing elsewhere.
struct Bar {
    shown: bool,
}

impl Bar {
    fn show(&self, name: &str, done: u64, of: u64) {
        if self.shown {
            let line = format!("\r\u{1b}[K{} {}", bar(done, of), crate::report::plain(name));
            let _ = std::io::stderr().write_all(line.as_bytes());
        }
    }

    fn end(&self) {
        if self.shown {
            let _ = std::io::stderr().write_all(b"\r\x1b[K");
        }
    }
}

fn bar(done: u64, of: u64) -> String {
    let places = if of == 0 { BAR } else { (done.min(of) as u128 * u128::from(BAR) / u128::from(of)) as u64 };
    let percent = if of == 0 { 100 } else { (done.min(of) as u128 * 100 / u128::from(of)) as u64 };
    format!("[{}{}] {percent:>3} %", "#".repeat(places as usize), "-".repeat((BAR - places) as usize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_bars_are_read_at_a_glance() {
        let sizes = [(0, "0 bytes"), (999, "999 bytes"), (1_500, "1.5 kB"), (20_971_520, "21.0 MB")];
        assert!(sizes.into_iter().all(|(bytes, said)| in_words(bytes) == said));
        assert_eq!(bar(0, 10), format!("[{}]   0 %", "-".repeat(24)));
        assert_eq!(bar(5, 10), format!("[{}{}]  50 %", "#".repeat(12), "-".repeat(12)));
        assert_eq!(bar(u64::MAX, u64::MAX), format!("[{}] 100 %", "#".repeat(24)));
        assert_eq!(bar(0, 0), format!("[{}] 100 %", "#".repeat(24)));
    }

    #[test]
    fn pictures_are_known_by_their_names() {
        assert_eq!(media_type(Path::new("/home/ana/Beach.JPG")), "image/jpeg");
        assert_eq!(media_type(Path::new("README")), "application/octet-stream");
    }
}
