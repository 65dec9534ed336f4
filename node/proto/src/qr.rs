//! QR codes as pure data: squares, SVG, or characters for a terminal
//! (ID-2, ID-3).

use core::fmt::Write as _;

use qrcodegen::{QrCode, QrCodeEcc, QrSegment};
use thiserror::Error;

/// The light border in modules that ISO/IEC 18004 asks for.
pub const QUIET: usize = 4;

/// The text is longer than any QR code holds. Our fault: what is put in has
/// limits of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("too long for a QR code")]
pub struct TooLong;

/// What a terminal shows where nothing is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    /// Light characters on dark, as most terminals.
    Dark,
    /// Dark characters on light.
    Light,
}

/// A QR code: `size` × `size` modules, without the light border.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Qr {
    size: usize,
    dark: Vec<bool>,
}

impl Qr {
    /// The smallest code for `text`: in alphanumeric mode where the text
    /// allows it (capitals, digits, colon), with error correction M (15 %:
    /// screens and clean paper) or more where it costs nothing.
    ///
    /// # Errors
    /// [`TooLong`].
    pub fn new(text: &str) -> Result<Self, TooLong> {
        let segments = QrSegment::make_segments(text);
        let code = QrCode::encode_segments(&segments, QrCodeEcc::Medium).map_err(|_| TooLong)?;
        let side = code.size();
        Ok(Self {
            size: usize::try_from(side).map_err(|_| TooLong)?,
            dark: (0..side)
                .flat_map(|y| (0..side).map(move |x| (x, y)))
                .map(|(x, y)| code.get_module(x, y))
                .collect(),
        })
    }

    /// How many modules a side has: 21 to 177.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// Whether the module in column `x`, row `y` is dark; outside is light.
    #[must_use]
    pub fn is_dark(&self, x: usize, y: usize) -> bool {
        x < self.size && self.dark.get(y * self.size + x).copied().unwrap_or(false)
    }

    /// An SVG document, one unit a module, with its border.
    #[must_use]
    pub fn to_svg(&self) -> String {
        let side = self.size + 2 * QUIET;
        let mut path = String::new();
        for y in 0..self.size {
            let mut x = 0;
            while x < self.size {
                let run = (x..self.size).take_while(|x| self.is_dark(*x, y)).count();
                if run > 0 {
                    // Writing to a String can't fail.
                    let _ = write!(path, "M{},{}h{run}v1h-{run}z", x + QUIET, y + QUIET);
                }
                x += run.max(1);
            }
        }
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" \
             shape-rendering=\"crispEdges\"><rect width=\"{side}\" height=\"{side}\" \
             fill=\"#fff\"/><path d=\"{path}\" fill=\"#000\"/></svg>\n"
        )
    }

    /// Lines for a terminal, two rows of modules a line, with the border.
    #[must_use]
    pub fn to_text(&self, ground: Ground) -> String {
        let side = self.size + 2 * QUIET;
        let inked = |x: usize, y: usize| {
            let inside = x >= QUIET && y >= QUIET && self.is_dark(x - QUIET, y - QUIET);
            // Below the last row nothing is printed on either ground.
            y < side && (inside == (ground == Ground::Light))
        };
        let mut out = String::new();
        for y in (0..side).step_by(2) {
            for x in 0..side {
                out.push(match (inked(x, y), inked(x, y + 1)) {
                    (true, true) => '█',
                    (true, false) => '▀',
                    (false, true) => '▄',
                    (false, false) => ' ',
                });
            }
            out.push('\n');
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::armor::{self, ArmorKind};

    /// Reads a code back with a decoder of other authors.
    fn read_back(qr: &Qr) -> String {
        let scale = 4;
        let side = (qr.size() + 2 * QUIET) * scale;
        let mut image = rqrr::PreparedImage::prepare_from_greyscale(side, side, |x, y| {
            let (x, y) = (x / scale, y / scale);
            let dark = x >= QUIET && y >= QUIET && qr.is_dark(x - QUIET, y - QUIET);
            if dark { 0 } else { 255 }
        });
        let grids = image.detect_grids();
        grids.first().expect("a code").decode().expect("readable").1
    }

    #[test]
    fn another_decoder_reads_it() {
        for len in [1, 50, 330, 1024] {
            let bytes: Vec<u8> = (0..len).map(|n| u8::try_from(n % 251).unwrap()).collect();
            let text = armor::to_qr_text(ArmorKind::Invite, &bytes);
            let qr = Qr::new(&text).unwrap();
            assert_eq!(read_back(&qr), text, "{len} bytes");
            assert_eq!(armor::from_text(&read_back(&qr)).unwrap().1, bytes);
        }
    }

    #[test]
    fn capitals_make_smaller_codes() {
        let bytes = [7; 330];
        let big = Qr::new(&armor::to_text(ArmorKind::Invite, &bytes)).unwrap();
        let small = Qr::new(&armor::to_qr_text(ArmorKind::Invite, &bytes)).unwrap();
        assert_eq!((big.size(), small.size()), (89, 77));
    }

    #[test]
    fn the_shapes_agree_with_each_other() {
        let qr = Qr::new("KITH").unwrap();
        assert_eq!(qr.size(), 21);
        let side = 21 + 2 * QUIET;
        for (ground, ink) in [(Ground::Light, true), (Ground::Dark, false)] {
            let text = qr.to_text(ground);
            let lines: Vec<Vec<char>> = text.lines().map(|l| l.chars().collect()).collect();
            assert_eq!(lines.len(), side.div_ceil(2));
            for y in 0..side {
                assert_eq!(lines[y / 2].len(), side);
                for (x, c) in lines[y / 2].iter().enumerate() {
                    let half = if y % 2 == 0 { '▀' } else { '▄' };
                    let inked = [half, '█'].contains(c);
                    let dark = x >= QUIET && y >= QUIET && qr.is_dark(x - QUIET, y - QUIET);
                    assert_eq!(inked, dark == ink, "{x} {y}");
                }
            }
        }
        let svg = qr.to_svg();
        let drawn: usize = svg
            .split('h')
            .filter_map(|s| s.split("v1").next()?.parse::<usize>().ok())
            .sum();
        let dark = (0..21).flat_map(|y| (0..21).map(move |x| (x, y)));
        let dark = dark.filter(|(x, y)| qr.is_dark(*x, *y)).count();
        assert_eq!(drawn, dark);
        assert!(!qr.is_dark(21, 0) && !qr.is_dark(0, 21));
    }

    #[test]
    fn too_long_is_said() {
        assert_eq!(Qr::new(&"A".repeat(4000)), Err(TooLong));
    }
}
