//! How the sharer's keyboard types what a viewer means (GUARD-5).
//!
//! A viewer sends what a key means. Here that becomes a key of the sharer's
//! keyboard and the Shift and AltGr it needs, whatever Caps Lock, Num Lock and
//! the layout are at the sharer: those are taken as they are and never
//! switched. What no key gives is typed with a spare key that is lent the
//! meaning for a while.
//!
//! Pure: the map is read elsewhere.

use std::collections::BTreeMap;

use kith_codec::input::Keysym;

/// A key of the keyboard, by its X number.
pub(crate) type Code = u8;

/// Real modifiers as X numbers them: Shift 1, Lock 2, Control 4, Mod1 8 …
pub(crate) type Mask = u8;

const LOCK: Mask = 2;

/// How modifiers choose among the meanings of a key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct KeyType {
    /// The modifiers that count.
    pub(crate) mask: Mask,
    /// Combinations of them and the level each gives; others give 0.
    pub(crate) levels: Vec<(Mask, u8)>,
}

impl KeyType {
    fn level(&self, mods: Mask) -> u8 {
        let mods = mods & self.mask;
        self.levels
            .iter()
            .find(|(m, _)| *m == mods)
            .map_or(0, |(_, level)| *level)
    }
}

/// The meanings of a key in one group (layout).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Meanings {
    /// Which type, by its place in [`Keymap::types`].
    pub(crate) kind: usize,
    /// The keysym of each level; 0 is none.
    pub(crate) syms: Vec<u32>,
}

/// What to do with groups that a key doesn't have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Beyond {
    /// Counted round.
    Wrap,
    /// The last one.
    Clamp,
    /// This one.
    Redirect(u8),
}

/// A key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyEntry {
    pub(crate) groups: Vec<Meanings>,
    pub(crate) beyond: Beyond,
}

impl KeyEntry {
    fn in_group(&self, group: u8) -> Option<&Meanings> {
        let n = u8::try_from(self.groups.len()).ok()?;
        if n == 0 {
            return None;
        }
        let g = match self.beyond {
            _ if group < n => group,
            Beyond::Wrap => group % n,
            Beyond::Clamp => n - 1,
            Beyond::Redirect(g) if g < n => g,
            Beyond::Redirect(_) => 0,
        };
        self.groups.get(usize::from(g))
    }

    fn is_empty(&self) -> bool {
        self.groups.iter().all(|g| g.syms.iter().all(|s| *s == 0))
    }
}

/// The modifiers that choose a level, and the keys that give them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Chooser {
    Shift,
    Level3,
    Level5,
}

impl Chooser {
    pub(crate) const ALL: [Self; 3] = [Self::Shift, Self::Level3, Self::Level5];

    fn syms(self) -> &'static [u32] {
        match self {
            Self::Shift => &[0xffe1, 0xffe2],
            Self::Level3 => &[0xfe03],
            Self::Level5 => &[0xfe11],
        }
    }
}

/// Which choosers are held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Chosen(u8);

impl Chosen {
    pub(crate) const fn has(self, c: Chooser) -> bool {
        self.0 & (1 << c as u8) != 0
    }

    #[cfg(test)]
    pub(crate) const fn of(c: Chooser) -> Self {
        Self(1 << c as u8)
    }

    pub(crate) const fn with(self, c: Chooser) -> Self {
        Self(self.0 | 1 << c as u8)
    }

    const fn toggles(self, other: Self) -> u32 {
        (self.0 ^ other.0).count_ones()
    }
}

/// How to type something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stroke {
    /// The key.
    pub(crate) code: Code,
    /// What must be held while it is pressed, and nothing else of its kind.
    pub(crate) chosen: Chosen,
}

/// The keyboard of the sharer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Keymap {
    pub(crate) types: Vec<KeyType>,
    pub(crate) keys: BTreeMap<Code, KeyEntry>,
    /// Which modifiers each key sets.
    pub(crate) modifiers: BTreeMap<Code, Mask>,
}

