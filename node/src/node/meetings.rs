//! Comparing a spoken code (ID-2, ID-3; spec 03, "Short code"; spec 07,
//! "Meeting nearby"): with a contact, who becomes verified, or with somebody
//! nearby, who becomes a contact too. The rules are `kith_proto::sas`.

use std::collections::BTreeMap;
use std::time::Duration;

use kith_api::{
    ApiError, Code, CodeOutcome, Event, MeetingInfo, MeetingRequest, MeetingState, MeetingWith,
    Reply, Sentence,
};
use kith_proto::cbor;
use kith_proto::digest::Digest;
use kith_proto::hello::Hello;
use kith_proto::id::PersonId;
use kith_proto::meet::{Compared, Message};
use kith_proto::names::escape_for_display;
use kith_proto::sas::{
    self, Attempts, Binding, Comparison, Initiator, Party, Responder, SasError, SasMessage,
};
use kith_proto::time::Timestamp;
use tokio::time::Instant;

mod agreed;

use super::error::{bad, fault};
use super::invites::hex;
use super::link::LinkId;
use super::nearby::Nearby;
use super::open::Open;
use crate::swarm::DeviceId;

/// How long two people have to compare a code.
const LASTS: Duration = Duration::from_secs(180);
/// How many of the first bytes of its nonce-like id name a meeting.
const ID_BYTES: usize = 4;

/// How far a meeting is.
#[derive(Debug)]
enum Step {
    Committed(Initiator),
    Answered(Responder),
    Comparing(Comparison),
    /// I said that both see the same.
    Agreed,
    /// Both said so; somebody nearby isn't a contact yet.
    Both,
    Done,
    Failed(Sentence),
}

/// Which part this side has in it: whoever begins gives the invite later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Initiator,
    Responder,
}

/// One comparison.
#[derive(Debug)]
struct Meeting {
    id: String,
    link: LinkId,
    person: PersonId,
    name: String,
    warnings: Vec<kith_api::Warning>,
    with: MeetingWith,
    part: Part,
    step: Step,
    /// Whether the other side has said that both see the same.
    theirs: Option<Compared>,
    code: Option<String>,
    until: Instant,
}

impl Meeting {
    fn is_over(&self) -> bool {
        matches!(self.step, Step::Done | Step::Failed(_))
    }

    fn info(&self) -> MeetingInfo {
        let (state, why) = match &self.step {
            Step::Committed(_) | Step::Answered(_) => (MeetingState::Begun, None),
            Step::Comparing(_) => (MeetingState::Compare, None),
            Step::Agreed | Step::Both => (MeetingState::Waiting, None),
            Step::Done => (MeetingState::Done, None),
            Step::Failed(why) => (MeetingState::Failed, Some(why.clone())),
        };
        MeetingInfo {
            id: self.id.clone(),
            name: self.name.clone(),
            person: self.person,
            with: self.with,
            code: self.code.clone(),
            state,
            why,
            warnings: self.warnings.clone(),
        }
    }
}

/// All comparisons, one a device, and who is nearby.
#[derive(Debug, Default)]
pub(super) struct Meetings {
    all: BTreeMap<DeviceId, Meeting>,
    /// Failed ones: with each contact, and with all others together.
    attempts: BTreeMap<Option<PersonId>, Attempts>,
    /// What the other side's hello on a link was.
    hellos: BTreeMap<LinkId, Digest>,
    pub(super) nearby: Nearby,
}

/// With whom failed attempts are counted together.
const fn counted_with(with: MeetingWith, person: PersonId) -> Option<PersonId> {
    match with {
        MeetingWith::Contact => Some(person),
        MeetingWith::Nearby => None,
    }
}

impl Meetings {
    fn may_begin(&self, with: MeetingWith, person: PersonId, now: Timestamp) -> bool {
        let attempts = self.attempts.get(&counted_with(with, person));
        attempts.is_none_or(|attempts| attempts.may_begin(now))
    }

    pub(super) fn due(&self) -> Option<Instant> {
        let meetings = self.all.values().map(|m| m.until);
        meetings.chain(self.nearby.due()).min()
    }
}

fn hello_digest(hello: &[u8]) -> Digest {
    Digest::of("kith/1/sas-hello", hello)
}

impl Open {
    pub(super) async fn answer_meeting(
        &mut self,
        about: MeetingRequest,
    ) -> Result<Reply, ApiError> {
        match about {
            MeetingRequest::Nearby { open_secs } => {
                if let Some(secs) = open_secs {
                    if secs > 0 {
                        self.not_under_control()?;
                    }
                    self.open_for_meetings(secs).await;
                }
                Ok(Reply::Nearby(self.nearby()))
            }
            MeetingRequest::Verify { who } => self.meet_contact(&who).await,
            MeetingRequest::Meet { who } => self.meet_nearby(&who).await,
            MeetingRequest::Confirm { meeting, outcome } => {
                self.confirm_meeting(&meeting, outcome).await
            }
            MeetingRequest::List => {
                let all = self.meetings.all.values().map(Meeting::info).collect();
                Ok(Reply::Meetings(all))
            }
        }
    }

