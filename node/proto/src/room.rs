//! Rooms: append-only logs of signed entries, one an author device, that
//! members bring to the same state whenever they meet (MSG-1 … MSG-7;
//! spec 08).
//!
//! Reading order: [`entry`] and [`body`] (what is said), [`change`] and
//! [`membership`] (who belongs), [`log`] (what is accepted), [`order`] (how
//! it is shown), [`sync`] (how it travels), [`view`] (what a person sees).

pub mod body;
pub mod change;
pub mod clock;
pub mod entry;
pub mod invite;
pub mod kind;
pub mod log;
pub mod membership;
pub mod message;
pub mod order;
pub mod receipt;
pub mod store;
pub mod sync;
pub mod view;

/// The longest body in bytes. Less than [`crate::canon::MAX_RECORD`], so that
/// a body fits any frame together with its header.
pub const MAX_BODY: usize = 48 * 1024;
/// The longest text of a message in bytes. Longer things are files.
pub const MAX_TEXT: usize = 32 * 1024;
/// The longest title of a room in bytes.
pub const MAX_TITLE: usize = 256;
/// The longest reason of a removal in bytes.
pub const MAX_REASON: usize = 512;
/// The longest reaction in bytes: a composed emoji has up to about 35.
pub const MAX_REACTION: usize = 64;
/// The longest file name in bytes, as in common file systems.
pub const MAX_FILE_NAME: usize = 255;
/// The longest settings of a meeting in bytes: the record fits a body. Some
/// hundred people may have a setting of their own.
pub const MAX_MEETING_SETTINGS: usize = 48 * 1000;
/// The longest label of a share in bytes.
pub const MAX_SHARE_LABEL: usize = 256;
/// The most chunks of a file: their hashes then take 1 MiB. With the largest
/// chunks, of 512 KiB, a file has at most 16 GiB.
pub const MAX_FILE_CHUNKS: u64 = 32 * 1024;
/// The most entries that one erasure, or one acknowledgement of erasures,
/// names.
pub const MAX_ERASED: usize = 256;
/// The most changes that a change names as its parents: more than that at
/// the same time are joined by the next ones.
pub const MAX_PARENTS: usize = 16;
/// The most devices in a cut: a person has few.
pub const MAX_CUT: usize = 64;
/// The most entries that a header names because their clocks run ahead.
pub const MAX_AHEAD_NAMED: usize = 16;
/// The most author devices of a room. Heads of all of them fit a frame.
pub const MAX_DEVICES: usize = 1024;
/// The most changes of a room: each is kept in memory, with its ancestors as
/// bits (2 MiB at this size).
pub const MAX_CHANGES: usize = 4096;
/// How many entries after a cut are kept, without what they say: a change
/// among them may outweigh the cut (spec 08, "Membership"). Far more than
/// anybody writes between being removed and hearing of it, and half a
/// megabyte.
pub const MAX_BEYOND_CUT: u64 = 1024;
/// How many changes of a device are taken from somebody who hasn't agreed to
/// be in the room: an answer, and again after further invitations. By the
/// number in the log, so that everybody takes the same.
pub const MAX_ANSWERS: u64 = 8;
/// Entries of one device are numbered below this: far more than a device can
/// write in its life, small enough that sums never overflow.
pub const MAX_SEQ: u64 = 1 << 40;
/// The greatest depth of changes; as [`MAX_SEQ`].
pub const MAX_EPOCH: u64 = 1 << 40;
/// How much deeper than its parents a change may claim to be. Depths are a
/// few more than they need be when parents were cut off.
pub const MAX_EPOCH_STEP: u64 = 4096;
