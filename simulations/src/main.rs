//! Runs scenarios and prints what they came to.
//!
//! ```text
//! kith-sim [--small] [--svg FOLDER] SCENARIO.toml …
//! ```
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program")]

use std::path::PathBuf;
use std::process::ExitCode;

use kith_sim::check::{self, Outcome};
use kith_sim::plot;
use kith_sim::scenario::Scenario;

const USAGE: &str = "usage: kith-sim [--small] [--svg FOLDER] SCENARIO.toml …
  --small        the sizes and seeds that the tests run
  --svg FOLDER   write a plot for each scenario there
The exit status is 0 only if everything held that must hold.";

struct Args {
    small: bool,
    svg: Option<PathBuf>,
    files: Vec<PathBuf>,
}

fn args() -> Option<Args> {
    let mut out = Args {
        small: false,
        svg: None,
        files: Vec::new(),
    };
    let mut rest = std::env::args_os().skip(1);
    while let Some(arg) = rest.next() {
        match arg.to_str() {
            Some("--small") => out.small = true,
            Some("--svg") => out.svg = Some(rest.next()?.into()),
            Some(a) if a.starts_with('-') => return None,
            _ => out.files.push(arg.into()),
        }
    }
    (!out.files.is_empty()).then_some(out)
}

fn main() -> ExitCode {
    let Some(args) = args() else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let mut good = true;
    for file in &args.files {
        let read = std::fs::read_to_string(file).map_err(|e| e.to_string());
        let scenario = match read.and_then(|t| Scenario::parse(&t).map_err(|e| e.to_string())) {
            Ok(s) if args.small => s.small(),
            Ok(s) => s,
            Err(e) => {
                eprintln!("{}: {e}", file.display());
                return ExitCode::from(2);
            }
        };
        let runs = run(&scenario);
        good &= runs
            .iter()
            .all(|r| r.wrong.is_empty() && r.settled_s.is_some());
        if let Some(folder) = &args.svg {
            let path = folder.join(format!("{}.svg", scenario.name));
            if let Err(e) = std::fs::write(&path, plot::svg(&scenario, &runs)) {
                eprintln!("{}: {e}", path.display());
                return ExitCode::from(2);
            }
        }
    }
    match good {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

fn run(scenario: &Scenario) -> Vec<Outcome> {
    println!("{}: {}", scenario.name, scenario.about);
    println!(
        "  people  seed  texts  messages     MiB  restarts  settled after  \
         latency 50 %, 95 %, longest (s)"
    );
    let mut runs = Vec::new();
    for people in &scenario.people {
        for seed in &scenario.seeds {
            let Some(o) = check::run(scenario, *people, *seed) else {
                println!("  {people:6}  {seed:4}  the room can't be opened");
                continue;
            };
            let settled = match o.settled_s {
                Some(s) => format!("{s:.0} s"),
                None => "never".to_owned(),
            };
            let [half, most, all] = o.latency_ms.map(|ms| ms as f64 / 1000.0);
            println!(
                "  {people:6}  {seed:4}  {:5}  {:8}  {:6.1}  {:8}  {settled:>13}  {half:.2}, {most:.1}, {all:.1}",
                o.said,
                o.messages,
                o.bytes as f64 / 1_048_576.0,
                o.restarts,
            );
            for wrong in &o.wrong {
                println!("      WRONG: {wrong}");
            }
            runs.push(o);
        }
    }
    runs
}
