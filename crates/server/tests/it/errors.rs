//! Every error of the contract, reached through REST and through MCP, with the same code, words and details.

use reqwest::Method;
use sandbox::{Fault, Provider, What};
use serde_json::{Value, json};

use crate::support::{Setup, TestApp, x_credentials};

/// A call both ways.
struct Call {
    method: Method,
    path: String,
    body: Value,
    tool: &'static str,
    arguments: Value,
}

impl Call {
    fn execute(tool: &str, user: &str, params: Value) -> Self {
        Self {
            method: Method::POST,
            path: "/execute".into(),
            body: json!({"toolName": tool, "userId": user, "params": params}),
            tool: "manage_integrations",
            arguments: json!({"action": "execute_action", "tool_name": tool, "user_id": user, "params": params}),
        }
    }

    fn configure(arguments: Value) -> Self {
        let mut with_action = arguments.clone();
        with_action["action"] = "configure".into();
        Self {
            method: Method::POST,
            path: "/configure".into(),
            body: arguments,
            tool: "manage_integrations",
            arguments: with_action,
        }
    }

    fn connect(arguments: Value) -> Self {
        Self {
            method: Method::POST,
            path: "/connect".into(),
            body: arguments.clone(),
            tool: "connect_account",
            arguments,
        }
    }

    fn get(path: &str, action: &str, mut arguments: Value) -> Self {
        arguments["action"] = action.into();
        Self {
            method: Method::GET,
            path: path.into(),
            body: Value::Null,
            tool: "manage_integrations",
            arguments,
        }
    }
}

