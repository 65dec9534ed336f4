//! Every screen, without a window: what is found on it, and what pressing and
//! typing say.

use std::borrow::Cow;

use iced::keyboard::key::Named;
use iced::{Size, Theme};
use iced_test::Simulator;
use iced_test::selector::id;
use kith_api::id::DeviceId;
use kith_api::*;

use super::view;
use crate::link::News;
use crate::state::agreed::Message as Agreeing;
use crate::state::bounds::Message as Bounding;
use crate::state::company::Message as Company;
use crate::state::config::Message as Configure;
use crate::state::folder::{Folder, Item};
use crate::state::home::{Chosen, Message as HomeDo};
use crate::state::rules::Message as RulesDo;
use crate::state::share::Message as ShareDo;
use crate::state::steady::STANDS_MS;
use crate::state::tests::*;
use crate::state::thread::Message as ThreadDo;
use crate::state::{
    Dialog, Effect, Message, Model, Page, Tag, dialog, first, home, meet, share, sure, thread,
};
use crate::theme::{FONT, FONTS, Scheme, size};

mod ahead;
mod by_hand;
mod company;
mod keep;
mod keyboard;
mod members;
mod own;
mod pages;
mod part;
mod people;
mod servers;
mod sharing;

pub(super) use by_hand::to_be_signed;
pub(super) use keep::a_card;

const PAGES: [Page; 7] = [
    Page::Talk,
    Page::Shares,
    Page::Agreed,
    Page::Rules,
    Page::Log,
    Page::Diagnosis,
    Page::Settings,
];

const SIZE: Size = Size::new(1080.0, 720.0);

fn ui(model: &Model) -> Simulator<'_, Message, Theme> {
    let settings = iced::Settings {
        fonts: FONTS.iter().map(|f| Cow::Borrowed(*f)).collect(),
        default_font: FONT,
        default_text_size: size::BODY.into(),
        ..iced::Settings::default()
    };
    Simulator::with_size(settings, SIZE, view(model))
}

fn shows(model: &Model, words: &[&str]) {
    let mut ui = ui(model);
    for text in words {
        assert!(ui.find(*text).is_ok(), "{text:?} isn't on the screen");
    }
}

fn lacks(model: &Model, words: &[&str]) {
    let mut ui = ui(model);
    for text in words {
        assert!(ui.find(*text).is_err(), "{text:?} is on the screen");
    }
}

/// Presses what has these words, and lets the model take in what it says.
fn press(model: &mut Model, words: &str) -> Vec<Effect> {
    let mut ui = ui(model);
    ui.click(words).unwrap_or_else(|e| panic!("{words:?}: {e}"));
    let said: Vec<Message> = ui.into_messages().collect();
    assert!(!said.is_empty(), "{words:?} says nothing");
    said.into_iter().flat_map(|m| model.update(m)).collect()
}

fn is_asked(effect: &Effect) -> bool {
    matches!(effect, Effect::Ask(..))
}

/// Types into the field with this id.
fn type_into(model: &mut Model, field: &'static str, text: &str) {
    let mut ui = ui(model);
    ui.click(id(field))
        .unwrap_or_else(|e| panic!("{field:?}: {e}"));
    ui.typewrite(text);
    let said: Vec<Message> = ui.into_messages().collect();
    for message in said {
        model.update(message);
    }
}

fn feature(direction: &str, state: &str) -> FeatureState {
    FeatureState {
        means: "native".into(),
        direction: direction.into(),
        state: state.into(),
        step: None,
        reason: None,
        text: None,
        reasons: match state {
            "disabled" => vec![FeatureReason {
                step: "their-device".into(),
                code: "x".into(),
                text: "Ben’s machine has no screen".into(),
                hint: Some("Ben could use another machine".into()),
            }],
            _ => Vec::new(),
        },
        rights: Vec::new(),
        view: "desktop".into(),
        control: "desktop".into(),
        begins: Vec::new(),
        duties: Vec::new(),
        only_in: Vec::new(),
    }
}

