//! What an entry says.

use super::{Code, Extent, Presses, Server, Share};
use crate::cbor::{DecodeError, MapBuilder, MapReader};
use crate::digest::Digest;
use crate::id::PersonId;
use crate::limits::{Bars, Fits};
use crate::policy::case::Case;
use crate::policy::reference::{PolicyRef, PolicyRefs};
use crate::policy::rule::Direction;
use crate::registry::registry;

registry! {
    /// The kind of an entry. Numbers 13 and 24 to 63 are for later.
    enum EventKind;
    /// A set of kinds: what a reader wants to see.
    set EventKinds;
    /// Somebody asked for or offered a share, or more of one.
    Asked = 1, "asked";
    /// The policy was asked.
    Decided = 2, "decided";
    /// A person or program refused.
    Refused = 3, "refused";
    /// A person allowed it.
    Granted = 4, "granted";
    /// Pictures go over.
    Started = 5, "started";
    /// The viewer may do more than before.
    Escalated = 6, "escalated";
    /// The viewer may do less than before.
    Reduced = 7, "reduced";
    /// The share is over.
    Ended = 8, "ended";
    /// Another policy document counts from here on.
    PolicyInForce = 9, "policy-in-force";
    /// The own person gave standing consent.
    ConsentGiven = 10, "consent-given";
    /// The own person took standing consent back.
    ConsentEnded = 11, "consent-ended";
    /// What the own person bars viewers from with control has changed.
    LimitsChanged = 12, "limits-changed";
    /// A standing consent doesn't count until the own person says so.
    ConsentHeld = 14, "consent-held";
    /// It counts again.
    ConsentResumed = 15, "consent-resumed";
    /// What opens a server is kept from here on, or replaced.
    AccountKept = 16, "account-kept";
    /// It is forgotten.
    AccountRemoved = 17, "account-removed";
    /// What programs press counts as the own person's from here on.
    InputEnrolled = 18, "input-enrolled";
    /// It counts no more.
    InputRemoved = 19, "input-removed";
    /// Requests came to nothing that aren't written down one by one.
    LeftOut = 20, "left-out";
    /// Control that was agreed on with the share counts from here on.
    ControlGiven = 21, "control-given";
    /// The own window at the screen asked about a command.
    AtScreen = 22, "at-screen";
    /// The own person said that the clock was wrong: a policy counts again.
    ClockCorrected = 23, "clock-corrected";
}

registry! {
    /// Who brought something about, the same word on both sides.
    enum By;
    /// A set of those.
    set Bys;
    /// The person who shares.
    Sharer = 1, "sharer";
    /// The person who views.
    Viewer = 2, "viewer";
    /// The organiser of the meeting.
    Organiser = 3, "organiser";
    /// A policy, when it was decided again.
    Policy = 4, "policy";
    /// A program: a lost connection, a crash, a deadline.
    Program = 5, "program";
}

/// What the policy answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// At most this.
    Allowed(Extent),
    /// Nothing.
    Denied {
        /// At which step (POL-4).
        stage: Code,
        /// Why.
        reason: Code,
    },
}

