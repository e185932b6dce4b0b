//! Searches over what the caller can see: words and the qualifiers that matter here.

use serde_json::{Value, json};

use super::Call;
use super::failure::Failure;
use super::hub::{Issue, Repo};
use super::issues::show_issue;
use super::{show, with_link};
use crate::stage::Stage;
use crate::wire::Answer;

/// A search split into words and `name:value`.
struct Query {
    words: Vec<String>,
    qualifiers: Vec<(String, String)>,
}

const MAX_QUERY: usize = 256;

impl Query {
    fn of(call: &Call, resource: &str) -> Result<Self, Failure> {
        let text = call.query.text("q").unwrap_or_default();
        if text.trim().is_empty() {
            return Err(Failure::validation(resource, "q", "missing"));
        }
        if text.chars().count() > MAX_QUERY {
            return Err(Failure::custom(resource, "The search is longer than 256 characters."));
        }
        let mut query = Self { words: Vec::new(), qualifiers: Vec::new() };
        for part in parts(text) {
            match part.split_once(':') {
                Some((name, value)) if !value.is_empty() => {
                    query.qualifiers.push((name.to_lowercase(), value.to_owned()));
                }
                _ => query.words.push(part.to_lowercase()),
            }
        }
        Ok(query)
    }

    fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        let own = self.qualifiers.iter().filter(move |(own, _)| own == name);
        own.map(|(_, value)| value.as_str())
    }

    /// Whether every qualifier of this name holds.
    fn holds(&self, name: &str, test: impl Fn(&str) -> bool) -> bool {
        self.all(name).all(test)
    }
}

