//! The trial picture that a policy may demand (PORT-5, spec 09 and 13): before
//! anybody is asked, and before a feature counts as ready, the viewer has
//! decoded one.
//!
//! What begins a session is parked here until its devices were tried, then goes
//! on where it would have gone on. The machine decides by what came of it:
//! where none came through it refuses by itself, and the log says so.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use kith_api::{ApiError, Code, Reply};
use kith_proto::grant::Consent;
use kith_proto::id::{DeviceId, PersonId, SessionId};
use kith_proto::policy::cap::Duty;
use kith_proto::session::{Message, RING, Reason, STEP, Session, Side, Terms, Who};
use kith_proto::standing::{self, Pictured, State};
use kith_proto::technology::Technology;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::super::open::Open;
use super::One;
use crate::share::TrialFault;

/// How long a picture that came through counts for what begins.
const HOLDS: Duration = standing::HOLDS;
/// And for what began then: its person may take so long.
const COUNTS: Duration = HOLDS.saturating_add(RING).saturating_add(STEP);

/// The face that asked, if it is to be answered later.
pub(in crate::node) type Asker = oneshot::Sender<Result<Reply, ApiError>>;

/// What came of trial pictures, and what waits for them.
#[derive(Debug, Default)]
pub(super) struct Trials {
    tried: BTreeMap<(DeviceId, Side), Tried>,
    running: BTreeSet<(DeviceId, Side)>,
    parked: BTreeMap<SessionId, Parked>,
    /// Whoever asks just now; taken from here by what answers later.
    pub(super) asker: Option<Asker>,
}

#[derive(Debug)]
struct Tried {
    at: Instant,
    outcome: Result<(), TrialFault>,
    network: Network,
}

/// Whether the network is the one that the trial ran over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Network {
    Same,
    Changed,
}

/// What is about to begin.
#[derive(Debug)]
struct Parked {
    one: One,
    terms: Terms,
    begins: Begins,
    /// The devices that are still tried.
    waits: BTreeSet<DeviceId>,
}

/// How a session begins here.
#[derive(Debug)]
pub(super) enum Begins {
    /// Our person invites, or asks; these devices ring.
    Ours(Vec<DeviceId>),
    /// Their person does.
    Theirs,
}

impl Trials {
    /// How many sessions wait here; of one person.
    pub(super) fn parked(&self, with: Option<&PersonId>) -> usize {
        let all = self.parked.values();
        all.filter(|p| with.is_none_or(|w| p.one.who.person == *w))
            .count()
    }

    /// Whether this session waits here.
    pub(super) fn has(&self, id: &SessionId) -> bool {
        self.parked.contains_key(id)
    }

    /// The devices with which a picture came through, for what begins or began.
    pub(super) fn passed(&self, side: Side) -> BTreeSet<DeviceId> {
        let counts = |t: &Tried| t.outcome.is_ok() && t.at.elapsed() < COUNTS;
        let all = self.tried.iter();
        all.filter(|((_, s), t)| *s == side && counts(t))
            .map(|((device, _), _)| *device)
            .collect()
    }

    /// Whether that counts for something that begins now.
    fn fresh(&self, device: DeviceId, side: Side) -> bool {
        self.pictured(device, side) == Pictured::Passed
    }

    fn pictured(&self, device: DeviceId, side: Side) -> Pictured {
        let tried = self.tried.get(&(device, side));
        let tried = tried.filter(|t| t.network == Network::Same && t.at.elapsed() < HOLDS);
        match tried.map(|t| t.outcome) {
            None => Pictured::Not,
            Some(Ok(())) => Pictured::Passed,
            Some(Err(_)) => Pictured::Failed,
        }
    }

    /// Takes out what others asked to see of ours: who they are.
    fn take_asked_of_us(&mut self) -> Vec<Who> {
        let asked = |_: &SessionId, p: &mut Parked| {
            matches!(p.begins, Begins::Theirs) && p.one.who.side == Side::Sharer
        };
        let asked = self.parked.extract_if(.., asked);
        asked.map(|(_, p)| p.one.who).collect()
    }

