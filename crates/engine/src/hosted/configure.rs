//! Configuring and rotating what Composio serves: planned here, made so over there under the config's lease, then written
//! down here. Whoever is interrupted in between leaves a row that says so, and the reconciler puts it back.

use std::collections::BTreeMap;
use std::time::Duration;

use composio::{Refusal, ToolkitDetail};
use secrecy::ExposeSecret as _;
use serde_json::json;
use store::{AuthConfig, AuthConfigId, ClientVersion, HostedConfig, Json, NewClient};
use tokio::time::Instant;

use super::configs::{NotApplied, redirects};
use super::failures::{self, VENDOR, shown};
use super::given::{Given, NO_AUTH, check_given, fields_of, read_given, wanted_scheme};
use super::reconcile::{LEASE, fact};
use super::{Group, Hosted};
use crate::Engine;
use crate::callers::Caller;
use crate::clients::next_version;
use crate::configs::ConfigView;
use crate::configure::{MOST_RACES, Wanted, byo_required, conflict};
use crate::error::{Code, Error, Kind, Result};
use crate::toolkits::{Backend, KnownToolkit};

/// How long a change waits for another one of the same config.
const PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(100);

/// The row to write, and the client to write with it.
struct Plan {
    config: AuthConfig,
    client: Option<NewClient>,
    /// Whether accounts would be stranded by it, of which there were none.
    replaces: bool,
}

impl Engine {
    /// One at a time a toolkit of an app: the vendor has one auth config of it, however many ask at once.
    pub(crate) async fn configure_hosted(
        &self,
        caller: &Caller,
        toolkit: &KnownToolkit,
        wanted: &Wanted,
        base: &str,
    ) -> Result<ConfigView> {
        let hosted = self.hosted()?;
        self.check_project(hosted).await?;
        let _turn = hosted.turns.take(&format!("{}/{}", caller.app_id(), toolkit.slug())).await;
        let given = wanted.credentials.as_ref().map(|given| read_given(given, base)).transpose()?;
        let detail = self.detail_for(hosted, toolkit, given.as_ref()).await?;
        for _ in 0..MOST_RACES {
            let existing = self.store.find_auth_config(caller.app_id(), toolkit.slug()).await?;
            let row = self.ensure_row(caller, toolkit, existing.as_ref()).await?;
            let plan = self
                .plan_hosted(&row, toolkit, detail.as_ref(), existing.as_ref(), given.as_ref(), wanted, base)
                .await?;
            let expected = existing.as_ref().map(|config| config.revision);
            let written = if plan.config.auth_scheme == NO_AUTH {
                self.store.put_auth_config(&plan.config, expected, None).await?
            } else {
                self.apply_plan(hosted, toolkit, &row, &plan, expected).await?
            };
            if written {
                self.store.delete_unused_clients(&plan.config.id).await?;
                return self.view_config(toolkit, plan.config).await;
            }
        }
        Err(Error::internal(anyhow::anyhow!("an auth config changed too often while it was written")))
    }

    async fn ensure_row(
        &self,
        caller: &Caller,
        toolkit: &KnownToolkit,
        existing: Option<&AuthConfig>,
    ) -> Result<HostedConfig> {
        let now = self.now();
        let new_id = || AuthConfigId::new(self.ids.ordered("ac", now));
        let new = HostedConfig {
            auth_config_id: existing.map_or_else(new_id, |config| config.id.clone()),
            app_id: caller.app_id().clone(),
            toolkit: toolkit.slug().to_owned(),
            remote_toolkit: toolkit.remote_slug().unwrap_or_default().to_owned(),
            remote_id: None,
            fingerprint: None,
            enabled: false,
            wanted: 0,
            settled: 0,
            failure: None,
            attempts: 0,
            retry_at: None,
            lease_owner: None,
            lease_expires_at: None,
            checked_at: now.into(),
        };
        // Nothing is needed over there for what nobody connects to.
        if toolkit.hosted().is_some_and(|hosted| hosted.no_auth) {
            return Ok(new);
        }
        let row = self.store.ensure_hosted_config(&new).await?;
        if existing.is_none() || row.auth_config_id == new.auth_config_id {
            return Ok(row);
        }
        // A `configure` that came to nothing left it, and the config was made elsewhere since.
        let adopted = self.store.adopt_hosted_config(&new.app_id, &new.toolkit, &new.auth_config_id).await?;
        adopted.ok_or_else(under_way)
    }

