//! What a viewer does to the shared picture, and what it is told about
//! control: kinds 0x30 to 0x3f of the view protocol, all in the control lane
//! (`protocol-spec/12-share-input.md`).
//!
//! A viewer sends keysyms and text: what a key *means* under the viewer's
//! layout, shift and lock keys. It never sends the state of its lock keys, and
//! keys that would change a lock state cannot even be written down here, so
//! nothing a viewer sends can change the sharer's keyboard state (GUARD-5).
//! Whether an input is allowed is the guard's business, not this module's.

mod notice;
mod people;
#[cfg(test)]
mod tests;

pub use notice::{Actor, Asking, Controller, Notice, Refusal, Status};
pub use people::{MAX_NAME, MAX_PEOPLE, People};

use crate::message::{Envelope, MessageError, message};
use crate::wire::{Put, Reader};

/// Longest text of one [`Input::Text`] in bytes of UTF-8: what an input method
/// commits at once. More is several messages.
pub const MAX_TEXT: usize = 128;

/// Largest step of the wheel either way, in units of [`NOTCH`]: what a fast
/// flick gives within one frame.
pub const MAX_WHEEL: i16 = 32 * NOTCH;

/// One notch of an ordinary wheel.
pub const NOTCH: i16 = 120;

/// Most keys and buttons that a viewer may hold at a time: ten fingers and
/// room for confusion. A viewer doesn't press more; a sharer refuses more.
pub const MAX_HELD: usize = 32;

mod kind {
    pub(super) const MOVE: u8 = 0x30;
    pub(super) const BUTTON: u8 = 0x31;
    pub(super) const WHEEL: u8 = 0x32;
    pub(super) const KEY: u8 = 0x33;
    pub(super) const TEXT: u8 = 0x34;
    pub(super) const RELEASE_ALL: u8 = 0x35;
    pub(super) const ASK: u8 = 0x36;
    pub(super) const GIVE_BACK: u8 = 0x37;
    pub(super) const STATUS: u8 = 0x38;
    pub(super) const ACTIVITY: u8 = 0x39;
    pub(super) const REFUSED: u8 = 0x3a;
}

/// Longest body of a kind of this module; `None` if there is no such kind.
pub(crate) const fn limit(of: u8) -> Option<usize> {
    Some(match of {
        kind::MOVE => 4,
        kind::BUTTON => 6,
        kind::WHEEL => 8,
        kind::KEY => 9,
        kind::TEXT => MAX_TEXT,
        kind::RELEASE_ALL | kind::ASK | kind::GIVE_BACK => 0,
        kind::STATUS => 4,
        kind::ACTIVITY => 1,
        kind::REFUSED => 3,
        _ => return None,
    })
}

/// A place in the picture, in its pixels from the top left. It may lie outside
/// when the picture shrank meanwhile; the guard drops such input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Place {
    /// From the left.
    pub x: u16,
    /// From the top.
    pub y: u16,
}

impl Place {
    fn get(r: &mut Reader<'_>) -> Result<Self, MessageError> {
        Ok(Self {
            x: r.u16()?,
            y: r.u16()?,
        })
    }

    fn put(self, out: &mut Vec<u8>) {
        out.put_u16(self.x);
        out.put_u16(self.y);
    }
}

/// A button of a pointing device, by its use and not its side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Button {
    /// The main one, usually left.
    Main,
    /// The middle one, or the wheel pressed.
    Middle,
    /// The one for menus, usually right.
    Menu,
    /// "Back" on the side.
    Back,
    /// "Forward" on the side.
    Forward,
}

impl Button {
    const ALL: [Self; 5] = [
        Self::Main,
        Self::Middle,
        Self::Menu,
        Self::Back,
        Self::Forward,
    ];
}

/// Whether something is pressed or let go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Motion {
    /// Let go.
    Up,
    /// Pressed. For a key that is held already: it repeats.
    Down,
}

impl Motion {
    fn get(r: &mut Reader<'_>, k: u8) -> Result<Self, MessageError> {
        match r.u8()? {
            0 => Ok(Self::Up),
            1 => Ok(Self::Down),
            _ => Err(MessageError::Range(k)),
        }
    }
}

