//! Two and more peers under virtual time.

mod harness;

use std::collections::BTreeMap;

use super::*;
use crate::room::MAX_EPOCH_STEP;
use crate::room::body::{Body, Content, Toggle};
use crate::room::change::{Action, Retention, Role, RoomKind};
use crate::room::log::Refusal;
use crate::room::store::RoomStore as _;
use harness::World;

#[test]
fn two_people_talk() {
    let mut w = World::pair();
    w.say(0, "hello");
    w.say(1, "hi");
    w.run();
    assert_eq!(w.texts(0), ["hello", "hi"]);
    assert_eq!(w.texts(1), w.texts(0));
}

#[test]
fn nothing_but_the_invitation_goes_out_before_it_is_accepted() {
    // MSG-1
    let mut w = World::new(2);
    w.open(0, RoomKind::Group);
    w.invite(0, 1, Role::Member);
    w.say(0, "secret until you accept");
    w.connect(0, 1);
    w.run();
    assert!(w.nodes[1].sync.is_none());
    assert!(w.nodes[1].invitation.is_some());
    let bytes = w.sent_bytes(0, 1);
    let needle = b"secret until";
    assert!(!bytes.windows(needle.len()).any(|b| b == needle));
    w.accept(1);
    w.run();
    assert_eq!(w.texts(1), ["secret until you accept"]);
}

#[test]
fn declining_is_told_and_nothing_else() {
    let mut w = World::new(2);
    w.open(0, RoomKind::Group);
    w.invite(0, 1, Role::Member);
    w.connect(0, 1);
    w.run();
    w.decline(1);
    w.run();
    assert_eq!(w.standing(0, 1), Standing::Declined);
    w.say(0, "to myself");
    w.run();
    assert!(w.texts(1).is_empty());
}

#[test]
fn a_member_carries_between_two_who_never_meet() {
    // MSG-3
    let mut w = World::group(3);
    w.disconnect_all();
    w.say(0, "for Carol");
    let pos = w.last_of(0);
    assert!(w.sync(0).delivery(&pos).is_queued());
    w.connect(0, 1);
    w.run();
    let d = w.sync(0).delivery(&pos);
    assert_eq!(d.people[&w.person(1)], Received::Delivered);
    assert_eq!(d.people[&w.person(2)], Received::Waiting);
    assert!(d.held_by.contains(&w.device(1)));
    w.disconnect(0, 1);
    w.connect(1, 2);
    w.run();
    assert_eq!(w.texts(2), ["for Carol"]);
    // Carol's signed receipt travels back through Ben.
    w.read_all(2);
    w.run();
    w.disconnect(1, 2);
    w.connect(0, 1);
    w.run();
    let d = w.sync(0).delivery(&pos);
    assert_eq!(d.people[&w.person(2)], Received::Read);
    assert_eq!(d.everybody(), Received::Delivered);
}

#[test]
fn nothing_is_acknowledged_before_it_is_stored() {
    // R10
    let mut w = World::pair();
    w.nodes[1].slow_disk = true;
    w.say(0, "hello");
    let pos = w.last_of(0);
    w.run();
    assert!(w.sync(0).delivery(&pos).is_queued());
    // Nor when heads are told again in full.
    w.wait(HEADS_AGAIN_MS + 1);
    w.run();
    assert!(w.sync(0).delivery(&pos).is_queued());
    // A crash before the commit loses it there; it comes again.
    w.restart(1);
    assert!(w.texts(1).is_empty());
    w.nodes[1].slow_disk = false;
    w.connect(0, 1);
    w.run();
    assert_eq!(w.texts(1), ["hello"]);
    assert!(!w.sync(0).delivery(&pos).is_queued());
}

#[test]
fn a_long_history_comes_in_bounded_batches() {
    let mut w = World::pair();
    w.disconnect(0, 1);
    for i in 0..1000 {
        w.say(0, &format!("message {i}"));
    }
    w.connect(0, 1);
    w.run();
    assert_eq!(w.texts(1).len(), 1000);
    assert_eq!(w.texts(1), w.texts(0));
    assert!(w.largest_message() <= crate::room::message::MAX_MESSAGE);
}

#[test]
fn whoever_is_removed_gets_nothing_more() {
    let mut w = World::group(3);
    w.run();
    w.remove(0, 2);
    w.run();
    w.say(0, "without Carol");
    w.run();
    assert_eq!(w.texts(1), ["without Carol"]);
    assert!(w.texts(2).is_empty());
    // What she writes now is refused, also when Ben would carry it.
    w.say(2, "still here?");
    w.run();
    assert_eq!(w.texts(0), ["without Carol"]);
    assert_eq!(w.texts(1), ["without Carol"]);
}

