//! Notion: its OAuth, and pages, blocks, data sources, comments and uploads.

use sandbox::{Decision, Provider};
use serde_json::{Value, json};

use crate::bed::{Bed, REDIRECT, Reply, each, text};

const API: &str = "api.notion.com/v1";
const VERSION: &str = "2025-09-03";

/// A connection of one person.
struct Notion<'b> {
    bed: &'b Bed,
    token: String,
}

impl<'b> Notion<'b> {
    async fn of(bed: &'b Bed, account: &str) -> Self {
        Self { bed, token: bed.token(Provider::Notion, account, "").await }
    }

    /// A null body is none.
    async fn try_call(&self, method: &str, path: &str, body: Value) -> Reply {
        let builder = self.bed.builder(method, &format!("{API}{path}"));
        let builder = builder.bearer_auth(&self.token).header("notion-version", VERSION);
        let builder = if body.is_null() { builder } else { builder.json(&body) };
        self.bed.send(builder).await
    }

    async fn call(&self, method: &str, path: &str, body: Value) -> Value {
        self.try_call(method, path, body).await.expect(200)
    }

    async fn get(&self, path: &str) -> Value {
        self.call("GET", path, Value::Null).await
    }

    /// Status, code and message of a refusal.
    async fn refused(&self, method: &str, path: &str, body: Value) -> (u16, String, String) {
        let reply = self.try_call(method, path, body).await;
        let answer = reply.json();
        assert_eq!(
            (&answer["object"], &answer["status"]),
            (&json!("error"), &json!(reply.status)),
            "{answer}"
        );
        assert_eq!(reply.header("x-notion-request-id"), text(&answer["request_id"]));
        (reply.status, text(&answer["code"]), text(&answer["message"]))
    }

    async fn found(&self, body: Value) -> Vec<Value> {
        self.call("POST", "/search", body).await["results"].as_array().unwrap().clone()
    }

    /// The id of the page or data source with this title.
    async fn id(&self, query: &str, object: &str) -> String {
        let body = json!({"query": query, "filter": {"property": "object", "value": object}});
        text(&self.found(body).await[0]["id"])
    }

    async fn rows(&self, source: &str, body: Value) -> Vec<String> {
        let found = self.call("POST", &format!("/data_sources/{source}/query"), body).await;
        found["results"].as_array().unwrap().iter().map(title).collect()
    }

    async fn row(&self, source: &str, properties: Value) -> Value {
        let body = json!({"parent": {"data_source_id": source}, "properties": properties});
        self.call("POST", "/pages", body).await
    }
}

fn rich(content: &str) -> Value {
    json!([{"type": "text", "text": {"content": content}}])
}

fn plain(items: &Value) -> String {
    each(items, "plain_text").concat()
}

fn title(page: &Value) -> String {
    let properties = page["properties"].as_object().unwrap().values();
    properties
        .filter(|property| property["type"] == "title")
        .map(|property| plain(&property["title"]))
        .collect()
}

#[tokio::test]
async fn a_code_becomes_tokens_that_say_who_and_where() {
    let bed = Bed::new().await;
    let tokens = bed.connect(Provider::Notion, "ada", "").await;
    assert!(
        text(&tokens["access_token"]).starts_with("ntn_")
            && text(&tokens["refresh_token"]).starts_with("nrt_")
    );
    assert_eq!(tokens["owner"]["user"]["person"]["email"], "ada@example.com");
    assert_eq!((&tokens["duplicated_template_id"], &tokens["expires_in"]), (&Value::Null, &Value::Null));
    let again = bed.connect(Provider::Notion, "ada", "").await;
    assert_eq!((&again["bot_id"], &again["workspace_id"]), (&tokens["bot_id"], &tokens["workspace_id"]));
    let notion = Notion { bed: &bed, token: text(&tokens["access_token"]) };
    let me = notion.get("/users/me").await;
    assert_eq!((&me["id"], &me["bot"]["owner"]["user"]), (&tokens["bot_id"], &tokens["owner"]["user"]));
    assert_eq!(me["bot"]["workspace_name"], tokens["workspace_name"]);
    let client = bed.client(Provider::Notion);
    let introspected = async |token: &str| {
        bed.basic_json(&format!("{API}/oauth/introspect"), &client, &[("token", token)]).await.expect(200)
    };
    assert_eq!(introspected(&notion.token).await["active"], true);
    let revoked = bed.basic_json(&format!("{API}/oauth/revoke"), &client, &[("token", &notion.token)]).await;
    assert_eq!(revoked.expect(200).as_object().unwrap().keys().collect::<Vec<_>>(), ["request_id"]);
    assert_eq!(introspected(&notion.token).await["active"], false);
    assert_eq!(notion.refused("GET", "/users/me", Value::Null).await.1, "unauthorized");
    bed.refresh(Provider::Notion, &text(&tokens["refresh_token"])).await.expect(200);
}

