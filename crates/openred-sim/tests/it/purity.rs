//! The simulator holds no protocol: machines come from proto, codecs from core.

use std::fs;
use std::path::{Path, PathBuf};

/// Names of the overlay's wire types. Defined in core, nowhere else.
const WIRE: &[&str] = &[
    "Frame",
    "Signed",
    "Message",
    "Head",
    "Proof",
    "Check",
    "Link",
    "Greeting",
    "PeerEntry",
    "Range",
    "RangeData",
    "Tree",
    "Kind",
    "Body",
    "Bundle",
    "Draft",
    "Invalid",
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// Lines that define a wire type, or write or read its bytes by hand.
fn implementations(crate_name: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(crate_name).join("src");
    let mut files = Vec::new();
    sources(&folder, &mut files);
    let mut found = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).expect("a source");
        for line in text.lines().map(str::trim_start) {
            let line = line
                .trim_start_matches("pub ")
                .trim_start_matches("pub(crate) ")
                .trim_start_matches("pub(super) ");
            let rest = line.strip_prefix("struct ").or(line.strip_prefix("enum "));
            let name = rest.map(|rest| rest.split([' ', '(', '<', ';', '{']).next().unwrap_or(""));
            let by_hand = line.contains("codec::") || line.contains("rmp::");
            if name.is_some_and(|name| WIRE.contains(&name)) || by_hand {
                found.push(format!("{}: {line}", file.display()));
            }
        }
    }
    found
}

#[test]
fn there_is_no_protocol_in_the_simulator() {
    assert_eq!(implementations("openred-sim"), Vec::<String>::new());
    assert!(implementations("openred-core").len() >= WIRE.len(), "the search finds what is there");
}