    /// What the vendor asks for; not needed for a repetition that brings no credentials.
    async fn detail_for(
        &self,
        hosted: &Hosted,
        toolkit: &KnownToolkit,
        given: Option<&Given>,
    ) -> Result<Option<ToolkitDetail>> {
        let managed = toolkit.hosted().is_some_and(|hosted| !hosted.composio_managed_auth_schemes.is_empty());
        if given.is_none() && (managed || toolkit.hosted().is_some_and(|hosted| hosted.no_auth)) {
            return Ok(None);
        }
        let remote = toolkit.remote_slug().ok_or_else(|| self.unknown_slug(toolkit.slug()))?;
        let detail = hosted.read(Group::Catalog, || hosted.client.get_toolkit(remote)).await;
        detail.map(Some).map_err(failures::unavailable)
    }

    #[allow(clippy::too_many_arguments, reason = "all of it was read once, before the race")]
    async fn plan_hosted(
        &self,
        row: &HostedConfig,
        toolkit: &KnownToolkit,
        detail: Option<&ToolkitDetail>,
        existing: Option<&AuthConfig>,
        given: Option<&Given>,
        wanted: &Wanted,
        base: &str,
    ) -> Result<Plan> {
        let vendor = toolkit.hosted().ok_or_else(|| self.unknown_slug(toolkit.slug()))?;
        let same_backend = existing.filter(|config| config.backend == Backend::Composio.as_str());
        let scheme = wanted_scheme(vendor, same_backend, given, base)?;
        let brings = given.is_some_and(|given| !given.fields.is_empty());
        let has_own = same_backend.is_some_and(|config| !config.managed && config.auth_scheme == scheme);
        let managed = vendor.composio_managed_auth_schemes.contains(&scheme) && !brings && !has_own;
        let replaced = existing.filter(|config| {
            config.managed != managed || config.auth_scheme != scheme || same_backend.is_none()
        });
        if let Some(replaced) = replaced {
            let connected = self.store.count_accounts(&replaced.id).await?;
            if connected > 0 {
                return Err(conflict(toolkit.display_name(), connected));
            }
        }
        let now = self.now();
        let mut config = existing.cloned().unwrap_or_else(|| AuthConfig {
            id: row.auth_config_id.clone(),
            app_id: row.app_id.clone(),
            toolkit: toolkit.slug().to_owned(),
            display_name: toolkit.display_name().to_owned(),
            enabled: true,
            scopes: Json(Vec::new()),
            auth_scheme: String::new(),
            managed,
            backend: String::new(),
            client_version: None,
            revision: 0,
            created_at: now.into(),
            updated_at: now.into(),
        });
        config.enabled |= wanted.enables;
        config.managed = managed;
        config.backend = Backend::Composio.as_str().to_owned();
        config.revision += 1;
        config.updated_at = now.into();
        config.scopes = wanted.scopes.clone().map_or(config.scopes, Json);
        config.display_name = wanted.display_name.clone().unwrap_or(config.display_name);
        let had = has_own.then_some(config.client_version).flatten();
        config.auth_scheme = scheme;
        let client = match managed || config.auth_scheme == NO_AUTH {
            true => None,
            false => self.plan_own_client(toolkit, &config, had, detail, given, base).await?,
        };
        config.client_version = client.as_ref().map(|client| client.version).or(had);
        Ok(Plan { config, client, replaces: replaced.is_some() })
    }