/// What an entry says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Somebody asked for or offered a share, or more of one.
    Asked {
        /// Which share.
        share: Share,
        /// How much was asked for.
        extent: Extent,
        /// Which way the request went.
        direction: Direction,
        /// What it was to be for (CASE-1): also where nothing comes of it.
        case: Case,
    },
    /// The policy was asked.
    Decided {
        /// Which share.
        share: Share,
        /// The policies that were asked.
        policies: PolicyRefs,
        /// What they answered.
        outcome: Outcome,
    },
    /// A person or program refused.
    Refused {
        /// Which share.
        share: Share,
        /// Who refused.
        by: By,
        /// Why.
        reason: Code,
    },
    /// A person allowed it.
    Granted {
        /// Which share.
        share: Share,
        /// How much.
        extent: Extent,
        /// The standing consent that it rested on; none: asked and accepted.
        consent: Option<Digest>,
        /// What the share is for (CASE-1).
        case: Case,
    },
    /// Pictures go over.
    Started {
        /// Which share.
        share: Share,
    },
    /// The viewer may do more than before.
    Escalated {
        /// Which share.
        share: Share,
        /// How much from here on.
        extent: Extent,
        /// Who allowed it.
        by: By,
    },
    /// The viewer may do less than before: control taken back, panic, a limit.
    Reduced {
        /// Which share.
        share: Share,
        /// How much from here on.
        extent: Extent,
        /// Who took it.
        by: By,
        /// Why.
        reason: Code,
    },
    /// The share is over.
    Ended {
        /// Which share.
        share: Share,
        /// Who ended it.
        by: By,
        /// Why.
        reason: Code,
        /// The digest of the [`EndRecord`](super::EndRecord), where there is
        /// one.
        record: Option<Digest>,
    },
    /// Another policy document counts from here on.
    PolicyInForce {
        /// Which.
        policy: PolicyRef,
    },
    /// The own person said that the clock was wrong when it showed the end of a policy,
    /// which counts again (POL-9).
    ClockCorrected {
        /// Which.
        policy: PolicyRef,
    },
    /// The own person gave standing consent.
    ConsentGiven {
        /// The digest of the signed consent.
        consent: Digest,
        /// To whom.
        person: PersonId,
    },
    /// The own person took standing consent back.
    ConsentEnded {
        /// The digest of the signed consent.
        consent: Digest,
    },
    /// A standing consent doesn't count until the own person says so: they
    /// cut short what its viewer did.
    ConsentHeld {
        /// The digest of the signed consent.
        consent: Digest,
        /// How they did that.
        reason: Code,
    },
    /// The own person lets a standing consent count again.
    ConsentResumed {
        /// The digest of the signed consent.
        consent: Digest,
    },
    /// What the own person bars viewers with control from has changed, for the
    /// next time too (GUARD-8).
    LimitsChanged {
        /// For whom, with what.
        fits: Fits,
        /// What is barred from now on; `None`: that is forgotten.
        bars: Option<Bars>,
    },
    /// What opens a server of hosted sessions is kept from here on, or
    /// replaced (HOST-4). The secret itself is in no log.
    AccountKept {
        /// Which server.
        server: Server,
        /// How that was said ([`Said`](super::Said)).
        how: Code,
    },
    /// It is forgotten.
    AccountRemoved {
        /// Which server.
        server: Server,
        /// How that was said.
        how: Code,
    },
    /// What programs press counts as the own person's from here on (ASK-3).
    InputEnrolled {
        /// What of it.
        input: Presses,
        /// How that was said.
        how: Code,
    },
    /// It counts no more.
    InputRemoved {
        /// What of it.
        input: Presses,
        /// How that was said.
        how: Code,
    },
    /// Requests came to nothing faster than they are written down one by one:
    /// how many there were in a row, at this place of the log. Written when it
    /// is 1, 2, 4, 8 and so on, so that nobody can fill a log.
    LeftOut {
        /// The newest of them.
        share: Share,
        /// Who began them: the sharer or the viewer.
        by: By,
        /// How many.
        count: u32,
    },
    /// Control that was agreed on with the share counts from here on. One that
    /// was asked for later is [`Self::Escalated`] with the press itself.
    ControlGiven {
        /// Which share.
        share: Share,
        /// How that was said ([`Said`](super::Said)).
        how: Code,
    },
    /// The own window at the screen asked about a command that needs a press there.
    AtScreen {
        /// What came of it ([`Pressed`](super::Pressed)).
        answer: Code,
        /// What the command was.
        command: Code,
        /// Whom it is about, if about one person.
        person: Option<PersonId>,
        /// So many up to here that no person answered aren't written one by one.
        left_out: Option<u32>,
    },
    /// A kind that is not known here: made by a newer version. The entry
    /// counts for the chain.
    Later {
        /// The number of the kind.
        kind: u16,
    },
}

impl Event {
    /// The number of the kind on the wire.
    #[must_use]
    pub fn kind(&self) -> u16 {
        match self {
            Self::Asked { .. } => EventKind::Asked.number(),
            Self::Decided { .. } => EventKind::Decided.number(),
            Self::Refused { .. } => EventKind::Refused.number(),
            Self::Granted { .. } => EventKind::Granted.number(),
            Self::Started { .. } => EventKind::Started.number(),
            Self::Escalated { .. } => EventKind::Escalated.number(),
            Self::Reduced { .. } => EventKind::Reduced.number(),
            Self::Ended { .. } => EventKind::Ended.number(),
            Self::PolicyInForce { .. } => EventKind::PolicyInForce.number(),
            Self::ConsentGiven { .. } => EventKind::ConsentGiven.number(),
            Self::ConsentEnded { .. } => EventKind::ConsentEnded.number(),
            Self::ConsentHeld { .. } => EventKind::ConsentHeld.number(),
            Self::ConsentResumed { .. } => EventKind::ConsentResumed.number(),
            Self::LimitsChanged { .. } => EventKind::LimitsChanged.number(),
            Self::AccountKept { .. } => EventKind::AccountKept.number(),
            Self::AccountRemoved { .. } => EventKind::AccountRemoved.number(),
            Self::InputEnrolled { .. } => EventKind::InputEnrolled.number(),
            Self::InputRemoved { .. } => EventKind::InputRemoved.number(),
            Self::LeftOut { .. } => EventKind::LeftOut.number(),
            Self::ControlGiven { .. } => EventKind::ControlGiven.number(),
            Self::AtScreen { .. } => EventKind::AtScreen.number(),
            Self::ClockCorrected { .. } => EventKind::ClockCorrected.number(),
            Self::Later { kind } => *kind,
        }
    }

