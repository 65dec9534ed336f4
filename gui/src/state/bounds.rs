//! What a viewer with control may not do (GUARD-4), as it is chosen, and
//! whether it counts next time too (GUARD-8).

use std::collections::BTreeSet;

use kith_api::{
    LimitInfo, LimitSet, Remember, ShareLevel, ShareLimits, ShareRequest, id::PersonId,
};

use super::Model;

/// What can be barred, as a node calls it.
pub(crate) const BARS: [&str; 6] = [
    "menus",
    "file-dialogs",
    "right-click",
    "borders",
    "shortcuts",
    "keyboard",
];

/// What is chosen.
#[derive(Debug, Default)]
pub(crate) struct Bounds {
    /// The choice is open to be seen.
    pub(crate) open: bool,
    /// What is barred.
    pub(crate) barred: BTreeSet<&'static str>,
    /// Whether that counts next time too.
    pub(crate) remember: Remember,
}

/// What a person does.
#[derive(Debug, Clone)]
pub(crate) enum Message {
    /// Opens or closes the choice.
    Open,
    /// Bars this, or no more.
    Bar(&'static str),
    /// Keeps it for the next time, or not.
    Remember,
}

impl Bounds {
    pub(super) fn update(&mut self, message: Message) {
        match message {
            Message::Open => self.open = !self.open,
            Message::Bar(what) => {
                if !self.barred.remove(what) {
                    self.barred.insert(what);
                }
            }
            Message::Remember => {
                self.remember = match self.remember {
                    Remember::Once => Remember::Always,
                    Remember::Always => Remember::Once,
                }
            }
        }
    }

    /// The request with what was chosen; `less` where less is allowed than was
    /// asked for. Without control nothing is to be barred.
    pub(super) fn around(
        &self,
        request: ShareRequest,
        level: ShareLevel,
        less: Option<ShareLevel>,
    ) -> ShareRequest {
        let chosen = level == ShareLevel::Control && !self.barred.is_empty();
        if !chosen && less.is_none() {
            return request;
        }
        let mut limits = ShareLimits {
            level: less,
            ..ShareLimits::default()
        };
        if chosen {
            limits.set = LimitSet {
                barred: self.barred.iter().map(|b| (*b).to_owned()).collect(),
                ..LimitSet::default()
            };
            limits.remember = self.remember;
        }
        let request = Box::new(request);
        ShareRequest::Limited { limits, request }
    }
}

/// What is remembered from before and comes back by itself, with a person and
/// one application, or with any of which it isn't known yet.
pub(crate) fn remembered<'a>(
    model: &'a Model,
    person: PersonId,
    application: Option<&'a str>,
) -> impl Iterator<Item = &'a LimitInfo> {
    let all = model.home.agreed.limits.here();
    all.into_iter().flatten().filter(move |limit| {
        let theirs = limit.person.as_ref().is_none_or(|p| p.id == person);
        let of_it = match (&limit.application, application) {
            (Some(named), Some(shown)) => named == shown,
            _ => true,
        };
        theirs && of_it
    })
}
