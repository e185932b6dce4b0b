//! Posts, by the Posts API and by its predecessor, the UGC Post API.

use serde_json::{Value, json};

use super::failure::Failure;
use super::members::{Members, Post};
use super::{Call, Purpose, restli};
use crate::stage::Stage;
use crate::strict::Arguments;
use crate::wire::Answer;

const MAX_TEXT: usize = 3000;

fn show(post: &Post) -> Value {
    let published = post.lifecycle_state == "PUBLISHED";
    let mut value = json!({
        "id": post.urn(),
        "author": post.author,
        "commentary": post.commentary,
        "visibility": post.visibility,
        "lifecycleState": post.lifecycle_state,
        "lifecycleStateInfo": {"isEditedByAuthor": post.edited},
        "distribution": post.distribution,
        "isReshareDisabledByAuthor": post.reshare_disabled,
        "createdAt": post.created_at.as_millisecond(),
        "lastModifiedAt": post.modified_at.as_millisecond(),
    });
    let mut set = |name: &str, field: Option<Value>| {
        if let Some(field) = field {
            value[name] = field;
        }
    };
    set("publishedAt", published.then(|| post.created_at.as_millisecond().into()));
    set("content", post.content.clone());
    set("container", post.container.clone().map(Value::from));
    set("reshareContext", post.reshare_of.as_ref().map(|parent| json!({"parent": parent})));
    value
}

fn check_text(text: &str) -> Result<(), Failure> {
    if text.chars().count() > MAX_TEXT {
        let message = format!("ERROR :: /commentary :: length is beyond maximum of {MAX_TEXT}\n");
        return Err(Failure::new(422, "INVALID_VALUE_FOR_FIELD", message));
    }
    Ok(())
}

/// What the post shows must be there, belong to its author and have its bytes.
fn check_media(members: &Members, author: &str, urn: &str) -> Result<(), Failure> {
    let asset = super::media::find(members, urn).ok_or_else(|| {
        Failure::unprocessable(format!("ERROR :: /content/media/id :: {urn} does not exist"))
    })?;
    if asset.owner != author {
        return Err(Failure::unprocessable(format!("{urn} is not owned by the author {author}")));
    }
    match asset.bytes {
        Some(_) => Ok(()),
        None => Err(Failure::unprocessable(format!("{urn} is not ready: its upload has not finished"))),
    }
}

fn check_content(members: &Members, author: &str, content: &Arguments) -> Result<(), Failure> {
    let kinds = ["media", "article", "multiImage", "poll"];
    if kinds.iter().filter(|kind| content.names(kind)).count() != 1 {
        return Err(Failure::unprocessable("ERROR :: /content :: union must have exactly one member\n"));
    }
    if let Some(media) = content.object("media") {
        check_media(members, author, media.text("id").unwrap_or_default())?;
    }
    if let Some(article) = content.object("article")
        && let Some(thumbnail) = article.text("thumbnail")
    {
        check_media(members, author, thumbnail)?;
    }
    let images = content.object("multiImage");
    let images = images.as_ref().and_then(|images| images.value("images")?.as_array());
    for image in images.into_iter().flatten() {
        check_media(members, author, image["id"].as_str().unwrap_or_default())?;
    }
    if images.is_some_and(|images| images.len() < 2) {
        return Err(Failure::unprocessable(
            "ERROR :: /content/multiImage/images :: needs at least 2 images\n",
        ));
    }
    let poll = content.object("poll");
    let options = poll.as_ref().and_then(|poll| poll.value("options")?.as_array());
    if options.is_some_and(|options| !(2..=4).contains(&options.len())) {
        return Err(Failure::unprocessable("ERROR :: /content/poll/options :: a poll has 2 to 4 options\n"));
    }
    Ok(())
}

