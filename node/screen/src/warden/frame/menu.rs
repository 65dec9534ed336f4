//! What the frame's menu offers (GUARD-1): what is shown, who is there, what is
//! barred. Pure. What to do comes first in every row and names last, as in the
//! title.

use std::collections::BTreeSet;

use crate::guard::{Allow, Keys, Limits, ProcessId, Rate, Shared, ViewerId, What};
use crate::warden::protocol::Bar;

use super::{Named, Sign};

/// Most people, and most windows or applications, that have a row each.
const MAX_ROWS: usize = 10;

/// Something that is shown, and may be taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Piece {
    Window(Shared),
    Application(ProcessId),
}

/// What a row does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Act {
    /// Begin to choose windows by clicking them.
    Choose,
    /// Begin to move or resize the frame.
    Place,
    TakeOut(Piece),
    TakeBack(ViewerId),
    SendAway(ViewerId),
    Bar(Bar),
    Stop,
}

/// A line of the menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) text: String,
    /// `None`: it only says something.
    pub(super) act: Option<Act>,
}

impl Row {
    fn says(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { text, act: None }
    }

    fn does(act: Act, text: impl Into<String>) -> Self {
        let (act, text) = (Some(act), text.into());
        Self { text, act }
    }
}

/// What keys do in the menu. Esc is the panic key as well (GUARD-6).
pub(super) fn help(rows: &[Row]) -> &'static str {
    let controlled = |row: &Row| matches!(row.act, Some(Act::TakeBack(_)));
    match rows.iter().any(controlled) {
        true => "Arrows and Enter choose. Esc closes, and ends all control.",
        false => "Arrows and Enter choose. Esc closes.",
    }
}

/// What is shown, one by one.
pub(super) fn pieces(what: &What) -> Vec<Piece> {
    match what {
        What::Windows(list) => list.iter().copied().map(Piece::Window).collect(),
        What::Applications(owners) => {
            let processes: BTreeSet<ProcessId> = owners.iter().map(|o| o.process).collect();
            processes.into_iter().map(Piece::Application).collect()
        }
        What::Region(_) | What::Desktop => Vec::new(),
    }
}

/// The rows; `shown` are [`pieces`] with their names.
pub(super) fn rows(sign: &Sign, shown: &[(Piece, String)]) -> Vec<Row> {
    let mut rows = Vec::new();
    if !shown.is_empty() {
        rows.push(Row::does(Act::Choose, "Show or take out: click windows …"));
        // The last piece leaves by "Stop".
        let several = shown.len() > 1;
        for (piece, name) in shown.iter().take(MAX_ROWS) {
            rows.push(match several {
                true => Row::does(Act::TakeOut(*piece), format!("Take out: {name}")),
                false => Row::says(format!("Shown: {name}")),
            });
        }
        more(&mut rows, shown.len());
    }
    if matches!(sign.what, What::Region(_)) {
        rows.push(Row::does(
            Act::Place,
            "Move or resize: mouse or arrow keys …",
        ));
    }
    people(&mut rows, &sign.controllers, &sign.watchers);
    for (bar, does, is) in [
        (Bar::Menus, "Bar menus", "Menus are barred"),
        (
            Bar::FileDialogs,
            "Bar file dialogs",
            "File dialogs are barred",
        ),
        (
            Bar::RightClick,
            "Bar the right button",
            "The right button is barred",
        ),
        (Bar::Shortcuts, "Bar shortcuts", "Shortcuts are barred"),
        (
            Bar::Borders,
            "Bar window borders",
            "Window borders are barred",
        ),
    ] {
        rows.push(match is_barred(&sign.limits, bar) {
            true => Row::says(is),
            false => Row::does(Act::Bar(bar), does),
        });
    }
    rows.push(Row::does(Act::Stop, "Stop sharing"));
    rows
}

fn people(rows: &mut Vec<Row>, controllers: &[Named], watchers: &[Named]) {
    for (viewer, name) in controllers.iter().take(MAX_ROWS) {
        let text = format!("Take control back from {name}");
        rows.push(Row::does(Act::TakeBack(*viewer), text));
    }
    for (viewer, name) in watchers.iter().take(MAX_ROWS) {
        let text = format!("Show nothing more to {name}");
        rows.push(Row::does(Act::SendAway(*viewer), text));
    }
    match watchers.len() {
        0 => rows.push(Row::says("Nobody watches")),
        all => more(rows, all),
    }
}

fn more(rows: &mut Vec<Row>, all: usize) {
    if all > MAX_ROWS {
        rows.push(Row::says(format!("… and {} more", all - MAX_ROWS)));
    }
}

/// Limits that bar nothing at all.
fn open() -> Limits {
    Limits {
        borders: Allow::Allowed,
        rate: Rate {
            per_second: u16::MAX,
            burst: u16::MAX,
        },
        ..Limits::default()
    }
}

/// What these bar, as limits to meet others with.
pub(in super::super) fn limits_of(bars: &BTreeSet<Bar>) -> Limits {
    let mut limits = open();
    for bar in bars {
        match bar {
            Bar::Menus => limits.menus = Allow::Barred,
            Bar::FileDialogs => limits.file_dialogs = Allow::Barred,
            Bar::RightClick => limits.right_click = Allow::Barred,
            Bar::Borders => limits.borders = Allow::Barred,
            Bar::Shortcuts => limits.keys = Keys::Text,
        }
    }
    limits
}

