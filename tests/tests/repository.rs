//! Rules of the repository itself: what the README promises exists, chapters
//! are alike, files stay short, and nothing of a developer's machine is in it.
#![forbid(unsafe_code)]
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a panic is a failed test"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use kith_tests::{Program, repository_files, root};

/// Lines a Rust file may have, tests too: one idea a file.
const LONGEST: usize = 600;

/// Files that may be longer, each with the reason.
const LONGER: &[(&str, &str)] = &[];

/// The headings of a chapter, in order: protocol-spec/README.md says what
/// stands under each.
const HEADINGS: &[&str] = &[
    "Status",
    "Purpose",
    "Terms",
    "Messages",
    "States",
    "Rules",
    "Errors",
    "Limits",
    "Example",
    "Security considerations",
    "Rationale",
    "Vectors",
    "Changes",
];

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn files_ending(end: &str) -> Vec<PathBuf> {
    repository_files()
        .into_iter()
        .filter(|path| path.to_string_lossy().ends_with(end))
        .collect()
}

/// The part of a Markdown text below one heading, without its subsections'
/// end: up to the next heading of the same or a higher level.
fn section<'a>(text: &'a str, heading: &str) -> Option<&'a str> {
    let level = heading.chars().take_while(|&c| c == '#').count();
    let start = text.match_indices(heading).map(|(at, _)| at).find(|&at| {
        (at == 0 || text[..at].ends_with('\n'))
            && text[at + heading.len()..]
                .lines()
                .next()
                .is_none_or(|rest| rest.trim().is_empty())
    })?;
    let body = &text[start + heading.len()..];
    let end = body
        .match_indices("\n#")
        .map(|(at, _)| at)
        .find(|&at| body[at + 1..].chars().take_while(|&c| c == '#').count() <= level)
        .unwrap_or(body.len());
    Some(&body[..end])
}

/// Crates by name, with their folder relative to the top.
fn members() -> BTreeMap<String, PathBuf> {
    let metadata = Program::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .dir(root())
        .ok();
    let metadata: serde_json::Value = serde_json::from_str(&metadata.stdout).expect("JSON");
    let top = PathBuf::from(metadata["workspace_root"].as_str().expect("a folder"));
    let packages = metadata["packages"].as_array().expect("packages");
    packages
        .iter()
        .map(|package| {
            let manifest = PathBuf::from(package["manifest_path"].as_str().expect("a path"));
            let folder = manifest.parent().expect("a folder");
            let folder = folder.strip_prefix(&top).expect("inside the workspace");
            (
                package["name"].as_str().expect("a name").to_owned(),
                folder.to_path_buf(),
            )
        })
        .collect()
}

/// The rows of the README's code map: crate → folder.
fn code_map(readme: &str) -> BTreeMap<String, PathBuf> {
    let map = section(readme, "## Code map").expect("the README has a code map");
    map.lines()
        .filter_map(|line| {
            let mut cells = line.split('|').skip(1).map(str::trim);
            let folder = cells.next()?.strip_prefix('`')?.strip_suffix('`')?;
            let name = cells.next()?.strip_prefix('`')?.strip_suffix('`')?;
            let invariant = cells.next()?;
            assert!(
                !invariant.is_empty(),
                "the code map says nothing about {name}"
            );
            Some((name.to_owned(), PathBuf::from(folder)))
        })
        .collect()
}

#[test]
fn the_code_map_and_the_workspace_are_the_same() {
    assert_eq!(
        code_map(&read("README.md")),
        members(),
        "left: README.md, \"Code map\"; right: the crates of the workspace"
    );
}

fn too_long(path: &str, lines: usize) -> bool {
    let exempt = LONGER.iter().any(|(listed, _)| *listed == path);
    lines > LONGEST && !exempt
}

