//! What the command line remembers of a server: where it is and with which key. One file, readable by its owner only.

use std::path::Path;

use anyhow::Context as _;
use secrecy::{ExposeSecret as _, SecretString};

use crate::sandbox_mode::write_private;

const FILE: &str = "profile.toml";

#[derive(Debug, Default)]
pub(crate) struct Profile {
    pub url: Option<String>,
    pub app_id: Option<String>,
    pub api_key: Option<SecretString>,
    pub platform_key: Option<SecretString>,
}

impl Profile {
    /// The profile of a data folder, if it has one.
    pub(crate) fn read(dir: &Path) -> anyhow::Result<Option<Self>> {
        let path = dir.join(FILE);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
        };
        let table: toml::Table = text.parse().with_context(|| format!("{} is no profile", path.display()))?;
        let text = |name: &str| table.get(name).and_then(toml::Value::as_str).map(str::to_owned);
        Ok(Some(Self {
            url: text("url"),
            app_id: text("app_id"),
            api_key: text("api_key").map(SecretString::from),
            platform_key: text("platform_key").map(SecretString::from),
        }))
    }

    pub(crate) fn write(&self, dir: &Path) -> anyhow::Result<()> {
        let secret =
            |secret: &Option<SecretString>| secret.as_ref().map(|secret| secret.expose_secret().to_owned());
        let fields = [
            ("url", self.url.clone()),
            ("app_id", self.app_id.clone()),
            ("api_key", secret(&self.api_key)),
            ("platform_key", secret(&self.platform_key)),
        ];
        let table: toml::Table = fields
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), toml::Value::from(value?))))
            .collect();
        write_private(&dir.join(FILE), &toml::to_string(&table)?)
    }
}
