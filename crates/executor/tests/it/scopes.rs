//! Least privilege, shown on the twins: every tool's recorded example is sent with exactly the scopes that the tool
//! declares, which the twin accepts, and without any one of them, which it refuses.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use catalog::{Catalog, Credential, Field, OAuth2, OriginMap, Placement, ScopeSet, Tool, Toolkit};
use executor::{Answer, CallError, Progress, Reading};
use expression::Variables;
use jiff::Timestamp;
use outbound::{AllowedPrivate, Limits, Outbound, Settings};
use sandbox::{Client, Entry, Options, Owner, Provider, Sandbox};
use secrecy::SecretString;
use serde_json::{Value, json};

const LIMITS: Limits = Limits { deadline: Duration::from_secs(30), max_bytes: 1 << 22 };

/// Twins, the catalogue that reaches them, and the way there.
struct Walk {
    sandbox: Sandbox,
    catalog: Catalog,
    outbound: Outbound,
}

impl Walk {
    async fn new() -> Self {
        let random = |bytes: &mut [u8]| {
            bytes.iter_mut().zip((1..=251_u8).cycle()).for_each(|(byte, value)| *byte = value);
        };
        let options = Options {
            port: 0,
            state_file: None,
            clock: Arc::new(|| Timestamp::from_second(1_800_000_000).unwrap()),
            random: Arc::new(random),
        };
        let sandbox = Sandbox::start(options).await.unwrap();
        let origins = sandbox.origins().into_iter();
        let origins = origins.fold(OriginMap::none(), |map, (origin, base)| map.with(&origin, base));
        let place = sandbox.base_url();
        let place = format!("{}:{}", place.host_str().unwrap(), place.port().unwrap());
        let settings =
            Settings { allow_private: vec![AllowedPrivate::parse(&place).unwrap()], ..Settings::default() };
        Self {
            catalog: Catalog::embedded(&origins).unwrap(),
            outbound: Outbound::new(&settings).unwrap(),
            sandbox,
        }
    }

    fn client(&self, provider: Provider) -> Client {
        self.sandbox.clients().into_iter().find(|client| client.provider == provider).unwrap()
    }

    /// Takes the tool's first example through its steps within `scopes`, and says what came of each request. Where the
    /// twin has not what the example names, its recorded answer goes on.
    async fn send(&self, toolkit: &Toolkit, tool: &Tool, scopes: &[String]) -> Vec<Sent> {
        let oauth2 = toolkit.auth_schemes.iter().find_map(|scheme| scheme.oauth2()).unwrap();
        let (placement, values) = self.credential(toolkit, tool, oauth2, scopes);
        let credential = executor::Credential { placement, values: &values };
        let example = &tool.examples[0];
        let arguments = tool.parameters.accept(example.arguments.as_object().unwrap()).unwrap();
        let call = json!({ "id": "ex_0", "now": 1_700_000_000 });
        let variables =
            Variables { arguments, account: example.account.clone(), call, ..Variables::default() };
        let mut progress = Progress::new(toolkit, tool, variables);
        let mut recorded = example.exchanges();
        let mut all = Vec::new();
        while let Ok(Some(due)) = progress.due() {
            let (credential, now) = (Some(credential), Timestamp::UNIX_EPOCH);
            let given = recorded.next().map(|(_, response)| response.body.clone()).unwrap_or_default();
            let response = json!({ "status": 200, "headers": {} });
            let mut reading = Reading { answer: given, response, bytes: 0 };
            // A caller's file is nobody's twin, and what an earlier example answer points at is not here.
            let here = due.template().is_some_and(|template| template.path().is_some());
            if here {
                let sent = executor::send(&self.outbound, toolkit, &due, credential, LIMITS, now).await;
                if let Ok(Answer::Success(live)) = &sent {
                    reading = live.clone();
                }
                all.push(Sent { sent, entry: self.sandbox.control().ledger().pop().unwrap() });
            }
            if progress.answered(reading).is_err() || all.len() > 5 {
                break;
            }
        }
        all
    }

