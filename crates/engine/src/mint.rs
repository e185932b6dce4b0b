//! Access tokens that come of what the user typed in (RFC 6749 section 4.4). Nothing is used up by asking, so an answer that
//! is lost is asked for again.

use std::collections::BTreeMap;

use auth::{TokenErrorClass, read_token_response};
use catalog::{AuthScheme, ClientCredentials, OAuth2, SchemeName};
use outbound::Target;
use secrecy::SecretString;

use crate::Engine;
use crate::attach::Proven;
use crate::clients::ClientError;
use crate::connect_page::Opened;
use crate::error::{Error, Result};
use crate::exchange::{TOKEN_LIMITS, unproven};
use crate::grant::Grant;
use crate::identity::IdentityError;
use crate::refresh_exchange::{Answer, Attempt};

impl Engine {
    /// Typed credentials are proven by a token that they are worth, and by whose that is.
    pub(crate) async fn prove_by_minting(
        &self,
        opened: &Opened,
        declared: &ClientCredentials,
        fields: BTreeMap<String, SecretString>,
    ) -> Result<Proven> {
        let request = auth::client_credentials::mint_request(declared, &fields);
        let bases = [declared.token_endpoint.url.clone()];
        let sent = self.outbound.send(Target::Declared(&bases), request, TOKEN_LIMITS).await;
        let response = sent.map_err(|error| {
            tracing::warn!(toolkit = opened.toolkit.slug(), %error, "no token was minted");
            unproven(opened, IdentityError::Unavailable)
        })?;
        let minted = read_token_response(&declared.token_endpoint, &response).map_err(|error| {
            tracing::warn!(toolkit = opened.toolkit.slug(), %error, "no token was minted");
            let trouble = matches!(
                error.class,
                TokenErrorClass::Busy | TokenErrorClass::Transient | TokenErrorClass::Malformed
            );
            unproven(opened, if trouble { IdentityError::Unavailable } else { IdentityError::Rejected })
        })?;
        let grant = Grant::minted(fields.clone(), minted.tokens, self.now());
        let token = grant.default_token();
        let token = token
            .ok_or_else(|| Error::internal(anyhow::anyhow!("minted, yet no `{}`", OAuth2::DEFAULT_TOKEN)))?;
        let values = Grant::with_access_token(&fields, token);
        let identified = self.prove(opened, &declared.placement, &values, &minted.body).await?;
        Ok(Proven::typed(grant, identified))
    }

    /// Asks for a token, and where the answer is lost once more.
    pub(crate) async fn ask_to_mint(&self, attempt: &Attempt<'_>) -> Result<Answer, ClientError> {
        let declared = attempt.toolkit.auth_scheme(SchemeName::ClientCredentials);
        let declared = declared.and_then(AuthScheme::client_credentials);
        let (Some(declared), Grant::Minted { fields, .. }) = (declared, &attempt.grant) else {
            return Err(Error::internal(anyhow::anyhow!("a grant that nothing is minted from")).into());
        };
        let request = auth::client_credentials::mint_request(declared, fields);
        match self.ask_once(attempt, request.clone(), None).await? {
            Answer::Silence(_) => self.ask_once(attempt, request, None).await,
            answer => Ok(answer),
        }
    }
}
