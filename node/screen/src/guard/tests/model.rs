//! The model of a screen, and random ones.

use super::*;

pub(super) const SIDE: i32 = 100;

pub(super) fn owner(n: u32) -> Owner {
    Owner {
        client: ClientId(n << 21),
        process: ProcessId(NonZeroU32::new(1000 + n).unwrap()),
    }
}

/// Who is who in the model: 0 the window manager, 1 and 2 shared where an
/// application is, 3 and 4 foreign, 5 Kith, 6 private.
const WM: u32 = 0;
pub(super) const KITH: u32 = 5;
pub(super) const PRIVATE: u32 = 6;

/// A top-level window of the model. Inside a frame, if it has one, lies the
/// window itself; inside that may lie a child, of whomever.
#[derive(Clone, Debug)]
pub(super) struct Top {
    pub(super) owner: u32,
    pub(super) known: bool,
    pub(super) area: Area,
    pub(super) frame: u32,
    /// A child, of whomever, and one that fills that one.
    pub(super) child: Option<(u32, Area, Option<u32>)>,
    pub(super) popup: bool,
    pub(super) kind: Kind,
    pub(super) parent: Option<usize>,
    pub(super) title: u32,
}

#[derive(Clone, Debug)]
pub(super) struct Model {
    /// From the bottom up. The window's number is 10 × its place, its frame
    /// one more, its child two more.
    pub(super) tops: Vec<Top>,
    pub(super) focus: Option<usize>,
    pub(super) grab: bool,
    pub(super) fresh: Vec<usize>,
}

impl Model {
    pub(super) fn id(i: usize, part: u32) -> WindowId {
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
            let child = t.child.map(|(o, a, grand)| {
                let a = Area::new(t.area.x + a.x, t.area.y + a.y, a.w, a.h);
                (o, a, grand)
            });
            if let Some((o, a, grand)) = child
                && a.contains(p)
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
        w.own_borders.top = t.title;
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

    pub(super) fn sight(&self, at: Point) -> Sight {
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
                        kind: t.kind,
                        says: Self::says(t.owner),
                    })
                })
                .collect(),
        }
    }

    /// The owner of whatever gets input at `p`, found by walking down the
    /// stack again, with no line of windows.
    pub(super) fn receiver(&self, p: Point) -> Option<(usize, u32, u32)> {
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
    pub(super) fn area()(x in 0..SIDE / 2, y in 0..SIDE / 2, w in 1u32..80, h in 1u32..80) -> Area {
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
    pub(super) fn model()(
        tops in prop::collection::vec(top(), 0..7),
        focus in prop::option::weighted(0.9, 0usize..8),
        grab in prop::bool::weighted(0.15),
        fresh in prop::collection::vec(0usize..7, 0..3),
    ) -> Model {
        Model { tops, focus, grab, fresh }
    }
}
