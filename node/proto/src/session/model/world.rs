//! Two parties and everything that was ever said between them.

use std::collections::BTreeSet;

use stateright::{Model, Property};

use super::super::Reason;
use super::super::effect::{Effect, Event, Fact, Received, Told};
use super::super::machine::{Session, recover};
use super::super::state::Phase;
use super::super::tokens::{PathId, Side, Who};
use super::promises::promises;
use super::toy::{Check, Grant, Level, Proof, Signed, Toy, ToyAccept, ToyDesk, nonce, sight};
use crate::audit::{By, Said};
use crate::id::{DeviceId, PersonId, SessionId};
use crate::time::Monotonic;

/// What a person, a program or chance does.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Act {
    /// The person of this side begins.
    Begin(usize, Level),
    /// A message that was said at some time arrives, or arrives again.
    Deliver(usize, Told<Toy>),
    /// A liar says something.
    Lie(usize, Told<Toy>),
    /// The person allows this much.
    Allow(usize, Level),
    /// The person refuses.
    Refuse(usize),
    /// The store has written.
    Stored(usize),
    /// The disk is full.
    NotStored(usize),
    /// The deadline is over.
    Late(usize),
    /// The person stops it.
    Stop(usize),
    /// The sharer's person lets control that was agreed on count, at the screen.
    Press(usize),
    /// The viewer's person wants to control.
    WantMore(usize),
    /// The sharer's person takes control back.
    TakeBack(usize),
    /// The policy allows this much from here on, and the program hears of it.
    Policy(usize, Level),
    /// The program dies.
    Crash(usize),
    /// The program starts again.
    Restart(usize),
}

