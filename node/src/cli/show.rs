//! Replies for people: plain words, one line a thing. With `--json`, the
//! reply itself.

use std::fmt::Write as _;
use std::io::IsTerminal as _;
use std::path::Path;

use kith_api::{
    Contact, ContactState, Content, Delivery, Doubt, Edited, Encryption, FileState, Invite,
    LegalHold, Level, LockState, MeetingInfo, Message, Mine, Nearby, PersonRef, PresenceState,
    Reach, Reply, Room, Routes, Status, Verification,
};

use super::{Common, Fail, note, print};

/// Prints a reply.
///
/// # Errors
/// Standard output can't be written.
pub(super) fn reply(common: &Common, reply: &Reply) -> Result<(), Fail> {
    if common.json {
        let text = serde_json::to_string_pretty(reply).map_err(|e| Fail::output(e.into()))?;
        return print(format!("{text}\n").as_bytes());
    }
    // A file or a program gets what “kith accept” reads, and nothing else.
    if let Reply::Invite(invite) = reply
        && let Some(text) = &invite.text
        && !std::io::stdout().is_terminal()
    {
        note(&passing_on(invite));
        return print(format!("{text}\n").as_bytes());
    }
    print(plain(reply).as_bytes())
}

/// What is to be known before an invite is passed on.
fn passing_on(invite: &Invite) -> String {
    format!(
        "For one person, until {}. Pass it on by a way you trust; whoever uses it first becomes \
         the one who asks you. It names this device’s addresses to whoever reads it.",
        time(invite.expires_ms)
    )
}

/// Says that a file was written.
///
/// # Errors
/// As [`reply`].
pub(super) fn written(common: &Common, path: &Path, len: usize) -> Result<(), Fail> {
    let shown = path.display().to_string();
    let text = match common.json {
        true => serde_json::json!({ "written": shown, "bytes": len }).to_string() + "\n",
        false => format!("Written: {shown} ({len} bytes)\n"),
    };
    print(text.as_bytes())
}

/// Says that the manual's pages were written into a folder.
///
/// # Errors
/// As [`reply`].
pub(super) fn pages(common: &Common, folder: &Path) -> Result<(), Fail> {
    let shown = folder.display().to_string();
    let text = match common.json {
        true => serde_json::json!({ "written": shown }).to_string() + "\n",
        false => format!("Written: a page for each command, in {shown}\n"),
    };
    print(text.as_bytes())
}

fn plain(reply: &Reply) -> String {
    let mut out = String::new();
    // Writing to a String can't fail.
    let _ = write_plain(&mut out, reply);
    out
}

