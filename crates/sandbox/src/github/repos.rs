//! The user, repositories and stars.

use serde_json::{Value, json};

use super::Call;
use super::failure::Failure;
use super::hub::{Authored, Repo};
use super::show;
use crate::stage::{Stage, later, written};
use crate::wire::Answer;

pub(super) fn user(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let person = call.person();
    let owned = |private: bool| {
        let repos = stage.world.github.repos.iter();
        repos.filter(|repo| repo.owner == person.handle && repo.private == private).count()
    };
    let mut value = show::user(stage.base, person.handle);
    let public = json!({
        "name": person.name(),
        "company": null,
        "blog": "",
        "location": null,
        "email": null,
        "hireable": null,
        "bio": null,
        "twitter_username": null,
        "public_repos": owned(false),
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "created_at": written(later(stage.now, -365 * 86_400)),
        "updated_at": written(stage.now),
    });
    extend(&mut value, public);
    // The private half of the profile takes a scope.
    if call.caller.has_any(&["user", "read:user"]) {
        let private = owned(true);
        extend(
            &mut value,
            json!({
                "email": person.email, "private_gists": 0, "total_private_repos": private,
                "owned_private_repos": private, "disk_usage": 1, "collaborators": 0,
                "two_factor_authentication": true,
                "plan": {"name": "free", "space": 1_000_000, "collaborators": 0, "private_repos": 10_000},
            }),
        );
    }
    Ok(Answer::json(200, &value))
}

fn extend(into: &mut Value, from: Value) {
    if let (Value::Object(into), Value::Object(from)) = (into, from) {
        into.extend(from);
    }
}

pub(super) fn list(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let query = &call.query;
    let kind = query.text("type");
    if kind.is_some() && (query.names("visibility") || query.names("affiliation")) {
        let message = "If you specify visibility or affiliation, you cannot specify type.";
        return Err(Failure::unprocessable(message));
    }
    let login = call.login();
    let affiliation = query.text("affiliation").unwrap_or("owner,collaborator,organization_member");
    let affiliated = |name: &str| affiliation.split(',').any(|own| own.trim() == name);
    if !affiliation
        .split(',')
        .all(|own| matches!(own.trim(), "owner" | "collaborator" | "organization_member"))
    {
        return Err(Failure::validation("Repository", "affiliation", "invalid"));
    }
    let wanted = |repo: &&Repo| {
        let owns = repo.owner == login;
        let by_affiliation = if owns { affiliated("owner") } else { affiliated("collaborator") };
        let by_visibility = match query.text("visibility").or(kind) {
            Some("public") => !repo.private,
            Some("private") => repo.private,
            Some("owner") => owns,
            Some("member") => !owns,
            _ => true,
        };
        repo.is_collaborator(login) && call.sees(repo) && by_affiliation && by_visibility
    };
    let mut repos: Vec<&Repo> = stage.world.github.repos.iter().filter(wanted).collect();
    let sort = query.text("sort").unwrap_or("full_name");
    repos.sort_by(|a, b| match sort {
        "created" => b.created_at.cmp(&a.created_at),
        "updated" => b.updated_at.cmp(&a.updated_at),
        "pushed" => b.pushed_at.cmp(&a.pushed_at),
        _ => a.full_name().cmp(&b.full_name()),
    });
    let natural = if sort == "full_name" { "asc" } else { "desc" };
    if query.text("direction").is_some_and(|direction| direction != natural) {
        repos.reverse();
    }
    let base = stage.base;
    call.page(repos.into_iter().map(|repo| show::repo(base, repo, login)).collect())
}

pub(super) fn get(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let base = stage.base;
    let repo = call.repo(stage)?;
    Ok(Answer::json(200, &show::full_repo(base, repo, call.login())))
}

