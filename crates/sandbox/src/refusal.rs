//! How each provider says "too often" and "broken", which a twin says only when a fault asks for it.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::provider::Provider;
use crate::stage::later;
use crate::wire::Answer;

pub(crate) fn too_many(provider: Provider, retry_after: u32, now: Timestamp) -> Answer {
    let reset = later(now, i64::from(retry_after)).as_second().to_string();
    let answer = match provider {
        Provider::Google => Answer::json(
            429,
            &google(
                429,
                "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute per user'.",
                "rateLimitExceeded",
                "RESOURCE_EXHAUSTED",
            ),
        ),
        Provider::Slack => Answer::json(429, &json!({"ok": false, "error": "ratelimited"})),
        Provider::GitHub => Answer::json(
            429,
            &json!({
                "message": "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
                "documentation_url": "https://docs.github.com/rest/overview/rate-limits-for-the-rest-api",
                "status": "429",
            }),
        )
        .with("x-ratelimit-remaining", "0")
        .with("x-ratelimit-reset", reset),
        Provider::Twitter => Answer::json(
            429,
            &json!({"title": "Too Many Requests", "detail": "Too Many Requests", "type": "about:blank", "status": 429}),
        )
        .with("x-rate-limit-limit", "900")
        .with("x-rate-limit-remaining", "0")
        .with("x-rate-limit-reset", reset),
    };
    answer.with("retry-after", retry_after.to_string())
}

pub(crate) fn broken(provider: Provider) -> Answer {
    let body = match provider {
        Provider::Google => google(500, "Internal error encountered.", "backendError", "INTERNAL"),
        Provider::Slack => json!({"ok": false, "error": "internal_error"}),
        Provider::GitHub => json!({"message": "Server Error"}),
        Provider::Twitter => json!({
            "title": "Internal Server Error", "detail": "Something is broken.",
            "type": "https://api.x.com/2/problems/internal-error", "status": 500,
        }),
    };
    Answer::json(500, &body)
}

pub(crate) fn bad_gateway() -> Answer {
    Answer::text(
        502,
        "text/html",
        "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n",
    )
}

fn google(code: u16, message: &str, reason: &str, status: &str) -> Value {
    json!({"error": {
        "code": code,
        "message": message,
        "errors": [{"message": message, "domain": "global", "reason": reason}],
        "status": status,
    }})
}
