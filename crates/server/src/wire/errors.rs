//! The one form of an error.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// The envelope of every error.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ErrorEnvelope {
    pub error: ErrorBody,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ErrorBody {
    #[schema(example = "VALIDATION_INVALID_SCHEMA")]
    pub code: String,
    pub message: String,
    /// The next step.
    pub remediation: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<Value>,
    pub request_id: String,
}

impl ErrorEnvelope {
    pub(crate) fn new(error: &engine::Error, request_id: &str) -> Self {
        Self {
            error: ErrorBody {
                code: error.code().to_string(),
                message: error.message().to_owned(),
                remediation: error.remediation().to_owned(),
                details: error.details().cloned(),
                request_id: request_id.to_owned(),
            },
        }
    }
}
