//! What was drawn, as the server keeps it for us.

use kith_codec::geometry::{Rect, Region};
use x11rb::protocol::damage::{self, ReportLevel};
use x11rb::protocol::xfixes;

use super::link::{Link, answer, lost};
use crate::source::SourceError;

/// The damage of one drawable. The server reports its first change; then it
/// collects until it is asked, so that a busy program costs us nothing.
#[derive(Debug)]
pub(crate) struct Damage {
    pub(crate) id: u32,
    parts: u32,
}

impl Damage {
    pub(crate) fn new(link: &Link, drawable: u32) -> Result<Self, SourceError> {
        let (id, parts) = (link.new_id()?, link.new_id()?);
        let level = ReportLevel::NON_EMPTY;
        damage::create(&link.conn, id, drawable, level)
            .map_err(lost)?
            .ignore_error();
        xfixes::create_region(&link.conn, parts, &[]).map_err(lost)?;
        Ok(Self { id, parts })
    }

    /// Forgets what was drawn so far.
    pub(crate) fn discard(&self, link: &Link) -> Result<(), SourceError> {
        damage::subtract(&link.conn, self.id, x11rb::NONE, x11rb::NONE)
            .map_err(lost)?
            .ignore_error();
        Ok(())
    }

    /// Asks for what was drawn since the last time; the server begins anew.
    pub(crate) fn ask<'c>(&self, link: &'c Link) -> Result<Asked<'c>, SourceError> {
        damage::subtract(&link.conn, self.id, x11rb::NONE, self.parts)
            .map_err(lost)?
            .ignore_error();
        let cookie = xfixes::fetch_region(&link.conn, self.parts).map_err(lost)?;
        Ok(Asked(cookie))
    }

    /// Ends it, where its window lives on.
    pub(crate) fn end(&self, link: &Link) -> Result<(), SourceError> {
        damage::destroy(&link.conn, self.id)
            .map_err(lost)?
            .ignore_error();
        xfixes::destroy_region(&link.conn, self.parts)
            .map_err(lost)?
            .ignore_error();
        Ok(())
    }
}

/// A question on its way.
pub(crate) struct Asked<'c>(
    x11rb::cookie::Cookie<'c, x11rb::rust_connection::RustConnection, xfixes::FetchRegionReply>,
);

impl Asked<'_> {
    /// In coordinates of the drawable; what lies left of it or above is left
    /// out.
    pub(crate) fn region(self) -> Result<Region, SourceError> {
        let mut region = Region::new();
        let reply = answer(self.0.reply())?;
        for r in reply.iter().flat_map(|r| &r.rectangles) {
            let (x, y) = (i32::from(r.x).max(0), i32::from(r.y).max(0));
            let w = i32::from(r.x) + i32::from(r.width) - x;
            let h = i32::from(r.y) + i32::from(r.height) - y;
            if w > 0 && h > 0 {
                // Not negative, and at most what they were.
                region.add(Rect::new(x as u16, y as u16, w as u16, h as u16));
            }
        }
        Ok(region)
    }
}
