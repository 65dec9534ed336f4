//! What happens with a viewer's input between its arrival and the screen:
//! queue, rate, freeze, look, decide, act. And what ends it.
//!
//! Knows no window system ([`Hands`] does) and no clock. A [`ControlGrant`]
//! lives in here and nowhere else.
//!
//! Several viewers may control at a time, in one share or in several, and there
//! is one pointer and one keyboard. So they take turns, and nothing that one
//! holds acts together with what another does: others' keys are let go first
//! (and pressed again at their next turn, where they modify), and while one
//! holds a button, the others are refused.

mod control;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use kith_codec::input::Input;
use kith_codec::time::{Micros, Moment};

use super::hands::{Hands, Origin};
use crate::guard::{ControlGrant, Limits, Own, Question, Reason, ShareId, ViewerId, What, decide};
use control::{Control, Task, Todo};

/// How long a viewer's input waits after the sharer's own: as long as a hand
/// rests between two movements (GUARD-6).
pub const LOCAL_PAUSE: Micros = Micros::from_millis(1_000);

/// How often it is looked whether held keys still go where they may. Less
/// than the shortest delay after which X repeats a key by itself.
const WATCH: Micros = Micros::from_millis(120);

/// How soon a character is tried again that found no free key to be typed with.
const RETRY: Micros = Micros::from_millis(30);

/// How long a character waits for a free key before it is given up.
const GIVE_UP: Micros = Micros::from_millis(2_000);

/// What became of one input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// In which share.
    pub share: ShareId,
    /// Whose.
    pub viewer: ViewerId,
    /// Injected, or why not.
    pub result: Result<(), Reason>,
}

/// Whether viewers' input is taken at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// It is.
    Open,
    /// A consent window is open: nothing is injected beside it.
    Consent,
}

/// All control there is on this screen.
#[derive(Debug)]
pub struct Engine {
    own: Own,
    controls: BTreeMap<(ShareId, ViewerId), Control>,
    /// Who had the last turn.
    last: Option<(ShareId, ViewerId)>,
    paused_until: Moment,
    gate: Gate,
}

impl Engine {
    /// Without any control.
    #[must_use]
    pub fn new(own: Own) -> Self {
        Self {
            own,
            controls: BTreeMap::new(),
            last: None,
            paused_until: Moment::default(),
            gate: Gate::Open,
        }
    }

    /// What is never a target.
    #[must_use]
    pub const fn own(&self) -> &Own {
        &self.own
    }

    /// The same, to be changed.
    pub fn own_mut(&mut self) -> &mut Own {
        &mut self.own
    }

    /// Takes a fresh grant; one that the viewer had in this share ends.
    pub fn arm(&mut self, hands: &mut impl Hands, grant: ControlGrant, now: Moment) {
        let key = (grant.share(), grant.viewer());
        let since = self.controls.get(&key).map_or(now, |c| c.since);
        self.disarm(hands, key.0, key.1);
        self.controls.insert(key, Control::new(grant, since, now));
    }

    /// Ends a viewer's control. Says whether there was any.
    pub fn disarm(&mut self, hands: &mut impl Hands, share: ShareId, viewer: ViewerId) -> bool {
        self.release(hands, share, viewer);
        self.controls.remove(&(share, viewer)).is_some()
    }

    /// Ends everything at once: what is queued is dropped, what is held is let
    /// go. Only fresh grants bring control back.
    pub fn panic(&mut self, hands: &mut impl Hands) -> Vec<(ShareId, ViewerId)> {
        hands.release_all();
        std::mem::take(&mut self.controls).into_keys().collect()
    }

