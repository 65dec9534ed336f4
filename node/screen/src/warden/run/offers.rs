//! What an offer means, in words: the window says exactly what the grant will
//! hold, so the warden writes it from the offer itself (ASK-2).

use std::time::Duration;

use kith_proto::rights::Right;

use crate::guard::{Allow, Keys, Limits, What};
use crate::warden::protocol::{Controllers, Offer};

/// The lines of a consent window for control of `title`.
pub(super) fn describe(offer: &Offer, what: &What, title: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let place = match what {
        What::Windows(_) => "one window and its dialogs",
        What::Applications(_) => "all windows of an application",
        What::Region(_) => "whatever lies in a part of your screen",
        What::Desktop => "your WHOLE DESKTOP: every program you can use",
    };
    let pointer = offer.rights.contains(Right::Pointer);
    let keyboard = offer.rights.contains(Right::Keyboard) && offer.limits.keys != Keys::Nothing;
    let how = match (pointer, keyboard) {
        (true, true) => "Use mouse and keyboard in",
        (true, false) => "Use the mouse in",
        (false, true) => "Type in",
        (false, false) => "Nothing in",
    };
    lines.push(format!("{how} {place}:"));
    lines.push(title.to_owned());
    lines.extend(barred(&offer.limits));
    lines.push(lasting(offer.lasts));
    lines.push("You can take it back at any time with Esc.".into());
    lines.push("“Only view”: they go on seeing, and can’t ask again.".into());
    lines
}

/// What becomes of those who control already, if anybody does. Names come last:
/// however long they are, the rest is read.
pub(super) fn others(names: &[String], controllers: Controllers) -> Option<String> {
    let (last, first) = names.split_last()?;
    let all = match first {
        [] => last.clone(),
        first => format!("{} and {last}", first.join(", ")),
    };
    Some(match (controllers, names.len()) {
        (Controllers::One, _) => format!("A yes takes control from {all}."),
        (Controllers::Many, 1) => format!("BOTH WILL CONTROL AT ONCE: already {all}."),
        (Controllers::Many, n) => format!("ALL {} WILL CONTROL AT ONCE: already {all}.", n + 1),
    })
}

fn barred(limits: &Limits) -> Option<String> {
    let mut names: Vec<&str> = [
        (limits.menus, "menus"),
        (limits.file_dialogs, "file dialogs"),
        (limits.right_click, "the right button"),
        (limits.borders, "window borders"),
    ]
    .into_iter()
    .filter(|(allow, _)| *allow == Allow::Barred)
    .map(|(_, name)| name)
    .collect();
    if limits.keys == Keys::Text {
        names.push("shortcuts");
    }
    if !limits.barred_keys.is_empty() {
        names.push("some keys");
    }
    if limits.area.is_some() || !limits.barred.is_empty() {
        names.push("some places");
    }
    (!names.is_empty()).then(|| format!("Not allowed: {}.", names.join(", ")))
}

fn lasting(lasts: Option<Duration>) -> String {
    match lasts.map(|d| d.as_secs()) {
        None => "Until the share ends.".into(),
        Some(s) if s < 120 => format!("For {s} seconds."),
        Some(s) if s < 7200 => format!("For {} minutes.", s / 60),
        Some(s) => format!("For {} hours.", s / 3600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
        assert_eq!(
            describe(&offer, &What::Desktop, "Everything"),
            [
                "Use mouse and keyboard in your WHOLE DESKTOP: every program you can use:",
                "Everything",
                "Not allowed: the right button, window borders.",
                "For 10 minutes.",
                "You can take it back at any time with Esc.",
                "“Only view”: they go on seeing, and can’t ask again.",
            ]
        );
    }

    #[test]
    fn who_controls_already_is_said() {
        let said = |names: &[&str], controllers| {
            let names: Vec<String> = names.iter().map(|n| (*n).to_owned()).collect();
            others(&names, controllers)
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
