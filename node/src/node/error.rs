//! Failures of the parts, as faces see them.

use kith_api::{ApiError, Code};

use crate::account::AccountError;
use crate::store::StoreError;

impl From<StoreError> for ApiError {
    fn from(e: StoreError) -> Self {
        Self::new(e.code(), e.to_string()).hint(e.hint())
    }
}

impl From<AccountError> for ApiError {
    fn from(e: AccountError) -> Self {
        let error = Self::new(e.code(), e.to_string());
        match e {
            AccountError::Store(e) => e.into(),
            AccountError::Sheet(why) => error.hint(why.hint()),
            AccountError::Damaged(part) => error.hint(StoreError::Damaged(part.into()).hint()),
            _ => error,
        }
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
