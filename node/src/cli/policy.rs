//! `kith policy`: the policies of one's organisations, and what they come to.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use kith_api::{
    DirectoryEntry, Explained, Joining, OwnRules, OwnRulesRequest, Package, PolicyFull, PolicyInfo,
    PolicyRequest, Question, RefusedUpdate, Reply, Request,
};

use super::place::{connect, read_file, write_file};
use super::{Common, Fail, show};

/// The largest policy file, in bytes: 8 MiB of history, and its wrapping.
const POLICY_MAX: u64 = 9 * 1024 * 1024;

/// What to do with policies.
#[derive(Debug, Subcommand)]
pub enum PolicyAction {
    /// List the policies of your organisations.
    List,
    /// Show one in full: what it says, its age, who belongs to it.
    Show {
        /// The organisation: its name or id; needed where you belong to several.
        org: Option<String>,
    },
    /// Take in a policy that came as a file.
    Install {
        /// The file.
        file: PathBuf,
        /// Join the organisation, having compared its id.
        #[arg(long)]
        join: bool,
    },
    /// Say what the policies allow between a contact and you, step by step.
    Explain(Explain),
    /// Write the newest policy with its history to a file, for other members.
    Export {
        /// Where to.
        file: PathBuf,
        /// The organisation: its name or id; needed where you belong to several.
        #[arg(long)]
        org: Option<String>,
    },
    /// Your own rules about sharing: they only take away, and contacts are told
    /// what concerns them.
    Mine(Mine),
    /// Say that this device's clock was wrong when it showed that the policy is
    /// over, and is right now: the policy counts again until its end.
    ClockWasWrong {
        /// The organisation.
        org: String,
    },
    /// Leave an organisation: its policy binds you no longer.
    Leave {
        /// The organisation.
        org: String,
    },
}

/// Own rules.
#[derive(Debug, Args)]
pub struct Mine {
    /// What to do.
    #[command(subcommand)]
    action: MineAction,
}

#[derive(Debug, Subcommand)]
enum MineAction {
    /// Show them.
    Show,
    /// Add one, about everybody or a person (person:WHO, not-person:WHO).
    Add(Box<super::org::args::RuleWords>),
    /// Take one back.
    Remove {
        /// Its number.
        number: u32,
    },
    /// Say what every share demands: notify, accept, trial, purpose, reference,
    /// patient-consent, no-starters, moderated-room; “none” for nothing.
    Demand {
        /// The words.
        #[arg(required = true)]
        words: Vec<String>,
    },
}

impl From<MineAction> for OwnRulesRequest {
    fn from(action: MineAction) -> Self {
        match action {
            MineAction::Show => Self::Show,
            MineAction::Add(words) => Self::Add(Box::new((*words).into())),
            MineAction::Remove { number } => Self::Remove(number),
            MineAction::Demand { words } => {
                Self::Demand(words.into_iter().filter(|w| w != "none").collect())
            }
        }
    }
}

/// What is to be explained.
#[derive(Debug, Clone, Args)]
pub struct Explain {
    /// The contact.
    pub who: String,
    /// Only where you share (“sharer”), or view (“viewer”).
    #[arg(long = "as", value_name = "PART")]
    pub part: Option<String>,
    /// Only where the sharer invites (“invite”), or the viewer asks (“request”).
    #[arg(long)]
    pub direction: Option<String>,
    /// The technology: native, rdp, vnc, x11, ica.
    #[arg(long, default_value = "native")]
    pub technology: String,
    /// An application to be shared; several may be named.
    #[arg(long = "app", value_name = "NAME")]
    pub applications: Vec<String>,
    /// How much to see: window, application, applications, desktop.
    #[arg(long, default_value = "desktop")]
    pub view: String,
    /// How much to control: nothing, window, application, applications, desktop.
    #[arg(long, default_value = "desktop")]
    pub control: String,
    /// In a room to which both belong: what is allowed there counts too.
    #[arg(long = "in", value_name = "ROOM")]
    pub room: Option<String>,
}

pub(super) fn run(common: &Common, action: PolicyAction) -> Result<(), Fail> {
    let ask =
        |request| -> Result<Reply, Fail> { Ok(connect(common)?.ask(Request::Policy(request))?) };
    let reply = match action {
        PolicyAction::List => ask(PolicyRequest::List)?,
        PolicyAction::Show { org } => ask(PolicyRequest::Show { org })?,
        PolicyAction::Install { file, join } => {
            let content = read_file(&file, POLICY_MAX)?;
            let joining = match join {
                true => Joining::Yes,
                false => Joining::No,
            };
            ask(PolicyRequest::Install { content, joining })?
        }
        PolicyAction::Explain(e) => ask(PolicyRequest::Explain {
            who: e.who,
            question: Question {
                part: e.part,
                direction: e.direction,
                technology: e.technology,
                applications: e.applications,
                view: e.view,
                control: e.control,
                room: e.room,
            },
        })?,
        PolicyAction::Export { file, org } => match ask(PolicyRequest::Export { org })? {
            Reply::Package(Package { content, .. }) => {
                write_file(&file, &content)?;
                return show::written(common, &file, content.len());
            }
            other => other,
        },
        PolicyAction::Mine(mine) => ask(PolicyRequest::Mine(mine.action.into()))?,
        PolicyAction::ClockWasWrong { org } => ask(PolicyRequest::ClockWasWrong { org })?,
        PolicyAction::Leave { org } => ask(PolicyRequest::Leave { org })?,
    };
    show::reply(common, &reply)
}

/// The directory of one's organisations (DISC-5).
pub(super) fn directory(common: &Common, part: String) -> Result<(), Fail> {
    let request = Request::Policy(PolicyRequest::Directory { part });
    show::reply(common, &connect(common)?.ask(request)?)
}

