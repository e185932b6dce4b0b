//! Composio's connected accounts: by links, by credentials, and what becomes of them.

use sandbox::{Decision, Kind};
use serde_json::{Value, json};
use url::Url;

use crate::bed::{Bed, Body, each, text};
use crate::composio_bed::{CALLBACK, refusal};

/// The path of a link on the bed.
fn path(bed: &Bed, link: &Url) -> String {
    link.as_str()[bed.sandbox.base_url().as_str().len()..].to_owned()
}

fn status_of(bed: &Bed, id: &str) -> String {
    let accounts = bed.sandbox.control().composio_accounts();
    accounts.into_iter().find(|account| account.id == id).unwrap().status
}

#[tokio::test]
async fn a_person_connects_by_a_link() {
    let bed = Bed::new().await;
    let config = bed.managed("gmail").await;
    let body =
        json!({"auth_config_id": config, "user_id": "user-1", "callback_url": CALLBACK, "alias": "work"});
    let made = bed.composio("POST", "connected_accounts/link", body).await.expect(201);
    assert!(
        text(&made["link_token"]).starts_with("lk_")
            && text(&made["connected_account_id"]).starts_with("ca_")
    );
    assert_eq!(made["expires_at"], "2027-01-15T08:10:00.000Z");
    let (link, id): (Url, _) =
        (text(&made["redirect_url"]).parse().unwrap(), text(&made["connected_account_id"]));
    assert_eq!(status_of(&bed, &id), "INITIATED");

    let page = bed.get(&path(&bed, &link), "").await;
    assert_eq!(page.status, 200);
    for part in [
        "Connect your Gmail account",
        "nothing leaves this machine",
        "value=\"ada\" checked",
        "value=\"deny\"",
    ] {
        assert!(page.text.contains(part), "{part}: {}", page.text);
    }
    let request = page.header("x-sandbox-request").to_owned();
    assert!(page.text.contains(&format!("name=\"request\" value=\"{request}\"")));
    let fields = [("request", request.as_str()), ("decision", "allow"), ("account", "grace")];
    let done = bed.call("POST", &path(&bed, &link), "", Body::Form(&fields)).await;
    assert_eq!(done.status, 303);
    assert_eq!(done.header("location"), format!("{CALLBACK}&status=success&connected_account_id={id}"));
    let entry = bed.last_entry();
    assert_eq!(
        (entry.kind, entry.operation.as_deref(), entry.account.as_deref()),
        (Kind::Consent, Some("allow"), Some(id.as_str()))
    );
    assert!(!serde_json::to_string(&bed.ledger()).unwrap().contains(&text(&made["link_token"])));

    let account = bed.composio_get(&format!("connected_accounts/{id}")).await;
    assert_eq!(
        (&account["status"], &account["user_id"], &account["alias"]),
        (&json!("ACTIVE"), &json!("user-1"), &json!("work"))
    );
    assert_eq!(account["state"]["val"]["access_token"], "REDACTED");
    assert_eq!(
        account["auth_config"],
        json!({"id": config, "auth_scheme": "OAUTH2", "is_composio_managed": true, "is_disabled": false})
    );
    assert_eq!(bed.get(&path(&bed, &link), "").await.status, 410, "one link, one decision");
    assert_eq!(bed.call("POST", &path(&bed, &link), "", Body::Form(&fields)).await.status, 410);
}

#[tokio::test]
async fn a_link_can_be_denied_and_expires() {
    let bed = Bed::new().await;
    let config = bed.managed("gmail").await;
    let (link, id) = bed.linked(&config, "user-1").await;
    let back = bed.sandbox.control().decide_link(&link, &Decision::Deny).await.unwrap();
    assert_eq!(back.as_str(), format!("{CALLBACK}&status=failed&connected_account_id={id}"));
    assert_eq!(status_of(&bed, &id), "FAILED");
    let (link, id) = bed.linked(&config, "user-1").await;
    bed.advance(600);
    let error = bed.sandbox.control().decide_link(&link, &Decision::Deny).await.unwrap_err();
    assert_eq!(error.status, 410);
    assert_eq!(status_of(&bed, &id), "INITIATED");
    let own = json!({"auth_config_id": config, "user_id": "user-1"});
    let link: Url =
        text(&bed.composio("POST", "connected_accounts/link", own).await.expect(201)["redirect_url"])
            .parse()
            .unwrap();
    let back = bed.sandbox.control().decide_link(&link, &Decision::Allow("ada".into())).await.unwrap();
    let page = bed.get(&format!("{}?{}", &back.path()[1..], back.query().unwrap()), "").await;
    assert!(page.status == 200 && page.text.contains("The account is connected"), "{}", page.text);
    assert_eq!(bed.get("connect.composio.dev/link/lk_nothing", "").await.status, 404);
}

