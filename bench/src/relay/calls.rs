//! A line of calls, each with one message or some, many under way at once. Must not know: whom it calls.

use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;

use super::load::Line;

/// A message: its number, and when it was meant to be sent.
pub type Meant = (u64, u64);
/// A call under way.
pub type Call = BoxFuture<'static, Result<(), String>>;

/// Begins a call with these messages.
pub trait Begin: FnMut(&[Meant]) -> Call + Send + 'static {}
impl<F: FnMut(&[Meant]) -> Call + Send + 'static> Begin for F {}

/// A line that begins a call when there are enough messages for it.
pub struct Calls<F> {
    begin: F,
    messages: usize,
    kept: Vec<Meant>,
    calls: FuturesUnordered<BoxFuture<'static, Result<Vec<Meant>, String>>>,
}

impl<F: Begin> Calls<F> {
    /// Calls of `messages` each.
    pub fn new(messages: usize, begin: F) -> Self {
        Self { begin, messages, kept: Vec::new(), calls: FuturesUnordered::new() }
    }

    fn begin(&mut self) {
        let kept = std::mem::take(&mut self.kept);
        if !kept.is_empty() {
            let call = (self.begin)(&kept);
            self.calls.push(Box::pin(async move { call.await.map(|()| kept) }));
        }
    }
}

impl<F: Begin> Line for Calls<F> {
    async fn push(&mut self, n: u64, at_us: u64) -> Result<(), String> {
        self.kept.push((n, at_us));
        if self.kept.len() >= self.messages {
            self.begin();
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), String> {
        self.begin();
        Ok(())
    }

    async fn answers(&mut self, into: &mut Vec<u64>) -> Result<(), String> {
        let first = self.calls.next().await.ok_or("nothing is under way")??;
        into.extend(first.iter().map(|(n, _)| n));
        while let Some(Some(more)) = futures_util::FutureExt::now_or_never(self.calls.next()) {
            into.extend(more?.iter().map(|(n, _)| n));
        }
        Ok(())
    }
}
