//! Golden requests.

use std::collections::BTreeMap;

use auth::client_credentials::mint_request;
use auth::oauth2::{Authorization, authorization_url, code_challenge, exchange_request, refresh_request};
use auth::revocation::{Tokens, requests};
use auth::{Client, PlacementError, accept_fields, place};
use catalog::{Catalog, Field, ManifestFile, OriginMap};
use http::Request;
use secrecy::{ExposeSecret, SecretString};

use crate::{USUAL, catalog_with};

pub(crate) fn shown(request: &Request<bytes::Bytes>) -> String {
    let mut headers: Vec<String> = request
        .headers()
        .iter()
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
        .collect();
    headers.sort();
    let body = std::str::from_utf8(request.body()).unwrap();
    format!("{} {}\n{}\n{body}", request.method(), request.uri(), headers.join("\n"))
}

fn exchanged(quirks: &str) -> String {
    let catalog = catalog_with(quirks, "ends = \"none\"");
    let oauth2 = catalog.find_toolkit("acme").unwrap().default_auth_scheme().oauth2().unwrap();
    let secret = SecretString::from("s:e");
    let client = Client { id: "id", secret: Some(&secret) };
    shown(&exchange_request(oauth2, client, "code", "https://app.example/cb", "verifier"))
}

fn authorized(quirks: &str, scopes: &[&str]) -> String {
    let catalog = catalog_with(quirks, "ends = \"none\"");
    let toolkit = catalog.find_toolkit("acme").unwrap();
    let scopes: Vec<String> = scopes.iter().map(|scope| (*scope).to_owned()).collect();
    let request = Authorization {
        client_id: "id",
        redirect_uri: "https://app.example/cb?x=1",
        scopes: &scopes,
        state: "state",
        code_verifier: "verifier",
    };
    authorization_url(toolkit.default_auth_scheme().oauth2().unwrap(), &toolkit.scopes, &request).to_string()
}

#[test]
fn the_authorization_url_carries_scopes_state_and_challenge() {
    assert_eq!(
        authorized(
            &format!("authorization_parameters = {{ prompt = \"consent\" }}\n{USUAL}"),
            &["read", "custom"]
        ),
        "https://acme.example/authorize?tenant=common&response_type=code&client_id=id\
         &redirect_uri=https%3A%2F%2Fapp.example%2Fcb%3Fx%3D1&scope=https%3A%2F%2Facme.example%2Fauth%2Fread+custom\
         &state=state&code_challenge=iMnq5o6zALKXGivsnlom_0F5_WYda32GHkxlV7mq7hQ&code_challenge_method=S256\
         &prompt=consent"
    );
    assert!(
        !authorized("pkce = \"none\"\nclient_authentication = \"body\"\nrefresh = \"none\"", &[])
            .contains("scope")
    );
}

#[test]
fn scopes_of_several_tokens_go_into_their_own_parameters() {
    let quirks = r#"scope_separator = ","
pkce = "none"
client_authentication = "body"
refresh = "none"
tokens = [
  { name = "default", path = ".", scope_parameter = "scope" },
  { name = "user", path = ".authed_user", scope_parameter = "user_scope", scope_prefix = "user:" },
]"#;
    let url = authorized(quirks, &["chat:write", "user:search:read", "users:read"]);
    assert!(url.contains("&scope=chat%3Awrite%2Cusers%3Aread&user_scope=search%3Aread&"), "{url}");
}

