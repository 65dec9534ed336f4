//! What is shared, and what for.

use clap::Args;

/// The number of a window, as `kith windows` lists it.
///
/// # Errors
/// It isn't one.
pub(crate) fn window_number(text: &str) -> Result<u32, String> {
    let number = match text.strip_prefix("0x") {
        Some(hex) => u32::from_str_radix(hex, 16),
        None => text.parse(),
    };
    number.map_err(|_| "a number as “kith windows” lists them, such as 0x1400007".to_owned())
}

/// What is to be shown.
#[derive(Debug, Clone, Args)]
#[group(multiple = false)]
pub struct WhatArgs {
    /// All windows of one application, by the name of its program.
    #[arg(long, value_name = "NAME")]
    pub app: Option<String>,
    /// One window, by a part of its title or by its number (0x…, or digits
    /// alone: those are never looked for in titles).
    #[arg(long, value_name = "TITLE")]
    pub window: Option<String>,
    /// A part of the desktop, in pixels: WIDTHxHEIGHT+LEFT+TOP.
    #[arg(long, value_name = "AREA")]
    pub region: Option<String>,
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

/// What a share is for.
#[derive(Debug, Clone, Args)]
pub struct CaseArgs {
    /// What it is for.
    #[arg(long, value_name = "TEXT")]
    pub purpose: Option<String>,
    /// A case number or the like.
    #[arg(long, value_name = "TEXT")]
    pub reference: Option<String>,
    /// Who obtained the patient's consent.
    #[arg(long, value_name = "NAME")]
    pub patient_consent: Option<String>,
}
