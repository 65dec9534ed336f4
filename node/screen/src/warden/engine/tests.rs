//! Several who control: nothing that one holds acts together with what another
//! does.

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use kith_codec::input::{Button, Key, Keysym, Motion, Place};
use kith_proto::rights::Rights;
use proptest::prelude::*;

use super::*;
use crate::guard::{
    Area, ClientId, Focus, Grab, Inject, Owner, Point, ProcessId, Rate, Sight, Window, WindowId,
};
use crate::source::Placement;

const SHARE: ShareId = ShareId(1);
const BEN: ViewerId = ViewerId(1);
const CLEO: ViewerId = ViewerId(2);
const SHIFT: u32 = 0xffe1;
const CONTROL: u32 = 0xffe3;
const LETTER: u32 = 0x61;

fn program() -> Owner {
    Owner {
        client: ClientId(1 << 21),
        process: ProcessId(NonZeroU32::MIN),
    }
}

/// A screen that one shared window fills, and what was done to it: each deed
/// with the keys and buttons that were down just before.
#[derive(Default)]
struct Screen {
    keys: BTreeSet<Keysym>,
    buttons: BTreeSet<Button>,
    done: Vec<(Inject, BTreeSet<Keysym>, BTreeSet<Button>)>,
    /// Why nothing can be found out about it, if so.
    unseen: Option<Reason>,
}

impl Hands for Screen {
    fn freeze(&mut self) -> Result<(), Reason> {
        Ok(())
    }

    fn locate(&mut self, _: Origin, place: Place) -> Result<Point, Reason> {
        self.unseen.map_or(Ok(()), Err)?;
        Ok(Point {
            x: place.x.into(),
            y: place.y.into(),
        })
    }

    fn look(&mut self, _: Option<Point>) -> Result<Sight, Reason> {
        self.unseen.map_or(Ok(()), Err)?;
        let area = Area::new(0, 0, 100, 100);
        let window = Window::plain(WindowId(1), Some(program()), area);
        Ok(Sight {
            under: vec![window.clone()],
            focus: Focus::Window(vec![window]),
            pointer: Grab::Free,
            keyboard: Grab::Free,
            fresh: Vec::new(),
        })
    }

    fn act(&mut self, inject: Inject) -> Result<(), Reason> {
        self.done
            .push((inject, self.keys.clone(), self.buttons.clone()));
        match inject {
            Inject::Press(_, b) => drop(self.buttons.insert(b)),
            Inject::Release(_, b) => drop(self.buttons.remove(&b)),
            Inject::KeyDown { key, .. } => drop(self.keys.insert(key)),
            Inject::KeyUp(key) => drop(self.keys.remove(&key)),
            _ => {}
        }
        Ok(())
    }

    fn quench(&mut self) {}

    fn flush(&mut self) {}

    fn thaw(&mut self) {}

    fn release_all(&mut self) {
        self.keys.clear();
        self.buttons.clear();
    }
}

struct Bed {
    engine: Engine,
    screen: Screen,
    now: Moment,
}

impl Bed {
    fn new() -> Self {
        let mut bed = Self {
            engine: Engine::new(Own::default()),
            screen: Screen::default(),
            now: Moment(1),
        };
        bed.arm(BEN);
        bed.arm(CLEO);
        bed
    }

    fn arm(&mut self, viewer: ViewerId) {
        let limits = Limits {
            rate: Rate {
                per_second: u16::MAX,
                burst: u16::MAX,
            },
            ..Limits::default()
        };
        let what = What::Applications(vec![program()]);
        let grant = ControlGrant::new(SHARE, viewer, Rights::CONTROL, what, limits, None);
        self.now = self.now + Micros(1);
        self.engine.arm(&mut self.screen, grant, self.now);
    }

    fn input(&mut self, viewer: ViewerId, input: &Input) {
        let origin = Origin::Screen(Placement::default());
        self.engine
            .input(&mut self.screen, SHARE, viewer, origin, input, self.now)
            .unwrap();
    }

    fn step(&mut self) -> Option<Outcome> {
        self.engine.step(&mut self.screen, self.now)
    }

    /// Does it, and says what became of it.
    fn does(&mut self, viewer: ViewerId, input: &Input) -> Result<(), Reason> {
        self.input(viewer, input);
        let outcome = self.step().unwrap();
        assert_eq!(outcome.viewer, viewer);
        outcome.result
    }

    /// What was done last, and with which keys down.
    fn last(&self) -> (Inject, BTreeSet<u32>) {
        let (inject, keys, _) = self.screen.done.last().unwrap();
        (*inject, keys.iter().map(|k| k.get()).collect())
    }
}

