//! What mustn't be seen on a wire, nor wherever strangers keep something.

use kith_api::{Reply, Request};

use crate::{Frame, Person};

/// In how many frames this stands.
#[must_use]
pub fn holds(frames: &[Frame], part: &[u8]) -> usize {
    let in_it = |f: &&Frame| f.bytes().windows(part.len()).any(|w| w == part);
    frames.iter().filter(in_it).count()
}

impl Person {
    /// What would tell strangers who this is: the name, and the person's id. The
    /// name has to be long enough not to come about by chance.
    ///
    /// # Panics
    /// When it isn't, or no node runs.
    pub fn secrets(&mut self) -> Vec<Vec<u8>> {
        let Reply::Identity(me) = self.ask(Request::Identity) else {
            panic!("no identity");
        };
        assert!(
            self.name().len() >= 8,
            "{} comes about by chance",
            self.name()
        );
        vec![
            self.name().as_bytes().to_vec(),
            self.name().to_lowercase().into_bytes(),
            me.person.as_bytes().to_vec(),
            // A part of it would be too much already.
            me.person.as_bytes()[..8].to_vec(),
            me.person.to_string().into_bytes(),
        ]
    }
}

/// Nothing of these is in any frame; and a conversation is.
///
/// # Panics
/// Where that isn't so.
pub fn shows_nothing_of(frames: &[Frame], secrets: &[Vec<u8>]) {
    let bytes: usize = frames.iter().map(|f| f.bytes().len()).sum();
    assert!(bytes > 20_000, "the conversation isn't in the capture");
    for secret in secrets {
        let text = String::from_utf8_lossy(secret);
        assert_eq!(holds(frames, secret), 0, "{text:?} is on the wire");
    }
}