/// The character a keysym stands for.
pub(crate) fn character(sym: u32) -> Option<char> {
    match sym {
        0x0100_0000..=0x0110_ffff => char::from_u32(sym - 0x0100_0000),
        _ => xkeysym::Keysym::new(sym).key_char(),
    }
    .filter(|c| !c.is_control())
}

const fn is_keypad(sym: u32) -> bool {
    matches!(sym, 0xff80..=0xffbf)
}

impl Keymap {
    /// Keys that mean nothing in any layout and set no modifier: they can be
    /// lent a meaning. From the last, where real keyboards have no keys.
    pub(crate) fn spares(&self) -> Vec<Code> {
        self.keys
            .iter()
            .rev()
            .filter(|(code, key)| key.is_empty() && !self.modifiers.contains_key(code))
            .map(|(code, _)| *code)
            .collect()
    }

    /// The keys that mean `sym` at their first level in some layout.
    pub(crate) fn codes_of(&self, sym: u32) -> Vec<Code> {
        self.keys
            .iter()
            .filter(|(_, k)| k.groups.iter().any(|g| g.syms.first() == Some(&sym)))
            .map(|(code, _)| *code)
            .collect()
    }

    /// The meaning of a key at its first level; 0 is none.
    pub(crate) fn sym_of(&self, code: Code) -> u32 {
        let groups = self.keys.get(&code).map_or(&[][..], |k| &k.groups[..]);
        let first = groups.first().and_then(|g| g.syms.first());
        first.copied().unwrap_or(0)
    }

    /// The key to press for a modifier: the one meant, or its twin.
    pub(crate) fn modifier(&self, key: Keysym) -> Option<Code> {
        let twins: &[u32] = match key.get() {
            0xffe1 => &[0xffe1, 0xffe2],
            0xffe2 => &[0xffe2, 0xffe1],
            0xffe3 => &[0xffe3, 0xffe4],
            0xffe4 => &[0xffe4, 0xffe3],
            // Meta is where Alt is; a right Alt may choose a level, then the
            // left one is what was meant.
            0xffe7..=0xffea => &[0xffe9, 0xffea],
            _ => return None,
        };
        twins.iter().find_map(|t| self.modifier_of(*t))
    }

    fn modifier_of(&self, sym: u32) -> Option<Code> {
        self.codes_of(sym)
            .into_iter()
            .find(|c| self.modifiers.contains_key(c))
    }

    /// The key of a chooser.
    pub(crate) fn chooser(&self, c: Chooser) -> Option<Code> {
        c.syms().iter().find_map(|s| self.modifier_of(*s))
    }

    fn chooser_mask(&self, c: Chooser) -> Mask {
        self.chooser(c)
            .and_then(|code| self.modifiers.get(&code))
            .copied()
            .unwrap_or(0)
    }

    /// How to type `key` in `group` while `locked` modifiers are on and the
    /// viewer holds `chosen` itself: the exact keysym before another one for
    /// the same character, then what changes least.
    pub(crate) fn stroke(
        &self,
        key: Keysym,
        typed: Option<char>,
        group: u8,
        locked: Mask,
        chosen: Chosen,
    ) -> Option<Stroke> {
        let wanted = typed.or_else(|| character(key.get()));
        let mut best: Option<((bool, u32), Stroke)> = None;
        for (code, entry) in &self.keys {
            let Some(meanings) = entry.in_group(group) else {
                continue;
            };
            let Some(kind) = self.types.get(meanings.kind) else {
                continue;
            };
            for (level, sym) in meanings.syms.iter().enumerate() {
                let exact = *sym == key.get();
                let same = !is_keypad(*sym)
                    && !is_keypad(key.get())
                    && wanted.is_some()
                    && character(*sym) == wanted;
                if *sym == 0 || !(exact || same) {
                    continue;
                }
                // Programs capitalise by themselves what Lock has not chosen.
                if locked & LOCK != 0 && kind.mask & LOCK == 0 && is_small(*sym) {
                    continue;
                }
                for set in self.reachable() {
                    let mods = self.mask_of(set) | locked;
                    let cost = (!exact, set.toggles(chosen));
                    if usize::from(kind.level(mods)) == level
                        && best.as_ref().is_none_or(|(c, _)| cost < *c)
                    {
                        let stroke = Stroke {
                            code: *code,
                            chosen: set,
                        };
                        best = Some((cost, stroke));
                    }
                }
            }
        }
        best.map(|(_, stroke)| stroke)
    }

