//! The origin map: where a provider's origin is reached instead, so that native tools talk to twins.
//!
//! Only `--sandbox` and tests pass one. No setting, manifest or caller can, because a map redirects credentials.

use url::Url;

/// From a provider's origin (`https://slack.com`) to the base under which its twin serves the same paths.
#[derive(Debug, Clone, Default)]
pub struct OriginMap {
    entries: Vec<(String, Url)>,
}

impl OriginMap {
    /// The identity: every provider is reached at its own address.
    pub fn none() -> Self {
        Self::default()
    }

    /// Adds one origin. `origin` is `https://host`, `base` an address whose path becomes the prefix of every path.
    #[must_use]
    pub fn with(mut self, origin: &str, base: Url) -> Self {
        self.entries.push((origin.to_owned(), base));
        self
    }

    /// The address to use for `url`.
    pub fn map(&self, url: &Url) -> Url {
        let origin = url.origin().ascii_serialization();
        let Some((_, base)) = self.entries.iter().find(|(from, _)| *from == origin) else {
            return url.clone();
        };
        let mut mapped = base.clone();
        mapped.set_path(&format!("{}{}", base.path().trim_end_matches('/'), url.path()));
        mapped.set_query(url.query());
        mapped
    }

    /// The `host:port` pairs that the map leads to.
    pub fn targets(&self) -> Vec<String> {
        let mut targets: Vec<String> = self.entries.iter().filter_map(|(_, base)| authority(base)).collect();
        targets.sort();
        targets.dedup();
        targets
    }
}

fn authority(url: &Url) -> Option<String> {
    Some(format!("{}:{}", url.host_str()?, url.port_or_known_default()?))
}
