//! Sessions with a hostile peer (spec 09): one honest side, and one that
//! runs the same rules with a person who allows everything, says what it
//! likes besides, repeats what was said in this session or an earlier one, and
//! loses its power. Real keys, policies and seals; frames of the wire.

use std::collections::BTreeSet;

use kith_proto::audit::{Extent, Position};
use kith_proto::capability::{Capability, Codecs, Features, Means, Offer, OsKind, SessionKind};
use kith_proto::grant::{Consent, Grant};
use kith_proto::id::{DeviceId, PersonId, SessionId};
use kith_proto::keys::SigningKey;
use kith_proto::limits::Bars;
use kith_proto::policy::application::{AppName, AppNames};
use kith_proto::policy::case::Case;
use kith_proto::policy::consent::Verification;
use kith_proto::policy::hosted::Target;
use kith_proto::policy::reference::PolicyRefs;
use kith_proto::policy::rule::Direction;
use kith_proto::rights::{Right, Rights, Scope};
use kith_proto::seal::{KemList, MemoryUse, SessionUse as _, SharingParameters};
use kith_proto::session::{
    Course, Effect, Event, Message, Noted, Office, PathId, Phase, Real, Reason, Received, Session,
    Side, Terms, Who,
};
use kith_proto::technology::Technology;
use kith_proto::time::{Monotonic, Timestamp};
use kith_proto::validity::Validity;
use serde::Deserialize;

use crate::net::Dice;

/// What happens, of a hundred steps.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Steps {
    /// A frame arrives.
    pub deliver: u64,
    /// One that was said before arrives again.
    pub replay: u64,
    /// The liar says something of its own.
    pub lie: u64,
    /// A frame is lost.
    pub drop: u64,
    /// A person does something.
    pub person: u64,
    /// Nothing happens until the next deadline.
    pub late: u64,
    /// Somebody loses its power.
    pub crash: u64,
}

/// The sizes for tests.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Small {
    /// Seeds.
    pub seeds: Vec<u64>,
    /// Steps of a run.
    pub steps: u64,
}

/// A scenario with a hostile peer.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hostile {
    /// Its name.
    pub name: String,
    /// What it shows.
    pub about: String,
    /// One run a seed.
    pub seeds: Vec<u64>,
    /// Steps of a run.
    pub steps: u64,
    /// What they are.
    pub of_hundred: Steps,
    /// The sizes for tests.
    pub small: Small,
}

/// What a run came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Sessions that began.
    pub began: u64,
    /// Of those, launched by the honest side.
    pub launched: u64,
    /// Times that the honest sharer's viewer was granted control.
    pub controlled: u64,
    /// Times that the honest side lost its power while it shared.
    pub crashed: u64,
    /// What didn't hold that must.
    pub wrong: Vec<String>,
}

const START: Timestamp = Timestamp::from_secs(1_800_000_000);
const PATH: PathId = PathId(1);

struct Party {
    side: Side,
    me: PersonId,
    other: PersonId,
    key: SigningKey,
    peer: DeviceId,
    mine: Capability,
    theirs: Capability,
    used: MemoryUse,
    session: Option<Session<Real>>,
    course: Option<Course>,
    holds: Option<(Grant, SharingParameters)>,
    rings: Option<Terms>,
    /// What its person has allowed in this session.
    allowed: Option<Terms>,
    launched: Vec<SessionId>,
}

struct World {
    parties: [Party; 2],
    liar: usize,
    dice: Dice,
    clock: u64,
    /// Under way: to whom, and the frame.
    wire: Vec<(usize, Vec<u8>)>,
    /// Everything that was ever said.
    said: Vec<(usize, Vec<u8>)>,
    outcome: Outcome,
}

fn extent(view: Scope, control: Scope, apps: &[&str]) -> Extent {
    let hands = Rights::of(&[Right::View, Right::Pointer, Right::Keyboard]);
    let names = apps.iter().filter_map(|n| AppName::new(n).ok()).collect();
    Extent {
        view,
        control,
        rights: match control {
            Scope::Nothing => Rights::of(&[Right::View]),
            _ => hands,
        },
        applications: AppNames::new(names).unwrap_or_default(),
    }
}

/// What is shown, and what a liar would like.
fn extents() -> [Extent; 6] {
    use Scope::{Application, Applications, Desktop, Nothing};
    [
        extent(Application, Nothing, &["editor"]),
        extent(Application, Application, &["editor"]),
        extent(Application, Nothing, &["bank"]),
        extent(Applications, Applications, &["bank", "editor"]),
        extent(Desktop, Nothing, &[]),
        extent(Desktop, Desktop, &[]),
    ]
}

