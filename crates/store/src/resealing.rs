//! Every sealed column, so that a key rotation finds all of them: adding a sealed column without a variant here
//! fails the store suite.

use sqlx::FromRow;

use crate::{Result, SealedColumn, Store};

/// A column that holds sealed secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SealedField {
    Instance,
    TokenSecret,
    ClientSecrets,
    CodeVerifier,
    Grant,
    ExecutionResult,
    ExecutionCall,
}

/// One sealed secret with all that its place is made of.
#[derive(Debug, Clone, FromRow)]
pub struct SealedRow {
    pub app_id: String,
    /// The row's id; with `generation` it is unique within the field.
    pub row_id: String,
    pub generation: i64,
    pub sealed: SealedColumn,
}

impl SealedField {
    pub const ALL: [Self; 7] = [
        Self::Instance,
        Self::TokenSecret,
        Self::ClientSecrets,
        Self::CodeVerifier,
        Self::Grant,
        Self::ExecutionResult,
        Self::ExecutionCall,
    ];

    /// Table and column.
    pub fn column(self) -> (&'static str, &'static str) {
        match self {
            Self::Instance => ("instance", "value"),
            Self::TokenSecret => ("apps", "token_secret"),
            Self::ClientSecrets => ("client_versions", "sealed_secrets"),
            Self::CodeVerifier => ("connect_requests", "sealed_verifier"),
            Self::Grant => ("connected_accounts", "sealed_grant"),
            Self::ExecutionResult => ("executions", "sealed_result"),
            Self::ExecutionCall => ("executions", "sealed_call"),
        }
    }

    pub(crate) fn select(self) -> &'static str {
        match self {
            Self::Instance => {
                "SELECT '' AS app_id, name AS row_id, CAST(0 AS BIGINT) AS generation, value AS sealed FROM instance \
                 WHERE (name, 0) > ($1, $2) ORDER BY name LIMIT $3"
            }
            Self::TokenSecret => {
                "SELECT id AS app_id, id AS row_id, CAST(0 AS BIGINT) AS generation, token_secret AS sealed FROM apps \
                 WHERE token_secret IS NOT NULL AND (id, 0) > ($1, $2) ORDER BY id LIMIT $3"
            }
            Self::ClientSecrets => {
                "SELECT app_id, auth_config_id AS row_id, version AS generation, sealed_secrets AS sealed \
                 FROM client_versions WHERE sealed_secrets IS NOT NULL AND (auth_config_id, version) > ($1, $2) \
                 ORDER BY auth_config_id, version LIMIT $3"
            }
            Self::CodeVerifier => {
                "SELECT app_id, id AS row_id, CAST(0 AS BIGINT) AS generation, sealed_verifier AS sealed \
                 FROM connect_requests WHERE sealed_verifier IS NOT NULL AND (id, 0) > ($1, $2) ORDER BY id LIMIT $3"
            }
            Self::Grant => {
                "SELECT app_id, id AS row_id, generation, sealed_grant AS sealed FROM connected_accounts \
                 WHERE (id, generation) > ($1, $2) ORDER BY id LIMIT $3"
            }
            Self::ExecutionResult => {
                "SELECT app_id, id AS row_id, CAST(0 AS BIGINT) AS generation, sealed_result AS sealed \
                 FROM executions WHERE sealed_result IS NOT NULL AND (id, 0) > ($1, $2) ORDER BY id LIMIT $3"
            }
            Self::ExecutionCall => {
                "SELECT app_id, id AS row_id, CAST(0 AS BIGINT) AS generation, sealed_call AS sealed \
                 FROM executions WHERE sealed_call IS NOT NULL AND (id, 0) > ($1, $2) ORDER BY id LIMIT $3"
            }
        }
    }

    fn update(self) -> &'static str {
        match self {
            Self::Instance => "UPDATE instance SET value = $4 WHERE name = $1 AND $2 = 0 AND value = $3",
            Self::TokenSecret => {
                "UPDATE apps SET token_secret = $4 WHERE id = $1 AND $2 = 0 AND token_secret = $3"
            }
            Self::ClientSecrets => {
                "UPDATE client_versions SET sealed_secrets = $4 WHERE auth_config_id = $1 AND version = $2 \
                 AND sealed_secrets = $3"
            }
            Self::CodeVerifier => {
                "UPDATE connect_requests SET sealed_verifier = $4 WHERE id = $1 AND $2 = 0 AND sealed_verifier = $3"
            }
            Self::Grant => {
                "UPDATE connected_accounts SET sealed_grant = $4 WHERE id = $1 AND generation = $2 AND sealed_grant = $3"
            }
            Self::ExecutionResult => {
                "UPDATE executions SET sealed_result = $4 WHERE id = $1 AND $2 = 0 AND sealed_result = $3"
            }
            Self::ExecutionCall => {
                "UPDATE executions SET sealed_call = $4 WHERE id = $1 AND $2 = 0 AND sealed_call = $3"
            }
        }
    }
}

impl Store {
    /// Up to `limit` sealed secrets after a row, by row and generation.
    pub async fn list_sealed(
        &self,
        field: SealedField,
        after: &str,
        after_generation: i64,
        limit: i64,
    ) -> Result<Vec<SealedRow>> {
        Ok(read!(self.db, fetch_all as SealedRow, field.select(), after, after_generation, limit)?)
    }

    /// Puts `new` in the place of exactly what `row` holds. False where it changed meanwhile.
    pub async fn replace_sealed(
        &self,
        field: SealedField,
        row: &SealedRow,
        new: &SealedColumn,
    ) -> Result<bool> {
        Ok(write!(self.db, field.update(), &row.row_id, row.generation, &row.sealed, new)? > 0)
    }
}
