//! Every key to this window, those of the window manager too, while the person
//! wants it so.
//!
//! The grab has to be made on the connection that winit reads its events from,
//! hence Xlib and not a connection of our own.
#![allow(unsafe_code)] // three calls of Xlib, each with its reason

use winit::raw_window_handle::{
    HasDisplayHandle, HasWindowHandle, RawDisplayHandle, RawWindowHandle,
};
use winit::window::Window;
use x11_dl::xlib::{CurrentTime, GrabModeAsync, GrabSuccess, True, Xlib};

/// The means to grab the keyboard. Made before confinement: it loads Xlib.
#[derive(Default)]
pub(super) struct Grab {
    xlib: Option<Xlib>,
    held: bool,
}

impl std::fmt::Debug for Grab {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Grab(held: {})", self.held)
    }
}

impl Grab {
    /// Without Xlib there is no grab, and keys of the window manager stay its.
    pub(super) fn new() -> Self {
        Self {
            xlib: Xlib::open().ok(),
            held: false,
        }
    }

    /// Takes the keyboard, or gives it back. Another program may hold it: then
    /// it stays there.
    pub(super) fn set(&mut self, window: &Window, on: bool) {
        let (Some(xlib), true) = (&self.xlib, on != self.held) else {
            return;
        };
        let (Ok(display), Ok(id)) = (window.display_handle(), window.window_handle()) else {
            return;
        };
        let (RawDisplayHandle::Xlib(display), RawWindowHandle::Xlib(id)) =
            (display.as_raw(), id.as_raw())
        else {
            return;
        };
        let Some(display) = display.display else {
            return;
        };
        let display = display.as_ptr().cast();
        if on {
            // SAFETY: `display` is winit's open connection, which outlives
            // `window`; this is the thread that uses it; the window exists.
            let got = unsafe {
                (xlib.XGrabKeyboard)(
                    display,
                    id.window,
                    True,
                    GrabModeAsync,
                    GrabModeAsync,
                    CurrentTime,
                )
            };
            self.held = got == GrabSuccess;
        } else {
            self.held = false;
            // SAFETY: as above.
            unsafe { (xlib.XUngrabKeyboard)(display, CurrentTime) };
        }
        // SAFETY: as above. Without it the request may wait for the next one.
        unsafe { (xlib.XFlush)(display) };
    }
}
