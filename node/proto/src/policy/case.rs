//! What a share is for (CASE-1): purpose, reference, and who obtained the
//! patient's consent; in the audits of both sides.

use core::fmt;

use ciborium::Value;

use super::cap::{Duties, Duty};
use crate::cbor::{Decode, DecodeError, Encode, MapBuilder, MapReader};

/// The longest field in characters.
pub const MAX_CASE_CHARS: usize = 200;

/// The text of one field: 1 to [`MAX_CASE_CHARS`] characters on one line.
/// Text from others is escaped wherever it is shown (rule R9).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CaseText(String);

impl CaseText {
    /// From text.
    ///
    /// # Errors
    /// [`DecodeError::OutOfRange`]: nothing but white space, white space
    /// around it, too long, or control characters in it.
    pub fn new(text: &str) -> Result<Self, DecodeError> {
        let fine = !text.is_empty()
            && text.trim() == text
            && text.chars().count() <= MAX_CASE_CHARS
            && !text.chars().any(char::is_control);
        match fine {
            true => Ok(Self(text.to_owned())),
            false => Err(DecodeError::OutOfRange),
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for CaseText {
    /// May hold a patient's name: its length only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CaseText({} bytes)", self.0.len())
    }
}

impl Encode for CaseText {
    fn encode(&self) -> Value {
        self.0.encode()
    }
}

impl Decode for CaseText {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        Self::new(&String::decode(value)?)
    }
}

/// The case fields of one share.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Case {
    /// What the share is for.
    pub purpose: Option<CaseText>,
    /// A number or name by which both find the case again.
    pub reference: Option<CaseText>,
    /// Who obtained the patient's consent.
    pub patient_consent: Option<CaseText>,
}

impl Case {
    /// Which of the demanded fields are missing.
    #[must_use]
    pub fn missing(&self, demanded: Duties) -> Duties {
        [
            (Duty::Purpose, &self.purpose),
            (Duty::Reference, &self.reference),
            (Duty::PatientConsent, &self.patient_consent),
        ]
        .into_iter()
        .filter(|(duty, field)| demanded.contains(*duty) && field.is_none())
        .map(|(duty, _)| duty)
        .collect()
    }
}

impl Encode for Case {
    fn encode(&self) -> Value {
        MapBuilder::new()
            .put_opt(0, self.purpose.as_ref())
            .put_opt(1, self.reference.as_ref())
            .put_opt(2, self.patient_consent.as_ref())
            .build()
    }
}

impl Decode for Case {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut r = MapReader::new(value)?;
        let case = Self {
            purpose: r.opt(0)?,
            reference: r.opt(1)?,
            patient_consent: r.opt(2)?,
        };
        let _ = r.finish()?;
        Ok(case)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_demanded_and_not_given_is_missing() {
        let mut case = Case::default();
        let demanded = Duties::of(&[Duty::Accept, Duty::Purpose, Duty::PatientConsent]);
        assert_eq!(
            case.missing(demanded),
            Duties::of(&[Duty::Purpose, Duty::PatientConsent])
        );
        case.purpose = Some(CaseText::new("second opinion").unwrap());
        assert_eq!(case.missing(demanded), Duties::of(&[Duty::PatientConsent]));
        assert!(case.missing(Duties::NONE).is_empty());
        assert_eq!(Case::decode(case.encode()), Ok(case));
    }

    #[test]
    fn a_field_is_one_short_line() {
        for bad in ["", " ", " x", "a\nb", "a\u{1b}b"] {
            assert!(CaseText::new(bad).is_err(), "{bad:?}");
        }
        assert!(CaseText::new(&"é".repeat(MAX_CASE_CHARS)).is_ok());
        assert!(CaseText::new(&"é".repeat(MAX_CASE_CHARS + 1)).is_err());
    }
}
