//! Whether a window can be opened here. The toolkits that Kith's windows are
//! made with (winit, iced) end with a backtrace where a library or the display
//! is missing; this is asked before them, and says what is missing and what to
//! do, in plain words (ENV-3, UI-6). And how a window is marked as private,
//! and in which language and how large it is.

#![deny(unsafe_code)]

pub mod look;
mod private;

use std::env;

use x11rb::connection::RequestConnection as _;
use x11rb::errors::ConnectionError;

pub use private::{MarkError, mark_private};

/// Libraries that a window loads while it runs, and what Debian calls the
/// packages they are in.
const LIBRARIES: &[(&str, &str)] = &[
    ("libX11.so.6", "libx11-6"),
    ("libX11-xcb.so.1", "libx11-xcb1"),
    ("libXcursor.so.1", "libxcursor1"),
    ("libXi.so.6", "libxi6"),
    ("libxkbcommon.so.0", "libxkbcommon0"),
    ("libxkbcommon-x11.so.0", "libxkbcommon-x11-0"),
];

/// Extensions of the display that a window can't do without.
const EXTENSIONS: &[&str] = &["RANDR", "XInputExtension", "XKEYBOARD"];

/// The largest number of a display: its TCP port is 6000 more.
const LAST: u64 = 65_535 - 6000;

/// One thing that a window needs and that isn't here: this machine's fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Lack {
    /// A library isn't installed.
    #[error("the library {name} is missing")]
    Library {
        /// The library's file name.
        name: &'static str,
        /// The Debian package that has it.
        package: &'static str,
    },
    /// Neither X11 nor Wayland.
    #[error("there is no display (the variable DISPLAY is not set)")]
    Display,
    /// A Wayland session that has no X11 display.
    #[error("this Wayland session has no X11 display (the variable DISPLAY is not set)")]
    Xwayland,
    /// Nobody answers at the display, or it doesn't let us in.
    #[error("the display {display} doesn’t let Kith in: {why}")]
    Closed {
        /// What `DISPLAY` says.
        display: String,
        /// What went wrong.
        why: String,
    },
    /// The display can't do something.
    #[error("the display {display} lacks {extension}")]
    Extension {
        /// What `DISPLAY` says.
        display: String,
        /// The X11 extension.
        extension: &'static str,
    },
}

impl Lack {
    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            Self::Library { package, .. } => {
                format!("install {package} (Debian, Ubuntu: sudo apt install {package})")
            }
            Self::Display => {
                "start it in a desktop session, or name an X11 display with DISPLAY".into()
            }
            Self::Xwayland => {
                "install Xwayland (Debian, Ubuntu: sudo apt install xwayland) and log in again"
                    .into()
            }
            Self::Closed { .. } => {
                "look whether that display runs and may be used by you (DISPLAY, XAUTHORITY)".into()
            }
            Self::Extension { .. } => {
                "use an X server that has it, such as Xorg or TigerVNC".into()
            }
        }
    }
}

/// No window can be opened: everything that is missing, never nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no window can be opened here: {}", joined(.0, Lack::to_string))]
pub struct NoWindow(Vec<Lack>);

impl NoWindow {
    /// What to do, about each thing that is missing.
    #[must_use]
    pub fn help(&self) -> String {
        joined(&self.0, Lack::help)
    }
}

impl NoWindow {
    /// Whether other programs can't open a window either: no X11 display lets
    /// anybody in.
    #[must_use]
    pub fn is_of_all(&self) -> bool {
        let display =
            |lack: &Lack| matches!(lack, Lack::Display | Lack::Xwayland | Lack::Closed { .. });
        self.0.iter().any(display)
    }
}

impl From<Lack> for NoWindow {
    fn from(lack: Lack) -> Self {
        Self(vec![lack])
    }
}

fn joined(lacks: &[Lack], words: impl Fn(&Lack) -> String) -> String {
    lacks.iter().map(words).collect::<Vec<_>>().join("; ")
}

/// Looks whether a window can be opened on this process's display. Nothing is
/// kept: what is installed later is found the next time.
///
/// # Errors
/// Something is missing.
pub fn check() -> Result<(), NoWindow> {
    let mut lacks: Vec<Lack> = LIBRARIES
        .iter()
        .filter(|(name, _)| !loads(name))
        .map(|&(name, package)| Lack::Library { name, package })
        .collect();
    lacks.extend(display(&variable("DISPLAY"), &variable("WAYLAND_DISPLAY")));
    match lacks.is_empty() {
        true => Ok(()),
        false => Err(NoWindow(lacks)),
    }
}

/// A variable of the environment; one that isn't set is as good as empty.
fn variable(name: &str) -> String {
    env::var_os(name)
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// What the display lacks that is named so.
fn display(display: &str, wayland: &str) -> Vec<Lack> {
    match (display.is_empty(), wayland.is_empty()) {
        (true, true) => return vec![Lack::Display],
        (true, false) => return vec![Lack::Xwayland],
        (false, _) => {}
    }
    let display = display.to_owned();
    let closed = |why: String| {
        let display = display.clone();
        vec![Lack::Closed { display, why }]
    };
    // A library below adds this to the first port without looking.
    if number_of(&display).is_some_and(|n| n > LAST) {
        return closed("no display has such a number".to_owned());
    }
    let connection = match x11rb::connect(Some(&display)) {
        Ok((connection, _)) => connection,
        Err(error) => return closed(error.to_string()),
    };
    let lacks = |extension: &&'static str| -> Result<Option<Lack>, ConnectionError> {
        let found = connection.extension_information(extension)?;
        Ok(found.is_none().then(|| Lack::Extension {
            display: display.clone(),
            extension,
        }))
    };
    let found: Result<Vec<_>, _> = EXTENSIONS.iter().map(lacks).collect();
    match found {
        Ok(found) => found.into_iter().flatten().collect(),
        Err(error) => closed(error.to_string()),
    }
}

/// The number in `host:number.screen`.
fn number_of(display: &str) -> Option<u64> {
    let (_, number) = display.rsplit_once(':')?;
    number.split('.').next()?.parse().ok()
}

#[allow(unsafe_code)] // one call, with its reason
fn loads(name: &str) -> bool {
    // SAFETY: a system library of X11, found where the dynamic linker looks for
    // those of every program: its initialisers set up its own tables. It is the
    // one that winit loads right after this; no symbol of it is used here.
    unsafe { libloading::Library::new(name) }.is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_without_a_display_is_told_from_wayland() {
        assert_eq!(display("", ""), [Lack::Display]);
        assert_eq!(display("", "wayland-0"), [Lack::Xwayland]);
    }

    #[test]
    fn a_display_where_nobody_listens_is_named() {
        for name in [":59123", ":64999", "unix:65535.0", "no display"] {
            let found = display(name, "");
            assert!(
                matches!(&*found, [Lack::Closed { display, .. }] if display == name),
                "{found:?}"
            );
        }
    }

    #[test]
    fn a_library_that_is_nowhere_is_missing() {
        assert!(!loads("libkith-has-no-such-library.so.0"));
        // The C library is in every process that runs this.
        assert!(loads("libc.so.6"));
    }

    #[test]
    fn everything_that_is_missing_is_said_at_once() {
        let (name, package) = ("libXi.so.6", "libxi6");
        let no = NoWindow(vec![Lack::Library { name, package }, Lack::Display]);
        let (said, help) = (no.to_string(), no.help());
        assert!(said.contains(name) && said.contains("DISPLAY"), "{said}");
        assert!(help.contains(package) && help.contains("session"), "{help}");
    }
}
