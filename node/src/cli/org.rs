//! `kith org`: founding an organisation, changing its policy, signing by
//! several people, publishing.

use std::fmt::Write as _;
use std::io::{BufRead as _, IsTerminal as _};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use kith_api::{
    Client, Code, OrgDraft, OrgEdit, OrgKey, OrgRequest, Package, Reply, Request, RuleSpec, Secret,
    Signable,
};
use kith_proto::id::AdminKeyId;
use kith_proto::keys::SigningKey;

use super::place::{connect, read_file, write_file};
use super::{Common, Fail, note, passphrase, show};
use crate::org::proposal::MAX_PROPOSAL;
use crate::org::recovery_file;

/// The most recovery keys made at a time.
const RECOVERY_MAX: u8 = 16;

/// What administrators do.
#[derive(Debug, Subcommand)]
pub enum OrgAction {
    /// Begin an organisation; you are its first administrator.
    New {
        /// What it calls itself.
        name: String,
    },
    /// Show your administrator’s keys, or make one to give to a founder.
    Key {
        /// Make a key, with this name of your own for it.
        #[arg(long, value_name = "NAME")]
        new: Option<String>,
    },
    /// Show what is being written, and what it would change.
    Show {
        /// The organisation; nothing lists all.
        org: Option<String>,
    },
    /// Show what a file to be signed would change.
    Look {
        /// The file.
        file: PathBuf,
    },
    /// Add, change or remove a member.
    Member(Member),
    /// Add or remove a group.
    Group(Group),
    /// Add or remove a rule.
    Rule(Rule),
    /// Add or remove an administrator, or say how many must sign.
    Admin(AdminArgs),
    /// Change the name, the times, what every share demands, outsiders, or
    /// servers.
    Set(Set),
    /// Prepare the next document without changing anything: a renewal.
    Renew {
        /// The organisation.
        org: String,
    },
    /// Sign what is being written, or a file from another administrator.
    Sign {
        /// The organisation, or the path of a file.
        what: String,
        /// Where to write the file for the next administrator.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// Sign with this recovery key instead of your own.
        #[arg(long, value_name = "FILE")]
        recovery_key: Option<PathBuf>,
        /// Don’t ask whether to sign.
        #[arg(long)]
        yes: bool,
    },
    /// Put what enough have signed in force, and write the file for members.
    Publish {
        /// The organisation, or the path of a file.
        what: String,
        /// Where to write the policy.
        out: PathBuf,
    },
    /// Replace your administrator’s key by a fresh one.
    Rotate {
        /// The organisation.
        org: String,
    },
    /// Make recovery keys, each in a file under a passphrase, to be kept
    /// offline.
    Recovery {
        /// The organisation.
        org: String,
        /// How many.
        #[arg(long, default_value_t = 3)]
        keys: u8,
        /// How many of them must sign.
        #[arg(long, default_value_t = 2)]
        needed: u8,
        /// The folder for the files; it must exist.
        #[arg(long)]
        folder: PathBuf,
    },
    /// Replace lost administrators: to be signed with recovery keys.
    Recover {
        /// The organisation.
        org: String,
        /// The new administrators’ keys (kithk1…, or kithk1…=NAME).
        #[arg(long = "admin", value_name = "KEY", required = true)]
        admins: Vec<String>,
        /// How many of them must sign from then on.
        #[arg(long, default_value_t = 1)]
        needed: u8,
    },
    /// Give up what is being written.
    Discard {
        /// The organisation.
        org: String,
    },
}

/// A member.
#[derive(Debug, Args)]
pub struct Member {
    #[command(subcommand)]
    action: MemberAction,
}

#[derive(Debug, Subcommand)]
enum MemberAction {
    /// Add somebody, or change one.
    Add {
        /// The organisation.
        org: String,
        /// A contact, an id, or “me”.
        who: String,
        /// By which name they are listed.
        #[arg(long)]
        name: Option<String>,
        /// participant, sharer, organiser, administrator.
        #[arg(long)]
        role: Option<String>,
        /// A group to be in; several may be named.
        #[arg(long = "group", value_name = "GROUP")]
        join: Vec<String>,
        /// A group to leave.
        #[arg(long = "leave", value_name = "GROUP")]
        leave: Vec<String>,
    },
    /// Remove somebody: their running shares end as soon as the news arrives.
    Remove {
        /// The organisation.
        org: String,
        /// The listed name, or the id.
        who: String,
    },
}

