use core::convert::Infallible;
use core::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::address::{Address, Relay};
use crate::clock::JudgedTime;
use crate::keys::SigningKey;
use crate::signed::{Signed, Unverified};
use crate::testing::{key, rng};
use crate::time::Timestamp;
use crate::validity::ValidityError;

mod forged;

const DAY: Duration = Duration::from_secs(86_400);
const START: Timestamp = Timestamp::from_secs(1_800_000_000);

/// One side: a person with one device.
struct Side {
    person: PersonId,
    name: &'static str,
    key: SigningKey,
}

impl Side {
    fn new(n: u8, name: &'static str) -> Self {
        Self {
            person: PersonId::from_bytes([n; 32]),
            name,
            key: key(u64::from(n)),
        }
    }

    fn intro(&self) -> Introduction<'_> {
        Introduction {
            person: self.person,
            name: Name::from_typed(self.name).unwrap(),
            hints: Hints::choose([Address::new(vec![4, 127, 0, 0, 1]).unwrap()], []),
            device: &self.key,
        }
    }

    fn invite(&self) -> Invite {
        let me = self.intro();
        Invite::issue(me, Purpose::Contact, 7 * DAY, &now(0), &mut rng(1)).unwrap()
    }

    fn answer(&self, invite: &Invite) -> Pending {
        self.answer_with(invite, 2)
    }

    fn answer_with(&self, invite: &Invite, seed: u64) -> Pending {
        let ticket = read(invite.ticket().bytes()).unwrap();
        Pending::answer(ticket, self.intro(), evidence(), &now(1), &mut rng(seed)).unwrap()
    }
}

fn now(days: u32) -> JudgedTime {
    JudgedTime::from_wall(START.after(days * DAY))
}

/// A ticket again, by the bytes that anybody may copy.
fn copied(ticket: &Signed<Ticket>) -> Signed<Ticket> {
    read(ticket.bytes()).unwrap()
}

fn evidence() -> Evidence {
    Evidence::new(vec![b"log entry 1".to_vec(), b"log entry 2".to_vec()]).unwrap()
}

fn believe(_: Claim<'_>) -> Result<(), Infallible> {
    Ok(())
}

fn opened(invite: &Invite, sealed: &[u8]) -> Opened {
    match invite.open(sealed).unwrap() {
        Reading::Fresh(o) => o,
        other => panic!("{other:?}"),
    }
}

fn take(invite: &mut Invite, pending: &Pending) -> Taken {
    let believed = opened(invite, pending.sealed()).judge(believe).unwrap();
    invite.take(believed, &now(1))
}

fn anna() -> Side {
    Side::new(1, "Anna")
}

fn ben() -> Side {
    Side::new(2, "Ben")
}

#[test]
fn two_people_meet() {
    let (anna, ben) = (anna(), ben());
    let mut invite = anna.invite();

    // Ben sees who invites, from text as from a file.
    let ticket = from_text(&to_text(invite.ticket())).unwrap();
    assert_eq!(
        from_text(&qr_text(invite.ticket())).as_ref(),
        Ok(invite.ticket())
    );
    assert_eq!(ticket.payload().name.as_str(), "Anna");
    assert_eq!(ticket.payload().person, anna.person);

    let pending = Pending::answer(ticket, ben.intro(), evidence(), &now(1), &mut rng(2)).unwrap();
    assert_eq!(envelope_about(pending.sealed()), Ok(invite.id()));

    // Anna sees who answers, decides whether to believe it, and accepts.
    let answer = opened(&invite, pending.sealed());
    assert_eq!(answer.claimed().name.as_str(), "Ben");
    let believed = answer
        .judge(|claim| {
            assert_eq!(*claim.person, ben.person);
            assert_eq!(*claim.device, DeviceId::from(ben.key.public()));
            assert_eq!(*claim.evidence, evidence());
            Ok::<(), Infallible>(())
        })
        .unwrap();
    let Taken::New(met) = invite.take(believed, &now(1)) else {
        panic!("not taken");
    };
    assert_eq!(invite.answered_by(), Some(met));
    let accepted = invite
        .accept(&anna.key, evidence(), &now(2), &mut rng(3))
        .unwrap();
    assert_eq!(accepted.met.person, ben.person);
    assert_eq!(invite.state(), State::Accepted);

    // Ben gets the reply; both have the same secret.
    assert_eq!(envelope_about(&accepted.reply), Ok(pending.id()));
    let outcome = pending
        .finish(&accepted.reply)
        .unwrap()
        .judge(|claim| {
            assert_eq!(*claim.person, anna.person);
            assert_eq!(*claim.device, DeviceId::from(anna.key.public()));
            assert_eq!(*claim.evidence, evidence());
            Ok::<(), Infallible>(())
        })
        .unwrap();
    let Outcome::Accepted { met, secret } = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(met.person, anna.person);
    assert_eq!(met.ticket, accepted.met.ticket);
    assert_eq!(*secret.to_bytes(), *accepted.secret.to_bytes());
}