fn is_barred(limits: &Limits, bar: Bar) -> bool {
    match bar {
        Bar::Menus => limits.menus == Allow::Barred,
        Bar::FileDialogs => limits.file_dialogs == Allow::Barred,
        Bar::RightClick => limits.right_click == Allow::Barred,
        Bar::Borders => limits.borders == Allow::Barred,
        Bar::Shortcuts => limits.keys < Keys::All,
    }
}

/// A step of the keyboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Next,
    Previous,
    First,
    Last,
}

/// The row that has the focus after a step: always one that does something, if
/// there is one.
pub(super) fn stepped(rows: &[Row], focus: usize, step: Step) -> usize {
    let acts: Vec<usize> = rows
        .iter()
        .enumerate()
        .filter(|(_, r)| r.act.is_some())
        .map(|(i, _)| i)
        .collect();
    let found = match step {
        Step::Next => acts.iter().find(|i| **i > focus).or(acts.first()),
        Step::Previous => acts.iter().rev().find(|i| **i < focus).or(acts.last()),
        Step::First => acts.first(),
        Step::Last => acts.last(),
    };
    found.copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::{ClientId, Owner, WindowId};
    use std::num::NonZeroU32;

    fn sign(watchers: &[(u32, &str)], controllers: &[(u32, &str)]) -> Sign {
        let named = |list: &[(u32, &str)]| {
            let named = list.iter().map(|(v, n)| (ViewerId(*v), (*n).to_owned()));
            named.collect::<Vec<Named>>()
        };
        Sign {
            what: What::Desktop,
            watchers: named(watchers),
            controllers: named(controllers),
            limits: open(),
            note: None,
        }
    }

    fn piece(n: u32) -> (Piece, String) {
        let process = ProcessId(NonZeroU32::new(n).unwrap());
        let client = ClientId(n);
        let owner = Owner { client, process };
        let id = WindowId(n);
        (Piece::Window(Shared { id, owner }), format!("window {n}"))
    }

    /// GUARD-6: Esc here does what Esc does everywhere.
    #[test]
    fn that_esc_ends_control_is_said_while_somebody_has_it() {
        let ben = [(1, "Ben")];
        let said = |controllers| help(&rows(&sign(&ben, controllers), &[]));
        assert!(!said(&[]).contains("control"));
        assert!(said(&ben).contains("ends all control"));
    }

    fn acts(rows: &[Row]) -> Vec<Act> {
        rows.iter().filter_map(|r| r.act).collect()
    }

    #[test]
    fn what_to_do_comes_first_and_the_last_piece_stays() {
        let one = rows(&sign(&[(1, "Ben")], &[(1, "Ben")]), &[piece(5)]);
        let texts: Vec<&str> = one.iter().map(|r| r.text.as_str()).collect();
        assert_eq!(
            texts[..4],
            [
                "Show or take out: click windows …",
                "Shown: window 5",
                "Take control back from Ben",
                "Show nothing more to Ben",
            ]
        );
        assert!(!acts(&one).iter().any(|a| matches!(a, Act::TakeOut(_))));
        let two = rows(&sign(&[], &[]), &[piece(5), piece(6)]);
        let out = acts(&two).into_iter();
        assert_eq!(out.filter(|a| matches!(a, Act::TakeOut(_))).count(), 2);
        // A desktop has nothing to choose.
        let all = rows(&sign(&[], &[]), &[]);
        assert!(!acts(&all).contains(&Act::Choose));
        assert_eq!(acts(&all).last(), Some(&Act::Stop));
    }

    #[test]
    fn what_is_barred_is_said_and_not_offered_again() {
        let all: BTreeSet<Bar> = Bar::ALL.into_iter().collect();
        let mut barred = sign(&[], &[]);
        barred.limits = limits_of(&all);
        assert_eq!(acts(&rows(&barred, &[])), [Act::Stop]);
        let free = acts(&rows(&sign(&[], &[]), &[]));
        for bar in Bar::ALL {
            assert!(free.contains(&Act::Bar(bar)), "{bar:?}");
            let only = limits_of(&[bar].into_iter().collect());
            for other in Bar::ALL {
                assert_eq!(is_barred(&only, other), other == bar);
            }
        }
        // Nothing barred takes nothing from anybody.
        let whole = Limits::default();
        assert_eq!(whole.meet(&limits_of(&BTreeSet::new())), whole);
    }

    #[test]
    fn many_are_counted_and_not_listed() {
        let names: Vec<(u32, String)> = (0..40).map(|n| (n, format!("P{n}"))).collect();
        let list: Vec<(u32, &str)> = names.iter().map(|(n, s)| (*n, s.as_str())).collect();
        let pieces: Vec<_> = (1..40).map(piece).collect();
        let all = rows(&sign(&list, &list[..1]), &pieces);
        assert!(all.len() < 40, "{}", all.len());
        assert!(all.iter().any(|r| r.text == "… and 30 more"));
    }

    #[test]
    fn the_keyboard_reaches_every_row_that_does_something() {
        let rows = rows(&sign(&[(1, "Ben")], &[]), &[piece(5)]);
        let first = stepped(&rows, 0, Step::First);
        let (mut at, mut seen) = (first, vec![first]);
        loop {
            at = stepped(&rows, at, Step::Next);
            if at == first {
                break;
            }
            seen.push(at);
        }
        let doing: Vec<usize> = (0..rows.len()).filter(|i| rows[*i].act.is_some()).collect();
        assert_eq!(seen, doing);
        assert_eq!(
            stepped(&rows, first, Step::Previous),
            *doing.last().unwrap()
        );
        assert_eq!(stepped(&rows, 0, Step::Last), rows.len() - 1);
        assert_eq!(stepped(&[], 0, Step::Next), 0);
    }
}
