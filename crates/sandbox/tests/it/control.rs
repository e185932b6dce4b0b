//! The control, in process and over HTTP, and the ledger.

use sandbox::{Kind, Provider};
use serde_json::{Value, json};

use crate::bed::{Bed, GMAIL, REDIRECT, text};

async fn command(bed: &Bed, name: &str, body: Value) -> Value {
    bed.post(&format!("_sandbox/{name}"), "", body).await.expect(200)
}

#[tokio::test]
async fn the_ledger_tells_every_exchange_in_order() {
    let bed = Bed::new().await;
    let token = bed.gmail().await;
    bed.get(&format!("{GMAIL}/labels"), &token).await.expect(200);
    bed.get(&format!("{GMAIL}/labels"), "wrong").await.expect(401);
    let entries = bed.ledger();
    let kinds: Vec<Kind> = entries.iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds, [Kind::Authorize, Kind::Consent, Kind::Token, Kind::Api, Kind::Api]);
    assert_eq!(entries.iter().map(|entry| entry.sequence).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);

    let client_id = bed.client(Provider::Google).client_id;
    let asked = &entries[0];
    assert_eq!(asked.client_id.as_deref(), Some(client_id.as_str()));
    assert_eq!((asked.detail["pkce"].as_str(), asked.outcome()), (Some("S256"), Some("ok")));
    let exchanged = &entries[2];
    assert_eq!(exchanged.operation.as_deref(), Some("authorization_code"));
    assert_eq!(exchanged.detail["code"], entries[1].detail["code"]);
    let called = &entries[3];
    assert_eq!(called.path, "gmail.googleapis.com/gmail/v1/users/me/labels");
    assert_eq!(called.operation.as_deref(), Some("gmail.users.labels.list"));
    assert_eq!((called.status, called.account.as_deref()), (200, Some("ada@example.com")));
    assert_eq!((entries[4].status, entries[4].outcome()), (401, Some("authError")));
    assert_eq!(entries[4].account, None);
}

#[tokio::test]
async fn the_ledger_holds_no_secret() {
    let bed = Bed::new().await;
    let scopes = ["openid email", "chat:write", "repo", "tweet.read users.read offline.access"];
    let mut secrets = vec![crate::bed::VERIFIER.to_owned(), crate::bed::challenge(), "the state".to_owned()];
    for (provider, scope) in Provider::ALL.into_iter().zip(scopes) {
        let account = if provider == Provider::Google { "ada@example.com" } else { "ada" };
        let code = bed.code(provider, account, scope).await;
        let answer = bed.exchange(provider, &code).await.expect(200);
        bed.exchange(provider, &code).await;
        let tokens = [&answer["access_token"], &answer["refresh_token"], &answer["id_token"]];
        secrets.extend(tokens.iter().filter_map(|token| token.as_str()).map(str::to_owned));
        if let Some(refresh) = answer["refresh_token"].as_str() {
            let next = bed.refresh(provider, refresh).await.expect(400);
            assert!(next["access_token"].is_null(), "the replay ended it");
        }
        secrets.push(bed.client(provider).client_secret);
        secrets.push(code);
    }
    bed.form("oauth2.googleapis.com/revoke", &[("token", &secrets[3])]).await;
    bed.get("api.github.com/user?access_token=secret-in-query", "secret-in-header").await;
    secrets.extend(["secret-in-query".to_owned(), "secret-in-header".to_owned()]);
    let json = serde_json::to_string(&bed.ledger()).unwrap();
    let page = bed.get("_sandbox/", "").await.text;
    let over_http = bed.get("_sandbox/ledger", "").await.text;
    for secret in &secrets {
        assert!(secret.len() >= 9, "{secret}");
        for place in [&json, &page, &over_http] {
            assert!(!place.contains(secret.as_str()), "{secret}");
        }
    }
}

