//! What a relay has answered with 202 is there after `kill -9`: a process of its own, called over the network.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use bytes::Bytes;
use openred_core::sign::SigningKey;
use openred_relay::client::{Mailbox, RelayClient};
use openred_service::lifecycle::Clock;

use super::stage::{http_client, name};

struct Process {
    child: Child,
    client: RelayClient,
}

impl Process {
    /// The program of `examples/unlimited.rs`, which cargo builds with the tests.
    fn start(folder: &Path) -> Self {
        let tests = std::env::current_exe().unwrap();
        let program = tests.parent().unwrap().parent().unwrap().join("examples/unlimited");
        let mut command = Command::new(&program);
        command.arg(folder).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap_or_else(|error| {
            panic!("{}: {error}; cargo build -p openred-relay --examples", program.display())
        });
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().parse().expect("URL#id");
        let client = RelayClient::new(http_client(), address, Clock::System);
        Self { child, client }
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ended_already = self.child.kill();
        let _ended_already = self.child.wait();
    }
}

/// The content that the deposit `n` has.
fn content(n: u32) -> Bytes {
    let mut content = vec![n as u8; 1_024];
    content[..4].copy_from_slice(&n.to_be_bytes());
    content.into()
}

/// How often each deposit is in the mailbox.
async fn held(client: &RelayClient, key: &SigningKey, mailbox: &Mailbox) -> BTreeMap<u32, usize> {
    let (mut held, mut after) = (BTreeMap::new(), 0);
    loop {
        let mail = client.fetch(key, mailbox.queue_id, after, 100, 0).await.unwrap();
        let Some(last) = mail.last() else { return held };
        after = last.seq;
        for mail in mail {
            let n = u32::from_be_bytes(mail.content[..4].try_into().unwrap());
            assert_eq!(mail.content, content(n), "whole and unchanged");
            *held.entry(n).or_default() += 1;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_with_202_survives_kill_9() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("relay");
    let mut process = Process::start(&folder);
    let key = SigningKey::generate();
    let mailbox = process.client.register(&key).await.unwrap();
    let lane = mailbox.lane();
    let (mut next, mut acknowledged) = (0, Vec::new());
    for round in 0..4 {
        // On a stream some are always under way when the process is killed.
        let mut stream = process.client.deposit_stream().await.unwrap();
        let first = next;
        let mut numbers = BTreeMap::new();
        for _ in 0..600 {
            numbers.insert(stream.push(&lane, name(next), content(next)).await.unwrap(), next);
            next += 1;
        }
        for _ in 0..100 + round * 50 {
            let (number, answer) = stream.answer().await.unwrap();
            answer.unwrap();
            acknowledged.push(numbers[&number]);
        }
        process.kill();
        process = Process::start(&folder);
        let held = held(&process.client, &key, &mailbox).await;
        assert!(acknowledged.iter().all(|n| held.get(n) == Some(&1)), "what was answered is there, once");
        for n in first..next {
            process.client.deposit(&lane, name(n), content(n)).await.unwrap();
            acknowledged.push(n);
        }
    }
    let held = held(&process.client, &key, &mailbox).await;
    assert_eq!(held.len(), next as usize, "all are there");
    assert!(held.values().all(|count| *count == 1), "and none twice, though half of them were sent again");
}