fn check_name(stage: &Stage<'_>, call: &Call, name: &str) -> Result<(), Failure> {
    let allowed = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
    if name.is_empty() || name.len() > 100 || !name.chars().all(allowed) || matches!(name, "." | "..") {
        return Err(Failure::validation("Repository", "name", "invalid"));
    }
    if stage.world.github.find(call.login(), name).is_some() {
        return Err(Failure::custom("Repository", "name already exists on this account"));
    }
    Ok(())
}

pub(super) fn create(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let private = call.body.flag("private").unwrap_or_default();
    if private && !call.caller.has("repo") {
        return Err(Failure::not_found().for_scope());
    }
    let name = call.body.text("name").unwrap_or_default();
    check_name(stage, call, name)?;
    let person = call.person();
    let id = stage.world.github.next_id();
    let mut repo = Repo::new(id, person.handle, name, stage.now);
    repo.private = private;
    repo.description = call.body.text("description").map(str::to_owned);
    repo.homepage = call.body.text("homepage").map(str::to_owned);
    if call.body.flag("auto_init").unwrap_or_default() {
        let sha = repo.store(format!("# {name}\n").as_bytes());
        let tree = [("README.md".to_owned(), sha)].into();
        let authored = Authored {
            message: "Initial commit".to_owned(),
            login: person.handle.to_owned(),
            name: person.name(),
            email: person.email.to_owned(),
            date: stage.now,
        };
        repo.commit("main", tree, Vec::new(), authored);
    }
    let shown = show::full_repo(stage.base, &repo, person.handle);
    stage.world.github.repos.push(repo);
    let location = shown["url"].as_str().unwrap_or_default().to_owned();
    Ok(Answer::json(201, &shown).with("location", location))
}

/// The repository, if the caller administers it.
fn owned<'a>(stage: &'a mut Stage<'_>, call: &Call) -> Result<&'a mut Repo, Failure> {
    let repo = call.writable(stage)?;
    if repo.owner == call.login() {
        Ok(repo)
    } else {
        Err(Failure::forbidden("Must have admin rights to Repository."))
    }
}

pub(super) fn update(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let (base, now, body) = (stage.base, stage.now, &call.body);
    let current = owned(stage, call)?.name.clone();
    if let Some(name) = body.text("name").filter(|name| !name.eq_ignore_ascii_case(&current)) {
        check_name(stage, call, name)?;
    }
    let repo = owned(stage, call)?;
    if let Some(branch) = body.text("default_branch") {
        if repo.branch(branch).is_none() {
            return Err(Failure::validation("Repository", "default_branch", "invalid"));
        }
        branch.clone_into(&mut repo.default_branch);
    }
    if let Some(name) = body.text("name") {
        name.clone_into(&mut repo.name);
    }
    if body.names("description") {
        repo.description = body.text("description").map(str::to_owned);
    }
    if body.names("homepage") {
        repo.homepage = body.text("homepage").map(str::to_owned);
    }
    let visibility = body.text("visibility").map(|visibility| visibility == "private");
    repo.private = visibility.or(body.flag("private")).unwrap_or(repo.private);
    repo.archived = body.flag("archived").unwrap_or(repo.archived);
    repo.updated_at = now;
    Ok(Answer::json(200, &show::full_repo(base, repo, call.login())))
}

pub(super) fn delete(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let repo = call.repo(stage)?;
    let id = repo.id;
    if repo.owner != call.login() {
        return Err(Failure::forbidden("Must have admin rights to Repository."));
    }
    stage.world.github.repos.retain(|repo| repo.id != id);
    Ok(Answer::empty(204))
}

pub(super) fn is_starred(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let repo = call.repo(stage)?;
    if repo.stars.contains(call.login()) { Ok(Answer::empty(204)) } else { Err(Failure::not_found()) }
}

pub(super) fn star(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    call.writable(stage)?.stars.insert(call.login().to_owned());
    Ok(Answer::empty(204))
}

pub(super) fn unstar(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    call.writable(stage)?.stars.remove(call.login());
    Ok(Answer::empty(204))
}