fn capability(person: PersonId, device: DeviceId) -> Capability {
    Capability {
        person,
        device,
        seq: 1,
        validity: Validity::starting(START, core::time::Duration::from_secs(86_400)),
        session: SessionKind::Local,
        os: OsKind::Linux,
        os_version: None,
        offers: vec![Offer {
            means: Means::Native,
            share: Some(Rights::ALL),
            join: Some(Rights::ALL),
        }],
        unknown_offers: 0,
        codecs: Codecs::of(&[kith_proto::capability::Codec::Tiles]),
        kems: KemList::supported(),
        screens: Vec::new(),
        features: Features::NONE,
    }
}

/// Runs it once, with the sharer or the viewer as the liar.
#[must_use]
pub fn run(scenario: &Hostile, liar: Side, steps: u64, seed: u64) -> Outcome {
    let mut dice = Dice::new(seed);
    let keys = [(); 2].map(|()| SigningKey::generate(&mut dice.0));
    let devices = keys.each_ref().map(|k| DeviceId::from(k.public()));
    let people = [1, 2].map(|n| PersonId::from_bytes([n; 32]));
    let mut n = 0;
    let parties = keys.map(|key| {
        let (i, j) = (n, 1 - n);
        n = 1;
        Party {
            side: [Side::Sharer, Side::Viewer][i],
            me: people[i],
            other: people[j],
            key,
            peer: devices[j],
            mine: capability(people[i], devices[i]),
            theirs: capability(people[j], devices[j]),
            used: MemoryUse::default(),
            session: None,
            course: None,
            holds: None,
            rings: None,
            allowed: None,
            launched: Vec::new(),
        }
    });
    let mut world = World {
        parties,
        liar: usize::from(liar == Side::Viewer),
        dice,
        clock: 0,
        wire: Vec::new(),
        said: Vec::new(),
        outcome: Outcome::default(),
    };
    for _ in 0..steps {
        world.step(scenario.of_hundred);
    }
    // Left alone, it ends.
    for _ in 0..8 {
        world.late(1 - world.liar);
    }
    let honest = &world.parties[1 - world.liar];
    if honest.holds.is_some() || honest.session.is_some() {
        world.wrong("something is left for ever");
    }
    world.outcome
}

impl World {
    fn wrong(&mut self, what: &str) {
        if self.outcome.wrong.len() < 10 {
            self.outcome.wrong.push(what.to_owned());
        }
    }

    fn pick(&mut self, of: usize) -> usize {
        let last = u64::try_from(of.saturating_sub(1)).unwrap_or(0);
        usize::try_from(self.dice.within([0, last])).unwrap_or(0)
    }

    fn step(&mut self, s: Steps) {
        self.clock += 40;
        let mut n = self.dice.within([0, 99]);
        let mut is = |share: u64| {
            let hit = n < share;
            n = n.saturating_sub(share);
            // Used up: no later kind hits.
            if hit {
                n = u64::MAX;
            }
            hit
        };
        if is(s.deliver) {
            self.arrive(true);
        } else if is(s.drop) {
            self.arrive(false);
        } else if is(s.replay) {
            if !self.said.is_empty() {
                let (to, frame) = {
                    let at = self.pick(self.said.len());
                    self.said[at].clone()
                };
                if to != self.liar {
                    self.hears(to, &frame);
                }
            }
        } else if is(s.lie) {
            self.lie();
        } else if is(s.person) {
            let p = self.pick(2);
            self.person(p);
        } else if is(s.late) {
            let p = self.pick(2);
            self.late(p);
        } else if is(s.crash) {
            let p = self.pick(2);
            let party = &mut self.parties[p];
            if party.holds.is_some() && p != self.liar {
                self.outcome.crashed += 1;
            }
            // Memory is gone; what was stored isn't.
            (party.session, party.holds, party.rings) = (None, None, None);
            (party.allowed, party.course) = (None, None);
        }
    }

    fn arrive(&mut self, whole: bool) {
        if self.wire.is_empty() {
            return;
        }
        // Streams keep their order; several of them don't.
        let at = match self.dice.happens(0.9) {
            true => 0,
            false => self.pick(self.wire.len()),
        };
        let (to, frame) = self.wire.remove(at);
        if whole {
            self.hears(to, &frame);
        }
    }

