//! What was found, for a person: what can be done, in which direction, and
//! what to do about what can't (ENV-3).

use kith_api::{Finding, Level};
use kith_display::NoWindow;
use kith_proto::capability::Means;
use kith_proto::rights::Right;
use kith_proto::technology::Technology;

use super::collect::{Display, Environment, Listens, Server, Session};
use super::offers::{Flag, SEEN_WITHOUT, SHOWN_WITHOUT, WhyNot, flags};

fn finding(code: &str, level: Level, message: impl Into<String>) -> Finding {
    Finding {
        code: code.into(),
        level,
        message: message.into(),
        hint: None,
        about: Vec::new(),
    }
}

/// What `kith doctor` says of sharing.
#[must_use]
pub fn findings(env: &Environment) -> Vec<Finding> {
    let mut found = vec![session(env)];
    let all = flags(env);
    if let Some(native) = all.iter().find(|f| f.means == Means::Native) {
        found.push(shares(native, env));
        found.push(joins(native, env));
    }
    for t in [Technology::Rdp, Technology::Vnc, Technology::Ica] {
        found.push(viewer(t, env));
    }
    found.extend(servers(env));
    found.push(account(env));
    found
}

/// Every kind of share that there is runs in a session that somebody has: a
/// password can be said each time as well.
fn account(env: &Environment) -> Finding {
    match env.accounts.is_empty() {
        true => finding(
            "no-sharing-account",
            Level::Good,
            "No account for hosted sessions is kept: you are asked for a server’s password.",
        )
        .hint("“kith account keep PORT” keeps what opens a VNC server"),
        false => finding(
            "sharing-account",
            Level::Good,
            "An account for hosted sessions is kept: “kith account list” says for which servers.",
        )
        .hint(
            "what that desktop’s user may do (list or end others’ sessions, restart, install) \
             can’t be checked from here: let it be one who may not",
        ),
    }
}

fn session(env: &Environment) -> Finding {
    let os = env.os.as_deref().unwrap_or("Linux");
    let how = match env.session {
        Session::Local => "somebody sits in front of it",
        Session::Ssh => "it is used from elsewhere, by SSH",
        Session::Rdp => "it is used from elsewhere, by RDP",
        Session::Vnc => "it is used from elsewhere, by VNC",
        Session::X11 => "its screen is on another machine, by X11",
        Session::Headless => "nobody sits in front of it, and it has no screen",
    };
    let screens: Vec<String> = env
        .screens
        .iter()
        .map(|s| format!("{}×{}", s.width, s.height))
        .collect();
    let shown = match (env.display, screens.is_empty()) {
        (Display::X11, false) => format!("; X11, {}", screens.join(" and ")),
        (Display::X11, true) => "; X11".to_owned(),
        (Display::Wayland, _) => "; Wayland".to_owned(),
        (Display::None, _) => String::new(),
    };
    finding("session", Level::Good, format!("{os}: {how}{shown}."))
}

fn shares(native: &Flag, env: &Environment) -> Finding {
    match native.share {
        Ok(rights) if rights.contains(Right::Pointer) => finding(
            "can-share",
            Level::Good,
            "You can show windows and the screen of this machine, and let others control them.",
        ),
        Ok(_) => finding(
            "can-share-view",
            Level::Limited,
            "You can show windows and the screen of this machine, but nobody can control them.",
        )
        .hint(format!(
            "the X11 display lacks {}",
            env.lacks_to_control.join(", ")
        )),
        Err(why) => {
            let told = finding(
                "can-not-share",
                Level::Limited,
                format!(
                    "You can’t show the screen of this machine: {}.",
                    why.words()
                ),
            );
            match why {
                WhyNot::NoScreen => told.hint(format!(
                    "start Kith inside a desktop session, or name one with the variable DISPLAY; \
                     without: {SHOWN_WITHOUT}"
                )),
                WhyNot::Wayland => {
                    told.hint("log in to an X11 session, which your login screen may offer")
                }
                WhyNot::DisplayLacks => {
                    told.hint(format!("it lacks {}", env.lacks_to_share.join(", ")))
                }
                WhyNot::NoServer | WhyNot::NoViewer | WhyNot::NoWindow | WhyNot::NotSupported => {
                    told
                }
            }
        }
    }
}

