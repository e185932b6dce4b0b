//! kill -9 between the steps of what changes both sides: afterwards they agree, and what was not acknowledged is undone
//! or can be done again.

use reqwest::Method;
use sandbox::{Decision, Fault, Provider, What};
use serde_json::{Value, json};

use crate::support::Browser;
use crate::support::operated::Operated;

const CONFIGS: &str = "backend.composio.dev/api/v3.1/auth_configs";
const ACCOUNTS: &str = "backend.composio.dev/api/v3.1/connected_accounts";

fn inject(operated: &Operated, part: &str, what: What) {
    let matcher = part.into();
    operated.twins().inject(Fault { provider: Provider::Composio, matcher, times: Some(1), what });
}

/// Before the vendor acts, and after it has.
fn moments() -> [What; 2] {
    [What::Hold("gate".to_owned()), What::HoldAnswer("gate".to_owned())]
}

/// A request under the app's integrations.
struct Change<'a> {
    method: Method,
    path: &'a str,
    body: Value,
}

/// Begins a change, kills the process while the vendor holds `part` of it, and starts it again.
async fn kill_while(operated: &mut Operated, part: &str, what: What, change: Change<'_>) {
    inject(operated, part, what);
    let url = format!("{}/v1/{}/integrations{}", operated.url(), operated.app, change.path);
    let mut request = operated.http.request(change.method, url).bearer_auth(&operated.key);
    if !change.body.is_null() {
        request = request.body(change.body.to_string());
    }
    operated.until_held(request.send()).await;
    operated.kill_and_restart();
}

/// What the app has, once nothing is pending.
async fn settled(operated: &Operated) -> Vec<Value> {
    let waiting = async {
        loop {
            let shown = operated.call(Method::GET, "/config?all=true", Value::Null).await.1;
            let all = shown["integrations"].as_array().unwrap().clone();
            if all.iter().all(|one| one["sync"] == "settled") {
                return all;
            }
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), waiting).await.expect("it settles")
}

async fn until(operated: &Operated, done: impl Fn(&Operated) -> bool) {
    let waiting = async {
        while !done(operated) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), waiting).await.expect("it comes about");
}

