//! What each provider's refusals become: its own code and sentence, and a kind where the status does not tell.

use catalog::{Catalog, OriginMap};
use expression::Variables;
use serde_json::{Value, json};

/// Toolkit, status, headers and body of an answer, and what the manifest makes of it; null where it is no refusal.
#[allow(clippy::too_many_lines, reason = "a table")]
fn refusals() -> Vec<(&'static str, u16, Value, Value, Value)> {
    let google = json!({"error": {"code": 403, "message": "Slow down", "errors": [{"reason": "userRateLimitExceeded"}]}});
    let full =
        json!({"error": {"code": 403, "message": "Full", "errors": [{"reason": "storageQuotaExceeded"}]}});
    vec![
        (
            "github",
            422,
            json!({}),
            json!({"message": "Validation Failed", "errors": [{"resource": "Issue", "field": "title", "code": "missing_field"}]}),
            json!({"code": "missing_field", "message": "Validation Failed; title missing_field", "kind": null}),
        ),
        (
            "github",
            404,
            json!({"x-ratelimit-remaining": "4999"}),
            json!({"message": "Not Found", "documentation_url": "https://docs.github.com/rest"}),
            json!({"code": null, "message": "Not Found", "kind": null}),
        ),
        (
            "github",
            404,
            json!({"x-oauth-scopes": "public_repo, read:user"}),
            json!({"message": "Not Found"}),
            json!({"code": null, "message": "Not Found; if it is private, the account needs the scope repo", "kind": null}),
        ),
        (
            "github",
            404,
            json!({"x-oauth-scopes": "repo, workflow"}),
            json!({"message": "Not Found"}),
            json!({"code": null, "message": "Not Found", "kind": null}),
        ),
        (
            "github",
            403,
            json!({"x-ratelimit-remaining": "0"}),
            json!({"message": "API rate limit exceeded for user ID 7."}),
            json!({"code": "rate_limited", "message": "API rate limit exceeded for user ID 7.", "kind": "rate_limited"}),
        ),
        (
            "github",
            403,
            json!({"x-ratelimit-remaining": "12"}),
            json!({"message": "You have exceeded a secondary rate limit."}),
            json!({"code": "rate_limited", "message": "You have exceeded a secondary rate limit.", "kind": "rate_limited"}),
        ),
        (
            "github",
            403,
            json!({"x-ratelimit-remaining": "12"}),
            json!({"message": "Resource not accessible by integration"}),
            json!({"code": null, "message": "Resource not accessible by integration", "kind": null}),
        ),
        ("slack", 200, json!({}), json!({"ok": true}), Value::Null),
        (
            "slack",
            200,
            json!({}),
            json!({"ok": false, "error": "channel_not_found"}),
            json!({"code": "channel_not_found", "message": "", "kind": null}),
        ),
        (
            "slack",
            200,
            json!({}),
            json!({"ok": false, "error": "missing_scope", "needed": "chat:write", "provided": "users:read"}),
            json!({"code": "missing_scope", "message": "needs the scope chat:write", "kind": null}),
        ),
        (
            "slack",
            200,
            json!({}),
            json!({"ok": false, "error": "invalid_arguments", "response_metadata": {"messages": ["[ERROR] missing required field: channel"]}}),
            json!({"code": "invalid_arguments", "message": "[ERROR] missing required field: channel", "kind": null}),
        ),
        (
            "slack",
            200,
            json!({}),
            json!({"ok": false, "error": "token_revoked"}),
            json!({"code": "token_revoked", "message": "", "kind": "unauthorized"}),
        ),
        (
            "slack",
            429,
            json!({"retry-after": "3"}),
            json!({"ok": false, "error": "ratelimited"}),
            json!({"code": "ratelimited", "message": "", "kind": "rate_limited"}),
        ),
        (
            "slack",
            200,
            json!({}),
            json!({"ok": false, "error": "fatal_error"}),
            json!({"code": "fatal_error", "message": "", "kind": "unavailable"}),
        ),
        ("slack", 502, json!({}), json!("<html>"), Value::Null),
        ("twitter", 200, json!({}), json!({"meta": {"result_count": 0}}), Value::Null),
        (
            "twitter",
            200,
            json!({}),
            json!({"errors": [{"title": "Not Found Error", "detail": "Could not find post with id: [1].", "type": "https://api.x.com/2/problems/resource-not-found"}]}),
            json!({"code": "resource-not-found", "message": "Could not find post with id: [1]."}),
        ),
        (
            "twitter",
            400,
            json!({}),
            json!({"title": "Invalid Request", "detail": "One or more parameters to your request was invalid.", "type": "https://api.x.com/2/problems/invalid-request", "errors": [{"message": "The `max_results` query parameter value [1] is not between 10 and 100"}]}),
            json!({"code": "invalid-request", "message": "The `max_results` query parameter value [1] is not between 10 and 100"}),
        ),
        (
            "twitter",
            429,
            json!({}),
            json!({"title": "Too Many Requests", "detail": "Too Many Requests", "type": "about:blank", "status": 429}),
            json!({"code": "Too Many Requests", "message": "Too Many Requests"}),
        ),
        (
            "google-calendar",
            403,
            json!({}),
            google.clone(),
            json!({"code": "userRateLimitExceeded", "message": "Slow down", "kind": "rate_limited"}),
        ),
        (
            "google-drive",
            403,
            json!({}),
            full,
            json!({"code": "storageQuotaExceeded", "message": "Full", "kind": null}),
        ),
        (
            "google-sheets",
            429,
            json!({}),
            json!({"error": {"code": 429, "message": "Quota exceeded", "status": "RESOURCE_EXHAUSTED"}}),
            json!({"code": "RESOURCE_EXHAUSTED", "message": "Quota exceeded", "kind": "rate_limited"}),
        ),
        (
            "notion",
            404,
            json!({}),
            json!({"object": "error", "status": 404, "code": "object_not_found", "message": "Could not find page"}),
            json!({"code": "object_not_found", "message": "Could not find page", "kind": null}),
        ),
        (
            "hubspot",
            429,
            json!({}),
            json!({"status": "error", "message": "You have reached your secondly limit.", "errorType": "RATE_LIMIT", "policyName": "SECONDLY"}),
            json!({"code": "RATE_LIMIT", "message": "You have reached your secondly limit.", "kind": "rate_limited"}),
        ),
        (
            "hubspot",
            400,
            json!({}),
            json!({"status": "error", "message": "Property values were not valid", "category": "VALIDATION_ERROR", "errors": [{"message": "email is invalid"}]}),
            json!({"code": "VALIDATION_ERROR", "message": "Property values were not valid; email is invalid", "kind": null}),
        ),
        (
            "outlook",
            503,
            json!({}),
            json!({"error": {"code": "ErrorServerBusy", "message": "Later", "innerError": {}}}),
            json!({"code": "ErrorServerBusy", "message": "Later", "kind": "unavailable"}),
        ),
        (
            "discord",
            400,
            json!({}),
            json!({"code": 50035, "message": "Invalid Form Body", "errors": {"name": {"_errors": [{"code": "BASE_TYPE_REQUIRED", "message": "This field is required"}]}}}),
            json!({"code": 50035, "message": "Invalid Form Body; This field is required"}),
        ),
        (
            "linkedin",
            401,
            json!({}),
            json!({"status": 401, "serviceErrorCode": 65601, "code": "REVOKED_ACCESS_TOKEN", "message": "The token has been revoked by the user"}),
            json!({"code": "REVOKED_ACCESS_TOKEN", "message": "The token has been revoked by the user"}),
        ),
        ("reddit", 200, json!({}), json!({"json": {"errors": [], "data": {"id": "x"}}}), Value::Null),
        ("reddit", 200, json!({}), json!([{"kind": "Listing"}]), Value::Null),
        (
            "reddit",
            200,
            json!({}),
            json!({"json": {"errors": [["RATELIMIT", "Take a break for 5 minutes.", "ratelimit"]]}}),
            json!({"code": "RATELIMIT", "message": "Take a break for 5 minutes.", "kind": "rate_limited"}),
        ),
        (
            "reddit",
            403,
            json!({}),
            json!({"message": "Forbidden", "error": 403, "reason": "private"}),
            json!({"code": "private", "message": "Forbidden", "kind": null}),
        ),
    ]
}

