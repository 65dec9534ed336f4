//! Parts that every screen is made of.

pub(crate) mod area;
pub(crate) mod behind;
pub(crate) mod feed;
pub(crate) mod icon;
pub(crate) mod line;
pub(crate) mod parts;
pub(crate) mod press;
pub(crate) mod reveal;
pub(crate) mod still;
pub(crate) mod way;

pub(crate) use icon::{Icon, icon};
pub(crate) use line::{name_line, note_line};
pub(crate) use parts::*;
pub(crate) use press::{Role, press};
