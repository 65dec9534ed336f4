//! What a share would be, worked out without anybody hearing of it: before it
//! begins, and before our person is asked at the screen to press for it (GUARD-9).
//! Nobody is asked about what can't be.

use kith_api::{
    ApiError, Code, ConsentRequest, ContactState, Request, ShareBorders, ShareCase, ShareLevel,
    ShareLimits, ShareRequest, ShareShow, ShareWhat,
};
use kith_proto::id::{DeviceId, RoomId, SessionId};
use kith_proto::policy::rule::Direction;
use kith_proto::rights::Scope;
use kith_proto::session::{Desk as _, MAX_RUNG, Reason, Side, Terms, Who};
use kith_proto::technology::Technology;

use super::super::error::bad;
use super::super::open::Open;
use super::ask::{at_once_of, borders_of, can_be_together};
use super::display::subject_of;
use super::extent::{case_of, extent_of, least, level_of, named, named_extent};
use super::hosted::{Offered, by_vnc};
use super::which::Asked;
use super::why_not::{Missed, error};
use super::{MAX_OPEN, One};
use crate::share::Subject;

/// With whom, on which devices, and the terms but for their extent.
pub(super) type ToBegin = (Who, Terms, Vec<DeviceId>);

/// A request, and what it comes in.
pub(super) struct Whole {
    pub place: Option<RoomId>,
    pub said: ShareLimits,
    pub request: ShareRequest,
}

/// A session of ours that could begin, and the devices that ring.
pub(super) struct Begun {
    pub one: One,
    pub terms: Terms,
    pub rung: Vec<DeviceId>,
}

/// What our person wants to show, looked at. The password of a server is kept
/// apart from what is told of it.
pub(super) struct Shown {
    pub what: Option<Subject>,
    pub offered: Option<Offered>,
}

/// What a yes of our person's comes to.
pub(super) struct Yes {
    pub terms: Terms,
    pub level: ShareLevel,
    /// Where something of ours begins to be shown.
    pub shown: Option<Shown>,
}

impl Open {
    /// Why this can't be, whoever presses for it, by all that is known here: who
    /// is there, what there is to show, and the policy.
    ///
    /// # Errors
    /// The same as if it was pressed.
    pub(in super::super) async fn can_be_asked_about(
        &mut self,
        request: &Request,
    ) -> Result<(), ApiError> {
        let request = match request {
            Request::Share(request) => request,
            Request::Consent(ConsentRequest::Give { who, .. }) => {
                return self.may_be_trusted(who).map(|_| ());
            }
            _ => return Ok(()),
        };
        let Whole {
            place,
            said,
            request,
        } = self.whole(request.clone()).await?;
        let begun = match request {
            ShareRequest::Invite {
                who,
                what,
                level,
                case,
            } => {
                let with = self.to_begin(&who, Side::Sharer, &case, place)?;
                self.invitation(with, &what, level, &said).await?
            }
            ShareRequest::Join {
                who,
                level,
                show,
                case,
            } => {
                let with = self.to_begin(&who, Side::Viewer, &case, place)?;
                joining(with, None, level, show)?
            }
            ShareRequest::JoinApplication {
                who,
                application,
                level,
                show,
                case,
            } => {
                let with = self.to_begin(&who, Side::Viewer, &case, place)?;
                joining(with, Some(&application), level, show)?
            }
            ShareRequest::Allow { which, what, .. } => {
                let id = self.which(&which, Asked::Yes)?;
                return self.can_be_allowed(id, what, &said).await;
            }
            _ => return Ok(()),
        };
        let Begun { one, terms, .. } = begun;
        self.can_be_decided(&one, &terms, Missed::Share).await
    }

