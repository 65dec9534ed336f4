//! The guard against a model of a screen: random stacks of windows, random
//! input. The model says by itself, from the geometry, which window would get
//! the input; a second, independent rule says whether that may be.

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use kith_codec::input::{Button, Keysym};
use kith_codec::time::{Micros, Moment};
use kith_proto::cbor::{from_bytes, to_bytes};
use kith_proto::limits::{Bars, Limit};
use kith_proto::rights::{Right, Rights};
use proptest::prelude::*;

use super::keys::{Modifier, Modifiers, judge};
use super::*;

mod examples;
mod model;

use model::{KITH, Model, PRIVATE, SIDE, Top, area, model, owner};

fn what() -> impl Strategy<Value = What> {
    prop_oneof![
        prop::collection::vec(0usize..6, 1..3).prop_map(|is| What::Windows(
            is.into_iter()
                .map(|i| Shared {
                    id: Model::id(i, 0),
                    owner: owner(1 + (i as u32) % 2)
                })
                .collect()
        )),
        Just(What::Applications(vec![owner(1)])),
        Just(What::Applications(vec![owner(1), owner(2)])),
        (area(), prop::collection::vec(area(), 0..3))
            .prop_map(|(area, cuts)| What::Region(Part::new(area, cuts).unwrap())),
        Just(What::Desktop),
    ]
}

fn allow() -> impl Strategy<Value = Allow> {
    prop_oneof![Just(Allow::Allowed), Just(Allow::Barred)]
}

prop_compose! {
    fn limits()(
        menus in allow(),
        file_dialogs in allow(),
        right_click in allow(),
        borders in allow(),
        keys in prop_oneof![1 => Just(Keys::Nothing), 1 => Just(Keys::Text), 3 => Just(Keys::All)],
        areas in prop::option::weighted(0.2, prop::collection::vec(area(), 0..3)),
        barred in prop::collection::vec((prop::option::of(0usize..6), area()), 0..3),
    ) -> Limits {
        Limits {
            menus, file_dialogs, right_click, borders, keys,
            area: areas,
            barred: barred.into_iter().map(|(w, area)| Barred {
                window: w.map(|i| Model::id(i, 0)),
                area,
            }).collect(),
            ..Limits::default()
        }
    }
}

fn own() -> Own {
    Own {
        clients: BTreeSet::new(),
        processes: [owner(KITH).process].into(),
    }
}

fn grant(what: What, limits: Limits) -> ControlGrant {
    ControlGrant::new(ShareId(1), ViewerId(1), Rights::ALL, what, limits, None)
}

fn button() -> impl Strategy<Value = Button> {
    prop_oneof![Just(Button::Main), Just(Button::Middle), Just(Button::Menu)]
}

fn deed() -> impl Strategy<Value = Deed> {
    let point = || (0..SIDE, 0..SIDE).prop_map(|(x, y)| Point { x, y });
    prop_oneof![
        point().prop_map(Deed::Move),
        (point(), button()).prop_map(|(p, b)| Deed::Press(p, b)),
        (point(), button()).prop_map(|(p, b)| Deed::Release(p, b)),
        point().prop_map(|at| Deed::Wheel { at, dx: 0, dy: 1 }),
        any_key().prop_map(|key| Deed::KeyDown {
            key,
            character: None
        }),
        any::<char>().prop_map(Deed::Type),
    ]
}

fn any_key() -> impl Strategy<Value = Keysym> {
    prop_oneof![
        3 => 0x20u32..0x7f,
        2 => 0xff08u32..0xffff,
        1 => 0x0100_0100u32..0x0101_0000,
        1 => 0xfe01u32..0xff00,
        1 => 0x1008_fe00u32..0x1008_ffff,
    ]
    .prop_filter_map("a lock key", Keysym::new)
}

