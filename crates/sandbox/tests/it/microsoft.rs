//! Microsoft: numbered OAuth errors and refresh tokens that outlive their use;
//! mail, calendars and contacts of Graph.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sandbox::{Decision, Provider};
use serde_json::{Value, json};

use crate::bed::{Bed, Body, REDIRECT, Reply, VERIFIER, each, text};

const MS: Provider = Provider::Microsoft;
const ME: &str = "graph.microsoft.com/v1.0/me";
const ALL: &str = "offline_access https://graph.microsoft.com/User.Read https://graph.microsoft.com/Mail.ReadWrite \
                   https://graph.microsoft.com/Mail.Send https://graph.microsoft.com/Calendars.ReadWrite \
                   https://graph.microsoft.com/Contacts.ReadWrite";

async fn token(bed: &Bed, account: &str) -> String {
    bed.token(MS, account, ALL).await
}

async fn patch(bed: &Bed, path: &str, token: &str, body: Value) -> Reply {
    bed.call("PATCH", &format!("{ME}/{path}"), token, Body::Json(body)).await
}

async fn delete(bed: &Bed, path: &str, token: &str) -> Reply {
    bed.call("DELETE", &format!("{ME}/{path}"), token, Body::None).await
}

async fn get(bed: &Bed, path: &str, token: &str) -> Value {
    bed.get(&format!("{ME}/{path}"), token).await.expect(200)
}

async fn post(bed: &Bed, path: &str, token: &str, body: Value) -> Reply {
    bed.post(&format!("{ME}/{path}"), token, body).await
}

fn to(address: &str) -> Value {
    json!([{"emailAddress": {"address": address}}])
}

/// The code of an error, whose body has the shape of all.
#[track_caller]
fn code(reply: Reply, status: u16) -> String {
    let body = reply.expect(status);
    assert!(body["error"]["innerError"]["request-id"].is_string(), "{body}");
    text(&body["error"]["code"])
}

#[tokio::test]
async fn refresh_tokens_are_replaced_and_the_old_ones_go_on_working() {
    let bed = Bed::new().await;
    let scope = "openid profile email offline_access https://graph.microsoft.com/User.Read Mail.Read";
    let first = bed.connect(MS, "ada@example.com", scope).await;
    assert_eq!(first["scope"], "openid profile email https://graph.microsoft.com/User.Read Mail.Read");
    assert_eq!((&first["token_type"], &first["expires_in"]), (&json!("Bearer"), &json!(3599)));
    let claims = text(&first["id_token"]).split('.').nth(1).map(|part| URL_SAFE_NO_PAD.decode(part).unwrap());
    let claims: Value = serde_json::from_slice(&claims.unwrap()).unwrap();
    assert_eq!(claims["preferred_username"], "ada@example.com");
    assert_eq!(claims["aud"], bed.client(MS).client_id);

    let old = text(&first["refresh_token"]);
    let second = bed.refresh(MS, &old).await.expect(200);
    assert_ne!(second["refresh_token"], first["refresh_token"]);
    bed.refresh(MS, &old).await.expect(200);
    bed.refresh(MS, &text(&second["refresh_token"])).await.expect(200);
    assert_eq!(bed.get(ME, &text(&second["access_token"])).await.expect(200)["mail"], "ada@example.com");

    let fields = [
        ("grant_type", "refresh_token"),
        ("refresh_token", old.as_str()),
        ("scope", "https://graph.microsoft.com/Mail.Read"),
    ];
    let narrow = bed.redeem(MS, &fields).await.expect(200);
    assert_eq!(narrow["scope"], "https://graph.microsoft.com/Mail.Read");
    get(&bed, "messages", &text(&narrow["access_token"])).await;
    bed.get(ME, &text(&narrow["access_token"])).await.expect(403);

    bed.sandbox.control().revoke_account(MS, "ada@example.com");
    let dead = bed.refresh(MS, &old).await.expect(400);
    assert_eq!((&dead["error"], &dead["error_codes"]), (&json!("invalid_grant"), &json!([50173])));
    let online = bed.connect(MS, "ada@example.com", "User.Read").await;
    assert!(online["refresh_token"].is_null());
}