fn write_plain(out: &mut String, reply: &Reply) -> std::fmt::Result {
    match reply {
        Reply::Done => writeln!(out, "Done."),
        Reply::Status(s) => status(out, s),
        Reply::Identity(me) => {
            writeln!(
                out,
                "{}\n  person {}\n  device {}",
                me.name, me.person, me.device
            )?;
            me.devices
                .iter()
                .filter(|d| d.id != me.device)
                .try_for_each(|d| writeln!(out, "  also   {} ({})", d.id, d.state))
        }
        Reply::Invite(invite) => {
            if let Some(qr) = &invite.qr {
                writeln!(out, "{qr}")?;
            }
            if let Some(text) = &invite.text {
                writeln!(out, "{text}\n")?;
            }
            writeln!(out, "{}", passing_on(invite))
        }
        Reply::Invites(list) if list.is_empty() => writeln!(out, "No open invites."),
        Reply::Invites(list) => list
            .iter()
            .try_for_each(|i| writeln!(out, "{}  {}  until {}", i.id, i.state, time(i.expires_ms))),
        Reply::Invitation(i) => {
            writeln!(out, "From {} ({})", i.name, i.person)?;
            warnings(out, &i.warnings)?;
            writeln!(
                out,
                "Can be used until {}. It stays unused by this look.",
                time(i.expires_ms)
            )
        }
        Reply::Accepted(a) => match a.state {
            ContactState::Contact => writeln!(out, "You and {} can talk now.", a.person.name),
            _ => writeln!(
                out,
                "Answered. You can talk once {} has heard of it and said yes; “kith contacts” says \
                 how far it is.",
                a.person.name
            ),
        },
        Reply::Contacts(list) if list.is_empty() => {
            writeln!(
                out,
                "Nobody yet. “kith invite” makes an invite; “kith accept” answers one."
            )
        }
        Reply::Contacts(list) => list.iter().try_for_each(|c| contact_line(out, c)),
        Reply::Contact(c) => contact(out, c),
        Reply::Features(f) => {
            super::features::all(out, &f.all)?;
            super::features::paths(out, f)
        }
        Reply::Safety(s) => writeln!(
            out,
            "Compare with {}, face to face or by voice:\n\n{}\n\nIf both see the same: kith verify \
             {} --yes",
            s.person.name,
            s.number,
            quoted(&s.person.name)
        ),
        Reply::Card(card) => out.write_str(&card.text),
        Reply::Presence(p) => super::presence::info(out, p),
        Reply::Nearby(n) => nearby(out, n),
        Reply::Meeting(m) => meeting(out, m),
        Reply::Meetings(list) => list.iter().try_for_each(|m| meeting(out, m)),
        Reply::Rooms(list) if list.is_empty() => writeln!(out, "No rooms yet."),
        Reply::Rooms(list) => list.iter().try_for_each(|r| room_line(out, r)),
        Reply::Room(r) => {
            room_line(out, r)?;
            writeln!(out, "  {}", r.room.id)?;
            if let Some(secs) = r.retention_s {
                writeln!(out, "  messages are kept for {}", days(secs))?;
            }
            if r.hold == LegalHold::Set {
                writeln!(out, "  a legal hold is set: nothing is erased here")?;
            }
            r.members
                .iter()
                .try_for_each(|m| writeln!(out, "  {}", person(m)))?;
            r.invited
                .iter()
                .try_for_each(|m| writeln!(out, "  {}: invited, no answer yet", person(m)))
        }
        Reply::Sent(s) => writeln!(
            out,
            "{}  to {}: {}",
            &s.message.get(..8).unwrap_or(""),
            s.room.title,
            delivery(&s.delivery)
        ),
        Reply::Messages(list) if list.is_empty() => writeln!(out, "No messages."),
        Reply::Messages(list) => list
            .iter()
            .try_for_each(|m| writeln!(out, "{}", message(m))),
        // Only where no file was asked for: nothing else is worth a word.
        Reply::Package(_) => writeln!(out, "Done."),
        Reply::Text(text) => out.write_str(text),
        Reply::Imported(i) => {
            writeln!(
                out,
                "{}\n  {}: {} new, {} known already",
                i.message, i.kind, i.new, i.known
            )
        }
        Reply::Config(list) => list.iter().try_for_each(|s| {
            writeln!(
                out,
                "{} = {}   ({})\n    {}",
                s.key, s.value, s.from, s.help
            )
        }),
        Reply::Environment(e) => super::features::environment(out, e),
        Reply::Policies(list) => super::policy::all(out, list),
        Reply::Policy(full) => super::policy::full(out, full),
        Reply::PolicyLook(look) => writeln!(out, "{}\n  {}", look.name, look.org),
        Reply::Moderated(m) => super::rooms::shown(out, m),
        Reply::OwnRules(own) => super::policy::own_rules(out, own),
        Reply::Explained(e) => super::policy::explained(out, e),
        Reply::Directory(list) => super::policy::entries(out, list),
        Reply::OrgKeys(list) => super::org::keys(out, list),
        Reply::OrgDraft(d) => super::org::draft(out, d),
        Reply::OrgDrafts(list) => super::org::drafts(out, list),
        Reply::Audit(page) => super::audit::page(out, page),
        Reply::AuditSound(sound) => super::audit::sound(out, sound),
        Reply::Consents(list) => super::consent::all(out, list),
        Reply::Accounts(list) => super::account::all(out, list),
        Reply::Limits(list) => super::limits::all(out, list),
        Reply::Inputs(inputs) => super::inputs::all(out, inputs),
        Reply::Share(share) => super::share::line(out, share),
        Reply::Shares(list) => super::share::lines(out, list),
        Reply::ShareFigures(f) => {
            let path = if f.path.is_empty() {
                "unknown"
            } else {
                &f.path
            };
            let trip = f.round_trip_us.map_or_else(
                || "not measured yet".to_owned(),
                |us| format!("{}.{} ms", us / 1000, us % 1000 / 100),
            );
            writeln!(out, "path        {path}, there and back {trip}")?;
            writeln!(out, "pictures    {}", f.updates)?;
            writeln!(out, "received    {} kB", f.bytes / 1000)
        }
        Reply::ShareTrace(t) => super::share::trace(out, t),
        Reply::Screens(all) => all
            .iter()
            .try_for_each(|(x, y, w, h)| writeln!(out, "{w}x{h}+{x}+{y}")),
        Reply::Windows(list) if list.is_empty() => {
            writeln!(out, "There is no window that could be shown.")
        }
        Reply::Windows(list) => list.iter().try_for_each(|w| {
            let (size, hidden) = (
                format!("{}x{}", w.width, w.height),
                match &*w.state {
                    "shown" => String::new(),
                    state => format!("  ({state})"),
                },
            );
            writeln!(
                out,
                "{:<18}  {:<16}  {size:<10}  {}{hidden}",
                format!("{:#x}:{}", w.number, w.process),
                w.application,
                w.title
            )
        }),
        Reply::MustBePressed => writeln!(out, "Not without a press at the screen."),
        Reply::Doctor(list) => list.iter().try_for_each(|f| {
            let mark = match f.level {
                Level::Good => "ok  ",
                Level::Limited => "part",
                Level::Bad => "BAD ",
            };
            writeln!(out, "{mark}  {}", f.message)?;
            f.hint.iter().try_for_each(|h| writeln!(out, "      {h}"))
        }),
    }
}

