//! Two sides with real keys, policies and seals.

use std::collections::{BTreeSet, VecDeque};

use super::*;
use crate::audit::{By, Completeness, EndRecord, Extent, Position, judge};
use crate::capability::{Capability, Codec, Codecs, Features, Means, Offer, OsKind, SessionKind};
use crate::cbor;
use crate::grant::{Consent, Grant};
use crate::id::{DeviceId, PersonId, SessionId};
use crate::keys::SigningKey;
use crate::policy::application::{AppName, AppNames};
use crate::policy::cap::{Cap, Duties, Duty};
use crate::policy::case::{Case, CaseText};
use crate::policy::consent::Verification;
use crate::policy::hosted::Target;
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
            meeting: None,
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
                Effect::Audit(_) => self.facts += 1,
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
            assert_eq!(
                (*by, *reason),
                (late.who().other(), Reason::Taken),
                "{case}"
            );
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

#[test]
fn every_message_comes_back_as_it_was() {
    let id = SessionId::from_bytes([7; 16]);
    let nonce = PathNonce::from_bytes([9; 16]);
    let e = extent(Scope::Desktop, Scope::Desktop);
    let all = [
        Message::Ask {
            terms: terms(Direction::Request),
            capability: vec![1, 2],
        },
        Message::Offer {
            terms: terms(Direction::Invite),
            capability: vec![3],
        },
        Message::Rings(id),
        Message::Accept(id, vec![4]),
        Message::Sealed(id, vec![5]),
        Message::Nominate(id, nonce),
        Message::Echo(id, nonce),
        Message::Leave(id, Reason::Declined),
        Message::More(id, e.clone()),
        Message::Now(id, e),
        Message::NoMore(id, Reason::NoAnswer),
        Message::Over {
            session: id,
            by: By::Viewer,
            reason: Reason::Stopped,
            log: Position::default(),
        },
        Message::Record(id, vec![6]),
        Message::Start(id),
    ];
    for m in all {
        assert_eq!(
            Message::from_bytes(&m.to_bytes()),
            Ok(Some(m.clone())),
            "{m:?}"
        );
        assert_eq!(m.session(), id);
    }
}

#[test]
fn only_the_sharer_says_which_programs_are_harmless_and_nobody_says_who_began() {
    let capability = vec![1];
    let mut asked = terms(Direction::Request);
    asked.extent = extent(Scope::Application, Scope::Application);
    asked.extent.applications = names(&["terminal"]);
    asked.harmless = vec![AppName::new("terminal").unwrap()];
    let read = |m: Message| Message::from_bytes(&m.to_bytes()).unwrap().unwrap();
    let ask = |terms: &Terms| {
        read(Message::Ask {
            terms: terms.clone(),
            capability: capability.clone(),
        })
    };
    let offer = |terms: &Terms| {
        read(Message::Offer {
            terms: terms.clone(),
            capability: capability.clone(),
        })
    };
    let (side, heard, with) = ask(&asked).begins().unwrap();
    assert_eq!((side, &with), (Side::Sharer, &capability));
    assert!(heard.harmless.is_empty(), "a viewer's word on it counts");
    let mut rest = asked.clone();
    rest.harmless.clear();
    assert_eq!(heard, rest);
    let mut invited = asked.clone();
    invited.direction = Direction::Invite;
    assert_eq!(
        offer(&invited).begins(),
        Some((Side::Viewer, invited.clone(), capability.clone()))
    );
    // Who asks isn't invited, whatever it says; an answer begins nothing.
    assert_eq!(ask(&invited).begins(), None);
    assert_eq!(offer(&asked).begins(), None);
    assert_eq!(Message::Rings(asked.session).begins(), None);
}

#[test]
fn terms_that_nobody_could_mean_are_refused() {
    let good = terms(Direction::Invite);
    let read = |t: &Terms| cbor::from_bytes::<Terms>(&cbor::to_bytes(t), MAX_MESSAGE);
    assert_eq!(read(&good).as_ref(), Ok(&good));
    let wrong = |change: fn(&mut Terms)| {
        let mut t = terms(Direction::Invite);
        change(&mut t);
        assert!(read(&t).is_err(), "{t:?}");
    };
    wrong(|t| t.viewer = t.sharer);
    wrong(|t| t.extent.view = Scope::Nothing);
    wrong(|t| t.extent.rights = Rights::NONE);
    wrong(|t| t.extent.rights = Rights::of(&[Right::View, Right::Pointer]));
    wrong(|t| {
        t.extent.view = Scope::Window;
        t.extent.control = Scope::Application;
    });
    wrong(|t| t.harmless = vec![AppName::new("editor").unwrap()]);
    wrong(|t| t.technology = Technology::Vnc);
}

