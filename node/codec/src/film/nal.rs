//! A look into an H.264 stream before a decoder gets it: only the few forms
//! that our encoder makes pass, in exactly the size that was announced. So no
//! bytes of a peer can make the decoder allocate for another size or reach
//! its rarely used parts.
//!
//! Terms and syntax: ITU-T H.264, 7.3 and Annex B.

use crate::geometry::Rect;

/// Why a film picture was refused. The peer that sent it misbehaved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NalError {
    /// Not an Annex B byte stream, or it ends early.
    #[error("not an H.264 byte stream")]
    Syntax,
    /// A unit of a kind that is not used here, or units in the wrong order.
    #[error("an H.264 unit that is not allowed here")]
    Unit,
    /// A profile, tool or number of reference pictures that is not used here.
    #[error("an H.264 feature that is not allowed here")]
    Feature,
    /// The stream's size is not the announced one.
    #[error("the film's size differs from its rectangle")]
    Size,
}

/// Most reference pictures a film may ask for.
const MAX_REFERENCES: u32 = 4;
/// Most units in one film picture: two parameter sets and slices.
const MAX_UNITS: usize = 64;

/// Whether a film picture stands alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FilmKind {
    /// Begins a film: parameter sets and an IDR picture.
    Key,
    /// Continues it.
    Delta,
}

/// Checks one film picture of the size of `rect`.
pub(crate) fn check(bytes: &[u8], kind: FilmKind, rect: Rect) -> Result<(), NalError> {
    let (mut sps, mut pps, mut slices) = (0, 0, 0);
    for (i, unit) in units(bytes)?.into_iter().enumerate() {
        if i == MAX_UNITS {
            return Err(NalError::Unit);
        }
        let (head, body) = unit.split_first().ok_or(NalError::Syntax)?;
        if head & 0x80 != 0 {
            return Err(NalError::Syntax);
        }
        match (head & 0x1f, kind) {
            (7, FilmKind::Key) if sps == 0 && slices == 0 => {
                check_sps(body, rect)?;
                sps += 1;
            }
            (8, FilmKind::Key) if sps == 1 && pps == 0 && slices == 0 => {
                check_pps(body)?;
                pps += 1;
            }
            (5, FilmKind::Key) if pps == 1 => slices += 1,
            (1, FilmKind::Delta) => slices += 1,
            _ => return Err(NalError::Unit),
        }
    }
    if slices == 0 {
        Err(NalError::Unit)
    } else {
        Ok(())
    }
}

/// The units between start codes.
fn units(bytes: &[u8]) -> Result<Vec<&[u8]>, NalError> {
    let mut starts = Vec::new();
    let mut i = 0;
    while i + 3 <= bytes.len() {
        if bytes[i..i + 3] == [0, 0, 1] {
            starts.push(i);
            if starts.len() > MAX_UNITS {
                return Err(NalError::Unit);
            }
            i += 3;
        } else {
            i += 1;
        }
    }
    // Only zeros may come before the first start code.
    let first = *starts.first().ok_or(NalError::Syntax)?;
    if first > 1 || bytes[..first].iter().any(|b| *b != 0) {
        return Err(NalError::Syntax);
    }
    starts.push(bytes.len());
    let mut found = Vec::with_capacity(starts.len());
    for (n, pair) in starts.windows(2).enumerate() {
        let mut unit = &bytes[pair[0] + 3..pair[1]];
        // The zero before a four-byte start code belongs to that.
        if n + 2 < starts.len() {
            unit = unit.strip_suffix(&[0]).unwrap_or(unit);
        }
        found.push(unit);
    }
    Ok(found)
}

fn check_sps(body: &[u8], rect: Rect) -> Result<(), NalError> {
    let mut b = Bits::new(body);
    // Baseline only: no B pictures, no CABAC, no 8×8 transform, 4:2:0.
    if b.bits(8)? != 66 {
        return Err(NalError::Feature);
    }
    b.bits(16)?; // constraint flags and level
    if b.ue()? > 31 || b.ue()? > 12 {
        return Err(NalError::Feature);
    }
    match b.ue()? {
        0 => {
            if b.ue()? > 12 {
                return Err(NalError::Feature);
            }
        }
        2 => {}
        _ => return Err(NalError::Feature),
    }
    let references = b.ue()?;
    let gaps = b.bits(1)?;
    if !(1..=MAX_REFERENCES).contains(&references) || gaps != 0 {
        return Err(NalError::Feature);
    }
    let (w, h) = (b.ue()?, b.ue()?);
    if b.bits(1)? != 1 {
        return Err(NalError::Feature); // interlaced
    }
    b.bits(1)?;
    let mut crop = [0; 4];
    if b.bits(1)? == 1 {
        for c in &mut crop {
            *c = b.ue()?;
        }
    }
    let [left, right, top, bottom] = crop;
    let side = |macroblocks: u32, near: u32, far: u32| {
        let whole = macroblocks.checked_add(1)?.checked_mul(16)?;
        whole.checked_sub(near.checked_add(far)?.checked_mul(2)?)
    };
    // The coded size is the announced one rounded up to whole macroblocks.
    let fits = |macroblocks: u32, side: u16| macroblocks + 1 == u32::from(side).div_ceil(16);
    if left != 0 || top != 0 || w >= 1024 || h >= 1024 || !fits(w, rect.w) || !fits(h, rect.h) {
        return Err(NalError::Size);
    }
    if side(w, left, right) != Some(rect.w.into()) || side(h, top, bottom) != Some(rect.h.into()) {
        return Err(NalError::Size);
    }
    Ok(())
}