/// The rule for receivers, written another way than the guard's: by cases of
/// what is shared, on the model's own numbers. `moves`: it is no more than the
/// pointer, going there.
fn may_receive(
    m: &Model,
    what: &What,
    limits: &Limits,
    moves: bool,
    (i, part, who): (usize, u32, u32),
) -> bool {
    let t = &m.tops[i];
    let is_window = |s: &Shared, j: usize| s.id == Model::id(j, 0);
    let middle = t.child.map_or(0, |(o, ..)| o);
    if part >= 2 && (middle == KITH || middle == PRIVATE) {
        return false;
    }
    // Where a child's child has its program's topmost window.
    let first = match part {
        3 if t.owner == who => 0,
        3 if middle == who => 2,
        2 if t.owner == who => 0,
        p => p,
    };
    if who == KITH || who == PRIVATE || t.owner == KITH || t.owner == PRIVATE {
        // Also a frame around one of those: its window isn't on the line, so
        // only the line's own owners count there.
        if !(part == 1 && matches!(what, What::Desktop | What::Region(_))) {
            return false;
        }
    }
    if part != 1 && !t.known {
        return false;
    }
    match what {
        What::Desktop | What::Region(_) => part != 1 || moves || limits.borders == Allow::Allowed,
        What::Applications(owners) => {
            let shared = |n: u32| owners.contains(&owner(n));
            match part {
                1 => t.known && shared(t.owner) && limits.borders == Allow::Allowed,
                3 if first == 0 => shared(who) && shared(middle),
                // What those don't take goes to what they are in.
                _ if first > 0 => {
                    let around = t.known && shared(t.owner);
                    shared(who) && around && (first == 2 || shared(middle))
                }
                _ => shared(who),
            }
        }
        What::Windows(list) => {
            let ours = |s: &&Shared| s.owner == owner(t.owner);
            let itself = list.iter().filter(ours).any(|s| is_window(s, i));
            let dialog = t.parent.is_some_and(|p| {
                list.iter().filter(ours).any(|s| is_window(s, p))
                    && m.tops
                        .get(p)
                        .is_some_and(|pt| pt.known && pt.owner == t.owner)
            });
            let menu = t.parent.is_none()
                && t.popup
                && matches!(t.kind, Kind::Menu | Kind::Passing)
                && list.iter().any(|s| s.owner == owner(t.owner));
            match part {
                1 => t.known && itself && limits.borders == Allow::Allowed,
                _ if first > 0 => false,
                // From the window down nobody else's lies between.
                3 if middle != who => false,
                _ => itself || dialog || menu,
            }
        }
    }
}

fn cases() -> ProptestConfig {
    ProptestConfig {
        cases: 10_000,
        ..ProptestConfig::default()
    }
}

/// What is remembered, as the node keeps it.
fn bars() -> impl Strategy<Value = Bars> {
    let limits = proptest::sample::subsequence(Limit::ALL, 0..=Limit::ALL.len());
    let keys = proptest::collection::vec(1u32..0x2_0000, 0..=64);
    (limits, keys, proptest::option::of(1u16..))
        .prop_map(|(l, k, r)| Bars::new(l.into_iter().collect(), k, r).unwrap())
}

proptest! {
    /// GUARD-8: remembered limits never widen what a grant allows, said twice
    /// they say no more, and they bar what they name.
    #[test]
    fn remembered_limits_only_narrow(a in bars(), b in bars()) {
        let start = Limits::default().narrowed(&a);
        let narrowed = start.clone().narrowed(&b);
        // The meet of two is the tighter of both: so nothing was loosened.
        let both = narrowed.meet(&start).narrowed(&Bars::default());
        prop_assert_eq!(&both, &narrowed);
        prop_assert_eq!(&narrowed.clone().narrowed(&b), &narrowed);
        prop_assert!(narrowed.check().is_ok());
        let barred = |on: Limit, allow: Allow| !b.limits().contains(on) || allow == Allow::Barred;
        prop_assert!(barred(Limit::Menus, narrowed.menus));
        prop_assert!(barred(Limit::FileDialogs, narrowed.file_dialogs));
        prop_assert!(barred(Limit::RightClick, narrowed.right_click));
        prop_assert!(barred(Limit::Borders, narrowed.borders));
        prop_assert!(!b.limits().contains(Limit::Shortcuts) || narrowed.keys <= Keys::Text);
        prop_assert!(!b.limits().contains(Limit::Keyboard) || narrowed.keys == Keys::Nothing);
        let gone = |k: &u32| narrowed.barred_keys.iter().any(|n| n.get() == *k);
        prop_assert!(narrowed.keys == Keys::Nothing
            || b.keys().iter().filter(|k| Keysym::new(**k).is_some()).all(gone));
        prop_assert!(b.per_second().is_none_or(|n| narrowed.rate.per_second <= n));
    }
}

