//! Submitting posts, looking things up, and the flairs of posts.

use serde_json::{Value, json};
use url::Url;

use super::failure::Failure;
use super::forum::{Entry, Flair, Forum, Post, Subreddit, Thing, base36};
use super::{Call, listing, show};
use crate::stage::Stage;
use crate::wire::Answer;

const MAX_TITLE: usize = 300;
const MAX_TEXT: usize = 40_000;

/// The flair of that id with the text that it is to have.
fn chosen_flair(subreddit: &Subreddit, id: &str, text: Option<&str>) -> Result<Flair, Failure> {
    let unknown = Failure::Json("BAD_FLAIR_TEMPLATE_ID", "that flair template doesn't exist", "flair");
    let mut flair = subreddit.flairs.iter().find(|flair| flair.id == id).cloned().ok_or(unknown)?;
    match text.filter(|text| !text.is_empty()) {
        Some(_) if !flair.editable => {
            Err(Failure::Json("BAD_FLAIR_TEXT", "the text of that flair can't be changed", "text"))
        }
        Some(text) => {
            text.clone_into(&mut flair.text);
            Ok(flair)
        }
        None => Ok(flair),
    }
}

/// Where a post is to go, and how the place writes its name. Everybody has a place of his own.
fn destination(forum: &Forum, call: &Call) -> Result<(String, Option<Subreddit>), Failure> {
    let name = call.text("sr");
    if name.eq_ignore_ascii_case(&format!("u_{}", call.user())) {
        return Ok((format!("u_{}", call.user()), None));
    }
    let unknown = Failure::Json(
        "SUBREDDIT_NOEXIST",
        "Hmm, that community doesn't exist. Try checking the spelling.",
        "sr",
    );
    let found = forum.subreddits.get(&name.to_lowercase()).ok_or(unknown)?;
    if !found.is_open_to(call.user()) {
        return Err(Failure::Json("SUBREDDIT_NOTALLOWED", "You aren't allowed to post there.", "sr"));
    }
    Ok((found.name.clone(), Some(found.clone())))
}

/// The address of a link post; `None` for a text.
fn link(call: &Call) -> Result<Option<String>, Failure> {
    match (call.text("kind"), call.form.filled("url")) {
        ("self", None) => Ok(None),
        ("self", Some(_)) => Err(Failure::bad("INVALID_OPTION", "sandbox: a text post has no url")),
        ("link", _) if call.form.filled("text").is_some() => {
            Err(Failure::bad("INVALID_OPTION", "sandbox: a link post has no text here"))
        }
        ("link", None) => Err(Failure::Json("NO_URL", "a url is required", "url")),
        ("link", Some(text)) => {
            let web = Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
            let wrong = Failure::Json("BAD_URL", "you should check that url", "url");
            if web { Ok(Some(text.to_owned())) } else { Err(wrong) }
        }
        _ => Err(Failure::bad("INVALID_OPTION", "sandbox: of the kinds only self and link are served")),
    }
}

