//! How the program looks: kept in a small file of its own, because it is the
//! face's matter and not the node's.

use kith_api::Setting;

use super::notice::Notices;
use super::{Effect, Model, Stage, config};
use crate::i18n::{LANGUAGES, Words};
use crate::theme::Scheme;

/// How the program looks.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Prefs {
    /// Light or dark.
    pub(crate) scheme: Scheme,
    /// The size of everything, in percent.
    pub(crate) scale: Scale,
    /// Whether anything is told outside of the window.
    pub(crate) notices: Notices,
    /// The language's code; `None`: what the system says.
    pub(crate) language: Option<String>,
}

/// A size in percent of the usual one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Scale(u16);

/// The smallest and the largest, in percent: below, text can't be read; above,
/// a page no longer fits on a small screen.
const SCALES: (u16, u16) = (70, 250);

impl Default for Scale {
    fn default() -> Self {
        Self(100)
    }
}

impl Scale {
    /// The nearest size that is allowed.
    pub(crate) fn percent(percent: u16) -> Self {
        Self(percent.clamp(SCALES.0, SCALES.1))
    }

    /// In percent.
    pub(crate) const fn get(self) -> u16 {
        self.0
    }

    /// As a factor.
    pub(crate) fn factor(self) -> f32 {
        f32::from(self.0) / 100.0
    }
}

/// What a person changes.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    /// Light or dark.
    Scheme(Scheme),
    /// The other of the two.
    Flip,
    /// Larger or smaller, in percent.
    Scale(i16),
    /// Notices on the desktop, or none.
    Notices(Notices),
    /// Another language.
    Language(&'static str),
}

impl Prefs {
    /// Reads the file; what isn't understood is left at its default.
    pub(crate) fn read(text: &str) -> Self {
        let mut prefs = Self::default();
        for (key, value) in text.lines().filter_map(|line| line.split_once('=')) {
            let value = value.trim();
            match key.trim() {
                "scheme" if value == "dark" => prefs.scheme = Scheme::Dark,
                "scale" => {
                    if let Ok(percent) = value.parse() {
                        prefs.scale = Scale::percent(percent);
                    }
                }
                "notices" if value == "off" => prefs.notices = Notices::Off,
                "language" => {
                    prefs.language = LANGUAGES
                        .iter()
                        .find(|(code, ..)| *code == value)
                        .map(|(code, ..)| (*code).to_owned());
                }
                _ => {}
            }
        }
        prefs
    }

    /// What was chosen for this program and can be wished for of Kith's own windows
    /// on the screen too, where nothing is said for those.
    pub(super) fn not_yet_said(&self, settings: &[Setting]) -> Vec<(&'static str, String)> {
        let scale = (self.scale != Scale::default()).then(|| self.scale.get().to_string());
        let chosen = [("language", self.language.clone()), ("scale", scale)];
        let chosen = chosen
            .into_iter()
            .filter_map(|(key, value)| Some((key, value?)));
        let free = |key: &str| settings.iter().any(|s| s.key == key && s.from == "default");
        chosen.filter(|(key, _)| free(key)).collect()
    }

    /// The file.
    pub(crate) fn write(&self) -> String {
        let scheme = match self.scheme {
            Scheme::Light => "light",
            Scheme::Dark => "dark",
        };
        let mut text = format!("scheme = {scheme}\nscale = {}\n", self.scale.get());
        if self.notices == Notices::Off {
            text += "notices = off\n";
        }
        if let Some(language) = &self.language {
            text.push_str(&format!("language = {language}\n"));
        }
        text
    }
}

pub(super) fn update(model: &mut Model, change: Change) -> Vec<Effect> {
    let prefs = &mut model.prefs;
    // Kith's own windows on the screen follow.
    let mut follows = None;
    match change {
        Change::Scheme(scheme) => prefs.scheme = scheme,
        Change::Flip => {
            prefs.scheme = match prefs.scheme {
                Scheme::Light => Scheme::Dark,
                Scheme::Dark => Scheme::Light,
            }
        }
        Change::Notices(notices) => prefs.notices = notices,
        Change::Scale(by) => {
            prefs.scale = Scale::percent(prefs.scale.get().saturating_add_signed(by));
            follows = Some(("scale", prefs.scale.get().to_string()));
        }
        Change::Language(code) => {
            model.words = Words::for_wish(code);
            prefs.language = Some(code.to_owned());
            follows = Some(("language", code.to_owned()));
        }
    }
    let mut effects = vec![Effect::Save(prefs.clone())];
    // Before there is a profile, nobody asks on the screen.
    if let (Some((key, value)), Stage::Home) = (follows, &model.stage) {
        effects.push(config::set(key, value));
    }
    effects
}
