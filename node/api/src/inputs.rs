//! Input devices (ASK-3): whose presses count when Kith asks something at the
//! screen, and whose panic key is heard.

use serde::{Deserialize, Serialize};

/// What is asked about input devices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InputRequest {
    /// Those of this node's display, and what is enrolled: [`crate::Reply::Inputs`].
    List,
    /// Lets what programs press by such a device count as the person's:
    /// [`crate::Reply::Inputs`]. Not while somebody else has control, nor for
    /// five minutes after; on a screen a person presses it first.
    Enrol {
        /// Which.
        kind: InputKind,
    },
    /// Lets it count no more: [`crate::Reply::Inputs`].
    Remove {
        /// Which.
        kind: InputKind,
    },
}

/// What a device is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InputKind {
    /// Keys.
    Keyboard,
    /// Pointing and pressing.
    Pointer,
}

/// Whether a device's presses count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InputCounts {
    /// They do: hands move it.
    Always,
    /// Programs press it, and the person has enrolled that.
    Enrolled,
    /// Programs press it: they don't.
    Never,
}

/// An input device of this node's display.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputDevice {
    /// What the display calls it; escaped.
    pub name: String,
    /// What it is for.
    pub kind: InputKind,
    /// Whether its presses count.
    pub counts: InputCounts,
}

/// Input devices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inputs {
    /// Those of this node's display.
    pub devices: Vec<InputDevice>,
    /// What programs press that counts as the person's, on whatever display.
    pub enrolled: Vec<InputKind>,
    /// Why no device is listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gap: Option<String>,
}
