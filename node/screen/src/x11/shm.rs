//! Memory that the X server writes images into and we read: the only unsafe
//! code of this crate.
#![allow(
    unsafe_code,
    reason = "mapping shared memory; see the invariant of Segment"
)]

use std::io;
use std::ptr::NonNull;

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, ftruncate, memfd_create};
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};
use x11rb::protocol::shm::{self, Seg};

use super::link::{Link, answer, lost};
use crate::source::SourceError;

/// Pixels in memory shared with the X server.
///
/// Invariant: `pixels` points to `len` pixels, mapped readable and page
/// aligned until the drop, over a file that nobody can shrink (sealed), so
/// that reading never faults. Only the server has the file besides us, and it
/// writes only between a request for an image and its reply. Requests are
/// made and awaited in [`Self::fill`], which has `&mut self`; so no reference
/// from [`Self::pixels`] lives while the memory changes.
#[derive(Debug)]
pub(crate) struct Segment {
    pixels: NonNull<u32>,
    len: usize,
    seg: Seg,
}

// SAFETY: the memory belongs to the process, not to a thread, and what may be
// done with it is told by `&self` and `&mut self` (see the invariant).
unsafe impl Send for Segment {}

impl Segment {
    /// Room for so many pixels; `None` if the server refuses to map it.
    pub(crate) fn new(link: &Link, len: usize) -> Result<Option<Self>, SourceError> {
        let broken = |e: rustix::io::Errno| SourceError::Disconnected(io::Error::from(e));
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        let file = memfd_create("kith-screen", flags).map_err(broken)?;
        let bytes = len * size_of::<u32>();
        ftruncate(&file, bytes as u64).map_err(broken)?;
        let seals = SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL;
        fcntl_add_seals(&file, seals).map_err(broken)?;
        // SAFETY: a new mapping at an address of the kernel's choice touches
        // no memory that anything else refers to; the file has `bytes` bytes
        // and keeps them (sealed).
        let at = unsafe {
            mmap(
                std::ptr::null_mut(),
                bytes,
                ProtFlags::READ,
                MapFlags::SHARED,
                &file,
                0,
            )
        };
        let at = at.map_err(broken)?;
        let Some(pixels) = NonNull::new(at.cast::<u32>()) else {
            return Err(SourceError::Screen("no memory could be mapped"));
        };
        let segment = Self {
            pixels,
            len,
            seg: link.new_id()?,
        };
        let attached = shm::attach_fd(&link.conn, segment.seg, file, false).map_err(lost)?;
        Ok(answer(attached.check())?.map(|()| segment))
    }

    /// How many pixels there is room for.
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// Lets `ask` have the server write. `ask` must not return before the
    /// server has answered everything that it was asked.
    pub(crate) fn fill<T>(&mut self, ask: impl FnOnce(Seg) -> T) -> T {
        ask(self.seg)
    }

    /// What the server wrote.
    pub(crate) fn pixels(&self) -> &[u32] {
        // SAFETY: see the invariant: mapped, aligned, `len` long, unchanged
        // while this borrow of `self` lasts; any bits are a `u32`.
        unsafe { std::slice::from_raw_parts(self.pixels.as_ptr(), self.len) }
    }
}

impl Drop for Segment {
    fn drop(&mut self) {
        // The server's side goes with the connection; on ours nothing refers
        // to the memory any more.
        // SAFETY: mapped by `new` with this length, and unmapped only here.
        let _ = unsafe { munmap(self.pixels.as_ptr().cast(), self.len * size_of::<u32>()) };
    }
}
