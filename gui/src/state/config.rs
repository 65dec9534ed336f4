//! The node's settings.

use std::collections::BTreeMap;

use kith_api::{ApiError, Reply, Request, Setting};

use super::pages::Asked;
use super::{Effect, Model, Tag, ask, ask_aside, said};

/// What the page shows.
#[derive(Debug, Default)]
pub(crate) struct Config {
    /// All of them.
    pub(crate) all: Asked<Vec<Setting>>,
    /// What is typed and not yet set, by name.
    pub(crate) typed: BTreeMap<String, String>,
}

/// What a person does.
#[derive(Debug, Clone)]
pub(crate) enum Message {
    /// Types a value.
    Typed(String, String),
    /// Sets what was typed.
    Set(String),
    /// Sets this value; `None`: the default.
    To(String, Option<String>),
}

/// Asks for the settings.
pub(super) fn open() -> Effect {
    ask_aside(Tag::Config, Request::Config)
}

/// Sets one.
pub(super) fn set(key: &str, value: String) -> Effect {
    let tag = Tag::ConfigSet(key.to_owned());
    let (key, value) = (key.to_owned(), Some(value));
    ask_aside(tag, Request::ConfigSet { key, value })
}

pub(super) fn update(model: &mut Model, message: Message) -> Vec<Effect> {
    let typed = &mut model.home.config.typed;
    let (key, value) = match message {
        Message::Typed(key, value) => {
            typed.insert(key, value);
            return Vec::new();
        }
        Message::Set(key) => match typed.get(&key) {
            Some(value) => (key, Some(value.trim().to_owned())),
            None => return Vec::new(),
        },
        Message::To(key, value) => (key, value),
    };
    let tag = Tag::ConfigSet(key.clone());
    vec![ask(tag, Request::ConfigSet { key, value })]
}

pub(super) fn on_answer(
    model: &mut Model,
    tag: Tag,
    result: Result<Reply, ApiError>,
) -> Vec<Effect> {
    let config = &mut model.home.config;
    match (tag, result) {
        (Tag::Config, Ok(Reply::Config(all))) => {
            let follow = model.prefs.not_yet_said(&all);
            config.all.put(Ok(all));
            return follow.into_iter().map(|(k, v)| set(k, v)).collect();
        }
        (Tag::Config, Err(error)) => config.all.put(Err(said(&error))),
        (Tag::ConfigSet(key), Ok(_)) => {
            config.typed.remove(&key);
            return vec![open()];
        }
        // What was typed stays, to be mended.
        (Tag::ConfigSet(_), Err(error)) => return model.fail(&error),
        _ => {}
    }
    Vec::new()
}
