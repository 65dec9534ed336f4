//! `kith inputs`: whose presses count when Kith asks something at the screen
//! (ASK-3).

use std::fmt::Write;

use clap::{Subcommand, ValueEnum};
use kith_api::{InputCounts, InputKind, InputRequest, Inputs, Request};

use super::place::connect;
use super::{Common, Fail, show};

/// What to do about input devices.
#[derive(Debug, Subcommand)]
pub enum InputAction {
    /// List this display's input devices, and whether their presses count.
    List,
    /// Let what programs press count as yours, for x11vnc, an on-screen keyboard
    /// and the like. ANY PROGRAM on this computer can press Kith’s questions then.
    ///
    /// On a screen Kith’s window asks whether you mean it, and a device that
    /// counts already must press that; where there is none to press, start the
    /// node with “kith up --enrol-input”. It is refused while somebody else has
    /// control and for five minutes after, and so long an enrolled device answers
    /// no question: it only ends control.
    Enrol {
        /// Which.
        kind: InputArg,
    },
    /// Let it count no more.
    Remove {
        /// Which.
        kind: InputArg,
    },
}

/// What programs press.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum InputArg {
    /// Keys.
    Keyboard,
    /// The pointer and its buttons.
    Pointer,
}

impl From<InputArg> for InputKind {
    fn from(arg: InputArg) -> Self {
        match arg {
            InputArg::Keyboard => Self::Keyboard,
            InputArg::Pointer => Self::Pointer,
        }
    }
}

pub(super) fn run(common: &Common, action: Option<InputAction>) -> Result<(), Fail> {
    let request = match action {
        None | Some(InputAction::List) => InputRequest::List,
        Some(InputAction::Enrol { kind }) => InputRequest::Enrol { kind: kind.into() },
        Some(InputAction::Remove { kind }) => InputRequest::Remove { kind: kind.into() },
    };
    let reply = connect(common)?.ask(Request::Input(request))?;
    show::reply(common, &reply)
}

pub(super) fn all(out: &mut String, inputs: &Inputs) -> std::fmt::Result {
    for device in &inputs.devices {
        let kind = match device.kind {
            InputKind::Keyboard => "keyboard",
            InputKind::Pointer => "pointer",
        };
        let counts = match device.counts {
            InputCounts::Always => "counts",
            InputCounts::Enrolled => "enrolled: what programs press counts",
            InputCounts::Never => "what programs press doesn’t count",
        };
        writeln!(out, "{kind:8}  {}  ({counts})", device.name)?;
    }
    match &inputs.gap {
        Some(why) => writeln!(out, "No devices are listed: {why}."),
        None => Ok(()),
    }?;
    match inputs.enrolled.is_empty() {
        true => writeln!(out, "Nothing that programs press counts as yours."),
        false => writeln!(
            out,
            "ANY PROGRAM on this computer can press Kith’s questions; “kith inputs remove” ends that."
        ),
    }
}