fn status(out: &mut String, s: &Status) -> std::fmt::Result {
    let open = match s.lock {
        LockState::Open => "open",
        LockState::Locked => "LOCKED",
    };
    writeln!(out, "Kith {}: {open}, {}", s.version, presence(s.presence))?;
    match s.encryption {
        Encryption::Passphrase => writeln!(out, "Data: encrypted under your passphrase")?,
        Encryption::Keyring => writeln!(out, "Data: encrypted; your keyring keeps the key")?,
        Encryption::None => writeln!(out, "Data: NOT ENCRYPTED; whoever reads the disk reads all")?,
    }
    writeln!(
        out,
        "Contacts: {}, of whom {} are connected",
        s.contacts, s.connected
    )?;
    writeln!(out, "Messages that nobody else holds yet: {}", s.queued)?;
    s.policies
        .iter()
        .try_for_each(|p| super::policy::info(out, p))?;
    s.listening
        .iter()
        .try_for_each(|l| writeln!(out, "Listening: {l}"))
}

fn nearby(out: &mut String, n: &Nearby) -> std::fmt::Result {
    if let Some(until) = n.open_until_ms {
        writeln!(
            out,
            "Your name can be seen on this network until {}.",
            time(until)
        )?;
    }
    if n.people.is_empty() {
        writeln!(
            out,
            "Nobody nearby wants to be met yet. They run “kith nearby” or “kith meet” too."
        )?;
    }
    n.people.iter().try_for_each(|p| {
        writeln!(out, "{}  device {}", person(&p.person), p.device)?;
        warnings(out, &p.warnings)
    })
}

fn meeting(out: &mut String, m: &MeetingInfo) -> std::fmt::Result {
    let code = m.code.as_deref().unwrap_or("no code yet");
    writeln!(out, "{}  {}  {code}", m.id, m.name)
}

fn contact_line(out: &mut String, c: &Contact) -> std::fmt::Result {
    writeln!(out, "{}  {}", person(&c.person), how(c))?;
    warnings(out, &c.warnings)
}

/// How somebody is and is reached, or how far the contact is.
pub(super) fn how(c: &Contact) -> String {
    match (&c.state, &c.reach) {
        (ContactState::Waiting, Reach::Offline { why, .. }) => {
            format!("answered; their device hasn’t heard of it yet: {why}")
        }
        (ContactState::Answered, Reach::Offline { why, .. }) => {
            format!("answered; waits for their yes ({why})")
        }
        (ContactState::Waiting | ContactState::Answered, _) => "answered".to_owned(),
        (ContactState::Asks, _) => "asks to be your contact".to_owned(),
        (ContactState::Declined, _) => "you declined".to_owned(),
        (ContactState::Removed, _) => "you removed them".to_owned(),
        (ContactState::Fellow, _) => "in a room with you".to_owned(),
        (
            ContactState::Contact,
            Reach::Online {
                presence: p, via, ..
            },
        ) => {
            format!("{} ({via})", presence(*p))
        }
        (ContactState::Contact, Reach::Offline { why, .. }) => format!("offline: {why}"),
        (state, _) => refused(*state).to_owned(),
    }
}

/// Why nothing comes of an answered invite.
const fn refused(state: ContactState) -> &'static str {
    match state {
        ContactState::TurnedAway => "they declined",
        ContactState::InviteUsed => "refused: the invite was used already",
        ContactState::InviteRevoked => "refused: the invite was taken back",
        ContactState::InviteExpired => "refused: the invite has expired",
        ContactState::NotBelieved => "refused: their device didn’t believe the answer",
        _ => "refused: their device doesn’t know the invite",
    }
}

fn contact(out: &mut String, c: &Contact) -> std::fmt::Result {
    contact_line(out, c)?;
    if c.state == ContactState::Removed {
        writeln!(
            out,
            "  What you said to each other stays readable (“kith history”); “--remove” once more \
             erases it here. To talk again, one of you invites the other."
        )?;
    }
    if c.state.is_refused() {
        let name = &c.person.name;
        writeln!(
            out,
            "  ask {name} for a new invite; “kith contacts NAME --remove” forgets this one"
        )?;
    }
    writeln!(out, "  calls themselves {}\n  {}", c.own_name, c.person.id)?;
    if c.routes == Routes::RelayOnly {
        writeln!(
            out,
            "  relay only: learns no address of this device, and is reached through relays"
        )?;
    }
    c.devices
        .iter()
        .try_for_each(|d| writeln!(out, "  device {} ({})", d.id, d.state))?;
    super::features::all(out, &c.features)
}

