//! Notion through MCP, against its twin.

use sandbox::Provider;
use serde_json::{Value, json};

use super::{act, calls, connected, refused, texts};
use crate::support::TestApp;

/// The id of the first thing with this title.
async fn found(app: &TestApp, query: &str, object: &str) -> Value {
    let params = json!({"query": query, "filter_value": object});
    act(app, "NOTION_SEARCH_NOTION_PAGE", params).await["results"][0]["id"].clone()
}

#[tokio::test]
async fn notion_from_a_page_to_its_end() {
    let app = connected("notion", json!({}), "ada").await;
    let me = act(&app, "NOTION_GET_ABOUT_ME", json!({})).await;
    assert_eq!((&me["type"], &me["owner"]["email"]), (&json!("bot"), &json!("ada@example.com")));
    let users = act(&app, "NOTION_LIST_USERS", json!({"limit": 2})).await;
    assert_eq!(texts(&users["users"], "name"), ["Ada Lovelace", "Grace Hopper"]);
    assert!(users["next_cursor"].is_string(), "{users}");

    let wiki = found(&app, "wiki", "page").await;
    let plan = json!({"parent_id": wiki, "title": "Plan", "markdown": "# Goals\n- [ ] Ship", "icon": "📄"});
    let plan = act(&app, "NOTION_CREATE_NOTION_PAGE", plan).await;
    let id = plan["id"].clone();
    assert_eq!((&plan["title"], &plan["parent"]), (&json!("Plan"), &json!({"type": "page", "id": wiki})));
    let added = json!({"page_id": id, "text": "Milk\nBread", "block_type": "to_do"});
    let added = act(&app, "NOTION_APPEND_TEXT_BLOCKS", added).await;
    assert_eq!(texts(&added["blocks"], "text"), ["Milk", "Bread"]);
    let (milk, bread) = (added["blocks"][0]["id"].clone(), added["blocks"][1]["id"].clone());
    let toggle = json!({"type": "toggle", "text": "More", "children": ["Inside."]});
    let nested = json!({"block_id": id, "children": [toggle], "after": milk});
    let nested = act(&app, "NOTION_APPEND_BLOCK_CHILDREN", nested).await;
    let inside = json!({"block_id": nested["blocks"][0]["id"]});
    let inside = act(&app, "NOTION_FETCH_BLOCK_CONTENTS", inside).await;
    assert_eq!(texts(&inside["blocks"], "text"), ["Inside."]);
    let change = json!({"block_id": milk, "block_type": "to_do", "content": "Oat milk", "checked": true});
    let changed = act(&app, "NOTION_UPDATE_BLOCK", change).await;
    assert_eq!((&changed["text"], &changed["checked"]), (&json!("Oat milk"), &json!(true)));
    assert_eq!(act(&app, "NOTION_DELETE_BLOCK", json!({"block_id": bread})).await["deleted"], bread);
    let blocks = act(&app, "NOTION_FETCH_BLOCK_CONTENTS", json!({"block_id": id, "limit": 3})).await;
    assert_eq!(texts(&blocks["blocks"], "text"), ["Goals", "Ship", "Oat milk"]);
    let rest = json!({"block_id": id, "cursor": blocks["next_cursor"]});
    let rest = act(&app, "NOTION_FETCH_BLOCK_CONTENTS", rest).await;
    assert_eq!(texts(&rest["blocks"], "text"), ["More"]);

    let edit = json!({"page_id": id, "edits": [{"old_str": "- [ ] Ship", "new_str": "- [x] Ship"}]});
    let text = act(&app, "NOTION_UPDATE_PAGE_MARKDOWN", edit).await;
    assert!(text["markdown"].as_str().unwrap().contains("- [x] Ship"), "{text}");
    let comment = json!({"page_id": id, "text": "Looks good."});
    let comment = act(&app, "NOTION_CREATE_COMMENT", comment).await;
    let answer = json!({"discussion_id": comment["discussion_id"], "markdown": "**Yes.**"});
    act(&app, "NOTION_CREATE_COMMENT", answer).await;
    let comments = act(&app, "NOTION_FETCH_COMMENTS", json!({"block_id": id})).await;
    assert_eq!(texts(&comments["comments"], "text"), ["Looks good.", "Yes."]);

    let renamed = json!({"page_id": id, "title": "Plan B"});
    assert_eq!(act(&app, "NOTION_UPDATE_PAGE", renamed).await["title"], "Plan B");
    assert_eq!(found(&app, "plan b", "page").await, id);
    assert_eq!(act(&app, "NOTION_ARCHIVE_NOTION_PAGE", json!({"page_id": id})).await["in_trash"], true);
    assert_eq!(found(&app, "plan b", "page").await, Value::Null);
    let page = act(&app, "NOTION_RETRIEVE_PAGE", json!({"page_id": id})).await;
    assert_eq!((&page["title"], &page["in_trash"]), (&json!("Plan B"), &json!(true)));
}

