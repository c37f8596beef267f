//! Memory of the key process: what is freed is wiped, small allocations live in one locked arena that
//! never reaches swap or a core dump (DESIGN §4). It must not know what is stored in it.

mod arena;
mod stack;
mod zeroing;

pub(crate) use stack::scrub_stack;
pub use zeroing::{Guard, Wiping, ZeroingAlloc, guard, wiping};
