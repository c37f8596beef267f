//! The audit log (DESIGN §4). Entry: `number:u64 ‖ log_seq:u32 ‖ hash of the entry before[32] ‖ sealed text ‖
//! signature[64]`, the hash over all of it. The node keeps the file, the key file keeps the head. It must
//! not know why something was noted.

use std::collections::VecDeque;

use openred_core::ids::NodeId;
use openred_core::sign::{Label, Signature, SigningKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::opened::Opened;
use crate::blob::Blob;
use crate::keyfile::AuditHead;
use crate::ops::{AuditEntry, AuditFinding, AuditKind, AuditReport, AuditVerify, Refusal};
use crate::seal::{self, MasterKey};

const PURPOSE: &str = "audit";
const PEER_PURPOSE: &str = "audit-peer";
/// Bytes in front of the sealed text.
const HEAD: usize = 8 + 4 + 32;
const SIGNATURE: usize = 64;
/// Longest sentence, characters.
const MAX_TEXT: usize = 200;
/// Entries that wait for the node; when it never fetches them the oldest go, and the gap shows.
const MAX_WAITING: usize = 4096;
/// Entries in one answer.
const MAX_TAKE: usize = 256;

/// The log's end, and entries that the node has not fetched yet.
#[derive(Debug, Clone)]
pub(super) struct AuditLog {
    head: AuditHead,
    /// The newest entry that the node has fetched: only so far can its file be expected to reach.
    fetched: AuditHead,
    waiting: VecDeque<Blob>,
}

#[derive(Serialize, Deserialize)]
struct Text {
    at_ms: u64,
    kind: AuditKind,
    peer: Option<[u8; 16]>,
    text: String,
}

/// The parts of an entry, not yet believed.
struct Parts<'a> {
    number: u64,
    log_seq: u32,
    before: [u8; 32],
    signed: &'a [u8],
    sealed: &'a [u8],
    signature: Signature,
}

impl AuditLog {
    pub(super) const fn new(head: AuditHead) -> Self {
        Self { head, fetched: head, waiting: VecDeque::new() }
    }

    /// What the key file is told: entries that the node never fetched are not missed later.
    pub(super) const fn fetched(&self) -> AuditHead {
        self.fetched
    }

    /// The oldest entries that wait.
    pub(super) fn take(&mut self) -> Vec<Blob> {
        let count = self.waiting.len().min(MAX_TAKE);
        let taken: Vec<Blob> = self.waiting.drain(..count).collect();
        if let Some(last) = taken.last() {
            let count = self.head.count - self.waiting.len() as u64;
            self.fetched = AuditHead { count, hash: hash(last) };
        }
        taken
    }

    #[expect(clippy::too_many_arguments, reason = "one entry, all its parts, called in one place")]
    pub(super) fn append(
        &mut self,
        master: &MasterKey,
        key: &SigningKey,
        log_seq: u32,
        at_ms: u64,
        kind: AuditKind,
        peer: Option<NodeId>,
        text: &str,
    ) -> Result<(), Refusal> {
        let peer = peer.map(|id| peer_hash(master, &id));
        let text = Text { at_ms, kind, peer, text: text.chars().take(MAX_TEXT).collect() };
        let plain = postcard::to_allocvec(&text).map_err(|_| Refusal::Resources)?;
        let number = self.head.count + 1;
        let mut entry = [number.to_be_bytes().as_slice(), &log_seq.to_be_bytes(), &self.head.hash].concat();
        let sealed = seal::seal(master, PURPOSE, &entry, &plain).ok_or(Refusal::Resources)?;
        entry.extend_from_slice(&sealed);
        let signature = key.sign(Label::Audit, &entry);
        entry.extend_from_slice(&signature.0);
        self.head = AuditHead { count: number, hash: Sha256::digest(&entry).into() };
        if self.waiting.len() == MAX_WAITING {
            self.waiting.pop_front();
        }
        self.waiting.push_back(entry.into());
        Ok(())
    }
}

