//! `permissions`: who may do what with a file or a shared drive.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::access::{self, Need};
use super::failure::Failure;
use super::list::{self, Limits};
use super::rights::{Grantee, Permission, Role};
use super::store::{Act, File};
use super::{Ask, Reply, refusal, show as shown};
use crate::people;
use crate::provider::Provider;
use crate::stage::{Stage, stamp};

const LIMITS: Limits = Limits { default: 100, most: 100 };
const YEAR: SignedDuration = SignedDuration::from_hours(366 * 24);

/// The id of an account's permissions, the same for every file.
pub(super) fn user_id(address: &str) -> String {
    match people::find(Provider::Google, address) {
        Some(person) => person.subject.chars().rev().take(20).collect(),
        None => digits(address),
    }
}

fn digits(text: &str) -> String {
    let digest = Sha256::digest(text.to_lowercase());
    digest.iter().take(20).map(|byte| char::from(b'0' + byte % 10)).collect()
}

fn id_of(grantee: &Grantee, findable: bool) -> String {
    match grantee {
        Grantee::User(address) | Grantee::Group(address) => user_id(address),
        Grantee::Domain(domain) => format!("{}k", digits(domain)),
        Grantee::Anyone if findable => "anyone".to_owned(),
        Grantee::Anyone => "anyoneWithLink".to_owned(),
    }
}

pub(super) fn show(permission: &Permission, from: Option<&str>) -> Value {
    let (kind, address, domain) = match &permission.grantee {
        Grantee::User(address) => ("user", Some(address), None),
        Grantee::Group(address) => ("group", Some(address), None),
        Grantee::Domain(domain) => ("domain", None, Some(domain)),
        Grantee::Anyone => ("anyone", None, None),
    };
    let known = address.and_then(|address| people::find(Provider::Google, address));
    let name = match (known, address, domain) {
        (Some(person), ..) => Some(person.name()),
        (None, Some(address), _) => Some(address.clone()),
        (None, None, Some(domain)) => Some(domain.clone()),
        (None, None, None) => None,
    };
    let addressed = address.is_some();
    shown::without_nulls(json!({
        "kind": "drive#permission",
        "id": permission.id,
        "type": kind,
        "role": permission.role.name(),
        "emailAddress": address,
        "domain": domain,
        "displayName": name,
        "allowFileDiscovery": (!addressed).then_some(permission.findable),
        "expirationTime": permission.expires.map(stamp),
        "deleted": addressed.then_some(false),
        "pendingOwner": addressed.then_some(false),
        "permissionDetails": [shown::without_nulls(json!({
            "permissionType": "file", "role": permission.role.name(), "inherited": from.is_some(),
            "inheritedFrom": from,
        }))],
    }))
}

pub(super) fn list(stage: &mut Stage<'_>, ask: &Ask) -> Result<Reply, Failure> {
    let file = access::reach(stage, ask, ask.file_id(), Need::See)?;
    may_see_sharing(stage, ask, file)?;
    let (page, next) = list::page(ask, stage.world.drive.grants(file), &LIMITS)?;
    let each: Vec<Value> = page.iter().map(|(permission, from)| show(permission, from.as_deref())).collect();
    let body = json!({"kind": "drive#permissionList", "permissions": each, "nextPageToken": next});
    Ok(Reply::Json(shown::without_nulls(body)))
}

/// Readers do not learn who else may read.
fn may_see_sharing(stage: &Stage<'_>, ask: &Ask, file: &File) -> Result<(), Failure> {
    if access::role_allows(stage, file, ask.address(), Need::Edit) {
        return Ok(());
    }
    Err(refusal::insufficient_role())
}

fn find(stage: &Stage<'_>, ask: &Ask, file: &File) -> Result<(Permission, Option<String>), Failure> {
    let id = ask.captured("permissionId");
    let mut grants = stage.world.drive.grants(file).into_iter();
    grants.find(|(own, _)| own.id == id).ok_or_else(|| refusal::no_part("Permission", id, "permissionId"))
}

