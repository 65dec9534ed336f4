//! Names and escaping: no text makes them panic; a name is its own normal
//! form and safe to print; what is escaped shows nothing that acts.
#![no_main]
use kith_proto::names::{
    Flag, MAX_CHARS, MAX_LOOK_ALIKES, Name, escape_for_display, escape_lines_for_display, flags,
};
use kith_proto::syllables;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let shown = escape_for_display(&text);
    assert!(!shown.chars().any(char::is_control));
    assert_eq!(escape_for_display(&shown), shown);
    let lines = escape_lines_for_display(&text);
    assert!(!lines.chars().any(|c| c.is_control() && c != '\n'));
    assert!(syllables::are_same(
        &syllables::to_words(data),
        &syllables::to_words(data)
    ));
    // Two names, to be compared with each other.
    let mut parts = text.splitn(2, '\n').map(Name::from_typed);
    let Some(Ok(name)) = parts.next() else { return };
    assert!(name.as_str().chars().count() <= MAX_CHARS);
    assert_eq!(Name::from_wire(name.as_str()), Ok(name.clone()));
    assert_eq!(escape_for_display(name.as_str()), name.as_str());
    let own = name.likeness();
    assert!(flags(&name, [((), &own)]).contains(Flag::LookAlike));
    if let Some(Ok(other)) = parts.next() {
        let theirs = other.likeness();
        assert_eq!(own.resembles(&theirs), theirs.resembles(&own));
        let many = flags(&name, (0..20).map(|n| (n, &theirs)));
        assert!(many.looks_like().len() <= MAX_LOOK_ALIKES);
    }
});
