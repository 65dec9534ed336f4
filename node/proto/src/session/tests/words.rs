//! What the messages between the two may say.

use super::*;

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
        Message::Now(id, e.clone(), None),
        Message::Now(id, e, Some((By::Policy, Reason::PolicyChanged))),
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
