//! From single answers of a machine to what it is.

use std::path::Path;

use kith_display::NoWindow;
use kith_proto::capability::{MAX_OS_VERSION, Screen, SessionKind};
use kith_proto::technology::Technology;

use super::system::{Process, System};

/// How a picture gets onto the screen here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Display {
    /// An X11 server that lets us in.
    X11,
    /// A Wayland compositor without an X11 server that lets us in.
    Wayland,
    /// There is none.
    None,
}

impl Display {
    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::X11 => "x11",
            Self::Wayland => "wayland",
            Self::None => "none",
        }
    }
}

/// How somebody uses this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Session {
    /// Sits in front of it.
    Local,
    /// By SSH, without a screen, or with one that is forwarded.
    Ssh,
    /// By RDP.
    Rdp,
    /// By VNC.
    Vnc,
    /// By X11 from another machine.
    X11,
    /// Nobody: no screen and no terminal.
    Headless,
}

impl Session {
    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Ssh => "ssh",
            Self::Rdp => "rdp",
            Self::Vnc => "vnc",
            Self::X11 => "x11",
            Self::Headless => "headless",
        }
    }

    /// Whether it is used from elsewhere.
    #[must_use]
    pub const fn is_remote(self) -> bool {
        matches!(self, Self::Ssh | Self::Rdp | Self::Vnc | Self::X11)
    }

    /// The technology by which it is used from elsewhere, if it is one of
    /// those that sharing knows.
    #[must_use]
    pub const fn technology(self) -> Option<Technology> {
        match self {
            Self::Rdp => Some(Technology::Rdp),
            Self::Vnc => Some(Technology::Vnc),
            Self::X11 => Some(Technology::X11),
            Self::Local | Self::Ssh | Self::Headless => None,
        }
    }
}

/// A program that gives others a session here, and whether it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// The technology.
    pub technology: Technology,
    /// The program.
    pub program: &'static str,
    /// Whether something waits for connections on its usual ports.
    pub listens: Listens,
}

/// Whether a server waits for connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listens {
    /// It does.
    Yes,
    /// It is only installed.
    No,
}

/// Where the kernel describes network interfaces.
const NET: &str = "/sys/class/net";
/// An interface that needs another one to lead anywhere.
const TUNNEL: &str = "tunnel";

