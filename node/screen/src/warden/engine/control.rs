//! One viewer's control: its grant, its queue, what it holds.

use std::collections::{BTreeSet, VecDeque};

use kith_codec::input::{Button, Input, Keysym, Motion, NOTCH, Place};
use kith_codec::time::Moment;

use super::super::hands::{Hands, Origin};
use crate::guard::keys::{Role, role};
use crate::guard::{Bucket, ControlGrant, Deed, Held, Inject, Limits, Point, Reason};

/// Most inputs that wait. More is a viewer that doesn't stop to look.
const MAX_QUEUE: usize = 256;

/// Something at a place of the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum There {
    Move,
    Press(Button),
    Release(Button),
    Wheel(i8, i8),
}

impl There {
    pub(super) const fn deed(self, at: Point) -> Deed {
        match self {
            Self::Move => Deed::Move(at),
            Self::Press(b) => Deed::Press(at, b),
            Self::Release(b) => Deed::Release(at, b),
            Self::Wheel(dx, dy) => Deed::Wheel { at, dx, dy },
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Todo {
    /// Where that is on the screen is only known when it is frozen.
    At(Origin, Place, There),
    /// A deed of the keyboard.
    Key(Deed),
}

impl Todo {
    pub(super) const fn lets_go(self) -> bool {
        match self {
            Self::At(_, _, there) => matches!(there, There::Release(_)),
            Self::Key(deed) => deed.lets_go(),
        }
    }

    pub(super) const fn only_moves(self) -> bool {
        matches!(self, Self::At(_, _, There::Move))
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Task {
    pub(super) todo: Todo,
    pub(super) since: Moment,
}

#[derive(Debug)]
pub(super) struct Control {
    pub(super) grant: ControlGrant,
    /// When the viewer was first given it, whatever was given anew since.
    pub(super) since: Moment,
    /// What is really held.
    pub(super) held: Held,
    /// Modifiers that the viewer holds, injected or not.
    wanted: BTreeSet<Keysym>,
    bucket: Bucket,
    queue: VecDeque<Task>,
    retry_at: Option<Moment>,
    /// Parts of wheel notches.
    wheel: (i32, i32),
    /// When to look whether held keys may still be held.
    pub(super) watch_at: Option<Moment>,
    /// A key is held that X would begin to repeat.
    pub(super) repeats: bool,
}

impl Control {
    pub(super) fn new(grant: ControlGrant, since: Moment, now: Moment) -> Self {
        let bucket = Bucket::new(grant.limits().rate, now);
        Self {
            grant,
            since,
            held: Held::default(),
            wanted: BTreeSet::new(),
            bucket,
            queue: VecDeque::new(),
            retry_at: None,
            wheel: (0, 0),
            watch_at: None,
            repeats: false,
        }
    }

    pub(super) fn set_limits(&mut self, limits: Limits, now: Moment) {
        let limits = self.grant.limits().meet(&limits);
        if limits.rate != self.grant.limits().rate {
            self.bucket = Bucket::new(limits.rate, now);
        }
        self.grant.set_limits(limits);
    }

    /// Queues what an input asks for.
    pub(super) fn take(
        &mut self,
        origin: Origin,
        input: &Input,
        now: Moment,
    ) -> Result<(), Reason> {
        let at = |place: Place, there| Todo::At(origin, place, there);
        match input {
            Input::Move(place) => {
                let todo = at(*place, There::Move);
                // Only the latest place matters.
                if let Some(last) = self.queue.back_mut()
                    && matches!(last.todo, Todo::At(_, _, There::Move))
                {
                    last.todo = todo;
                    return Ok(());
                }
                self.push(todo, now)
            }
            Input::Button {
                at: place,
                button,
                motion,
            } => match motion {
                Motion::Down => self.push(at(*place, There::Press(*button)), now),
                Motion::Up => self.push_release(at(*place, There::Release(*button)), now),
            },
            Input::Wheel { at: place, dx, dy } => {
                let notches = |rest: &mut i32, d: i16| {
                    *rest += i32::from(d);
                    let whole = *rest / i32::from(NOTCH);
                    *rest -= whole * i32::from(NOTCH);
                    // The codec allows 32 notches; what is left is less than one.
                    whole.clamp(-32, 32) as i8
                };
                let (x, y) = (
                    notches(&mut self.wheel.0, *dx),
                    notches(&mut self.wheel.1, *dy),
                );
                if (x, y) == (0, 0) {
                    return Ok(());
                }
                self.push(at(*place, There::Wheel(x, y)), now)
            }
            Input::Key(key) => match key.motion {
                Motion::Down => self.push(
                    Todo::Key(Deed::KeyDown {
                        key: key.keysym,
                        character: key.character,
                    }),
                    now,
                ),
                Motion::Up => self.push_release(Todo::Key(Deed::KeyUp(key.keysym)), now),
            },
            Input::Text(text) => {
                for c in text.as_str().chars() {
                    self.push(Todo::Key(Deed::Type(c)), now)?;
                }
                Ok(())
            }
            // Asking and giving back are the node's; releasing all was done.
            Input::ReleaseAll | Input::Ask | Input::GiveBack => Ok(()),
        }
    }

    fn push(&mut self, todo: Todo, now: Moment) -> Result<(), Reason> {
        if self.queue.len() >= MAX_QUEUE || !self.bucket.take(now) {
            return Err(Reason::Rate);
        }
        self.queue.push_back(Task { todo, since: now });
        Ok(())
    }

    /// Letting go costs nothing, and has room before whatever acts. What isn't
    /// down needs none: each would hold up the display, at no rate.
    fn push_release(&mut self, todo: Todo, now: Moment) -> Result<(), Reason> {
        if !self.is_down(todo) {
            return Ok(());
        }
        if self.queue.len() >= 2 * MAX_QUEUE {
            self.forget_deeds();
        }
        if self.queue.len() >= 2 * MAX_QUEUE {
            return Err(Reason::Rate);
        }
        self.queue.push_back(Task { todo, since: now });
        Ok(())
    }

    /// Whether `release` lets go of anything, once all that waits is done.
    fn is_down(&self, release: Todo) -> bool {
        use {Deed::KeyDown, Deed::KeyUp, There::Press, There::Release, Todo::At, Todo::Key};
        let waits = |task: &Task| match (task.todo, release) {
            (At(_, _, Press(a)), At(_, _, Release(b))) => (a == b).then_some(true),
            (At(_, _, Release(a)), At(_, _, Release(b))) => (a == b).then_some(false),
            (Key(KeyDown { key, .. }), Key(KeyUp(b))) => (key == b).then_some(true),
            (Key(KeyUp(a)), Key(KeyUp(b))) => (a == b).then_some(false),
            _ => None,
        };
        let wanted = matches!(release, Key(KeyUp(key)) if self.wanted.contains(&key));
        let last = self.queue.iter().rev().find_map(waits);
        last.unwrap_or_else(|| wanted || self.lets_go(release).is_some())
    }

    pub(super) fn next(&mut self, now: Moment) -> Option<Task> {
        if self.retry_at.is_some_and(|at| at > now) {
            return None;
        }
        self.retry_at = None;
        self.queue.pop_front()
    }

    pub(super) fn put_back(&mut self, task: Task, at: Moment) {
        self.queue.push_front(task);
        self.retry_at = Some(at);
    }

    pub(super) fn next_at(&self) -> Option<Moment> {
        let queued = (!self.queue.is_empty()).then(|| self.retry_at.unwrap_or_default());
        [queued, self.watch_at].into_iter().flatten().min()
    }

    /// Notes which modifiers the viewer holds, whatever becomes of the deed.
    pub(super) fn note(&mut self, deed: Deed) {
        match deed {
            Deed::KeyDown { key, .. } if matches!(role(key), Role::Modifies(_)) => {
                self.wanted.insert(key);
            }
            Deed::KeyUp(key) => {
                self.wanted.remove(&key);
            }
            _ => {}
        }
    }

    /// Modifiers that the viewer holds and that aren't held here, as far as
    /// they matter to `deed`.
    pub(super) fn missing_modifiers(&self, deed: Deed) -> Vec<Deed> {
        let own = match deed {
            Deed::KeyDown { key, .. } if role(key) != Role::Plain => return Vec::new(),
            Deed::Move(_) if self.held.buttons.is_empty() => return Vec::new(),
            _ => &self.wanted,
        };
        own.difference(&self.held.keys)
            .map(|key| Deed::KeyDown {
                key: *key,
                character: None,
            })
            .collect()
    }

    /// What lets go what is held, if that is what is to be done.
    pub(super) fn lets_go(&self, todo: Todo) -> Option<Inject> {
        match todo {
            Todo::At(_, _, There::Release(b)) if self.held.buttons.contains(&b) => {
                Some(Inject::Release(None, b))
            }
            Todo::Key(Deed::KeyUp(key)) if self.held.keys.contains(&key) => {
                Some(Inject::KeyUp(key))
            }
            _ => None,
        }
    }

    /// Notes what was injected.
    pub(super) fn done(&mut self, inject: Inject) {
        match inject {
            Inject::Press(_, b) => {
                self.held.buttons.insert(b);
            }
            Inject::Release(_, b) => {
                self.held.buttons.remove(&b);
            }
            Inject::KeyDown { key, .. } => {
                self.held.keys.insert(key);
                self.repeats |= role(key) == Role::Plain;
            }
            Inject::KeyAgain(_) => self.repeats = true,
            Inject::KeyUp(key) => {
                self.held.keys.remove(&key);
            }
            Inject::Move(_) | Inject::Wheel { .. } | Inject::Type(_) | Inject::Nothing => {}
        }
    }

    /// A deed that stands for "these keys are held", for asking the guard.
    pub(super) fn probe(&self) -> Option<Deed> {
        let key = self.held.keys.iter().next().copied()?;
        Some(Deed::KeyDown {
            key,
            character: None,
        })
    }

    /// Lets go of the keys that are held, for another's turn. Those that modify
    /// are wanted still.
    pub(super) fn let_keys_go(&mut self, hands: &mut impl Hands) {
        for key in std::mem::take(&mut self.held.keys) {
            let _ = hands.act(Inject::KeyUp(key));
        }
        self.repeats = false;
    }

    /// Lets go of what is held and drops what waits.
    pub(super) fn let_go(&mut self, hands: &mut impl Hands) {
        self.let_keys_go(hands);
        for button in std::mem::take(&mut self.held.buttons) {
            let _ = hands.act(Inject::Release(None, button));
        }
        hands.flush();
        self.forget();
    }

    /// Forgets what was held: it has been let go.
    pub(super) fn forget(&mut self) {
        self.held = Held::default();
        self.wanted.clear();
        self.watch_at = None;
        self.repeats = false;
        self.forget_queue();
    }

    /// Forgets what waits, but not what is to be let go: whoever drops that leaves
    /// a key or a button down (GUARD-5).
    pub(super) fn forget_deeds(&mut self) {
        self.queue.retain(|task| task.todo.lets_go());
        self.retry_at = None;
        self.wheel = (0, 0);
    }

    pub(super) fn forget_queue(&mut self) {
        self.queue.clear();
        self.retry_at = None;
        self.wheel = (0, 0);
    }
}