fn key(number: u32, motion: Motion) -> Input {
    Input::Key(Key {
        keysym: Keysym::new(number).unwrap(),
        motion,
        character: None,
    })
}

fn button(motion: Motion) -> Input {
    Input::Button {
        at: Place { x: 5, y: 5 },
        button: Button::Main,
        motion,
    }
}

use Motion::{Down, Up};

#[test]
fn ones_shift_is_not_in_the_others_click_and_is_there_again_afterwards() {
    let mut bed = Bed::new();
    bed.does(BEN, &key(SHIFT, Down)).unwrap();
    bed.does(CLEO, &button(Down)).unwrap();
    let (what, keys) = bed.last();
    assert!(matches!(what, Inject::Press(..)), "{what:?}");
    assert_eq!(keys, BTreeSet::new());
    bed.does(CLEO, &button(Up)).unwrap();
    bed.does(BEN, &key(LETTER, Down)).unwrap();
    assert_eq!(bed.last().1, [SHIFT].into());
    // Once she lets go of it, it is over.
    bed.does(CLEO, &key(LETTER, Down)).unwrap();
    bed.does(BEN, &key(SHIFT, Up)).unwrap();
    bed.does(BEN, &key(LETTER, Down)).unwrap();
    assert_eq!(bed.last().1, BTreeSet::new());
}

#[test]
fn while_one_drags_the_other_is_refused_and_may_let_go() {
    let mut bed = Bed::new();
    bed.does(CLEO, &key(CONTROL, Down)).unwrap();
    bed.does(BEN, &button(Down)).unwrap();
    let there = Place { x: 9, y: 9 };
    let wheel = Input::Wheel {
        at: there,
        dx: 0,
        dy: 120,
    };
    let refused = [
        Input::Move(there),
        button(Down),
        wheel,
        key(LETTER, Down),
        key(SHIFT, Down),
    ];
    for input in refused {
        assert_eq!(bed.does(CLEO, &input), Err(Reason::OthersButton));
    }
    assert_eq!(bed.does(CLEO, &key(CONTROL, Up)), Ok(()));
    bed.input(CLEO, &button(Up));
    assert!(bed.step().is_none(), "her button was never down");
    assert_eq!(bed.screen.buttons.len(), 1, "Ben holds it still");
    bed.does(BEN, &Input::Move(there)).unwrap();
    bed.does(BEN, &button(Up)).unwrap();
    assert_eq!(bed.does(CLEO, &button(Down)), Ok(()));
}

/// The window that it was pressed in is gone, or somebody's keys are latched.
#[test]
fn letting_go_needs_nothing_to_be_seen() {
    for why in [Reason::OutsideArea, Reason::Local] {
        let mut bed = Bed::new();
        bed.does(BEN, &button(Down)).unwrap();
        bed.does(BEN, &key(SHIFT, Down)).unwrap();
        bed.screen.unseen = Some(why);
        for input in [button(Up), key(SHIFT, Up)] {
            assert_eq!(bed.does(BEN, &input), Ok(()));
        }
        assert!(bed.screen.keys.is_empty() && bed.screen.buttons.is_empty());
    }
}

/// However many say so: each would freeze the screen (GUARD-4).
#[test]
fn what_is_not_down_is_not_let_go() {
    let mut bed = Bed::new();
    bed.does(BEN, &key(LETTER, Down)).unwrap();
    for input in [key(LETTER, Up), button(Up), key(SHIFT, Up)] {
        for viewer in [BEN, CLEO] {
            (0..1000).for_each(|_| bed.input(viewer, &input));
        }
    }
    let done: Vec<_> = std::iter::from_fn(|| bed.step().map(|o| o.result)).collect();
    assert_eq!((done, bed.screen.keys.len()), (vec![Ok(())], 0));
    // Behind its press it is.
    for input in [key(LETTER, Down), key(LETTER, Up), key(LETTER, Up)] {
        bed.input(BEN, &input);
    }
    assert_eq!(std::iter::from_fn(|| bed.step()).count(), 2);
    assert!(bed.screen.keys.is_empty());
}

/// What acts goes with the one that is refused; what lets go, behind it, stays.
#[test]
fn what_waits_to_let_go_is_not_dropped() {
    let mut bed = Bed::new();
    bed.does(BEN, &button(Down)).unwrap();
    bed.screen.unseen = Some(Reason::Local);
    for input in [key(LETTER, Down), key(LETTER, Down), button(Up)] {
        bed.input(BEN, &input);
    }
    let done: Vec<_> = std::iter::from_fn(|| bed.step().map(|o| o.result)).collect();
    assert_eq!(done, [Err(Reason::Local), Ok(())]);
    assert!(bed.screen.buttons.is_empty() && bed.screen.keys.is_empty());
}

