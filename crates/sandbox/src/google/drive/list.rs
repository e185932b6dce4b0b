//! `files.list`: which files a search looks through, which of them it finds, and in which order.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value as Json, json};

use super::access;
use super::failure::Failure;
use super::query::{self, Query, Term};
use super::rights::Grantee;
use super::store::File;
use super::{Ask, Reply, Scope, order, refusal, search, show};
use crate::stage::{Stage, fingerprint};

/// How many items one answer may have, and how many it has unasked.
pub(super) struct Limits {
    pub(super) default: i64,
    pub(super) most: i64,
}

const LIMITS: Limits = Limits { default: 100, most: 1000 };

/// The page that a list call asks for, with the token of the next. A token fits the search it came from only.
pub(super) fn page<T>(ask: &Ask, all: Vec<T>, limits: &Limits) -> Result<(Vec<T>, Option<String>), Failure> {
    let size = page_size(ask, limits)?;
    let mut search = ask.query.0.clone();
    for free in ["pageToken", "pageSize", "fields", "prettyPrint", "alt"] {
        search.remove(free);
    }
    let print = fingerprint(&format!("{:?} {}", ask.captures, Json::Object(search)));
    let start = match ask.query.filled("pageToken") {
        None => 0,
        Some(token) => start_of(token, &print)
            .filter(|start| *start <= all.len())
            .ok_or_else(|| refusal::invalid("pageToken"))?,
    };
    let end = all.len().min(start + size);
    let token = format!("~!!~{}", URL_SAFE_NO_PAD.encode(format!("{end}:{print}")));
    let next = (end < all.len()).then_some(token);
    Ok((all.into_iter().skip(start).take(size).collect(), next))
}

pub(super) fn page_size(ask: &Ask, limits: &Limits) -> Result<usize, Failure> {
    let size = ask.query.integer("pageSize").unwrap_or(limits.default);
    if size < 1 {
        let most = limits.most;
        let message = format!("Invalid value '{size}'. Values must be within the range: [1, {most}]");
        return Err(Failure::older(400, "invalidParameter", message).at("parameter", "pageSize"));
    }
    Ok(usize::try_from(size.min(limits.most)).unwrap_or(1))
}

fn start_of(token: &str, print: &str) -> Option<usize> {
    let decoded = URL_SAFE_NO_PAD.decode(token.strip_prefix("~!!~")?).ok()?;
    let (start, own) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    (own == print).then(|| start.parse().ok())?
}

pub(super) fn list(stage: &mut Stage<'_>, ask: &Ask) -> Result<Reply, Failure> {
    let query = ask.query.filled("q").map(query::of_files);
    if matches!(query, Some(None)) {
        return Err(refusal::invalid("q"));
    }
    let query = query.flatten();
    let keys = order::keys(ask)?;
    let terms = query.as_ref().map(Query::terms).unwrap_or_default();
    let is_text_search =
        terms.iter().any(|term| matches!(term, Term::Compared(field, ..) if field == "fullText"));
    if is_text_search && !keys.is_empty() {
        let message = "Sorting is not supported for queries with fullText terms. Results are always in \
                       descending relevance order.";
        return Err(refusal::forbidden("forbidden", message).at("parameter", "orderBy"));
    }
    for term in &terms {
        check_parent(stage, ask, term)?;
    }
    let corpus = Corpus::of(stage, ask, &terms)?;
    let found = stage.world.drive.files.values().filter(|file| {
        corpus.holds(stage, ask, file)
            && query.as_ref().is_none_or(|query| query.matches(&|term| search::holds(stage, ask, file, term)))
    });
    let mut found: Vec<&File> = found.collect();
    found.sort_by(|one, other| order::order(ask, &keys, one, other));
    let (page, next) = page(ask, found, &LIMITS)?;
    let files: Vec<Json> = page.into_iter().map(|file| show::file(stage, ask, file)).collect();
    Ok(Reply::Json(show::without_nulls(json!({
        "kind": "drive#fileList", "incompleteSearch": false, "files": files, "nextPageToken": next,
    }))))
}

/// A search in a folder that is not there is refused, not empty.
fn check_parent(stage: &Stage<'_>, ask: &Ask, term: &Term) -> Result<(), Failure> {
    let Term::In(value, field) = term else {
        return Ok(());
    };
    let drive = &stage.world.drive;
    let there = |id: &str| drive.find(id).is_some_and(|file| access::sees(stage, ask, file));
    match field.as_str() {
        "parents" if value == "appDataFolder" && ask.has(Scope::AppData) => Ok(()),
        "parents" if there(&access::alias(drive, ask, value)) => Ok(()),
        "parents" => Err(refusal::no_file("")),
        _ => Ok(()),
    }
}