/// A group.
#[derive(Debug, Args)]
pub struct Group {
    #[command(subcommand)]
    action: GroupAction,
}

#[derive(Debug, Subcommand)]
enum GroupAction {
    /// Add a group.
    Add {
        /// The organisation.
        org: String,
        /// What it is called.
        name: String,
    },
    /// Remove a group; its members stay in the organisation.
    Remove {
        /// The organisation.
        org: String,
        /// What it is called.
        name: String,
    },
}

/// A rule.
#[derive(Debug, Args)]
pub struct Rule {
    #[command(subcommand)]
    action: RuleAction,
}

#[derive(Debug, Subcommand)]
enum RuleAction {
    /// Add a rule. It can only take away from what roles carry.
    Add(Box<RuleArgs>),
    /// Remove a rule.
    Remove {
        /// The organisation.
        org: String,
        /// Its number.
        number: u32,
    },
}

#[derive(Debug, Args)]
struct RuleArgs {
    /// The organisation.
    org: String,
    /// For whom: everybody, outsiders, group:NAME, not-group:NAME, role:ROLE,
    /// person:WHO, not-person:WHO.
    #[arg(long = "for", default_value = "everybody", value_name = "PARTY")]
    subject: String,
    /// In which part: sharer, viewer, organiser.
    #[arg(long = "as", value_name = "PART")]
    parts: Vec<String>,
    /// Towards whom, as in --for.
    #[arg(long, value_name = "PARTY")]
    towards: Option<String>,
    /// Over which technology: native, rdp, vnc, x11, ica.
    #[arg(long, value_name = "TECHNOLOGY")]
    over: Vec<String>,
    /// Where the sharer invites (invite), or the viewer asks (request).
    #[arg(long)]
    direction: Vec<String>,
    /// For which applications; “*” stands for anything.
    #[arg(long = "app", value_name = "PATTERN")]
    applications: Vec<String>,
    /// How much may be seen: nothing, window, application, applications, desktop.
    #[arg(long, default_value = "desktop")]
    view: String,
    /// How much may be controlled.
    #[arg(long, default_value = "desktop")]
    control: String,
    /// A right that is taken away: audio, recording, clipboard-to-viewer, …
    #[arg(long)]
    without: Vec<String>,
    /// What is demanded: notify, accept, trial, purpose, reference,
    /// patient-consent, no-starters.
    #[arg(long)]
    demand: Vec<String>,
}

/// Administrators.
#[derive(Debug, Args)]
pub struct AdminArgs {
    #[command(subcommand)]
    action: AdminAction,
}

#[derive(Debug, Subcommand)]
enum AdminAction {
    /// Add an administrator by the key that “kith org key --new” shows them.
    Add {
        /// The organisation.
        org: String,
        /// The key, kithk1….
        key: String,
        /// Whose it is.
        #[arg(long)]
        name: Option<String>,
    },
    /// Remove an administrator.
    Remove {
        /// The organisation.
        org: String,
        /// The key, or whose it is.
        who: String,
    },
    /// Say how many administrators must sign.
    Needed {
        /// The organisation.
        org: String,
        /// How many.
        number: u8,
    },
}

/// Other things that a policy says.
#[derive(Debug, Args)]
pub struct Set {
    /// The organisation.
    org: String,
    /// What it calls itself.
    #[arg(long)]
    name: Option<String>,
    /// After how many days the policy is old.
    #[arg(long, value_name = "DAYS")]
    max_age: Option<u32>,
    /// For how many days it may be used after that.
    #[arg(long, value_name = "DAYS")]
    grace: Option<u32>,
    /// After how many days it ends for good.
    #[arg(long, value_name = "DAYS")]
    lifetime: Option<u32>,
    /// What every share demands, as in “rule add --demand”; “none” for nothing.
    #[arg(long)]
    demand: Vec<String>,
    /// With people outside: off, view-only, one-application, everything.
    #[arg(long)]
    outsiders: Option<String>,
    /// A network whose servers may host sessions, e.g. 10.20.0.0/16.
    #[arg(long, value_name = "NETWORK", requires = "port")]
    host: Option<String>,
    /// The technologies of that network.
    #[arg(long, value_name = "TECHNOLOGY")]
    over: Vec<String>,
    /// The ports of that network, e.g. 3389 or 5900-5999.
    #[arg(long)]
    port: Vec<String>,
    /// Take a network away.
    #[arg(long, value_name = "NETWORK")]
    no_host: Option<String>,
}

