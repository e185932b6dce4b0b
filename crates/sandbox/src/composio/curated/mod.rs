//! The toolkits that this product curates itself, under the vendor's slugs and with a few of the tools that agents know
//! by name.

mod gmail;
mod google;
mod hubs;
mod messengers;
mod offices;
mod socials;

use std::sync::OnceLock;

use super::catalogue::{Source, Toolkit};
use super::schemes::Scheme;
use super::tool::Spec;

pub(super) const COUNT: usize = 13;

pub(super) fn toolkits() -> [Toolkit; COUNT] {
    let managed = |slug, name, about, category, tools| {
        toolkit((slug, name, about, category), &[Scheme::Oauth2], &[Scheme::Oauth2], &[], tools)
    };
    [
        managed("gmail", "Gmail", "Mail of Google", "email", gmail::TOOLS),
        managed("googlecalendar", "Google Calendar", "Calendars of Google", "calendar", google::CALENDAR),
        toolkit(
            ("slack", "Slack", "Messages in channels", "team-chat"),
            &[Scheme::Oauth2],
            &[Scheme::Oauth2],
            &["user_scopes"],
            messengers::SLACK,
        ),
        managed("googlesheets", "Google Sheets", "Spreadsheets of Google", "spreadsheets", google::SHEETS),
        toolkit(
            ("notion", "Notion", "Pages and databases", "documents"),
            &[Scheme::Oauth2, Scheme::ApiKey],
            &[Scheme::Oauth2],
            &[],
            offices::NOTION,
        ),
        managed(
            "github",
            "GitHub",
            "Repositories, issues and pull requests",
            "developer-tools",
            hubs::GITHUB,
        ),
        toolkit(
            ("hubspot", "HubSpot", "Contacts, companies and deals", "crm"),
            &[Scheme::ApiKey, Scheme::Oauth2],
            &[Scheme::Oauth2],
            &["optional_scopes"],
            hubs::HUBSPOT,
        ),
        managed("outlook", "Outlook", "Mail, calendar and contacts of Microsoft", "email", offices::OUTLOOK),
        managed("googledrive", "Google Drive", "Files of Google", "file-storage", google::DRIVE),
        managed("discord", "Discord", "A user's servers", "team-chat", messengers::DISCORD),
        // The vendor's app was withdrawn: whoever uses it brings an app of his own.
        toolkit(
            ("twitter", "Twitter", "Posts and people on X", "social-media"),
            &[Scheme::Oauth2],
            &[],
            &["generic_api_key"],
            socials::TWITTER,
        ),
        managed("linkedin", "LinkedIn", "Posts of members", "social-media", socials::LINKEDIN),
        managed("reddit", "Reddit", "Posts and comments", "social-media", socials::REDDIT),
    ]
}

fn toolkit(
    (slug, name, about, category): (&str, &str, &str, &'static str),
    schemes: &[Scheme],
    managed: &[Scheme],
    app_extras: &'static [&'static str],
    tools: &'static [Spec<'static>],
) -> Toolkit {
    Toolkit {
        slug: slug.to_owned(),
        name: name.to_owned(),
        about: format!("{about}."),
        categories: vec![category],
        schemes: schemes.to_vec(),
        managed: managed.to_vec(),
        key: "generic_api_key",
        app_extras,
        account_extras: &[],
        is_deprecated: false,
        source: Source::Written(tools),
        tools: OnceLock::new(),
    }
}
