//! Files that are carried by hand, and what is kept about a contact.

use super::*;
use crate::state::carried::Message as Carried;
use crate::state::known::Message as Known;

fn carried(model: &mut Model, step: Carried) -> Vec<Effect> {
    model.update(Message::Carried(step))
}

/// XFER-1: what somebody gave is taken in, and what came of it is said.
#[test]
fn a_file_that_was_given_is_taken_in() {
    let mut model = talking();
    model.update(Message::Dialog(dialog::Message::Accept));
    press(&mut model, "A file by hand");
    assert!(carried(&mut model, Carried::TakeIn).is_empty(), "no file");
    carried(&mut model, Carried::Path(" /media/answer.kith ".into()));
    let effects = press(&mut model, "Take it in");
    assert_eq!(effects, [Effect::Read("/media/answer.kith".into())]);
    carried(&mut model, Carried::Read(Err("no such file".into())));
    shows(&model, &["no such file"]);
    press(&mut model, "Take it in");
    let content = vec![0xa1, 0x00];
    carried(&mut model, Carried::Read(Ok(content.clone())));
    let none = ApiError::new(Code::Invalid, "the file holds none");
    let effects = answer(&mut model, Tag::Policied, Err(none));
    let import = Request::Import { content };
    assert!(
        matches!(&effects[..], [Effect::Ask(_, Tag::Imported, r)] if *r == import),
        "{effects:?}"
    );
    let imported = Imported {
        kind: "answer".into(),
        new: 1,
        known: 0,
        message: "Ben answers your invite.".into(),
    };
    answer(&mut model, Tag::Imported, Ok(Reply::Imported(imported)));
    shows(&model, &["Ben answers your invite."]);
}

/// ID-2: also from a file an invite is looked at before it is answered.
#[test]
fn an_invite_in_a_file_is_looked_at() {
    let mut model = talking();
    model.update(Message::Dropped("/media/answer.kith".into()));
    shows(&model, &["A file by hand"]);
    press(&mut model, "Take it in");
    let text = format!("kith:invite:{}\n", "a1b2".repeat(12));
    let effects = carried(&mut model, Carried::Read(Ok(text.into_bytes())));
    let looked = |e: &Effect| matches!(e, Effect::Ask(_, _, Request::InviteLook { .. }));
    assert!(effects.iter().any(looked), "{effects:?}");
    shows(&model, &["Answer an invite"]);
}

/// XFER-1: what others need is written as a file, a yes only to who isn't here.
#[test]
fn what_others_need_is_written() {
    let mut model = talking();
    model.update(Message::Home(HomeDo::Panel));
    let effects = press(&mut model, "Messages as a file");
    let exported =
        |e: &Effect| matches!(e, Effect::Ask(_, Tag::Package, Request::ExportRoom { .. }));
    assert!(effects.iter().any(exported), "{effects:?}");
    let package = Package {
        name: "room.kith".into(),
        content: vec![1],
    };
    let effects = answer(
        &mut model,
        Tag::Package,
        Ok(Reply::Package(package.clone())),
    );
    assert_eq!(effects, [Effect::Put(package.clone())]);
    carried(
        &mut model,
        Carried::Written(Ok("/home/anna/Downloads/room.kith".into())),
    );
    shows(&model, &["Saved as /home/anna/Downloads/room.kith"]);
    let decided = Tag::Decided(person(2));
    assert!(answer(&mut model, decided, Ok(Reply::Package(package))).is_empty());
    lacks(&model, &["Your yes as a file"]);
    model.update(Message::Link(News::Lost));
    let effects = press(&mut model, "Your yes as a file");
    assert!(matches!(effects[..], [Effect::Put(_)]), "{effects:?}");
}

/// ID-2: an invite that nobody has answered is taken back.
#[test]
fn open_invites_are_listed_and_taken_back() {
    let mut model = talking();
    model.update(Message::Dialog(dialog::Message::Invite));
    let effects = answer(&mut model, Tag::Invite, Ok(Reply::Invite(an_invite())));
    assert!(matches!(
        effects[..],
        [Effect::Ask(_, Tag::Invites, Request::Invites)]
    ));
    answer(
        &mut model,
        Tag::Invites,
        Ok(Reply::Invites(vec![an_invite()])),
    );
    lacks(&model, &["Take it back"]);
    let other = Invite {
        id: "2".into(),
        ..an_invite()
    };
    answer(
        &mut model,
        Tag::Invites,
        Ok(Reply::Invites(vec![an_invite(), other])),
    );
    model.update(Message::Dialog(dialog::Message::InviteBack("2".into())));
    let effects = press(&mut model, "Take it back");
    let back = |e: &Effect| matches!(e, Effect::Ask(_, _, Request::InviteRevoke { invite }) if invite == "2");
    assert!(effects.iter().any(back), "{effects:?}");
}