impl Set {
    fn edits(self) -> (String, Vec<OrgEdit>) {
        let mut edits = Vec::new();
        edits.extend(self.name.map(OrgEdit::Rename));
        if self.max_age.is_some() || self.grace.is_some() || self.lifetime.is_some() {
            edits.push(OrgEdit::Times {
                max_age: self.max_age,
                grace: self.grace,
                lifetime: self.lifetime,
            });
        }
        if !self.demand.is_empty() {
            let all = self.demand.into_iter().filter(|d| d != "none").collect();
            edits.push(OrgEdit::Demands(all));
        }
        edits.extend(self.outsiders.map(OrgEdit::Outsiders));
        edits.extend(self.host.map(|network| OrgEdit::HostAdd {
            network,
            technologies: self.over,
            ports: self.port,
        }));
        edits.extend(self.no_host.map(OrgEdit::HostRemove));
        (self.org, edits)
    }
}

pub(super) fn run(common: &Common, action: OrgAction) -> Result<(), Fail> {
    let mut node = connect(common)?;
    let (org, edits) = match action {
        OrgAction::New { name } => return ask(common, &mut node, OrgRequest::New { name }),
        OrgAction::Key { new: None } => return ask(common, &mut node, OrgRequest::Keys),
        OrgAction::Key { new: Some(label) } => {
            return ask(common, &mut node, OrgRequest::KeyNew { label });
        }
        OrgAction::Show { org: None } => return ask(common, &mut node, OrgRequest::List),
        OrgAction::Show { org: Some(org) } => {
            return ask(common, &mut node, OrgRequest::Show { org });
        }
        OrgAction::Look { file } => {
            let content = read_file(&file, MAX_PROPOSAL as u64)?;
            return ask(common, &mut node, OrgRequest::Look { content });
        }
        OrgAction::Sign {
            what,
            out,
            recovery_key,
            yes,
        } => return sign(common, &mut node, what, &out, recovery_key.as_deref(), yes),
        OrgAction::Publish { what, out } => return publish(common, &mut node, what, &out),
        OrgAction::Recovery {
            org,
            keys,
            needed,
            folder,
        } => return recovery(common, &mut node, org, keys, needed, &folder),
        OrgAction::Discard { org } => return ask(common, &mut node, OrgRequest::Discard { org }),
        OrgAction::Renew { org } => (org, vec![OrgEdit::Renew]),
        OrgAction::Rotate { org } => (org, vec![OrgEdit::Rotate]),
        OrgAction::Recover {
            org,
            admins,
            needed,
        } => (org, vec![OrgEdit::Recover { admins, needed }]),
        OrgAction::Set(set) => set.edits(),
        OrgAction::Member(m) => member(m.action),
        OrgAction::Group(g) => group(g.action),
        OrgAction::Rule(r) => rule(r.action),
        OrgAction::Admin(a) => admin(a.action),
    };
    if edits.is_empty() {
        return Err(Fail::new(Code::BadRequest, "say what is to be changed"));
    }
    let mut last = Reply::Done;
    for edit in edits {
        let org = org.clone();
        last = node.ask(Request::Org(OrgRequest::Edit { org, edit }))?;
    }
    show::reply(common, &last)
}

fn ask(common: &Common, node: &mut Client, request: OrgRequest) -> Result<(), Fail> {
    show::reply(common, &node.ask(Request::Org(request))?)
}

fn member(action: MemberAction) -> (String, Vec<OrgEdit>) {
    match action {
        MemberAction::Add {
            org,
            who,
            name,
            role,
            join,
            leave,
        } => (
            org,
            vec![OrgEdit::Member {
                who,
                name,
                role,
                join,
                leave,
            }],
        ),
        MemberAction::Remove { org, who } => (org, vec![OrgEdit::MemberRemove { who }]),
    }
}