fn check_pps(body: &[u8]) -> Result<(), NalError> {
    let mut b = Bits::new(body);
    if b.ue()? > 255 || b.ue()? > 31 {
        return Err(NalError::Feature);
    }
    let (cabac, _bottom_field_order) = (b.bits(1)?, b.bits(1)?);
    let slice_groups = b.ue()?;
    if cabac != 0 || slice_groups != 0 {
        return Err(NalError::Feature);
    }
    Ok(())
}

/// Bits of a unit, without its emulation prevention bytes.
struct Bits<'a> {
    bytes: &'a [u8],
    zeros: usize,
    byte: u8,
    left: u32,
}

impl<'a> Bits<'a> {
    const fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            zeros: 0,
            byte: 0,
            left: 0,
        }
    }

    fn next_byte(&mut self) -> Result<u8, NalError> {
        let (b, rest) = self.bytes.split_first().ok_or(NalError::Syntax)?;
        self.bytes = rest;
        if self.zeros >= 2 && *b == 3 {
            self.zeros = 0;
            return self.next_byte();
        }
        self.zeros = if *b == 0 { self.zeros + 1 } else { 0 };
        Ok(*b)
    }

    fn bits(&mut self, n: u32) -> Result<u32, NalError> {
        let mut v = 0;
        for _ in 0..n {
            if self.left == 0 {
                self.byte = self.next_byte()?;
                self.left = 8;
            }
            self.left -= 1;
            v = v << 1 | u32::from(self.byte >> self.left & 1);
        }
        Ok(v)
    }

    /// Unsigned Exp-Golomb code, at most 24 bits of suffix.
    fn ue(&mut self) -> Result<u32, NalError> {
        let mut zeros = 0;
        while self.bits(1)? == 0 {
            zeros += 1;
            if zeros > 24 {
                return Err(NalError::Syntax);
            }
        }
        Ok((1 << zeros) - 1 + self.bits(zeros)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_golomb() {
        // 1 | 010 | 011 | 00100 | 1…: 0, 1, 2, 3, 0.
        let mut b = Bits::new(&[0b1010_0110, 0b0100_1000]);
        assert_eq!(
            [b.ue(), b.ue(), b.ue(), b.ue(), b.ue()],
            [Ok(0), Ok(1), Ok(2), Ok(3), Ok(0)]
        );
        assert_eq!(Bits::new(&[0; 8]).ue(), Err(NalError::Syntax));
    }

    #[test]
    fn emulation_prevention_is_removed() {
        let mut b = Bits::new(&[0, 0, 3, 1]);
        assert_eq!(b.bits(24), Ok(1));
    }

    #[test]
    fn only_annex_b() {
        let r = Rect::new(0, 0, 16, 16);
        for bad in [
            &b""[..],
            b"\x01\x00\x00\x01\x65",
            b"hello",
            b"\x00\x00\x01",
            b"\x00\x00\x01\xe5",
        ] {
            assert!(check(bad, FilmKind::Key, r).is_err(), "{bad:x?}");
        }
        // A slice before its parameter sets; a parameter set in a delta; SEI.
        assert_eq!(
            check(b"\0\0\0\x01\x65\x88", FilmKind::Key, r),
            Err(NalError::Unit)
        );
        assert_eq!(
            check(b"\0\0\0\x01\x67\x42", FilmKind::Delta, r),
            Err(NalError::Unit)
        );
        assert_eq!(
            check(b"\0\0\0\x01\x06\x42", FilmKind::Delta, r),
            Err(NalError::Unit)
        );
        assert_eq!(check(b"\0\0\0\x01\x41\x9a", FilmKind::Delta, r), Ok(()));
    }
}