pub(super) fn all(out: &mut String, list: &[PolicyInfo]) -> std::fmt::Result {
    if list.is_empty() {
        return writeln!(
            out,
            "You belong to no organisation: Kith asks you each time, and your word alone decides."
        );
    }
    list.iter().try_for_each(|p| info(out, p))
}

/// Number, age and warnings of a policy (POL-8).
pub(super) fn info(out: &mut String, p: &PolicyInfo) -> std::fmt::Result {
    let state = match p.state.as_str() {
        "in-force" => "in force".to_owned(),
        "grace" => "in its grace period".to_owned(),
        other => format!("NOT USABLE ({other})"),
    };
    writeln!(
        out,
        "Policy of {}: number {}, {} old, {state}; usable until {}",
        p.name,
        p.number,
        age(p.age_secs),
        show::time(p.usable_until_ms)
    )?;
    p.warnings
        .iter()
        .try_for_each(|w| writeln!(out, "  careful: {w}"))
}

fn age(secs: u64) -> String {
    match secs {
        0..60 => format!("{secs} seconds"),
        60..7_200 => format!("{} minutes", secs / 60),
        7_200..172_800 => format!("{} hours", secs / 3_600),
        _ => format!("{} days", secs / 86_400),
    }
}

pub(super) fn full(out: &mut String, p: &PolicyFull) -> std::fmt::Result {
    match p.news.as_deref() {
        Some("joined") if p.info.my_role.is_none() => writeln!(
            out,
            "The policy of {} binds you now, though it doesn’t list you.",
            p.info.name
        )?,
        Some("joined") => writeln!(out, "You belong to {} now.", p.info.name)?,
        Some("advanced") => writeln!(out, "Taken in: it counts from now on.")?,
        Some(_) => writeln!(out, "Nothing new in it.")?,
        None => {}
    }
    info(out, &p.info)?;
    writeln!(out, "  {}", p.info.org)?;
    match &p.info.my_role {
        Some(role) => writeln!(out, "  You are {role} in it.")?,
        None => writeln!(out, "  You are not a member.")?,
    }
    p.says.iter().try_for_each(|s| writeln!(out, "  {s}"))?;
    writeln!(out, "Members:")?;
    p.directory.iter().try_for_each(|e| entry(out, e))?;
    refused(out, &p.refused)
}

/// What was refused, alike things on one line: a member with an old document brings it
/// at each meeting.
fn refused(out: &mut String, all: &[RefusedUpdate]) -> std::fmt::Result {
    if all.is_empty() {
        return Ok(());
    }
    writeln!(out, "Refused, and kept as evidence:")?;
    let mut alike: BTreeMap<(String, &str), (u64, usize)> = BTreeMap::new();
    for r in all {
        let from = match (&r.from, &r.device) {
            (Some(p), _) => format!("from {}", show::person(p)),
            (None, Some(device)) => format!("from {device}"),
            (None, None) => "from a file".to_owned(),
        };
        let (last, times) = alike.entry((from, &r.code)).or_default();
        *last = r.at_ms.max(*last);
        *times += 1;
    }
    for ((from, code), (last, times)) in alike {
        let times = match times {
            1 => String::new(),
            n => format!(", {n} times"),
        };
        writeln!(out, "  {}  {code} {from}{times}", show::time(last))?;
    }
    Ok(())
}

fn entry(out: &mut String, e: &DirectoryEntry) -> std::fmt::Result {
    let groups = match e.groups.is_empty() {
        true => String::new(),
        false => format!(", in {}", e.groups.join(", ")),
    };
    let known = match e.known.as_str() {
        "me" => "you".to_owned(),
        "contact" => format!("your contact {}", show::person(&e.person)),
        _ => e.person.id.to_string(),
    };
    writeln!(out, "  {}: {}{groups}; {known}", e.listed_as, e.role)
}

pub(super) fn entries(out: &mut String, list: &[DirectoryEntry]) -> std::fmt::Result {
    if list.is_empty() {
        return writeln!(out, "Nobody of that name in your organisations.");
    }
    let mut last = "";
    for e in list {
        if e.organisation != last {
            writeln!(out, "{}", e.organisation)?;
            last = &e.organisation;
        }
        entry(out, e)?;
    }
    Ok(())
}

pub(super) fn own_rules(out: &mut String, own: &OwnRules) -> std::fmt::Result {
    if own.rules.is_empty() && own.demands.is_empty() {
        return writeln!(
            out,
            "You have no rules of your own: you are asked each time."
        );
    }
    own.rules
        .iter()
        .try_for_each(|(_, r)| writeln!(out, "{r}"))?;
    match own.demands.is_empty() {
        true => Ok(()),
        false => writeln!(out, "Every share demands: {}.", own.demands.join(", ")),
    }
}

pub(super) fn explained(out: &mut String, e: &Explained) -> std::fmt::Result {
    if let Some(room) = &e.room {
        writeln!(out, "In the room “{}”:", room.title)?;
    }
    let mut warnings = e.warnings.iter();
    warnings.try_for_each(|w| writeln!(out, "Careful: {w}"))?;
    for case in &e.cases {
        let name = &e.person.name;
        let title = match (case.part.as_str(), case.direction.as_str()) {
            ("sharer", "invite") => format!("You invite {name} to see something of yours"),
            ("sharer", _) => format!("{name} asks to see something of yours"),
            (_, "invite") => format!("{name} invites you to see something"),
            _ => format!("You ask {name} to show you something"),
        };
        writeln!(out, "{title}:")?;
        case.lines.iter().try_for_each(|l| writeln!(out, "  {l}"))?;
    }
    Ok(())
}
