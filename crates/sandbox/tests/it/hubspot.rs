//! HubSpot: one refresh token that stays, scopes as a list, and records whose values are all texts.

use sandbox::{Decision, Provider};
use serde_json::{Value, json};

use crate::bed::{Bed, Body, REDIRECT, VERIFIER, challenge, each, text};

const API: &str = "api.hubapi.com/crm/v3";
const LINKS: &str = "api.hubapi.com/crm/v4/objects";
const TOKEN: &str = "api.hubapi.com/oauth/2026-03/token";
const CONTACTS: &str = "api.hubapi.com/crm/v3/objects/contacts";
const EVERYDAY: &str = "oauth crm.objects.contacts.read crm.objects.contacts.write crm.objects.companies.read \
                        crm.objects.companies.write crm.objects.deals.read crm.objects.deals.write \
                        crm.objects.owners.read tickets";

async fn everyday(bed: &Bed) -> String {
    bed.token(Provider::HubSpot, "ada", EVERYDAY).await
}

/// A call of the token endpoints with the client in the body.
async fn with_client(bed: &Bed, path: &str, fields: &[(&str, &str)]) -> crate::bed::Reply {
    let client = bed.client(Provider::HubSpot);
    let own = [("client_id", client.client_id.as_str()), ("client_secret", &client.client_secret)];
    bed.form(&format!("{TOKEN}{path}"), &[fields, &own].concat()).await
}

fn with_values(values: Value) -> Value {
    json!({ "properties": values })
}

#[tokio::test]
async fn a_code_becomes_tokens_that_say_whose_they_are() {
    let bed = Bed::new().await;
    let tokens = bed.connect(Provider::HubSpot, "grace", "oauth crm.objects.contacts.read").await;
    assert_eq!((&tokens["token_type"], &tokens["expires_in"]), (&json!("bearer"), &json!(1800)));
    assert_eq!((&tokens["hub_id"], &tokens["user_id"]), (&json!(62_515), &json!(19_061_209)));
    assert_eq!(tokens["scopes"], json!(["oauth", "crm.objects.contacts.read"]));
    assert!(tokens["scope"].is_null());
    let access = text(&tokens["access_token"]);
    bed.get(CONTACTS, &access).await.expect(200);
    let told = with_client(&bed, "/introspect", &[("token", &access)]).await.expect(200);
    assert_eq!((&told["active"], &told["user"]), (&json!(true), &json!("grace@example.com")));
    assert_eq!((&told["token_use"], &told["expires_in"]), (&json!("access_token"), &json!(1800)));

    bed.advance(1807);
    let expired = bed.get(CONTACTS, &access).await.expect(401);
    assert_eq!(expired["category"], "EXPIRED_AUTHENTICATION");
    assert_eq!(expired["message"], "The OAuth token used to make this call expired 7 second(s) ago.");
    assert!(expired["correlationId"].is_string() && expired["status"] == "error");
    let told = with_client(&bed, "/introspect", &[("token", &access)]).await.expect(200);
    assert_eq!(told, json!({"active": false}));
    assert_eq!(bed.get(CONTACTS, "").await.expect(401)["category"], "INVALID_AUTHENTICATION");
}

#[tokio::test]
async fn the_refresh_token_stays_and_is_one_for_all_connections_of_a_user() {
    let bed = Bed::new().await;
    let first = bed.connect(Provider::HubSpot, "ada", "oauth tickets").await;
    let refresh = text(&first["refresh_token"]);
    for _ in 0..2 {
        let renewed = bed.refresh(Provider::HubSpot, &refresh).await.expect(200);
        assert_eq!(renewed["refresh_token"], first["refresh_token"]);
        assert_ne!(renewed["access_token"], first["access_token"]);
    }
    let again = bed.connect(Provider::HubSpot, "ada", "oauth crm.objects.deals.read").await;
    assert_eq!(again["refresh_token"], first["refresh_token"]);
    let renewed = bed.refresh(Provider::HubSpot, &refresh).await.expect(200);
    assert_eq!(renewed["scopes"], json!(["oauth", "crm.objects.deals.read"]), "what was granted last");
    let other = bed.connect(Provider::HubSpot, "alan", "oauth tickets").await;
    assert_ne!(other["refresh_token"], first["refresh_token"]);
}

