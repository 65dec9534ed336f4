//! The printed recovery sheet (ID-6; spec 01, "The recovery sheet"): a secret
//! as words to be written or read aloud, and as text for a QR code.
//!
//! Words are BIP 39's English list: no two share their first four letters,
//! and people have copied them from paper for years. The last word carries
//! eight bits of checksum; a mistake that passes it gives a key that isn't
//! the one in the log, so it is noticed all the same.

use core::fmt::{self, Write as _};

use bech32::{Bech32m, Hrp, primitives::decode::CheckedHrpstring};
use bip39::{Language, Mnemonic};
use rand_core::CryptoRng;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::digest::Digest;
use crate::id::PersonId;
use crate::keys::{PublicKey, SigningKey};

/// How many words stand on a sheet.
pub const WORDS: usize = 24;

/// The prefix of the QR code's text.
pub const PREFIX: &str = "kithrec";

/// What the recovery key's seed is derived under, so that the same words used
/// elsewhere never give the same key.
const DOMAIN: &str = "kith/1/recovery-key";

/// The longest text that is read as a sheet, in bytes: 24 words of at most
/// eight letters, and room for numbers and line breaks.
pub const MAX_TEXT: usize = 1024;

const VERSION: u8 = 1;
const PAYLOAD: usize = 1 + PersonId::LEN + 32;

/// Why a text isn't a recovery sheet. The fault of who typed or scanned it.
/// No variant repeats any of the text: it may be nearly all of a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SheetError {
    /// Not 24 words.
    #[error("there are {0} words; a sheet has {WORDS}")]
    WordCount(usize),
    /// A word that isn't on the list; counted from 1.
    #[error("word {0} is not one of the list")]
    UnknownWord(usize),
    /// All words are on the list, but one of them is wrong.
    #[error("the words don't fit together: one of them is wrong")]
    Checksum,
    /// Not the text of a sheet's QR code, or damaged.
    #[error("not the code of a recovery sheet")]
    NotACode,
    /// A sheet of a newer version.
    #[error("a sheet of a newer Kith")]
    Version,
}

/// The secret of a recovery sheet: 32 bytes. Erased on drop, never printed.
pub struct RecoverySecret(Zeroizing<[u8; 32]>);

impl RecoverySecret {
    /// A fresh secret.
    #[must_use]
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        rng.fill_bytes(&mut *bytes);
        Self(bytes)
    }

    /// From its 32 bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        Self(Zeroizing::new(*bytes))
    }

    /// The key that signs a recovery. Its public half stands in the log.
    #[must_use]
    pub fn signing_key(&self) -> SigningKey {
        let seed = Zeroizing::new(*Digest::of(DOMAIN, &*self.0).as_bytes());
        SigningKey::from_seed(&seed)
    }

    /// The public half of [`RecoverySecret::signing_key`].
    #[must_use]
    pub fn public(&self) -> PublicKey {
        self.signing_key().public()
    }

    /// The 24 words, lower case, with single spaces.
    #[must_use]
    pub fn words(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(MAX_TEXT));
        // 32 bytes are always 24 words.
        if let Ok(m) = Mnemonic::from_entropy_in(Language::English, &*self.0) {
            for (i, word) in m.words().enumerate() {
                text.push_str(if i == 0 { "" } else { " " });
                text.push_str(word);
            }
        }
        text
    }

    /// Reads the words as a person types them from paper: any case, with or
    /// without numbers and punctuation between them. The first four letters
    /// of a word are enough.
    ///
    /// # Errors
    /// See [`SheetError`].
    pub fn from_words(typed: &str) -> Result<Self, SheetError> {
        let mut text = Zeroizing::new(String::with_capacity(MAX_TEXT));
        let mut count = 0;
        for word in typed
            .split(|c: char| !c.is_alphabetic())
            .filter(|w| !w.is_empty())
        {
            count += 1;
            if count > WORDS {
                continue;
            }
            let whole = whole_word(word).ok_or(SheetError::UnknownWord(count))?;
            text.push_str(whole);
            text.push(' ');
        }
        if count != WORDS {
            return Err(SheetError::WordCount(count));
        }
        let m = Mnemonic::parse_in_normalized(Language::English, &text)
            .map_err(|_| SheetError::Checksum)?;
        let (array, _) = m.to_entropy_array();
        let array = Zeroizing::new(array);
        let mut bytes = Zeroizing::new([0; 32]);
        bytes.copy_from_slice(&array[..32]);
        Ok(Self(bytes))
    }
}

