//! Connecting through Composio: our page makes a link there, and when the browser comes back with our state and our
//! cookie, the vendor is asked whose the account is before it becomes one of ours.

use std::collections::BTreeMap;
use std::time::Duration;

use composio::{Account, AccountStatus, NewLink};
use jiff::SignedDuration;
use serde_json::Value;
use store::{HostedConfig, HostedRemoval, NewState};
use url::Url;

use super::failures::{self, VENDOR};
use super::user_id::remote_user;
use super::{CallError, Group, Hosted};
use crate::Engine;
use crate::attach::{Proven, Remote};
use crate::connect_page::{Callback, OAuthStart, Opened, STATE_LIFE, link_gone};
use crate::error::{Code, Error, Kind, Result};
use crate::exchange::Refusal;
use crate::grant::Grant;
use crate::identity::Identified;
use crate::ids::hash;

/// When an account goes whose link came to nothing: after the state's life, and time to come back in.
const ABANDONED_AFTER: SignedDuration = SignedDuration::from_mins(30);
/// The vendor may need a moment to see the consent it has just sent us the browser with.
const LOOKS: u32 = 8;
const LONGEST_LABEL: usize = 100;
const PAUSE: Duration = Duration::from_millis(400);

impl Engine {
    /// The user clicked "continue": a state, a cookie, and a link of the vendor's that comes back to us with them.
    pub(crate) async fn start_hosted_connect(&self, opened: &Opened) -> Result<Option<OAuthStart>> {
        let hosted = self.hosted()?;
        self.check_project(hosted).await?;
        let config = self.hosted_config_in_use(opened).await?;
        let remote_config = config.remote_id.as_deref().unwrap_or_default();
        let (state, cookie) = (self.ids.secret(), self.ids.secret());
        let now = self.now();
        let mut callback_url = self.public_path(&format!("/callback/{}", opened.request.toolkit));
        let new = NewState {
            state_hash: hash(&state),
            cookie_hash: hash(&cookie),
            client_version: None,
            redirect_uri: callback_url.to_string(),
            sealed_verifier: None,
            expires_at: (now + STATE_LIFE).into(),
        };
        if !self.store.begin_connect_request(&opened.request.id, &new, now.into()).await? {
            return Ok(None);
        }
        callback_url.query_pairs_mut().append_pair("state", &state);
        let user = remote_user(&opened.request.app_id, &opened.request.user_id);
        let link =
            NewLink { auth_config_id: remote_config, user_id: &user, callback_url: callback_url.as_str() };
        let link =
            hosted.once(Group::Accounts, hosted.client.create_link(&link)).await.map_err(
                |error| match error.refusal().map(|refusal| refusal.status) {
                    Some(status @ (400 | 404 | 422)) => link_refused(opened, status),
                    _ => failures::unavailable(error),
                },
            )?;
        // Before anybody can consent: what comes to nothing is removed there.
        let removal = HostedRemoval {
            remote_id: link.connected_account_id.clone(),
            remote_config: remote_config.to_owned(),
            // The same consent may stand behind another account by then.
            revokes: false,
            due_at: (now + ABANDONED_AFTER).into(),
            attempts: 0,
        };
        self.store.insert_hosted_removal(&removal).await?;
        if !self.store.set_remote_account(&new.state_hash, &link.connected_account_id).await? {
            return Ok(None);
        }
        let leads_to = Url::parse(&link.redirect_url).ok().filter(|url| hosted.client.may_lead_to(url));
        let authorization_url = leads_to.ok_or_else(|| {
            Error::internal(anyhow::anyhow!("a link of {VENDOR}'s that leads to no safe address"))
        })?;
        Ok(Some(OAuthStart {
            authorization_url,
            cookie_name: Callback::cookie_name(&state),
            cookie_value: cookie,
            cookie_seconds: STATE_LIFE.as_secs(),
            by_page: true,
            name: opened.toolkit.display_name().to_owned(),
        }))
    }