#[test]
fn an_offer_is_within_what_was_asked_or_it_isn_t() {
    use Scope::{Application, Desktop, Nothing, Window};
    let asked = terms(Direction::Request).with(extent(Application, Nothing));
    let offered = |view, control, apps: &[&str]| {
        let mut t = asked.with(extent(view, control));
        let names = apps.iter().map(|a| AppName::new(a).unwrap());
        t.extent.applications = AppNames::new(names.collect()).unwrap();
        t
    };
    assert!(offered(Application, Nothing, &["a"]).within(&asked));
    assert!(offered(Window, Nothing, &["a"]).within(&asked));
    assert!(!offered(Application, Window, &["a"]).within(&asked));
    assert!(!offered(Desktop, Nothing, &[]).within(&asked));
    let one = offered(Application, Nothing, &["a"]);
    // Nobody writes another purpose under what somebody asked for (CASE-1).
    let mut elsewhere = one.clone();
    elsewhere.case.purpose = Some(CaseText::new("teaching").unwrap());
    assert!(one.within(&asked) && !elsewhere.within(&asked));
    let mut chosen = one.clone();
    chosen.direction = Direction::Invite;
    let mut other = offered(Application, Nothing, &["b"]);
    other.direction = Direction::Invite;
    assert!(!other.within(&chosen));
    assert!(chosen.within(&chosen));
}

fn profile(owner: u8, rules: Vec<Rule>, demands: Duties) -> Option<Profile> {
    Profile::new(person(owner), NOW, Vec::new(), rules, demands).ok()
}

/// CASE-1: what is demanded and missing is said before anybody is asked; a
/// share that runs is not ended by a demand of its beginning.
#[test]
fn what_a_share_is_for_is_said_before_it_is_asked() {
    let demands = Duties::of(&[Duty::Purpose]);
    let mut parties = pair();
    parties[0].profile = profile(1, Vec::new(), demands);
    let (who, t) = (parties[0].who(), terms(Direction::Invite));
    let mut with = t.clone();
    with.case.purpose = Some(CaseText::new("second opinion").unwrap());
    for (terms, wanted) in [(t, Err(Reason::CaseMissing)), (with, Ok(()))] {
        let rung = vec![parties[0].peer];
        let begun = parties[0].office(|_, office| {
            Session::invite(
                who,
                terms.clone(),
                Consent::began(terms),
                rung,
                office,
                CLOCK,
            )
            .map(|_| ())
        });
        assert_eq!(begun, wanted);
    }
    // Somebody else's request without it rings nobody.
    let (asks, t) = (parties[1].who(), terms(Direction::Request));
    let rung = vec![parties[1].peer];
    let (session, fx) = parties[1].office(|_, office| {
        Session::ask(asks, t.clone(), Consent::began(t), rung, office, CLOCK).unwrap()
    });
    parties[1].act(session, fx);
    drive(&mut parties);
    assert!(parties[0].rings.is_none());
    let (by, reason, _) = parties[1].over.take().unwrap();
    assert_eq!((by, reason), (By::Sharer, Reason::CaseMissing));

    let mut parties = pair();
    invite(&mut parties);
    allow(&mut parties[1]);
    drive(&mut parties);
    parties[0].profile = profile(1, Vec::new(), demands);
    parties[0].happens(Event::PolicyNews);
    assert!(parties[0].holds.is_some());
}