#[tokio::test]
async fn revocation_ends_the_refresh_token_and_nothing_else() {
    let bed = Bed::new().await;
    let tokens = bed.connect(Provider::HubSpot, "ada", EVERYDAY).await;
    let (access, refresh) = (text(&tokens["access_token"]), text(&tokens["refresh_token"]));
    with_client(&bed, "/revoke", &[("token", &access)]).await.expect(204);
    bed.get(CONTACTS, &access).await.expect(200);
    with_client(&bed, "/revoke", &[("token", &refresh), ("token_type_hint", "refresh_token")])
        .await
        .expect(204);
    bed.get(CONTACTS, &access).await.expect(200);
    let dead = bed.refresh(Provider::HubSpot, &refresh).await.expect(400);
    assert_eq!((&dead["status"], &dead["error"]), (&json!("BAD_REFRESH_TOKEN"), &json!("invalid_grant")));
    assert_eq!(dead["message"], dead["error_description"]);
    assert!(dead["correlationId"].is_string(), "{dead}");
    assert_eq!(bed.last_entry().outcome(), Some("BAD_REFRESH_TOKEN"));
    with_client(&bed, "/revoke", &[("token", &refresh)]).await.expect(204);
    let fresh = bed.connect(Provider::HubSpot, "ada", EVERYDAY).await;
    assert_ne!(fresh["refresh_token"], tokens["refresh_token"]);
}

#[tokio::test]
async fn the_client_and_the_code_are_looked_at() {
    let bed = Bed::new().await;
    let client = bed.client(Provider::HubSpot);
    let code = bed.code(Provider::HubSpot, "ada", EVERYDAY).await;
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", REDIRECT),
        ("code_verifier", VERIFIER),
    ];
    let status =
        async |fields: &[(&str, &str)]| text(&with_client(&bed, "", fields).await.expect(400)["status"]);
    let wrong = |id: &str, secret: &str| sandbox::Client {
        client_id: id.to_owned(),
        client_secret: secret.to_owned(),
        ..client.clone()
    };
    for (client, expected) in
        [(wrong("nobody", "x"), "BAD_CLIENT_ID"), (wrong(&client.client_id, "x"), "BAD_CLIENT_SECRET")]
    {
        let own = [("client_id", client.client_id.as_str()), ("client_secret", &client.client_secret)];
        let refused = bed.form(TOKEN, &[&fields[..], &own].concat()).await.expect(400);
        assert_eq!((&refused["status"], &refused["error"]), (&json!(expected), &json!("invalid_client")));
    }
    let basic = bed.basic_form(TOKEN, &client, &fields).await.expect(400);
    assert!(text(&basic["message"]).starts_with("sandbox: "), "{basic}");
    let address = format!("{TOKEN}?grant_type=refresh_token");
    assert!(text(&bed.form(&address, &fields).await.expect(400)["message"]).contains("in the address"));

    assert_eq!(status(&fields[..3]).await, "BAD_CODE_VERIFIER");
    let elsewhere = [fields[0], fields[1], ("redirect_uri", "http://127.0.0.1:1/"), fields[3]];
    assert_eq!(status(&elsewhere).await, "MISMATCH_REDIRECT_URI_AUTH_CODE");
    assert_eq!(status(&[("grant_type", "password")]).await, "BAD_GRANT_TYPE");
    let tokens = with_client(&bed, "", &fields).await.expect(200);
    assert_eq!(status(&fields).await, "BAD_AUTH_CODE");
    bed.get(CONTACTS, &text(&tokens["access_token"])).await.expect(401);
}

