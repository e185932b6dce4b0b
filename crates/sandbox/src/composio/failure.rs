//! How Composio says no. Where the number of a refusal is not known it is 10000 and the status, which is what the known
//! one of a bad key looks like.

use serde_json::{Value, json};

use crate::stage::Stage;
use crate::strict::Misfit;
use crate::wire::Answer;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    status: u16,
    code: u32,
    pub(super) slug: &'static str,
    message: String,
    fix: String,
}

impl Failure {
    fn new(status: u16, code: u32, slug: &'static str, message: impl Into<String>, fix: &str) -> Self {
        Self { status, code, slug, message: message.into(), fix: fix.to_owned() }
    }

    pub(super) fn unauthorized(message: String) -> Self {
        Self::new(401, 10_401, "HTTP_Unauthorized", message, "Send the key of your project in x-api-key")
    }

    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, 10_400, "HTTP_BadRequest", message, "Correct the request and try again")
    }

    pub(super) fn no_path() -> Self {
        Self::new(404, 10_404, "HTTP_NotFound", "sandbox: there is no such path", "Look at the API reference")
    }

    pub(super) fn other_method() -> Self {
        let message = "sandbox: there is no such method on this path";
        Self::new(405, 10_405, "HTTP_MethodNotAllowed", message, "Look at the API reference")
    }

    pub(super) fn no_toolkit(slug: &str) -> Self {
        let message = format!("Toolkit \"{slug}\" not found");
        Self::new(404, 10_404, "Toolkit_NotFound", message, "Look for the slug in the list of toolkits")
    }

    pub(super) fn no_managed_auth(toolkit: &str) -> Self {
        let message = format!(
            "Default auth config not found for toolkit \"{toolkit}\". Composio does not have managed credentials for \
             this toolkit."
        );
        let fix = "Create an auth config with credentials of your own";
        Self::new(400, 306, "Auth_Config_DefaultAuthConfigNotFound", message, fix)
    }

    pub(super) fn needs_no_auth(toolkit: &str) -> Self {
        let message = format!(
            "Cannot create an auth config for toolkit \"{toolkit}\" because it does not require authentication."
        );
        Self::new(400, 10_400, "Auth_Config_NoAuthApp", message, "Use its tools without an auth config")
    }

    pub(super) fn lacks_field(title: &str, scheme: &str, toolkit: &str) -> Self {
        let message = format!(
            "Missing required field \"{title}\" for auth scheme \"{scheme}\" in toolkit \"{toolkit}\""
        );
        Self::new(400, 10_400, "Auth_Config_MissingRequiredField", message, "Send all required fields")
    }

    pub(super) fn no_auth_config(id: &str) -> Self {
        let message = format!("Auth config {id} not found");
        Self::new(404, 10_404, "Auth_Config_NotFound", message, "Look for the id in the list of auth configs")
    }

    pub(super) fn auth_config_disabled(id: &str) -> Self {
        let message = format!("Auth config {id} is disabled");
        Self::new(400, 10_400, "Auth_Config_Disabled", message, "Enable the auth config")
    }

    pub(super) fn no_account(id: &str) -> Self {
        let message = format!("Connected account {id} not found");
        let fix = "Look for the id in the list of connected accounts";
        Self::new(404, 10_404, "ConnectedAccount_NotFound", message, fix)
    }

    /// The words by which the vendor's clients recognise it.
    pub(super) fn retired() -> Self {
        let message = "Creating connections on this endpoint for Composio-managed OAuth auth configs is no longer \
                       supported. Use POST /api/v3/connected_accounts/link instead.";
        Self::new(400, 600, "ConnectedAccount_BadRequest", message, "Use the link endpoint")
    }

    pub(super) fn account(message: impl Into<String>) -> Self {
        Self::new(400, 600, "ConnectedAccount_BadRequest", message, "Correct the request and try again")
    }

    pub(super) fn cannot_revoke(scheme: &str) -> Self {
        let message = format!("Revocation is not supported for auth scheme {scheme}");
        Self::new(
            400,
            10_400,
            "ConnectedAccount_RevocationNotSupported",
            message,
            "Delete the account instead",
        )
    }

    pub(super) fn not_revokable(id: &str, status: &str) -> Self {
        let message = format!("Connected account {id} is in {status} state and cannot be revoked");
        Self::new(
            409,
            10_409,
            "ConnectedAccount_NotRevokable",
            message,
            "Only active accounts can be revoked",
        )
    }

    pub(super) fn no_tool(slug: &str) -> Self {
        let message = format!("Tool {slug} not found");
        Self::new(404, 10_404, "Tool_ToolNotFound", message, "Look for the slug in the list of tools")
    }

    pub(super) fn tool_gone(slug: &str) -> Self {
        let message = format!("Tool {slug} is deprecated and can no longer be executed");
        Self::new(410, 10_410, "Tool_ToolDeprecated", message, "Use the tool that came in its place")
    }

    pub(super) fn tool_not_allowed(slug: &str) -> Self {
        let message = format!("Tool {slug} is not available for execution with this auth config");
        let fix = "Add the tool to the auth config's tool access";
        Self::new(403, 10_403, "ActionExecute_ToolNotAllowed", message, fix)
    }

    pub(super) fn not_connected(user: &str, toolkit: &str) -> Self {
        let message = format!("No connected account found for user ID {user} for toolkit {toolkit}");
        let fix = format!("Connect your {toolkit} account first");
        Self::new(404, 1810, "ActionExecute_ConnectedAccountNotFound", message, &fix)
    }

    pub(super) fn user_required() -> Self {
        let message = "User ID is required with connected account.";
        let fix = "Send user_id with connected_account_id";
        Self::new(400, 1811, "ActionExecute_ConnectedAccountEntityIdRequired", message, fix)
    }

    pub(super) fn user_mismatch(account: &str, user: &str) -> Self {
        let message = format!("Connected account {account} does not belong to user ID {user}");
        let fix = "Use an account of this user";
        Self::new(400, 1812, "ActionExecute_ConnectedAccountEntityIdMismatch", message, fix)
    }

    pub(super) fn account_expired(account: &str, toolkit: &str) -> Self {
        let message = format!("Connected account {account} for toolkit {toolkit} is in EXPIRED state");
        Self::new(410, 1820, "ActionExecute_ConnectedAccountExpired", message, "Connect the account again")
    }

    pub(super) fn account_not_active(account: &str, status: &str) -> Self {
        let message = format!("Connected account {account} is in {status} state, not ACTIVE");
        let fix = "Finish connecting the account, or enable it";
        Self::new(422, 10_422, "ActionExecute_ConnectedAccountNotActive", message, fix)
    }

    pub(super) fn answer(&self, stage: &mut Stage<'_>) -> Answer {
        Answer::json(self.status, &self.body(&stage.uuid()))
    }

    fn body(&self, request_id: &str) -> Value {
        json!({"error": {
            "message": self.message,
            "code": self.code,
            "slug": self.slug,
            "status": self.status,
            "request_id": request_id,
            "suggested_fix": self.fix,
        }})
    }
}

impl From<Misfit> for Failure {
    fn from(misfit: Misfit) -> Self {
        Self::invalid(misfit.sentence())
    }
}

/// What a broken backend says, for a fault that wants it broken.
pub(crate) fn broken() -> Value {
    let failure =
        Failure::new(500, 10_500, "HTTP_InternalServerError", "Internal server error", "Try again later");
    failure.body("00000000-0000-4000-a000-000000000000")
}
