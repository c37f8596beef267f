//! One mapping, locked into memory, cut into blocks of powers of two with a free list each. Small on
//! purpose: it serves one single-threaded process. It must not know who allocates.

use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering};

/// Smallest block, bytes; also the alignment that every block has at least.
const SMALLEST: usize = 32;
/// Number of block sizes: 32 bytes … 64 KiB.
const CLASSES: usize = 12;
/// Sizes that are tried until the process's limit on locked memory admits one.
const SIZES: [usize; 5] = [4 << 20, 2 << 20, 1 << 20, 256 << 10, 64 << 10];

/// The arena: empty until [`Arena::map`].
pub(super) struct Arena {
    base: AtomicPtr<u8>,
    len: AtomicUsize,
    next: AtomicUsize,
    free: [AtomicPtr<u8>; CLASSES],
    busy: AtomicBool,
}

impl Arena {
    pub(super) const fn new() -> Self {
        Self {
            base: AtomicPtr::new(ptr::null_mut()),
            len: AtomicUsize::new(0),
            next: AtomicUsize::new(0),
            free: [const { AtomicPtr::new(ptr::null_mut()) }; CLASSES],
            busy: AtomicBool::new(false),
        }
    }

    /// Maps and locks the arena once; returns its size in bytes, 0 where nothing could be locked.
    pub(super) fn map(&self) -> usize {
        if self.len.load(Ordering::Acquire) == 0
            && let Some((base, len)) = SIZES.iter().find_map(|size| locked_mapping(*size))
        {
            self.base.store(base, Ordering::Relaxed);
            self.len.store(len, Ordering::Release);
        }
        self.len.load(Ordering::Acquire)
    }

    /// Whether `block` was given out by this arena.
    pub(super) fn owns(&self, block: *const u8) -> bool {
        let base = self.base.load(Ordering::Relaxed) as usize;
        let len = self.len.load(Ordering::Acquire);
        (block as usize).wrapping_sub(base) < len
    }

    /// A block of at least `size` bytes aligned to `align`, or none: the caller then asks elsewhere.
    pub(super) fn take(&self, size: usize, align: usize) -> Option<*mut u8> {
        let class = class_of(size.max(align))?;
        self.locked(|| self.pop(class).or_else(|| self.cut(class)))
    }

    /// Takes back a wiped block that [`Arena::take`] gave for the same size and alignment.
    pub(super) fn give(&self, block: *mut u8, size: usize, align: usize) {
        if let Some(class) = class_of(size.max(align)) {
            self.locked(|| self.push(class, block));
        }
    }

    fn locked<T>(&self, work: impl FnOnce() -> T) -> T {
        while self.busy.compare_exchange_weak(false, true, Ordering::Acquire, Ordering::Relaxed).is_err() {
            std::hint::spin_loop();
        }
        let done = work();
        self.busy.store(false, Ordering::Release);
        done
    }

    #[expect(unsafe_code, reason = "an allocator reads the list that it keeps inside free blocks")]
    fn pop(&self, class: usize) -> Option<*mut u8> {
        let head = self.free[class].load(Ordering::Relaxed);
        if head.is_null() {
            return None;
        }
        // SAFETY: head is a free block of ours, at least 32 bytes and aligned; push wrote the link.
        let after = unsafe { head.cast::<*mut u8>().read() };
        self.free[class].store(after, Ordering::Relaxed);
        // SAFETY: as above; the link is wiped so that a block leaves as zeros.
        unsafe { head.cast::<*mut u8>().write(ptr::null_mut()) };
        Some(head)
    }

    #[expect(unsafe_code, reason = "an allocator writes the list that it keeps inside free blocks")]
    fn push(&self, class: usize, block: *mut u8) {
        let head = self.free[class].load(Ordering::Relaxed);
        // SAFETY: block came from take of this class: at least 32 bytes, aligned, no longer used.
        unsafe { block.cast::<*mut u8>().write(head) };
        self.free[class].store(block, Ordering::Relaxed);
    }

    #[expect(unsafe_code, reason = "an allocator computes addresses inside its own mapping")]
    fn cut(&self, class: usize) -> Option<*mut u8> {
        let size = SMALLEST << class;
        let start = self.next.load(Ordering::Relaxed).next_multiple_of(size);
        let end = start.checked_add(size)?;
        if end > self.len.load(Ordering::Acquire) {
            return None;
        }
        self.next.store(end, Ordering::Relaxed);
        // SAFETY: start + size lies inside the mapping, checked above.
        Some(unsafe { self.base.load(Ordering::Relaxed).add(start) })
    }
}

fn class_of(size: usize) -> Option<usize> {
    let class = (size.max(SMALLEST).next_power_of_two() / SMALLEST).trailing_zeros() as usize;
    (class < CLASSES).then_some(class)
}

#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "mmap, mlock and madvise have no safe form in std")]
fn locked_mapping(len: usize) -> Option<(*mut u8, usize)> {
    let protection = libc::PROT_READ | libc::PROT_WRITE;
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    // SAFETY: a fresh anonymous mapping; nothing else refers to it.
    let base = unsafe { libc::mmap(ptr::null_mut(), len, protection, flags, -1, 0) };
    if base == libc::MAP_FAILED {
        return None;
    }
    // SAFETY: base and len are the mapping made above.
    if unsafe { libc::mlock(base, len) } != 0 {
        // SAFETY: as above; it is not used any more.
        unsafe { libc::munmap(base, len) };
        return None;
    }
    // SAFETY: as above; the advice changes what dumps and children see, not the contents.
    unsafe {
        libc::madvise(base, len, libc::MADV_DONTDUMP);
        libc::madvise(base, len, libc::MADV_DONTFORK);
    }
    Some((base.cast(), len))
}

#[cfg(not(target_os = "linux"))]
fn locked_mapping(_len: usize) -> Option<(*mut u8, usize)> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_aligned_distinct_and_reused() {
        let arena = Arena::new();
        assert!(arena.take(32, 8).is_none(), "nothing is given before the mapping");
        assert!(arena.map() >= 64 << 10);
        let small = arena.take(33, 64).expect("room");
        let large = arena.take(4096, 4096).expect("room");
        assert_eq!(small as usize % 64, 0);
        assert_eq!(large as usize % 4096, 0);
        assert!(arena.owns(small) && arena.owns(large));
        arena.give(small, 33, 64);
        assert_eq!(arena.take(64, 1), Some(small), "the freed block comes first");
        assert!(!arena.owns(&raw const arena as *const u8));
    }

    #[test]
    fn a_full_arena_says_so() {
        let arena = Arena::new();
        let len = arena.map();
        let given = (0..).take_while(|_| arena.take(65_536, 8).is_some()).count();
        assert_eq!(given, len / 65_536);
        assert!(arena.take(65_537, 8).is_none(), "larger than the largest block");
    }
}