/// The word of the list that `typed` is, or whose first four letters it is.
fn whole_word(typed: &str) -> Option<&'static str> {
    if !typed.is_ascii() || typed.len() > 8 {
        return None;
    }
    let lower = Zeroizing::new(typed.to_ascii_lowercase());
    let list = Language::English.word_list();
    let at = list.partition_point(|w| *w < lower.as_str());
    let found = *list.get(at)?;
    let whole = found == lower.as_str() || (lower.len() == 4 && found.starts_with(lower.as_str()));
    whole.then_some(found)
}

impl fmt::Debug for RecoverySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecoverySecret(secret of {:?})", self.public())
    }
}

/// What is printed: whose sheet it is, and the secret.
#[derive(Debug)]
pub struct RecoverySheet {
    /// Whose.
    pub person: PersonId,
    /// The secret.
    pub secret: RecoverySecret,
}

impl RecoverySheet {
    /// The text of the QR code: Bech32m in upper case, which QR codes hold in
    /// their compact alphanumeric mode.
    #[must_use]
    pub fn code(&self) -> Zeroizing<String> {
        let mut payload = Zeroizing::new([0; PAYLOAD]);
        payload[0] = VERSION;
        payload[1..33].copy_from_slice(self.person.as_bytes());
        payload[33..].copy_from_slice(&*self.secret.0);
        let mut text = Zeroizing::new(String::with_capacity(MAX_TEXT));
        // A constant prefix and a length far below the limit: can't fail.
        if let Ok(hrp) = Hrp::parse(PREFIX)
            && bech32::encode_upper_to_fmt::<Bech32m, _>(&mut *text, hrp, &*payload).is_err()
        {
            text.clear();
        }
        text
    }

    /// Reads the text of a QR code.
    ///
    /// # Errors
    /// [`SheetError::NotACode`], [`SheetError::Version`].
    pub fn from_code(text: &str) -> Result<Self, SheetError> {
        let checked = (text.len() <= MAX_TEXT)
            .then(|| CheckedHrpstring::new::<Bech32m>(text).ok())
            .flatten()
            .filter(|c| c.hrp().as_str().eq_ignore_ascii_case(PREFIX))
            .ok_or(SheetError::NotACode)?;
        let mut bytes = checked.byte_iter();
        match bytes.next() {
            Some(VERSION) => {}
            Some(_) => return Err(SheetError::Version),
            None => return Err(SheetError::NotACode),
        }
        let mut person = [0; 32];
        let mut secret = Zeroizing::new([0; 32]);
        for b in person.iter_mut().chain(secret.iter_mut()) {
            *b = bytes.next().ok_or(SheetError::NotACode)?;
        }
        let sheet = Self {
            person: PersonId::from_bytes(person),
            secret: RecoverySecret(secret),
        };
        // One text a sheet: this also refuses padding that isn't zero.
        if bytes.next().is_some() || !sheet.code().eq_ignore_ascii_case(text) {
            return Err(SheetError::NotACode);
        }
        Ok(sheet)
    }

