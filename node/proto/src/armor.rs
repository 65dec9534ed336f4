//! Records as text: `kith:KIND:…`, for chats, mails, paper and QR codes
//! (ID-2, XFER-1; spec 03, "Text form").
//!
//! Base32 (RFC 4648, no padding character) of the bytes and four bytes of
//! digest. Not Bech32m as for ids: its checksum guarantees nothing beyond 90
//! characters, and these have hundreds. Not Base64: it depends on letter
//! case, which people and QR codes change; in a QR code's alphanumeric mode
//! Base32 is even the shorter of the two.

use data_encoding::BASE32_NOPAD;
use thiserror::Error;

use crate::blame::Blame;
use crate::digest::Digest;

/// The most characters that are read: a record of
/// [`crate::canon::MAX_RECORD`], and as much again of quoting and white space.
pub const MAX_TEXT: usize = 2 * (crate::canon::MAX_RECORD * 8 / 5);

const CHECK: usize = 4;

/// What a text holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ArmorKind {
    /// An invite: a signed ticket.
    Invite,
    /// A sealed answer to an invite.
    Answer,
    /// A sealed reply to an answer.
    Reply,
    /// A person's safety code: for verifying, no secret.
    Safety,
}

impl ArmorKind {
    const ALL: [Self; 4] = [Self::Invite, Self::Answer, Self::Reply, Self::Safety];

    /// The word between the colons.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Invite => "invite",
            Self::Answer => "answer",
            Self::Reply => "reply",
            Self::Safety => "safety",
        }
    }
}

/// Why a text isn't one of ours. Mostly a copying mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ArmorError {
    /// It doesn't begin with `kith:` and a kind.
    #[error("this is not a Kith text: it does not begin with “kith:”")]
    NotKith,
    /// `kith:` and a kind that this version doesn't know.
    #[error("a kind of Kith text that this version does not know")]
    UnknownKind,
    /// A kind that we know, where another was expected.
    #[error("this is a Kith text of another kind: “{}” was expected, “{}” found", .expected.word(), .found.word())]
    OtherKind {
        /// What was expected.
        expected: ArmorKind,
        /// What was found.
        found: ArmorKind,
    },
    /// A character that can't occur, or a length that can't.
    #[error("a character is wrong or missing")]
    Malformed,
    /// Everything is a possible text, but not one that was made.
    #[error("the text is damaged: a part was lost or changed while copying")]
    Checksum,
    /// Longer than [`MAX_TEXT`].
    #[error("the text is too long")]
    TooLong,
}

impl ArmorError {
    /// Whose fault it is.
    #[must_use]
    pub fn blame(&self) -> Blame {
        match self {
            Self::UnknownKind => Blame::Incompatible,
            _ => Blame::Ours,
        }
    }
}

/// The text of `bytes`: lower case, one line.
#[must_use]
pub fn to_text(kind: ArmorKind, bytes: &[u8]) -> String {
    let mut all = bytes.to_vec();
    all.extend_from_slice(&check(kind, bytes));
    let mut text = format!("kith:{}:{}", kind.word(), BASE32_NOPAD.encode(&all));
    text.make_ascii_lowercase();
    text
}

/// The same in capitals, which QR codes hold in 5½ bits each.
#[must_use]
pub fn to_qr_text(kind: ArmorKind, bytes: &[u8]) -> String {
    to_text(kind, bytes).to_ascii_uppercase()
}

/// Reads a text. Letter case, white space and line breaks anywhere, quoting
/// marks (`>`) and angle brackets around it don't matter; everything else does.
///
/// # Errors
/// See [`ArmorError`].
pub fn from_text(text: &str) -> Result<(ArmorKind, Vec<u8>), ArmorError> {
    if text.len() > MAX_TEXT {
        return Err(ArmorError::TooLong);
    }
    let plain: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '<' | '>'))
        .map(|c| c.to_ascii_uppercase())
        .collect();
    let rest = plain.strip_prefix("KITH:").ok_or(ArmorError::NotKith)?;
    let (word, body) = rest.split_once(':').ok_or(ArmorError::NotKith)?;
    let kind = ArmorKind::ALL
        .into_iter()
        .find(|k| k.word().eq_ignore_ascii_case(word))
        .ok_or(ArmorError::UnknownKind)?;
    let all = BASE32_NOPAD
        .decode(body.as_bytes())
        .map_err(|_| ArmorError::Malformed)?;
    let (bytes, found) = all
        .split_last_chunk::<CHECK>()
        .ok_or(ArmorError::Malformed)?;
    if *found != check(kind, bytes) {
        return Err(ArmorError::Checksum);
    }
    Ok((kind, bytes.to_vec()))
}

