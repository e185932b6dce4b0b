//! A person's browser: it keeps cookies by host and does what the pages offer.

use std::collections::BTreeMap;

use reqwest::header::{COOKIE, HOST, HeaderMap, LOCATION, SET_COOKIE};
use reqwest::{Method, Response};
use sandbox::Decision;
use url::Url;

use super::{TestApp, client};

#[derive(Debug)]
pub(crate) struct Browser {
    http: reqwest::Client,
    /// By host, then by name.
    cookies: BTreeMap<String, BTreeMap<String, String>>,
    /// A public URL, and the node that serves it to this browser now.
    balanced: Option<(&'static str, String)>,
}

/// What the browser shows.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    pub(crate) url: Url,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Page {
    pub(crate) fn location(&self) -> Option<Url> {
        let location = self.headers.get(LOCATION)?.to_str().unwrap();
        Some(self.url.join(location).unwrap())
    }

    /// Where a page goes on to by itself.
    fn refresh(&self) -> Option<Url> {
        let (_, rest) = self.text.split_once("http-equiv=\"refresh\" content=\"0;url=")?;
        let url = rest.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
        Some(url.parse().unwrap())
    }

    /// A hidden field of the form.
    pub(crate) fn hidden(&self, name: &str) -> String {
        let marker = format!("name=\"{name}\" value=\"");
        let (_, rest) =
            self.text.split_once(&marker).unwrap_or_else(|| panic!("no field {name} in {}", self.text));
        rest.split('"').next().unwrap().to_owned()
    }
}

impl Browser {
    pub(crate) fn new() -> Self {
        Self { http: client(), cookies: BTreeMap::new(), balanced: None }
    }

    /// From now on what it asks of `public` goes to `node`, as a load balancer would send it.
    pub(crate) fn balance(&mut self, public: &'static str, node: &str) {
        self.balanced = Some((public, node.to_owned()));
    }

    pub(crate) async fn get(&mut self, url: &Url) -> Page {
        self.request(Method::GET, url, &[]).await
    }

    pub(crate) async fn post(&mut self, url: &Url, form: &[(&str, &str)]) -> Page {
        self.request(Method::POST, url, form).await
    }

    /// What it would send with a request.
    pub(crate) fn cookie_header(&self, url: &Url) -> String {
        let host = format!("{}:{:?}", url.host_str().unwrap(), url.port());
        let jar = self.cookies.get(&host).into_iter().flatten();
        jar.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    async fn request(&mut self, method: Method, url: &Url, form: &[(&str, &str)]) -> Page {
        self.try_request(method, url, form).await.unwrap()
    }

    /// Fails where nobody answers.
    pub(crate) async fn try_request(
        &mut self,
        method: Method,
        url: &Url,
        form: &[(&str, &str)],
    ) -> reqwest::Result<Page> {
        let host = format!("{}:{:?}", url.host_str().unwrap(), url.port());
        let mut request = self.http.request(method.clone(), url.clone());
        if let Some((public, node)) = &self.balanced
            && let Some(path) = url.as_str().strip_prefix(public)
        {
            request =
                self.http.request(method.clone(), format!("{node}{path}")).header(HOST, url.authority());
        }
        let cookies = self.cookie_header(url);
        if !cookies.is_empty() {
            request = request.header(COOKIE, cookies);
        }
        if method == Method::POST {
            let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
            request = request.header("content-type", "application/x-www-form-urlencoded").body(body);
        }
        let response = request.send().await?;
        self.keep(&host, &response);
        Ok(Page {
            url: url.clone(),
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            text: response.text().await?,
        })
    }

    fn keep(&mut self, host: &str, response: &Response) {
        let jar = self.cookies.entry(host.to_owned()).or_default();
        for cookie in response.headers().get_all(SET_COOKIE) {
            let text = cookie.to_str().unwrap();
            let (name, value) = text.split(';').next().unwrap().split_once('=').unwrap();
            if text.contains("Max-Age=0") {
                jar.remove(name);
            } else {
                jar.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    /// Opens a link and clicks "continue": the address at the provider.
    pub(crate) async fn start(&mut self, link: &Url) -> Url {
        let page = self.get(link).await;
        assert_eq!(page.status, 200, "{}", page.text);
        let sent = self.post(link, &[("csrf", &page.hidden("csrf"))]).await;
        if let Some(next) = sent.refresh() {
            return next;
        }
        assert_eq!(sent.status, 303, "{}", sent.text);
        sent.location().unwrap()
    }

    /// The same, and decides at the provider: the address of the callback.
    pub(crate) async fn decide(&mut self, app: &TestApp, link: &Url, decision: &Decision) -> Url {
        let provider = self.start(link).await;
        app.twins().consent(&provider, decision).await.unwrap()
    }

    /// The same, and allows it on the provider's own page: the address of the callback.
    pub(crate) async fn allow(&mut self, link: &Url, account: &str) -> Url {
        let provider = self.start(link).await;
        let consent = self.get(&provider).await;
        let form = [("request", &*consent.hidden("request")), ("decision", "allow"), ("account", account)];
        self.post(&provider, &form).await.location().unwrap()
    }

    /// Decides through the twins' control and comes back: the last page.
    pub(crate) async fn connect(&mut self, app: &TestApp, link: &Url, decision: &Decision) -> Page {
        let callback = self.decide(app, link, decision).await;
        self.get(&callback).await
    }
}
