//! The twins over real loopback HTTP, as a client of the providers sees them.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]

mod bed;

mod composio_auth_configs;
mod composio_bed;
mod composio_catalogue;
mod composio_connecting;
mod composio_executing;
mod composio_shapes;
mod consent_page;
mod control;
mod discord;
mod faults;
mod github_code;
mod github_issues;
mod github_scopes;
mod gmail_labels;
mod gmail_mail;
mod gmail_search;
mod google_calendar;
mod google_drive;
mod google_sheets;
mod hubspot;
mod linkedin;
mod microsoft;
mod notion;
mod oauth_github;
mod oauth_google;
mod oauth_slack;
mod oauth_twitter;
mod persistence;
mod reddit;
mod slack_channels;
mod slack_chat;
mod slack_conversations;
mod strictness;
mod twitter_media;
mod twitter_more;
mod twitter_posts;
mod walk;
