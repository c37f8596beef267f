//! The process allocator that the `openred` binary installs. In the node it is the system's, which wipes what is freed
//! while [`wiping`] is asked for; after [`guard`] (the key process calls it first) every freed block is wiped and small
//! ones come from the locked arena. It must not know what is stored.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::arena::Arena;

/// [`GUARDED`], and how many ask for wiping.
static MODE: AtomicUsize = AtomicUsize::new(0);
const GUARDED: usize = 1 << (usize::BITS - 1);
static ARENA: Arena = Arena::new();

/// Allocator of the binary: `#[global_allocator] static ALLOC: ZeroingAlloc = ZeroingAlloc;`.
///
/// Until [`guard`] or [`wiping`] is called it forwards to the system allocator and costs one relaxed load.
#[derive(Debug, Clone, Copy)]
pub struct ZeroingAlloc;

/// What [`guard`] achieved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guard {
    /// Whether the binary installed [`ZeroingAlloc`]; without it nothing is wiped on free.
    pub installed: bool,
    /// Bytes of the locked arena; 0 where the system refused to lock memory.
    pub locked_bytes: usize,
}

/// Turns on wiping and the locked arena for this process, for good. Call it before the first secret.
pub fn guard() -> Guard {
    let locked_bytes = ARENA.map();
    MODE.fetch_or(GUARDED, Ordering::Release);
    let probe = Box::new([0u8; 48]);
    let installed = ARENA.owns(std::hint::black_box(&raw const *probe).cast());
    Guard { installed, locked_bytes }
}

/// While this lives, every block that the process frees is wiped: somebody's secret goes through buffers of libraries.
#[derive(Debug)]
pub struct Wiping(());

/// Wipes what is freed from now on until the answer is dropped. Many may ask at the same time. Without [`ZeroingAlloc`] in
/// the binary it does nothing.
#[must_use = "it ends when this is dropped"]
pub fn wiping() -> Wiping {
    MODE.fetch_add(1, Ordering::Release);
    Wiping(())
}

impl Drop for Wiping {
    fn drop(&mut self) {
        MODE.fetch_sub(1, Ordering::Release);
    }
}

fn mode() -> usize {
    MODE.load(Ordering::Relaxed)
}

#[expect(unsafe_code, reason = "GlobalAlloc is an unsafe trait: the contract is the system allocator's")]
// SAFETY: blocks come from the arena (sized and aligned by class, given out once until given back) or
// from System with the caller's layout, and return to where they came from.
unsafe impl GlobalAlloc for ZeroingAlloc {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if mode() & GUARDED != 0
            && let Some(block) = ARENA.take(layout.size(), layout.align())
        {
            return block;
        }
        // SAFETY: the caller's layout, forwarded.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if mode() & GUARDED != 0
            && let Some(block) = ARENA.take(layout.size(), layout.align())
        {
            // SAFETY: the block has at least layout.size() bytes.
            unsafe { block.write_bytes(0, layout.size()) };
            return block;
        }
        // SAFETY: the caller's layout, forwarded.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let mode = mode();
        if mode != 0 {
            // SAFETY: the block is layout.size() bytes long and no longer used by anybody.
            unsafe { wipe(block, layout.size()) };
            if mode & GUARDED != 0 && ARENA.owns(block) {
                ARENA.give(block, layout.size(), layout.align());
                return;
            }
        }
        // SAFETY: the block came from System with this layout.
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        if mode() == 0 {
            // SAFETY: before the guard every block is System's.
            return unsafe { System.realloc(block, layout, new_size) };
        }
        // SAFETY: new_size is not zero and does not overflow when aligned, by the trait's contract.
        let new_layout = unsafe { Layout::from_size_align_unchecked(new_size, layout.align()) };
        // SAFETY: a block of new_layout, filled from the old one, which is then wiped and freed.
        unsafe {
            let new_block = self.alloc(new_layout);
            if !new_block.is_null() {
                std::ptr::copy_nonoverlapping(block, new_block, layout.size().min(new_size));
                self.dealloc(block, layout);
            }
            new_block
        }
    }
}

/// Overwrites with zeros in a way the optimiser may not drop.
#[expect(unsafe_code, reason = "raw memory that is about to be freed")]
unsafe fn wipe(block: *mut u8, len: usize) {
    // SAFETY: the caller gives len writable bytes.
    unsafe { block.write_bytes(0, len) };
    std::hint::black_box(block);
    std::sync::atomic::compiler_fence(Ordering::SeqCst);
}
