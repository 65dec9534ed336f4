//! Numbered registries: a closed enum of what this program knows, and a set
//! of such things (DESIGN.md, "Versions and growth"; spec 00, "Numbers").
//!
//! On the wire a member is its number and a set is a list of numbers in
//! ascending order. A number that isn't known here is kept out of a set, so
//! that a newer sender never grants an older reader something it can't name;
//! [`Known::unknown`] reports the ones left out.

use ciborium::Value;

use crate::cbor::{Decode, DecodeError};

/// The most numbers a set may list on the wire, known or not.
pub const MAX_LISTED: usize = 64;

/// A set as it was listed, and the numbers that mean nothing here.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Known<S> {
    /// What is known.
    pub set: S,
    /// Listed, but unknown here: made by a newer version. Never granted.
    pub unknown: Vec<u16>,
}

/// Reads a list of numbers in strictly ascending order.
///
/// # Errors
/// Not a list of numbers below 2^16, out of order, repeated, or more than
/// [`MAX_LISTED`].
pub(crate) fn numbers(value: Value) -> Result<Vec<u16>, DecodeError> {
    let listed = <Vec<u16>>::decode(value)?;
    let ascending = listed.windows(2).all(|w| w[0] < w[1]);
    if listed.len() > MAX_LISTED || !ascending {
        return Err(DecodeError::OutOfRange);
    }
    Ok(listed)
}

