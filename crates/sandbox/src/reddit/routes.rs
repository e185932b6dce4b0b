//! The API's operations with the scope, parameters and forms of Reddit's reference.

use super::forum::is_fullname;
use super::{Handler, comments, inbox, listing, people, posts, search, subreddits, tree, votes};
use crate::route::{Route, get, post};
use crate::strict::{Field, Fields, Shape, may, must};

const FULLNAME: Shape = Shape::Like("a full name such as t3_1abc", is_fullname);
const FULLNAMES: Shape = Shape::Like("full names with commas", |text| text.split(',').all(is_fullname));
const SPAN: Shape = Shape::OneOf(&["hour", "day", "week", "month", "year", "all"]);
const LIMIT: Shape = Shape::Like("a number from 1 to 100", |text| {
    text.parse().is_ok_and(|limit: u32| (1..=100).contains(&limit))
});

const AFTER: Field = may("after", FULLNAME);
const BEFORE: Field = may("before", FULLNAME);
const COUNT: Field = may("count", Shape::Integer);
const MOST: Field = may("limit", LIMIT);
const SHOW: Field = may("show", Shape::OneOf(&["all"]));
const API_TYPE: Field = may("api_type", Shape::OneOf(&["json"]));

const NONE: Fields = &[];
const LISTING: Fields = &[AFTER, BEFORE, COUNT, MOST, SHOW];
const IN_SPAN: Fields = &[AFTER, BEFORE, COUNT, MOST, SHOW, may("t", SPAN)];
const SEARCH: Fields = &[
    must("q", Shape::Text),
    may("restrict_sr", Shape::Boolean),
    may("sort", Shape::OneOf(&["relevance", "hot", "top", "new", "comments"])),
    may("t", SPAN),
    may("type", Shape::Text),
    may("include_over_18", Shape::Boolean),
    AFTER,
    BEFORE,
    COUNT,
    MOST,
    SHOW,
];
const HISTORY: Fields = &[
    AFTER,
    BEFORE,
    COUNT,
    MOST,
    SHOW,
    may("sort", Shape::OneOf(&["hot", "new", "top", "controversial"])),
    may("t", SPAN),
    may("type", Shape::OneOf(&["links", "comments"])),
];
const FIND_SUBREDDITS: Fields = &[
    must("q", Shape::Text),
    may("sort", Shape::OneOf(&["relevance", "activity"])),
    AFTER,
    BEFORE,
    COUNT,
    MOST,
    SHOW,
];
const COMMENTS: Fields = &[
    may("comment", Shape::Like("an id without t1_", |text| super::forum::number(text).is_some())),
    may(
        "context",
        Shape::Like("a number from 0 to 8", |text| text.parse().is_ok_and(|context: u32| context <= 8)),
    ),
    may("depth", Shape::Integer),
    may("limit", Shape::Integer),
    may("sort", Shape::OneOf(&["confidence", "top", "new", "controversial", "old", "random", "qa", "live"])),
];
const INFO: Fields = &[may("id", FULLNAMES), may("sr_name", Shape::Text), may("url", Shape::Text)];
const MESSAGES: Fields = &[AFTER, BEFORE, COUNT, MOST, SHOW, may("mark", Shape::Boolean)];

const SUBMIT: Fields = &[
    API_TYPE,
    must("sr", Shape::Text),
    must("title", Shape::Text),
    must("kind", Shape::OneOf(&["link", "self", "image", "video", "videogif"])),
    may("text", Shape::Text),
    may("url", Shape::Text),
    may("nsfw", Shape::Boolean),
    may("spoiler", Shape::Boolean),
    may("resubmit", Shape::Boolean),
    may("sendreplies", Shape::Boolean),
    may("flair_id", Shape::Like("at most 36 characters", |text| text.len() <= 36)),
    may("flair_text", Shape::Like("at most 64 characters", |text| text.chars().count() <= 64)),
];
const TEXT: Fields = &[API_TYPE, must("thing_id", FULLNAME), must("text", Shape::Text)];
const ID: Fields = &[API_TYPE, must("id", FULLNAME)];
const IDS: Fields = &[API_TYPE, must("id", FULLNAMES)];
const VOTE: Fields = &[API_TYPE, must("id", FULLNAME), must("dir", Shape::OneOf(&["-1", "0", "1"]))];
const SUBSCRIBE: Fields = &[
    API_TYPE,
    must("action", Shape::OneOf(&["sub", "unsub"])),
    may("sr", FULLNAMES),
    may("sr_name", Shape::Text),
    may("skip_initial_defaults", Shape::Boolean),
];
const COMPOSE: Fields =
    &[API_TYPE, must("to", Shape::Text), must("subject", Shape::Text), must("text", Shape::Text)];
const FLAIR: Fields = &[
    API_TYPE,
    must("link", FULLNAME),
    may("flair_template_id", Shape::Text),
    may("text", Shape::Like("at most 64 characters", |text| text.chars().count() <= 64)),
];

type Operation = Route<Handler>;
type Scope = &'static [&'static str];

const READ: Scope = &["read"];
const HISTORY_SCOPE: Scope = &["history"];
const MINE: Scope = &["mysubreddits"];
const MAIL: Scope = &["privatemessages"];

