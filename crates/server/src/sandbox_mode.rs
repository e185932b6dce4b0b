//! `bbi serve --sandbox`: the whole product on this machine alone. Its data is in a marked folder of its own, its
//! providers are twins on `localhost`, and it refuses every setting that would reach outside.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use catalog::OriginMap;
use engine::{
    Access, Clock as _, Engine, HostedSettings, ManagedClient, Random as _, SystemClock, SystemRandom,
};
use sandbox::{Options, Provider, Sandbox};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use url::Url;

use crate::config::{Secret, Settings, make_private_dir};
use crate::profile::Profile;

/// The file that makes a folder a sandbox. A folder with other things in it and without this is left alone.
const MARKER: &str = "THIS-IS-A-SANDBOX";
const VAULT_KEYS: &str = "vault.keys";
const TWINS: &str = "twins.json";

/// For these every app brings its own OAuth client.
const OWN_CLIENT_ONLY: [Provider; 3] = [Provider::Twitter, Provider::LinkedIn, Provider::Reddit];

/// The running twins and the folder everything is in.
#[derive(Debug)]
pub struct SandboxMode {
    sandbox: Sandbox,
    dir: PathBuf,
}

impl SandboxMode {
    /// Starts the twins and points the settings into the sandbox's folder.
    pub async fn start(settings: &mut Settings, address: SocketAddr) -> anyhow::Result<Self> {
        refuse_outside(settings, address)?;
        let dir = settings.data_dir()?.join("sandbox");
        mark(&dir)?;
        settings.data_dir = Some(dir.clone());
        settings.vault_keys = None;
        settings.vault_keys_file = Some(vault_keys_file(&dir)?);
        let profile = Profile::read(&dir)?.unwrap_or_default();
        let platform_key = match profile.platform_key.clone() {
            Some(key) => key,
            None => SecretString::from(engine::new_platform_key().expose()),
        };
        settings.platform_key = Some(Secret(platform_key.clone()));
        Profile { platform_key: Some(platform_key), ..profile }.write(&dir)?;
        // The next port, so that the twins' pages stay where they were after a restart.
        let port =
            if settings.listen.port() == 0 { 0 } else { address.port().checked_add(1).unwrap_or_default() };
        let options = |port| Options {
            port,
            state_file: Some(dir.join(TWINS)),
            clock: Arc::new(|| SystemClock.now()),
            random: Arc::new(|bytes: &mut [u8]| SystemRandom.fill(bytes)),
        };
        let sandbox = match Sandbox::start(options(port)).await {
            Err(sandbox::StartError::Listen { .. }) if port != 0 => Sandbox::start(options(0)).await?,
            started => started?,
        };
        Ok(Self { sandbox, dir })
    }

    pub fn origins(&self) -> OriginMap {
        self.sandbox
            .origins()
            .into_iter()
            .fold(OriginMap::none(), |map, (origin, base)| map.with(&origin, base))
    }

    /// The twins' pre-registered clients, as if the operator had registered them.
    pub fn managed_clients(&self) -> BTreeMap<String, ManagedClient> {
        let clients =
            self.sandbox.clients().into_iter().filter(|client| !OWN_CLIENT_ONLY.contains(&client.provider));
        clients
            .map(|client| {
                let managed = ManagedClient {
                    client_id: client.client_id,
                    client_secret: SecretString::from(client.client_secret),
                    extras: BTreeMap::new(),
                };
                (client.provider.name().to_owned(), managed)
            })
            .collect()
    }

    /// The twin of Composio, as if the operator had a key for it.
    pub fn hosted(&self, settings: HostedSettings) -> HostedSettings {
        HostedSettings {
            api_key: Some(SecretString::from(sandbox::COMPOSIO_KEY)),
            base_url: Some(self.sandbox.control().composio_url()),
            ..settings
        }
    }