    /// The lines to print beside the QR code, without any words of a human
    /// language: the person's id, then six rows of four numbered words.
    #[must_use]
    pub fn lines(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(MAX_TEXT));
        // Writing to a String can't fail.
        let _ = writeln!(text, "{}", self.person);
        let words = self.secret.words();
        for (i, word) in words.split(' ').enumerate() {
            let end = if i % 4 == 3 { "\n" } else { "" };
            let _ = write!(text, "{:>2} {word:<10}{end}", i + 1);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::rng;
    use proptest::prelude::*;

    fn sheet(seed: u64) -> RecoverySheet {
        RecoverySheet {
            person: PersonId::from_bytes([3; 32]),
            secret: RecoverySecret::generate(&mut rng(seed)),
        }
    }

    #[test]
    fn words_are_bip39s() {
        // BIP 39's own vectors: 32 zero bytes, and 32 bytes of 0x80.
        let zero = RecoverySecret::from_bytes(&[0; 32]).words();
        assert_eq!(*zero, format!("{}art", "abandon ".repeat(23)));
        let eighty = RecoverySecret::from_bytes(&[0x80; 32]).words();
        assert_eq!(
            *eighty,
            "letter advice cage absurd amount doctor acoustic avoid letter advice cage absurd \
             amount doctor acoustic avoid letter advice cage absurd amount doctor acoustic bless"
        );
    }

    #[test]
    fn words_are_read_as_people_type_them() {
        let s = sheet(1);
        let words = s.secret.words();
        let short: Vec<String> = words
            .split(' ')
            .enumerate()
            .map(|(i, w)| format!("{}. {}\n", i + 1, &w.to_uppercase()[..w.len().min(4)]))
            .collect();
        for typed in [
            words.to_uppercase(),
            short.concat(),
            s.lines().split_once('\n').unwrap().1.to_owned(),
        ] {
            let back = RecoverySecret::from_words(&typed).unwrap();
            assert_eq!(back.public(), s.secret.public());
        }
    }

    #[test]
    fn mistakes_are_named_without_the_secret() {
        let words = sheet(1).secret.words();
        let read = |t: &str| RecoverySecret::from_words(t).map(|_| ()).unwrap_err();
        assert_eq!(
            read(&words[..words.rfind(' ').unwrap()]),
            SheetError::WordCount(23)
        );
        assert_eq!(read(&format!("{} zoo", *words)), SheetError::WordCount(25));
        let mut all: Vec<&str> = words.split(' ').collect();
        all[4] = "kith";
        assert_eq!(read(&all.join(" ")), SheetError::UnknownWord(5));
        let abandoned = "abandon ".repeat(24);
        assert_eq!(read(&abandoned), SheetError::Checksum);
    }

    #[test]
    fn every_changed_character_of_a_code_is_noticed() {
        let code = sheet(2).code();
        assert!(
            code.starts_with("KITHREC1") && code.len() < 130,
            "{}",
            code.len()
        );
        for at in 0..code.len() {
            for c in ['Q', 'P', 'L', '1', 'K'] {
                let mut changed: Vec<char> = code.chars().collect();
                if changed[at] == c {
                    continue;
                }
                changed[at] = c;
                let text: String = changed.into_iter().collect();
                assert_eq!(
                    RecoverySheet::from_code(&text).err(),
                    Some(SheetError::NotACode)
                );
            }
        }
    }

    #[test]
    fn codes_of_another_version_or_length_are_refused() {
        let code = |bytes: &[u8]| {
            let hrp = Hrp::parse(PREFIX).unwrap();
            bech32::encode_upper::<Bech32m>(hrp, bytes).unwrap()
        };
        let read = |bytes: &[u8]| RecoverySheet::from_code(&code(bytes)).err();
        assert_eq!(read(&[1; PAYLOAD]), None);
        assert_eq!(read(&[2; PAYLOAD]), Some(SheetError::Version));
        assert_eq!(read(&[1; PAYLOAD - 1]), Some(SheetError::NotACode));
        assert_eq!(read(&[1; PAYLOAD + 1]), Some(SheetError::NotACode));
    }

    #[test]
    fn the_secret_is_never_printed_by_accident() {
        let s = sheet(3);
        let shown = format!("{s:?} {s:#?}");
        let word = s.secret.words().split(' ').next().unwrap().to_owned();
        assert!(
            shown.contains("secret of") && !shown.contains(&word),
            "{shown}"
        );
        let hex: String = s.secret.0[..4].iter().map(|b| format!("{b:02x}")).collect();
        assert!(!shown.contains(&hex));
    }

    proptest! {
        #[test]
        fn sheets_come_back(secret in any::<[u8; 32]>(), person in any::<[u8; 32]>()) {
            let sheet = RecoverySheet {
                person: PersonId::from_bytes(person),
                secret: RecoverySecret::from_bytes(&secret),
            };
            let code = RecoverySheet::from_code(&sheet.code()).unwrap();
            prop_assert_eq!(code.person, sheet.person);
            prop_assert_eq!(*code.secret.0, secret);
            let words = RecoverySecret::from_words(&sheet.secret.words()).unwrap();
            prop_assert_eq!(*words.0, secret);
        }

        #[test]
        fn any_text_is_read_without_a_panic(text in ".{0,300}") {
            let _ = RecoverySecret::from_words(&text);
            let _ = RecoverySheet::from_code(&text);
        }
    }
}
