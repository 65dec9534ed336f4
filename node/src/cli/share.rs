//! Commands about shares.

use std::fmt::{self, Write};
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use kith_api::{
    Client, Code, ControlChange, ControlState, Press, Reply, Request, ScreenArea, Secret,
    ShareCase, ShareControllers, ShareInfo, ShareLevel, SharePart, SharePhase, ShareRequest,
    ShareShow, ShareTrace, ShareWhat, Verification, WindowMark, WindowsOf,
};

use kith_proto::session::Reason;

use super::args::{CaseArgs, Command, WhatArgs};
use super::place::connect;
use super::{Common, Fail, account, bridge, passphrase, show};

/// What control comes to (GUARD-9).
const AS_YOU: &str = "CONTROL IS PRACTICALLY CONTROL OF YOUR ACCOUNT on this computer: with it programs can \
    be started, and all your files and messages read, changed and sent.";

pub(super) fn run(common: &Common, command: Command) -> Result<(), Fail> {
    let vnc = matches!(
        command,
        Command::Join { vnc: true, .. } | Command::Allow { vnc: true, .. }
    );
    let with = match &command {
        Command::Share { who, verbose, .. } | Command::Join { who, verbose, .. }
            if !common.json =>
        {
            Some((who.clone(), *verbose))
        }
        _ => None,
    };
    if matches!(command, Command::Requests) {
        return requests(common);
    }
    let request = request(common, command)?;
    if vnc {
        return bridge::run(common, request);
    }
    let mut node = connect(common)?;
    if !common.json && may_give_control(&mut node, &request)? {
        // What can't be needs no warning.
        node.ask(Request::Share(ShareRequest::Check(Box::new(
            request.clone(),
        ))))?;
        super::note(AS_YOU);
    }
    if let Some((who, true)) = &with {
        // Before anybody is asked: it says what the share would run over.
        super::features::probe(common, who)?;
    }
    let reply = node.ask(Request::Share(request))?;
    show::reply(common, &reply)?;
    match with {
        Some((who, false)) => super::features::verdict(&mut node, &who),
        _ => Ok(()),
    }
}

/// Whether this lets somebody control our screen, or may: which request a yes
/// answers, the node knows.
fn may_give_control(node: &mut Client, request: &ShareRequest) -> Result<bool, Fail> {
    Ok(match request {
        ShareRequest::Limited { limits, .. } if limits.level == Some(ShareLevel::View) => false,
        ShareRequest::Limited { request, .. } | ShareRequest::InRoom { request, .. } => {
            may_give_control(node, request)?
        }
        ShareRequest::Invite { level, .. } => *level == ShareLevel::Control,
        ShareRequest::Allow { .. } => match node.ask(Request::Share(ShareRequest::List))? {
            Reply::Shares(all) => all.iter().any(asks_for_control),
            _ => true,
        },
        _ => false,
    })
}

fn asks_for_control(s: &ShareInfo) -> bool {
    s.part == SharePart::Sharer
        && match s.phase {
            SharePhase::Asked => s.control != "nothing",
            SharePhase::RunningAsked => true,
            _ => false,
        }
}

