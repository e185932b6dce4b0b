//! Composio's tools: what they do, when they refuse, and that the twin remembers.

use sandbox::Entry;
use serde_json::{Value, json};

use crate::bed::{Bed, Body, text};
use crate::composio_bed::{HOST, refusal};

fn executions(bed: &Bed, tool: &str) -> Vec<Entry> {
    let is_it =
        |entry: &Entry| entry.operation.as_deref() == Some("executeTool") && entry.detail["tool"] == tool;
    bed.ledger().into_iter().filter(is_it).collect()
}

fn mail(user: &str) -> Value {
    json!({"user_id": user, "version": "latest", "arguments": {"recipient_email": "alan@example.com", "subject": "Hello", "body": "It works"}})
}

#[tokio::test]
async fn mail_is_sent_and_found_again() {
    let bed = Bed::new().await;
    let config = bed.managed("gmail").await;
    let account = bed.connected(&config, "user-1", "grace").await;
    let sent = bed.run("GMAIL_SEND_EMAIL", mail("user-1")).await.expect(200);
    assert_eq!((&sent["successful"], &sent["error"]), (&json!(true), &Value::Null));
    assert_eq!(
        (&sent["data"]["id"], &sent["data"]["labelIds"]),
        (&sent["data"]["threadId"], &json!(["SENT"]))
    );
    let body = json!({"user_id": "user-1", "connected_account_id": account, "arguments": {"query": "hello", "max_results": 5}});
    let found = bed.run("gmail_fetch_emails", body).await.expect(200);
    assert_eq!(found["data"]["messages"][0]["messageId"], sent["data"]["id"]);
    assert_eq!(found["data"]["messages"][0]["sender"], "grace@example.com");
    let one = json!({"user_id": "user-1", "arguments": {"message_id": sent["data"]["id"]}});
    assert_eq!(
        bed.run("GMAIL_FETCH_MESSAGE_BY_MESSAGE_ID", one).await.expect(200)["data"]["subject"],
        "Hello"
    );
    let me = bed.run("GMAIL_GET_PROFILE", json!({"user_id": "user-1"})).await.expect(200);
    assert_eq!(me["data"]["emailAddress"], "grace@example.com");

    let ran = executions(&bed, "GMAIL_SEND_EMAIL");
    assert_eq!(
        (ran.len(), ran[0].outcome(), ran[0].account.as_deref()),
        (1, Some("ok"), Some(account.as_str()))
    );
    assert_eq!(executions(&bed, "GMAIL_FETCH_EMAILS").len(), 1);
    bed.connected(&config, "user-2", "ada").await;
    let other =
        bed.run("GMAIL_FETCH_EMAILS", json!({"user_id": "user-2", "arguments": {}})).await.expect(200);
    assert_eq!(other["data"]["messages"], json!([]), "another account's mail is its own");
}

#[tokio::test]
async fn generated_tools_keep_items() {
    let bed = Bed::new().await;
    let config = bed.custom("meridian_cloud", "API_KEY", json!({})).await;
    bed.connected(&config, "u", "ada").await;
    let run = |tool: &str, arguments: Value| {
        let (bed, tool) = (&bed, format!("MERIDIAN_CLOUD_{tool}"));
        async move { bed.run(&tool, json!({"user_id": "u", "arguments": arguments})).await.expect(200) }
    };
    let made = run("CREATE_DRAFT_INVOICE", json!({"name": "first", "labels": ["a"], "quantity": 2})).await;
    let id = text(&made["data"]["id"]);
    run("CREATE_DRAFT_INVOICE", json!({"name": "second"})).await;
    let listed = run("LIST_DRAFT_INVOICES", json!({"limit": 1})).await;
    assert_eq!(
        (&listed["data"]["draft_invoices"][0]["name"], &listed["data"]["total"]),
        (&json!("second"), &json!(2))
    );
    run("UPDATE_DRAFT_INVOICE", json!({"draft_invoice_id": id, "name": "renamed"})).await;
    assert_eq!(run("GET_DRAFT_INVOICE", json!({"draft_invoice_id": id})).await["data"]["name"], "renamed");
    assert_eq!(run("LIST_ITEMS", json!({})).await["data"], json!({"items": [], "total": 0}));
    run("DELETE_DRAFT_INVOICE", json!({"draft_invoice_id": id})).await;
    let gone = run("GET_DRAFT_INVOICE", json!({"draft_invoice_id": id})).await;
    assert_eq!((&gone["successful"], &gone["data"]), (&json!(false), &json!({})));
    assert!(text(&gone["error"]).starts_with("404 Not Found"));
}