#[tokio::test]
async fn notion_from_a_database_to_its_rows() {
    let app = connected("notion", json!({}), "ada").await;
    let (wiki, tasks) = (found(&app, "wiki", "page").await, found(&app, "tasks", "data_source").await);
    let columns = json!({
        "Severity": {"select": ["Low", "High"]}, "Due": "date", "Points": "number", "Task": {"relation": tasks},
    });
    let database = json!({"parent_id": wiki, "title": "Bugs", "properties": columns});
    let database = act(&app, "NOTION_CREATE_DATABASE", database).await;
    let source = database["data_sources"][0]["id"].clone();
    let moth = found(&app, "moth", "page").await;
    for (title, severity, points) in [("Leak", "High", 3), ("Typo", "Low", 1), ("Moth", "High", 8)] {
        let properties = json!({
            "Severity": {"select": severity}, "Points": points, "Due": {"date": "2027-02-01"},
            "Task": {"relation": moth},
        });
        let row = json!({"data_source_id": source, "title": title, "properties": properties});
        act(&app, "NOTION_INSERT_ROW_DATABASE", row).await;
    }
    let query = json!({
        "data_source_id": source,
        "filter": {"property": "Severity", "select": {"equals": "High"}},
        "sorts": [{"property": "Points", "direction": "descending"}],
        "limit": 1,
    });
    let first = act(&app, "NOTION_QUERY_DATA_SOURCE", query.clone()).await;
    assert_eq!(texts(&first["rows"], "title"), ["Moth"]);
    let mut next = query;
    next["cursor"] = first["next_cursor"].clone();
    let next = act(&app, "NOTION_QUERY_DATA_SOURCE", next).await;
    assert_eq!((texts(&next["rows"], "title"), &next["next_cursor"]), (vec!["Leak"], &Value::Null));
    let leak = next["rows"][0].clone();
    assert_eq!(leak["properties"]["Due"], "2027-02-01");
    let change = json!({"page_id": leak["id"], "properties": {"Points": 5, "Severity": {"select": "Fatal"}, "Task": {"relation": []}}});
    let changed = act(&app, "NOTION_UPDATE_PAGE", change).await;
    let values = &changed["properties"];
    assert_eq!((&values["Points"], &values["Severity"]), (&json!(5), &json!("Fatal")));
    assert_eq!(values["Task"], json!([]));
    let described = act(&app, "NOTION_FETCH_DATA_SOURCE", json!({"data_source_id": source})).await;
    assert_eq!(described["properties"]["Severity"]["options"], json!(["Low", "High", "Fatal"]));
    let property = json!({"page_id": leak["id"], "property_id": described["properties"]["Points"]["id"]});
    assert_eq!(act(&app, "NOTION_GET_PAGE_PROPERTY", property).await["value"], 5);
    let filter = json!({"data_source_id": source, "properties": [described["properties"]["Due"]["id"]]});
    let filtered = act(&app, "NOTION_QUERY_DATA_SOURCE", filter).await;
    assert_eq!(filtered["rows"][0]["properties"], json!({"Due": "2027-02-01"}));
    let renamed =
        json!({"data_source_id": source, "properties": {"Severity": {"name": "Weight"}, "Seen": "checkbox"}});
    let renamed = act(&app, "NOTION_UPDATE_DATA_SOURCE", renamed).await;
    assert_eq!(renamed["properties"]["Weight"]["options"], described["properties"]["Severity"]["options"]);

    let moved = json!({"page_id": leak["id"], "parent_id": wiki});
    assert_eq!(act(&app, "NOTION_MOVE_PAGE", moved).await["parent"], json!({"type": "page", "id": wiki}));
    let upload = act(&app, "NOTION_CREATE_FILE_UPLOAD", json!({"filename": "a.pdf"})).await;
    let upload = json!({"file_upload_id": upload["id"]});
    assert_eq!(act(&app, "NOTION_RETRIEVE_FILE_UPLOAD", upload).await["status"], "pending");

    let before = calls(&app, Provider::Notion);
    let missing = json!({"page_id": "b55c9c91-384d-452b-81db-d1ef79372b75"});
    let error = refused(&app, "NOTION_RETRIEVE_PAGE", missing).await;
    assert!(error.to_string().contains("object_not_found"), "{error}");
    assert_eq!(calls(&app, Provider::Notion), before + 1, "what is not there is asked for once");
}
