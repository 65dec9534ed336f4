//! The roles that the node's own children play (DESIGN, "Processes"): each has
//! one socket to the node, as standard input, and nothing else.

use std::path::Path;
use std::time::Duration;

use kith_api::Code;
use kith_display::look::{Look, Scale};
use kith_view::Options;
use kith_view::headless::Headless;
use kith_view::window::WindowError;

use super::{Common, Fail, bridge};
use crate::undumpable;

/// Standard input.
const SOCKET: i32 = 0;

/// How often the viewer without a window looks whether its picture is whole.
const GLANCE: Duration = Duration::from_millis(200);

/// How long a trial may take at each of its two steps.
const TRIAL: Duration = Duration::from_secs(15);

/// `kith view --rfb`: a bridge for VNC viewers, of a share that is watched.
pub(super) fn bridge(common: &Common, language: &str) -> Result<(), Fail> {
    undumpable::enter();
    let language = language.parse().unwrap_or_default();
    let say = |port, password: &_| bridge::say(common, port, password);
    match kith_view::rfb_from_fd(SOCKET, language, say) {
        Ok(ended) => {
            // The VNC viewer itself closes without a word.
            if let Some(words) = ended.words() {
                super::note(&words);
            }
            Ok(())
        }
        Err(error) => Err(failed("the VNC bridge", &error)),
    }
}

/// `kith view`: the window of a share that is watched. In English where the language
/// isn't known.
pub(super) fn view(language: &str, scale: u16) -> Result<(), Fail> {
    undumpable::enter();
    let options = Options {
        look: Look {
            language: language.parse().unwrap_or_default(),
            scale: Scale::percent(scale),
        },
        ..Options::default()
    };
    match kith_view::main_from_fd(SOCKET, options) {
        Ok(_) => Ok(()),
        Err(WindowError::Nowhere(no)) => {
            Err(Fail::new(Code::NotFound, no.to_string()).hint(no.help()))
        }
        Err(error) => Err(failed("the window", &error)),
    }
}

/// `kith view --trial`: decodes one picture, confined, and says what it looks
/// like (PORT-5).
pub(super) fn trial() -> Result<(), Fail> {
    undumpable::enter();
    let socket = kith_view::take_socket(SOCKET).map_err(|e| failed("the viewer", &e))?;
    let mut viewer = Headless::confined(socket).map_err(|e| failed("the viewer", &e))?;
    viewer.try_out(TRIAL).map_err(|e| failed("the viewer", &e))
}

/// `kith view --picture FILE`: no window, for machines without a screen.
pub(super) fn keep_picture(file: &Path) -> Result<(), Fail> {
    undumpable::enter();
    let socket = kith_view::take_socket(SOCKET).map_err(|e| failed("the viewer", &e))?;
    let mut viewer = Headless::new(socket).map_err(|e| failed("the viewer", &e))?;
    let mut kept = None;
    loop {
        let over = viewer
            .run_until(GLANCE, |s| s.over().is_some())
            .map_err(|e| failed("the viewer", &e))?;
        let seen = viewer.session();
        if seen.is_exact() && seen.picture() != kept.as_ref() {
            kept = seen.picture().cloned();
            replace(file, &viewer)?;
        }
        if over {
            return Ok(());
        }
    }
}

/// Puts the newest picture in the place of the one before. Whoever reads it there
/// gets one of the two, whole.
fn replace(file: &Path, viewer: &Headless) -> Result<(), Fail> {
    let folder = file.parent().filter(|p| !p.as_os_str().is_empty());
    let mut beside = tempfile::Builder::new();
    beside.prefix(".kith-").suffix(".part");
    let next = beside.tempfile_in(folder.unwrap_or(Path::new(".")));
    let next = next.map_err(|e| failed("the picture", &e))?;
    let saved = viewer.save_png(next.path());
    saved.map_err(|e| failed("the picture", &e))?;
    let put = next.persist(file);
    put.map(drop).map_err(|e| failed("the picture", &e))
}

/// `kith warden`: guards the screen.
pub(super) fn warden() -> Result<(), Fail> {
    undumpable::enter();
    let socket = kith_screen::warden::inherited().map_err(|e| failed("the warden", &e))?;
    kith_screen::warden::run(socket).map_err(|e| failed("the warden", &e))
}

fn failed(what: &str, error: &dyn std::error::Error) -> Fail {
    Fail::new(Code::Internal, format!("{what}: {error}"))
        .hint("the node starts this by itself; see “kith help share”")
}