    async fn can_be_allowed(
        &mut self,
        id: SessionId,
        what: Option<ShareWhat>,
        said: &ShareLimits,
    ) -> Result<(), ApiError> {
        let Yes { terms, shown, .. } = self.yes(&id, what, said).await?;
        let Some(mut one) = self.sessions.all.remove(&id) else {
            return Err(bad("that request is over"));
        };
        let missed = match one.course {
            None => Missed::Share,
            Some(_) => Missed::Control,
        };
        // What a decision looks at is what would be shown.
        let before = shown.map(|shown| core::mem::replace(&mut one.offered, shown.offered));
        let decided = self.can_be_decided(&one, &terms, missed).await;
        if let Some(before) = before {
            one.offered = before;
        }
        self.sessions.all.insert(id, one);
        decided
    }

    /// Asks the policy, as it will be asked when it begins. A trial picture comes
    /// only then.
    async fn can_be_decided(
        &mut self,
        one: &One,
        terms: &Terms,
        missed: Missed,
    ) -> Result<(), ApiError> {
        self.observe_policies().await?;
        let who = one.who;
        let decided = self.with_office(&who, Some(one), |office, _| office.decide(&who, terms));
        match decided {
            Ok(_) | Err(Reason::NoTrial) => Ok(()),
            Err(reason) => {
                self.write_refused_here(one, terms, reason).await;
                Err(self.refusal(missed, reason))
            }
        }
    }

    /// A request without what it comes in: limits are said once, and a room before
    /// them.
    pub(super) async fn whole(&mut self, request: ShareRequest) -> Result<Whole, ApiError> {
        let (place, request) = match request {
            ShareRequest::InRoom { room, request } => (Some(room), *request),
            request => (None, request),
        };
        let (said, request) = match request {
            ShareRequest::Limited { limits, request } => (limits, *request),
            request => (ShareLimits::default(), request),
        };
        if matches!(
            request,
            ShareRequest::Limited { .. } | ShareRequest::InRoom { .. }
        ) {
            return Err(bad("limits are said once, and a room before them"));
        }
        let begins = matches!(
            request,
            ShareRequest::Invite { .. }
                | ShareRequest::Join { .. }
                | ShareRequest::JoinApplication { .. }
        );
        let place = match place {
            Some(room) if begins => Some(self.room_to_share_in(&room).await?),
            Some(_) => return Err(bad("a room is for what begins: invite, or join")),
            None => None,
        };
        Ok(Whole {
            place,
            said,
            request,
        })
    }

    /// What an invitation of our person's would be.
    pub(super) async fn invitation(
        &self,
        (who, mut terms, rung): ToBegin,
        what: &ShareWhat,
        level: ShareLevel,
        said: &ShareLimits,
    ) -> Result<Begun, ApiError> {
        let (bars, _) = self.said_with_a_share(said)?;
        let level = least(level, said.level);
        let Shown { what, offered } = self.what_is_shown(what).await?;
        terms.extent = extent_of(what.as_ref(), level)?;
        if offered.is_some() {
            by_vnc(&mut terms);
        }
        let mut one = One::new(who, terms.clone(), None);
        (one.what, one.offered, one.bars) = (what, offered, bars);
        one.at_once = at_once_of(said);
        can_be_together(&one, one.at_once)?;
        one.borders = borders_of(&one, said)?;
        self.can_be_limited(&one, level)?;
        Ok(Begun { one, terms, rung })
    }