#[tokio::test]
async fn the_ledger_is_read_from_anywhere_and_cleared() {
    let bed = Bed::new().await;
    bed.gmail().await;
    assert_eq!(bed.sandbox.control().ledger_since(2).len(), 1);
    let over_http = bed.get("_sandbox/ledger?since=1", "").await.expect(200);
    let direct = serde_json::to_value(bed.sandbox.control().ledger_since(1)).unwrap();
    assert_eq!(over_http["entries"], direct);
    command(&bed, "clear_ledger", json!({})).await;
    assert!(bed.ledger().is_empty());
    bed.gmail().await;
    assert_eq!(bed.ledger()[0].sequence, 4, "numbers are not given twice");
    bed.get("_sandbox/ledger?since=x", "").await.expect(400);
}

#[tokio::test]
async fn the_page_explains_itself_and_lists_what_there_is() {
    let bed = Bed::new().await;
    bed.gmail().await;
    let client = bed.client(Provider::GitHub);
    command(&bed, "inject", json!({"provider": "SLACK", "matcher": "api", "times": 3, "what": "status500"}))
        .await;
    for path in ["", "_sandbox", "_sandbox/"] {
        let page = bed.get(path, "").await;
        assert!(page.header("content-type").starts_with("text/html"));
        for part in [
            "nothing leaves this machine",
            "Grace Hopper",
            "grace@example.com",
            &client.client_id,
            "any loopback address",
            "SLACK api: status500, 3 times",
            "POST oauth2.googleapis.com/token",
            "rotate_client_secret",
        ] {
            assert!(page.text.contains(part), "{path}: {part}");
        }
        assert!(!page.text.contains(&client.client_secret));
    }
}

#[tokio::test]
async fn what_a_handle_does_http_does_too() {
    let bed = Bed::new().await;
    let client = bed.client(Provider::Slack);
    let listed = bed.get("_sandbox/clients", "").await.expect(200);
    assert_eq!(listed["clients"], serde_json::to_value(bed.sandbox.control().clients()).unwrap());
    let origins = bed.get("_sandbox/origins", "").await.expect(200);
    for (origin, base) in bed.sandbox.origins() {
        assert_eq!(origins["origins"][&origin], base.as_str());
    }
    let users = bed.get("_sandbox/users", "").await.expect(200);
    assert_eq!(users["users"][0]["accounts"]["TWITTER"], "ada");

    let made = command(
        &bed,
        "register_client",
        json!({"provider": "GOOGLE", "redirect_uris": [REDIRECT], "extra": {"name": "Mine"}}),
    );
    let made = made.await;
    let id = text(&made["client"]["client_id"]);
    let url = bed.authorize_url(Provider::Google, &[("client_id", &id), ("scope", "openid")]);
    assert!(bed.allow(&url, "ada@example.com").await.contains_key("code"));
    let rotated = command(&bed, "rotate_client_secret", json!({"provider": "GOOGLE", "client_id": id})).await;
    assert_ne!(rotated["client_secret"], made["client"]["client_secret"]);

    let grace = json!({"provider": "TWITTER", "grace": {"same_again": 30}});
    assert_eq!(command(&bed, "set_grace", grace).await["ok"], true);
    let slow =
        json!({"provider": "TWITTER", "matcher": "token", "times": 1, "what": {"transfer": {"drip": 1}}});
    command(&bed, "inject", slow.clone()).await;
    assert_eq!(bed.get("_sandbox/faults", "").await.expect(200)["faults"], json!([slow]));

    let rotation = json!({"provider": "SLACK", "client_id": client.client_id, "rotation": "on"});
    command(&bed, "set_rotation", rotation).await;
    let tokens = bed.connect(Provider::Slack, "ada", "chat:write").await;
    assert_eq!(tokens["expires_in"], 43_200);
    command(&bed, "set_reuse", json!({"provider": "SLACK", "reuse": "is_refused"})).await;
    command(&bed, "set_granted", json!({"provider": "SLACK", "scopes": ["users:read"]})).await;
    let narrow = bed.connect(Provider::Slack, "grace", "users:read,chat:write").await;
    assert_eq!(narrow["scope"], "users:read");
    command(&bed, "callback_issuer", json!({"provider": "GOOGLE", "issuer": "https://x"})).await;
    let url = bed.authorize_url(Provider::Google, &[("scope", "openid")]);
    assert_eq!(bed.allow(&url, "ada@example.com").await["iss"], "https://x");

    let gmail = bed.gmail().await;
    command(&bed, "expire_access_tokens", json!({"provider": "GOOGLE"})).await;
    bed.get(&format!("{GMAIL}/profile"), &gmail).await.expect(401);
    let gmail = bed.gmail().await;
    command(&bed, "revoke_account", json!({"provider": "GOOGLE", "account": "ada@example.com"})).await;
    bed.get(&format!("{GMAIL}/profile"), &gmail).await.expect(401);
}

