//! The sharer's screen: what is captured for viewers, and the warden that
//! guards it.
//!
//! [`source::Source`] is what a share is fed from: pixels, and news of what
//! changed. [`synthetic`] is a small desktop made of numbers behind the same
//! trait, for the demo and tests on machines without a screen.
//!
//! `x11` captures an X11 display: the desktop or a region of it, single windows,
//! whole applications. What is captured: the program's own pixels without the
//! window manager's frames, one picture pixel a screen pixel, 24 bits of
//! colour; the pointer apart. Not captured: anything of a program that does
//! not draw when it is asked to, windows of depths other than 24 and 32, and,
//! of a program's windows, those in panels (tray icons). Of a desktop, what a
//! private window left behind is wiped before its place is shown again.
//!
//! [`guard`] decides which input of a viewer may be injected; [`warden`] is
//! the process that asks it, and injects. Its windows' language and size are a
//! [`look::Look`].
//!
//! Depends on `kith-codec` and `kith-proto` only; no async runtime: a share
//! runner gives a source a thread of its own.

#![deny(unsafe_code)]

#[cfg(target_os = "linux")]
mod canvas;
pub mod guard;
pub use kith_display::{look, texts};
#[cfg(target_os = "linux")]
mod plane;
pub mod source;
pub mod synthetic;
#[cfg(target_os = "linux")]
pub mod warden;
#[cfg(target_os = "linux")]
pub mod x11;
