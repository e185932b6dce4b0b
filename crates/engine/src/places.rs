//! Where each kind of secret lives. What is sealed for one place opens in no other.

use store::{AccountId, AppId, AuthConfigId, ConnectRequestId, ExecutionId, SealedField};
use vault::Place;

pub(crate) fn token_secret(app: &AppId) -> Place<'_> {
    place(SealedField::TokenSecret, app.as_str(), app.as_str(), 0)
}

pub(crate) fn client_secrets<'a>(app: &'a AppId, config: &'a AuthConfigId, version: i64) -> Place<'a> {
    place(SealedField::ClientSecrets, app.as_str(), config.as_str(), version)
}

pub(crate) fn code_verifier<'a>(app: &'a AppId, request: &'a ConnectRequestId) -> Place<'a> {
    place(SealedField::CodeVerifier, app.as_str(), request.as_str(), 0)
}

pub(crate) fn grant<'a>(app: &'a AppId, account: &'a AccountId, generation: i64) -> Place<'a> {
    place(SealedField::Grant, app.as_str(), account.as_str(), generation)
}

pub(crate) fn execution_result<'a>(app: &'a AppId, execution: &'a ExecutionId) -> Place<'a> {
    place(SealedField::ExecutionResult, app.as_str(), execution.as_str(), 0)
}

pub(crate) fn execution_call<'a>(app: &'a AppId, execution: &'a ExecutionId) -> Place<'a> {
    place(SealedField::ExecutionCall, app.as_str(), execution.as_str(), 0)
}

pub(crate) fn instance(name: &str) -> Place<'_> {
    place(SealedField::Instance, "", name, 0)
}

/// The place of any sealed row, as the key rotation meets it.
pub(crate) fn place<'a>(field: SealedField, app: &'a str, row: &'a str, generation: i64) -> Place<'a> {
    Place { app, row, field: field.column().1, generation }
}
