//! The manifests that come with the binary.

use include_dir::{Dir, include_dir};

use crate::manifest::ManifestFile;

static TOOLKITS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../toolkits");

/// Every manifest under `toolkits/`, folder by folder.
pub fn embedded_files() -> Vec<ManifestFile> {
    let mut files = Vec::new();
    for folder in TOOLKITS.dirs() {
        collect(folder, &mut files);
    }
    files
}

fn collect(folder: &Dir<'_>, files: &mut Vec<ManifestFile>) {
    for file in folder.files() {
        if file.path().extension().is_some_and(|extension| extension == "toml")
            && let Some(text) = file.contents_utf8()
        {
            files.push(ManifestFile {
                path: format!("toolkits/{}", file.path().display()),
                text: text.to_owned(),
            });
        }
    }
    folder.dirs().for_each(|inner| collect(inner, files));
}