#[test]
fn who_was_removed_and_taken_back_goes_on_with_the_same_log() {
    let mut w = World::group(3);
    w.disconnect_all();
    w.remove(0, 2);
    w.connect(0, 1);
    w.run();
    // Carol hasn't heard and writes.
    w.say(2, "into the void");
    w.connect(1, 2);
    w.run();
    assert!(w.texts(1).is_empty());
    w.change(
        0,
        Action::Add {
            person: w.person(2),
            role: Role::Member,
        },
    );
    w.connect_all();
    w.run();
    assert_eq!(w.texts(0), ["into the void"]);
    w.say(2, "back");
    w.run();
    w.assert_converged(&[0, 1, 2]);
    assert_eq!(w.texts(1), ["into the void", "back"]);
}

#[test]
fn a_long_way_back_leads_through_the_removal() {
    let mut w = World::group(3);
    w.disconnect(0, 2);
    w.disconnect(1, 2);
    w.remove(0, 2);
    for i in 0..300 {
        w.say(0, &format!("{i}"));
    }
    let (person, role) = (w.person(2), Role::Member);
    w.change(0, Action::Add { person, role });
    w.run();
    // The first batch ends between the removal and the return.
    w.connect(1, 2);
    w.run();
    w.assert_converged(&[0, 1, 2]);
    assert_eq!(w.texts(2).len(), 300);
}

#[test]
fn an_invited_person_learns_nothing_by_asking() {
    // MSG-1
    let mut w = World::new(2);
    w.open(0, RoomKind::Group);
    w.invite(0, 1, Role::Member);
    w.say(0, "secret");
    w.connect(0, 1);
    w.run();
    let before = w.sent_bytes(0, 1).len();
    let device = w.device(0);
    let range = crate::room::message::Range {
        device,
        from: 0,
        to: 3,
    };
    for part in [
        Part::Want(vec![range]),
        Part::WantBodies(vec![w.last_of(0)]),
    ] {
        w.inject(1, 0, part);
    }
    // One empty answer.
    assert!(w.sent_bytes(0, 1).len() - before < 64);
}

#[test]
fn bodies_come_only_from_members_and_only_for_what_is_shown() {
    // MSG-1
    let mut w = World::group(3);
    w.disconnect_all();
    let room = w.room();
    w.remove(0, 2);
    // Carol hasn't heard and writes; of that Anna keeps the header alone.
    w.say(2, "into the void");
    let pos = w.last_of(2);
    let entry = w.nodes[2].store.read(&room, &[pos]).unwrap().remove(0).1;
    let body = entry.body.clone().unwrap();
    w.connect(0, 1);
    w.run();
    let (why, entries) = (Why::Pushed, vec![entry]);
    w.inject(1, 0, Part::Entries { why, entries });
    let at = w.sync(0).log().row(&pos).map(|r| r.state);
    assert_eq!(at, Some(BodyState::Missing));
    // Ben's program sends what she said, though nobody asked for it.
    w.inject(1, 0, Part::Bodies(vec![(pos, body)]));
    let at = w.sync(0).log().row(&pos).map(|r| r.state);
    assert_eq!(at, Some(BodyState::Missing));
    assert!(w.texts(0).is_empty());
}

#[test]
fn two_devices_of_a_person_share_everything() {
    // ID-4
    let mut w = World::pair();
    w.say(0, "hello");
    w.run();
    w.add_device(0);
    w.connect(0, 2);
    w.run();
    assert_eq!(w.texts(2), ["hello"]);
    w.say(2, "from my other device");
    w.run();
    w.assert_converged(&[0, 1, 2]);
}

#[test]
fn a_forked_log_is_proved_to_everybody() {
    let mut w = World::group(3);
    w.say(2, "one");
    w.run();
    w.disconnect_all();
    let copy = w.nodes[2].store.clone();
    w.say(2, "to Anna");
    w.connect(0, 2);
    w.run();
    w.disconnect_all();
    // The same device goes on from an old copy of its data.
    w.nodes[2].store = copy;
    w.restart(2);
    w.say(2, "to Ben");
    w.say(2, "and more");
    w.connect(1, 2);
    w.run();
    w.disconnect_all();
    assert_eq!(w.texts(0), ["one", "to Anna"]);
    assert_eq!(w.texts(1), ["one", "to Ben", "and more"]);
    w.connect(0, 1);
    w.run();
    for n in [0, 1] {
        assert_eq!(w.texts(n), ["one"], "node {n}");
        let forks: Vec<_> = w.sync(n).log().forks().cloned().collect();
        assert_eq!(forks.len(), 1);
        assert_eq!(forks[0].device, w.device(2));
    }
    // Evidence survives a restart.
    w.restart(0);
    assert_eq!(w.sync(0).log().forks().count(), 1);
    assert_eq!(w.texts(0), ["one"]);
}

