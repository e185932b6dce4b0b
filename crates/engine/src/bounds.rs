//! Tools that use the app's own credential see more than one account's share. Each call is kept within its bound before
//! anything is sent: public data, the place that the account's grant names, or an app that brought its own client.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use catalog::{Action, Bound, BoundLookup, Credential, GrantBound, OAuth2, Step};
use executor::{Due, render};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::Engine;
use crate::error::{Code, Error, Kind, Result};
use crate::execute::Run;
use crate::steps::cannot_render;

/// What does not move between places is asked for once within this time.
const CACHE_LIFE: Duration = Duration::from_secs(600);
const MOST_CACHED: usize = 10_000;

/// Which place something is in, by the app, the toolkit, what is located (an argument or an account) and its value.
#[derive(Debug, Default)]
pub(crate) struct Located(Mutex<HashMap<[String; 4], (Value, Timestamp)>>);

impl Located {
    fn find(&self, key: &[String; 4], now: Timestamp) -> Option<Value> {
        let places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (place, until) = places.get(key)?;
        (*until > now).then(|| place.clone())
    }

    fn remember(&self, key: [String; 4], place: Value, now: Timestamp) {
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if places.len() >= MOST_CACHED {
            places.retain(|_, (_, until)| *until > now);
        }
        if places.len() < MOST_CACHED {
            places.insert(key, (place, now + CACHE_LIFE));
        }
    }
}

impl Engine {
    /// The arguments with the place of the grant filled in, once all of them are known to lie in it; `None` where the
    /// tool has no such bound.
    pub(crate) async fn bounded_arguments(&self, run: &Run) -> Result<Option<Value>> {
        match &run.tool.credential {
            Credential::Client { bounded_by: Bound::Grant } => self.within_grant(run).await.map(Some),
            Credential::Client { bounded_by: Bound::OwnClient } => {
                self.with_own_client(run).await?;
                Ok(None)
            }
            Credential::Client { bounded_by: Bound::Public } | Credential::Account { .. } => Ok(None),
        }
    }

    async fn within_grant(&self, run: &Run) -> Result<Value> {
        let bound = run.toolkit.api.grant_bound.as_ref();
        let bound = bound.ok_or_else(|| Error::internal(anyhow::anyhow!("a bound that is not declared")))?;
        let variables = run.variables(self.now());
        let granted = bound.granted.evaluate(&variables.account, &variables).map_err(Error::internal)?;
        if granted.is_null() {
            return Err(self.nothing_granted(run, bound).await);
        }
        self.is_still_there(run, bound, &granted).await?;
        let mut arguments = run.call.arguments.as_object().cloned().unwrap_or_default();
        match arguments.get(&bound.argument) {
            None | Some(Value::Null) => {
                if run.tool.parameters.names().any(|name| name == bound.argument) {
                    arguments.insert(bound.argument.clone(), granted.clone());
                }
            }
            Some(given) if *given == granted => {}
            Some(_) => return Err(outside(run, &bound.argument)),
        }
        for lookup in &bound.lookups {
            if let Some(value) = arguments.get(&lookup.argument).filter(|value| !value.is_null())
                && self.place_of(run, lookup, value).await? != granted
            {
                return Err(outside(run, &lookup.argument));
            }
        }
        Ok(Value::Object(arguments))
    }

    /// Asks with the account's own token, so that who has left the place, or has taken the grant back, is noticed.
    async fn is_still_there(&self, run: &Run, bound: &GrantBound, granted: &Value) -> Result<()> {
        let account = run.call.account.as_ref().map(|account| account.id.to_string()).unwrap_or_default();
        let key = [run.call.app.to_string(), run.toolkit.slug.to_string(), account, granted.to_string()];
        if self.located.find(&key, self.now()).is_some() {
            return Ok(());
        }
        let own = Credential::Account { token: OAuth2::DEFAULT_TOKEN.to_owned() };
        let asked = run.with(json!({ (GrantBound::PLACE): granted }));
        match self.ask_step(&asked, &bound.still, own).await? {
            Some(_) => {
                self.located.remember(key, granted.clone(), self.now());
                Ok(())
            }
            None => Err(self.nothing_granted(run, bound).await),
        }
    }

    /// The place that an argument's value is in, asked with the app's own credential. What that does not see either is
    /// refused in the same words.
    async fn place_of(&self, run: &Run, lookup: &BoundLookup, value: &Value) -> Result<Value> {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let key = [run.call.app.to_string(), run.toolkit.slug.to_string(), lookup.argument.clone(), text];
        if let Some(place) = self.located.find(&key, self.now()) {
            return Ok(place);
        }
        let answer = self.ask_step(run, &lookup.step, run.tool.credential.clone()).await?;
        let answer = answer.ok_or_else(|| outside(run, &lookup.argument))?;
        let place = lookup.place.evaluate(&answer, &run.variables(self.now())).map_err(Error::internal)?;
        self.located.remember(key, place.clone(), self.now());
        Ok(place)
    }

    /// The answer to a step of a bound; `None` where the provider refuses.
    async fn ask_step(&self, run: &Run, step: &Step, whose: Credential) -> Result<Option<Value>> {
        let Action::Request(template) = &step.action else { return Ok(None) };
        let request = render(&run.toolkit, template, &run.variables(self.now()));
        let due = Due { step, request: request.map_err(|error| cannot_render(run, error))? };
        let mut session = self.session_as(run, whose).await?;
        match self.attempt(run, &mut session, &due).await {
            Ok(reading) => Ok(Some(reading.answer)),
            Err(error) if error.details().is_some_and(|details| details["reason"] == "provider_refused") => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    async fn with_own_client(&self, run: &Run) -> Result<()> {
        let config = self.store.find_auth_config(&run.call.app, run.toolkit.slug.as_str()).await?;
        if config.is_some_and(|config| !config.managed) {
            return Ok(());
        }
        Err(Error::new(
            Code::IntegrationsByoCredentialsRequired,
            Kind::Invalid,
            format!("{} acts as the app itself and not for one user", run.tool.name),
            "Configure the toolkit with an OAuth client of the app's own.",
        ))
    }

    async fn nothing_granted(&self, run: &Run, bound: &GrantBound) -> Error {
        let link = match &run.call.account {
            Some(account) => self.reconnect_url(account, &[]).await,
            None => None,
        };
        Error::new(
            Code::IntegrationsExecutionFailed,
            Kind::Conflict,
            format!(
                "The {} account's grant names no `{}` to act in, or its user is no longer there",
                run.toolkit.display_name, bound.argument
            ),
            "Have the user open `details.connect_url` and choose one while consenting; the scopes must ask for it.",
        )
        .with_details(json!({ "reason": "nothing_granted", "connect_url": link }))
    }
}

fn outside(run: &Run, argument: &str) -> Error {
    Error::new(
        Code::IntegrationsExecutionFailed,
        Kind::Refused,
        format!("`{argument}` is outside of what the {} account was granted", run.toolkit.display_name),
        "Use what belongs to the place that the user chose while connecting, or connect an account for the other one.",
    )
    .with_details(json!({ "reason": "outside_grant", "argument": argument, "outcome": "not_sent" }))
}