/// Makes a registry: an enum with numbers below 64 and, where one is named,
/// its set type.
macro_rules! registry {
    (
        $(#[$enum_doc:meta])* enum $name:ident;
        $(#[$set_doc:meta])* set $set:ident;
        $($(#[$doc:meta])* $variant:ident = $number:literal, $text:literal;)*
    ) => {
        $crate::registry::registry! {
            $(#[$enum_doc])* enum $name;
            $($(#[$doc])* $variant = $number, $text;)*
        }

        $(#[$set_doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
        pub struct $set(u64);

        impl $set {
            /// Nothing.
            pub const NONE: Self = Self(0);
            /// All that is known here.
            pub const ALL: Self = Self(0 $(| 1 << $number)*);

            /// The set of just these.
            #[must_use]
            pub const fn of(members: &[$name]) -> Self {
                let (mut bits, mut i) = (0, 0);
                while i < members.len() {
                    bits |= 1 << members[i] as u64;
                    i += 1;
                }
                Self(bits)
            }

            /// Whether it holds `member`.
            #[must_use]
            pub const fn contains(self, member: $name) -> bool {
                self.0 & (1 << member as u64) != 0
            }

            /// This set and `member`.
            #[must_use]
            pub const fn with(self, member: $name) -> Self {
                Self(self.0 | 1 << member as u64)
            }

            /// This set less `member`.
            #[must_use]
            pub const fn without(self, member: $name) -> Self {
                Self(self.0 & !(1 << member as u64))
            }

            /// What either holds.
            #[must_use]
            pub const fn union(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }

            /// What both hold.
            #[must_use]
            pub const fn intersection(self, other: Self) -> Self {
                Self(self.0 & other.0)
            }

            /// What this holds and `other` doesn't.
            #[must_use]
            pub const fn difference(self, other: Self) -> Self {
                Self(self.0 & !other.0)
            }

            /// Whether `other` holds everything that this holds.
            #[must_use]
            pub const fn is_subset(self, other: Self) -> bool {
                self.0 & !other.0 == 0
            }

            /// Whether it holds nothing.
            #[must_use]
            pub const fn is_empty(self) -> bool {
                self.0 == 0
            }

            /// How many it holds.
            #[must_use]
            pub const fn len(self) -> usize {
                self.0.count_ones() as usize
            }

            /// The members, in order of their numbers.
            pub fn iter(self) -> impl Iterator<Item = $name> {
                $name::ALL.iter().copied().filter(move |m| self.contains(*m))
            }

            /// Reads a list of numbers, and tells which are unknown here.
            ///
            /// # Errors
            /// Not a list of numbers in ascending order, or too long.
            pub fn read(
                value: ciborium::Value,
            ) -> Result<$crate::registry::Known<Self>, $crate::cbor::DecodeError> {
                let mut known = $crate::registry::Known::<Self>::default();
                for n in $crate::registry::numbers(value)? {
                    match $name::from_number(n) {
                        Some(member) => known.set = known.set.with(member),
                        None => known.unknown.push(n),
                    }
                }
                Ok(known)
            }
        }

        impl FromIterator<$name> for $set {
            fn from_iter<I: IntoIterator<Item = $name>>(members: I) -> Self {
                members.into_iter().fold(Self::NONE, Self::with)
            }
        }

        impl core::fmt::Debug for $set {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.debug_set().entries(self.iter()).finish()
            }
        }

        impl $crate::cbor::Encode for $set {
            fn encode(&self) -> ciborium::Value {
                ciborium::Value::Array(self.iter().map(|m| m.number().into()).collect())
            }
        }

        /// Leaves unknown numbers out; [`Self::read`] reports them.
        impl $crate::cbor::Decode for $set {
            fn decode(value: ciborium::Value) -> Result<Self, $crate::cbor::DecodeError> {
                Self::read(value).map(|k| k.set)
            }
        }
    };
    (
        $(#[$enum_doc:meta])* enum $name:ident;
        $($(#[$doc:meta])* $variant:ident = $number:literal, $text:literal;)*
    ) => {
        $(#[$enum_doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum $name {
            $($(#[$doc])* $variant = $number,)*
        }

        impl $name {
            /// All that are known here, in order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The number on the wire.
            #[must_use]
            pub const fn number(self) -> u16 {
                self as u16
            }

            /// From the number on the wire; `None` if it means nothing here.
            #[must_use]
            pub const fn from_number(number: u16) -> Option<Self> {
                match number {
                    $($number => Some(Self::$variant),)*
                    _ => None,
                }
            }

            /// The name used in files, commands and `--json` output: stable,
            /// not translated.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }

            /// From [`Self::name`].
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|r| r.name() == name)
            }
        }

        impl $crate::cbor::Encode for $name {
            fn encode(&self) -> ciborium::Value {
                ciborium::Value::from(self.number())
            }
        }

        /// Refuses a number that isn't known here; where a newer sender must
        /// be understood in part, read the number and ask `from_number`.
        impl $crate::cbor::Decode for $name {
            fn decode(value: ciborium::Value) -> Result<Self, $crate::cbor::DecodeError> {
                Self::from_number(u16::decode(value)?)
                    .ok_or($crate::cbor::DecodeError::OutOfRange)
            }
        }
    };
}
pub(crate) use registry;

#[cfg(test)]
mod tests {
    use crate::cbor::{DecodeError, from_bytes, to_bytes};
    use crate::rights::{Right, Rights};
    use ciborium::Value;
    use proptest::prelude::*;

    #[test]
    fn numbers_and_names_lead_back() {
        for r in Right::ALL {
            assert_eq!(Right::from_number(r.number()), Some(*r));
            assert_eq!(Right::from_name(r.name()), Some(*r));
        }
        assert!(Right::ALL.windows(2).all(|w| w[0].number() < w[1].number()));
        assert_eq!(Right::from_number(0), None);
        assert_eq!(Rights::ALL.len(), Right::ALL.len());
    }

    #[test]
    fn an_unknown_number_is_not_granted_and_is_reported() {
        let list = Value::Array(vec![1.into(), 63.into(), 900.into()]);
        let known = Rights::read(list).unwrap();
        assert_eq!(known.set, Rights::of(&[Right::View]));
        assert_eq!(known.unknown, [63, 900]);
    }

    #[test]
    fn lists_have_one_form() {
        for bad in [&[2u64, 1][..], &[1, 1], &[70_000]] {
            let list = Value::Array(bad.iter().map(|n| (*n).into()).collect());
            assert_eq!(Rights::read(list), Err(DecodeError::OutOfRange), "{bad:?}");
        }
        let long = Value::Array((1..=65u64).map(Value::from).collect());
        assert_eq!(Rights::read(long), Err(DecodeError::OutOfRange));
    }

    fn rights() -> impl Strategy<Value = Rights> {
        proptest::sample::subsequence(Right::ALL, 0..=Right::ALL.len())
            .prop_map(|v| v.into_iter().collect())
    }

    proptest! {
        #[test]
        fn a_set_comes_back(r in rights()) {
            prop_assert_eq!(from_bytes::<Rights>(&to_bytes(&r), 100).unwrap(), r);
        }

        #[test]
        fn sets_obey_their_laws(a in rights(), b in rights()) {
            let both = a.intersection(b);
            prop_assert!(both.is_subset(a) && both.is_subset(b));
            prop_assert!(a.is_subset(a.union(b)) && b.is_subset(a.union(b)));
            prop_assert_eq!(a.difference(b).union(both), a);
            prop_assert!(a.difference(b).intersection(b).is_empty());
            prop_assert_eq!(a.iter().count(), a.len());
        }
    }
}
