//! Bytes as pronounceable syllables (“lusab-babad”), to be read aloud or
//! compared on paper: sixteen bits a word, five letters each, as the proquint
//! proposal (D. S. Wilkerson, 2009) spells them. No list of words, so no
//! language is needed but an alphabet.

const CONSONANTS: &[u8; 16] = b"bdfghjklmnprstvz";
const VOWELS: &[u8; 4] = b"aiou";

/// The words of `bytes`, joined by hyphens. An odd last byte stands before a
/// zero.
#[must_use]
pub fn to_words(bytes: &[u8]) -> String {
    let words: Vec<String> = bytes
        .chunks(2)
        .map(|pair| {
            let n = u16::from_be_bytes([pair[0], pair.get(1).copied().unwrap_or(0)]);
            let consonant = |shift: u16| char::from(CONSONANTS[usize::from(n >> shift & 15)]);
            let vowel = |shift: u16| char::from(VOWELS[usize::from(n >> shift & 3)]);
            [
                consonant(12),
                vowel(10),
                consonant(6),
                vowel(4),
                consonant(0),
            ]
            .iter()
            .collect()
        })
        .collect();
    words.join("-")
}

/// Whether `typed` are the words `words`: letter case, spaces and hyphens
/// don't matter.
#[must_use]
pub fn are_same(words: &str, typed: &str) -> bool {
    let letters = |text: &str| -> Vec<char> {
        text.chars()
            .filter(|c| !c.is_whitespace() && *c != '-')
            .map(|c| c.to_ascii_lowercase())
            .collect()
    };
    letters(words) == letters(typed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_proposal() {
        // IPv4 addresses from its text.
        for (bytes, words) in [
            ([127, 0, 0, 1], "lusab-babad"),
            ([63, 84, 220, 193], "gutih-tugad"),
            ([147, 67, 119, 2], "natag-lisaf"),
            ([212, 58, 253, 68], "tibup-zujah"),
            ([216, 68, 232, 21], "todah-vobij"),
        ] {
            assert_eq!(to_words(&bytes), words);
        }
    }

    #[test]
    fn comparing_overlooks_what_people_change() {
        assert!(are_same("lusab-babad", " Lusab BABAD"));
        assert!(!are_same("lusab-babad", "lusab-babaf"));
        assert!(!are_same("lusab-babad", "lusab"));
    }

    #[test]
    fn every_value_has_its_own_word() {
        let all: std::collections::BTreeSet<_> =
            (0..=u16::MAX).map(|n| to_words(&n.to_be_bytes())).collect();
        assert_eq!(all.len(), 65_536);
        assert_eq!(to_words(&[0x12]), to_words(&[0x12, 0]));
    }
}