/// Ben may be shown something, and can show nothing; two ways lead to him.
pub(crate) fn features() -> Features {
    let way = |course: &str, transport: &str, outcome: &str, trip| PathWay {
        address: "192.168.1.7:4001".into(),
        transport: transport.into(),
        course: course.into(),
        from: "lan".into(),
        outcome: outcome.into(),
        text: "nothing answers".into(),
        round_trip_us: trip,
        rate: trip.map(|_| 11_000_000),
        chosen: if trip == Some(840) { "yes" } else { "no" }.into(),
    };
    Features {
        person: person_ref(2, "Ben"),
        all: vec![
            feature("i-share", "enabled"),
            feature("they-share", "disabled"),
        ],
        devices: vec![DeviceFeatures {
            device: DeviceId::from_bytes([2; 32]),
            path: PathInfo {
                state: "works".into(),
                verdict: "direct".into(),
                text: "There is a direct way".into(),
                at_ms: Some(NOON),
                ways: vec![
                    way("direct", "quic", "works", Some(840)),
                    way("direct", "tcp", "works", Some(1_320)),
                    way("relayed", "quic", "works", Some(48_900)),
                    way("direct", "quic", "no-answer", None),
                ],
            },
            features: Vec::new(),
        }],
    }
}

pub(super) fn an_invite() -> Invite {
    Invite {
        id: "1".into(),
        text: Some("kith:invite:abc".into()),
        qr: None,
        expires_ms: NOON,
        state: "open".into(),
    }
}

/// An editor and a terminal.
pub(super) fn windows() -> Vec<WindowChoice> {
    let window = |number, title: &str, application: &str| WindowChoice {
        number,
        title: title.into(),
        application: application.into(),
        process: number,
        x: 0,
        y: 0,
        width: 800,
        height: 600,
        state: "shown".into(),
        thumbnail: Some(Thumbnail {
            width: 160,
            height: 120,
            pixels: (0..160 * 120_u32).map(|n| 0x0020_3040 + n / 160).collect(),
        }),
    };
    vec![
        window(1, "Report.odt – LibreOffice Writer", "libreoffice"),
        window(2, "anna@desk: ~", "xterm"),
    ]
}

pub(super) fn a_consent(held: Option<&str>) -> ConsentInfo {
    ConsentInfo {
        id: "c0ffee".into(),
        person: person_ref(2, "Ben"),
        application: "libreoffice".into(),
        view: "application".into(),
        control: "nothing".into(),
        issued_ms: NOON,
        until_ms: NOON + 86_400_000,
        held: held.map(Into::into),
    }
}

/// A server on this machine, and one elsewhere.
pub(super) fn accounts() -> Vec<AccountInfo> {
    let account = |server: &str| AccountInfo {
        technology: "vnc".into(),
        server: server.into(),
    };
    vec![account("5901"), account("10.20.0.7:5900")]
}

/// A folder and two files.
pub(super) fn a_folder() -> Folder {
    let item = |name: &str, bytes| Item {
        name: name.into(),
        path: format!("/home/anna/{name}").into(),
        bytes,
    };
    Folder {
        path: "/home/anna".into(),
        items: vec![
            item("Letters", None),
            item("Report.pdf", Some(1_234_567)),
            item(&format!("{}.odt", "A long name ".repeat(9)), Some(20)),
        ],
    }
}