#[test]
fn every_refusal_is_read_as_recorded() {
    let catalog = Catalog::embedded(&OriginMap::none()).unwrap();
    for (slug, status, headers, body, expected) in refusals() {
        let toolkit = catalog.find_toolkit(slug).unwrap();
        let failure = toolkit.api.failure.as_ref().unwrap();
        let answer = json!({"status": status, "headers": headers, "body": body});
        assert_eq!(failure.evaluate(&answer, &Variables::default()).unwrap(), expected, "{slug} {body}");
    }
}

#[test]
fn successes_are_no_refusals_and_gateway_pages_have_no_kind() {
    let catalog = Catalog::embedded(&OriginMap::none()).unwrap();
    for toolkit in catalog.toolkits() {
        let failure = toolkit.api.failure.as_ref().unwrap();
        for (status, body) in [(200, json!({})), (200, json!([])), (204, Value::Null)] {
            let answer = json!({"status": status, "headers": {}, "body": body});
            let read = failure.evaluate(&answer, &Variables::default());
            assert!(matches!(read, Ok(Value::Null)), "{} {body}: {read:?}", toolkit.slug);
        }
        for body in [Value::Null, json!("<html>bad gateway</html>"), json!([]), json!({"error": 502})] {
            let answer = json!({"status": 502, "headers": {}, "body": body});
            let read = failure.evaluate(&answer, &Variables::default()).unwrap();
            assert!(read["kind"].is_null(), "{} {body}: {read}", toolkit.slug);
        }
    }
}