/// The same error both ways; its message.
async fn both(app: &TestApp, call: Call, status: u16, code: &str) -> String {
    let rest = app.call(call.method, &call.path, call.body).await;
    assert_eq!(rest.error(), (status, code), "{}", rest.body);
    let mut arguments = call.arguments;
    arguments["app_id"] = app.app.clone().into();
    let envelope = app.tool(call.tool, arguments).await.expect_err("an error");
    let (mut by_rest, mut by_mcp) = (rest.body["error"].clone(), envelope["error"].clone());
    for error in [&mut by_rest, &mut by_mcp] {
        assert!(error["request_id"].as_str().unwrap().starts_with("req_"));
        error["request_id"] = Value::Null;
        // Each write has its own.
        if let Some(execution) = error["details"].get_mut("execution_id") {
            *execution = Value::Null;
        }
    }
    assert_eq!(by_rest, by_mcp);
    rest.body["error"]["message"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_is_wrong_with_a_request() {
    let app = TestApp::new().await;
    let wrong = Call::configure(json!({"toolkit": "gmail", "scopes": "gmail.send"}));
    both(&app, wrong, 400, "VALIDATION_INVALID_SCHEMA").await;
    let missing = Call::get("/tools?limit=0", "list_tools", json!({"limit": 0}));
    let rest = app.call(Method::GET, &missing.path, Value::Null).await;
    assert_eq!(rest.error(), (400, "VALIDATION_INVALID_SCHEMA"));
    assert_eq!(
        app.tool(missing.tool, with_app(&app, missing.arguments)).await.unwrap_err()["error"]["code"],
        "VALIDATION_INVALID_SCHEMA"
    );
    both(
        &app,
        Call::get("/tools?cursor=x", "list_tools", json!({"cursor": "x"})),
        400,
        "VALIDATION_INVALID_SCHEMA",
    )
    .await;
    let long = "u".repeat(256);
    both(&app, Call::execute("GMAIL_GET_PROFILE", &long, json!({})), 400, "VALIDATION_INVALID_SCHEMA").await;
}

fn with_app(app: &TestApp, mut arguments: Value) -> Value {
    arguments["app_id"] = app.app.clone().into();
    arguments
}

#[tokio::test]
async fn what_an_action_cannot_do_without_is_named() {
    let app = TestApp::new().await;
    for (action, missing) in [
        ("configure", "toolkit"),
        ("rotate_credentials", "toolkit"),
        ("disable", "toolkit"),
        ("execute_action", "tool_name"),
    ] {
        let error = app.manage(action, json!({})).await.unwrap_err();
        assert_eq!(error["error"]["code"], "VALIDATION_MISSING_FIELD");
        assert_eq!(
            error["error"]["message"],
            format!("\"{missing}\" is required for the \"{action}\" action")
        );
    }
    let error = app.manage("rotate_credentials", json!({"toolkit": "gmail"})).await.unwrap_err();
    assert_eq!(
        error["error"]["message"],
        "\"oauth_credentials\" is required for the \"rotate_credentials\" action"
    );
    assert_eq!(app.post("/configure", json!({})).await.error(), (400, "VALIDATION_MISSING_FIELD"));
    assert_eq!(app.post("/connect", json!({})).await.error(), (400, "VALIDATION_MISSING_FIELD"));
    assert_eq!(app.post("/execute", json!({})).await.error(), (400, "VALIDATION_MISSING_FIELD"));
    let no_app = app.tool("manage_integrations", json!({"action": "list_tools"})).await.unwrap_err();
    assert_eq!(no_app["error"]["code"], "VALIDATION_MISSING_FIELD");
    let no_action =
        app.tool("manage_integrations", json!({"app_id": app.app, "action": "delete"})).await.unwrap_err();
    assert_eq!(no_action["error"]["code"], "VALIDATION_INVALID_SCHEMA");
}

#[tokio::test]
async fn what_is_not_there() {
    let app = TestApp::new().await;
    app.configure("gmail").await;
    both(&app, Call::execute("GMAIL_SEND_EMIAL", "u1", json!({})), 404, "INTEGRATIONS_EXECUTION_FAILED")
        .await;
    both(&app, Call::configure(json!({"toolkit": "gmial"})), 400, "INTEGRATIONS_UPSTREAM_ERROR").await;
    let message = both(
        &app,
        Call::execute("SLACK_TEST_AUTH", "u1", json!({})),
        400,
        "INTEGRATIONS_TOOLKIT_NOT_ENABLED",
    )
    .await;
    assert_eq!(message, "Integration \"slack\" is not configured for this app");
    both(&app, Call::connect(json!({"toolkit": "slack"})), 400, "INTEGRATIONS_TOOLKIT_NOT_ENABLED").await;
    both(
        &app,
        Call::get("/tools?toolkit=slack", "list_tools", json!({"toolkit": "slack"})),
        400,
        "INTEGRATIONS_TOOLKIT_NOT_ENABLED",
    )
    .await;
    let message =
        both(&app, Call::execute("GMAIL_GET_PROFILE", "u1", json!({})), 409, "INTEGRATIONS_NOT_CONNECTED")
            .await;
    assert_eq!(message, "This user has not connected Gmail");

    let unknown = app.send(Method::GET, "/v1/app_x/integrations/config", &app.key, Value::Null).await;
    assert_eq!(unknown.error(), (404, "RESOURCE_NOT_FOUND"));
    assert_eq!(unknown.body["error"]["message"], "App not found: app_x");
    let error = app.manage("list_connected", json!({"app_id": "app_x"})).await.unwrap_err();
    assert_eq!(
        (&error["error"]["code"], &error["error"]["message"]),
        (&json!("RESOURCE_NOT_FOUND"), &json!("App not found: app_x"))
    );
}

#[tokio::test]
async fn what_an_instance_without_clients_says() {
    let app = TestApp::with(Setup { managed: false, ..Setup::default() }).await;
    both(&app, Call::configure(json!({"toolkit": "gmail"})), 400, "INTEGRATIONS_NOT_CONFIGURED").await;
    both(&app, Call::configure(json!({"toolkit": "twitter"})), 400, "INTEGRATIONS_BYO_CREDENTIALS_REQUIRED")
        .await;
}

#[tokio::test]
async fn what_a_connected_account_may_not_or_cannot() {
    let app = TestApp::with_gmail("u1").await;
    let own = json!({"toolkit": "gmail", "oauth_credentials": {"client_id": "a", "client_secret": "b"}});
    both(&app, Call::configure(own), 409, "INTEGRATIONS_CONFIG_CONFLICT").await;
    let message =
        both(&app, Call::execute("GMAIL_SEND_EMAIL", "u1", json!({})), 422, "INTEGRATIONS_EXECUTION_FAILED")
            .await;
    assert_eq!(message, "The arguments do not fit the tool: `to` is required");
    both(
        &app,
        Call::execute("GMAIL_DELETE_MESSAGE", "u1", json!({"message_id": "x"})),
        422,
        "INTEGRATIONS_EXECUTION_FAILED",
    )
    .await;
    let message = both(
        &app,
        Call::execute("GMAIL_REMOVE_LABEL", "u1", json!({"label_id": "INBOX"})),
        422,
        "INTEGRATIONS_EXECUTION_FAILED",
    )
    .await;
    assert!(message.starts_with("Gmail refused ("), "{message}");

    app.connect("gmail", "u1", "grace@example.com").await;
    both(&app, Call::execute("GMAIL_GET_PROFILE", "u1", json!({})), 409, "INTEGRATIONS_ACCOUNT_AMBIGUOUS")
        .await;
}

#[tokio::test]
async fn what_a_provider_does_to_us() {
    let app = TestApp::with_gmail("u1").await;
    let fault = |what| Fault {
        provider: Provider::Google,
        matcher: "gmail.googleapis.com".into(),
        times: None,
        what,
    };
    app.twins().inject(fault(What::Status429 { retry_after: 7200 }));
    both(&app, Call::execute("GMAIL_GET_PROFILE", "u1", json!({})), 429, "QUOTA_RATE_LIMIT").await;
    app.twins().clear_faults();
    app.twins().inject(fault(What::ResetBefore));
    let message =
        both(&app, Call::execute("GMAIL_GET_PROFILE", "u1", json!({})), 502, "INTEGRATIONS_EXECUTION_FAILED")
            .await;
    assert!(message.starts_with("No usable answer came"), "{message}");
    app.twins().clear_faults();

    app.twins().revoke_account(Provider::Google, "ada@example.com");
    both(&app, Call::execute("GMAIL_GET_PROFILE", "u1", json!({})), 409, "INTEGRATIONS_CONNECTION_EXPIRED")
        .await;
}

#[tokio::test]
async fn refused_client_credentials() {
    let app = TestApp::new().await;
    let credentials = x_credentials(&app);
    app.post("/configure", json!({"toolkit": "twitter", "oauth_credentials": credentials})).await.ok();
    app.connect("twitter", "u1", "ada").await;
    app.twins().rotate_client_secret(Provider::Twitter, credentials["client_id"].as_str().unwrap()).unwrap();
    app.advance(3 * 3600);
    let first = app.execute("TWITTER_USER_LOOKUP_ME", "u1", json!({})).await;
    assert_eq!(first.error(), (502, "INTEGRATIONS_UPSTREAM_ERROR"));
    app.advance(60);
    let arguments = json!({"tool_name": "TWITTER_USER_LOOKUP_ME", "user_id": "u1"});
    let second = app.manage("execute_action", arguments).await.unwrap_err();
    assert_eq!(second["error"]["code"], "INTEGRATIONS_UPSTREAM_ERROR");
}

#[tokio::test]
async fn too_many_requests_of_one_key() {
    let limits = engine::Limits::per_second(std::num::NonZeroU32::new(2));
    let app = TestApp::with(Setup { limits, ..Setup::default() }).await;
    let answers = futures_util::future::join_all((0..20).map(|_| app.get("/config"))).await;
    let refused = answers.iter().find(|answer| answer.status == 429).expect("twenty at once are too many");
    assert_eq!(refused.error(), (429, "QUOTA_RATE_LIMIT"));
    assert!(refused.headers["retry-after"].to_str().unwrap().parse::<u64>().unwrap() >= 1);
    let error = app.manage("list_connected", json!({})).await;
    assert_eq!(error.unwrap_err()["error"]["code"], "QUOTA_RATE_LIMIT");
}

#[tokio::test]
async fn a_database_that_is_away_is_said_to_be_and_nothing_is_sent() {
    let Some(cluster) = throwaway_postgres::OwnCluster::start() else { return };
    let database = engine::Database::Postgres { url: cluster.url(), migrate_url: None };
    let app = TestApp::with(Setup { database: Some(database), ..Setup::default() }).await;
    app.configure("gmail").await;
    app.connect("gmail", "u1", "ada@example.com").await;
    app.twins().clear_ledger();
    cluster.stop_at_once();
    let mail = json!({"to": "grace@example.com", "subject": "Once"});
    for (tool, arguments) in [("GMAIL_GET_PROFILE", json!({})), ("GMAIL_SEND_EMAIL", mail)] {
        let answer = app.execute(tool, "u1", arguments).await;
        assert_eq!(answer.error(), (503, "INTERNAL_ERROR"));
        assert_eq!(answer.details(), &json!({"outcome": "not_sent"}));
    }
    assert_eq!(app.get("/config").await.error(), (503, "INTERNAL_ERROR"));
    assert_eq!(app.twins().ledger(), []);
    cluster.start_again();
    app.execute("GMAIL_GET_PROFILE", "u1", json!({})).await.ok();
}

#[tokio::test]
async fn who_comes_after_the_database_was_closed_is_told_nothing_of_it() {
    let app = TestApp::new().await;
    app.engine.drain().await;
    let answer = app.get("/config").await;
    assert_eq!(answer.error(), (503, "INTERNAL_ERROR"));
    assert!(
        !answer.body.to_string().contains("sqlx") && !answer.body.to_string().contains("pool"),
        "{}",
        answer.body
    );
}
