//! What can be shared, and how it is opened.

use std::collections::BTreeSet;

use kith_codec::geometry::Size;
use kith_codec::synthetic::{Desktop, Kind};
use kith_screen::guard::{Part, What};
use kith_screen::source::Source;
use kith_screen::synthetic::SyntheticSource;
use kith_screen::x11::{Area, OpenError, Privacy, ScreenControl, ScreenSource};

use super::choose::Chosen;
use super::inject::SyntheticInjector;
use super::orders::{InputTo, Opened};
use super::own::{Hiding, OwnProcesses};
use super::part::PartControl;
use super::warden::Guarded;

/// Width and height of the toy desktop, pixels.
pub const TOY_DESKTOP: (u16, u16) = (640, 400);

/// What is to be shared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A small desktop made of numbers, with film and a terminal that move if
    /// it is lively: for the demo and for machines without a screen.
    Synthetic {
        /// How large.
        size: Size,
        /// Whether anything moves by itself.
        lively: Lively,
    },
    /// The whole desktop of the display that `DISPLAY` names.
    Desktop,
    /// A part of it.
    Region(Part),
    /// One window with its dialogs and menus, or all windows of an application.
    Windows(Chosen),
}

/// Whether the synthetic desktop moves by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lively {
    /// It does.
    Moving,
    /// Only what is done to it changes it.
    Still,
}

impl Subject {
    /// Opens it. Slow where a display is asked: on the share's own thread. The
    /// windows of `own` are never seen in it.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(self, own: &OwnProcesses) -> Result<Opened, OpenError> {
        Ok(match self {
            Self::Synthetic { size, lively } => {
                let (source, input) = SyntheticSource::new(Desktop::new(size, 1));
                if lively == Lively::Moving {
                    let now = input.now();
                    input.with(|desktop| {
                        desktop.animate(Kind::Player, true, now);
                        desktop.animate(Kind::Terminal, true, now);
                    });
                }
                let injector = SyntheticInjector::new(input, Vec::new());
                Opened {
                    source: Box::new(source),
                    input: InputTo::Injector(Box::new(injector)),
                }
            }
            Self::Desktop => Opened {
                source: screen(Area::Desktop, own)?.0,
                input: InputTo::Warden(guarded(What::Desktop)),
            },
            Self::Region(part) => {
                let (source, control) = screen(Area::Region(part.clone()), own)?;
                let guarded = guarded(What::Region(part.clone()));
                Opened {
                    source,
                    input: InputTo::WardenIn(guarded, PartControl::new(control, part)),
                }
            }
            Self::Windows(chosen) => chosen.open(own)?,
        })
    }
}

/// What has no name but its place.
const fn guarded(what: What) -> Guarded {
    Guarded {
        what,
        title: None,
        window: None,
    }
}

fn screen(area: Area, own: &OwnProcesses) -> Result<(Box<dyn Source>, ScreenControl), OpenError> {
    let source = ScreenSource::open(None, area, hidden(&own.ids()))?;
    let control = source.control();
    let moved = control.clone();
    let listening = own.listen(move |ids| control.set_privacy(hidden(ids)));
    Ok((Box::new(Hiding::new(source, listening)), moved))
}

fn hidden(own: &BTreeSet<u32>) -> Privacy {
    Privacy {
        processes: own.iter().copied().collect(),
        ..Privacy::default()
    }
}
