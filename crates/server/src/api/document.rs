//! openapi.json: made from the routes, finished here.

use utoipa::OpenApi;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{PathItem, RefOr, Server};

#[derive(OpenApi)]
#[openapi(info(
    title = "Butterbase Integrations",
    description = "Connect the users of an app to Gmail, Slack, GitHub and other services, and act on their behalf. \
                   Every error has the envelope `ErrorEnvelope`; its `remediation` says what to do next.",
    license(name = "Apache-2.0", identifier = "Apache-2.0")
))]
pub(super) struct Document;

/// The description of the REST surface, as checked in and as served.
pub(super) fn text(mut document: utoipa::openapi::OpenApi) -> String {
    let bearer = SecurityScheme::Http(Http::builder().scheme(HttpAuthScheme::Bearer).build());
    document.components.get_or_insert_default().add_security_scheme("bearer", bearer);
    document.servers = Some(vec![Server::builder().url("/").description(Some("This instance")).build()]);
    for item in document.paths.paths.values_mut() {
        describe_responses(item);
    }
    let mut text = document.to_pretty_json().expect("a document made of plain data can be written");
    text.push('\n');
    text
}

/// What a status means everywhere is said once, here.
fn describe_responses(item: &mut PathItem) {
    let operations = [&mut item.get, &mut item.post, &mut item.patch, &mut item.put, &mut item.delete]
        .into_iter()
        .flatten();
    for (status, response) in operations.flat_map(|operation| &mut operation.responses.responses) {
        if let RefOr::T(response) = response
            && response.description.is_empty()
        {
            response.description = match status.as_str() {
                "200" => "What was asked for",
                "201" => "Made; its secret is shown this once",
                "204" => "Done, and nothing to say",
                "4XX" => "Refused; `remediation` says what to do next",
                _ => "Failed; `remediation` says what to do next",
            }
            .to_owned();
        }
    }
}
