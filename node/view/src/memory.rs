//! Memory that was freed: it keeps nothing, and goes back to the system.
#![allow(unsafe_code)] // calls of the C library and an allocator, each with its reason

use std::alloc::{GlobalAlloc, Layout, System};

/// Blocks of this size and more, in bytes, are mapped by themselves
/// ([`give_back`]): what stood in them is gone with the mapping.
const LARGE: usize = 128 * 1024;

/// The system's allocator; what is freed is overwritten first, so that a locked
/// node's memory has nothing of what it knew (ID-7). In the program:
/// `#[global_allocator] static A: Forgetful = Forgetful;`
#[derive(Debug, Clone, Copy, Default)]
pub struct Forgetful;

// SAFETY: all is passed on to `System` as it came. Blocks are overwritten within
// their layout, before they are freed, while they are still the caller's.
unsafe impl GlobalAlloc for Forgetful {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are those that `System` asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if layout.size() < LARGE {
            overwrite(block, layout.size());
        }
        // SAFETY: as above.
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if layout.size() >= LARGE {
            // The system moves whole pages, and leaves no copy.
            // SAFETY: as above.
            return unsafe { System.realloc(block, layout, size) };
        }
        // SAFETY: the caller promises that this size is none that overflows.
        let wanted = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        // SAFETY: both blocks have room for the smaller size, and are two; the old
        // one is the caller's, and freed once.
        unsafe {
            let moved = System.alloc(wanted);
            if !moved.is_null() {
                std::ptr::copy_nonoverlapping(block, moved, layout.size().min(size));
                self.dealloc(block, layout);
            }
            moved
        }
    }
}

/// Overwrites a block in a way that no compiler leaves out.
fn overwrite(block: *mut u8, size: usize) {
    // SAFETY: only called with a block of at least this size that is about to be
    // freed by whoever owns it.
    #[cfg(target_env = "gnu")]
    unsafe {
        libc::explicit_bzero(block.cast(), size);
    }
    // SAFETY: as above.
    #[cfg(not(target_env = "gnu"))]
    unsafe {
        std::ptr::write_bytes(block, 0, size);
        std::hint::black_box(block);
    }
}

/// From now on what libraries in C free is overwritten too, such as the pages of a
/// database that is being closed. It costs time: [`forget_freed`] ends it.
pub fn overwrite_freed() {
    // SAFETY: sets a number, and touches no memory of ours.
    #[cfg(target_env = "gnu")]
    unsafe {
        libc::mallopt(libc::M_PERTURB, 0xa5);
    }
}

/// Ends [`overwrite_freed`], and gives every page on which nothing is in use any
/// more back to the system.
pub fn forget_freed() {
    // SAFETY: the first sets a number; the second gives back only what is free.
    #[cfg(target_env = "gnu")]
    unsafe {
        libc::mallopt(libc::M_PERTURB, 0);
        libc::malloc_trim(0);
    }
}

/// Has the C library give back large blocks as soon as they are freed.
///
/// Left alone, glibc keeps blocks of up to 32 MB for later once it has seen one
/// freed, in a store (arena) for each of up to eight threads a core: a node that
/// had shown pages of a text held on to 12 MB, and another 9 after film. A block
/// of 128 KB or more is mapped by itself then, and two stores do for all threads.
///
/// Call it first thing. Elsewhere than with glibc nothing happens.
pub fn give_back() {
    #[cfg(target_env = "gnu")]
    {
        const ARENAS: libc::c_int = 2;
        let large = libc::c_int::try_from(LARGE).unwrap_or(libc::c_int::MAX);
        // SAFETY: these set two numbers, and touch no memory of ours. A refusal
        // leaves all as it was.
        unsafe {
            libc::mallopt(libc::M_MMAP_THRESHOLD, large);
            libc::mallopt(libc::M_ARENA_MAX, ARENAS);
        }
    }
}
