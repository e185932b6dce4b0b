//! The API's operations with the scopes, parameters and bodies of the official description.

use super::{Access, Handler, Operation, engagement, lookup, posts, search};
use crate::route::Route;
use crate::strict::{Field, Fields, Shape, may, must};

const ID: Shape = Shape::Like("1 to 19 digits", is_id);

fn is_id(text: &str) -> bool {
    (1..=19).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

const POST_FIELDS: Field = may(
    "post.fields",
    Shape::Commas(&Shape::OneOf(&[
        "article",
        "article_title",
        "attachments",
        "card_uri",
        "community_id",
        "context_annotations",
        "conversation_id",
        "created_at",
        "display_text_range",
        "edit_controls",
        "entities",
        "geo",
        "id",
        "lang",
        "matched_media_notes",
        "media_metadata",
        "non_public_metrics",
        "note_post",
        "note_request_suggestions",
        "organic_metrics",
        "paid_partnership",
        "possibly_sensitive",
        "promoted_metrics",
        "public_metrics",
        "reply_settings",
        "scopes",
        "source",
        "suggested_source_links",
        "suggested_source_links_with_counts",
        "text",
        "withheld",
    ])),
);
const POST_EXPANSIONS: Field = may(
    "expansions",
    Shape::Commas(&Shape::OneOf(&[
        "article.cover_media",
        "article.media_entities",
        "attachments.media_keys",
        "attachments.media_source_tweet",
        "attachments.poll_ids",
        "author_id",
        "edit_history_post_ids",
        "entities.mentions.username",
        "geo.place_id",
        "in_reply_to_user_id",
        "referenced_posts",
        "username",
    ])),
);
const USER_FIELDS: Field = may(
    "user.fields",
    Shape::Commas(&Shape::OneOf(&[
        "confirmed_email",
        "connection_status",
        "created_at",
        "description",
        "entities",
        "id",
        "is_identity_verified",
        "location",
        "name",
        "parody",
        "profile_banner_url",
        "profile_image_url",
        "protected",
        "public_metrics",
        "receives_your_dm",
        "subscribes_to_you",
        "subscription",
        "subscription_type",
        "url",
        "username",
        "verified",
        "verified_followers_count",
        "verified_type",
        "withheld",
    ])),
);
const USER_EXPANSIONS: Field = may(
    "expansions",
    Shape::Commas(&Shape::OneOf(&["affiliation", "most_recent_post_id", "pinned_post_id"])),
);
const MEDIA_FIELDS: Field = may(
    "media.fields",
    Shape::Commas(&Shape::OneOf(&[
        "alt_text",
        "duration_ms",
        "height",
        "media_key",
        "non_public_metrics",
        "organic_metrics",
        "preview_image_url",
        "promoted_metrics",
        "public_metrics",
        "type",
        "url",
        "variants",
        "width",
    ])),
);
const POLL_FIELDS: Field = may(
    "poll.fields",
    Shape::Commas(&Shape::OneOf(&["duration_minutes", "end_datetime", "id", "options", "voting_status"])),
);
const PLACE_FIELDS: Field = may(
    "place.fields",
    Shape::Commas(&Shape::OneOf(&[
        "contained_within",
        "country",
        "country_code",
        "full_name",
        "geo",
        "id",
        "name",
        "place_type",
    ])),
);
const MAX_RESULTS: Field = may("max_results", Shape::Integer);
const NEXT_TOKEN: Field = may("next_token", Shape::Text);
const PAGINATION_TOKEN: Field = may("pagination_token", Shape::Text);
const START_TIME: Field = may("start_time", Shape::Text);
const END_TIME: Field = may("end_time", Shape::Text);
const SINCE_ID: Field = may("since_id", ID);
const UNTIL_ID: Field = may("until_id", ID);

const NONE: Fields = &[];
const ONE_POST: Fields =
    &[POST_FIELDS, POST_EXPANSIONS, USER_FIELDS, MEDIA_FIELDS, POLL_FIELDS, PLACE_FIELDS];
const POSTS: Fields = &[
    must("ids", Shape::Commas(&ID)),
    POST_FIELDS,
    POST_EXPANSIONS,
    USER_FIELDS,
    MEDIA_FIELDS,
    POLL_FIELDS,
    PLACE_FIELDS,
];
const RECENT: Fields = &[
    must("query", Shape::Text),
    MAX_RESULTS,
    NEXT_TOKEN,
    PAGINATION_TOKEN,
    START_TIME,
    END_TIME,
    SINCE_ID,
    UNTIL_ID,
    may("sort_order", Shape::OneOf(&["recency", "relevancy"])),
    POST_FIELDS,
    POST_EXPANSIONS,
    USER_FIELDS,
    MEDIA_FIELDS,
    POLL_FIELDS,
    PLACE_FIELDS,
];
const COUNTS: Fields = &[
    must("query", Shape::Text),
    START_TIME,
    END_TIME,
    SINCE_ID,
    UNTIL_ID,
    NEXT_TOKEN,
    PAGINATION_TOKEN,
    may("granularity", Shape::OneOf(&["minute", "hour", "day"])),
    may("search_count.fields", Shape::Text),
];
const USER: Fields = &[USER_FIELDS, USER_EXPANSIONS, POST_FIELDS];
const TIMELINE: Fields = &[
    MAX_RESULTS,
    PAGINATION_TOKEN,
    START_TIME,
    END_TIME,
    SINCE_ID,
    UNTIL_ID,
    may("exclude", Shape::Commas(&Shape::OneOf(&["replies", "retweets"]))),
    POST_FIELDS,
    POST_EXPANSIONS,
    USER_FIELDS,
    MEDIA_FIELDS,
    POLL_FIELDS,
    PLACE_FIELDS,
];

const WHO_REPLIES: Shape = Shape::OneOf(&["following", "mentionedUsers", "subscribers", "verified"]);
const NEW_POST: Fields = &[
    may("card_uri", Shape::Text),
    may("community_id", ID),
    may("direct_message_deep_link", Shape::Text),
    may("edit_options", Shape::Object(&[must("previous_post_id", ID)])),
    may("for_super_followers_only", Shape::Boolean),
    may("geo", Shape::Object(&[must("place_id", Shape::Text)])),
    may("made_with_ai", Shape::Boolean),
    may(
        "media",
        Shape::Object(&[
            must("media_ids", Shape::List(&ID)),
            may("call_to_actions", Shape::Any),
            may("description", Shape::Text),
            may("embeddable", Shape::Boolean),
            may("preview_media_id", ID),
            may("tagged_user_ids", Shape::List(&ID)),
            may("title", Shape::Text),
        ]),
    ),
    may("nullcast", Shape::Boolean),
    may("paid_partnership", Shape::Boolean),
    may(
        "poll",
        Shape::Object(&[
            must("options", Shape::List(&Shape::Like("1 to 25 characters", is_poll_option))),
            must("duration_minutes", Shape::Integer),
            may("reply_settings", WHO_REPLIES),
        ]),
    ),
    may("quote_tweet_id", ID),
    may(
        "reply",
        Shape::Object(&[
            must("in_reply_to_tweet_id", ID),
            may("auto_populate_reply_metadata", Shape::Boolean),
            may("exclude_reply_user_ids", Shape::List(&Shape::Text)),
        ]),
    ),
    may("reply_settings", WHO_REPLIES),
    may("share_with_followers", Shape::Boolean),
    may("text", Shape::Text),
];

fn is_poll_option(text: &str) -> bool {
    (1..=25).contains(&text.chars().count())
}

const POST_ID: Fields = &[must("tweet_id", ID)];

const READS: &[&str] = &["tweet.read", "users.read"];
const WRITES: &[&str] = &["tweet.write", "tweet.read", "users.read"];
const LIKES: &[&str] = &["like.write", "tweet.read", "users.read"];
const NO_SCOPES: &[&str] = &[];

const fn route(
    method: &'static str,
    path: &'static str,
    operation: &'static str,
    scopes: &'static [&'static str],
    query: Fields,
    run: Handler,
) -> Route<Operation> {
    Route {
        method,
        path,
        operation,
        scopes,
        query,
        body: None,
        handler: Operation { access: Access::UsersOnly, run },
    }
}

