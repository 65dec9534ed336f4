//! Policies and own rules, before a share and while it runs.

use super::*;

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
    assert_eq!((by, reason), (By::Policy, Reason::CaseMissing));

    let mut parties = pair();
    invite(&mut parties);
    allow(&mut parties[1]);
    drive(&mut parties);
    parties[0].profile = profile(1, Vec::new(), demands);
    parties[0].happens(Event::PolicyNews);
    assert!(parties[0].holds.is_some());
}

/// GUARD-9: a sharer may give control that nobody has asked for, and is asked about it
/// as about any other; who is given it hears of it after that alone, and takes it where
/// its own rules allow it.
#[test]
fn what_is_given_unasked_is_asked_about_first() {
    let more = terms(Direction::Invite).with(extent(Scope::Desktop, Scope::Desktop));
    let controls = |p: &Party| p.holds.as_ref().unwrap().0.control().is_some();
    let given = |viewers_rules: Vec<Rule>| {
        let mut parties = pair();
        parties[1].profile = profile(2, viewers_rules, Duties::NONE);
        invite(&mut parties);
        allow(&mut parties[1]);
        drive(&mut parties);
        parties[0].happens(Event::Give(more.clone()));
        assert!(parties[0].out.is_empty() && parties[0].rings.is_some());
        assert!(!controls(&parties[0]));
        parties
    };
    let mut parties = given(Vec::new());
    allow(&mut parties[0]);
    drive(&mut parties);
    assert!(controls(&parties[0]));
    assert_eq!(parties[1].session.as_ref().unwrap().terms(), Some(&more));
    // Who wants none of it gives it back.
    let seen = Cap {
        control: Scope::Nothing,
        ..Cap::OPEN
    };
    let rule = Rule::new(1, Anybody::Person(person(1)), seen);
    let mut parties = given(vec![rule]);
    allow(&mut parties[0]);
    drive(&mut parties);
    assert!(!controls(&parties[0]) && parties.iter().all(|p| p.over.is_none()));
    // A no is heard by nobody who didn't ask.
    let mut parties = given(Vec::new());
    parties[0].happens(Event::Refuse(Reason::Declined));
    drive(&mut parties);
    assert!(!controls(&parties[0]) && parties[0].rings.is_none());
    // Only a sharer gives, and not what is there already.
    parties[1].happens(Event::Give(more.clone()));
    parties[0].happens(Event::Give(terms(Direction::Invite)));
    assert!(
        parties
            .iter()
            .all(|p| p.rings.is_none() && p.out.is_empty())
    );
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

/// POL-7, ASK-2: a person who is asked for control is asked no longer once a rule
/// forbids it; what runs goes on, and the viewer hears why.
#[test]
fn nobody_is_asked_on_for_what_a_new_rule_forbids() {
    let mut parties = pair();
    invite(&mut parties);
    allow(&mut parties[1]);
    drive(&mut parties);
    let more = terms(Direction::Invite).with(extent(Scope::Desktop, Scope::Desktop));
    parties[1].happens(Event::WantMore(more));
    drive(&mut parties);
    parties[0].happens(Event::PolicyNews);
    assert!(parties[0].rings.is_some(), "what is allowed is asked on");
    let seen = Cap {
        control: Scope::Nothing,
        ..Cap::OPEN
    };
    let rule = Rule::new(1, Anybody::Person(person(2)), seen);
    parties[0].profile = profile(1, vec![rule], Duties::NONE);
    parties[0].happens(Event::PolicyNews);
    assert!(parties[0].rings.is_none());
    let answer = parties[0].out.front();
    assert!(
        matches!(answer, Some((_, Told::NoMore(Reason::PolicyChanged)))),
        "{answer:?}"
    );
    drive(&mut parties);
    assert!(
        parties
            .iter()
            .all(|p| p.over.is_none() && p.holds.is_some())
    );
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
                        assert_eq!((by, reason), (By::Policy, Reason::NoTrial));
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

fn invite_in(parties: &mut [Party; 2], room: RoomId) {
    let (who, rung) = (parties[0].who(), vec![parties[0].peer]);
    let t = Terms {
        room: Some(room),
        ..terms(Direction::Invite)
    };
    let begun = parties[0].office(|_, office| {
        Session::invite(who, t.clone(), Consent::began(t), rung, office, CLOCK)
    });
    if let Ok((session, fx)) = begun {
        parties[0].act(session, fx);
        drive(parties);
    }
}

/// Whoever names a room is believed only where both are in it by what each
/// side knows itself (POL-2, level C).
#[test]
fn a_share_in_a_room_is_for_those_who_are_both_in_it() {
    let room = RoomId::from_bytes([5; 32]);
    let other = RoomId::from_bytes([6; 32]);
    for (mine, theirs) in [
        (Some(room), None),
        (Some(room), Some(other)),
        (None, Some(room)),
        (Some(room), Some(room)),
    ] {
        let mut parties = pair();
        (parties[0].room, parties[1].room) = (mine, theirs);
        invite_in(&mut parties, room);
        let rings = parties[1].rings.is_some();
        assert_eq!(rings, mine == theirs, "{mine:?} {theirs:?}");
        if !rings && mine.is_some() {
            let (by, reason, _) = parties[0].over.as_ref().unwrap();
            assert_eq!((*by, *reason), (By::Policy, Reason::NotInRoom));
        }
    }
}

/// A meeting binds each side by what that side knows of it; while nothing is
/// known, nothing is allowed.
#[test]
fn what_the_organiser_allows_binds_both_sides() {
    use crate::policy::cap::Preset;
    use crate::policy::checked::Checked;
    use crate::policy::meeting::MeetingTerms;

    let (room, organiser) = (RoomId::from_bytes([5; 32]), person(9));
    let said = |preset: Preset| {
        let mut state = MeetingState::new(room, organiser);
        let terms = MeetingTerms::new(room, organiser, NOW, preset.cap());
        state.apply(Checked::assumed(terms, organiser)).unwrap();
        state
    };
    let heard = [
        None,
        Some(said(Preset::Off)),
        Some(said(Preset::ViewOnly)),
        Some(said(Preset::Everything)),
    ];
    for (i, mine) in heard.iter().enumerate() {
        for (j, theirs) in heard.iter().enumerate() {
            let mut parties = pair();
            for (party, state) in parties.iter_mut().zip([mine, theirs]) {
                party.room = Some(room);
                let known = state.clone();
                party.meeting = known.or_else(|| Some(MeetingState::new(room, organiser)));
            }
            invite_in(&mut parties, room);
            assert_eq!(parties[1].rings.is_some(), i >= 2 && j >= 2, "{i} {j}");
            if i >= 2 && j >= 2 {
                // Taken back while it runs, on one side only: both lose it.
                allow(&mut parties[1]);
                drive(&mut parties);
                assert!(parties.iter().all(|p| p.holds.is_some()));
                parties[1].meeting = Some(said(Preset::Off));
                parties[1].happens(Event::PolicyNews);
                drive(&mut parties);
                assert!(parties.iter().all(|p| p.holds.is_none()));
            }
        }
    }
}

/// UI-4: what both sign as the most that was granted has the control that was
/// agreed on with the share only once it counted at the sharer's screen; also
/// where the viewer stops before it hears of that.
#[test]
fn both_sign_control_only_once_it_counts() {
    for (given, races) in [(true, false), (false, false), (true, true), (false, true)] {
        let mut parties = pair();
        let t = terms(Direction::Invite).with(extent(Scope::Desktop, Scope::Desktop));
        let (who, rung) = (parties[0].who(), vec![parties[0].peer]);
        let (session, fx) = parties[0].office(|_, office| {
            Session::invite(who, t.clone(), Consent::began(t), rung, office, CLOCK).unwrap()
        });
        parties[0].act(session, fx);
        drive(&mut parties);
        allow(&mut parties[1]);
        drive(&mut parties);
        parties[0].happens(match given {
            true => Event::Counts(crate::audit::Said::Pressed),
            false => Event::Reduce(terms(Direction::Invite), By::Sharer, Reason::Declined),
        });
        match races {
            true => parties[1].happens(Event::Stop(By::Viewer, Reason::Stopped)),
            false => {
                drive(&mut parties);
                parties[0].happens(Event::Stop(By::Sharer, Reason::Stopped));
            }
        }
        drive(&mut parties);
        let most = match given {
            true => Scope::Desktop,
            false => Scope::Nothing,
        };
        for party in &parties {
            let record = party.over.as_ref().unwrap().2.as_ref().unwrap();
            assert_eq!(judge(record), Ok(Completeness::Both), "{given} {races}");
            assert_eq!(record.payload().extent.control, most);
        }
    }
}

/// The viewer's word on the end went to a program that had been killed: it is said
/// again to the one that comes back, whatever the viewer ended for.
#[test]
fn both_sign_when_the_sharer_comes_back_to_an_end() {
    for reason in [Reason::PathLost, Reason::Stopped, Reason::Crashed] {
        let mut parties = pair();
        invite(&mut parties);
        allow(&mut parties[1]);
        drive(&mut parties);
        parties[1].happens(Event::Stop(By::Program, reason));
        parties[1].out.clear();
        let ran = Some(terms(Direction::Invite));
        let (session, fx) = recover(parties[0].who(), ran, CLOCK);
        parties[0].act(session, fx);
        let mark = Position::default();
        parties[1].hears(Told::Over(By::Program, Reason::Crashed, mark));
        drive(&mut parties);
        for party in &parties {
            let record = party.over.as_ref().unwrap().2.as_ref().unwrap();
            assert_eq!(judge(record), Ok(Completeness::Both), "{reason:?}");
        }
    }
}