    /// All sets of choosers that this keyboard has keys for.
    fn reachable(&self) -> Vec<Chosen> {
        let mut sets = vec![Chosen::default()];
        for c in Chooser::ALL {
            if self.chooser_mask(c) != 0 {
                let with: Vec<Chosen> = sets.iter().map(|s| s.with(c)).collect();
                sets.extend(with);
            }
        }
        sets
    }

    fn mask_of(&self, set: Chosen) -> Mask {
        Chooser::ALL
            .iter()
            .filter(|c| set.has(**c))
            .fold(0, |m, c| m | self.chooser_mask(*c))
    }

    /// All modifiers that are on while a key is pressed: those of the keys that
    /// are down, with exactly these choosers.
    pub(crate) fn mask_while(&self, down: impl Iterator<Item = Code>, chosen: Chosen) -> Mask {
        let held = down
            .filter_map(|c| self.modifiers.get(&c))
            .fold(0, |m, x| m | x);
        let choosers = Chooser::ALL
            .iter()
            .fold(0, |m, c| m | self.chooser_mask(*c));
        (held & !choosers) | self.mask_of(chosen)
    }

    /// What the viewer holds among the choosers, from the keys pressed for it.
    pub(crate) fn chosen(&self, down: impl Iterator<Item = Code>) -> Chosen {
        let mask = down
            .filter_map(|c| self.modifiers.get(&c))
            .fold(0, |m, x| m | x);
        Chooser::ALL.iter().fold(Chosen::default(), |set, c| {
            let m = self.chooser_mask(*c);
            if m != 0 && mask & m != 0 {
                set.with(*c)
            } else {
                set
            }
        })
    }
}

fn is_small(sym: u32) -> bool {
    character(sym).is_some_and(char::is_lowercase)
}

