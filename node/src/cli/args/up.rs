//! What `kith up` takes.

use clap::Args;

use crate::cli::inputs::InputArg;
use crate::config::Loopback;

/// How `kith up` runs.
#[derive(Debug, Clone, Default, Args)]
pub struct Up {
    /// Listen on this port (UDP and TCP), which must be free for both; 0 lets the
    /// system choose.
    #[arg(long, env = "KITH_PORT")]
    pub port: Option<u16>,
    /// Don't look for people on the local network.
    #[arg(long)]
    pub no_mdns: bool,
    /// Also use this machine's own addresses, so that two profiles on it can meet;
    /// “only”: listen nowhere else.
    #[arg(long, value_name = "only", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "on", value_parser = loopback)]
    pub loopback: Option<Loopback>,
    /// Let what programs press count as yours from now on, as “kith inputs enrol”
    /// does: for a session in which nothing else can press, such as x11vnc’s.
    #[arg(long, value_name = "KIND")]
    pub enrol_input: Vec<InputArg>,
}

fn loopback(text: &str) -> Result<Loopback, &'static str> {
    text.parse().map_err(|()| "on, off or only")
}
