//! The decision on one input.

use std::collections::BTreeSet;

use kith_codec::input::{Button, Keysym, MAX_HELD};
use kith_proto::rights::Right;

use super::desk::{Focus, Grab, Kind, Link, Owner, Point, Popup, Secrecy, Sight, Stacking, Window};
use super::grant::{ControlGrant, Own, What};
use super::keys::{self, Modifier, Modifiers, Role};
use super::limits::Allow;
use super::reason::Reason;

/// X11's number of what closes a menu.
const ESC: u32 = 0xff1b;

/// What a viewer does, in places of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// The pointer goes there.
    Move(Point),
    /// A button is pressed there.
    Press(Point, Button),
    /// A button is let go, there if that is allowed.
    Release(Point, Button),
    /// The wheel is turned there, by notches.
    Wheel {
        /// Where.
        at: Point,
        /// To the right.
        dx: i8,
        /// Down.
        dy: i8,
    },
    /// A key is pressed, or repeats if it is held.
    KeyDown {
        /// What it means.
        key: Keysym,
        /// The character it gave at the viewer.
        character: Option<char>,
    },
    /// A key is let go.
    KeyUp(Keysym),
    /// One character from an input method.
    Type(char),
}

impl Deed {
    /// Where it happens, if at a place.
    #[must_use]
    pub const fn place(self) -> Option<Point> {
        match self {
            Self::Move(at) | Self::Press(at, _) | Self::Release(at, _) | Self::Wheel { at, .. } => {
                Some(at)
            }
            Self::KeyDown { .. } | Self::KeyUp(_) | Self::Type(_) => None,
        }
    }

    /// Whether it only lets something go.
    #[must_use]
    pub const fn lets_go(self) -> bool {
        matches!(self, Self::Release(..) | Self::KeyUp(_))
    }
}

/// What a viewer holds, as far as it was injected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Buttons.
    pub buttons: BTreeSet<Button>,
    /// Keys, by what they mean.
    pub keys: BTreeSet<Keysym>,
}

impl Held {
    /// The modifiers among the keys.
    #[must_use]
    pub fn modifiers(&self) -> Modifiers {
        self.keys
            .iter()
            .fold(Modifiers::NONE, |all, k| match keys::role(*k) {
                Role::Modifies(m) => all.with(m),
                Role::Chooses | Role::Plain => all,
            })
    }

    /// Whether nothing is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.buttons.is_empty() && self.keys.is_empty()
    }
}

/// What may be injected, right now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inject {
    /// The pointer goes there.
    Move(Point),
    /// The pointer goes there and the button is pressed.
    Press(Point, Button),
    /// The button is let go: there, or where the pointer is.
    Release(Option<Point>, Button),
    /// The pointer goes there and the wheel is turned.
    Wheel {
        /// Where.
        at: Point,
        /// To the right.
        dx: i8,
        /// Down.
        dy: i8,
    },
    /// The key is pressed.
    KeyDown {
        /// What it means.
        key: Keysym,
        /// The character it stands for.
        character: Option<char>,
    },
    /// The held key is let go and pressed again.
    KeyAgain(Keysym),
    /// The key is let go.
    KeyUp(Keysym),
    /// The character is typed: its key pressed and let go.
    Type(char),
    /// Nothing: it was allowed and has no effect here.
    Nothing,
}

/// Everything a decision depends on.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// What was consented to.
    pub grant: &'a ControlGrant,
    /// What is never a target.
    pub own: &'a Own,
    /// The screen, frozen.
    pub sight: &'a Sight,
    /// What this viewer holds.
    pub held: &'a Held,
    /// What it does.
    pub deed: Deed,
}