impl Opened {
    /// Goes on after the last entry in the node's file; true when the file ends before the head in the key
    /// file, in which case the log goes on after that head and the gap stays visible.
    pub(super) fn resume_audit(&mut self, tail: Option<&[u8]>) -> bool {
        let signed = self.body.audit;
        let found =
            tail.and_then(|entry| Some(AuditHead { count: self.believe(entry)?.number, hash: hash(entry) }));
        match found {
            Some(found) if found.count > signed.count || found == signed => {
                self.audit = AuditLog::new(found);
                false
            }
            Some(_) => true,
            None => signed.count > 0,
        }
    }

    /// Opens a run of entries and says what is wrong with it.
    pub(super) fn verify_audit(&self, ask: &AuditVerify) -> AuditReport {
        let mut report = AuditReport { entries: Vec::new(), findings: Vec::new(), next: ask.after };
        for (index, bytes) in ask.entries.iter().enumerate() {
            match self.believe(bytes).and_then(|parts| Some((self.read(&parts)?, parts))) {
                Some((entry, parts)) => {
                    report.findings.extend(follows(report.next, &parts));
                    report.findings.extend(self.contradicts_key_file(parts.number, hash(bytes)));
                    report.next = Some((parts.number, hash(bytes)));
                    report.entries.push(entry);
                }
                None => report.findings.push(AuditFinding::Damaged { index: index as u32 }),
            }
        }
        if ask.last {
            report.findings.extend(self.is_cut(report.next));
        }
        report
    }

    /// An entry whose signature is that of the key of its time.
    fn believe<'a>(&self, bytes: &'a [u8]) -> Option<Parts<'a>> {
        let parts = Parts::of(bytes)?;
        let key = self.log.key_at(parts.log_seq)?;
        key.verify(Label::Audit, parts.signed, &parts.signature).ok()?;
        Some(parts)
    }

    fn read(&self, parts: &Parts<'_>) -> Option<AuditEntry> {
        let plain = seal::open(&self.master, PURPOSE, &parts.signed[..HEAD], parts.sealed)?;
        let Text { at_ms, kind, peer, text } = postcard::from_bytes(&plain).ok()?;
        Some(AuditEntry { number: parts.number, at_ms, kind, peer, text })
    }

    /// The log must reach the newest entry that was fetched.
    fn is_cut(&self, last: Option<(u64, [u8; 32])>) -> Option<AuditFinding> {
        let expected = self.audit.fetched.count;
        let found = last.map_or(0, |(number, _)| number);
        (found < expected).then_some(AuditFinding::Rewound { expected, found })
    }

    /// The entry that the key file knows must be that very entry.
    fn contradicts_key_file(&self, number: u64, hash: [u8; 32]) -> Option<AuditFinding> {
        let known = [self.body.audit, self.audit.fetched];
        let other = known.iter().any(|head| head.count == number && head.hash != hash);
        other.then_some(AuditFinding::Chain { number })
    }
}

impl<'a> Parts<'a> {
    fn of(bytes: &'a [u8]) -> Option<Self> {
        let (signed, signature) = bytes.split_at_checked(bytes.len().checked_sub(SIGNATURE)?)?;
        let (head, sealed) = signed.split_at_checked(HEAD)?;
        Some(Self {
            number: u64::from_be_bytes(head[..8].try_into().ok()?),
            log_seq: u32::from_be_bytes(head[8..12].try_into().ok()?),
            before: head[12..].try_into().ok()?,
            signed,
            sealed,
            signature: Signature(signature.try_into().ok()?),
        })
    }
}

/// Whether an entry is the one due, and follows from the one before.
fn follows(last: Option<(u64, [u8; 32])>, parts: &Parts<'_>) -> Option<AuditFinding> {
    let (number, before) = last.unwrap_or((0, [0; 32]));
    if parts.number != number + 1 {
        return Some(AuditFinding::Gap { expected: number + 1, found: parts.number });
    }
    (parts.before != before).then_some(AuditFinding::Chain { number: parts.number })
}

fn hash(entry: &[u8]) -> [u8; 32] {
    Sha256::digest(entry).into()
}

/// Node ids are kept as keyed hashes: the log does not say whom its owner knows.
fn peer_hash(master: &MasterKey, id: &NodeId) -> [u8; 16] {
    let key = master.derive(PEER_PURPOSE);
    let hash = seal::hkdf(key.as_slice(), &id.0, "openred-keeper/audit-peer");
    let mut short = [0u8; 16];
    short.copy_from_slice(&hash[..16]);
    short
}