fn request(common: &Common, command: Command) -> Result<ShareRequest, Fail> {
    Ok(match command {
        Command::Share {
            who,
            what,
            password_file,
            control,
            limits,
            case,
            verbose: _,
        } => {
            let room = case.room.clone();
            let what = what_of(common, what, password_file.as_deref())?.ok_or_else(|| {
                Fail::new(Code::BadRequest, "say what you want to show")
                    .hint("--app, --window, --region, --desktop or --vnc-server says what")
            })?;
            let invite = ShareRequest::Invite {
                who,
                what,
                level: level(control),
                case: case_of(case),
            };
            in_room(room, limits.with(invite, None))
        }
        Command::Join {
            who,
            control,
            picture,
            vnc_server,
            viewer,
            case,
            app,
            vnc: _,
            verbose: _,
        } => {
            let show = match viewer {
                _ if vnc_server => ShareShow::VncServer,
                Some(socket) => ShareShow::Viewer(absolute(&socket)?),
                None => shown(picture.as_deref())?,
            };
            let room = case.room.clone();
            let (level, case) = (level(control), case_of(case));
            let join = match app {
                Some(application) => ShareRequest::JoinApplication {
                    who,
                    application,
                    level,
                    show,
                    case,
                },
                None => ShareRequest::Join {
                    who,
                    level,
                    show,
                    case,
                },
            };
            in_room(room, join)
        }
        Command::Allow {
            which,
            what,
            password_file,
            picture,
            vnc: _,
            view,
            limits,
        } => {
            let allow = ShareRequest::Allow {
                which,
                what: what_of(common, what, password_file.as_deref())?,
                show: shown(picture.as_deref())?,
            };
            limits.with(allow, view.then_some(ShareLevel::View))
        }
        Command::Deny { which } => ShareRequest::Deny { which },
        Command::Control {
            which,
            end,
            together,
            one,
            give,
        } => ShareRequest::Control {
            which,
            change: match (end, together, one, give) {
                (true, ..) => ControlChange::End,
                (_, true, ..) => ControlChange::Together,
                (.., true, _) => ControlChange::One,
                (.., true) => ControlChange::Give,
                _ => ControlChange::Ask,
            },
        },
        Command::Frame { which, area, cut } => ShareRequest::Place {
            which,
            area: numbers(&area)?,
            cuts: all_numbers(&cut.cut)?,
        },
        Command::Stop { which } => ShareRequest::Stop { which },
        Command::Panic => ShareRequest::Panic,
        Command::Windows { private, open } => match (private, open) {
            (Some(window), _) => ShareRequest::Mark {
                window: window.number,
                process: window.process,
                mark: WindowMark::Private,
            },
            (None, Some(window)) => ShareRequest::Mark {
                window: window.number,
                process: window.process,
                mark: WindowMark::Open,
            },
            (None, None) => ShareRequest::Windows {
                thumbnail: 0,
                of: WindowsOf::All,
                press: Press::Asked,
            },
        },
        _ => ShareRequest::List,
    })
}

/// What is open, and how the last ones ended.
fn requests(common: &Common) -> Result<(), Fail> {
    let mut node = connect(common)?;
    let mut all = Vec::new();
    for request in [ShareRequest::List, ShareRequest::Ended] {
        match node.ask(Request::Share(request))? {
            Reply::Shares(some) => all.extend(some),
            other => return show::reply(common, &other),
        }
    }
    show::reply(common, &Reply::Shares(all))
}

fn in_room(room: Option<String>, request: ShareRequest) -> ShareRequest {
    match room {
        None => request,
        Some(room) => ShareRequest::InRoom {
            room,
            request: Box::new(request),
        },
    }
}

const fn level(control: bool) -> ShareLevel {
    match control {
        true => ShareLevel::Control,
        false => ShareLevel::View,
    }
}

fn case_of(case: CaseArgs) -> ShareCase {
    ShareCase {
        purpose: case.purpose,
        reference: case.reference,
        patient_consent: case.patient_consent,
    }
}

fn shown(picture: Option<&Path>) -> Result<ShareShow, Fail> {
    Ok(match picture {
        None => ShareShow::Window,
        Some(file) => ShareShow::Picture(absolute(file)?),
    })
}

/// The node runs in another folder.
fn absolute(path: &Path) -> Result<PathBuf, Fail> {
    std::path::absolute(path).map_err(|e| Fail::file(path, &e))
}

