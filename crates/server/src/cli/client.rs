//! The client of the operator's own server: the one place beside `outbound` that sends HTTP, and only for commands.

use anyhow::{Context as _, bail};
use reqwest::Method;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use super::Connection;
use crate::config::{Flags, Settings};
use crate::profile::Profile;

pub(super) struct Client {
    http: reqwest::Client,
    url: String,
    key: SecretString,
    app_id: Option<String>,
}

/// Which of a profile's keys a command needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Needs {
    ServiceKey,
    PlatformKey,
}

impl Client {
    pub(super) fn new(connection: &Connection, needs: Needs) -> anyhow::Result<Self> {
        let flags = Flags { data_dir: connection.data_dir.clone(), ..Flags::default() };
        let mut dir = Settings::load(&flags)?.data_dir()?;
        if connection.sandbox {
            dir = dir.join("sandbox");
        }
        let profile = Profile::read(&dir)?.unwrap_or_default();
        let url = connection.url.clone().or(profile.url);
        let from_profile = match needs {
            Needs::ServiceKey => profile.api_key,
            Needs::PlatformKey => profile.platform_key,
        };
        let key = connection.key.clone().map(SecretString::from).or(from_profile);
        let hint = "give --url and --key, or start `bbi serve --sandbox` and add --sandbox";
        Ok(Self {
            http: reqwest::Client::builder().no_proxy().build()?,
            url: url.with_context(|| format!("no server known: {hint}"))?.trim_end_matches('/').to_owned(),
            key: key.with_context(|| format!("no key known: {hint}"))?,
            app_id: profile.app_id,
        })
    }

    /// The named app, or the profile's.
    pub(super) fn app<'a>(&'a self, named: Option<&'a str>) -> anyhow::Result<&'a str> {
        named.or(self.app_id.as_deref()).context("which app? give --app")
    }

    /// The answer of a route; an error says what the server said.
    pub(super) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<Value> {
        let (status, answer) = self.send_raw(method, path, body, &[]).await?;
        if status < 400 {
            return Ok(answer);
        }
        let error = &answer["error"];
        let message = error["message"].as_str().unwrap_or("the server gave no reason");
        let remediation = error["remediation"].as_str().unwrap_or_default();
        bail!("{message} ({}, HTTP {status})\n{remediation}", error["code"].as_str().unwrap_or("no code"))
    }

    pub(super) async fn send_raw(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        headers: &[(&str, &str)],
    ) -> anyhow::Result<(u16, Value)> {
        let mut request =
            self.http.request(method, format!("{}{path}", self.url)).bearer_auth(self.key.expose_secret());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let response = request.send().await.with_context(|| format!("no answer from {}", self.url))?;
        let status = response.status().as_u16();
        let text = response.text().await.context("the answer was cut off")?;
        let answer = if text.is_empty() {
            Value::Null
        } else {
            serde_json::from_str(&text).unwrap_or(Value::String(text))
        };
        Ok((status, answer))
    }
}
