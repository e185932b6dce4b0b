//! The API's operations with what they take. There are no scopes here: the key may do everything.

use super::{Handler, accounts, auth_configs, changes, connecting, execute, schemes, toolkits, tools};
use crate::route::{Route, get, post, route};
use crate::strict::{Field, Fields, Shape, may, must};

/// Stands in a route's scopes where the query may pin versions, toolkit by toolkit.
pub(super) const PINS: &str = "toolkit_versions";

const TEXTS: Shape = Shape::Commas(&Shape::Text);
const LIST: Shape = Shape::List(&Shape::Text);
const LIMIT: Field = may("limit", Shape::Integer);
const CURSOR: Field = may("cursor", Shape::Text);

const NONE: Fields = &[];
const CATEGORY: Field = may("category", Shape::Text);
const MANAGED_BY: Field = may("managed_by", Shape::OneOf(&["all", "composio", "project"]));
const SORT_BY: Field = may("sort_by", Shape::OneOf(&["usage", "alphabetically"]));
const TOOLKITS: Fields = &[
    CATEGORY,
    MANAGED_BY,
    SORT_BY,
    may("type", Shape::OneOf(&["all", "native", "custom"])),
    may("user_id", Shape::Text),
    may("search", Shape::Text),
    may("include_deprecated", Shape::Boolean),
    LIMIT,
    CURSOR,
];
const TOOLKIT: Fields = &[may("version", Shape::Text)];
const SEVERAL: Fields = &[must("toolkits", LIST), CATEGORY, MANAGED_BY, SORT_BY, LIMIT, CURSOR];

const AUTH_CONFIGS: Fields = &[
    may("toolkit_slug", TEXTS),
    may("search", Shape::Text),
    may("show_disabled", Shape::Boolean),
    may("is_composio_managed", Shape::Boolean),
    LIMIT,
    CURSOR,
];
const PROXY: Shape = Shape::Object(&[may("proxy_url", Shape::Text), may("proxy_auth_key", Shape::Text)]);
const ACCESS: Shape = Shape::Object(&[
    may("tools_for_connected_account_creation", LIST),
    may("tools_available_for_execution", LIST),
]);
const CREATE_AUTH_CONFIG: Fields = &[
    must("toolkit", Shape::Object(&[must("slug", Shape::Text)])),
    may(
        "auth_config",
        Shape::Object(&[
            must("type", Shape::OneOf(&["use_composio_managed_auth", "use_custom_auth"])),
            may("name", Shape::Text),
            may("authScheme", Shape::OneOf(schemes::NAMES)),
            may("credentials", Shape::Json),
            may("shared_credentials", Shape::Json),
            may("tool_access_config", ACCESS),
            may("restrict_to_following_tools", LIST),
            may("is_enabled_for_tool_router", Shape::Boolean),
            may("proxy_config", PROXY),
        ]),
    ),
];
const UPDATE_AUTH_CONFIG: Fields = &[
    must("type", Shape::OneOf(&["custom", "default"])),
    may("name", Shape::Text),
    may("credentials", Shape::Json),
    may("scopes", Shape::Either(&[Shape::Text, LIST])),
    may("user_scopes", Shape::Either(&[Shape::Text, LIST])),
    may("shared_credentials", Shape::Json),
    may("tool_access_config", ACCESS),
    may("restrict_to_following_tools", LIST),
    may("is_enabled_for_tool_router", Shape::Boolean),
    may("proxy_config", Shape::Nullable(&PROXY)),
];

const ACCOUNTS: Fields = &[
    may("user_ids", TEXTS),
    may("auth_config_ids", TEXTS),
    may("connected_account_ids", TEXTS),
    may("toolkit_slugs", TEXTS),
    may("statuses", TEXTS),
    may("account_type", Shape::Text),
    may("order_by", Shape::OneOf(&["created_at", "updated_at"])),
    may("order_direction", Shape::OneOf(&["asc", "desc"])),
    LIMIT,
    CURSOR,
];
const ACL: Shape = Shape::Object(&[
    may("allow_all_users", Shape::Boolean),
    may("allowed_user_ids", LIST),
    may("not_allowed_user_ids", LIST),
]);
const EXPERIMENTAL: Field = may(
    "experimental",
    Shape::Object(&[may("account_type", Shape::Text), may("acl_config_for_shared", ACL)]),
);
const LINK: Fields = &[
    must("auth_config_id", Shape::Text),
    must("user_id", Shape::Text),
    may("callback_url", Shape::Text),
    may("alias", Shape::Text),
    may("connection_data", Shape::Json),
    EXPERIMENTAL,
];
const STATE: Fields = &[must("authScheme", Shape::OneOf(schemes::NAMES)), must("val", Shape::Json)];
const CREATE_ACCOUNT: Fields = &[
    must("auth_config", Shape::Object(&[must("id", Shape::Text)])),
    must(
        "connection",
        Shape::Object(&[
            may("state", Shape::Object(STATE)),
            may("data", Shape::Json),
            may("user_id", Shape::Text),
            may("callback_url", Shape::Text),
            may("redirect_uri", Shape::Text),
            may("alias", Shape::Text),
            EXPERIMENTAL,
        ]),
    ),
    may("validate_credentials", Shape::Boolean),
];
const DELETE: Fields = &[may("revoke_on_delete", Shape::Boolean)];
const REFRESH: Fields = &[may("redirect_url", Shape::Text)];
const REFRESH_BODY: Fields = &[may("redirect_url", Shape::Text), may("validate_credentials", Shape::Boolean)];
const UPDATE_ACCOUNT: Fields = &[
    may("alias", Shape::Text),
    may("connection", Shape::Object(&[must("state", Shape::Object(STATE))])),
    EXPERIMENTAL,
];
const STATUS: Fields = &[must("enabled", Shape::Boolean)];