    /// What a newcomer does next. Makes the app on the first start.
    pub async fn welcome(&self, engine: &Engine, public_url: &Url) -> anyhow::Result<String> {
        let mut profile = Profile::read(&self.dir)?.unwrap_or_default();
        let url = public_url.as_str().trim_end_matches('/').to_owned();
        let (app_id, api_key) = match (&profile.app_id, &profile.api_key) {
            (Some(app), Some(key)) => (app.clone(), key.expose_secret().to_owned()),
            _ => {
                let platform =
                    profile.platform_key.as_ref().context("the sandbox's profile lost its platform key")?;
                let header = format!("Bearer {}", platform.expose_secret());
                let access =
                    Access::parse(Some(&header), "sandbox").map_err(|error| anyhow::anyhow!("{error}"))?;
                let new = engine
                    .create_app(&access, "Sandbox app")
                    .await
                    .map_err(|error| anyhow::anyhow!("{error}"))?;
                (new.app.id.to_string(), new.key.expose().to_owned())
            }
        };
        profile.url = Some(url.clone());
        profile.app_id = Some(app_id.clone());
        profile.api_key = Some(SecretString::from(api_key.as_str()));
        profile.write(&self.dir)?;
        Ok(self.text(&url, &app_id, &api_key))
    }

    fn text(&self, url: &str, app_id: &str, api_key: &str) -> String {
        let mut text = format!(
            "\n\
             Sandbox: every provider is a twin on this machine; nothing leaves it. Data: {dir}\n\
             Twins (users, faults, ledger): {twins}\n\
             \n\
             App id   {app_id}\n\
             API key  {api_key}\n\
             \n\
             MCP client:\n\
             {{\"mcpServers\":{{\"integrations\":{{\"type\":\"http\",\"url\":\"{url}/mcp\",\
             \"headers\":{{\"Authorization\":\"Bearer {api_key}\"}}}}}}}}\n\
             \n\
             Enable Gmail:\n\
             curl -s {url}/v1/{app_id}/integrations/configure -H 'Authorization: Bearer {api_key}' \
             -H 'Content-Type: application/json' -d '{{\"toolkit\":\"gmail\"}}'\n",
            dir = self.dir.display(),
            twins = self.sandbox.base_url(),
        );
        text.push_str(
            "\nA twin of Composio serves some thousand toolkits more, such as jira and pinecone.\n",
        );
        text.push_str(
            "\nFor these an app may bring an OAuth client of its own; one is registered at each twin:\n",
        );
        for client in
            self.sandbox.clients().iter().filter(|client| OWN_CLIENT_ONLY.contains(&client.provider))
        {
            let mut credentials =
                json!({ "client_id": client.client_id, "client_secret": client.client_secret });
            if let Some(bearer) = client.extra.get("bearer_token") {
                credentials["generic_id"] = bearer.as_str().into();
            }
            let _ = writeln!(text, "{} {credentials}", client.provider.name().to_lowercase());
        }
        text
    }

    pub async fn stop(self) {
        self.sandbox.stop().await;
    }
}

fn refuse_outside(settings: &Settings, address: SocketAddr) -> anyhow::Result<()> {
    let refuse = |what: &str| bail!("--sandbox keeps everything on this machine and refuses {what}");
    if !address.ip().is_loopback() {
        return refuse(&format!("to listen on {}, which is no loopback address", address.ip()));
    }
    if settings.public_url.is_some() {
        return refuse("a public URL");
    }
    if settings.database_url.is_some() {
        return refuse("a DATABASE_URL");
    }
    if !settings.managed.is_empty() {
        return refuse("managed clients of real providers");
    }
    if settings.composio.api_key.is_some() {
        return refuse("a COMPOSIO_API_KEY");
    }
    Ok(())
}

fn mark(dir: &Path) -> anyhow::Result<()> {
    let marker = dir.join(MARKER);
    let foreign = dir.exists() && !marker.exists() && std::fs::read_dir(dir)?.next().is_some();
    if foreign {
        bail!("{} has things in it and is not marked as a sandbox; move it away first", dir.display());
    }
    make_private_dir(dir)?;
    if !marker.exists() {
        std::fs::write(&marker, "Data of `bbi serve --sandbox`. Delete this folder to start over.\n")
            .with_context(|| format!("cannot write {}", marker.display()))?;
    }
    Ok(())
}

/// The sandbox's own vault key, made on the first start.
fn vault_keys_file(dir: &Path) -> anyhow::Result<PathBuf> {
    let path = dir.join(VAULT_KEYS);
    if !path.exists() {
        let key = engine::new_vault_key("sandbox").map_err(|error| anyhow::anyhow!("{error}"))?;
        write_private(&path, key.expose_secret())?;
    }
    Ok(path)
}

/// Readable by its owner only, and whole or not there at all.
pub(crate) fn write_private(path: &Path, text: &str) -> anyhow::Result<()> {
    use std::io::Write as _;
    let temporary = path.with_extension("new");
    let write = || -> std::io::Result<()> {
        let mut options = std::fs::OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&temporary, path)
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}
