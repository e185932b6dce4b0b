//! HubSpot through MCP, against its twin.

use sandbox::{Kind, Provider};
use serde_json::{Value, json};

use super::{act, connected, refused, texts};

#[tokio::test]
async fn hubspot_from_a_contact_to_a_won_deal() {
    let app = connected("hubspot", json!({}), "ada").await;
    let owners = act(&app, "HUBSPOT_RETRIEVE_OWNERS", json!({"email": "grace@example.com"})).await;
    let owner = owners["owners"][0]["id"].clone();
    let company = json!({"name": "Tide Tables", "domain": "tide.example", "number_of_employees": 12});
    let company = act(&app, "HUBSPOT_CREATE_COMPANY", company).await["id"].clone();
    let contact = json!({
        "email": "kelvin@tide.example", "first_name": "William", "lastname": "Thomson", "owner_id": owner,
        "properties": {"numberofchildren": 0}, "company_ids": [company],
    });
    let made = act(&app, "HUBSPOT_CREATE_CONTACT", contact.clone()).await;
    let id = made["id"].clone();
    let url = format!("https://app.hubspot.com/contacts/62515/record/0-1/{}", id.as_str().unwrap());
    assert_eq!(made["url"], url, "{made}");
    let taken = refused(&app, "HUBSPOT_CREATE_CONTACT", contact).await;
    assert_eq!(taken["details"]["provider"]["status"], 409);
    assert!(taken.to_string().contains(&format!("Existing ID: {}", id.as_str().unwrap())), "{taken}");

    let change =
        json!({"contact_id": "kelvin@tide.example", "job_title": "Baron", "lifecycle_stage": "opportunity"});
    act(&app, "HUBSPOT_PARTIALLY_UPDATE_CONTACT_USING_CONTACT_ID", change).await;
    let read = json!({"email": "kelvin@tide.example", "associations": ["companies"]});
    let read = act(&app, "HUBSPOT_FETCH_CONTACT_DETAILS_BY_ID", read).await;
    assert_eq!((&read["jobtitle"], &read["lifecyclestage"]), (&json!("Baron"), &json!("opportunity")));
    assert_eq!(read["associations"]["companies"], json!([company]));

    let pipelines = json!({"object_type": "deals"});
    let pipelines = act(&app, "HUBSPOT_RETRIEVE_ALL_PIPELINES_FOR_SPECIFIED_OBJECT_TYPE", pipelines).await;
    let stages = &pipelines["pipelines"][0]["stages"];
    let won = stages.as_array().unwrap().iter().find(|stage| stage["probability"] == 1.0).unwrap();
    let deal = json!({"dealname": "Tide predictor", "amount": 1200.5, "pipeline": pipelines["pipelines"][0]["id"],
        "stage": stages[0]["id"], "closedate": "2027-03-31", "contact_ids": [id], "company_ids": [company]});
    let deal = act(&app, "HUBSPOT_CREATE_NEW_DEAL_OBJECT", deal).await["id"].clone();
    let moved = json!({"deal_id": deal, "deal_stage": won["id"]});
    act(&app, "HUBSPOT_PARTIALLY_UPDATE_DEAL_BY_ID", moved).await;
    let filter = json!({"propertyName": "dealstage", "operator": "EQ", "value": won["id"]});
    let found = act(&app, "HUBSPOT_SEARCH_DEALS", json!({"filters": [filter]})).await;
    assert_eq!((texts(&found["deals"], "id"), &found["total"]), (vec![deal.as_str().unwrap()], &json!(1)));
    assert_eq!(found["deals"][0]["closedate"], "2027-03-31T00:00:00Z");

    act(&app, "HUBSPOT_ARCHIVE_CONTACT", json!({"contact_id": id})).await;
    let error = refused(&app, "HUBSPOT_FETCH_CONTACT_DETAILS_BY_ID", json!({"contact_id": id})).await;
    assert_eq!(error["details"]["provider"]["status"], 404);
    let found = act(&app, "HUBSPOT_SEARCH_CONTACTS_BY_CRITERIA", json!({"query": "kelvin"})).await;
    assert_eq!(found["contacts"], json!([]));
}

