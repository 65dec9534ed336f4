//! Files that are carried by hand, and what is kept about a contact.

use super::*;
use crate::state::carried::Message as Carried;
use crate::state::known::Message as Known;
use crate::state::presence::Message as Who;

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
    carried(
        &mut model,
        Carried::Read(Err(first::Wrong::Said("no such file".into()))),
    );
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

/// XFER-1: a file whose name can't be shown as it is, is the one that is sent and
/// taken in.
#[test]
fn a_file_with_an_odd_name_is_the_one_that_was_dropped() {
    use std::os::unix::ffi::OsStringExt as _;
    let odd = |end: &[u8]| {
        let name = [b"/media/\xff  ", end].concat();
        std::path::PathBuf::from(std::ffi::OsString::from_vec(name))
    };
    let mut model = talking();
    model.update(Message::Dropped(odd(b".pdf ")));
    let effects = model.update(Message::Dialog(dialog::Message::Send));
    let sent = |e: &Effect| matches!(e, Effect::Ask(_, _, Request::FileSend { path, .. }) if *path == odd(b".pdf "));
    assert!(effects.iter().any(sent), "{effects:?}");
    model.update(Message::Dropped(odd(b".kith")));
    let effects = press(&mut model, "Take it in");
    assert_eq!(effects, [Effect::Read(odd(b".kith"))]);
}

/// A policy that waits for a second signature, as it comes from a file.
pub(in crate::screens) fn to_be_signed() -> Model {
    let mut model = at_home();
    model.update(Message::Dropped("/media/policy-4-to-sign.kith".into()));
    carried(&mut model, Carried::TakeIn);
    carried(&mut model, Carried::Read(Ok(vec![7])));
    let draft = Reply::OrgDraft(Box::new(a_draft(1)));
    answer(&mut model, Tag::Proposed, Ok(draft));
    model
}

fn a_draft(signatures: u32) -> OrgDraft {
    let names = ["Anna", "Ben"].map(str::to_owned);
    let (signed, missing) = names.split_at(signatures as usize);
    OrgDraft {
        name: "Clinic".into(),
        org: None,
        number: 4,
        changes: vec!["Dora becomes a member: sharer.".into()],
        admins: Vec::new(),
        needed: 2,
        signed: signed.to_vec(),
        progress: (signatures, 2),
        missing: missing.to_vec(),
        fingerprint: Some("amber-lion-seven".into()),
        warnings: Vec::new(),
    }
}

/// POL-1: a policy is read, signed, and put in force once enough have signed, without
/// a command.
#[test]
fn a_policy_is_signed_and_put_in_force() {
    let mut model = to_be_signed();
    shows(
        &model,
        &["Dora becomes a member: sharer.", "amber-lion-seven"],
    );
    lacks(&model, &["Put it in force"]);
    let asks = |effects: &[Effect], wanted: &OrgRequest| {
        let is = |e: &Effect| matches!(e, Effect::Ask(_, _, Request::Org(r)) if r == wanted);
        assert!(effects.iter().any(is), "{effects:?}");
    };
    let (what, recovery) = (Signable::File(vec![7]), None);
    let sign = OrgRequest::Sign { what, recovery };
    let effects = press(&mut model, "Sign it");
    asks(&effects, &sign);
    let denied = ApiError::new(Code::Denied, "your key isn’t among them");
    let step = crate::state::signing::Step::Sign;
    answer(&mut model, Tag::Signed(step), Err(denied));
    shows(&model, &["your key isn’t among them"]);
    press(&mut model, "Sign it");
    let package = |content: u8| Package {
        name: "policy-4-to-sign.kith".into(),
        content: vec![content],
    };
    let file = Ok(Reply::Package(package(8)));
    let effects = answer(&mut model, Tag::Signed(step), file);
    assert!(effects.contains(&Effect::Put(package(8))), "{effects:?}");
    asks(&effects, &OrgRequest::Look { content: vec![8] });
    let draft = Reply::OrgDraft(Box::new(a_draft(2)));
    answer(&mut model, Tag::Proposed, Ok(draft));
    lacks(&model, &["Sign it"]);
    let what = Signable::File(vec![8]);
    let effects = press(&mut model, "Put it in force");
    asks(&effects, &OrgRequest::Publish { what });
    let step = crate::state::signing::Step::Publish;
    let file = Ok(Reply::Package(package(9)));
    let effects = answer(&mut model, Tag::Signed(step), file);
    assert_eq!(effects, [Effect::Put(package(9))]);
    lacks(&model, &["Put it in force"]);
}

