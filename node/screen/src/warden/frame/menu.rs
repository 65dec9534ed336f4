//! What the frame's menu offers (GUARD-1): what is shown, who is there, what is
//! barred. Pure. What to do comes first in every row and names last, as in the
//! title.

use std::collections::BTreeSet;

use crate::guard::{Allow, Keys, Limits, ProcessId, Rate, Shared, ViewerId, What};
use crate::warden::protocol::Bar;
use crate::warden::words::{Words, fill};

use super::Sign;
use super::place::Task;

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
    /// Begin to move or resize the frame, or to change its shape.
    Place(Task),
    /// Nothing is cut out any more.
    Whole,
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
pub(super) fn help(rows: &[Row], words: &Words) -> &'static str {
    let controlled = |row: &Row| matches!(row.act, Some(Act::TakeBack(_)));
    match rows.iter().any(controlled) {
        true => words.menu_help_all,
        false => words.menu_help,
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
pub(super) fn rows(sign: &Sign, shown: &[(Piece, String)], words: &Words) -> Vec<Row> {
    let mut rows = Vec::new();
    if !shown.is_empty() {
        rows.push(Row::does(Act::Choose, words.choose));
        // The last piece leaves by "Stop".
        let several = shown.len() > 1;
        for (piece, name) in shown.iter().take(MAX_ROWS) {
            rows.push(match several {
                true => Row::does(Act::TakeOut(*piece), fill(words.take_out, &[name])),
                false => Row::says(fill(words.shown, &[name])),
            });
        }
        more(&mut rows, shown.len(), words);
    }
    if let What::Region(part) = &sign.what {
        rows.push(Row::does(Act::Place(Task::Place), words.place));
        rows.push(Row::does(Act::Place(Task::Cut), words.cut));
        rows.push(Row::does(Act::Place(Task::Add), words.add));
        if !part.cuts().is_empty() {
            rows.push(Row::does(Act::Whole, words.whole));
        }
        rows.push(Row::does(Act::Choose, words.bring));
    }
    people(&mut rows, sign, words);
    for (bar, does, is) in [
        (Bar::Menus, words.bar_menus, words.barred_menus),
        (
            Bar::FileDialogs,
            words.bar_file_dialogs,
            words.barred_file_dialogs,
        ),
        (
            Bar::RightClick,
            words.bar_right_click,
            words.barred_right_click,
        ),
        (Bar::Shortcuts, words.bar_shortcuts, words.barred_shortcuts),
        (Bar::Borders, words.bar_borders, words.barred_borders),
    ] {
        rows.push(match is_barred(&sign.limits, bar) {
            true => Row::says(is),
            false => Row::does(Act::Bar(bar), does),
        });
    }
    rows.push(Row::does(Act::Stop, words.stop_sharing));
    rows
}

fn people(rows: &mut Vec<Row>, sign: &Sign, words: &Words) {
    for (viewer, name) in sign.controllers.iter().take(MAX_ROWS) {
        let text = fill(words.take_control_back, &[name]);
        rows.push(Row::does(Act::TakeBack(*viewer), text));
    }
    for (viewer, name) in sign.watchers.iter().take(MAX_ROWS) {
        let text = fill(words.send_away, &[name]);
        rows.push(Row::does(Act::SendAway(*viewer), text));
    }
    match sign.watchers.len() {
        0 => rows.push(Row::says(words.nobody)),
        all => more(rows, all, words),
    }
}

fn more(rows: &mut Vec<Row>, all: usize, words: &Words) {
    if all > MAX_ROWS {
        let rest = (all - MAX_ROWS).to_string();
        rows.push(Row::says(fill(words.more, &[&rest])));
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

/// Everything that stands in rows, for measuring.
#[cfg(test)]
pub(super) const fn texts(w: &Words) -> [&'static str; 23] {
    [
        w.choose,
        w.take_out,
        w.shown,
        w.place,
        w.cut,
        w.add,
        w.whole,
        w.bring,
        w.take_control_back,
        w.send_away,
        w.nobody,
        w.more,
        w.bar_menus,
        w.barred_menus,
        w.bar_file_dialogs,
        w.barred_file_dialogs,
        w.bar_right_click,
        w.barred_right_click,
        w.bar_shortcuts,
        w.barred_shortcuts,
        w.bar_borders,
        w.barred_borders,
        w.stop_sharing,
    ]
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
    use super::super::Named;
    use super::*;
    use crate::guard::{ClientId, Owner, WindowId};
    use crate::look::Language;
    use crate::warden::words::words;
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
        let said = |controllers| {
            help(
                &listed(&sign(&ben, controllers), &[]),
                words(Language::English),
            )
        };
        assert!(!said(&[]).contains("control"));
        assert!(said(&ben).contains("ends all control"));
    }

    fn listed(sign: &Sign, shown: &[(Piece, String)]) -> Vec<Row> {
        rows(sign, shown, words(Language::English))
    }

    fn acts(rows: &[Row]) -> Vec<Act> {
        rows.iter().filter_map(|r| r.act).collect()
    }

    #[test]
    fn what_to_do_comes_first_and_the_last_piece_stays() {
        let one = listed(&sign(&[(1, "Ben")], &[(1, "Ben")]), &[piece(5)]);
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
        let two = listed(&sign(&[], &[]), &[piece(5), piece(6)]);
        let out = acts(&two).into_iter();
        assert_eq!(out.filter(|a| matches!(a, Act::TakeOut(_))).count(), 2);
        // A desktop has nothing to choose.
        let all = listed(&sign(&[], &[]), &[]);
        assert!(!acts(&all).contains(&Act::Choose));
        assert_eq!(acts(&all).last(), Some(&Act::Stop));
    }

    #[test]
    fn what_is_barred_is_said_and_not_offered_again() {
        let all: BTreeSet<Bar> = Bar::ALL.into_iter().collect();
        let mut barred = sign(&[], &[]);
        barred.limits = limits_of(&all);
        assert_eq!(acts(&listed(&barred, &[])), [Act::Stop]);
        let free = acts(&listed(&sign(&[], &[]), &[]));
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
        let all = listed(&sign(&list, &list[..1]), &pieces);
        assert!(all.len() < 40, "{}", all.len());
        assert!(all.iter().any(|r| r.text == "… and 30 more"));
    }

    #[test]
    fn the_keyboard_reaches_every_row_that_does_something() {
        let rows = listed(&sign(&[(1, "Ben")], &[]), &[piece(5)]);
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