/// Splits at blanks outside quotes, and drops the quotes.
fn parts(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut quoted = false;
    for character in text.chars() {
        match character {
            '"' => quoted = !quoted,
            character if character.is_whitespace() && !quoted => parts.push(String::new()),
            character => {
                if let Some(last) = parts.last_mut() {
                    last.push(character);
                }
            }
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

fn found(call: &Call, items: Vec<Value>, search_type: Option<&str>) -> Result<Answer, Failure> {
    let total = items.len();
    let (page, link) = call.cut(items)?;
    let mut body = json!({"total_count": total, "incomplete_results": false, "items": page});
    if let Some(search_type) = search_type {
        body["search_type"] = json!(search_type);
    }
    Ok(with_link(Answer::json(200, &body), link))
}

fn in_repo(query: &Query, repo: &Repo) -> bool {
    let full_name = repo.full_name();
    // Several repositories are alternatives, everything else is a condition.
    let mut repos = query.all("repo").peekable();
    let named = repos.peek().is_none() || repos.any(|name| name.eq_ignore_ascii_case(&full_name));
    let owned = |owner: &str| owner.eq_ignore_ascii_case(&repo.owner);
    named
        && query.holds("user", owned)
        && query.holds("org", owned)
        && query.holds("is", |is| match is {
            "public" => !repo.private,
            "private" => repo.private,
            _ => true,
        })
}

fn order(call: &Call, items: &mut [(i64, Value)]) {
    items.sort_by_key(|(key, _)| *key);
    if call.query.text("order") != Some("asc") {
        items.reverse();
    }
}

pub(super) fn issues(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let query = Query::of(call, "Search")?;
    let base = stage.base;
    let mut items = Vec::new();
    for repo in stage.world.github.repos.iter().filter(|repo| call.sees(repo) && in_repo(&query, repo)) {
        for issue in repo.issues.values().filter(|issue| fits(&query, call, issue)) {
            let mut value = show_issue(base, repo, issue);
            value["score"] = json!(1.0);
            let key = match call.query.text("sort") {
                Some("updated") => issue.updated_at.as_millisecond(),
                Some("comments") => i64::try_from(issue.comments.len()).unwrap_or(i64::MAX),
                _ => issue.created_at.as_millisecond(),
            };
            items.push((key, value));
        }
    }
    order(call, &mut items);
    found(call, items.into_iter().map(|(_, value)| value).collect(), Some("lexical"))
}

fn fits(query: &Query, call: &Call, issue: &Issue) -> bool {
    let me = |login: &str| if login == "@me" { call.login().to_owned() } else { login.to_owned() };
    let bodies = issue.comments.iter().map(|comment| comment.body.as_str());
    let places: Vec<String> = bodies
        .chain([issue.title.as_str(), issue.body.as_deref().unwrap_or_default()])
        .map(str::to_lowercase)
        .collect();
    let kind = |kind: &str| match kind {
        "issue" => issue.pull.is_none(),
        "pr" | "pull-request" => issue.pull.is_some(),
        "open" | "closed" => issue.state() == kind,
        "merged" => issue.pull.as_ref().is_some_and(|pull| pull.merged.is_some()),
        "draft" => issue.pull.as_ref().is_some_and(|pull| pull.draft),
        _ => true,
    };
    query.words.iter().all(|word| places.iter().any(|place| place.contains(word)))
        && query.holds("is", kind)
        && query.holds("type", kind)
        && query.holds("state", |state| issue.state() == state)
        && query.holds("author", |login| me(login) == issue.login)
        && query.holds("assignee", |login| issue.assignees.contains(&me(login)))
        && query.holds("label", |label| issue.labels.iter().any(|own| own.eq_ignore_ascii_case(label)))
}

pub(super) fn code(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let query = Query::of(call, "Search")?;
    if query.words.is_empty() {
        return Err(Failure::custom(
            "Search",
            "Must include at least one user, organization, or repository and a search term",
        ));
    }
    let base = stage.base;
    let mut items = Vec::new();
    for repo in stage.world.github.repos.iter().filter(|repo| call.sees(repo) && in_repo(&query, repo)) {
        let Some(commit) = repo.branch(&repo.default_branch) else {
            continue;
        };
        for (path, sha) in &commit.tree {
            let text = String::from_utf8_lossy(&repo.blob(sha)).to_lowercase();
            let name = path.rsplit('/').next().unwrap_or_default();
            let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
            let fits =
                query.words.iter().all(|word| text.contains(word) || path.to_lowercase().contains(word))
                    && query.holds("path", |prefix| path.starts_with(prefix.trim_start_matches('/')))
                    && query.holds("filename", |wanted| name.eq_ignore_ascii_case(wanted))
                    && query.holds("extension", |wanted| extension.eq_ignore_ascii_case(wanted));
            if fits {
                let mut value = show::file(base, repo, path, sha, &commit.sha);
                if let Value::Object(file) = &mut value {
                    for name in ["size", "download_url", "type", "_links"] {
                        file.remove(name);
                    }
                }
                value["repository"] = show::repo(base, repo, call.login());
                value["score"] = json!(1.0);
                items.push(value);
            }
        }
    }
    found(call, items, None)
}

pub(super) fn repositories(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let query = Query::of(call, "Search")?;
    let base = stage.base;
    let mut items = Vec::new();
    for repo in stage.world.github.repos.iter().filter(|repo| call.sees(repo) && in_repo(&query, repo)) {
        let description = repo.description.as_deref().unwrap_or_default().to_lowercase();
        let name = repo.full_name().to_lowercase();
        let fits = query.words.iter().all(|word| name.contains(word) || description.contains(word))
            && query.holds("archived", |value| repo.archived.to_string() == value);
        if fits {
            let mut value = show::repo(base, repo, call.login());
            value["score"] = json!(1.0);
            let key = match call.query.text("sort") {
                Some("updated") => repo.updated_at.as_millisecond(),
                _ => i64::try_from(repo.stars.len()).unwrap_or(i64::MAX),
            };
            items.push((key, value));
        }
    }
    order(call, &mut items);
    found(call, items.into_iter().map(|(_, value)| value).collect(), None)
}