    fn credential<'t>(
        &self,
        toolkit: &Toolkit,
        tool: &Tool,
        oauth2: &'t OAuth2,
        scopes: &[String],
    ) -> (&'t Placement, BTreeMap<String, SecretString>) {
        let provider: Provider =
            toolkit.managed_client.as_deref().unwrap_or(toolkit.slug.as_str()).parse().unwrap();
        let Credential::Account { token } = &tool.credential else {
            // As an app enters it, whatever the twin's console calls it.
            let extra = self.client(provider).extra.into_values().next().unwrap();
            let field = |field: &Field| (field.name.clone(), SecretString::from(extra.clone()));
            return (
                oauth2.client_placement.as_ref().unwrap(),
                oauth2.client_fields.iter().map(field).collect(),
            );
        };
        // What tells this token's scopes from another's is not part of their names over there.
        let source = oauth2.token_endpoint.tokens.iter().find(|source| source.name == *token);
        let prefix = source.map_or("", |source| source.scope_prefix.as_str());
        let own = |scope: &String| {
            let full = toolkit.scopes.full(scope);
            full.strip_prefix(prefix).map(str::to_owned).unwrap_or(full)
        };
        let full: Vec<String> = scopes.iter().map(own).collect();
        let bot = provider == Provider::Slack && token != "user";
        let owner = if bot { Owner::Bot } else { Owner::User };
        let account = match provider {
            Provider::Google | Provider::Microsoft => "ada@example.com",
            _ => "ada",
        };
        let token = self.sandbox.control().issue_token(provider, account, owner, &full).unwrap();
        (&oauth2.placement, BTreeMap::from([("access_token".to_owned(), SecretString::from(token))]))
    }
}

/// What came of one request, and what the twin noted.
struct Sent {
    sent: Result<Answer, CallError>,
    entry: Entry,
}

impl Sent {
    fn is_unserved(&self) -> bool {
        let unserved = match &self.sent {
            Ok(Answer::Failure(failure)) => {
                failure.status == 401 || failure.status >= 500 || format!("{failure:?}").contains("sandbox:")
            }
            Ok(Answer::Success(_)) => false,
            Err(_) => true,
        };
        unserved || self.entry.operation.is_none()
    }
}

fn lacks_scope(entry: &Entry) -> bool {
    entry.detail.get("lacks_scope") == Some(&Value::Bool(true))
}

/// The set without each one of its scopes, as far as nothing else that remains suffices.
fn reduced(toolkit: &Toolkit, tool: &Tool, set: &ScopeSet) -> Vec<Vec<String>> {
    let without = |index: usize| {
        let mut rest = set.0.clone();
        rest.remove(index);
        rest
    };
    let rests = (0..set.0.len()).map(without);
    rests.filter(|rest| !toolkit.scopes.suffice(rest, &tool.scopes)).collect()
}

async fn problems(walk: &Walk, toolkit: &Toolkit, tool: &Tool) -> Vec<String> {
    let mut problems = Vec::new();
    let none = [ScopeSet(Vec::new())];
    let sets = if tool.scopes.is_empty() { &none[..] } else { &tool.scopes };
    for set in sets {
        for Sent { sent, entry } in walk.send(toolkit, tool, &set.0).await {
            let place =
                format!("{} with {:?} ({} {} {})", tool.name, set.0, entry.method, entry.path, entry.status);
            let one = Sent { sent, entry };
            if one.is_unserved() {
                problems.push(format!("{place}: the twin does not serve it: {:?}", one.sent));
            } else if lacks_scope(&one.entry) {
                problems.push(format!("{place}: the declared scopes do not suffice"));
            }
        }
        if matches!(tool.credential, Credential::Client { .. }) {
            continue;
        }
        for rest in reduced(toolkit, tool, set) {
            if !walk.send(toolkit, tool, &rest).await.iter().any(|one| lacks_scope(&one.entry)) {
                problems.push(format!("{} with {:?}: works with {rest:?} alone", tool.name, set.0));
            }
        }
    }
    problems
}

/// All toolkits, or those that the variable names.
fn is_wanted(toolkit: &Toolkit) -> bool {
    match std::env::var("ONLY_TOOLKITS") {
        Ok(wanted) => wanted.split(',').any(|slug| slug == toolkit.slug.as_str()),
        Err(_) => true,
    }
}

#[tokio::test]
async fn every_tool_works_with_its_scopes_and_fails_without_any_one_of_them() {
    let walk = Walk::new().await;
    let mut report = String::new();
    let mut found = 0;
    for toolkit in walk.catalog.toolkits().iter().filter(|toolkit| is_wanted(toolkit)) {
        for tool in &toolkit.tools {
            for problem in problems(&walk, toolkit, tool).await {
                found += 1;
                writeln!(report, "{problem}").unwrap();
            }
        }
    }
    assert_eq!(found, 0, "\n{report}");
}