const VERSIONS: Field = may("toolkit_versions", Shape::Text);
/// The twin's tools cost nothing, so that there is nothing to include.
const PRICING: Field = may("include_pricing", Shape::Boolean);
const TOOLS: Fields = &[
    may("toolkit_slug", TEXTS),
    may("tool_slugs", TEXTS),
    may("auth_config_ids", TEXTS),
    may("important", Shape::Boolean),
    may("tags", TEXTS),
    may("scopes", TEXTS),
    may("query", Shape::Text),
    may("search", Shape::Text),
    may("include_deprecated", Shape::Boolean),
    PRICING,
    VERSIONS,
    LIMIT,
    CURSOR,
];
const TOOL: Fields = &[VERSIONS, PRICING, may("version", Shape::Text)];
const EXECUTE: Fields = &[
    may("connected_account_id", Shape::Text),
    may("user_id", Shape::Text),
    may("arguments", Shape::Any),
    may("text", Shape::Text),
    may("version", Shape::Text),
    may("allow_tracing", Shape::Boolean),
    may("custom_auth_params", Shape::Json),
    may("custom_connection_data", Shape::Json),
];

type Operation = Route<Handler>;

const PLAIN: &[&str] = &[];
const PINNED: &[&str] = &[PINS];

const TOOLKIT_ROUTES: &[Operation] = &[
    get("/toolkits", "getToolkits", PLAIN, TOOLKITS, toolkits::list),
    get("/toolkits/categories", "getToolkitsCategories", PLAIN, NONE, toolkits::categories),
    post("/toolkits/multi", "postToolkitsMulti", PLAIN, NONE, SEVERAL, toolkits::several),
    get("/toolkits/{slug}", "getToolkitsBySlug", PLAIN, TOOLKIT, toolkits::get),
];

const AUTH_CONFIG_ROUTES: &[Operation] = &[
    post("/auth_configs", "postAuthConfigs", PLAIN, NONE, CREATE_AUTH_CONFIG, auth_configs::create),
    get("/auth_configs", "getAuthConfigs", PLAIN, AUTH_CONFIGS, auth_configs::list),
    get("/auth_configs/{id}", "getAuthConfigsByNanoid", PLAIN, NONE, auth_configs::get),
    route(
        "PATCH",
        "/auth_configs/{id}",
        "patchAuthConfigsByNanoid",
        PLAIN,
        NONE,
        Some(UPDATE_AUTH_CONFIG),
        changes::update,
    ),
    route("DELETE", "/auth_configs/{id}", "deleteAuthConfigsByNanoid", PLAIN, DELETE, None, changes::delete),
    route("PATCH", "/auth_configs/{id}/ENABLED", "enableAuthConfig", PLAIN, NONE, None, changes::enable),
    route("PATCH", "/auth_configs/{id}/DISABLED", "disableAuthConfig", PLAIN, NONE, None, changes::disable),
];

const ACCOUNT_ROUTES: &[Operation] = &[
    post("/connected_accounts/link", "postConnectedAccountsLink", PLAIN, NONE, LINK, connecting::link),
    post("/connected_accounts", "postConnectedAccounts", PLAIN, NONE, CREATE_ACCOUNT, connecting::create),
    get("/connected_accounts", "getConnectedAccounts", PLAIN, ACCOUNTS, accounts::list),
    get("/connected_accounts/{id}", "getConnectedAccountsByNanoid", PLAIN, NONE, accounts::get),
    route(
        "PATCH",
        "/connected_accounts/{id}",
        "patchConnectedAccountsByNanoid",
        PLAIN,
        NONE,
        Some(UPDATE_ACCOUNT),
        accounts::update,
    ),
    route(
        "DELETE",
        "/connected_accounts/{id}",
        "deleteConnectedAccountsByNanoid",
        PLAIN,
        DELETE,
        None,
        accounts::delete,
    ),
    post(
        "/connected_accounts/{id}/refresh",
        "refreshConnectedAccount",
        PLAIN,
        REFRESH,
        REFRESH_BODY,
        accounts::refresh,
    ),
    route(
        "PATCH",
        "/connected_accounts/{id}/status",
        "patchConnectedAccountStatus",
        PLAIN,
        NONE,
        Some(STATUS),
        accounts::set_enabled,
    ),
    route(
        "POST",
        "/connected_accounts/{id}/revoke",
        "revokeConnectedAccount",
        PLAIN,
        NONE,
        None,
        accounts::revoke,
    ),
];

const TOOL_ROUTES: &[Operation] = &[
    get("/tools", "getTools", PINNED, TOOLS, tools::list),
    get("/tools/enum", "getToolsEnum", PLAIN, NONE, tools::names),
    get("/tools/{tool_slug}", "getToolsByToolSlug", PINNED, TOOL, tools::get),
    post("/tools/execute/{tool_slug}", "executeTool", PLAIN, NONE, EXECUTE, execute::execute),
];

pub(super) const ROUTES: &[&[Operation]] = &[TOOLKIT_ROUTES, AUTH_CONFIG_ROUTES, ACCOUNT_ROUTES, TOOL_ROUTES];