    async fn meet_contact(&mut self, who: &str) -> Result<Reply, ApiError> {
        let id = self.find(who)?;
        let name = self.people.get(&id).map(|p| p.shown()).unwrap_or_default();
        let devices: Vec<DeviceId> = self.people.devices_of(&id).map(|(d, _)| d).collect();
        let begun = devices.iter().find(|d| self.meets(d)).copied();
        let there = devices
            .into_iter()
            .filter(|d| self.is_contact(d))
            .find_map(|d| Some((d, *self.talking_to(&d).first()?)));
        match (begun, there) {
            (Some(device), _) => self.meeting_reply(&device),
            (None, Some((device, link))) => {
                self.begin_meeting(device, link, id, MeetingWith::Contact)
                    .await
            }
            (None, None) => Err(ApiError::new(
                Code::Unreachable,
                format!("{name} isn't connected: a code needs both sides"),
            )
            .hint(
                "try again when “kith contacts” shows them as there, or compare the safety number \
                 of “kith verify”, which needs no connection",
            )),
        }
    }

    async fn meet_nearby(&mut self, who: &str) -> Result<Reply, ApiError> {
        let wanted = who.trim().to_lowercase();
        let fits = |exact: bool| -> Vec<(DeviceId, LinkId, PersonId)> {
            let strangers = self.meetings.nearby.strangers();
            let fitting = strangers.filter(|(device, s)| {
                let names = [
                    s.name.as_str().to_lowercase(),
                    device.to_string(),
                    s.person.to_string(),
                ];
                names.iter().any(|n| match exact {
                    true => *n == wanted,
                    false => !wanted.is_empty() && n.starts_with(&wanted),
                })
            });
            fitting.map(|(d, s)| (*d, s.link, s.person)).collect()
        };
        let mut found = fits(true);
        if found.is_empty() {
            found = fits(false);
        }
        match found[..] {
            [(device, ..)] if self.meets(&device) => self.meeting_reply(&device),
            [(device, link, person)] => {
                self.begin_meeting(device, link, person, MeetingWith::Nearby)
                    .await
            }
            [] => Err(ApiError::new(
                Code::NotFound,
                format!("nobody nearby is called “{}”", escape_for_display(who)),
            )
            .hint("both of you run “kith nearby” on the same network; it lists who is there")),
            _ => Err(
                ApiError::new(Code::Ambiguous, "several people nearby are called so")
                    .hint("use the device id that “kith nearby” shows; ask which one is theirs"),
            ),
        }
    }

    /// Whether a comparison with a device is under way.
    pub(super) fn meets(&self, device: &DeviceId) -> bool {
        self.meetings.all.get(device).is_some_and(|m| !m.is_over())
    }

    fn meeting_reply(&self, device: &DeviceId) -> Result<Reply, ApiError> {
        let meeting = self.meetings.all.get(device);
        let meeting = meeting.ok_or_else(|| fault("no meeting"))?;
        Ok(Reply::Meeting(meeting.info()))
    }

    fn binding(
        &self,
        link: LinkId,
        device: DeviceId,
        person: PersonId,
        part: Part,
    ) -> Option<Binding> {
        let me = Party {
            person: self.account.person(),
            device: self.account.device(),
        };
        let them = Party { person, device };
        let ours = Hello::ours(concat!("kith/", env!("CARGO_PKG_VERSION"))).ok()?;
        let ours = hello_digest(&ours.to_bytes());
        let theirs = *self.meetings.hellos.get(&link)?;
        let (initiator, responder, first, second) = match part {
            Part::Initiator => (me, them, ours, theirs),
            Part::Responder => (them, me, theirs, ours),
        };
        let both = [*first.as_bytes(), *second.as_bytes()].concat();
        Some(Binding {
            initiator,
            responder,
            context: Digest::of("kith/1/sas-context", &both),
        })
    }

    async fn begin_meeting(
        &mut self,
        device: DeviceId,
        link: LinkId,
        person: PersonId,
        with: MeetingWith,
    ) -> Result<Reply, ApiError> {
        if !self.meetings.may_begin(with, person, self.now()) {
            return Err(ApiError::new(
                Code::TooMuch,
                "too many comparisons with them failed within an hour",
            )
            .hint("somebody may be trying out codes; try again in an hour, or compare the safety number"));
        }
        let binding = self
            .binding(link, device, person, Part::Initiator)
            .ok_or_else(|| fault("no hello"))?;
        let (run, commit) =
            Initiator::start(binding, &mut crate::random::system()).map_err(fault)?;
        self.put_meeting(
            device,
            link,
            person,
            with,
            Part::Initiator,
            Step::Committed(run),
        );
        self.send_code(link, &commit).await;
        self.tell_meeting(&device);
        self.meeting_reply(&device)
    }

