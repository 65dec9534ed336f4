//! Somebody nearby, and the spoken code.

use iced::widget::{Column, column, container, row, text};
use iced::{Alignment, Element, Length};
use kith_api::{CodeOutcome, MeetingInfo, MeetingState};

use crate::state::meet::{DIFFERS, Meet, Message as Do};
use crate::state::{Message, Model, dialog};
use crate::theme::{self, MONO, space as gap};
use crate::widgets::{
    Icon, Role, avatar, body, button, icon, icon_button, note, press, strong, warning,
};

fn act(step: Do) -> Message {
    Message::Meet(step)
}

pub(super) fn view<'a>(model: &'a Model, meet: &'a Meet) -> Column<'a, Message> {
    let inner = match (&meet.meeting, &meet.nearby) {
        (Some(meeting), _) => compare(model, meeting),
        // Not known yet, or not to be had.
        (None, None) => {
            let coming = meet.wrong.is_none();
            column![].push(coming.then(|| note(model.words.t("loading"))))
        }
        (None, Some(nearby)) => {
            let people = nearby.people.iter().map(|p| {
                press(
                    row![
                        avatar(&p.person.name, &p.person.id.to_string(), 34.0),
                        column![strong(&p.person.name)].extend(
                            p.warnings
                                .iter()
                                .map(|w| note(model.words.warned(w)).into())
                        ),
                    ]
                    .spacing(gap::M)
                    .align_y(Alignment::Center),
                )
                .width(Length::Fill)
                .on_press(act(Do::Meet(p.device.to_string())))
                .into()
            });
            let nobody = nearby.people.is_empty();
            column![note(model.words.t("nearby-more"))]
                .push(Column::with_children(people).spacing(gap::S))
                .push(nobody.then(|| body(model.words.t("nearby-nobody"))))
                .spacing(gap::M)
        }
    };
    inner.push(meet.wrong.as_deref().map(warning))
}

fn compare<'a>(model: &'a Model, meeting: &'a MeetingInfo) -> Column<'a, Message> {
    let words = &model.words;
    let name = [("name", meeting.name.as_str().into())];
    let say = |outcome| act(Do::Confirm(meeting.id.clone(), outcome));
    let close = || {
        button(words.t("close"))
            .role(Role::Main)
            .on_press(Message::Dialog(dialog::Message::Close))
    };
    let sentence = match meeting.state {
        MeetingState::Begun => "code-begun",
        MeetingState::Compare => "code-compare",
        MeetingState::Waiting => "code-waiting",
        MeetingState::Done => "code-done",
        MeetingState::Failed => "code-failed",
    };
    let code = meeting
        .code
        .as_deref()
        .filter(|_| matches!(meeting.state, MeetingState::Compare | MeetingState::Waiting));
    let code = code.map(|code| {
        container(text(code).size(38).font(MONO))
            .padding(gap::L)
            .center_x(Length::Fill)
            .style(theme::raised)
    });
    let acts: Option<Element<'_, Message>> = match meeting.state {
        MeetingState::Compare => Some(
            row![
                icon_button(Icon::BadgeCheck, words.t("safety-equal"))
                    .role(Role::Main)
                    .on_press(say(CodeOutcome::Same)),
                button(words.t("safety-differs"))
                    .id(DIFFERS)
                    .on_press(say(CodeOutcome::Different)),
            ]
            .spacing(gap::S)
            .into(),
        ),
        MeetingState::Done | MeetingState::Failed => Some(close().into()),
        _ => None,
    };
    let sign = match meeting.state {
        MeetingState::Done => Some(icon(Icon::CircleCheck, 22.0).style(theme::good)),
        MeetingState::Failed => Some(icon(Icon::TriangleAlert, 22.0).style(theme::warn)),
        _ => None,
    };
    column![
        row![]
            .push(sign)
            .push(body(words.with(sentence, &name)).width(Length::Fill))
            .spacing(gap::M)
            .align_y(Alignment::Center)
    ]
    .extend(meeting.warnings.iter().map(|w| warning(words.warned(w))))
    .push(code)
    .push(meeting.why.as_ref().map(|w| note(words.sentence(w))))
    .push(acts)
    .spacing(gap::M)
}
