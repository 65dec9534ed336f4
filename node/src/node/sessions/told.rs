//! What faces are told of sessions.

use kith_api::{
    ControlState, Event as Told, MAX_ENDED, ScreenArea, ShareCase, ShareControllers, ShareInfo,
    SharePart, SharePhase,
};
use kith_proto::id::SessionId;
use kith_proto::names::escape_for_display;
use kith_proto::session::{Phase, Session, Side, Terms};
use kith_proto::technology::Technology;
use kith_screen::guard::Area;
use kith_screen::warden::protocol::Controllers;

use super::super::open::Open;
use super::{Asks, NOTHING, One, Pressed};
use crate::share::{Subject, has_display};

impl Open {
    /// Tells the faces how a session is.
    pub(super) fn tell_share(&mut self, id: &SessionId) {
        if let Some(info) = self.share_info(id) {
            self.tell(Told::Share(info));
        }
    }

    /// Tells them the last of it, and keeps that for who asks later.
    pub(super) fn tell_ended(&mut self, id: &SessionId) {
        let Some(info) = self.share_info(id) else {
            return;
        };
        let ended = &mut self.sessions.ended;
        while ended.len() >= MAX_ENDED {
            ended.pop_front();
        }
        ended.push_back(info.clone());
        self.tell(Told::Share(info));
    }

    pub(in super::super) fn share_info(&self, id: &SessionId) -> Option<ShareInfo> {
        let one = self.sessions.all.get(id)?;
        // What a crash ended isn't there any more; that it is over both sign.
        if one.crashed.is_some() && one.over.is_none() {
            return None;
        }
        let session = one.session.as_ref();
        let terms = session.and_then(Session::terms).unwrap_or(&one.last);
        let over = one.over.or(session.and_then(Session::over));
        let phase = match (session.map(Session::phase), &one.rings, one.over) {
            (_, _, Some(_)) | (None | Some(Phase::Over), ..) => SharePhase::Over,
            (Some(Phase::Ending), ..) => SharePhase::Ending,
            (Some(Phase::Waiting), ..) => SharePhase::Waiting,
            (Some(Phase::Ringing), ..) => SharePhase::Asked,
            (Some(Phase::Settling), ..) => SharePhase::Settling,
            (Some(Phase::Running), Some(_), _) if one.asks == Asks::Viewer => {
                SharePhase::RunningAsked
            }
            (Some(Phase::Running), ..) => SharePhase::Running,
        };
        let text = |t: &Option<kith_proto::policy::case::CaseText>| {
            t.as_ref().map(|t| escape_for_display(t.as_str()))
        };
        let wanted = session.and_then(Session::wanted);
        let apps = terms.extent.applications.as_slice();
        let shown = self.part_shown(one);
        Some(ShareInfo {
            session: *id,
            person: self.named(&one.who.person),
            organisation: self.organisation_of(&one.who.person),
            part: match one.who.side {
                Side::Sharer => SharePart::Sharer,
                Side::Viewer => SharePart::Viewer,
            },
            phase,
            technology: terms.technology.name().to_owned(),
            view: terms.extent.view.name().to_owned(),
            control: terms.extent.control.name().to_owned(),
            control_state: self.control_state(one, phase, terms),
            area: shown.as_ref().map(|(area, _)| *area),
            cuts: shown.map(|(_, cuts)| cuts).unwrap_or_default(),
            applications: apps
                .iter()
                .map(|a| escape_for_display(a.as_str()))
                .collect(),
            wanted: wanted.map(|t| t.extent.control.name().to_owned()),
            room: self
                .common_room(terms.room, &one.who.person)
                .map(|id| self.room_ref(&id)),
            refused: one.refused.map(|reason| reason.name().to_owned()),
            case: ShareCase {
                purpose: text(&terms.case.purpose),
                reference: text(&terms.case.reference),
                patient_consent: text(&terms.case.patient_consent),
            },
            ended_by: over.map(|(by, _)| by.name().to_owned()),
            reason: over.map(|(_, reason)| reason.name().to_owned()),
            words: over.map(|(_, reason)| reason.words().to_owned()),
            ended_at_ms: one.over.map(|_| self.now().as_millis()),
            without_panic_key: one.who.side == Side::Sharer
                && terms.technology != Technology::Native
                && !has_display(),
            answered_at_screen: one.is_on_screen() && one.wants_control().is_some(),
            controllers: one
                .share
                .map(|share| match self.sessions.shares().at_once(share) {
                    Controllers::One => ShareControllers::One,
                    Controllers::Many => ShareControllers::Together,
                }),
        })
    }

    /// How far control is: a viewer hears when it counts.
    fn control_state(&self, one: &One, phase: SharePhase, terms: &Terms) -> Option<ControlState> {
        if terms.extent.control == NOTHING {
            return None;
        }
        match phase {
            SharePhase::Waiting | SharePhase::Asked | SharePhase::Settling => {
                return Some(ControlState::Offered);
            }
            SharePhase::Running | SharePhase::RunningAsked => {}
            SharePhase::Ending | SharePhase::Over => return None,
        }
        let held = match (terms.technology, &one.overseen) {
            _ if one.who.side == Side::Viewer => one.pressed == Pressed::Written,
            (Technology::Native, _) => one.share.is_some_and(|share| {
                let controllers = self.sessions.shares().controllers(share);
                controllers.contains(&one.who.session)
            }),
            (_, Some(overseen)) => overseen.is_given(),
            // Where no warden watches, hands are free with the grant.
            (_, None) => true,
        };
        Some(match held {
            true => ControlState::Held,
            false => ControlState::Offered,
        })
    }

    /// The part of our screen that is shown, where it is one: the rectangle around
    /// it, and what is cut out of that.
    fn part_shown(&self, one: &One) -> Option<(ScreenArea, Vec<ScreenArea>)> {
        let Some(Subject::Region(chosen)) = &one.what else {
            return None;
        };
        // It may have been moved since.
        let now = one
            .share
            .and_then(|share| self.sessions.shares().part(share));
        let part = now.as_ref().unwrap_or(chosen);
        let area = |a: &Area| a.rect().map(|r| (r.x, r.y, r.w, r.h));
        Some((
            area(&part.area())?,
            part.cuts().iter().filter_map(area).collect(),
        ))
    }
}
