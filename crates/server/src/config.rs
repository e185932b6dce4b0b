//! Settings: from flags, environment, `--config FILE`, defaults, in that order. `config.default.toml` names each of
//! them; a name that nobody knows is refused.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, bail};
use catalog::{Catalog, ManifestFile, OriginMap};
use config::{Config, Environment, File, FileFormat};
use engine::{
    AllowedPrivate, ApiKeyText, Backend, Database, HostedSettings, Limits, ManagedClient, OutboundSettings,
    Reach, Retention,
};
use etcetera::BaseStrategy as _;
use jiff::SignedDuration;
use secrecy::SecretString;
use serde::Deserialize;
use serde::de::{SeqAccess, Visitor};
use url::Url;

pub const DEFAULTS: &str = include_str!("../config.default.toml");

/// What flags may set. What is absent is left to the next source.
#[derive(Debug, Default, Clone, clap::Args)]
pub struct Flags {
    /// Settings file (TOML); `config.default.toml` in the documentation names every setting
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Address and port to listen on; port 0 picks a free one [env: BBI_LISTEN] [default: 127.0.0.1:4480]
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<String>,
    /// What browsers and providers see [env: BBI_PUBLIC_URL] [default: the listen address]
    #[arg(long, value_name = "URL")]
    pub public_url: Option<String>,
    /// Folder for the database and the profile [env: BBI_DATA_DIR]
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// PostgreSQL instead of SQLite in the data folder [env: DATABASE_URL]
    #[arg(long, value_name = "URL")]
    pub database_url: Option<String>,
    /// A folder of toolkits of your own [env: BBI_TOOLKITS]
    #[arg(long, value_name = "DIR")]
    pub toolkits: Option<PathBuf>,
    /// What is logged: a filter, and `json` or `text` [env: BBI_LOG] [default: info]
    #[arg(long, value_name = "FILTER")]
    pub log: Option<String>,
}

