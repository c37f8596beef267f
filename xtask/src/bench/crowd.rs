//! Sixteen connections that do the same thing for a while.

use std::thread;
use std::time::Duration;

use super::wire::Wire;
use crate::Result;
use crate::stopwatch::Stopwatch;

/// Connections.
pub(crate) const CROWD: usize = 16;

/// What a crowd did.
#[derive(Debug, Default)]
pub(crate) struct Done {
    /// Time of each call.
    pub(crate) times: Vec<Duration>,
    /// From the first call to the last answer.
    pub(crate) took: Duration,
    /// Body of the last answer, bytes.
    pub(crate) bytes: usize,
}

impl Done {
    /// Calls a second.
    #[expect(clippy::cast_precision_loss, reason = "a rate for a person")]
    pub(crate) fn rate(&self) -> f64 {
        self.times.len() as f64 / self.took.as_secs_f64()
    }
}

/// When a crowd ends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Until {
    /// After this time.
    pub(crate) time: Duration,
    /// After so many calls of each connection.
    pub(crate) calls: usize,
}

/// In a request, eight of these become a number that is different in each call: nobody says the same twice.
pub(crate) const NUMBER: &str = "########";

/// Sends `request` over and over on [`CROWD`] connections to a port of this machine.
pub(crate) fn repeat(port: u16, request: &[u8], until: Until) -> Result<Done> {
    let watch = Stopwatch::start();
    let parts: Vec<std::result::Result<Done, String>> = thread::scope(|scope| {
        let hands: Vec<_> =
            (0..CROWD).map(|who| scope.spawn(move || one(port, request, until, who))).collect();
        hands.into_iter().map(|h| h.join().unwrap_or_else(|_| Err("a thread fell over".into()))).collect()
    });
    let mut all = Done { took: watch.elapsed(), ..Done::default() };
    for part in parts {
        let part = part?;
        all.times.extend(part.times);
        all.bytes = part.bytes;
    }
    Ok(all)
}

fn one(port: u16, request: &[u8], until: Until, who: usize) -> std::result::Result<Done, String> {
    let mut wire = Wire::open(port)?;
    let mut request = request.to_vec();
    let place = request.windows(NUMBER.len()).position(|w| w == NUMBER.as_bytes());
    let (watch, mut done) = (Stopwatch::start(), Done::default());
    while watch.elapsed() < until.time && done.times.len() < until.calls {
        if let Some(place) = place {
            let number = format!("{:08}", done.times.len() * CROWD + who);
            request[place..place + NUMBER.len()].copy_from_slice(number.as_bytes());
        }
        let begun = watch.elapsed();
        done.bytes = wire.call(&request)?;
        done.times.push(watch.elapsed().saturating_sub(begun));
    }
    Ok(done)
}
