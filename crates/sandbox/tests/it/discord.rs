//! Discord: what a user grants, how a bot comes into a server, and what it does there.

use sandbox::{Decision, Provider};
use serde_json::{Value, json};

use crate::bed::{Bed, Body, Reply, each, text};

const API: &str = "discord.com/api/v10";
const TOKEN: &str = "discord.com/api/oauth2/token";
const REVOKE: &str = "discord.com/api/oauth2/token/revoke";
/// View, send, history, files, links, reactions, threads, and to manage channels, messages, roles, webhooks, pins.
const PERMISSIONS: u64 = (1 << 4)
    | (1 << 6)
    | (1 << 10)
    | (1 << 11)
    | (1 << 13)
    | (1 << 14)
    | (1 << 15)
    | (1 << 16)
    | (1 << 28)
    | (1 << 29)
    | (1 << 34)
    | (1 << 35)
    | (1 << 38)
    | (1 << 51);

/// A bot in ada's server.
struct Bot {
    bed: Bed,
    token: String,
    guild: String,
}

impl Bot {
    async fn new() -> Self {
        Self::with(PERMISSIONS).await
    }

    async fn with(permissions: u64) -> Self {
        let bed = Bed::new().await;
        let permissions = permissions.to_string();
        let more = [("scope", "identify bot"), ("permissions", permissions.as_str())];
        let back = bed.allow(&bed.authorize_url(Provider::Discord, &more), "ada").await;
        let token = bed.client(Provider::Discord).extra["bot_token"].clone();
        Self { bed, token, guild: back["guild_id"].clone() }
    }

    async fn call(&self, method: &str, path: &str, body: Option<Value>) -> Reply {
        let builder = self.bed.builder(method, &format!("{API}{path}"));
        let builder = builder.header("authorization", format!("Bot {}", self.token));
        self.bed
            .send(match body {
                Some(body) => builder.json(&body),
                None => builder,
            })
            .await
    }

    async fn get(&self, path: &str) -> Value {
        self.call("GET", path, None).await.expect(200)
    }

    async fn post(&self, path: &str, body: Value) -> Reply {
        self.call("POST", path, Some(body)).await
    }

    /// The code of a refusal.
    async fn refused(&self, method: &str, path: &str, body: Option<Value>) -> (u16, u64) {
        let reply = self.call(method, path, body).await;
        (reply.status, reply.json()["code"].as_u64().unwrap())
    }

    async fn channel(&self, name: &str) -> String {
        let channels = self.get(&format!("/guilds/{}/channels", self.guild)).await;
        let found = channels.as_array().unwrap().iter().find(|channel| channel["name"] == name);
        text(&found.unwrap_or_else(|| panic!("no {name}: {channels}"))["id"])
    }

    async fn say(&self, channel: &str, content: &str) -> String {
        text(
            &self
                .post(&format!("/channels/{channel}/messages"), json!({"content": content}))
                .await
                .expect(200)["id"],
        )
    }

    async fn member(&self, name: &str) -> Value {
        let found = self.get(&format!("/guilds/{}/members/search?query={name}", self.guild)).await;
        found[0].clone()
    }
}

#[tokio::test]
async fn a_code_becomes_tokens_that_last_a_week_and_a_refresh_token_works_once() {
    let bed = Bed::new().await;
    let first = bed.connect(Provider::Discord, "ada", "identify guilds").await;
    assert_eq!((&first["token_type"], &first["expires_in"]), (&json!("Bearer"), &json!(604_800)));
    assert_eq!(first["scope"], "identify guilds");
    let me = format!("{API}/users/@me");
    let access = text(&first["access_token"]);
    let user = bed.get(&me, &access).await.expect(200);
    assert_eq!((&user["username"], &user["global_name"]), (&json!("ada"), &json!("Ada")));
    assert!(user.get("email").is_none(), "the scope email was not asked for: {user}");
    let with_email = bed.token(Provider::Discord, "ada", "identify email").await;
    assert_eq!(bed.get(&me, &with_email).await.expect(200)["email"], "ada@example.com");

    let old = text(&first["refresh_token"]);
    let second = bed.refresh(Provider::Discord, &old).await.expect(200);
    assert_ne!(second["refresh_token"], first["refresh_token"]);
    let replay = bed.refresh(Provider::Discord, &old).await.expect(400);
    let invalid = "Invalid \"refresh_token\" in request.";
    assert_eq!(replay, json!({"error": "invalid_grant", "error_description": invalid}));
    assert_eq!(bed.last_entry().detail["reuse_detected"], true);
    bed.get(&me, &text(&second["access_token"])).await.expect(401);
    bed.advance(604_800);
    let expired = bed.get(&me, &with_email).await.expect(401);
    assert_eq!(expired, json!({"message": "401: Unauthorized", "code": 0}));
}