    /// Remembers what came of a trial, where it says something of the device:
    /// that there was no place or no time in that moment says nothing.
    fn keep(&mut self, device: DeviceId, side: Side, outcome: Result<(), TrialFault>) {
        self.tried.retain(|_, t| t.at.elapsed() < COUNTS);
        if matches!(outcome, Err(TrialFault::Busy | TrialFault::Late)) {
            return;
        }
        let tried = Tried {
            at: Instant::now(),
            outcome,
            network: Network::Same,
        };
        self.tried.insert((device, side), tried);
    }

    fn network_changed(&mut self) {
        self.tried.retain(|_, t| t.at.elapsed() < COUNTS);
        for tried in self.tried.values_mut() {
            tried.network = Network::Changed;
        }
    }
}

impl Open {
    /// Begins a session, after the trial that a policy may demand. `None`: that
    /// runs now, and whoever asks is answered later.
    pub(super) async fn begin_tried(
        &mut self,
        mut one: One,
        terms: Terms,
        begins: Begins,
    ) -> Result<Option<SessionId>, Reason> {
        let (who, trials) = (one.who, &self.sessions.trials);
        let mut devices = match &begins {
            Begins::Ours(rung) => rung.clone(),
            Begins::Theirs => vec![who.device],
        };
        devices.retain(|d| !trials.fresh(*d, who.side));
        let demanded = terms.technology == Technology::Native
            && !devices.is_empty()
            && self.trial_demanded(&one, &terms).await?;
        if !demanded {
            return self.begin_now(one, terms, begins).await.map(Some);
        }
        if matches!(begins, Begins::Ours(_)) {
            one.asker = self.sessions.trials.asker.take();
        }
        let parked = Parked {
            one,
            terms,
            begins,
            waits: devices.iter().copied().collect(),
        };
        self.sessions.trials.parked.insert(who.session, parked);
        for device in devices {
            self.try_picture(device, who.side).await;
        }
        Ok(None)
    }

    async fn trial_demanded(&mut self, one: &One, terms: &Terms) -> Result<bool, Reason> {
        if self.observe_policies().await.is_err() {
            return Err(Reason::Storage);
        }
        let who = one.who;
        Ok(self.with_office(&who, Some(one), |office, _| {
            office.demands_trial(&who, terms)
        }))
    }

    async fn begin_now(
        &mut self,
        one: One,
        terms: Terms,
        begins: Begins,
    ) -> Result<SessionId, Reason> {
        let who = one.who;
        self.begin_session(one, |office, clock| match (begins, who.side) {
            (Begins::Theirs, _) => Ok(Session::incoming(who, terms, office, clock)),
            (Begins::Ours(rung), Side::Sharer) => {
                let consent = Consent::began(terms.clone());
                Session::invite(who, terms, consent, rung, office, clock)
            }
            (Begins::Ours(rung), Side::Viewer) => {
                let consent = Consent::began(terms.clone());
                Session::ask(who, terms, consent, rung, office, clock)
            }
        })
        .await
    }

    /// A picture is tried out with a device, unless one is already.
    async fn try_picture(&mut self, device: DeviceId, side: Side) {
        if !self.sessions.trials.running.insert((device, side)) {
            return;
        }
        let best = self.best_way(&device).await;
        let best = best.and_then(|p| self.sessions.paths.get(&p.0).copied());
        match best.or_else(|| self.connection_to(&device)) {
            Some(conn) => self.sessions.shares.try_picture(device, conn, side),
            None => Box::pin(self.pictured(device, side, Err(TrialFault::NoStream))).await,
        }
    }

    /// A trial is over, whoever began it.
    pub(super) async fn pictured(
        &mut self,
        device: DeviceId,
        side: Side,
        outcome: Result<(), TrialFault>,
    ) {
        if let Err(fault) = outcome {
            tracing::info!(%fault, ?side, "a trial picture did not come through");
        }
        let trials = &mut self.sessions.trials;
        trials.running.remove(&(device, side));
        trials.keep(device, side, outcome);
        let mut ready = Vec::new();
        for (id, parked) in &mut trials.parked {
            if parked.one.who.side == side && parked.waits.remove(&device) {
                ready.extend(parked.waits.is_empty().then_some(*id));
            }
        }
        for id in ready {
            if let Some(parked) = self.sessions.trials.parked.remove(&id) {
                self.go_on(parked, outcome.err()).await;
            }
        }
        if let Some(person) = self.people.owner(&device).map(|p| p.id) {
            self.features_news(&person);
        }
    }

