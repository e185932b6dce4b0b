//! What the bodies of writes hold.

use super::fields::ID;
use crate::strict::{Fields, Shape, may, must};

const WHO_REPLIES: Shape = Shape::OneOf(&["following", "mentionedUsers", "subscribers", "verified"]);
pub(super) const NEW_POST: Fields = &[
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

pub(super) const POST_ID: Fields = &[must("tweet_id", ID)];
pub(super) const BOOKMARK: Fields = &[must("tweet_id", ID), may("folder_id", ID)];
pub(super) const FOLLOW: Fields = &[must("target_user_id", ID)];
pub(super) const NEW_LIST: Fields = &[
    must("name", Shape::Like("1 to 25 characters", is_list_name)),
    may("description", Shape::Like("at most 100 characters", is_list_description)),
    may("private", Shape::Boolean),
];
pub(super) const MEMBER: Fields = &[must("user_id", ID)];

const DM_TEXT: Shape = Shape::Like("a text that is not empty", is_filled);
const DM_ATTACHMENTS: Shape = Shape::List(&Shape::Object(&[must("media_id", ID)]));
pub(super) const MESSAGE: Fields = &[may("text", DM_TEXT), may("attachments", DM_ATTACHMENTS)];
pub(super) const NEW_CONVERSATION: Fields = &[
    must("conversation_type", Shape::OneOf(&["Group"])),
    must("participant_ids", Shape::List(&ID)),
    must("message", Shape::Object(MESSAGE)),
];

fn is_filled(text: &str) -> bool {
    !text.is_empty()
}

fn is_list_name(text: &str) -> bool {
    (1..=25).contains(&text.chars().count())
}

fn is_list_description(text: &str) -> bool {
    text.chars().count() <= 100
}

const CATEGORY: Shape =
    Shape::OneOf(&["tweet_image", "tweet_video", "tweet_gif", "dm_image", "dm_video", "dm_gif", "subtitles"]);
pub(super) const UPLOAD: Fields =
    &[must("media", Shape::Text), must("media_category", CATEGORY), may("additional_owners", Shape::Text)];
pub(super) const NEW_UPLOAD: Fields = &[
    must(
        "media_type",
        Shape::OneOf(&[
            "video/mp4",
            "video/webm",
            "video/mp2t",
            "video/quicktime",
            "text/srt",
            "text/vtt",
            "image/jpeg",
            "image/gif",
            "image/bmp",
            "image/png",
            "image/webp",
            "image/pjpeg",
            "image/tiff",
            "model/gltf-binary",
            "model/vnd.usdz+zip",
        ]),
    ),
    must("total_bytes", Shape::Integer),
    may("additional_owners", Shape::List(&ID)),
    may("media_category", Shape::Either(&[CATEGORY, Shape::OneOf(&["amplify_video"])])),
    may("shared", Shape::Boolean),
];
pub(super) const PART: Fields = &[must("media", Shape::Text), must("segment_index", Shape::Integer)];
pub(super) const METADATA: Fields = &[
    must("id", ID),
    may(
        "metadata",
        Shape::Object(&[
            may("allow_download_status", Shape::Object(&[may("allow_download", Shape::Boolean)])),
            may(
                "alt_text",
                Shape::Object(&[must("text", Shape::Like("at most 1000 characters", is_alt_text))]),
            ),
            may("audience_policy", Shape::Any),
            may("content_expiration", Shape::Object(&[must("timestamp_sec", Shape::Number)])),
            may("domain_restrictions", Shape::Object(&[must("whitelist", Shape::List(&Shape::Text))])),
            may(
                "found_media_origin",
                Shape::Object(&[must("provider", Shape::Text), must("id", Shape::Text)]),
            ),
            may("geo_restrictions", Shape::Any),
            may("management_info", Shape::Object(&[must("managed", Shape::Boolean)])),
            may("preview_image", Shape::Object(&[must("media_key", Shape::Any)])),
            may("sensitive_media_warning", Shape::Any),
            may("shared_info", Shape::Object(&[must("shared", Shape::Boolean)])),
            may("sticker_info", Shape::Object(&[must("stickers", Shape::List(&Shape::Any))])),
            may("upload_source", Shape::Object(&[must("upload_source", Shape::Text)])),
        ]),
    ),
];

fn is_alt_text(text: &str) -> bool {
    text.chars().count() <= 1000
}
