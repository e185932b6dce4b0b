//! Auth configs: how an app connects accounts of one toolkit, with the vendor's own app or with one's own credentials.

use serde_json::{Map, Value, json};

use super::catalogue::{self, Toolkit};
use super::failure::Failure;
use super::paging::Window;
use super::project::{AuthConfig, new_id};
use super::schemes::{GENERIC, Scheme};
use super::{BACKEND, Call, Version, admits, show, texts};
use crate::stage::Stage;
use crate::strict::Arguments;
use crate::wire::Answer;

const MOST: usize = 200;

pub(super) fn create(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let slug = call.body.object("toolkit").unwrap_or_default().text("slug").unwrap_or_default().to_owned();
    let toolkit = catalogue::find(stage, &slug).ok_or_else(|| Failure::no_toolkit(&slug))?;
    if toolkit.needs_no_auth() {
        return Err(Failure::needs_no_auth(&toolkit.slug));
    }
    let wanted = call.body.object("auth_config").unwrap_or_default();
    let managed = wanted.text("type") != Some("use_custom_auth");
    let scheme = if managed { managed_scheme(toolkit, &wanted)? } else { custom_scheme(toolkit, &wanted)? };
    let mut credentials = object(&wanted, "credentials")?;
    if managed {
        if let Some(name) = credentials.keys().find(|name| !is_scopes(name)) {
            let message = format!("sandbox: `auth_config.credentials.{name}` is not for managed auth");
            return Err(Failure::invalid(message));
        }
    } else {
        check_credentials(toolkit, scheme, &credentials)?;
    }
    if scheme.redirects() && !credentials.contains_key("oauth_redirect_uri") {
        let path = match call.version {
            Version::V31 if !managed => "/api/v3.1/toolkits/auth/callback",
            _ => "/api/v1/auth-apps/add",
        };
        credentials.insert("oauth_redirect_uri".to_owned(), stage.link(BACKEND, path).into());
    }
    let usual = || format!("{} Auth Config", toolkit.name);
    let access = wanted.object("tool_access_config").unwrap_or_default();
    let config = AuthConfig {
        id: new_id(stage, "ac"),
        uuid: stage.uuid(),
        name: wanted.filled("name").map_or_else(usual, str::to_owned),
        toolkit: toolkit.slug.clone(),
        scheme,
        managed,
        enabled: true,
        credentials,
        shared_credentials: object(&wanted, "shared_credentials")?,
        proxy: wanted.value("proxy_config").cloned(),
        for_tool_router: wanted.flag("is_enabled_for_tool_router").unwrap_or(false),
        tools_for_creation: access.texts("tools_for_connected_account_creation"),
        tools_for_execution: executable(&wanted, &access).unwrap_or_default(),
        created_at: stage.now,
        updated_at: stage.now,
    };
    let body = json!({
        "toolkit": {"slug": config.toolkit},
        "auth_config": {
            "id": config.id,
            "auth_scheme": config.scheme.name(),
            "is_composio_managed": config.managed,
            "restrict_to_following_tools": config.tools_for_execution,
        },
    });
    stage.world.composio.auth_configs.push(config);
    Ok(Answer::json(201, &body))
}

fn managed_scheme(toolkit: &Toolkit, wanted: &Arguments) -> Result<Scheme, Failure> {
    if wanted.names("authScheme") {
        return Err(Failure::invalid("sandbox: `auth_config.authScheme` is for custom auth only"));
    }
    toolkit.managed.first().copied().ok_or_else(|| Failure::no_managed_auth(&toolkit.slug))
}

fn custom_scheme(toolkit: &Toolkit, wanted: &Arguments) -> Result<Scheme, Failure> {
    let named =
        wanted.text("authScheme").ok_or_else(|| Failure::invalid("auth_config.authScheme is required"))?;
    let offered = Scheme::of(named).filter(|scheme| toolkit.schemes.contains(scheme));
    offered.ok_or_else(|| {
        Failure::invalid(format!("Auth scheme \"{named}\" is not supported by toolkit \"{}\"", toolkit.slug))
    })
}

/// The tools that may be executed, under either of the names that the field has had.
pub(super) fn executable(wanted: &Arguments, access: &Arguments) -> Option<Vec<String>> {
    let named = access.value("tools_available_for_execution");
    named.or_else(|| wanted.value("restrict_to_following_tools")).map(|tools| texts(Some(tools)))
}

fn is_scopes(name: &str) -> bool {
    matches!(name, "scopes" | "user_scopes" | "optional_scopes")
}

/// An object among the arguments, empty where there is none.
pub(super) fn object(arguments: &Arguments, name: &str) -> Result<Map<String, Value>, Failure> {
    match arguments.value(name) {
        None => Ok(Map::new()),
        Some(Value::Object(object)) => Ok(object.clone()),
        Some(_) => Err(Failure::invalid(format!("sandbox: `{name}` should be an object"))),
    }
}

/// Everything that the scheme needs is there, and nothing that nobody knows.
pub(super) fn check_credentials(
    toolkit: &Toolkit,
    scheme: Scheme,
    credentials: &Map<String, Value>,
) -> Result<(), Failure> {
    let wanted = scheme.creation(toolkit);
    for (name, value) in credentials {
        if !wanted.knows(name) && !GENERIC.contains(&name.as_str()) {
            let message = format!("sandbox: `credentials.{name}` is not a field of {} there", scheme.name());
            return Err(Failure::invalid(message));
        }
        let is_list = || value.as_array().is_some_and(|items| items.iter().all(Value::is_string));
        let fits = value.is_string() || (is_scopes(name) && is_list());
        if !fits {
            return Err(Failure::invalid(format!("sandbox: `credentials.{name}` should be a text")));
        }
    }
    match wanted.first_lacking(credentials) {
        Some(name) => Err(Failure::lacks_field(&super::schemes::title(name), scheme.name(), &toolkit.slug)),
        None => Ok(()),
    }
}

pub(super) fn list(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let window = Window::of(&call.query, MOST)?;
    let toolkits = call.slugs("toolkit_slug");
    let search = call.query.text("search").unwrap_or_default().to_lowercase();
    let managed = call.query.flag("is_composio_managed");
    let disabled = call.query.flag("show_disabled").unwrap_or(false);
    let project = &stage.world.composio;
    let fits = |config: &&AuthConfig| {
        (disabled || config.enabled)
            && admits(&toolkits, &config.toolkit)
            && config.name.to_lowercase().contains(&search)
            && managed.is_none_or(|managed| config.managed == managed)
    };
    let found: Vec<&AuthConfig> = project.auth_configs.iter().rev().filter(fits).collect();
    Ok(window.page(&found, |config| show::auth_config(project, config)))
}

pub(super) fn get(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let project = &stage.world.composio;
    let config = project.auth_config(call.captured("id"))?;
    Ok(Answer::json(200, &show::auth_config(project, config)))
}
