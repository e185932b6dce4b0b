//! The API's operations with the scopes, parameters and bodies of LinkedIn's reference. One of the scopes is enough.

use super::{Handler, media, organizations, posts, profile, restli, social};
use crate::route::{Route, get, post};
use crate::strict::{Field, Fields, Shape, may, must};

const URN: Shape = Shape::Like("a URN", restli::is_urn);
const ACTOR: Shape = Shape::Like("the URN of a person or organization", restli::is_actor);
const URNS: Shape = Shape::Like("List(...) of URNs", is_list_of_urns);
const RECORD: Shape = Shape::Like("(key:value)", |text| restli::record(text).is_some());

fn is_list_of_urns(text: &str) -> bool {
    restli::list(text).is_some_and(|items| items.iter().all(|item| restli::is_urn(item)))
}

const WRITE: &[&str] = &["w_member_social", "w_organization_social"];
const READ: &[&str] = &["r_member_social", "r_organization_social"];
const SEE: &[&str] =
    &["w_member_social", "w_organization_social", "r_member_social", "r_organization_social"];
const PAGES: &[&str] = &["rw_organization_admin", "r_organization_admin", "r_organization_social"];
const ROLES: &[&str] = &["rw_organization_admin", "r_organization_admin"];
const NUMBERS: &[&str] = &["r_organization_social", "rw_organization_admin"];

const NONE: Fields = &[];
const START: Field = may("start", Shape::Integer);
const COUNT: Field = may("count", Shape::Integer);
const PAGING: Fields = &[START, COUNT];
const TEXT: Fields = &[may("text", Shape::Text)];
const NEEDED_TEXT: Fields = &[must("text", Shape::Text)];