/// Decides. Letting go what is held is always allowed; everything else must be
/// shown to go to what is shared.
///
/// # Errors
/// Why it is refused.
pub fn decide(q: Question<'_>) -> Result<Inject, Reason> {
    match q.deed {
        Deed::Move(at) => {
            q.right(Right::Pointer)?;
            q.pointer(at)?;
            Ok(Inject::Move(at))
        }
        Deed::Press(at, button) => {
            q.right(Right::Pointer)?;
            q.room_to_hold()?;
            q.button(button)?;
            q.pointer(at)?;
            if q.held.buttons.contains(&button) {
                return Ok(Inject::Nothing);
            }
            Ok(Inject::Press(at, button))
        }
        Deed::Release(at, button) => {
            if !q.held.buttons.contains(&button) {
                return Ok(Inject::Nothing);
            }
            let there = q.right(Right::Pointer).and_then(|()| q.pointer(at)).is_ok();
            Ok(Inject::Release(there.then_some(at), button))
        }
        Deed::Wheel { at, dx, dy } => {
            q.right(Right::Pointer)?;
            q.no_alt_drag()?;
            q.pointer(at)?;
            Ok(Inject::Wheel { at, dx, dy })
        }
        Deed::KeyDown { key, character } => {
            q.right(Right::Keyboard)?;
            keys::judge(key, q.held.modifiers(), q.grant.limits())?;
            if keys::role(key) == Role::Chooses {
                return Ok(Inject::Nothing);
            }
            q.keyboard()?;
            if q.held.keys.contains(&key) {
                return Ok(match keys::role(key) {
                    Role::Plain => Inject::KeyAgain(key),
                    Role::Modifies(_) | Role::Chooses => Inject::Nothing,
                });
            }
            q.room_to_hold()?;
            Ok(Inject::KeyDown { key, character })
        }
        Deed::KeyUp(key) => Ok(if q.held.keys.contains(&key) {
            Inject::KeyUp(key)
        } else {
            Inject::Nothing
        }),
        Deed::Type(character) => {
            q.right(Right::Keyboard)?;
            let key = Keysym::of(character).ok_or(Reason::Malformed)?;
            keys::judge(key, q.held.modifiers(), q.grant.limits())?;
            q.keyboard()?;
            Ok(Inject::Type(character))
        }
    }
}