/// POL-7: where seeing alone is still allowed, control ends and the rest goes
/// on, whichever side hears the news first.
#[test]
fn without_control_it_goes_on() {
    for side in [0, 1] {
        let mut parties = running_editor();
        let controls = |p: &Party| {
            let terms = p.session.as_ref().unwrap().terms().unwrap();
            terms.extent.control > Scope::Nothing
        };
        assert!(parties.iter().all(controls));
        let seen = Cap {
            control: Scope::Nothing,
            ..Cap::OPEN
        };
        let rule = Rule::new(1, Anybody::Person(person(2 - side as u8)), seen);
        parties[side].profile = profile(side as u8 + 1, vec![rule], Duties::NONE);
        parties[side].happens(Event::PolicyNews);
        assert!(!controls(&parties[side]));
        drive(&mut parties);
        for p in &parties {
            assert!(p.over.is_none() && !controls(p));
        }
        let grant = &parties[0].holds.as_ref().unwrap().0;
        assert!(grant.control().is_none() && grant.view() > Scope::Nothing);
        // What is allowed as it is stays as it is.
        parties[side].happens(Event::PolicyNews);
        drive(&mut parties);
        assert!(parties.iter().all(|p| p.over.is_none()));
    }
}

/// PORT-5: where a trial picture is demanded, nobody is asked before one came
/// through with that very device, on either side's demand; a share that runs
/// is none's to try again.
#[test]
fn a_demanded_trial_picture_comes_before_anybody_is_asked() {
    let demands = Duties::of(&[Duty::Trial]);
    for side in [0, 1] {
        for tried in [false, true] {
            let mut parties = pair();
            parties[side].profile = profile(side as u8 + 1, Vec::new(), demands);
            for p in &mut parties {
                p.course = None;
            }
            if tried {
                let peer = parties[side].peer;
                parties[side].tried.insert(peer);
            }
            let (who, t) = (parties[1].who(), terms(Direction::Request));
            let rung = vec![parties[1].peer];
            let begun = parties[1].office(|_, office| {
                Session::ask(who, t.clone(), Consent::began(t), rung, office, CLOCK)
            });
            match (side, tried, begun) {
                (1, false, Err(reason)) => assert_eq!(reason, Reason::NoTrial),
                (_, _, Ok((session, fx))) => {
                    parties[1].act(session, fx);
                    drive(&mut parties);
                    assert_eq!(parties[0].rings.is_some(), tried || side == 1);
                    if !tried {
                        let (by, reason, _) = parties[1].over.take().unwrap();
                        assert_eq!((by, reason), (By::Sharer, Reason::NoTrial));
                    }
                }
                (side, tried, begun) => panic!("{side} {tried} {:?}", begun.map(|_| ())),
            }
        }
    }
    // Another program's viewer isn't ours to try.
    let mut parties = pair();
    parties[0].profile = profile(1, Vec::new(), demands);
    parties[0].course = None;
    let peer = parties[0].peer;
    parties[0].tried.insert(peer);
    let (who, mut t) = (parties[0].who(), terms(Direction::Invite));
    t.technology = Technology::Vnc;
    t.hosted = Some(crate::technology::HostedKind::Shadow);
    let vnc = Offer {
        means: Means::Hosted(Technology::Vnc, crate::technology::HostedKind::Shadow),
        share: Some(Rights::ALL),
        join: Some(Rights::ALL),
    };
    for c in [&mut parties[0].mine, &mut parties[0].theirs] {
        c.offers.push(vnc);
    }
    let begun = parties[0].office(|_, office| {
        Session::invite(who, t.clone(), Consent::began(t), vec![peer], office, CLOCK).map(|_| ())
    });
    assert_eq!(begun, Err(Reason::NoTrial));
}

/// POL-4, POL-7: an own rule counts at the beginning and while a share runs,
/// on either side.
#[test]
fn an_own_rule_ends_what_runs_on_either_side() {
    for side in [0, 1] {
        let mut parties = pair();
        invite(&mut parties);
        allow(&mut parties[1]);
        drive(&mut parties);
        assert!(parties.iter().all(|p| p.holds.is_some()));
        let off = Rule::new(1, Anybody::Person(person(2 - side as u8)), Cap::OFF);
        parties[side].profile = profile(side as u8 + 1, vec![off], Duties::NONE);
        parties[side].happens(Event::PolicyNews);
        drive(&mut parties);
        for p in &parties {
            assert!(p.holds.is_none());
            let (by, reason, _) = p.over.as_ref().unwrap();
            assert_eq!((*by, *reason), (By::Policy, Reason::PolicyChanged));
        }
    }
}