#[tokio::test]
async fn the_page_asks_for_known_scopes_and_always_for_oauth() {
    let bed = Bed::new().await;
    let page = async |more: &[(&str, &str)]| {
        let url = bed.authorize_url(Provider::HubSpot, more);
        bed.sandbox.control().consent(&url, &Decision::Deny).await.unwrap_err().page
    };
    assert!(page(&[("scope", "tickets")]).await.contains("SCOPE_MISMATCH"));
    assert!(page(&[("scope", "oauth crm.everything")]).await.contains("crm.everything"));
    assert!(
        page(&[("scope", "oauth"), ("optional_scope", "crm.everything")]).await.contains("INVALID_SCOPE")
    );
    assert!(page(&[("scope", "oauth"), ("prompt", "consent")]).await.contains("sandbox: `prompt`"));
    let plain = challenge();
    let plain = [("scope", "oauth"), ("code_challenge", plain.as_str())];
    assert!(page(&plain).await.contains("S256"));

    let url = bed.authorize_url(Provider::HubSpot, &[("scope", "oauth")]);
    let denied = bed.sandbox.control().consent(&url, &Decision::Deny).await.unwrap();
    assert!(denied.as_str().ends_with("&state=the+state&error=access_denied"), "{denied}");

    let more = [("scope", "oauth"), ("optional_scope", "tickets automation"), ("response_type", "")];
    let url = bed.authorize_url(Provider::HubSpot, &more);
    let granted = vec!["oauth".to_owned(), "tickets".to_owned()];
    bed.sandbox.control().set_granted(Provider::HubSpot, Some(granted));
    let code = bed.allow(&url, "ada").await["code"].clone();
    let fields = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", REDIRECT)];
    let tokens = with_client(&bed, "", &fields).await.expect(200);
    assert_eq!(tokens["scopes"], json!(["oauth", "tickets"]), "not all optional ones are to be had");
}

#[tokio::test]
async fn scopes_bound_what_a_token_may_do() {
    let bed = Bed::new().await;
    let reader = bed.token(Provider::HubSpot, "ada", "oauth crm.objects.contacts.read").await;
    bed.get(CONTACTS, &reader).await.expect(200);
    let mine = with_values(json!({"email": "x@y.example"}));
    let refused = bed.post(CONTACTS, &reader, mine).await.expect(403);
    assert_eq!(refused["category"], "MISSING_SCOPES");
    assert_eq!(
        refused["errors"][0]["context"]["requiredGranularScopes"],
        json!(["crm.objects.contacts.write"])
    );
    let entry = bed.last_entry();
    assert_eq!(entry.detail["lacks_scope"], true);
    assert_eq!(entry.operation.as_deref(), Some("crm.contacts.BasicApi.create"));
    assert_eq!((entry.account.as_deref(), entry.outcome()), (Some("ada"), Some("MISSING_SCOPES")));
    for path in [format!("{API}/objects/deals"), format!("{API}/objects/tickets"), format!("{API}/owners")] {
        bed.get(&path, &reader).await.expect(403);
    }
    let link = format!("{LINKS}/contacts/53/associations/default/companies/77");
    bed.call("PUT", &link, &reader, Body::None).await.expect(403);
    bed.get(&format!("{API}/properties/deals"), &reader).await.expect(200);
}

#[tokio::test]
async fn a_contact_from_its_beginning_to_its_end() {
    let bed = Bed::new().await;
    let token = everyday(&bed).await;
    let body = json!({
        "properties": {"email": "Grete@Hermann.example", "firstname": "Grete", "numberofchildren": "2"},
        "associations": [{
            "to": {"id": "77"},
            "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 279}],
        }],
    });
    let made = bed.post(CONTACTS, &token, body).await.expect(201);
    let id = text(&made["id"]);
    assert_eq!(made["properties"]["email"], "grete@hermann.example");
    assert_eq!(made["properties"]["lifecyclestage"], "lead");
    let one = format!("{CONTACTS}/{id}");

    let again = with_values(json!({"email": "grete@hermann.example"}));
    let taken = bed.post(CONTACTS, &token, again).await.expect(409);
    assert_eq!(taken["message"], format!("Contact already exists. Existing ID: {id}"));
    assert_eq!(taken["category"], "CONFLICT");

    bed.advance(60);
    let change = with_values(json!({"firstname": "Margarete", "lifecyclestage": "subscriber", "phone": ""}));
    let by_email = format!("{CONTACTS}/grete%40hermann.example?idProperty=email");
    let changed = bed.call("PATCH", &by_email, &token, Body::Json(change)).await.expect(200);
    assert_eq!(changed["properties"]["firstname"], "Margarete");
    assert_eq!(changed["properties"]["lifecyclestage"], "lead", "it does not move back");
    let seen = format!(
        "{one}?properties=firstname,phone&properties=nosuch&propertiesWithHistory=firstname&associations=companies"
    );
    let seen = bed.get(&seen, &token).await.expect(200);
    assert_eq!((&seen["properties"]["phone"], &seen["properties"]["nosuch"]), (&json!(""), &Value::Null));
    assert_eq!(each(&seen["propertiesWithHistory"]["firstname"], "value"), ["Margarete", "Grete"]);
    assert_eq!(
        seen["associations"]["companies"]["results"],
        json!([{"id": "77", "type": "contact_to_company_unlabeled"}])
    );

    bed.call("DELETE", &one, &token, Body::None).await.expect(204);
    bed.call("DELETE", &one, &token, Body::None).await.expect(204);
    let gone = bed.get(&one, &token).await.expect(404);
    assert_eq!(gone["category"], "OBJECT_NOT_FOUND");
    let binned = bed.get(&format!("{one}?archived=true"), &token).await.expect(200);
    assert!(binned["archived"] == true && binned["archivedAt"].is_string());
    bed.call("DELETE", &format!("{CONTACTS}/999999"), &token, Body::None).await.expect(404);
}

