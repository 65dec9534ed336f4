//! Words in the reader's language: Fluent files that are built in. English is
//! complete; what another language lacks is shown in English.

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

/// A language that there are words for: its code, its own name, its words.
pub(crate) type Language = (&'static str, &'static str, &'static str);

/// All of them, English first.
pub(crate) const LANGUAGES: [Language; 3] = [
    ("en", "English", include_str!("../i18n/en.ftl")),
    ("de", "Deutsch", include_str!("../i18n/de.ftl")),
    ("zh-CN", "简体中文", include_str!("../i18n/zh-CN.ftl")),
];

/// What is put into a sentence.
pub(crate) type Arg<'a> = (&'static str, FluentValue<'a>);

/// The words of one language, and of English behind it.
pub(crate) struct Words {
    code: &'static str,
    bundles: Vec<FluentBundle<FluentResource>>,
}

impl core::fmt::Debug for Words {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Words({})", self.code)
    }
}

impl Words {
    /// The words for a wish such as `de`, `de_AT.UTF-8`, `zh_CN`; English
    /// where the language isn't there.
    pub(crate) fn for_wish(wish: &str) -> Self {
        let wish = wish.split('.').next().unwrap_or_default().replace('_', "-");
        let short = wish.split('-').next().unwrap_or_default();
        let chosen = LANGUAGES
            .iter()
            .find(|(code, ..)| code.eq_ignore_ascii_case(&wish))
            .or_else(|| {
                let starts = |code: &str| code.split('-').next() == Some(short);
                LANGUAGES.iter().find(|(code, ..)| starts(code))
            })
            .unwrap_or(&LANGUAGES[0]);
        let mut bundles = vec![bundle(chosen)];
        if chosen.0 != LANGUAGES[0].0 {
            bundles.push(bundle(&LANGUAGES[0]));
        }
        Self {
            code: chosen.0,
            bundles,
        }
    }

    /// The words for what the environment wishes.
    pub(crate) fn for_environment() -> Self {
        let wish = ["LC_ALL", "LC_MESSAGES", "LANG"]
            .into_iter()
            .filter_map(|name| std::env::var(name).ok())
            .find(|value| !value.is_empty())
            .unwrap_or_default();
        Self::for_wish(&wish)
    }

    /// The language's code.
    pub(crate) const fn code(&self) -> &'static str {
        self.code
    }

    /// A sentence.
    pub(crate) fn t(&self, key: &str) -> String {
        self.with(key, &[])
    }

    /// A sentence with something in it.
    pub(crate) fn with(&self, key: &str, args: &[Arg<'_>]) -> String {
        self.maybe(key, args).unwrap_or_else(|| key.to_owned())
    }

    /// A sentence that may not exist: the words for a code that a node gave
    /// (UI-6).
    pub(crate) fn maybe(&self, key: &str, args: &[Arg<'_>]) -> Option<String> {
        let args: FluentArgs<'_> = args.iter().cloned().collect();
        self.bundles.iter().find_map(|bundle| {
            let pattern = bundle.get_message(key)?.value()?;
            let mut errors = Vec::new();
            Some(
                bundle
                    .format_pattern(pattern, Some(&args), &mut errors)
                    .into_owned(),
            )
        })
    }
}

fn bundle((code, _, words): &Language) -> FluentBundle<FluentResource> {
    let language: LanguageIdentifier = code.parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![language]);
    // Names come escaped from the node; isolating marks would be drawn as
    // empty boxes by fonts that lack them.
    bundle.set_use_isolating(false);
    // A faulty line is left out; a test sees to it that there is none.
    let (Ok(resource) | Err((resource, _))) = FluentResource::try_new((*words).to_owned());
    let _ = bundle.add_resource(resource);
    bundle
}

#[cfg(test)]
mod tests;
