//! What is shared, and what for.

use clap::Args;

/// A window, as `kith windows` lists it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WindowName {
    /// Its number.
    pub number: u32,
    /// The process whose it is, where that was said.
    pub process: Option<u32>,
}

/// `NUMBER` or `NUMBER:PROCESS`.
///
/// # Errors
/// It isn't one.
pub(crate) fn window_name(text: &str) -> Result<WindowName, String> {
    let (number, process) = match text.split_once(':') {
        Some((number, process)) => (number, Some(process)),
        None => (text, None),
    };
    let number = match number.strip_prefix("0x") {
        Some(hex) => u32::from_str_radix(hex, 16),
        None => number.parse(),
    };
    let process = process.map(str::parse).transpose();
    match (number, process) {
        (Ok(number), Ok(process)) => Ok(WindowName { number, process }),
        _ => Err("a window as “kith windows” lists it, such as 0x1400007:2042".to_owned()),
    }
}

/// What is to be shown.
#[derive(Debug, Clone, Args)]
#[group(multiple = false)]
pub struct WhatArgs {
    /// All windows of one application, by the name of its program.
    #[arg(long, value_name = "NAME")]
    pub app: Option<String>,
    /// One window, by a part of its title, or as “kith windows” lists it: 0x…
    /// with or without its process. Digits alone are a number too; neither is
    /// looked for in titles.
    #[arg(long, value_name = "TITLE")]
    pub window: Option<String>,
    /// A part of the desktop, in pixels: WIDTHxHEIGHT+LEFT+TOP.
    #[arg(long, value_name = "AREA")]
    pub region: Option<String>,
    /// What of that isn't shown.
    #[command(flatten)]
    pub cut: CutArgs,
    /// The whole desktop.
    #[arg(long)]
    pub desktop: bool,
    /// What a VNC server shows, in their VNC viewer: a port of this machine,
    /// or ADDRESS:PORT where your organisation lists it. Its password is asked
    /// for, and sealed to their device.
    #[arg(long, value_name = "SERVER")]
    pub vnc_server: Option<String>,
    /// A toy desktop, for trying out; works without a screen.
    #[arg(long)]
    pub synthetic: bool,
}

/// What is cut out of a part of the desktop.
#[derive(Debug, Clone, Args)]
pub struct CutArgs {
    /// Leave this out of it, as often as needed: it is grey for them and takes no
    /// input. In pixels of the screen: WIDTHxHEIGHT+LEFT+TOP.
    #[arg(long, value_name = "AREA")]
    pub cut: Vec<String>,
}

/// What a share is for.
#[derive(Debug, Clone, Args)]
pub struct CaseArgs {
    /// What it is for; at most 200 letters, as the next two.
    #[arg(long, value_name = "TEXT")]
    pub purpose: Option<String>,
    /// A case number or the like.
    #[arg(long, value_name = "TEXT")]
    pub reference: Option<String>,
    /// Who obtained the patient's consent.
    #[arg(long, value_name = "NAME")]
    pub patient_consent: Option<String>,
    /// In this room, where both of you are: what its opener allows there counts.
    #[arg(long = "in", value_name = "ROOM")]
    pub room: Option<String>,
}
