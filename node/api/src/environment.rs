//! What this machine and others can do, for faces (ENV, CAP).

use serde::{Deserialize, Serialize};

use crate::Finding;

/// What this machine can do (ENV-1, ENV-2). Words are stable codes unless said
/// otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvironmentInfo {
    /// What the operating system calls itself.
    pub os: Option<String>,
    /// The version of the kernel.
    pub kernel: Option<String>,
    /// local, ssh, rdp, vnc, x11, headless.
    pub session: String,
    /// x11, wayland, none.
    pub display: String,
    /// yes or no: whether somebody uses it from elsewhere.
    pub remote: String,
    /// yes or no: whether others can have sessions of their own here.
    pub remote_users: String,
    /// yes or no: whether an account for hosted sessions is configured.
    pub sharing_account: String,
    /// Width and height of each screen, the main one first.
    pub screens: Vec<(u32, u32)>,
    /// yes or no: whether viewers' input can be injected.
    pub input: String,
    /// What the display lacks for sharing or for input.
    pub lacks: Vec<String>,
    /// Viewer programs: technology and program.
    pub viewers: Vec<(String, String)>,
    /// Server programs: technology, program, and whether it is “running” or
    /// “installed”.
    pub servers: Vec<(String, String, String)>,
    /// How many processors may be used.
    pub processors: u32,
    /// What the processor calls itself.
    pub processor: Option<String>,
    /// Memory in MiB.
    pub memory_mib: Option<u64>,
    /// pipewire, pulse, alsa.
    pub audio: Option<String>,
    /// Network interfaces that are up: name and kind (wired, wireless, tunnel).
    pub interfaces: Vec<(String, String)>,
    /// open, endpoint-independent, dependent, unknown: what NAT is in front.
    pub nat: String,
    /// public, relayed, private, unknown.
    pub reachability: String,
    /// In kbit/s: the most that came in while ways to contacts were tried in
    /// this network; `None`: nothing was measured yet.
    pub bandwidth_kbps: Option<u64>,
    /// What can be shared and joined.
    pub flags: Vec<EnvironmentFlag>,
    /// What [`crate::Request::Doctor`] would tell, of the same look at this machine.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
}

/// One means of sharing, and both directions of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvironmentFlag {
    /// native, rdp join, vnc shadow, …
    pub means: String,
    /// It can be shared, with these rights; empty: it can't.
    pub share: Vec<String>,
    /// Why it can't be shared.
    pub why_not_share: Option<String>,
    /// Another's can be joined, with these rights; empty: it can't.
    pub join: Vec<String>,
    /// Why it can't be joined.
    pub why_not_join: Option<String>,
}