/// LinkedIn takes no text twice from one author, as long as the text is all there is.
fn refuse_duplicate(members: &Members, post: &Post) -> Result<(), Failure> {
    let plain = |other: &Post| other.content.is_none() && other.reshare_of.is_none();
    let mut earlier = members
        .posts
        .values()
        .filter(|other| plain(other) && other.author == post.author && other.commentary == post.commentary);
    match earlier.next() {
        Some(other) if plain(post) => {
            let message = format!("Content is a duplicate of {}", other.urn());
            Err(Failure::new(422, "DUPLICATE_POST", message))
        }
        _ => Ok(()),
    }
}

pub(super) fn create(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let body = &call.body;
    let text = |name: &str| body.text(name).unwrap_or_default();
    let (author, commentary) = (text("author"), text("commentary"));
    call.acts_for(author, Purpose::Write)?;
    check_text(commentary)?;
    let members = &mut stage.world.linkedin;
    let mut post = Post::new(author, commentary, stage.now);
    text("visibility").clone_into(&mut post.visibility);
    text("lifecycleState").clone_into(&mut post.lifecycle_state);
    post.distribution = body.value("distribution").cloned().unwrap_or_default();
    post.reshare_disabled = body.flag("isReshareDisabledByAuthor").unwrap_or(false);
    post.container = body.text("container").map(str::to_owned);
    if (post.visibility == "CONTAINER") != post.container.is_some() {
        return Err(Failure::unprocessable("sandbox: container goes with the visibility CONTAINER"));
    }
    if let Some(reshare) = body.object("reshareContext") {
        let parent = reshare.text("parent").unwrap_or_default();
        let original = members.post(parent).ok_or_else(|| Failure::not_found(parent))?;
        if original.reshare_disabled {
            return Err(Failure::unprocessable("Reshare is disabled by the author of the original post"));
        }
        if body.names("content") {
            return Err(Failure::unprocessable("A reshare cannot have content of its own"));
        }
        post.reshare_of = Some(original.urn());
    }
    if let Some(content) = body.object("content") {
        check_content(members, author, &content)?;
        let media = content.object("media");
        if media.is_some_and(|media| media.text("id").is_some_and(|id| id.starts_with("urn:li:video:"))) {
            "ugcPost".clone_into(&mut post.kind);
        }
        post.content = body.value("content").cloned();
    } else if commentary.trim().is_empty() && post.reshare_of.is_none() {
        return Err(Failure::unprocessable("ERROR :: /commentary :: a post without content needs a text\n"));
    }
    refuse_duplicate(members, &post)?;
    let urn = members.add_post(post);
    Ok(Answer::empty(201).with("x-restli-id", urn))
}

/// The same for the older API, which nests what it is told.
pub(super) fn create_ugc(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let author = call.body.text("author").unwrap_or_default();
    call.acts_for(author, Purpose::Write)?;
    let share = call.body.object("specificContent");
    let share = share.and_then(|content| content.object("com.linkedin.ugc.ShareContent")).unwrap_or_default();
    let commentary = share.object("shareCommentary").unwrap_or_default();
    let commentary = commentary.text("text").unwrap_or_default();
    check_text(commentary)?;
    let media = share.value("media").and_then(Value::as_array).cloned().unwrap_or_default();
    let category = share.text("shareMediaCategory").unwrap_or_default();
    let field = match category {
        "ARTICLE" => "originalUrl",
        "IMAGE" => "media",
        _ => "",
    };
    if media.is_empty() != field.is_empty() || media.iter().any(|item| item.get(field).is_none()) {
        let message = format!("ERROR :: /specificContent :: media does not fit the category {category}\n");
        return Err(Failure::unprocessable(message));
    }
    let members = &mut stage.world.linkedin;
    if category == "IMAGE" {
        for item in &media {
            check_media(members, author, item["media"].as_str().unwrap_or_default())?;
        }
    }
    let visibility = call.body.object("visibility").unwrap_or_default();
    let mut post = Post::new(author, commentary, stage.now);
    visibility
        .text("com.linkedin.ugc.MemberNetworkVisibility")
        .unwrap_or("PUBLIC")
        .clone_into(&mut post.visibility);
    post.content = match (category, media.first()) {
        ("ARTICLE", Some(item)) => Some(json!({"article": {
            "source": item["originalUrl"], "title": item["title"]["text"], "description": item["description"]["text"],
        }})),
        ("IMAGE", Some(item)) => {
            Some(json!({"media": {"id": item["media"], "title": item["title"]["text"]}}))
        }
        _ => None,
    };
    refuse_duplicate(members, &post)?;
    let urn = members.add_post(post);
    Ok(Answer::json(201, &json!({"id": urn})).with("x-restli-id", urn))
}

