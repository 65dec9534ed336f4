//! The network on which the two meet: one of the demonstration's own, which
//! carries multicast and where nobody else is, if this system lets anybody make
//! one; else this machine's loopback alone. What happens here is nobody's news:
//! nothing of it is ever announced on a network that the machine is in.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use super::children::{Children, Running};
use super::stage::is_installed;

/// How addresses of that network begin.
pub(super) const OWN: &str = "/ip4/10.77.0.1/";
/// What makes it, inside: it lasts until nobody holds the other end of its
/// input.
const MAKE: &str = "ip link set lo up multicast on && ip addr add 10.77.0.1/24 dev lo \
                    && echo ready && exec cat";

/// Where the nodes are.
pub(super) enum Network {
    /// In a namespace of the kernel's, which this process keeps.
    Own(Running),
    /// On loopback, where mDNS finds nothing; and why.
    Loopback(String),
}

impl Network {
    /// The best that this system lets us have.
    pub(super) fn find(children: &Children) -> Self {
        let needed = [
            ("unshare", "util-linux"),
            ("nsenter", "util-linux"),
            ("ip", "iproute2"),
        ];
        let made = match needed.into_iter().find(|(p, _)| !is_installed(p)) {
            Some((program, package)) => {
                Err(format!("there is no “{program}” here: install {package}"))
            }
            None => make(children),
        };
        made.map_or_else(Self::Loopback, Self::Own)
    }

    /// A program there.
    pub(super) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        match self {
            Self::Own(keeper) => inside(keeper, program),
            Self::Loopback(_) => Command::new(program),
        }
    }

    /// How a node is told where it is.
    pub(super) const fn up(&self) -> &'static [&'static str] {
        match self {
            Self::Own(_) => &["up", "--loopback"],
            Self::Loopback(_) => &["up", "--loopback=only", "--no-mdns"],
        }
    }

    /// The same in a word.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Own(_) => "own-network",
            Self::Loopback(_) => "loopback",
        }
    }

    /// The same in words.
    pub(super) fn said(&self) -> String {
        match self {
            Self::Own(_) => "a network of the demonstration's own, where mDNS finds people and \
                             nobody else is"
                .to_owned(),
            Self::Loopback(why) => format!(
                "this machine's loopback, where mDNS finds nothing: the invite says where Anna \
                 is (no network of its own: {why})"
            ),
        }
    }
}

fn inside(keeper: &Running, program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new("nsenter");
    command
        .args(["--preserve-credentials", "--user", "--net", "--target"])
        .arg(keeper.id().to_string())
        .arg("--")
        .arg(program);
    command
}

/// Makes one, and tries whether somebody can get in.
fn make(children: &Children) -> Result<Running, String> {
    let refused = || "the system refuses it".to_owned();
    let mut make = Command::new("unshare");
    make.args(["--user", "--map-current-user", "--keep-caps", "--net"])
        .args(["--", "sh", "-c", MAKE])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut keeper = children.spawn(&mut make).map_err(|e| e.to_string())?;
    let mut line = String::new();
    let read = keeper
        .stdout()
        .map(|out| BufReader::new(out).read_line(&mut line));
    if !matches!(read, Some(Ok(_))) || line.trim() != "ready" {
        return Err(refused());
    }
    let mut enter = inside(&keeper, "true");
    enter
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let entered = children.spawn(&mut enter).and_then(Running::finish);
    match entered {
        Ok((status, _)) if status.success() => Ok(keeper),
        _ => Err(refused()),
    }
}
