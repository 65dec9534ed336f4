//! Every screen as a picture, drawn by the processor with the fonts of this
//! program, against what it looked like when somebody last looked at it.
//!
//! What is kept of a picture is its digest, in `gui/snapshots`. One that is
//! missing or differs is a failure, and the picture is left in
//! `target/snapshots` to be looked at; `KITH_SNAPSHOTS=write` takes all as
//! they are now, and leaves all of them there.
//!
//! No picture holds characters that the embedded fonts lack: those would be
//! drawn with whatever the machine has. So Chinese is looked at by hand, and isn't
//! among the languages of the settings here: `KITH_SNAPSHOTS=zh-CN` leaves all pictures
//! in that language, and compares nothing.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::{env, fs};

use iced::widget::space;
use iced::{Element, Size, Theme};
use iced_test::Simulator;
use kith_api::*;

use super::{tests as on, view};
use crate::i18n::{LANGUAGES, Words};
use crate::link::News;
use crate::state::bounds::Message as BoundsDo;
use crate::state::carried::Message as CarriedDo;
use crate::state::first;
use crate::state::home::Message as HomeDo;
use crate::state::joining::See;
use crate::state::keep::{Message as KeepDo, What};
use crate::state::known::Message as KnownDo;
use crate::state::meet::Message as MeetDo;
use crate::state::members::{Deed, Message as MembersDo};
use crate::state::own::Message as OwnDo;
use crate::state::server::Message as ServerDo;
use crate::state::share::{Kind, Message as ShareDo};
use crate::state::standing::Message as StandingDo;
use crate::state::sure::Sure;
use crate::state::tests::*;
use crate::state::thread::Message as ThreadDo;
use crate::state::{Message, Model, Page, Tag, dialog};
use crate::theme::{FONT, FONTS, Scheme, size};

/// A window as it is at first.
const USUAL: Size = Size::new(1080.0, 720.0);
/// The same with everything twice as large.
const TWICE: Size = Size::new(540.0, 360.0);

/// Whether the pictures are compared, or taken as they are.
fn writing() -> bool {
    env::var_os("KITH_SNAPSHOTS").is_some_and(|v| v == "write")
}