/// What a key means, as X11 numbers it (`keysymdef.h`). Never a key that
/// switches or latches a state of the keyboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Keysym(u32);

impl Keysym {
    /// Checks the range: not 0, at most 29 bits, none of the lock, latch and
    /// group keys (GUARD-5).
    #[must_use]
    pub const fn new(number: u32) -> Option<Self> {
        match number {
            0 | 0x2000_0000.. => None,
            // Scroll_Lock, Kana_Lock, Eisu_toggle, Num_Lock, Caps_Lock,
            // Shift_Lock.
            0xff14 | 0xff2d | 0xff30 | 0xff7f | 0xffe5 | 0xffe6 => None,
            // ISO_Lock to ISO_Last_Group_Lock but ISO_Level3_Shift, which is a
            // plain modifier; ISO_Level5_Latch and _Lock.
            0xfe01..=0xfe02 | 0xfe04..=0xfe0f | 0xfe12..=0xfe13 => None,
            _ => Some(Self(number)),
        }
    }

    /// Its number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }

    /// The keysym of a character: its own number in Latin-1, else
    /// `0x0100_0000` plus its scalar value. `None` for control characters.
    #[must_use]
    pub fn of(character: char) -> Option<Self> {
        let n = u32::from(character);
        match n {
            _ if character.is_control() => None,
            0x20..=0xff => Some(Self(n)),
            _ => Some(Self(0x0100_0000 + n)),
        }
    }

    /// The character that it is the keysym of, in Latin-1 or by its scalar
    /// value; `None` for others, older numbers of letters among them.
    #[must_use]
    pub const fn character(self) -> Option<char> {
        match self.0 {
            n @ (0x20..=0x7e | 0xa0..=0xff) => char::from_u32(n),
            n @ 0x0100_00a0..=0x0110_ffff => char::from_u32(n - 0x0100_0000),
            _ => None,
        }
    }

    /// Whether it is one that modifies others while held: Shift, Control,
    /// Meta, Alt, Super, Hyper, ISO_Level3_Shift, ISO_Level5_Shift,
    /// Mode_switch.
    #[must_use]
    pub const fn is_modifier(self) -> bool {
        matches!(
            self.0,
            0xffe1..=0xffe4 | 0xffe7..=0xffee | 0xfe03 | 0xfe11 | 0xff7e
        )
    }
}

/// A key pressed or let go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// What it means. A release names the keysym of its press, whatever the
    /// modifiers are by then.
    pub keysym: Keysym,
    /// Pressed or let go.
    pub motion: Motion,
    /// The character it produced at the viewer, for a sharer whose layout
    /// lacks the keysym. Only with a press; never a control character.
    pub character: Option<char>,
}

impl Key {
    fn is_valid(self) -> bool {
        self.character
            .is_none_or(|c| self.motion == Motion::Down && !c.is_control())
    }
}

/// Text without a key of its own, from an input method: 1 to [`MAX_TEXT`]
/// bytes, no control characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Text(String);

impl Text {
    /// Checks it.
    #[must_use]
    pub fn new(text: String) -> Option<Self> {
        let fits = (1..=MAX_TEXT).contains(&text.len());
        (fits && !text.chars().any(char::is_control)).then_some(Self(text))
    }

    /// Cuts a longer text into pieces and leaves control characters out.
    #[must_use]
    pub fn pieces(text: &str) -> Vec<Self> {
        let mut pieces: Vec<Self> = Vec::new();
        for c in text.chars().filter(|c| !c.is_control()) {
            match pieces.last_mut() {
                Some(last) if last.0.len() + c.len_utf8() <= MAX_TEXT => last.0.push(c),
                _ => pieces.push(Self(c.into())),
            }
        }
        pieces
    }

    /// As a string.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a viewer does or wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// The pointer goes there. Only the latest place matters.
    Move(Place),
    /// A button at a place: the pointer is there at that moment, whatever was
    /// said before.
    Button {
        /// Where.
        at: Place,
        /// Which.
        button: Button,
        /// Pressed or let go.
        motion: Motion,
    },
    /// The wheel at a place, in units of [`NOTCH`], within [`MAX_WHEEL`] and
    /// not both 0. Positive: to the right, downwards.
    Wheel {
        /// Where.
        at: Place,
        /// Sideways.
        dx: i16,
        /// Down.
        dy: i16,
    },
    /// A key.
    Key(Key),
    /// Text from an input method.
    Text(Text),
    /// Everything this viewer holds is let go: it lost the focus.
    ReleaseAll,
    /// May I control?
    Ask,
    /// I no longer control, or no longer ask.
    GiveBack,
}

