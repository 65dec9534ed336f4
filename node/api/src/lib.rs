//! What a face (command line, desktop program, script) says to a node, over
//! the node's local socket (UI-3, rule R8).
//!
//! The conversation: both sides send [`wire::Greeting`]; then the face sends
//! numbered [`Request`]s and gets one [`Reply`] or [`ApiError`] for each, in
//! any order. After [`Request::Subscribe`] it also gets [`Event`]s: first a
//! snapshot, then every change. Frames are a four-byte big-endian length and
//! one CBOR item; see [`wire`].
//!
//! Secrets travel only towards the node ([`Secret`]); no reply holds one.
#![forbid(unsafe_code)]

mod account;
mod audit;
mod bytes;
mod client;
mod consent;
mod environment;
mod error;
mod event;
mod features;
mod inputs;
mod limits;
mod meeting;
mod message;
mod moderated;
mod org;
pub mod place;
mod policy;
mod presence;
mod reply;
mod request;
mod sentence;
mod share;
mod text;
pub mod wire;

pub use account::*;
pub use audit::*;
pub use client::{Client, ClientError, Events, HangUp};
pub use consent::*;
pub use environment::*;
pub use error::{ApiError, Code};
pub use event::Event;
pub use features::*;
pub use inputs::*;
pub use limits::*;
pub use meeting::*;
pub use message::*;
pub use moderated::*;
pub use org::*;
pub use policy::*;
pub use presence::*;
pub use reply::*;
pub use request::*;
pub use sentence::Sentence;
pub use share::*;

/// The ids in requests and replies.
pub use kith_proto::id;
pub use kith_proto::session::LONGEST as LONGEST_SHARE;
