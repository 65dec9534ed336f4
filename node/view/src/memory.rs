//! Memory that was freed goes back to the system.
#![allow(unsafe_code)] // two calls, with their reason

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
        const LARGE: libc::c_int = 128 * 1024;
        const ARENAS: libc::c_int = 2;
        // SAFETY: these set two numbers, and touch no memory of ours. A refusal
        // leaves all as it was.
        unsafe {
            libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE);
            libc::mallopt(libc::M_ARENA_MAX, ARENAS);
        }
    }
}
