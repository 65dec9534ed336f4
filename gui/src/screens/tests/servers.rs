//! A VNC server that is shown, and what is asked for in particular (HOST-1, ASK-3).

use super::*;
use crate::state::server::{PASSWORD, PLACE};

const SECRET: &str = "q";

/// Anna is about to show Ben the server at port 5.
fn offered() -> Model {
    let mut model = talking();
    model.update(Message::Home(HomeDo::Panel));
    press(&mut model, "Show a VNC server …");
    type_into(&mut model, PLACE, "5");
    type_into(&mut model, PASSWORD, SECRET);
    model
}

fn server() -> ShareWhat {
    ShareWhat::VncServer {
        server: "5".into(),
        password: Some(Secret::new(SECRET.into())),
    }
}

#[test]
fn a_server_is_shown_and_its_password_to_nobody() {
    let mut model = offered();
    lacks(&model, &[SECRET]);
    let debugged = format!("{:?}", model.home.dialog);
    assert!(debugged.contains("Secret(…)"), "{debugged}");
    let all = of_share(&press(&mut model, "Invite"));
    let [
        ShareRequest::Invite {
            who, what, level, ..
        },
    ] = &all[..]
    else {
        panic!("{all:?}")
    };
    assert_eq!((who, what), (&person(2).to_string(), &server()));
    assert_eq!(*level, ShareLevel::View);
    let no = ApiError::new(Code::BadRequest, "the server doesn’t take that password");
    answer(&mut model, Tag::ShareDone, Err(no));
    shows(&model, &["the server doesn’t take that password"]);
    press(&mut model, "See and control");
    // Nobody could keep limits there: none are offered, and none go with it.
    lacks(&model, &["Limits"]);
    model.update(Message::Share(ShareDo::Bounds(Bounding::Bar("menus"))));
    let all = of_share(&press(&mut model, "Invite"));
    assert!(matches!(all[..], [ShareRequest::Invite { .. }]), "{all:?}");
}

/// HOST-4: kept by the node before it is shown; the share names no password then.
#[test]
fn a_password_is_kept_and_forgotten() {
    let mut model = offered();
    press(&mut model, "Keep it for the next time");
    let effects = press(&mut model, "Invite");
    assert!(of_share(&effects).is_empty());
    let [Effect::Ask(_, tag @ Tag::AccountKept(_), Request::Account(request))] = &effects[..]
    else {
        panic!("{effects:?}")
    };
    let (server, password) = ("5".to_owned(), Secret::new(SECRET.into()));
    assert_eq!(*request, AccountRequest::Keep { server, password });
    let effects = answer(&mut model, tag.clone(), Ok(Reply::Accounts(accounts())));
    let all = of_share(&effects);
    let [ShareRequest::Invite { what, .. }] = &all[..] else {
        panic!("{all:?}")
    };
    let (server, password) = ("5".to_owned(), None);
    assert_eq!(*what, ShareWhat::VncServer { server, password });
    // What was kept for another dialog begins nothing.
    model.update(Message::Home(HomeDo::Escape));
    model.now_ms += 1;
    model.update(Message::Share(ShareDo::OfferServer(person(2))));
    type_into(&mut model, PLACE, "5");
    let effects = answer(&mut model, tag.clone(), Ok(Reply::Accounts(accounts())));
    assert!(of_share(&effects).is_empty());
    press(&mut model, "5901");
    shows(
        &model,
        &["It is kept already: leave it empty, or type a new one."],
    );
    model.update(Message::Home(HomeDo::Escape));
    model.update(Message::Home(HomeDo::Page(Page::Agreed)));
    answer(&mut model, Tag::Consents, Ok(Reply::Consents(Vec::new())));
    event(&mut model, Event::Limits(Vec::new()));
    let effects = press(&mut model, "Forget it");
    let server = "5901".to_owned();
    let forget = Request::Account(AccountRequest::Remove { server });
    assert!(matches!(&effects[..], [Effect::Ask(_, _, r)] if *r == forget));
    answer(&mut model, Tag::Accounts, Ok(Reply::Accounts(Vec::new())));
    shows(&model, &["None is kept."]);
}

/// Who asked for a server is shown a server, and who asked for one application that.
#[test]
fn what_was_asked_for_is_what_can_be_shown() {
    let asked = |change: fn(&mut ShareInfo), says| {
        let mut model = talking();
        let mut asks = a_share(SharePart::Sharer, SharePhase::Asked, "nothing");
        change(&mut asks);
        event(&mut model, Event::Share(asks));
        shows(&model, &[says]);
        model.now_ms += STANDS_MS;
        press(&mut model, "Choose what to show");
        model
    };
    let vnc = |s: &mut ShareInfo| {
        s.technology = "vnc".into();
        s.applications = Vec::new();
    };
    let mut model = asked(vnc, "Ben asks to see a VNC server.");
    lacks(&model, &["Desktop", "Application"]);
    type_into(&mut model, PLACE, "5");
    type_into(&mut model, PASSWORD, SECRET);
    let all = of_share(&press(&mut model, "Show this"));
    assert!(matches!(&all[..], [ShareRequest::Allow { what: Some(w), .. }] if *w == server()));
    let mut model = asked(|_| {}, "Ben asks to see xterm.");
    lacks(&model, &["Where it is"]);
    let all = of_share(&press(&mut model, "Show this"));
    let xterm = Some(ShareWhat::Application("xterm".into()));
    assert!(matches!(&all[..], [ShareRequest::Allow { what, .. }] if *what == xterm));
}

#[test]
fn one_application_or_a_server_is_asked_for() {
    let mut model = talking();
    model.update(Message::Home(HomeDo::Panel));
    let mut known = features();
    for feature in &mut known.all {
        feature.means = "vnc shadow".into();
    }
    event(&mut model, Event::Features(known));
    press(&mut model, "Ask for something particular …");
    press(&mut model, "One application");
    press(&mut model, "See and control");
    assert!(of_share(&model.update(Message::Share(ShareDo::Go))).is_empty());
    type_into(&mut model, share::WHAT, "x");
    let all = of_share(&press(&mut model, "Ask"));
    let [
        ShareRequest::JoinApplication {
            application, level, ..
        },
    ] = &all[..]
    else {
        panic!("{all:?}")
    };
    assert_eq!((application.as_str(), *level), ("x", ShareLevel::Control));
    let no = ApiError::new(Code::Denied, "not now");
    answer(&mut model, Tag::ShareDone, Err(no));
    shows(&model, &["not now"]);
    press(&mut model, "VNC server");
    // CAP-2: what stands against it is said beside it.
    shows(&model, &["Ben’s machine has no screen"]);
    let all = of_share(&press(&mut model, "Ask"));
    let [ShareRequest::Join { show, .. }] = &all[..] else {
        panic!("{all:?}")
    };
    assert_eq!(*show, ShareShow::VncServer);
}
