//! Composio's toolkits and tools, and who may ask for them.

use std::collections::BTreeSet;

use sandbox::{COMPOSIO_KEY, Provider, What};
use serde_json::{Value, json};

use crate::bed::{Bed, each, text};
use crate::composio_bed::{HOST, refusal};

/// All items of a list, page by page.
async fn all(bed: &Bed, path: &str) -> Vec<Value> {
    let (mut items, mut cursor) = (Vec::new(), String::new());
    loop {
        let sign = if path.contains('?') { '&' } else { '?' };
        let page = bed.composio_get(&format!("{path}{sign}cursor={cursor}")).await;
        items.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => {
                assert_eq!(page["total_items"], items.len());
                assert_eq!(page["current_page"], page["total_pages"]);
                return items;
            }
        }
    }
}

fn slugs(items: &[Value]) -> Vec<String> {
    items.iter().map(|item| text(&item["slug"])).collect()
}

#[tokio::test]
async fn the_key_is_the_only_way_in() {
    let bed = Bed::new().await;
    let path = format!("{HOST}/api/v3.1/toolkits");
    let ask = |headers: &[(&str, &str)]| {
        let builder = headers
            .iter()
            .fold(bed.builder("GET", &path), |builder, (name, value)| builder.header(*name, *value));
        bed.send(builder)
    };
    ask(&[("x-api-key", COMPOSIO_KEY)]).await.expect(200);
    let (code, slug, message) = refusal(ask(&[("x-api-key", "ak_o1Og5_wrong_and_long_enough")]).await, 401);
    assert_eq!(
        (code, slug.as_str(), message.as_str()),
        (10401, "HTTP_Unauthorized", "Invalid API key: ak_o1Og5*****")
    );
    assert_eq!(refusal(ask(&[]).await, 401).0, 10401);
    let (_, _, message) = refusal(ask(&[("x-api-key", COMPOSIO_KEY), ("x-org-api-key", "ok_1")]).await, 401);
    assert_eq!(message, "Multiple authentication modes were provided");
    let json = serde_json::to_string(&bed.ledger()).unwrap();
    assert!(!json.contains(COMPOSIO_KEY) && json.contains("HTTP_Unauthorized"));
}

#[tokio::test]
async fn a_thousand_toolkits_come_page_by_page() {
    let bed = Bed::new().await;
    let shown = all(&bed, "toolkits?limit=500").await;
    let whole = all(&bed, "toolkits?limit=9999&include_deprecated=true").await;
    assert_eq!(whole.len(), 1_013);
    assert_eq!(shown.len(), 1_005, "the deprecated ones are left out");
    let names: BTreeSet<String> = slugs(&whole).into_iter().collect();
    assert_eq!(names.len(), whole.len());
    assert_eq!(slugs(&shown)[..3], ["gmail", "googlecalendar", "slack"]);
    assert!(names.contains("_21risk") && names.iter().any(|name| name[1..].contains('_')));
    assert!(names.iter().all(|name| {
        name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    }));
    assert_eq!(bed.composio_get("toolkits").await["items"].as_array().unwrap().len(), 20);
    let first = bed.composio_get("toolkits?limit=9999").await;
    assert_eq!((first["items"].as_array().unwrap().len(), &first["total_pages"]), (1_000, &json!(2)));

    bed.sandbox.control().set_composio_catalog_size(2_000);
    assert_eq!(all(&bed, "toolkits?limit=500&include_deprecated=true").await.len(), 2_013);
    for (wrong, message) in [
        ("toolkits?cursor=nonsense", "Invalid cursor"),
        ("toolkits?limit=0", "limit must be a positive number"),
        ("toolkits?colour=red", "sandbox: `colour` is not in the official description"),
    ] {
        assert_eq!(refusal(bed.composio("GET", wrong, Value::Null).await, 400).2, message);
    }
    assert_eq!(bed.last_entry().operation.as_deref(), Some("getToolkits"));
    refusal(bed.composio("GET", "nowhere", Value::Null).await, 404);
    refusal(bed.composio("DELETE", "toolkits", Value::Null).await, 405);
}

