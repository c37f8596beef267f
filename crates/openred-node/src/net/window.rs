//! What is on its way to the peer of a session and not acknowledged. Must not know: what it is.

/// Items on their way to somebody with whom something is agreed.
const CONTACT: u64 = 256;
/// To others: they keep so many items that come ahead of their turn, and drop what is beyond
/// (`delivery::inbox::store::Room::STRANGER`).
pub(super) const STRANGER: u64 = 16;
/// What is not acknowledged for so long is sent again by the same session, then after twice as long.
const PATIENCE_MS: u64 = 20_000;
/// Longest of these times.
const PATIENCE_MAX_MS: u64 = 640_000;

/// The places of one stream that one session has sent and heard of.
#[derive(Debug)]
pub(super) struct Window {
    sent_to: u64,
    acked_to: u64,
    /// When something was acknowledged, or sent while nothing else was on its way (monotonic ms).
    moved_ms: u64,
    patience_ms: u64,
}

impl Window {
    pub(super) const fn new() -> Self {
        Self { sent_to: 0, acked_to: 0, moved_ms: 0, patience_ms: PATIENCE_MS }
    }

    /// All up to `upto` arrived. Returns how many items of this session that are.
    pub(super) fn acknowledged(&mut self, upto: u64, now_ms: u64) -> u64 {
        let before = self.acked_to.min(self.sent_to);
        if upto > self.acked_to {
            (self.acked_to, self.moved_ms, self.patience_ms) = (upto, now_ms, PATIENCE_MS);
        }
        self.acked_to.min(self.sent_to).saturating_sub(before)
    }

    /// From which place on the next items are sent, and how many there is room for.
    pub(super) fn next(&mut self, is_contact: bool, now_ms: u64) -> (u64, u64) {
        let is_under_way = self.sent_to > self.acked_to;
        if !is_under_way {
            self.moved_ms = now_ms;
        } else if now_ms.saturating_sub(self.moved_ms) >= self.patience_ms {
            // The peer may have had no room for it.
            self.sent_to = self.acked_to;
            self.moved_ms = now_ms;
            self.patience_ms = (self.patience_ms * 2).min(PATIENCE_MAX_MS);
        }
        let most = if is_contact { CONTACT } else { STRANGER };
        let sent_to = self.sent_to.max(self.acked_to);
        (sent_to + 1, most.saturating_sub(sent_to - self.acked_to))
    }

    /// This place was sent.
    pub(super) fn sent(&mut self, n: u64) {
        self.sent_to = self.sent_to.max(n);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_much_is_on_its_way_as_the_peer_keeps() {
        let mut window = Window::new();
        assert_eq!(window.next(true, 0), (1, CONTACT));
        assert_eq!(window.next(false, 0), (1, STRANGER));
        (1..=STRANGER).for_each(|n| window.sent(n));
        assert_eq!(window.next(false, 1), (STRANGER + 1, 0));
        assert_eq!(window.next(true, 1), (STRANGER + 1, CONTACT - STRANGER), "they have become friends");
        assert_eq!(window.acknowledged(10, 2), 10);
        assert_eq!(window.next(false, 2), (STRANGER + 1, 10));
        assert_eq!(window.acknowledged(10, 3), 0, "once");
    }

    #[test]
    fn what_an_earlier_session_brought_takes_no_room() {
        let mut window = Window::new();
        assert_eq!(window.acknowledged(500, 1), 0, "not by this session");
        assert_eq!(window.next(false, 1), (501, STRANGER));
    }

    #[test]
    fn what_nobody_acknowledges_is_sent_again_less_and_less_often() {
        let mut window = Window::new();
        (1..=8).for_each(|n| window.sent(n));
        window.acknowledged(3, 1_000);
        assert_eq!(window.next(false, 1_000 + PATIENCE_MS - 1).0, 9, "it may be on its way");
        let again = 1_000 + PATIENCE_MS;
        assert_eq!(window.next(false, again), (4, STRANGER));
        (4..=8).for_each(|n| window.sent(n));
        assert_eq!(window.next(false, again + PATIENCE_MS).0, 9, "a slow peer is not flooded");
        assert_eq!(window.next(false, again + 2 * PATIENCE_MS).0, 4);
        window.acknowledged(4, again + 2 * PATIENCE_MS);
        (5..=8).for_each(|n| window.sent(n));
        assert_eq!(window.next(false, again + 3 * PATIENCE_MS).0, 5, "who hears is waited for as at first");
    }

    #[test]
    fn a_long_silence_before_is_no_reason_to_send_twice() {
        let mut window = Window::new();
        assert_eq!(window.next(false, 1_000_000).0, 1);
        window.sent(1);
        assert_eq!(window.next(false, 1_000_001).0, 2);
    }
}
