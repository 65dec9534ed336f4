//! Names that may deceive (ID-3; UTS 39): flagged, never refused.

use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization as _;
use unicode_properties::general_category::{
    GeneralCategoryGroup as Group, UnicodeGeneralCategory as _,
};
use unicode_script::{Script, UnicodeScript as _};
use unicode_security::general_security_profile::GeneralSecurityProfile as _;
use unicode_security::mixed_script::AugmentedScriptSet;
use unicode_security::{MixedScript as _, skeleton};

use super::Name;
use super::chars::Class;

/// The most contacts named by [`Flags::looks_like`]: who resembles that many
/// is suspicious enough.
pub const MAX_LOOK_ALIKES: usize = 8;

/// Words that a person's name should not consist of or contain: our own, and
/// those under which somebody would ask for trust. (A caller who renamed
/// himself “Zoom” was let in by people who thought the program asked.)
const SYSTEM_WORDS: &[&str] = &[
    "anydesk",
    "helpdesk",
    "kith",
    "microsoft",
    "moderator",
    "notification",
    "official",
    "operator",
    "organiser",
    "organizer",
    "root",
    "rustdesk",
    "security",
    "support",
    "system",
    "teamviewer",
    "verified",
    "webex",
    "windows",
    "zoom",
];

/// Words that deceive only when they are the whole name: as a part of one
/// they are common.
const SYSTEM_NAMES: &[&str] = &[
    "all",
    "anonymous",
    "contact",
    "desktop",
    "everybody",
    "everyone",
    "guest",
    "help desk",
    "host",
    "me",
    "nobody",
    "room",
    "server",
    "service",
    "unknown",
    "user",
    "you",
];

/// What a name looks like, whatever it is made of: names that a reader could
/// take for each other have a key in common.
///
/// It goes beyond the skeleton of UTS 39: letter case, accents, spaces and
/// punctuation don't count either, because a reader overlooks them too.
/// Likenesses are for comparing in memory; they change with Unicode's
/// tables, so they are never stored or sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Likeness([String; 2]);

impl Likeness {
    pub(super) fn of(name: &Name) -> Self {
        Self::of_text(name.as_str())
    }

    // Two keys, because letters are confused before their case is ignored
    // (capital I for l) and after it (Cyrillic у for y, but not У for Y).
    fn of_text(text: &str) -> Self {
        Self([key(text), key(&text.to_lowercase())])
    }

    /// Whether a reader could take one for the other. Every name resembles
    /// itself.
    #[must_use]
    pub fn resembles(&self, other: &Self) -> bool {
        self.0.iter().any(|k| other.0.contains(k))
    }
}

fn key(text: &str) -> String {
    let shape: String = skeleton(text).collect::<String>().to_lowercase();
    let bare: String = shape
        .nfd()
        .filter(|&c| match Class::of(c) {
            Class::Letter => true,
            // Accents of no script in particular; vowel signs stay.
            Class::Mark => c.script() != Script::Inherited,
            _ => false,
        })
        .collect();
    if bare.is_empty() { shape } else { bare }
}

/// One reason to look twice at a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Flag {
    /// Letters of scripts that are not written together (UTS 39 §5.2, above
    /// “highly restrictive”): Latin with Cyrillic, but not Latin with Han.
    MixedScripts,
    /// Letters or digits that no language writes names with: mathematical,
    /// full-width, phonetic, historic.
    UnusualCharacters,
    /// Symbols or pictures: one may pass for a badge of ours.
    Symbols,
    /// Sounds like this program, like another one, or like an office.
    SystemLike,
    /// Looks like somebody we know: [`Flags::looks_like`].
    LookAlike,
}

/// Why to look twice at a name, if at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flags<K> {
    found: Vec<Flag>,
    looks_like: Vec<K>,
}

impl<K> Flags<K> {
    /// Nothing stood out. It still identifies nobody.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Whether this stood out.
    #[must_use]
    pub fn contains(&self, flag: Flag) -> bool {
        self.found.contains(&flag)
    }

    /// What stood out, each once, in the order of [`Flag`].
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Flag> + '_ {
        self.found.iter().copied()
    }

    /// The first [`MAX_LOOK_ALIKES`] contacts that it resembles.
    #[must_use]
    pub fn looks_like(&self) -> &[K] {
        &self.looks_like
    }
}

/// What stands out in `name`, given the contacts `known` (each with whatever
/// the caller names it by). The caller leaves out the person whose name it
/// is: everybody resembles themselves.
#[must_use]
pub fn flags<'a, K>(name: &Name, known: impl IntoIterator<Item = (K, &'a Likeness)>) -> Flags<K> {
    let mine = name.likeness();
    let looks_like: Vec<K> = known
        .into_iter()
        .filter(|(_, theirs)| mine.resembles(theirs))
        .map(|(k, _)| k)
        .take(MAX_LOOK_ALIKES)
        .collect();
    let text = name.as_str();
    let found = [
        (Flag::MixedScripts, has_mixed_scripts(text)),
        (Flag::UnusualCharacters, text.chars().any(is_unusual)),
        (
            Flag::Symbols,
            text.chars().any(|c| Class::of(c) == Class::Symbol),
        ),
        (Flag::SystemLike, is_system_like(name, &mine)),
        (Flag::LookAlike, !looks_like.is_empty()),
    ];
    Flags {
        found: found
            .into_iter()
            .filter_map(|(flag, on)| on.then_some(flag))
            .collect(),
        looks_like,
    }
}

/// UTS 39 §5.2 with the identifier profile left out: names have spaces.
fn has_mixed_scripts(text: &str) -> bool {
    if text.is_single_script() {
        return false;
    }
    let mut beside_latin = AugmentedScriptSet::default();
    for c in text.chars() {
        let scripts = AugmentedScriptSet::for_char(c);
        if !scripts.base.contains_script(Script::Latin) {
            beside_latin.intersect_with(scripts);
        }
    }
    !(beside_latin.jpan || beside_latin.kore || beside_latin.hanb)
}

fn is_unusual(c: char) -> bool {
    let counts = matches!(
        c.general_category_group(),
        Group::Letter | Group::Mark | Group::Number
    );
    counts && !c.identifier_allowed()
}

/// The lists above as likenesses, made once.
struct System {
    names: Vec<Likeness>,
    words: Vec<Likeness>,
    admin: Likeness,
}

static SYSTEM: LazyLock<System> = LazyLock::new(|| {
    let all = |list: &[&str]| list.iter().map(|w| Likeness::of_text(w)).collect();
    System {
        names: all(SYSTEM_NAMES),
        words: all(SYSTEM_WORDS),
        admin: Likeness::of_text("admin"),
    }
});

fn is_system_like(name: &Name, whole: &Likeness) -> bool {
    let system = &*SYSTEM;
    // Administrator, in most languages.
    let is_admin = |word: &Likeness| {
        let begins = |k: &String| system.admin.0.iter().any(|a| k.starts_with(a));
        word.0.iter().any(begins)
    };
    let is_word =
        |word: &Likeness| system.words.iter().any(|w| w.resembles(word)) || is_admin(word);
    system.names.iter().any(|n| n.resembles(whole))
        || is_word(whole)
        || name
            .as_str()
            .split(|c| Class::of(c) == Class::Punctuation)
            .filter(|word| !word.is_empty())
            .any(|word| is_word(&Likeness::of_text(word)))
}