/// What a machine is and has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// What the operating system calls itself.
    pub os: Option<String>,
    /// The version of the kernel.
    pub kernel: Option<String>,
    /// How somebody uses it.
    pub session: Session,
    /// How pictures get onto the screen.
    pub display: Display,
    /// The screens; the first is the main one.
    pub screens: Vec<Screen>,
    /// What the X11 display lacks for sharing.
    pub lacks_to_share: Vec<String>,
    /// What it lacks for input.
    pub lacks_to_control: Vec<String>,
    /// What stands against opening a window here, if something does.
    pub no_window: Option<NoWindow>,
    /// Programs that show sessions of others, by technology.
    pub viewers: Vec<(Technology, &'static str)>,
    /// Programs that give others sessions here.
    pub servers: Vec<Server>,
    /// Whether something waits where VNC servers usually do, whichever program
    /// it is.
    pub vnc_listens: Listens,
    /// How many processors may be used.
    pub processors: usize,
    /// What the processor calls itself.
    pub processor: Option<String>,
    /// Memory in MiB.
    pub memory_mib: Option<u64>,
    /// How sound gets out: `pipewire`, `pulse`, `alsa`.
    pub audio: Option<&'static str>,
    /// Network interfaces that are up: name and kind.
    pub interfaces: Vec<(String, &'static str)>,
    /// Network interfaces that are switched on and have nothing at their other
    /// end: a pulled cable. They keep their addresses.
    pub unplugged: Vec<String>,
    /// Technologies of which an account for hosted sessions is kept; the node
    /// knows.
    pub accounts: Vec<Technology>,
}

/// Viewer programs, the better ones first.
const VIEWERS: &[(Technology, &[&str])] = &[
    (
        Technology::Rdp,
        &[
            "xfreerdp3",
            "sdl-freerdp3",
            "wlfreerdp3",
            "xfreerdp",
            "sdl-freerdp",
            "wlfreerdp",
        ],
    ),
    (Technology::Vnc, &["xtigervncviewer", "vncviewer"]),
    (Technology::Ica, &["wfica", "wfica.sh"]),
];

/// Server programs: technology, name, and the ports on which they usually
/// wait.
const SERVERS: &[(Technology, &str, core::ops::RangeInclusive<u16>)] = &[
    (Technology::Rdp, "xrdp", 3389..=3389),
    (Technology::Rdp, "freerdp-shadow-cli", 3389..=3389),
    (Technology::Rdp, "freerdp-shadow-cli3", 3389..=3389),
    (Technology::Vnc, "Xtigervnc", VNC_PORTS),
    (Technology::Vnc, "Xvnc", VNC_PORTS),
    (Technology::Vnc, "x11vnc", VNC_PORTS),
    (Technology::Vnc, "x0vncserver", VNC_PORTS),
    (Technology::Vnc, "x0tigervncserver", VNC_PORTS),
];
/// Where VNC servers usually wait: 5900 and the number of the display.
const VNC_PORTS: core::ops::RangeInclusive<u16> = 5900..=5999;

/// Asks everything once.
#[must_use]
pub fn collect(system: &dyn System) -> Environment {
    let x11 = system.x11();
    let wayland = system.var("WAYLAND_DISPLAY").is_some()
        || system.var("XDG_SESSION_TYPE").as_deref() == Some("wayland");
    let display = match (&x11, wayland) {
        // Xwayland shows only its own windows: what counts is the compositor.
        (_, true) => Display::Wayland,
        (Some(_), false) => Display::X11,
        (None, false) => Display::None,
    };
    let ports = listening(system);
    let open = |usual: &core::ops::RangeInclusive<u16>, runs: bool| match runs
        && ports.iter().any(|p| usual.contains(p))
    {
        true => Listens::Yes,
        false => Listens::No,
    };
    let processes = system.processes();
    let x11 = x11.unwrap_or_default();
    Environment {
        os: os_release(system),
        kernel: line(system, "/proc/sys/kernel/osrelease"),
        session: session(system, &processes, display),
        display,
        screens: x11.screens,
        lacks_to_share: x11.lacks_to_share,
        lacks_to_control: x11.lacks_to_control,
        no_window: system.no_window(),
        viewers: VIEWERS
            .iter()
            .filter_map(|(t, names)| {
                let found = names.iter().find(|n| system.program(n).is_some())?;
                Some((*t, *found))
            })
            .collect(),
        servers: SERVERS
            .iter()
            .filter(|(_, name, _)| system.program(name).is_some())
            .map(|(technology, program, usual)| Server {
                technology: *technology,
                program,
                listens: open(usual, processes.iter().any(|p| p.name == *program)),
            })
            .collect(),
        vnc_listens: open(&VNC_PORTS, true),
        processors: system.processors(),
        processor: field(system, "/proc/cpuinfo", "model name", ':'),
        memory_mib: field(system, "/proc/meminfo", "MemTotal", ':')
            .and_then(|kib| kib.split_whitespace().next()?.parse::<u64>().ok())
            .map(|kib| kib / 1024),
        audio: audio(system),
        accounts: Vec::new(),
        interfaces: interfaces(system),
        unplugged: unplugged(system),
    }
}

fn line(system: &dyn System, path: &str) -> Option<String> {
    let text = system.read(Path::new(path))?;
    let line = text.lines().next()?.trim();
    (!line.is_empty()).then(|| line.to_owned())
}

/// The value of the first line `name SEPARATOR value`.
fn field(system: &dyn System, path: &str, name: &str, separator: char) -> Option<String> {
    let text = system.read(Path::new(path))?;
    text.lines()
        .filter_map(|l| l.split_once(separator))
        .find(|(n, _)| n.trim() == name)
        .map(|(_, v)| v.trim().trim_matches('"').to_owned())
        .filter(|v| !v.is_empty())
}

fn os_release(system: &dyn System) -> Option<String> {
    let name = field(system, "/etc/os-release", "PRETTY_NAME", '=')?;
    let mut end = name.len().min(MAX_OS_VERSION);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    let cut = name.get(..end)?;
    (!cut.chars().any(char::is_control)).then(|| cut.to_owned())
}

fn session(system: &dyn System, processes: &[Process], display: Display) -> Session {
    let is = |name| system.var(name).is_some();
    if is("XRDP_SESSION") || is("XRDP_SOCKET_PATH") {
        return Session::Rdp;
    }
    let shown = system.var("DISPLAY").unwrap_or_default();
    let server = server_of(&shown, processes);
    if is("VNCDESKTOP") || server.is_some_and(|s| s.name.contains("vnc")) {
        return Session::Vnc;
    }
    if server.is_some_and(|s| s.args.iter().any(|a| a.contains("xrdp"))) {
        return Session::Rdp;
    }
    if is("SSH_CONNECTION") || is("SSH_TTY") {
        return Session::Ssh;
    }
    // A host before the colon: the screen is somewhere else.
    let host = shown.split(':').next().unwrap_or_default();
    if display == Display::X11 && !host.is_empty() && host != "unix" {
        return Session::X11;
    }
    match display {
        Display::None => Session::Headless,
        Display::X11 | Display::Wayland => Session::Local,
    }
}

/// The X server of a display such as `:1`: its own arguments name it.
fn server_of<'a>(display: &str, processes: &'a [Process]) -> Option<&'a Process> {
    let number = display.strip_prefix(':')?.split('.').next()?;
    let wanted = format!(":{number}");
    processes
        .iter()
        .find(|p| p.name.starts_with('X') && p.args.contains(&wanted))
}

