//! How each provider says "too often" and "broken", which a twin says only when a fault asks for it.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::composio;
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
        Provider::Microsoft => Answer::json(
            429,
            &json!({"error": {"code": "TooManyRequests", "message": "Please retry again later."}}),
        ),
        Provider::Notion => Answer::json(
            429,
            &json!({"object": "error", "status": 429, "code": "rate_limited", "message": "You have been rate limited. Please try again in a few minutes."}),
        ),
        Provider::HubSpot => Answer::json(
            429,
            &json!({"status": "error", "message": "You have reached your ten_secondly_rolling limit.", "errorType": "RATE_LIMIT", "policyName": "TEN_SECONDLY_ROLLING"}),
        ),
        Provider::Discord => Answer::json(
            429,
            &json!({"message": "You are being rate limited.", "retry_after": f64::from(retry_after), "global": false}),
        )
        .with("x-ratelimit-remaining", "0")
        .with("x-ratelimit-reset-after", format!("{retry_after}.000")),
        Provider::LinkedIn => Answer::json(
            429,
            &json!({"serviceErrorCode": 101, "code": "TOO_MANY_REQUESTS", "message": "Resource level throttle limit for calls to this resource is reached.", "status": 429}),
        ),
        Provider::Reddit => Answer::json(429, &json!({"message": "Too Many Requests", "error": 429}))
            .with("x-ratelimit-used", "100")
            .with("x-ratelimit-remaining", "0.0")
            .with("x-ratelimit-reset", retry_after.to_string()),
        // The one refusal without the wrapper that all others have.
        Provider::Composio => Answer::json(
            429,
            &json!({"message": format!("Rate limit exceeded. Try again in {retry_after} seconds.")}),
        )
        .with("x-ratelimit", "2000")
        .with("x-ratelimit-remaining", "0")
        .with("x-ratelimit-window-size", "60"),
    };
    match provider {
        // Reddit says it in its own header only.
        Provider::Reddit => answer,
        _ => answer.with("retry-after", retry_after.to_string()),
    }
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
        Provider::Microsoft => {
            json!({"error": {"code": "generalException", "message": "An unexpected error occurred."}})
        }
        Provider::Notion => json!({
            "object": "error", "status": 500, "code": "internal_server_error", "message": "Unexpected error occurred.",
        }),
        Provider::HubSpot => {
            json!({"status": "error", "message": "internal error", "category": "INTERNAL_ERROR"})
        }
        Provider::Discord => json!({"message": "500: Internal Server Error", "code": 0}),
        Provider::LinkedIn => json!({"message": "Internal Server Error", "status": 500}),
        Provider::Reddit => json!({"message": "Internal Server Error", "error": 500}),
        Provider::Composio => composio::broken(),
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
