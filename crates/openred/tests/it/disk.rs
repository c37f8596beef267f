//! A small disk of its own for a process: a tmpfs in a mount namespace, which needs no root. The namespace lives as long
//! as a process that holds it; whoever is to see the disk enters it.

use std::fs::File;
use std::io::{BufRead as _, BufReader, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Room for a node with a few thousand posts.
const SIZE: &str = "12m";
/// Mounts, says so, and holds the namespace until its standard input ends.
const HOLD: &str = r#"mount -t tmpfs -o "size=$2,mode=0700" tmpfs "$1" && echo mounted && exec cat"#;

/// A disk; it goes when this is dropped.
#[derive(Debug)]
pub(crate) struct Disk {
    holder: Child,
    folder: PathBuf,
}

impl Disk {
    /// A disk at `folder`, which is made. `None`, and a visible line, where the kernel lets nobody mount.
    pub(crate) fn at(folder: &Path) -> Option<Self> {
        std::fs::create_dir(folder).unwrap();
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--mount", "sh", "-c", HOLD, "sh"]).arg(folder).arg(SIZE);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let Ok(mut holder) = command.spawn() else { return skipped("unshare missing") };
        let mut said = String::new();
        BufReader::new(holder.stdout.take().unwrap()).read_line(&mut said).unwrap();
        if said.trim() != "mounted" {
            holder.wait().unwrap();
            return skipped("no mount namespaces for users here");
        }
        Some(Self { holder, folder: folder.to_owned() })
    }

    /// A program that sees the disk.
    pub(crate) fn enter(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        let holder = self.holder.id().to_string();
        command.args(["--target", &holder, "--user", "--mount", "--preserve-credentials", "--", program]);
        command
    }

    /// The folder as this process sees it.
    pub(crate) fn seen(&self) -> PathBuf {
        let root = PathBuf::from(format!("/proc/{}/root", self.holder.id()));
        root.join(self.folder.strip_prefix("/").unwrap())
    }

    /// Writes until nothing more fits.
    pub(crate) fn fill(&self) {
        let ballast = self.seen().join("ballast");
        let mut file = File::options().create(true).append(true).open(ballast).unwrap();
        let mut block = [0x5a; 4096].as_slice();
        loop {
            match file.write(block) {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::StorageFull && block.len() > 1 => {
                    block = &block[..1]
                }
                Err(error) => return assert_eq!(error.kind(), ErrorKind::StorageFull, "{error}"),
            }
        }
    }

    /// Writes until no more than `room` bytes are left.
    pub(crate) fn fill_but(&self, room: u64) {
        self.fill();
        let file = File::options().append(true).open(self.seen().join("ballast")).unwrap();
        file.set_len(file.metadata().unwrap().len().saturating_sub(room)).unwrap();
    }

    /// Takes away what [`fill`](Self::fill) wrote.
    pub(crate) fn free(&self) {
        std::fs::remove_file(self.seen().join("ballast")).unwrap();
    }

    /// Mounts it again: `ro` or `rw`.
    pub(crate) fn remount(&self, how: &str) {
        let mut mount = self.enter("mount");
        let done = mount.args(["-o", &format!("remount,{how}")]).arg(&self.folder).status().unwrap();
        assert!(done.success(), "mount -o remount,{how}");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // It ends with its standard input in any case.
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

/// Says for the reader of the tests that the one of this thread could not do its work.
pub(crate) fn skipped<T>(why: &str) -> Option<T> {
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    // Not a print macro: the test harness would swallow it.
    std::io::stderr().write_all(format!("SKIPPED ({why}): {test}\n").as_bytes()).unwrap();
    None
}
