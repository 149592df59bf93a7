//! A bump allocator over the memory that the instance starts with.
//!
//! An instance lives for one call, so what is freed is not worth finding again; and growing memory costs the host a
//! system call that does not scale over cores, so it starts with enough (`--initial-memory`, plugins/.cargo/config.toml).
#![expect(unsafe_code, reason = "an allocator hands out raw memory")]

use core::{
    alloc::{GlobalAlloc, Layout},
    cell::Cell,
    ptr,
};

const PAGE_BYTES: usize = 65_536;

struct Bump {
    /// The first free address; 0 before the first allocation.
    next: Cell<usize>,
    /// The end of the memory that there is.
    end: Cell<usize>,
}

/// A guest has one thread.
unsafe impl Sync for Bump {}

#[global_allocator]
static BUMP: Bump = Bump { next: Cell::new(0), end: Cell::new(0) };

unsafe extern "C" {
    /// Where the linker's data and stack end.
    static __heap_base: u8;
}

impl Bump {
    /// Makes memory end at or after `end`.
    #[cold]
    fn grow(&self, end: usize) -> bool {
        let pages = (end - self.end.get()).div_ceil(PAGE_BYTES);
        // Double what is missing: many small growths cost more than one that is too large.
        if core::arch::wasm32::memory_grow(0, pages * 2) == usize::MAX
            && core::arch::wasm32::memory_grow(0, pages) == usize::MAX
        {
            return false;
        }
        self.end.set(core::arch::wasm32::memory_size(0) * PAGE_BYTES);
        true
    }
}

unsafe impl GlobalAlloc for Bump {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if self.end.get() == 0 {
            self.next.set(&raw const __heap_base as usize);
            self.end.set(core::arch::wasm32::memory_size(0) * PAGE_BYTES);
        }
        let Some(start) = self.next.get().checked_next_multiple_of(layout.align()) else { return ptr::null_mut() };
        let Some(end) = start.checked_add(layout.size()) else { return ptr::null_mut() };
        if end > self.end.get() && !self.grow(end) {
            return ptr::null_mut();
        }
        self.next.set(end);
        start as *mut u8
    }

    /// Only what was handed out last comes back.
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        if pointer as usize + layout.size() == self.next.get() {
            self.next.set(pointer as usize);
        }
    }

    /// What was handed out last grows in place: the usual life of a vector.
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let start = pointer as usize;
        if start + layout.size() == self.next.get()
            && let Some(end) = start.checked_add(size)
            && (end <= self.end.get() || self.grow(end))
        {
            self.next.set(end);
            return pointer;
        }
        if size <= layout.size() {
            return pointer;
        }
        // SAFETY: the caller vouches for `layout`; the new size, rounded up, does not overflow, as `realloc` demands.
        unsafe {
            let moved = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
            if !moved.is_null() {
                ptr::copy_nonoverlapping(pointer, moved, layout.size());
            }
            moved
        }
    }
}
