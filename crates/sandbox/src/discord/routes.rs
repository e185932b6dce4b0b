//! The API's operations with the tokens, scopes, parameters and bodies of the official description.

use super::{
    Access, Encoding, Handler, Operation, channels, guilds, invites, members, messages, pins, reactions,
    roles, shapes, threads, users, webhooks,
};
use crate::route::Route;
use crate::strict::Fields;

type Routes = &'static [Route<Operation>];

/// An operation for the app's bot.
const fn bots(
    method: &'static str,
    path: &'static str,
    operation: &'static str,
    run: Handler,
) -> Route<Operation> {
    Route {
        method,
        path,
        operation,
        scopes: &[],
        query: shapes::NONE,
        body: None,
        handler: Operation { access: Access::Bots, encoding: Encoding::Json, run },
    }
}

const fn asking(route: Route<Operation>, query: Fields) -> Route<Operation> {
    Route { query, ..route }
}

const fn taking(route: Route<Operation>, body: Fields) -> Route<Operation> {
    Route { body: Some(body), ..route }
}

/// A body that files may come with.
const fn with_files(route: Route<Operation>, body: Fields) -> Route<Operation> {
    let handler = Operation { encoding: Encoding::JsonOrParts, ..route.handler };
    Route { body: Some(body), handler, ..route }
}

const fn open_to(
    route: Route<Operation>,
    access: Access,
    scopes: &'static [&'static str],
) -> Route<Operation> {
    let handler = Operation { access, ..route.handler };
    Route { scopes, handler, ..route }
}

const fn anybody(route: Route<Operation>) -> Route<Operation> {
    open_to(route, Access::Anybody, &[])
}

pub(super) const ROUTES: &[Routes] =
    &[USERS, GUILDS, MEMBERS, CHANNELS, MESSAGES, REACTIONS, THREADS, WEBHOOKS, INVITES];

const USERS: Routes = &[
    open_to(bots("GET", "/api/v10/users/@me", "get_my_user", users::me), Access::UsersAndBots, &["identify"]),
    open_to(
        asking(bots("GET", "/api/v10/users/@me/guilds", "list_my_guilds", users::guilds), shapes::MY_GUILDS),
        Access::UsersAndBots,
        &["guilds"],
    ),
    open_to(
        bots("GET", "/api/v10/users/@me/guilds/{guild_id}/member", "get_my_guild_member", users::member),
        Access::Users,
        &["guilds.members.read"],
    ),
    open_to(
        bots("GET", "/api/v10/users/@me/connections", "list_my_connections", users::connections),
        Access::UsersAndBots,
        &["connections"],
    ),
    taking(bots("POST", "/api/v10/users/@me/channels", "create_dm", users::open_dm), shapes::NEW_DM),
    bots("DELETE", "/api/v10/users/@me/guilds/{guild_id}", "leave_guild", users::leave),
    bots("GET", "/api/v10/users/{user_id}", "get_user", users::get),
];

const GUILDS: Routes = &[
    asking(bots("GET", "/api/v10/guilds/{guild_id}", "get_guild", guilds::get), shapes::COUNTS),
    bots("GET", "/api/v10/guilds/{guild_id}/channels", "list_guild_channels", guilds::channels),
    taking(
        bots("POST", "/api/v10/guilds/{guild_id}/channels", "create_guild_channel", guilds::create_channel),
        shapes::NEW_CHANNEL,
    ),
    bots(
        "GET",
        "/api/v10/guilds/{guild_id}/threads/active",
        "get_active_guild_threads",
        guilds::active_threads,
    ),
    bots("GET", "/api/v10/guilds/{guild_id}/roles", "list_guild_roles", roles::list),
    taking(
        bots("POST", "/api/v10/guilds/{guild_id}/roles", "create_guild_role", roles::create),
        shapes::ROLE,
    ),
    bots("GET", "/api/v10/guilds/{guild_id}/roles/{role_id}", "get_guild_role", roles::get),
    taking(
        bots("PATCH", "/api/v10/guilds/{guild_id}/roles/{role_id}", "update_guild_role", roles::update),
        shapes::ROLE,
    ),
    bots("DELETE", "/api/v10/guilds/{guild_id}/roles/{role_id}", "delete_guild_role", roles::delete),
    bots("GET", "/api/v10/guilds/{guild_id}/webhooks", "get_guild_webhooks", webhooks::of_guild),
    bots("GET", "/api/v10/guilds/{guild_id}/invites", "list_guild_invites", invites::of_guild),
];