    /// All devices were tried: those where the picture came through ring.
    async fn go_on(&mut self, mut parked: Parked, fault: Option<TrialFault>) {
        let (id, side) = (parked.one.who.session, parked.one.who.side);
        let asker = parked.one.asker.take();
        if asker.as_ref().is_some_and(Asker::is_closed) {
            return;
        }
        if let Begins::Ours(rung) = &mut parked.begins {
            let trials = &self.sessions.trials;
            rung.retain(|d| trials.fresh(*d, side));
            match rung.first() {
                Some(first) => parked.one.who.device = *first,
                None => {
                    answer(asker, Err(no_trial(fault)));
                    return;
                }
            }
        }
        let theirs = matches!(parked.begins, Begins::Theirs);
        let device = parked.one.who.device;
        // Somebody may have stopped being a contact since they asked: then
        // nothing is said, as to any stranger.
        if theirs && !self.may_share(&device) {
            return;
        }
        let begun = self
            .begin_now(parked.one, parked.terms, parked.begins)
            .await;
        match begun {
            Err(reason) if theirs => {
                let refusal = Message::Leave(id, reason).to_bytes();
                self.session_say(device, None, refusal).await;
            }
            begun => answer(asker, self.begun(begun)),
        }
    }

    /// Whoever asked us took it back before our person heard of it.
    pub(super) fn unpark(&mut self, id: &SessionId, peer: &DeviceId) {
        let parked = &mut self.sessions.trials.parked;
        let theirs = |p: &Parked| matches!(p.begins, Begins::Theirs) && p.one.who.device == *peer;
        if parked.get(id).is_some_and(theirs) {
            parked.remove(id);
        }
    }

    /// Something of ours that waits for a trial, with this person on this side.
    pub(super) fn parked_with(&self, person: &PersonId, side: Side) -> Option<SessionId> {
        let all = self.sessions.trials.parked.values();
        let mut ours = all.filter(|p| matches!(p.begins, Begins::Ours(_)));
        let ours = ours.find(|p| p.one.who.person == *person && p.one.who.side == side);
        ours.map(|p| p.one.who.session)
    }

    /// Ours yields to theirs.
    pub(super) fn drop_parked(&mut self, id: &SessionId) {
        if let Some(parked) = self.sessions.trials.parked.remove(id) {
            answer(
                parked.one.asker,
                Err(super::why_not::error(Reason::Crossed)),
            );
        }
    }

    /// Nothing begins any more that our person wanted and nobody was asked for
    /// yet: they stopped it, or panicked (GUARD-6).
    pub(super) fn drop_all_parked(&mut self, reason: Reason) {
        let parked = &mut self.sessions.trials.parked;
        let ours = |_: &SessionId, p: &mut Parked| matches!(p.begins, Begins::Ours(_));
        for (_, parked) in parked.extract_if(.., ours) {
            answer(parked.one.asker, Err(super::why_not::error(reason)));
        }
    }

    /// Our person panicked (GUARD-6), or stopped everything: who waits for a
    /// trial to see something of ours sees nothing. In panic, what was said
    /// before lets nobody of them in either (ASK-3).
    pub(super) async fn send_parked_away(&mut self, reason: Reason) {
        let asked = self.sessions.trials.take_asked_of_us();
        for who in asked.iter().filter(|_| reason == Reason::Panic) {
            self.hold_consents(&who.person, reason).await;
        }
        for who in asked {
            let leave = Message::Leave(who.session, reason).to_bytes();
            self.session_say(who.device, None, leave).await;
        }
    }

    /// What of the trials with a device counts for its features: the picture
    /// that we showed, and theirs.
    pub(in crate::node) fn pictured_with(&self, device: &DeviceId) -> [Pictured; 2] {
        let trials = &self.sessions.trials;
        [Side::Sharer, Side::Viewer].map(|side| trials.pictured(*device, side))
    }

    /// Where nothing but the picture is in question, it is tried.
    pub(in crate::node) async fn try_pictures(&mut self, device: DeviceId) {
        let pictured = self.pictured_with(&device);
        let open = self.checked_features(&device);
        for (side, sharer, pictured) in [
            (
                Side::Sharer,
                kith_proto::capability::Sharer::First,
                pictured[0],
            ),
            (
                Side::Viewer,
                kith_proto::capability::Sharer::Second,
                pictured[1],
            ),
        ] {
            let wants = open.iter().any(|f| {
                let demanded =
                    matches!(&f.state, State::Checking(r) if r.duties.contains(Duty::Trial));
                f.sharer == sharer && demanded
            });
            if wants && pictured == Pictured::Not {
                self.try_picture(device, side).await;
            }
        }
    }