#[test]
fn rust_files_are_short() {
    let mut wrong = Vec::new();
    for path in files_ending(".rs") {
        let name = path.to_string_lossy();
        let lines = read(&path).lines().count();
        if too_long(&name, lines) {
            wrong.push(format!("{name}: {lines} lines, at most {LONGEST}"));
        }
    }
    for (listed, reason) in LONGER {
        assert!(!reason.is_empty(), "{listed} is listed without a reason");
        if read(listed).lines().count() <= LONGEST {
            wrong.push(format!("{listed} is short now: take it off the list"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Mistakes between a fuzz crate's manifest and its files.
fn fuzz_mistakes(manifest: &str, exists: impl Fn(&str) -> bool, targets: &[String]) -> Vec<String> {
    let manifest: toml::Table = manifest.parse().expect("TOML");
    let mut wrong = Vec::new();
    if !manifest.contains_key("workspace") {
        wrong.push("needs its own [workspace]: fuzzing wants nightly".to_owned());
    }
    let empty = Vec::new();
    let bins = manifest
        .get("bin")
        .and_then(|bins| bins.as_array())
        .unwrap_or(&empty);
    let mut named = BTreeSet::new();
    for bin in bins {
        let path = bin.get("path").and_then(|path| path.as_str()).unwrap_or("");
        if !exists(path) {
            wrong.push(format!("the target {path:?} has no file"));
        }
        named.insert(path.to_owned());
    }
    wrong.extend(
        targets
            .iter()
            .filter(|target| !named.contains(*target))
            .map(|target| format!("{target} is not in the manifest, so it never runs")),
    );
    wrong
}

#[test]
fn fuzz_targets_and_their_files_are_the_same() {
    let files = repository_files();
    for manifest in files
        .iter()
        .filter(|path| path.ends_with("fuzz/Cargo.toml"))
    {
        let folder = manifest.parent().expect("a folder");
        let targets: Vec<String> = files
            .iter()
            .filter_map(|path| path.strip_prefix(folder).ok())
            .filter(|path| {
                path.starts_with("fuzz_targets") && path.extension().is_some_and(|end| end == "rs")
            })
            .map(|path| path.to_string_lossy().into_owned())
            .collect();
        let exists = |path: &str| root().join(folder).join(path).is_file();
        let wrong = fuzz_mistakes(&read(manifest), exists, &targets);
        assert!(
            wrong.is_empty(),
            "{}:\n{}",
            manifest.display(),
            wrong.join("\n")
        );
    }
}

#[test]
fn vectors_are_json_objects() {
    for path in files_ending(".json") {
        if path.starts_with("protocol-spec/vectors") {
            let vectors: serde_json::Value = serde_json::from_str(&read(&path))
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let filled = vectors.as_object().is_some_and(|object| !object.is_empty());
            assert!(
                filled,
                "{}: expected an object that is not empty",
                path.display()
            );
        }
    }
}

/// What a chapter lacks, or has in another order.
fn chapter_mistakes(text: &str) -> Vec<String> {
    let mut fenced = false;
    let seen: Vec<&str> = text
        .lines()
        .filter(|line| {
            fenced ^= line.starts_with("```");
            !fenced && line.starts_with("## ")
        })
        .map(|line| line[3..].trim())
        .collect();
    let mut wrong: Vec<String> = HEADINGS
        .iter()
        .filter(|heading| !seen.contains(heading))
        .map(|heading| format!("\"## {heading}\" is missing"))
        .collect();
    wrong.extend(
        seen.iter()
            .filter(|heading| !HEADINGS.contains(heading))
            .map(|heading| format!("\"## {heading}\" is not of the form: make it a ### heading")),
    );
    if wrong.is_empty() && seen != HEADINGS {
        wrong.push(format!("the order is {seen:?}"));
    }
    wrong
}

#[test]
fn chapters_have_the_same_form_and_are_listed() {
    let entry = read("protocol-spec/README.md");
    let listed = section(&entry, "## Chapters").expect("a list of chapters");
    let mut wrong = Vec::new();
    for path in files_ending(".md") {
        let name = path
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        if path.parent() != Some(Path::new("protocol-spec")) || name == "README.md" {
            continue;
        }
        let numbered = name.len() > 3
            && name.as_bytes()[..2].iter().all(u8::is_ascii_digit)
            && &name[2..3] == "-";
        if !numbered {
            wrong.push(format!("{name}: chapters are named NN-topic.md"));
        }
        if !listed.contains(&format!("({name})")) {
            wrong.push(format!("{name}: not listed in protocol-spec/README.md"));
        }
        wrong.extend(
            chapter_mistakes(&read(&path))
                .into_iter()
                .map(|what| format!("{name}: {what}")),
        );
    }
    for link in listed
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
    {
        if !root().join("protocol-spec").join(link).exists() {
            wrong.push(format!("{link}: listed, but there is no such chapter"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Names of records in a source text: the `name` of each `Kind` made in it.
fn record_names(source: &str) -> Vec<String> {
    source
        .split("Kind {")
        .skip(1)
        .filter_map(|rest| {
            let body = rest.split('}').next()?;
            let name = body.split("name: \"").nth(1)?;
            Some(name.split('"').next()?.to_owned())
        })
        .collect()
}

#[test]
fn every_kind_of_record_is_listed() {
    let overview = read("protocol-spec/00-overview.md");
    let listed = section(&overview, "### Kinds of records").expect("a list of kinds");
    let mut wrong = BTreeSet::new();
    for path in files_ending(".rs") {
        let name = path.to_string_lossy();
        let tests = name.ends_with("/tests.rs") || name.contains("/tests/");
        let code = path.starts_with("node") && name.contains("/src/") && !tests;
        if !code {
            continue;
        }
        // Kinds made for tests alone stand behind the module of tests.
        let text = read(&path);
        let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or("");
        for kind in record_names(text) {
            if !listed.contains(&format!("| `{kind}` |")) {
                wrong.insert(format!("{kind} ({name})"));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "not in 00-overview.md, \"Kinds of records\": {wrong:?}"
    );
}

/// What must not stand in any file: folders of the machines this was written
/// on. Put together here, so that this file does not contain them.
fn forbidden() -> Vec<String> {
    [("wor", "k"), ("roo", "t"), ("far", "m"), ("tmp/", "kt")]
        .iter()
        .map(|(start, end)| format!("/{start}{end}/"))
        .collect()
}

#[test]
fn no_paths_of_a_developers_machine() {
    let forbidden = forbidden();
    let mut wrong = Vec::new();
    for path in repository_files() {
        // Pictures and other bytes are not text and are passed over.
        let Ok(text) = fs::read_to_string(root().join(&path)) else {
            continue;
        };
        for (number, line) in text.lines().enumerate() {
            if forbidden.iter().any(|word| line.contains(word)) {
                wrong.push(format!("{}:{}: {line}", path.display(), number + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_changelog_has_a_place_for_what_is_not_released() {
    let changelog = read("CHANGELOG.md");
    let open = section(&changelog, "## [Unreleased]").expect("\"## [Unreleased]\"");
    assert!(open.contains("### "), "nothing stands under Unreleased");
}

mod the_checks {
    use super::*;

    #[test]
    fn a_section_ends_at_the_next_heading_of_its_level() {
        let text = "# a\n## b\none\n### c\ntwo\n## d\nthree\n";
        assert_eq!(section(text, "## b"), Some("\none\n### c\ntwo"));
        assert_eq!(section(text, "## d"), Some("\nthree\n"));
        assert_eq!(section(text, "## e"), None);
        assert_eq!(section("## bc\n", "## b"), None);
    }

    #[test]
    fn the_code_map_is_read_from_its_own_section() {
        let readme = "## Code map\n| folder | crate | keeps to |\n|---|---|---|\n| `a/b` | `c` | pure |\n## Next\n| `x` | `y` | z |\n";
        let expected = BTreeMap::from([("c".to_owned(), PathBuf::from("a/b"))]);
        assert_eq!(code_map(readme), expected);
    }

    #[test]
    fn a_long_file_is_found() {
        assert!(too_long("node/src/node.rs", LONGEST + 1));
        assert!(!too_long("node/src/node.rs", LONGEST));
        assert!(too_long("node/proto/src/policy/tests.rs", LONGEST + 1));
    }

    #[test]
    fn a_fuzz_target_without_file_and_a_file_without_target_are_found() {
        let manifest = "[workspace]\n[[bin]]\nname = \"a\"\npath = \"fuzz_targets/a.rs\"\n";
        let there = |path: &str| path == "fuzz_targets/a.rs";
        let a = "fuzz_targets/a.rs".to_owned();
        let b = "fuzz_targets/b.rs".to_owned();
        assert_eq!(
            fuzz_mistakes(manifest, there, std::slice::from_ref(&a)),
            Vec::<String>::new()
        );
        assert_eq!(
            fuzz_mistakes(manifest, |_| false, std::slice::from_ref(&a)).len(),
            1
        );
        assert_eq!(fuzz_mistakes(manifest, there, &[a, b]).len(), 1);
        assert_eq!(fuzz_mistakes("", there, &[]).len(), 1);
    }

    #[test]
    fn a_chapter_that_lacks_or_swaps_headings_is_found() {
        let whole: String = HEADINGS
            .iter()
            .map(|heading| format!("## {heading}\n\ntext\n"))
            .collect();
        assert_eq!(chapter_mistakes(&whole), Vec::<String>::new());
        let lacking = whole.replace("## Limits\n", "");
        assert_eq!(chapter_mistakes(&lacking), ["\"## Limits\" is missing"]);
        // A heading inside a code block is no heading.
        let hidden = whole.replace("## Limits\n", "```\n## Limits\n```\n");
        assert_eq!(chapter_mistakes(&hidden), ["\"## Limits\" is missing"]);
        let more = whole.clone() + "## Further thoughts\n";
        assert_eq!(chapter_mistakes(&more).len(), 1);
        let swapped = whole
            .replace("## Terms", "## X")
            .replace("## Rules", "## Terms")
            .replace("## X", "## Rules");
        assert_eq!(chapter_mistakes(&swapped).len(), 1);
    }

    #[test]
    fn names_of_records_are_found() {
        let source = "const KIND: Kind = Kind {\n name: \"a\",\n version: 1,\n};\nlet other = Kind { name: \"b\", max: 1 };\n";
        assert_eq!(record_names(source), ["a", "b"]);
        assert_eq!(record_names("Kind { name, version }"), Vec::<String>::new());
    }

    #[test]
    fn a_machine_path_would_be_found() {
        let words = forbidden();
        assert!(
            words
                .iter()
                .any(|word| "see /roo".to_owned() + "t/x" == format!("see {word}x"))
        );
    }
}