/// Where a search looks.
struct Corpus {
    app_data: bool,
    files: bool,
    of: Of,
    shared_drives: bool,
    /// A folder is named, so that items of shared drives need not have been opened before.
    is_aimed: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum Of {
    User,
    Domain,
    Drive(String),
    All,
}

impl Corpus {
    fn of(stage: &mut Stage<'_>, ask: &Ask, terms: &[&Term]) -> Result<Self, Failure> {
        let (files, app_data) = spaces(stage, ask)?;
        let all_drives = ask.flag("supportsAllDrives");
        let includes = ask.flag("includeItemsFromAllDrives");
        if includes && !all_drives {
            let message =
                "The supportsAllDrives parameter must be true if includeItemsFromAllDrives is true.";
            return Err(refusal::forbidden("teamDrivesParameterMustBeTrue", message)
                .at("parameter", "supportsAllDrives"));
        }
        let drive_id = ask.query.filled("driveId");
        let corpora = ask.query.text("corpora").unwrap_or("user");
        let of = match (corpora, drive_id) {
            ("drive", Some(id)) => {
                let known = stage.world.drive.shared_drives.contains_key(id)
                    && stage.world.drive.find(id).is_some_and(|top| access::sees(stage, ask, top));
                if !known {
                    return Err(refusal::no_shared_drive(id));
                }
                Of::Drive(id.to_owned())
            }
            ("drive", None) => {
                return Err(refusal::required(
                    "The driveId parameter is required for corpora=drive.",
                    "driveId",
                ));
            }
            (_, Some(_)) => return Err(refusal::invalid("driveId")),
            ("domain", None) => Of::Domain,
            ("allDrives", None) => Of::All,
            _ => Of::User,
        };
        if matches!(of, Of::Drive(_) | Of::All) && !includes {
            let message = "The includeItemsFromAllDrives parameter must be true for these corpora.";
            return Err(refusal::forbidden("teamDrivesParameterMustBeTrue", message)
                .at("parameter", "includeItemsFromAllDrives"));
        }
        let is_aimed = terms.iter().any(|term| matches!(term, Term::In(_, field) if field == "parents"));
        Ok(Self { app_data, files, of, shared_drives: includes, is_aimed })
    }

    fn holds(&self, stage: &Stage<'_>, ask: &Ask, file: &File) -> bool {
        // The folders at the top are not among what they hold.
        if file.parent.is_none() || !access::sees(stage, ask, file) {
            return false;
        }
        if file.is_app_data() {
            return self.app_data && self.of == Of::User;
        }
        let drive = &stage.world.drive;
        let shows = || drive.shows(file, ask.address(), stage.now);
        let domain = |grantee: &Grantee| matches!(grantee, Grantee::Domain(_));
        self.files
            && match &self.of {
                Of::Drive(id) => file.drive_id() == Some(id),
                Of::All => file.drive_id().is_some() || shows(),
                Of::Domain => {
                    drive.grants(file).iter().any(|(grant, _)| domain(&grant.grantee) && grant.findable)
                }
                Of::User if file.drive_id().is_some() => {
                    self.shared_drives && (self.is_aimed || file.personal.contains_key(ask.address()))
                }
                Of::User => shows(),
            }
    }
}

/// Whether to look among files and among the app's own data.
pub(super) fn spaces(stage: &mut Stage<'_>, ask: &Ask) -> Result<(bool, bool), Failure> {
    let (mut files, mut app_data) = (false, false);
    for space in ask.query.filled("spaces").unwrap_or("drive").split(',') {
        match space.trim() {
            "drive" => files = true,
            "appDataFolder" => app_data = true,
            _ => return Err(refusal::invalid("spaces")),
        }
    }
    if app_data && !ask.has(Scope::AppData) {
        stage.note.detail("lacks_scope", true);
        return Err(refusal::spaces_beyond_scopes());
    }
    let others = ask.caller.scopes.iter().filter(|scope| !scope.ends_with("/drive.appdata"));
    let mut others = others.filter(|scope| scope.contains("/auth/drive"));
    if files && others.next().is_none() {
        return Err(refusal::spaces_beyond_scopes());
    }
    Ok((files, app_data))
}

/// The bytes that a file takes, with its earlier contents.
pub(super) fn used(file: &File) -> usize {
    file.revisions.iter().map(|revision| revision.bytes().len()).sum()
}
