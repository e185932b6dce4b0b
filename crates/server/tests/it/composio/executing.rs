//! Executing through the vendor: once, with the account named, and its answers in our words.

use std::collections::BTreeMap;

use sandbox::What;
use serde_json::{Value, json};

use super::{asked, error, fault, hosted, with_pinecone};
use crate::support::{Answer, TestApp};

const CREATE: &str = "PINECONE_CREATE_ITEM";
const LIST: &str = "PINECONE_LIST_ITEMS";

async fn create(app: &TestApp) -> Answer {
    app.execute(CREATE, "u1", json!({ "name": "First" })).await
}

fn answer(status: u16, body: Value) -> What {
    What::Answer { status, headers: BTreeMap::new(), body: body.to_string() }
}

fn refusal(status: u16, code: i64, slug: &str) -> What {
    let error = json!({ "message": "raw words of the vendor", "code": code, "slug": slug, "status": status,
        "request_id": "r", "suggested_fix": "" });
    answer(status, json!({ "error": error }))
}

#[tokio::test]
async fn a_tool_of_the_vendors_is_listed_called_and_answered() {
    let (app, account) = with_pinecone("u1").await;
    let tools = app.get("/tools?toolkit=pinecone").await.ok();
    let tools = tools["tools"].as_array().unwrap();
    let tool = tools.iter().find(|tool| tool["name"] == CREATE).unwrap();
    assert_eq!((&tool["effect"], &tool["parameters"]["type"]), (&json!("write"), &json!("object")));
    let reads = tools.iter().find(|tool| tool["name"] == LIST).unwrap();
    assert_eq!(reads["effect"], "read");

    assert_eq!(create(&app).await.ok()["successful"], true);
    let listed = app.execute("pinecone_list_items", "u1", json!({})).await.ok();
    assert!(listed["data"].to_string().contains("First"), "{listed}");
    assert_eq!(app.connection(&account).await["status"], "active");

    // The vendor was told whose account it is, both times.
    let remote = &app.twins().composio_accounts()[0];
    let executed = app.twins().ledger().into_iter().filter(|e| e.operation.as_deref() == Some("executeTool"));
    assert!(executed.clone().all(|entry| entry.account.as_deref() == Some(&remote.id)));
    assert_eq!(executed.count(), 2);
    assert_eq!(remote.user_id, format!("{}_u1", app.app));
}

#[tokio::test]
async fn curated_toolkits_keep_their_published_form() {
    let app = hosted().await;
    let gmail = app.configure("gmail").await;
    assert_eq!((&gmail["backend"], &gmail["managed"]), (&json!("composio"), &json!(true)));
    app.connect("gmail", "u1", "ada").await;
    let mail = json!({ "to": "user@example.com", "subject": "Hello", "body": "World" });
    let sent = app.execute("GMAIL_SEND_EMAIL", "u1", mail).await.ok();
    assert_eq!(sent["data"]["messageId"], sent["data"]["id"]);
    assert!(sent["data"]["messageId"].is_string(), "{sent}");
    let mail = json!({ "recipient_email": "user@example.com", "subject": "Hello", "body": "World" });
    app.execute("GMAIL_SEND_EMAIL", "u1", mail).await.ok();
}

#[tokio::test]
async fn arguments_are_checked_before_anything_is_sent() {
    let (app, _) = with_pinecone("u1").await;
    let wrong = app.execute(CREATE, "u1", json!({ "naem": "First", "quantity": "many" })).await;
    let details = wrong.details().clone();
    assert_eq!(wrong.error(), (422, "INTEGRATIONS_EXECUTION_FAILED"));
    assert_eq!(details["reason"], "invalid_arguments");
    assert!(details.to_string().contains("did you mean `name`?"), "{details}");
    assert!(asked(&app, "executeTool").is_empty());

    let unknown = app.execute("PINECONE_CREATE_ITEMS", "u1", json!({})).await;
    assert_eq!(unknown.error(), (404, "INTEGRATIONS_EXECUTION_FAILED"));
    assert_eq!(unknown.details()["suggestions"][0], CREATE);
}