#[tokio::test]
async fn hubspot_what_happens_with_a_ticket() {
    let app = connected("hubspot", json!({}), "grace").await;
    let ticket = json!({"subject": "Cards are torn", "description": "All of them.", "stage": "1",
        "priority": "HIGH", "contact_ids": ["52"]});
    let ticket = act(&app, "HUBSPOT_CREATE_TICKET_OBJECT", ticket).await["id"].clone();
    let note = json!({"body": "She called <b>twice</b>.", "contact_ids": ["52"], "ticket_ids": [ticket]});
    let note = act(&app, "HUBSPOT_CREATE_NOTE", note).await["id"].clone();
    let call = json!({"title": "Torn cards", "direction": "INBOUND", "duration_seconds": 90,
        "outcome": "connected", "ticket_ids": [ticket]});
    assert_eq!(act(&app, "HUBSPOT_CREATE_CALL", call).await["hs_call_duration"], "90000");
    let task =
        json!({"subject": "Send new cards", "due_date": "2027-02-01T10:00:00+01:00", "contact_ids": ["52"]});
    let task = act(&app, "HUBSPOT_CREATE_TASK", task).await;
    assert_eq!(task["hs_timestamp"], "2027-02-01T09:00:00Z");
    let link = json!({"from_object_type": "tasks", "from_object_id": task["id"],
        "to_object_type": "tickets", "to_object_id": ticket});
    act(&app, "HUBSPOT_CREATE_ASSOCIATION", link).await;

    let of_ticket = json!([{"propertyName": "associations.ticket", "operator": "EQ", "value": ticket}]);
    let tasks = act(&app, "HUBSPOT_SEARCH_TASKS", json!({"filters": of_ticket})).await;
    assert_eq!(texts(&tasks["tasks"], "hs_task_subject"), ["Send new cards"]);
    let done = json!({"task_id": task["id"], "status": "COMPLETED"});
    assert_eq!(act(&app, "HUBSPOT_UPDATE_TASK", done).await["hs_task_status"], "COMPLETED");
    let notes = act(&app, "HUBSPOT_SEARCH_NOTES", json!({"filters": of_ticket})).await;
    assert_eq!(texts(&notes["notes"], "id"), [note.as_str().unwrap()]);
    let linked = json!({"object_type": "tickets", "object_id": ticket, "to_object_type": "contacts"});
    let linked = act(&app, "HUBSPOT_LIST_ASSOCIATIONS", linked).await;
    assert_eq!(texts(&linked["associations"], "id"), ["52"]);

    act(&app, "HUBSPOT_UPDATE_TICKET", json!({"ticket_id": ticket, "stage": "4"})).await;
    let read = act(&app, "HUBSPOT_GET_TICKET", json!({"ticket_id": ticket})).await;
    assert_eq!(read["hs_pipeline_stage"], "4", "{read}");
    let properties = json!({"object_type": "contacts", "custom_only": true});
    let properties = act(&app, "HUBSPOT_READ_ALL_PROPERTIES_FOR_OBJECT_TYPE", properties).await;
    assert_eq!(texts(&properties["properties"], "name"), ["numberofchildren", "favourite"]);
    let error = json!({"subject": "x", "stage": "nowhere"});
    let error = refused(&app, "HUBSPOT_CREATE_TICKET_OBJECT", error).await;
    assert!(error.to_string().contains("INVALID_OPTION"), "{error}");
}

#[tokio::test]
async fn hubspot_pages_with_one_form_and_writes_many_at_once() {
    let app = connected("hubspot", json!({}), "ada").await;
    let contacts: Vec<Value> = (1..=3)
        .map(|number| json!({"properties": {"email": format!("{number}@many.example"), "company": "Many"}}))
        .collect();
    let made = act(&app, "HUBSPOT_UPSERT_CONTACTS", json!({"contacts": contacts})).await;
    assert!(made["contacts"].as_array().unwrap().iter().all(|one| one["new"] == true), "{made}");
    let made = act(&app, "HUBSPOT_UPSERT_CONTACTS", json!({"contacts": contacts})).await;
    assert!(made["contacts"].as_array().unwrap().iter().all(|one| one["new"] == false), "{made}");

    let query = json!({"query": "many.example", "sorts": "email", "limit": 2});
    let searched = all_pages(&app, "HUBSPOT_SEARCH_CONTACTS_BY_CRITERIA", query).await;
    assert_eq!(searched, ["1@many.example", "2@many.example", "3@many.example"]);
    let listed = all_pages(&app, "HUBSPOT_LIST_CONTACTS_PAGE", json!({"limit": 4})).await;
    assert_eq!(listed.len(), 6);

    // Half an hour later the token is renewed before it is used.
    app.advance(3600);
    act(&app, "HUBSPOT_LIST_CONTACTS_PAGE", json!({})).await;
    let tokens = app.exchanges(Provider::HubSpot, Kind::Token);
    assert_eq!(tokens, ["authorization_code ok", "refresh_token ok"]);
}

async fn all_pages(app: &crate::support::TestApp, tool: &str, mut params: Value) -> Vec<String> {
    let mut emails = Vec::new();
    loop {
        let page = act(app, tool, params.clone()).await;
        emails.extend(texts(&page["contacts"], "email").into_iter().map(str::to_owned));
        if !page["next_cursor"].is_string() {
            return emails;
        }
        params["cursor"] = page["next_cursor"].clone();
    }
}
