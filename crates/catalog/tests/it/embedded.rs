//! The catalogue walk over the toolkits that come with the binary.

use catalog::{Catalog, OriginMap};
use url::Url;

fn embedded() -> Catalog {
    Catalog::embedded(&OriginMap::none()).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn every_tool_has_an_example_that_its_parameters_accept() {
    for toolkit in embedded().toolkits() {
        for tool in &toolkit.tools {
            assert!(!tool.examples.is_empty(), "{} has no example", tool.name);
            for example in &tool.examples {
                let arguments = example.arguments.as_object().expect("arguments are a table");
                tool.parameters
                    .accept(arguments)
                    .unwrap_or_else(|problems| panic!("{}: {problems:?}", tool.name));
            }
        }
    }
}

#[test]
fn the_origin_map_reaches_every_address_a_credential_is_sent_to() {
    let twin = Url::parse("http://localhost:9/google").unwrap();
    let origins = [
        "gmail.googleapis.com",
        "accounts.google.com",
        "oauth2.googleapis.com",
        "openidconnect.googleapis.com",
    ]
    .iter()
    .fold(OriginMap::none(), |map, host| {
        map.with(&format!("https://{host}"), twin.clone())
    });
    let catalog = Catalog::embedded(&origins).unwrap();
    let gmail = catalog.find_toolkit("gmail").unwrap();
    let oauth2 = gmail.default_auth_scheme().oauth2().unwrap();
    assert_eq!(gmail.api.base_url.as_str(), "http://localhost:9/google/");
    assert_eq!(oauth2.token_url.as_str(), "http://localhost:9/google/token");
    assert_eq!(
        oauth2.authorization_url.as_str(),
        "http://localhost:9/google/o/oauth2/v2/auth"
    );
    let revocation = oauth2.revocation.request.as_ref().unwrap();
    assert_eq!(revocation.url.to_string(), "http://localhost:9/google/revoke");
    let identity = gmail.identity.as_ref().unwrap().request.as_ref().unwrap();
    assert_eq!(identity.url.as_str(), "http://localhost:9/google/v1/userinfo");
    assert!(
        gmail
            .api
            .allowed_bases
            .iter()
            .all(|base| base.host_str() == Some("localhost"))
    );
    assert_eq!(origins.targets(), ["localhost:9"]);
}
