//! What an offer means, in words: the window says exactly what the grant will
//! hold, so the warden writes it from the offer itself (ASK-2).

use std::time::Duration;

use kith_proto::rights::Right;

use crate::guard::{Allow, Keys, Limits, What};
use crate::warden::protocol::{Controllers, Offer};
use crate::warden::words::{Words, fill};

/// The lines of a consent window for control of what is called `title`.
pub(super) fn describe(
    offer: &Offer,
    what: &What,
    title: Option<&str>,
    words: &Words,
) -> Vec<String> {
    let mut lines = Vec::new();
    let place = match what {
        What::Windows(_) => words.place_window,
        What::Applications(_) => words.place_application,
        What::Region(_) => words.place_region,
        What::Desktop => words.place_desktop,
    };
    let pointer = offer.rights.contains(Right::Pointer);
    let keyboard = offer.rights.contains(Right::Keyboard) && offer.limits.keys != Keys::Nothing;
    let how = match (pointer, keyboard) {
        (true, true) => words.use_both,
        (true, false) => words.use_mouse,
        (false, true) => words.use_keyboard,
        (false, false) => words.use_nothing,
    };
    let how = fill(how, &[place]);
    // Its name comes last, however long it is.
    lines.push(match title {
        // There is nothing that its place doesn't say.
        None => how.trim_end_matches(':').to_owned(),
        Some(title) => format!("{how} {title}"),
    });
    // Of no program is it known that it can start no other one (GUARD-9).
    lines.extend((pointer || keyboard).then(|| words.as_you.to_owned()));
    lines.extend(barred(&offer.limits, words));
    lines.push(lasting(offer.lasts, words));
    lines.push(words.take_back.to_owned());
    lines.push(words.only_view_means.to_owned());
    lines
}

/// What becomes of those who control already, if anybody does. Names come last:
/// however long they are, the rest is read.
pub(super) fn others(names: &[String], controllers: Controllers, words: &Words) -> Option<String> {
    let (last, first) = names.split_last()?;
    let all = match first {
        [] => last.clone(),
        first => fill(words.and_last, &[&first.join(words.comma), last]),
    };
    Some(match (controllers, names.len()) {
        (Controllers::One, _) => fill(words.yes_takes, &[&all]),
        (Controllers::Many, 1) => fill(words.both_control, &[&all]),
        (Controllers::Many, n) => fill(words.all_control, &[&(n + 1).to_string(), &all]),
    })
}

fn barred(limits: &Limits, words: &Words) -> Option<String> {
    let mut names: Vec<&str> = [
        (limits.menus, words.menus),
        (limits.file_dialogs, words.file_dialogs),
        (limits.right_click, words.right_button),
        (limits.borders, words.borders),
    ]
    .into_iter()
    .filter(|(allow, _)| *allow == Allow::Barred)
    .map(|(_, name)| name)
    .collect();
    if limits.keys == Keys::Text {
        names.push(words.shortcuts);
    }
    if !limits.barred_keys.is_empty() {
        names.push(words.some_keys);
    }
    if limits.area.is_some() || !limits.barred.is_empty() {
        names.push(words.some_places);
    }
    (!names.is_empty()).then(|| fill(words.not_allowed, &[&names.join(words.comma)]))
}

fn lasting(lasts: Option<Duration>, words: &Words) -> String {
    let Some(s) = lasts.map(|d| d.as_secs()) else {
        return words.until_end.to_owned();
    };
    let (text, number) = match s {
        0..120 => (words.for_seconds, s),
        120..7200 => (words.for_minutes, s / 60),
        _ => (words.for_hours, s / 3600),
    };
    fill(text, &[&number.to_string()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::look::Language;
    use crate::warden::words::words;
    use kith_proto::rights::Rights;

    #[test]
    fn what_is_granted_is_said() {
        let offer = Offer {
            rights: Rights::CONTROL,
            limits: Limits {
                right_click: Allow::Barred,
                ..Limits::default()
            },
            lasts: Some(Duration::from_secs(600)),
        };
        let words = words(Language::English);
        assert_eq!(
            describe(&offer, &What::Desktop, None, words),
            [
                "Use mouse and keyboard in your WHOLE DESKTOP: every program you can use",
                words.as_you,
                "Not allowed: the right button, window borders.",
                "For 10 minutes.",
                "You can take it back at any time with Esc.",
                "“Only view”: they go on seeing, and can’t ask again.",
            ]
        );
    }

    /// GUARD-9: whatever is controlled with, and whatever kind of thing; nothing
    /// else is said where nothing is controlled.
    #[test]
    fn that_control_is_control_of_the_account_is_said() {
        use crate::guard::{Area, Keys};
        let places = [
            What::Desktop,
            What::Region(Area::new(0, 0, 9, 9).into()),
            What::Applications(Vec::new()),
            What::Windows(Vec::new()),
        ];
        let view = Rights::of(&[Right::View]);
        let hands = [Right::Pointer, Right::Keyboard].map(|r| Rights::of(&[r]));
        for language in Language::ALL {
            let words = words(language);
            for what in &places {
                let said = |rights, keys| {
                    let offer = Offer {
                        rights,
                        limits: Limits {
                            keys,
                            ..Limits::default()
                        },
                        lasts: None,
                    };
                    let lines = describe(&offer, what, Some("xterm"), words);
                    // Right behind what it is, which is one line.
                    assert!(lines[0].ends_with(" xterm"), "{lines:?}");
                    lines.get(1).is_some_and(|line| line == words.as_you)
                };
                for rights in [Rights::CONTROL, hands[0], hands[1]] {
                    assert!(said(rights, Keys::All), "{language:?}: {what:?}");
                }
                assert!(!said(view, Keys::All) && !said(hands[1], Keys::Nothing));
            }
        }
    }

    #[test]
    fn who_controls_already_is_said() {
        let said = |names: &[&str], controllers| {
            let names: Vec<String> = names.iter().map(|n| (*n).to_owned()).collect();
            others(&names, controllers, words(Language::English))
        };
        assert_eq!(said(&[], Controllers::Many), None);
        for (names, controllers, line) in [
            (
                &["Ben"][..],
                Controllers::One,
                "A yes takes control from Ben.",
            ),
            (
                &["Ben"],
                Controllers::Many,
                "BOTH WILL CONTROL AT ONCE: already Ben.",
            ),
            (
                &["Ben", "Cleo", "Dora"],
                Controllers::Many,
                "ALL 4 WILL CONTROL AT ONCE: already Ben, Cleo and Dora.",
            ),
        ] {
            assert_eq!(said(names, controllers).as_deref(), Some(line));
        }
    }
}