#[tokio::test]
async fn arguments_that_do_not_fit_come_with_status_200() {
    let bed = Bed::new().await;
    let config = bed.managed("github").await;
    bed.connected(&config, "u", "ada").await;
    let ask =
        |arguments: Value| bed.run("GITHUB_CREATE_AN_ISSUE", json!({"user_id": "u", "arguments": arguments}));
    for (arguments, error) in [
        (
            json!({"owner": "ada", "title": "t"}),
            "Invalid request data provided - Following fields are missing: {'repo'}",
        ),
        (
            json!({}),
            "Invalid request data provided - Following fields are missing: {'owner', 'repo', 'title'}",
        ),
        (
            json!({"owner": "ada", "repo": "engine", "title": 7}),
            "Invalid request data provided - Input of field 'title' is of a wrong type",
        ),
        (
            json!({"owner": "ada", "repo": "engine", "title": "t", "colour": "red"}),
            "sandbox: `colour` is not an argument of GITHUB_CREATE_AN_ISSUE",
        ),
        (
            json!({"owner": "ada", "repo": "other", "title": "t"}),
            "404 Client Error: {\"message\":\"Not Found\",\"status\":\"404\"}",
        ),
    ] {
        let answer = ask(arguments).await.expect(200);
        assert_eq!((&answer["successful"], &answer["error"]), (&json!(false), &json!(error)));
        assert_eq!(bed.last_entry().outcome(), Some("unsuccessful"));
    }
    let made = ask(json!({"owner": "ada", "repo": "engine", "title": "t"})).await.expect(200);
    assert_eq!(made["data"]["number"], 1);
    let closed = json!({"user_id": "u", "arguments": {"owner": "ada", "repo": "engine", "issue_number": 1, "state": "closed"}});
    assert_eq!(bed.run("GITHUB_UPDATE_AN_ISSUE", closed).await.expect(200)["data"]["state"], "closed");
    for (body, part) in [
        (
            json!({"user_id": "u", "arguments": {}, "text": "t"}),
            "sandbox: `text` and `arguments` exclude one another",
        ),
        (json!({"user_id": "u", "text": "t"}), "sandbox: the twin has no model"),
        (json!({"user_id": "u", "colour": "red"}), "sandbox: `colour` is not in the official description"),
        (json!({"user_id": "u", "arguments": []}), "arguments must be an object"),
    ] {
        assert!(refusal(bed.run("GITHUB_GET_A_REPOSITORY", body).await, 400).2.starts_with(part));
    }
}

