//! What the README says to type can be typed.

use clap::CommandFactory as _;

use super::Cli;

/// Commands in a text of Markdown: lines of blocks, and what stands between
/// backquotes.
fn commands(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (nth, part) in text.split("```").enumerate() {
        match nth % 2 {
            0 => found.extend(part.split('`').skip(1).step_by(2).map(str::to_owned)),
            _ => found.extend(part.lines().map(str::to_owned)),
        }
    }
    found.retain(|c| {
        c.strip_prefix("kith ")
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase() || c == '-'))
    });
    found
}

/// What is wrong with a command: there is no such one, or an option that it
/// doesn't have.
fn wrong(cli: &clap::Command, command: &str) -> Option<String> {
    let typed = command.split(" #").next()?;
    let mut words = typed.split_whitespace().skip(1).peekable();
    let mut at = cli;
    while let Some(next) = words.peek().and_then(|w| at.find_subcommand(w)) {
        at = next;
        words.next();
    }
    let has = |word: &str| {
        let mut longs = at.get_arguments().filter_map(|a| a.get_long());
        longs.any(|long| word.strip_prefix("--") == Some(long))
    };
    let unknown = words.find(|w| w.starts_with("--") && !has(w));
    let none = std::ptr::eq(at, cli) && unknown.is_none() && !typed.starts_with("kith --");
    match unknown {
        Some(option) => Some(format!("{command}: no {option}")),
        None => none.then(|| format!("{command}: no such command")),
    }
}

#[test]
fn the_readme_names_only_commands_that_are_there() {
    let mut cli = Cli::command();
    cli.build();
    let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md");
    let named = commands(&std::fs::read_to_string(readme).unwrap());
    assert!(named.len() > 50, "{named:#?}");
    let wrong: Vec<String> = named.iter().filter_map(|c| wrong(&cli, c)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_wrong_command_is_noticed() {
    let mut cli = Cli::command();
    cli.build();
    for typed in ["kith nothing", "kith org nothing --yes", "kith send A --no"] {
        assert!(wrong(&cli, typed).is_some(), "{typed}");
    }
    assert_eq!(wrong(&cli, "kith policy mine add --for x # why"), None);
}
