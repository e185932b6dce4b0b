//! Parameters that many operations share, with the values of the official description.

use crate::strict::{Field, Shape, may};

pub(super) const ID: Shape = Shape::Like("1 to 19 digits", is_id);

fn is_id(text: &str) -> bool {
    (1..=19).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

pub(super) const POST_FIELDS: Field = may(
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
pub(super) const POST_EXPANSIONS: Field = may(
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
pub(super) const USER_FIELDS: Field = may(
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
pub(super) const USER_EXPANSIONS: Field = may(
    "expansions",
    Shape::Commas(&Shape::OneOf(&["affiliation", "most_recent_post_id", "pinned_post_id"])),
);
pub(super) const MEDIA_FIELDS: Field = may(
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
pub(super) const POLL_FIELDS: Field = may(
    "poll.fields",
    Shape::Commas(&Shape::OneOf(&["duration_minutes", "end_datetime", "id", "options", "voting_status"])),
);
pub(super) const PLACE_FIELDS: Field = may(
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
pub(super) const LIST_FIELDS: Field = may(
    "list.fields",
    Shape::Commas(&Shape::OneOf(&[
        "created_at",
        "description",
        "follower_count",
        "id",
        "member_count",
        "name",
        "private",
    ])),
);
pub(super) const LIST_EXPANSIONS: Field = may("expansions", Shape::Commas(&Shape::OneOf(&["owner_id"])));
pub(super) const DM_FIELDS: Field = may(
    "dm_event.fields",
    Shape::Commas(&Shape::OneOf(&[
        "attachments",
        "created_at",
        "dm_conversation_id",
        "entities",
        "event_type",
        "id",
        "text",
    ])),
);
pub(super) const DM_EXPANSIONS: Field = may(
    "expansions",
    Shape::Commas(&Shape::OneOf(&[
        "attachments.media_keys",
        "participant_ids",
        "referenced_posts",
        "sender_id",
    ])),
);
pub(super) const MAX_RESULTS: Field = may("max_results", Shape::Integer);
pub(super) const NEXT_TOKEN: Field = may("next_token", Shape::Text);
pub(super) const PAGINATION_TOKEN: Field = may("pagination_token", Shape::Text);
pub(super) const START_TIME: Field = may("start_time", Shape::Text);
pub(super) const END_TIME: Field = may("end_time", Shape::Text);
pub(super) const SINCE_ID: Field = may("since_id", ID);
pub(super) const UNTIL_ID: Field = may("until_id", ID);