#[tokio::test]
async fn wrong_commands_say_what_is_wrong() {
    let bed = Bed::new().await;
    let attempt = async |name: &str, body: &str, media_type: &str| {
        let builder = bed.builder("POST", &format!("_sandbox/{name}")).header("content-type", media_type);
        bed.send(builder.body(body.to_owned())).await
    };
    let json = "application/json";
    assert_eq!(attempt("reset", "{}", "text/plain").await.status, 415, "a page from elsewhere can post that");
    assert_eq!(attempt("reset", "{}", "application/x-www-form-urlencoded").await.status, 415);
    assert_eq!(attempt("reset", "[]", json).await.status, 400);
    assert_eq!(attempt("explode", "{}", json).await.status, 400);
    assert!(attempt("release", "{}", json).await.text.contains("missing field `name`"));
    assert_eq!(attempt("release", r#"{"name": "x", "more": 1}"#, json).await.status, 400);
    let fault = r#"{"provider": "ACME", "matcher": "any", "what": "status500"}"#;
    assert!(attempt("inject", fault, json).await.text.contains("unknown variant"));
    let nobody = r#"{"provider": "GOOGLE", "client_id": "nobody"}"#;
    let unknown = attempt("rotate_client_secret", nobody, json).await;
    assert_eq!(
        (unknown.status, text(&unknown.json()["error"])),
        (404, "sandbox: GOOGLE has no client `nobody` here".into())
    );
    assert_eq!(bed.get("_sandbox/secrets", "").await.status, 404);
    assert_eq!(bed.call("DELETE", "_sandbox/ledger", "", crate::bed::Body::None).await.status, 405);
    assert_eq!(bed.get("www.googleapis.com/oauth2/v3/userinfo", "").await.status, 404);
}

#[tokio::test]
async fn reset_goes_back_to_the_seed_and_keeps_the_clients() {
    let bed = Bed::new().await;
    let (clients, control) = (bed.sandbox.clients(), bed.sandbox.control());
    let token = bed.gmail().await;
    control.register_client(Provider::Slack, vec![], Default::default());
    control
        .set_rotation(Provider::GitHub, &bed.client(Provider::GitHub).client_id, sandbox::Rotation::On)
        .unwrap();
    control.inject(sandbox::Fault {
        provider: Provider::Google,
        matcher: sandbox::Matcher::Any,
        times: None,
        what: sandbox::What::Status500,
    });
    bed.get(&format!("{GMAIL}/profile"), &token).await.expect(500);
    control.reset();
    assert_eq!(bed.sandbox.clients(), clients);
    assert_eq!(control.clients(), clients);
    assert!(control.faults().is_empty() && control.ledger().is_empty());
    bed.get(&format!("{GMAIL}/profile"), &token).await.expect(401);
    let github = bed.connect(Provider::GitHub, "ada", "repo").await;
    assert!(github["expires_in"].is_null());
    bed.gmail().await;
}

#[tokio::test]
async fn providers_have_names() {
    for provider in Provider::ALL {
        assert_eq!(provider.name().to_lowercase().parse::<Provider>(), Ok(provider));
        assert_eq!(serde_json::to_value(provider).unwrap(), provider.name());
    }
    assert_eq!(
        "acme".parse::<Provider>().unwrap_err().to_string(),
        "no twin of `acme`: there are GOOGLE, SLACK, GITHUB, TWITTER, MICROSOFT, NOTION, HUBSPOT, DISCORD, LINKEDIN, \
         REDDIT, COMPOSIO"
    );
}
