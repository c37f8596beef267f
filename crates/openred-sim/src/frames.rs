//! Frames in memory once, however many nodes write the same bytes: whoever forwards a message makes a frame of its own,
//! and all who are as far from the origin make the same one. Must not know: what frames mean.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::trace::digest;

/// Frames remembered at once: a message is everywhere before so many others were sent.
const REMEMBERED_MAX: usize = 1024;
/// Shorter ones are not worth it: nobody keeps them.
const SHORT: usize = 256;

/// The frames sent last.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    /// By digest; of two that have the same one the first stays.
    held: BTreeMap<u64, Arc<[u8]>>,
    order: VecDeque<u64>,
    /// As it came and as it is shared: one frame goes to many in a row.
    last: Option<[Arc<[u8]>; 2]>,
}

impl Frames {
    /// The same bytes, from the one place where they lie.
    pub(crate) fn shared(&mut self, frame: &Arc<[u8]>) -> Arc<[u8]> {
        if frame.len() < SHORT {
            return Arc::clone(frame);
        }
        if let Some([_, shared]) = self.last.as_ref().filter(|[last, _]| Arc::ptr_eq(last, frame)) {
            return Arc::clone(shared);
        }
        let shared = self.look_up(frame);
        self.last = Some([Arc::clone(frame), Arc::clone(&shared)]);
        shared
    }

    fn look_up(&mut self, frame: &Arc<[u8]>) -> Arc<[u8]> {
        let digest = digest(frame);
        if let Some(held) = self.held.get(&digest) {
            return Arc::clone(if held == frame { held } else { frame });
        }
        if self.order.len() == REMEMBERED_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.held.remove(&oldest);
        }
        self.order.push_back(digest);
        self.held.insert(digest, Arc::clone(frame));
        Arc::clone(frame)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_frames_are_one_and_others_stay_what_they_are() {
        let mut frames = Frames::default();
        let frame = |byte| Arc::<[u8]>::from(vec![byte; SHORT]);
        let (one, same, other) = (frame(1), frame(1), frame(2));
        assert!(Arc::ptr_eq(&frames.shared(&one), &one));
        assert!(Arc::ptr_eq(&frames.shared(&other), &other));
        assert!(Arc::ptr_eq(&frames.shared(&same), &one));
        assert!(Arc::ptr_eq(&frames.shared(&same), &one), "once more in a row");
        for n in 0..=REMEMBERED_MAX {
            let bytes = [n.to_le_bytes().as_slice(), &[3; SHORT]].concat();
            assert_eq!(*frames.shared(&bytes.as_slice().into()), *bytes);
        }
        assert!(frames.held.len() == REMEMBERED_MAX && frames.order.len() == REMEMBERED_MAX);
        assert!(Arc::ptr_eq(&frames.shared(&same), &same), "the first one is forgotten");
    }
}