/// Every setting. Secrets are texts only while they are read.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    pub listen: SocketAddr,
    pub public_url: Option<Url>,
    pub data_dir: Option<PathBuf>,
    pub database_url: Option<Secret>,
    pub migrate_url: Option<Secret>,
    pub vault_keys: Option<Secret>,
    pub vault_keys_file: Option<PathBuf>,
    pub platform_key: Option<Secret>,
    pub toolkits: Option<PathBuf>,
    pub log: String,
    pub forwarded_hops: usize,
    pub limits: LimitSettings,
    pub retention: RetentionSettings,
    pub outbound: OutboundFileSettings,
    pub audit: AuditSettings,
    pub refresh: RefreshSettings,
    pub composio: ComposioSettings,
    /// Which backend serves a toolkit, by its slug.
    #[serde(default)]
    pub backends: BTreeMap<String, Backend>,
    #[serde(default)]
    pub managed: BTreeMap<String, ManagedSettings>,
    /// For the command line; the flags `--url` and `--key` read them.
    #[serde(default)]
    pub client: ClientSettings,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientSettings {
    pub url: Option<String>,
    pub key: Option<Secret>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitSettings {
    pub caller: u32,
    pub address: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetentionSettings {
    pub audit: u32,
    pub executions: u32,
    pub connect_requests: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutboundFileSettings {
    pub proxy: Option<Url>,
    pub ca_file: Option<PathBuf>,
    #[serde(deserialize_with = "list_or_commas")]
    pub allow_private: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditSettings {
    pub flush_every_milliseconds: u64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefreshSettings {
    pub ahead_every_seconds: u64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ComposioSettings {
    pub api_key: Option<Secret>,
    pub base_url: Option<Url>,
    pub refresh_minutes: u32,
}

/// A client and whatever else its provider needs.
#[derive(Debug, Deserialize)]
pub struct ManagedSettings {
    pub client_id: String,
    pub client_secret: Secret,
    #[serde(flatten)]
    pub extras: BTreeMap<String, Secret>,
}

/// A secret setting: wrapped as soon as it is read.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Secret(pub SecretString);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

impl Settings {
    /// Reads all sources.
    pub fn load(flags: &Flags) -> anyhow::Result<Self> {
        let text = |path: &PathBuf| path.to_str().map(str::to_owned);
        let variable = |name| std::env::var(name).ok().filter(|text| !text.is_empty());
        let mut builder = Config::builder().add_source(File::from_str(DEFAULTS, FileFormat::Toml));
        if let Some(path) = &flags.config {
            builder = builder.add_source(File::from(path.as_path()).format(FileFormat::Toml));
        }
        builder = builder
            .set_override_option("database_url", variable("DATABASE_URL"))?
            .add_source(
                Environment::with_prefix("BBI").prefix_separator("_").separator("__").ignore_empty(true),
            )
            .set_override_option("composio.api_key", variable("COMPOSIO_API_KEY"))?
            .set_override_option("composio.base_url", variable("COMPOSIO_BASE_URL"))?
            .set_override_option("listen", flags.listen.clone())?
            .set_override_option("public_url", flags.public_url.clone())?
            .set_override_option("data_dir", flags.data_dir.as_ref().and_then(text))?
            .set_override_option("toolkits", flags.toolkits.as_ref().and_then(text))?
            .set_override_option("log", flags.log.clone())?;
        if let Some(url) = &flags.database_url {
            builder = builder.set_override("database_url", url.clone())?;
        }
        let settings: Self = builder.build().and_then(Config::try_deserialize).context("settings")?;
        settings.check()?;
        Ok(settings)
    }

    fn check(&self) -> anyhow::Result<()> {
        if let Some(url) = &self.public_url {
            let loopback = is_loopback(url);
            if !(url.scheme() == "https" || url.scheme() == "http" && loopback) {
                bail!("public_url `{url}` must begin with https:// unless it is a loopback address");
            }
            if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() {
                bail!("public_url `{url}` must have no user, query or fragment");
            }
        }
        if self.vault_keys.is_some() && self.vault_keys_file.is_some() {
            bail!("give either vault_keys or vault_keys_file");
        }
        Ok(())
    }

    /// The data folder, made if need be; readable by its owner only.
    pub fn data_dir(&self) -> anyhow::Result<PathBuf> {
        let dir = match &self.data_dir {
            Some(dir) => dir.clone(),
            None => {
                let base = etcetera::choose_base_strategy().context("no home folder; set BBI_DATA_DIR")?;
                base.data_dir().join("butterbase-integrations")
            }
        };
        make_private_dir(&dir)?;
        Ok(dir)
    }

    pub fn database(&self) -> anyhow::Result<Database> {
        let text = |secret: &Secret| secrecy::ExposeSecret::expose_secret(&secret.0).to_owned();
        Ok(match &self.database_url {
            Some(url) => {
                Database::Postgres { url: text(url), migrate_url: self.migrate_url.as_ref().map(text) }
            }
            None => Database::Sqlite(self.data_dir()?.join("bbi.db")),
        })
    }

    /// The vault keys as given, or as their file has them.
    pub fn vault_keys(&self) -> anyhow::Result<SecretString> {
        match (&self.vault_keys, &self.vault_keys_file) {
            (Some(keys), _) => Ok(keys.0.clone()),
            (None, Some(path)) => {
                let text = std::fs::read_to_string(path)
                    .with_context(|| format!("cannot read {}", path.display()))?;
                Ok(SecretString::from(text))
            }
            (None, None) => bail!(
                "no vault key: secrets are never stored unsealed\n\
                 make one with `bbi vault new-key` and set it as BBI_VAULT_KEYS, or put it into a file and set \
                 BBI_VAULT_KEYS_FILE"
            ),
        }
    }

    pub fn platform_key(&self) -> anyhow::Result<Option<ApiKeyText>> {
        let Some(secret) = &self.platform_key else { return Ok(None) };
        let key = ApiKeyText::parse(secrecy::ExposeSecret::expose_secret(&secret.0));
        key.map(Some)
            .context("platform_key is not of the form bb_sk_ and 48 hexadecimal digits with a right checksum")
    }

    /// By the name that manifests use, in capitals.
    pub fn managed_clients(&self) -> BTreeMap<String, ManagedClient> {
        let client = |settings: &ManagedSettings| ManagedClient {
            client_id: settings.client_id.clone(),
            client_secret: settings.client_secret.0.clone(),
            extras: settings.extras.iter().map(|(name, secret)| (name.clone(), secret.0.clone())).collect(),
        };
        self.managed.iter().map(|(name, settings)| (name.to_uppercase(), client(settings))).collect()
    }

    pub fn outbound(&self, also_private: &[String], reach: Reach) -> anyhow::Result<OutboundSettings> {
        let places = self.outbound.allow_private.iter().chain(also_private);
        let allow_private = places
            .map(|place| {
                AllowedPrivate::parse(place)
                    .with_context(|| format!("allow_private: `{place}` is no `host` or `host:port`"))
            })
            .collect::<anyhow::Result<_>>()?;
        let read =
            |path: &PathBuf| std::fs::read(path).with_context(|| format!("cannot read {}", path.display()));
        Ok(OutboundSettings {
            proxy: self.outbound.proxy.clone(),
            certificate_authorities: self.outbound.ca_file.as_ref().map(read).transpose()?,
            allow_private,
            reach,
        })
    }

    pub fn caller_limits(&self) -> Limits {
        Limits::per_second(NonZeroU32::new(self.limits.caller))
    }

    pub fn address_limits(&self) -> Limits {
        Limits::per_second(NonZeroU32::new(self.limits.address))
    }

    pub fn retention(&self) -> Retention {
        let days = |days: u32| SignedDuration::from_hours(24 * i64::from(days));
        Retention {
            audit: days(self.retention.audit),
            executions: days(self.retention.executions),
            connect_requests: days(self.retention.connect_requests),
        }
    }

    pub fn audit_flush_every(&self) -> Duration {
        Duration::from_millis(self.audit.flush_every_milliseconds)
    }

    pub fn refresh_ahead_every(&self) -> Option<Duration> {
        let seconds = self.refresh.ahead_every_seconds;
        (seconds > 0).then(|| Duration::from_secs(seconds))
    }

    /// The second backend, with pins by the slugs of `catalog`.
    pub fn hosted(&self, catalog: &Catalog) -> anyhow::Result<HostedSettings> {
        let mut pins = BTreeMap::new();
        for (slug, backend) in &self.backends {
            let native = catalog.find_toolkit(slug);
            if native.is_none() && *backend == Backend::Native {
                bail!("backends: `{slug}` is no toolkit of this service's own, so it cannot be `native`");
            }
            pins.insert(
                native.map_or_else(|| slug.to_lowercase(), |toolkit| toolkit.slug.to_string()),
                *backend,
            );
        }
        Ok(HostedSettings {
            api_key: self.composio.api_key.as_ref().map(|key| key.0.clone()),
            base_url: self.composio.base_url.clone(),
            refresh_every: SignedDuration::from_mins(i64::from(self.composio.refresh_minutes.max(1))),
            pins,
        })
    }

    /// The built-in toolkits and those of the operator's folder.
    pub fn catalog(&self, origins: &OriginMap) -> anyhow::Result<Catalog> {
        let own = self.toolkits.as_deref().map(read_toolkits).transpose()?.unwrap_or_default();
        Ok(Catalog::embedded_with(own, origins)?)
    }
}

/// Every manifest of a folder of toolkits, folder by folder.
pub fn read_toolkits(dir: &std::path::Path) -> anyhow::Result<Vec<ManifestFile>> {
    let mut files = Vec::new();
    for folder in sorted_entries(dir)?.into_iter().filter(|path| path.is_dir()) {
        for path in sorted_entries(&folder)?
            .into_iter()
            .chain(sorted_entries(&folder.join("tools")).unwrap_or_default())
        {
            if path.extension().is_some_and(|extension| extension == "toml") {
                let text = std::fs::read_to_string(&path)
                    .with_context(|| format!("cannot read {}", path.display()))?;
                files.push(ManifestFile { path: path.display().to_string(), text });
            }
        }
    }
    Ok(files)
}

fn sorted_entries(dir: &std::path::Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(dir).with_context(|| format!("cannot read {}", dir.display()))?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

/// A folder that only its owner can look into.
pub fn make_private_dir(dir: &std::path::Path) -> anyhow::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir);
    made.with_context(|| format!("cannot make {}", dir.display()))
}

pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// A list, or one text with commas as the environment has it.
fn list_or_commas<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    struct ListOrCommas;
    impl<'de> Visitor<'de> for ListOrCommas {
        type Value = Vec<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list, or texts separated by commas")
        }

        fn visit_str<E>(self, text: &str) -> Result<Vec<String>, E> {
            Ok(text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect())
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<String>, A::Error> {
            let mut texts = Vec::new();
            while let Some(text) = list.next_element()? {
                texts.push(text);
            }
            Ok(texts)
        }
    }
    deserializer.deserialize_any(ListOrCommas)
}