#[tokio::test]
async fn revoking_one_token_ends_all_of_the_user() {
    let bed = Bed::new().await;
    let client = bed.client(Provider::Discord);
    let one = bed.token(Provider::Discord, "ada", "identify").await;
    let two = bed.connect(Provider::Discord, "ada", "identify guilds").await;
    let grace = bed.token(Provider::Discord, "grace", "identify").await;
    let me = format!("{API}/users/@me");
    assert_eq!(bed.form(REVOKE, &[("token", &one)]).await.expect(401), json!({"error": "invalid_client"}));
    bed.basic_form(REVOKE, &client, &[("token", &one)]).await.expect(200);
    bed.get(&me, &text(&two["access_token"])).await.expect(401);
    bed.refresh(Provider::Discord, &text(&two["refresh_token"])).await.expect(400);
    bed.get(&me, &grace).await.expect(200);
    bed.basic_form(REVOKE, &client, &[("token", "unknown")]).await.expect(200);
}

#[tokio::test]
async fn an_apps_credentials_are_worth_a_token_of_its_owner() {
    let bed = Bed::new().await;
    let owner = [("owner".to_owned(), "grace".to_owned())].into();
    let client = bed.sandbox.control().register_client(Provider::Discord, vec![], owner);
    let asked = [("grant_type", "client_credentials"), ("scope", "identify")];
    let one = bed.basic_form(TOKEN, &client, &asked).await.expect(200);
    let two = bed.basic_form(TOKEN, &client, &asked).await.expect(200);
    assert_eq!((&one["expires_in"], &one["scope"]), (&json!(604_800), &json!("identify")));
    assert!(one.get("refresh_token").is_none(), "{one}");
    for token in [&one, &two] {
        let me = bed.get(&format!("{API}/users/@me"), &text(&token["access_token"])).await.expect(200);
        assert_eq!(me["username"], "grace");
    }
    let entry = bed.sandbox.control().ledger().remove(0);
    assert_eq!(
        (entry.operation.as_deref(), entry.account.as_deref()),
        (Some("client_credentials"), Some("grace"))
    );

    let wrong = sandbox::Client { client_secret: "wrong".to_owned(), ..client.clone() };
    assert_eq!(bed.basic_form(TOKEN, &wrong, &asked).await.expect(401)["error"], "invalid_client");
    assert_eq!(bed.basic_form(TOKEN, &client, &asked[..1]).await.expect(400)["error"], "invalid_scope");
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", "x"), asked[1]];
    assert_eq!(bed.basic_form(TOKEN, &client, &refresh).await.expect(400)["error"], "invalid_request");
}

#[tokio::test]
async fn authorization_is_strict_and_codes_are_bound() {
    let bed = Bed::new().await;
    let page = async |more: &[(&str, &str)]| {
        let url = bed.authorize_url(Provider::Discord, more);
        let error = bed.sandbox.control().consent(&url, &Decision::Deny).await.unwrap_err();
        assert_eq!(error.status, 400);
        error.page
    };
    assert!(page(&[]).await.contains("The requested scope is invalid"));
    assert!(page(&[("scope", "identify admin")]).await.contains("The requested scope is invalid"));
    assert!(page(&[("scope", "identify"), ("response_type", "")]).await.contains("response_type"));
    assert!(page(&[("scope", "identify"), ("client_id", "7")]).await.contains("Unknown Application"));
    let elsewhere = [("scope", "identify"), ("redirect_uri", "https://x.example/")];
    assert!(page(&elsewhere).await.contains("Invalid OAuth2 redirect_uri"));
    assert!(page(&[("scope", "identify"), ("access_type", "offline")]).await.contains("access_type"));
    assert!(page(&[("scope", "bot"), ("guild_id", "x")]).await.contains("not snowflake"));

    let code = bed.code(Provider::Discord, "ada", "identify").await;
    let client = bed.client(Provider::Discord);
    let attempt = async |fields: &[(&str, &str)]| {
        text(&bed.basic_form(TOKEN, &client, fields).await.expect(400)["error_description"])
    };
    let base = [("grant_type", "authorization_code"), ("code", code.as_str())];
    assert_eq!(attempt(&base).await, "Missing \"redirect_uri\" in request.");
    let other = [&base[..], &[("redirect_uri", "http://127.0.0.1:1/")]].concat();
    assert_eq!(attempt(&other).await, "Invalid \"redirect_uri\" in request.");
    assert_eq!(attempt(&[("grant_type", "password")]).await, "Grant type password is not supported");
    bed.exchange(Provider::Discord, &code).await.expect(200);
    assert_eq!(bed.exchange(Provider::Discord, &code).await.expect(400)["error"], "invalid_grant");
}

