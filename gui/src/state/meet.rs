//! Meeting somebody nearby, and comparing a spoken code (ID-2, ID-3).

use kith_api::id::PersonId;
use kith_api::{
    ApiError, CodeOutcome, MeetingInfo, MeetingRequest, MeetingState, MeetingWith, Nearby, Reply,
    Request,
};

use super::home;
use super::steady::{self, Yes};
use super::{Dialog, Effect, Model, Tag, ask_aside, said};

/// How long this device tells its person's name, in seconds: as long as two
/// people who sit together need.
const OPEN: u32 = 600;

/// The answer that the code differs: the keyboard goes there first, so that a
/// key pressed once too often verifies nobody.
pub(crate) const DIFFERS: &str = "code-differs";

/// The dialog.
#[derive(Debug, Default)]
pub(crate) struct Meet {
    /// Who is nearby; `None`: not known yet.
    pub(crate) nearby: Option<Nearby>,
    /// The comparison under way.
    pub(crate) meeting: Option<MeetingInfo>,
    /// Why not.
    pub(crate) wrong: Option<String>,
}

/// What a person does.
#[derive(Debug, Clone)]
pub(crate) enum Message {
    /// Looks who is nearby, and lets them see this person's name.
    Look,
    /// Begins with somebody nearby; the device.
    Meet(String),
    /// Begins with a contact.
    Verify(PersonId),
    /// Says what it came to.
    Confirm(String, CodeOutcome),
}

pub(super) fn update(model: &mut Model, message: Message) -> Vec<Effect> {
    let request = match message {
        Message::Look => {
            model.home.dialog = Some(Dialog::Meet(Meet::default()));
            let open_secs = Some(OPEN);
            // What was begun and closed comes up again.
            return [MeetingRequest::Nearby { open_secs }, MeetingRequest::List]
                .map(|request| ask_aside(Tag::Meet, Request::Meeting(request)))
                .into();
        }
        Message::Meet(who) => MeetingRequest::Meet { who },
        Message::Verify(id) => {
            model.home.dialog = Some(Dialog::Meet(Meet::default()));
            let who = id.to_string();
            MeetingRequest::Verify { who }
        }
        Message::Confirm(meeting, outcome) => {
            if outcome == CodeOutcome::Same
                && let Some(early) = steady::too_early(model, &Yes::Code(meeting.clone()))
            {
                return early;
            }
            MeetingRequest::Confirm { meeting, outcome }
        }
    };
    vec![ask_aside(Tag::Meet, Request::Meeting(request))]
}

/// Who is nearby has changed.
pub(super) fn on_nearby(model: &mut Model, nearby: Nearby) {
    if let Some(Dialog::Meet(meet)) = &mut model.home.dialog {
        meet.nearby = Some(nearby);
    }
}

/// A comparison is new or changed. One that the other side began comes up by
/// itself, unless something else is being done.
pub(super) fn on_meeting(model: &mut Model, meeting: MeetingInfo) -> Vec<Effect> {
    let compares = meeting.state == MeetingState::Compare;
    let fresh = matches!(meeting.state, MeetingState::Begun | MeetingState::Compare);
    if meeting.state == MeetingState::Done && meeting.with == MeetingWith::Nearby {
        return met(model, &meeting);
    }
    match &mut model.home.dialog {
        Some(Dialog::Meet(meet)) => {
            let other = meet.meeting.as_ref().is_some_and(|m| m.id != meeting.id);
            if !other || fresh {
                meet.meeting = Some(meeting);
            }
        }
        None if fresh => {
            model.home.dialog = Some(Dialog::Meet(Meet {
                meeting: Some(meeting),
                ..Meet::default()
            }));
        }
        _ => return Vec::new(),
    }
    match compares {
        true => vec![Effect::Focus(DIFFERS)],
        false => Vec::new(),
    }
}

/// Whom one has just met, one talks with.
fn met(model: &mut Model, meeting: &MeetingInfo) -> Vec<Effect> {
    let this = |m: &MeetingInfo| m.id == meeting.id;
    match &model.home.dialog {
        Some(Dialog::Meet(meet)) if meet.meeting.as_ref().is_some_and(this) => {}
        _ => return Vec::new(),
    }
    model.home.dialog = None;
    let mut effects = home::to_person(model, meeting.person);
    let name = [("name", meeting.name.as_str().into())];
    let done = model.words.with("code-done", &name);
    effects.extend(model.say(done));
    effects
}

pub(super) fn on_answer(model: &mut Model, result: Result<Reply, ApiError>) -> Vec<Effect> {
    match result {
        Ok(Reply::Nearby(nearby)) => on_nearby(model, nearby),
        Ok(Reply::Meeting(meeting)) => return on_meeting(model, meeting),
        Ok(Reply::Meetings(all)) => {
            let open =
                |m: &MeetingInfo| !matches!(m.state, MeetingState::Done | MeetingState::Failed);
            if let Some(meeting) = all.into_iter().find(open) {
                return on_meeting(model, meeting);
            }
        }
        Ok(_) => {}
        Err(error) => {
            if let Some(Dialog::Meet(meet)) = &mut model.home.dialog {
                meet.wrong = Some(said(&error));
            }
        }
    }
    Vec::new()
}
