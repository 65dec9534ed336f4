//! The viewer's side of a share, as a process of its own (`kith view`).
//!
//! It gets bytes that a stranger made, so it holds nothing worth stealing: one
//! inherited socket to the node, over which only the view protocol
//! (`protocol-spec/11-share-codec.md`, `12-share-input.md`) and a few local
//! messages travel. Three faces use the same [`session::Session`]:
//!
//! - the [`window`];
//! - [`rfb`]: a bridge for ordinary VNC viewers;
//! - [`headless`]: no window, for the demo, tests and machines without a screen.

#![deny(unsafe_code)]

pub mod confine;
mod entry;
pub mod frame;
pub mod headless;
pub mod local;
pub mod memory;
mod overlay;
pub mod rfb;
pub mod session;
pub mod text;
pub mod window;
mod words;

pub use entry::{main_from_fd, rfb_from_fd, take_socket};
pub use window::{Options, run};
