//! The state file: one JSON document, replaced whole, readable by its owner only.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::exchange::Twins;
use crate::world::World;

const FORMAT: &str = "butterbase-sandbox";
const VERSION: u32 = 1;
/// Changes within this time are written together.
const DEBOUNCE: Duration = Duration::from_millis(50);

/// Why a state file is not used. It is left as it is.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    #[error("cannot be read or written: {0}")]
    Io(#[from] io::Error),
    #[error("is not a state file of the sandbox: {0}")]
    Foreign(String),
    #[error("is of version {0}, this sandbox reads version {VERSION}")]
    Version(u32),
}

#[derive(Serialize, Deserialize)]
struct Document<W> {
    format: String,
    version: u32,
    world: W,
}

/// What `path` holds; `None` where there is no file yet.
pub(crate) fn load(path: &Path) -> Result<Option<World>, StateError> {
    let text = match std::fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    // The envelope first, so that another version is told from damage.
    let foreign = |error: serde_json::Error| StateError::Foreign(error.to_string());
    let document: Document<serde_json::Value> = serde_json::from_slice(&text).map_err(foreign)?;
    if document.format != FORMAT {
        return Err(StateError::Foreign(format!("its format is `{}`", document.format)));
    }
    if document.version != VERSION {
        return Err(StateError::Version(document.version));
    }
    serde_json::from_value(document.world).map_err(foreign).map(Some)
}

pub(crate) fn save(path: &Path, world: &World) -> Result<(), StateError> {
    replace(path, &encode(world)?)?;
    Ok(())
}

fn encode(world: &World) -> Result<Vec<u8>, StateError> {
    let document = Document { format: FORMAT.to_owned(), version: VERSION, world };
    serde_json::to_vec(&document).map_err(|error| StateError::Foreign(error.to_string()))
}

/// Writes beside `path`, then renames over it, so that a reader finds the old file or the new one.
fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let beside = path.with_file_name(name);
    match std::fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside)?;
    file.write_all(text)?;
    file.sync_all()?;
    drop(file);
    std::fs::rename(&beside, path)
}

/// Writes the world soon after each change, and a last time when the twins stop.
pub(crate) async fn write_changes(path: PathBuf, twins: Arc<Twins>) {
    let mut written = [0; 32];
    loop {
        let last = tokio::select! {
            () = twins.changed.notified() => {
                tokio::time::sleep(DEBOUNCE).await;
                false
            }
            () = twins.stopped() => true,
        };
        let (world, path) = (twins.snapshot(), path.clone());
        let write = tokio::task::spawn_blocking(move || -> Result<[u8; 32], StateError> {
            let text = encode(&world)?;
            let digest = Sha256::digest(&text).into();
            if digest != written {
                replace(&path, &text)?;
            }
            Ok(digest)
        });
        match write.await {
            Ok(Ok(digest)) => written = digest,
            Ok(Err(error)) => tracing::error!(%error, "the sandbox cannot write its state"),
            Err(error) => tracing::error!(%error, "the sandbox stopped writing its state"),
        }
        if last {
            return;
        }
    }
}