    fn put_meeting(
        &mut self,
        device: DeviceId,
        link: LinkId,
        person: PersonId,
        with: MeetingWith,
        part: Part,
        step: Step,
    ) {
        let mut id = [0; ID_BYTES];
        rand_core::Rng::fill_bytes(&mut crate::random::system(), &mut id);
        let stranger = self.meetings.nearby.stranger(&device);
        let (name, warnings) = match (with, self.people.get(&person), stranger) {
            (MeetingWith::Contact, Some(p), _) => {
                (p.shown(), self.people.warnings(&person, &p.name))
            }
            (_, _, Some(s)) => (
                escape_for_display(s.name.as_str()),
                self.people.warnings(&person, &s.name),
            ),
            _ => (person.to_string(), Vec::new()),
        };
        let meeting = Meeting {
            id: hex(&id),
            link,
            person,
            name,
            warnings,
            with,
            part,
            step,
            theirs: None,
            code: None,
            until: Instant::now() + LASTS,
        };
        self.meetings.all.insert(device, meeting);
    }

    async fn send_code(&mut self, link: LinkId, message: &SasMessage) {
        let bytes = cbor::to_bytes(message);
        self.send(link, Message::Code(bytes).to_bytes()).await;
    }

    fn tell_meeting(&mut self, device: &DeviceId) {
        if let Some(info) = self.meetings.all.get(device).map(Meeting::info) {
            self.tell(Event::Meeting(info));
        }
    }

    /// A comparison came to nothing: a failed attempt, unless it was over.
    fn fail_meeting(&mut self, device: &DeviceId, why: Sentence) {
        let now = self.now();
        if let Some(meeting) = self.meetings.all.get_mut(device)
            && !meeting.is_over()
        {
            meeting.step = Step::Failed(why);
            let counted = counted_with(meeting.with, meeting.person);
            let attempts = self.meetings.attempts.entry(counted).or_default();
            attempts.failed(now);
            self.tell_meeting(device);
        }
    }

    /// What the other side's hello on a link was.
    pub(super) fn keep_hello(&mut self, link: LinkId, hello: &[u8]) {
        self.meetings.hellos.insert(link, hello_digest(hello));
    }

    /// A hello stream has ended, and with it what was compared over it.
    pub(super) fn meeting_link_ended(&mut self, link: LinkId) {
        self.meetings.hellos.remove(&link);
        let over = |m: &Meeting| m.link == link && !matches!(m.step, Step::Both);
        let ended = self.meetings.all.iter().filter(|(_, m)| over(m));
        let ended: Vec<DeviceId> = ended.map(|(d, _)| *d).collect();
        for device in ended {
            self.fail_meeting(&device, Sentence::new("code-lost", "the connection ended"));
        }
        self.stranger_gone(link);
    }

    pub(super) fn meetings_due(&mut self) {
        let now = Instant::now();
        let late = self.meetings.all.iter().filter(|(_, m)| m.until <= now);
        let late: Vec<DeviceId> = late.map(|(d, _)| *d).collect();
        for device in late {
            let why = Sentence::new("code-late", "the time for it is over");
            self.fail_meeting(&device, why);
            self.meetings.all.remove(&device);
        }
    }

    /// A step of the short code from the other side.
    pub(super) async fn take_code(&mut self, link: LinkId, peer: DeviceId, bytes: &[u8]) {
        let Ok(message) = cbor::from_bytes::<SasMessage>(bytes, sas::MAX_MESSAGE) else {
            return self.drop_link(link).await;
        };
        if matches!(message, SasMessage::Commit(_)) {
            return self.answer_code(link, peer, message).await;
        }
        let Some(meeting) = self.meetings.all.get_mut(&peer).filter(|m| m.link == link) else {
            return;
        };
        let step = std::mem::replace(&mut meeting.step, Step::Agreed);
        let (next, answer) = match step {
            Step::Committed(run) => match run.take(message) {
                Ok((comparison, reveal)) => (Ok(comparison), Some(reveal)),
                Err(e) => (Err(e), None),
            },
            Step::Answered(run) => (run.take(message), None),
            // Said twice, or too late: what stands, stands.
            other => {
                meeting.step = other;
                return;
            }
        };
        match next {
            Ok(comparison) => {
                meeting.code = Some(comparison.code().to_string());
                meeting.step = Step::Comparing(comparison);
                self.tell_meeting(&peer);
            }
            Err(e) => {
                meeting.step = Step::Agreed;
                self.fail_meeting(&peer, words(&e));
            }
        }
        if let Some(reveal) = answer {
            self.send_code(link, &reveal).await;
        }
    }