/// Ben asked and saw a part of the screen; a VNC share was refused by a rule; and
/// something that only its node has words for.
pub(super) fn a_log() -> AuditPage {
    let extent = || AuditExtent {
        view: "desktop".into(),
        control: "nothing".into(),
        rights: vec!["view".into()],
        applications: Vec::new(),
    };
    let line = |place, kind: &str, seen, technology: &str, part, details: &[(&str, &str)]| {
        let details = details.iter().map(|(n, v)| ((*n).into(), (*v).into()));
        AuditLine {
            place,
            digest: String::new(),
            at_ms: NOON + place * 1000,
            kind: kind.into(),
            text: "as the node says it".into(),
            share: Some(AuditShare {
                session: session(1),
                role: "sharer".into(),
                person: person_ref(2, "Ben"),
                device: DeviceId::from_bytes([2; 32]),
                technology: technology.into(),
                part,
            }),
            extent: Some(extent()).filter(|_| seen),
            details: details.collect(),
        }
    };
    let part = Some((800, 600));
    let denied = [("stage", "local-profile"), ("reason", "profile-rule")];
    let entries = vec![
        line(
            0,
            "asked",
            true,
            "native",
            None,
            &[("direction", "request")],
        ),
        line(1, "decided", true, "native", part, &[("moment", "again")]),
        line(2, "decided", false, "vnc", None, &denied),
        line(
            3,
            "ended",
            false,
            "native",
            part,
            &[("by", "sharer"), ("reason", "stopped")],
        ),
        line(4, "something-newer", false, "native", None, &[]),
    ];
    AuditPage { length: 5, entries }
}

/// A display's own keyboard, XTEST's, and what of that is enrolled.
pub(super) fn inputs(enrolled: &[InputKind]) -> Inputs {
    let kind = InputKind::Keyboard;
    let device = |name: &str, counts| InputDevice {
        name: name.into(),
        kind,
        counts,
    };
    let programs = match enrolled.contains(&kind) {
        true => InputCounts::Enrolled,
        false => InputCounts::Never,
    };
    Inputs {
        devices: vec![
            device("TigerVNC keyboard", InputCounts::Always),
            device("Virtual core XTEST keyboard", programs),
        ],
        enrolled: enrolled.to_vec(),
        gap: None,
    }
}

/// Anna has removed Ben, and looks at what they said.
pub(super) fn parted() -> Model {
    let mut model = talking();
    let mut ben = contact(2, "Ben", ContactState::Removed);
    ben.room = model.home.contact(&person(2)).and_then(|c| c.room.clone());
    event(&mut model, Event::Contact(ben));
    let me = "parted".to_owned();
    event(
        &mut model,
        Event::Room(Room {
            me,
            ..a_room(2, "Ben", 0, NOON)
        }),
    );
    model
}

/// Anna's moderated room with Ben and Cem, with its panel open and Ben chosen.
pub(super) fn in_company(organiser: PersonRef) -> Model {
    let mut model = at_home();
    let ward = Room {
        kind: "meeting".into(),
        members: vec![
            person_ref(1, "Anna Berg"),
            person_ref(2, "Ben"),
            person_ref(3, "Cem"),
        ],
        invited: vec![person_ref(5, "Dora")],
        admins: vec![organiser.clone()],
        ..a_room(8, "Ward 3", 0, NOON)
    };
    event(&mut model, Event::Room(ward));
    model.update(Message::Home(HomeDo::Choose(Chosen::Room(room(8)))));
    let none = Ok(Reply::Messages(Vec::new()));
    answer(&mut model, Tag::History(room(8), None), none);
    let effects = model.update(Message::Home(HomeDo::Panel));
    let asks = |e: &Effect| matches!(e, Effect::Ask(_, Tag::Moderated(r), _) if *r == room(8));
    assert!(effects.iter().any(asks), "{effects:?}");
    let said = Moderated {
        organiser,
        number: Some(2),
        everybody: ModeratedLevel::View,
        people: vec![(person_ref(2, "Ben"), ModeratedLevel::Control)],
        gap: None,
    };
    answer(
        &mut model,
        Tag::Moderated(room(8)),
        Ok(Reply::Moderated(said)),
    );
    let with = Company::With(room(8), person(2));
    let effects = model.update(Message::Company(with));
    assert!(matches!(
        &effects[..],
        [Effect::Ask(_, Tag::Features, _), ..]
    ));
    event(&mut model, Event::Features(features()));
    model
}

pub(super) fn a_limit(number: u32) -> LimitInfo {
    LimitInfo {
        number,
        person: (number > 1).then(|| person_ref(2, "Ben")),
        device: (number > 2).then(|| "d".repeat(64)),
        application: Some("xterm".into()),
        limits: LimitSet {
            barred: vec!["menus".into(), "shortcuts".into()],
            keys: vec!["Delete".into()],
            per_second: Some(20),
        },
        changed_ms: NOON,
    }
}

