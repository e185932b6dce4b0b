//! The embedded manifests: what each provider is sent, and what its answers say about tokens and about whose they are.

use std::sync::LazyLock;

use auth::oauth2::{Authorization, authorization_url, exchange_request};
use auth::revocation::{Tokens, requests};
use auth::{Client, TokenErrorClass, TokenResponse, read_token_response};
use bytes::Bytes;
use catalog::{Catalog, OAuth2, OriginMap, Toolkit};
use expression::{Expression, Variables};
use http::{Response, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use crate::requests::shown;

fn toolkit(slug: &str) -> &'static Toolkit {
    static CATALOG: LazyLock<Catalog> = LazyLock::new(|| Catalog::embedded(&OriginMap::none()).unwrap());
    CATALOG.find_toolkit(slug).unwrap()
}

fn oauth2(slug: &str) -> &'static OAuth2 {
    toolkit(slug).default_auth_scheme().oauth2().unwrap()
}

/// Subject, label, grant and facts.
fn identity(slug: &str, token: Value, profile: Value) -> [Value; 4] {
    let identity = toolkit(slug).identity.as_ref().unwrap();
    let input = json!({ "token": token, "profile": profile });
    let evaluate = |expression: Option<&Expression>| {
        expression
            .map_or(Value::Null, |expression| expression.evaluate(&input, &Variables::default()).unwrap())
    };
    [
        evaluate(Some(&identity.subject)),
        evaluate(identity.label.as_ref()),
        evaluate(identity.grant.as_ref()),
        evaluate(identity.facts.as_ref()),
    ]
}

#[test]
fn an_account_is_known_by_its_providers_own_id() {
    for (slug, profile, subject, label) in [
        ("gmail", json!({"sub": "1", "email": "ada@example.com"}), "1", "ada@example.com"),
        ("github", json!({"id": 7, "login": "ada"}), "7", "ada"),
        ("twitter", json!({"data": {"id": "7", "username": "ada"}}), "7", "ada"),
        (
            "outlook",
            json!({"id": "g-1", "mail": null, "userPrincipalName": "ada@example.com"}),
            "g-1",
            "ada@example.com",
        ),
        ("discord", json!({"id": "80", "username": "ada", "global_name": "Ada"}), "80", "ada"),
        ("linkedin", json!({"sub": "x1", "name": "Ada"}), "x1", "Ada"),
        ("reddit", json!({"id": "abc", "name": "ada"}), "abc", "ada"),
    ] {
        let [found, name, ..] = identity(slug, json!({}), profile);
        assert_eq!((found, name), (json!(subject), json!(label)), "{slug}");
    }
}

#[test]
fn an_account_of_a_workspace_is_known_by_workspace_and_user() {
    let slack = json!({
        "ok": true, "access_token": "xoxb", "bot_user_id": "U9", "team": {"id": "T1", "name": "Acme"},
        "authed_user": {"id": "U1", "access_token": "xoxp"}, "enterprise": null
    });
    assert_eq!(
        identity("slack", slack, Value::Null),
        [
            json!("T1:U1"),
            json!("Acme"),
            json!("T1"),
            json!({"team_id": "T1", "bot_user_id": "U9", "user_id": "U1"})
        ]
    );
    let organization =
        json!({"team": null, "enterprise": {"id": "E1", "name": "Acme Corp"}, "authed_user": {"id": "U1"}});
    let [subject, label, grant, _] = identity("slack", organization, Value::Null);
    assert_eq!((subject, label, grant), (json!("E1:U1"), json!("Acme Corp"), json!("E1")));
    let nobody = json!({"team": {"id": "T1"}});
    assert_eq!(identity("slack", nobody, Value::Null)[0], Value::Null);

    let notion = json!({
        "bot_id": "b", "workspace_id": "w", "workspace_name": "Acme",
        "owner": {"type": "user", "user": {"id": "u", "person": {"email": "ada@example.com"}}}
    });
    let [subject, label, grant, _] = identity("notion", notion, Value::Null);
    assert_eq!((subject, label, grant), (json!("w:u"), json!("Acme"), Value::Null));
    let whole = json!({"workspace_id": "w", "owner": {"type": "workspace", "workspace": true}});
    assert_eq!(identity("notion", whole, Value::Null)[0], json!("w"));

    assert_eq!(
        identity("hubspot", json!({"hub_id": 62515, "user_id": 3}), Value::Null),
        [
            json!("62515:3"),
            json!("HubSpot account 62515"),
            json!("62515"),
            json!({"hub_id": 62515, "user_id": 3})
        ]
    );
    let guild = json!({"access_token": "at", "guild": {"id": "900", "name": "Acme"}});
    let [.., facts] = identity("discord", guild, json!({"id": "80"}));
    assert_eq!(facts, json!({"guild_id": "900"}));
}

