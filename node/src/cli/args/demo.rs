//! What `kith demo` takes.

use std::path::PathBuf;

use clap::Args;

/// How the demonstration runs.
#[derive(Debug, Clone, Args)]
pub struct Demo {
    /// Keep the two profiles, to play with.
    #[arg(long)]
    pub keep: bool,
    /// Share a toy desktop, even if there could be a real screen.
    #[arg(long)]
    pub synthetic: bool,
    /// On the display that you sit at (X11), instead of one without a monitor.
    /// It says first what happens there, touches only two small windows of its
    /// own, and asks you to press what only a person may. What nobody presses
    /// within half a minute isn't checked: that is said, and the exit status
    /// isn't 0.
    #[arg(long, conflicts_with = "synthetic")]
    pub display: bool,
    /// Write the two pictures into this folder.
    #[arg(long, value_name = "FOLDER")]
    pub pictures: Option<PathBuf>,
}