    /// Who has control.
    pub fn controllers(&self) -> impl Iterator<Item = (ShareId, ViewerId)> + '_ {
        self.controls.keys().copied()
    }

    /// Who has controlled a share for the longest.
    #[must_use]
    pub fn longest(&self, share: ShareId) -> Option<ViewerId> {
        let of = self.controls.iter().filter(|((s, _), _)| *s == share);
        of.min_by_key(|(_, c)| c.since).map(|((_, v), _)| *v)
    }

    /// The grant of a viewer.
    #[must_use]
    pub fn grant(&self, share: ShareId, viewer: ViewerId) -> Option<&ControlGrant> {
        self.controls.get(&(share, viewer)).map(|c| &c.grant)
    }

    /// The sharer added or removed windows of the share.
    pub fn set_what(&mut self, hands: &mut impl Hands, share: ShareId, what: &What) {
        for (key, c) in &mut self.controls {
            if key.0 == share {
                c.let_go(hands);
                c.grant.set_what(what.clone());
            }
        }
    }

    /// The sharer bars more. What was barred stays so: looser limits count for
    /// the next grant.
    pub fn set_limits(&mut self, share: ShareId, viewer: ViewerId, limits: Limits, now: Moment) {
        if let Some(c) = self.controls.get_mut(&(share, viewer)) {
            c.set_limits(limits, now);
        }
    }

    /// A consent window opened or closed.
    pub fn set_gate(&mut self, hands: &mut impl Hands, gate: Gate) {
        if gate != self.gate && gate == Gate::Consent {
            self.let_go_everywhere(hands);
        }
        self.gate = gate;
    }

    /// The sharer used mouse or keyboard: goes first. What viewers hold is let
    /// go and what they wanted is dropped (GUARD-6). Says whether that is new.
    pub fn local(&mut self, hands: &mut impl Hands, now: Moment) -> bool {
        let new = self.paused_until <= now;
        self.paused_until = now + LOCAL_PAUSE;
        self.let_go_everywhere(hands);
        new
    }

    /// Until when viewers' input waits for the sharer's; past: it doesn't.
    #[must_use]
    pub const fn paused_until(&self) -> Moment {
        self.paused_until
    }

    fn let_go_everywhere(&mut self, hands: &mut impl Hands) {
        if self.controls.values().any(|c| !c.held.is_empty()) {
            hands.release_all();
        }
        for c in self.controls.values_mut() {
            c.forget();
        }
    }

    /// Lets go of everything that a viewer holds.
    pub fn release(&mut self, hands: &mut impl Hands, share: ShareId, viewer: ViewerId) {
        if let Some(c) = self.controls.get_mut(&(share, viewer)) {
            c.let_go(hands);
        }
    }

    /// Takes an input in. It is injected by [`Engine::step`].
    ///
    /// # Errors
    /// Why it was dropped.
    pub fn input(
        &mut self,
        hands: &mut impl Hands,
        share: ShareId,
        viewer: ViewerId,
        origin: Origin,
        input: &Input,
        now: Moment,
    ) -> Result<(), Reason> {
        let c = self
            .controls
            .get_mut(&(share, viewer))
            .ok_or(Reason::NoGrant)?;
        if *input == Input::ReleaseAll {
            c.let_go(hands);
            return Ok(());
        }
        if now < self.paused_until {
            // Releases too: everything was let go already.
            return Err(Reason::Local);
        }
        if self.gate == Gate::Consent {
            return Err(Reason::Consent);
        }
        c.take(origin, input, now)
    }

    /// Does the next thing there is to do, if it is time: one input, or a look
    /// at what is held. Call again until `None`, then wait until
    /// [`Engine::next_at`].
    pub fn step(&mut self, hands: &mut impl Hands, now: Moment) -> Option<Outcome> {
        if now < self.paused_until || self.gate != Gate::Open {
            return None;
        }
        // Whoever comes after the last one is next.
        let (mut turns, after): (Vec<_>, Vec<_>) = self
            .controls
            .keys()
            .partition(|key| Some(**key) > self.last);
        turns.extend(after);
        for key in turns {
            let Some(c) = self.controls.get_mut(&key) else {
                continue;
            };
            if c.watch_at.is_some_and(|at| at <= now) {
                c.watch_at = None;
                watch(&self.own, c, hands, now);
            }
            let Some(task) = c.next(now) else { continue };
            self.last = Some(key);
            let alone = self.make_way(hands, key, task.todo);
            let Some(c) = self.controls.get_mut(&key) else {
                continue;
            };
            let result = alone.and_then(|()| perform(&self.own, c, hands, &task, now));
            let result = match result {
                Err(Reason::Rate) if now - task.since < GIVE_UP => {
                    c.put_back(task, now + RETRY);
                    continue;
                }
                Err(Reason::Rate) => Err(Reason::Untypable),
                Err(Reason::Local) => {
                    c.forget_deeds();
                    result
                }
                result => result,
            };
            let (share, viewer) = key;
            return Some(Outcome {
                share,
                viewer,
                result,
            });
        }
        None
    }

    /// Sees to it that nothing others hold acts together with what this viewer
    /// does: their keys are let go, and a button that one holds refuses it, for
    /// letting go of that would drop what is dragged.
    fn make_way(
        &mut self,
        hands: &mut impl Hands,
        whose: (ShareId, ViewerId),
        todo: Todo,
    ) -> Result<(), Reason> {
        if todo.lets_go() {
            return Ok(());
        }
        let others = self.controls.iter_mut().filter(|(key, _)| **key != whose);
        let others: Vec<_> = others.map(|(_, c)| c).collect();
        if others.iter().any(|c| !c.held.buttons.is_empty()) {
            return Err(Reason::OthersButton);
        }
        // A pointer that only moves is nothing else under Shift. With a button
        // held nobody else holds anything: refused since that was pressed.
        if !todo.only_moves() {
            others.into_iter().for_each(|c| c.let_keys_go(hands));
        }
        Ok(())
    }

    /// When [`Engine::step`] has something to do next; `None`: only after new
    /// input.
    #[must_use]
    pub fn next_at(&self) -> Option<Moment> {
        self.controls.values().filter_map(Control::next_at).min()
    }

    /// Ends grants whose time is up, and says whose.
    pub fn expire(&mut self, hands: &mut impl Hands, now: Moment) -> Vec<(ShareId, ViewerId)> {
        let over: Vec<_> = self
            .controls
            .iter()
            .filter(|(_, c)| c.grant.until().is_some_and(|u| u <= now))
            .map(|(key, _)| *key)
            .collect();
        for (share, viewer) in &over {
            self.disarm(hands, *share, *viewer);
        }
        over
    }
}