#[tokio::test]
async fn every_reason_not_to_execute() {
    let bed = Bed::new().await;
    let config = bed.managed("gmail").await;
    let (code, slug, message) = refusal(bed.run("GMAIL_SEND_EMAIL", mail("user-1")).await, 404);
    assert_eq!((code, slug.as_str()), (1810, "ActionExecute_ConnectedAccountNotFound"));
    assert_eq!(message, "No connected account found for user ID user-1 for toolkit gmail");
    let id = bed.connected(&config, "user-1", "ada").await;
    let by = |body: Value| bed.run("GMAIL_GET_PROFILE", body);
    let (code, slug, message) = refusal(by(json!({"connected_account_id": id})).await, 400);
    assert_eq!((code, slug.as_str()), (1811, "ActionExecute_ConnectedAccountEntityIdRequired"));
    assert_eq!(message, "User ID is required with connected account.");
    let (code, slug, _) = refusal(by(json!({"connected_account_id": id, "user_id": "user-2"})).await, 400);
    assert_eq!((code, slug.as_str()), (1812, "ActionExecute_ConnectedAccountEntityIdMismatch"));
    assert_eq!(
        refusal(by(json!({"connected_account_id": "ca_nothing", "user_id": "user-1"})).await, 404).0,
        1810
    );
    assert_eq!(
        refusal(
            bed.run("SLACK_FETCH_TEAM_INFO", json!({"connected_account_id": id, "user_id": "user-1"})).await,
            404
        )
        .0,
        1810
    );
    refusal(by(json!({})).await, 400);

    let control = bed.sandbox.control();
    let named = json!({"connected_account_id": id, "user_id": "user-1"});
    control.set_composio_account_status(&id, "EXPIRED").unwrap();
    for body in [named.clone(), json!({"user_id": "user-1"})] {
        let (code, slug, message) = refusal(by(body).await, 410);
        assert_eq!((code, slug.as_str()), (1820, "ActionExecute_ConnectedAccountExpired"));
        assert!(message.ends_with("is in EXPIRED state"), "{message}");
    }
    control.set_composio_account_status(&id, "INACTIVE").unwrap();
    refusal(by(named.clone()).await, 422);
    assert_eq!(refusal(by(json!({"user_id": "user-1"})).await, 404).0, 1810);
    control.set_composio_account_status(&id, "ACTIVE").unwrap();

    bed.composio("PATCH", &format!("auth_configs/{config}/DISABLED"), Value::Null).await.expect(200);
    assert_eq!(refusal(by(named.clone()).await, 400).1, "Auth_Config_Disabled");
    bed.composio("PATCH", &format!("auth_configs/{config}/ENABLED"), Value::Null).await.expect(200);
    let only = json!({"type": "default", "tool_access_config": {"tools_available_for_execution": ["GMAIL_GET_PROFILE"]}});
    bed.composio("PATCH", &format!("auth_configs/{config}"), only).await.expect(200);
    assert_eq!(
        refusal(bed.run("GMAIL_SEND_EMAIL", mail("user-1")).await, 403).1,
        "ActionExecute_ToolNotAllowed"
    );
    by(named).await.expect(200);

    assert_eq!(refusal(bed.run("GMAIL_NOTHING", mail("user-1")).await, 404).1, "Tool_ToolNotFound");
    refusal(bed.run("SLACK_CHAT_POST_MESSAGE", json!({"user_id": "user-1"})).await, 410);
    let free = bed.run("HACKERNEWS_CREATE_ITEM", json!({"arguments": {"name": "n"}})).await.expect(200);
    assert_eq!(free["data"]["name"], "n", "no account is needed where there is nothing to sign in to");
}

#[tokio::test]
async fn the_project_survives_a_restart_and_is_reset() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("twins.json");
    let bed = Bed::with(Some(path.clone())).await;
    let config = bed.managed("gmail").await;
    bed.connected(&config, "user-1", "ada").await;
    bed.run("GMAIL_SEND_EMAIL", mail("user-1")).await.expect(200);
    let before = (bed.sandbox.control().composio_auth_configs(), bed.sandbox.control().composio_accounts());
    bed.sandbox.stop().await;
    let bed = Bed::with(Some(path)).await;
    let control = bed.sandbox.control();
    assert_eq!((control.composio_auth_configs(), control.composio_accounts()), before);
    let found =
        bed.run("GMAIL_FETCH_EMAILS", json!({"user_id": "user-1", "arguments": {}})).await.expect(200);
    assert_eq!(found["data"]["resultSizeEstimate"], 1);
    assert_eq!(control.composio_url().as_str(), format!("{}{HOST}", bed.sandbox.base_url()));
    control.reset();
    assert!(control.composio_auth_configs().is_empty() && control.composio_accounts().is_empty());
}

#[tokio::test]
async fn the_console_reaches_the_project() {
    let bed = Bed::new().await;
    let config = bed.managed("gmail").await;
    let id = bed.connected(&config, "user-1", "ada").await;
    let shown = bed.get("_sandbox/composio", "").await.expect(200);
    assert_eq!((&shown["key"], &shown["accounts"][0]["id"]), (&json!(sandbox::COMPOSIO_KEY), &json!(id)));
    let command = |name: &str, body: Value| {
        let (bed, path) = (&bed, format!("_sandbox/{name}"));
        async move { bed.call("POST", &path, "", Body::Json(body)).await }
    };
    command("set_composio_account_status", json!({"id": id, "status": "EXPIRED"})).await.expect(200);
    command("set_composio_account_status", json!({"id": id, "status": "HAPPY"})).await.expect(404);
    command("set_composio_catalog_size", json!({"size": 3})).await.expect(200);
    assert_eq!(bed.composio_get("toolkits").await["total_items"], 16);
    command("delete_composio_account", json!({"id": id})).await.expect(200);
    assert!(bed.sandbox.control().composio_accounts().is_empty());
    let register = json!({"provider": "COMPOSIO", "redirect_uris": []});
    assert!(
        text(&command("register_client", register).await.expect(404)["error"])
            .contains("no authorization server")
    );
}