pub(super) const READS: &[Operation] = &[
    get("/api/v1/me", "me", &["identity"], NONE, people::me),
    get("/api/v1/me/karma", "me.karma", MINE, NONE, people::karma),
    get("/api/v1/me/prefs", "me.prefs", &["identity"], &[may("fields", Shape::Text)], people::preferences),
    get("/subreddits/mine/subscriber", "subreddits.mine.subscriber", MINE, LISTING, subreddits::mine),
    get("/subreddits/mine/contributor", "subreddits.mine.contributor", MINE, LISTING, subreddits::mine),
    get("/subreddits/mine/moderator", "subreddits.mine.moderator", MINE, LISTING, subreddits::mine),
    get("/subreddits/search", "subreddits.search", READ, FIND_SUBREDDITS, subreddits::search),
    get("/subreddits/popular", "subreddits.popular", READ, LISTING, subreddits::everywhere),
    get("/subreddits/new", "subreddits.new", READ, LISTING, subreddits::everywhere),
    get("/subreddits/default", "subreddits.default", READ, LISTING, subreddits::everywhere),
    get("/hot", "hot", READ, LISTING, listing::posts),
    get("/new", "new", READ, LISTING, listing::posts),
    get("/rising", "rising", READ, LISTING, listing::posts),
    get("/top", "top", READ, IN_SPAN, listing::posts),
    get("/controversial", "controversial", READ, IN_SPAN, listing::posts),
    get("/best", "best", READ, LISTING, listing::posts),
    get("/r/{subreddit}/hot", "r.hot", READ, LISTING, listing::posts),
    get("/r/{subreddit}/new", "r.new", READ, LISTING, listing::posts),
    get("/r/{subreddit}/rising", "r.rising", READ, LISTING, listing::posts),
    get("/r/{subreddit}/top", "r.top", READ, IN_SPAN, listing::posts),
    get("/r/{subreddit}/controversial", "r.controversial", READ, IN_SPAN, listing::posts),
    get("/r/{subreddit}/about", "r.about", READ, NONE, subreddits::about),
    get("/r/{subreddit}/about/rules", "r.rules", READ, NONE, subreddits::rules),
    get(
        "/api/v1/{subreddit}/post_requirements",
        "post_requirements",
        &["submit"],
        NONE,
        subreddits::requirements,
    ),
    get("/r/{subreddit}/search", "r.search", READ, SEARCH, search::posts),
    get("/search", "search", READ, SEARCH, search::posts),
    get("/r/{subreddit}/comments/{article}", "r.comments", READ, COMMENTS, tree::comments),
    get("/comments/{article}", "comments", READ, COMMENTS, tree::comments),
    get("/api/info", "info", READ, INFO, posts::info),
    get("/user/{username}/about", "user.about", READ, NONE, people::about),
    get("/user/{username}/overview", "user.overview", HISTORY_SCOPE, HISTORY, people::history),
    get("/user/{username}/submitted", "user.submitted", HISTORY_SCOPE, HISTORY, people::history),
    get("/user/{username}/comments", "user.comments", HISTORY_SCOPE, HISTORY, people::history),
    get("/user/{username}/saved", "user.saved", HISTORY_SCOPE, HISTORY, people::history),
    get("/user/{username}/upvoted", "user.upvoted", HISTORY_SCOPE, HISTORY, people::history),
    get("/user/{username}/downvoted", "user.downvoted", HISTORY_SCOPE, HISTORY, people::history),
    get("/message/inbox", "message.inbox", MAIL, MESSAGES, inbox::list),
    get("/message/unread", "message.unread", MAIL, MESSAGES, inbox::list),
    get("/message/sent", "message.sent", MAIL, MESSAGES, inbox::list),
    get("/r/{subreddit}/api/link_flair_v2", "link_flair_v2", &["flair"], NONE, posts::flairs),
];

pub(super) const WRITES: &[Operation] = &[
    post("/api/submit", "submit", &["submit"], NONE, SUBMIT, posts::submit),
    post("/api/comment", "comment", &["submit"], NONE, TEXT, comments::create),
    post("/api/editusertext", "editusertext", &["edit"], NONE, TEXT, comments::edit),
    post("/api/del", "del", &["edit"], NONE, ID, comments::delete),
    post("/api/vote", "vote", &["vote"], NONE, VOTE, votes::vote),
    post("/api/save", "save", &["save"], NONE, ID, votes::save),
    post("/api/unsave", "unsave", &["save"], NONE, ID, votes::unsave),
    post("/api/subscribe", "subscribe", &["subscribe"], NONE, SUBSCRIBE, subreddits::subscribe),
    post("/api/compose", "compose", MAIL, NONE, COMPOSE, inbox::compose),
    post("/api/read_message", "read_message", MAIL, NONE, IDS, inbox::mark_read),
    post("/api/unread_message", "unread_message", MAIL, NONE, IDS, inbox::mark_unread),
    post("/r/{subreddit}/api/selectflair", "selectflair", &["flair"], NONE, FLAIR, posts::select_flair),
];