const MEMBERS: Routes = &[
    asking(
        bots("GET", "/api/v10/guilds/{guild_id}/members", "list_guild_members", members::list),
        shapes::MEMBERS,
    ),
    asking(
        bots("GET", "/api/v10/guilds/{guild_id}/members/search", "search_guild_members", members::search),
        shapes::MEMBER_SEARCH,
    ),
    bots("GET", "/api/v10/guilds/{guild_id}/members/{user_id}", "get_guild_member", members::get),
    taking(
        bots("PATCH", "/api/v10/guilds/{guild_id}/members/{user_id}", "update_guild_member", members::update),
        shapes::MEMBER_EDIT,
    ),
    bots("DELETE", "/api/v10/guilds/{guild_id}/members/{user_id}", "delete_guild_member", members::kick),
    bots(
        "PUT",
        "/api/v10/guilds/{guild_id}/members/{user_id}/roles/{role_id}",
        "add_guild_member_role",
        members::add_role,
    ),
    bots(
        "DELETE",
        "/api/v10/guilds/{guild_id}/members/{user_id}/roles/{role_id}",
        "delete_guild_member_role",
        members::remove_role,
    ),
];

const CHANNELS: Routes = &[
    bots("GET", "/api/v10/channels/{channel_id}", "get_channel", channels::get),
    taking(
        bots("PATCH", "/api/v10/channels/{channel_id}", "update_channel", channels::update),
        shapes::CHANNEL_EDIT,
    ),
    bots("DELETE", "/api/v10/channels/{channel_id}", "delete_channel", channels::delete),
    bots("POST", "/api/v10/channels/{channel_id}/typing", "trigger_typing_indicator", channels::typing),
    asking(
        bots("GET", "/api/v10/channels/{channel_id}/messages/pins", "list_pins", pins::list),
        shapes::BY_TIME,
    ),
    bots("PUT", "/api/v10/channels/{channel_id}/messages/pins/{message_id}", "create_pin", pins::add),
    bots("DELETE", "/api/v10/channels/{channel_id}/messages/pins/{message_id}", "delete_pin", pins::remove),
    bots("GET", "/api/v10/channels/{channel_id}/pins", "deprecated_list_pins", pins::list_before),
    bots("PUT", "/api/v10/channels/{channel_id}/pins/{message_id}", "deprecated_create_pin", pins::add),
    bots("DELETE", "/api/v10/channels/{channel_id}/pins/{message_id}", "deprecated_delete_pin", pins::remove),
];

const MESSAGES: Routes = &[
    asking(
        bots("GET", "/api/v10/channels/{channel_id}/messages", "list_messages", messages::list),
        shapes::MESSAGES,
    ),
    with_files(
        bots("POST", "/api/v10/channels/{channel_id}/messages", "create_message", messages::create),
        shapes::NEW_MESSAGE,
    ),
    taking(
        bots(
            "POST",
            "/api/v10/channels/{channel_id}/messages/bulk-delete",
            "bulk_delete_messages",
            messages::delete_many,
        ),
        shapes::MANY,
    ),
    bots("GET", "/api/v10/channels/{channel_id}/messages/{message_id}", "get_message", messages::get),
    with_files(
        bots(
            "PATCH",
            "/api/v10/channels/{channel_id}/messages/{message_id}",
            "update_message",
            messages::update,
        ),
        shapes::MESSAGE_EDIT,
    ),
    bots(
        "DELETE",
        "/api/v10/channels/{channel_id}/messages/{message_id}",
        "delete_message",
        messages::delete,
    ),
    bots(
        "POST",
        "/api/v10/channels/{channel_id}/messages/{message_id}/crosspost",
        "crosspost_message",
        messages::crosspost,
    ),
];

const REACTIONS: Routes = &[
    bots(
        "DELETE",
        "/api/v10/channels/{channel_id}/messages/{message_id}/reactions",
        "delete_all_message_reactions",
        reactions::remove_all,
    ),
    asking(
        bots(
            "GET",
            "/api/v10/channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}",
            "list_message_reactions_by_emoji",
            reactions::list,
        ),
        shapes::REACTORS,
    ),
    bots(
        "DELETE",
        "/api/v10/channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}",
        "delete_all_message_reactions_by_emoji",
        reactions::remove_emoji,
    ),
    bots(
        "PUT",
        "/api/v10/channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}/@me",
        "add_my_message_reaction",
        reactions::add,
    ),
    bots(
        "DELETE",
        "/api/v10/channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}/@me",
        "delete_my_message_reaction",
        reactions::remove_own,
    ),
    bots(
        "DELETE",
        "/api/v10/channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}/{user_id}",
        "delete_user_message_reaction",
        reactions::remove_of_user,
    ),
];

