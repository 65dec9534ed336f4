//! What a source says has changed.

use kith_codec::Vector;
use kith_codec::geometry::{Rect, Region, Size};
use kith_codec::message::{CursorShape, SourceState};
use kith_codec::share::Share;

use crate::guard::Part;

/// Where the picture's top left pixel is on the screen (X11: the root
/// window). Picture and screen have the same scale: screen = picture + this.
/// Negative where the picture begins outside the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Placement {
    /// Pixels to the right.
    pub x: i32,
    /// Pixels downwards.
    pub y: i32,
}

/// Where the sharer's pointer is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Pointer {
    /// Not over what is shared.
    #[default]
    Away,
    /// Its hot spot, in pixels of the picture.
    At {
        /// From the left.
        x: u16,
        /// From the top.
        y: u16,
    },
}

/// News since the last [`wait`](super::Source::wait). `None` and empty mean
/// that nothing changed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    /// Outside of it every pixel is as it was. Inside, some may be too.
    pub damage: Region,
    /// How far something moved; at most [`kith_codec::MAX_VECTORS`]. Hints:
    /// nothing is wrong if they are.
    pub moves: Vec<Vector>,
    /// The picture has this size from now on; all of it counts as damaged.
    pub resized: Option<Size>,
    /// The picture lies there from now on.
    pub placed: Option<Placement>,
    /// The picture is of this part of the screen from now on.
    pub part: Option<Part>,
    /// The pointer looks like this (its `slot` means nothing here).
    pub shape: Option<CursorShape>,
    /// The pointer is there. Where it comes from [`Pointer::Away`], `shape`
    /// tells its shape anew.
    pub pointer: Option<Pointer>,
    /// All areas that are grey now because they may not be seen. They are grey
    /// in the pixels too: this is for the viewer to show them as such.
    pub masks: Option<Vec<Rect>>,
    /// Shown as it is, minimised, …
    pub state: Option<SourceState>,
    /// The waker was used.
    pub woken: bool,
}

impl Changes {
    /// Whether there is no news at all: the time was up.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Tells the share everything that concerns it.
    pub fn apply(&self, share: &mut Share) {
        for rect in self.damage.rects() {
            share.damage(*rect);
        }
        if self.resized.is_some() {
            // The share sees the new size when it gets the picture; this makes
            // it want one.
            share.damage(share.size().bounds());
        }
        for vector in &self.moves {
            share.hint_move(*vector);
        }
        if let Some(shape) = &self.shape {
            share.set_cursor(shape.clone());
        }
        match self.pointer {
            Some(Pointer::Away) => share.hide_cursor(),
            Some(Pointer::At { x, y }) => share.move_cursor(x, y),
            None => {}
        }
        if let Some(masks) = &self.masks {
            share.set_masks(masks);
        }
        if let Some(state) = self.state {
            share.set_source(state);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kith_codec::picture::Picture;
    use kith_codec::share::{ShareConfig, ViewerId};
    use kith_codec::time::Moment;

    #[test]
    fn a_new_size_makes_the_share_want_a_picture() {
        let small = Size::new(40, 30).unwrap();
        let large = Size::new(80, 50).unwrap();
        let mut share = Share::new(small, ShareConfig::default()).unwrap();
        share.add_viewer(ViewerId(1), Moment(0)).unwrap();
        share
            .encode(&Picture::new(small).view(), Moment(0))
            .unwrap();
        let changes = Changes {
            resized: Some(large),
            ..Changes::default()
        };
        assert!(!changes.is_empty());
        changes.apply(&mut share);
        assert!(share.wants_source(Moment(1)));
        share
            .encode(&Picture::new(large).view(), Moment(1))
            .unwrap();
        assert_eq!(share.size(), large);
    }
}