#[tokio::test]
async fn a_provider_that_says_no_is_a_422_with_its_reason() {
    let (app, _) = with_pinecone("u1").await;
    let gone = app.execute("PINECONE_GET_ITEM", "u1", json!({ "item_id": "nothing" })).await;
    assert_eq!(gone.error(), (422, "INTEGRATIONS_EXECUTION_FAILED"));
    let message = gone.body["error"]["message"].as_str().unwrap();
    assert!(message.starts_with("Pinecone refused: "), "{message}");
}

#[tokio::test]
async fn accounts_that_ended_over_there_end_here_on_the_next_use() {
    for (status, reason) in [("EXPIRED", "expired_at_provider"), ("REVOKED", "revoked")] {
        let (app, account) = with_pinecone("u1").await;
        let remote = app.twins().composio_accounts()[0].id.clone();
        app.twins().set_composio_account_status(&remote, status).unwrap();
        let ended = create(&app).await;
        assert_eq!(ended.error(), (409, "INTEGRATIONS_CONNECTION_EXPIRED"), "{}", ended.body);
        assert_eq!(ended.details()["reason"], reason);
        let link = ended.details()["connect_url"].as_str().unwrap().to_owned();
        let shown = app.connection(&account).await;
        assert_eq!((&shown["status"], &shown["status_reason"]), (&json!("expired"), &json!(reason)));
        // The vendor is not asked again about what is known.
        app.twins().clear_ledger();
        assert_eq!(create(&app).await.error(), (409, "INTEGRATIONS_CONNECTION_EXPIRED"));
        assert!(asked(&app, "").is_empty());
        // And the link leads back.
        let page = crate::support::Browser::new()
            .connect(&app, &link.parse().unwrap(), &sandbox::Decision::Allow("ada".into()))
            .await;
        assert_eq!(page.status, 200, "{}", page.text);
        create(&app).await.ok();
    }
}

#[tokio::test]
async fn an_account_that_is_gone_over_there_is_not_connected_any_more() {
    let (app, account) = with_pinecone("u1").await;
    let remote = app.twins().composio_accounts()[0].id.clone();
    app.twins().delete_composio_account(&remote).unwrap();
    let gone = create(&app).await;
    assert_eq!(gone.error(), (409, "INTEGRATIONS_NOT_CONNECTED"));
    assert!(gone.details()["connect_url"].is_string());
    assert_eq!(app.connection(&account).await["status_reason"], "removed_at_composio");
}

#[tokio::test]
async fn a_key_of_another_project_ends_no_account() {
    let (app, account) = with_pinecone("u1").await;
    // Neither the account nor its auth config is known to such a key.
    for path in [
        "GET backend.composio.dev/api/v3.1/connected_accounts",
        "GET backend.composio.dev/api/v3.1/auth_configs",
    ] {
        app.twins().inject(fault(path, None, refusal(404, 10404, "NotFound")));
    }
    app.twins().inject(fault(
        "tools/execute",
        None,
        refusal(404, 1810, "ActionExecute_ConnectedAccountNotFound"),
    ));
    let failed = create(&app).await;
    assert_eq!(failed.error(), (502, "INTEGRATIONS_EXECUTION_FAILED"));
    assert_eq!(failed.details()["outcome"], "not_sent");
    assert_eq!(app.connection(&account).await["status"], "active");
    app.twins().clear_faults();
    create(&app).await.ok();
}

#[tokio::test]
async fn refusals_have_our_words_and_never_the_vendors() {
    let (app, _) = with_pinecone("u1").await;
    let mut said = Vec::new();
    for what in [
        refusal(400, 10400, "Something_New"),
        refusal(401, 10401, "HTTP_Unauthorized"),
        refusal(404, 2401, "Tool_ToolNotFound"),
        refusal(410, 10410, "Tool_Gone"),
        refusal(500, 10500, "HTTP_InternalServerError"),
        What::Status429 { retry_after: 3600 },
        What::Html502,
        What::Malformed,
    ] {
        app.twins().inject(fault("tools/execute", Some(1), what));
        let answer = create(&app).await;
        assert!(!answer.body.to_string().contains("raw words"), "{}", answer.body);
        said.push(error(&answer));
    }
    insta::assert_json_snapshot!(said);
    assert_eq!(asked(&app, "executeTool").len(), 1, "none was sent twice, and only the cut-off one acted");
}