const MEDIA: Fields = &[must("id", URN), may("title", Shape::Text), may("altText", Shape::Text)];
const ARTICLE: Fields = &[
    must("source", Shape::Like("an http or https address", is_address)),
    may("title", Shape::Text),
    may("description", Shape::Text),
    may("thumbnail", URN),
];
const IMAGE: Fields = &[must("id", URN), may("altText", Shape::Text)];
const POLL: Fields = &[
    must("question", Shape::Text),
    must("options", Shape::List(&Shape::Object(NEEDED_TEXT))),
    must(
        "settings",
        Shape::Object(&[
            may("duration", Shape::OneOf(&["ONE_DAY", "THREE_DAYS", "SEVEN_DAYS", "FOURTEEN_DAYS"])),
            may("voteSelectionType", Shape::Text),
            may("isVoterVisibleToAuthor", Shape::Boolean),
        ]),
    ),
];
const CONTENT: Fields = &[
    may("media", Shape::Object(MEDIA)),
    may("article", Shape::Object(ARTICLE)),
    may("multiImage", Shape::Object(&[must("images", Shape::List(&Shape::Object(IMAGE)))])),
    may("poll", Shape::Object(POLL)),
];
const DISTRIBUTION: Fields = &[
    must("feedDistribution", Shape::OneOf(&["MAIN_FEED", "NONE"])),
    // Audiences are objects of many kinds.
    may("targetEntities", Shape::List(&Shape::Any)),
    may("thirdPartyDistributionChannels", Shape::List(&Shape::Text)),
];
const POST: Fields = &[
    must("author", ACTOR),
    must("commentary", Shape::Text),
    must("visibility", Shape::OneOf(&["PUBLIC", "CONNECTIONS", "LOGGED_IN", "CONTAINER"])),
    must("distribution", Shape::Object(DISTRIBUTION)),
    may("content", Shape::Object(CONTENT)),
    must("lifecycleState", Shape::OneOf(&["PUBLISHED", "DRAFT"])),
    may("isReshareDisabledByAuthor", Shape::Boolean),
    may("reshareContext", Shape::Object(&[must("parent", URN)])),
    may("container", URN),
];
const PATCH: Fields = &[must(
    "patch",
    Shape::Object(&[must(
        "$set",
        Shape::Object(&[
            may("commentary", Shape::Text),
            may("contentCallToActionLabel", Shape::Text),
            may("contentLandingPage", Shape::Text),
        ]),
    )]),
)];
const UGC_MEDIA: Fields = &[
    must("status", Shape::OneOf(&["READY"])),
    may("description", Shape::Object(TEXT)),
    may("media", URN),
    may("originalUrl", Shape::Like("an http or https address", is_address)),
    may("title", Shape::Object(TEXT)),
];
const UGC_SHARE: Fields = &[
    must("shareCommentary", Shape::Object(NEEDED_TEXT)),
    must("shareMediaCategory", Shape::OneOf(&["NONE", "ARTICLE", "IMAGE"])),
    may("media", Shape::List(&Shape::Object(UGC_MEDIA))),
];
const UGC_POST: Fields = &[
    must("author", ACTOR),
    must("lifecycleState", Shape::OneOf(&["PUBLISHED"])),
    must(
        "specificContent",
        Shape::Object(&[must("com.linkedin.ugc.ShareContent", Shape::Object(UGC_SHARE))]),
    ),
    must(
        "visibility",
        Shape::Object(&[must(
            "com.linkedin.ugc.MemberNetworkVisibility",
            Shape::OneOf(&["PUBLIC", "CONNECTIONS"]),
        )]),
    ),
];
const COMMENT: Fields = &[
    must("actor", ACTOR),
    may("object", URN),
    must("message", Shape::Object(&[must("text", Shape::Text), may("attributes", Shape::List(&Shape::Any))])),
    may("parentComment", URN),
];
const LIKE: Fields = &[must("actor", ACTOR), must("object", URN)];
const REACTION: Fields = &[
    must("root", URN),
    must(
        "reactionType",
        Shape::OneOf(&["LIKE", "PRAISE", "EMPATHY", "INTEREST", "APPRECIATION", "ENTERTAINMENT"]),
    ),
];
const INITIALIZE: Fields = &[must("action", Shape::OneOf(&["initializeUpload"]))];
const UPLOAD: Fields = &[must("initializeUploadRequest", Shape::Object(&[must("owner", ACTOR)]))];
const VIDEO_UPLOAD: Fields = &[
    may(
        "initializeUploadRequest",
        Shape::Object(&[
            must("owner", ACTOR),
            may("fileSizeBytes", Shape::Integer),
            may("uploadCaptions", Shape::Boolean),
            may("uploadThumbnail", Shape::Boolean),
        ]),
    ),
    may(
        "finalizeUploadRequest",
        Shape::Object(&[
            must("video", URN),
            must("uploadToken", Shape::Text),
            must("uploadedPartIds", Shape::List(&Shape::Text)),
        ]),
    ),
];
const REGISTER: Fields = &[must(
    "registerUploadRequest",
    Shape::Object(&[
        must("owner", ACTOR),
        must("recipes", Shape::List(&Shape::Text)),
        must(
            "serviceRelationships",
            Shape::List(&Shape::Object(&[
                must("relationshipType", Shape::Text),
                must("identifier", Shape::Text),
            ])),
        ),
    ]),
)];

