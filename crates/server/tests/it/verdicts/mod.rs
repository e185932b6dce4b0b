//! What a token endpoint's answers mean for the account: each table is one provider's dialect, each case is told by its
//! twin over real HTTP, and the verdict is what the app and its user see afterwards.

mod no_provider;
mod outages;

use std::collections::BTreeMap;

use sandbox::{Fault, Kind, Provider, Rotation, What};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::{Answer, TestApp, own_client, x_credentials};

const TABLES: [&str; 11] = [
    include_str!("discord.toml"),
    include_str!("github.toml"),
    include_str!("google.toml"),
    include_str!("hubspot.toml"),
    include_str!("linkedin.toml"),
    include_str!("microsoft.toml"),
    include_str!("notion.toml"),
    include_str!("reddit.toml"),
    include_str!("slack.toml"),
    include_str!("twitter.toml"),
    include_str!("no_answer.toml"),
];

/// One provider's answers to a refresh.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    provider: Provider,
    toolkit: String,
    account: String,
    /// A tool that takes no arguments.
    tool: String,
    /// How long to wait until a token must be refreshed; without it the provider refuses the old one.
    lifetime: Option<i64>,
    cases: Vec<Case>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    says: String,
    /// What the twin does with the one refresh. In texts, `EPOCH_IN_90` and `DATE_IN_90` are a time 90 seconds from now.
    what: Vec<What>,
    verdict: Verdict,
    /// Of an account that has ended.
    #[serde(default = "rejected")]
    reason: String,
    /// When to come back, where the provider says so.
    retry_after: Option<u32>,
}

fn rejected() -> String {
    "refresh_rejected".to_owned()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    /// The account has ended, and its user is asked to connect again.
    Expired,
    /// The account is well, and is asked for again later.
    Retry,
    /// The client is refused: every account stays, and the app is told.
    Client,
    /// The call goes through, and the refresh after it, too.
    Serves,
}

/// The table's toolkit, with a client for which tokens expire.
async fn configure(app: &TestApp, table: &Table) {
    let rotating = matches!(table.provider, Provider::Slack | Provider::GitHub);
    for client in app.twins().clients().iter().filter(|client| rotating && client.provider == table.provider)
    {
        app.twins().set_rotation(table.provider, &client.client_id, Rotation::On).unwrap();
    }
    let credentials = match table.provider {
        Provider::Twitter => x_credentials(app),
        Provider::Reddit | Provider::LinkedIn => {
            let extra = BTreeMap::from([("refresh".to_owned(), "true".to_owned())]);
            let client = own_client(app, table.provider, &table.toolkit, extra);
            json!({ "client_id": client.client_id, "client_secret": client.client_secret })
        }
        _ => Value::Null,
    };
    app.post("/configure", json!({"toolkit": table.toolkit, "oauth_credentials": credentials})).await.ok();
}

/// The table's account, at the moment at which its next call needs a refresh.
async fn due(app: &TestApp, table: &Table) -> String {
    let id = app.connect(&table.toolkit, "u1", &table.account).await;
    become_due(app, table);
    id
}

fn become_due(app: &TestApp, table: &Table) {
    match table.lifetime {
        Some(seconds) => app.advance(seconds),
        None => app.twins().expire_access_tokens(table.provider),
    }
}

async fn call(app: &TestApp, table: &Table) -> Answer {
    app.execute(&table.tool, "u1", json!({})).await
}

fn refreshes(app: &TestApp, provider: Provider) -> usize {
    let ledger = app.twins().ledger();
    ledger.iter().filter(|entry| entry.provider == provider && entry.kind == Kind::Token).count()
}

/// The warnings about the table's client.
async fn warnings(app: &TestApp, table: &Table) -> Value {
    let config = app.get("/config").await.ok();
    let all = config["integrations"].as_array().unwrap();
    all.iter().find(|one| one["toolkit_slug"] == table.toolkit.as_str()).unwrap()["warnings"].clone()
}

fn inject(app: &TestApp, table: &Table, case: &Case) {
    let at = engine::Clock::now(&*app.clock) + jiff::SignedDuration::from_secs(90);
    let date = at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    for what in &case.what {
        let text = serde_json::to_string(what).unwrap();
        let text = text.replace("EPOCH_IN_90", &at.as_second().to_string()).replace("DATE_IN_90", &date);
        let what = serde_json::from_str(&text).unwrap();
        app.twins().inject(Fault { provider: table.provider, matcher: "token".into(), times: Some(1), what });
    }
}

/// What is not as the case says.
async fn judge(app: &TestApp, table: &Table, case: &Case) -> Result<(), String> {
    let id = due(app, table).await;
    app.twins().clear_ledger();
    inject(app, table, case);
    let answer = call(app, table).await;
    let asked = refreshes(app, table.provider);
    let connection = app.connection(&id).await;
    let seen = format!("{} {}; {}", answer.status, answer.body, connection);
    let check = |holds: bool, what: &str| if holds { Ok(()) } else { Err(format!("{what}: {seen}")) };
    check(asked == 1, "the provider was not asked once")?;
    let active = connection["status"] == "active" && connection["status_reason"].is_null();
    let is_warned = warnings(app, table).await.is_array();
    check(is_warned == (case.verdict == Verdict::Client), "the warning about the client")?;
    match case.verdict {
        Verdict::Expired => {
            check(answer.status == 409, "the user is not asked to connect again")?;
            check(connection["status"] == "expired", "the account has not ended")?;
            check(connection["status_reason"] == case.reason.as_str(), "the reason")?;
            check(call(app, table).await.status == 409, "it came back")?;
            return check(refreshes(app, table.provider) == 1, "a dead grant was asked for again");
        }
        Verdict::Retry | Verdict::Client => {
            check(answer.status == 502 && active, "the account is not kept")?;
            let wait = answer.headers.get("retry-after").map(|value| value.to_str().unwrap());
            if let Some(expected) = case.retry_after {
                check(wait == Some(expected.to_string().as_str()), &format!("come back after {wait:?}"))?;
            }
            check(call(app, table).await.status == 502, "it came back at once")?;
            check(refreshes(app, table.provider) == 1, "the provider was not left alone")?;
            app.advance(wait.map_or(30, |wait| wait.parse().unwrap()) + 1);
        }
        Verdict::Serves => {
            check(answer.status == 200 && active, "it does not serve")?;
            become_due(app, table);
        }
    }
    let again = call(app, table).await;
    check(again.status == 200, &format!("the next refresh: {} {}", again.status, again.body))?;
    check(warnings(app, table).await.is_null(), "the client is still warned of")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_of_a_token_endpoint_means_what_it_means() {
    let app = TestApp::new().await;
    let (mut wrong, mut count) = (Vec::new(), 0);
    for text in TABLES {
        let table: Table = toml::from_str(text).unwrap_or_else(|error| panic!("{error}"));
        configure(&app, &table).await;
        for case in &table.cases {
            count += 1;
            if let Err(problem) = judge(&app, &table, case).await {
                wrong.push(format!("{}: {}: {problem}", table.toolkit, case.says));
            }
            app.twins().clear_faults();
        }
    }
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count >= 60, "{count}");
}