/// DISC-4, DISC-8: a name of one's own, being told when they come, and relays.
#[test]
fn what_is_kept_about_a_contact_is_changed() {
    let mut model = talking();
    model.update(Message::Home(HomeDo::Panel));
    press(&mut model, "More …");
    lacks(&model, &["Tell me once"]);
    let told = |tell_me| PresenceInfo {
        state: PresenceState::Available,
        audience: Audience::Contacts,
        tell_me,
    };
    answer(
        &mut model,
        Tag::Known,
        Ok(Reply::Presence(told(Vec::new()))),
    );
    let asks = |effects: &[Effect], wanted: Request| {
        assert!(
            matches!(effects, [Effect::Ask(_, Tag::Known, r)] if *r == wanted),
            "{effects:?}"
        );
    };
    let who = || person(2).to_string();
    let tell = PresenceRequest::TellMe { who: who() };
    asks(
        &press(&mut model, "Tell me once"),
        Request::PresenceRules(tell),
    );
    let ben = vec![person_ref(2, "Ben")];
    answer(&mut model, Tag::Known, Ok(Reply::Presence(told(ben))));
    let not = PresenceRequest::DontTellMe { who: who() };
    asks(
        &press(&mut model, "You will be told"),
        Request::PresenceRules(not),
    );
    let routes = Request::ContactRoutes {
        who: who(),
        routes: Routes::RelayOnly,
    };
    asks(&press(&mut model, "Only through relays"), routes);
    assert!(
        model
            .update(Message::Known(Known::Petname("  ".into())))
            .is_empty()
    );
    assert!(
        model.update(Message::Known(Known::Rename)).is_empty(),
        "no name"
    );
    model.update(Message::Known(Known::Petname(" Ben H. ".into())));
    let rename = Request::ContactRename {
        who: who(),
        petname: "Ben H.".into(),
    };
    asks(&press(&mut model, "Call them so"), rename);
    let error = ApiError::new(Code::BadRequest, "that name is too long");
    answer(&mut model, Tag::Known, Err(error));
    shows(
        &model,
        &["that name is too long", "They call themselves Ben."],
    );
}

/// DISC-4, POL-3: somebody is kept away: they don't see when I am here, and
/// nothing is shared with them.
#[test]
fn a_contact_is_kept_away() {
    let mut model = talking();
    model.update(Message::Known(Known::Open(person(2))));
    lacks(&model, &["Don’t let them see when I am here"]);
    let shown = |audience| {
        Ok(Reply::Presence(PresenceInfo {
            state: PresenceState::Available,
            audience,
            tell_me: Vec::new(),
        }))
    };
    let audience = |effects: &[Effect]| match effects {
        [Effect::Ask(_, _, Request::PresenceRules(PresenceRequest::Audience(audience)))] => {
            audience.clone()
        }
        other => panic!("{other:?}"),
    };
    let dora = || "Dora".to_owned();
    let except = Audience::Except(vec![dora()]);
    answer(&mut model, Tag::Known, shown(except));
    let hidden = press(&mut model, "Don’t let them see when I am here");
    let wanted = Audience::Except(vec![dora(), person(2).to_string()]);
    assert_eq!(audience(&hidden), wanted);
    let except = Audience::Except(vec![dora(), "Ben".into()]);
    answer(&mut model, Tag::Known, shown(except));
    let seen = press(&mut model, "Let them see when I am here");
    assert_eq!(audience(&seen), Audience::Except(vec![dora()]));
    answer(&mut model, Tag::Known, shown(Audience::Nobody));
    lacks(
        &model,
        &[
            "Let them see when I am here",
            "Don’t let them see when I am here",
        ],
    );
    let barred = press(&mut model, "Share nothing with them");
    let nothing = |e: &Effect| match e {
        Effect::Ask(
            _,
            Tag::Known,
            Request::Policy(PolicyRequest::Mine(OwnRulesRequest::Add(rule))),
        ) => rule.subject == format!("person:{}", person(2)) && rule.view == "nothing",
        _ => false,
    };
    assert!(barred.iter().any(nothing), "{barred:?}");
    let rules = Reply::OwnRules(OwnRules::default());
    answer(&mut model, Tag::Known, Ok(rules));
    shows(
        &model,
        &["A rule of your own says so now; “Rules” takes it back."],
    );
}
