//! The question before something that can't be undone: a message is deleted for
//! everybody, a contact removed, or what was said with them erased. The keyboard is
//! at "no".

use kith_api::id::PersonId;
use kith_api::{Content, Message as Entry, MessageRef, Request};

use super::{Dialog, Effect, Model, Tag, ask};

/// The answer "no".
pub(crate) const NO: &str = "sure-no";

/// What is asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sure {
    /// A message is to be deleted.
    Delete {
        /// Which.
        of: MessageRef,
        /// What it says: one sees what goes.
        says: String,
    },
    /// A contact is to be removed.
    Remove(PersonId),
    /// What was said with somebody who was removed is to be erased.
    Forget(PersonId),
}

/// The question about a message.
pub(super) fn of(message: &Entry) -> Sure {
    let says = match &message.content {
        Content::Text(text) => text.as_str(),
        Content::File { name, .. } => name,
        _ => "",
    };
    Sure::Delete {
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

/// Does what was asked about.
pub(super) fn yes(model: &mut Model, sure: Sure) -> Vec<Effect> {
    model.home.dialog = None;
    if let Sure::Forget(_) = sure {
        model.home.chosen = None;
    }
    let request = match sure {
        Sure::Delete { of, .. } => Request::Delete { of },
        Sure::Remove(person) | Sure::Forget(person) => Request::ContactRemove {
            who: person.to_string(),
        },
    };
    vec![ask(Tag::Done, request)]
}
