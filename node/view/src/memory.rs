//! Memory that was freed: it keeps nothing, and goes back to the system.
#![allow(unsafe_code)] // calls of the C library and an allocator, each with its reason

use std::alloc::{GlobalAlloc, Layout, System};

/// Blocks of this size and more, in bytes, are mapped by themselves: what stood in
/// them is gone with the mapping.
const LARGE: usize = 128 * 1024;

/// What every mapping's address is a multiple of, in bytes; some systems have more.
const PAGE: usize = 4096;

/// The system's allocator; what is freed is overwritten first, or unmapped, so that
/// a locked node's memory has nothing of what it knew (ID-7). In the program:
/// `#[global_allocator] static A: Forgetful = Forgetful;`
///
/// Large blocks don't go to the system's allocator on Linux: it too maps them, but
/// only where none of its own free places is large enough.
#[derive(Debug, Clone, Copy, Default)]
pub struct Forgetful;

// SAFETY: a block's layout alone says whether it is mapped or the system's, so that
// each goes back to where it came from. Blocks are overwritten within their layout,
// before they are freed, while they are still the caller's.
unsafe impl GlobalAlloc for Forgetful {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if is_mapped(layout) {
            return map(layout.size());
        }
        // SAFETY: the caller's promises are those that `System` asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if is_mapped(layout) {
            return map(layout.size());
        }
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if is_mapped(layout) {
            unmap(block, layout.size());
            return;
        }
        overwrite(block, layout.size());
        // SAFETY: as above.
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller promises that this size is none that overflows.
        let wanted = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        if is_mapped(layout) && is_mapped(wanted) {
            return remap(block, layout.size(), size);
        }
        // SAFETY: both blocks have room for the smaller size, and are two; the old
        // one is the caller's, and freed once.
        unsafe {
            let moved = self.alloc(wanted);
            if !moved.is_null() {
                std::ptr::copy_nonoverlapping(block, moved, layout.size().min(size));
                self.dealloc(block, layout);
            }
            moved
        }
    }
}

/// Whether a block of this layout is a mapping of its own.
const fn is_mapped(layout: Layout) -> bool {
    cfg!(target_os = "linux") && layout.size() >= LARGE && layout.align() <= PAGE
}

/// A new mapping of this many bytes, all 0, or null.
#[cfg(target_os = "linux")]
fn map(size: usize) -> *mut u8 {
    let how = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    let rights = libc::PROT_READ | libc::PROT_WRITE;
    // SAFETY: asks for pages that nobody has; no memory of ours is touched.
    pages(unsafe { libc::mmap(std::ptr::null_mut(), size, rights, how, -1, 0) })
}

/// The same mapping with another size, perhaps elsewhere: pages move whole, and
/// leave no copy. Null if there is no room; then the old one stays.
#[cfg(target_os = "linux")]
fn remap(block: *mut u8, old: usize, new: usize) -> *mut u8 {
    // SAFETY: only called with a mapping made by `map`, by whoever owns it.
    pages(unsafe { libc::mremap(block.cast(), old, new, libc::MREMAP_MAYMOVE) })
}

#[cfg(target_os = "linux")]
fn unmap(block: *mut u8, size: usize) {
    // SAFETY: as above; nobody uses the block any more.
    unsafe {
        libc::munmap(block.cast(), size);
    }
}

#[cfg(target_os = "linux")]
fn pages(mapping: *mut libc::c_void) -> *mut u8 {
    if mapping == libc::MAP_FAILED {
        std::ptr::null_mut()
    } else {
        mapping.cast()
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

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    fn is_there(block: *mut u8) -> bool {
        let mut resident = 0u8;
        let page = block.map_addr(|a| a & !(PAGE - 1));
        // SAFETY: asks the kernel about an address, and reads nothing there.
        unsafe { libc::mincore(page.cast(), 1, &raw mut resident) == 0 }
    }

    /// ID-7: also where the heap has a free place for it.
    #[test]
    fn a_large_block_is_gone_when_it_is_freed() {
        let small = Layout::from_size_align(LARGE - 1, 8).unwrap();
        let large = Layout::from_size_align(LARGE, 8).unwrap();
        // SAFETY: each block is freed once, with its layout, and not used afterwards.
        unsafe {
            // A hole of more than this size, between blocks that stay.
            let blocks: [*mut u8; 5] = std::array::from_fn(|_| System.alloc(small));
            for block in &blocks[1..4] {
                System.dealloc(*block, small);
            }
            let block = Forgetful.alloc(large);
            block.write_bytes(7, LARGE);
            assert!(is_there(block));
            Forgetful.dealloc(block, large);
            assert!(!is_there(block));
            System.dealloc(blocks[0], small);
            System.dealloc(blocks[4], small);
        }
    }

    #[test]
    fn a_block_keeps_what_it_holds_when_it_grows_and_shrinks() {
        let sizes = [10, LARGE - 1, LARGE, 40 * LARGE, 3 * LARGE, LARGE - 1, 5];
        // SAFETY: the block is written and read within its size, and freed once.
        unsafe {
            let mut layout = Layout::from_size_align(sizes[0], 8).unwrap();
            let mut block = Forgetful.alloc(layout);
            block.write_bytes(7, layout.size());
            for size in sizes {
                let kept = layout.size().min(size);
                block = Forgetful.realloc(block, layout, size);
                layout = Layout::from_size_align(size, 8).unwrap();
                assert!((0..kept).all(|i| *block.add(i) == 7), "{size}");
                block.write_bytes(7, size);
            }
            Forgetful.dealloc(block, layout);
        }
    }

    #[test]
    fn a_zeroed_block_is_zeroed() {
        let layout = Layout::from_size_align(2 * LARGE, 64).unwrap();
        // SAFETY: as above.
        unsafe {
            let block = Forgetful.alloc_zeroed(layout);
            assert!((0..layout.size()).all(|i| *block.add(i) == 0));
            Forgetful.dealloc(block, layout);
        }
    }
}