fn group(action: GroupAction) -> (String, Vec<OrgEdit>) {
    match action {
        GroupAction::Add { org, name } => (org, vec![OrgEdit::GroupAdd(name)]),
        GroupAction::Remove { org, name } => (org, vec![OrgEdit::GroupRemove(name)]),
    }
}

fn rule(action: RuleAction) -> (String, Vec<OrgEdit>) {
    match action {
        RuleAction::Remove { org, number } => (org, vec![OrgEdit::RuleRemove(number)]),
        RuleAction::Add(r) => (
            r.org,
            vec![OrgEdit::RuleAdd(Box::new(RuleSpec {
                subject: r.subject,
                parts: r.parts,
                towards: r.towards,
                technologies: r.over,
                directions: r.direction,
                applications: r.applications,
                view: r.view,
                control: r.control,
                without: r.without,
                demands: r.demand,
            }))],
        ),
    }
}

fn admin(action: AdminAction) -> (String, Vec<OrgEdit>) {
    match action {
        AdminAction::Add { org, key, name } => (org, vec![OrgEdit::AdminAdd { key, label: name }]),
        AdminAction::Remove { org, who } => (org, vec![OrgEdit::AdminRemove { who }]),
        AdminAction::Needed { org, number } => (org, vec![OrgEdit::Needed(number)]),
    }
}

/// A name of an organisation, or a file where there is one of that path.
fn signable(what: String) -> Result<Signable, Fail> {
    let path = Path::new(&what);
    match path.is_file() {
        true => read_file(path, MAX_PROPOSAL as u64).map(Signable::File),
        false => Ok(Signable::Draft(what)),
    }
}

fn sign(
    common: &Common,
    node: &mut Client,
    what: String,
    out: &Path,
    recovery_key: Option<&Path>,
    yes: bool,
) -> Result<(), Fail> {
    let what = signable(what)?;
    let look = match &what {
        Signable::Draft(org) => OrgRequest::Show { org: org.clone() },
        Signable::File(content) => OrgRequest::Look {
            content: content.clone(),
        },
    };
    if !yes {
        if let Reply::OrgDraft(d) = node.ask(Request::Org(look))? {
            let mut text = String::new();
            let _ = draft(&mut text, &d);
            note(&text);
        }
        confirm("Sign this? Type “yes”: ")?;
    }
    let recovery = recovery_key
        .map(|f| read_recovery_key(common, f))
        .transpose()?;
    match node.ask(Request::Org(OrgRequest::Sign { what, recovery }))? {
        Reply::Package(Package { content, .. }) => {
            write_file(out, &content)?;
            if let Reply::OrgDraft(d) = node.ask(Request::Org(OrgRequest::Look { content }))? {
                let shown = out.display();
                match d.missing.is_empty() || d.progress.0 >= d.progress.1 {
                    true => note(&format!(
                        "Enough have signed. “kith org publish {shown} POLICY-FILE” puts it in force."
                    )),
                    false => note(&format!(
                        "Pass {shown} on. {} of {} have signed; still missing: {}.",
                        d.progress.0,
                        d.progress.1,
                        d.missing.join(", ")
                    )),
                }
                return show::reply(common, &Reply::OrgDraft(d));
            }
            Ok(())
        }
        other => show::reply(common, &other),
    }
}

fn confirm(question: &str) -> Result<(), Fail> {
    if !std::io::stdin().is_terminal() {
        return Err(Fail::new(Code::BadRequest, "nobody is there to say yes")
            .hint("with --yes it is signed unasked"));
    }
    note(question);
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    match read.is_ok() && line.trim() == "yes" {
        true => Ok(()),
        false => Err(Fail::new(Code::Denied, "not signed")),
    }
}

fn publish(common: &Common, node: &mut Client, what: String, out: &Path) -> Result<(), Fail> {
    let what = signable(what)?;
    match node.ask(Request::Org(OrgRequest::Publish { what }))? {
        Reply::Package(Package { content, .. }) => {
            write_file(out, &content)?;
            note(
                "It is in force here. Members whom you meet get it by themselves; others, and new \
                 members, by the file: “kith policy install FILE --join”.",
            );
            show::written(common, out, content.len())
        }
        other => show::reply(common, &other),
    }
}

