//! Painting over what may not be seen.

use kith_codec::geometry::{Rect, Size};
use kith_codec::message::MAX_MASKS;
use kith_codec::picture::Picture;

use super::GREY;

/// Masks as a source keeps them: clipped to the picture, and no more than can
/// be told. Too much grey is safe, too little is not.
pub(crate) fn bounded(areas: impl IntoIterator<Item = Rect>, size: Size) -> Vec<Rect> {
    let mut kept: Vec<Rect> = Vec::new();
    for area in areas {
        let area = area.intersect(size.bounds());
        if area.is_empty() || kept.iter().any(|k| k.contains(area)) {
            continue;
        }
        kept.retain(|k| !area.contains(*k));
        if kept.len() == MAX_MASKS {
            return vec![size.bounds()];
        }
        kept.push(area);
    }
    kept
}

/// Paints what of `masks` lies within `rect`.
pub(crate) fn paint(picture: &mut Picture, masks: &[Rect], rect: Rect) {
    for mask in masks {
        picture.fill(mask.intersect(rect), GREY);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_are_clipped_and_when_too_many_everything_is_grey() {
        let size = Size::new(1000, 1000).unwrap();
        let some = [Rect::new(990, 0, 50, 10), Rect::new(995, 2, 3, 3)];
        assert_eq!(bounded(some, size), [Rect::new(990, 0, 10, 10)]);
        let many = (0..=MAX_MASKS as u16).map(|i| Rect::new(i * 2, i * 2, 1, 1));
        assert_eq!(bounded(many.clone().take(MAX_MASKS), size).len(), MAX_MASKS);
        assert_eq!(bounded(many, size), [size.bounds()]);
        assert!(bounded([Rect::new(2000, 0, 9, 9)], size).is_empty());
    }
}