#[tokio::test]
async fn callers_name_themselves_and_not_as_browsers() {
    let bed = Bed::new().await;
    let token = bed.token(Provider::Discord, "ada", "identify").await;
    for path in [format!("{API}/users/@me"), TOKEN.to_owned()] {
        let browser = bed.builder("GET", &path).header("user-agent", "Mozilla/5.0 (X11)").bearer_auth(&token);
        let reply = bed.send(browser).await;
        assert_eq!((reply.status, reply.text.as_str()), (403, "error code: 1010"), "{path}");
        let unnamed = bed.builder("GET", &path).header("user-agent", "").bearer_auth(&token);
        assert_eq!(bed.send(unnamed).await.status, 403);
    }
    let reply = bed.get(&format!("{API}/users/@me"), &token).await;
    for (name, value) in [("limit", "50"), ("remaining", "49"), ("reset-after", "1.000")] {
        assert_eq!(reply.header(&format!("x-ratelimit-{name}")), value);
    }
    assert!(!reply.header("x-ratelimit-bucket").is_empty() && !reply.header("x-ratelimit-reset").is_empty());
}

#[tokio::test]
async fn tokens_of_users_and_of_bots_are_told_apart() {
    let bot = Bot::new().await;
    let all = "identify guilds connections guilds.members.read";
    let ada = bot.bed.token(Provider::Discord, "ada", all).await;
    let guilds = bot.bed.get(&format!("{API}/users/@me/guilds?with_counts=true"), &ada).await.expect(200);
    assert_eq!(each(&guilds, "name"), ["Analytical Engines", "Navy Nanoseconds"]);
    assert_eq!((&guilds[0]["owner"], &guilds[0]["approximate_member_count"]), (&json!(true), &json!(4)));
    let own = format!("{API}/users/@me/guilds/{}/member", bot.guild);
    assert_eq!(bot.bed.get(&own, &ada).await.expect(200)["user"]["username"], "ada");
    let linked = bot.bed.get(&format!("{API}/users/@me/connections"), &ada).await.expect(200);
    assert_eq!(linked[0]["type"], "github");

    let guild = format!("{API}/guilds/{}", bot.guild);
    let refused = bot.bed.get(&guild, &ada).await.expect(401);
    assert_eq!(refused, json!({"message": "401: Unauthorized", "code": 0}));
    bot.bed.get(&guild, &bot.token).await.expect(401);
    let as_bot = bot.bed.builder("GET", &guild).header("authorization", format!("Bot {ada}"));
    bot.bed.send(as_bot).await.expect(401);
    let bare = bot.bed.builder("GET", &guild).header("authorization", &bot.token);
    bot.bed.send(bare).await.expect(401);
    let member = format!("/users/@me/guilds/{}/member", bot.guild);
    assert_eq!(bot.refused("GET", &member, None).await, (403, 20_001));
    assert_eq!(each(&bot.get("/users/@me/guilds").await, "name"), ["Analytical Engines"]);
    let me = bot.get("/users/@me").await;
    assert_eq!((&me["bot"], &me["id"]), (&json!(true), &json!(bot.bed.client(Provider::Discord).client_id)));
}

#[tokio::test]
async fn each_scope_opens_its_own_route() {
    let bed = Bed::new().await;
    let routes = [
        ("identify", "users/@me"),
        ("guilds", "users/@me/guilds"),
        ("guilds.members.read", "users/@me/guilds/1/member"),
        ("connections", "users/@me/connections"),
    ];
    for (scope, _) in routes {
        let token = bed.token(Provider::Discord, "grace", scope).await;
        for (needed, path) in routes {
            let reply = bed.get(&format!("{API}/{path}"), &token).await;
            let entry = bed.last_entry();
            assert_eq!(reply.status == 401, scope != needed, "{scope} {path}");
            assert_eq!(entry.detail.contains_key("lacks_scope"), scope != needed);
            assert_eq!((entry.account.as_deref(), entry.operation.is_some()), (Some("grace"), true));
        }
    }
}

#[tokio::test]
async fn guilds_page_in_both_directions() {
    let bed = Bed::new().await;
    let token = bed.token(Provider::Discord, "ada", "guilds").await;
    let page = async |query: &str| {
        each(&bed.get(&format!("{API}/users/@me/guilds?{query}"), &token).await.expect(200), "id")
    };
    let all = page("").await;
    assert_eq!(all.len(), 2);
    assert_eq!(page("limit=1").await, all[..1]);
    assert_eq!(page(&format!("limit=1&after={}", all[0])).await, all[1..]);
    assert_eq!(page(&format!("limit=1&before={}", all[1])).await, all[..1]);
    let wrong = bed.get(&format!("{API}/users/@me/guilds?limit=201"), &token).await.expect(400);
    assert_eq!(wrong["errors"]["limit"]["_errors"][0]["code"], "NUMBER_TYPE_MAX");
}

