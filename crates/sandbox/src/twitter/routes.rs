//! The API's operations with the scopes, parameters and bodies of the official description.

use super::fields::{
    DM_EXPANSIONS, DM_FIELDS, END_TIME, ID, LIST_EXPANSIONS, LIST_FIELDS, MAX_RESULTS, MEDIA_FIELDS,
    NEXT_TOKEN, PAGINATION_TOKEN, PLACE_FIELDS, POLL_FIELDS, POST_EXPANSIONS, POST_FIELDS, SINCE_ID,
    START_TIME, UNTIL_ID, USER_EXPANSIONS, USER_FIELDS,
};
use super::{
    Access, Operation, bodies, bookmarks, engagement, follows, lists, lookup, media, messages, posts, search,
};
use crate::route::{Route, route};
use crate::strict::{Field, Fields, Shape, may, must};

const NONE: Fields = &[];
const EXCLUDE: Field = may("exclude", Shape::Commas(&Shape::OneOf(&["replies", "retweets"])));
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
const SEARCH: Fields = &[
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
const USERS_BY_ID: Fields = &[must("ids", Shape::Commas(&ID)), USER_FIELDS, USER_EXPANSIONS, POST_FIELDS];
const USERS_BY_NAME: Fields = &[
    must("usernames", Shape::Commas(&Shape::Like("1 to 15 letters, digits and underscores", is_username))),
    USER_FIELDS,
    USER_EXPANSIONS,
    POST_FIELDS,
];
const FIND_USERS: Fields = &[
    must("query", Shape::Like("1 to 50 letters, digits, blanks and _'", is_user_query)),
    MAX_RESULTS,
    NEXT_TOKEN,
    USER_FIELDS,
    USER_EXPANSIONS,
    POST_FIELDS,
];
const USERS: Fields = &[MAX_RESULTS, PAGINATION_TOKEN, USER_FIELDS, USER_EXPANSIONS, POST_FIELDS];
const LIST: Fields = &[LIST_FIELDS, LIST_EXPANSIONS, USER_FIELDS];
const LISTS: Fields = &[MAX_RESULTS, PAGINATION_TOKEN, LIST_FIELDS, LIST_EXPANSIONS, USER_FIELDS];
const DM_EVENTS: Fields = &[
    MAX_RESULTS,
    PAGINATION_TOKEN,
    may(
        "event_types",
        Shape::Commas(&Shape::OneOf(&["MessageCreate", "ParticipantsJoin", "ParticipantsLeave"])),
    ),
    DM_FIELDS,
    DM_EXPANSIONS,
    USER_FIELDS,
    POST_FIELDS,
    MEDIA_FIELDS,
];
const POST_PAGES: Fields = &[
    MAX_RESULTS,
    PAGINATION_TOKEN,
    POST_FIELDS,
    POST_EXPANSIONS,
    USER_FIELDS,
    MEDIA_FIELDS,
    POLL_FIELDS,
    PLACE_FIELDS,
];
const QUOTES: Fields = &[
    MAX_RESULTS,
    PAGINATION_TOKEN,
    EXCLUDE,
    POST_FIELDS,
    POST_EXPANSIONS,
    USER_FIELDS,
    MEDIA_FIELDS,
    POLL_FIELDS,
    PLACE_FIELDS,
];
const MENTIONS: Fields = &[
    MAX_RESULTS,
    PAGINATION_TOKEN,
    START_TIME,
    END_TIME,
    SINCE_ID,
    UNTIL_ID,
    POST_FIELDS,
    POST_EXPANSIONS,
    USER_FIELDS,
    MEDIA_FIELDS,
    POLL_FIELDS,
    PLACE_FIELDS,
];
const TIMELINE: Fields = &[
    MAX_RESULTS,
    PAGINATION_TOKEN,
    START_TIME,
    END_TIME,
    SINCE_ID,
    UNTIL_ID,
    EXCLUDE,
    POST_FIELDS,
    POST_EXPANSIONS,
    USER_FIELDS,
    MEDIA_FIELDS,
    POLL_FIELDS,
    PLACE_FIELDS,
];

const UPLOAD_STATUS: Fields = &[must("media_id", ID), may("command", Shape::OneOf(&["STATUS"]))];

const READS: &[&str] = &["tweet.read", "users.read"];
const WRITES: &[&str] = &["tweet.write", "tweet.read", "users.read"];
const READS_LIKES: &[&str] = &["like.read", "tweet.read", "users.read"];
const LIKES: &[&str] = &["like.write", "tweet.read", "users.read"];
const READS_BOOKMARKS: &[&str] = &["bookmark.read", "tweet.read", "users.read"];
const BOOKMARKS: &[&str] = &["bookmark.write", "tweet.read", "users.read"];
const READS_FOLLOWS: &[&str] = &["follows.read", "tweet.read", "users.read"];
const FOLLOWS: &[&str] = &["follows.write", "tweet.read", "users.read"];
const READS_LISTS: &[&str] = &["list.read", "tweet.read", "users.read"];
const WRITES_LISTS: &[&str] = &["list.write", "tweet.read", "users.read"];
const MAKES_LISTS: &[&str] = &["list.read", "list.write", "tweet.read", "users.read"];
const READS_MESSAGES: &[&str] = &["dm.read", "tweet.read", "users.read"];
const WRITES_MESSAGES: &[&str] = &["dm.write", "tweet.read", "users.read"];
const DELETES_MESSAGES: &[&str] = &["dm.read", "dm.write"];
const MEDIA: &[&str] = &["media.write"];
const NO_SCOPES: &[&str] = &[];

fn is_username(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    (1..=15).contains(&text.len()) && text.bytes().all(allowed)
}

fn is_user_query(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_' ".contains(&byte);
    (1..=50).contains(&text.len()) && text.bytes().all(allowed)
}

macro_rules! route {
    ($access:ident $method:literal $path:literal $operation:literal $scopes:ident $query:ident - $run:path) => {
        route($method, concat!("/2", $path), $operation, $scopes, $query, None, Operation { access: Access::$access, run: $run })
    };
    ($access:ident $method:literal $path:literal $operation:literal $scopes:ident $query:ident $body:ident $run:path) => {
        Route { body: Some(bodies::$body), ..route!($access $method $path $operation $scopes $query - $run) }
    };
}

pub(super) const ROUTES: &[&[Route<Operation>]] =
    &[POST_ROUTES, USER_ROUTES, LIST_ROUTES, MESSAGE_ROUTES, MEDIA_ROUTES];

const POST_ROUTES: &[Route<Operation>] = &[
    route!(UsersOnly "POST" "/tweets" "createPosts" WRITES NONE NEW_POST posts::create),
    route!(UsersAndApps "GET" "/tweets" "getPostsByIds" READS POSTS - lookup::posts),
    route!(UsersAndApps "GET" "/tweets/search/recent" "searchPostsRecent" READS SEARCH - search::recent),
    route!(AppsOnly "GET" "/tweets/search/all" "searchPostsAll" NO_SCOPES SEARCH - search::all),
    route!(UsersAndApps "GET" "/tweets/counts/recent" "getPostsCountsRecent" NO_SCOPES COUNTS - search::counts),
    route!(UsersAndApps "GET" "/tweets/{id}" "getPostsById" READS ONE_POST - lookup::post),
    route!(UsersOnly "DELETE" "/tweets/{id}" "deletePosts" WRITES NONE - posts::delete),
    route!(UsersOnly "GET" "/tweets/{id}/liking_users" "getPostsLikingUsers" READS_LIKES USERS - engagement::likers),
    route!(UsersAndApps "GET" "/tweets/{id}/retweeted_by" "getPostsRepostedBy" READS USERS - engagement::reposters),
    route!(UsersAndApps "GET" "/tweets/{id}/quote_tweets" "getPostsQuotedPosts" READS QUOTES - search::quotes),
];

const USER_ROUTES: &[Route<Operation>] = &[
    route!(UsersAndApps "GET" "/users" "getUsersByIds" READS USERS_BY_ID - lookup::users),
    route!(UsersAndApps "GET" "/users/by" "getUsersByUsernames" READS USERS_BY_NAME - lookup::users_by_name),
    route!(UsersOnly "GET" "/users/me" "getUsersMe" READS USER - lookup::me),
    route!(UsersOnly "GET" "/users/search" "searchUsers" READS FIND_USERS - follows::search),
    route!(UsersAndApps "GET" "/users/{id}" "getUsersById" READS USER - lookup::user),
    route!(UsersAndApps "GET" "/users/by/username/{username}" "getUsersByUsername" READS USER - lookup::user_by_name),
    route!(UsersAndApps "GET" "/users/{id}/tweets" "getUsersPosts" READS TIMELINE - search::of_user),
    route!(UsersAndApps "GET" "/users/{id}/mentions" "getUsersMentions" READS MENTIONS - search::mentions),
    route!(UsersOnly "GET" "/users/{id}/timelines/reverse_chronological" "getUsersTimeline" READS TIMELINE - search::home),
    route!(UsersOnly "GET" "/users/{id}/liked_tweets" "getUsersLikedPosts" READS_LIKES POST_PAGES - engagement::liked),
    route!(UsersOnly "POST" "/users/{id}/likes" "likePost" LIKES NONE POST_ID engagement::like),
    route!(UsersOnly "DELETE" "/users/{id}/likes/{tweet_id}" "unlikePost" LIKES NONE - engagement::unlike),
    route!(UsersOnly "POST" "/users/{id}/retweets" "repostPost" WRITES NONE POST_ID engagement::repost),
    route!(UsersOnly "DELETE" "/users/{id}/retweets/{source_tweet_id}" "unrepostPost" WRITES NONE - engagement::unrepost),
    route!(UsersOnly "GET" "/users/{id}/bookmarks" "getUsersBookmarks" READS_BOOKMARKS POST_PAGES - bookmarks::list),
    route!(UsersOnly "POST" "/users/{id}/bookmarks" "createUsersBookmark" BOOKMARKS NONE BOOKMARK bookmarks::add),
    route!(UsersOnly "DELETE" "/users/{id}/bookmarks/{tweet_id}" "deleteUsersBookmark" BOOKMARKS NONE - bookmarks::remove),
    route!(UsersAndApps "GET" "/users/{id}/followers" "getUsersFollowers" READS_FOLLOWS USERS - follows::followers),
    route!(UsersAndApps "GET" "/users/{id}/following" "getUsersFollowing" READS_FOLLOWS USERS - follows::following),
    route!(UsersOnly "POST" "/users/{id}/following" "followUser" FOLLOWS NONE FOLLOW follows::follow),
    route!(UsersOnly "DELETE" "/users/{id}/following/{target_user_id}" "unfollowUser" FOLLOWS NONE - follows::unfollow),
    route!(UsersAndApps "GET" "/users/{id}/owned_lists" "getUsersOwnedLists" READS_LISTS LISTS - lists::owned),
];

const LIST_ROUTES: &[Route<Operation>] = &[
    route!(UsersOnly "POST" "/lists" "createLists" MAKES_LISTS NONE NEW_LIST lists::create),
    route!(UsersAndApps "GET" "/lists/{id}" "getListsById" READS_LISTS LIST - lists::get),
    route!(UsersOnly "DELETE" "/lists/{id}" "deleteLists" WRITES_LISTS NONE - lists::delete),
    route!(UsersAndApps "GET" "/lists/{id}/members" "getListsMembers" READS_LISTS USERS - lists::members),
    route!(UsersOnly "POST" "/lists/{id}/members" "addListsMember" WRITES_LISTS NONE MEMBER lists::add_member),
    route!(UsersOnly "DELETE" "/lists/{id}/members/{user_id}" "removeListsMemberByUserId" WRITES_LISTS NONE - lists::remove_member),
    route!(UsersAndApps "GET" "/lists/{id}/tweets" "getListsPosts" READS_LISTS POST_PAGES - lists::posts),
];

const MESSAGE_ROUTES: &[Route<Operation>] = &[
    route!(UsersOnly "POST" "/dm_conversations" "createDirectMessagesConversation" WRITES_MESSAGES NONE NEW_CONVERSATION messages::create_group),
    route!(UsersOnly "POST" "/dm_conversations/with/{participant_id}/messages" "createDirectMessagesByParticipantId" WRITES_MESSAGES NONE MESSAGE messages::send),
    route!(UsersOnly "GET" "/dm_conversations/with/{participant_id}/dm_events" "getDirectMessagesEventsByParticipantId" READS_MESSAGES DM_EVENTS - messages::with_user),
    route!(UsersOnly "GET" "/dm_events" "getDirectMessagesEvents" READS_MESSAGES DM_EVENTS - messages::recent),
    route!(UsersOnly "DELETE" "/dm_events/{event_id}" "deleteDirectMessagesEvents" DELETES_MESSAGES NONE - messages::delete),
];

const MEDIA_ROUTES: &[Route<Operation>] = &[
    route!(UsersOnly "POST" "/media/upload" "mediaUpload" MEDIA NONE UPLOAD media::upload),
    route!(UsersOnly "GET" "/media/upload" "getMediaUploadStatus" MEDIA UPLOAD_STATUS - media::status),
    route!(UsersOnly "POST" "/media/upload/initialize" "initializeMediaUpload" MEDIA NONE NEW_UPLOAD media::initialize),
    route!(UsersOnly "POST" "/media/upload/{id}/append" "appendMediaUpload" MEDIA NONE PART media::append),
    route!(UsersOnly "POST" "/media/upload/{id}/finalize" "finalizeMediaUpload" MEDIA NONE - media::finalize),
    route!(UsersOnly "POST" "/media/metadata" "createMediaMetadata" MEDIA NONE METADATA media::describe),
];