#[test]
fn forged_and_malformed_entries_send_the_peer_away() {
    let mut w = World::pair();
    w.say(0, "hello");
    w.run();
    let pos = w.last_of(0);
    let room = w.room();
    let (_, mut entry) = w.nodes[0].store.read(&room, &[pos]).unwrap().remove(0);
    *entry.header.last_mut().unwrap() ^= 1;
    let before = w.sync(1).log().clone();
    let mut gone = false;
    for _ in 0..3 {
        let part = Part::Entries {
            why: Why::Pushed,
            entries: vec![entry.clone()],
        };
        let effects = w.inject(0, 1, part);
        gone |= effects.contains(&Effect::Disconnect(w.device(0)));
    }
    assert!(gone);
    assert_eq!(w.sync(1).log().heads(), before.heads());
}

#[test]
fn a_peer_that_promises_and_does_not_deliver_is_not_waited_for() {
    let mut w = World::group(3);
    w.disconnect_all();
    w.say(0, "hello");
    w.connect(0, 2);
    w.run();
    w.disconnect_all();
    // Ben claims to have Anna's entry, and never answers.
    let lines = vec![w.sync(2).line(&w.device(0))];
    w.connect(1, 2);
    w.mute(1);
    w.run();
    let scope = Scope::Changed;
    w.inject(1, 2, Part::Heads { scope, lines });
    w.say(0, "hello again");
    w.connect(0, 2);
    w.run();
    w.wait(ANSWER_MS + 1);
    w.run();
    assert_eq!(w.texts(2), ["hello", "hello again"]);
}

#[test]
fn lies_about_heads_cost_one_question() {
    let mut w = World::pair();
    let lie = HeadLine {
        device: w.device(0),
        head: Some(Head {
            len: 1 << 30,
            last: crate::room::entry::EntryId(crate::digest::Digest::from_bytes([7; 32])),
        }),
        receipt: 0,
    };
    let mut questions = 0;
    for _ in 0..10 {
        let scope = Scope::Changed;
        let lines = vec![lie];
        let mut effects = w.inject(0, 1, Part::Heads { scope, lines });
        let (why, entries) = (Why::Asked, Vec::new());
        effects.extend(w.inject(0, 1, Part::Entries { why, entries }));
        let asks = |e: &&Effect| matches!(e, Effect::Send(_, m) if matches!(m.part, Part::Want(_)));
        questions += effects.iter().filter(asks).count();
    }
    assert_eq!(questions, 1);
}

#[test]
fn erased_bodies_are_not_passed_on_and_erasure_is_acknowledged() {
    // MSG-7
    let mut w = World::group(3);
    w.disconnect(0, 2);
    w.disconnect(1, 2);
    w.say(0, "regrettable");
    w.run();
    let target = w.last_of(0);
    let id = w.sync(0).log().row(&target).unwrap().id;
    w.write(0, &Body::Erase(vec![id]));
    let erase = w.last_of(0);
    let erase_id = w.sync(0).log().row(&erase).unwrap().id;
    w.run();
    for n in [0, 1] {
        w.carry_out_erasures(n);
    }
    w.run();
    assert!(w.texts(1).is_empty());
    w.connect_all();
    w.run();
    assert_eq!(
        w.sync(2).log().row(&target).unwrap().state,
        BodyState::Missing
    );
    w.carry_out_erasures(2);
    w.run();
    let by: Vec<DeviceId> = w.sync(0).log().erased_by(&erase_id).collect();
    assert_eq!(by.len(), 3, "all three say so");
    w.assert_converged(&[0, 1, 2]);
}

#[test]
fn a_body_whose_erasure_was_asked_for_is_not_passed_on() {
    // MSG-7
    let mut w = World::group(3);
    w.disconnect(0, 2);
    w.disconnect(1, 2);
    w.say(0, "regrettable");
    let target = w.last_of(0);
    let id = w.sync(0).log().row(&target).unwrap().id;
    w.write(0, &Body::Erase(vec![id]));
    w.run();
    // Nobody has erased it yet.
    w.connect(1, 2);
    w.run();
    let row = w.sync(2).log().row(&target).unwrap();
    assert_eq!(row.state, BodyState::Missing);
}

#[test]
fn a_hold_keeps_bodies() {
    let mut w = World::pair_group();
    w.change(0, Action::Hold(Toggle::Set));
    w.say(1, "evidence");
    w.run();
    let target = w.last_of(1);
    let id = w.sync(1).log().row(&target).unwrap().id;
    w.write(1, &Body::Erase(vec![id]));
    w.run();
    assert!(w.sync(0).log().due(w.now).is_empty());
    w.change(0, Action::Hold(Toggle::Clear));
    w.run();
    assert_eq!(w.sync(0).log().due(w.now), [target]);
}