#[tokio::test]
async fn a_write_is_sent_once_and_a_read_again() {
    let (app, _) = with_pinecone("u1").await;
    app.twins().inject(fault("tools/execute", Some(1), What::ResetAfter));
    let lost = create(&app).await;
    assert_eq!(lost.error(), (502, "INTEGRATIONS_EXECUTION_FAILED"));
    assert_eq!(lost.details()["outcome"], "unknown");
    let listed = app.execute(LIST, "u1", json!({})).await.ok();
    assert_eq!(listed["data"].to_string().matches("First").count(), 1, "it acted, once");

    app.twins().clear_ledger();
    app.twins().inject(fault("tools/execute", Some(2), What::Status500));
    app.execute(LIST, "u1", json!({})).await.ok();
    assert_eq!(asked(&app, "executeTool").len(), 1);

    // A rate limit within the deadline is waited for: nothing was carried out.
    app.twins().inject(fault("tools/execute", Some(1), What::Status429 { retry_after: 0 }));
    create(&app).await.ok();
}

#[tokio::test]
async fn an_idempotency_key_holds_here_too() {
    let (app, _) = with_pinecone("u1").await;
    let body =
        json!({ "toolName": CREATE, "userId": "u1", "params": { "name": "Once" }, "idempotencyKey": "k" });
    let first = app.post("/execute", body.clone()).await.ok();
    assert_eq!(app.post("/execute", body).await.ok(), first);
    assert_eq!(asked(&app, "executeTool").len(), 1);
}

#[tokio::test]
async fn what_needs_no_account_needs_none() {
    let app = hosted().await;
    let config = app.configure("hackernews").await;
    assert_eq!((&config["auth_scheme"], &config["backend"]), (&json!("NO_AUTH"), &json!("composio")));
    assert!(app.twins().composio_auth_configs().is_empty());
    let tools = app.get("/tools?toolkit=hackernews").await.ok();
    assert!(!tools["tools"].as_array().unwrap().is_empty());
    app.execute("HACKERNEWS_LIST_ITEMS", "u1", json!({})).await.ok();
}

#[tokio::test]
async fn one_app_never_reaches_anothers_account() {
    let (app, account) = with_pinecone("u1").await;
    let (other, key) = app.new_app("Other").await;
    let path = format!("/v1/{other}/integrations");
    let call = async |path: String, body: Value| app.send(reqwest::Method::POST, &path, &key, body).await;
    call(format!("{path}/configure"), json!({ "toolkit": "pinecone" })).await.ok();
    let body = json!({ "toolName": CREATE, "userId": "u1", "params": { "name": "x" } });
    let own = call(format!("{path}/execute"), body.clone()).await;
    assert_eq!(own.error(), (409, "INTEGRATIONS_NOT_CONNECTED"));
    let mut named = body;
    named["connectionId"] = account.into();
    assert_eq!(call(format!("{path}/execute"), named).await.error(), (404, "RESOURCE_NOT_FOUND"));
    assert!(asked(&app, "executeTool").is_empty());
    assert_eq!(app.twins().composio_auth_configs().len(), 2);
}

#[tokio::test]
async fn while_the_vendor_is_down_the_rest_works_and_nobody_waits() {
    let (app, _) = with_pinecone("u1").await;
    let native = json!({ "toolkit": "twitter", "oauth_credentials": crate::support::x_credentials(&app) });
    app.post("/configure", native).await.ok();
    app.twins().inject(fault("tools/execute", None, What::Status500));
    let mut outcomes = Vec::new();
    for _ in 0..7 {
        let failed = create(&app).await;
        assert_eq!(failed.status, 502);
        outcomes.push(failed.details()["outcome"].as_str().unwrap().to_owned());
    }
    assert_eq!(outcomes, ["unknown", "unknown", "unknown", "unknown", "unknown", "not_sent", "not_sent"]);
    let sent = app.twins().ledger().into_iter().filter(|entry| entry.path.contains("tools/execute"));
    assert_eq!(sent.count(), 5, "after five failures in a row nothing is sent for a while");
    // Other parts of the vendor's API, and other toolkits, do not notice.
    app.get("/tools?toolkit=pinecone").await.ok();
    app.link("pinecone", "u2").await;
    app.connect("twitter", "u1", "ada").await;
    app.execute("TWITTER_USER_LOOKUP_ME", "u1", json!({})).await.ok();
}