#[tokio::test]
async fn a_consent_with_bot_adds_it_to_a_server_of_the_user() {
    let bed = Bed::new().await;
    let tokens = bed.connect(Provider::Discord, "grace", "identify bot").await;
    assert_eq!(tokens["guild"]["name"], "Navy Nanoseconds");
    let refreshed = bed.refresh(Provider::Discord, &text(&tokens["refresh_token"])).await.expect(200);
    assert!(refreshed.get("guild").is_none());
    let plain = bed.connect(Provider::Discord, "grace", "identify").await;
    assert!(plain.get("guild").is_none());

    // Grace does not manage ada's server, so hers is what she can pick.
    let ada = bed.connect(Provider::Discord, "ada", "bot").await;
    let engines = text(&ada["guild"]["id"]);
    let more = [("scope", "bot"), ("guild_id", engines.as_str()), ("permissions", "2048")];
    let back = bed.allow(&bed.authorize_url(Provider::Discord, &more), "grace").await;
    assert_eq!(json!(back["guild_id"]), tokens["guild"]["id"]);
    assert_eq!(back["permissions"], "2048");

    let hook = bed.connect(Provider::Discord, "alan", "webhook.incoming").await;
    let path = format!("{API}/webhooks/{}/{}", text(&hook["webhook"]["id"]), text(&hook["webhook"]["token"]));
    bed.post(&path, "", json!({"content": "Heil Wetter"})).await.expect(204);
}

#[tokio::test]
async fn who_denies_adds_no_bot() {
    let bed = Bed::new().await;
    let url = bed.authorize_url(Provider::Discord, &[("scope", "identify bot"), ("permissions", "8")]);
    let back = bed.sandbox.control().consent(&url, &Decision::Deny).await.unwrap();
    let pairs: std::collections::BTreeMap<_, _> = back.query_pairs().into_owned().collect();
    assert_eq!((pairs["error"].as_str(), pairs["state"].as_str()), ("access_denied", "the state"));
    assert!(pairs["error_description"].starts_with("The resource owner"));
    assert!(!pairs.contains_key("code") && !pairs.contains_key("guild_id"));
    let token = bed.client(Provider::Discord).extra["bot_token"].clone();
    let guilds = bed.builder("GET", &format!("{API}/users/@me/guilds"));
    let guilds = bed.send(guilds.header("authorization", format!("Bot {token}"))).await.expect(200);
    assert_eq!(guilds, json!([]));
}

#[tokio::test]
async fn a_message_is_written_read_changed_and_deleted() {
    let bot = Bot::new().await;
    let channel = bot.channel("general").await;
    let grace = text(&bot.member("grace").await["user"]["id"]);
    let body = json!({"content": format!(" Hello <@{grace}> and @everyone "), "allowed_mentions": {"parse": ["users"]}});
    let made = bot.post(&format!("/channels/{channel}/messages"), body).await.expect(200);
    assert_eq!(made["content"], format!("Hello <@{grace}> and @everyone"));
    assert_eq!(each(&made["mentions"], "username"), ["grace"]);
    assert_eq!((&made["mention_everyone"], &made["author"]["bot"]), (&json!(false), &json!(true)));
    assert_eq!(made["timestamp"], "2027-01-15T08:00:00.000000+00:00");
    let path = format!("/channels/{channel}/messages/{}", text(&made["id"]));
    assert_eq!(bot.get(&path).await, made);

    let embed = json!({"embeds": [{"title": "T", "fields": [{"name": "a", "value": "b"}]}]});
    let edited = bot.call("PATCH", &path, Some(embed)).await.expect(200);
    assert_eq!((&edited["embeds"][0]["type"], &edited["content"]), (&json!("rich"), &made["content"]));
    assert!(edited["edited_timestamp"].is_string());
    let reply = json!({"content": "Answer", "message_reference": {"message_id": made["id"]}});
    let reply = bot.post(&format!("/channels/{channel}/messages"), reply).await.expect(200);
    assert_eq!((&reply["type"], &reply["referenced_message"]["id"]), (&json!(19), &made["id"]));

    bot.call("DELETE", &path, None).await.expect(204);
    assert_eq!(bot.refused("GET", &path, None).await, (404, 10_008));
    let others = bot.get(&format!("/channels/{channel}/messages?limit=100")).await;
    let of_ada = others.as_array().unwrap().iter().find(|one| one["author"]["username"] == "ada").unwrap();
    let of_ada = format!("/channels/{channel}/messages/{}", text(&of_ada["id"]));
    assert_eq!(bot.refused("PATCH", &of_ada, Some(json!({"content": "x"}))).await, (403, 50_005));
    bot.call("DELETE", &of_ada, None).await.expect(204);
}

