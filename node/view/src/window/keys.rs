//! Keys of this keyboard as what they mean (GUARD-5): a press gives a keysym
//! under the layout and lock keys here, its release gives the same keysym,
//! whatever was pressed or switched between.

use std::collections::BTreeMap;

use kith_codec::input::{Input, Key, Keysym, MAX_HELD, Motion, Text};
use winit::keyboard::{self, KeyLocation, NamedKey, PhysicalKey};

/// What is held, by its place on the keyboard.
#[derive(Debug, Default)]
pub(super) struct Keys {
    held: BTreeMap<PhysicalKey, Keysym>,
}

impl Keys {
    /// What a press is to be sent as. `text` is what it produced here.
    pub(super) fn press(
        &mut self,
        place: PhysicalKey,
        logical: &keyboard::Key,
        location: KeyLocation,
        text: Option<&str>,
    ) -> Vec<Input> {
        let printable: String = text
            .unwrap_or("")
            .chars()
            .filter(|c| !c.is_control())
            .collect();
        let mut letters = printable.chars();
        let single = letters.next().filter(|_| letters.next().is_none());
        if single.is_none() && !printable.is_empty() {
            // A sequence of dead keys gave more than one character.
            return Text::pieces(&printable)
                .into_iter()
                .map(Input::Text)
                .collect();
        }
        let keysym = match (logical, single) {
            (keyboard::Key::Named(named), _) => named_keysym(*named, location),
            (_, Some(c)) => Keysym::of(c),
            // With Control held the text is a control character, or none.
            (keyboard::Key::Character(s), None) => {
                let mut letters = s.chars();
                let first = letters.next().filter(|_| letters.next().is_none());
                first.and_then(Keysym::of)
            }
            (keyboard::Key::Dead(_) | keyboard::Key::Unidentified(_), None) => None,
        };
        let Some(keysym) = keysym else {
            return Vec::new();
        };
        let mut out = Vec::new();
        match self.held.get(&place) {
            // Another meaning for a key that is held: it was changed under
            // the finger.
            Some(&before) if before != keysym => out.push(up(before)),
            None if self.held.len() == MAX_HELD => return out,
            _ => (),
        }
        self.held.insert(place, keysym);
        out.push(Input::Key(Key {
            keysym,
            motion: Motion::Down,
            character: single,
        }));
        out
    }

    /// What a release is to be sent as, if its press was sent.
    pub(super) fn release(&mut self, place: PhysicalKey) -> Option<Input> {
        self.held.remove(&place).map(up)
    }

    /// Nothing is held any more. Whether something was.
    pub(super) fn clear(&mut self) -> bool {
        let any = !self.held.is_empty();
        self.held.clear();
        any
    }
}

const fn up(keysym: Keysym) -> Input {
    Input::Key(Key {
        keysym,
        motion: Motion::Up,
        character: None,
    })
}

