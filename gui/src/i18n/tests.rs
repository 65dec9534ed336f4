use super::*;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

fn keys(words: &str) -> BTreeSet<&str> {
    words
        .lines()
        .filter_map(|line| line.split_once(" ="))
        .map(|(key, _)| key)
        .filter(|key| !key.starts_with([' ', '#', '*', '[']))
        .collect()
}

#[test]
fn every_file_of_words_is_sound() {
    for (code, _, words) in LANGUAGES {
        if let Err((_, errors)) = FluentResource::try_new(words.to_owned()) {
            panic!("{code}: {errors:?}");
        }
    }
}

/// Families of codes for which a node brings the English words.
const NODE_SAYS: [&str; 14] = [
    "away-", "via-", "reason-", "hint-", "ended-", "verdict-", "outcome-", "setting-", "finding-",
    "audit-", "error-", "imported", "warning-", "says-",
];

fn of_node(key: &str) -> bool {
    NODE_SAYS.iter().any(|f| key.starts_with(f))
}

#[test]
fn what_a_node_says_in_english_is_translated_into_every_other_language() {
    let of_node = |words| -> BTreeSet<&str> {
        let all = keys(words).into_iter();
        all.filter(|k| of_node(k)).collect()
    };
    let first = of_node(LANGUAGES[1].2);
    assert!(first.len() > 70);
    // In English only what a node would say as a command.
    let buttons = of_node(LANGUAGES[0].2);
    assert!(buttons.is_subset(&first));
    assert!(buttons.iter().all(|k| k.starts_with("finding-hint-")));
    for (code, _, words) in &LANGUAGES[2..] {
        assert_eq!(of_node(words), first, "{code}");
    }
    assert!(Words::for_wish("en").maybe("ended-stopped", &[]).is_none());
    let why = Words::for_wish("de").maybe("ended-stopped", &[]);
    assert_eq!(why.as_deref(), Some("jemand hat es beendet"));
}

/// The codes that a part of a node's source gives, from here to the end of its
/// first function or list: `=> "code"` and `= 1, "code"`.
fn codes(file: &str, from: &str) -> BTreeSet<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../node")
        .join(file);
    let source = fs::read_to_string(path).unwrap();
    let (_, part) = source.split_once(from).unwrap();
    // A list ends in the first column, a function in the fifth; other functions
    // of theirs say words.
    let part = part.split("\n}").next().unwrap();
    let said = |line: &&str| !line.trim_start().starts_with("//");
    let part = part.lines().filter(said).collect::<Vec<_>>().join("\n");
    let function = part.split_once("-> &'static str {");
    let part = function.map_or(part.as_str(), |(_, body)| body);
    let part = part.split("\n    }\n").next().unwrap();
    let quoted = part.split('"').skip(1).step_by(2);
    // The rest are words.
    let quoted = quoted.filter(|text| !text.contains(' '));
    let all: BTreeSet<String> = quoted.map(str::to_owned).collect();
    assert!(all.len() > 3, "{file}, {from:?}: {all:?}");
    all
}

