//! What somebody else made, changed or turned to another use.

use super::*;

#[test]
fn nothing_is_decided_before_an_answer_or_by_another_device() {
    let (anna, ben) = (anna(), ben());
    let mut invite = anna.invite();
    let early = invite.accept(&anna.key, evidence(), &now(1), &mut rng(3));
    assert_eq!(early.err(), Some(StateError::State(State::Open)));
    let early = invite.decline(&anna.key, &now(1), &mut rng(3));
    assert_eq!(early.err(), Some(StateError::State(State::Open)));
    let pending = ben.answer(&invite);
    take(&mut invite, &pending);
    let other = invite.accept(&ben.key, evidence(), &now(1), &mut rng(3));
    assert_eq!(other.err(), Some(StateError::OtherDevice));
    assert_eq!(invite.state(), State::Answered);
}

#[test]
fn tickets_that_cannot_be_answered() {
    let (anna, ben) = (anna(), ben());
    let invite = anna.invite();
    let answer = |side: &Side, at: &JudgedTime| {
        let ticket = read(invite.ticket().bytes()).unwrap();
        Pending::answer(ticket, side.intro(), evidence(), at, &mut rng(2)).err()
    };
    assert_eq!(answer(&anna, &now(1)), Some(TicketError::Own));
    let expired = Some(TicketError::Validity(ValidityError::Expired));
    assert_eq!(answer(&ben, &now(7)), expired);
    assert_eq!(answer(&ben, &now(6)), None);
    // Another device of the inviter's own, and the inviter's device itself.
    let other_device = Side {
        key: key(77),
        ..Side::new(1, "Anna")
    };
    assert_eq!(answer(&other_device, &now(1)), Some(TicketError::Own));
    let other_person = Side {
        key: key(1),
        ..Side::new(5, "X")
    };
    assert_eq!(answer(&other_person, &now(1)), Some(TicketError::Own));
    for lasts in [Duration::ZERO, LONGEST + Duration::from_millis(1)] {
        let me = anna.intro();
        let made = Invite::issue(me, Purpose::Contact, lasts, &now(0), &mut rng(1));
        assert_eq!(made.err(), Some(InviteError::Lifetime));
    }
}

#[test]
fn a_key_that_cannot_be_sealed_to_is_the_inviters_fault() {
    let (anna, ben) = (anna(), ben());
    // Points of order one and four: every shared secret would be zero.
    for low in [0, 1] {
        let mut content = copied(anna.invite().ticket()).into_payload();
        content.key = [0; 32];
        content.key[0] = low;
        let ticket = Signed::sign(&content, &anna.key).unwrap();
        let made = Pending::answer(ticket, ben.intro(), evidence(), &now(1), &mut rng(2));
        let error = made.unwrap_err();
        assert_eq!(error, TicketError::Envelope(EnvelopeError::BadKey));
        assert_eq!(error.blame(), crate::blame::Blame::Misbehaved);
    }
}

#[test]
fn an_answer_needs_the_ticket_itself() {
    let (anna, ben) = (anna(), ben());
    let invite = anna.invite();
    // Somebody who saw all of the ticket but the secret.
    let mut content = copied(invite.ticket()).into_payload();
    content.secret = TicketSecret::new([0; 32]);
    let without = Signed::sign(&content, &anna.key).unwrap();
    let pending = Pending::answer(without, ben.intro(), evidence(), &now(1), &mut rng(2)).unwrap();
    assert_eq!(
        invite.open(pending.sealed()).err(),
        Some(EnvelopeError::Other)
    );
    // The same with the right ticket id put on the envelope.
    let mut changed = pending.sealed().to_vec();
    let at = changed
        .windows(32)
        .position(|w| w == pending.ticket().digest().as_bytes())
        .unwrap();
    changed[at..at + 32].copy_from_slice(invite.id().as_bytes());
    assert_eq!(invite.open(&changed).err(), Some(EnvelopeError::Sealed));
}

