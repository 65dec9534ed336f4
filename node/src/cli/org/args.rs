//! The options of `kith org`, and the changes of a document that they mean.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use kith_api::{OrgEdit, RuleSpec};

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
        /// Send the file to this contact, or to this room, too.
        #[arg(long, value_name = "WHO")]
        send: Option<String>,
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
        /// Take keys back that were replaced or taken out before: whoever got at
        /// one may still have it.
        #[arg(long)]
        retired: bool,
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
    /// What to do.
    #[command(subcommand)]
    pub(super) action: MemberAction,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum MemberAction {
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
    /// What to do.
    #[command(subcommand)]
    pub(super) action: GroupAction,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum GroupAction {
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
    /// What to do.
    #[command(subcommand)]
    pub(super) action: RuleAction,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum RuleAction {
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

/// A rule that is added.
#[derive(Debug, Args)]
pub(in crate::cli) struct RuleArgs {
    /// The organisation.
    org: String,
    #[command(flatten)]
    words: RuleWords,
}

/// What a rule says.
#[derive(Debug, Args)]
pub(in crate::cli) struct RuleWords {
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
    /// patient-consent, no-starters, moderated-room.
    #[arg(long)]
    demand: Vec<String>,
}

/// Administrators.
#[derive(Debug, Args)]
pub struct AdminArgs {
    /// What to do.
    #[command(subcommand)]
    pub(super) action: AdminAction,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum AdminAction {
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
    pub(super) fn edits(self) -> (String, Vec<OrgEdit>) {
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

pub(super) fn member(action: MemberAction) -> (String, Vec<OrgEdit>) {
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

pub(super) fn group(action: GroupAction) -> (String, Vec<OrgEdit>) {
    match action {
        GroupAction::Add { org, name } => (org, vec![OrgEdit::GroupAdd(name)]),
        GroupAction::Remove { org, name } => (org, vec![OrgEdit::GroupRemove(name)]),
    }
}

pub(super) fn rule(action: RuleAction) -> (String, Vec<OrgEdit>) {
    match action {
        RuleAction::Remove { org, number } => (org, vec![OrgEdit::RuleRemove(number)]),
        RuleAction::Add(r) => (r.org, vec![OrgEdit::RuleAdd(Box::new(r.words.into()))]),
    }
}

impl From<RuleWords> for RuleSpec {
    fn from(r: RuleWords) -> Self {
        Self {
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
        }
    }
}

pub(super) fn admin(action: AdminAction) -> (String, Vec<OrgEdit>) {
    match action {
        AdminAction::Add { org, key, name } => (org, vec![OrgEdit::AdminAdd { key, label: name }]),
        AdminAction::Remove { org, who } => (org, vec![OrgEdit::AdminRemove { who }]),
        AdminAction::Needed { org, number } => (org, vec![OrgEdit::Needed(number)]),
    }
}
