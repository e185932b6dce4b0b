//! What a term of a search means for a file.

use super::query::{self, Operator, Term, Value};
use super::rights::{Grantee, Role};
use super::store::File;
use super::{Ask, access};
use crate::stage::Stage;

pub(super) fn holds(stage: &Stage<'_>, ask: &Ask, file: &File, term: &Term) -> bool {
    let drive = &stage.world.drive;
    let own = file.personal(ask.address());
    match term {
        Term::Compared(field, operator, Value::Text(text)) => match field.as_str() {
            "name" => text_holds(*operator, &file.name, text, query::name_contains),
            "mimeType" => text_holds(*operator, &file.mime_type, text, |own, text| own.contains(text)),
            "shortcutDetails.targetId" => {
                text_holds(*operator, file.target.as_deref().unwrap_or_default(), text, |_, _| false)
            }
            "visibility" => (visibility(stage, file) == text) == (*operator == Operator::Is),
            _ => query::text_contains(&full_text(file), text),
        },
        Term::Compared(field, operator, Value::Flag(flag)) => {
            let holds = match field.as_str() {
                "trashed" => drive.is_trashed(file),
                "starred" => own.starred,
                _ => own.shared.is_some() && file.owner() != Some(ask.address()),
            };
            (holds == *flag) == (*operator == Operator::Is)
        }
        Term::Compared(field, operator, Value::Time(time)) => {
            let own = match field.as_str() {
                "modifiedTime" => Some(file.modified),
                "createdTime" => Some(file.created),
                "viewedByMeTime" => own.viewed,
                _ => own.shared.map(|act| act.at),
            };
            query::compare_times(*operator, own, *time)
        }
        Term::Compared(_, _, Value::Number(_)) => false,
        Term::In(value, field) => is_in(stage, ask, file, field, value),
        Term::Has(field, key, value) => {
            let properties = match field.as_str() {
                "properties" => Some(&file.properties),
                _ => file.app_properties.get(&ask.caller.client_id),
            };
            properties.is_some_and(|own| own.get(key) == Some(value))
        }
    }
}

fn text_holds(operator: Operator, own: &str, value: &str, contains: fn(&str, &str) -> bool) -> bool {
    match operator {
        Operator::Contains => contains(own, value),
        Operator::Is => own.to_lowercase() == value.to_lowercase(),
        _ => own.to_lowercase() != value.to_lowercase(),
    }
}

fn is_in(stage: &Stage<'_>, ask: &Ask, file: &File, field: &str, value: &str) -> bool {
    let drive = &stage.world.drive;
    if field == "parents" {
        return file.parent.as_deref() == Some(access::alias(drive, ask, value).as_str());
    }
    let address = if value == "me" { ask.address() } else { value };
    let least = match field {
        "owners" => Role::Owner,
        "writers" => Role::Writer,
        _ => Role::Reader,
    };
    drive.grants(file).iter().any(|(grant, _)| {
        let named = match &grant.grantee {
            Grantee::User(own) | Grantee::Group(own) => own.eq_ignore_ascii_case(address),
            Grantee::Domain(_) | Grantee::Anyone => false,
        };
        named && grant.role >= least
    })
}

fn visibility(stage: &Stage<'_>, file: &File) -> &'static str {
    let grants = stage.world.drive.grants(file);
    let has = |fits: fn(&Grantee) -> bool, findable: bool| {
        grants.iter().any(|(grant, _)| fits(&grant.grantee) && grant.findable == findable)
    };
    let anyone: fn(&Grantee) -> bool = |grantee| matches!(grantee, Grantee::Anyone);
    let domain: fn(&Grantee) -> bool = |grantee| matches!(grantee, Grantee::Domain(_));
    match () {
        () if has(anyone, true) => "anyoneCanFind",
        () if has(anyone, false) => "anyoneWithLink",
        () if has(domain, true) => "domainCanFind",
        () if has(domain, false) => "domainWithLink",
        () => "limited",
    }
}

/// All that a search in contents looks at.
fn full_text(file: &File) -> String {
    let content = file.head().filter(|head| !file.is_blob() || head.media_type.starts_with("text/"));
    let content = content.map(super::store::Revision::text).unwrap_or_default();
    let description = file.description.as_deref().unwrap_or_default();
    format!("{} {description} {} {content}", file.name, file.indexable)
}