#[tokio::test]
async fn values_are_looked_at() {
    let bed = Bed::new().await;
    let token = everyday(&bed).await;
    let wrong = json!({
        "email": "nobody", "nosuch": "x", "hs_object_id": "1", "numberofchildren": "many",
        "hs_lead_status": "new", "hubspot_owner_id": "18151210", "favourite": " blue",
    });
    let refused = bed.post(CONTACTS, &token, with_values(wrong)).await.expect(400);
    assert_eq!(refused["category"], "VALIDATION_ERROR");
    let message = text(&refused["message"]);
    for error in [
        "INVALID_EMAIL",
        "PROPERTY_DOESNT_EXIST",
        "READ_ONLY_VALUE",
        "INVALID_NUMBER",
        "INVALID_OPTION",
        "INVALID_OWNER_ID",
        "LEADING_TRAILING_WHITESPACE",
    ] {
        assert!(message.contains(error), "{error}: {message}");
    }
    let task = with_values(json!({"hs_task_subject": "When?"}));
    let refused = bed.post(&format!("{API}/objects/tasks"), &token, task).await.expect(400);
    assert_eq!(refused["message"], "Error creating TASK. Some required properties were not set.");
    assert_eq!(refused["context"]["properties"], json!(["hs_timestamp"]));
    let deal = with_values(json!({"dealname": "x", "dealstage": "won"}));
    let refused = bed.post(&format!("{API}/objects/deals"), &token, deal).await.expect(400);
    assert!(text(&refused["message"]).contains("closedwon"), "{refused}");
    let note = json!({
        "properties": {"hs_timestamp": "1800000000000", "hs_note_body": "x"},
        "associations": [{
            "to": {"id": "999"},
            "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 202}],
        }],
    });
    let refused = bed.post(&format!("{API}/objects/notes"), &token, note).await.expect(400);
    assert_eq!(refused["context"]["INVALID_OBJECT_IDS"], json!(["CONTACT=999"]));
    let none = bed.call("PATCH", &format!("{CONTACTS}/51"), &token, Body::Json(with_values(json!({})))).await;
    assert_eq!(none.status, 400);
}

#[tokio::test]
async fn what_the_description_does_not_know_is_refused() {
    let bed = Bed::new().await;
    let token = everyday(&bed).await;
    let search = format!("{CONTACTS}/search");
    let bodies = [
        (CONTACTS, json!({"properties": {"email": "a@b.example"}, "emails": []})),
        (CONTACTS, json!({"properties": {"email": "a@b.example", "numberofchildren": 3}})),
        (CONTACTS, json!({"properties": ["email"]})),
        (search.as_str(), json!({"limit": "5"})),
        (&search, json!({"after": 5})),
        (&search, json!({"sorts": [{"propertyName": "email", "direction": "ASCENDING"}]})),
        (&search, json!({"filterGroups": [{"filters": [{"propertyName": "email", "operator": "LIKE"}]}]})),
    ];
    for (path, body) in bodies {
        let refused = bed.post(path, &token, body.clone()).await.expect(400);
        assert!(text(&refused["message"]).starts_with("sandbox: "), "{body}: {refused}");
    }
    let missing = bed.post(CONTACTS, &token, json!({})).await.expect(400);
    assert_eq!(missing["message"], "required: `properties` is missing");
    bed.get(&format!("{CONTACTS}?count=5"), &token).await.expect(400);
    bed.get(&format!("{CONTACTS}?limit=101"), &token).await.expect(400);
    bed.get(&format!("{CONTACTS}/51?idProperty=firstname"), &token).await.expect(400);
    bed.call("POST", CONTACTS, &token, Body::Form(&[("email", "x")])).await.expect(415);
    bed.call("PUT", CONTACTS, &token, Body::None).await.expect(405);
    bed.get(&format!("{API}/objects/moons"), &token).await.expect(404);
    let kind = bed.get(&format!("{API}/pipelines/moons"), &token).await.expect(400);
    assert_eq!(kind["message"], "Unable to infer object type from: moons");
}