#[tokio::test]
async fn messages_page_and_go_in_bulk() {
    let bot = Bot::new().await;
    let channel = bot.channel("engine").await;
    let mut made = Vec::new();
    for number in 0..5 {
        made.push(bot.say(&channel, &format!("Number {number}")).await);
    }
    let page =
        async |query: &str| each(&bot.get(&format!("/channels/{channel}/messages?{query}")).await, "id");
    assert_eq!(page("limit=2").await, [made[4].as_str(), &made[3]]);
    assert_eq!(page(&format!("limit=2&before={}", made[3])).await, [made[2].as_str(), &made[1]]);
    assert_eq!(page(&format!("limit=2&after={}", made[0])).await, [made[2].as_str(), &made[1]]);
    assert_eq!(page(&format!("limit=3&around={}", made[2])).await, [made[3].as_str(), &made[2], &made[1]]);
    let path = format!("/channels/{channel}/messages/bulk-delete");
    assert_eq!(bot.refused("POST", &path, Some(json!({"messages": [made[0]]}))).await, (400, 50_035));
    bot.post(&path, json!({"messages": [made[0], made[1], "7"]})).await.expect(204);
    assert_eq!(page("limit=3").await, [made[4].as_str(), &made[3], &made[2]]);
    bot.bed.advance(14 * 24 * 3600);
    assert_eq!(
        bot.refused("POST", &path, Some(json!({"messages": [made[2], made[3]]}))).await,
        (400, 50_034)
    );
}

#[tokio::test]
async fn bodies_are_checked_and_errors_say_where() {
    let bot = Bot::new().await;
    let path = format!("/channels/{}/messages", bot.channel("general").await);
    let at = async |body: Value, pointer: &str| {
        let refused = bot.post(&path, body).await.expect(400);
        assert_eq!(refused["message"], "Invalid Form Body");
        let error = refused.pointer(&format!("/errors{pointer}/_errors/0")).cloned();
        error.unwrap_or_else(|| panic!("{pointer}: {refused}"))
    };
    let long = at(json!({"content": "x".repeat(2001)}), "/content").await;
    assert_eq!(long, json!({"code": "BASE_TYPE_MAX_LENGTH", "message": "Must be 2000 or fewer in length."}));
    let missing = at(json!({"embeds": [{"fields": [{"name": "a"}]}]}), "/embeds/0/fields/0/value").await;
    assert_eq!(missing["code"], "BASE_TYPE_REQUIRED");
    let unknown = at(json!({"content": "x", "text": "y"}), "/text").await;
    assert!(text(&unknown["message"]).starts_with("sandbox: "));
    let button =
        json!({"content": "x", "components": [{"type": 2, "label": "y", "style": 1, "custom_id": "z"}]});
    assert_eq!(at(button, "/components/0/type").await["code"], "UNION_TYPE_CHOICES");
    let reply = json!({"content": "x", "message_reference": {"message_id": "7"}});
    assert_eq!(at(reply, "/message_reference").await["code"], "REPLIES_UNKNOWN_MESSAGE");
    assert_eq!(bot.refused("POST", &path, Some(json!({"content": "  "}))).await, (400, 50_006));
    assert_eq!(bot.refused("GET", "/channels/7", None).await, (404, 10_003));
    assert_eq!(bot.refused("GET", "/channels/seven", None).await, (400, 50_035));
    assert_eq!(bot.refused("GET", "/nothing", None).await, (404, 0));
    let raw = bot.bed.builder("POST", &format!("{API}{path}"));
    let raw = raw.header("authorization", format!("Bot {}", bot.token)).form(&[("content", "x")]);
    assert_eq!(bot.bed.send(raw).await.expect(400)["code"], 50_035);
}

#[tokio::test]
async fn files_come_in_parts() {
    let bot = Bot::new().await;
    let channel = bot.channel("general").await;
    let json = json!({"content": "See", "attachments": [{"id": "0", "description": "A note"}]});
    let body = format!(
        "--B\r\nContent-Disposition: form-data; name=\"payload_json\"\r\nContent-Type: application/json\r\n\r\n{json}\r\n\
         --B\r\nContent-Disposition: form-data; name=\"files[0]\"; filename=\"g.txt\"\r\nContent-Type: text/plain\r\n\r\n\
         a\r\n\r\nb\r\n--B--\r\n"
    );
    let builder = bot.bed.builder("POST", &format!("{API}/channels/{channel}/messages"));
    let builder = builder.header("authorization", format!("Bot {}", bot.token));
    let builder = builder.header("content-type", "multipart/form-data; boundary=B").body(body);
    let made = bot.bed.send(builder).await.expect(200);
    let file = &made["attachments"][0];
    assert_eq!((&file["filename"], &file["size"]), (&json!("g.txt"), &json!(6)));
    assert_eq!((&file["description"], &file["content_type"]), (&json!("A note"), &json!("text/plain")));
}

