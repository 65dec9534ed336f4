//! `--vnc`: a share in an ordinary VNC viewer on this machine (SHARE-6).
//!
//! The bridge runs as this very process, in the terminal where it was asked
//! for: its password goes nowhere else, not through the node and its socket,
//! whose secrets travel only towards the node. Until the share begins this
//! process waits at a socket of its own, for the node to hand the share over.

use std::io::{self, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::mpsc;

use kith_api::{
    Client, Code, Event, Reply, Request, ShareInfo, SharePart, SharePhase, ShareRequest, ShareShow,
};
use kith_display::look::Language;
use kith_proto::id::SessionId;
use kith_view::rfb::OneTime;

use super::place::{connect, profile};
use super::{Common, Fail};
use crate::config::Settings;
use crate::share::Program;

/// The sockets' names, but for the number of the process.
const NAME: &str = "vnc-";

/// News that wait to be looked at; more wait with whoever has them.
const NEWS: usize = 8;

/// What the wait ends with.
enum News {
    /// The node hands the share over.
    Share(UnixStream),
    /// Something happened to a share.
    About(ShareInfo),
    /// The node has gone away.
    Gone,
}

/// Asks for the share, waits until it begins, and becomes its bridge.
pub(super) fn run(common: &Common, request: ShareRequest) -> Result<(), Fail> {
    // The profile's folder is its owner's alone.
    let profile = profile(common)?;
    let place = Place::new(profile.dir())?;
    // What the VNC viewer's title says is in the language of Kith's windows.
    let settings = Settings::load(&profile.config()).ok();
    let look = settings.and_then(|s| s.config().ok()).map(|c| c.look());
    let language = look.unwrap_or_default().language;
    let request = match request {
        ShareRequest::Join {
            who, level, case, ..
        } => ShareRequest::Join {
            who,
            level,
            show: ShareShow::Viewer(place.path.clone()),
            case,
        },
        ShareRequest::Allow { which, what, .. } => ShareRequest::Allow {
            which,
            what,
            show: ShareShow::Viewer(place.path.clone()),
        },
        other => other,
    };
    let (tell, news) = mpsc::sync_channel(NEWS);
    let events = connect(common)?.subscribe()?;
    let mut node = connect(common)?;
    let mine = match request {
        ShareRequest::Allow { ref which, .. } => {
            let mine = named(&mut node, which)?;
            node.ask(Request::Share(request))?;
            mine
        }
        _ => match node.ask(Request::Share(request))? {
            Reply::Share(info) => Some(info.session),
            _ => None,
        },
    };
    super::note("Waiting until it begins. “kith stop” takes it back.");
    let at_socket = tell.clone();
    let listener = place.listener.try_clone();
    let listener = listener.map_err(|e| Fail::file(&place.path, &e))?;
    std::thread::spawn(move || {
        if let Ok((share, _)) = listener.accept() {
            let _ = at_socket.send(News::Share(share));
        }
    });
    std::thread::spawn(move || {
        for event in events {
            if let Event::Share(info) = event
                && tell.send(News::About(info)).is_err()
            {
                return;
            }
        }
        let _ = tell.send(News::Gone);
    });
    loop {
        match news.recv() {
            Ok(News::Share(share)) if is_ours(&share) => {
                drop(place);
                return Err(become_bridge(common, language, share));
            }
            Ok(News::About(info))
                if info.phase == SharePhase::Over && mine.is_none_or(|m| m == info.session) =>
            {
                let words = info.words.unwrap_or_default();
                return Err(Fail::new(Code::Denied, format!("it is over: {words}")));
            }
            Ok(News::Share(_) | News::About(_)) => {}
            Ok(News::Gone) | Err(_) => return Err(kith_api::ClientError::Closed.into()),
        }
    }
}

/// The invitation that a person means; `None` if that isn't clear, which the
/// node will say in its own words.
fn named(node: &mut Client, which: &str) -> Result<Option<SessionId>, Fail> {
    let Reply::Shares(all) = node.ask(Request::Share(ShareRequest::List))? else {
        return Ok(None);
    };
    let asked = |s: &&ShareInfo| s.part == SharePart::Viewer && s.phase == SharePhase::Asked;
    let meant = |s: &ShareInfo| s.person.name == which || s.session.to_string().starts_with(which);
    let mut found = all.iter().filter(asked).filter(|s| meant(s));
    let first = found.next().map(|s| s.session);
    Ok(first.filter(|_| found.next().is_none()))
}

/// Where the node brings the share to. Taken away on drop.
struct Place {
    path: PathBuf,
    listener: UnixListener,
}

impl Place {
    fn new(folder: &Path) -> Result<Self, Fail> {
        sweep(folder);
        let path = folder.join(format!("{NAME}{}", std::process::id()));
        let _ = std::fs::remove_file(&path);
        match UnixListener::bind(&path) {
            Ok(listener) => Ok(Self { path, listener }),
            Err(e) => Err(Fail::file(&path, &e)),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Takes away what commands left that were killed while they waited.
fn sweep(folder: &Path) {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    for file in files {
        let name = file.file_name();
        let of = name.to_str().and_then(|n| n.strip_prefix(NAME));
        if let Some(process) = of
            && !Path::new("/proc").join(process).exists()
        {
            let _ = std::fs::remove_file(file.path());
        }
    }
}

/// Whether a program of this user is at the other end.
fn is_ours(share: &UnixStream) -> bool {
    rustix::net::sockopt::socket_peercred(share)
        .is_ok_and(|peer| peer.uid == rustix::process::geteuid())
}

/// Goes on as `kith view --rfb`, with nothing but the share and the terminal.
/// Returns only if that fails.
fn become_bridge(common: &Common, language: Language, share: UnixStream) -> Fail {
    let mut view = Program::own().command("view");
    view.arg("--rfb")
        .args(["--language", language.code()])
        .stdin(Stdio::from(OwnedFd::from(share)))
        .stdout(Stdio::inherit());
    if common.json {
        view.arg("--json");
    }
    Fail::new(Code::Internal, format!("the VNC bridge: {}", view.exec()))
}

/// Says where a bridge listens, and for whom.
pub(super) fn say(common: &Common, port: u16, password: &OneTime) -> io::Result<()> {
    let password = password.text();
    let text = match common.json {
        true => serde_json::json!({
            "bridge": { "host": "127.0.0.1", "port": port, "password": password }
        })
        .to_string(),
        false => format!(
            "VNC viewers on this machine: 127.0.0.1::{port}\n\
             password, for one connection: {password}\n\
             It ends with the viewer, or with Ctrl-C."
        ),
    };
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()
}