fn what_of(
    common: &Common,
    what: WhatArgs,
    password: Option<&Path>,
) -> Result<Option<ShareWhat>, Fail> {
    if what.region.is_none() && !what.cut.cut.is_empty() {
        return Err(Fail::usage("--cut leaves something out of a --region"));
    }
    Ok(match what {
        WhatArgs {
            vnc_server: Some(server),
            ..
        } => {
            let password = server_password(common, &server, password)?;
            Some(ShareWhat::VncServer { server, password })
        }
        WhatArgs {
            app: Some(name), ..
        } => Some(ShareWhat::Application(name)),
        WhatArgs {
            window: Some(title),
            ..
        } => Some(ShareWhat::Window(title)),
        WhatArgs {
            region: Some(area),
            cut,
            ..
        } => Some(ShareWhat::Region {
            area: numbers(&area)?,
            cuts: all_numbers(&cut.cut)?,
        }),
        WhatArgs { desktop: true, .. } => Some(ShareWhat::Desktop),
        WhatArgs {
            synthetic: true, ..
        } => Some(ShareWhat::Synthetic),
        _ => None,
    })
}

/// What opens a server: from a file, as the node keeps it, or asked for.
fn server_password(
    common: &Common,
    server: &str,
    file: Option<&Path>,
) -> Result<Option<Secret>, Fail> {
    match file {
        Some(file) => passphrase::from_file(file).map(Some),
        None if account::is_kept(common, server)? => Ok(None),
        None if !std::io::stdin().is_terminal() => Err(Fail::new(
            Code::BadRequest,
            "the server’s password is needed, and there is no terminal",
        )
        .hint("give it with --password-file FILE, or “-” for standard input")),
        None => passphrase::prompted("The VNC server's password: ").map(Some),
    }
}

/// WIDTHxHEIGHT+LEFT+TOP, as X11 programs write it; left and top first.
fn numbers(area: &str) -> Result<ScreenArea, Fail> {
    let parse = || {
        let (size, at) = area.split_once('+')?;
        let (width, height) = size.split_once('x')?;
        let (left, top) = at.split_once('+')?;
        let n = |text: &str| text.parse::<u16>().ok();
        Some((n(left)?, n(top)?, n(width)?, n(height)?))
    };
    parse().ok_or_else(|| {
        Fail::new(Code::BadRequest, "that isn’t an area")
            .hint("an area is WIDTHxHEIGHT+LEFT+TOP, such as 800x600+0+0")
    })
}

fn all_numbers(areas: &[String]) -> Result<Vec<ScreenArea>, Fail> {
    areas.iter().map(|area| numbers(area)).collect()
}

fn written((left, top, width, height): ScreenArea) -> String {
    format!("{width}x{height}+{left}+{top}")
}

/// How a session came about, and what is left of it.
pub(super) fn trace(out: &mut impl Write, t: &ShareTrace) -> fmt::Result {
    let way = t.way.as_ref().map_or("none", |w| w.address.as_str());
    writeln!(out, "way         {way}")?;
    writeln!(
        out,
        "sealed      {}",
        t.sealed.as_deref().unwrap_or("nothing")
    )?;
    writeln!(out, "parameters  {}", t.parameters)?;
    writeln!(out, "database    {}", t.stored)
}

/// Shares and requests, those that are over behind the others.
pub(super) fn lines(out: &mut impl Write, all: &[ShareInfo]) -> fmt::Result {
    let over = |s: &&ShareInfo| s.phase == SharePhase::Over;
    if all.iter().all(|s| over(&s)) {
        writeln!(out, "No requests, and nothing is shared.")?;
    }
    for s in all.iter().filter(|s| !over(s)) {
        line(out, s)?;
    }
    if all.iter().any(|s| over(&s)) {
        writeln!(out, "Ended, since this node began:")?;
    }
    all.iter().filter(over).try_for_each(|s| line(out, s))
}