/// As [`from_text`], of one kind only.
///
/// # Errors
/// See [`ArmorError`].
pub fn from_text_of(expected: ArmorKind, text: &str) -> Result<Vec<u8>, ArmorError> {
    match from_text(text)? {
        (kind, bytes) if kind == expected => Ok(bytes),
        (found, _) => Err(ArmorError::OtherKind { expected, found }),
    }
}

/// Four bytes: a random mistake passes once in 2^32, and what passes still
/// has a signature or a seal to fit. This is only to tell a copying mistake
/// from a forgery.
fn check(kind: ArmorKind, bytes: &[u8]) -> [u8; CHECK] {
    let domain = format!("kith/1/text/{}", kind.word());
    let digest = Digest::of(&domain, bytes);
    let mut out = [0; CHECK];
    out.copy_from_slice(&digest.as_bytes()[..CHECK]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_mail_programs_do_to_a_text_does_not_matter() {
        let text = to_text(ArmorKind::Invite, &[7; 100]);
        assert!(text.starts_with("kith:invite:"), "{text}");
        let quoted: String = text
            .as_bytes()
            .chunks(20)
            .map(|line| format!("> {}\r\n", core::str::from_utf8(line).unwrap()))
            .collect();
        for changed in [
            quoted,
            text.to_ascii_uppercase(),
            format!(" \u{A0}<{text}>\n"),
            text.replace("kith:", "Kith: "),
        ] {
            assert_eq!(
                from_text_of(ArmorKind::Invite, &changed),
                Ok(vec![7; 100]),
                "{changed}"
            );
        }
    }

    #[test]
    fn mistakes_are_told_apart() {
        let text = to_text(ArmorKind::Invite, &[7; 100]);
        let cases = [
            ("", ArmorError::NotKith),
            ("https://example.org", ArmorError::NotKith),
            ("kith:abc", ArmorError::NotKith),
            ("kith:later:aaaa", ArmorError::UnknownKind),
            ("kith:invite:", ArmorError::Malformed),
            ("kith:invite:aa", ArmorError::Malformed),
            (&text[..text.len() - 1], ArmorError::Malformed),
            (&text[..text.len() - 8], ArmorError::Checksum),
            (&text.replace("invite", "answer"), ArmorError::Checksum),
            (&format!("{text} thanks!"), ArmorError::Malformed),
            (&text.replace(&text[20..22], "01"), ArmorError::Malformed),
        ];
        for (text, error) in cases {
            assert_eq!(from_text(text), Err(error), "{text}");
        }
        assert_eq!(
            from_text_of(ArmorKind::Answer, &text),
            Err(ArmorError::OtherKind {
                expected: ArmorKind::Answer,
                found: ArmorKind::Invite
            })
        );
        assert_eq!(
            from_text(&"k".repeat(MAX_TEXT + 1)),
            Err(ArmorError::TooLong)
        );
    }

    proptest! {
        #[test]
        fn one_text_a_byte_string(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            for kind in ArmorKind::ALL {
                let text = to_text(kind, &bytes);
                prop_assert_eq!(from_text(&text), Ok((kind, bytes.clone())));
                prop_assert_eq!(from_text(&to_qr_text(kind, &bytes)), Ok((kind, bytes.clone())));
            }
        }

        #[test]
        fn a_changed_character_is_noticed(
            bytes in proptest::collection::vec(any::<u8>(), 1..200), at in 12usize..400, to in "[a-z2-7]",
        ) {
            let text = to_text(ArmorKind::Invite, &bytes);
            let at = at.min(text.len() - 1);
            prop_assume!(text[at..=at] != to);
            let changed = format!("{}{to}{}", &text[..at], &text[at + 1..]);
            prop_assert!(from_text(&changed).is_err());
        }
    }
}
