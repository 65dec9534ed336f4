//! Words in the reader's language: Fluent files that are built in. English is
//! complete; what another language lacks is shown in English.

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use kith_api::{ApiError, Finding, Imported, Message, Mine, Sentence, Warning};
use unic_langid::LanguageIdentifier;

use crate::state::first::Wrong;

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

    /// A refusal in the reader's language: what its code means, and behind that
    /// what the node says, which is English (UI-6).
    pub(crate) fn translate(&self, error: &mut ApiError) {
        error.hint = error.hint.take().filter(|hint| pressed(hint));
        let what = self.maybe(&format!("error-{}", error.code.name()), &[]);
        if let Some(what) = what {
            let detail = match error.hint.take() {
                Some(hint) => format!("{} – {hint}", error.message),
                None => error.message.clone(),
            };
            let args = [("what", what.into()), ("detail", detail.as_str().into())];
            error.message = self.maybe("error-said", &args).unwrap_or(detail);
        }
    }

    /// What is suspicious about a name or a title, in the reader's language (UI-6).
    pub(crate) fn warned(&self, warning: &Warning) -> String {
        let about = [("about", warning.about.as_str().into())];
        self.maybe(&format!("warning-{}", warning.code), &about)
            .unwrap_or_else(|| warning.words.clone())
    }

    /// What is wrong, with what to do about it.
    pub(crate) fn wrong(&self, wrong: &Wrong) -> String {
        match wrong {
            Wrong::Key(key) => self.t(key),
            Wrong::Said(said) => said.clone(),
        }
    }

    /// A sentence about what is allowed, with what stands in it: its codes in the
    /// reader's language, its names and numbers as they are.
    pub(crate) fn sentence(&self, said: &Sentence) -> String {
        let all = |name: &str| said.with.get(name).map_or(&[][..], Vec::as_slice);
        let one = |name: &String, value: &String| {
            let family = match name.as_str() {
                "subject" | "towards" => "says-party",
                "view" | "control" => "says-scope",
                "demands" | "duties" => "demand",
                "source" | "why" => "reason",
                "role" => "role",
                other => &format!("says-{other}"),
            };
            // Who is meant by it.
            let called = all(&format!("{name}-name")).first();
            let called = called.filter(|_| value == "role").map_or_else(
                || called.cloned(),
                |role| self.maybe(&format!("role-{role}"), &[]),
            );
            let called = [("name", called.unwrap_or_default().into())];
            let known = self.maybe(&format!("{family}-{value}"), &called);
            known.unwrap_or_else(|| value.clone())
        };
        let mut args = FluentArgs::new();
        for (name, values) in &said.with {
            let values: Vec<String> = values.iter().map(|v| one(name, v)).collect();
            let text = match values.is_empty() {
                true => "none".to_owned(),
                false => values.join(", "),
            };
            args.set(name.clone(), text);
        }
        // Where a node says less than is needed, English is better than a gap.
        self.formatted(&format!("says-{}", said.code), &args)
            .filter(|text| !text.contains("{$"))
            .unwrap_or_else(|| said.words.clone())
    }

    /// What happened in a room; `said` is what the node says.
    pub(crate) fn happened(&self, message: &Message, said: &str) -> String {
        let known = message.happened.as_ref().and_then(|happened| {
            let mine = match message.mine {
                Mine::Yes => "yes",
                Mine::No => "no",
            };
            let args = [
                ("name", message.author.name.as_str().into()),
                ("about", happened.about.as_str().into()),
                ("mine", mine.into()),
            ];
            self.maybe(&format!("happened-{}", happened.code), &args)
        });
        known.unwrap_or_else(|| said.to_owned())
    }

    /// What a check of this machine has found, with the names and numbers in it.
    pub(crate) fn found(&self, finding: &Finding) -> String {
        let Some(said) = self.maybe(&format!("finding-{}", finding.code), &[]) else {
            return finding.message.clone();
        };
        match finding.about.is_empty() {
            true => said,
            false => format!("{said} ({})", finding.about.join(", ")),
        }
    }

    /// What would help there. Where this program has a button for it, a command is
    /// none.
    pub(crate) fn helps(&self, finding: &Finding) -> Option<String> {
        let hint = finding.hint.as_deref()?;
        let known = self.maybe(&format!("finding-hint-{}", finding.code), &[]);
        known.or_else(|| pressed(hint).then(|| hint.to_owned()))
    }

    /// What came of a file, in the reader's language (UI-6).
    pub(crate) fn imported(&self, imported: &Imported) -> String {
        let count = |n: u64| FluentValue::from(n.to_string());
        if imported.kind == "audit"
            && let Some(said) = self.maybe("imported-audit", &[("n", count(imported.known))])
        {
            return said;
        }
        let kinds = imported.kind.split(", ").filter(|k| !k.is_empty());
        let kinds: Option<Vec<String>> = kinds
            .map(|kind| self.maybe(&format!("imported-{}", kind.replace(' ', "-")), &[]))
            .collect();
        let args = [
            ("what", kinds.unwrap_or_default().join(", ").into()),
            ("new", count(imported.new)),
            ("known", count(imported.known)),
        ];
        self.maybe("imported", &args)
            .unwrap_or_else(|| imported.message.clone())
    }

    /// A sentence that may not exist: the words for a code that a node gave
    /// (UI-6).
    pub(crate) fn maybe(&self, key: &str, args: &[Arg<'_>]) -> Option<String> {
        self.formatted(key, &args.iter().cloned().collect())
    }

    fn formatted(&self, key: &str, args: &FluentArgs<'_>) -> Option<String> {
        self.bundles.iter().find_map(|bundle| {
            let pattern = bundle.get_message(key)?.value()?;
            let mut errors = Vec::new();
            let text = bundle.format_pattern(pattern, Some(args), &mut errors);
            Some(text.into_owned())
        })
    }
}

/// Whether a hint is of use here: not one that names a command for what this program
/// has a button or a page for.
fn pressed(hint: &str) -> bool {
    const TYPED: [&str; 2] = ["“kith account", "“kith id --renew"];
    !hint.contains("“kith ") || TYPED.iter().any(|typed| hint.contains(typed))
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