#[tokio::test]
async fn permissions_come_with_the_role_of_the_bot() {
    let bot = Bot::with(0).await;
    let (channel, guild) = (bot.channel("general").await, bot.guild.clone());
    bot.say(&channel, "Everybody may").await;
    let named = Some(json!({"name": "x"}));
    assert_eq!(bot.refused("POST", &format!("/guilds/{guild}/channels"), named.clone()).await, (403, 50_013));
    assert_eq!(bot.refused("DELETE", &format!("/channels/{channel}"), None).await, (403, 50_013));
    let hook = format!("/channels/{channel}/webhooks");
    assert_eq!(bot.refused("POST", &hook, named).await, (403, 50_013));
    let hidden = bot.channel("moderators").await;
    assert_eq!(bot.refused("GET", &format!("/channels/{hidden}/messages"), None).await, (403, 50_001));
    let grace = bot.bed.token(Provider::Discord, "grace", "guilds").await;
    let guilds = bot.bed.get(&format!("{API}/users/@me/guilds"), &grace).await.expect(200);
    let navy = guilds.as_array().unwrap().iter().find(|one| one["owner"] == true).unwrap();
    let navy = text(&navy["id"]);
    assert_eq!(bot.refused("GET", &format!("/guilds/{navy}"), None).await, (404, 10_004));
    assert_eq!(bot.refused("GET", &format!("/guilds/{navy}/channels"), None).await, (403, 50_001));
    assert_eq!(bot.bed.last_entry().outcome(), Some("50001"));
}

#[tokio::test]
async fn channels_are_made_changed_and_deleted() {
    let bot = Bot::new().await;
    let guild = &bot.guild;
    let category = bot.channel("Workshop").await;
    let made = json!({"name": "Loose Ends", "topic": "What is left", "parent_id": category, "nsfw": true});
    let made = bot.post(&format!("/guilds/{guild}/channels"), made).await.expect(201);
    assert_eq!(
        (&made["name"], &made["type"], &made["nsfw"]),
        (&json!("loose-ends"), &json!(0), &json!(true))
    );
    assert_eq!((&made["guild_id"], &made["parent_id"]), (&json!(guild), &json!(category)));
    let path = format!("/channels/{}", text(&made["id"]));
    let changed = json!({"name": "done", "topic": null, "rate_limit_per_user": 5});
    let changed = bot.call("PATCH", &path, Some(changed)).await.expect(200);
    assert_eq!((&changed["name"], &changed["topic"]), (&json!("done"), &Value::Null));
    assert_eq!(bot.get(&path).await, changed);
    let wrong = Some(json!({"archived": true}));
    assert_eq!(bot.refused("PATCH", &path, wrong).await, (400, 50_035));
    let orphan = json!({"name": "x", "parent_id": changed["id"]});
    let refused = bot.post(&format!("/guilds/{guild}/channels"), orphan).await.expect(400);
    assert_eq!(refused["errors"]["parent_id"]["_errors"][0]["code"], "CHANNEL_PARENT_INVALID_TYPE");
    assert_eq!(bot.call("DELETE", &path, None).await.expect(200)["id"], made["id"]);
    assert_eq!(bot.refused("GET", &path, None).await, (404, 10_003));
}

#[tokio::test]
async fn reactions_and_pins() {
    let bot = Bot::new().await;
    let channel = bot.channel("general").await;
    let message = bot.say(&channel, "Vote").await;
    let path = format!("/channels/{channel}/messages/{message}");
    let thumb = "%F0%9F%91%8D";
    bot.call("PUT", &format!("{path}/reactions/{thumb}/@me"), None).await.expect(204);
    let seen = bot.get(&path).await;
    assert_eq!((&seen["reactions"][0]["count"], &seen["reactions"][0]["me"]), (&json!(1), &json!(true)));
    assert_eq!(bot.get(&format!("{path}/reactions/{thumb}")).await[0]["bot"], true);
    assert_eq!(bot.refused("PUT", &format!("{path}/reactions/thumb/@me"), None).await, (400, 10_014));
    let gear = bot.get(&format!("/guilds/{}", bot.guild)).await["emojis"][0]["id"].clone();
    bot.call("PUT", &format!("{path}/reactions/gear_wheel:{}/@me", text(&gear)), None).await.expect(204);
    bot.call("DELETE", &format!("{path}/reactions/{thumb}/@me"), None).await.expect(204);
    assert_eq!(bot.get(&path).await["reactions"][0]["emoji"]["id"], gear);

    let pin = format!("/channels/{channel}/messages/pins/{message}");
    bot.call("PUT", &pin, None).await.expect(204);
    let pins = bot.get(&format!("/channels/{channel}/messages/pins")).await;
    assert_eq!((&pins["items"][0]["message"]["id"], &pins["has_more"]), (&json!(message), &json!(false)));
    let latest = bot.get(&format!("/channels/{channel}/messages?limit=1")).await;
    assert_eq!(
        (&latest[0]["type"], &latest[0]["message_reference"]["message_id"]),
        (&json!(6), &json!(message))
    );
    bot.call("DELETE", &pin, None).await.expect(204);
    assert_eq!(bot.get(&format!("/channels/{channel}/pins")).await, json!([]));
}

