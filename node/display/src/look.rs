//! How Kith's own windows look, at the sharer's and the viewer's screen: in which
//! language, and how large. The desktop program has the same languages.

use std::str::FromStr;

/// A language that these windows can be in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Language {
    /// English, which everything else falls back to.
    #[default]
    English,
    /// German.
    German,
    /// Chinese in simplified characters.
    Chinese,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::English, Self::German, Self::Chinese];

    /// Its code, as the desktop program has it.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
            Self::Chinese => "zh-CN",
        }
    }

    /// For a wish such as `de`, `de_AT.UTF-8`, `zh_CN`, as the environment has
    /// them: English where the language isn't there.
    #[must_use]
    pub fn for_wish(wish: &str) -> Self {
        match wish.split(['.', '_', '-', '@']).next() {
            Some("de") => Self::German,
            Some("zh") => Self::Chinese,
            _ => Self::English,
        }
    }
}

impl FromStr for Language {
    type Err = ();

    fn from_str(code: &str) -> Result<Self, ()> {
        let mut all = Self::ALL.into_iter();
        all.find(|l| l.code() == code).ok_or(())
    }
}

/// A size, in percent of the usual one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scale(u16);

/// The smallest and the largest: below, what is asked can't be read; above, it
/// doesn't fit on a small screen.
const SCALES: (u16, u16) = (70, 300);

impl Default for Scale {
    fn default() -> Self {
        Self(100)
    }
}

impl Scale {
    /// The nearest size that is allowed.
    #[must_use]
    pub fn percent(percent: u16) -> Self {
        Self(percent.clamp(SCALES.0, SCALES.1))
    }

    /// In percent.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }

    /// This on a screen whose own size is `other`.
    #[must_use]
    pub fn times(self, other: Self) -> Self {
        let percent = u32::from(self.0) * u32::from(other.0) / 100;
        Self::percent(u16::try_from(percent).unwrap_or(u16::MAX))
    }

    /// A length in pixels at this size.
    #[must_use]
    pub const fn px(self, length: i32) -> i32 {
        length * self.0 as i32 / 100
    }

    /// A length that is never negative.
    #[must_use]
    pub const fn side(self, length: u32) -> u32 {
        length * self.0 as u32 / 100
    }

    /// The largest up to this at which what is `length` pixels long at the usual
    /// size has room in `room` pixels, if any has.
    #[must_use]
    pub fn fitting(self, length: u32, room: u32) -> Self {
        let most = u64::from(room) * 100 / u64::from(length.max(1));
        Self::percent(self.0.min(u16::try_from(most).unwrap_or(u16::MAX)))
    }

    /// As a factor.
    #[must_use]
    pub fn factor(self) -> f32 {
        f32::from(self.0) / 100.0
    }
}

/// Language and size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Look {
    /// In which language.
    pub language: Language,
    /// How large.
    pub scale: Scale,
}

/// A table of texts: a struct with one field a text, so that the compiler misses
/// what a language lacks. In a text, `{0}` and `{1}` stand for what [`fill`] puts
/// there.
#[macro_export]
macro_rules! texts {
    ($(#[$doc:meta])* $name:ident $($(#[$what:meta])* $text:ident,)*) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub(super) struct $name {
            $($(#[$what])* pub(super) $text: &'static str,)*
        }

        impl $name {
            /// All of them, in the same order in each language.
            #[allow(dead_code, reason = "some tables are only looked through in tests")]
            pub(super) fn all(&self) -> impl Iterator<Item = &'static str> {
                [$(self.$text),*].into_iter()
            }
        }
    };
}

/// `text` with these in the place of `{0}`, `{1}`. What is put in is not looked
/// through again.
#[must_use]
pub fn fill(text: &str, parts: &[&str]) -> String {
    let mut out = String::with_capacity(text.len() + parts.iter().map(|p| p.len()).sum::<usize>());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let (number, after) = after.split_once('}').unwrap_or((after, ""));
        let part = number.parse().ok().and_then(|n: usize| parts.get(n));
        out.push_str(part.copied().unwrap_or_default());
        rest = after;
    }
    out.push_str(rest);
    out
}

/// The places of a text in which something is put; `None` if it has others.
#[must_use]
pub fn holes(text: &str) -> Option<Vec<&str>> {
    let mut holes: Vec<&str> = text.matches("{0}").chain(text.matches("{1}")).collect();
    holes.sort_unstable();
    (holes.len() == text.matches('{').count()).then_some(holes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_finds_its_language() {
        for (wish, language) in [
            ("", Language::English),
            ("C.UTF-8", Language::English),
            ("de_AT.UTF-8@euro", Language::German),
            ("zh_CN", Language::Chinese),
            ("fr_FR", Language::English),
        ] {
            assert_eq!(Language::for_wish(wish), language, "{wish}");
        }
        for language in Language::ALL {
            assert_eq!(language.code().parse(), Ok(language));
            assert_eq!(Language::for_wish(language.code()), language);
        }
    }

    #[test]
    fn what_is_put_in_stays_as_it_is() {
        assert_eq!(fill("a {0} b {1}", &["{1}", "x"]), "a {1} b x");
        assert_eq!(fill("a {1}", &["only one"]), "a ");
        assert_eq!(fill("{", &[]), "");
        assert_eq!(holes("{1} {0}"), Some(vec!["{0}", "{1}"]));
        assert_eq!(holes("{2}"), None);
    }

    #[test]
    fn sizes_stay_within_their_bounds() {
        assert_eq!(Scale::percent(0), Scale::percent(70));
        assert_eq!(Scale::percent(u16::MAX), Scale::percent(300));
        assert_eq!(Scale::percent(150).times(Scale::percent(200)), Scale(300));
        assert_eq!(Scale::percent(200).px(-15), -30);
        assert_eq!(Scale::percent(200).fitting(580, 800), Scale(137));
        assert_eq!(Scale::percent(120).fitting(580, 800), Scale(120));
        assert_eq!(Scale::percent(120).fitting(580, 10), Scale(70));
    }
}
