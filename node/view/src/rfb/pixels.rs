//! Pixels as a VNC viewer wants them (RFC 6143, 7.4).

/// A true-colour pixel format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Format {
    /// Bytes of a pixel: 1, 2 or 4.
    bytes: usize,
    big: bool,
    /// Largest value and shift of red, green, blue.
    channels: [(u16, u8); 3],
}

impl Format {
    /// Ours: 32 bits, blue first.
    pub(super) const OWN: Self = Self {
        bytes: 4,
        big: false,
        channels: [(255, 16), (255, 8), (255, 0)],
    };

    /// Reads the 16 bytes; `None` for palettes and what no pixel has.
    pub(super) fn parse(b: &[u8]) -> Option<Self> {
        let &[
            bits,
            _,
            big,
            true_colour,
            r1,
            r0,
            g1,
            g0,
            b1,
            b0,
            rs,
            gs,
            bs,
            _,
            _,
            _,
        ] = b
        else {
            return None;
        };
        let bytes = match bits {
            8 => 1,
            16 => 2,
            32 => 4,
            _ => return None,
        };
        let channel = |hi, lo, shift| {
            let most = u16::from_be_bytes([hi, lo]);
            let width = 16 - most.leading_zeros() + u32::from(shift);
            (width <= u32::from(bits)).then_some((most, shift))
        };
        let channels = [
            channel(r1, r0, rs)?,
            channel(g1, g0, gs)?,
            channel(b1, b0, bs)?,
        ];
        (true_colour != 0).then_some(Self {
            bytes,
            big: big != 0,
            channels,
        })
    }

    /// The 16 bytes.
    pub(super) fn to_bytes(self) -> [u8; 16] {
        let [(r, rs), (g, gs), (b, bs)] = self.channels;
        let ([r1, r0], [g1, g0], [b1, b0]) = (r.to_be_bytes(), g.to_be_bytes(), b.to_be_bytes());
        let bits = (self.bytes * 8) as u8;
        let depth = if self.bytes == 4 { 24 } else { bits };
        let big = u8::from(self.big);
        [
            bits, depth, big, 1, r1, r0, g1, g0, b1, b0, rs, gs, bs, 0, 0, 0,
        ]
    }

    /// Appends `0x00RRGGBB` pixels.
    pub(super) fn put(self, pixels: &[u32], out: &mut Vec<u8>) {
        if self == Self::OWN {
            out.extend(pixels.iter().flat_map(|p| p.to_le_bytes()));
            return;
        }
        for p in pixels {
            let parts = [p >> 16 & 255, p >> 8 & 255, p & 255];
            let mut value = 0u32;
            for (part, (most, shift)) in parts.into_iter().zip(self.channels) {
                // `parse` saw to it that nothing is shifted out.
                value |= ((part * u32::from(most) + 127) / 255) << shift;
            }
            let (big, little) = (value.to_be_bytes(), value.to_le_bytes());
            out.extend(match (self.bytes, self.big) {
                (4, true) => &big[..],
                (2, true) => &big[2..],
                (_, true) => &big[3..],
                (4, false) => &little[..],
                (2, false) => &little[..2],
                (_, false) => &little[..1],
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_format_makes_pixels_of_its_size(bytes in prop::array::uniform16(any::<u8>()), p in any::<u32>()) {
            if let Some(f) = Format::parse(&bytes) {
                let mut out = Vec::new();
                f.put(&[p & 0xff_ffff], &mut out);
                prop_assert_eq!(out.len(), f.bytes);
                prop_assert_eq!(Format::parse(&f.to_bytes()), Some(f));
            }
        }
    }

    #[test]
    fn formats() {
        let mut out = Vec::new();
        Format::OWN.put(&[0x11_2233], &mut out);
        assert_eq!(out, [0x33, 0x22, 0x11, 0]);
        // 16 bits, red 5, green 6, blue 5, big-endian.
        let f = Format::parse(&[16, 16, 1, 1, 0, 31, 0, 63, 0, 31, 11, 5, 0, 0, 0, 0]).unwrap();
        out.clear();
        f.put(&[0xff_0000, 0x00_ff00, 0x00_00ff], &mut out);
        assert_eq!(out, [0xf8, 0, 0x07, 0xe0, 0, 0x1f]);
        // 8 bits, blue on top.
        let f = Format::parse(&[8, 8, 0, 1, 0, 7, 0, 7, 0, 3, 0, 3, 6, 0, 0, 0]).unwrap();
        out.clear();
        f.put(&[0xff_ffff, 0x00_00ff], &mut out);
        assert_eq!(out, [0xff, 0xc0]);
        // A palette; a shift beyond the pixel.
        assert_eq!(
            Format::parse(&[8, 8, 0, 0, 0, 7, 0, 7, 0, 3, 0, 3, 6, 0, 0, 0]),
            None
        );
        assert_eq!(
            Format::parse(&[8, 8, 0, 1, 0, 7, 0, 7, 0, 7, 0, 3, 6, 0, 0, 0]),
            None
        );
    }
}