#[test]
fn looking_consumes_nothing() {
    let (anna, ben) = (anna(), ben());
    let mut invite = anna.invite();
    let text = to_text(invite.ticket());
    for _ in 0..100 {
        from_text(&text).unwrap();
    }
    let pending = ben.answer(&invite);
    // Opened, and not believed: still nobody's.
    for _ in 0..3 {
        let refused = opened(&invite, pending.sealed()).judge(|_| Err("not in the log"));
        assert_eq!(refused.err(), Some("not in the log"));
    }
    assert_eq!(invite.state(), State::Open);
    assert!(matches!(take(&mut invite, &pending), Taken::New(_)));
}

#[test]
fn ten_thousand_replays_change_nothing() {
    let (anna, ben) = (anna(), ben());
    let mut invite = anna.invite();
    let pending = ben.answer(&invite);
    assert!(matches!(take(&mut invite, &pending), Taken::New(_)));
    for _ in 0..5_000 {
        let known = invite.open(pending.sealed()).unwrap();
        assert!(matches!(known, Reading::Known(None)), "{known:?}");
    }
    let reply = invite
        .accept(&anna.key, evidence(), &now(2), &mut rng(3))
        .unwrap()
        .reply;
    for _ in 0..5_000 {
        let Ok(Reading::Known(Some(again))) = invite.open(pending.sealed()) else {
            panic!("not recognised");
        };
        assert_eq!(again, reply);
    }
    // Accepting again is no way to a second secret.
    let again = invite.accept(&anna.key, evidence(), &now(2), &mut rng(4));
    assert_eq!(again.err(), Some(StateError::State(State::Accepted)));
}

#[test]
fn a_second_answer_is_refused_and_reported() {
    let (anna, ben, eve) = (anna(), ben(), Side::new(3, "Eve"));
    let mut invite = anna.invite();
    let (first, second) = (ben.answer(&invite), eve.answer(&invite));
    assert!(matches!(take(&mut invite, &first), Taken::New(_)));
    assert_eq!(invite.contested_by(), None);
    let Taken::Refused(Refusal::Second, who) = take(&mut invite, &second) else {
        panic!("taken");
    };
    assert_eq!(who.name.as_str(), "Eve");
    assert_eq!(invite.contested_by(), Some(eve.person));
    assert_eq!(invite.answered_by().unwrap().person, ben.person);
    // Also a new answer by the same person, with another half.
    let other = ben.answer_with(&invite, 9);
    assert!(matches!(
        take(&mut invite, &other),
        Taken::Refused(Refusal::Second, _)
    ));
    invite
        .accept(&anna.key, evidence(), &now(2), &mut rng(3))
        .unwrap();
    let late = invite.open(second.sealed()).unwrap();
    assert!(matches!(late, Reading::Closed(Refusal::Used)), "{late:?}");
}

#[test]
fn an_answer_sealed_anew_is_the_same_answer() {
    let (anna, ben) = (anna(), ben());
    let mut invite = anna.invite();
    let pending = ben.answer(&invite);
    let once = opened(&invite, pending.sealed()).judge(believe).unwrap();
    let twice = opened(&invite, pending.sealed()).judge(believe).unwrap();
    assert!(matches!(invite.take(once, &now(1)), Taken::New(_)));
    assert_eq!(invite.take(twice, &now(1)), Taken::Repeated);
}