#[test]
fn they_take_turns() {
    let mut bed = Bed::new();
    for _ in 0..3 {
        for viewer in [BEN, CLEO] {
            bed.input(viewer, &key(LETTER, Down));
            bed.input(viewer, &key(LETTER, Up));
        }
    }
    let turns: Vec<_> = std::iter::from_fn(|| bed.step().map(|o| o.viewer)).collect();
    assert_eq!(turns, [BEN, CLEO].repeat(6));
}

#[test]
fn what_one_loses_the_other_keeps_and_the_hand_at_the_screen_ends_both() {
    let mut bed = Bed::new();
    assert_eq!(bed.engine.longest(SHARE), Some(BEN));
    // Given anew, for less perhaps: he was there first all the same.
    bed.arm(BEN);
    assert_eq!(bed.engine.longest(SHARE), Some(BEN));
    bed.does(BEN, &key(SHIFT, Down)).unwrap();
    assert!(bed.engine.disarm(&mut bed.screen, SHARE, BEN));
    assert!(bed.screen.keys.is_empty());
    assert_eq!(bed.engine.longest(SHARE), Some(CLEO));
    bed.does(CLEO, &key(SHIFT, Down)).unwrap();
    bed.arm(BEN);
    bed.engine.local(&mut bed.screen, bed.now);
    assert!(bed.screen.keys.is_empty());
    for viewer in [BEN, CLEO] {
        let origin = Origin::Screen(Placement::default());
        let input = key(LETTER, Down);
        let taken = bed
            .engine
            .input(&mut bed.screen, SHARE, viewer, origin, &input, bed.now);
        assert_eq!(taken, Err(Reason::Local));
    }
    assert_eq!(bed.engine.panic(&mut bed.screen).len(), 2);
    assert_eq!(bed.engine.controllers().count(), 0);
}

/// What a viewer holds by what it has sent, and may have of it in effect.
#[derive(Default)]
struct Holds {
    keys: BTreeSet<Keysym>,
    buttons: BTreeSet<Button>,
}

impl Holds {
    fn note(&mut self, input: &Input) {
        match input {
            Input::Key(k) if k.motion == Down => drop(self.keys.insert(k.keysym)),
            Input::Key(k) => drop(self.keys.remove(&k.keysym)),
            Input::Button { button, motion, .. } if *motion == Down => {
                self.buttons.insert(*button);
            }
            Input::Button { button, .. } => drop(self.buttons.remove(button)),
            Input::ReleaseAll => *self = Self::default(),
            _ => {}
        }
    }
}

fn inputs() -> impl Strategy<Value = Input> {
    let motion = || prop_oneof![Just(Down), Just(Up)];
    let keys = prop_oneof![Just(SHIFT), Just(CONTROL), Just(LETTER)];
    prop_oneof![
        4 => (keys, motion()).prop_map(|(k, m)| key(k, m)),
        3 => motion().prop_map(button),
        2 => (0..100u16).prop_map(|x| Input::Move(Place { x, y: 1 })),
        1 => Just(Input::Wheel { at: Place { x: 2, y: 2 }, dx: 0, dy: 120 }),
        1 => Just(Input::ReleaseAll),
    ]
}

proptest! {
    /// Whoever does something does it with what they hold, and nobody else does.
    #[test]
    fn nothing_is_done_with_what_another_holds(
        all in proptest::collection::vec((any::<bool>(), inputs()), 1..120),
    ) {
        let mut bed = Bed::new();
        let mut holds = [Holds::default(), Holds::default()];
        for (cleo, input) in all {
            let viewer = if cleo { CLEO } else { BEN };
            let holds = &mut holds[usize::from(cleo)];
            holds.note(&input);
            bed.screen.done.clear();
            bed.input(viewer, &input);
            while bed.step().is_some() {}
            for (what, keys, buttons) in &bed.screen.done {
                let lets_go = matches!(what, Inject::KeyUp(_) | Inject::Release(..) | Inject::Nothing);
                let moves = matches!(what, Inject::Move(_));
                prop_assert!(lets_go || moves || keys.is_subset(&holds.keys), "{what:?} {keys:?}");
                prop_assert!(lets_go || buttons.is_subset(&holds.buttons), "{what:?} {buttons:?}");
            }
        }
        bed.engine.panic(&mut bed.screen);
        prop_assert!(bed.screen.keys.is_empty() && bed.screen.buttons.is_empty());
    }
}
