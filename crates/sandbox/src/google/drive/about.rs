//! `about`: whose Drive this is, and what it can do.

use serde_json::{Map, Value, json};

use super::failure::Failure;
use super::list::used;
use super::store::File;
use super::{Ask, Reply, kinds, show};
use crate::stage::Stage;

const QUOTA: usize = 15 << 30;
/// 5120 GB, as the description of uploads says.
const MAX_UPLOAD: &str = "5497558138880";

/// The colours that folders can have.
const PALETTE: &[&str] = &[
    "#ac725e", "#d06b64", "#f83a22", "#fa573c", "#ff7537", "#ffad46", "#fad165", "#fbe983", "#b3dc6c",
    "#7bd148", "#16a765", "#42d692", "#92e1c0", "#9fe1e7", "#9fc6e7", "#4986e7", "#9a9cff", "#b99aff",
    "#8f8f8f", "#cabdbf", "#cca6ac", "#f691b2", "#cd74e6", "#a47ae2",
];

pub(super) fn get(stage: &mut Stage<'_>, ask: &Ask) -> Result<Reply, Failure> {
    let drive = &stage.world.drive;
    let own = |file: &&File| file.owner() == Some(ask.address());
    let usage: usize = drive.files.values().filter(own).map(used).sum();
    let in_trash: usize =
        drive.files.values().filter(own).filter(|file| drive.is_trashed(file)).map(used).sum();
    let opened = |file: &File| file.is_opened_by(&ask.caller.client_id, ask.address());
    Ok(Reply::Json(json!({
        "kind": "drive#about",
        "user": show::person(ask, ask.address()),
        "storageQuota": {
            "limit": QUOTA.to_string(), "usage": usage.to_string(), "usageInDrive": usage.to_string(),
            "usageInDriveTrash": in_trash.to_string(),
        },
        "maxUploadSize": MAX_UPLOAD,
        "maxImportSizes": {
            kinds::DOCUMENT: "10485760", kinds::SPREADSHEET: "104857600", kinds::PRESENTATION: "104857600",
            kinds::DRAWING: "2097152",
        },
        "exportFormats": kinds::EXPORTS.iter().map(|(kind, formats)| ((*kind).to_owned(), json!(formats)))
            .collect::<Map<String, Value>>(),
        "importFormats": import_formats(),
        "folderColorPalette": PALETTE,
        "appInstalled": drive.files.values().any(opened),
        "canCreateDrives": true,
        "canCreateTeamDrives": true,
        "driveThemes": [],
        "teamDriveThemes": [],
    })))
}

/// Each type that can be uploaded with what it can become.
fn import_formats() -> Value {
    let mut formats: Map<String, Value> = Map::new();
    for (target, sources) in kinds::IMPORTS {
        for source in *sources {
            let targets = formats.entry(*source).or_insert_with(|| json!([]));
            if let Value::Array(targets) = targets {
                targets.push(json!(target));
            }
        }
    }
    Value::Object(formats)
}

/// The colour of the palette that is next to `#rrggbb`.
pub(super) fn nearest_color(color: &str) -> Option<String> {
    let wanted = parts(color)?;
    let distance = |other: &&&str| {
        let own = parts(other).unwrap_or_default();
        own.iter().zip(&wanted).map(|(one, other)| (one - other).pow(2)).sum::<i32>()
    };
    PALETTE.iter().min_by_key(distance).map(|color| (*color).to_owned())
}

fn parts(color: &str) -> Option<[i32; 3]> {
    let digits = color.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii())?;
    let part = |start: usize| i32::from_str_radix(&digits[start..start + 2], 16).ok();
    Some([part(0)?, part(2)?, part(4)?])
}