pub(super) fn submit(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    call.wants_json()?;
    let now = stage.now;
    let forum = &mut stage.world.reddit;
    let (title, text) = (call.text("title").trim(), call.text("text"));
    let (place, subreddit) = destination(forum, call)?;
    if title.is_empty() {
        return Err(Failure::Json("NO_TEXT", "we need something here", "title"));
    }
    if title.chars().count() > MAX_TITLE {
        return Err(Failure::Json("TOO_LONG", "this is too long (max: 300)", "title"));
    }
    if text.chars().count() > MAX_TEXT {
        return Err(Failure::Json("TOO_LONG", "this is too long (max: 40000)", "text"));
    }
    let link = link(call)?;
    let again = call.form.flag("resubmit").unwrap_or(false);
    let known = |post: &Post| !post.entry.deleted && post.subreddit == place && post.link == link;
    if link.is_some() && !again && forum.posts.values().any(known) {
        return Err(Failure::Json("ALREADY_SUB", "that link has already been submitted", "url"));
    }
    let flair = match (&subreddit, call.form.filled("flair_id")) {
        (Some(subreddit), Some(id)) => Some(chosen_flair(subreddit, id, call.form.text("flair_text"))?),
        (Some(subreddit), None) if subreddit.demands_flair => {
            let text = "Your post must contain post flair.";
            return Err(Failure::Json("SUBMIT_VALIDATION_FLAIR_REQUIRED", text, "flair"));
        }
        (None, Some(_)) => {
            return Err(Failure::Json("BAD_FLAIR_TEMPLATE_ID", "there are no flairs", "flair"));
        }
        (_, None) => None,
    };
    let id = forum.add_post(Post {
        entry: Entry::new(call.user(), text, now),
        subreddit: place,
        title: title.to_owned(),
        link,
        flair,
        nsfw: call.form.flag("nsfw").unwrap_or(false),
        spoiler: call.form.flag("spoiler").unwrap_or(false),
        sends_replies: call.form.flag("sendreplies").unwrap_or(true),
    });
    let path = forum.posts.get(&id).map(Post::permalink).unwrap_or_default();
    let data = json!({
        "url": format!("https://www.reddit.com{path}"), "drafts_count": 0, "id": base36(id),
        "name": format!("t3_{}", base36(id)),
    });
    Ok(Answer::json(200, &json!({"json": {"errors": [], "data": data}})))
}

/// Things by full name, subreddits by name, posts by where they link to. What is not there is left out.
pub(super) fn info(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let (forum, user) = (&stage.world.reddit, call.user());
    let mut found: Vec<Value> = Vec::new();
    for name in call.query.text("id").into_iter().flat_map(|ids| ids.split(',')) {
        let thing = match forum.thing(name) {
            Some(Thing::Post(id)) => forum
                .posts
                .get(&id)
                .filter(|post| forum.shows(&post.subreddit, user))
                .map(|post| show::post(forum, user, post)),
            Some(Thing::Comment(id)) => forum
                .comments
                .get(&id)
                .filter(|one| {
                    forum.posts.get(&one.post).is_some_and(|post| forum.shows(&post.subreddit, user))
                })
                .map(|one| show::comment(forum, user, one)),
            _ => forum
                .subreddits
                .values()
                .find(|one| one.fullname() == name)
                .map(|one| show::subreddit(user, one)),
        };
        found.extend(thing);
    }
    for name in call.query.text("sr_name").into_iter().flat_map(|names| names.split(',')) {
        found.extend(forum.subreddits.get(&name.to_lowercase()).map(|one| show::subreddit(user, one)));
    }
    if let Some(address) = call.query.text("url") {
        let posts = listing::visible(stage, call, None);
        let linked = posts.filter(|post| post.link.as_deref() == Some(address));
        found.extend(linked.map(|post| show::post(forum, user, post)));
    }
    Ok(Answer::json(200, &listing::wrap(&found)))
}

pub(super) fn flairs(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let subreddit = stage.world.reddit.subreddit(call.captured("subreddit"), call.user())?;
    let flairs: Vec<Value> = subreddit.flairs.iter().map(show::flair).collect();
    Ok(Answer::json(200, &Value::Array(flairs)))
}

pub(super) fn select_flair(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    call.wants_json()?;
    let forum = &mut stage.world.reddit;
    let subreddit = forum.subreddit(call.captured("subreddit"), call.user())?.clone();
    let Some(Thing::Post(id)) = forum.thing(call.text("link")) else {
        return Err(Failure::Json("BAD_FLAIR_TARGET", "not a valid flair target", "link"));
    };
    let flair = match call.form.filled("flair_template_id") {
        Some(template) => Some(chosen_flair(&subreddit, template, call.form.text("text"))?),
        None => None,
    };
    let post = forum.posts.get_mut(&id).filter(|post| post.subreddit == subreddit.name);
    let post = post.ok_or(Failure::Json("BAD_FLAIR_TARGET", "not a valid flair target", "link"))?;
    if post.entry.author != call.user() && !subreddit.moderators.contains(call.user()) {
        return Err(Failure::forbidden());
    }
    post.flair = flair;
    Ok(Answer::json(200, &json!({"json": {"errors": [], "data": {}}})))
}