/// TCP ports on which something waits for connections here.
fn listening(system: &dyn System) -> Vec<u16> {
    const WAITS: &str = "0A";
    let mut ports = Vec::new();
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
        let text = system.read(Path::new(table)).unwrap_or_default();
        ports.extend(text.lines().skip(1).filter_map(|l| {
            let mut words = l.split_whitespace();
            let local = words.nth(1)?;
            let state = words.nth(1)?;
            let port = local.rsplit(':').next()?;
            (state == WAITS).then(|| u16::from_str_radix(port, 16).ok())?
        }));
    }
    ports.sort_unstable();
    ports.dedup();
    ports
}

fn audio(system: &dyn System) -> Option<&'static str> {
    let runtime = system.var("XDG_RUNTIME_DIR");
    let socket = |name: &str| {
        runtime
            .as_ref()
            .is_some_and(|dir| system.exists(&Path::new(dir).join(name)))
    };
    if socket("pipewire-0") {
        return Some("pipewire");
    }
    if socket("pulse/native") {
        return Some("pulse");
    }
    let cards = system.read(Path::new("/proc/asound/cards"))?;
    let any = !cards.trim().is_empty() && !cards.contains("no soundcards");
    any.then_some("alsa")
}

fn unplugged(system: &dyn System) -> Vec<String> {
    let root = Path::new(NET);
    let mut all = system.list(root);
    // One that is switched off says nothing of its carrier.
    all.retain(|name| {
        let carrier = system.read(&root.join(name).join("carrier"));
        carrier.is_some_and(|c| c.trim() == "0")
    });
    all
}

fn interfaces(system: &dyn System) -> Vec<(String, &'static str)> {
    let root = Path::new(NET);
    let up = |name: &String| {
        let state = system.read(&root.join(name).join("operstate"));
        // A tunnel's state is often unknown, though it carries traffic.
        state.is_some_and(|s| matches!(s.trim(), "up" | "unknown"))
    };
    system
        .list(root)
        .into_iter()
        .filter(|name| name != "lo" && up(name))
        .map(|name| {
            let wireless = system.exists(&root.join(&name).join("wireless"))
                || system.exists(&root.join(&name).join("phy80211"));
            let tunnel = ["tun", "tap", "wg"].iter().any(|p| name.starts_with(p));
            let kind = match (wireless, tunnel) {
                (true, _) => "wireless",
                (_, true) => TUNNEL,
                _ => "wired",
            };
            (name, kind)
        })
        .collect()
}

impl Environment {
    /// Where a cable, or the like, is missing, if no other interface is up: an
    /// address there leads nowhere.
    #[must_use]
    pub fn cut_off(&self) -> Option<&str> {
        let up = self.interfaces.iter().any(|(_, kind)| *kind != TUNNEL);
        self.unplugged.first().filter(|_| !up).map(String::as_str)
    }

    /// The kind of session, as others are told.
    #[must_use]
    pub const fn session_kind(&self) -> SessionKind {
        match (self.session, self.display) {
            (Session::Rdp, _) => SessionKind::Rdp,
            (Session::Vnc, _) => SessionKind::Vnc,
            (Session::X11, _) | (Session::Ssh, Display::X11) => SessionKind::X11,
            (Session::Headless, _) | (Session::Ssh, _) => SessionKind::Headless,
            (Session::Local, _) => SessionKind::Local,
        }
    }

    /// Whether others can have a session of their own here (ENV-1).
    #[must_use]
    pub fn supports_remote_users(&self) -> bool {
        !self.servers.is_empty()
    }

    /// The viewer program for a technology.
    #[must_use]
    pub fn viewer(&self, technology: Technology) -> Option<&'static str> {
        self.viewers
            .iter()
            .find(|(t, _)| *t == technology)
            .map(|(_, p)| *p)
    }
}
