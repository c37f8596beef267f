//! Mutated inputs for every parser: none may panic, and what is accepted must come back the same.
//!
//! `OPENRED_FUZZ_ITERATIONS` sets the number of inputs per target. A failure prints the input in hex.

mod identity;
mod mutator;
mod overlay;
mod samples;
mod seeds;
mod session;

pub(crate) use mutator::Mutator;

use openred_core::envelope::{Envelope, MessageType};
use openred_core::json::{Limits, canonical, parse};
use openred_core::payload::{Payload, Talk};

const ITERATIONS: usize = 100_000;

/// Feeds one target. `check` says whether it accepted the input, and panics when the round trip is broken.
/// Mutation starts at `samples` and the vectors that the target accepts, and now and then at any other vector.
#[expect(clippy::print_stdout, reason = "the figures of a run are for who reads its output")]
fn fuzz(target: &str, samples: Vec<Vec<u8>>, check: impl Fn(&[u8]) -> bool) {
    let (iterations, others) = (iterations(), seeds::all());
    assert!(samples.iter().all(|sample| check(sample)), "{target} accepts its own samples");
    let accepted_vectors = others.iter().filter(|seed| check(seed)).cloned();
    let good: Vec<_> = accepted_vectors.chain(samples).collect();
    assert!(!good.is_empty(), "{target}: there is something that it accepts");
    let mut mutator =
        Mutator::new(target.bytes().fold(1, |sum: u64, byte| sum.wrapping_mul(31) + u64::from(byte)));
    let mut accepted = 0;
    for _ in 0..iterations {
        let seed = if mutator.below(16) == 0 { mutator.pick(&others) } else { mutator.pick(&good) };
        let input = mutator.mutate(seed, &others);
        let _shown = Shown(&input);
        accepted += usize::from(check(&input));
    }
    println!("{target}: {iterations} inputs from {} seeds, {accepted} accepted", good.len());
}

fn iterations() -> usize {
    std::env::var("OPENRED_FUZZ_ITERATIONS").map_or(ITERATIONS, |text| text.parse().unwrap())
}

/// Prints the input while a panic unwinds.
struct Shown<'a>(&'a [u8]);

impl Drop for Shown<'_> {
    #[expect(clippy::print_stdout, reason = "the harness shows it with the failed test")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("input: {}", hex::encode(self.0));
        }
    }
}

#[test]
fn json() {
    fuzz("json", Vec::new(), |input| {
        let Ok(value) = parse(input, Limits::ENVELOPE) else { return false };
        let text = canonical(&value);
        assert_eq!(parse(&text, Limits::ENVELOPE).unwrap(), value);
        assert!(text.len() <= input.len());
        true
    });
}

#[test]
fn envelope() {
    fuzz("envelope", Vec::new(), |input| {
        let Ok(envelope) = Envelope::parse(input) else { return false };
        let again = Envelope::parse(envelope.canonical()).unwrap();
        assert_eq!(again.canonical(), envelope.canonical());
        assert_eq!(again.envelope(), envelope.envelope());
        assert_eq!(again.message_id(), envelope.message_id());
        true
    });
}

#[test]
fn talk() {
    let id = "AQEBAQEBAQEBAQEBAQEBAQ";
    let samples = [
        format!(r#"{{"id":"{id}","type":"text","text":"hello","reply_to":"{id}"}}"#),
        format!(r#"{{"id":"{id}","type":"reaction","target":"{id}","text":"+"}}"#),
        format!(r#"{{"id":"{id}","type":"timer","seconds":60}}"#),
    ];
    fuzz("talk", samples.map(String::into_bytes).to_vec(), |input| {
        let Ok(talk) = Talk::parse(input) else { return false };
        assert_eq!(Talk::parse(&talk.to_bytes().unwrap()), Ok(talk));
        true
    });
}

#[test]
fn payload() {
    fuzz("payload", Vec::new(), |input| {
        let Ok(value) = parse(input, Limits::ENVELOPE) else { return false };
        let kinds = MessageType::ALL.iter();
        let payloads: Vec<_> = kinds.filter_map(|kind| Payload::parse(*kind, &value).ok()).collect();
        for payload in &payloads {
            let text = payload.to_value().unwrap();
            assert_eq!(Payload::parse(payload.kind(), &text).as_ref(), Ok(payload));
        }
        !payloads.is_empty()
    });
}