/// The post of the path, if the caller may read it as its author does.
fn own<'a>(stage: &'a Stage<'_>, call: &Call, purpose: Purpose) -> Result<&'a Post, Failure> {
    let urn = urn(call)?;
    let post = stage.world.linkedin.post(urn).ok_or_else(|| Failure::not_found(urn))?;
    call.acts_for(&post.author, purpose)?;
    Ok(post)
}

fn urn(call: &Call) -> Result<&str, Failure> {
    let urn = call.captured("urn");
    let kinds = ["urn:li:share:", "urn:li:ugcPost:", "urn:li:activity:"];
    if restli::is_urn(urn) && kinds.iter().any(|kind| urn.starts_with(kind)) {
        return Ok(urn);
    }
    Err(Failure::invalid(format!("Invalid key: {urn} is not the URN of a post")))
}

pub(super) fn get(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let post = own(stage, call, Purpose::Read)?;
    if post.lifecycle_state == "DRAFT" && call.query.text("viewContext") != Some("AUTHOR") {
        return Err(Failure::not_found(call.captured("urn")));
    }
    Ok(Answer::json(200, &show(post)))
}

pub(super) fn find(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let author = call.query.text("author").unwrap_or_default();
    call.acts_for(author, Purpose::Read)?;
    let drafts = call.query.text("viewContext") == Some("AUTHOR");
    let shown = |post: &&Post| post.author == author && (drafts || post.lifecycle_state == "PUBLISHED");
    let mut posts: Vec<&Post> = stage.world.linkedin.posts.values().filter(shown).collect();
    match call.query.text("sortBy") {
        Some("CREATED") => posts.sort_by_key(|post| (post.created_at, post.id)),
        _ => posts.sort_by_key(|post| (post.modified_at, post.id)),
    }
    let elements: Vec<Value> = posts.into_iter().rev().map(show).collect();
    Ok(Answer::json(200, &restli::page(call, "/rest/posts", &elements)?))
}

pub(super) fn update(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    if call.restli_method.as_deref() != Some("PARTIAL_UPDATE") {
        let message = "sandbox: a partial update says so in X-RestLi-Method: PARTIAL_UPDATE";
        return Err(Failure::invalid(message));
    }
    let id = own(stage, call, Purpose::Write)?.id;
    let patch = call.body.object("patch").and_then(|patch| patch.object("$set")).unwrap_or_default();
    if patch.0.is_empty() {
        return Err(Failure::unprocessable("ERROR :: /patch/$set :: nothing is to be set\n"));
    }
    if patch.names("contentCallToActionLabel") || patch.names("contentLandingPage") {
        return Err(Failure::unprocessable("sandbox: of a post only the commentary can be changed here"));
    }
    let now = stage.now;
    if let (Some(text), Some(post)) = (patch.text("commentary"), stage.world.linkedin.posts.get_mut(&id)) {
        check_text(text)?;
        text.clone_into(&mut post.commentary);
        post.edited = true;
        post.modified_at = now;
    }
    Ok(Answer::empty(204))
}

/// Deleting what is gone already succeeds, too.
pub(super) fn delete(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    if call.restli_method.as_deref().is_some_and(|method| method != "DELETE") {
        return Err(Failure::invalid("sandbox: X-RestLi-Method says something else than DELETE"));
    }
    let urn = urn(call)?;
    if stage.world.linkedin.post(urn).is_some() {
        let id = own(stage, call, Purpose::Write)?.id;
        stage.world.linkedin.remove_post(id);
    }
    Ok(Answer::empty(204))
}