async fn found(bed: &Bed, token: &str, kind: &str, body: Value) -> Vec<String> {
    let found = bed.post(&format!("{API}/objects/{kind}/search"), token, body).await.expect(200);
    each(&found["results"], "id")
}

#[tokio::test]
async fn a_search_has_words_filters_an_order_and_pages() {
    let bed = Bed::new().await;
    let token = everyday(&bed).await;
    let filters = |filters: Value| json!({"filterGroups": [{ "filters": filters }]});
    let filter = |name: &str, operator: &str, value: &str| {
        filters(json!([{"propertyName": name, "operator": operator, "value": value}]))
    };
    assert_eq!(found(&bed, &token, "contacts", json!({"query": "looms MARIE"})).await, ["51"]);
    assert_eq!(
        found(&bed, &token, "contacts", filter("email", "CONTAINS_TOKEN", "*@difference.example")).await,
        ["52"]
    );
    assert_eq!(found(&bed, &token, "contacts", filter("associations.company", "EQ", "77")).await, ["51"]);
    assert_eq!(found(&bed, &token, "notes", filter("associations.contact", "EQ", "51")).await, ["95"]);
    let between =
        json!([{"propertyName": "amount", "operator": "BETWEEN", "value": "1000", "highValue": "2000"}]);
    assert_eq!(found(&bed, &token, "deals", filters(between)).await, ["88"]);
    let recent = (bed.now() - 400 * 3600) * 1000;
    assert_eq!(
        found(&bed, &token, "contacts", filter("createdate", "GTE", &recent.to_string())).await,
        ["53"]
    );
    let unset = filters(json!([{"propertyName": "hs_lead_status", "operator": "NOT_HAS_PROPERTY"}]));
    assert_eq!(found(&bed, &token, "contacts", unset).await, ["51", "53"]);
    let among =
        |values: Value| filters(json!([{"propertyName": "lastname", "operator": "IN", "values": values}]));
    assert_eq!(found(&bed, &token, "contacts", among(json!(["babbage", "x"]))).await, ["52"]);
    assert!(found(&bed, &token, "contacts", among(json!(["Babbage"]))).await.is_empty(), "lower case only");
    let either = json!({"filterGroups": [
        {"filters": [{"propertyName": "lastname", "operator": "EQ", "value": "babbage"}]},
        {"filters": [{"propertyName": "numberofchildren", "operator": "LT", "value": "2"}]},
    ], "sorts": ["-lastname"]});
    assert_eq!(found(&bed, &token, "contacts", either).await, ["51", "52"]);

    let search = format!("{CONTACTS}/search");
    let (mut ids, mut after) = (Vec::new(), json!("0"));
    while after.is_string() {
        let body = json!({"limit": 2, "after": after, "sorts": ["-createdate"], "properties": ["email"]});
        let page = bed.post(&search, &token, body).await.expect(200);
        assert_eq!(page["total"], 3);
        ids.extend(each(&page["results"], "id"));
        after = page["paging"]["next"]["after"].clone();
    }
    assert_eq!(ids, ["53", "52", "51"]);

    for wrong in [
        filter("nosuch", "EQ", "x"),
        filter("createdate", "GT", "yesterday"),
        filter("email", "HAS_PROPERTY", "x"),
        filters(json!([{"propertyName": "email", "operator": "IN", "value": "x"}])),
        json!({"sorts": ["email", "lastname"]}),
        json!({"limit": 201}),
        json!({"after": "9999", "limit": 2}),
        json!({"after": "x"}),
    ] {
        let refused = bed.post(&search, &token, wrong).await.expect(400);
        assert_eq!(refused["category"], "VALIDATION_ERROR");
    }
}

