//! `users.*`, who the caller is, and `team.info`.

use serde_json::{Value, json};

use super::Call;
use super::channels::page;
use super::failure::Failure;
use super::workspace::Member;
use crate::oauth::slack;
use crate::stage::Stage;
use crate::wire::Answer;

fn profile(stage: &Stage<'_>, call: &Call, member: &Member) -> Value {
    let mut profile = json!({
        "title": "", "phone": "", "skype": "", "real_name": member.real_name,
        "real_name_normalized": member.real_name, "display_name": member.name,
        "display_name_normalized": member.name, "fields": null, "status_text": "", "status_emoji": "",
        "status_expiration": 0, "avatar_hash": "sandbox", "team": stage.world.slack.team_id,
    });
    // The address takes a scope of its own.
    if let Some(email) = member.email.as_ref().filter(|_| call.caller.has("users:read.email")) {
        profile["email"] = json!(email);
    }
    if let Some(bot_id) = &member.bot_id {
        profile["bot_id"] = json!(bot_id);
    }
    profile
}

fn show(stage: &Stage<'_>, call: &Call, member: &Member) -> Value {
    let team = &stage.world.slack.team_id;
    let mut user = json!({
        "id": member.id,
        "team_id": team,
        "name": member.name,
        "deleted": false,
        "color": "9f69e7",
        "real_name": member.real_name,
        "tz": "Etc/UTC",
        "tz_label": "Coordinated Universal Time",
        "tz_offset": 0,
        "profile": profile(stage, call, member),
        "is_admin": false,
        "is_owner": false,
        "is_primary_owner": false,
        "is_restricted": false,
        "is_ultra_restricted": false,
        "is_bot": member.bot_id.is_some(),
        "is_app_user": false,
        "updated": 0,
    });
    if call.arguments.flag("include_locale").unwrap_or_default() {
        user["locale"] = json!("en-US");
    }
    user
}

pub(super) fn list(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let all: Vec<Value> = stage.world.slack.members.iter().map(|member| show(stage, call, member)).collect();
    let (page, next) = page(call, &all, 200, 1000)?;
    let body = json!({
        "ok": true, "members": page, "cache_ts": stage.now.as_second(), "response_metadata": {"next_cursor": next},
    });
    Ok(Answer::json(200, &body))
}

pub(super) fn info(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let member = stage.world.slack.find_member(call.text("user"));
    let member = member.ok_or(Failure::of("user_not_found"))?;
    Ok(Answer::json(200, &json!({"ok": true, "user": show(stage, call, member)})))
}

pub(super) fn profile_of(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let asked = call.arguments.filled("user").unwrap_or(&call.actor.user);
    let member = stage.world.slack.find_member(asked).ok_or(Failure::of("user_not_found"))?;
    Ok(Answer::json(200, &json!({"ok": true, "profile": profile(stage, call, member)})))
}

pub(super) fn team(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let slack = &stage.world.slack;
    let is_own = |name: &str, own: &str| call.arguments.filled(name).is_none_or(|asked| asked == own);
    if !is_own("team", &slack.team_id) || !is_own("domain", &slack.domain) {
        return Err(Failure::of("team_not_found"));
    }
    let body = json!({
        "ok": true,
        "team": {
            "id": slack.team_id, "name": slack.name, "domain": slack.domain, "email_domain": "example.com",
            "icon": {"image_default": true},
        },
    });
    Ok(Answer::json(200, &body))
}

pub(super) fn lookup_by_email(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let asked = call.text("email");
    let has = |member: &&Member| member.email.as_ref().is_some_and(|email| email.eq_ignore_ascii_case(asked));
    let member = stage.world.slack.members.iter().find(has);
    let member = member.ok_or(Failure::of("users_not_found"))?;
    Ok(Answer::json(200, &json!({"ok": true, "user": show(stage, call, member)})))
}

pub(super) fn auth_test(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let slack = &stage.world.slack;
    let mut body = json!({
        "ok": true,
        "url": format!("https://{}.slack.com/", slack.domain),
        "team": slack.name,
        "user": call.actor.name,
        "team_id": slack.team_id,
        "user_id": call.actor.user,
        "is_enterprise_install": false,
    });
    if let Some(bot_id) = &call.actor.bot_id {
        body["bot_id"] = json!(bot_id);
    }
    Ok(Answer::json(200, &body))
}

pub(super) fn auth_revoke(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let test = call.arguments.flag("test").unwrap_or_default();
    if !test {
        slack::revoke(stage, &call.token);
    }
    Ok(Answer::json(200, &json!({"ok": true, "revoked": !test})))
}