#[test]
fn retention_comes_due() {
    let mut w = World::pair_group();
    let day = Duration::from_secs(24 * 3600);
    w.change(0, Action::Retention(Retention::For(day)));
    w.say(1, "old");
    w.run();
    assert!(w.sync(0).log().due(w.now).is_empty());
    w.wait(24 * 3600 * 1000 + 1);
    let target = w.last_of(1);
    assert_eq!(w.sync(0).log().due(w.now), [target]);
}

#[test]
fn bodies_that_were_missing_come_from_another() {
    let mut w = World::group(3);
    w.disconnect_all();
    w.say(0, "hello");
    w.connect(0, 1);
    w.run();
    w.disconnect_all();
    // Ben has lost the body (he erased it by hand), and passes the header on.
    let pos = w.last_of(0);
    w.erase_here(1, pos);
    w.connect(1, 2);
    w.run();
    assert!(w.texts(2).is_empty());
    w.connect(0, 2);
    w.run();
    assert_eq!(w.texts(2), ["hello"]);
}

/// MSG-1: who was removed is asked anew each time, and says nothing until the
/// answer is yes.
#[test]
fn who_was_removed_comes_back_each_time() {
    let mut w = World::group(3);
    for round in 0..3 {
        w.remove(0, 2);
        w.run();
        // Nobody has told it so.
        w.say(2, &format!("out {round}"));
        w.invite(0, 2, Role::Member);
        w.run();
        w.wait(HEADS_AGAIN_MS);
        w.run();
        if round == 1 {
            w.answer_again(2, Action::Decline);
            w.run();
            assert_eq!(w.standing(0, 2), Standing::Declined);
            w.invite(0, 2, Role::Member);
            w.run();
        }
        for n in [0, 1] {
            assert_eq!(w.standing(n, 2), Standing::Invited);
            assert!(!w.texts(n).contains(&format!("out {round}")));
        }
        w.answer_again(2, Action::Accept);
        w.run();
        w.say(2, &format!("back {round}"));
        w.run();
        for n in 0..3 {
            assert_eq!(w.standing(n, 2), Standing::Member);
            assert!(w.texts(n).contains(&format!("back {round}")));
        }
        w.assert_converged(&[0, 1, 2]);
    }
}

/// MSG-1: whoever is in answers no invitation but an admin's, as far as is
/// known here: the answer would hang on an entry that nobody else takes in.
#[test]
fn only_an_admin_asks_a_member_anew() {
    let mut w = World::group(3);
    let depth = w.sync(2).log().membership().depth();
    w.disconnect_all();
    for (by, epoch, asks) in [
        (0, depth, false),
        (0, depth + 1, true),
        (0, depth + MAX_EPOCH_STEP, true),
        (0, depth + MAX_EPOCH_STEP + 1, false),
        (1, depth + 1, false),
        (1, depth + MAX_EPOCH_STEP, false),
    ] {
        let invite = w.forged_invite(by, 2, epoch);
        assert_eq!(w.sync(2).asks_again(&invite, false), asks, "{by} {epoch}");
        // An admin's device may have said that we are out.
        let said = by == 0 && epoch <= depth + MAX_EPOCH_STEP;
        assert_eq!(w.sync(2).asks_again(&invite, true), said, "{by} {epoch}");
    }
}

#[test]
fn an_entry_of_another_room_is_misbehaviour() {
    let mut w = World::pair();
    let other = World::pair_seeded(99);
    let pos = Pos {
        device: other.device(0),
        seq: 0,
    };
    let (_, entry) = other.nodes[0]
        .store
        .read(&other.room(), &[pos])
        .unwrap()
        .remove(0);
    let log = w.sync(0).log().clone();
    let mut log = log;
    let outcome = log
        .insert(entry.verify().unwrap(), &harness::Anyone, w.now)
        .outcome;
    assert_eq!(outcome, Outcome::Refused(Refusal::OtherRoom));
    w.say(0, "unharmed");
    w.run();
    assert_eq!(w.texts(1), ["unharmed"]);
}

#[test]
fn content_of_all_kinds_travels() {
    let mut w = World::pair();
    w.say(0, "question?");
    let target = w.sync(0).log().row(&w.last_of(0)).unwrap().id;
    w.run();
    for content in [
        Content::Text {
            text: "answer".into(),
            reply_to: Some(target),
        },
        Content::Reaction {
            target,
            what: "👍".into(),
            toggle: Toggle::Set,
        },
    ] {
        w.write(1, &Body::Content(content));
    }
    w.run();
    w.assert_converged(&[0, 1]);
    let read: BTreeMap<DeviceId, u64> = [(w.device(1), 3)].into();
    let receipt = w.sync(0).receipt(&w.nodes[0].key, &read, w.now).unwrap();
    assert!(receipt.is_some());
}
