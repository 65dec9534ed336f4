//! `kith org`: founding an organisation, changing its policy, signing by
//! several people, publishing.

pub(in crate::cli) mod args;

use std::fmt::Write as _;
use std::io::{BufRead as _, IsTerminal as _};
use std::path::Path;

use kith_api::{
    Client, ClientError, Code, OrgDraft, OrgEdit, OrgKey, OrgRequest, Package, Reply, Request,
    Retired, Secret, Signable,
};
use kith_proto::id::AdminKeyId;
use kith_proto::keys::SigningKey;

pub(super) use self::args::OrgAction;
use self::args::{admin, group, member, rule};
use super::place::{connect, read_file, write_file};
use super::{Common, Fail, note, passphrase, show};
use crate::org::proposal::MAX_PROPOSAL;
use crate::org::recovery_file;

/// The most recovery keys made at a time.
const RECOVERY_MAX: u8 = 16;

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
            send,
            recovery_key,
            yes,
        } => {
            let out = (out.as_path(), send);
            return sign(common, &mut node, &what, out, recovery_key.as_deref(), yes);
        }
        OrgAction::Publish { what, out } => return publish(common, &mut node, &what, &out),
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
            retired,
        } => {
            let retired = match retired {
                true => Retired::TakenBack,
                false => Retired::Refused,
            };
            let recover = OrgEdit::Recover {
                admins,
                needed,
                retired,
            };
            (org, vec![recover])
        }
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

/// A name of an organisation, or a file where there is one of that path.
fn signable(what: &str) -> Result<Signable, Fail> {
    let path = Path::new(what);
    match path.is_file() {
        true => read_file(path, MAX_PROPOSAL as u64).map(Signable::File),
        false => Ok(Signable::Draft(what.to_owned())),
    }
}

/// Asks the node about what [`signable`] made of `given`. Where there is no
/// organisation of that name, a file was meant perhaps.
fn about(node: &mut Client, given: &str, request: OrgRequest) -> Result<Reply, Fail> {
    node.ask(Request::Org(request)).map_err(|e| match e {
        ClientError::Refused(e) if e.code == Code::NotFound => match std::fs::metadata(given) {
            Ok(_) => e.into(),
            Err(no_file) => Fail::new(
                Code::NotFound,
                format!("“{given}” can’t be read as a file: {no_file}"),
            )
            .hint(
                "no organisation of yours has that name either; “kith org show” lists what is \
                 being written",
            ),
        },
        e => e.into(),
    })
}

/// Before anything is done whose result must be written there: a signature
/// that nobody has can't be passed on.
fn free(out: &Path) -> Result<(), Fail> {
    match out.exists() {
        false => Ok(()),
        true => Err(Fail::new(
            Code::BadRequest,
            format!("{} exists already; nothing was done", out.display()),
        )
        .hint("name another file, or remove that one")),
    }
}

fn sign(
    common: &Common,
    node: &mut Client,
    given: &str,
    (out, send): (&Path, Option<String>),
    recovery_key: Option<&Path>,
    yes: bool,
) -> Result<(), Fail> {
    free(out)?;
    let what = signable(given)?;
    let look = match &what {
        Signable::Draft(org) => OrgRequest::Show { org: org.clone() },
        Signable::File(content) => OrgRequest::Look {
            content: content.clone(),
        },
    };
    if !yes {
        if let Reply::OrgDraft(d) = about(node, given, look)? {
            let mut text = String::new();
            let _ = draft(&mut text, &d);
            note(&text);
        }
        confirm("Sign this? Type “yes”: ")?;
    }
    let recovery = recovery_key
        .map(|f| read_recovery_key(common, f))
        .transpose()?;
    match about(node, given, OrgRequest::Sign { what, recovery })? {
        Reply::Package(Package { content, .. }) => {
            write_file(out, &content)?;
            if let Reply::OrgDraft(d) = node.ask(Request::Org(OrgRequest::Look { content }))? {
                let shown = out.display();
                if let Some(to) = send {
                    let path = std::path::absolute(out).map_err(|e| Fail::file(out, &e))?;
                    let told = format!("Sent to {to}; it arrives when {to} is there.");
                    node.ask(Request::FileSend { to, path })?;
                    note(&told);
                }
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

fn publish(common: &Common, node: &mut Client, given: &str, out: &Path) -> Result<(), Fail> {
    free(out)?;
    let what = signable(given)?;
    match about(node, given, OrgRequest::Publish { what })? {
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
    let path = |n: u8| folder.join(format!("recovery-{n}.kith-key"));
    (1..=count).try_for_each(|n| free(&path(n)))?;
    // Without a policy to put them into, the files would be worth nothing.
    node.ask(Request::Org(OrgRequest::Show { org: org.clone() }))?;
    let secret = passphrase::new(common, "A passphrase for the recovery keys: ")?;
    let mut keys = Vec::new();
    let mut written = Vec::new();
    for n in 1..=count {
        let key = SigningKey::generate(&mut crate::random::system());
        let id = AdminKeyId::from(key.public());
        let path = path(n);
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