/// DISC-4: who may see when I am here is said for all, for some, or for nobody.
#[test]
fn who_sees_when_i_am_here_is_chosen() {
    let mut model = at_home();
    for (n, name) in [(2, "Ben"), (6, "Cem")] {
        let contact = contact(n, name, ContactState::Contact);
        event(&mut model, Event::Contact(contact));
    }
    model.update(Message::Home(HomeDo::Page(Page::Settings)));
    lacks(&model, &["Only these"]);
    let ids = |of: &[u8]| -> Vec<String> { of.iter().map(|n| person(*n).to_string()).collect() };
    let is = |model: &mut Model, audience, of: &[u8]| {
        let info = PresenceInfo {
            state: PresenceState::Available,
            audience,
            ids: ids(of),
            tell_me: Vec::new(),
        };
        event(model, Event::Presence(info));
    };
    let asked = |effects: &[Effect]| match effects {
        [Effect::Ask(_, Tag::Presence, Request::PresenceRules(PresenceRequest::Audience(a)))] => {
            a.clone()
        }
        other => panic!("{other:?}"),
    };
    // Below what is seen at first: the keyboard comes there.
    let does = |model: &mut Model, step: Who| {
        let wanted = format!("{:?}", Message::Presence(step));
        keyboard::by_keyboard(model, |m| format!("{m:?}") == wanted)
    };
    is(&mut model, Audience::Contacts, &[]);
    lacks(&model, &["Cem"]);
    let some = asked(&does(&mut model, Who::Only));
    assert_eq!(some, Audience::Only(ids(&[2, 6])));
    is(&mut model, Audience::Only(Vec::new()), &[2, 6]);
    let less = asked(&does(&mut model, Who::Hide(person(6).to_string())));
    assert_eq!(less, Audience::Only(ids(&[2])));
    is(&mut model, Audience::Only(Vec::new()), &[2]);
    assert_eq!(
        asked(&does(&mut model, Who::Hide(person(2).to_string()))),
        Audience::Nobody
    );
    let nobody = asked(&does(&mut model, Who::Nobody));
    assert_eq!(nobody, Audience::Nobody);
    assert_eq!(asked(&does(&mut model, Who::Everybody)), Audience::Contacts);
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
        ids: Vec::new(),
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
    // Two people of one name: who is meant stands in the ids.
    let shown = |audience: fn(Vec<String>) -> Audience, of: &[u8]| {
        Ok(Reply::Presence(PresenceInfo {
            state: PresenceState::Available,
            audience: audience(of.iter().map(|_| "Ben".into()).collect()),
            ids: of.iter().map(|n| person(*n).to_string()).collect(),
            tell_me: Vec::new(),
        }))
    };
    let audience = |effects: &[Effect]| match effects {
        [Effect::Ask(_, _, Request::PresenceRules(PresenceRequest::Audience(audience)))] => {
            audience.clone()
        }
        other => panic!("{other:?}"),
    };
    let ids = |of: &[u8]| of.iter().map(|n| person(*n).to_string()).collect();
    let hide = "Don’t let them see when I am here";
    let show = "Let them see when I am here";
    for (before, of, does, after) in [
        (
            Audience::Except as fn(_) -> _,
            &[4][..],
            hide,
            Audience::Except(ids(&[4, 2])),
        ),
        (Audience::Except, &[4, 2], show, Audience::Except(ids(&[4]))),
        (Audience::Except, &[2], show, Audience::Contacts),
        (Audience::Only, &[4], show, Audience::Only(ids(&[4, 2]))),
        (Audience::Only, &[2], hide, Audience::Nobody),
    ] {
        answer(&mut model, Tag::Known, shown(before, of));
        assert_eq!(audience(&press(&mut model, does)), after);
    }
    answer(&mut model, Tag::Known, shown(|_| Audience::Nobody, &[]));
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
