//! What is kept outside of this device, and coming back with it.

use std::path::PathBuf;

use super::*;
use crate::state::Begin;
use crate::state::carried::Message as Carried;
use crate::state::first::Paper;
use crate::state::keep::{self, Message as Keep, What};

fn settings() -> Model {
    let mut model = at_home();
    model.update(Message::Home(HomeDo::Page(Page::Settings)));
    model
}

/// ID-5: a backup has a passphrase of its own, typed twice, and is written by
/// the node.
#[test]
fn a_backup_is_written() {
    let mut model = settings();
    press(&mut model, "Backup …");
    press(&mut model, "Write it");
    shows(&model, &["The passphrase needs eight characters or more."]);
    type_into(&mut model, keep::PASSPHRASE, "correct horse");
    press(&mut model, "Write it");
    shows(&model, &["The two passphrases differ."]);
    type_into(&mut model, keep::AGAIN, "correct horse");
    type_into(&mut model, keep::WHERE, "/media/stick");
    let effects = press(&mut model, "Write it");
    let secret = Secret::new("correct horse".into());
    let wanted = Effect::Keep(What::Backup, "/media/stick".into(), Some(secret));
    assert_eq!(effects, [wanted]);
    let path = PathBuf::from("/media/stick/kith-backup.kith");
    let full = ApiError::new(Code::Storage, "the disk is full");
    answer(&mut model, Tag::Kept(path.clone()), Err(full));
    shows(&model, &["the disk is full"]);
    press(&mut model, "Write it");
    answer(&mut model, Tag::Kept(path), Ok(Reply::Done));
    shows(&model, &["Saved as /media/stick/kith-backup.kith"]);
}

/// ID-6: who has no recovery sheet is told, and makes one; who had one made
/// with the profile is told where it is.
#[test]
fn a_recovery_sheet_is_made() {
    let mut model = settings();
    let none =
        "You have no recovery sheet: if you lose all devices, you have to meet everybody anew.";
    lacks(&model, &[none]);
    let mut me = model.home.me.clone().unwrap();
    me.sheet = Sheet::None;
    answer(&mut model, Tag::Me, Ok(Reply::Identity(me)));
    shows(&model, &[none]);
    press(&mut model, "Recovery sheet …");
    let effects = press(&mut model, "Make it");
    assert_eq!(effects, [Effect::Keep(What::Sheet, String::new(), None)]);
    model.update(Message::Keep(Keep::Kept(Err(first::Wrong::Key(
        "trouble-no-folder",
    )))));
    shows(&model, &["That is no folder."]);
    press(&mut model, "Make it");
    let path = || PathBuf::from("/home/anna/Downloads/kith-recovery-sheet.txt");
    model.update(Message::Keep(Keep::Kept(Ok(path()))));
    let said = "Saved as /home/anna/Downloads/kith-recovery-sheet.txt";
    shows(&model, &[said]);
    let mut model = fresh();
    model.update(Message::Link(News::Printed(path())));
    model.update(Message::Link(News::Connected));
    shows(&model, &["A recovery sheet", said]);
}

/// ID-3: digits, words and a code, shown and to be printed.
#[test]
fn my_card_is_shown_and_saved() {
    let mut model = settings();
    let effects = press(&mut model, "My card …");
    assert!(matches!(
        effects[..],
        [Effect::Ask(_, Tag::Card, Request::Card)]
    ));
    let lost = ApiError::new(Code::Storage, "the disk can’t be read");
    answer(&mut model, Tag::Card, Err(lost));
    press(&mut model, "Try again");
    answer(&mut model, Tag::Card, Ok(Reply::Card(a_card())));
    shows(&model, &["01234 56789", "tulip-river"]);
    let effects = press(&mut model, "Save, to print");
    let content = a_card().text.into_bytes();
    let name = "kith-card.txt".into();
    assert_eq!(effects, [Effect::Put(Package { name, content })]);
}

pub(crate) fn a_card() -> Card {
    Card {
        digits: "01234 56789".into(),
        words: "tulip-river".into(),
        code: "KITH:SAFETY1ABCDEFGHIJKLMNOP".into(),
        text: "Anna Berg\n01234 56789\n".into(),
    }
}

/// XFER-1: what is revoked travels as a file too.
#[test]
fn the_list_of_devices_is_saved_as_a_file() {
    let mut model = settings();
    let effects = press(&mut model, "List of devices as a file");
    assert!(matches!(
        effects[..],
        [Effect::Ask(_, Tag::Package, Request::ExportIdentity)]
    ));
}

