//! The first run, a profile that is closed, and looks.

use super::super::Begin;
use super::super::first::Paper;
use super::*;
use crate::screens::tests::features;

#[test]
fn the_first_run_asks_for_a_name_and_the_same_passphrase_twice() {
    let mut model = fresh();
    model.update(Message::Link(News::NoProfile));
    let wrong = |model: &mut Model| {
        model.update(Message::First(FirstDo::Go));
        let Stage::First(first) = &model.stage else {
            panic!("{:?}", model.stage)
        };
        first.wrong.clone()
    };
    let key = |key| Some(Wrong::Key(key));
    assert_eq!(wrong(&mut model), key("first-name-missing"));
    model.update(Message::First(FirstDo::Name(" Anna ".into())));
    assert_eq!(wrong(&mut model), key("first-too-short"));
    let typed = |t: &str| zeroize::Zeroizing::new(t.to_owned());
    model.update(Message::First(FirstDo::Passphrase(typed("correct horse"))));
    assert_eq!(wrong(&mut model), key("first-differ"));
    model.update(Message::First(FirstDo::Again(typed("correct horse"))));
    let effects = model.update(Message::First(FirstDo::Go));
    let secret = Secret::new("correct horse".into());
    assert_eq!(
        effects,
        [Effect::Create(Begin::New(
            "Anna".into(),
            Some(secret),
            Paper::Later
        ))]
    );
    // Once is enough.
    assert!(model.update(Message::First(FirstDo::Go)).is_empty());
    // It failed: what was typed is still there.
    model.update(Message::Link(News::Failed("the disk is full".into())));
    assert!(matches!(&model.stage, Stage::First(f) if f.name == " Anna " && !f.busy));
}

#[test]
fn a_closed_profile_wants_its_passphrase_and_says_when_it_is_wrong() {
    let mut model = fresh();
    model.update(Message::Link(News::NeedsPassphrase { wrong: false }));
    assert!(
        model.update(Message::First(FirstDo::Go)).is_empty(),
        "nothing was typed"
    );
    let typed = zeroize::Zeroizing::new("open".to_owned());
    model.update(Message::First(FirstDo::Passphrase(typed)));
    let effects = model.update(Message::First(FirstDo::Go));
    assert_eq!(effects, [Effect::Run(Some(Secret::new("open".into())))]);
    model.update(Message::Link(News::NeedsPassphrase { wrong: true }));
    assert!(matches!(&model.stage, Stage::Unlock(u) if u.wrong && u.passphrase.is_empty()));
}

#[test]
fn a_node_that_is_locked_is_opened_through_its_socket() {
    let mut model = at_home();
    let locked = Status {
        lock: LockState::Locked,
        ..status()
    };
    let effects = event(&mut model, Event::Status(locked));
    assert_eq!(effects, [Effect::Focus(PASSPHRASE)], "keys go nowhere");
    let typed = zeroize::Zeroizing::new("open".to_owned());
    model.update(Message::First(FirstDo::Passphrase(typed)));
    let effects = model.update(Message::First(FirstDo::Go));
    assert!(matches!(asked(&effects)[..], [Request::Unlock { .. }]));
    event(&mut model, Event::Status(status()));
    assert!(matches!(model.stage, Stage::Home));
}

/// ID-7: also when it was locked before this program came.
#[test]
fn a_node_that_was_locked_before_asks_for_its_passphrase() {
    let mut model = fresh();
    let locked = Status {
        lock: LockState::Locked,
        ..status()
    };
    let effects = event(&mut model, Event::Status(locked));
    assert!(matches!(&model.stage, Stage::Unlock(u) if u.running));
    assert_eq!(effects, [Effect::Focus(PASSPHRASE)]);
}

/// Whether anybody is shown to be here.
fn someone_here(model: &Model) -> bool {
    let home = &model.home;
    home.contacts.iter().any(|c| home.is_here(c))
}

#[test]
fn a_node_that_went_away_leaves_everything_to_be_seen() {
    let mut model = talking();
    event(&mut model, Event::Features(features()));
    assert!(someone_here(&model));
    model.update(Message::Link(News::Lost));
    assert_eq!(model.home.node, Node::Away);
    assert_eq!(thread(&model).messages.len(), 3);
    // What only a node knows isn't shown as if it still held (DISC-4, CAP-2).
    assert!(!someone_here(&model));
    assert!(model.home.features.is_empty());
    assert_eq!(model.update(Message::Retry), [Effect::Run(None)]);
}

#[test]
fn a_node_that_does_not_answer_is_told_from_one_that_is_away() {
    let mut model = talking();
    model.update(Message::Link(News::Silent));
    assert_eq!(model.home.node, Node::Silent);
    // Nothing is forgotten, and nobody is shown to be here (DISC-4).
    assert!(!someone_here(&model));
    model.update(Message::Link(News::Answers));
    assert_eq!(model.home.node, Node::Here);
    assert!(someone_here(&model));
    // What is away isn't made to be there by an old sign.
    model.update(Message::Link(News::Lost));
    for news in [News::Silent, News::Answers] {
        model.update(Message::Link(news));
        assert_eq!(model.home.node, Node::Away);
    }
}

#[test]
fn looks_are_kept_as_text() {
    let mut model = fresh();
    model.update(Message::Prefs(Change::Flip));
    model.update(Message::Prefs(Change::Scale(-500)));
    model.update(Message::Prefs(Change::Language("de")));
    assert_eq!(model.prefs.language.as_deref(), Some("de"));
    assert_eq!(Prefs::read(&model.prefs.write()), model.prefs);
    assert_eq!(model.prefs.scale.get(), 70);
    assert_eq!(model.words.code(), "de");
    assert_eq!(
        Prefs::read("scale = lots\nlanguage = tlh\n=\n"),
        Prefs::default()
    );
}

/// UI-1: Kith's own windows on the screen go by the program's language and size,
/// unless something else was said for them.
#[test]
fn kiths_own_windows_follow_the_program() {
    let set = |effects: &[Effect]| -> Vec<(String, String)> {
        let sets = effects.iter().filter_map(|e| match e {
            Effect::Ask(_, _, Request::ConfigSet { key, value }) => {
                Some((key.clone(), value.clone()?))
            }
            _ => None,
        });
        sets.collect()
    };
    let pair = |key: &str, value: &str| vec![(key.to_owned(), value.to_owned())];
    let mut model = fresh();
    // Before there is a node, nobody can be told.
    let german = Message::Prefs(Change::Language("de"));
    assert!(set(&model.update(german.clone())).is_empty());
    let asks = model.update(Message::Link(News::Connected));
    let config = |e: &Effect| matches!(e, Effect::Ask(_, _, Request::Config));
    assert!(asks.iter().any(config), "{asks:?}");
    let said = |from: &str| {
        let setting = |key: &str| Setting {
            key: key.into(),
            value: "system".into(),
            from: from.into(),
            help: String::new(),
        };
        Ok(Reply::Config(vec![setting("language"), setting("scale")]))
    };
    let told = answer(&mut model, Tag::Config, said("default"));
    assert_eq!(set(&told), pair("language", "de"));
    assert!(set(&answer(&mut model, Tag::Config, said("file"))).is_empty());
    // From then on every change is told.
    assert_eq!(set(&model.update(german)), pair("language", "de"));
    let larger = model.update(Message::Prefs(Change::Scale(10)));
    assert_eq!(set(&larger), pair("scale", "110"));
}