/// One share or request on one line.
pub(super) fn line(out: &mut impl Write, s: &ShareInfo) -> fmt::Result {
    let id = s.session.to_string();
    let short = id.get(..14).unwrap_or(&id);
    let mark = match s.person.verified {
        Verification::Verified => "verified",
        Verification::Unverified => "NOT VERIFIED",
    };
    let (name, mut seen) = (&s.person.name, extent(s));
    if let Some(room) = &s.room {
        seen += &format!(", in the room “{}”", room.title);
    }
    let said = match (s.part, s.phase) {
        (SharePart::Sharer, SharePhase::Waiting) => format!("invited to see {seen}"),
        (SharePart::Viewer, SharePhase::Waiting) => format!("asked to show {seen}"),
        (SharePart::Sharer, SharePhase::Asked) => {
            let with = match s.technology.as_str() {
                "vnc" => "--vnc-server PORT",
                _ => "--app NAME",
            };
            format!("ASKS TO SEE {seen}: “kith allow {short} {with}” or “kith deny {short}”")
        }
        (SharePart::Viewer, SharePhase::Asked) => {
            format!("INVITES YOU TO SEE {seen}: “kith allow {short}” or “kith deny {short}”")
        }
        (_, SharePhase::Settling) => "being set up".to_owned(),
        (SharePart::Sharer, SharePhase::Running) => format!(
            "SEES {seen}{}: “kith stop {short}”",
            match s.controllers {
                Some(ShareControllers::Together) => "; several may control it at once",
                Some(ShareControllers::One) | None => "",
            }
        ),
        (SharePart::Sharer, SharePhase::RunningAsked) if s.answered_at_screen => format!(
            "SEES {seen}, and ASKS FOR CONTROL: answer in Kith’s window on the screen, or “kith deny {short}”"
        ),
        (SharePart::Sharer, SharePhase::RunningAsked) => format!(
            "SEES {seen}, and ASKS FOR CONTROL: “kith allow {short}” or “kith deny {short}”"
        ),
        (SharePart::Viewer, SharePhase::Running | SharePhase::RunningAsked) => {
            format!("shows you {seen}{}", refused(s))
        }
        (_, SharePhase::Ending) => "has ended; both sides sign".to_owned(),
        (_, SharePhase::Over) => ended(s, &seen),
    };
    writeln!(out, "{short}  {name} ({mark}): {said}")?;
    if matches!(s.phase, SharePhase::Ending | SharePhase::Over) {
        return Ok(());
    }
    let column = short.len();
    // A line for each: what they wrote can't pass for another.
    for (what, text) in [
        ("purpose", &s.case.purpose),
        ("reference", &s.case.reference),
        ("patient consent obtained by", &s.case.patient_consent),
    ] {
        if let Some(text) = text {
            writeln!(out, "{:column$}  {what}: {text}", "")?;
        }
    }
    if s.without_panic_key {
        writeln!(
            out,
            "{:column$}  NO PANIC KEY: this node has no X11 screen; “kith panic” takes control back",
            ""
        )?;
    }
    Ok(())
}

/// How it ended, by whom, and when.
fn ended(s: &ShareInfo, seen: &str) -> String {
    let what = match s.part {
        SharePart::Sharer => format!("to see {seen}"),
        SharePart::Viewer => format!("to show you {seen}"),
    };
    let by = match (s.ended_by.as_deref(), s.part) {
        (Some("sharer"), SharePart::Sharer) | (Some("viewer"), SharePart::Viewer) => "you",
        (Some("sharer" | "viewer"), _) => s.person.name.as_str(),
        (Some("organiser"), _) => "whoever moderates the room",
        (Some("policy"), _) => "a policy or rule",
        _ => "a program",
    };
    let when = s.ended_at_ms.map_or_else(String::new, show::time);
    let why = s.words.as_deref().unwrap_or_default();
    format!("{what}: ended {when} by {by}, because {why}")
}

/// What became of the wish for control.
fn refused(s: &ShareInfo) -> String {
    let reason = s.refused.as_deref().and_then(Reason::from_name);
    reason.map_or_else(String::new, |r| format!("; no control: {}", r.words()))
}