#[test]
fn a_proof_belongs_to_one_signer_and_ticket() {
    let (anna, ben, eve) = (anna(), ben(), Side::new(3, "Eve"));
    let invite = anna.invite();
    let ticket = invite.ticket().payload();
    let pending = ben.answer(&invite);
    let answer = opened(&invite, pending.sealed());
    let half = || crate::pair::Half::from_bytes(answer.half.as_bytes());
    let reseal = |record: &Answer, signer: &SigningKey| {
        let content = envelope::Content {
            half: half(),
            record: Signed::sign(record, signer).unwrap(),
            evidence: evidence(),
        };
        let id = invite.id();
        let sealed = envelope::seal_answer(&id, &ticket.key, &ticket.secret, &content, &mut rng(5));
        invite.open(&sealed.unwrap()).err()
    };
    let good = answer.record.payload().clone();
    assert_eq!(reseal(&good, &ben.key), None);
    // Ben's proof under Eve's signature; and each bound field replaced.
    assert_eq!(reseal(&good, &eve.key), Some(EnvelopeError::Sealed));
    let replaced: [fn(&mut Answer); 4] = [
        |a| a.person = PersonId::from_bytes([9; 32]),
        |a| a.name = Name::from_typed("Benjamin").unwrap(),
        |a| a.proof[0] ^= 1,
        |a| a.proof = [0; 32],
    ];
    for replace in replaced {
        let mut changed = good.clone();
        replace(&mut changed);
        assert_eq!(reseal(&changed, &ben.key), Some(EnvelopeError::Sealed));
    }
    // Fields that name what it belongs to.
    let named: [fn(&mut Answer); 3] = [
        |a| a.ticket = Digest::from_bytes([9; 32]),
        |a| a.half = Digest::from_bytes([9; 32]),
        |a| a.person = PersonId::from_bytes([1; 32]),
    ];
    for replace in named {
        let mut changed = good.clone();
        replace(&mut changed);
        assert_eq!(reseal(&changed, &ben.key), Some(EnvelopeError::Other));
    }
}

#[test]
fn every_flipped_bit_is_noticed() {
    let (anna, ben) = (anna(), ben());
    let mut invite = anna.invite();
    let pending = ben.answer(&invite);
    let flipped = |bytes: &[u8]| {
        let bytes = bytes.to_vec();
        (0..bytes.len() * 8).map(move |bit| {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            changed
        })
    };
    for changed in flipped(invite.ticket().bytes()) {
        assert!(read(&changed).is_err());
    }
    for changed in flipped(pending.sealed()) {
        assert!(invite.open(&changed).is_err());
    }
    take(&mut invite, &pending);
    let accepted = invite
        .accept(&anna.key, evidence(), &now(2), &mut rng(3))
        .unwrap();
    for changed in flipped(&accepted.reply) {
        assert!(pending.finish(&changed).is_err());
    }
}

#[test]
fn a_reply_belongs_to_its_answer_ticket_and_device() {
    let (anna, ben, eve) = (anna(), ben(), Side::new(3, "Eve"));
    let mut invite = anna.invite();
    let (first, second) = (ben.answer(&invite), ben.answer_with(&invite, 9));
    take(&mut invite, &first);
    let reply = invite
        .accept(&anna.key, evidence(), &now(2), &mut rng(3))
        .unwrap()
        .reply;
    assert_eq!(second.finish(&reply).err(), Some(EnvelopeError::Other));

    let half = crate::pair::Half::random(&mut rng(4));
    let good = Reply {
        ticket: first.ticket().digest(),
        answer: first.id(),
        decision: Decision::Accepted,
        half: Some(half.digest()),
        made: START,
    };
    let finish = |record: &Reply, signer: &SigningKey| {
        let keys = envelope::ReplyKeys {
            ticket: &first.ticket().digest(),
            answer: &first.id(),
            half: first.half(),
        };
        let content = envelope::Content {
            half: crate::pair::Half::from_bytes(half.as_bytes()),
            record: Signed::sign(record, signer).unwrap(),
            evidence: evidence(),
        };
        let sealed = keys.seal(&content, &mut rng(5)).unwrap();
        first.finish(&sealed).err()
    };
    assert_eq!(finish(&good, &anna.key), None);
    assert_eq!(finish(&good, &eve.key), Some(EnvelopeError::Other));
    let replaced: [fn(&mut Reply); 3] = [
        |r| r.ticket = Digest::from_bytes([9; 32]),
        |r| r.answer = Digest::from_bytes([9; 32]),
        |r| r.half = Some(Digest::from_bytes([9; 32])),
    ];
    for replace in replaced {
        let mut changed = good.clone();
        replace(&mut changed);
        assert_eq!(finish(&changed, &anna.key), Some(EnvelopeError::Other));
    }
    // The judge's no is final for this reply, and leaves the answer pending.
    let no = first
        .finish(&reply)
        .unwrap()
        .judge(|_| Err("revoked device"));
    assert_eq!(no.err(), Some("revoked device"));
    assert!(first.finish(&reply).is_ok());
}
