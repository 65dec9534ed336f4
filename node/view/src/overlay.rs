//! What is painted over the picture: grey areas (GUARD-4) and the pointer.

const GREY: u32 = 0x80_8080;
const STRIPE: u32 = 0x90_9090;

/// A grey area's pixel: striped, so that it is no part of the picture.
pub(crate) const fn grey(x: u16, y: u16) -> u32 {
    let diagonal = (x as u32 + y as u32) / 6;
    if diagonal.is_multiple_of(2) {
        GREY
    } else {
        STRIPE
    }
}

/// A pixel of a picture that isn't what there is now.
pub(crate) const fn dim(pixel: u32) -> u32 {
    pixel >> 1 & 0x7f_7f7f
}

/// A premultiplied pixel over another.
pub(crate) fn over(below: u32, top: u32) -> u32 {
    let rest = 255 - (top >> 24);
    let channel = |shift: u32| {
        // A stranger's colours may claim more than their alpha.
        let sum = (top >> shift & 0xff) + ((below >> shift & 0xff) * rest + 127) / 255;
        sum.min(255) << shift
    };
    channel(0) | channel(8) | channel(16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn over_is_between() {
        assert_eq!(over(0x12_3456, 0), 0x12_3456);
        assert_eq!(over(0x12_3456, 0xff00_ff00), 0x00_ff00);
        assert_eq!(over(0xff_ffff, 0x8000_0000), 0x7f_7f7f);
        assert_eq!(over(0xff_ffff, 0x00ff_ffff), 0xff_ffff);
    }
}
