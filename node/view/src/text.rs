//! Text of others, made fit to show (rule R9): nothing in it can act on a
//! terminal, turn the direction of what stands beside it, or hide.

/// Most characters of one name or title that are shown.
pub const MAX_SHOWN: usize = 64;

/// `text` on one line: white space collapsed, control, bidi and invisible
/// characters replaced by `U+FFFD`, cut after [`MAX_SHOWN`] characters.
#[must_use]
pub fn plain(text: &str) -> String {
    let mut out = String::new();
    for (i, c) in text.split_whitespace().flat_map(spaced).enumerate() {
        if i > MAX_SHOWN {
            out.push('…');
            break;
        }
        // The space before the first word.
        if i > 0 {
            out.push(if is_deceptive(c) { '\u{fffd}' } else { c });
        }
    }
    out
}

fn spaced(word: &str) -> impl Iterator<Item = char> {
    std::iter::once(' ').chain(word.chars())
}

/// Characters that are not what they seem: controls, direction, invisible
/// ones, private use, and what is no character.
fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(u32::from(c),
            0x00ad | 0x034f | 0x061c | 0x115f | 0x1160 | 0x17b4 | 0x17b5 | 0x180b..=0x180f
            | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0x3164 | 0xfe00..=0xfe0f
            | 0xfeff | 0xffa0 | 0xfff0..=0xfffc | 0xe000..=0xf8ff | 0x1bca0..=0x1bca3
            | 0x1d173..=0x1d17a | 0xe0000..=0xe0fff | 0xf0000..=0x10_ffff)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_cannot_deceive() {
        assert_eq!(plain("  Anna\n\tB.  "), "Anna B.");
        assert_eq!(
            plain("Ben\u{202e}nimda\u{1b}[2J"),
            "Ben\u{fffd}nimda\u{fffd}[2J"
        );
        assert_eq!(plain("Zoë 中文 \u{200b}x"), "Zoë 中文 \u{fffd}x");
        assert_eq!(plain(""), "");
        let long = plain(&"x".repeat(500));
        assert_eq!(long.chars().count(), MAX_SHOWN + 1);
        assert!(long.ends_with('…'));
    }

    proptest! {
        #[test]
        fn nothing_deceptive_is_left(text in any::<String>()) {
            let shown = plain(&text);
            prop_assert!(!shown.chars().any(is_deceptive));
            prop_assert!(shown.chars().count() <= MAX_SHOWN + 1);
            prop_assert_eq!(plain(&shown.replace('…', "")), shown.replace('…', ""));
        }
    }
}
