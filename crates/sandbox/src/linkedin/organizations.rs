//! Company pages: who runs them, what they are called and how they do.

use serde_json::{Value, json};

use super::failure::Failure;
use super::members::{ORGANIZATIONS, Organization, Post, Target, member_urn, organization};
use super::{Call, restli};
use crate::people::PEOPLE;
use crate::stage::Stage;
use crate::wire::Answer;

fn show(page: &Organization) -> Value {
    json!({
        "id": page.id,
        "$URN": page.urn(),
        "name": {"localized": {"en_US": page.name}, "preferredLocale": {"country": "US", "language": "en"}},
        "localizedName": page.name,
        "vanityName": page.vanity_name,
        "primaryOrganizationType": "NONE",
        "locations": [],
    })
}

/// The fields that `fields` names, or all.
fn projected(call: &Call, mut value: Value) -> Value {
    if let (Some(fields), Some(object)) = (call.query.text("fields"), value.as_object_mut()) {
        object.retain(|name, _| fields.split(',').any(|field| field == name));
    }
    value
}

pub(super) fn roles(_: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let caller = call.person();
    let asked = match call.query.text("q") {
        Some("organization") => {
            let urn = call.query.text("organization").unwrap_or_default();
            let page = organization(urn).filter(|page| page.has_role(caller));
            Some(page.ok_or_else(|| Failure::denied(format!("Viewer has no role on {urn}")))?)
        }
        _ => None,
    };
    let fits = |name: &str, own: &str| call.query.text(name).is_none_or(|asked| asked == own);
    let mut elements = Vec::new();
    for page in &ORGANIZATIONS {
        for (handle, role) in page.roles {
            let Some(person) = PEOPLE.iter().find(|person| person.handle == *handle) else {
                continue;
            };
            let wanted = match asked {
                Some(asked) => asked.id == page.id,
                None => person.handle == caller.handle,
            };
            if wanted && fits("role", role) && fits("state", "APPROVED") {
                elements.push(json!({
                    "organization": page.urn(), "role": role, "roleAssignee": member_urn(person), "state": "APPROVED",
                }));
            }
        }
    }
    Ok(Answer::json(200, &restli::page(call, "/rest/organizationAcls", &elements)?))
}

pub(super) fn get(_: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let id = call.captured("id");
    let number: u64 = id.parse().map_err(|_| Failure::invalid(format!("Invalid key: {id}")))?;
    let page = ORGANIZATIONS.iter().find(|page| page.id == number);
    let page = page.ok_or_else(|| Failure::not_found(&format!("urn:li:organization:{id}")))?;
    Ok(Answer::json(200, &projected(call, show(page))))
}

pub(super) fn find(_: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let finder = call.query.text("q").unwrap_or_default();
    if call.query.names("vanityName") && call.query.names("emailDomain") {
        return Err(Failure::invalid("sandbox: a finder takes its own parameter and no other"));
    }
    let value = call.query.filled(finder);
    let value = value.ok_or_else(|| Failure::invalid(format!("The finder {finder} needs its parameter")))?;
    let fits = |page: &&Organization| match finder {
        "vanityName" => page.vanity_name == value,
        _ => page.email_domain == value,
    };
    let elements: Vec<Value> = ORGANIZATIONS.iter().filter(fits).map(show).collect();
    Ok(Answer::json(200, &restli::page(call, "/rest/organizations", &elements)?))
}

/// The page of the URN, if the caller may see its numbers.
fn own(call: &Call, urn: &str) -> Result<&'static Organization, Failure> {
    let page = organization(urn).filter(|page| page.has_role(call.person()));
    page.ok_or_else(|| Failure::denied(format!("Viewer does not have permission to view {urn}")))
}

pub(super) fn followers(_: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let urn = call.captured("urn");
    let page = organization(urn).ok_or_else(|| Failure::not_found(urn))?;
    Ok(Answer::json(200, &json!({"firstDegreeSize": page.followers})))
}

fn counts(stage: &Stage<'_>, posts: &[&Post]) -> Value {
    let members = &stage.world.linkedin;
    let likes = members.reactions.iter().filter(|reaction| {
        posts.iter().any(|post| reaction.target == Target::Post(post.id) && reaction.kind == "LIKE")
    });
    let comments = members.comments.values().filter(|one| posts.iter().any(|post| post.id == one.post));
    let shares = members
        .posts
        .values()
        .filter(|one| posts.iter().any(|post| one.reshare_of.as_deref() == Some(post.urn().as_str())));
    let (likes, comments, shares) = (likes.count(), comments.count(), shares.count());
    json!({
        "impressionCount": 100 * posts.len(), "uniqueImpressionsCount": 80 * posts.len(), "clickCount": 7 * posts.len(),
        "likeCount": likes, "commentCount": comments, "shareCount": shares, "engagement": 0.07,
    })
}

/// The start and end of `timeIntervals`, in milliseconds.
fn interval(text: &str) -> Option<(i64, i64)> {
    let member = |pairs: &[(String, String)], name: &str| {
        pairs.iter().find(|(own, _)| own == name).map(|(_, value)| value.clone())
    };
    let outer = restli::record(text)?;
    let granularity = member(&outer, "timeGranularityType")?;
    let range = restli::record(&member(&outer, "timeRange")?)?;
    let (start, end) = (member(&range, "start")?.parse().ok()?, member(&range, "end")?.parse().ok()?);
    (matches!(granularity.as_str(), "DAY" | "MONTH") && start < end).then_some((start, end))
}

/// Of the page's whole life, of one time span, or of some of its posts.
pub(super) fn statistics(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let urn = call.query.text("organizationalEntity").unwrap_or_default();
    let page = own(call, urn)?;
    let span = match call.query.text("timeIntervals") {
        None => None,
        Some(text) => Some(interval(text).ok_or_else(|| Failure::invalid("Invalid timeIntervals"))?),
    };
    let within = |post: &&Post| {
        let at = post.created_at.as_millisecond();
        post.author == page.urn() && span.is_none_or(|(start, end)| (start..end).contains(&at))
    };
    let members = &stage.world.linkedin;
    let posts: Vec<&Post> = members.posts.values().filter(within).collect();
    let mut elements = Vec::new();
    for (parameter, member) in [("shares", "share"), ("ugcPosts", "ugcPost")] {
        let named = call.query.text(parameter).and_then(restli::list).unwrap_or_default();
        for urn in named {
            let post = posts.iter().find(|post| post.urn() == urn);
            let post = *post.ok_or_else(|| Failure::denied(format!("{urn} is not the organization's")))?;
            let mut element = json!({"organizationalEntity": page.urn()});
            element["totalShareStatistics"] = counts(stage, &[post]);
            element[member] = Value::from(urn);
            elements.push(element);
        }
    }
    if !call.query.names("shares") && !call.query.names("ugcPosts") {
        let mut element = json!({"organizationalEntity": page.urn()});
        element["totalShareStatistics"] = counts(stage, &posts);
        if let Some((start, end)) = span {
            element["timeRange"] = json!({"start": start, "end": end});
        }
        elements.push(element);
    }
    Ok(Answer::json(200, &restli::page(call, "/rest/organizationalEntityShareStatistics", &elements)?))
}