/// One side: its program, its disk, and what it has started.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Party {
    pub(super) up: Up,
    pub(super) session: Option<Session<Toy>>,
    pub(super) desk: ToyDesk,
    /// The store is writing.
    pub(super) storing: bool,
    /// On disk: the session id was used.
    pub(super) used: bool,
    /// On disk: it is not over.
    pub(super) open: bool,
    /// On disk: under which terms it runs.
    pub(super) ran: Option<Level>,
    /// On disk: the most that its end record says.
    pub(super) most: Level,
    /// What was launched and not destroyed; it may outlive a crash.
    pub(super) holds: Option<Grant>,
    pub(super) launches: u8,
    /// The nonce of the echo that has just come.
    pub(super) echo: Option<u8>,
    /// What was launched, was on an echo of its own nonce.
    pub(super) echoed: bool,
    /// The grants that it ever had were all honest.
    pub(super) honest: bool,
    /// What was launched has shown the same ever since.
    pub(super) steady: bool,
    pub(super) signed: Option<Signed>,
    pub(super) began: u8,
    pub(super) policies: u8,
    pub(super) wants: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Up {
    Yes,
    No,
    /// Has crashed once, and runs again.
    Again,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct World {
    pub(super) parties: [Party; 2],
    /// Everything that was said: to whom, and what. Nothing is ever taken
    /// out: so each message may be lost, late, doubled, and overtaken.
    pub(super) said: BTreeSet<(usize, Told<Toy>)>,
    /// A person has let the viewer control: at the screen, or when it was asked for.
    pub(super) counted: bool,
}

/// What may happen.
#[derive(Debug, Clone)]
pub(super) struct Rules {
    /// Who begins: the sharer (0) or the viewer (1).
    pub(super) begins: Vec<usize>,
    /// Who lies.
    pub(super) liar: Option<usize>,
    pub(super) mutant: Option<Check>,
    /// How many times each policy may change.
    pub(super) policies: u8,
    pub(super) crashes: bool,
    /// How many times the viewer may want more.
    pub(super) wants: u8,
    /// Whether control that was agreed on comes to count.
    pub(super) presses: bool,
    /// How much each policy allows at first.
    pub(super) at_first: Level,
    /// How much is asked for or offered at first.
    pub(super) asks: Level,
    /// How much a standing consent of the sharer allows.
    pub(super) standing: Level,
    /// How often one side takes part in the session id at most: twice, where
    /// replays are looked for.
    pub(super) begun: u8,
}

pub(super) const SHARER: usize = 0;
pub(super) const VIEWER: usize = 1;
const WRONG: u8 = 200;

fn device(party: usize) -> DeviceId {
    DeviceId::from_bytes([party as u8 + 1; 32])
}

fn who(party: usize) -> Who {
    let other = 1 - party;
    Who {
        session: SessionId::from_bytes([7; 16]),
        side: match party {
            SHARER => Side::Sharer,
            _ => Side::Viewer,
        },
        person: PersonId::from_bytes([other as u8 + 1; 32]),
        device: device(other),
    }
}

const NOW: Monotonic = Monotonic::from_millis(0);
const PATH: PathId = PathId(1);

impl World {
    /// Why there is less is for the logs alone.
    fn say(&mut self, to: usize, told: Told<Toy>) {
        let told = match told {
            Told::Now(level, _) => Told::Now(level, None),
            told => told,
        };
        self.said.insert((to, told));
    }

    fn put(&mut self, p: usize, session: Session<Toy>, effects: Vec<Effect<Toy>>) {
        self.parties[p].session = Some(session);
        self.act(p, effects);
    }

    fn act(&mut self, p: usize, effects: Vec<Effect<Toy>>) {
        for effect in effects {
            let party = &mut self.parties[p];
            match effect {
                Effect::Tell { to, told, .. } => {
                    assert_eq!(to, device(1 - p));
                    self.say(1 - p, told);
                }
                Effect::Claim => party.storing = true,
                Effect::Launch(ready) => {
                    party.holds = Some(ready.grant);
                    party.launches += 1;
                    party.honest &= ready.grant.decided && ready.grant.consented;
                    let nonce = Some(ready.nonce.as_bytes()[0]);
                    party.echoed &= p == VIEWER || party.echo == nonce;
                }
                Effect::Regrant(grant) => {
                    self.counted |= p == SHARER && grant.level > 1 && grant.consented;
                    let before = party.holds.replace(grant);
                    let before = before.expect("a grant without a share");
                    party.steady &= sight(before.level) == sight(grant.level);
                    party.honest &= grant.decided && grant.consented;
                }
                Effect::Destroy => {
                    party.holds = None;
                    party.storing = false;
                }
                Effect::Over { record, .. } => {
                    party.open = false;
                    party.ran = None;
                    party.signed = party.signed.or(record);
                }
                Effect::Audit(
                    ref fact @ (Fact::Started(terms)
                    | Fact::Escalated(terms, _)
                    | Fact::Counts(terms, _)
                    | Fact::Reduced(terms, ..)),
                ) => {
                    party.ran = Some(terms);
                    party.most = party.most.max(match fact {
                        Fact::Escalated(..) | Fact::Counts(..) => terms,
                        // What begins is seen; control doesn't count yet.
                        _ => 1,
                    });
                }
                Effect::Ring(_) | Effect::Unring | Effect::Move(..) | Effect::Audit(_) => {}
            }
        }
    }

    fn happens(&mut self, p: usize, event: Event<Toy>, now: Monotonic) {
        let party = &mut self.parties[p];
        if let Some(session) = party.session.take() {
            let (session, effects) = session.handle(event, &mut party.desk, now);
            self.put(p, session, effects);
        }
    }

    fn deliver(&mut self, p: usize, told: Told<Toy>, begun: u8) {
        let party = &mut self.parties[p];
        if party.up == Up::No {
            return;
        }
        // A session that is over is forgotten: what comes then may be new.
        if party
            .session
            .as_ref()
            .is_some_and(|s| s.phase() == Phase::Over)
        {
            party.session = None;
        }
        if party.session.is_some() {
            party.echo = match told {
                Told::Echo(n) => Some(n.as_bytes()[0]),
                _ => None,
            };
            let message = Received {
                from: device(1 - p),
                path: PATH,
                told,
            };
            return self.happens(p, Event::Received(message), NOW);
        }
        let terms = match (p, told) {
            (SHARER, Told::Ask(terms)) | (VIEWER, Told::Offer(terms)) => terms,
            _ => return,
        };
        if party.began < begun {
            party.began += 1;
            party.desk.taken = false;
            let (session, fx) = Session::incoming(who(p), terms, &mut party.desk, NOW);
            self.put(p, session, fx);
        }
    }

    fn begin(&mut self, p: usize, level: Level) -> Option<()> {
        let party = &mut self.parties[p];
        party.began += 1;
        let consent = Proof {
            level,
            honest: true,
        };
        let rung = vec![device(1 - p)];
        let (w, desk) = (who(p), &mut party.desk);
        let begun = match p {
            SHARER => Session::invite(w, level, consent, rung, desk, NOW),
            _ => Session::ask(w, level, consent, rung, desk, NOW),
        };
        let (session, fx) = begun.ok()?;
        self.put(p, session, fx);
        Some(())
    }

    /// What a liar can say: anything, with the secrets that it was told.
    fn lies(&self, liar: usize, most: Level) -> Vec<Told<Toy>> {
        let mut out = vec![
            Told::Leave(Reason::Declined),
            Told::Over(By::Sharer, Reason::Stopped, ()),
            Told::Over(By::Viewer, Reason::Stopped, ()),
            Told::Record(Signed::Sharer),
            Told::Record(Signed::Both),
        ];
        let keys: BTreeSet<u8> = self
            .said
            .iter()
            .filter_map(|(to, told)| match told {
                Told::Accept(a) if *to == liar => Some(a.key),
                _ => None,
            })
            .chain([WRONG])
            .collect();
        for level in 1..=most {
            match liar {
                SHARER => {
                    out.extend([Told::Offer(level), Told::Now(level, None)]);
                    out.extend(
                        keys.iter()
                            .map(|k| Told::Sealed(ToyAccept { level, key: *k })),
                    );
                }
                _ => out.extend([
                    Told::Ask(level),
                    Told::More(level),
                    Told::Accept(ToyAccept { level, key: WRONG }),
                ]),
            }
        }
        match liar {
            SHARER => out.extend([
                Told::Nominate(nonce(WRONG)),
                Told::Start,
                Told::NoMore(Reason::Other),
            ]),
            _ => {
                let heard = self.said.iter().filter_map(|(to, told)| match told {
                    Told::Nominate(n) if *to == liar => Some(*n),
                    _ => None,
                });
                out.extend(heard.chain([nonce(WRONG)]).map(Told::Echo));
            }
        }
        out
    }
}

impl Model for Rules {
    type State = World;
    type Action = Act;

    fn init_states(&self) -> Vec<World> {
        let party = |p: usize| Party {
            up: Up::Yes,
            session: None,
            desk: ToyDesk {
                policy: self.at_first,
                fresh: 100 * p as u8,
                standing: if p == SHARER { self.standing } else { 0 },
                taken: false,
                mutant: self.mutant,
            },
            storing: false,
            used: false,
            open: false,
            ran: None,
            most: 0,
            holds: None,
            launches: 0,
            echo: None,
            echoed: true,
            honest: true,
            steady: true,
            signed: None,
            began: 0,
            policies: 0,
            wants: 0,
        };
        vec![World {
            parties: [party(SHARER), party(VIEWER)],
            said: BTreeSet::new(),
            counted: false,
        }]
    }

    fn actions(&self, w: &World, out: &mut Vec<Act>) {
        for p in [SHARER, VIEWER] {
            if self.liar == Some(p) {
                out.extend(
                    w.lies(p, self.at_first.max(2))
                        .into_iter()
                        .map(|told| Act::Lie(p, told)),
                );
                continue;
            }
            let party = &w.parties[p];
            if party.up == Up::No {
                out.push(Act::Restart(p));
                continue;
            }
            if self.crashes && party.up == Up::Yes && (party.session.is_some() || party.open) {
                out.push(Act::Crash(p));
            }
            if self.begins.contains(&p) && party.began == 0 {
                out.push(Act::Begin(p, self.asks));
            }
            let heard = w.said.iter().filter(|(to, _)| *to == p);
            out.extend(heard.map(|(_, told)| Act::Deliver(p, told.clone())));
            if party.policies < self.policies {
                let others = [0, 1, 2].into_iter().filter(|l| *l != party.desk.policy);
                out.extend(others.map(|l| Act::Policy(p, l)));
            }
            let Some(session) = &party.session else {
                continue;
            };
            let asked = match session.phase() {
                Phase::Ringing => session.terms(),
                _ if p == SHARER => session.wanted(),
                _ => None,
            };
            if let Some(asked) = asked {
                out.extend((1..=*asked).map(|level| Act::Allow(p, level)));
                out.push(Act::Refuse(p));
            }
            if party.storing {
                out.extend([Act::Stored(p), Act::NotStored(p)]);
            }
            if session.deadline().is_some() {
                out.push(Act::Late(p));
            }
            if session.phase() < Phase::Ending {
                out.push(Act::Stop(p));
            }
            if session.phase() == Phase::Running && party.wants < self.wants {
                out.push(Act::WantMore(p));
            }
            let agreed = session.phase() == Phase::Running && session.terms() == Some(&2);
            if self.presses && p == SHARER && agreed && !w.counted {
                out.push(Act::Press(p));
            }
            let taken = session.terms() == Some(&2) || self.standing > 0;
            if session.phase() == Phase::Running && p == SHARER && taken {
                out.push(Act::TakeBack(p));
            }
        }
    }

    fn next_state(&self, before: &World, act: Act) -> Option<World> {
        let mut w = before.clone();
        let other = self.mutant == Some(Check::Fresh);
        match act {
            Act::Begin(p, level) => w.begin(p, level)?,
            Act::Deliver(p, told) => w.deliver(p, told, self.begun),
            Act::Lie(liar, told) => w.deliver(1 - liar, told, self.begun),
            Act::Allow(p, level) => {
                let consent = Proof {
                    level,
                    honest: true,
                };
                w.happens(p, Event::Consent(level, consent), NOW);
            }
            Act::Refuse(p) => w.happens(p, Event::Refuse(Reason::Declined), NOW),
            Act::Stored(p) => {
                let party = &mut w.parties[p];
                party.storing = false;
                let claim = match party.used && !other {
                    true => Err(Reason::SessionUsed),
                    false => Ok(()),
                };
                party.used = true;
                party.open |= claim.is_ok();
                w.happens(p, Event::Claimed(claim), NOW);
            }
            Act::NotStored(p) => {
                w.parties[p].storing = false;
                w.happens(p, Event::Claimed(Err(Reason::Storage)), NOW);
            }
            Act::Late(p) => {
                let at = w.parties[p].session.as_ref()?.deadline()?;
                w.happens(p, Event::Tick, at);
            }
            Act::Stop(p) => {
                let by = who(p).me();
                w.happens(p, Event::Stop(by, Reason::Stopped), NOW);
            }
            Act::Press(p) => {
                w.counted = true;
                w.happens(p, Event::Counts(Said::Pressed), NOW);
            }
            Act::WantMore(p) => {
                w.parties[p].wants += 1;
                let event = match p {
                    VIEWER => Event::WantMore(2),
                    _ => Event::Give(2),
                };
                w.happens(p, event, NOW);
            }
            Act::TakeBack(p) => {
                w.parties[p].desk.taken = true;
                w.happens(p, Event::Reduce(1, By::Sharer, Reason::Stopped), NOW);
            }
            Act::Policy(p, level) => {
                w.parties[p].desk.policy = level;
                w.parties[p].policies += 1;
                w.happens(p, Event::PolicyNews, NOW);
            }
            Act::Crash(p) => {
                let party = &mut w.parties[p];
                party.up = Up::No;
                party.session = None;
                party.storing = false;
            }
            Act::Restart(p) => {
                let party = &mut w.parties[p];
                party.up = Up::Again;
                if party.open && self.mutant != Some(Check::Recover) {
                    let (session, fx) = recover(who(p), party.ran, NOW);
                    w.put(p, session, fx);
                    // Each new connection begins with it. A liar has no use for it.
                    if w.parties[p].open && self.liar.is_none() {
                        let over = Told::Over(By::Program, Reason::Crashed, ());
                        w.say(1 - p, over);
                    }
                }
            }
        }
        for party in &mut w.parties {
            party.echo = None;
            // Other walks needn't remember it.
            party.most *= Level::from(self.presses);
        }
        w.counted &= self.presses;
        (w != *before).then_some(w)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        promises(self)
    }
}