/// Recovery keys are made here and not in the node: no secret is in a reply.
fn recovery(
    common: &Common,
    node: &mut Client,
    org: String,
    count: u8,
    needed: u8,
    folder: &Path,
) -> Result<(), Fail> {
    if count == 0 || count > RECOVERY_MAX || needed == 0 || needed > count {
        return Err(Fail::new(
            Code::BadRequest,
            format!("between 1 and {RECOVERY_MAX} keys, and no more needed than there are"),
        ));
    }
    let secret = passphrase::new(common, "A passphrase for the recovery keys: ")?;
    let mut keys = Vec::new();
    let mut written = Vec::new();
    for n in 1..=count {
        let key = SigningKey::generate(&mut crate::random::system());
        let id = AdminKeyId::from(key.public());
        let path = folder.join(format!("recovery-{n}.kith-key"));
        let file = recovery_file::seal(&key, &secret)
            .map_err(|e| Fail::new(Code::TooMuch, e.to_string()))?;
        write_file(&path, &file)?;
        written.push(path.display().to_string());
        keys.push(format!("{id}=recovery {n}"));
    }
    let edit = OrgEdit::Recovery { keys, needed };
    let reply = node.ask(Request::Org(OrgRequest::Edit { org, edit }))?;
    note(&format!(
        "Written: {}. Keep each in another place, offline. They count once the policy is \
         published.",
        written.join(", ")
    ));
    show::reply(common, &reply)
}

fn read_recovery_key(common: &Common, file: &Path) -> Result<Secret, Fail> {
    let content = read_file(file, recovery_file::MAX_FILE as u64)?;
    let secret = passphrase::existing(common, "Passphrase of the recovery key: ")?;
    let key = recovery_file::open(&content, &secret).map_err(|e| {
        let code = match e {
            recovery_file::RecoveryFileError::WrongPassphrase => Code::WrongPassphrase,
            recovery_file::RecoveryFileError::Damaged => Code::Invalid,
            recovery_file::RecoveryFileError::Memory => Code::TooMuch,
        };
        Fail::new(code, e.to_string())
    })?;
    let mut text = String::with_capacity(64);
    for byte in key.to_seed().iter() {
        let _ = write!(text, "{byte:02x}");
    }
    Ok(Secret::new(text))
}

pub(super) fn keys(out: &mut String, list: &[OrgKey]) -> std::fmt::Result {
    if list.is_empty() {
        return writeln!(
            out,
            "You have no administrator’s key. “kith org key --new NAME” makes one."
        );
    }
    list.iter()
        .try_for_each(|k| writeln!(out, "{}  {}", k.key, k.label))
}

pub(super) fn drafts(out: &mut String, list: &[OrgDraft]) -> std::fmt::Result {
    if list.is_empty() {
        return writeln!(out, "Nothing is being written.");
    }
    list.iter().try_for_each(|d| draft(out, d))
}

pub(super) fn draft(out: &mut String, d: &OrgDraft) -> std::fmt::Result {
    writeln!(out, "{}, document number {}", d.name, d.number)?;
    if let Some(org) = &d.org {
        writeln!(out, "  {org}")?;
    }
    writeln!(out, "What it changes:")?;
    d.changes.iter().try_for_each(|c| writeln!(out, "  {c}"))?;
    writeln!(out, "Administrators from then on ({} must sign):", d.needed)?;
    d.admins
        .iter()
        .try_for_each(|(key, label)| writeln!(out, "  {label}  {key}"))?;
    match d.signed.is_empty() {
        true => writeln!(out, "Nobody has signed it yet; {} must.", d.progress.1)?,
        false => writeln!(
            out,
            "Signed by {} ({} of {}).",
            d.signed.join(", "),
            d.progress.0,
            d.progress.1
        )?,
    }
    if let Some(word) = &d.fingerprint {
        writeln!(out, "To compare by voice: {word}")?;
    }
    d.warnings
        .iter()
        .try_for_each(|w| writeln!(out, "  careful: {w}"))
}
