//! Failures of the parts, as faces see them.

use kith_api::{ApiError, Code};

use crate::store::StoreError;

impl From<StoreError> for ApiError {
    fn from(e: StoreError) -> Self {
        let code = match &e {
            StoreError::Missing => Code::NotFound,
            _ => Code::Storage,
        };
        Self::new(code, e.to_string())
    }
}

/// A failure that only a fault of Kith explains.
pub(super) fn fault(e: impl ToString) -> ApiError {
    ApiError::new(Code::Internal, e.to_string())
}

/// What was asked for can't be done.
pub(super) fn bad(message: impl Into<String>) -> ApiError {
    ApiError::new(Code::BadRequest, message)
}