    /// The share that it is about, if it is about one.
    #[must_use]
    pub fn share(&self) -> Option<&Share> {
        match self {
            Self::Asked { share, .. }
            | Self::Decided { share, .. }
            | Self::Refused { share, .. }
            | Self::Granted { share, .. }
            | Self::Started { share }
            | Self::Escalated { share, .. }
            | Self::Reduced { share, .. }
            | Self::Ended { share, .. }
            | Self::LeftOut { share, .. }
            | Self::ControlGiven { share, .. } => Some(share),
            Self::PolicyInForce { .. }
            | Self::ClockCorrected { .. }
            | Self::ConsentGiven { .. }
            | Self::ConsentEnded { .. }
            | Self::ConsentHeld { .. }
            | Self::ConsentResumed { .. }
            | Self::LimitsChanged { .. }
            | Self::AccountKept { .. }
            | Self::AccountRemoved { .. }
            | Self::InputEnrolled { .. }
            | Self::InputRemoved { .. }
            | Self::AtScreen { .. }
            | Self::Later { .. } => None,
        }
    }

    /// Adds the fields of the event to those of its entry.
    pub(super) fn put(&self, map: MapBuilder) -> MapBuilder {
        let map = map.put(KIND, &self.kind()).put_opt(SHARE, self.share());
        match self {
            Self::Asked {
                extent,
                direction,
                case,
                ..
            } => put_case(
                map.put(EXTENT, extent).put(DIRECTION, direction),
                CASE,
                case,
            ),
            Self::Decided {
                policies, outcome, ..
            } => {
                let map = map.put_list(POLICIES, policies.as_slice());
                match outcome {
                    Outcome::Allowed(extent) => map.put(EXTENT, extent),
                    Outcome::Denied { stage, reason } => map.put(STAGE, stage).put(REASON, reason),
                }
            }
            Self::Refused { by, reason, .. } => map.put(BY, by).put(REASON, reason),
            Self::Granted {
                extent,
                consent,
                case,
                ..
            } => put_case(map, CASE, case)
                .put(EXTENT, extent)
                .put_opt(DIGEST, consent.as_ref()),
            Self::Started { .. } | Self::Later { .. } => map,
            Self::Escalated { extent, by, .. } => map.put(EXTENT, extent).put(BY, by),
            Self::Reduced {
                extent, by, reason, ..
            } => map.put(EXTENT, extent).put(BY, by).put(REASON, reason),
            Self::Ended {
                by, reason, record, ..
            } => map
                .put(BY, by)
                .put(REASON, reason)
                .put_opt(DIGEST, record.as_ref()),
            Self::PolicyInForce { policy } | Self::ClockCorrected { policy } => {
                map.put_list(POLICIES, &[*policy])
            }
            Self::ConsentGiven { consent, person } => map.put(DIGEST, consent).put(PERSON, person),
            Self::ConsentEnded { consent } | Self::ConsentResumed { consent } => {
                map.put(DIGEST, consent)
            }
            Self::ConsentHeld { consent, reason } => map.put(REASON, reason).put(DIGEST, consent),
            Self::LimitsChanged { fits, bars } => map.put(FITS, fits).put_opt(BARS, bars.as_ref()),
            Self::AccountKept { server, how } | Self::AccountRemoved { server, how } => {
                map.put(REASON, how).put(SERVER, server)
            }
            Self::InputEnrolled { input, how } | Self::InputRemoved { input, how } => {
                map.put(REASON, how).put(INPUT, input)
            }
            Self::LeftOut { by, count, .. } => map.put(BY, by).put(COUNT, count),
            Self::ControlGiven { how, .. } => map.put(REASON, how),
            Self::AtScreen {
                answer,
                command,
                person,
                left_out,
            } => map
                .put(REASON, answer)
                .put_opt(PERSON, person.as_ref())
                .put_opt(COUNT, left_out.as_ref())
                .put(COMMAND, command),
        }
    }