fn answer(slug: &str, status: u16, body: &Value) -> Result<TokenResponse, auth::TokenError> {
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    read_token_response(&oauth2(slug).token_endpoint, &response)
}

#[test]
fn slack_tokens_are_found_after_a_consent_and_after_a_refresh() {
    let consent = json!({
        "ok": true, "token_type": "bot", "access_token": "xoxb", "refresh_token": "rb", "expires_in": 43200,
        "scope": "chat:write", "team": {"id": "T1"},
        "authed_user": {"id": "U1", "token_type": "user", "access_token": "xoxp", "refresh_token": "ru", "scope": "search:read"}
    });
    let tokens = answer("slack", 200, &consent).unwrap().tokens;
    assert_eq!(tokens["default"].access_token.expose_secret(), "xoxb");
    assert_eq!(tokens["user"].access_token.expose_secret(), "xoxp");
    assert_eq!(tokens["user"].scopes.clone().unwrap(), ["user:search:read"]);

    let refreshed = |kind: &str| {
        let body = json!({"ok": true, "token_type": kind, "access_token": "new", "refresh_token": "r2", "expires_in": 43200});
        answer("slack", 200, &body).unwrap().tokens.into_keys().collect::<Vec<_>>()
    };
    assert_eq!(refreshed("bot"), ["default"]);
    assert_eq!(refreshed("user"), ["user"]);
}

#[test]
fn hubspot_lists_what_was_granted() {
    let body = json!({"access_token": "at", "refresh_token": "rt", "expires_in": 1800, "scopes": ["oauth", "tickets"]});
    let tokens = answer("hubspot", 200, &body).unwrap().tokens;
    assert_eq!(tokens["default"].scopes.clone().unwrap(), ["oauth", "tickets"]);
    let body = json!({"access_token": "at", "expires_in": 1800});
    assert!(answer("hubspot", 200, &body).unwrap().tokens["default"].scopes.is_none());
}

#[test]
fn every_provider_says_in_its_own_words_that_a_grant_is_dead() {
    use TokenErrorClass::{Client, DeadGrant, Refused, Transient};
    for (slug, status, error, class) in [
        ("gmail", 400, "invalid_grant", DeadGrant),
        ("github", 200, "bad_refresh_token", DeadGrant),
        ("github", 200, "incorrect_client_credentials", Client),
        ("slack", 200, "invalid_refresh_token", DeadGrant),
        ("slack", 200, "token_revoked", DeadGrant),
        ("slack", 200, "bad_client_secret", Client),
        ("slack", 200, "internal_error", Transient),
        ("twitter", 400, "invalid_request", DeadGrant),
        ("twitter", 401, "unauthorized_client", Client),
        ("hubspot", 400, "BAD_REFRESH_TOKEN", DeadGrant),
        ("outlook", 400, "interaction_required", DeadGrant),
        ("reddit", 400, "invalid_request", Refused),
    ] {
        let refusal = answer(slug, status, &json!({"ok": false, "error": error})).unwrap_err();
        assert_eq!(refusal.class, class, "{slug} {error}");
    }
}

fn authorized(slug: &str) -> String {
    let scopes = &toolkit(slug).scopes;
    let asked = [scopes.always.clone(), scopes.default.clone()].concat();
    let request = Authorization {
        client_id: "id",
        redirect_uri: "https://app.example/cb",
        scopes: &asked[..asked.len().min(3)],
        state: "s",
        code_verifier: "verifier",
    };
    authorization_url(oauth2(slug), scopes, &request).to_string()
}

#[test]
fn each_provider_is_asked_for_consent_with_its_quirks() {
    let common = "response_type=code&client_id=id&redirect_uri=https%3A%2F%2Fapp.example%2Fcb";
    let challenge = "code_challenge=iMnq5o6zALKXGivsnlom_0F5_WYda32GHkxlV7mq7hQ&code_challenge_method=S256";
    let google = "https%3A%2F%2Fwww.googleapis.com%2Fauth%2F";
    let graph = "https%3A%2F%2Fgraph.microsoft.com%2F";
    for (slug, expected) in [
        (
            "google-sheets",
            format!(
                "https://accounts.google.com/o/oauth2/v2/auth?{common}&scope=openid+email+{google}spreadsheets&state=s\
                 &{challenge}&access_type=offline&prompt=consent"
            ),
        ),
        (
            "slack",
            format!(
                "https://slack.com/oauth/v2/authorize?{common}&scope=channels%3Ahistory%2Cchannels%3Ajoin%2C\
                 channels%3Amanage&state=s"
            ),
        ),
        ("notion", format!("https://api.notion.com/v1/oauth/authorize?{common}&state=s&owner=user")),
        (
            "github",
            format!("https://github.com/login/oauth/authorize?{common}&scope=repo&state=s&{challenge}"),
        ),
        (
            "outlook",
            format!(
                "https://login.microsoftonline.com/common/oauth2/v2.0/authorize?{common}\
                 &scope=offline_access+{graph}User.Read+{graph}Calendars.ReadWrite&state=s&{challenge}&response_mode=query"
            ),
        ),
        (
            "twitter",
            format!(
                "https://x.com/i/oauth2/authorize?{common}&scope=offline.access+tweet.read+users.read&state=s&{challenge}"
            ),
        ),
        (
            "linkedin",
            format!(
                "https://www.linkedin.com/oauth/v2/authorization?{common}&scope=email+openid+profile&state=s"
            ),
        ),
        (
            "reddit",
            format!(
                "https://www.reddit.com/api/v1/authorize?{common}&scope=identity+edit+flair&state=s&duration=permanent"
            ),
        ),
    ] {
        assert_eq!(authorized(slug), expected, "{slug}");
    }
}

