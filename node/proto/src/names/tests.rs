use proptest::prelude::*;

use super::*;
use crate::cbor::{from_bytes, to_bytes};

fn name(text: &str) -> Name {
    Name::from_typed(text).unwrap()
}

#[test]
fn honest_names_of_many_scripts_are_kept_and_not_flagged() {
    for text in [
        "Anna",
        "Dr. Müller-Lüdenscheidt",
        "Seán O’Brien",
        "José María Ñíguez",
        "Đặng Thị Hồng",
        "Анна Каренина",
        "Ελένη Παππά",
        "山田 太郎",
        "やまだ タロウ",
        "Tanaka 田中",
        "김철수",
        "שרה כהן",
        "محمد علي",
        "अनिता शर्मा",
        "สมชาย ใจดี",
        "Anna 2",
    ] {
        let n = Name::from_wire(text).unwrap_or_else(|e| panic!("{text}: {e}"));
        assert!(
            flags::<()>(&n, []).is_empty(),
            "{text}: {:?}",
            flags::<()>(&n, [])
        );
    }
}

#[test]
fn typing_is_put_into_the_one_form() {
    assert_eq!(
        name("  Anna\t\u{3000} \nKarlsson\u{A0}").as_str(),
        "Anna Karlsson"
    );
    assert_eq!(name("Mu\u{308}ller").as_str(), "M\u{FC}ller");
    for wire in [
        " Anna",
        "Anna ",
        "Anna  K",
        "Anna\tK",
        "Anna\u{A0}K",
        "Mu\u{308}ller",
    ] {
        assert_eq!(Name::from_wire(wire), Err(NameError::NotNormal), "{wire:?}");
    }
}

#[test]
fn what_deceives_every_reader_is_refused() {
    for c in [
        '\0',
        '\u{1B}',
        '\u{7F}',
        '\u{9B}',
        '\u{AD}',
        '\u{34F}',
        '\u{61C}',
        '\u{115F}',
        '\u{1160}',
        '\u{17B4}',
        '\u{180B}',
        '\u{200B}',
        '\u{200C}',
        '\u{200D}',
        '\u{200E}',
        '\u{202A}',
        '\u{202E}',
        '\u{2060}',
        '\u{2066}',
        '\u{2069}',
        '\u{2800}',
        '\u{3164}',
        '\u{E000}',
        '\u{FE0F}',
        '\u{FEFF}',
        '\u{FFA0}',
        '\u{FFF9}',
        '\u{FFFE}',
        '\u{E0041}',
        '\u{E0100}',
        '\u{10FFFF}',
        '\u{378}',
    ] {
        let text = format!("An{c}na");
        assert_eq!(
            Name::from_typed(&text),
            Err(NameError::Forbidden(c)),
            "{c:?}"
        );
    }
    assert_eq!(Name::from_typed(" \u{3000}\n"), Err(NameError::Empty));
    assert_eq!(Name::from_typed("-- !"), Err(NameError::NoLetter));
    assert_eq!(Name::from_typed("\u{301}Anna"), Err(NameError::StrayMark));
    assert_eq!(Name::from_typed("Anna \u{301}B"), Err(NameError::StrayMark));
    // U+0338 composes with nothing here, so all five remain.
    let tower = format!("b{}", "\u{338}".repeat(5));
    assert_eq!(Name::from_typed(&tower), Err(NameError::TooManyMarks));
}

#[test]
fn length_counts_composed_characters() {
    assert_eq!(name(&"u\u{308}".repeat(64)).as_str().chars().count(), 64);
    assert_eq!(
        Name::from_typed(&"a".repeat(65)),
        Err(NameError::TooLong(65))
    );
    assert_eq!(
        Name::from_typed(&"a".repeat(5000)),
        Err(NameError::TooLong(5000))
    );
}

#[test]
fn each_flag_is_raised_by_what_it_is_for() {
    let found = |text: &str| flags::<()>(&name(text), []).iter().collect::<Vec<_>>();
    // The second letter is Cyrillic.
    assert_eq!(found("P\u{430}ul"), [Flag::MixedScripts]);
    assert_eq!(found("\u{1D400}nna"), [Flag::UnusualCharacters]);
    assert_eq!(found("\u{FF21}nna"), [Flag::UnusualCharacters]);
    assert_eq!(found("Anna \u{2713}"), [Flag::Symbols]);
    for text in [
        "Kith",
        "KITH",
        "K i t h",
        "kith support",
        "Κith",
        "Кіth",
        "K\u{131}th",
        "admin",
        "Administrateur",
        "Zoom",
        "Z00m",
        "ROOT",
        "Me",
        "Help-Desk",
        "\u{212A}ith",
    ] {
        assert!(
            found(text).contains(&Flag::SystemLike),
            "{text}: {:?}",
            found(text)
        );
    }
    for text in ["Keith", "Mel", "Rooth", "Yolanda", "Adam"] {
        assert!(found(text).is_empty(), "{text}: {:?}", found(text));
    }
}