#[tokio::test]
async fn a_refresh_token_works_once() {
    let bed = Bed::new().await;
    let first = bed.connect(Provider::Notion, "ada", "").await;
    let old = text(&first["refresh_token"]);
    let second = bed.refresh(Provider::Notion, &old).await.expect(200);
    assert_ne!(second["refresh_token"], first["refresh_token"]);
    let replay = bed.refresh(Provider::Notion, &old).await.expect(400);
    assert_eq!(replay["error"], "invalid_grant");
    assert_eq!(bed.last_entry().detail["reuse_detected"], true);
    bed.refresh(Provider::Notion, &text(&second["refresh_token"])).await.expect(400);
}

#[tokio::test]
async fn what_the_authorization_server_refuses() {
    let bed = Bed::new().await;
    for (more, problem) in [
        (vec![], "owner"),
        (vec![("owner", "workspace")], "owner"),
        (vec![("owner", "user"), ("scope", "read")], "scope"),
        (vec![("owner", "user"), ("response_type", "")], "response_type"),
        (vec![("owner", "user"), ("redirect_uri", "https://x.example/")], "redirect_uri"),
    ] {
        let url = bed.authorize_url(Provider::Notion, &more);
        let error = bed.sandbox.control().consent(&url, &Decision::Deny).await.unwrap_err();
        assert!(error.status == 400 && error.page.contains(problem), "{}", error.page);
    }
    let (path, client) = (format!("{API}/oauth/token"), bed.client(Provider::Notion));
    let code = bed.code(Provider::Notion, "ada", "").await;
    let fields = [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", REDIRECT)];
    assert_eq!(bed.basic_form(&path, &client, &fields).await.expect(400)["error"], "invalid_request");
    let wrong = sandbox::Client { client_secret: "wrong".into(), ..client.clone() };
    assert_eq!(bed.basic_json(&path, &wrong, &fields).await.expect(401)["error"], "invalid_client");
    let attempt = async |fields: &[(&str, &str)]| {
        text(&bed.basic_json(&path, &client, fields).await.expect(400)["error"])
    };
    assert_eq!(attempt(&fields[..2]).await, "invalid_grant", "the redirect URI is missing");
    assert_eq!(attempt(&[("grant_type", "password")]).await, "unsupported_grant_type");
    assert_eq!(
        attempt(&[&fields[..], &[("client_id", &client.client_id)]].concat()).await,
        "invalid_request"
    );
    bed.basic_json(&path, &client, &fields).await.expect(200);
    assert_eq!(attempt(&fields).await, "invalid_grant");
}

#[tokio::test]
async fn every_call_names_a_version_that_is_there() {
    let bed = Bed::new().await;
    let notion = Notion::of(&bed, "ada").await;
    let attempt = async |version: Option<&str>| {
        let builder = bed.builder("GET", &format!("{API}/users/me")).bearer_auth(&notion.token);
        let builder =
            version.iter().fold(builder, |builder, version| builder.header("notion-version", *version));
        let refused = bed.send(builder).await.expect(400);
        (text(&refused["code"]), text(&refused["message"]))
    };
    let (code, message) = attempt(None).await;
    assert_eq!(code, "missing_version");
    assert!(message.ends_with("should be defined, instead was `undefined`."), "{message}");
    let (code, message) = attempt(Some("2025-01-01")).await;
    assert_eq!(code, "validation_error");
    assert!(message.ends_with("instead was `\"2025-01-01\"`."), "{message}");
    assert!(attempt(Some("2022-06-28")).await.1.starts_with("sandbox:"));
    let nobody = Notion { bed: &bed, token: "ntn_x".into() };
    let (status, code, message) = nobody.refused("GET", "/users/me", Value::Null).await;
    assert_eq!((status, code.as_str(), message.as_str()), (401, "unauthorized", "API token is invalid."));
    assert_eq!(notion.refused("GET", "/nothing", Value::Null).await.1, "invalid_request_url");
    let builder = bed.builder("POST", &format!("{API}/search")).bearer_auth(&notion.token);
    let builder =
        builder.header("notion-version", VERSION).header("content-type", "application/json").body("{");
    assert_eq!(bed.send(builder).await.expect(400)["code"], "invalid_json");
}

#[tokio::test]
async fn a_page_is_made_read_changed_and_thrown_away() {
    let bed = Bed::new().await;
    let notion = Notion::of(&bed, "ada").await;
    let wiki = notion.id("wiki", "page").await;
    let heading = json!({"type": "heading_2", "heading_2": {"rich_text": rich("Goals")}});
    let body = json!({
        "parent": {"type": "page_id", "page_id": wiki.replace('-', "")},
        "properties": {"title": {"title": rich("Plan")}},
        "icon": {"emoji": "📄"},
        "children": [heading],
    });
    let made = notion.call("POST", "/pages", body).await;
    let id = text(&made["id"]);
    assert_eq!((title(&made).as_str(), &made["icon"]), ("Plan", &json!({"type": "emoji", "emoji": "📄"})));
    assert_eq!(made["parent"], json!({"type": "page_id", "page_id": wiki}));
    assert_eq!(made["url"], format!("https://www.notion.so/Plan-{}", id.replace('-', "")));
    assert_eq!(made["created_time"], "2027-01-15T08:00:00.000Z");
    let blocks = notion.get(&format!("/blocks/{wiki}/children")).await;
    let blocks = blocks["results"].as_array().unwrap();
    assert_eq!(
        blocks.last().unwrap()["child_page"],
        json!({"title": "Plan"}),
        "a page is a block of its parent"
    );

    let change = json!({"properties": {"title": {"title": rich("Plan B")}}, "icon": null, "is_locked": true});
    let changed = notion.call("PATCH", &format!("/pages/{id}"), change).await;
    assert_eq!(
        (title(&changed).as_str(), &changed["icon"], &changed["is_locked"]),
        ("Plan B", &Value::Null, &json!(true))
    );
    let item = notion.get(&format!("/pages/{id}/properties/title")).await;
    assert_eq!(
        (&item["results"][0]["title"]["plain_text"], &item["property_item"]["type"]),
        (&json!("Plan B"), &json!("title"))
    );

    let gone = notion.call("PATCH", &format!("/pages/{id}"), json!({"in_trash": true})).await;
    assert_eq!((&gone["in_trash"], &gone["archived"]), (&json!(true), &json!(true)));
    assert_eq!(notion.found(json!({"query": "plan b"})).await, Vec::<Value>::new());
    let rename = json!({"properties": {"title": {"title": []}}});
    let (_, code, message) = notion.refused("PATCH", &format!("/pages/{id}"), rename).await;
    assert_eq!(code, "validation_error");
    assert_eq!(message, "Can't edit page that is archived. You must unarchive the page before editing.");
    notion.call("PATCH", &format!("/pages/{id}"), json!({"archived": false})).await;
    assert_eq!(notion.found(json!({"query": "plan b"})).await.len(), 1);
}

#[tokio::test]
async fn what_is_not_shared_is_not_there() {
    let bed = Bed::new().await;
    let (ada, grace) = (Notion::of(&bed, "ada").await, Notion::of(&bed, "grace").await);
    let notes = ada.id("ada's notes", "page").await;
    let (status, code, message) = grace.refused("GET", &format!("/pages/{notes}"), Value::Null).await;
    assert_eq!((status, code.as_str()), (404, "object_not_found"));
    assert!(message.starts_with(&format!("Could not find page with ID: {notes}.")), "{message}");
    let titles: Vec<String> = grace.found(json!({"query": "notes"})).await.iter().map(title).collect();
    assert_eq!(titles, ["Grace's notes"]);
    let (status, code, _) = ada.refused("GET", "/pages/xyz", Value::Null).await;
    assert_eq!((status, code.as_str()), (400, "validation_error"));
}

#[tokio::test]
async fn values_are_written_emptied_and_fitted_to_their_columns() {
    let bed = Bed::new().await;
    let notion = Notion::of(&bed, "ada").await;
    let source = notion.id("tasks", "data_source").await;
    let grace = text(&notion.get("/users").await["results"][1]["id"]);
    let full = json!({
        "Name": {"title": rich("Ship")},
        "Status": {"status": {"name": "Done"}},
        "Area": {"select": {"name": "Sails"}},
        "Due": {"date": {"start": "2027-02-01T10:00:00Z"}},
        "Owner": {"people": [{"id": grace}]},
        "Points": {"type": "number", "number": 2.5},
        "Link": {"url": "https://example.com"},
    });
    let row = notion.row(&source, full).await;
    let values = &row["properties"];
    assert_eq!(values["Status"]["status"]["name"], "Done");
    assert_eq!(
        values["Due"]["date"],
        json!({"start": "2027-02-01T10:00:00.000+00:00", "end": null, "time_zone": null})
    );
    assert_eq!(values["Owner"]["people"][0]["person"]["email"], "grace@example.com");
    assert_eq!((&values["Points"]["id"], &values["Points"]["number"]), (&json!("po%5Ds"), &json!(2.5)));
    assert_eq!(values["Key"]["unique_id"], json!({"prefix": "ENG", "number": 4}));
    let columns = notion.get(&format!("/data_sources/{source}")).await;
    let options = each(&columns["properties"]["Area"]["select"]["options"], "name");
    assert_eq!(options, ["Engine", "Notes", "Sails"], "a select learns new options");

    let page = format!("/pages/{}", text(&row["id"]));
    let one = notion.get(&format!("{page}?filter_properties=title&filter_properties=po%255Ds")).await;
    assert_eq!(one["properties"].as_object().unwrap().len(), 2);
    let points = notion.get(&format!("{page}/properties/po%5Ds")).await;
    assert_eq!((&points["object"], &points["number"]), (&json!("property_item"), &json!(2.5)));
    let empty = json!({"properties": {
        "Name": {"title": []}, "Status": {"status": null}, "Area": {"select": null}, "Due": {"date": null},
        "Owner": {"people": []}, "Points": {"number": null}, "li`k": {"url": null},
    }});
    let emptied = notion.call("PATCH", &page, empty).await;
    for (name, kind, nothing) in [
        ("Name", "title", json!([])),
        ("Status", "status", Value::Null),
        ("Area", "select", Value::Null),
        ("Due", "date", Value::Null),
        ("Owner", "people", json!([])),
        ("Points", "number", Value::Null),
        ("Link", "url", Value::Null),
    ] {
        assert_eq!(emptied["properties"][name][kind], nothing, "{name}");
    }
}

#[tokio::test]
async fn values_that_fit_no_column() {
    let bed = Bed::new().await;
    let notion = Notion::of(&bed, "ada").await;
    let page = format!("/pages/{}", notion.id("moth", "page").await);
    for (properties, problem) in [
        (json!({"Points": {"select": {"name": "x"}}}), "Points is expected to be number."),
        (json!({"Nothing": {"number": 1}}), "Nothing is not a property that exists."),
        (json!({"Status": {"status": {"name": "Later"}}}), "Status option \"Later\" does not exist"),
        (
            json!({"Link": {"url": ""}}),
            "body.properties.Link.url should be populated or `null`, instead was `\"\"`.",
        ),
        (
            json!({"Due": {"date": {"start": "tomorrow"}}}),
            "body.properties.Due.date.start should be a valid ISO 8601",
        ),
        (json!({"Key": {"unique_id": {"number": 1}}}), "sandbox: `body.properties.Key.unique_id`"),
        (json!({"Points": null}), "body.properties.Points should be an object, instead was `null`."),
        (json!({"Points": {}}), "body.properties.Points.title should be defined, instead was `undefined`."),
        (
            json!({"Name": {"title": rich(&"x".repeat(2001))}}),
            "title[0].text.content.length should be ≤ `2000`",
        ),
        (json!({"Name": {"title": "text"}}), "sandbox: `body.properties.Name.title` should be a list"),
    ] {
        let (status, code, message) = notion.refused("PATCH", &page, json!({"properties": properties})).await;
        assert_eq!((status, code.as_str()), (400, "validation_error"));
        assert!(message.contains(problem), "{message}");
    }
}

#[tokio::test]
async fn rows_are_filtered_sorted_and_paged() {
    let bed = Bed::new().await;
    let notion = Notion::of(&bed, "ada").await;
    let source = notion.id("tasks", "data_source").await;
    let (bernoulli, moth, machines) =
        ("Compute Bernoulli numbers", "Find the moth", "Write about thinking machines");
    let rows = async |filter: Value| notion.rows(&source, json!({"filter": filter})).await;
    assert_eq!(notion.rows(&source, json!({})).await, [machines, moth, bernoulli]);
    for (filter, expected) in [
        (json!({"property": "Status", "status": {"equals": "Done"}}), vec![moth]),
        (
            json!({"property": "Status", "status": {"does_not_equal": ["Done", "In progress"]}}),
            vec![machines],
        ),
        (json!({"property": "Name", "title": {"contains": "MOTH"}}), vec![moth]),
        (json!({"property": "po]s", "number": {"greater_than": 4}}), vec![machines, bernoulli]),
        (json!({"property": "Due", "date": {"is_empty": true}}), vec![machines]),
        (json!({"property": "Due", "date": {"next_week": {}}}), vec![bernoulli]),
        (json!({"property": "Due", "date": {"before": "today"}}), vec![moth]),
        (json!({"property": "Owner", "people": {"contains": "me"}}), vec![bernoulli]),
        (json!({"property": "Key", "unique_id": {"less_than_or_equal_to": 1}}), vec![bernoulli]),
        (json!({"timestamp": "created_time", "created_time": {"after": "2027-01-16"}}), vec![]),
        (
            json!({"or": [
                {"property": "Area", "select": {"equals": "Notes"}},
                {"and": [
                    {"property": "Points", "number": {"equals": 1.0}},
                    {"property": "Link", "url": {"is_empty": true}},
                ]},
            ]}),
            vec![machines, moth],
        ),
    ] {
        assert_eq!(rows(filter.clone()).await, expected, "{filter}");
    }
    let by_due = json!({"sorts": [{"property": "Due", "direction": "descending"}]});
    assert_eq!(notion.rows(&source, by_due.clone()).await, [bernoulli, moth, machines], "empty comes last");
    let path = format!("/data_sources/{source}/query");
    let mut paged = by_due;
    paged["page_size"] = json!(2);
    let first = notion.call("POST", &path, paged.clone()).await;
    assert_eq!((&first["has_more"], first["results"].as_array().unwrap().len()), (&json!(true), 2));
    paged["start_cursor"] = first["next_cursor"].clone();
    let last = notion.call("POST", &path, paged).await;
    assert_eq!(
        (&last["has_more"], &last["next_cursor"], title(&last["results"][0])),
        (&json!(false), &Value::Null, machines.into())
    );
    for (body, problem) in [
        (
            json!({"filter": {"property": "Status", "select": {"equals": "Done"}}}),
            "database property status does not match filter select",
        ),
        (
            json!({"filter": {"property": "Mood", "select": {"equals": "x"}}}),
            "Could not find property with name or id: Mood",
        ),
        (
            json!({"filter": {"property": "Name", "title": {"equals": "a", "contains": "b"}}}),
            "should be not present",
        ),
        (json!({"filter": {"property": "Due", "date": {"equals": "someday"}}}), "a valid ISO 8601"),
        (json!({"sorts": [{"property": "Mood", "direction": "ascending"}]}), "Could not find sort property"),
        (json!({"sorts": [{"property": "Name"}]}), "body.sorts[0].direction should be defined"),
        (json!({"page_size": 101}), "body.page_size should be ≤ `100`, instead was `101`."),
        (json!({"start_cursor": "x"}), "The start_cursor provided is invalid: x"),
        (json!({"limit": 1}), "sandbox: `body.limit` is not in the official description"),
    ] {
        let (status, _, message) = notion.refused("POST", &path, body).await;
        assert!(status == 400 && message.contains(problem), "{message}");
    }
}

#[tokio::test]
async fn databases_and_their_data_sources() {
    let bed = Bed::new().await;
    let notion = Notion::of(&bed, "ada").await;
    let wiki = notion.id("wiki", "page").await;
    let tasks = notion.id("tasks", "data_source").await;
    let relation = json!({"data_source_id": tasks, "dual_property": {"synced_property_name": "Bugs"}});
    let properties = json!({
        "Bug": {"title": {}},
        "Severity": {"select": {"options": [{"name": "High", "color": "red"}]}},
        "State": {"status": {}},
        "Task": {"relation": relation},
        "Effort": {"rollup": {"relation_property_name": "Task", "rollup_property_name": "Points", "function": "sum"}},
    });
    let body = json!({
        "parent": {"type": "page_id", "page_id": wiki}, "title": rich("Bugs"),
        "initial_data_source": {"properties": properties}, "is_inline": true,
    });
    let database = notion.call("POST", "/databases", body).await;
    assert_eq!((plain(&database["title"]).as_str(), &database["is_inline"]), ("Bugs", &json!(true)));
    let (id, source) = (text(&database["id"]), text(&database["data_sources"][0]["id"]));
    let task = notion.found(json!({"query": "moth"})).await[0]["id"].clone();
    let bug = notion
        .row(&source, json!({"Bug": {"title": rich("A moth")}, "Task": {"relation": [{"id": task}]}}))
        .await;
    assert_eq!(bug["properties"]["State"]["status"]["name"], "Not started");
    assert_eq!(
        bug["properties"]["Effort"]["rollup"],
        json!({"type": "number", "number": 1.0, "function": "sum"})
    );
    assert_eq!(bug["parent"], json!({"type": "data_source_id", "data_source_id": source, "database_id": id}));
    let task = notion.get(&format!("/pages/{}", text(&task))).await;
    assert_eq!(task["properties"]["Bugs"]["relation"], json!([{"id": bug["id"]}]), "both sides agree");

    let change = json!({"title": rich("Defects"), "properties": {
        "Severity": {"name": "Weight", "number": {"format": "percent"}}, "Effort": null, "Seen": {"checkbox": {}},
        "Bug": {"name": "Defect"},
    }});
    let changed = notion.call("PATCH", &format!("/data_sources/{source}"), change).await;
    let names: Vec<&String> = changed["properties"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["Defect", "Seen", "State", "Task", "Weight"]);
    assert_eq!(plain(&changed["title"]), "Defects");
    let bug = notion.get(&format!("/pages/{}", text(&bug["id"]))).await;
    assert_eq!((title(&bug).as_str(), &bug["properties"]["Seen"]["checkbox"]), ("A moth", &json!(false)));
    let path = format!("/data_sources/{source}");
    let untitled = json!({"properties": {"Defect": null}});
    assert_eq!(notion.refused("PATCH", &path, untitled).await.2, "Cannot delete title property.");

    let second =
        json!({"parent": {"database_id": id}, "properties": {"Name": {"title": {}}}, "title": rich("More")});
    notion.call("POST", "/data_sources", second).await;
    let database = notion.get(&format!("/databases/{id}")).await;
    assert_eq!(each(&database["data_sources"], "name"), ["Defects", "More"]);
    let ambiguous = json!({"parent": {"database_id": id}, "properties": {}});
    let (_, _, message) = notion.refused("POST", "/pages", ambiguous).await;
    assert!(message.starts_with("Databases with multiple data sources are not supported"), "{message}");
    notion.call("PATCH", &format!("/databases/{id}"), json!({"in_trash": true})).await;
    assert_eq!(notion.found(json!({"query": "moth"})).await.len(), 1, "the rows went with it");
    assert_eq!(notion.refused("GET", &format!("/databases/{source}"), Value::Null).await.0, 404);
}

#[tokio::test]
async fn blocks_are_appended_changed_and_deleted() {
    let bed = Bed::new().await;
    let notion = Notion::of(&bed, "ada").await;
    let page = notion.id("ada's notes", "page").await;
    let path = format!("/blocks/{page}/children");
    let paragraph = |content: &str| json!({"paragraph": {"rich_text": rich(content)}});
    let nested = json!({"toggle": {"rich_text": rich("More"), "children": [paragraph("Inside")]}});
    let made = notion.call("PATCH", &path, json!({"children": [paragraph("One"), nested]})).await;
    let (one, toggle) = (text(&made["results"][0]["id"]), text(&made["results"][1]["id"]));
    assert_eq!(
        (&made["results"][0]["has_children"], &made["results"][1]["has_children"]),
        (&json!(false), &json!(true))
    );
    let between = json!({"children": [{"type": "to_do", "to_do": {"rich_text": rich("Two")}}], "after": one});
    let between = notion.call("PATCH", &path, between).await;
    let to_do = text(&between["results"][0]["id"]);
    assert_eq!(between["results"][0]["to_do"]["checked"], false);
    let listed = notion.get(&path).await;
    assert_eq!(each(&listed["results"], "type"), ["paragraph", "paragraph", "to_do", "toggle"]);
    let first = notion.get(&format!("{path}?page_size=3")).await;
    let rest = notion.get(&format!("{path}?start_cursor={}", text(&first["next_cursor"]))).await;
    assert_eq!(each(&rest["results"], "id"), [toggle.as_str()]);
    let inside = notion.get(&format!("/blocks/{toggle}/children")).await;
    assert_eq!(inside["results"][0]["parent"], json!({"type": "block_id", "block_id": toggle}));

    let checked =
        notion.call("PATCH", &format!("/blocks/{to_do}"), json!({"to_do": {"checked": true}})).await;
    assert_eq!(
        (&checked["to_do"]["checked"], plain(&checked["to_do"]["rich_text"])),
        (&json!(true), "Two".into())
    );
    let deleted = notion.call("DELETE", &format!("/blocks/{to_do}"), Value::Null).await;
    assert_eq!(deleted["in_trash"], true);
    assert_eq!(notion.get(&path).await["results"].as_array().unwrap().len(), 3);
    assert_eq!(notion.get(&format!("/blocks/{page}")).await["type"], "child_page");
    let deep = json!({"quote": {"rich_text": [], "children": [{"quote": {"rich_text": [], "children": [
        {"quote": {"rich_text": [], "children": [paragraph("too deep")]}},
    ]}}]}});
    let row = json!({"table_row": {"cells": [rich("a")]}});
    for (child, problem) in [
        (json!({"type": "paragraph"}), "body.children[0].paragraph should be defined"),
        (
            json!({"type": "quote", "paragraph": {"rich_text": []}}),
            "type should be `\"paragraph\"` or `undefined`",
        ),
        (json!({"paragraph": {}}), "body.children[0].paragraph.rich_text should be defined"),
        (json!({"paragraph": {"rich_text": [], "text": "x"}}), "sandbox: `body.children[0].paragraph.text`"),
        (json!({"divider": {"children": []}}), "divider.children should be not present"),
        (json!({"code": {"rich_text": [], "language": "klingon"}}), "a language that Notion knows"),
        (json!({"table": {"table_width": 2, "children": [row]}}), "must match the table width"),
        (json!({"image": {"external": {"url": "file:///x"}}}), "Invalid URL for link."),
        (json!({"column_list": {"children": []}}), "children.length should be ≥ `2`"),
        (deep, "children should be not present"),
    ] {
        let (status, _, message) = notion.refused("PATCH", &path, json!({"children": [child]})).await;
        assert!(status == 400 && message.contains(problem), "{message}");
    }
    let change = json!({"quote": {"rich_text": []}});
    assert_eq!(notion.refused("PATCH", &format!("/blocks/{one}"), change).await.0, 400, "the type stays");
    let many: Vec<Value> = (0..101).map(|_| paragraph("x")).collect();
    assert!(notion.refused("PATCH", &path, json!({"children": many})).await.2.contains("≤ `100`"));
}

#[tokio::test]
async fn a_page_as_markdown() {
    let bed = Bed::new().await;
    let notion = Notion::of(&bed, "ada").await;
    let markdown = "# Goals\n\n- [ ] Ship **it**\n- One\n  - Two\n```rust\nfn main() {}\n```\nSee [this](https://example.com/) * now";
    let body = json!({"properties": {"title": {"title": rich("Doc")}}, "markdown": markdown});
    let page = notion.call("POST", "/pages", body).await;
    assert_eq!(page["parent"], json!({"type": "workspace", "workspace": true}));
    let path = format!("/pages/{}/markdown", text(&page["id"]));
    let read = notion.get(&path).await;
    let shown = "# Goals\n- [ ] Ship **it**\n- One\n\t- Two\n```rust\nfn main() {}\n```\nSee [this](https://example.com/) \\* now\n";
    assert_eq!((&read["markdown"], &read["object"]), (&json!(shown), &json!("page_markdown")));
    let children = format!("/blocks/{}/children", text(&page["id"]));
    let before = notion.get(&children).await;
    let change = async |kind: &str, inside: Value| {
        text(&notion.call("PATCH", &path, json!({"type": kind, kind: inside})).await["markdown"])
    };
    let edits = json!({"content_updates": [{"old_str": "- [ ] Ship", "new_str": "- [x] Ship"}]});
    assert!(change("update_content", edits).await.contains("- [x] Ship **it**"));
    let after = notion.get(&children).await;
    let kept = |list: &Value| [0, 2, 3, 4].map(|index: usize| list["results"][index]["id"].clone());
    assert_eq!(kept(&before), kept(&after), "what did not change is the same block");
    let added = change("insert_content", json!({"content": "## Notes", "after": "# Goals"})).await;
    assert!(added.starts_with("# Goals\n## Notes\n- [x]"), "{added}");
    assert!(change("insert_content", json!({"content": "Last."})).await.ends_with("now\nLast.\n"));
    let missing = json!({"type": "update_content", "update_content": {"content_updates": [{"old_str": "?", "new_str": ""}]}});
    assert_eq!(notion.refused("PATCH", &path, missing).await.0, 400);
    let sub = json!({"parent": {"page_id": page["id"]}, "properties": {"title": {"title": rich("Sub")}}});
    notion.call("POST", "/pages", sub).await;
    let replace = json!({"type": "replace_content", "replace_content": {"new_str": "New"}});
    assert!(notion.refused("PATCH", &path, replace).await.2.contains("allow_deleting_content"));
    assert_eq!(
        change("replace_content", json!({"new_str": "New", "allow_deleting_content": true})).await,
        "New\n"
    );
}

#[tokio::test]
async fn comments_and_people() {
    let bed = Bed::new().await;
    let (ada, grace) = (Notion::of(&bed, "ada").await, Notion::of(&bed, "grace").await);
    let page = ada.id("wiki", "page").await;
    let made =
        ada.call("POST", "/comments", json!({"parent": {"page_id": page}, "rich_text": rich("Good")})).await;
    assert_eq!(made["display_name"]["type"], "integration");
    let answer = json!({"discussion_id": made["discussion_id"], "markdown": "**Yes**", "display_name": {"type": "user"}});
    let answer = grace.call("POST", "/comments", answer).await;
    assert_eq!(
        (&answer["display_name"]["resolved_name"], &answer["rich_text"][0]["annotations"]["bold"]),
        (&json!("Grace Hopper"), &json!(true))
    );
    let first = ada.get(&format!("/comments?block_id={page}&page_size=1")).await;
    assert_eq!(each(&first["results"], "id"), [text(&made["id"])]);
    let next =
        ada.get(&format!("/comments?block_id={page}&start_cursor={}", text(&first["next_cursor"]))).await;
    assert_eq!(each(&next["results"], "id"), [text(&answer["id"])]);
    let path = format!("/comments/{}", text(&made["id"]));
    assert_eq!(grace.refused("DELETE", &path, Value::Null).await.1, "restricted_resource");
    ada.call("PATCH", &path, json!({"markdown": "Better"})).await;
    ada.call("DELETE", &path, Value::Null).await;
    assert_eq!(ada.refused("GET", &path, Value::Null).await.0, 404);
    assert_eq!(ada.refused("POST", "/comments", json!({"rich_text": rich("x")})).await.0, 400);
    let (_, _, message) = ada.refused("GET", "/comments", Value::Null).await;
    assert_eq!(
        message,
        "query failed validation: query.block_id should be defined, instead was `undefined`."
    );

    let users = ada.get("/users?page_size=3").await;
    assert_eq!(each(&users["results"], "name"), ["Ada Lovelace", "Grace Hopper", "Alan Turing"]);
    let bots = ada.get(&format!("/users?start_cursor={}", text(&users["next_cursor"]))).await;
    assert_eq!(each(&bots["results"], "type"), ["bot"]);
    let known = ada.get(&format!("/users/{}", text(&users["results"][1]["id"]))).await;
    assert_eq!(known["person"]["email"], "grace@example.com");
}

#[tokio::test]
async fn files_are_announced_sent_and_attached() {
    let bed = Bed::new().await;
    let notion = Notion::of(&bed, "ada").await;
    let made = notion.call("POST", "/file_uploads", json!({"filename": "a.txt"})).await;
    assert_eq!((&made["status"], &made["content_type"]), (&json!("pending"), &json!("text/plain")));
    let id = text(&made["id"]);
    let path = format!("{API}/file_uploads/{id}/send");
    assert!(text(&made["upload_url"]).ends_with(&path));
    let send = async |media_type: &str, body: &str| {
        let builder = bed.builder("POST", &path).bearer_auth(&notion.token).header("notion-version", VERSION);
        let reply = bed.send(builder.header("content-type", media_type).body(body.to_owned())).await;
        (reply.status, reply.json())
    };
    let file = |headers: &str| format!("--b\r\n{headers}\r\n\r\nhello\r\n--b--\r\n");
    let named = "Content-Disposition: form-data; name=\"file\"; filename=\"a.txt\"";
    let good = file(&format!("{named}\r\nContent-Type: text/plain"));
    let form = "multipart/form-data; boundary=b";
    for (media_type, body, problem) in [
        ("application/json", good.clone(), "must be multipart/form-data"),
        ("multipart/form-data", good.clone(), "has no boundary"),
        (form, good.replace("--b--", "--b"), "the last boundary is missing"),
        (form, good.replace("\r\n", "\n"), "a boundary is not the end of its line"),
        (form, good.replace("name=\"file\"", "name=\"data\""), "`data` is not a field of this form"),
        (form, good.replace("; filename=\"a.txt\"", ""), "has no filename"),
        (form, good.replace("form-data;", "attachment;"), "a part is not form-data"),
        (form, good.replace("text/plain", "image/png"), "does not match"),
        (form, file(named), "does not say its content type"),
        (
            form,
            good.replace("name=\"file\"; filename=\"a.txt\"", "name=\"part_number\""),
            "body.file should be defined",
        ),
        (form, format!("{}{good}", good.replace("--b--\r\n", "")), "`file` is there more than once"),
    ] {
        let (status, answer) = send(media_type, &body).await;
        assert_eq!((status, &answer["code"]), (400, &json!("validation_error")));
        assert!(text(&answer["message"]).contains(problem), "{answer} instead of {problem}");
    }
    let use_it = json!({"children": [{"file": {"file_upload": {"id": id}}}]});
    let page = notion.id("ada's notes", "page").await;
    let children = format!("/blocks/{page}/children");
    assert!(notion.refused("PATCH", &children, use_it.clone()).await.2.contains("status of `uploaded`"));
    let (status, sent) = send(form, &good).await;
    assert_eq!((status, &sent["status"], &sent["content_length"]), (200, &json!("uploaded"), &json!(5)));
    assert_eq!(send(form, &good).await.0, 400, "once is enough");
    let attached = notion.call("PATCH", &children, use_it).await;
    assert_eq!(attached["results"][0]["file"]["type"], "file");
    bed.advance(3600);
    assert_eq!(
        notion.get(&format!("/file_uploads/{id}")).await["status"],
        "uploaded",
        "what is in use stays"
    );

    let parts = json!({"mode": "multi_part", "filename": "v.mp4", "number_of_parts": 2});
    let big = notion.call("POST", "/file_uploads", parts).await;
    assert_eq!(big["number_of_parts"], json!({"total": 2, "sent": 0}));
    let complete = format!("/file_uploads/{}/complete", text(&big["id"]));
    assert!(notion.refused("POST", &complete, Value::Null).await.2.contains("0 of 2"));
    let address =
        json!({"mode": "external_url", "filename": "a.pdf", "external_url": "https://example.com/a.pdf"});
    notion.call("POST", "/file_uploads", address).await;
    let listed = notion.get("/file_uploads?status=pending&page_size=1").await;
    assert_eq!((&listed["results"][0]["filename"], &listed["has_more"]), (&json!("a.pdf"), &json!(true)));
    bed.advance(3600);
    assert_eq!(notion.get(&format!("/file_uploads/{}", text(&big["id"]))).await["status"], "expired");
    let grace = Notion::of(&bed, "grace").await;
    assert_eq!(grace.refused("GET", &format!("/file_uploads/{id}"), Value::Null).await.0, 404);
}
