//! A provider without OAuth: it knows one key, one password and one token, and says whose they are.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header::AUTHORIZATION};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use catalog::ManifestFile;
use serde_json::json;
use tokio::net::TcpListener;

#[derive(Debug, Clone)]
pub(crate) struct TypedProvider {
    pub(crate) place: String,
    calls: Arc<AtomicUsize>,
    refusing: Arc<AtomicBool>,
}

impl TypedProvider {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let provider = Self {
            place: listener.local_addr().unwrap().to_string(),
            calls: Arc::default(),
            refusing: Arc::default(),
        };
        let router =
            Router::new().route("/me", get(me)).route("/open", get(open)).with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        provider
    }

    pub(crate) fn refuse_everybody(&self) {
        self.refusing.store(true, Ordering::SeqCst);
    }

    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    /// A toolkit of this provider with one auth scheme and a tool that reads `path`.
    pub(crate) fn manifest(&self, slug: &str, auth: &str, identity: bool, path: &str) -> Vec<ManifestFile> {
        let prefix = slug.to_uppercase();
        let identity = match identity {
            true => format!(
                "[identity]\nrequest = {{ method = \"GET\", url = \"http://{}/me\" }}\nsubject = \".profile.id\"\n\
                 label = \".profile.name\"",
                self.place
            ),
            false => String::new(),
        };
        let toolkit = format!(
            "slug = \"{slug}\"\ndisplay_name = \"Acme {slug}\"\ndescription = \"Rockets.\"\ncategories = [\"test\"]\n\
             docs_url = \"https://acme.example/docs\"\n[api]\nbase_url = \"http://{}\"\n{identity}\n[[auth]]\n{auth}\n",
            self.place
        );
        let tool = format!(
            "name = \"{prefix}_READ\"\ndescription = \"Read.\"\neffect = \"read\"\n[parameters]\ntype = \"object\"\n\
             [request]\nmethod = \"GET\"\npath = \"{path}\"\n[[examples]]\narguments = {{}}\n\
             request = {{ method = \"GET\", path = \"{path}\" }}\nresult = {{}}\n[examples.response]\n"
        );
        let file = |path: String, text: String| ManifestFile { path, text };
        vec![file(format!("{slug}/toolkit.toml"), toolkit), file(format!("{slug}/tools/read.toml"), tool)]
    }
}

async fn me(State(provider): State<TypedProvider>, request: Request) -> Response {
    provider.calls.fetch_add(1, Ordering::SeqCst);
    let header =
        |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let by_key = header("x-key") == "good-key" && request.uri().query() == Some("region=eu");
    // ada:good-password
    let by_password = header(AUTHORIZATION.as_str()) == "Basic YWRhOmdvb2QtcGFzc3dvcmQ=";
    let by_token = header(AUTHORIZATION.as_str()) == "Bearer good-token";
    if (by_key || by_password || by_token) && !provider.refusing.load(Ordering::SeqCst) {
        axum::Json(json!({"id": 7, "name": "Ada"})).into_response()
    } else {
        (StatusCode::UNAUTHORIZED, axum::Json(json!({"error": "bad credentials"}))).into_response()
    }
}

async fn open(State(provider): State<TypedProvider>, request: Request) -> Response {
    provider.calls.fetch_add(1, Ordering::SeqCst);
    let anonymous = !request.headers().contains_key(AUTHORIZATION);
    axum::Json(json!({"anonymous": anonymous})).into_response()
}