#[test]
fn look_alikes_of_contacts_are_named() {
    let contacts = ["Alice Miller", "Paul", "Anna", "Bob"].map(|t| (t, name(t).likeness()));
    let like = |text: &str| -> Vec<&str> {
        let known = contacts.iter().map(|(k, l)| (*k, l));
        flags(&name(text), known).looks_like().to_vec()
    };
    for text in [
        "Alice Miller",
        "AIice Miller",
        "alice  miller",
        "Alice Mi11er",
        "Alice-Miller",
        "Alice Rniller",
        "Аlice Miller",
        "Álice Miller",
        "A l i c e Miller",
        "ALICE MILLER",
        "\u{1D400}lice Miller",
        "Alice Miller.",
    ] {
        assert!(like(text).contains(&"Alice Miller"), "{text}");
    }
    assert_eq!(like("Раul"), ["Paul"]);
    assert_eq!(like("ΑΝΝΑ"), ["Anna"]);
    assert_eq!(like("B0b"), ["Bob"]);
    for text in ["Alice", "Miller Alice", "Pauline", "Hannah", "Rob"] {
        assert!(like(text).is_empty(), "{text}: {:?}", like(text));
    }
}

#[test]
fn the_list_of_look_alikes_is_bounded() {
    let one = name("Anna").likeness();
    let many = (0..100).map(|k| (k, &one));
    let found = flags(&name("Anna"), many);
    assert_eq!(found.looks_like(), [0, 1, 2, 3, 4, 5, 6, 7]);
}

#[test]
fn terminals_and_logs_get_nothing_that_acts() {
    assert_eq!(
        escape_for_display("a\u{1B}[2J\r\n\u{202E}gpj.exe\u{9B}\u{200B}"),
        "a<U+001B>[2J<U+000D><U+000A><U+202E>gpj.exe<U+009B><U+200B>"
    );
    assert_eq!(escape_lines_for_display("a\nb\rc"), "a\nb<U+000D>c");
    // A family of three, a heart in colour, Persian with its joiner.
    for text in [
        "👩\u{200D}👩\u{200D}👧",
        "❤\u{FE0F}",
        "می\u{200C}خواهم",
        "a\\b",
        "Anna\u{A0}K",
    ] {
        assert_eq!(escape_for_display(text), text);
    }
    assert_eq!(
        escape_for_display("a\u{200D}b\u{FE0F}"),
        "a<U+200D>b<U+FE0F>"
    );
    // A burning heart has a selector and a joiner; three in a row have no use.
    assert_eq!(
        escape_for_display("❤\u{FE0F}\u{200D}🔥"),
        "❤\u{FE0F}\u{200D}🔥"
    );
    assert_eq!(
        escape_for_display("❤\u{200D}\u{200D}\u{200D}\u{200D}"),
        "❤\u{200D}\u{200D}<U+200D><U+200D>"
    );
    let tower = format!("b{}", "\u{338}".repeat(10));
    assert!(escape_for_display(&tower).ends_with("\u{338}<U+0338><U+0338>"));
}

#[test]
fn a_joiner_does_not_join_what_is_shown_as_a_number() {
    // Found by fuzzing: the joiner stayed, behind a mark that didn't.
    let text = format!("b{}\u{200C}", "\u{338}".repeat(9));
    let shown = escape_for_display(&text);
    assert!(shown.ends_with("<U+0338><U+200C>"), "{shown:?}");
    assert_eq!(escape_for_display(&shown), shown);
}

proptest! {
    #[test]
    fn a_name_is_its_own_normal_form(text in "\\PC{0,40}|.{0,80}") {
        if let Ok(n) = Name::from_typed(&text) {
            prop_assert_eq!(Name::from_wire(n.as_str()), Ok(n.clone()));
            prop_assert!(n.as_str().chars().count() <= MAX_CHARS);
            prop_assert_eq!(from_bytes::<Name>(&to_bytes(&n), 1024), Ok(n.clone()));
            // Rule R9: a name may be printed as it is.
            prop_assert_eq!(escape_for_display(n.as_str()), n.as_str());
            prop_assert!(n.likeness().resembles(&n.likeness()));
            let own = n.likeness();
            prop_assert!(flags(&n, [((), &own)]).contains(Flag::LookAlike));
        }
    }

    #[test]
    fn names_without_their_normal_form_are_refused_from_the_wire(text in ".{0,80}") {
        if let Ok(n) = Name::from_wire(&text) {
            prop_assert_eq!(n.as_str(), text);
        }
    }

    #[test]
    fn likeness_ignores_case_accents_and_punctuation(
        text in "[a-zA-Z ]{1,30}[a-z]", at in 0usize..30, mark in "[-.,'\u{301}\u{308}]",
    ) {
        let changed = {
            let mut t = text.clone();
            t.insert_str(at.min(t.len()), &mark);
            t
        };
        let (Ok(a), Ok(b)) = (Name::from_typed(&text), Name::from_typed(&changed)) else {
            return Ok(());
        };
        prop_assert!(a.likeness().resembles(&b.likeness()), "{} {}", a, b);
        let upper = Name::from_typed(&text.to_uppercase()).unwrap();
        prop_assert!(a.likeness().resembles(&upper.likeness()));
    }

    #[test]
    fn escaped_text_shows_everything(text in "(.|\n|[a\u{338}\u{200C}\u{200D}\u{FE0F}❤ ]{1,12}){0,60}") {
        let shown = escape_for_display(&text);
        prop_assert!(!shown.chars().any(|c| c.is_control()));
        let acts = "\u{202A}\u{202B}\u{202D}\u{202E}\u{2066}\u{2067}\u{2068}\u{2069}\u{200E}\u{200F}\u{61C}\u{2028}";
        prop_assert!(!shown.contains(|c| acts.contains(c)));
        prop_assert_eq!(escape_for_display(&shown), shown);
    }
}