/// The language of pictures that are only looked at.
fn language() -> Option<Words> {
    let wish = env::var("KITH_SNAPSHOTS").ok()?;
    let known = LANGUAGES.iter().any(|(code, ..)| *code == wish);
    known.then(|| Words::for_wish(&wish))
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// What is on the screen now, against what it was.
fn looks(name: &str, model: &mut Model, of: Size) -> Option<String> {
    let other = language();
    let only_looked_at = other.is_some();
    other.into_iter().for_each(|words| model.words = words);
    // Once is enough: the fonts stay loaded, for all threads.
    static LOADED: Once = Once::new();
    let settings = |fonts: &[&'static [u8]]| iced::Settings {
        fonts: fonts.iter().map(|f| Cow::Borrowed(*f)).collect(),
        default_font: FONT,
        default_text_size: size::BODY.into(),
        ..iced::Settings::default()
    };
    LOADED.call_once(|| {
        let nothing: Element<'_, Message> = space().into();
        drop(Simulator::with_size(settings(&FONTS), of, nothing));
    });
    let mut ui: Simulator<'_, Message, Theme> =
        Simulator::with_size(settings(&[]), of, view(model));
    let picture = ui.snapshot(&model.prefs.scheme.theme()).unwrap();
    let kept = folder("snapshots").join(name);
    let file = kept.with_file_name(format!("{name}-tiny-skia.sha256"));
    if writing() {
        let _ = fs::remove_file(&file);
    }
    let known = file.exists() || writing();
    let same = only_looked_at || known && picture.matches_hash(&kept).unwrap();
    if same && !only_looked_at && !writing() {
        return None;
    }
    let seen = folder("../target/snapshots").join(name);
    let _ = fs::remove_file(seen.with_file_name(format!("{name}-tiny-skia.png")));
    picture.matches_image(&seen).unwrap();
    (!same).then(|| format!("{name}: see target/snapshots/{name}-tiny-skia.png"))
}

/// Dialogs while they wait, when that failed, and without a node.
#[test]
fn dialogs_that_cannot_go_on() {
    use dialog::Message as Do;
    let open = |first: Message, then: &[Message]| {
        let mut model = talking();
        model.update(first);
        for step in then {
            model.update(step.clone());
        }
        model
    };
    let text = format!("kith:invite:{}", "a1b2".repeat(12));
    let path = "/home/anna/report.pdf".to_owned();
    let looking = [Message::Dialog(Do::Text(text))];
    let sending = [Do::Path(path), Do::Send].map(Message::Dialog);
    let giving = [StandingDo::Application("xterm".into()), StandingDo::Go];
    let giving = giving.map(Message::Standing);
    let server = [
        ShareDo::Server(ServerDo::Place("5901".into())),
        ShareDo::Server(ServerDo::Password(Secret::new("q7Wm2-Zx".into()))),
        ShareDo::Go,
    ];
    let server = server.map(Message::Share);
    let dialogs: [(_, _, _, &[Message]); 6] = [
        (
            "standing",
            Tag::Given,
            Message::Standing(StandingDo::Open(Some(person(2)))),
            &giving,
        ),
        (
            "server",
            Tag::ShareDone,
            Message::Share(ShareDo::OfferServer(person(2))),
            &server,
        ),
        ("accept", Tag::Look, Message::Dialog(Do::Accept), &looking),
        ("file", Tag::FileSent, Message::Dialog(Do::File), &sending),
        ("nearby", Tag::Meet, Message::Meet(MeetDo::Look), &[]),
        (
            "safety",
            Tag::Safety,
            Message::Dialog(Do::Safety(person(2))),
            &[],
        ),
    ];
    let mut differ = Vec::new();
    for (name, tag, first, then) in dialogs {
        let mut look = |state, model: &mut Model| {
            differ.extend(looks(&format!("{name}-{state}"), model, USUAL))
        };
        let mut model = open(first.clone(), then);
        look("waits", &mut model);
        let error = ApiError::new(Code::Storage, "the disk can’t be read");
        answer(&mut model, tag.clone(), Err(error));
        look("failed", &mut model);
        let mut model = open(first, then);
        model.update(Message::Link(News::Lost));
        answer(&mut model, tag, Err(ApiError::new(Code::Unreachable, "")));
        look("offline", &mut model);
    }
    assert!(differ.is_empty(), "{differ:#?}");
}

/// Each of these in light and dark, and with everything twice as large.
fn all_look(screens: Vec<(&str, Model)>) {
    let mut differ = Vec::new();
    for (name, mut model) in screens {
        differ.extend(looks(&format!("{name}-light"), &mut model, USUAL));
        differ.extend(looks(&format!("{name}-twice"), &mut model, TWICE));
        model.prefs.scheme = Scheme::Dark;
        differ.extend(looks(&format!("{name}-dark"), &mut model, USUAL));
    }
    assert!(differ.is_empty(), "{differ:#?}");
}

fn on_page(page: Page, reply: Reply) -> Model {
    let mut model = at_home();
    model.update(Message::Home(HomeDo::Page(page)));
    answer(&mut model, Tag::Page(page), Ok(reply));
    model
}

fn failed(page: Page) -> Model {
    let mut model = at_home();
    model.update(Message::Home(HomeDo::Page(page)));
    let error = ApiError::new(Code::Storage, "the disk can’t be read");
    answer(&mut model, Tag::Page(page), Err(error));
    model
}

fn sharing(control: &str) -> Model {
    let mut model = talking();
    model.update(Message::Home(HomeDo::Panel));
    event(
        &mut model,
        Event::Share(a_share(SharePart::Sharer, SharePhase::Running, control)),
    );
    model
}

#[test]
fn before_there_is_a_conversation() {
    let with = |news: Option<News>| {
        let mut model = fresh();
        news.into_iter()
            .for_each(|n| drop(model.update(Message::Link(n))));
        model
    };
    let mut nobody = with(Some(News::Connected));
    let (contacts, rooms) = (Vec::new(), Vec::new());
    let status = status();
    event(
        &mut nobody,
        Event::Snapshot {
            status,
            contacts,
            rooms,
        },
    );
    let mut keyring = with(Some(News::NoProfile));
    keyring.update(Message::First(first::Message::Protect(
        first::Protect::Keyring,
    )));
    let from = |from| {
        let mut model = with(Some(News::NoProfile));
        model.update(Message::First(first::Message::From(from)));
        model
    };
    all_look(vec![
        ("restore", from(first::Source::Backup)),
        ("recover", from(first::Source::Sheet)),
        ("opening", with(None)),
        ("first", with(Some(News::NoProfile))),
        ("keyring", keyring),
        ("unlock", with(Some(News::NeedsPassphrase { wrong: true }))),
        (
            "broken",
            with(Some(News::Failed("there is no room left".into()))),
        ),
        ("nobody", nobody),
    ]);
}

#[test]
fn conversations() {
    let mut offline = talking();
    offline.update(Message::Link(News::Lost));
    let mut silent = talking();
    silent.update(Message::Link(News::Silent));
    let mut panel = talking();
    panel.update(Message::Home(HomeDo::Panel));
    event(&mut panel, Event::Features(on::features()));
    all_look(vec![
        ("list", at_home()),
        ("talk", talking()),
        ("offline", offline),
        ("silent", silent),
        ("panel", panel),
        ("marked", marked()),
        ("long", long()),
        ("company", on::in_company(person_ref(1, "Anna Berg"))),
        ("company-other", on::in_company(person_ref(3, "Cem"))),
    ]);
}

/// What can be done with a message, and what was said of it without words; a
/// name to be careful with; what waits for the other side.
fn marked() -> Model {
    let mut model = talking();
    let file = |id, mine| kith_api::Message {
        content: Content::File {
            name: "Report.pdf".into(),
            size: 1_234_567,
            state: FileState::Here,
        },
        reactions: ["👍", "❤", "😂", "😮", "🙏", "✅"]
            .map(|sign| (sign.to_owned(), vec!["Anna".to_owned()]))
            .into(),
        ..message(2, id, mine, "")
    };
    for (id, mine) in [(4, Mine::No), (5, Mine::Yes)] {
        event(&mut model, Event::Message(file(id, mine)));
    }
    let long = "A long message that would fill the line if it had all of it for itself, and more.";
    event(&mut model, Event::Message(message(2, 6, Mine::Yes, long)));
    model.update(Message::Thread(ThreadDo::Pick { up: true }));
    let theirs = message(2, 4, Mine::No, "").id;
    model.update(Message::Thread(ThreadDo::Reacting(theirs)));
    for (n, state) in [(2, ContactState::Contact), (3, ContactState::Asks)] {
        let alike = Contact {
            warnings: vec![Warning {
                code: "look-alike".into(),
                words: "the name looks like Anna, who is somebody else".into(),
                about: "Anna".into(),
            }],
            ..contact(n, "Anna Berg", state)
        };
        event(&mut model, Event::Contact(alike));
    }
    let waits = a_share(SharePart::Sharer, SharePhase::Waiting, "nothing");
    event(&mut model, Event::Share(waits));
    model
}

/// Names and texts that are longer than what they stand in.
fn long() -> Model {
    let mut model = talking();
    let name = "Dr. Maximiliane Friederike von Hohenstein-Oberlangenau (Radiology)";
    let mut ben = contact(2, name, ContactState::Contact);
    ben.reach = Reach::Online {
        presence: PresenceState::Busy,
        via: format!("through the laptop of {name}"),
        relay: Some(name.into()),
    };
    event(&mut model, Event::Contact(ben));
    event(&mut model, Event::Room(a_room(2, name, 120, NOON)));
    let mut share = a_share(SharePart::Sharer, SharePhase::RunningAsked, "application");
    share.person.name = name.into();
    share.applications = vec!["libreoffice-writer-with-a-very-long-name".into(); 3];
    share.without_panic_key = true;
    share.answered_at_screen = true;
    event(&mut model, Event::Share(share));
    model.update(Message::Home(HomeDo::Panel));
    model
}

#[test]
fn sharing_and_being_shown_something() {
    let mut asked = at_home();
    event(
        &mut asked,
        Event::Share(a_share(SharePart::Viewer, SharePhase::Asked, "nothing")),
    );
    // The longest words: control is asked for, somebody else has it.
    let mut german = sharing("application");
    german.words = Words::for_wish("de");
    let cem = ShareInfo {
        session: session(8),
        person: person_ref(3, "Cem"),
        wanted: Some("application".into()),
        answered_at_screen: true,
        ..a_share(SharePart::Sharer, SharePhase::RunningAsked, "nothing")
    };
    event(&mut german, Event::Share(cem));
    let mut page = sharing("application");
    page.update(Message::Home(HomeDo::Page(Page::Shares)));
    let mut over = at_home();
    over.update(Message::Home(HomeDo::Page(Page::Shares)));
    event(
        &mut over,
        Event::Share(a_share(SharePart::Viewer, SharePhase::Over, "nothing")),
    );
    let mut none = at_home();
    none.update(Message::Home(HomeDo::Page(Page::Shares)));
    let mut watching = talking();
    watching.update(Message::Home(HomeDo::Panel));
    event(
        &mut watching,
        Event::Share(a_share(SharePart::Viewer, SharePhase::Running, "nothing")),
    );
    all_look(vec![
        ("seen", sharing("nothing")),
        ("controlled", sharing("application")),
        ("asked", asked),
        ("asked-german", german),
        ("shares", page),
        ("shares-over", over),
        ("shares-none", none),
        ("watching", watching),
    ]);
}

#[test]
fn pages() {
    let mut coming = at_home();
    coming.update(Message::Home(HomeDo::Page(Page::Log)));
    let mut german_log = on_page(Page::Log, Reply::Audit(on::a_log()));
    german_log.words = Words::for_wish("de");
    let findings = [Level::Good, Level::Limited, Level::Bad].map(|level| Finding {
        code: "x".into(),
        level,
        message: "UDP is blocked on this network".into(),
        hint: Some("a contact with an open port could relay".into()),
        about: Vec::new(),
    });
    let mut agreed = at_home();
    agreed.update(Message::Home(HomeDo::Page(Page::Agreed)));
    let consents = vec![on::a_consent(Some("panic")), on::a_consent(None)];
    answer(&mut agreed, Tag::Consents, Ok(Reply::Consents(consents)));
    let limits = (1..4).map(on::a_limit).collect();
    event(&mut agreed, Event::Limits(limits));
    let mut inputs = at_home();
    inputs.update(Message::Home(HomeDo::Page(Page::Agreed)));
    answer(&mut inputs, Tag::Consents, Ok(Reply::Consents(Vec::new())));
    event(&mut inputs, Event::Limits(Vec::new()));
    let enrolled = on::inputs(&[InputKind::Keyboard]);
    answer(&mut inputs, Tag::Inputs, Ok(Reply::Inputs(enrolled)));
    answer(
        &mut inputs,
        Tag::Accounts,
        Ok(Reply::Accounts(on::accounts())),
    );
    let mut settings = at_home();
    settings.update(Message::Home(HomeDo::Page(Page::Settings)));
    settings.languages = &LANGUAGES[..2];
    let setting = |key: &str, value: &str, from: &str| Setting {
        key: key.into(),
        value: value.into(),
        from: from.into(),
        help: String::new(),
    };
    let all = vec![
        setting("port", "0", "default"),
        setting("mdns", "on", "file"),
    ];
    answer(&mut settings, Tag::Config, Ok(Reply::Config(all)));
    all_look(vec![
        (
            "rules-none",
            on_page(Page::Rules, Reply::Policies(Vec::new())),
        ),
        ("log-coming", coming),
        ("log-failed", failed(Page::Log)),
        ("log-german", german_log),
        (
            "diagnosis",
            on_page(Page::Diagnosis, Reply::Doctor(findings.into())),
        ),
        ("agreed", agreed),
        ("inputs", inputs),
        ("settings", settings),
        ("rules", on::with_rules()),
    ]);
}

#[test]
fn dialogs() {
    let with = |message: Message| {
        let mut model = talking();
        model.update(message);
        model
    };
    let open = |d| with(Message::Dialog(d));
    let own = message(2, 2, Mine::Yes, "").id;
    let mut file = open(dialog::Message::File);
    file.update(Message::Dialog(dialog::Message::Listed(
        None,
        Ok(on::a_folder()),
    )));
    let mut invite = open(dialog::Message::Invite);
    answer(&mut invite, Tag::Invite, Ok(Reply::Invite(on::an_invite())));
    let other = Invite {
        id: "2".into(),
        ..on::an_invite()
    };
    answer(&mut invite, Tag::Invites, Ok(Reply::Invites(vec![other])));
    let mut known = with(Message::Known(KnownDo::Open(person(2))));
    let presence = PresenceInfo {
        state: PresenceState::Available,
        audience: Audience::Contacts,
        ids: Vec::new(),
        tell_me: Vec::new(),
    };
    answer(&mut known, Tag::Known, Ok(Reply::Presence(presence)));
    let mut nearby = with(Message::Meet(MeetDo::Look));
    let nobody = Nearby {
        open_until_ms: None,
        people: Vec::new(),
    };
    answer(&mut nearby, Tag::Meet, Ok(Reply::Nearby(nobody)));
    let keep = |step| with(Message::Keep(step));
    let mut sheet = keep(KeepDo::Open(What::Sheet));
    let path = "/home/anna/Downloads/kith-recovery-sheet.txt".into();
    sheet.update(Message::Keep(KeepDo::Kept(Ok(path))));
    let mut card = keep(KeepDo::Card);
    answer(&mut card, Tag::Card, Ok(Reply::Card(on::a_card())));
    let mut policy = with(Message::Carried(CarriedDo::Open));
    let look = PolicyLook {
        org: id::OrgId::from_bytes([4; 32]),
        name: "Clinic North".into(),
        joined: Joining::No,
        my_role: None,
    };
    answer(&mut policy, Tag::Policied, Ok(Reply::PolicyLook(look)));
    let members = |deed| {
        let mut model = on::in_company(person_ref(1, "Anna Berg"));
        let emma = contact(6, "Emma", ContactState::Contact);
        event(&mut model, Event::Contact(emma));
        model.update(Message::Members(MembersDo::Open(room(8), deed)));
        model
    };
    all_look(vec![
        ("backup", keep(KeepDo::Open(What::Backup))),
        ("sheet", sheet),
        ("card", card),
        ("policy", policy),
        ("signing", on::to_be_signed()),
        ("members-invite", members(Deed::Invite(Some(person(6))))),
        ("members-remove", members(Deed::Remove(person(2)))),
        ("invite", invite),
        ("accept", open(dialog::Message::Accept)),
        ("new-room", open(dialog::Message::Room)),
        ("delete", with(Message::Thread(ThreadDo::Delete(own)))),
        (
            "remove",
            with(Message::Home(HomeDo::Ask(Sure::Remove(person(2))))),
        ),
        ("parted", on::parted()),
        ("keys", open(dialog::Message::Keys)),
        ("file", file),
        ("carried", with(Message::Carried(CarriedDo::Open))),
        ("known", known),
        ("nearby", nearby),
    ]);
}

#[test]
fn dialogs_of_sharing() {
    let with = |message: Message| {
        let mut model = talking();
        model.update(message);
        model
    };
    let mut offer = with(Message::Share(ShareDo::Offer(
        person(2),
        ShareLevel::Control,
    )));
    answer(&mut offer, Tag::Windows, Ok(Reply::Windows(on::windows())));
    let mut part = with(Message::Share(ShareDo::Offer(person(2), ShareLevel::View)));
    let mut placed = on::windows();
    for (window, x) in placed.iter_mut().zip([300, 1500]) {
        (window.x, window.y) = (x, 200);
    }
    answer(&mut part, Tag::Windows, Ok(Reply::Windows(placed)));
    part.update(Message::Share(ShareDo::Kind(Kind::Region)));
    let screens = vec![(0, 0, 1920, 1080), (1920, 180, 1280, 900)];
    answer(&mut part, Tag::Screens, Ok(Reply::Screens(screens)));
    let area = (400, 300, 900, 500);
    part.update(Message::Share(ShareDo::Part(area)));
    let mut pressed = with(Message::Share(ShareDo::Offer(person(2), ShareLevel::View)));
    answer(&mut pressed, Tag::Windows, Ok(Reply::MustBePressed));
    let mut limits = with(Message::Share(ShareDo::Offer(
        person(2),
        ShareLevel::Control,
    )));
    event(&mut limits, Event::Limits(vec![on::a_limit(2)]));
    answer(&mut limits, Tag::Windows, Ok(Reply::Windows(Vec::new())));
    let bounds = [BoundsDo::Open, BoundsDo::Bar("menus")];
    for step in bounds {
        limits.update(Message::Share(ShareDo::Bounds(step)));
    }
    all_look(vec![
        ("offer", offer),
        ("part", part),
        ("offer-pressed", pressed),
        ("limits", limits),
    ]);
}

#[test]
fn dialogs_of_sharing_in_particular() {
    let with = |message: Message| {
        let mut model = talking();
        model.update(message);
        model
    };
    let mut standing = with(Message::Standing(StandingDo::Open(Some(person(2)))));
    let open = Ok(Reply::Windows(on::windows()));
    answer(&mut standing, Tag::Applications, open);
    let name = StandingDo::Application("xterm".into());
    let steps = [name, StandingDo::Level(ShareLevel::Control)];
    for step in steps {
        standing.update(Message::Standing(step));
    }
    let mut server = with(Message::Share(ShareDo::OfferServer(person(2))));
    answer(
        &mut server,
        Tag::Accounts,
        Ok(Reply::Accounts(on::accounts())),
    );
    let password = ServerDo::Password(Secret::new("q7Wm2-Zx".into()));
    server.update(Message::Share(ShareDo::Server(password)));
    let mut see = with(Message::Share(ShareDo::JoinWhat(person(2))));
    see.update(Message::Share(ShareDo::See(See::Application)));
    let mut own = on::with_rules();
    own.update(Message::Own(OwnDo::Open));
    own.update(Message::Own(OwnDo::Person(person(2))));
    all_look(vec![
        ("own", own),
        ("standing", standing),
        ("server", server),
        ("see", see),
    ]);
}
