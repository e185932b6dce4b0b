//! `drives`: shared drives. The files in one belong to nobody, and its members see them all.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::failure::Failure;
use super::list::{self, Limits};
use super::query::{self, Term};
use super::rights::{Grantee, Permission, Role};
use super::store::{Change, Place, SharedDrive};
use super::{Ask, Reply, create as files, kinds, permissions, refusal, show as shown};
use crate::stage::{Stage, stamp};

const LIMITS: Limits = Limits { default: 10, most: 100 };

const RESTRICTIONS: [&str; 5] = [
    "adminManagedRestrictions",
    "copyRequiresWriterPermission",
    "domainUsersOnly",
    "driveMembersOnly",
    "sharingFoldersRequiresOrganizerPermission",
];

fn role(stage: &Stage<'_>, ask: &Ask, id: &str) -> Option<Role> {
    let drive = &stage.world.drive;
    drive.find(id).and_then(|top| drive.role(top, ask.address(), stage.now))
}

pub(super) fn is_member(stage: &Stage<'_>, ask: &Ask, id: &str) -> bool {
    role(stage, ask, id).is_some()
}

pub(super) fn show(stage: &Stage<'_>, ask: &Ask, drive: &SharedDrive) -> Value {
    let role = role(stage, ask, &drive.id).unwrap_or(Role::Reader);
    let (writes, organizes) = (role >= Role::Writer, role >= Role::Organizer);
    let restrictions: Map<String, Value> = RESTRICTIONS
        .iter()
        .map(|name| ((*name).to_owned(), json!(drive.restrictions.contains(*name))))
        .collect();
    json!({
        "kind": "drive#drive",
        "id": drive.id,
        "name": drive.name,
        "colorRgb": drive.color,
        "createdTime": stamp(drive.created),
        "hidden": drive.hidden_for.contains(ask.address()),
        "restrictions": restrictions,
        "capabilities": {
            "canAddChildren": writes,
            "canComment": role >= Role::Commenter,
            "canCopy": true,
            "canDeleteChildren": organizes,
            "canDeleteDrive": organizes,
            "canDownload": true,
            "canEdit": writes,
            "canListChildren": true,
            "canManageMembers": organizes,
            "canReadRevisions": writes,
            "canRename": writes,
            "canRenameDrive": organizes,
            "canShare": writes,
            "canTrashChildren": role >= Role::FileOrganizer,
        },
    })
}

/// The drive that the path names, if the caller is a member with this role.
fn find<'s>(stage: &'s Stage<'_>, ask: &Ask, least: Role) -> Result<&'s SharedDrive, Failure> {
    let id = ask.captured("driveId");
    let found = stage.world.drive.shared_drives.get(id);
    match (found, role(stage, ask, id)) {
        (Some(found), Some(role)) if role >= least => Ok(found),
        (Some(_), Some(_)) => Err(refusal::insufficient_role()),
        _ => Err(refusal::no_shared_drive(id)),
    }
}

pub(super) fn list(stage: &mut Stage<'_>, ask: &Ask) -> Result<Reply, Failure> {
    let query = ask.query.filled("q").map(query::of_drives);
    if matches!(query, Some(None)) {
        return Err(refusal::invalid("q"));
    }
    let query = query.flatten();
    let counted = |term: &&Term| matches!(term, Term::Compared(field, ..) if field.ends_with("Count"));
    if query.as_ref().is_some_and(|query| query.terms().iter().any(counted)) {
        return Err(refusal::bad_request(
            "sandbox: members are counted for administrators of the domain only",
        ));
    }
    let all = stage.world.drive.shared_drives.values();
    let found = all.filter(|drive| {
        is_member(stage, ask, &drive.id)
            && query.as_ref().is_none_or(|query| query.matches(&|term| holds(ask, drive, term)))
    });
    let mut found: Vec<&SharedDrive> = found.collect();
    found.sort_by_key(|drive| (drive.name.to_lowercase(), &drive.id));
    let (page, next) = list::page(ask, found, &LIMITS)?;
    let drives: Vec<Value> = page.into_iter().map(|drive| show(stage, ask, drive)).collect();
    let body = json!({"kind": "drive#driveList", "drives": drives, "nextPageToken": next});
    Ok(Reply::Json(shown::without_nulls(body)))
}

fn holds(ask: &Ask, drive: &SharedDrive, term: &Term) -> bool {
    let Term::Compared(_, operator, value) = term else {
        return false;
    };
    match value {
        query::Value::Text(text) => match operator {
            query::Operator::Contains => query::name_contains(&drive.name, text),
            operator => {
                (drive.name.to_lowercase() == text.to_lowercase()) == (*operator == query::Operator::Is)
            }
        },
        query::Value::Flag(flag) => {
            (drive.hidden_for.contains(ask.address()) == *flag) == (*operator == query::Operator::Is)
        }
        query::Value::Time(time) => query::compare_times(*operator, Some(drive.created), *time),
        query::Value::Number(_) => false,
    }
}

pub(super) fn get(stage: &mut Stage<'_>, ask: &Ask) -> Result<Reply, Failure> {
    Ok(Reply::Json(show(stage, ask, find(stage, ask, Role::Reader)?)))
}