    async fn hosted_config_in_use(&self, opened: &Opened) -> Result<HostedConfig> {
        let row = self.store.find_hosted_config(&opened.config.id).await?;
        row.filter(|row| row.remote_id.is_some() && row.enabled).ok_or_else(link_gone)
    }

    /// The browser is back with the state that was consumed. The inner result is what is refused.
    pub(crate) async fn prove_hosted(
        &self,
        opened: &Opened,
        callback: &Callback,
    ) -> Result<Result<Proven, Refusal>> {
        let hosted = self.hosted()?;
        let name = opened.toolkit.display_name();
        let row = self.hosted_config_in_use(opened).await?;
        let expected = opened.request.remote_account.as_deref();
        // What the browser brings is compared with what the link was made for, and never believed.
        let Some(remote_id) = expected.filter(|id| callback.account.as_deref() == Some(id)) else {
            tracing::warn!(toolkit = %opened.request.toolkit, "a callback named another account than its link");
            return Ok(Err(Refusal::new(
                "account_mismatch",
                "This is not the connection that was asked for",
            )));
        };
        if callback.status.as_deref().is_some_and(|status| status.eq_ignore_ascii_case("failed")) {
            return Ok(Err(Refusal::new("access_denied", format!("Access to {name} was not granted"))));
        }
        let account = match hosted.look_until_settled(remote_id).await {
            Ok(account) => account,
            Err(error) => {
                tracing::warn!(toolkit = %opened.request.toolkit, ?error, "an account could not be looked at");
                return Ok(Err(Refusal::new(
                    "exchange_failed",
                    format!("{VENDOR} could not be asked about the connection; try again"),
                )));
            }
        };
        let user = remote_user(&opened.request.app_id, &opened.request.user_id);
        let ours = account.id == remote_id
            && account.user_id == user
            && Some(&account.auth_config.id) == row.remote_id.as_ref()
            && account.toolkit.slug.eq_ignore_ascii_case(&row.remote_toolkit);
        if !ours {
            tracing::error!(toolkit = %opened.request.toolkit, "an account came back that is somebody else's");
            return Ok(Err(Refusal::new(
                "account_mismatch",
                "This is not the connection that was asked for",
            )));
        }
        if account.status != AccountStatus::Active || account.is_disabled {
            return Ok(Err(Refusal::new("provider_refused", format!("{name} refused to connect"))));
        }
        Ok(Ok(proven(opened, account)))
    }
}

impl Hosted {
    async fn look_until_settled(&self, id: &str) -> Result<Account, CallError> {
        let mut looks = 0;
        loop {
            let account = self.read(Group::Accounts, || self.client.get_account(id)).await?;
            looks += 1;
            let on_its_way = matches!(account.status, AccountStatus::Initiated | AccountStatus::Initializing);
            if !on_its_way || looks >= LOOKS {
                return Ok(account);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

fn proven(opened: &Opened, account: Account) -> Proven {
    Proven {
        grant: Grant::Typed(BTreeMap::new()),
        identified: Identified {
            // The vendor does not say who it is at the provider: every consent is an account of its own.
            subject: account.id.clone(),
            grant_subject: account.id.clone(),
            label: account
                .alias
                .or(account.word_id)
                .map(|label| plain_label(&label))
                .filter(|label| !label.is_empty()),
            facts: Value::Null,
        },
        scopes: opened.request.scopes.0.clone(),
        client: None,
        remote: Some(Remote { account: account.id, config: account.auth_config.id }),
    }
}

/// The vendor's text, as a column and a page take it.
fn plain_label(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(LONGEST_LABEL).collect()
}

fn link_refused(opened: &Opened, status: u16) -> Error {
    Error::new(
        Code::IntegrationsUpstreamError,
        Kind::Upstream,
        format!("{VENDOR} made no link to connect {}", opened.toolkit.display_name()),
        "Ask the app to enable the integration again with `configure`.",
    )
    .with_details(serde_json::json!({ "provider": { "status": status } }))
}