fn warnings(out: &mut String, warnings: &[kith_api::Warning]) -> std::fmt::Result {
    warnings
        .iter()
        .try_for_each(|w| writeln!(out, "  careful: {w}"))
}

/// How long that is: rooms of other programs may count in less than days.
fn days(secs: u64) -> String {
    const DAY: u64 = 86_400;
    match secs {
        DAY => "a day".to_owned(),
        s if s % DAY == 0 => format!("{} days", s / DAY),
        s => format!("{s} seconds"),
    }
}

fn room_line(out: &mut String, r: &Room) -> std::fmt::Result {
    let unread = match r.unread {
        0 => String::new(),
        n => format!(", {n} unread"),
    };
    writeln!(out, "{}  ({}, {}{unread})", r.room.title, r.kind, r.me)?;
    warnings(out, &r.warnings)
}

/// A person with the mark that says whether they are verified (ID-3).
pub(super) fn person(p: &PersonRef) -> String {
    match p.verified {
        Verification::Verified => format!("{} ✓", p.name),
        Verification::Unverified => format!("{} (not verified)", p.name),
    }
}

/// A message on one line.
pub(crate) fn message(m: &Message) -> String {
    let id = m.id.get(..8).unwrap_or(&m.id);
    let mut line = format!("{} {id} ", time(m.at_ms));
    let who = match m.mine {
        Mine::Yes => "you",
        Mine::No => &m.author.name,
    };
    let said = match &m.content {
        Content::Text(text) => format!("{who}: {}", indented(text)),
        Content::Erased => match &m.deleted_by {
            Some(by) if by.id != m.author.id => format!("{who}: (deleted by {})", by.name),
            _ => format!("{who}: (deleted)"),
        },
        Content::Missing => format!("{who}: (not arrived yet)"),
        Content::File { name, size, state } => {
            let state = match state {
                FileState::Offered => "to be fetched",
                FileState::Coming => "on its way",
                FileState::Here => "here",
            };
            format!("{who}: file {name}, {size} bytes ({state})")
        }
        Content::Notice(text) => format!("* {text}"),
    };
    line.push_str(&said);
    if m.edited == Edited::Yes {
        line.push_str(" (edited)");
    }
    if m.doubt != Doubt::None && !matches!(m.content, Content::Notice(_)) {
        line.push_str(" (doubtful)");
    }
    if let Some(reply) = &m.reply_to {
        let _ = write!(line, " [answers {}]", reply.get(..8).unwrap_or(reply));
    }
    for (emoji, who) in &m.reactions {
        let _ = write!(line, " {emoji}{}", who.len());
    }
    if let Some(d) = &m.delivery {
        let _ = write!(line, "  [{}]", delivery(d));
    }
    line
}

/// Further lines stand under the first: at the margin, one could look like a
/// message of somebody else's.
fn indented(text: &str) -> String {
    text.replace('\n', "\n    ")
}

/// The mark of a message of mine whose text stands there already.
pub(super) fn mark(m: &Message) -> String {
    let id = m.id.get(..8).unwrap_or(&m.id);
    let state = m.delivery.as_ref().map(delivery).unwrap_or_default();
    let edited = match m.edited {
        Edited::Yes => " (edited)",
        Edited::No => "",
    };
    let mut line = format!("    {id} {state}{edited}");
    for (emoji, who) in &m.reactions {
        let _ = write!(line, " {emoji}{}", who.len());
    }
    line
}

fn delivery(d: &Delivery) -> String {
    match d {
        Delivery::Queued => "queued here".to_owned(),
        Delivery::Held(by) => format!("held by {}", by.join(", ")),
        Delivery::Delivered => "delivered".to_owned(),
        Delivery::Read => "read".to_owned(),
    }
}

pub(super) const fn presence(p: PresenceState) -> &'static str {
    match p {
        PresenceState::Available => "available",
        PresenceState::Away => "away",
        PresenceState::Busy => "busy",
        PresenceState::Sharing => "sharing a screen",
        PresenceState::Hidden => "hidden",
    }
}

/// A name as one word of a command line.
fn quoted(name: &str) -> String {
    match name
        .chars()
        .all(|c| c.is_alphanumeric() || "-_.".contains(c))
    {
        true => name.to_owned(),
        false => format!("'{}'", name.replace('\'', "'\\''")),
    }
}

/// A time in the person's own time zone.
pub(super) fn time(ms: u64) -> String {
    i64::try_from(ms)
        .ok()
        .and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok())
        .map(|t| {
            t.to_zoned(jiff::tz::TimeZone::system())
                .strftime("%Y-%m-%d %H:%M")
                .to_string()
        })
        .unwrap_or_default()
}