#[tokio::test]
async fn errors_of_the_token_endpoint_have_numbers() {
    let bed = Bed::new().await;
    let spent = bed.code(MS, "ada@example.com", "User.Read").await;
    bed.exchange(MS, &spent).await.expect(200);
    let replayed = bed.exchange(MS, &spent).await.expect(400);
    assert_eq!(replayed["error"], "invalid_grant");
    let description = text(&replayed["error_description"]);
    assert!(description.starts_with("AADSTS54005: ") && description.contains(" Trace ID: "), "{description}");
    assert!(replayed["trace_id"].is_string() && replayed["correlation_id"].is_string());

    let code = bed.code(MS, "ada@example.com", "User.Read").await;
    let grant = [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", REDIRECT)];
    let wrong =
        bed.redeem(MS, &[&grant[..], &[("code_verifier", &"x".repeat(43))]].concat()).await.expect(400);
    assert_eq!(wrong["error_codes"], json!([501_481]));
    let path = "login.microsoftonline.com/common/oauth2/v2.0/token";
    let id = bed.client(MS).client_id;
    let mut fields =
        vec![("client_id", id.as_str()), ("client_secret", "wrong"), ("code_verifier", VERIFIER)];
    fields.extend(grant);
    let wrong = bed.form(path, &fields).await.expect(401);
    assert_eq!((&wrong["error"], &wrong["error_codes"]), (&json!("invalid_client"), &json!([7_000_215])));
    let missing = bed.redeem(MS, &[("grant_type", "refresh_token")]).await.expect(400);
    assert_eq!(missing["error_codes"], json!([900_144]));
    let unknown = bed.redeem(MS, &[("grant_type", "password")]).await.expect(400);
    assert_eq!(unknown["error"], "unsupported_grant_type");
}

#[tokio::test]
async fn the_authorization_page_refuses_what_microsoft_does_not_know() {
    let bed = Bed::new().await;
    for (more, words) in [
        (("scope", "Mail.Everything"), "AADSTS650053"),
        (("scope", ""), "AADSTS900144"),
        (("response_mode", "fragment"), "sandbox: of the response modes"),
    ] {
        let url = bed.authorize_url(MS, &[("scope", "User.Read"), more]);
        let refused = bed
            .sandbox
            .control()
            .consent(&url, &Decision::Allow("ada@example.com".into()))
            .await
            .unwrap_err();
        assert!(refused.page.contains(words), "{}", refused.page);
    }
    let url = bed.authorize_url(MS, &[("scope", "User.Read"), ("response_mode", "query")]);
    assert!(bed.allow(&url, "ada@example.com").await.contains_key("session_state"));
    let denied = bed.sandbox.control().consent(&url, &Decision::Deny).await.unwrap();
    assert!(denied.as_str().contains("AADSTS65004"), "{denied}");
}

#[tokio::test]
async fn a_sent_mail_is_answered_filed_and_deleted() {
    let bed = Bed::new().await;
    let (ada, grace) = (token(&bed, "ada@example.com").await, token(&bed, "grace@example.com").await);
    let letter = json!({"message": {"subject": "Engines", "body": {"contentType": "HTML",
        "content": "<p>See <b>G</b></p>"},
        "toRecipients": to("grace@example.com"), "bccRecipients": to("alan@example.com"),
        "attachments": [{"@odata.type": "#microsoft.graph.fileAttachment", "name": "g.txt",
            "contentBytes": "aGVsbG8="}]}});
    assert_eq!(post(&bed, "sendMail", &ada, letter).await.status, 202);
    assert_eq!(bed.last_entry().operation.as_deref(), Some("me.sendMail"));
    let inbox = get(&bed, "mailFolders/inbox/messages?$top=1", &grace).await;
    let mail = &inbox["value"][0];
    assert_eq!(
        (&mail["subject"], &mail["isRead"], &mail["hasAttachments"]),
        (&json!("Engines"), &json!(false), &json!(true))
    );
    assert_eq!((&mail["bccRecipients"], &mail["bodyPreview"]), (&json!([]), &json!("See G")));
    let id = text(&mail["id"]);
    let files =
        get(&bed, &format!("messages/{id}/attachments?$select=name,size"), &grace).await["value"].clone();
    assert_eq!(
        (&files[0]["name"], &files[0]["size"], &files[0]["contentBytes"]),
        (&json!("g.txt"), &json!(5), &Value::Null)
    );
    let file = get(&bed, &format!("messages/{id}/attachments/{}", text(&files[0]["id"])), &grace).await;
    assert_eq!(file["contentBytes"], "aGVsbG8=");

    // Both spellings, and never both a comment and a body.
    for body in [json!({"comment": "Seen."}), json!({"Comment": "Seen."})] {
        post(&bed, &format!("messages/{id}/reply"), &grace, body).await.expect(202);
    }
    let both = json!({"comment": "x", "message": {"body": {"contentType": "text", "content": "y"}}});
    assert_eq!(
        code(post(&bed, &format!("messages/{id}/reply"), &grace, both).await, 400),
        "ErrorInvalidParameter"
    );
    let twice = json!({"comment": "x", "Comment": "y"});
    assert_eq!(
        code(post(&bed, &format!("messages/{id}/reply"), &grace, twice).await, 400),
        "RequestBodyRead"
    );
    let answers = get(&bed, "messages?$search=\"subject:engines from:grace\"", &ada).await;
    assert_eq!(each(&answers["value"], "subject"), ["Re: Engines", "Re: Engines"]);
    let sent = get(&bed, "mailFolders/sentitems/messages?$filter=subject eq 'engines'", &ada).await;
    assert_eq!(sent["value"][0]["conversationId"], answers["value"][0]["conversationId"]);

    patch(&bed, &format!("messages/{id}"), &grace, json!({"isRead": true, "categories": ["Red"]}))
        .await
        .expect(200);
    let fixed = patch(&bed, &format!("messages/{id}"), &grace, json!({"subject": "Other"})).await;
    assert_eq!(code(fixed, 400), "ErrorInvalidPropertySet");
    let moved = post(&bed, &format!("messages/{id}/move"), &grace, json!({"destinationId": "archive"}))
        .await
        .expect(201);
    bed.get(&format!("{ME}/messages/{id}"), &grace).await.expect(404);
    let id = text(&moved["id"]);
    let plain = bed.builder("GET", &format!("{ME}/messages/{id}")).bearer_auth(&grace);
    let plain = bed.send(plain.header("prefer", "outlook.body-content-type=\"text\"")).await;
    assert_eq!(plain.header("preference-applied"), "outlook.body-content-type=\"text\"");
    assert_eq!(plain.expect(200)["body"], json!({"contentType": "text", "content": "See G\r\n"}));
    assert_eq!(delete(&bed, &format!("messages/{id}"), &grace).await.status, 204);
    assert_eq!(code(bed.get(&format!("{ME}/messages/{id}"), &grace).await, 404), "ErrorItemNotFound");
}

#[tokio::test]
async fn drafts_are_written_changed_and_sent() {
    let bed = Bed::new().await;
    let (ada, alan) = (token(&bed, "ada@example.com").await, token(&bed, "alan@example.com").await);
    let draft = post(&bed, "messages", &ada, json!({"subject": "Plan"})).await.expect(201);
    let id = text(&draft["id"]);
    assert_eq!(
        code(bed.call("POST", &format!("{ME}/messages/{id}/send"), &ada, Body::None).await, 400),
        "ErrorInvalidRecipients"
    );
    let file =
        json!({"@odata.type": "#microsoft.graph.fileAttachment", "name": "a.csv", "contentBytes": "YQ=="});
    let file = post(&bed, &format!("messages/{id}/attachments"), &ada, file).await.expect(201);
    assert_eq!(file["contentType"], "text/csv");
    patch(&bed, &format!("messages/{id}"), &ada, json!({"toRecipients": to("alan@example.com")}))
        .await
        .expect(200);
    assert_eq!(bed.call("POST", &format!("{ME}/messages/{id}/send"), &ada, Body::None).await.status, 202);
    bed.get(&format!("{ME}/messages/{id}"), &ada).await.expect(404);
    let got =
        get(&bed, "messages?$filter=hasAttachments eq true and subject eq 'Plan'&$expand=attachments", &alan)
            .await;
    assert_eq!(each(&got["value"][0]["attachments"], "name"), ["a.csv"]);

    let id = text(&got["value"][0]["id"]);
    let all = post(&bed, &format!("messages/{id}/createReplyAll"), &alan, json!({})).await.expect(201);
    assert_eq!(all["toRecipients"][0]["emailAddress"]["address"], "ada@example.com");
    let forward = json!({"ToRecipients": to("grace@example.com"), "Comment": "For you"});
    assert_eq!(post(&bed, &format!("messages/{id}/forward"), &alan, forward).await.status, 202);
    let grace = token(&bed, "grace@example.com").await;
    let got = get(&bed, "messages?$search=\"hasAttachments:true subject:plan\"", &grace).await;
    assert_eq!(each(&got["value"], "subject"), ["FW: Plan"]);
    let other =
        json!({"message": {"toRecipients": to("ada@example.com"), "from": to("alan@example.com")[0]}});
    assert_eq!(code(post(&bed, "sendMail", &grace, other).await, 403), "ErrorSendAsDenied");
}

#[tokio::test]
async fn lists_are_filtered_sorted_counted_and_paged() {
    let bed = Bed::new().await;
    let ada = token(&bed, "ada@example.com").await;
    for number in 1..=5 {
        bed.advance(60);
        post(&bed, "messages", &ada, json!({"subject": format!("Part {number}")})).await.expect(201);
    }
    let mut path = format!(
        "{ME}/mailFolders/drafts/messages?$top=2&$select=subject&$count=true&$orderby=receivedDateTime"
    );
    let mut seen = Vec::new();
    loop {
        let page = bed.get(&path, &ada).await.expect(200);
        assert_eq!(page["@odata.count"], 5);
        assert!(page["value"][0]["id"].is_string() && page["value"][0]["isRead"].is_null());
        seen.extend(each(&page["value"], "subject"));
        let Some(next) = page["@odata.nextLink"].as_str() else { break };
        path = next.strip_prefix(bed.sandbox.base_url().as_str()).unwrap().to_owned();
    }
    assert_eq!(seen, ["Part 1", "Part 2", "Part 3", "Part 4", "Part 5"]);

    let found = get(&bed, "messages?$search=\"part\"&$top=3", &ada).await;
    let next = text(&found["@odata.nextLink"]);
    assert!(next.contains("skiptoken"), "{next}");
    let rest = bed.get(next.strip_prefix(bed.sandbox.base_url().as_str()).unwrap(), &ada).await.expect(200);
    assert_eq!(each(&rest["value"], "subject"), ["Part 2", "Part 1"]);

    let filters = [
        ("isDraft eq true and (contains(subject,'3') or endswith(subject,'4'))", 2),
        ("isDraft eq true and not startswith(subject,'Part')", 0),
        ("receivedDateTime ge 2027-01-15T08:03:00Z and isDraft eq true", 3),
        ("toRecipients/any(r:r/emailAddress/address eq 'ada@example.com')", 3),
        ("from/emailAddress/address eq 'grace@example.com'", 2),
        ("flag/flagStatus eq 'flagged'", 0),
    ];
    for (filter, count) in filters {
        let found = get(&bed, &format!("messages?$top=50&$filter={filter}"), &ada).await;
        assert_eq!(found["value"].as_array().unwrap().len(), count, "{filter}");
    }
    for (query, expected) in [
        ("$filter=isRead eq false&$orderby=receivedDateTime desc", "InefficientFilter"),
        ("$filter=receivedDateTime ge '2027-01-01'", "RequestBroker--ParseUri"),
        ("$filter=colour eq 'red'", "RequestBroker--ParseUri"),
        ("$filter=isRead eq", "RequestBroker--ParseUri"),
        ("$select=colour", "RequestBroker--ParseUri"),
        ("$search=\"a\"&$filter=isRead eq true", "SearchWithFilter"),
        ("$search=a", "RequestBroker--ParseUri"),
        ("$top=5000", "RequestBroker--ParseUri"),
        ("limit=5", "RequestBodyRead"),
    ] {
        assert_eq!(code(bed.get(&format!("{ME}/messages?{query}"), &ada).await, 400), expected, "{query}");
    }
    let sorted = get(
        &bed,
        "messages?$filter=receivedDateTime ge 1900-01-01 and isDraft eq true&$orderby=receivedDateTime desc",
        &ada,
    )
    .await;
    assert_eq!(sorted["value"][0]["subject"], "Part 5");
}

#[tokio::test]
async fn scopes_and_shapes_are_enforced() {
    let bed = Bed::new().await;
    let reader = bed.token(MS, "ada@example.com", "Mail.Read User.Read").await;
    let refused = post(&bed, "messages", &reader, json!({"subject": "x"})).await;
    assert_eq!(code(refused, 403), "ErrorAccessDenied");
    assert_eq!(bed.last_entry().detail["lacks_scope"], true);
    bed.get(&format!("{ME}?$select=id,mailboxSettings"), &reader).await.expect(403);
    assert_eq!(bed.last_entry().detail["lacks_scope"], true);
    let settings = bed.token(MS, "ada@example.com", "MailboxSettings.Read").await;
    let shown = bed.get(&format!("{ME}?$select=id,mailboxSettings"), &settings).await.expect(200);
    assert_eq!(shown["mailboxSettings"]["timeZone"], "GMT Standard Time");
    let basics = bed.token(MS, "ada@example.com", "Mail.ReadBasic").await;
    let listed = get(&bed, "messages", &basics).await;
    assert!(listed["value"][0]["subject"].is_string() && listed["value"][0]["bodyPreview"].is_null());
    assert_eq!(
        code(bed.get(&format!("{ME}/messages?$search=\"x\""), &basics).await, 403),
        "ErrorAccessDenied"
    );

    let ada = token(&bed, "ada@example.com").await;
    let unknown = post(&bed, "messages", &ada, json!({"title": "x"})).await.expect(400);
    assert!(text(&unknown["error"]["message"]).starts_with("sandbox: `title`"), "{unknown}");
    let raw = Body::Raw("text/plain", b"{}".to_vec());
    bed.call("POST", &format!("{ME}/messages"), &ada, raw).await.expect(400);
    assert_eq!(code(bed.get(&format!("{ME}/messages"), "").await, 401), "InvalidAuthenticationToken");
    assert_eq!(code(bed.get(&format!("{ME}/messages/a!b"), &ada).await, 400), "ErrorInvalidIdMalformed");
    let strange =
        bed.builder("GET", &format!("{ME}/messages")).bearer_auth(&ada).header("prefer", "respond-async");
    bed.send(strange).await.expect(400);
}

#[tokio::test]
async fn folders_and_contacts_are_kept() {
    let bed = Bed::new().await;
    let ada = token(&bed, "ada@example.com").await;
    let folder = post(&bed, "mailFolders/inbox/childFolders", &ada, json!({"displayName": "Proofs"}))
        .await
        .expect(201);
    let again = post(&bed, "mailFolders/inbox/childFolders", &ada, json!({"displayName": "proofs"})).await;
    assert_eq!(code(again, 409), "ErrorFolderExists");
    let inside = get(&bed, "mailFolders/inbox/childFolders", &ada).await;
    assert_eq!(each(&inside["value"], "displayName"), ["Proofs"]);
    let top = get(&bed, "mailFolders?$top=50", &ada).await;
    let inbox =
        top["value"].as_array().unwrap().iter().find(|one| one["displayName"] == "Inbox").unwrap().clone();
    assert_eq!((&inbox["childFolderCount"], &inbox["totalItemCount"]), (&json!(1), &json!(3)));
    let id = text(&folder["id"]);
    assert_eq!(
        patch(&bed, &format!("mailFolders/{id}"), &ada, json!({"displayName": "Old"})).await.expect(200)["displayName"],
        "Old"
    );
    assert_eq!(delete(&bed, &format!("mailFolders/{id}"), &ada).await.status, 204);
    assert_eq!(code(delete(&bed, "mailFolders/inbox", &ada).await, 403), "ErrorDeleteDistinguishedFolder");

    let card = json!({"givenName": "Mary", "surname": "O'Hara",
        "emailAddresses": [{"address": "mary@example.com"}]});
    let contact = post(&bed, "contacts", &ada, card).await.expect(201);
    assert_eq!(
        (&contact["displayName"], &contact["fileAs"]),
        (&json!("Mary O'Hara"), &json!("O'Hara, Mary"))
    );
    let filter = "startswith(surname,'O''H') and emailAddresses/any(a:a/address eq 'mary@example.com')";
    let found = get(&bed, &format!("contacts?$filter={filter}&$select=displayName"), &ada).await;
    assert_eq!(each(&found["value"], "displayName"), ["Mary O'Hara"]);
    let id = text(&contact["id"]);
    patch(&bed, &format!("contacts/{id}"), &ada, json!({"jobTitle": "Editor"})).await.expect(200);
    assert_eq!(get(&bed, &format!("contacts/{id}"), &ada).await["jobTitle"], "Editor");
    assert_eq!(delete(&bed, &format!("contacts/{id}"), &ada).await.status, 204);
    let names = each(&get(&bed, "contacts?$orderby=surname desc", &ada).await["value"], "surname");
    assert_eq!(names, ["Turing", "Hopper"]);
}

fn berlin(time: &str) -> Value {
    json!({"dateTime": format!("2027-03-{time}:00"), "timeZone": "Europe/Berlin"})
}

#[tokio::test]
async fn a_meeting_is_called_answered_moved_and_cancelled() {
    let bed = Bed::new().await;
    let (ada, grace) = (token(&bed, "ada@example.com").await, token(&bed, "grace@example.com").await);
    let plan = json!({"subject": "Review", "start": berlin("02T10:00"), "end": berlin("02T11:00"),
        "transactionId": "t1",
        "attendees": [{"emailAddress": {"address": "grace@example.com"}, "type": "required"}],
            "isOnlineMeeting": true});
    let made = post(&bed, "events", &ada, plan.clone()).await.expect(201);
    assert_eq!(made["start"], json!({"dateTime": "2027-03-02T09:00:00.0000000", "timeZone": "UTC"}));
    assert!(made["isOrganizer"] == true && made["onlineMeeting"]["joinUrl"].is_string(), "{made}");
    let again = post(&bed, "events", &ada, plan).await.expect(201);
    assert_eq!(again["id"], made["id"], "the same transaction makes nothing twice");

    let window = "calendarView?startDateTime=2027-03-02T00:00:00Z&endDateTime=2027-03-03T00:00:00Z";
    let wanted = bed.builder("GET", &format!("{ME}/{window}")).bearer_auth(&grace);
    let seen =
        bed.send(wanted.header("prefer", "outlook.timezone=\"Tokyo Standard Time\"")).await.expect(200);
    let invited = &seen["value"][0];
    assert_eq!(
        invited["start"],
        json!({"dateTime": "2027-03-02T18:00:00.0000000", "timeZone": "Tokyo Standard Time"})
    );
    assert_eq!(
        (&invited["isOrganizer"], &invited["responseStatus"]["response"]),
        (&json!(false), &json!("notResponded"))
    );
    let id = text(&invited["id"]);
    assert_eq!(
        post(&bed, &format!("events/{id}/accept"), &grace, json!({"SendResponse": true})).await.status,
        202
    );
    let own = text(&made["id"]);
    let seen = get(&bed, &format!("events/{own}"), &ada).await;
    assert_eq!(seen["attendees"][0]["status"]["response"], "accepted");
    let answers = get(&bed, "messages?$filter=startswith(subject,'Accepted')", &ada).await;
    assert_eq!(each(&answers["value"], "subject"), ["Accepted: Review"]);
    assert_eq!(
        code(post(&bed, &format!("events/{own}/accept"), &ada, json!({})).await, 400),
        "ErrorInvalidRequest"
    );
    assert_eq!(
        code(post(&bed, &format!("events/{id}/cancel"), &grace, json!({})).await, 400),
        "ErrorInvalidRequest"
    );

    let later = json!({"start": berlin("02T14:00"), "end": berlin("02T15:00")});
    patch(&bed, &format!("events/{own}"), &ada, later).await.expect(200);
    let schedule = json!({"schedules": ["grace@example.com", "nobody@example.com"],
        "startTime": berlin("02T13:00"),
        "endTime": berlin("02T16:00"), "availabilityViewInterval": 60});
    let found = post(&bed, "calendar/getSchedule", &ada, schedule).await.expect(200)["value"].clone();
    assert_eq!(found[0]["availabilityView"], "020");
    assert_eq!(found[1]["error"]["responseCode"], "ErrorMailRecipientNotFound");
    let wish = json!({"attendees": [{"emailAddress": {"address": "grace@example.com"}}],
        "meetingDuration": "PT1H", "maxCandidates": 1,
        "minimumAttendeePercentage": 100, "timeConstraint": {"timeSlots": [{"start": berlin("02T14:00"),
            "end": berlin("02T17:00")}]}});
    let found = post(&bed, "findMeetingTimes", &ada, wish).await.expect(200);
    let slot = &found["meetingTimeSuggestions"][0]["meetingTimeSlot"];
    assert_eq!(slot["start"]["dateTime"], "2027-03-02T14:00:00.0000000");

    assert_eq!(
        post(&bed, &format!("events/{own}/cancel"), &ada, json!({"comment": "Ill."})).await.status,
        202
    );
    bed.get(&format!("{ME}/events/{own}"), &ada).await.expect(404);
    assert_eq!(get(&bed, &format!("events/{id}"), &grace).await["isCancelled"], true);
}

#[tokio::test]
async fn a_series_happens_on_its_days_by_the_clock_of_its_zone() {
    let bed = Bed::new().await;
    let ada = token(&bed, "ada@example.com").await;
    let calendar = post(&bed, "calendars", &ada, json!({"name": "Courses"})).await.expect(201);
    let path = format!("calendars/{}", text(&calendar["id"]));
    let range = json!({"type": "endDate", "startDate": "2027-03-22", "endDate": "2027-04-30"});
    let weekly = json!({"subject": "Lesson", "start": berlin("22T10:00"), "end": berlin("22T11:00"),
        "recurrence":
        {"pattern": {"type": "weekly", "interval": 1, "daysOfWeek": ["monday"]}, "range": range}});
    let master = post(&bed, &format!("{path}/events"), &ada, weekly).await.expect(201);
    assert_eq!(master["type"], "seriesMaster");
    let window = format!(
        "{path}/calendarView?startDateTime=2027-03-21T00:00:00Z&endDateTime=2027-04-06T00:00:00Z&$select=start,type"
    );
    let view = get(&bed, &window, &ada).await["value"].clone();
    let starts: Vec<&str> =
        view.as_array().unwrap().iter().map(|one| one["start"]["dateTime"].as_str().unwrap()).collect();
    // Summer time begins on the 28th.
    assert_eq!(
        starts,
        ["2027-03-22T09:00:00.0000000", "2027-03-29T08:00:00.0000000", "2027-04-05T08:00:00.0000000"]
    );
    let second = text(&view[1]["id"]);
    patch(&bed, &format!("events/{second}"), &ada, json!({"subject": "Exam"})).await.expect(200);
    assert_eq!(delete(&bed, &format!("events/{}", text(&view[2]["id"])), &ada).await.status, 204);
    let view = get(&bed, &window.replace("start,type", "subject"), &ada).await;
    assert_eq!(each(&view["value"], "subject"), ["Lesson", "Exam"]);
    assert_eq!(delete(&bed, &format!("events/{}", text(&master["id"])), &ada).await.status, 204);
    assert_eq!(get(&bed, &window, &ada).await["value"], json!([]));

    let day = |time: &str| json!({"dateTime": format!("2027-05-{time}"), "timeZone": "UTC"});
    let leave =
        json!({"subject": "Leave", "isAllDay": true, "start": day("03T00:00:00"), "end": day("05T00:00:00")});
    assert_eq!(
        post(&bed, "events", &ada, leave).await.expect(201)["end"]["dateTime"],
        "2027-05-05T00:00:00.0000000"
    );
    for (wrong, expected) in [
        (
            json!({"isAllDay": true, "start": day("03T01:00:00"), "end": day("05T00:00:00")}),
            "ErrorPropertyValidationFailure",
        ),
        (
            json!({"start": day("03T01:00:00"), "end": day("02T00:00:00")}),
            "ErrorCalendarEndDateIsEarlierThanStartDate",
        ),
        (
            json!({"start": day("03T01:00:00"), "end": {"dateTime": "2027-05-03T02:00:00",
                "timeZone": "Mars"}}),
            "TimeZoneNotSupportedException",
        ),
        (json!({"start": day("03T01:00:00")}), "ErrorInvalidParameter"),
    ] {
        assert_eq!(code(post(&bed, "events", &ada, wrong).await, 400), expected);
    }
}