    /// The app's credentials after what it gave: omitted parts are kept as long as the client id is the same.
    async fn plan_own_client(
        &self,
        toolkit: &KnownToolkit,
        config: &AuthConfig,
        had: Option<i64>,
        detail: Option<&ToolkitDetail>,
        given: Option<&Given>,
        base: &str,
    ) -> Result<Option<NewClient>> {
        let versions = self.store.list_client_versions(&config.id).await?;
        let current = versions.iter().find(|row| Some(row.version) == had && !row.managed);
        let asked = fields_of(detail, &config.auth_scheme);
        let redirect_uri = redirects(&config.auth_scheme).then(|| self.hosted_redirect_uri()).transpose()?;
        let Some(given) = given.filter(|given| !given.fields.is_empty()) else {
            return match current {
                Some(_) => Ok(None),
                None => {
                    let name = toolkit.display_name();
                    check_given(name, &asked, &BTreeMap::new(), None, redirect_uri.as_ref(), base)?;
                    Ok(None)
                }
            };
        };
        let mut all = given.fields.clone();
        if let Some(current) = current {
            let known = self.hosted_credentials(current)?;
            let same_client = all.get("client_id").is_none_or(|id| id.expose_secret() == current.client_id);
            for (name, value) in known {
                if same_client || name != "client_secret" {
                    all.entry(name).or_insert(value);
                }
            }
        }
        check_given(toolkit.display_name(), &asked, &all, Some(given), redirect_uri.as_ref(), base)?;
        let client_id = all.remove("client_id").map(|id| id.expose_secret().to_owned()).unwrap_or_default();
        let known = versions.iter().find(|row| !row.managed && row.client_id == client_id);
        let version = known.map_or_else(|| next_version(&versions), |row| row.version);
        Ok(Some(self.seal_client(&config.app_id, &config.id, version, &client_id, None, &all)))
    }

    /// What an app registers at a provider whose users come back to the vendor.
    pub(crate) fn hosted_redirect_uri(&self) -> Result<url::Url> {
        Ok(self.hosted()?.client.oauth_redirect_uri())
    }

    /// Intent, remote change, fact. False where somebody else changed the config meanwhile.
    async fn apply_plan(
        &self,
        hosted: &Hosted,
        toolkit: &KnownToolkit,
        row: &HostedConfig,
        plan: &Plan,
        expected: Option<i64>,
    ) -> Result<bool> {
        let owner = self.ids.secret();
        let client = self.client_of(plan).await?;
        let desired = self.desired(&row.remote_toolkit, &plan.config, client.as_ref())?;
        let leased = self.wait_for_lease(&row.auth_config_id, &owner).await?;
        let Some(mut row) = leased else { return Ok(false) };
        if self.is_overtaken(plan, expected).await? {
            self.store.release_hosted_config(&row.auth_config_id, &owner).await?;
            return Ok(false);
        }
        let in_place = row.remote_id.is_some() && row.enabled == plan.config.enabled && !row.is_pending();
        if in_place && row.fingerprint.as_ref() == Some(&desired.fingerprint()) {
            if hosted.still_has(&row).await {
                let fact = fact(&row, &owner, None, row.wanted);
                return self.write_fact(plan, expected, &fact).await;
            }
            // Somebody has changed it over there: nothing that is remembered counts.
            row.wanted += 1;
        }
        let id = &row.auth_config_id;
        let Some(settled) = self.store.want_hosted_config(id, &owner).await? else { return Ok(false) };
        match hosted.apply(&row, &desired).await {
            Ok(applied) => {
                let fact = fact(&row, &owner, Some(&applied), settled);
                self.write_fact(plan, expected, &fact).await
            }
            Err(failed) => {
                if failed.unchanged && !row.is_pending() {
                    self.store.settle_hosted_config(&fact(&row, &owner, None, settled)).await?;
                } else {
                    self.store.release_hosted_config(id, &owner).await?;
                    hosted.work.notify_one();
                }
                Err(self.rejected(toolkit, &plan.config, failed).await)
            }
        }
    }

    /// Whether the ground of a plan has changed while its turn was waited for. The vendor must not hear of it then: a
    /// change of the auth scheme takes all accounts with it.
    async fn is_overtaken(&self, plan: &Plan, expected: Option<i64>) -> Result<bool> {
        let config = self.store.find_auth_config(&plan.config.app_id, &plan.config.toolkit).await?;
        Ok(config.map(|config| config.revision) != expected
            || plan.replaces && self.store.count_accounts(&plan.config.id).await? > 0)
    }