pub(super) fn get(stage: &mut Stage<'_>, ask: &Ask) -> Result<Reply, Failure> {
    let file = access::reach(stage, ask, ask.file_id(), Need::See)?;
    may_see_sharing(stage, ask, file)?;
    let (permission, from) = find(stage, ask, file)?;
    Ok(Reply::Json(show(&permission, from.as_deref())))
}

/// What the words of a new permission have to be together.
fn read(ask: &Ask) -> Result<(Grantee, Role), Failure> {
    let text = |name: &'static str| {
        let message = format!("The permission's {name} field is required.");
        ask.body.filled(name).ok_or_else(|| refusal::bad_request(message).at("other", name))
    };
    let role = Role::find(text("role")?).ok_or_else(|| refusal::bad_request("Invalid role."))?;
    let address = || {
        let address = text("emailAddress")?.to_ascii_lowercase();
        let good = address.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
        if good {
            Ok(address)
        } else {
            Err(invalid_sharing(
                "The specified emailAddress is invalid or not applicable for the given permission type.",
            ))
        }
    };
    let grantee = match text("type")? {
        "user" => Grantee::User(address()?),
        "group" => Grantee::Group(address()?),
        "domain" => Grantee::Domain(text("domain")?.to_ascii_lowercase()),
        _ => Grantee::Anyone,
    };
    let addressed = matches!(grantee, Grantee::User(_) | Grantee::Group(_));
    let is_domain = matches!(grantee, Grantee::Domain(_));
    let stray = [
        ("emailAddress", !addressed),
        ("domain", !is_domain),
        ("allowFileDiscovery", addressed),
        ("expirationTime", !addressed),
    ];
    if let Some((name, _)) = stray.iter().find(|(name, stray)| *stray && ask.body.names(name)) {
        return Err(refusal::bad_request(format!(
            "sandbox: {name} does not go with this type of permission"
        )));
    }
    let for_mail = ["sendNotificationEmail", "emailMessage"];
    if let Some(name) = for_mail.iter().find(|name| !addressed && ask.query.names(name)) {
        return Err(refusal::bad_request(format!("sandbox: {name} is for users and groups only")));
    }
    Ok((grantee, role))
}

fn invalid_sharing(message: &str) -> Failure {
    Failure::older(400, "invalidSharingRequest", format!("Bad Request. User message: \"{message}\""))
}

fn refuse_unserved(ask: &Ask) -> Result<(), Failure> {
    let unserved = ["pendingOwner", "inheritedPermissionsDisabled", "view"];
    match unserved.iter().find(|name| ask.body.names(name)) {
        Some(name) => Err(refusal::unserved(name)),
        None => Ok(()),
    }
}

/// Some roles exist in shared drives only, one exists outside only.
fn check_role(file: &File, role: Role) -> Result<(), Failure> {
    match (role, file.drive_id()) {
        (Role::Owner, Some(_)) => {
            let message = "Shared drive items cannot have owners.";
            Err(refusal::forbidden("ownerOnTeamDriveItemNotSupported", message))
        }
        (Role::Organizer, None) => {
            let message = "The organizer role is only valid for shared drives.";
            Err(refusal::forbidden("organizerOnNonTeamDriveItemNotSupported", message))
        }
        (Role::FileOrganizer, None) => {
            let message = "The fileOrganizer role is only valid for shared drives.";
            Err(refusal::forbidden("fileOrganizerOnNonTeamDriveNotSupported", message))
        }
        _ => Ok(()),
    }
}