#[test]
fn revoked_expired_declined() {
    let (anna, ben) = (anna(), ben());
    // Revoked, before and after an answer.
    let mut invite = anna.invite();
    let pending = ben.answer(&invite);
    let believed = opened(&invite, pending.sealed()).judge(believe).unwrap();
    invite.revoke().unwrap();
    let taken = invite.take(believed, &now(1));
    assert!(
        matches!(taken, Taken::Refused(Refusal::Revoked, _)),
        "{taken:?}"
    );
    assert!(matches!(
        invite.open(pending.sealed()),
        Ok(Reading::Closed(Refusal::Revoked))
    ));
    assert_eq!(invite.revoke(), Err(StateError::State(State::Revoked)));

    // Expired, and a clock set back afterwards revives nothing (POL-9).
    let mut invite = anna.invite();
    let believed = opened(&invite, pending.sealed()).judge(believe).unwrap();
    assert!(!invite.expire(&now(6)));
    let taken = invite.take(believed, &now(7));
    assert!(
        matches!(taken, Taken::Refused(Refusal::Expired, _)),
        "{taken:?}"
    );
    assert!(!invite.expire(&now(0)));
    assert_eq!(invite.state(), State::Expired);

    // Answered in time, decided later: no hurry for a person.
    let mut invite = anna.invite();
    take(&mut invite, &pending);
    assert!(!invite.expire(&now(100)));
    let reply = invite.decline(&anna.key, &now(100), &mut rng(3)).unwrap();
    assert_eq!(invite.state(), State::Declined);
    // It brings no evidence, and needs none.
    let unknown = |_: Claim<'_>| Err("nobody that is known");
    let outcome = pending.finish(&reply).unwrap().judge(unknown).unwrap();
    assert!(matches!(outcome, Outcome::Declined), "{outcome:?}");
    assert!(matches!(
        invite.open(pending.sealed()),
        Ok(Reading::Known(Some(r))) if r == reply
    ));
}

#[test]
fn both_sides_survive_a_restart_in_every_state() {
    let (anna, ben) = (anna(), ben());
    let again = |invite: &Invite| Invite::from_stored(&invite.to_stored()).unwrap();
    let mut invite = again(&anna.invite());
    let pending = ben.answer(&invite);
    let pending = Pending::from_stored(&pending.to_stored()).unwrap();
    take(&mut invite, &pending);
    let mut invite = again(&invite);
    assert_eq!(invite.state(), State::Answered);
    let accepted = invite
        .accept(&anna.key, evidence(), &now(2), &mut rng(3))
        .unwrap();
    // Nothing secret is left in a decided invite.
    assert_eq!(*invite.to_stored().secret, [0; 64]);
    let invite = again(&invite);
    assert!(matches!(
        invite.open(pending.sealed()),
        Ok(Reading::Known(Some(r))) if r == accepted.reply
    ));
    let outcome = pending.finish(&accepted.reply).unwrap().judge(believe);
    assert!(matches!(outcome, Ok(Outcome::Accepted { .. })));

    let mut stored = pending.to_stored();
    stored.secret[0] ^= 1;
    assert!(Pending::from_stored(&stored).is_err());
    let mut stored = anna.invite().to_stored();
    stored.secret[0] ^= 1;
    assert!(Invite::from_stored(&stored).is_err());
}

#[test]
fn the_largest_ticket_fits() {
    let anna = anna();
    let address = || Address::new(vec![7; MAX_ADDRESS]).unwrap();
    let too_long = || Address::new(vec![7; MAX_ADDRESS + 1]).unwrap();
    let relay = || Relay {
        device: DeviceId::from(key(5).public()),
        addresses: vec![too_long(), address(), address()],
    };
    let name: String = "\u{1E900}".repeat(64);
    let me = Introduction {
        person: anna.person,
        name: Name::from_typed(&name).unwrap(),
        hints: Hints::choose(
            (0..20).map(|n| if n % 2 == 0 { too_long() } else { address() }),
            (0..5).map(|_| relay()),
        ),
        device: &anna.key,
    };
    let invite = Invite::issue(me, Purpose::Contact, LONGEST, &now(0), &mut rng(1)).unwrap();
    let hints = &invite.ticket().payload().hints;
    assert_eq!(hints.addresses().len(), MAX_ADDRESSES);
    assert_eq!(hints.relays().len(), MAX_RELAYS);
    assert!(hints.relays().iter().all(|r| r.addresses == [address()]));
    let most = vec![0; MAX_EVIDENCE];
    assert!(Evidence::new(vec![most.clone()]).is_some());
    assert!(Evidence::new(vec![most.clone(), vec![0]]).is_none());
    assert!(Evidence::new(vec![vec![]; MAX_EVIDENCE_PARTS + 1]).is_none());
    // The largest answer fits too.
    let ticket = read(invite.ticket().bytes()).unwrap();
    let evidence = Evidence::new(vec![vec![0; MAX_EVIDENCE / 64]; 64]).unwrap();
    let sealed = Pending::answer(ticket, ben().intro(), evidence, &now(1), &mut rng(2)).unwrap();
    assert!(sealed.sealed().len() <= MAX_SEALED);
}