#[tokio::test]
async fn a_link_asks_for_what_the_toolkit_needs() {
    let bed = Bed::new().await;
    let config = bed.custom("freshdesk", "BASIC", json!({})).await;
    let prefilled = json!({"auth_config_id": config, "user_id": "user-1", "callback_url": CALLBACK, "connection_data": {"val": {"subdomain": "acme"}}});
    let made = bed.composio("POST", "connected_accounts/link", prefilled).await.expect(201);
    let link: Url = text(&made["redirect_url"]).parse().unwrap();
    let page = bed.get(&path(&bed, &link), "").await;
    assert_eq!(page.header("x-sandbox-fields"), "username,password");
    assert!(
        page.text.contains("type=\"password\" name=\"password\"") && !page.text.contains("name=\"account\"")
    );
    let request = page.header("x-sandbox-request").to_owned();
    let mut fields = vec![("request", request.as_str()), ("decision", "allow"), ("username", "ada")];
    assert_eq!(bed.call("POST", &path(&bed, &link), "", Body::Form(&fields)).await.status, 400);
    fields.push(("password", "correct horse"));
    assert_eq!(bed.call("POST", &path(&bed, &link), "", Body::Form(&fields)).await.status, 303);
    let account =
        bed.composio_get(&format!("connected_accounts/{}", text(&made["connected_account_id"]))).await;
    let values = &account["state"]["val"];
    assert_eq!(
        (&values["username"], &values["password"], &values["subdomain"]),
        (&json!("ada"), &json!("corr..."), &json!("acme"))
    );
    bed.connected(&config, "user-2", "alan").await;
    assert_eq!(bed.composio_get("connected_accounts?statuses=ACTIVE").await["total_items"], 2);
}

#[tokio::test]
async fn an_account_is_made_of_credentials_that_are_there() {
    let bed = Bed::new().await;
    let managed = bed.managed("gmail").await;
    let create = |config: &str, connection: Value| {
        let body = json!({"auth_config": {"id": config}, "connection": connection});
        let bed = &bed;
        async move { bed.composio("POST", "connected_accounts", body).await }
    };
    let (code, slug, message) = refusal(create(&managed, json!({"user_id": "u"})).await, 400);
    assert_eq!((code, slug.as_str()), (600, "ConnectedAccount_BadRequest"));
    assert_eq!(
        message,
        "Creating connections on this endpoint for Composio-managed OAuth auth configs is no longer supported. Use POST \
         /api/v3/connected_accounts/link instead."
    );
    let key = bed.custom("pinecone", "API_KEY", json!({})).await;
    let state = |val: Value| json!({"user_id": "u", "state": {"authScheme": "API_KEY", "val": val}});
    let made = create(&key, state(json!({"status": "ACTIVE", "api_key": "k-0123456789"}))).await.expect(201);
    assert_eq!(made["connectionData"]["val"]["status"], "ACTIVE");
    assert!(text(&made["id"]).starts_with("ca_"));
    let (_, _, message) = refusal(create(&key, state(json!({"status": "ACTIVE"}))).await, 400);
    assert_eq!(message, "Missing required fields: generic_api_key");
    let (_, _, message) =
        refusal(create(&key, state(json!({"status": "ACTIVE", "api_key": "k", "colour": "red"}))).await, 400);
    assert!(message.starts_with("sandbox: `colour`"), "{message}");
    let other = json!({"user_id": "u", "state": {"authScheme": "BASIC", "val": {}}});
    refusal(create(&key, other).await, 400);

    let own = bed.custom("gmail", "OAUTH2", json!({"client_id": "i", "client_secret": "s"})).await;
    let import = json!({"user_id": "u", "state": {"authScheme": "OAUTH2", "val": {"status": "ACTIVE", "access_token": "t", "refresh_token": "r"}}});
    assert_eq!(create(&own, import).await.expect(201)["status"], "ACTIVE");
    let made = create(&own, json!({"user_id": "u", "callback_url": CALLBACK})).await.expect(201);
    let link: Url = text(&made["connectionData"]["val"]["redirectUrl"]).parse().unwrap();
    assert_eq!(made["connectionData"]["val"]["status"], "INITIATED");
    bed.sandbox.control().decide_link(&link, &Decision::Allow("ada".into())).await.unwrap();
    assert_eq!(status_of(&bed, &text(&made["id"])), "ACTIVE");
}