/// The end of a permission: to come, and within a year.
fn expiration(stage: &Stage<'_>, ask: &Ask) -> Result<Option<Timestamp>, Failure> {
    let Some(end) = ask.body.text("expirationTime").and_then(|text| text.parse::<Timestamp>().ok()) else {
        return Ok(None);
    };
    if end <= stage.now || end.duration_since(stage.now) > YEAR {
        let message = "Expiration dates must be in the future and at most a year away.";
        return Err(Failure::older(403, "expirationDateNotAllowedForSharing", message));
    }
    Ok(Some(end))
}

pub(super) fn create(stage: &mut Stage<'_>, ask: &Ask) -> Result<Reply, Failure> {
    refuse_unserved(ask)?;
    let (grantee, role) = read(ask)?;
    let file = access::reach(stage, ask, ask.file_id(), Need::Share)?;
    check_role(file, role)?;
    let id = file.id.clone();
    if let Grantee::User(address) | Grantee::Group(address) = &grantee {
        let known = people::find(Provider::Google, address).is_some();
        if ask.query.flag("sendNotificationEmail") == Some(false) && !known {
            return Err(invalid_sharing(&format!(
                "You are trying to invite {address}. Since there is no Google account associated with this email \
                 address, you must check the \\\"Notify people\\\" box to invite this recipient."
            )));
        }
    }
    let expires = expiration(stage, ask)?;
    if role == Role::Owner {
        if ask.query.flag("sendNotificationEmail") == Some(false) {
            let message = "sandbox: the notification of a new owner must not be disabled";
            return Err(refusal::bad_request(message));
        }
        let Grantee::User(account) = &grantee else {
            return Err(refusal::bad_request("sandbox: only a user can own a file"));
        };
        return hand_over(stage, ask, &id, account);
    }
    let findable = ask.body.flag("allowFileDiscovery").unwrap_or_default();
    let permission = Permission { id: id_of(&grantee, findable), grantee, role, expires, findable };
    let before = stage.world.drive.audience(&id, stage.now);
    let act = Act { by: ask.address().to_owned(), at: stage.now };
    let kept = put(stage, &id, permission, &act);
    let now = stage.now;
    stage.world.drive.log(&id, now, before);
    Ok(Reply::Json(show(&kept, None)))
}

/// Adds a permission, or raises the one there is: sharing again takes nothing away.
fn put(stage: &mut Stage<'_>, id: &str, permission: Permission, act: &Act) -> Permission {
    let drive = &mut stage.world.drive;
    if let Grantee::User(account) = &permission.grantee {
        for inside in drive.below(id).iter().map(String::as_str).chain([id]) {
            if let Some(file) = drive.files.get_mut(inside) {
                file.personal_mut(account).shared.get_or_insert(act.clone());
            }
        }
    }
    let Some(file) = drive.files.get_mut(id) else {
        return permission;
    };
    match file.permissions.iter_mut().find(|own| own.id == permission.id) {
        Some(own) => {
            own.role = own.role.max(permission.role);
            own.expires = permission.expires;
            own.clone()
        }
        None => {
            file.permissions.push(permission.clone());
            permission
        }
    }
}

/// Makes `account` the owner, and the owner a writer.
fn hand_over(stage: &mut Stage<'_>, ask: &Ask, id: &str, account: &str) -> Result<Reply, Failure> {
    if !ask.flag("transferOwnership") {
        let message = "The transferOwnership parameter must be enabled when the permission role is 'owner'.";
        return Err(refusal::forbidden("forbidden", message).at("parameter", "transferOwnership"));
    }
    if stage.world.drive.find(id).and_then(File::owner) != Some(ask.address()) {
        return Err(refusal::insufficient_role());
    }
    if people::find(Provider::Google, account).is_none() {
        return Err(invalid_sharing(
            "Ownership can only be transferred to another user in the same organization.",
        ));
    }
    let owner = Permission {
        id: user_id(account),
        grantee: Grantee::User(account.to_owned()),
        role: Role::Owner,
        expires: None,
        findable: false,
    };
    let act = Act { by: ask.address().to_owned(), at: stage.now };
    let kept = put(stage, id, owner, &act);
    let (now, drive) = (stage.now, &mut stage.world.drive);
    let root = drive.roots.get(account).cloned();
    if let Some(file) = drive.files.get_mut(id) {
        for own in file.permissions.iter_mut().filter(|own| own.role == Role::Owner && own.id != kept.id) {
            own.role = Role::Writer;
        }
        file.place = super::store::Place::Owned(account.to_owned());
        if ask.flag("moveToNewOwnersRoot") {
            file.parent = root;
        }
    }
    drive.log(id, now, std::collections::BTreeSet::new());
    Ok(Reply::Json(show(&kept, None)))
}