    /// Both facts, or neither: then the reconciler puts the vendor's side back.
    async fn write_fact(&self, plan: &Plan, expected: Option<i64>, fact: &store::HostedFact) -> Result<bool> {
        let client = plan.client.as_ref();
        let written = self.store.put_hosted_auth_config(&plan.config, expected, client, fact).await?;
        if !written {
            self.store.release_hosted_config(&fact.auth_config_id, &fact.lease_owner).await?;
        }
        Ok(written)
    }

    /// The client as it will be stored, or as it is.
    async fn client_of(&self, plan: &Plan) -> Result<Option<ClientVersion>> {
        let config = &plan.config;
        if let Some(new) = &plan.client {
            return Ok(Some(ClientVersion {
                auth_config_id: config.id.clone(),
                version: new.version,
                app_id: config.app_id.clone(),
                client_id: new.client_id.clone(),
                managed: new.managed,
                sealed_secrets: new.sealed_secrets.clone(),
                rejected_at: None,
                updated_at: config.updated_at,
            }));
        }
        let Some(version) = config.client_version else { return Ok(None) };
        Ok(self.store.find_client_version(&config.id, version).await?)
    }

    /// `None` where the row went while it was waited for.
    async fn wait_for_lease(&self, id: &AuthConfigId, owner: &str) -> Result<Option<HostedConfig>> {
        let patience = Instant::now() + PATIENCE;
        loop {
            let now = self.now();
            let until = (now + LEASE).into();
            let leased = self.store.lease_hosted_config(id, owner, now.into(), until).await?;
            if leased.is_some() || self.store.find_hosted_config(id).await?.is_none() {
                return Ok(leased);
            }
            if Instant::now() >= patience {
                return Err(under_way());
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Why the vendor has no such config, without its own words.
    async fn rejected(&self, toolkit: &KnownToolkit, config: &AuthConfig, failed: NotApplied) -> Error {
        let unchanged = failed.unchanged;
        let Some(refusal) = failed.error.refusal().filter(|refusal| is_rejection(refusal)).cloned() else {
            return failed.into();
        };
        if refusal.is(306, "Auth_Config_DefaultAuthConfigNotFound") || asks_for_client(&refusal) {
            return self.no_managed_auth(toolkit, &config.auth_scheme).await;
        }
        let remediation = match unchanged {
            true => {
                "Correct the scopes or `oauth_credentials` and call `configure` again; nothing was changed."
            }
            false => "Correct the scopes or `oauth_credentials` and call `configure` again.",
        };
        let message = format!("{VENDOR} rejected the auth config for {}", toolkit.display_name());
        Error::new(Code::IntegrationsUpstreamError, Kind::Upstream, message, remediation)
            .with_details(json!({ "reason": "auth_config_rejected", "provider": shown(&refusal) }))
            .with_source(anyhow::anyhow!("{refusal}"))
    }

    /// The vendor has no client of its own after all: what it needs instead, by its own word.
    async fn no_managed_auth(&self, toolkit: &KnownToolkit, scheme: &str) -> Error {
        let asked = match self.hosted() {
            Ok(hosted) => {
                let remote = toolkit.remote_slug().unwrap_or_default();
                let detail = hosted.read(Group::Catalog, || hosted.client.get_toolkit(remote)).await;
                fields_of(detail.ok().as_ref(), scheme)
            }
            Err(error) => return error,
        };
        let redirect_uri = self.hosted_redirect_uri().ok().filter(|_| redirects(scheme));
        byo_required(toolkit.display_name(), &asked, redirect_uri.as_ref())
    }
}

fn under_way() -> Error {
    Error::new(
        Code::IntegrationsUpstreamError,
        Kind::Upstream,
        "Another change of this integration is still under way",
        "Try again in a minute; nothing was changed.",
    )
    .with_details(json!({ "outcome": "not_sent" }))
}

/// A refusal of what was asked, rather than of us.
fn is_rejection(refusal: &Refusal) -> bool {
    (400..500).contains(&refusal.status) && !matches!(refusal.status, 401 | 403 | 408 | 429)
}

/// Managed auth that was withdrawn shows as a missing client.
fn asks_for_client(refusal: &Refusal) -> bool {
    refusal.message.as_deref().is_some_and(|message| message.starts_with("Missing required field"))
}