    /// The liar says something of its own about the session that it knows.
    fn lie(&mut self) {
        let honest = 1 - self.liar;
        let known = self
            .said
            .iter()
            .rev()
            .find_map(|(_, frame)| Some(Message::from_bytes(frame).ok()??.session()));
        let Some(session) = known else { return };
        let all = extents();
        let extent = all[self.pick(all.len())].clone();
        let lies = [
            Message::More(session, extent.clone()),
            Message::Now(session, extent.clone(), None),
            Message::Start(session),
            Message::NoMore(session, Reason::Other),
            self.terms(session, extent.clone(), Direction::Request, true),
            self.terms(session, extent, Direction::Invite, false),
        ];
        let at = self.pick(lies.len());
        let frame = lies[at].to_bytes();
        self.hears(honest, &frame);
    }

    fn terms(&self, session: SessionId, extent: Extent, d: Direction, ask: bool) -> Message {
        let harmless = extent.applications.as_slice().to_vec();
        let terms = Terms {
            session,
            sharer: self.parties[0].me,
            viewer: self.parties[1].me,
            room: None,
            technology: Technology::Native,
            hosted: None,
            direction: d,
            extent,
            harmless,
            case: Case::default(),
            policies: PolicyRefs::default(),
        };
        let capability = vec![1];
        match ask {
            true => Message::Ask { terms, capability },
            false => Message::Offer { terms, capability },
        }
    }

    fn hears(&mut self, p: usize, frame: &[u8]) {
        let Ok(Some(message)) = Message::from_bytes(frame) else {
            return;
        };
        let party = &self.parties[p];
        let from = party.peer;
        if let Some(session) = &party.session {
            if let Ok(told) = session.hear(message, from) {
                let path = PATH;
                self.happens(p, Event::Received(Received { from, path, told }));
            }
            return;
        }
        let Some((side, terms, _)) = message.begins() else {
            return;
        };
        let known = party.used.entries().any(|(id, _)| id == terms.session);
        if side != party.side || known {
            return;
        }
        let who = self.who(p, terms.session);
        let asked = terms.clone();
        let made = self.office(p, |_, office, now| {
            Session::incoming(who, asked, office, now)
        });
        self.act(p, made.0, made.1);
    }

    fn who(&self, p: usize, session: SessionId) -> Who {
        let party = &self.parties[p];
        Who {
            session,
            side: party.side,
            person: party.other,
            device: party.peer,
        }
    }

    fn office<T>(
        &mut self,
        p: usize,
        act: impl FnOnce(
            Option<Session<Real>>,
            &mut Office<'_, rand_chacha::ChaCha8Rng>,
            Monotonic,
        ) -> T,
    ) -> T {
        let clock = Monotonic::from_millis(self.clock);
        let now = START.after(core::time::Duration::from_millis(self.clock % 3_600_000));
        let party = &mut self.parties[p];
        let session = party.session.take();
        let mut office = Office {
            me: party.me,
            key: &party.key,
            organisations: &[],
            policies: &PolicyRefs::default(),
            room: None,
            meeting: None,
            profile: None,
            remote: None,
            verified: Verification::Verified,
            consents: &[],
            mine: &party.mine,
            theirs: Some(&party.theirs),
            tried: &BTreeSet::new(),
            limits: Bars::default(),
            target: Target::Peer,
            prepared: None,
            course: party.course.as_ref(),
            log: Position::default(),
            now,
            clock,
            rng: &mut self.dice.0,
            noted: Noted::default(),
        };
        act(session, &mut office, clock)
    }

    fn happens(&mut self, p: usize, event: Event<Real>) {
        let done = self.office(p, |session, office, now| {
            Some(session?.handle(event, office, now))
        });
        if let Some((session, fx)) = done {
            self.act(p, session, fx);
        }
    }