#[tokio::test]
async fn accounts_are_listed_by_what_they_are() {
    let bed = Bed::new().await;
    let (gmail, slack) = (bed.managed("gmail").await, bed.managed("slack").await);
    let one = bed.connected(&gmail, "user-1", "ada").await;
    bed.advance(1);
    let two = bed.connected(&slack, "user-2", "grace").await;
    let (_, three) = bed.linked(&slack, "user-1").await;
    let ids = |page: Value| each(&page["items"], "id");
    for (query, expected) in [
        ("", vec![&three, &two, &one]),
        ("user_ids=user-1", vec![&three, &one]),
        ("user_ids=user-1&statuses=ACTIVE,EXPIRED", vec![&one]),
        ("toolkit_slugs=SLACK&order_by=created_at&order_direction=asc", vec![&two, &three]),
        (&format!("auth_config_ids={gmail}"), vec![&one]),
        (&format!("connected_account_ids={one},{two}&limit=1"), vec![&two]),
    ] {
        let found = ids(bed.composio_get(&format!("connected_accounts?{query}")).await);
        assert_eq!(found, expected.into_iter().cloned().collect::<Vec<_>>(), "{query}");
    }
    refusal(bed.composio("GET", "connected_accounts?statuses=HAPPY", Value::Null).await, 400);
    refusal(bed.composio("GET", "connected_accounts?colour=red", Value::Null).await, 400);
}

#[tokio::test]
async fn what_becomes_of_an_account() {
    let bed = Bed::new().await;
    let config = bed.managed("gmail").await;
    let id = bed.connected(&config, "user-1", "ada").await;
    let at = |what: &str| format!("connected_accounts/{id}{what}");
    bed.composio("PATCH", &at("/status"), json!({"enabled": false})).await.expect(200);
    let shown = bed.composio_get(&at("")).await;
    assert_eq!((&shown["status"], &shown["is_disabled"]), (&json!("INACTIVE"), &json!(true)));
    bed.composio("PATCH", &at("/status"), json!({"enabled": true})).await.expect(200);
    let fresh = bed.composio("POST", &at("/refresh"), json!({})).await.expect(200);
    assert_eq!((&fresh["status"], &fresh["redirect_url"]), (&json!("ACTIVE"), &Value::Null));

    bed.sandbox.control().set_composio_account_status(&id, "EXPIRED").unwrap();
    let again = bed
        .composio("POST", &at("/refresh?redirect_url=http://localhost/again"), json!({}))
        .await
        .expect(200);
    assert_eq!(again["status"], "INITIATED");
    let link: Url = text(&again["redirect_url"]).parse().unwrap();
    let back = bed.sandbox.control().decide_link(&link, &Decision::Allow("ada".into())).await.unwrap();
    assert_eq!(back.as_str(), format!("http://localhost/again?status=success&connected_account_id={id}"));
    assert_eq!(status_of(&bed, &id), "ACTIVE");

    let revoked = bed.composio("POST", &at("/revoke"), Value::Null).await.expect(200);
    assert_eq!(revoked["connected_account"], json!({"id": id, "status": "REVOKED"}));
    assert_eq!(bed.last_entry().kind, Kind::Revoke);
    assert_eq!(revoked["revoked_tokens"], json!(["access_token", "refresh_token"]));
    let again = bed.composio("POST", &at("/revoke"), Value::Null).await.expect(200);
    assert_eq!(again["revoked_tokens"], json!([]), "it is revoked already");
    bed.sandbox.control().set_composio_account_status(&id, "EXPIRED").unwrap();
    refusal(bed.composio("POST", &at("/revoke"), Value::Null).await, 409);
    refusal(bed.composio_at("v3", "POST", &at("/revoke"), Value::Null).await, 404);
    let key = bed.custom("pinecone", "API_KEY", json!({})).await;
    let keyed = bed.connected(&key, "user-1", "ada").await;
    refusal(bed.composio("POST", &format!("connected_accounts/{keyed}/revoke"), Value::Null).await, 400);

    bed.composio("DELETE", &at("?revoke_on_delete=true"), Value::Null).await.expect(200);
    refusal(bed.composio("GET", &at(""), Value::Null).await, 404);
    bed.sandbox.control().delete_composio_account(&keyed).unwrap();
    assert!(bed.sandbox.control().composio_accounts().is_empty());
    assert!(bed.sandbox.control().delete_composio_account(&keyed).is_err());
    assert!(bed.sandbox.control().set_composio_account_status(&keyed, "ACTIVE").is_err());
}
