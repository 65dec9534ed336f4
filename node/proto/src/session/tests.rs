//! Two sides with real keys, policies and seals.

use std::collections::{BTreeSet, VecDeque};

use super::*;
use crate::audit::{By, Completeness, EndRecord, Extent, Position, judge};
use crate::capability::{Capability, Codec, Codecs, Features, Means, Offer, OsKind, SessionKind};
use crate::cbor;
use crate::grant::{Consent, Grant};
use crate::id::{DeviceId, PersonId, RoomId, SessionId};
use crate::keys::SigningKey;
use crate::policy::application::{AppName, AppNames};
use crate::policy::cap::{Cap, Duties, Duty};
use crate::policy::case::{Case, CaseText};
use crate::policy::consent::Verification;
use crate::policy::hosted::Target;
use crate::policy::meeting::MeetingState;
use crate::policy::profile::Profile;
use crate::policy::reference::PolicyRefs;
use crate::policy::rule::{Direction, Party as Anybody, Rule};
use crate::rights::{Right, Rights, Scope};
use crate::seal::{KemList, MemoryUse, SessionUse as _, SharingParameters};
use crate::technology::Technology;
use crate::testing::{key, rng};
use crate::time::{Monotonic, Timestamp};
use crate::validity::Validity;
use rand_chacha::ChaCha20Rng;

mod rules;
mod words;

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
const CLOCK: Monotonic = Monotonic::from_millis(5_000);
const PATH: PathId = PathId(3);

fn person(n: u8) -> PersonId {
    PersonId::from_bytes([n; 32])
}

pub(super) fn extent(view: Scope, control: Scope) -> Extent {
    let rights = match control {
        Scope::Nothing => Rights::of(&[Right::View]),
        _ => Rights::of(&[Right::View, Right::Pointer, Right::Keyboard]),
    };
    Extent {
        view,
        control,
        rights,
        applications: AppNames::default(),
    }
}

pub(super) fn terms(direction: Direction) -> Terms {
    Terms {
        session: SessionId::from_bytes([7; 16]),
        sharer: person(1),
        viewer: person(2),
        room: None,
        technology: Technology::Native,
        hosted: None,
        direction,
        extent: extent(Scope::Desktop, Scope::Nothing),
        harmless: Vec::new(),
        case: Case::default(),
        policies: PolicyRefs::default(),
    }
}

/// One side, with all that a node would keep for it.
struct Party {
    me: PersonId,
    other: PersonId,
    key: SigningKey,
    peer: DeviceId,
    side: Side,
    mine: Capability,
    theirs: Capability,
    used: MemoryUse,
    rng: ChaCha20Rng,
    course: Option<Course>,
    session: Option<Session<Real>>,
    holds: Option<(Grant, SharingParameters, PathNonce)>,
    out: VecDeque<(DeviceId, Told<Real>)>,
    over: Option<(By, Reason, Option<crate::signed::Cosigned<EndRecord>>)>,
    rings: Option<Terms>,
    facts: usize,
    profile: Option<Profile>,
    /// With whom a trial picture came through.
    tried: BTreeSet<DeviceId>,
    room: Option<RoomId>,
    meeting: Option<MeetingState>,
}

fn capability(person: PersonId, device: DeviceId) -> Capability {
    Capability {
        person,
        device,
        seq: 1,
        validity: Validity {
            issued: NOW,
            expires: NOW.after(Duration::from_secs(3600)),
        },
        session: SessionKind::Local,
        os: OsKind::Linux,
        os_version: None,
        offers: vec![Offer {
            means: Means::Native,
            share: Some(Rights::ALL),
            join: Some(Rights::ALL),
        }],
        unknown_offers: 0,
        codecs: Codecs::of(&[Codec::Tiles]),
        kems: KemList::supported(),
        screens: Vec::new(),
        features: Features::NONE,
    }
}

