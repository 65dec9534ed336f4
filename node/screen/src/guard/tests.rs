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

const SIDE: i32 = 100;

fn owner(n: u32) -> Owner {
    Owner {
        client: ClientId(n << 21),
        process: ProcessId(NonZeroU32::new(1000 + n).unwrap()),
    }
}

/// Who is who in the model: 0 the window manager, 1 and 2 shared where an
/// application is, 3 and 4 foreign, 5 Kith, 6 private.
const WM: u32 = 0;
const KITH: u32 = 5;
const PRIVATE: u32 = 6;

/// A top-level window of the model. Inside a frame, if it has one, lies the
/// window itself; inside that may lie a child, of whomever.
#[derive(Clone, Debug)]
struct Top {
    owner: u32,
    known: bool,
    area: Area,
    frame: u32,
    /// A child, of whomever, and one that fills that one.
    child: Option<(u32, Area, Option<u32>)>,
    popup: bool,
    kind: Kind,
    parent: Option<usize>,
    title: u32,
}

#[derive(Clone, Debug)]
struct Model {
    /// From the bottom up. The window's number is 10 × its place, its frame
    /// one more, its child two more.
    tops: Vec<Top>,
    focus: Option<usize>,
    grab: bool,
    fresh: Vec<usize>,
}

impl Model {
    fn id(i: usize, part: u32) -> WindowId {
        WindowId(10 * (i as u32 + 1) + part)
    }

    fn owner_of(t: &Top) -> Option<Owner> {
        t.known.then(|| owner(t.owner))
    }

    fn outer(t: &Top) -> Area {
        let f = t.frame as i32;
        Area::new(
            t.area.x - f,
            t.area.y - f,
            t.area.w + 2 * t.frame,
            t.area.h + 2 * t.frame,
        )
    }

    fn says(who: u32) -> Says {
        let mut says = Says::default();
        if who == PRIVATE {
            says.secrecy = Secrecy::Private;
        }
        says
    }

    fn window(id: WindowId, who: u32, owner: Option<Owner>, area: Area) -> Window {
        let says = Self::says(who);
        let stacking = match id.0 % 10 {
            0 => Stacking::Managed,
            _ => Stacking::Held,
        };
        Window {
            says,
            stacking,
            ..Window::plain(id, owner, area)
        }
    }

    /// The line from the top-level down to the deepest window at `p`.
    fn line(&self, p: Point) -> Vec<Window> {
        let hit = (0..self.tops.len())
            .rev()
            .find(|i| Self::outer(&self.tops[*i]).contains(p));
        hit.map_or_else(Vec::new, |i| {
            let t = &self.tops[i];
            let mut line = self.down_to_window(i);
            if !t.area.contains(p) {
                line.truncate(1);
                return line;
            }
            if let Some((o, a, grand)) = t.child
                && Area::new(t.area.x + a.x, t.area.y + a.y, a.w, a.h).contains(p)
            {
                line.push(Self::window(Self::id(i, 2), o, Some(owner(o)), a));
                line.extend(grand.map(|o| Self::window(Self::id(i, 3), o, Some(owner(o)), a)));
            }
            line
        })
    }

    fn down_to_window(&self, i: usize) -> Vec<Window> {
        let t = &self.tops[i];
        let mut line = Vec::new();
        if t.frame > 0 {
            let mut f = Window::plain(Self::id(i, 1), Some(owner(WM)), Self::outer(t));
            f.frames = vec![Link {
                id: Self::id(i, 0),
                owner: Self::owner_of(t),
            }];
            line.push(f);
        }
        let mut w = Self::window(Self::id(i, 0), t.owner, Self::owner_of(t), t.area);
        w.kind = t.kind;
        w.own_title = t.title;
        if t.popup {
            w.stacking = Stacking::Popup;
        }
        if let Some(p) = t.parent {
            w.transient_for = vec![Link {
                id: Self::id(p, 0),
                owner: self.tops.get(p).and_then(Self::owner_of),
            }];
        }
        line.push(w);
        line
    }