/// UI-6: whatever code a node gives, there are words for it in every language
/// but English, which the node speaks itself.
#[test]
fn every_code_of_a_node_has_words() {
    let mut families: Vec<(&str, BTreeSet<String>)> = [
        ("reason-", "proto/src/policy/explain.rs", "impl Unusable"),
        ("reason-", "proto/src/policy/explain.rs", "impl Source"),
        ("reason-", "proto/src/standing/words.rs", "fn code("),
        (
            "reason-",
            "proto/src/capability/possible.rs",
            "enum Impossible",
        ),
        ("reason-", "src/env/offers.rs", "impl WhyNot"),
        ("ended-", "proto/src/session/reason.rs", "enum Reason"),
        ("outcome-", "proto/src/paths.rs", "impl Failure"),
        ("verdict-", "proto/src/paths.rs", "impl Verdict"),
        ("away-", "src/node/words.rs", "impl Away"),
        ("warning-", "src/node/people.rs", "fn warnings("),
        ("warning-", "src/node/titles.rs", "fn title_warnings("),
        ("happened-", "src/node/happened.rs", "fn happened("),
        ("says-party-", "src/org/words.rs", "fn of_party("),
        ("says-powers-", "proto/src/policy/roles.rs", "enum Power"),
        ("says-scope-", "proto/src/rights.rs", "fn name("),
        ("says-stage-", "proto/src/policy/explain.rs", "impl Stage"),
        ("says-without-", "proto/src/rights.rs", "enum Right;"),
        ("demand-", "proto/src/policy/cap.rs", "enum Duty"),
        ("role-", "proto/src/policy/roles.rs", "enum Role"),
    ]
    .map(|(family, file, from)| (family, codes(file, from)))
    .into();
    let errors = kith_api::Code::ALL.map(|c| c.name().to_owned());
    families.push(("error-", errors.into()));
    families.push(("finding-", given(&["finding("])));
    let sentences = ["Sentence::new(", "in_days(", "signing("];
    families.push(("says-", given(&sentences)));
    let settings = keys(LANGUAGES[1].2).into_iter();
    let settings = settings.filter_map(|key| key.strip_prefix("setting-"));
    families.push(("config-name-", settings.map(str::to_owned).collect()));
    for (code, _, words) in &LANGUAGES[1..] {
        let known = keys(words);
        for (family, codes) in &families {
            let lacks = |c: &&String| !known.contains(format!("{family}{c}").as_str());
            let missing: Vec<_> = codes.iter().filter(lacks).collect();
            assert!(missing.is_empty(), "{code}: {family}: {missing:?}");
        }
    }
}

/// The codes that these functions of a node are given.
fn given(functions: &[&str]) -> BTreeSet<String> {
    let node = Path::new(env!("CARGO_MANIFEST_DIR")).join("../node/src");
    let mut source = String::new();
    sources(&node, &mut source);
    let given = functions.iter().flat_map(|f| source.split(f).skip(1));
    let quoted = given.filter_map(|rest| rest.trim_start().strip_prefix('"'));
    let all: BTreeSet<String> = quoted
        .filter_map(|rest| rest.split('"').next())
        .map(str::to_owned)
        .collect();
    assert!(all.len() > 20, "{all:?}");
    all
}

#[test]
fn every_language_says_the_same_things() {
    let own = |words| {
        let mut all = keys(words);
        all.retain(|key| !of_node(key));
        all
    };
    let english = own(LANGUAGES[0].2);
    for (code, _, words) in LANGUAGES {
        let these = own(words);
        let missing: Vec<_> = english.difference(&these).collect();
        let unknown: Vec<_> = these.difference(&english).collect();
        assert!(
            missing.is_empty() && unknown.is_empty(),
            "{code}: {missing:?} {unknown:?}"
        );
    }
}

/// What stands in the place of something in a sentence: `$name`.
fn places(words: &'static str) -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    let mut all: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    let mut key = "";
    for line in words.lines().filter(|l| !l.starts_with('#')) {
        if let Some((name, _)) = line
            .split_once(" =")
            .filter(|_| !line.starts_with([' ', '*', '[']))
        {
            key = name;
        }
        let named = |part: &'static str| {
            let end = part.find(|c: char| !c.is_ascii_alphanumeric());
            &part[..end.unwrap_or(part.len())]
        };
        let here = line.split('$').skip(1).map(named);
        all.entry(key).or_default().extend(here);
    }
    all
}

#[test]
fn every_language_names_the_same_things_in_each_sentence() {
    let english = places(LANGUAGES[0].2);
    assert!(english["live-sees"].is_superset(&BTreeSet::from(["names", "what"])));
    for (code, _, words) in &LANGUAGES[1..] {
        let these = places(words);
        for (key, named) in &english {
            assert_eq!(these.get(key), Some(named), "{code}: {key}");
        }
    }
    // What a node brings the English words for is compared among the others.
    let german = places(LANGUAGES[1].2);
    for (code, _, words) in &LANGUAGES[2..] {
        let these = places(words);
        for (key, named) in german.iter().filter(|(k, _)| of_node(k)) {
            assert_eq!(these.get(key), Some(named), "{code}: {key}");
        }
    }
}