#[test]
fn unknown_purposes_and_long_lives_are_refused_from_the_wire() {
    let anna = anna();
    let invite = anna.invite();
    let mut content = copied(invite.ticket()).into_payload();
    content.validity.expires = content.validity.issued.after(LONGEST);
    assert!(Signed::sign(&content, &anna.key).is_ok());
    content.validity.expires = content.validity.expires.after(Duration::from_millis(1));
    assert!(Signed::sign(&content, &anna.key).is_err());
    // A declined reply with a half, an accepted one without.
    let mut reply = Reply {
        ticket: invite.id(),
        answer: invite.id(),
        decision: Decision::Accepted,
        half: None,
        made: START,
    };
    assert!(Signed::sign(&reply, &anna.key).is_err());
    reply.decision = Decision::Declined;
    assert!(Signed::sign(&reply, &anna.key).is_ok());
    reply.half = Some(invite.id());
    assert!(Signed::sign(&reply, &anna.key).is_err());
}

#[test]
fn secrets_are_not_printed() {
    let (anna, ben) = (anna(), ben());
    let mut invite = anna.invite();
    let pending = ben.answer(&invite);
    let shown = {
        let answer = opened(&invite, pending.sealed());
        let text = format!("{answer:?} {invite:?} {pending:?} {:?}", invite.ticket());
        take(&mut invite, &pending);
        text + &format!("{invite:?}")
    };
    let secret = invite.ticket().payload().secret.as_bytes();
    let hex: String = secret.iter().map(|b| format!("{b:02x}")).collect();
    let list = format!("{secret:?}");
    assert!(
        !shown.contains(&hex) && !shown.contains(&list[1..20]),
        "{shown}"
    );
}

/// What may happen to an invite, in any order.
#[derive(Debug, Clone, Copy)]
enum Op {
    Take(u8),
    Accept,
    Decline,
    Revoke,
    Day(u32),
    Restart,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        3 => (2u8..5).prop_map(Op::Take),
        1 => Just(Op::Accept),
        1 => Just(Op::Decline),
        1 => Just(Op::Revoke),
        1 => (0u32..10).prop_map(Op::Day),
        1 => Just(Op::Restart),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn an_invite_is_used_at_most_once(ops in proptest::collection::vec(op(), 1..20)) {
        let anna = anna();
        let mut invite = anna.invite();
        let others: Vec<Pending> = (2u8..5).map(|n| Side::new(n, "X").answer(&invite)).collect();
        let (mut today, mut holders, mut secrets) = (now(0), 0, 0);
        for op in ops {
            let before = invite.state();
            match op {
                Op::Take(n) => {
                    let sealed = others[usize::from(n) - 2].sealed();
                    if let Reading::Fresh(o) = invite.open(sealed).unwrap() {
                        let believed = o.judge(believe).unwrap();
                        holders += u32::from(matches!(invite.take(believed, &today), Taken::New(_)));
                    }
                }
                Op::Accept => {
                    let done = invite.accept(&anna.key, evidence(), &today, &mut rng(3)).is_ok();
                    prop_assert_eq!(done, before == State::Answered);
                    secrets += u32::from(done);
                }
                Op::Decline => {
                    let done = invite.decline(&anna.key, &today, &mut rng(3)).is_ok();
                    prop_assert_eq!(done, before == State::Answered);
                }
                Op::Revoke => prop_assert_eq!(invite.revoke().is_ok(), !before.is_final()),
                Op::Day(d) => {
                    today = now(d);
                    let _ = invite.expire(&today);
                }
                Op::Restart => invite = Invite::from_stored(&invite.to_stored()).unwrap(),
            }
            prop_assert!(holders <= 1 && secrets <= holders);
            if before.is_final() {
                prop_assert_eq!(invite.state(), before);
                prop_assert_eq!(*invite.to_stored().secret, [0; 64]);
            }
        }
    }

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let invite = anna().invite();
        let _ = read(&bytes);
        let _ = invite.open(&bytes);
        let _ = Unverified::<Answer>::parse(&bytes);
        let _ = from_text(&String::from_utf8_lossy(&bytes));
    }
}
