//! Descriptors that were verified lately. A handshake shows the same two at each of its steps, a busy node the same
//! few all day, and their signatures are most of what a step costs. It must not know whose they are.

use std::collections::VecDeque;

use openred_core::descriptor::Descriptor;

use super::malformed;
use crate::ops::Refusal;

/// The own one, and those of the people whose handshakes are under way.
const MAX_HELD: usize = 64;

/// The latest ones first.
#[derive(Default)]
pub(super) struct Known(VecDeque<Descriptor>);

impl Known {
    /// Reads a descriptor; verifies it unless these very bytes were verified before.
    pub(super) fn read(&mut self, bytes: &[u8]) -> Result<Descriptor, Refusal> {
        let held = self.0.iter().position(|known| known.bytes() == bytes).and_then(|i| self.0.remove(i));
        let descriptor = held.map_or_else(|| Descriptor::parse(bytes).map_err(malformed), Ok)?;
        self.0.push_front(descriptor.clone());
        self.0.truncate(MAX_HELD);
        Ok(descriptor)
    }
}