fn is_address(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

type Operation = Route<Handler>;

const fn delete(path: &'static str, operation: &'static str, query: Fields, handler: Handler) -> Operation {
    Route { method: "DELETE", path, operation, scopes: WRITE, query, body: None, handler }
}

const FIND_POSTS: Fields = &[
    must("q", Shape::OneOf(&["author"])),
    must("author", ACTOR),
    may("sortBy", Shape::OneOf(&["LAST_MODIFIED", "CREATED"])),
    VIEW_CONTEXT,
    START,
    COUNT,
];
const VIEW_CONTEXT: Field = may("viewContext", Shape::OneOf(&["READER", "AUTHOR"]));

const FIND_ROLES: Fields = &[
    must("q", Shape::OneOf(&["roleAssignee", "organization"])),
    may("role", Shape::Text),
    may("state", Shape::Text),
    may("organization", URN),
    START,
    COUNT,
];

pub(super) const POSTS: &[Operation] = &[
    post("/rest/posts", "posts.create", WRITE, NONE, POST, posts::create),
    get("/rest/posts", "posts.find", READ, FIND_POSTS, posts::find),
    get("/rest/posts/{urn}", "posts.get", SEE, &[VIEW_CONTEXT], posts::get),
    post("/rest/posts/{urn}", "posts.update", WRITE, NONE, PATCH, posts::update),
    delete("/rest/posts/{urn}", "posts.delete", NONE, posts::delete),
    post("/v2/ugcPosts", "ugcPosts.create", &["w_member_social"], NONE, UGC_POST, posts::create_ugc),
    get("/v2/ugcPosts/{urn}", "ugcPosts.get", READ, NONE, posts::get),
    delete("/v2/ugcPosts/{urn}", "ugcPosts.delete", NONE, posts::delete),
    post("/rest/socialActions/{urn}/comments", "comments.create", WRITE, NONE, COMMENT, social::comment),
    get("/rest/socialActions/{urn}/comments", "comments.list", READ, PAGING, social::comments),
    delete(
        "/rest/socialActions/{urn}/comments/{id}",
        "comments.delete",
        &[may("actor", ACTOR)],
        social::delete_comment,
    ),
    post("/rest/socialActions/{urn}/likes", "likes.create", WRITE, NONE, LIKE, social::like),
    get("/rest/socialActions/{urn}/likes", "likes.list", READ, PAGING, social::list_likes),
    post("/rest/reactions", "reactions.create", WRITE, &[must("actor", ACTOR)], REACTION, social::reaction),
];

pub(super) const OTHERS: &[Operation] = &[
    get("/v2/userinfo", "userinfo", &["openid"], NONE, profile::userinfo),
    get("/v2/me", "me", &["r_liteprofile", "r_basicprofile"], NONE, profile::me),
    post("/rest/images", "images.action", WRITE, INITIALIZE, UPLOAD, media::image),
    get("/rest/images/{urn}", "images.get", SEE, NONE, media::get),
    post("/rest/documents", "documents.action", WRITE, INITIALIZE, UPLOAD, media::document),
    get("/rest/documents/{urn}", "documents.get", SEE, NONE, media::get),
    post(
        "/rest/videos",
        "videos.action",
        WRITE,
        &[must("action", Shape::OneOf(&["initializeUpload", "finalizeUpload"]))],
        VIDEO_UPLOAD,
        media::video,
    ),
    get("/rest/videos/{urn}", "videos.get", SEE, NONE, media::get),
    post(
        "/v2/assets",
        "assets.registerUpload",
        WRITE,
        &[must("action", Shape::OneOf(&["registerUpload"]))],
        REGISTER,
        media::register,
    ),
    get("/rest/organizationAcls", "organizationAcls.find", ROLES, FIND_ROLES, organizations::roles),
    get(
        "/rest/organizations/{id}",
        "organizations.get",
        PAGES,
        &[may("fields", Shape::Text)],
        organizations::get,
    ),
    get(
        "/rest/organizations",
        "organizations.find",
        PAGES,
        &[
            must("q", Shape::OneOf(&["vanityName", "emailDomain"])),
            may("vanityName", Shape::Text),
            may("emailDomain", Shape::Text),
        ],
        organizations::find,
    ),
    get(
        "/rest/organizationalEntityShareStatistics",
        "organizationalEntityShareStatistics.find",
        NUMBERS,
        &[
            must("q", Shape::OneOf(&["organizationalEntity"])),
            must("organizationalEntity", URN),
            may("timeIntervals", RECORD),
            may("shares", URNS),
            may("ugcPosts", URNS),
        ],
        organizations::statistics,
    ),
    get(
        "/rest/networkSizes/{urn}",
        "networkSizes.get",
        NUMBERS,
        &[must("edgeType", Shape::OneOf(&["COMPANY_FOLLOWED_BY_MEMBER"]))],
        organizations::followers,
    ),
];
