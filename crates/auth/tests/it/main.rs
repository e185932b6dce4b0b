//! Auth schemes from outside: golden requests for each quirk, and what messy answers mean.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]

mod providers;
mod requests;
mod token_answers;

use catalog::{Catalog, ManifestFile, OriginMap};

/// A catalogue with one toolkit whose OAuth has the usual shape, but for `quirks`.
fn catalog_with(quirks: &str, revocation: &str) -> Catalog {
    let text = format!(
        r#"
slug = "acme"
display_name = "Acme"
description = "Rockets."
categories = ["test"]
docs_url = "https://acme.example/docs"
[api]
base_url = "https://api.acme.example"
[scopes]
prefix = "https://acme.example/auth/"
known = ["read", "write"]
[identity]
subject = ".token.user"
[[auth]]
scheme = "OAUTH2"
[auth.oauth2]
authorization_url = "https://acme.example/authorize?tenant=common"
token_url = "https://acme.example/token"
{quirks}
[auth.oauth2.revocation]
{revocation}
"#
    );
    Catalog::load([ManifestFile { path: "acme/toolkit.toml".into(), text }], &OriginMap::none())
        .unwrap_or_else(|error| panic!("{error}"))
}

const USUAL: &str = "pkce = \"S256\"\nclient_authentication = \"body\"\nrefresh = \"stable\"";
