//! The question before something that can't be undone: a message is deleted for
//! everybody. The keyboard is at "no".

use kith_api::{Content, Message as Entry, MessageRef, Request};

use super::{Dialog, Effect, Model, Tag, ask};

/// The answer "no".
pub(crate) const NO: &str = "sure-no";

/// A message that is to be deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sure {
    /// Which.
    pub(crate) of: MessageRef,
    /// What it says: one sees what goes.
    pub(crate) says: String,
}

/// The question about a message.
pub(super) fn of(message: &Entry) -> Sure {
    let says = match &message.content {
        Content::Text(text) => text.as_str(),
        Content::File { name, .. } => name,
        _ => "",
    };
    Sure {
        of: MessageRef {
            room: message.room.id.to_string(),
            message: message.id.clone(),
        },
        says: says.to_owned(),
    }
}

/// Asks.
pub(super) fn open(model: &mut Model, sure: Sure) -> Vec<Effect> {
    model.home.dialog = Some(Dialog::Sure(sure));
    vec![Effect::Focus(NO)]
}

/// Deletes what was asked about.
pub(super) fn yes(model: &mut Model, of: MessageRef) -> Vec<Effect> {
    model.home.dialog = None;
    vec![ask(Tag::Done, Request::Delete { of })]
}