#[tokio::test]
async fn threads_of_messages_of_channels_and_of_forums() {
    let bot = Bot::new().await;
    let channel = bot.channel("general").await;
    let message = bot.say(&channel, "Discuss").await;
    let path = format!("/channels/{channel}/messages/{message}/threads");
    let body = json!({"name": "Discussion", "auto_archive_duration": 60});
    let thread = bot.post(&path, body.clone()).await.expect(201);
    assert_eq!((&thread["id"], &thread["parent_id"]), (&json!(message), &json!(channel)));
    assert_eq!((&thread["type"], &thread["thread_metadata"]["archived"]), (&json!(11), &json!(false)));
    assert_eq!(bot.refused("POST", &path, Some(body)).await, (400, 160_004));
    bot.say(&message, "In the thread").await;
    assert_eq!(bot.get(&format!("/channels/{message}")).await["message_count"], 1);
    let active = bot.get(&format!("/guilds/{}/threads/active", bot.guild)).await;
    assert_eq!(each(&active["threads"], "name"), ["Discussion", "Review of note G"]);
    bot.call("PATCH", &format!("/channels/{message}"), Some(json!({"archived": true}))).await.expect(200);
    let archived = bot.get(&format!("/channels/{channel}/threads/archived/public")).await;
    assert_eq!(each(&archived["threads"], "id"), [message.as_str()]);

    let odd = Some(json!({"name": "x", "auto_archive_duration": 61}));
    assert_eq!(bot.refused("POST", &format!("/channels/{channel}/threads"), odd).await, (400, 50_035));
    let public = json!({"name": "Public", "type": 11});
    let public = bot.post(&format!("/channels/{channel}/threads"), public).await.expect(201);
    let latest = bot.get(&format!("/channels/{channel}/messages?limit=1")).await;
    assert_eq!((&latest[0]["type"], &latest[0]["content"]), (&json!(18), &json!("Public")));
    let grace = text(&bot.member("grace").await["user"]["id"]);
    let members = format!("/channels/{}/thread-members", text(&public["id"]));
    bot.call("PUT", &format!("{members}/{grace}"), None).await.expect(204);
    assert_eq!(bot.get(&members).await.as_array().unwrap().len(), 2);

    let forum = bot.channel("questions").await;
    let question = json!({"name": "Why?", "message": {"content": "Because"}});
    let asked = bot.post(&format!("/channels/{forum}/threads"), question).await.expect(201);
    assert_eq!((&asked["message"]["id"], &asked["message"]["content"]), (&asked["id"], &json!("Because")));
    let bare = Some(json!({"name": "x"}));
    assert_eq!(bot.refused("POST", &format!("/channels/{forum}/threads"), bare).await, (400, 50_035));
    let direct = Some(json!({"content": "x"}));
    assert_eq!(bot.refused("POST", &format!("/channels/{forum}/messages"), direct).await, (400, 50_008));
}

#[tokio::test]
async fn members_and_roles() {
    let bot = Bot::new().await;
    let guild = &bot.guild;
    let one = bot.get(&format!("/guilds/{guild}/members")).await;
    assert_eq!(one.as_array().unwrap().len(), 1, "one at a time unless more are asked for");
    let mut names = Vec::new();
    let mut after = "0".to_owned();
    loop {
        let page = bot.get(&format!("/guilds/{guild}/members?limit=3&after={after}")).await;
        let Some(last) = page.as_array().unwrap().last() else { break };
        after = text(&last["user"]["id"]);
        names.extend(page.as_array().unwrap().iter().map(|member| text(&member["user"]["username"])));
    }
    assert_eq!(names, ["ada", "grace", "alan", "Butterbase Integrations"]);
    assert_eq!(bot.member("amazing").await["user"]["username"], "grace", "by nickname, too");
    let alan = text(&bot.member("alan").await["user"]["id"]);

    let roles = bot.get(&format!("/guilds/{guild}/roles")).await;
    let role = |name: &str| {
        let found = roles.as_array().unwrap().iter().find(|role| role["name"] == name);
        text(&found.unwrap()["id"])
    };
    let path = format!("/guilds/{guild}/members/{alan}");
    bot.call("PUT", &format!("{path}/roles/{}", role("Readers")), None).await.expect(204);
    assert_eq!(bot.get(&path).await["roles"], json!([role("Readers")]));
    bot.call("DELETE", &format!("{path}/roles/{}", role("Readers")), None).await.expect(204);
    let own = role("Butterbase Integrations");
    assert_eq!(bot.refused("PUT", &format!("{path}/roles/{own}"), None).await, (403, 50_013));
    assert_eq!(bot.refused("PUT", &format!("{path}/roles/7"), None).await, (404, 10_011));
    assert_eq!(bot.refused("GET", &format!("/guilds/{guild}/members/7"), None).await, (404, 10_013));
    let made = json!({"name": "Crew", "permissions": "2048", "color": 255});
    let made = bot.post(&format!("/guilds/{guild}/roles"), made).await.expect(200);
    assert_eq!((&made["permissions"], &made["colors"]["primary_color"]), (&json!("2048"), &json!(255)));
    let too_much = Some(json!({"name": "Gods", "permissions": "8"}));
    assert_eq!(bot.refused("POST", &format!("/guilds/{guild}/roles"), too_much).await, (403, 50_013));
    bot.call("DELETE", &format!("/guilds/{guild}/roles/{}", text(&made["id"])), None).await.expect(204);
}