#[tokio::test]
async fn schemes_are_there_in_about_the_vendors_proportions() {
    let bed = Bed::new().await;
    let whole = all(&bed, "toolkits?limit=500&include_deprecated=true").await;
    let with = |scheme: &str| {
        whole.iter().filter(|item| item["auth_schemes"].as_array().unwrap().contains(&json!(scheme))).count()
    };
    let of_13 = 13;
    assert!((600..800).contains(&with("API_KEY")), "{}", with("API_KEY"));
    assert!((200..320).contains(&(with("OAUTH2") - of_13)), "{}", with("OAUTH2"));
    for scheme in [
        "BEARER_TOKEN",
        "BASIC",
        "NO_AUTH",
        "OAUTH1",
        "DCR_OAUTH",
        "BASIC_WITH_JWT",
        "BILLCOM_AUTH",
        "CALCOM_AUTH",
        "GOOGLE_SERVICE_ACCOUNT",
        "SERVICE_ACCOUNT",
        "S2S_OAUTH2",
        "CIMD_OAUTH",
        "SAML",
    ] {
        assert!(with(scheme) > 0, "{scheme}");
    }
    let managed = all(&bed, "toolkits?managed_by=composio&limit=500").await;
    assert!((120..220).contains(&managed.len()), "{}", managed.len());
    assert!(all(&bed, "toolkits?managed_by=project").await.is_empty());
}

#[tokio::test]
async fn toolkits_are_found_and_shown_whole() {
    let bed = Bed::new().await;
    let found = bed.composio_get("toolkits?search=google&category=calendar&sort_by=alphabetically").await;
    assert_eq!(each(&found["items"], "slug"), ["googlecalendar"]);
    let categories = bed.composio_get("toolkits/categories").await;
    assert!(each(&categories["items"], "id").contains(&"crm".to_owned()));
    let several =
        bed.composio("POST", "toolkits/multi", json!({"toolkits": ["gmail", "SLACK", "nothing"]})).await;
    assert_eq!(each(&several.expect(200)["items"], "slug"), ["gmail", "slack"]);

    let gmail = bed.composio_get("toolkits/GMAIL").await;
    assert_eq!(
        (&gmail["slug"], &gmail["no_auth"], &gmail["enabled"]),
        (&json!("gmail"), &json!(false), &json!(true))
    );
    assert_eq!(gmail["composio_managed_auth_schemes"], json!(["OAUTH2"]));
    let x = bed.composio_get("toolkits/twitter").await;
    assert_eq!(x["composio_managed_auth_schemes"], json!([]));
    let fields = &x["auth_config_details"][0]["fields"]["auth_config_creation"];
    assert_eq!(x["auth_config_details"][0]["mode"], "OAUTH2");
    assert_eq!(each(&fields["required"], "name"), ["client_id", "client_secret"]);
    assert_eq!(each(&fields["optional"], "name"), ["oauth_redirect_uri", "scopes", "generic_api_key"]);
    assert_eq!(fields["required"][0]["displayName"], "Client id");
    let desk = bed.composio_get("toolkits/freshdesk").await;
    let fields = &desk["auth_config_details"][0]["fields"]["connected_account_initiation"];
    assert_eq!(each(&fields["required"], "name"), ["username", "password", "subdomain"]);
    let (_, _, message) = refusal(bed.composio("GET", "toolkits/nothing", Value::Null).await, 404);
    assert_eq!(message, "Toolkit \"nothing\" not found");
}

