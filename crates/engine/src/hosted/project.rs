//! Whether the API key is of the project that holds our auth configs. To a key of another project everything looks
//! deleted; nothing may be made, removed or given up on its word.

use std::sync::atomic::{AtomicU8, Ordering};

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use sha2::{Digest, Sha256};
use store::Snapshot;
use url::Url;

use super::{Group, Hosted, failures};
use crate::Engine;
use crate::error::{Code, Error, Kind, Result};
use crate::ids::hex;

/// Where it is kept which key was found to be the right one.
const SNAPSHOT: &str = "composio/project";
/// How many of our auth configs are looked for before a key counts as another project's.
const SAMPLE: i64 = 20;
const PRINT_BYTES: usize = 8;

const UNKNOWN: u8 = 0;
const OURS: u8 = 1;
const FOREIGN: u8 = 2;

#[derive(Debug)]
pub(crate) struct Project {
    /// By it a key is recognised that was looked at before.
    print: String,
    state: AtomicU8,
}

impl Project {
    pub(super) fn new(base: &Url, key: &SecretString) -> Self {
        let digest = Sha256::digest(format!("{base} {}", key.expose_secret().trim()));
        Self { print: hex(&digest[..PRINT_BYTES]), state: AtomicU8::new(UNKNOWN) }
    }
}

impl Engine {
    /// Fails where the key is of another project, or where that cannot be told at present. Asked of the vendor once for
    /// each new key.
    pub(super) async fn check_project(&self, hosted: &Hosted) -> Result<()> {
        match hosted.project.state.load(Ordering::Relaxed) {
            OURS => return Ok(()),
            FOREIGN => return Err(foreign()),
            _ => {}
        }
        let kept = self.store.find_snapshot(SNAPSHOT).await?;
        if kept.is_some_and(|kept| kept.body == hosted.project.print) || self.holds_ours(hosted).await? {
            let snapshot = Snapshot { body: hosted.project.print.clone(), taken_at: self.now().into() };
            self.store.put_snapshot(SNAPSHOT, &snapshot).await?;
            hosted.project.state.store(OURS, Ordering::Relaxed);
            return Ok(());
        }
        hosted.project.state.store(FOREIGN, Ordering::Relaxed);
        tracing::error!(
            "the Composio API key is of another project than the one that holds our auth configs"
        );
        Err(foreign())
    }

    /// Whether one of our auth configs is there, or there are none yet.
    async fn holds_ours(&self, hosted: &Hosted) -> Result<bool> {
        let known = self.store.list_remote_configs(SAMPLE).await?;
        for config in &known {
            let id = config.remote_id.as_deref().unwrap_or_default();
            match hosted.read(Group::AuthConfigs, || hosted.client.get_auth_config(id)).await {
                Ok(_) => return Ok(true),
                Err(error) if error.is_absent() => {}
                Err(error) => return Err(failures::unavailable(error)),
            }
        }
        Ok(known.is_empty())
    }
}

fn foreign() -> Error {
    Error::new(
        Code::IntegrationsUpstreamError,
        Kind::Upstream,
        "This instance's Composio API key is of another project than the one that holds its auth configs",
        "Tell the operator of this service to set the key of that project and restart; nothing was changed.",
    )
    .with_details(json!({ "reason": "another_project", "outcome": "not_sent" }))
}
