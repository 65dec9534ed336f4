//! The sharer's screen: what is captured for viewers, and the warden that
//! guards it.
//!
//! [`source::Source`] is what a share is fed from: pixels, and news of what
//! changed. [`synthetic`] is a small desktop made of numbers behind the same
//! trait, for the demo and tests on machines without a screen.
//!
//! [`guard`] decides which input of a viewer may be injected; [`warden`] is
//! the process that asks it, and injects.
//!
//! Depends on `kith-codec` and `kith-proto` only; no async runtime: a share
//! runner gives a source a thread of its own.

#![deny(unsafe_code)]

#[cfg(target_os = "linux")]
mod canvas;
pub mod guard;
#[cfg(target_os = "linux")]
mod plane;
pub mod source;
pub mod synthetic;
#[cfg(target_os = "linux")]
pub mod warden;
#[cfg(target_os = "linux")]
pub mod x11;