    fn sight(&self, at: Point) -> Sight {
        Sight {
            under: self.line(at),
            focus: match self.focus {
                Some(i) if i < self.tops.len() => Focus::Window(self.down_to_window(i)),
                Some(_) => Focus::FollowsPointer,
                None => Focus::Nothing,
            },
            pointer: if self.grab { Grab::Held } else { Grab::Free },
            keyboard: if self.grab { Grab::Held } else { Grab::Free },
            fresh: self
                .fresh
                .iter()
                .filter_map(|i| {
                    let t = self.tops.get(*i)?;
                    Some(Popup {
                        id: Self::id(*i, 0),
                        owner: Self::owner_of(t),
                        says: Self::says(t.owner),
                    })
                })
                .collect(),
        }
    }

    /// The owner of whatever gets input at `p`, found by walking down the
    /// stack again, with no line of windows.
    fn receiver(&self, p: Point) -> Option<(usize, u32, u32)> {
        for (i, t) in self.tops.iter().enumerate().rev() {
            let f = t.frame as i32;
            let dx = p.x - t.area.x;
            let dy = p.y - t.area.y;
            let (w, h) = (t.area.w as i32, t.area.h as i32);
            if dx < -f || dy < -f || dx >= w + f || dy >= h + f {
                continue;
            }
            if dx < 0 || dy < 0 || dx >= w || dy >= h {
                return Some((i, 1, WM));
            }
            if let Some((o, a, grand)) = t.child {
                let (cx, cy) = (dx - a.x, dy - a.y);
                if cx >= 0 && cy >= 0 && cx < a.w as i32 && cy < a.h as i32 {
                    return Some(grand.map_or((i, 2, o), |g| (i, 3, g)));
                }
            }
            return Some((i, 0, t.owner));
        }
        None
    }
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        4 => Just(Kind::Normal),
        1 => Just(Kind::Dialog),
        1 => Just(Kind::FileDialog),
        1 => Just(Kind::Menu),
        1 => Just(Kind::Passing)
    ]
}

prop_compose! {
    fn area()(x in 0..SIDE / 2, y in 0..SIDE / 2, w in 1u32..80, h in 1u32..80) -> Area {
        Area::new(x, y, w, h)
    }
}

prop_compose! {
    fn top()(
        owner in prop_oneof![4 => 1u32..3, 3 => 3u32..5, 1 => Just(KITH), 1 => Just(PRIVATE)],
        known in prop::bool::weighted(0.95),
        area in area(),
        frame in prop_oneof![Just(0u32), Just(4)],
        child in prop::option::weighted(0.5, (
            prop_oneof![2 => 1u32..3, 1 => 3u32..7],
            (0..20, 0..20, 10u32..60, 10u32..60).prop_map(|(x, y, w, h)| Area::new(x, y, w, h)),
            prop::option::of(prop_oneof![2 => 1u32..3, 1 => 3u32..7]),
        )),
        popup in any::<bool>(),
        kind in kind(),
        parent in prop::option::weighted(0.3, 0usize..6),
        title in prop_oneof![3 => Just(0u32), 1 => Just(8)],
    ) -> Top {
        let frame = if popup { 0 } else { frame };
        Top { owner, known, area, frame, child, popup, kind, parent, title }
    }
}