fn joins(native: &Flag, env: &Environment) -> Finding {
    let no_window = env.no_window.as_ref();
    match native.join {
        Ok(_) => finding(
            "can-join",
            Level::Good,
            "You can see what others show, and control it where they let you.",
        ),
        Err(why) => finding(
            "can-not-join",
            Level::Limited,
            format!(
                "You can’t see what others show: {}.",
                no_window.map_or_else(|| why.words().to_owned(), ToString::to_string)
            ),
        )
        .hint(format!(
            "{}; without: {SEEN_WITHOUT}",
            no_window.map_or_else(
                || "start Kith inside a desktop session".to_owned(),
                NoWindow::help,
            )
        )),
    }
}

/// Which viewer programs there are. VNC's alone is used so far (HOST-1).
fn viewer(t: Technology, env: &Environment) -> Finding {
    let name = match t {
        Technology::Rdp => "RDP",
        Technology::Vnc => "VNC",
        _ => "Citrix",
    };
    let code = |found: &str| format!("{found}-{}", t.name());
    match (t, env.viewer(t)) {
        (Technology::Vnc, Some(program)) if env.display == Display::None => finding(
            &code("no-screen-for"),
            Level::Limited,
            format!("A VNC server that others show you doesn’t open here: {program} is installed, and there is no screen."),
        )
        .hint("start Kith inside a desktop session"),
        (Technology::Vnc, Some(program))
            if let Some(no) = env.no_window.as_ref().filter(|no| no.is_of_all()) =>
        {
            finding(
                &code("no-window-for"),
                Level::Limited,
                format!("A VNC server that others show you doesn’t open here: {program} is installed, and {no}."),
            )
            .hint(no.help())
        }
        (Technology::Vnc, Some(program)) => finding(
            &code("viewer"),
            Level::Good,
            format!("A VNC server that others show you opens here, in {program}."),
        ),
        (Technology::Vnc, None) => finding(
            &code("no-viewer"),
            Level::Limited,
            "A VNC server that others show you doesn’t open here: no viewer program for it is installed.",
        )
        .hint("install TigerVNC (Debian: tigervnc-viewer), if you need it"),
        (_, Some(program)) => finding(
            &code("viewer"),
            Level::Limited,
            format!("{program} is here, but Kith doesn’t open {name} sessions yet."),
        ),
        (_, None) => finding(
            &code("no-viewer"),
            Level::Limited,
            format!("{name} sessions don’t open here; Kith doesn’t do that yet."),
        ),
    }
}

fn servers(env: &Environment) -> Option<Finding> {
    if env.servers.is_empty() {
        return None;
    }
    let named: Vec<String> = env
        .servers
        .iter()
        .map(|s| match s.listens {
            Listens::Yes => format!("{} (running)", s.program),
            Listens::No => s.program.to_owned(),
        })
        .collect();
    let told = finding(
        "servers",
        Level::Good,
        format!(
            "Programs that can show this machine to others: {}. Kith shows those of VNC.",
            named.join(", ")
        ),
    )
    .about(named.clone());
    let vnc = |s: &Server| s.technology == Technology::Vnc && s.listens == Listens::Yes;
    Some(match env.servers.iter().any(vnc) {
        true => told.hint(
            "“kith share NAME --vnc-server PORT” shows a VNC server; its password stays with you",
        ),
        false => told.hint(
            "Kith needs none of them to show your screen; where a VNC server runs, “kith share NAME \
             --vnc-server PORT” shows it",
        ),
    })
}