#[tokio::test]
async fn a_list_is_paged_by_id() {
    let bed = Bed::new().await;
    let token = everyday(&bed).await;
    let first = bed.get(&format!("{CONTACTS}?limit=2&properties=email"), &token).await.expect(200);
    assert_eq!(each(&first["results"], "id"), ["51", "52"]);
    assert_eq!(first["paging"]["next"]["after"], "52");
    let link = text(&first["paging"]["next"]["link"]);
    let link = &link[bed.sandbox.base_url().as_str().len()..];
    assert!(link.contains("limit=2&properties=email&after=52"), "{link}");
    let rest = bed.get(link, &token).await.expect(200);
    assert_eq!(each(&rest["results"], "id"), ["53"]);
    assert!(rest["paging"].is_null());
    let owners = bed.get(&format!("{API}/owners?limit=2"), &token).await.expect(200);
    assert_eq!(each(&owners["results"], "email"), ["ada@example.com", "grace@example.com"]);
    let rest = format!("{API}/owners?limit=2&after={}", text(&owners["paging"]["next"]["after"]));
    assert_eq!(each(&bed.get(&rest, &token).await.expect(200)["results"], "email"), ["alan@example.com"]);
}

#[tokio::test]
async fn records_are_linked_in_both_directions() {
    let bed = Bed::new().await;
    let token = everyday(&bed).await;
    let default = format!("{LINKS}/contacts/53/associations/default/company/78");
    let made = bed.call("PUT", &default, &token, Body::None).await.expect(200);
    let types: Vec<&Value> = made["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["associationSpec"]["associationTypeId"])
        .collect();
    assert_eq!(types, [279, 280]);
    let listed =
        bed.get(&format!("{LINKS}/companies/78/associations/contacts?limit=1"), &token).await.expect(200);
    assert_eq!(each(&listed["results"], "toObjectId"), ["52"]);
    assert_eq!(listed["paging"]["next"]["after"], "52");
    let listed =
        bed.get(&format!("{LINKS}/companies/78/associations/contacts?after=52"), &token).await.expect(200);
    assert_eq!(each(&listed["results"], "toObjectId"), ["53"]);

    let pair = format!("{LINKS}/contacts/53/associations/companies/78");
    let spec =
        |id: u32| Body::Json(json!([{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": id}]));
    let labelled = bed.call("PUT", &pair, &token, spec(1)).await.expect(201);
    assert_eq!(labelled["labels"], json!(["Primary"]));
    bed.call("PUT", &pair, &token, spec(202)).await.expect(400);
    bed.call("PUT", &pair, &token, Body::Json(json!({"types": []}))).await.expect(400);
    let listed = bed.get(&format!("{LINKS}/contacts/53/associations/companies"), &token).await.expect(200);
    assert_eq!(listed["results"][0]["associationTypes"].as_array().unwrap().len(), 2);
    bed.call("DELETE", &pair, &token, Body::None).await.expect(204);
    let listed = bed.get(&format!("{LINKS}/contacts/53/associations/companies"), &token).await.expect(200);
    assert_eq!(listed["results"], json!([]));
    bed.get(&format!("{LINKS}/contacts/999/associations/companies"), &token).await.expect(404);
    let nobody = format!("{LINKS}/contacts/999/associations/default/companies/78");
    bed.call("PUT", &nobody, &token, Body::None).await.expect(400);
}

#[tokio::test]
async fn a_batch_does_all_or_says_what_is_missing() {
    let bed = Bed::new().await;
    let token = everyday(&bed).await;
    let batch = |what: &str| format!("{CONTACTS}/batch/{what}");
    let input = |id: &str, values: Value| json!({"id": id, "idProperty": "email", "properties": values});
    let body = json!({"inputs": [
        input("marie@jacquard.example", json!({"phone": "1"})),
        input("new@jacquard.example", json!({"firstname": "New"})),
    ]});
    let done = bed.post(&batch("upsert"), &token, body).await.expect(200);
    assert_eq!(done["results"][0]["id"], "51");
    let news: Vec<&Value> = done["results"].as_array().unwrap().iter().map(|one| &one["new"]).collect();
    assert_eq!(news, [false, true]);
    assert_eq!(done["results"][1]["properties"]["email"], "new@jacquard.example");
    let id = text(&done["results"][1]["id"]);

    let body = json!({"inputs": [
        input("one@jacquard.example", json!({"firstname": "One"})),
        input("two@jacquard.example", json!({"hs_lead_status": "none"})),
    ]});
    bed.post(&batch("upsert"), &token, body).await.expect(400);
    assert!(found(&bed, &token, "contacts", json!({"query": "one@"})).await.is_empty(), "all or nothing");
    let twice = json!({"inputs": [input("a@b.example", json!({})), input("A@b.example", json!({}))]});
    assert!(
        text(&bed.post(&batch("upsert"), &token, twice).await.expect(400)["message"]).contains("Duplicate")
    );

    let wanted = json!({"inputs": [{"id": "51"}, {"id": "999"}], "properties": ["phone"], "propertiesWithHistory": []});
    let read = bed.post(&batch("read"), &token, wanted).await.expect(207);
    assert_eq!(read["results"][0]["properties"]["phone"], "1");
    assert_eq!(read["errors"][0]["context"]["ids"], json!(["999"]));
    let made = json!({"inputs": [{"properties": {"firstname": "Three"}}]});
    assert_eq!(bed.post(&batch("create"), &token, made).await.expect(201)["status"], "COMPLETE");
    let changed = json!({"inputs": [{"id": "52", "properties": {"city": "London"}}]});
    bed.post(&batch("update"), &token, changed).await.expect(200);
    bed.post(&batch("archive"), &token, json!({"inputs": [{"id": id}]})).await.expect(204);
    bed.get(&format!("{CONTACTS}/{id}"), &token).await.expect(404);
}

#[tokio::test]
async fn the_settings_of_the_account() {
    let bed = Bed::new().await;
    let token = everyday(&bed).await;
    let deals = bed.get(&format!("{API}/pipelines/deals"), &token).await.expect(200);
    assert_eq!(
        deals["results"][0]["stages"][5]["metadata"],
        json!({"isClosed": "true", "probability": "1.0"})
    );
    let stages = bed.get(&format!("{API}/pipelines/0-5/0/stages"), &token).await.expect(200);
    assert_eq!(each(&stages["results"], "id"), ["1", "2", "3", "4"]);
    bed.get(&format!("{API}/pipelines/deals/0"), &token).await.expect(404);
    let properties = bed.get(&format!("{API}/properties/contacts"), &token).await.expect(200);
    let own: Vec<&str> = properties["results"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|property| property["hubspotDefined"].is_null())
        .map(|property| property["name"].as_str().unwrap())
        .collect();
    assert_eq!(own, ["numberofchildren", "favourite"]);
    let stage = bed.get(&format!("{API}/properties/deals/dealstage"), &token).await.expect(200);
    assert_eq!(stage["options"][5]["value"], "closedwon");
    let owner = bed.get(&format!("{API}/owners/6166860"), &token).await.expect(200);
    assert_eq!((&owner["firstName"], &owner["userId"]), (&json!("Grace"), &json!(19_061_209)));
    let owner = bed.get(&format!("{API}/owners?email=alan%40example.com"), &token).await.expect(200);
    assert_eq!(each(&owner["results"], "id"), ["6166861"]);
    let labels = "api.hubapi.com/crm/v4/associations/contacts/companies/labels";
    let labels = bed.get(labels, &token).await.expect(200);
    assert_eq!(labels["results"][1], json!({"category": "HUBSPOT_DEFINED", "typeId": 1, "label": "Primary"}));
}

#[tokio::test]
async fn records_and_links_survive_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("twins.json");
    let bed = Bed::with(Some(path.clone())).await;
    let token = everyday(&bed).await;
    let made = bed.post(CONTACTS, &token, with_values(json!({"firstname": "Kept"}))).await.expect(201);
    let id = text(&made["id"]);
    let link = format!("{LINKS}/contacts/{id}/associations/default/companies/77");
    bed.call("PUT", &link, &token, Body::None).await.expect(200);
    bed.sandbox.stop().await;
    let bed = Bed::with(Some(path)).await;
    let kept = bed.get(&format!("{CONTACTS}/{id}?associations=companies"), &token).await.expect(200);
    assert_eq!(kept["associations"]["companies"]["results"][0]["id"], "77");
    let next = bed.post(CONTACTS, &token, with_values(json!({"firstname": "Next"}))).await.expect(201);
    assert_ne!(next["id"], made["id"]);
}