    fn act(&mut self, p: usize, session: Session<Real>, fx: Vec<Effect<Real>>) {
        let id = session.who().session;
        self.parties[p].session = Some(session);
        let honest = p != self.liar;
        for effect in fx {
            let party = &mut self.parties[p];
            match effect {
                Effect::Tell { told, .. } => {
                    let Some(session) = &party.session else {
                        continue;
                    };
                    let frame = session.say(told, &[1]).to_bytes();
                    self.wire.push((1 - p, frame.clone()));
                    self.said.push((1 - p, frame));
                }
                Effect::Ring(terms) => party.rings = Some(terms),
                Effect::Unring => party.rings = None,
                Effect::Claim => {
                    let until = START.after(core::time::Duration::from_secs(86_400));
                    let claim = party.used.claim(id, until);
                    let claim = claim.map_err(|_| Reason::SessionUsed);
                    self.happens(p, Event::Claimed(claim));
                }
                Effect::Launch(ready) => {
                    let again = party.launched.contains(&id);
                    party.launched.push(id);
                    party.course = party.session.as_ref().and_then(|s| {
                        Some(Course {
                            started: START,
                            most: s.terms()?.extent.clone(),
                        })
                    });
                    let fits = party.allowed.as_ref().is_some_and(|a| {
                        let e = &a.extent;
                        ready.grant.view() <= e.view
                            && (ready.grant.control().is_none() || e.control > Scope::Nothing)
                            && (e.applications.as_slice().is_empty()
                                || ready.grant.applications() == &e.applications)
                    });
                    party.holds = Some((ready.grant, ready.params));
                    if honest {
                        self.outcome.launched += 1;
                        if again {
                            self.wrong("a session id launched twice");
                        }
                        if !fits {
                            self.wrong("launched beyond what the person allowed");
                        }
                    }
                }
                Effect::Regrant(grant) => {
                    let may = party.allowed.as_ref().map(|a| a.extent.control);
                    let controls = grant.control().is_some();
                    let Some((held, _)) = &mut party.holds else {
                        continue;
                    };
                    let same =
                        held.view() == grant.view() && held.applications() == grant.applications();
                    *held = grant;
                    if honest {
                        self.outcome.controlled += u64::from(controls);
                        if !same {
                            self.wrong("a running share shows something else");
                        }
                        if controls && may.is_none_or(|c| c == Scope::Nothing) {
                            self.wrong("control that no person allowed");
                        }
                    }
                }
                Effect::Destroy => party.holds = None,
                Effect::Over { .. } => {
                    party.session = None;
                    (party.rings, party.allowed, party.course) = (None, None, None);
                    if party.holds.is_some() && honest {
                        self.wrong("something is left when it is over");
                    }
                }
                Effect::Audit(_) | Effect::Move(..) => {}
            }
        }
    }

    /// A person begins, answers, asks for more, takes back, or stops.
    fn person(&mut self, p: usize) {
        if let Some(asked) = self.parties[p].rings.clone() {
            if p != self.liar && self.dice.happens(0.3) {
                return self.happens(p, Event::Refuse(Reason::Declined));
            }
            let mut terms = asked;
            if !terms.definite() {
                terms.extent = extents()[0].clone();
            }
            self.parties[p].allowed = Some(terms.clone());
            let consent = Consent::asked(terms.clone());
            return self.happens(p, Event::Consent(terms, consent));
        }
        let Some(session) = &self.parties[p].session else {
            return self.begin(p);
        };
        let me = session.who().me();
        let (phase, terms) = (session.phase(), session.terms().cloned());
        let Some(terms) = terms.filter(|_| phase == Phase::Running) else {
            return;
        };
        let all = extents();
        match self.dice.within([0, 5]) {
            0 => self.happens(p, Event::Stop(me, Reason::Stopped)),
            1 if p == 0 => {
                if let Some(allowed) = &mut self.parties[p].allowed {
                    allowed.extent.control = Scope::Nothing;
                }
                let less = terms.with(Extent {
                    control: Scope::Nothing,
                    rights: Rights::of(&[Right::View]),
                    ..terms.extent.clone()
                });
                self.happens(p, Event::Reduce(less, me, Reason::Panic));
            }
            _ if p == 1 => {
                let wish = all[self.pick(2)].clone();
                self.happens(p, Event::WantMore(terms.with(wish)));
            }
            _ => {}
        }
    }

    fn begin(&mut self, p: usize) {
        let id = SessionId::random(&mut self.dice.0);
        let direction = match p {
            0 => Direction::Invite,
            _ => Direction::Request,
        };
        let all = extents();
        let extent = all[self.pick(2)].clone();
        let (Message::Ask { mut terms, .. } | Message::Offer { mut terms, .. }) =
            self.terms(id, extent, direction, p == 1)
        else {
            return;
        };
        terms.harmless.clear();
        let (who, rung) = (self.who(p, id), vec![self.parties[p].peer]);
        self.parties[p].allowed = Some(terms.clone());
        let begun = self.office(p, |_, office, now| {
            let consent = Consent::began(terms.clone());
            match p {
                0 => Session::invite(who, terms, consent, rung, office, now),
                _ => Session::ask(who, terms, consent, rung, office, now),
            }
        });
        if let Ok((session, fx)) = begun {
            self.outcome.began += 1;
            self.act(p, session, fx);
        }
    }

    fn late(&mut self, p: usize) {
        let due = self.parties[p].session.as_ref();
        let Some(due) = due.and_then(Session::deadline) else {
            return;
        };
        let left = due.since(Monotonic::from_millis(self.clock));
        self.clock += u64::try_from(left.as_millis()).unwrap_or(0);
        self.happens(p, Event::Tick);
    }
}