impl Question<'_> {
    fn right(&self, right: Right) -> Result<(), Reason> {
        if self.grant.rights().contains(right) {
            Ok(())
        } else {
            Err(Reason::NoRight)
        }
    }

    fn room_to_hold(&self) -> Result<(), Reason> {
        if self.held.buttons.len() + self.held.keys.len() >= MAX_HELD {
            return Err(Reason::TooManyHeld);
        }
        Ok(())
    }

    fn button(&self, button: Button) -> Result<(), Reason> {
        if button == Button::Menu && self.grant.limits().right_click == Allow::Barred {
            return Err(Reason::Button);
        }
        self.no_alt_drag()
    }

    /// With Alt held, window managers move, resize, lower and fade windows.
    fn no_alt_drag(&self) -> Result<(), Reason> {
        let alt = self.held.modifiers().has(Modifier::Alt);
        if alt && self.grant.limits().borders == Allow::Barred {
            return Err(Reason::Border);
        }
        Ok(())
    }

    /// Whether the pointer's input at `at` goes to what is shared.
    fn pointer(&self, at: Point) -> Result<(), Reason> {
        let limits = self.grant.limits();
        if limits
            .area
            .as_ref()
            .is_some_and(|areas| !areas.iter().any(|a| a.contains(at)))
        {
            return Err(Reason::OutsideArea);
        }
        if let What::Region(part) = self.grant.what()
            && !part.contains(at)
        {
            return Err(Reason::OutsideArea);
        }
        let under = &self.sight.under;
        self.line(under, Reason::ForeignWindow)?;
        self.unbarred(under, at)?;
        self.grab(self.sight.pointer, !self.held.buttons.is_empty())
    }

    /// Whether keys go to what is shared.
    fn keyboard(&self) -> Result<(), Reason> {
        let under = &self.sight.under;
        let target = match &self.sight.focus {
            Focus::Nothing => return Err(Reason::NoWindow),
            Focus::FollowsPointer => under,
            Focus::Window(line) => {
                let focus = line.last().ok_or(Reason::NoWindow)?;
                self.line(line, Reason::ForeignFocus)?;
                // The pointer inside the focused window: keys go to what is
                // under it, which may be another program's, embedded.
                if let Some(i) = under.iter().position(|w| w.id == focus.id) {
                    self.inside(&under[i..], Reason::ForeignFocus)?;
                }
                line
            }
        };
        self.line(target, Reason::ForeignFocus)?;
        // A region takes keys while the window they go to is seen in it.
        let top = target.first().ok_or(Reason::NoWindow)?;
        let seen = |p: Point| match self.grant.what() {
            What::Region(part) => part.contains(p),
            What::Windows(_) | What::Applications(_) | What::Desktop => true,
        };
        let taken = |p: Point| {
            let areas = self.grant.limits().area.as_ref();
            areas.is_none_or(|areas| areas.iter().any(|a| a.contains(p)))
        };
        if !top.area.middle().is_some_and(|m| seen(m) && taken(m)) {
            return Err(Reason::OutsideArea);
        }
        self.kinds(target)?;
        self.grab(self.sight.keyboard, false)?;
        self.chosen_from_menu()
    }

    /// A menu that came with a grab has the keys, wherever the focus is: where menus
    /// are barred, they close it at most.
    fn chosen_from_menu(&self) -> Result<(), Reason> {
        let barred = self.grant.limits().menus == Allow::Barred;
        let closes = matches!(self.deed, Deed::KeyDown { key, .. } if key.get() == ESC);
        let menu = |p: &Popup| p.kind == Kind::Menu;
        if barred && !closes && self.sight.fresh.iter().any(menu) {
            return Err(Reason::Menu);
        }
        Ok(())
    }

    /// Whether a line of windows, from the child of the root down, ends in
    /// what is shared.
    fn line(&self, line: &[Window], foreign: Reason) -> Result<(), Reason> {
        for w in line {
            self.not_ours(w)?;
        }
        let Some(last) = line.last() else {
            return match self.grant.what() {
                What::Desktop | What::Region(_) if foreign == Reason::ForeignWindow => Ok(()),
                _ => Err(Reason::NoWindow),
            };
        };
        let owner = last.owner.ok_or(Reason::UnknownOwner)?;
        match self.grant.what() {
            What::Desktop | What::Region(_) => match self.is_frame(line) {
                true => self.border(),
                false => Ok(()),
            },
            What::Applications(_) | What::Windows(_) => {
                let Some(i) = line.iter().position(|w| w.owner == Some(owner)) else {
                    return Err(Reason::UnknownOwner);
                };
                if self.belongs(&line[i], owner) {
                    self.held_by_shared(&line[..=i], foreign)?;
                    // From its top down nobody else's window lies between.
                    self.inside(&line[i..], foreign)
                } else if self.is_frame(line) {
                    match self.grant.limits().borders {
                        Allow::Allowed => Ok(()),
                        Allow::Barred => Err(Reason::Border),
                    }
                } else {
                    Err(foreign)
                }
            }
        }
    }

    /// What a window doesn't take goes to those that it is in: up to the one
    /// that a window manager has put into its frame, all must be shared too.
    fn held_by_shared(&self, line: &[Window], foreign: Reason) -> Result<(), Reason> {
        let shared = |w: &Window| match (self.grant.what(), w.owner) {
            (What::Applications(owners), Some(owner)) => owners.contains(&owner),
            _ => false,
        };
        for pair in line.windows(2).rev() {
            if pair[1].stacking == Stacking::Managed {
                break;
            }
            if !shared(&pair[0]) {
                return Err(foreign);
            }
        }
        Ok(())
    }

    /// Neither Kith's nor private, and owned by somebody known.
    fn not_ours(&self, w: &Window) -> Result<(), Reason> {
        let owner = w.owner.ok_or(Reason::UnknownOwner)?;
        if self.own.is_kith(owner) || self.own.is_claimed(&w.says) {
            return Err(Reason::OwnWindow);
        }
        if self.is_unseen(w.says.secrecy) {
            return Err(Reason::PrivateWindow);
        }
        Ok(())
    }

    /// Whether no viewer of this share sees a window that says this.
    fn is_unseen(&self, secrecy: Secrecy) -> bool {
        match (secrecy, self.grant.what()) {
            (Secrecy::Open, _) => false,
            (Secrecy::Apart, What::Windows(_) | What::Applications(_)) => false,
            (Secrecy::Apart, What::Region(_) | What::Desktop) | (Secrecy::Private, _) => true,
        }
    }

    /// Every window of `line` has the owner of the first, or, where whole
    /// applications are shared, another one that is.
    fn inside(&self, line: &[Window], foreign: Reason) -> Result<(), Reason> {
        let shared = |owner: Owner| match self.grant.what() {
            What::Applications(owners) => owners.contains(&owner),
            What::Windows(_) => line.first().and_then(|w| w.owner) == Some(owner),
            What::Region(_) | What::Desktop => true,
        };
        for w in line {
            self.not_ours(w)?;
            if !shared(w.owner.ok_or(Reason::UnknownOwner)?) {
                return Err(foreign);
            }
        }
        Ok(())
    }

    /// Whether the topmost window that `owner` has in a line is shared.
    fn belongs(&self, top: &Window, owner: Owner) -> bool {
        match self.grant.what() {
            What::Desktop | What::Region(_) => true,
            What::Applications(owners) => owners.contains(&owner),
            What::Windows(shared) => shared.iter().filter(|s| s.owner == owner).any(|s| {
                let chain = &top.transient_for;
                let led = chain.iter().position(|l| l.id == s.id);
                // Links count as far as the same client made them.
                let dialog =
                    led.is_some_and(|i| chain[..=i].iter().all(|l| l.owner == Some(owner)));
                let menu = chain.is_empty()
                    && top.stacking == Stacking::Popup
                    && matches!(top.kind, Kind::Menu | Kind::Passing);
                top.id == s.id || dialog || menu
            }),
        }
    }

    /// Whether the line is a window manager's frame around what is shared, and
    /// its own title bar or buttons at most.
    fn is_frame(&self, line: &[Window]) -> bool {
        let Some(top) = line.first() else {
            return false;
        };
        if line.iter().any(|w| w.owner != top.owner) {
            return false;
        }
        let around = |shared: &dyn Fn(&Link) -> bool| top.frames.iter().any(shared);
        // Some window managers resize by what has no pixels, beside a frame. Keys go
        // to such a one where nothing has the focus.
        let grip = top.input_only && self.deed.place().is_some();
        match self.grant.what() {
            What::Desktop | What::Region(_) => grip || around(&|f| f.owner != top.owner),
            What::Applications(owners) => around(&|f| f.owner.is_some_and(|o| owners.contains(&o))),
            What::Windows(shared) => around(&|f| {
                shared
                    .iter()
                    .any(|s| s.id == f.id && f.owner == Some(s.owner))
            }),
        }
    }

    /// A border that is barred takes no clicks and no keys. The pointer may pass
    /// over it, as over all else that is seen.
    fn border(&self) -> Result<(), Reason> {
        match (self.grant.limits().borders, self.deed) {
            (Allow::Allowed, _) | (Allow::Barred, Deed::Move(_)) => Ok(()),
            (Allow::Barred, _) => Err(Reason::Border),
        }
    }

    /// The limits on kinds of windows.
    fn kinds(&self, line: &[Window]) -> Result<(), Reason> {
        let limits = self.grant.limits();
        for w in line {
            match w.kind {
                Kind::Menu if limits.menus == Allow::Barred => return Err(Reason::Menu),
                Kind::FileDialog if limits.file_dialogs == Allow::Barred => {
                    return Err(Reason::FileDialog);
                }
                Kind::Normal | Kind::Dialog | Kind::FileDialog | Kind::Menu | Kind::Passing => {}
            }
        }
        Ok(())
    }

    /// The limits on places and kinds of windows.
    fn unbarred(&self, line: &[Window], at: Point) -> Result<(), Reason> {
        let limits = self.grant.limits();
        self.kinds(line)?;
        let barred_on_screen = limits
            .barred
            .iter()
            .any(|b| b.window.is_none() && b.area.contains(at));
        if barred_on_screen {
            return Err(Reason::BarredPlace);
        }
        for w in line {
            let origin = Point {
                x: w.area.x,
                y: w.area.y,
            };
            if limits.barred.iter().any(|b| b.covers(w.id, origin, at)) {
                return Err(Reason::BarredPlace);
            }
            if w.own_borders.contain(w.area, at) {
                self.border()?;
            }
        }
        Ok(())
    }

    /// A grab must explain itself: by a button that this viewer holds (the
    /// program under it has the pointer until it is let go), or by a pop-up of
    /// what is shared that came with it. A foreign pop-up that came with it
    /// means that the grab may be that one's.
    fn grab(&self, grab: Grab, holds: bool) -> Result<(), Reason> {
        if grab == Grab::Free {
            return Ok(());
        }
        let mut shared = false;
        for p in &self.sight.fresh {
            match self.whose(p) {
                Whose::Kith => {}
                Whose::Shared => shared = true,
                Whose::Foreign => return Err(Reason::Grabbed),
            }
        }
        if shared || holds {
            Ok(())
        } else {
            Err(Reason::Grabbed)
        }
    }

    fn whose(&self, popup: &Popup) -> Whose {
        let Some(owner) = popup.owner else {
            return Whose::Foreign;
        };
        if self.own.is_kith(owner) {
            return Whose::Kith;
        }
        if self.is_unseen(popup.says.secrecy) || self.own.is_claimed(&popup.says) {
            return Whose::Foreign;
        }
        let shared = match self.grant.what() {
            What::Windows(shared) => shared.iter().any(|s| s.owner == owner),
            What::Applications(owners) => owners.contains(&owner),
            What::Region(_) | What::Desktop => true,
        };
        if shared {
            Whose::Shared
        } else {
            Whose::Foreign
        }
    }
}

enum Whose {
    Kith,
    Shared,
    Foreign,
}
