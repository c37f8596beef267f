//! A program that dies for the tests: it opens what it is told to, does what comes in on its input, one line per call, and
//! says on its output what came of each.
//!
//! A line is `NUMBER CALL ARGUMENT…`, the answer `NUMBER RESULT…`, in whatever order calls end. It begins with `ready`, or
//! with `refused` and the reason, and ends with its input. Must not know: what is expected of it, and that its disk fails.
#![expect(clippy::print_stderr, reason = "who calls it wrongly is told how")]

mod calls;
mod letters;
mod mail;
mod rows;
mod store;

use std::io::{BufRead as _, Write as _};
use std::path::Path;
use std::process::ExitCode;

/// Why it could not begin.
type Refused = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [kind, place] = arguments.as_slice() else {
        eprintln!("faultfs-driver mail FOLDER | rows FILE | calls FOLDER");
        return ExitCode::FAILURE;
    };
    let place = Path::new(place);
    let served = match kind.as_str() {
        "mail" => serve(mail::open(place), mail::call),
        "rows" => serve(rows::open(place), rows::call),
        _ => calls::make(place).map_err(Into::into),
    };
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            say(&format!("refused {reason}"));
            ExitCode::FAILURE
        }
    }
}

/// Answers lines until there are no more. A call is a task of its own, so that calls can meet in one flush.
fn serve<S, O, C, A>(opening: O, call: C) -> Result<(), Refused>
where
    S: Clone + Send + 'static,
    O: Future<Output = Result<S, Refused>>,
    C: Fn(S, Vec<String>) -> A,
    A: Future<Output = String> + Send + 'static,
{
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let opened = runtime.block_on(opening)?;
    say("ready");
    for line in std::io::stdin().lock().lines() {
        let mut words: Vec<String> = line?.split_whitespace().map(str::to_owned).collect();
        let number = words.remove(0);
        let answer = call(opened.clone(), words);
        drop(runtime.spawn(async move { say(&format!("{number} {}", answer.await)) }));
    }
    Ok(())
}

/// One line in one write, at once.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let _reader_may_have_left = out.write_all(format!("{line}\n").as_bytes()).and_then(|()| out.flush());
}