    /// What was tried over the network before says little of this one.
    pub(in crate::node) fn pictures_are_old(&mut self) {
        self.sessions.trials.network_changed();
    }
}

fn answer(asker: Option<Asker>, said: Result<Reply, ApiError>) {
    if let Some(asker) = asker {
        // Gone meanwhile: nobody waits.
        let _ = asker.send(said);
    }
}

fn no_trial(fault: Option<TrialFault>) -> ApiError {
    let why = fault.map(|f| format!(": {f}")).unwrap_or_default();
    ApiError::new(
        Code::Unreachable,
        format!("no share: {}{why}", Reason::NoTrial.words()),
    )
    .hint("a policy demands it: “kith policy explain NAME”; “kith doctor” says what this machine lacks")
}

#[cfg(test)]
mod tests {
    use super::*;
    use kith_proto::keys::SigningKey;
    use kith_proto::policy::case::Case;
    use kith_proto::policy::reference::PolicyRefs;
    use kith_proto::policy::rule::Direction;
    use kith_proto::rights::Scope;

    fn waits(n: u8, side: Side, begins: Begins) -> Parked {
        let (me, other) = ([1; 32], [n; 32]);
        let device = DeviceId::from(SigningKey::from_seed(&other).public());
        let (sharer, viewer) = match side {
            Side::Sharer => (me, other),
            Side::Viewer => (other, me),
        };
        let level = kith_api::ShareLevel::Control;
        let who = Who {
            session: SessionId::from_bytes([n; 16]),
            side,
            person: PersonId::from_bytes(other),
            device,
        };
        let terms = Terms {
            session: who.session,
            sharer: PersonId::from_bytes(sharer),
            viewer: PersonId::from_bytes(viewer),
            room: None,
            technology: Technology::Native,
            hosted: None,
            direction: Direction::Request,
            extent: super::super::extent::named_extent(Scope::Desktop, vec![], level).unwrap(),
            harmless: Vec::new(),
            case: Case::default(),
            policies: PolicyRefs::default(),
        };
        Parked {
            one: One::new(who, terms.clone(), None),
            terms,
            begins,
            waits: BTreeSet::from([device]),
        }
    }

    /// GUARD-6, ASK-3: in panic whoever asked to see something of ours waits no
    /// more; what they show us begins with our own yes.
    #[test]
    fn who_asked_to_see_something_of_ours_is_taken_out() {
        let mut trials = Trials::default();
        for parked in [
            waits(2, Side::Sharer, Begins::Theirs),
            waits(3, Side::Viewer, Begins::Theirs),
            waits(4, Side::Sharer, Begins::Theirs),
            waits(5, Side::Sharer, Begins::Ours(Vec::new())),
        ] {
            trials.parked.insert(parked.one.who.session, parked);
        }
        let taken = trials.take_asked_of_us();
        let taken: Vec<PersonId> = taken.iter().map(|w| w.person).collect();
        assert_eq!(taken, [2, 4].map(|n| PersonId::from_bytes([n; 32])));
        let left: Vec<&SessionId> = trials.parked.keys().collect();
        let ours = [3, 5].map(|n| SessionId::from_bytes([n; 16]));
        assert_eq!(left, ours.iter().collect::<Vec<_>>());
    }

    /// PORT-5: no place or no time in one moment doesn't block for ten minutes,
    /// nor undo a picture that came through.
    #[test]
    fn only_what_says_something_of_the_device_is_remembered() {
        let (device, side) = (DeviceId::from_bytes([7; 32]), Side::Viewer);
        let mut trials = Trials::default();
        for (outcome, counts) in [
            (Err(TrialFault::Busy), Pictured::Not),
            (Err(TrialFault::Late), Pictured::Not),
            (Err(TrialFault::Undecoded), Pictured::Failed),
            (Ok(()), Pictured::Passed),
            (Err(TrialFault::Busy), Pictured::Passed),
            (Err(TrialFault::Late), Pictured::Passed),
        ] {
            trials.keep(device, side, outcome);
            assert_eq!(trials.pictured(device, side), counts, "{outcome:?}");
        }
    }
}