proptest! {
    #![proptest_config(cases())]

    /// Rule R5: whatever is injected is received by what is shared.
    #[test]
    fn nothing_reaches_a_foreign_window(
        m in model(), what in what(), limits in limits(), deed in deed(),
        pointer in (0..SIDE * 3 / 4, 0..SIDE * 3 / 4),
    ) {
        let at = deed.place().unwrap_or(Point { x: pointer.0, y: pointer.1 });
        let grant = grant(what.clone(), limits.clone());
        let own = own();
        let sight = m.sight(at);
        let held = Held::default();
        let verdict = decide(Question { grant: &grant, own: &own, sight: &sight, held: &held, deed });
        let keyboard = deed.place().is_none();
        let closes = matches!(deed, Deed::KeyDown { key, .. } if key.get() == 0xff1b);
        let Ok(inject) = verdict else { return Ok(()) };
        if inject == Inject::Nothing {
            return Ok(());
        }
        prop_assert!(limits.area.as_ref().is_none_or(|a| keyboard || a.iter().any(|a| a.contains(at))));
        if let What::Region(part) = &what {
            prop_assert!(keyboard || part.area().contains(at));
            prop_assert!(keyboard || !part.cuts().iter().any(|c| c.contains(at)));
        }
        let under = m.receiver(at);
        let receiver = match (keyboard, m.focus) {
            (false, _) => under,
            (true, None) => None,
            (true, Some(f)) if f >= m.tops.len() => under,
            (true, Some(f)) => match under {
                Some((i, part, who)) if i == f && part != 1 => Some((i, part, who)),
                _ => Some((f, 0, m.tops[f].owner)),
            },
        };
        match receiver {
            None => prop_assert!(!keyboard && matches!(what, What::Desktop | What::Region(_))),
            Some((i, part, who)) => {
                let moves = matches!(deed, Deed::Move(_));
                let receives = may_receive(&m, &what, &limits, moves, (i, part, who));
                prop_assert!(receives, "{part} of {i}, {who}");
                let t = &m.tops[i];
                let on_title = i64::from(at.y) < i64::from(t.area.y) + i64::from(t.title);
                let free = moves || keyboard || limits.borders == Allow::Allowed;
                prop_assert!(part == 1 || !on_title || free);
                prop_assert!(part == 1 || t.kind != Kind::Menu || limits.menus == Allow::Allowed);
                prop_assert!(part == 1 || t.kind != Kind::FileDialog || limits.file_dialogs == Allow::Allowed);
            }
        }
        if m.grab {
            // Somebody's grab: explained by a shared pop-up, by nothing foreign.
            prop_assert!(!sight.fresh.is_empty());
            for p in &sight.fresh {
                prop_assert!(p.owner.is_some());
                prop_assert!(p.owner != Some(owner(3)) && p.owner != Some(owner(4))
                    || matches!(what, What::Desktop | What::Region(_)));
                // Who has the keyboard then chooses from it.
                prop_assert!(p.kind != Kind::Menu || limits.menus == Allow::Allowed || !keyboard || closes);
            }
        }
        if keyboard {
            prop_assert!(limits.keys != Keys::Nothing);
        }
    }

    /// And what is shared, lies free and is not barred does take input.
    #[test]
    fn a_free_shared_window_takes_input(m in model(), deed in deed()) {
        let mut m = m;
        m.grab = false;
        m.focus = Some(m.tops.len());
        m.tops.push(Top {
            owner: 1, known: true, area: Area::new(0, 0, 500, 500), frame: 0, child: None,
            popup: false, kind: Kind::Normal, parent: None, title: 0,
        });
        let last = m.tops.len() - 1;
        m.focus = Some(last);
        let at = deed.place().unwrap_or_default();
        for what in [
            What::Applications(vec![owner(1)]),
            What::Windows(vec![Shared { id: Model::id(last, 0), owner: owner(1) }]),
            What::Desktop,
        ] {
            let grant = grant(what, Limits::default());
            let sight = m.sight(at);
            let q = Question { grant: &grant, own: &own(), sight: &sight, held: &Held::default(), deed };
            match (decide(q), deed) {
                (Ok(_), _) => {}
                (Err(Reason::DesktopKey), Deed::KeyDown { .. }) => {}
                (Err(Reason::Malformed), Deed::Type(c)) => prop_assert!(c.is_control()),
                (Err(r), d) => prop_assert!(false, "{r:?} {d:?}"),
            }
        }
    }

    /// Letting go is never refused (GUARD-5), whatever the screen looks like.
    #[test]
    fn what_is_held_can_be_let_go(m in model(), what in what(), limits in limits(), key in any_key(), b in button()) {
        let grant = grant(what, limits);
        let at = Point { x: 1, y: 1 };
        let sight = m.sight(at);
        let held = Held { buttons: [b].into(), keys: [key].into() };
        for deed in [Deed::KeyUp(key), Deed::Release(at, b)] {
            let v = decide(Question { grant: &grant, own: &own(), sight: &sight, held: &held, deed });
            prop_assert!(matches!(v, Ok(Inject::KeyUp(_) | Inject::Release(..))), "{v:?}");
        }
    }

    /// Tighter limits never allow what looser ones refuse; the meet is tighter
    /// than both (GUARD-8).
    #[test]
    fn the_meet_of_limits_is_tighter(
        m in model(), what in what(), a in limits(), b in limits(), deed in deed(),
    ) {
        let at = deed.place().unwrap_or_default();
        let sight = m.sight(at);
        let held = Held::default();
        let own = own();
        let ok = |l: &Limits| {
            let grant = grant(what.clone(), l.clone());
            decide(Question { grant: &grant, own: &own, sight: &sight, held: &held, deed }).is_ok()
        };
        if ok(&a.meet(&b)) {
            prop_assert!(ok(&a) && ok(&b));
        }
        prop_assert_eq!(a.meet(&a), a.clone());
    }

    #[test]
    fn limits_come_back_from_the_store(l in limits(), keys in prop::collection::vec(any_key(), 0..5)) {
        let l = Limits { barred_keys: keys, ..l };
        let l = Limits { area: l.area.filter(|a| !a.is_empty()), ..l };
        prop_assert_eq!(from_bytes::<Limits>(&to_bytes(&l), 64 * 1024), Ok(l));
    }

    #[test]
    fn no_bytes_make_limits_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = from_bytes::<Limits>(&bytes, 64 * 1024);
    }

    /// A viewer sends no more than its rate in the long run, and no more than
    /// its burst at once.
    #[test]
    fn a_bucket_keeps_the_rate(steps in prop::collection::vec(0u64..50_000, 1..300)) {
        let rate = Rate { per_second: 100, burst: 10 };
        let mut bucket = Bucket::new(rate, Moment(0));
        let (mut now, mut taken) = (Moment(0), 0u64);
        for s in steps {
            now = now + Micros(s);
            taken += u64::from(bucket.take(now));
            prop_assert!(taken <= 10 + now.0 * 100 / 1_000_000 + 1);
        }
    }
}