/// The shares that are asked for, of what is to be done.
fn of_share(effects: &[Effect]) -> Vec<ShareRequest> {
    let request = |e: &Effect| match e {
        Effect::Ask(_, Tag::ShareDone, Request::Share(request)) => Some(request.clone()),
        _ => None,
    };
    effects.iter().filter_map(request).collect()
}

/// A rule as a node says it: Ben sees no more than windows, by the keyboard nothing.
pub(crate) fn a_rule() -> Sentence {
    let none = |said: Sentence, name: &&str| said.put::<String>(name, None);
    let empty = [
        "parts",
        "technologies",
        "directions",
        "applications",
        "demands",
        "newer",
    ];
    empty
        .iter()
        .fold(Sentence::new("rule", "Nobody controls a desktop."), none)
        .put("number", [2])
        .put("subject", ["person"])
        .put("subject-name", ["Ben"])
        .put("towards", ["role"])
        .put("towards-name", ["organiser"])
        .put("cap", ["some"])
        .put("view", ["window"])
        .put("control", ["nothing"])
        .put("without", ["keyboard"])
}

fn a_policy() -> PolicyInfo {
    PolicyInfo {
        org: id::OrgId::from_bytes([6; 32]),
        name: "Clinic".into(),
        number: 3,
        state: "in-force".into(),
        age_secs: 60,
        issued_ms: NOON,
        old_from_ms: NOON,
        usable_until_ms: NOON,
        warnings: vec![Sentence::new("ends", "it ends in 7 days").put("n", [7])],
        my_role: Some("sharer".into()),
        admins: (2, 3),
        recovery: None,
        members: 12,
    }
}

/// The rules of an organisation, one own rule, and what is allowed with Ben.
pub(super) fn with_rules() -> Model {
    let mut model = at_home();
    model.update(Message::Home(HomeDo::Page(Page::Rules)));
    let policies = Reply::Policies(vec![a_policy()]);
    let effects = answer(&mut model, Tag::Page(Page::Rules), Ok(policies));
    let org = a_policy().org;
    assert!(matches!(&effects[..], [Effect::Ask(_, Tag::Policy(o), _)] if *o == org));
    let full = PolicyFull {
        info: a_policy(),
        news: None,
        says: vec![a_rule()],
        directory: Vec::new(),
        refused: vec![RefusedUpdate {
            at_ms: NOON,
            code: "rollback".into(),
            from: Some(person_ref(2, "Ben")),
            device: None,
            digest: String::new(),
        }],
    };
    answer(
        &mut model,
        Tag::Policy(org),
        Ok(Reply::Policy(Box::new(full))),
    );
    let own = OwnRules {
        rules: vec![(4, Sentence::new("x", "Cem may not ask to see anything."))],
        demands: vec!["purpose".into()],
    };
    answer(&mut model, Tag::OwnRules, Ok(Reply::OwnRules(own)));
    model.update(Message::Rules(RulesDo::With(person(2))));
    let case = |direction: &str, outcome: &str, reason: Option<&str>| ExplainedCase {
        part: "sharer".into(),
        direction: direction.into(),
        outcome: outcome.into(),
        step: reason.map(|_| "policy".into()),
        reason: reason.map(Into::into),
        view: "application".into(),
        control: "nothing".into(),
        rights: Vec::new(),
        duties: vec!["purpose".into()],
        lines: vec![Sentence::new("x", format!("Clinic: {outcome}"))],
    };
    let explained = Explained {
        person: person_ref(2, "Ben"),
        room: None,
        warnings: Vec::new(),
        cases: vec![
            case("invite", "allowed", None),
            case("request", "denied", Some("role")),
        ],
    };
    let explained = Ok(Reply::Explained(explained));
    answer(&mut model, Tag::Explained(person(2)), explained);
    model
}