fn pair() -> [Party; 2] {
    let keys = [key(1), key(2)];
    let devices = keys.each_ref().map(|k| DeviceId::from(k.public()));
    let caps = [0, 1].map(|i| capability(person(i as u8 + 1), devices[i]));
    let mut keys = keys.into_iter();
    [0, 1].map(|i| Party {
        me: person(i as u8 + 1),
        other: person(2 - i as u8),
        key: keys.next().unwrap(),
        peer: devices[1 - i],
        side: [Side::Sharer, Side::Viewer][i],
        mine: caps[i].clone(),
        theirs: caps[1 - i].clone(),
        used: MemoryUse::default(),
        rng: rng(40 + i as u64),
        course: Some(Course {
            started: NOW,
            most: extent(Scope::Desktop, Scope::Nothing),
        }),
        session: None,
        holds: None,
        out: VecDeque::new(),
        over: None,
        rings: None,
        facts: 0,
        profile: None,
        tried: BTreeSet::new(),
        room: None,
        meeting: None,
    })
}

impl Party {
    fn who(&self) -> Who {
        Who {
            session: SessionId::from_bytes([7; 16]),
            side: self.side,
            person: self.other,
            device: self.peer,
        }
    }

    fn office<T>(
        &mut self,
        act: impl FnOnce(Option<Session<Real>>, &mut Office<'_, ChaCha20Rng>) -> T,
    ) -> T {
        let session = self.session.take();
        let mut office = Office {
            me: self.me,
            key: &self.key,
            organisations: &[],
            policies: &PolicyRefs::default(),
            room: self.room,
            meeting: self.meeting.as_ref(),
            profile: self.profile.as_ref(),
            remote: None,
            verified: Verification::Verified,
            consents: &[],
            mine: &self.mine,
            theirs: Some(&self.theirs),
            tried: &self.tried,
            limits: crate::limits::Bars::default(),
            target: Target::Peer,
            prepared: None,
            course: self.course.as_ref(),
            log: Position::default(),
            now: NOW,
            clock: CLOCK,
            rng: &mut self.rng,
            noted: Noted::default(),
        };
        act(session, &mut office)
    }

    fn happens(&mut self, event: Event<Real>) {
        let done = self.office(|session, office| Some(session?.handle(event, office, CLOCK)));
        if let Some((session, fx)) = done {
            self.act(session, fx);
        }
    }

    fn act(&mut self, session: Session<Real>, fx: Vec<Effect<Real>>) {
        self.session = Some(session);
        for effect in fx {
            match effect {
                Effect::Tell { to, told, .. } => self.out.push_back((to, told)),
                Effect::Ring(terms) => self.rings = Some(terms),
                Effect::Unring => self.rings = None,
                Effect::Claim => {
                    let id = self.who().session;
                    let claim = self.used.claim(id, NOW).map_err(|_| Reason::SessionUsed);
                    self.happens(Event::Claimed(claim));
                }
                Effect::Launch(r) => self.holds = Some((r.grant, r.params, r.nonce)),
                Effect::Regrant(grant) => {
                    if let Some(held) = &mut self.holds {
                        held.0 = grant;
                    }
                }
                Effect::Destroy => self.holds = None,
                Effect::Over {
                    by, reason, record, ..
                } => self.over = Some((by, reason, record)),
                Effect::Audit(fact) => {
                    self.facts += 1;
                    if let (Fact::Counts(terms, _), Some(course)) = (fact, &mut self.course) {
                        course.most = terms.extent;
                    }
                }
                Effect::Move(..) => {}
            }
        }
    }

    fn hears(&mut self, told: Told<Real>) {
        self.hears_from(self.peer, told);
    }

    fn hears_from(&mut self, from: DeviceId, told: Told<Real>) {
        if self.session.is_none() {
            let (Told::Ask(terms) | Told::Offer(terms)) = told else {
                return;
            };
            let who = self.who();
            let (session, fx) =
                self.office(|_, office| Session::incoming(who, terms, office, CLOCK));
            return self.act(session, fx);
        }
        self.happens(Event::Received(Received {
            from,
            path: PATH,
            told,
        }));
    }
}

/// Delivers until nobody says anything; gives how many times the word went
/// from one side to the other.
fn drive(parties: &mut [Party; 2]) -> usize {
    let mut turns = 0;
    loop {
        let mut said = false;
        for p in [0, 1] {
            let words: Vec<_> = parties[p].out.drain(..).collect();
            if !words.is_empty() {
                turns += 1;
                said = true;
            }
            for (_, told) in words {
                parties[1 - p].hears(told);
            }
        }
        if !said {
            return turns;
        }
    }
}

fn invite(parties: &mut [Party; 2]) {
    let (who, t) = (parties[0].who(), terms(Direction::Invite));
    let rung = vec![parties[0].peer];
    let (session, fx) = parties[0].office(|_, office| {
        Session::invite(who, t.clone(), Consent::began(t), rung, office, CLOCK).unwrap()
    });
    parties[0].act(session, fx);
    drive(parties);
}

fn allow(party: &mut Party) {
    let terms = party.rings.clone().expect("nobody is asked");
    party.happens(Event::Consent(terms.clone(), Consent::asked(terms)));
}

#[test]
fn an_invitation_leads_to_a_share_and_both_sign_its_end() {
    let mut parties = pair();
    invite(&mut parties);
    assert!(parties[1].rings.is_some());
    allow(&mut parties[1]);
    // Accept; parameters and nomination; echo; start.
    assert_eq!(drive(&mut parties), 4);
    let held = parties.each_ref().map(|p| {
        let (grant, params, nonce) = p.holds.as_ref().expect("launched");
        assert!(grant.allows(Right::View, CLOCK) && !grant.allows(Right::Pointer, CLOCK));
        assert!(grant.control().is_none());
        let key = params.one_time_key.as_ref().unwrap().expose().to_vec();
        (key, *nonce, grant.device())
    });
    // Both have the same one-time key, path, and viewing device.
    assert_eq!(held[0], held[1]);
    parties[0].happens(Event::Stop(By::Sharer, Reason::Stopped));
    assert!(parties[0].holds.is_none());
    drive(&mut parties);
    for p in &parties {
        assert!(p.holds.is_none());
        let (by, reason, record) = p.over.as_ref().unwrap();
        assert_eq!((*by, *reason), (By::Sharer, Reason::Stopped));
        let record = record.as_ref().expect("a record");
        assert_eq!(judge(record), Ok(Completeness::Both));
        assert_eq!(p.session.as_ref().unwrap().deadline(), None);
    }
}

/// A share's own streams may tell the other side of an end before the machine
/// here knows of it: who has ended it is told here before the answer is heard.
#[test]
fn who_ended_it_is_known_before_the_other_sides_word_on_it() {
    for ender in [0, 1] {
        let mut parties = pair();
        invite(&mut parties);
        allow(&mut parties[1]);
        drive(&mut parties);
        let by = parties[ender].who().me();
        parties[1 - ender].happens(Event::Stop(by, Reason::Stopped));
        parties[ender].happens(Event::Stop(by, Reason::Stopped));
        drive(&mut parties);
        for p in &parties {
            let (said, _, record) = p.over.as_ref().unwrap();
            assert_eq!(*said, by);
            assert_eq!(judge(record.as_ref().unwrap()), Ok(Completeness::Both));
        }
    }
}

#[test]
fn both_sign_whoever_ends_it_and_however_words_cross() {
    let ends: [&[usize]; 3] = [&[0], &[1], &[0, 1]];
    for who in ends {
        let mut parties = pair();
        invite(&mut parties);
        allow(&mut parties[1]);
        drive(&mut parties);
        for p in who {
            let by = parties[*p].who().me();
            parties[*p].happens(Event::Stop(by, Reason::Stopped));
        }
        drive(&mut parties);
        for p in &parties {
            let (.., record) = p.over.as_ref().unwrap();
            let record = record.as_ref().expect("a record");
            assert_eq!(judge(record), Ok(Completeness::Both), "{who:?}");
        }
    }
}

#[test]
fn a_request_leads_to_a_share_after_the_sharer_says_what() {
    let mut parties = pair();
    let (who, t) = (parties[1].who(), terms(Direction::Request));
    let rung = vec![parties[1].peer];
    let (session, fx) = parties[1].office(|_, office| {
        Session::ask(who, t.clone(), Consent::began(t), rung, office, CLOCK).unwrap()
    });
    parties[1].act(session, fx);
    drive(&mut parties);
    // The sharer allows one application of the desktop that was asked for.
    let mut less = parties[0].rings.clone().unwrap();
    less.extent.view = Scope::Application;
    less.extent.applications = AppNames::new(vec![AppName::new("editor").unwrap()]).unwrap();
    parties[0].happens(Event::Consent(less.clone(), Consent::asked(less)));
    drive(&mut parties);
    let grant = &parties[0].holds.as_ref().unwrap().0;
    assert_eq!(grant.view(), Scope::Application);
    assert_eq!(grant.applications().as_slice()[0].as_str(), "editor");
    assert!(parties[1].holds.is_some());
}

#[test]
fn control_needs_its_own_consent_and_can_be_taken_back() {
    let mut parties = pair();
    invite(&mut parties);
    allow(&mut parties[1]);
    drive(&mut parties);
    let more = terms(Direction::Invite).with(extent(Scope::Desktop, Scope::Desktop));
    parties[1].happens(Event::WantMore(more.clone()));
    drive(&mut parties);
    let controls = |p: &Party| p.holds.as_ref().unwrap().0.control().is_some();
    assert!(!controls(&parties[0]) && parties[0].rings.is_some());
    allow(&mut parties[0]);
    drive(&mut parties);
    assert!(controls(&parties[0]));
    assert_eq!(parties[1].session.as_ref().unwrap().terms(), Some(&more));
    let less = terms(Direction::Invite);
    parties[0].happens(Event::Reduce(less.clone(), By::Sharer, Reason::Panic));
    drive(&mut parties);
    assert!(!controls(&parties[0]));
    assert_eq!(parties[1].session.as_ref().unwrap().terms(), Some(&less));
}

/// A share of one application that runs, with control.
fn running_editor() -> [Party; 2] {
    let mut parties = pair();
    let mut t = terms(Direction::Invite);
    t.extent = extent(Scope::Application, Scope::Application);
    t.extent.applications = names(&["editor"]);
    let (who, rung) = (parties[0].who(), vec![parties[0].peer]);
    let (session, fx) = parties[0].office(|_, office| {
        Session::invite(who, t.clone(), Consent::began(t), rung, office, CLOCK).unwrap()
    });
    parties[0].act(session, fx);
    drive(&mut parties);
    allow(&mut parties[1]);
    drive(&mut parties);
    parties
}

fn names(of: &[&str]) -> AppNames {
    AppNames::new(of.iter().map(|n| AppName::new(n).unwrap()).collect()).unwrap()
}

#[test]
fn a_running_share_never_shows_something_else_because_its_viewer_asks() {
    use Scope::{Application, Applications, Desktop, Nothing, Window};
    // More, less, and the same of other programs.
    let wishes: [(Scope, Scope, &[&str]); 7] = [
        (Desktop, Desktop, &[]),
        (Desktop, Nothing, &[]),
        (Application, Nothing, &["mail"]),
        (Application, Application, &["mail"]),
        (Applications, Applications, &["editor", "mail"]),
        (Applications, Nothing, &["editor"]),
        (Window, Nothing, &["editor"]),
    ];
    for (view, control, apps) in wishes {
        let mut parties = running_editor();
        let before = parties[0].session.as_ref().unwrap().terms().cloned();
        let mut wish = extent(view, control);
        wish.applications = names(apps);
        let session = parties[0].session.as_ref().unwrap();
        let message = Message::More(parties[0].who().session, wish.clone());
        let told = session.hear(message, parties[0].peer).unwrap();
        parties[0].hears(told);
        assert!(parties[0].rings.is_none(), "{wish:?} is put to nobody");
        let answer = parties[0].out.pop_front();
        assert!(
            matches!(answer, Some((_, Told::NoMore(Reason::MoreThanAsked)))),
            "{wish:?}: {answer:?}"
        );
        let now = parties[0].session.as_ref().unwrap().terms().cloned();
        assert_eq!(now, before, "{wish:?}");
        let grant = &parties[0].holds.as_ref().unwrap().0;
        assert_eq!(grant.view(), Application);
        assert_eq!(grant.applications().as_slice()[0].as_str(), "editor");
        // An honest viewer doesn't even ask.
        let before = before.unwrap();
        parties[1].happens(Event::WantMore(before.with(wish)));
        assert!(parties[1].out.is_empty());
        // Giving control back stays as easy as ever.
        let less = before.with(Extent {
            control: Nothing,
            rights: Rights::of(&[Right::View]),
            ..before.extent.clone()
        });
        parties[1].happens(Event::WantMore(less.clone()));
        drive(&mut parties);
        assert_eq!(parties[0].session.as_ref().unwrap().terms(), Some(&less));
    }
}

/// Who begins, and two devices of one person who is asked.
fn three(begins: Side) -> [Party; 3] {
    let [sharer, viewer] = pair();
    let [twin_sharer, twin_viewer] = pair();
    let (first, mut asked, mut twin) = match begins {
        Side::Sharer => (sharer, viewer, twin_viewer),
        Side::Viewer => (viewer, sharer, twin_sharer),
    };
    twin.key = key(3);
    twin.mine = capability(twin.me, DeviceId::from(twin.key.public()));
    asked.peer = DeviceId::from(first.key.public());
    twin.peer = asked.peer;
    [first, asked, twin]
}

/// Delivers to whom it is said, until nobody says anything.
fn route(parties: &mut [Party; 3]) {
    let devices = parties.each_ref().map(|p| DeviceId::from(p.key.public()));
    loop {
        let said: Vec<_> = (0..3)
            .flat_map(|p| {
                parties[p]
                    .out
                    .drain(..)
                    .map(move |w| (p, w))
                    .collect::<Vec<_>>()
            })
            .collect();
        if said.is_empty() {
            return;
        }
        for (p, (to, told)) in said {
            let q = devices.iter().position(|d| *d == to).unwrap();
            parties[q].hears_from(devices[p], told);
        }
    }
}

#[test]
fn of_several_devices_the_first_to_answer_has_it_and_the_others_stop_ringing() {
    for begins in [Side::Sharer, Side::Viewer] {
        // One answers, or both do before anybody hears of the other.
        for answers in [&[1][..], &[2], &[1, 2], &[2, 1]] {
            let mut parties = three(begins);
            let who = parties[0].who();
            let rung: Vec<_> = [1, 2]
                .map(|p: usize| DeviceId::from(parties[p].key.public()))
                .to_vec();
            let (session, fx) = parties[0].office(|_, office| {
                match begins {
                    Side::Sharer => {
                        let t = terms(Direction::Invite);
                        Session::invite(who, t.clone(), Consent::began(t), rung, office, CLOCK)
                    }
                    Side::Viewer => {
                        let t = terms(Direction::Request);
                        Session::ask(who, t.clone(), Consent::began(t), rung, office, CLOCK)
                    }
                }
                .unwrap()
            });
            parties[0].act(session, fx);
            route(&mut parties);
            assert!(parties[1].rings.is_some() && parties[2].rings.is_some());
            for p in answers {
                allow(&mut parties[*p]);
                // What the first says is heard first.
                let words: Vec<_> = parties[*p].out.drain(..).collect();
                let from = DeviceId::from(parties[*p].key.public());
                for (_, told) in words {
                    parties[0].hears_from(from, told);
                }
            }
            route(&mut parties);
            let (first, other) = (answers[0], 3 - answers[0]);
            let case = format!("{begins:?} {answers:?}");
            assert!(parties[0].holds.is_some(), "{case}");
            assert!(parties[first].holds.is_some(), "{case}");
            let late = &parties[other];
            assert!(late.holds.is_none() && late.rings.is_none(), "{case}");
            let (by, reason, _) = late.over.as_ref().expect("it still rings");
            assert_eq!((*by, *reason), (By::Program, Reason::Taken), "{case}");
            let device = parties[0].session.as_ref().unwrap().who().device;
            assert_eq!(
                device,
                DeviceId::from(parties[first].key.public()),
                "{case}"
            );
        }
    }
}

#[test]
fn a_refusal_says_why_and_leaves_nothing() {
    let mut parties = pair();
    invite(&mut parties);
    parties[1].happens(Event::Refuse(Reason::Declined));
    drive(&mut parties);
    for p in &parties {
        let (by, reason, record) = p.over.as_ref().unwrap();
        assert_eq!((*by, *reason), (By::Viewer, Reason::Declined));
        assert!(record.is_none() && p.holds.is_none());
    }
}

#[test]
fn a_session_id_that_was_used_launches_nothing() {
    for p in [0, 1] {
        let mut parties = pair();
        let id = parties[p].who().session;
        let _ = parties[p].used.claim(id, NOW).unwrap();
        invite(&mut parties);
        allow(&mut parties[1]);
        drive(&mut parties);
        assert!(parties.iter().all(|p| p.holds.is_none()));
        assert_eq!(parties[p].over.as_ref().unwrap().1, Reason::SessionUsed);
    }
}