/// The permission that the path names, if it stands on the file itself.
fn own(stage: &Stage<'_>, ask: &Ask, file: &File) -> Result<Permission, Failure> {
    let (permission, from) = find(stage, ask, file)?;
    if from.is_some() {
        let message = "sandbox: this permission is inherited; change it at the folder it comes from";
        return Err(refusal::forbidden("cannotModifyInheritedPermission", message));
    }
    Ok(permission)
}

pub(super) fn update(stage: &mut Stage<'_>, ask: &Ask) -> Result<Reply, Failure> {
    refuse_unserved(ask)?;
    let file = access::reach(stage, ask, ask.file_id(), Need::Share)?;
    let id = file.id.clone();
    let mut permission = own(stage, ask, file)?;
    let addressed = matches!(permission.grantee, Grantee::User(_) | Grantee::Group(_));
    let role = ask.body.text("role").and_then(Role::find);
    if let Some(role) = role {
        check_role(file, role)?;
    }
    if permission.role == Role::Owner && role.is_some_and(|role| role != Role::Owner) {
        return Err(refusal::insufficient_role());
    }
    if let (Some(Role::Owner), Grantee::User(account)) = (role, permission.grantee.clone()) {
        return hand_over(stage, ask, &id, &account);
    }
    if ask.body.names("expirationTime") && !addressed {
        return Err(refusal::bad_request("sandbox: only permissions of users and groups end"));
    }
    permission.role = role.unwrap_or(permission.role);
    permission.expires = expiration(stage, ask)?.or(permission.expires);
    if ask.flag("removeExpiration") {
        permission.expires = None;
    }
    let (now, drive) = (stage.now, &mut stage.world.drive);
    let before = drive.audience(&id, now);
    if let Some(file) = drive.files.get_mut(&id) {
        for own in file.permissions.iter_mut().filter(|own| own.id == permission.id) {
            *own = permission.clone();
        }
    }
    drive.log(&id, now, before);
    Ok(Reply::Json(show(&permission, None)))
}

/// Whoever may share takes away; everybody gives up what is their own.
pub(super) fn delete(stage: &mut Stage<'_>, ask: &Ask) -> Result<Reply, Failure> {
    let is_own = ask.captured("permissionId") == user_id(ask.address());
    let need = if is_own { Need::See } else { Need::Share };
    let file = access::reach(stage, ask, ask.file_id(), need)?;
    let id = file.id.clone();
    let permission = own(stage, ask, file)?;
    if permission.role == Role::Owner {
        return Err(refusal::insufficient_role());
    }
    let (now, drive) = (stage.now, &mut stage.world.drive);
    let before = drive.audience(&id, now);
    if let Some(file) = drive.files.get_mut(&id) {
        file.permissions.retain(|own| own.id != permission.id);
    }
    if let Grantee::User(account) = &permission.grantee {
        for inside in drive.below(&id).into_iter().chain([id.clone()]) {
            let gone = drive.find(&inside).is_some_and(|file| drive.role(file, account, now).is_none());
            if let Some(file) = drive.files.get_mut(&inside).filter(|_| gone) {
                file.personal.remove(account);
            }
        }
    }
    drive.log(&id, now, before);
    Ok(Reply::Nothing)
}