    /// What a yes to a request would be.
    pub(super) async fn yes(
        &self,
        id: &SessionId,
        what: Option<ShareWhat>,
        said: &ShareLimits,
    ) -> Result<Yes, ApiError> {
        let (bars, _) = self.said_with_a_share(said)?;
        let one = self.sessions.all.get(id);
        let one = one.ok_or_else(|| bad("that request is over"))?;
        // An application that was asked for by name need not be named again.
        let what = what.or_else(|| named(one));
        let asked = one.rings.as_ref();
        let asked = asked.ok_or_else(|| bad("nobody asks you for anything there"))?;
        let mut terms = asked.clone();
        let level = least(level_of(&terms.extent), said.level);
        let shown = match (one.who.side, one.course.is_none()) {
            (Side::Sharer, true) => {
                let what = what.ok_or_else(|| {
                    bad("say what you want to show")
                        .hint("“--synthetic”, “--desktop”, “--app NAME” or “--window TITLE”")
                })?;
                let shown = self.what_is_shown(&what).await?;
                if (terms.technology == Technology::Native) != shown.offered.is_none() {
                    return Err(match terms.technology {
                        Technology::Native => bad("they asked to see your own screen")
                            .hint("for a VNC server they ask with “kith join --vnc-server”"),
                        _ => bad("they asked to see a VNC server").hint("“--vnc-server PORT”"),
                    });
                }
                terms.extent = extent_of(shown.what.as_ref(), level)?;
                terms.policies = self.policies.references();
                Some(shown)
            }
            (Side::Viewer, _)
                if !bars.is_empty()
                    || said.controllers.is_some()
                    || said.borders == ShareBorders::Included =>
            {
                return Err(bad("it is their screen: limits are theirs to set"));
            }
            _ => None,
        };
        if !terms.within(asked) {
            return Err(bad("they asked for less than that")
                .hint("“kith requests” says what they asked for"));
        }
        Ok(Yes {
            terms,
            level,
            shown,
        })
    }

    async fn what_is_shown(&self, what: &ShareWhat) -> Result<Shown, ApiError> {
        let (what, offered) = match what {
            ShareWhat::VncServer { server, password } => {
                let offered = self.offered(server, password.as_ref()).await?;
                (None, Some(offered))
            }
            what => (Some(subject_of(what).await?), None),
        };
        Ok(Shown { what, offered })
    }

    /// With whom, on which devices, and the terms but for their extent.
    pub(super) fn to_begin(
        &self,
        who: &str,
        side: Side,
        case: &ShareCase,
        place: Option<RoomId>,
    ) -> Result<ToBegin, ApiError> {
        if self.sessions.all.len() + self.sessions.trials.parked(None) >= MAX_OPEN {
            return Err(error(Reason::TooMany));
        }
        let person = self.find(who)?;
        let state = self.people.get(&person).map(|p| (p.state, p.shown()));
        let name = match state {
            Some((ContactState::Contact, name)) => name,
            Some((_, name)) => return Err(bad(format!("{name} isn’t your contact yet"))),
            None => return Err(bad("you know nobody of that name")),
        };
        let rung: Vec<DeviceId> = self
            .people
            .devices_of(&person)
            .map(|(device, _)| device)
            .filter(|device| self.connection_to(device).is_some())
            .take(MAX_RUNG)
            .collect();
        let Some(device) = rung.first().copied() else {
            return Err(
                ApiError::new(Code::Unreachable, format!("{name} can’t be reached now"))
                    .hint("“kith contacts” says who is there"),
            );
        };
        let session = SessionId::random(&mut crate::random::system());
        let me = self.account.person();
        let (sharer, viewer, direction) = match side {
            Side::Sharer => (me, person, Direction::Invite),
            Side::Viewer => (person, me, Direction::Request),
        };
        let terms = Terms {
            session,
            sharer,
            viewer,
            room: place,
            technology: Technology::Native,
            hosted: None,
            direction,
            extent: extent_of(None, ShareLevel::View)?,
            harmless: Vec::new(),
            case: case_of(case)?,
            policies: self.policies.references(),
        };
        let who = Who {
            session,
            side,
            person,
            device,
        };
        Ok((who, terms, rung))
    }
}

/// What asking to see something of theirs would be.
///
/// # Errors
/// No application has that name.
pub(super) fn joining(
    (who, mut terms, rung): ToBegin,
    application: Option<&str>,
    level: ShareLevel,
    show: ShareShow,
) -> Result<Begun, ApiError> {
    terms.extent = match application {
        None => extent_of(None, level)?,
        Some(name) => named_extent(Scope::Application, vec![name], level)?,
    };
    if show == ShareShow::VncServer {
        by_vnc(&mut terms);
    }
    let mut one = One::new(who, terms.clone(), None);
    one.show = show;
    Ok(Begun { one, terms, rung })
}
