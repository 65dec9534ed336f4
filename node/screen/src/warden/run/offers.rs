//! What an offer means, in words: the window says exactly what the grant will
//! hold, so the warden writes it from the offer itself (ASK-2).

use std::time::Duration;

use kith_proto::rights::Right;

use crate::guard::{Allow, Keys, Limits, What};
use crate::warden::protocol::Offer;

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
}
