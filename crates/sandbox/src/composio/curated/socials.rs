//! X, LinkedIn and Reddit.

use serde_json::{Value, json};

use crate::composio::effects::Effect::{Add, Change, Get, List, Me, Remove, Run};
use crate::composio::effects::{Desk, Sent, text};
use crate::composio::tool::{Spec, tools};
use crate::people::Person;

const X_READ: &[&str] = &["tweet.read", "users.read"];
const X_WRITE: &[&str] = &["tweet.read", "tweet.write", "users.read"];
const PROFILE: &[&str] = &["openid", "profile"];
const SHARE: &[&str] = &["w_member_social"];
const READ: &[&str] = &["read"];
const SUBMIT: &[&str] = &["submit"];

pub(super) const TWITTER: &[Spec<'static>] = tools! {
    reads X_READ, writes X_WRITE;
    "CREATION_OF_A_POST" Creates "post" "text media__media_ids:list reply__in_reply_to_tweet_id quote_tweet_id poll__options:list poll__duration__minutes:int reply_settings geo__place__id nullcast:bool"
        Run(post), "Creates a post.";
    "POST_LOOKUP_BY_POST_ID" Reads "post" "id@ tweet__fields:list expansions:list" Get, "Gets a post.";
    "POST_DELETE_BY_POST_ID" Destroys "post" "id@" Remove, "Deletes a post.";
    "RECENT_SEARCH" Reads "post" "query! max_results:int next_token start_time end_time tweet__fields:list expansions:list" List, "Searches recent posts.";
    "USER_LOOKUP_ME" Reads "user" "user__fields:list expansions:list" Me(|person| json!({"data": x_user(person)})), "Says who the user is.";
    "USER_LOOKUP_BY_USERNAME" Reads "user" "username!" Run(by_username), "Gets a user by name.";
};

pub(super) const LINKEDIN: &[Spec<'static>] = tools! {
    reads PROFILE, writes SHARE;
    "CREATE_LINKED_IN_POST" Creates "post" "author! commentary! visibility lifecycleState distribution:obj isReshareDisabledByAuthor:bool" Add, "Creates a post.";
    "DELETE_LINKED_IN_POST" Destroys "post" "share_id@" Remove, "Deletes a post.";
    "GET_MY_INFO" Reads "member" "" Me(member), "Says who the member is.";
    "CREATE_COMMENT_ON_POST" Creates "comment" "post_id! text! actor!" Add, "Comments on a post.";
};

pub(super) const REDDIT: &[Spec<'static>] = tools! {
    reads READ, writes SUBMIT;
    "CREATE_REDDIT_POST" Creates "post" "subreddit! title! text url flair_id! kind" Add, "Creates a post.";
    "RETRIEVE_REDDIT_POST" Reads "post" "post_id@" Get, "Gets a post.";
    "DELETE_REDDIT_POST" Destroys "post" "thing_id@" Remove, "Deletes a post.";
    "SEARCH_ACROSS_SUBREDDITS" Reads "post" "query! subreddit sort time_filter limit:int" List, "Searches posts.";
    "POST_REDDIT_COMMENT" Creates "comment" "parent_id! body!" Add, "Comments on a post.";
    "RETRIEVE_POST_COMMENTS" Reads "comment" "post_id!" List, "Lists the comments of a post.";
    "EDIT_REDDIT_COMMENT_OR_POST" Updates "comment" "thing_id@ body!" Change, "Edits a comment.";
    "DELETE_REDDIT_COMMENT" Destroys "comment" "thing_id@" Remove, "Deletes a comment.";
    "GET_USER_FLAIR" Reads "flair" "subreddit!" List, "Lists the flairs of a subreddit.";
};

fn x_user(person: &Person) -> Value {
    json!({"id": person.number.to_string(), "username": person.handle, "name": person.name()})
}

fn by_username(_desk: &mut Desk<'_, '_>, sent: &Sent) -> Result<Value, String> {
    let username = text(sent, "username").trim_start_matches('@');
    let person = crate::people::PEOPLE.iter().find(|person| person.handle == username);
    person.map(|person| json!({"data": x_user(person)})).ok_or_else(|| "Could not find user".to_owned())
}

fn post(desk: &mut Desk<'_, '_>, sent: &Sent) -> Result<Value, String> {
    if text(sent, "text").is_empty() && !sent.contains_key("media__media_ids") {
        return Err("400 Invalid Request: a post needs text or media".to_owned());
    }
    let post = desk.add("post", sent.clone());
    Ok(json!({"data": {"id": post.get("id"), "text": text(sent, "text")}}))
}

fn member(person: &Person) -> Value {
    json!({"sub": person.subject, "name": person.name(), "email": person.email, "author_id": format!("urn:li:person:{}", person.subject)})
}
