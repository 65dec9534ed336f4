use super::*;
use crate::look::holes;

/// What is put in has a place in every language, once.
#[test]
fn every_language_says_the_same_things() {
    for language in Language::ALL {
        for (english, text) in words(Language::English).all().zip(words(language).all()) {
            assert!(!text.is_empty(), "{language:?}: {english}");
            assert_eq!(holes(english), holes(text), "{language:?}: {text}");
            assert!(holes(text).is_some(), "{text}");
        }
    }
}

/// GUARD-1: what others wrote comes last, whatever it says.
#[test]
fn names_come_last() {
    for language in Language::ALL {
        let w = words(language);
        for text in [
            w.watched_by,
            w.esc_takes_back,
            w.take_control_back,
            w.send_away,
            w.take_out,
        ] {
            assert!(text.ends_with("{0}"), "{text}");
        }
        for text in [
            w.click_shows,
            w.click_takes_out,
            w.click_into,
            w.click_out_of,
        ] {
            assert!(text.ends_with("{1}"), "{text}");
        }
        for text in [w.yes_takes, w.both_control, w.all_control] {
            let end = text.trim_end_matches(['.', '。']);
            assert!(end.ends_with('}'), "{text}");
        }
    }
}