/// Freezes, looks, decides, acts, thaws.
fn perform(
    own: &Own,
    c: &mut Control,
    hands: &mut impl Hands,
    task: &Task,
    now: Moment,
) -> Result<(), Reason> {
    let result = hands.freeze().and_then(|()| {
        let result = perform_frozen(own, c, hands, task);
        hands.thaw();
        result
    });
    // Letting go depends on nothing that is seen: the window that it was pressed
    // in may be gone (GUARD-5).
    let result = match c.lets_go(task.todo) {
        Some(inject) if result.is_err() => {
            c.done(inject);
            hands.act(inject)
        }
        _ => result,
    };
    if result.is_ok() {
        c.watch_at = (!c.held.is_empty()).then(|| now + WATCH);
    }
    result
}

fn perform_frozen(
    own: &Own,
    c: &mut Control,
    hands: &mut impl Hands,
    task: &Task,
) -> Result<(), Reason> {
    let deed = match task.todo {
        Todo::At(origin, place, there) => there.deed(hands.locate(origin, place)?),
        Todo::Key(deed) => deed,
    };
    c.note(deed);
    // What the viewer holds must be held here too before anything is done with
    // it, or Ctrl-click would be a click.
    if !deed.lets_go() {
        let missing = c.missing_modifiers(deed);
        if !missing.is_empty() {
            let sight = hands.look(None)?;
            for deed in missing {
                let q = Question {
                    grant: &c.grant,
                    own,
                    sight: &sight,
                    held: &c.held,
                    deed,
                };
                let inject = decide(q)?;
                hands.act(inject)?;
                c.done(inject);
            }
        }
    }
    let sight = hands.look(deed.place())?;
    let q = Question {
        grant: &c.grant,
        own,
        sight: &sight,
        held: &c.held,
        deed,
    };
    let inject = decide(q)?;
    let acted = hands.act(inject);
    if acted.is_ok() || deed.lets_go() {
        c.done(inject);
    }
    acted
}

/// Looks whether what is held still goes where it may; lets go if not, or if
/// that can't be found out.
fn watch(own: &Own, c: &mut Control, hands: &mut impl Hands, now: Moment) {
    let Some(deed) = c.probe() else {
        // Only buttons: the program under them has the pointer.
        return;
    };
    let fine = hands.freeze().is_ok()
        && hands.look(None).is_ok_and(|sight| {
            let q = Question {
                grant: &c.grant,
                own,
                sight: &sight,
                held: &c.held,
                deed,
            };
            decide(q).is_ok()
        });
    if fine {
        if c.repeats {
            hands.quench();
            c.repeats = false;
        }
        c.watch_at = Some(now + WATCH);
    } else {
        c.let_go(hands);
    }
    hands.thaw();
}
