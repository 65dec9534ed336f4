//! Small pictures of windows, to choose by.

use std::time::{Duration, Instant};

use kith_codec::geometry::Size;
use kith_codec::picture::{Picture, PixelView};

use super::{OpenError, Privacy, Target, WindowId, WindowSource};
use crate::source::Source as _;

/// How long a program may take to draw its window anew: what was on the screen
/// before is not looked at (GUARD-10).
const DRAWN: Duration = Duration::from_millis(400);

/// A window that changes nothing for so long is drawn.
const STILL: Duration = Duration::from_millis(60);

/// How a window looks, covered or not, with its longest side at most `side`
/// pixels; `None` if it isn't to be seen. The same is left out of it as of a
/// share ([`WindowSource`]), and the program is asked to draw it anew.
///
/// # Errors
/// [`OpenError`].
pub fn thumbnail(
    display: Option<&str>,
    window: WindowId,
    privacy: Privacy,
    side: u16,
) -> Result<Option<Picture>, OpenError> {
    let mut source = WindowSource::open(display, vec![Target::Window(window)], privacy)?;
    let end = Instant::now() + DRAWN;
    loop {
        let still = (Instant::now() + STILL).min(end);
        let changes = source.wait(Some(still))?;
        let view = source.view()?;
        if changes.damage.is_empty() || Instant::now() >= end {
            let small = smaller(&view, side);
            return Ok(small.filter(|_| !source.shown().is_empty()));
        }
    }
}

/// The mean of the pixels that fall together.
fn smaller(view: &PixelView<'_>, side: u16) -> Option<Picture> {
    let (w, h) = (view.size().width(), view.size().height());
    let longest = w.max(h).max(1);
    let scaled = |n: u16| match longest > side {
        true => u16::try_from(u32::from(n) * u32::from(side) / u32::from(longest)).unwrap_or(1),
        false => n,
    };
    let (width, height) = (scaled(w).max(1), scaled(h).max(1));
    let mut picture = Picture::new(Size::new(width, height)?);
    let whole = Picture::copy_of(view);
    let all: Vec<&[u32]> = whole.pixels().chunks_exact(usize::from(w)).collect();
    let from = |n: u16, of: u16, all: u16| {
        u16::try_from(u32::from(n) * u32::from(all) / u32::from(of)).unwrap_or(all)
    };
    for y in 0..height {
        let top = from(y, height, h);
        let bottom = from(y + 1, height, h).max(top + 1);
        for x in 0..width {
            let left = from(x, width, w);
            let right = from(x + 1, width, w).max(left + 1);
            let (mut sum, mut n) = ([0u32; 3], 0u32);
            for row in all.get(usize::from(top)..usize::from(bottom))? {
                for colour in row.get(usize::from(left)..usize::from(right))? {
                    let [blue, green, red, _] = colour.to_le_bytes();
                    for (s, c) in sum.iter_mut().zip([blue, green, red]) {
                        *s += u32::from(c);
                    }
                    n += 1;
                }
            }
            let [blue, green, red] = sum.map(|s| s / n.max(1));
            picture.set(x, y, red << 16 | green << 8 | blue);
        }
    }
    Some(picture)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_gets_smaller_and_keeps_its_shape_and_mean() {
        let pixels: Vec<u32> = (0..400 * 100)
            .map(|i| if i % 2 == 0 { 0x00ff_0000 } else { 0x0000_00ff })
            .collect();
        let size = Size::new(400, 100).unwrap();
        let view = PixelView::new(&pixels, size, 400).unwrap();
        let small = smaller(&view, 100).unwrap();
        assert_eq!((small.size().width(), small.size().height()), (100, 25));
        assert!(small.pixels().iter().all(|p| *p == 0x007f_007f));
        let same = smaller(&view, 1000).unwrap();
        assert_eq!(same.pixels(), pixels);
        let thin = Size::new(400, 1).unwrap();
        let view = PixelView::new(&pixels, thin, 400).unwrap();
        assert_eq!(smaller(&view, 10).unwrap().size().height(), 1);
    }
}