#[tokio::test]
async fn webhooks_write_with_a_token_of_their_own() {
    let bot = Bot::new().await;
    let channel = bot.channel("general").await;
    let path = format!("/channels/{channel}/webhooks");
    let refused = bot.post(&path, json!({"name": "Discord news"})).await.expect(400);
    assert_eq!(refused["errors"]["name"]["_errors"][0]["code"], "USERNAME_INVALID_CONTAINS");
    let hook = bot.post(&path, json!({"name": "Ticker"})).await.expect(200);
    assert_eq!((&hook["type"], &hook["channel_id"]), (&json!(1), &json!(channel)));
    assert_eq!(each(&bot.get(&path).await, "token"), [text(&hook["token"])]);
    let own = format!("{API}/webhooks/{}/{}", text(&hook["id"]), text(&hook["token"]));
    bot.bed.post(&own, "", json!({"content": "Quiet"})).await.expect(204);
    let said = json!({"content": "Loud", "username": "Crier"});
    let said = bot.bed.post(&format!("{own}?wait=true"), "", said).await.expect(200);
    assert_eq!((&said["author"]["username"], &said["webhook_id"]), (&json!("Crier"), &hook["id"]));
    let message = format!("{own}/messages/{}", text(&said["id"]));
    let edited =
        bot.bed.call("PATCH", &message, "", Body::Json(json!({"content": "Louder"}))).await.expect(200);
    assert_eq!(edited["content"], "Louder");
    let address = text(&hook["url"]);
    let address = address.strip_prefix(bot.bed.sandbox.base_url().as_str()).unwrap();
    bot.bed.post(address, "", json!({"content": "By its address"})).await.expect(204);
    let wrong = format!("{API}/webhooks/{}/wrong", text(&hook["id"]));
    assert_eq!(bot.bed.post(&wrong, "", json!({"content": "x"})).await.expect(401)["code"], 50_027);
    let thread = format!("{own}?thread_id=7");
    assert_eq!(bot.bed.post(&thread, "", json!({"content": "x"})).await.expect(404)["code"], 10_003);
    bot.call("DELETE", &format!("/webhooks/{}", text(&hook["id"])), None).await.expect(204);
    assert_eq!(bot.bed.post(&own, "", json!({"content": "x"})).await.expect(404)["code"], 10_015);
}

#[tokio::test]
async fn conversations_invitations_and_announcements() {
    let bot = Bot::new().await;
    let alan = text(&bot.member("alan").await["user"]["id"]);
    let open = json!({"recipient_id": alan});
    let dm = bot.post("/users/@me/channels", open.clone()).await.expect(200);
    assert_eq!((&dm["type"], &dm["recipients"][0]["username"]), (&json!(1), &json!("alan")));
    assert!(dm.get("guild_id").is_none());
    assert_eq!(bot.post("/users/@me/channels", open).await.expect(200)["id"], dm["id"]);
    let id = text(&dm["id"]);
    bot.say(&id, "Between us").await;
    assert_eq!(
        bot.refused("PATCH", &format!("/channels/{id}"), Some(json!({"name": "x"}))).await,
        (403, 50_003)
    );
    let nobody = Some(json!({"recipient_id": "7"}));
    assert_eq!(bot.refused("POST", "/users/@me/channels", nobody).await, (400, 50_033));

    let news = bot.channel("news").await;
    let invite = bot.post(&format!("/channels/{news}/invites"), json!({"max_age": 60})).await.expect(200);
    let code = text(&invite["code"]);
    let seen = bot.bed.get(&format!("{API}/invites/{code}?with_counts=true"), "").await.expect(200);
    assert_eq!(
        (&seen["guild"]["name"], &seen["channel"]["id"]),
        (&json!("Analytical Engines"), &json!(news))
    );
    assert_eq!(each(&bot.get(&format!("/channels/{news}/invites")).await, "code"), [code.as_str()]);
    bot.bed.advance(60);
    assert_eq!(bot.refused("DELETE", &format!("/invites/{code}"), None).await, (404, 10_006));

    let message = bot.say(&news, "Extra").await;
    let path = format!("/channels/{news}/messages/{message}/crosspost");
    assert_eq!(bot.call("POST", &path, None).await.expect(200)["flags"], 1);
    assert_eq!(bot.refused("POST", &path, None).await, (400, 40_033));
    bot.call("DELETE", &format!("/users/@me/guilds/{}", bot.guild), None).await.expect(204);
    assert_eq!(bot.get("/users/@me/guilds").await, json!([]));
}
