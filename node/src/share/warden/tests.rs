use super::*;
use kith_screen::warden::protocol::{Frames, Verified, Who};

fn said(outbox: &mut Outbox) -> Vec<ToWarden> {
    let mut frames = Frames::new();
    outbox.urgent.drain(..).for_each(|f| frames.push(&f));
    std::iter::from_fn(|| frames.take::<ToWarden>().unwrap()).collect()
}

#[test]
fn a_fresh_warden_asks_a_person_about_what_was_said_in_advance() {
    let warden = Warden::new(&OwnProcesses::default(), Told::default());
    let guarded = Guarded {
        what: What::Desktop,
        title: Some("a desktop".into()),
        window: None,
    };
    let mut hands = warden.open(ShareId(1), guarded).unwrap();
    let who = Who {
        name: "Ben".into(),
        verified: Verified::Yes,
        organisation: None,
    };
    let rights = kith_proto::rights::Rights::CONTROL;
    hands.give(SeatNumber(2), &Offer::in_advance(rights, who));
    let first = said(&mut warden.outbox());
    assert!(matches!(first.last(), Some(ToWarden::Give { .. })));
    // It died before it answered: that isn't worth a yes any more.
    assert!(warden.outbox().begin().is_empty());
    let anew = said(&mut warden.outbox());
    assert!(anew.iter().all(|m| !matches!(m, ToWarden::Give { .. })));
    assert!(
        anew.iter()
            .any(|m| matches!(m, ToWarden::Ask { viewer, .. } if *viewer == guard::ViewerId(2))),
        "{anew:?}"
    );
}

/// Whatever kills each warden at once isn't fought for ever; one that dies
/// now and then is followed by the next.
#[test]
fn wardens_that_die_in_a_row_are_not_restarted_for_ever() {
    let after = |times, lived| (0..times).fold(0, |n, _| deaths_in_a_row(n, lived));
    assert!(after(LIVES, Duration::ZERO) <= LIVES);
    assert!(after(LIVES + 1, Duration::ZERO) > LIVES);
    assert!(after(1000, PATIENCE) <= LIVES);
}

/// When no warden is left nothing waits for one, nothing is opened in it,
/// and what it guarded is known, to be ended.
#[test]
fn a_warden_that_is_given_up_guards_nothing() {
    let warden = Warden::new(&OwnProcesses::default(), Told::default());
    let guarded = Guarded {
        what: What::Desktop,
        title: None,
        window: None,
    };
    let hands = warden.open(ShareId(1), guarded.clone()).unwrap();
    let (guarded_by_it, asked) = warden.outbox().give_up();
    assert_eq!((guarded_by_it, asked.len()), (vec![ShareId(1)], 0));
    assert!(warden.outbox().urgent.is_empty());
    assert!(warden.open(ShareId(2), guarded).is_none());
    drop(hands);
}

#[test]
fn a_question_outlives_one_warden_and_not_two() {
    let mut outbox = Outbox::default();
    assert!(outbox.begin().is_empty());
    let asked = Asked {
        share: ShareId(1),
        viewer: SeatNumber(2),
        about: About::Wish,
        frame: vec![7],
        again: false,
    };
    outbox.asks.insert(AskId(3), asked);
    assert!(outbox.begin().is_empty());
    assert_eq!(outbox.urgent.back(), Some(&vec![7]));
    let given_up = outbox.begin();
    assert_eq!(given_up.len(), 1);
    assert_eq!(given_up[0].viewer, SeatNumber(2));
    assert!(outbox.asks.is_empty());
    assert_ne!(outbox.urgent.back(), Some(&vec![7]));
}

/// ASK-2: what a viewer writes, and what organisations are called, doesn't end
/// the warden, and with it control in all shares.
#[test]
fn long_texts_are_cut_to_what_the_warden_takes() {
    let warden = Warden::new(&OwnProcesses::default(), Told::default());
    let guarded = Guarded {
        what: What::Desktop,
        title: Some("病".repeat(200)),
        window: None,
    };
    let mut hands = warden.open(ShareId(1), guarded).unwrap();
    hands.watchers(&[
        (SeatNumber(2), "病".repeat(100)),
        (SeatNumber(3), "".into()),
    ]);
    let organisation = "病".repeat(85);
    let who = Who {
        name: "a\nb".into(),
        verified: Verified::No,
        organisation: Some([organisation.as_str(); 2].join(", ")),
    };
    let purpose = format!("Purpose: {}", "病".repeat(200));
    let rights = kith_proto::rights::Rights::CONTROL;
    let offer = Offer {
        lines: vec![purpose.clone(); 20],
        ..Offer::new(rights, who.clone())
    };
    hands.wish(SeatNumber(2), &offer);
    hands.give(SeatNumber(3), &offer);
    assert!(warden.ask_command(1, &who, std::slice::from_ref(&purpose)));
    let mut read = 0;
    for message in said(&mut warden.outbox()) {
        let (ToWarden::Ask { who, lines, .. } | ToWarden::Give { who, lines, .. }) = message else {
            continue;
        };
        read += 1;
        let organisation = organisation.clone() + "…";
        assert!(organisation.starts_with(who.organisation.as_ref().unwrap().trim_end_matches('…')));
        assert!(lines.len() <= 16);
        let shown = lines[0].strip_suffix('…').unwrap();
        assert!(purpose.starts_with(shown) && shown.len() > 500, "{shown}");
    }
    assert_eq!(read, 3);
    // The same for a fresh warden.
    assert!(warden.outbox().begin().is_empty());
    assert_eq!(said(&mut warden.outbox()).len(), 7);
}

/// GUARD-9: who follows a warden that died doesn't know who had control; what
/// programs press answers nothing there for a while.
#[test]
fn what_is_enrolled_presses_nothing_in_a_warden_that_follows_another() {
    let kinds = kith_screen::x11::InputKind::ALL.into();
    let enrolled = Enrolled {
        kinds,
        ..Enrolled::default()
    };
    let warden = Warden::new(
        &OwnProcesses::default(),
        Told {
            enrolled,
            look: Look::default(),
        },
    );
    let waits = |warden: &Warden| {
        let said = said(&mut warden.outbox());
        said.into_iter().find_map(|m| match m {
            ToWarden::Enrolled { wait, .. } => Some(wait),
            _ => None,
        })
    };
    assert_eq!(waits(&warden), Some(Duration::ZERO));
    warden.outbox().after_death();
    assert!(waits(&warden).unwrap() > AFTERMATH / 2);
}
