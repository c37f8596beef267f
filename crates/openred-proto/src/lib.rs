//! Rules of OpenRed as state machines: no sockets, no clock, no storage, no ambient randomness.
//!
//! # Driving contract
//! Every machine has one shape. The driver
//! 1. reads both clocks once per turn and passes them in ([`introduction::Now`]);
//! 2. calls `handle(now, input, &mut effects)` for one thing that happened;
//! 3. does all effects, in order; an effect that names an answer is answered by the input that its documentation
//!    names, also when it failed;
//! 4. calls `handle(now, Input::Tick, …)` when `next_wake()` comes, and asks `next_wake()` again after every turn;
//! 5. lets nothing leave that waits for `Input::Stored` before the change is on disk.
//!
//! Machines cannot fail: bad input becomes a refusal, evidence or a disconnect, always by name. They iterate in the
//! order of keys, so that equal inputs give equal effects in every run.
//!
//! ```
//! use openred_core::ids::NodeId;
//! use openred_proto::introduction::{Effects, Input, Introduction, MeetWith, Now, Restored};
//!
//! let mut tables = Introduction::new(NodeId([1; 32]), [0; 32], Restored::default());
//! let (now, mut effects) = (Now { mono_ms: 0, unix_ms: 1_795_219_200_000 }, Effects::new());
//! tables.handle(now, Input::Meet { peer: NodeId([2; 32]), with: MeetWith::Open }, &mut effects);
//! assert_eq!(effects.take().len(), 1, "one verb: start a handshake");
//! assert_eq!(tables.next_wake(), None, "nothing to wait for but the answer");
//! ```

mod faults;
pub mod introduction;
pub mod now;
pub mod order;
pub mod overlay;
pub mod session;