#[test]
fn clients_prove_themselves_as_the_provider_wants() {
    assert_eq!(
        exchanged(USUAL),
        "POST https://acme.example/token\naccept: application/json\ncontent-type: application/x-www-form-urlencoded\n\
         grant_type=authorization_code&code=code&redirect_uri=https%3A%2F%2Fapp.example%2Fcb&code_verifier=verifier\
         &client_id=id&client_secret=s%3Ae"
    );
    let basic = "pkce = \"none\"\nclient_authentication = \"basic\"\nrefresh = \"none\"\n\
                 token_format = \"json\"\ntoken_headers = { Notion-Version = \"2022-06-28\" }";
    assert_eq!(
        exchanged(basic),
        "POST https://acme.example/token\naccept: application/json\nauthorization: Basic aWQ6cyUzQWU=\n\
         content-type: application/json\nnotion-version: 2022-06-28\n\
         {\"grant_type\":\"authorization_code\",\"code\":\"code\",\"redirect_uri\":\"https://app.example/cb\"}"
    );
}

#[test]
fn a_refresh_sends_the_token_and_hides_the_client() {
    let catalog = catalog_with(
        "pkce = \"S256\"\nclient_authentication = \"basic\"\nrefresh = \"stable\"",
        "ends = \"none\"",
    );
    let oauth2 = catalog.find_toolkit("acme").unwrap().default_auth_scheme().oauth2().unwrap();
    let secret = SecretString::from("canary");
    let request = refresh_request(&oauth2.token_endpoint, Client { id: "id", secret: Some(&secret) }, "rt");
    assert_eq!(request.body(), "grant_type=refresh_token&refresh_token=rt");
    assert!(request.headers()["authorization"].is_sensitive());
    assert_eq!(
        code_challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    );
}

#[test]
fn a_mint_sends_the_users_own_client_and_what_he_filled_in() {
    let minted = |authentication: &str, values: &[(&str, &str)]| {
        let catalog = typed_catalog(&format!(
            "scheme = \"S2S_OAUTH2\"\nfields = [{{ name = \"site\", label = \"Site\", secret = false, required = false }}]\n\
             [auth.client_credentials]\ntoken_url = \"https://acme.example/token\"\nrefresh = \"re-mint\"\n\
             client_authentication = \"{authentication}\"\n\
             token_parameters = {{ audience = \"{{site}}\", scope = \"read\" }}\n"
        ));
        let declared =
            catalog.find_toolkit("acme").unwrap().default_auth_scheme().client_credentials().unwrap();
        let values: BTreeMap<String, SecretString> =
            values.iter().map(|(name, value)| ((*name).to_owned(), SecretString::from(*value))).collect();
        shown(&mint_request(declared, &values))
    };
    let own = [("client_id", "id"), ("client_secret", "s:e"), ("site", "eu&1")];
    assert_eq!(
        minted("body", &own),
        "POST https://acme.example/token\naccept: application/json\n\
         content-type: application/x-www-form-urlencoded\n\
         grant_type=client_credentials&audience=eu%261&scope=read&client_id=id&client_secret=s%3Ae"
    );
    assert_eq!(
        minted("basic", &own[..2]),
        "POST https://acme.example/token\naccept: application/json\nauthorization: Basic aWQ6cyUzQWU=\n\
         content-type: application/x-www-form-urlencoded\ngrant_type=client_credentials&scope=read"
    );
}

#[test]
fn a_revocation_is_sent_for_each_declared_token() {
    let catalog = catalog_with(
        USUAL,
        r#"ends = "token"
[auth.oauth2.revocation.request]
method = "DELETE"
url = "https://acme.example/applications/{client_id}/token"
body = { access_token = "{token}" }
body_format = "json"
client_authentication = "basic"
tokens = ["refresh_token", "access_token"]"#,
    );
    let oauth2 = catalog.find_toolkit("acme").unwrap().default_auth_scheme().oauth2().unwrap();
    let (secret, access, refresh) =
        (SecretString::from("s"), SecretString::from("at"), SecretString::from("rt"));
    let client = Client { id: "id", secret: Some(&secret) };
    let sent =
        requests(&oauth2.revocation, client, Tokens { access_token: &access, refresh_token: Some(&refresh) });
    let shown: Vec<String> = sent.iter().map(shown).collect();
    assert_eq!(shown.len(), 2);
    assert_eq!(
        shown[1],
        "DELETE https://acme.example/applications/id/token\naccept: application/json\nauthorization: Basic aWQ6cw==\n\
         content-type: application/json\n{\"access_token\":\"at\"}"
    );
    let sent = requests(&oauth2.revocation, client, Tokens { access_token: &access, refresh_token: None });
    assert_eq!(sent.len(), 1);
}