/// An app may call it for itself, too.
const fn for_apps(route: Route<Operation>) -> Route<Operation> {
    Route { handler: Operation { access: Access::UsersAndApps, run: route.handler.run }, ..route }
}

const fn taking(route: Route<Operation>, body: Fields) -> Route<Operation> {
    Route { body: Some(body), ..route }
}

pub(super) const ROUTES: &[&[Route<Operation>]] = &[&[
    taking(route("POST", "/2/tweets", "createPosts", WRITES, NONE, posts::create), NEW_POST),
    for_apps(route("GET", "/2/tweets", "getPostsByIds", READS, POSTS, lookup::posts)),
    for_apps(route("GET", "/2/tweets/search/recent", "searchPostsRecent", READS, RECENT, search::recent)),
    for_apps(route(
        "GET",
        "/2/tweets/counts/recent",
        "getPostsCountsRecent",
        NO_SCOPES,
        COUNTS,
        search::counts,
    )),
    for_apps(route("GET", "/2/tweets/{id}", "getPostsById", READS, ONE_POST, lookup::post)),
    route("DELETE", "/2/tweets/{id}", "deletePosts", WRITES, NONE, posts::delete),
    route("GET", "/2/users/me", "getUsersMe", READS, USER, lookup::me),
    for_apps(route("GET", "/2/users/{id}", "getUsersById", READS, USER, lookup::user)),
    for_apps(route(
        "GET",
        "/2/users/by/username/{username}",
        "getUsersByUsername",
        READS,
        USER,
        lookup::user_by_name,
    )),
    for_apps(route("GET", "/2/users/{id}/tweets", "getUsersPosts", READS, TIMELINE, search::of_user)),
    taking(route("POST", "/2/users/{id}/likes", "likePost", LIKES, NONE, engagement::like), POST_ID),
    route("DELETE", "/2/users/{id}/likes/{tweet_id}", "unlikePost", LIKES, NONE, engagement::unlike),
    taking(route("POST", "/2/users/{id}/retweets", "repostPost", WRITES, NONE, engagement::repost), POST_ID),
    route(
        "DELETE",
        "/2/users/{id}/retweets/{source_tweet_id}",
        "unrepostPost",
        WRITES,
        NONE,
        engagement::unrepost,
    ),
]];