#[tokio::test]
async fn tools_come_by_toolkit_by_slug_and_by_words() {
    let bed = Bed::new().await;
    let small = all(&bed, "tools?toolkit_slug=GMAIL,slack&limit=7&toolkit_versions=latest").await;
    assert!(small.len() > 20 && small.iter().all(|tool| tool["version"] == "20260708_00"));
    let large = all(&bed, "tools?toolkit_slug=meridian_cloud&limit=9999").await;
    assert_eq!(large.len(), 1_204);
    assert_eq!(slugs(&large).into_iter().collect::<BTreeSet<_>>().len(), 1_204);
    assert_eq!(all(&bed, "tools?toolkit_slug=lantern_erp&limit=50").await.len(), 138);
    let named = bed
        .composio_get("tools?tool_slugs=GMAIL_SEND_EMAIL,MERIDIAN_CLOUD_LIST_ITEMS,NOTHING_AT_ALL&limit=9999")
        .await;
    assert_eq!(each(&named["items"], "slug"), ["GMAIL_SEND_EMAIL", "MERIDIAN_CLOUD_LIST_ITEMS"]);
    for word in ["query", "search"] {
        let found = bed.composio_get(&format!("tools?{word}=send+an+email&limit=3")).await;
        assert!(each(&found["items"], "slug").contains(&"GMAIL_SEND_EMAIL".to_owned()), "{found}");
    }
    let reads = all(&bed, "tools?toolkit_slug=gmail&tags=readOnlyHint").await;
    assert!(!reads.is_empty() && reads.len() < 13);
    let scoped = all(&bed, "tools?toolkit_slug=twitter&scopes=tweet.write").await;
    assert!(slugs(&scoped).contains(&"TWITTER_CREATION_OF_A_POST".to_owned()));
    let current = all(&bed, "tools?toolkit_slug=slack&include_deprecated=false").await;
    assert!(!slugs(&current).contains(&"SLACK_CHAT_POST_MESSAGE".to_owned()));
    assert!(all(&bed, "tools?toolkit_slug=meridian_cloud&important=true&limit=9999").await.len() < 1_204);
    let config = bed.managed("notion").await;
    assert!(
        slugs(&all(&bed, &format!("tools?auth_config_ids={config}")).await)
            .iter()
            .all(|slug| slug.starts_with("NOTION_"))
    );

    let names = bed.composio("GET", "tools/enum", Value::Null).await.text;
    assert!(names.split(',').count() > 5_000 && names.starts_with("GMAIL_SEND_EMAIL,"));
}

#[tokio::test]
async fn a_tool_has_a_schema_and_no_null() {
    let bed = Bed::new().await;
    let tool = bed.composio_get("tools/gmail_send_email?toolkit_versions[gmail]=20260115_00").await;
    assert_eq!((&tool["slug"], &tool["version"]), (&json!("GMAIL_SEND_EMAIL"), &json!("20260115_00")));
    assert_eq!(tool["input_parameters"]["required"], json!(["recipient_email", "subject", "body"]));
    assert_eq!(tool["input_parameters"]["properties"]["cc"]["items"], json!({"type": "string"}));
    assert_eq!(tool["tags"], json!(["important", "openWorldHint"]));
    assert_eq!(
        bed.composio_at("v3", "GET", "tools/GMAIL_SEND_EMAIL", Value::Null).await.expect(200)["version"],
        "00000000_00"
    );
    let destroys = bed.composio_get("tools/GMAIL_DELETE_DRAFT?version=latest").await;
    assert!(destroys["tags"].as_array().unwrap().contains(&json!("destructiveHint")));
    for tool in all(&bed, "tools?limit=1000").await {
        let mut shown = tool.clone();
        shown["output_parameters"] = Value::Bool(true);
        assert!(!shown.to_string().contains(":null"), "{tool}");
        assert_eq!(tool["input_parameters"]["type"], "object");
        assert_ne!(tool["input_parameters"]["required"], json!([]));
        for name in tool["input_parameters"]["properties"].as_object().unwrap().keys() {
            assert!(!name.contains([':', '!', '@']), "{tool}");
        }
    }
    for path in ["tools/GMAIL_NOTHING", "tools/GMAIL_SEND_EMAIL?version=20200101_00"] {
        assert_eq!(refusal(bed.composio("GET", path, Value::Null).await, 404).1, "Tool_ToolNotFound");
    }
}

#[tokio::test]
async fn faults_come_in_the_vendors_shapes() {
    let bed = Bed::new().await;
    bed.inject(Provider::Composio, "api", 1, What::Status429 { retry_after: 7 });
    let reply = bed.composio("GET", "toolkits", Value::Null).await;
    let header = |name: &str| reply.header(name).to_owned();
    assert_eq!(
        [
            header("retry-after"),
            header("x-ratelimit"),
            header("x-ratelimit-remaining"),
            header("x-ratelimit-window-size")
        ],
        ["7", "2000", "0", "60"]
    );
    let body = reply.expect(429);
    assert!(text(&body["message"]).starts_with("Rate limit exceeded") && body["error"].is_null());
    bed.inject(Provider::Composio, "/api/v3.1/toolkits", 1, What::Status500);
    assert_eq!(
        refusal(bed.composio("GET", "toolkits", Value::Null).await, 500).1,
        "HTTP_InternalServerError"
    );
    bed.inject(Provider::Composio, "any", 1, What::Html502);
    assert!(bed.composio("GET", "toolkits", Value::Null).await.text.starts_with("<html>"));
}