    /// The other side begins to compare.
    async fn answer_code(&mut self, link: LinkId, peer: DeviceId, commit: SasMessage) {
        let person = match self.people.owner(&peer) {
            Some(p) if self.is_contact(&peer) => Some((p.id, MeetingWith::Contact)),
            _ => {
                let stranger = self.meetings.nearby.stranger(&peer);
                stranger.map(|s| (s.person, MeetingWith::Nearby))
            }
        };
        let Some((person, with)) = person else {
            return self.drop_link(link).await;
        };
        // Both began at once: one of the two goes on.
        if let Some(Step::Committed(run)) = self.meetings.all.get(&peer).map(|m| &m.step)
            && run.keeps_on_crossing()
        {
            return;
        }
        let crossed = matches!(
            self.meetings.all.get(&peer).map(|m| &m.step),
            Some(Step::Committed(_))
        );
        if !crossed {
            self.fail_meeting(&peer, Sentence::new("code-anew", "they began anew"));
        }
        let refuse = Message::Compared(Compared::Ended).to_bytes();
        if !self.meetings.may_begin(with, person, self.now()) {
            return self.send(link, refuse).await;
        }
        let Some(binding) = self.binding(link, peer, person, Part::Responder) else {
            return;
        };
        let Ok((run, nonce)) = Responder::start(binding, commit, &mut crate::random::system())
        else {
            return;
        };
        self.put_meeting(
            peer,
            link,
            person,
            with,
            Part::Responder,
            Step::Answered(run),
        );
        self.tell_meeting(&peer);
        self.send_code(link, &nonce).await;
    }

    async fn confirm_meeting(&mut self, id: &str, outcome: CodeOutcome) -> Result<Reply, ApiError> {
        let all = self.meetings.all.iter();
        let found: Vec<DeviceId> = all
            .filter(|(_, m)| !id.is_empty() && m.id.starts_with(id))
            .map(|(d, _)| *d)
            .collect();
        let [device] = found[..] else {
            return Err(match found.len() {
                0 => ApiError::new(Code::NotFound, "there is no such comparison, or it is over")
                    .hint("begin again: “kith verify NAME --code” or “kith meet NAME”"),
                _ => ApiError::new(Code::Ambiguous, "several comparisons begin so"),
            });
        };
        if outcome != CodeOutcome::Different {
            self.not_under_control()?;
        }
        let Some(meeting) = self.meetings.all.get_mut(&device) else {
            return Err(fault("no meeting"));
        };
        let link = meeting.link;
        let same = match (std::mem::replace(&mut meeting.step, Step::Agreed), outcome) {
            (Step::Comparing(comparison), CodeOutcome::Same) => {
                let _ = comparison.confirm();
                true
            }
            (Step::Comparing(comparison), CodeOutcome::Typed(digits)) => {
                comparison.confirm_typed(&digits).is_ok()
            }
            (step @ (Step::Done | Step::Failed(_) | Step::Both | Step::Agreed), _) => {
                meeting.step = step;
                return self.meeting_reply(&device);
            }
            (step, CodeOutcome::Different) => {
                meeting.step = step;
                false
            }
            (step, _) => {
                meeting.step = step;
                return Err(bad("there is no code yet: wait until both sides show it"));
            }
        };
        let said = match same {
            true => Compared::Same,
            false => Compared::Ended,
        };
        self.send(link, Message::Compared(said).to_bytes()).await;
        match same {
            true => self.both_agree(&device).await,
            false => self.fail_meeting(
                &device,
                Sentence::new(
                    "code-differs",
                    "the codes differ: somebody may be between you, or one was misread",
                ),
            ),
        }
        self.tell_meeting(&device);
        self.meeting_reply(&device)
    }

    /// The other side's person has compared.
    pub(super) async fn take_compared(&mut self, link: LinkId, peer: DeviceId, said: Compared) {
        let Some(meeting) = self.meetings.all.get_mut(&peer).filter(|m| m.link == link) else {
            return;
        };
        match said {
            Compared::Ended => {
                self.fail_meeting(
                    &peer,
                    Sentence::new(
                        "code-given-up",
                        "the other side says that the codes differ, or gave up",
                    ),
                );
            }
            Compared::Same => {
                meeting.theirs = Some(said);
                self.both_agree(&peer).await;
            }
        }
    }
}

fn words(e: &SasError) -> Sentence {
    match e {
        SasError::Commitment => Sentence::new(
            "code-broken-word",
            "the other side broke its word: somebody may be between you",
        ),
        SasError::Order | SasError::SameDevice | SasError::Mismatch => Sentence::new(
            "code-misbehaved",
            "the other side did not keep to the rules",
        ),
    }
}