/// ID-5, ID-6: a profile out of a backup, or by the recovery sheet.
#[test]
fn a_profile_is_made_out_of_what_was_kept() {
    let begun = || {
        let mut model = fresh();
        model.update(Message::Link(News::NoProfile));
        model
    };
    let mut model = begun();
    press(&mut model, "I have a backup");
    press(&mut model, "Begin");
    shows(&model, &["Please say where the file is."]);
    model.update(Message::Dropped("/media/b.kith".into()));
    type_into(&mut model, first::PASSPHRASE, "correct horse");
    let effects = press(&mut model, "Begin");
    let secret = || Secret::new("correct horse".into());
    let wanted = Begin::Restored("/media/b.kith".into(), secret());
    assert_eq!(effects, [Effect::Create(wanted)]);
    // What is wrong with the file is said, and can be mended.
    let why = "that isn’t a backup of Kith’s".to_owned();
    model.update(Message::Link(News::Failed(why.clone())));
    shows(&model, &[&why]);

    let mut model = begun();
    press(&mut model, "I have a recovery sheet");
    type_into(&mut model, first::FILE, "/media/b.kith");
    press(&mut model, "Begin");
    shows(&model, &["Please say where the recovery sheet is."]);
    type_into(&mut model, first::SHEET, "/media/sheet.txt");
    type_into(&mut model, first::PASSPHRASE, "correct horse");
    type_into(&mut model, first::AGAIN, "correct horse");
    let effects = press(&mut model, "Begin");
    let wanted = Begin::Recovered {
        sheet: "/media/sheet.txt".into(),
        from: "/media/b.kith".into(),
        name: None,
        passphrase: secret(),
    };
    assert_eq!(effects, [Effect::Create(wanted)]);

    let mut model = begun();
    type_into(&mut model, first::NAME, "Anna");
    press(&mut model, "Make a recovery sheet to print");
    type_into(&mut model, first::PASSPHRASE, "correct horse");
    type_into(&mut model, first::AGAIN, "correct horse");
    let effects = press(&mut model, "Begin");
    let wanted = Begin::New("Anna".into(), Some(secret()), Paper::Now);
    assert_eq!(effects, [Effect::Create(wanted)]);
}

/// POL-1: an organisation is joined by a person who has seen whose policy it
/// is; what else a file holds is taken in at once.
#[test]
fn a_policy_in_a_file_is_looked_at_before_one_joins() {
    let mut model = at_home();
    model.update(Message::Home(HomeDo::Page(Page::Rules)));
    press(&mut model, "A file by hand");
    let read = |model: &mut Model| {
        model.update(Message::Carried(Carried::Path("/media/p.kith".into())));
        press(model, "Take it in");
        model.update(Message::Carried(Carried::Read(Ok(vec![7]))));
        // Nothing that waits for signatures.
        let other = ApiError::new(Code::Invalid, "not to be signed");
        answer(model, Tag::Proposed, Err(other))
    };
    let effects = read(&mut model);
    let looks = |e: &[Effect]| matches!(e, [Effect::Ask(_, Tag::Policied, Request::Policy(PolicyRequest::Look { content }))] if *content == [7]);
    assert!(looks(&effects), "{effects:?}");
    let look = |joined, my_role: Option<&str>| PolicyLook {
        org: id::OrgId::from_bytes([4; 32]),
        name: "Clinic North".into(),
        joined,
        my_role: my_role.map(str::to_owned),
    };
    let says = |look| Ok(Reply::PolicyLook(look));
    answer(&mut model, Tag::Policied, says(look(Joining::No, None)));
    shows(&model, &["A policy of Clinic North"]);
    lacks(&model, &["It lists you: Sharer."]);
    read(&mut model);
    let listed = look(Joining::No, Some("sharer"));
    answer(&mut model, Tag::Policied, says(listed));
    shows(&model, &["It lists you: Sharer."]);
    let effects = press(&mut model, "Join it");
    let joins = |e: &Effect| matches!(e, Effect::Ask(_, Tag::Joined, Request::Policy(PolicyRequest::Install { content, joining: Joining::Yes })) if *content == [7]);
    assert!(effects.iter().any(joins), "{effects:?}");
    let denied = ApiError::new(Code::Denied, "somebody else controls this screen");
    answer(&mut model, Tag::Joined, Err(denied));
    shows(&model, &["somebody else controls this screen"]);
    // One that I belong to needs no question; nor does any other file.
    read(&mut model);
    let known = look(Joining::Yes, None);
    let effects = answer(&mut model, Tag::Policied, says(known));
    let import = |e: &[Effect]| matches!(e, [Effect::Ask(_, Tag::Imported, Request::Import { content })] if *content == [7]);
    assert!(import(&effects), "{effects:?}");
    let full = ApiError::new(Code::Storage, "the disk is full");
    answer(&mut model, Tag::Imported, Err(full));
    read(&mut model);
    let other = ApiError::new(Code::Invalid, "the file holds none");
    let effects = answer(&mut model, Tag::Policied, Err(other));
    assert!(import(&effects), "{effects:?}");
}

/// XFER-1: the log as a file.
#[test]
fn the_log_is_saved_as_a_file() {
    let mut model = at_home();
    model.update(Message::Home(HomeDo::Page(Page::Log)));
    let lost = ApiError::new(Code::Storage, "the disk can’t be read");
    answer(&mut model, Tag::Page(Page::Log), Err(lost));
    let again = press(&mut model, "Try again");
    assert!(again.iter().any(is_asked), "{again:?}");
    let (length, entries) = (0, Vec::new());
    let log = Reply::Audit(AuditPage { length, entries });
    answer(&mut model, Tag::Page(Page::Log), Ok(log));
    let effects = press(&mut model, "Save as a file");
    let export = |e: &Effect| {
        matches!(
            e,
            Effect::Ask(
                _,
                Tag::Package,
                Request::Audit(AuditRequest::Export { from: 0 })
            )
        )
    };
    assert!(effects.iter().any(export), "{effects:?}");
}
