//! Stopping: softly, at once, by signals, and because a part has failed.

use std::io::{BufRead, BufReader, Write, stdout};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use openred_service::lifecycle::{Clock, Lifecycle};

const LONG: Duration = Duration::from_secs(60);

#[tokio::test]
async fn tasks_end_by_themselves_at_the_soft_stop() {
    let lifecycle = Lifecycle::new(Clock::System);
    let finished = Arc::new(AtomicBool::new(false));
    let (soft, told) = (lifecycle.soft().clone(), Arc::clone(&finished));
    lifecycle.spawn("polite", async move {
        soft.cancelled().await;
        told.store(true, Ordering::SeqCst);
    });
    assert!(lifecycle.shut_down().await);
    assert!(finished.load(Ordering::SeqCst), "the task was not allowed to finish");
}

#[tokio::test]
async fn a_deaf_task_is_dropped_at_the_hard_stop() {
    let lifecycle = Lifecycle::new(Clock::System);
    lifecycle.spawn("deaf", std::future::pending());
    let child = lifecycle.spawn_child("deaf child", std::future::pending::<u8>());
    lifecycle.stop();
    assert!(lifecycle.run_until_stopped(Duration::from_millis(50)).await, "a task outlived the hard stop");
    assert_eq!(child.await.unwrap(), None);
}

#[tokio::test]
async fn a_part_that_fails_stops_the_whole() {
    let lifecycle = Lifecycle::new(Clock::System);
    lifecycle.spawn("broken", async { panic!("this part breaks on purpose") });
    assert!(lifecycle.run_until_stopped(LONG).await);
    assert!(lifecycle.is_stopping());
}

#[tokio::test]
async fn one_of_many_that_fails_stops_nobody_else() {
    let lifecycle = Lifecycle::new(Clock::System);
    let (told, heard) = tokio::sync::oneshot::channel();
    lifecycle.spawn_one_of_many("connection", async move {
        let _dropped_by_the_panic: tokio::sync::oneshot::Sender<()> = told;
        panic!("this connection breaks on purpose")
    });
    assert!(heard.await.is_err());
    let child = lifecycle.spawn_child("other", async { 7 });
    assert_eq!(child.await.unwrap(), Some(7));
    assert!(!lifecycle.is_stopping());
}

/// Runs itself as a process of its own: signals go to whole processes.
#[test]
fn the_first_signal_is_soft_and_the_second_hard() {
    const CHILD: &str = "OPENRED_TEST_SIGNALS";
    if std::env::var_os(CHILD).is_some() {
        return wait_for_signals();
    }
    let name = "lifecycle::the_first_signal_is_soft_and_the_second_hard";
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", name, "--nocapture"]).env(CHILD, "1").stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = child.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut wait_for =
        |wanted: &str| assert!(lines.any(|line| line.ends_with(wanted)), "{wanted:?} never came");
    let terminate = || Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    wait_for("running");
    assert!(terminate().success());
    wait_for("asked to stop");
    assert!(terminate().success());
    wait_for("stopped: true");
    assert!(child.wait().unwrap().success());
}

fn wait_for_signals() {
    let say = |line: &str| writeln!(stdout().lock(), "{line}").unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let lifecycle = Lifecycle::new(Clock::System);
        let soft = lifecycle.soft().clone();
        lifecycle.spawn("deaf", async move {
            // Runs at the first await of the main task below, which listens to signals by then.
            say("\nrunning");
            soft.cancelled().await;
            say("\nasked to stop");
            std::future::pending().await
        });
        let all_ended = lifecycle.run_until_stopped(LONG).await;
        say(&format!("\nstopped: {all_ended}"));
    });
}