impl Input {
    /// Reads a message from a viewer.
    ///
    /// # Errors
    /// What is wrong with it; [`MessageError::Unknown`] for a kind that is
    /// none of a viewer's input.
    pub fn parse(envelope: Envelope<'_>) -> Result<Self, MessageError> {
        let k = envelope.kind;
        let range = MessageError::Range(k);
        let mut r = Reader::new(envelope.body);
        let input = match k {
            kind::MOVE => Self::Move(Place::get(&mut r)?),
            kind::BUTTON => Self::Button {
                at: Place::get(&mut r)?,
                button: *Button::ALL.get(usize::from(r.u8()?)).ok_or(range)?,
                motion: Motion::get(&mut r, k)?,
            },
            kind::WHEEL => {
                let at = Place::get(&mut r)?;
                let (dx, dy) = (r.i16()?, r.i16()?);
                let fits = |d: i16| (-MAX_WHEEL..=MAX_WHEEL).contains(&d);
                if !fits(dx) || !fits(dy) || (dx, dy) == (0, 0) {
                    return Err(range);
                }
                Self::Wheel { at, dx, dy }
            }
            kind::KEY => {
                let key = Key {
                    keysym: Keysym::new(r.u32()?).ok_or(range)?,
                    motion: Motion::get(&mut r, k)?,
                    character: match r.u32()? {
                        0 => None,
                        c => Some(char::from_u32(c).ok_or(range)?),
                    },
                };
                if !key.is_valid() {
                    return Err(range);
                }
                Self::Key(key)
            }
            kind::TEXT => {
                let text = std::str::from_utf8(r.rest()).map_err(|_| range)?;
                return Ok(Self::Text(Text::new(text.to_owned()).ok_or(range)?));
            }
            kind::RELEASE_ALL => Self::ReleaseAll,
            kind::ASK => Self::Ask,
            kind::GIVE_BACK => Self::GiveBack,
            k => return Err(MessageError::Unknown(k)),
        };
        r.finish()?;
        Ok(input)
    }

    /// The message as bytes. Values outside their limits are the caller's
    /// mistake and will be refused by the other side.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Move(at) => message(kind::MOVE, |o| at.put(o)),
            Self::Button { at, button, motion } => message(kind::BUTTON, |o| {
                at.put(o);
                o.put_u8(*button as u8);
                o.put_u8(*motion as u8);
            }),
            Self::Wheel { at, dx, dy } => message(kind::WHEEL, |o| {
                at.put(o);
                o.put_u16(*dx as u16);
                o.put_u16(*dy as u16);
            }),
            Self::Key(key) => message(kind::KEY, |o| {
                o.put_u32(key.keysym.get());
                o.put_u8(key.motion as u8);
                o.put_u32(key.character.map_or(0, u32::from));
            }),
            Self::Text(text) => message(kind::TEXT, |o| {
                o.extend_from_slice(text.as_str().as_bytes());
            }),
            Self::ReleaseAll => message(kind::RELEASE_ALL, |_| ()),
            Self::Ask => message(kind::ASK, |_| ()),
            Self::GiveBack => message(kind::GIVE_BACK, |_| ()),
        }
    }

    /// Whether it only lets something go: never to be held back, or a key
    /// would stay pressed (GUARD-5).
    #[must_use]
    pub const fn lets_go(&self) -> bool {
        matches!(
            self,
            Self::ReleaseAll
                | Self::Key(Key {
                    motion: Motion::Up,
                    ..
                })
                | Self::Button {
                    motion: Motion::Up,
                    ..
                }
        )
    }

    /// Whether it acts on what is shared, and so needs control; asking and
    /// giving back don't.
    #[must_use]
    pub const fn acts(&self) -> bool {
        !matches!(self, Self::Ask | Self::GiveBack)
    }
}