fn typed_catalog(auth: &str) -> Catalog {
    let text = format!(
        "slug = \"acme\"\ndisplay_name = \"Acme\"\ndescription = \"Rockets.\"\ncategories = []\n\
         docs_url = \"https://acme.example\"\n[api]\nbase_url = \"https://api.acme.example\"\n\
         [identity]\nsubject = \".profile.id\"\n[[auth]]\n{auth}"
    );
    Catalog::load([ManifestFile { path: "acme/toolkit.toml".into(), text }], &OriginMap::none())
        .unwrap_or_else(|error| panic!("{error}"))
}

fn placed(auth: &str, values: &[(&str, &str)]) -> Result<String, PlacementError> {
    let catalog = typed_catalog(auth);
    let catalog::AuthScheme::Typed(typed) = catalog.find_toolkit("acme").unwrap().default_auth_scheme()
    else {
        panic!("a typed scheme")
    };
    let values: BTreeMap<String, SecretString> =
        values.iter().map(|(name, value)| ((*name).to_owned(), SecretString::from(*value))).collect();
    let mut request = Request::get("https://api.acme.example/x?a=1").body(bytes::Bytes::new()).unwrap();
    place(&typed.placement, |name| values.get(name), &mut request)?;
    assert!(request.headers().values().all(http::HeaderValue::is_sensitive));
    Ok(shown(&request))
}

#[test]
fn typed_credentials_go_where_the_manifest_says() {
    assert_eq!(
        placed("scheme = \"BASIC\"", &[("username", "ada"), ("password", "p:w")]).unwrap(),
        "GET https://api.acme.example/x?a=1\nauthorization: Basic YWRhOnA6dw==\n"
    );
    assert_eq!(
        placed("scheme = \"BEARER_TOKEN\"", &[("token", "t")]).unwrap(),
        "GET https://api.acme.example/x?a=1\nauthorization: Bearer t\n"
    );
    let api_key = "scheme = \"API_KEY\"\nfields = [{ name = \"key\", label = \"Key\" }]\n\
                   credential = { headers = { X-Key = \"v1 {key}\" }, query = { key = \"{key}\" } }";
    assert_eq!(
        placed(api_key, &[("key", "k&y")]).unwrap(),
        "GET https://api.acme.example/x?a=1&key=k%26y\nx-key: v1 k&y\n"
    );
    assert_eq!(placed(api_key, &[]).unwrap_err(), PlacementError::Missing("key".into()));
    assert_eq!(placed(api_key, &[("key", "a\nb")]).unwrap_err(), PlacementError::NotAHeader);
}

#[test]
fn typed_fields_say_what_is_wrong_without_the_value() {
    let field = |name: &str, required| Field {
        name: name.into(),
        label: name.into(),
        help: None,
        secret: true,
        required,
    };
    let fields = [field("api_key", true), field("region", false)];
    let accepted = accept_fields(&fields, [("api_key", " k "), ("region", " ")]).unwrap();
    assert_eq!(accepted.len(), 1);
    assert_eq!(accepted["api_key"].expose_secret(), "k");

    let huge = "canary".repeat(2000);
    let problems = accept_fields(&fields, [("apikey", "canary"), ("region", "canary\n"), ("api_key", &huge)])
        .unwrap_err();
    let shown: Vec<String> =
        problems.iter().map(|problem| format!("{} {}", problem.field, problem.message)).collect();
    assert_eq!(
        shown,
        [
            "apikey is not a field of this toolkit; did you mean `api_key`?",
            "region must not contain control characters",
            "api_key must have at most 8192 bytes",
            "api_key is required",
        ]
    );
}