fn exchanged(slug: &str) -> String {
    let secret = SecretString::from("s");
    let client = Client { id: "id", secret: Some(&secret) };
    shown(&exchange_request(oauth2(slug), client, "c", "https://app.example/cb", "v"))
}

#[test]
fn clients_that_must_name_themselves_or_a_version_do_so() {
    assert_eq!(
        exchanged("notion"),
        "POST https://api.notion.com/v1/oauth/token\naccept: application/json\nauthorization: Basic aWQ6cw==\n\
         content-type: application/json\nnotion-version: 2025-09-03\n\
         {\"grant_type\":\"authorization_code\",\"code\":\"c\",\"redirect_uri\":\"https://app.example/cb\"}"
    );
    let body = "grant_type=authorization_code&code=c&redirect_uri=https%3A%2F%2Fapp.example%2Fcb";
    let form = "content-type: application/x-www-form-urlencoded";
    assert_eq!(
        exchanged("reddit"),
        format!(
            "POST https://www.reddit.com/api/v1/access_token\naccept: application/json\n\
             authorization: Basic aWQ6cw==\n{form}\n\
             user-agent: web:ai.butterbase.integrations:v1 (https://butterbase.ai)\n{body}"
        )
    );
    assert_eq!(
        exchanged("discord"),
        format!(
            "POST https://discord.com/api/oauth2/token\naccept: application/json\nauthorization: Basic aWQ6cw==\n\
             {form}\nuser-agent: DiscordBot (https://butterbase.ai, 1)\n{body}&code_verifier=v"
        )
    );
    assert_eq!(
        exchanged("hubspot"),
        format!(
            "POST https://api.hubapi.com/oauth/2026-03/token\naccept: application/json\n{form}\n\
             {body}&code_verifier=v&client_id=id&client_secret=s"
        )
    );
}

fn revoked(slug: &str) -> Vec<String> {
    let [secret, access, refresh] = ["s", "at", "rt"].map(SecretString::from);
    let client = Client { id: "id", secret: Some(&secret) };
    let tokens = Tokens { access_token: &access, refresh_token: Some(&refresh) };
    let sent = requests(&oauth2(slug).revocation, client, tokens);
    sent.iter().map(shown).collect()
}

#[test]
fn each_provider_is_told_to_revoke_in_its_own_way() {
    let form = "content-type: application/x-www-form-urlencoded";
    assert_eq!(
        revoked("github"),
        ["DELETE https://api.github.com/applications/id/token\naccept: application/vnd.github+json\n\
          authorization: Basic aWQ6cw==\ncontent-type: application/json\nx-github-api-version: 2022-11-28\n\
          {\"access_token\":\"at\"}"]
    );
    assert_eq!(
        revoked("slack"),
        [format!(
            "GET https://slack.com/api/auth.revoke\naccept: application/json\nauthorization: Bearer at\n{form}\n"
        )]
    );
    assert_eq!(
        revoked("notion"),
        [
            "POST https://api.notion.com/v1/oauth/revoke\naccept: application/json\nauthorization: Basic aWQ6cw==\n\
          content-type: application/json\nnotion-version: 2025-09-03\n{\"token\":\"at\"}"
        ]
    );
    assert_eq!(
        revoked("hubspot"),
        [format!(
            "POST https://api.hubapi.com/oauth/2026-03/token/revoke\naccept: application/json\n{form}\n\
             token=rt&client_id=id&client_secret=s"
        )]
    );
    assert_eq!(
        revoked("twitter")[0],
        format!(
            "POST https://api.x.com/2/oauth2/revoke\naccept: application/json\nauthorization: Basic aWQ6cw==\n{form}\n\
             token=rt"
        )
    );
    for (slug, calls) in
        [("google-drive", 2), ("twitter", 2), ("reddit", 2), ("discord", 1), ("outlook", 0), ("linkedin", 0)]
    {
        assert_eq!(revoked(slug).len(), calls, "{slug}");
    }
}
