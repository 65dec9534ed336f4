//! The first thing two nodes say to each other: which versions and features
//! each understands (spec 00, "Hello").
//!
//! The stream's name settles the major version (`/kith/<part>/<major>`); the
//! hello settles the level within it, so that neighbouring versions of Kith
//! understand each other (XFER-1).

use ciborium::Value;
use thiserror::Error;

use crate::cbor::{self, Decode, DecodeError, Encode, MapBuilder, MapReader};
use crate::registry;

/// The largest hello in bytes: strangers may send it, and 64 features and a
/// name fit well.
pub const MAX_HELLO: usize = 1024;

/// The longest name of a program, in bytes of UTF-8.
pub const MAX_SOFTWARE: usize = 64;

/// The level that this crate speaks. It goes up by one with every published
/// set of rules that an older reader would not follow.
pub const LEVEL: u16 = 1;

/// A feature, by its number in the registry of spec 00. None is assigned yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Feature(pub u16);

/// What a node understands. Nothing in it is signed, and no right follows
/// from it: it comes over a connection whose other end is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hello {
    min: u16,
    max: u16,
    features: Vec<Feature>,
    software: Option<String>,
}

/// What two nodes have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Common {
    /// The level that both use from here on.
    pub level: u16,
    /// The features that both understand, in ascending order.
    pub features: Vec<Feature>,
}

/// Why two nodes have no level in common. Nobody's fault: one is too old.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NoCommonLevel {
    /// The other's newest level is older than our oldest.
    #[error("the other program is too old: it speaks up to level {theirs}, ours from {ours}")]
    TheyAreOlder {
        /// Their newest level.
        theirs: u16,
        /// Our oldest level.
        ours: u16,
    },
    /// The other's oldest level is newer than our newest.
    #[error(
        "the other program is too new for ours: it speaks from level {theirs}, ours up to {ours}"
    )]
    TheyAreNewer {
        /// Their oldest level.
        theirs: u16,
        /// Our newest level.
        ours: u16,
    },
}

impl Hello {
    /// What this crate understands, under the name of the program around it.
    ///
    /// # Errors
    /// [`DecodeError::OutOfRange`]: the name is empty, longer than
    /// [`MAX_SOFTWARE`], or has control characters.
    pub fn ours(software: &str) -> Result<Self, DecodeError> {
        Self::new(LEVEL, LEVEL, Vec::new(), Some(software.to_owned()))
    }

    /// A hello with these parts; the features need not be sorted.
    ///
    /// # Errors
    /// [`DecodeError::OutOfRange`]: level 0, levels in the wrong order, too
    /// many features, or a bad name as in [`Hello::ours`].
    pub fn new(
        min: u16,
        max: u16,
        mut features: Vec<Feature>,
        software: Option<String>,
    ) -> Result<Self, DecodeError> {
        features.sort_unstable();
        features.dedup();
        let named = software.as_ref().is_none_or(|name| {
            (1..=MAX_SOFTWARE).contains(&name.len()) && !name.chars().any(char::is_control)
        });
        if min == 0 || min > max || features.len() > registry::MAX_LISTED || !named {
            return Err(DecodeError::OutOfRange);
        }
        Ok(Self {
            min,
            max,
            features,
            software,
        })
    }

    /// Reads a hello from the wire.
    ///
    /// # Errors
    /// Not canonical, longer than [`MAX_HELLO`], or not a hello.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        cbor::from_bytes(bytes, MAX_HELLO)
    }

    /// The wire form.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        cbor::to_bytes(self)
    }

    /// The oldest level understood.
    #[must_use]
    pub fn min(&self) -> u16 {
        self.min
    }

    /// The newest level understood.
    #[must_use]
    pub fn max(&self) -> u16 {
        self.max
    }

    /// What the program calls itself: for diagnosis only, never for a
    /// decision. Text from others: escape it where it is shown.
    #[must_use]
    pub fn software(&self) -> Option<&str> {
        self.software.as_deref()
    }

    /// What this node and another have in common. Both sides come to the
    /// same result.
    ///
    /// # Errors
    /// [`NoCommonLevel`].
    pub fn common(&self, theirs: &Self) -> Result<Common, NoCommonLevel> {
        if theirs.max < self.min {
            return Err(NoCommonLevel::TheyAreOlder {
                theirs: theirs.max,
                ours: self.min,
            });
        }
        if theirs.min > self.max {
            return Err(NoCommonLevel::TheyAreNewer {
                theirs: theirs.min,
                ours: self.max,
            });
        }
        Ok(Common {
            level: self.max.min(theirs.max),
            features: self
                .features
                .iter()
                .copied()
                .filter(|feature| theirs.features.binary_search(feature).is_ok())
                .collect(),
        })
    }
}