/// The two meanings to lend a spare key for a character: as a pair where it
/// has a capital, so that Shift can undo Caps Lock.
pub(crate) fn lend(c: char) -> Option<[u32; 2]> {
    let one = |mut it: Box<dyn Iterator<Item = char>>| match (it.next(), it.next()) {
        (Some(c), None) => Some(c),
        _ => None,
    };
    let lower = one(Box::new(c.to_lowercase()));
    let upper = one(Box::new(c.to_uppercase()));
    let pair = match (lower, upper) {
        (Some(l), Some(u)) if l != u && (l == c || u == c) => [l, u],
        _ => [c, c],
    };
    Some([Keysym::of(pair[0])?.get(), Keysym::of(pair[1])?.get()])
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHIFT: Mask = 1;

    /// A keyboard with letters (Shift and Lock), digits (Shift), a key with
    /// AltGr, a keypad key (Num Lock), and two spare keys.
    fn map() -> Keymap {
        let types = vec![
            KeyType::default(),
            KeyType {
                mask: SHIFT,
                levels: vec![(SHIFT, 1)],
            },
            KeyType {
                mask: SHIFT | LOCK,
                levels: vec![(SHIFT, 1), (LOCK, 1)],
            },
            KeyType {
                mask: SHIFT | 0x80,
                levels: vec![(SHIFT, 1), (0x80, 2), (SHIFT | 0x80, 3)],
            },
            KeyType {
                mask: SHIFT | 0x10,
                levels: vec![(0x10, 1)],
            },
        ];
        let key = |kind: usize, syms: &[u32]| KeyEntry {
            groups: vec![Meanings {
                kind,
                syms: syms.to_vec(),
            }],
            beyond: Beyond::Wrap,
        };
        Keymap {
            types,
            keys: [
                (38, key(2, &[0x61, 0x41])),
                (11, key(1, &[0x32, 0x22])),
                (24, key(3, &[0x71, 0x51, 0x40, 0x3a9])),
                (87, key(4, &[0xff9c, 0xffb1])),
                (50, key(0, &[0xffe1])),
                (37, key(0, &[0xffe3])),
                (64, key(0, &[0xffe9])),
                (108, key(0, &[0xfe03])),
                (9, key(0, &[0xff1b])),
                (
                    200,
                    KeyEntry {
                        groups: vec![],
                        beyond: Beyond::Wrap,
                    },
                ),
                (201, key(0, &[0])),
            ]
            .into(),
            modifiers: [(50, SHIFT), (37, 4), (64, 8), (108, 0x80)].into(),
        }
    }

    fn sym(n: u32) -> Keysym {
        Keysym::new(n).unwrap()
    }

    fn stroke(n: u32, locked: Mask, chosen: Chosen) -> Option<(Code, Chosen)> {
        map()
            .stroke(sym(n), None, 0, locked, chosen)
            .map(|s| (s.code, s.chosen))
    }

    #[test]
    fn levels_are_chosen_and_lock_is_undone() {
        let (none, shift) = (Chosen::default(), Chosen::of(Chooser::Shift));
        assert_eq!(stroke(0x61, 0, none), Some((38, none)));
        assert_eq!(stroke(0x41, 0, none), Some((38, shift)));
        // The sharer's Caps Lock stays on; Shift undoes it for one stroke.
        assert_eq!(stroke(0x61, LOCK, none), Some((38, shift)));
        assert_eq!(stroke(0x41, LOCK, shift), Some((38, none)));
        assert_eq!(stroke(0x22, 0, shift), Some((11, shift)));
        assert_eq!(stroke(0x32, LOCK, shift), Some((11, none)));
        assert_eq!(
            stroke(0x40, 0, none),
            Some((24, Chosen::of(Chooser::Level3)))
        );
        // Keypad: with Num Lock as without.
        assert_eq!(stroke(0xffb1, 0x10, none), Some((87, none)));
        assert_eq!(stroke(0xff9c, 0, none), Some((87, none)));
        assert_eq!(stroke(0xff9c, 0x10, none), Some((87, shift)));
        assert_eq!(stroke(0xffb1, 0, none), None);
        assert_eq!(stroke(0x7a, 0, none), None);
    }

    #[test]
    fn small_letters_without_a_lock_level_need_a_spare_key_under_caps_lock() {
        assert_eq!(stroke(0x71, LOCK, Chosen::default()), None);
        assert!(stroke(0x71, 0, Chosen::default()).is_some());
    }

    #[test]
    fn the_same_character_by_another_number() {
        // Greek capital omega as its Unicode keysym; the map has the old one
        // of another name for the at sign only.
        let s = map().stroke(sym(0x0100_0040), None, 0, 0, Chosen::default());
        assert_eq!(s.map(|s| s.code), Some(24));
    }

    #[test]
    fn spares_and_modifiers() {
        assert_eq!(map().spares(), [201, 200]);
        assert_eq!(map().modifier(sym(0xffe2)), Some(50));
        assert_eq!(map().modifier(sym(0xffe7)), Some(64));
        assert_eq!(map().modifier(sym(0x61)), None);
        assert_eq!(map().codes_of(0xff1b), [9]);
        assert_eq!(
            map().chosen([50, 37].into_iter()),
            Chosen::of(Chooser::Shift)
        );
    }

    #[test]
    fn lent_meanings_are_pairs_where_there_is_a_capital() {
        assert_eq!(lend('ż'), Some([0x0100_017c, 0x0100_017b]));
        assert_eq!(lend('Ż'), Some([0x0100_017c, 0x0100_017b]));
        assert_eq!(lend('中'), Some([0x0100_4e2d, 0x0100_4e2d]));
        assert_eq!(lend('ß'), Some([0xdf, 0xdf]));
        assert_eq!(lend('\u{7}'), None);
    }

    #[test]
    fn groups_that_a_key_lacks() {
        let mut m = map();
        assert!(m.stroke(sym(0x61), None, 3, 0, Chosen::default()).is_some());
        m.keys.get_mut(&38).unwrap().beyond = Beyond::Redirect(9);
        assert!(m.stroke(sym(0x61), None, 3, 0, Chosen::default()).is_some());
    }
}