prop_compose! {
    fn model()(
        tops in prop::collection::vec(top(), 0..7),
        focus in prop::option::weighted(0.9, 0usize..8),
        grab in prop::bool::weighted(0.15),
        fresh in prop::collection::vec(0usize..7, 0..3),
    ) -> Model {
        Model { tops, focus, grab, fresh }
    }
}

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
        area().prop_map(What::Region),
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
/// what is shared, on the model's own numbers.
fn may_receive(m: &Model, what: &What, limits: &Limits, i: usize, part: u32, who: u32) -> bool {
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
        What::Desktop | What::Region(_) => true,
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
        let Ok(inject) = verdict else { return Ok(()) };
        if inject == Inject::Nothing {
            return Ok(());
        }
        prop_assert!(limits.area.as_ref().is_none_or(|a| keyboard || a.iter().any(|a| a.contains(at))));
        if let What::Region(a) = &what {
            prop_assert!(keyboard || a.contains(at));
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
                prop_assert!(may_receive(&m, &what, &limits, i, part, who), "{part} of {i}, {who}");
                let t = &m.tops[i];
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

fn key(n: u32) -> Keysym {
    Keysym::new(n).unwrap()
}

#[test]
fn keys_of_the_desktop_never_pass() {
    let control = Modifiers::NONE.with(Modifier::Control);
    let alt = Modifiers::NONE.with(Modifier::Alt);
    let both = control.with(Modifier::Alt);
    let l = Limits {
        borders: Allow::Allowed,
        ..Limits::default()
    };
    for (held, k) in [
        (Modifiers::NONE, 0xffeb),      // Super_L
        (Modifiers::NONE, 0xffec),      // Super_R
        (Modifiers::NONE, 0xff61),      // Print
        (Modifiers::NONE, 0xff15),      // SysRq
        (Modifiers::NONE, 0x1008_ff2a), // XF86PowerOff
        (Modifiers::NONE, 0x1008_fe01), // XF86Switch_VT_1
        (Modifiers::NONE, 0xfed5),      // Terminate_Server
        (Modifiers::NONE, 0xfee9),      // Pointer_Button1
        (alt, 0xff09),                  // Alt-Tab
        (alt, 0xfe20),                  // Alt-Shift-Tab
        (alt, 0xff1b),                  // Alt-Esc
        (alt, 0xffbf),                  // Alt-F2
        (both, 0xffff),                 // Ctrl-Alt-Del
        (both, 0xff08),                 // Ctrl-Alt-Backspace
        (both, 0x74),                   // Ctrl-Alt-T
        (both, 0xffbe),                 // Ctrl-Alt-F1
        (control, 0xff1b),              // Ctrl-Esc
    ] {
        assert_eq!(judge(key(k), held, &l), Err(Reason::DesktopKey), "{k:#x}");
    }
    for (held, k) in [
        (Modifiers::NONE, 0xff1b), // Esc is an ordinary key (GUARD-6)
        (control, 0x63),
        (alt, 0x66),
        (Modifiers::NONE, 0xffc2),
        (alt, 0xffc1), // Alt-F4, with borders
    ] {
        assert_eq!(judge(key(k), held, &l), Ok(()), "{k:#x}");
    }
    assert_eq!(
        judge(key(0xffc1), alt, &Limits::default()),
        Err(Reason::DesktopKey)
    );
}

#[test]
fn key_filters_and_menus() {
    let text = Limits {
        keys: Keys::Text,
        ..Limits::default()
    };
    let control = Modifiers::NONE.with(Modifier::Control);
    assert_eq!(judge(key(0x61), Modifiers::NONE, &text), Ok(()));
    assert_eq!(judge(key(0xff0d), Modifiers::NONE, &text), Ok(()));
    assert_eq!(judge(key(0x63), control, &text), Err(Reason::BarredKey));
    assert_eq!(
        judge(key(0xffc2), Modifiers::NONE, &text),
        Err(Reason::BarredKey)
    );
    let no_menus = Limits {
        menus: Allow::Barred,
        ..Limits::default()
    };
    let alt = Modifiers::NONE.with(Modifier::Alt);
    assert_eq!(judge(key(0x66), alt, &no_menus), Err(Reason::Menu));
    assert_eq!(
        judge(key(0xffc7), Modifiers::NONE, &no_menus),
        Err(Reason::Menu)
    );
    let no_q = Limits {
        barred_keys: vec![key(0x71)],
        ..Limits::default()
    };
    assert_eq!(
        judge(key(0x71), Modifiers::NONE, &no_q),
        Err(Reason::BarredKey)
    );
}

#[test]
fn a_client_number_given_out_again_is_another_owner() {
    // The shared program ended; another process got its client base and made
    // a window with the same number.
    let gone = owner(1);
    let thief = Owner {
        process: ProcessId(NonZeroU32::new(4242).unwrap()),
        ..gone
    };
    let at = Point { x: 5, y: 5 };
    let id = WindowId(10);
    let sight = Sight {
        under: vec![Window::plain(id, Some(thief), Area::new(0, 0, 50, 50))],
        focus: Focus::Nothing,
        pointer: Grab::Free,
        keyboard: Grab::Free,
        fresh: Vec::new(),
    };
    for what in [
        What::Applications(vec![gone]),
        What::Windows(vec![Shared { id, owner: gone }]),
    ] {
        let grant = grant(what, Limits::default());
        let q = Question {
            grant: &grant,
            own: &own(),
            sight: &sight,
            held: &Held::default(),
            deed: Deed::Move(at),
        };
        assert_eq!(decide(q), Err(Reason::ForeignWindow));
    }
}

/// GUARD-10: what is grey to the viewers takes no input.
#[test]
fn what_says_that_it_is_private_takes_no_input() {
    let says = |mark: &[u32], kinds: &[u32], claims: &[u32]| Says::of(mark, kinds, claims, 77);
    let kith = owner(KITH).process.0.get();
    let open = says(&[0], &[76], &[kith + 1]);
    let marked = says(&[1], &[], &[]);
    let notification = says(&[], &[76, 77], &[]);
    let claims = says(&[], &[], &[kith]);
    let at = Point { x: 25, y: 25 };
    let line = |says: &Says| {
        let mut w = Window::plain(WindowId(10), Some(owner(1)), Area::new(0, 0, 50, 50));
        w.says = says.clone();
        let inner = Window::plain(WindowId(11), Some(owner(1)), w.area);
        vec![w, inner]
    };
    let calm = Sight {
        under: line(&open),
        focus: Focus::Window(line(&open)),
        pointer: Grab::Free,
        keyboard: Grab::Free,
        fresh: Vec::new(),
    };
    let ask = |what: &What, sight: &Sight, deed| {
        let grant = grant(what.clone(), Limits::default());
        let (own, held) = (own(), Held::default());
        let q = Question {
            grant: &grant,
            own: &own,
            sight,
            held: &held,
            deed,
        };
        decide(q).map(|_| ())
    };
    let region = What::Region(Area::new(0, 0, 50, 50));
    let application = What::Applications(vec![owner(1)]);
    let (private, ours) = (Err(Reason::PrivateWindow), Err(Reason::OwnWindow));
    for (says, apart, within) in [
        (&open, Ok(()), Ok(())),
        (&marked, private, private),
        // Who shows the program shows its notifications.
        (&notification, private, Ok(())),
        (&claims, ours, ours),
    ] {
        for (what, wanted) in [
            (&What::Desktop, apart),
            (&region, apart),
            (&application, within),
        ] {
            let under = Sight {
                under: line(says),
                ..calm.clone()
            };
            let press = Deed::Press(at, Button::Main);
            assert_eq!(ask(what, &under, press), wanted, "{says:?} {what:?}");
            let focus = Sight {
                focus: Focus::Window(line(says)),
                ..calm.clone()
            };
            let typed = Deed::Type('a');
            assert_eq!(ask(what, &focus, typed), wanted, "{says:?} {what:?}");
        }
        // What came with a grab may be what has it.
        let grabbed = Sight {
            keyboard: Grab::Held,
            fresh: vec![Popup {
                id: WindowId(12),
                owner: Some(owner(1)),
                says: says.clone(),
            }],
            ..calm.clone()
        };
        let wanted = if *says == open {
            Ok(())
        } else {
            Err(Reason::Grabbed)
        };
        assert_eq!(ask(&What::Desktop, &grabbed, Deed::Type('a')), wanted);
    }
}

#[test]
fn rights_of_viewing_give_no_control() {
    let g = ControlGrant::new(
        ShareId(1),
        ViewerId(1),
        Rights::VIEW,
        What::Desktop,
        Limits::default(),
        None,
    );
    assert!(!g.rights().contains(Right::Pointer));
    let sight = Sight {
        under: Vec::new(),
        focus: Focus::Nothing,
        pointer: Grab::Free,
        keyboard: Grab::Free,
        fresh: Vec::new(),
    };
    let q = Question {
        grant: &g,
        own: &own(),
        sight: &sight,
        held: &Held::default(),
        deed: Deed::Move(Point::default()),
    };
    assert_eq!(decide(q), Err(Reason::NoRight));
}

#[test]
fn codes_of_reasons_are_as_published() {
    for r in Reason::ALL {
        assert_eq!(Reason::from_code(r.code()), Some(*r));
    }
    assert_eq!(Reason::ForeignWindow.code(), 4);
    assert_eq!(Reason::from_code(0), None);
}
