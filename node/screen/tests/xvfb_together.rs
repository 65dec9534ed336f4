//! Several who control at once, where the sharer says so, on a real X server.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::*;
use kith_codec::input::{Button, Input, Key, Keysym, Motion, Place};
use kith_screen::guard::{Reason, ViewerId, What};
use kith_screen::warden::protocol::{Controllers, Ended, FromWarden, Pause, ToWarden};
use x11rb::protocol::Event;

const BEN: ViewerId = VIEWER;
const CLEO: ViewerId = ViewerId(8);
const SHIFT: u32 = 0xffe1;
/// The number of Esc on the person's keyboard.
const ESC: u8 = 9;

fn key(keysym: u32, motion: Motion) -> Input {
    Input::Key(Key {
        keysym: Keysym::new(keysym).unwrap(),
        motion,
        character: None,
    })
}

fn button(motion: Motion) -> Input {
    Input::Button {
        at: Place { x: 50, y: 60 },
        button: Button::Main,
        motion,
    }
}

fn ended(node: &mut Node) -> (ViewerId, Ended) {
    node.expect("an end of control", |m| match m {
        FromWarden::Ended(_, viewer, why) => Some((viewer, why)),
        _ => None,
    })
}

fn refused(node: &mut Node) -> (ViewerId, Reason) {
    node.expect("a refusal", |m| match m {
        FromWarden::Refused { viewer, why, .. } => Some((viewer, why)),
        _ => None,
    })
}

/// Until viewers' input is taken again after the person pressed something.
fn rests(node: &mut Node) {
    node.expect("the end of the pause", |m| {
        (m == FromWarden::Local(Pause::Over)).then_some(())
    });
}

fn at_once(node: &mut Node, controllers: Controllers) {
    let share = SHARE;
    node.send(&ToWarden::Controllers { share, controllers });
}

#[test]
fn xvfb_two_control_at_once_and_neither_holds_keys_for_the_other() {
    let x = Xvfb::start();
    let (shared, person) = (Program::new(&x), Person::new(&x));
    let s = shared.window((0, 0, 200, 200), false);
    shared.focus(s);
    let (mut node, _warden) = Node::with_thread(&x);
    node.open(What::Applications(vec![shared.owner(s)]));
    at_once(&mut node, Controllers::Many);
    for who in [(BEN, "Ben"), (CLEO, "Cleo")] {
        node.grant_pressed_to(who, &shared, &person, fast());
    }
    rests(&mut node);
    shared.picture("together");
    shared.focus(s);
    shared.events();

    // Ben holds Shift. Cleo's click has none of it, his letter has.
    node.input_of(BEN, key(SHIFT, Motion::Down));
    node.input_of(CLEO, button(Motion::Down));
    node.input_of(CLEO, button(Motion::Up));
    node.input_of(BEN, key(u32::from(b'A'), Motion::Down));
    let (mut clicked, mut typed) = (None, None);
    until("a click and a letter", || {
        for event in shared.events() {
            match event {
                Event::ButtonPress(b) => clicked = Some(u16::from(b.state) & 1),
                Event::KeyPress(k) if k.detail == 38 => typed = Some(u16::from(k.state) & 1),
                _ => {}
            }
        }
        Some((clicked?, typed?))
    });
    assert_eq!((clicked, typed), (Some(0), Some(1)));

    // While Cleo drags, Ben is refused.
    node.input_of(CLEO, button(Motion::Down));
    node.input_of(BEN, button(Motion::Down));
    assert_eq!(refused(&mut node), (BEN, Reason::OthersButton));

    // One at a time again: the longer one goes on, and what Cleo held is up.
    at_once(&mut node, Controllers::One);
    assert_eq!(ended(&mut node), (CLEO, Ended::Revoked));
    // Given to another it is handed over.
    node.grant_pressed_to((CLEO, "Cleo"), &shared, &person, fast());
    node.input_of(BEN, key(u32::from(b'a'), Motion::Down));
    assert_eq!(refused(&mut node), (BEN, Reason::NoGrant));

    // Several again, and the panic key ends all.
    at_once(&mut node, Controllers::Many);
    node.grant_pressed_to((BEN, "Ben"), &shared, &person, fast());
    person.key(ESC);
    let mut over = [ended(&mut node), ended(&mut node)];
    over.sort();
    assert_eq!(over, [(BEN, Ended::Panic), (CLEO, Ended::Panic)]);
    until("all keys up", || {
        shared.keys_down().is_empty().then_some(())
    });
}