struct FeatureList(Vec<Feature>);

impl Decode for FeatureList {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let numbers = registry::numbers(value)?;
        Ok(Self(numbers.into_iter().map(Feature).collect()))
    }
}

impl Encode for Feature {
    fn encode(&self) -> Value {
        Value::from(self.0)
    }
}

impl Encode for Hello {
    fn encode(&self) -> Value {
        MapBuilder::new()
            .put(0, &1u64)
            .put(1, &self.min)
            .put(2, &self.max)
            .put_list(3, &self.features)
            .put_opt(4, self.software.as_ref())
            .build()
    }
}

impl Decode for Hello {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut r = MapReader::new(value)?;
        r.version(0, 1)?;
        let (min, max) = (r.req(1)?, r.req(2)?);
        let features = match r.opt::<FeatureList>(3)? {
            // An empty list has a form already: to be absent.
            Some(FeatureList(listed)) if listed.is_empty() => return Err(DecodeError::OutOfRange),
            Some(FeatureList(listed)) => listed,
            None => Vec::new(),
        };
        let software = r.opt(4)?;
        let _ = r.finish()?;
        Self::new(min, max, features, software)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn levels(min: u16, max: u16) -> Hello {
        Hello::new(min, max, Vec::new(), None).unwrap()
    }

    #[test]
    fn the_newest_common_level_is_used() {
        let level = |a: Hello, b: Hello| a.common(&b).map(|common| common.level);
        assert_eq!(level(levels(1, 3), levels(2, 5)), Ok(3));
        assert_eq!(level(levels(2, 5), levels(1, 3)), Ok(3));
        assert_eq!(
            level(levels(4, 5), levels(1, 3)),
            Err(NoCommonLevel::TheyAreOlder { theirs: 3, ours: 4 })
        );
        assert_eq!(
            level(levels(1, 3), levels(4, 5)),
            Err(NoCommonLevel::TheyAreNewer { theirs: 4, ours: 3 })
        );
    }

    #[test]
    fn only_features_of_both_are_used() {
        let with = |features: &[u16]| {
            let features = features.iter().copied().map(Feature).collect();
            Hello::new(1, 1, features, None).unwrap()
        };
        let common = with(&[9, 1, 4]).common(&with(&[4, 9, 7])).unwrap();
        assert_eq!(common.features, [Feature(4), Feature(9)]);
    }

    #[test]
    fn the_largest_hello_fits() {
        let features = (0..64).map(|n| Feature(u16::MAX - n)).collect();
        let hello = Hello::new(1, u16::MAX, features, Some("x".repeat(MAX_SOFTWARE))).unwrap();
        assert!(hello.to_bytes().len() <= MAX_HELLO);
        assert_eq!(Hello::from_bytes(&hello.to_bytes()), Ok(hello));
    }

    #[test]
    fn names_that_could_disturb_a_screen_are_refused() {
        for bad in ["", "a\nb", "\u{1b}[2J", &"x".repeat(MAX_SOFTWARE + 1)] {
            assert_eq!(Hello::ours(bad), Err(DecodeError::OutOfRange), "{bad:?}");
        }
    }

    fn any_hello() -> impl Strategy<Value = Hello> {
        let features = proptest::collection::vec(any::<u16>().prop_map(Feature), 0..64);
        (1..10u16, 0..10u16, features)
            .prop_map(|(min, more, features)| Hello::new(min, min + more, features, None).unwrap())
    }

    proptest! {
        #[test]
        fn both_sides_come_to_the_same_result(a in any_hello(), b in any_hello()) {
            match (a.common(&b), b.common(&a)) {
                (Ok(here), Ok(there)) => {
                    prop_assert_eq!(&here, &there);
                    prop_assert!((a.min..=a.max).contains(&here.level));
                    prop_assert!((b.min..=b.max).contains(&here.level));
                }
                (here, there) => prop_assert!(here.is_err() && there.is_err()),
            }
        }

        #[test]
        fn a_hello_comes_back(hello in any_hello()) {
            prop_assert_eq!(Hello::from_bytes(&hello.to_bytes()), Ok(hello));
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Hello::from_bytes(&bytes);
        }
    }
}