pub(super) fn create(stage: &mut Stage<'_>, ask: &Ask) -> Result<Reply, Failure> {
    let request = ask.query.text("requestId").unwrap_or_default().to_owned();
    let name = ask.body.filled("name").ok_or_else(|| {
        Failure::older(400, "required", "The name of the shared drive is required.").at("other", "name")
    })?;
    let request = (ask.address().to_owned(), request);
    if stage.world.drive.shared_drives.values().any(|drive| drive.request == request) {
        let message = "A shared drive already exists with the provided request ID.";
        return Err(Failure::older(409, "duplicate", message));
    }
    let id = format!("0A{}Uk9PVA", stage.word(11));
    add(stage, ask.address(), &id, name, request);
    write(stage, ask, &id)?;
    answer(stage, ask, &id)
}

/// A shared drive with its first member.
pub(super) fn add(stage: &mut Stage<'_>, account: &str, id: &str, name: &str, request: (String, String)) {
    let place = Place::Shared(id.to_owned());
    let mut top = files::blank_at(stage, account, place, id.to_owned(), "Drive", kinds::FOLDER, "");
    top.permissions.push(member(account, Role::Organizer));
    let drive = SharedDrive {
        id: id.to_owned(),
        name: name.to_owned(),
        created: stage.now,
        color: "#4986e7".to_owned(),
        request,
        hidden_for: BTreeSet::new(),
        restrictions: BTreeSet::new(),
    };
    stage.world.drive.files.insert(id.to_owned(), top);
    stage.world.drive.shared_drives.insert(id.to_owned(), drive);
}

pub(super) fn member(account: &str, role: Role) -> Permission {
    Permission {
        id: permissions::user_id(account),
        grantee: Grantee::User(account.to_owned()),
        role,
        expires: None,
        findable: false,
    }
}

/// Writes what the body has, and logs it.
fn write(stage: &mut Stage<'_>, ask: &Ask, id: &str) -> Result<(), Failure> {
    let color = ask.body.filled("colorRgb").map(|color| {
        super::about::nearest_color(color).ok_or_else(|| refusal::bad_request("Invalid colorRgb."))
    });
    let color = color.transpose()?;
    if ask.body.names("hidden") {
        return Err(refusal::bad_request("sandbox: `hidden` is changed by hide and unhide"));
    }
    let drive = &mut stage.world.drive;
    if let Some(own) = drive.shared_drives.get_mut(id) {
        if let Some(name) = ask.body.filled("name") {
            name.clone_into(&mut own.name);
        }
        own.color = color.unwrap_or_else(|| own.color.clone());
        if let Some(restrictions) = ask.body.object("restrictions") {
            for name in RESTRICTIONS {
                match restrictions.flag(name) {
                    Some(true) => drop(own.restrictions.insert(name.to_owned())),
                    Some(false) => drop(own.restrictions.remove(name)),
                    None => {}
                }
            }
        }
    }
    log(stage, id);
    Ok(())
}

fn log(stage: &mut Stage<'_>, id: &str) {
    let accounts = stage.world.drive.audience(id, stage.now);
    stage.world.drive.changes.push(Change {
        at: stage.now,
        id: id.to_owned(),
        drive_id: Some(id.to_owned()),
        is_drive: true,
        accounts,
        opened: BTreeSet::new(),
    });
}

fn answer(stage: &Stage<'_>, ask: &Ask, id: &str) -> Result<Reply, Failure> {
    let drive = stage.world.drive.shared_drives.get(id);
    let drive = drive.ok_or_else(|| refusal::no_shared_drive(id))?;
    Ok(Reply::Json(show(stage, ask, drive)))
}

pub(super) fn update(stage: &mut Stage<'_>, ask: &Ask) -> Result<Reply, Failure> {
    let id = find(stage, ask, Role::Organizer)?.id.clone();
    write(stage, ask, &id)?;
    answer(stage, ask, &id)
}

/// Only an empty one goes; deleting what is in it is an administrator's.
pub(super) fn delete(stage: &mut Stage<'_>, ask: &Ask) -> Result<Reply, Failure> {
    let id = find(stage, ask, Role::Organizer)?.id.clone();
    if ask.flag("allowItemDeletion") {
        let message =
            "sandbox: allowItemDeletion is for administrators of the domain, with useDomainAdminAccess";
        return Err(refusal::bad_request(message));
    }
    let drive = &stage.world.drive;
    let untrashed = drive.children(&id).any(|file| !drive.is_trashed(file));
    if untrashed {
        let message = "A shared drive cannot be deleted if it contains untrashed items.";
        return Err(refusal::forbidden("cannotDeleteTeamDriveWithItems", message));
    }
    log(stage, &id);
    let drive = &mut stage.world.drive;
    for inside in drive.below(&id) {
        drive.files.remove(&inside);
    }
    drive.files.remove(&id);
    drive.shared_drives.remove(&id);
    Ok(Reply::Nothing)
}

pub(super) fn hide(stage: &mut Stage<'_>, ask: &Ask) -> Result<Reply, Failure> {
    let id = find(stage, ask, Role::Reader)?.id.clone();
    if let Some(drive) = stage.world.drive.shared_drives.get_mut(&id) {
        drive.hidden_for.insert(ask.address().to_owned());
    }
    answer(stage, ask, &id)
}

pub(super) fn unhide(stage: &mut Stage<'_>, ask: &Ask) -> Result<Reply, Failure> {
    let id = find(stage, ask, Role::Reader)?.id.clone();
    if let Some(drive) = stage.world.drive.shared_drives.get_mut(&id) {
        drive.hidden_for.remove(ask.address());
    }
    answer(stage, ask, &id)
}