fn extent(s: &ShareInfo) -> String {
    let what = match (s.applications.is_empty(), s.area) {
        (true, _) if s.technology == "vnc" => "a VNC server".to_owned(),
        (true, Some(around)) => {
            let cuts = s.cuts.iter().map(|cut| format!(" less {}", written(*cut)));
            format!(
                "part of the screen, {}{}",
                written(around),
                cuts.collect::<String>()
            )
        }
        // Which of both, the other side alone knows.
        (true, None) if s.part == SharePart::Viewer => "a screen or a part of it".to_owned(),
        // Who says yes says also to what.
        (true, None) if s.phase == SharePhase::Asked && s.view == "desktop" => {
            "up to the whole screen".to_owned()
        }
        (true, None) => s.view.clone(),
        (false, _) => format!("{} {}", s.view, s.applications.join(", ")),
    };
    let runs = matches!(s.phase, SharePhase::Running | SharePhase::RunningAsked);
    match (s.control.as_str(), s.control_state) {
        ("nothing", _) => format!("{what}, without control"),
        (control, Some(ControlState::Offered)) if runs && s.part == SharePart::Viewer => {
            format!("{what}, with control of {control} once they say yes to that on their screen")
        }
        (control, Some(ControlState::Offered)) if runs => format!(
            "{what}, WITHOUT control until you say yes to that of {control} in Kith’s window"
        ),
        (control, _) => format!("{what}, with control of {control}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(part: SharePart, phase: SharePhase) -> ShareInfo {
        let person = serde_json::json!({
            "id": kith_proto::id::PersonId::from_bytes([1; 32]).to_string(),
            "name": "Ben", "verified": "verified",
        });
        serde_json::from_value(serde_json::json!({
            "session": kith_proto::id::SessionId::from_bytes([7; 16]).to_string(),
            "person": person, "part": part, "phase": phase,
            "view": "desktop", "control": "desktop", "applications": [],
        }))
        .unwrap()
    }

    /// ASK-2, CASE-1: whoever says yes sees what it is for, and is told how.
    #[test]
    fn a_request_says_what_it_is_for_and_how_it_is_answered() {
        let mut s = info(SharePart::Sharer, SharePhase::Asked);
        s.case = ShareCase {
            purpose: Some("check".into()),
            reference: Some("case 77".into()),
            patient_consent: Some("Dr X".into()),
        };
        let said = |s: &ShareInfo| {
            let mut out = String::new();
            line(&mut out, s).unwrap();
            out
        };
        let native = said(&s);
        for part in [
            "ASKS TO SEE up to the whole screen, with control of desktop: “kith allow",
            " --app NAME”",
            "\n                purpose: check\n",
            " reference: case 77\n",
            " patient consent obtained by: Dr X\n",
        ] {
            assert!(native.contains(part), "{part:?} in {native}");
        }
        s.technology = "vnc".into();
        let vnc = said(&s);
        assert!(vnc.contains(" --vnc-server PORT”"), "{vnc}");
    }

    /// What is only offered isn't called control, and no two parts of a screen
    /// look alike.
    #[test]
    fn what_is_offered_and_what_is_held_are_told_apart() {
        use {SharePart::*, SharePhase::*};
        for (part, phase, state, area, said) in [
            (
                Sharer,
                Running,
                Some(ControlState::Held),
                None,
                "desktop, with control of desktop",
            ),
            (
                Sharer,
                Running,
                Some(ControlState::Offered),
                None,
                "desktop, WITHOUT control until you say yes to that of desktop in Kith’s window",
            ),
            (
                Sharer,
                Asked,
                Some(ControlState::Offered),
                None,
                "up to the whole screen, with control of desktop",
            ),
            (
                Sharer,
                Running,
                Some(ControlState::Held),
                Some((10, 20, 800, 600)),
                "part of the screen, 800x600+10+20, with control of desktop",
            ),
            (
                Viewer,
                Running,
                Some(ControlState::Offered),
                None,
                "a screen or a part of it, with control of desktop once they say yes to that on \
                 their screen",
            ),
            (
                Viewer,
                Running,
                Some(ControlState::Held),
                None,
                "a screen or a part of it, with control of desktop",
            ),
        ] {
            let mut s = info(part, phase);
            (s.control_state, s.area) = (state, area);
            assert_eq!(extent(&s), said);
        }
    }
}