fn sources(folder: &Path, out: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => sources(&path, out),
            false if !path.ends_with("i18n/tests.rs") => {
                out.push_str(&fs::read_to_string(&path).unwrap());
            }
            false => {}
        }
    }
}

#[test]
fn every_sentence_is_used_and_every_use_has_one() {
    let mut source = String::new();
    sources(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut source,
    );
    let english = keys(LANGUAGES[0].2);
    for call in [".t(\"", ".with(\"", ".with(\n", "tr(\""] {
        for (at, _) in source.match_indices(call) {
            let key = source[at + call.len()..]
                .trim_start()
                .trim_start_matches('"');
            let key = key.split('"').next().unwrap();
            if key.contains('{')
                || call.contains('\n') && !source[at + call.len()..].trim_start().starts_with('"')
            {
                continue;
            }
            assert!(english.contains(key), "nothing is said for {key:?}");
        }
    }
    // Families of codes that come from the node are looked up by name.
    let families = [
        "state-",
        "kind-",
        "extent-",
        "phase-",
        "over-",
        "setting-",
        "bar-",
        "held-",
        "case-",
        "demand-",
        "device-",
        "way-",
        "role-",
        "happened-",
        "config-name-",
        "finding-hint-",
    ];
    for key in english {
        let used =
            source.contains(&format!("\"{key}\"")) || families.iter().any(|f| key.starts_with(f));
        assert!(used, "{key:?} is never said");
    }
}

#[test]
fn numbers_follow_the_rules_of_the_language() {
    let words = Words::for_wish("de_AT.UTF-8");
    assert_eq!(words.code(), "de");
    let n = |n: i64| words.with("found", &[("n", n.into())]);
    assert_ne!(n(1), n(2).replace('2', "1"));
    assert_eq!(Words::for_wish("zh_TW").code(), "zh-CN");
    assert_eq!(Words::for_wish("fr_FR").code(), "en");
}

/// UI-6: by a code, with the names in it; of oneself nobody says “came in”; and a
/// command isn't said where there is a button.
#[test]
fn what_has_a_code_is_said_in_the_readers_language() {
    use crate::state::tests::message;
    use kith_api::{Content, Happened, Level};

    let german = Words::for_wish("de");
    let alike = Warning {
        about: "Anna".into(),
        ..Warning::new("look-alike", "the name looks like Anna")
    };
    let said = german.warned(&alike);
    assert!(said.contains("Anna") && !said.contains("looks"), "{said}");
    let away = Finding {
        code: "kept-apart".into(),
        level: Level::Limited,
        message: "These are apart: Ben, Cem.".into(),
        hint: Some("“kith config router on”".into()),
        about: vec!["Ben".into(), "Cem".into()],
    };
    let said = german.found(&away);
    assert!(
        said.contains("Ben, Cem") && !said.contains("apart"),
        "{said}"
    );
    assert_eq!(Words::for_wish("en").helps(&away), None);
    assert!(german.helps(&away).is_some());
    let rule = crate::screens::tests::a_rule();
    let said = german.sentence(&rule);
    assert_eq!(
        said,
        "Regel 2 für Ben, mit auf der anderen Seite: alle mit der Rolle „Leitung“: \
         höchstens ein Fenster sehen, nichts steuern, ohne die Tastatur."
    );
    assert_eq!(Words::for_wish("en").sentence(&rule), rule.words);
    // One with less in it than is needed.
    let less = Sentence::new("rule", "in English");
    assert_eq!(german.sentence(&less), "in English");
    for (mine, says) in [(Mine::Yes, "You came in"), (Mine::No, "Ben came in")] {
        let mut came = message(2, 1, mine, "");
        let words = format!("{} came in", came.author.name);
        came.content = Content::Notice(words.clone());
        came.author.name = "Ben".into();
        came.happened = Some(Happened {
            code: "accepted".into(),
            about: String::new(),
        });
        assert_eq!(Words::for_wish("en").happened(&came, &words), says);
    }
}
