//! Four bars round something, in a colour: what a click or a hand is about to do.

use x11rb::protocol::xproto::{
    ChangeWindowAttributesAux, ConfigureWindowAux, ConnectionExt as _, StackMode,
};

use super::layout::bars;
use super::window::bar_window;
use crate::guard::Area;
use crate::warden::paint::Rgb;
use crate::warden::x11::{Screen, ScreenError};

#[derive(Debug, Default)]
pub(super) struct Outline(Vec<u32>);

impl Outline {
    /// Round each of these.
    pub(super) fn draw(
        &mut self,
        screen: &Screen,
        around: &[Area],
        colour: Rgb,
    ) -> Result<(), ScreenError> {
        let whole = screen.whole()?;
        let at = bars(around, whole, screen.face.scale);
        while self.0.len() < at.len() {
            self.0.push(bar_window(screen)?);
        }
        for (i, bar) in self.0.iter().enumerate() {
            let Some(a) = at.get(i).filter(|a| a.w > 0 && a.h > 0) else {
                screen.conn.unmap_window(*bar)?;
                continue;
            };
            let to = ConfigureWindowAux::new()
                .x(a.x)
                .y(a.y)
                .width(a.w)
                .height(a.h)
                .stack_mode(StackMode::ABOVE);
            screen.conn.configure_window(*bar, &to)?;
            let ground = ChangeWindowAttributesAux::new().background_pixel(colour);
            screen.conn.change_window_attributes(*bar, &ground)?;
            screen.conn.map_window(*bar)?;
            screen.conn.clear_area(false, *bar, 0, 0, 0, 0)?;
        }
        screen.flush()
    }

    /// Gone.
    pub(super) fn end(self, screen: &Screen) {
        for bar in self.0 {
            let _ = screen.conn.destroy_window(bar);
        }
    }
}