async fn configure(operated: &Operated, body: Value) -> Value {
    let (status, config) = operated.call(Method::POST, "/configure", body).await;
    assert_eq!(status, 200, "{config}");
    config
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_during_a_first_configure_nothing_is_left_and_one_is_made_in_the_end() {
    for part in [format!("GET {CONFIGS}"), format!("POST {CONFIGS}")] {
        for what in moments() {
            let mut operated = Operated::start().await;
            let body = json!({ "toolkit": "jira", "scopes": ["read"] });
            let change = Change { method: Method::POST, path: "/configure", body: body.clone() };
            kill_while(&mut operated, &part, what, change).await;
            assert_eq!(settled(&operated).await, Vec::<Value>::new(), "nobody was told that it is there");
            until(&operated, |operated| operated.twins().composio_auth_configs().is_empty()).await;
            let config = configure(&operated, body).await;
            assert_eq!(config["sync"], "settled");
            assert_eq!(operated.twins().composio_auth_configs().len(), 1);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_during_a_change_the_vendor_goes_back_to_what_was_acknowledged() {
    for what in moments() {
        let mut operated = Operated::start().await;
        let first = configure(&operated, json!({ "toolkit": "jira", "scopes": ["read"] })).await;
        operated.connect("jira", "ada").await;
        let body = json!({ "toolkit": "jira", "scopes": ["read", "write"] });
        let change = Change { method: Method::POST, path: "/configure", body: body.clone() };
        kill_while(&mut operated, &format!("PATCH {CONFIGS}"), what, change).await;
        let shown = settled(&operated).await;
        assert_eq!((&shown[0]["id"], &shown[0]["scopes"]), (&first["id"], &json!(["read"])));
        until(&operated, |operated| operated.twins().composio_auth_configs()[0].scopes == ["read"]).await;
        assert_eq!(operated.twins().composio_auth_configs().len(), 1);
        assert_eq!(operated.execute("JIRA_LIST_ITEMS", json!({}), None).await.0, 200, "accounts survive");
        configure(&operated, body).await;
        assert_eq!(operated.twins().composio_auth_configs()[0].scopes, ["read", "write"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_during_a_rotation_the_old_client_is_back_and_the_new_one_can_be_given_again() {
    for what in moments() {
        let mut operated = Operated::start().await;
        let own = json!({ "client_id": "first", "client_secret": "one" });
        configure(&operated, json!({ "toolkit": "xero", "oauth_credentials": own })).await;
        let path = "/configure/xero/credentials";
        let new = json!({ "client_id": "second", "client_secret": "two" });
        let change = Change { method: Method::PATCH, path, body: new.clone() };
        kill_while(&mut operated, &format!("PATCH {CONFIGS}"), what, change).await;
        settled(&operated).await;
        let client = |operated: &Operated| operated.twins().composio_auth_configs()[0].client_id.clone();
        until(&operated, |operated| client(operated).as_deref() == Some("first")).await;
        assert_eq!(operated.call(Method::PATCH, path, new).await.0, 200);
        assert_eq!(client(&operated).as_deref(), Some("second"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_during_a_disable_it_is_disabled_there_in_the_end() {
    for what in moments() {
        let mut operated = Operated::start().await;
        configure(&operated, json!({ "toolkit": "jira" })).await;
        operated.connect("jira", "ada").await;
        inject(&operated, "DISABLED", what);
        let gone = operated.call(Method::DELETE, "/configure/jira", Value::Null).await;
        assert_eq!(gone.0, 204);
        operated.twins().wait_held("gate", 1).await;
        operated.kill_and_restart();
        let (status, refused) = operated.execute("JIRA_LIST_ITEMS", json!({}), None).await;
        assert_eq!((status, &refused["error"]["code"]), (400, &json!("INTEGRATIONS_TOOLKIT_NOT_ENABLED")));
        until(&operated, |operated| !operated.twins().composio_auth_configs()[0].enabled).await;
        let shown = settled(&operated).await;
        assert_eq!(shown[0]["enabled"], false);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_a_link_is_made_the_user_clicks_again() {
    for what in moments() {
        let mut operated = Operated::start().await;
        configure(&operated, json!({ "toolkit": "pinecone" })).await;
        let body = json!({ "toolkit": "pinecone", "userId": "u1" });
        let (_, link) = operated.call(Method::POST, "/connect", body).await;
        let link = link["authUrl"].as_str().unwrap().parse().unwrap();
        let mut browser = Browser::new();
        let page = browser.get(&link).await;
        inject(&operated, "connected_accounts/link", what);
        let form = format!("csrf={}", page.hidden("csrf"));
        let request = operated.http.post(link.clone()).header("cookie", browser.cookie_header(&link));
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(form);
        operated.until_held(request.send()).await;
        operated.kill_and_restart();
        let back = browser.start(&link).await;
        let back = operated.twins().decide_link(&back, &Decision::Allow("ada".to_owned())).await.unwrap();
        assert_eq!(browser.get(&back).await.status, 200);
        assert_eq!(operated.execute("PINECONE_LIST_ITEMS", json!({}), None).await.0, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_the_account_is_looked_at_nobody_is_half_connected() {
    let mut operated = Operated::start().await;
    configure(&operated, json!({ "toolkit": "jira" })).await;
    let (request, mut browser, callback) = operated.decide("jira", "ada").await;
    inject(&operated, &format!("GET {ACCOUNTS}/"), What::HoldAnswer("gate".to_owned()));
    let cookies = browser.cookie_header(&callback);
    operated.until_held(operated.http.get(callback.clone()).header("cookie", cookies).send()).await;
    operated.kill_and_restart();
    let (_, progress) = operated.call(Method::GET, &format!("/connect/{request}"), Value::Null).await;
    assert_eq!(progress, json!({ "status": "failed", "reason": "interrupted" }));
    assert_eq!(browser.get(&callback).await.status, 400, "the state was used");
    assert_eq!(operated.call(Method::GET, "/connections", Value::Null).await.1["connections"], json!([]));
    operated.connect("jira", "ada").await;
    assert_eq!(operated.execute("JIRA_LIST_ITEMS", json!({}), None).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_during_a_disconnect_it_is_gone_there_in_the_end() {
    for what in moments() {
        let mut operated = Operated::start().await;
        operated.connect("jira", "ada").await;
        let connections = operated.call(Method::GET, "/connections", Value::Null).await.1;
        let path = format!("/connections/{}", connections["connections"][0]["id"].as_str().unwrap());
        let change = Change { method: Method::DELETE, path: &path, body: Value::Null };
        kill_while(&mut operated, &format!("DELETE {ACCOUNTS}"), what, change).await;
        let connections = operated.call(Method::GET, "/connections", Value::Null).await.1;
        assert_eq!(connections["connections"], json!([]));
        until(&operated, |operated| operated.twins().composio_accounts().is_empty()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_during_a_write_its_outcome_is_known_to_be_unknown() {
    let mut operated = Operated::start().await;
    operated.connect("jira", "ada").await;
    inject(&operated, "tools/execute", What::HoldAnswer("gate".to_owned()));
    let item = json!({ "name": "Once" });
    let sending = operated.execute_request("JIRA_CREATE_ITEM", item.clone(), "once");
    operated.until_held(sending).await;
    operated.kill_and_restart();
    let (status, answer) = operated.execute("JIRA_CREATE_ITEM", item, Some("once")).await;
    assert_eq!((status, &answer["error"]["details"]["outcome"]), (502, &json!("unknown")), "{answer}");
    let (_, listed) = operated.execute("JIRA_LIST_ITEMS", json!({}), None).await;
    assert_eq!(listed.to_string().matches("Once").count(), 1);
}
