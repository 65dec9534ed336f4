//! Reading and writing bytes within bounds. Fixed numbers are little-endian;
//! variable ones are LEB128, at most five bytes, in their shortest form.

/// Why bytes could not be read. The peer that sent them misbehaved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// The bytes end before the value does.
    #[error("the message ends too early")]
    Short,
    /// A variable number is longer than needed or exceeds 32 bits.
    #[error("a number is not in its shortest form or too large")]
    Number,
    /// Bytes are left after the last value.
    #[error("the message has bytes left over")]
    Trailing,
}

/// Takes values off the front of a slice.
#[derive(Clone, Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) fn bytes(&mut self, n: usize) -> Result<&'a [u8], WireError> {
        let (head, rest) = self.rest.split_at_checked(n).ok_or(WireError::Short)?;
        self.rest = rest;
        Ok(head)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        let (head, rest) = self.rest.split_first_chunk::<N>().ok_or(WireError::Short)?;
        self.rest = rest;
        Ok(*head)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, WireError> {
        self.array::<1>().map(|[b]| b)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, WireError> {
        self.array().map(u16::from_le_bytes)
    }

    pub(crate) fn i16(&mut self) -> Result<i16, WireError> {
        self.array().map(i16::from_le_bytes)
    }

    pub(crate) fn u24(&mut self) -> Result<u32, WireError> {
        self.array::<3>()
            .map(|[a, b, c]| u32::from_le_bytes([a, b, c, 0]))
    }

    pub(crate) fn u32(&mut self) -> Result<u32, WireError> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn varint(&mut self) -> Result<u32, WireError> {
        let mut value = 0u64;
        for i in 0..5 {
            let b = self.u8()?;
            value |= u64::from(b & 0x7f) << (7 * i);
            if b & 0x80 == 0 {
                if b == 0 && i > 0 {
                    return Err(WireError::Number);
                }
                return u32::try_from(value).map_err(|_| WireError::Number);
            }
        }
        Err(WireError::Number)
    }

    /// A signed number: zigzag over [`Self::varint`].
    pub(crate) fn signed(&mut self) -> Result<i32, WireError> {
        let v = self.varint()?;
        Ok((v >> 1) as i32 ^ -((v & 1) as i32))
    }

    /// All that is left.
    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(crate) const fn finish(&self) -> Result<(), WireError> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(WireError::Trailing)
        }
    }
}

/// Appends values to a vector.
pub(crate) trait Put {
    fn put_u8(&mut self, v: u8);
    fn put_u16(&mut self, v: u16);
    fn put_u24(&mut self, v: u32);
    fn put_u32(&mut self, v: u32);
    fn put_varint(&mut self, v: u32);
    fn put_signed(&mut self, v: i32);
}

impl Put for Vec<u8> {
    fn put_u8(&mut self, v: u8) {
        self.push(v);
    }
    fn put_u16(&mut self, v: u16) {
        self.extend_from_slice(&v.to_le_bytes());
    }
    fn put_u24(&mut self, v: u32) {
        self.extend_from_slice(&v.to_le_bytes()[..3]);
    }
    fn put_u32(&mut self, v: u32) {
        self.extend_from_slice(&v.to_le_bytes());
    }
    fn put_varint(&mut self, mut v: u32) {
        while v >= 0x80 {
            self.push(v as u8 | 0x80);
            v >>= 7;
        }
        self.push(v as u8);
    }
    fn put_signed(&mut self, v: i32) {
        self.put_varint(((v << 1) ^ (v >> 31)) as u32);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_come_back(a in any::<u32>(), b in any::<i32>(), c in 0u32..1 << 24) {
            let mut v = Vec::new();
            v.put_varint(a);
            v.put_signed(b);
            v.put_u24(c);
            let mut r = Reader::new(&v);
            prop_assert_eq!((r.varint(), r.signed(), r.u24()), (Ok(a), Ok(b), Ok(c)));
            prop_assert_eq!(r.finish(), Ok(()));
        }
    }

    #[test]
    fn only_the_shortest_form_is_read() {
        assert_eq!(Reader::new(&[0x80, 0x00]).varint(), Err(WireError::Number));
        assert_eq!(
            Reader::new(&[0xff, 0xff, 0xff, 0xff, 0x1f]).varint(),
            Err(WireError::Number)
        );
        assert_eq!(
            Reader::new(&[0xff, 0xff, 0xff, 0xff, 0x0f]).varint(),
            Ok(u32::MAX)
        );
        assert_eq!(Reader::new(&[0x80]).varint(), Err(WireError::Short));
        assert_eq!(Reader::new(&[0xff; 6]).varint(), Err(WireError::Number));
    }
}