    /// Takes the fields of the event from those of its entry.
    pub(super) fn read(r: &mut MapReader) -> Result<Self, DecodeError> {
        let number = r.req(KIND)?;
        let Some(kind) = EventKind::from_number(number) else {
            return Ok(Self::Later { kind: number });
        };
        Ok(match kind {
            EventKind::Asked => Self::Asked {
                share: r.req(SHARE)?,
                extent: r.req(EXTENT)?,
                direction: r.req(DIRECTION)?,
                case: r.opt(CASE)?.unwrap_or_default(),
            },
            EventKind::Decided => Self::Decided {
                share: r.req(SHARE)?,
                policies: PolicyRefs::read(r, POLICIES)?,
                outcome: match r.opt(EXTENT)? {
                    Some(extent) => Outcome::Allowed(extent),
                    None => Outcome::Denied {
                        stage: r.req(STAGE)?,
                        reason: r.req(REASON)?,
                    },
                },
            },
            EventKind::Refused => Self::Refused {
                share: r.req(SHARE)?,
                by: r.req(BY)?,
                reason: r.req(REASON)?,
            },
            EventKind::Granted => Self::Granted {
                share: r.req(SHARE)?,
                extent: r.req(EXTENT)?,
                consent: r.opt(DIGEST)?,
                case: r.opt(CASE)?.unwrap_or_default(),
            },
            EventKind::Started => Self::Started {
                share: r.req(SHARE)?,
            },
            EventKind::Escalated => Self::Escalated {
                share: r.req(SHARE)?,
                extent: r.req(EXTENT)?,
                by: r.req(BY)?,
            },
            EventKind::Reduced => Self::Reduced {
                share: r.req(SHARE)?,
                extent: r.req(EXTENT)?,
                by: r.req(BY)?,
                reason: r.req(REASON)?,
            },
            EventKind::Ended => Self::Ended {
                share: r.req(SHARE)?,
                by: r.req(BY)?,
                reason: r.req(REASON)?,
                record: r.opt(DIGEST)?,
            },
            EventKind::PolicyInForce => Self::PolicyInForce {
                policy: one_policy(r)?,
            },
            EventKind::ClockCorrected => Self::ClockCorrected {
                policy: one_policy(r)?,
            },
            EventKind::ConsentGiven => Self::ConsentGiven {
                consent: r.req(DIGEST)?,
                person: r.req(PERSON)?,
            },
            EventKind::ConsentEnded => Self::ConsentEnded {
                consent: r.req(DIGEST)?,
            },
            EventKind::ConsentHeld => Self::ConsentHeld {
                consent: r.req(DIGEST)?,
                reason: r.req(REASON)?,
            },
            EventKind::ConsentResumed => Self::ConsentResumed {
                consent: r.req(DIGEST)?,
            },
            EventKind::LimitsChanged => Self::LimitsChanged {
                fits: r.req(FITS)?,
                bars: r.opt(BARS)?,
            },
            EventKind::AccountKept => Self::AccountKept {
                how: r.req(REASON)?,
                server: r.req(SERVER)?,
            },
            EventKind::AccountRemoved => Self::AccountRemoved {
                how: r.req(REASON)?,
                server: r.req(SERVER)?,
            },
            EventKind::InputEnrolled => Self::InputEnrolled {
                how: r.req(REASON)?,
                input: r.req(INPUT)?,
            },
            EventKind::InputRemoved => Self::InputRemoved {
                how: r.req(REASON)?,
                input: r.req(INPUT)?,
            },
            EventKind::LeftOut => Self::LeftOut {
                share: r.req(SHARE)?,
                by: r.req(BY)?,
                count: match r.req(COUNT)? {
                    0 => return Err(DecodeError::OutOfRange),
                    count => count,
                },
            },
            EventKind::ControlGiven => Self::ControlGiven {
                share: r.req(SHARE)?,
                how: r.req(REASON)?,
            },
            EventKind::AtScreen => Self::AtScreen {
                answer: r.req(REASON)?,
                command: r.req(COMMAND)?,
                person: r.opt(PERSON)?,
                left_out: match r.opt(COUNT)? {
                    Some(0) => return Err(DecodeError::OutOfRange),
                    count => count,
                },
            },
        })
    }
}

fn one_policy(r: &mut MapReader) -> Result<PolicyRef, DecodeError> {
    match PolicyRefs::read(r, POLICIES)?.as_slice() {
        [policy] => Ok(*policy),
        _ => Err(DecodeError::OutOfRange),
    }
}

/// Case fields, unless there are none.
pub(super) fn put_case(map: MapBuilder, key: i64, case: &Case) -> MapBuilder {
    map.put_opt(key, (*case != Case::default()).then_some(case))
}

// The keys of an entry's map; 0 to 4 are the entry's own.
const KIND: i64 = 5;
const SHARE: i64 = 6;
const EXTENT: i64 = 7;
const BY: i64 = 8;
const REASON: i64 = 9;
const STAGE: i64 = 10;
const POLICIES: i64 = 11;
const DIGEST: i64 = 12;
const PERSON: i64 = 13;
const DIRECTION: i64 = 14;
const CASE: i64 = 15;
const FITS: i64 = 16;
const BARS: i64 = 17;
const SERVER: i64 = 18;
const INPUT: i64 = 19;
const COUNT: i64 = 20;
const COMMAND: i64 = 21;