const THREADS: Routes = &[
    taking(
        bots(
            "POST",
            "/api/v10/channels/{channel_id}/messages/{message_id}/threads",
            "create_thread_from_message",
            threads::create_from_message,
        ),
        shapes::THREAD_OF_MESSAGE,
    ),
    with_files(
        bots("POST", "/api/v10/channels/{channel_id}/threads", "create_thread", threads::create),
        shapes::NEW_THREAD,
    ),
    asking(
        bots(
            "GET",
            "/api/v10/channels/{channel_id}/threads/archived/public",
            "list_public_archived_threads",
            threads::archived,
        ),
        shapes::BY_TIME,
    ),
    asking(
        bots("GET", "/api/v10/channels/{channel_id}/thread-members", "list_thread_members", threads::members),
        shapes::THREAD_MEMBERS,
    ),
    bots("PUT", "/api/v10/channels/{channel_id}/thread-members/@me", "join_thread", threads::join),
    bots("DELETE", "/api/v10/channels/{channel_id}/thread-members/@me", "leave_thread", threads::leave),
    bots(
        "PUT",
        "/api/v10/channels/{channel_id}/thread-members/{user_id}",
        "add_thread_member",
        threads::add_member,
    ),
    bots(
        "DELETE",
        "/api/v10/channels/{channel_id}/thread-members/{user_id}",
        "delete_thread_member",
        threads::remove_member,
    ),
];

const EXECUTE_WEBHOOK: Route<Operation> = asking(
    with_files(
        anybody(bots(
            "POST",
            "/api/v10/webhooks/{webhook_id}/{webhook_token}",
            "execute_webhook",
            webhooks::execute,
        )),
        shapes::WEBHOOK_MESSAGE,
    ),
    shapes::EXECUTE,
);
const OWN_MESSAGE: &str = "/api/v10/webhooks/{webhook_id}/{webhook_token}/messages/{message_id}";

const WEBHOOKS: Routes = &[
    bots("GET", "/api/v10/channels/{channel_id}/webhooks", "list_channel_webhooks", webhooks::of_channel),
    taking(
        bots("POST", "/api/v10/channels/{channel_id}/webhooks", "create_webhook", webhooks::create),
        shapes::NEW_WEBHOOK,
    ),
    bots("GET", "/api/v10/webhooks/{webhook_id}", "get_webhook", webhooks::get),
    taking(
        bots("PATCH", "/api/v10/webhooks/{webhook_id}", "update_webhook", webhooks::update),
        shapes::WEBHOOK_EDIT,
    ),
    bots("DELETE", "/api/v10/webhooks/{webhook_id}", "delete_webhook", webhooks::delete),
    EXECUTE_WEBHOOK,
    // As its address has it, which names no version.
    Route { path: "/api/webhooks/{webhook_id}/{webhook_token}", ..EXECUTE_WEBHOOK },
    anybody(bots(
        "GET",
        "/api/v10/webhooks/{webhook_id}/{webhook_token}",
        "get_webhook_by_token",
        webhooks::get_by_token,
    )),
    taking(
        anybody(bots(
            "PATCH",
            "/api/v10/webhooks/{webhook_id}/{webhook_token}",
            "update_webhook_by_token",
            webhooks::update,
        )),
        shapes::WEBHOOK_EDIT_BY_TOKEN,
    ),
    anybody(bots(
        "DELETE",
        "/api/v10/webhooks/{webhook_id}/{webhook_token}",
        "delete_webhook_by_token",
        webhooks::delete,
    )),
    asking(
        anybody(bots("GET", OWN_MESSAGE, "get_webhook_message", webhooks::get_message)),
        shapes::IN_THREAD,
    ),
    asking(
        with_files(
            anybody(bots("PATCH", OWN_MESSAGE, "update_webhook_message", webhooks::update_message)),
            shapes::WEBHOOK_MESSAGE_EDIT,
        ),
        shapes::IN_THREAD_WITH_COMPONENTS,
    ),
    asking(
        anybody(bots("DELETE", OWN_MESSAGE, "delete_webhook_message", webhooks::delete_message)),
        shapes::IN_THREAD,
    ),
];

const INVITES: Routes = &[
    bots("GET", "/api/v10/channels/{channel_id}/invites", "list_channel_invites", invites::of_channel),
    taking(
        bots("POST", "/api/v10/channels/{channel_id}/invites", "create_channel_invite", invites::create),
        shapes::NEW_INVITE,
    ),
    asking(anybody(bots("GET", "/api/v10/invites/{code}", "invite_resolve", invites::get)), shapes::INVITE),
    bots("DELETE", "/api/v10/invites/{code}", "invite_revoke", invites::revoke),
];