/// The keysym of a key without a character. Lock keys have none (GUARD-5).
fn named_keysym(key: NamedKey, location: KeyLocation) -> Option<Keysym> {
    let right = location == KeyLocation::Right;
    let pad = location == KeyLocation::Numpad;
    let side = |l: u32, r: u32| if right { r } else { l };
    let number = match key {
        NamedKey::Space => 0x20,
        NamedKey::Backspace => 0xff08,
        NamedKey::Tab => 0xff09,
        NamedKey::Enter if pad => 0xff8d,
        NamedKey::Enter => 0xff0d,
        NamedKey::Pause => 0xff13,
        NamedKey::Escape => 0xff1b,
        NamedKey::Compose => 0xff20,
        NamedKey::Home => 0xff50,
        NamedKey::ArrowLeft => 0xff51,
        NamedKey::ArrowUp => 0xff52,
        NamedKey::ArrowRight => 0xff53,
        NamedKey::ArrowDown => 0xff54,
        NamedKey::PageUp => 0xff55,
        NamedKey::PageDown => 0xff56,
        NamedKey::End => 0xff57,
        NamedKey::Select => 0xff60,
        NamedKey::PrintScreen => 0xff61,
        NamedKey::Execute => 0xff62,
        NamedKey::Insert => 0xff63,
        NamedKey::Undo => 0xff65,
        NamedKey::Redo => 0xff66,
        NamedKey::ContextMenu => 0xff67,
        NamedKey::Find => 0xff68,
        NamedKey::Cancel => 0xff69,
        NamedKey::Help => 0xff6a,
        NamedKey::Clear => 0xff0b,
        NamedKey::Delete => 0xffff,
        NamedKey::Shift => side(0xffe1, 0xffe2),
        NamedKey::Control => side(0xffe3, 0xffe4),
        NamedKey::Meta => side(0xffe7, 0xffe8),
        NamedKey::Alt => side(0xffe9, 0xffea),
        NamedKey::Super => side(0xffeb, 0xffec),
        NamedKey::Hyper => side(0xffed, 0xffee),
        NamedKey::AltGraph => 0xfe03,
        NamedKey::F1 => 0xffbe,
        NamedKey::F2 => 0xffbf,
        NamedKey::F3 => 0xffc0,
        NamedKey::F4 => 0xffc1,
        NamedKey::F5 => 0xffc2,
        NamedKey::F6 => 0xffc3,
        NamedKey::F7 => 0xffc4,
        NamedKey::F8 => 0xffc5,
        NamedKey::F9 => 0xffc6,
        NamedKey::F10 => 0xffc7,
        NamedKey::F11 => 0xffc8,
        NamedKey::F12 => 0xffc9,
        NamedKey::F13 => 0xffca,
        NamedKey::F14 => 0xffcb,
        NamedKey::F15 => 0xffcc,
        NamedKey::F16 => 0xffcd,
        NamedKey::F17 => 0xffce,
        NamedKey::F18 => 0xffcf,
        NamedKey::F19 => 0xffd0,
        NamedKey::F20 => 0xffd1,
        NamedKey::F21 => 0xffd2,
        NamedKey::F22 => 0xffd3,
        NamedKey::F23 => 0xffd4,
        NamedKey::F24 => 0xffd5,
        _ => return None,
    };
    Keysym::new(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use winit::keyboard::{KeyCode, SmolStr};

    fn press(keys: &mut Keys, code: KeyCode, c: &str) -> Vec<Input> {
        let logical = keyboard::Key::Character(SmolStr::new(c));
        keys.press(code.into(), &logical, KeyLocation::Standard, Some(c))
    }

    fn named(keys: &mut Keys, code: KeyCode, key: NamedKey, at: KeyLocation) -> Vec<Input> {
        keys.press(code.into(), &keyboard::Key::Named(key), at, None)
    }

    fn key(n: u32, motion: Motion, character: Option<char>) -> Input {
        Input::Key(Key {
            keysym: Keysym::new(n).unwrap(),
            motion,
            character,
        })
    }

    /// Shift is let go before the letter: the letter's release is still that
    /// of its press.
    #[test]
    fn a_release_names_its_press() {
        let mut keys = Keys::default();
        let shift = named(
            &mut keys,
            KeyCode::ShiftLeft,
            NamedKey::Shift,
            KeyLocation::Left,
        );
        assert_eq!(shift, [key(0xffe1, Motion::Down, None)]);
        assert_eq!(
            press(&mut keys, KeyCode::KeyA, "A"),
            [key(0x41, Motion::Down, Some('A'))]
        );
        assert_eq!(
            keys.release(KeyCode::ShiftLeft.into()),
            Some(key(0xffe1, Motion::Up, None))
        );
        // It repeats, now as another letter.
        assert_eq!(
            press(&mut keys, KeyCode::KeyA, "a"),
            [
                key(0x41, Motion::Up, None),
                key(0x61, Motion::Down, Some('a'))
            ]
        );
        assert_eq!(
            keys.release(KeyCode::KeyA.into()),
            Some(key(0x61, Motion::Up, None))
        );
        assert_eq!(keys.release(KeyCode::KeyA.into()), None);
        assert!(!keys.clear());
    }

    /// GUARD-5.
    #[test]
    fn lock_keys_are_not_sent() {
        let mut keys = Keys::default();
        for (code, lock) in [
            (KeyCode::CapsLock, NamedKey::CapsLock),
            (KeyCode::NumLock, NamedKey::NumLock),
            (KeyCode::ScrollLock, NamedKey::ScrollLock),
        ] {
            assert_eq!(named(&mut keys, code, lock, KeyLocation::Standard), []);
            assert_eq!(keys.release(code.into()), None);
        }
    }

    #[test]
    fn control_sends_the_letter_without_a_character() {
        let mut keys = Keys::default();
        let c = keyboard::Key::Character(SmolStr::new("c"));
        assert_eq!(
            keys.press(
                KeyCode::KeyC.into(),
                &c,
                KeyLocation::Standard,
                Some("\u{3}")
            ),
            [key(0x63, Motion::Down, None)]
        );
        assert!(keys.clear());
        assert_eq!(keys.release(KeyCode::KeyC.into()), None);
    }

    #[test]
    fn dead_keys_send_what_they_come_to() {
        let mut keys = Keys::default();
        let dead = keyboard::Key::Dead(Some('´'));
        assert_eq!(
            keys.press(KeyCode::Quote.into(), &dead, KeyLocation::Standard, None),
            []
        );
        let e = keyboard::Key::Character(SmolStr::new("e"));
        assert_eq!(
            keys.press(KeyCode::KeyE.into(), &e, KeyLocation::Standard, Some("é")),
            [key(0xe9, Motion::Down, Some('é'))]
        );
        assert_eq!(
            keys.press(KeyCode::KeyX.into(), &e, KeyLocation::Standard, Some("´x")),
            [Input::Text(Text::new("´x".into()).unwrap())]
        );
    }

    #[test]
    fn no_more_are_held_than_may_be() {
        let mut keys = Keys::default();
        for n in 0..MAX_HELD as u32 {
            let place = PhysicalKey::Unidentified(keyboard::NativeKeyCode::Xkb(n));
            let c = keyboard::Key::Character(SmolStr::new("x"));
            assert_eq!(keys.press(place, &c, KeyLocation::Standard, None).len(), 1);
        }
        assert_eq!(press(&mut keys, KeyCode::KeyA, "a"), []);
        assert_eq!(keys.release(KeyCode::KeyA.into()), None);
    }
}
