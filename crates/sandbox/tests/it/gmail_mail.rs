//! Gmail: mail is written, arrives, is read, answered, thrown away and gone.

use sandbox::Provider;
use serde_json::{Value, json};

use crate::bed::{Bed, Body, GMAIL, MAIL, base64url, each, text};

fn raw(mail: &str) -> Value {
    json!({"raw": base64url(mail)})
}

async fn send(bed: &Bed, token: &str, mail: &str) -> Value {
    bed.post(&format!("{GMAIL}/messages/send"), token, raw(mail)).await.expect(200)
}

async fn message(bed: &Bed, token: &str, id: &Value, query: &str) -> Value {
    bed.get(&format!("{GMAIL}/messages/{}{query}", text(id)), token).await.expect(200)
}

fn header(message: &Value, name: &str) -> Option<String> {
    let headers = message["payload"]["headers"].as_array().unwrap();
    let found = headers.iter().find(|header| text(&header["name"]).eq_ignore_ascii_case(name));
    found.map(|header| text(&header["value"]))
}

fn decoded(data: &Value) -> String {
    let engine = base64::engine::general_purpose::URL_SAFE_NO_PAD;
    String::from_utf8(base64::Engine::decode(&engine, text(data)).unwrap()).unwrap()
}

#[tokio::test]
async fn a_first_look_shows_a_lived_in_mailbox() {
    let bed = Bed::new().await;
    let token = bed.gmail().await;
    let profile = bed.get(&format!("{GMAIL}/profile"), &token).await.expect(200);
    assert_eq!(profile["emailAddress"], "ada@example.com");
    assert_eq!((&profile["messagesTotal"], &profile["threadsTotal"]), (&json!(4), &json!(3)));
    assert!(profile["historyId"].is_string());
    let by_address = bed.get("gmail.googleapis.com/gmail/v1/users/ada@example.com/profile", &token).await;
    assert_eq!(by_address.expect(200), profile);

    let list = bed.get(&format!("{GMAIL}/messages"), &token).await.expect(200);
    assert_eq!(list["resultSizeEstimate"], 4);
    let newest = message(&bed, &token, &list["messages"][0]["id"], "").await;
    assert_eq!(header(&newest, "subject").as_deref(), Some("Lunch on Thursday?"));
    assert_eq!(newest["labelIds"], json!(["INBOX", "UNREAD"]));
    assert_eq!(newest["snippet"], "Shall we have lunch on Thursday?");
    assert_eq!(newest["internalDate"], ((bed.now() - 3 * 3600) * 1000).to_string());
    assert_eq!(newest["payload"]["mimeType"], "text/html");
    assert!(decoded(&newest["payload"]["body"]["data"]).contains("<b>lunch</b>"));
}

#[tokio::test]
async fn a_mail_arrives_at_everyone_but_keeps_its_secret_recipients() {
    let bed = Bed::new().await;
    let ada = bed.gmail().await;
    let mail = "To: Grace <grace@example.com>, stranger@elsewhere.example\r\nBcc: alan@example.com\r\n\
                Subject: =?UTF-8?B?R3LDvMOfZQ==?=\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHallo Grace\r\n";
    let sent = send(&bed, &ada, mail).await;
    assert_eq!(sent["labelIds"], json!(["SENT"]));
    assert_eq!(sent["id"], sent["threadId"]);
    let kept = message(&bed, &ada, &sent["id"], "").await;
    assert_eq!(header(&kept, "from").as_deref(), Some("Ada Lovelace <ada@example.com>"));
    assert_eq!(header(&kept, "subject").as_deref(), Some("Grüße"));
    assert_eq!(header(&kept, "bcc").as_deref(), Some("alan@example.com"));
    assert!(header(&kept, "date").is_some() && header(&kept, "message-id").is_some());

    for account in ["grace@example.com", "alan@example.com"] {
        let token = bed.token(Provider::Google, account, MAIL).await;
        let list = bed.get(&format!("{GMAIL}/messages?maxResults=1"), &token).await.expect(200);
        let arrived = message(&bed, &token, &list["messages"][0]["id"], "").await;
        assert_eq!(header(&arrived, "subject").as_deref(), Some("Grüße"), "{account}");
        assert_eq!(arrived["labelIds"], json!(["INBOX", "UNREAD"]));
        assert_eq!(header(&arrived, "bcc"), None);
        assert_ne!(arrived["id"], sent["id"]);
        assert_eq!(header(&arrived, "message-id"), header(&kept, "message-id"));
    }
}

#[tokio::test]
async fn a_foreign_sender_becomes_the_account_and_a_note_to_oneself_arrives() {
    let bed = Bed::new().await;
    let token = bed.gmail().await;
    let own =
        send(&bed, &token, "From: boss@example.com\r\nTo: ADA@example.com\r\nSubject: Note\r\n\r\nx").await;
    assert_eq!(own["labelIds"], json!(["SENT", "INBOX", "UNREAD"]));
    let kept = message(&bed, &token, &own["id"], "").await;
    assert_eq!(header(&kept, "from").as_deref(), Some("Ada Lovelace <ada@example.com>"));
    let named = send(&bed, &token, "From: \"A. L.\" <ada@example.com>\r\nTo: x@example.org\r\n\r\nx").await;
    let kept = message(&bed, &token, &named["id"], "").await;
    assert_eq!(header(&kept, "from").as_deref(), Some("\"A. L.\" <ada@example.com>"));
}

#[tokio::test]
async fn what_cannot_be_sent_says_why() {
    let bed = Bed::new().await;
    let token = bed.gmail().await;
    let refused = async |body: Value| {
        let error = bed.post(&format!("{GMAIL}/messages/send"), &token, body).await.expect(400);
        assert_eq!(error["error"]["status"], "INVALID_ARGUMENT");
        text(&error["error"]["message"])
    };
    assert_eq!(refused(raw("Subject: nobody\r\n\r\nx")).await, "Recipient address required");
    assert_eq!(refused(raw("To: \r\n\r\nx")).await, "Recipient address required");
    assert!(refused(raw("To: not an address\r\n\r\nx")).await.starts_with("Invalid To header"));
    assert!(refused(raw("To: a@b@c.example\r\n\r\nx")).await.starts_with("Invalid To header"));
    assert!(refused(json!({"raw": "a+b/"})).await.contains("Base64 decoding failed"));
    assert!(refused(json!({})).await.contains("'raw' RFC822 payload message string"));
    assert!(refused(json!({"raw": 1})).await.contains("should be a text"));
    assert!(refused(json!({"raw": "eA", "subject": "x"})).await.contains("\"subject\": Cannot find field"));
    let padded = json!({"raw": format!("{}==", base64url("To: x@example.org\r\n\r\n1"))});
    bed.post(&format!("{GMAIL}/messages/send"), &token, padded).await.expect(200);
    let thread = json!({"raw": base64url("To: x@example.org\r\n\r\n"), "threadId": "nowhere"});
    bed.post(&format!("{GMAIL}/messages/send"), &token, thread).await.expect(404);
}

#[tokio::test]
async fn parts_and_attachments_are_taken_apart() {
    let bed = Bed::new().await;
    let token = bed.gmail().await;
    let mail = "To: ada@example.com\r\nSubject: Parts\r\nMIME-Version: 1.0\r\n\
        Content-Type: multipart/mixed; boundary=outer\r\n\r\n\
        --outer\r\nContent-Type: multipart/alternative; boundary=inner\r\n\r\n\
        --inner\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nplain words\r\n\
        --inner\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
        <p>caf=C3=A9</p>\r\n--inner--\r\n\
        --outer\r\nContent-Type: text/csv; name=\"table.csv\"\r\nContent-Transfer-Encoding: base64\r\n\
        Content-Disposition: attachment; filename=\"table.csv\"\r\n\r\nYSxiCjEsMgo=\r\n--outer--\r\n";
    let id = text(&send(&bed, &token, mail).await["id"]);
    let full = bed.get(&format!("{GMAIL}/messages/{id}"), &token).await.expect(200);
    let payload = &full["payload"];
    assert_eq!((&payload["partId"], &payload["mimeType"]), (&json!(""), &json!("multipart/mixed")));
    assert_eq!(payload["body"], json!({"size": 0}));
    let alternatives = &payload["parts"][0]["parts"];
    assert_eq!(
        (&alternatives[0]["partId"], decoded(&alternatives[0]["body"]["data"])),
        (&json!("0.0"), "plain words".into())
    );
    assert_eq!(decoded(&alternatives[1]["body"]["data"]), "<p>café</p>");
    let file = &payload["parts"][1];
    assert_eq!(
        (&file["filename"], &file["mimeType"], &file["body"]["size"]),
        (&json!("table.csv"), &json!("text/csv"), &json!(8))
    );
    assert!(file["body"]["data"].is_null());

    let attachment = text(&file["body"]["attachmentId"]);
    let path = format!("{GMAIL}/messages/{id}/attachments/{attachment}");
    let got = bed.get(&path, &token).await.expect(200);
    assert_eq!((got["size"].as_i64(), decoded(&got["data"])), (Some(8), "a,b\n1,2\n".into()));
    bed.get(&format!("{GMAIL}/messages/{id}/attachments/nonsense"), &token).await.expect(400);
    bed.get(&format!("{GMAIL}/messages/0/attachments/{attachment}"), &token).await.expect(404);
}

#[tokio::test]
async fn formats_show_more_or_less() {
    let bed = Bed::new().await;
    let token = bed.gmail().await;
    let mail = "To: ada@example.com\r\nSubject: Formats\r\nX-Other: 1\r\n\r\nbody\r\n";
    let id = send(&bed, &token, mail).await["id"].clone();
    let minimal = message(&bed, &token, &id, "?format=minimal").await;
    assert!(minimal["payload"].is_null() && minimal["raw"].is_null() && minimal["snippet"] == "body");
    let raw = message(&bed, &token, &id, "?format=raw").await;
    assert!(
        decoded(&raw["raw"]).ends_with("Subject: Formats\r\nX-Other: 1\r\n\r\nbody\r\n")
            && raw["payload"].is_null()
    );
    let named =
        message(&bed, &token, &id, "?format=metadata&metadataHeaders=Subject&metadataHeaders=x-other").await;
    assert_eq!(each(&named["payload"]["headers"], "name"), ["Subject", "X-Other"]);
    assert!(named["payload"]["body"].is_null());
    let all = message(&bed, &token, &id, "?format=metadata").await;
    assert_eq!(header(&all, "to").as_deref(), Some("ada@example.com"));
    bed.get(&format!("{GMAIL}/messages/{}?format=everything", text(&id)), &token).await.expect(400);
}

#[tokio::test]
async fn the_metadata_scope_shows_no_bodies_and_takes_no_search() {
    let bed = Bed::new().await;
    let full = bed.gmail().await;
    let list = bed.get(&format!("{GMAIL}/messages"), &full).await.expect(200);
    let token = bed
        .token(Provider::Google, "ada@example.com", "https://www.googleapis.com/auth/gmail.metadata")
        .await;
    let path = format!("{GMAIL}/messages/{}", text(&list["messages"][0]["id"]));
    let refused = bed.get(&path, &token).await.expect(403);
    assert_eq!(refused["error"]["message"], "Metadata scope doesn't allow format FULL or RAW");
    bed.get(&format!("{path}?format=metadata"), &token).await.expect(200);
    let refused = bed.get(&format!("{GMAIL}/messages?q=x"), &token).await.expect(403);
    assert_eq!(refused["error"]["message"], "Metadata scope does not support 'q' parameter");
    bed.get(&format!("{GMAIL}/messages"), &token).await.expect(200);
}

#[tokio::test]
async fn answers_join_their_thread_on_both_sides() {
    let bed = Bed::new().await;
    let (ada, grace) = (bed.gmail().await, bed.token(Provider::Google, "grace@example.com", MAIL).await);
    let first =
        send(&bed, &ada, "To: grace@example.com\r\nMessage-ID: <q@x>\r\nSubject: Question\r\n\r\n?").await;
    let at_grace = bed.get(&format!("{GMAIL}/messages?q=subject:question"), &grace).await.expect(200);
    let thread = text(&at_grace["messages"][0]["threadId"]);
    let answer =
        "To: ada@example.com\r\nIn-Reply-To: <q@x>\r\nReferences: <q@x>\r\nSubject: Re: Question\r\n\r\n!";
    let body = json!({"raw": base64url(answer), "threadId": thread});
    let answered = bed.post(&format!("{GMAIL}/messages/send"), &grace, body).await.expect(200);
    assert_eq!(answered["threadId"], thread);
    let seen = bed.get(&format!("{GMAIL}/threads/{}", text(&first["threadId"])), &ada).await.expect(200);
    assert_eq!(seen["messages"].as_array().unwrap().len(), 2);
    assert_eq!(seen["messages"][0]["id"], first["id"], "the oldest first");

    // A named thread whose subject or references do not fit is not joined.
    let other = json!({"raw": base64url("To: ada@example.com\r\nSubject: Else\r\n\r\n"), "threadId": thread});
    let other = bed.post(&format!("{GMAIL}/messages/send"), &grace, other).await.expect(200);
    assert_ne!(other["threadId"], thread);
}

#[tokio::test]
async fn threads_are_listed_labelled_and_thrown_away_whole() {
    let bed = Bed::new().await;
    let token = bed.gmail().await;
    let list = bed.get(&format!("{GMAIL}/threads?q=subject:notes"), &token).await.expect(200);
    assert_eq!(list["threads"].as_array().unwrap().len(), 1);
    let thread = format!("{GMAIL}/threads/{}", text(&list["threads"][0]["id"]));
    let minimal = bed.get(&format!("{thread}?format=minimal"), &token).await.expect(200);
    assert!(minimal["snippet"].is_string() && minimal["messages"][1]["payload"].is_null());
    bed.get(&format!("{thread}?format=raw"), &token).await.expect(400);
    let starred =
        bed.post(&format!("{thread}/modify"), &token, json!({"addLabelIds": ["STARRED"]})).await.expect(200);
    for message in starred["messages"].as_array().unwrap() {
        assert!(message["labelIds"].as_array().unwrap().contains(&json!("STARRED")));
    }
    bed.call("POST", &format!("{thread}/trash"), &token, Body::None).await.expect(200);
    let gone = bed.get(&format!("{GMAIL}/threads?q=subject:notes"), &token).await.expect(200);
    assert_eq!(gone, json!({"resultSizeEstimate": 0}));
    bed.call("POST", &format!("{thread}/untrash"), &token, Body::None).await.expect(200);
    bed.call("DELETE", &thread, &token, Body::None).await.expect(204);
    for (method, path) in [("GET", ""), ("DELETE", ""), ("POST", "/trash"), ("POST", "/untrash")] {
        bed.call(method, &format!("{thread}{path}"), &token, Body::None).await.expect(404);
    }
    bed.post(&format!("{thread}/modify"), &token, json!({"addLabelIds": ["STARRED"]})).await.expect(404);
}

#[tokio::test]
async fn trash_untrash_and_delete() {
    let bed = Bed::new().await;
    let token = bed.gmail().await;
    let id = text(&send(&bed, &token, "To: ada@example.com\r\nSubject: Bin\r\n\r\nx").await["id"]);
    let path = format!("{GMAIL}/messages/{id}");
    let trashed = bed
        .call("POST", &format!("{path}/trash"), &token, Body::Raw("application/json", b"{}".to_vec()))
        .await;
    assert_eq!(trashed.expect(200)["labelIds"], json!(["SENT", "UNREAD", "TRASH"]));
    let visible = bed.get(&format!("{GMAIL}/messages?q=subject:bin"), &token).await.expect(200);
    assert_eq!(visible["resultSizeEstimate"], 0);
    for all in ["includeSpamTrash=true", "labelIds=TRASH", "q=in:trash", "q=subject:bin+in:anywhere"] {
        let found = bed.get(&format!("{GMAIL}/messages?{all}"), &token).await.expect(200);
        assert!(each(&found["messages"], "id").contains(&id), "{all}");
    }
    let back = bed.call("POST", &format!("{path}/untrash"), &token, Body::None).await.expect(200);
    assert_eq!(back["labelIds"], json!(["SENT", "UNREAD"]));
    bed.call("DELETE", &path, &token, Body::None).await.expect(204);
    let gone = bed.get(&path, &token).await.expect(404);
    assert_eq!(gone["error"]["errors"][0]["reason"], "notFound");
    for (method, path) in [("DELETE", ""), ("POST", "/trash"), ("POST", "/untrash")] {
        bed.call(method, &format!("{GMAIL}/messages/{id}{path}"), &token, Body::None).await.expect(404);
    }
}

#[tokio::test]
async fn drafts_keep_their_id_until_they_are_sent() {
    let bed = Bed::new().await;
    let token = bed.gmail().await;
    let path = format!("{GMAIL}/drafts");
    let draft = |subject: &str| json!({"message": raw(&format!("To: grace@example.com\r\nSubject: {subject}\r\n\r\nx"))});
    let made = bed.post(&path, &token, draft("First")).await.expect(200);
    assert_eq!(made["message"]["labelIds"], json!(["DRAFT"]));
    let id = text(&made["id"]);
    let listed = bed.get(&path, &token).await.expect(200);
    assert_eq!(
        listed["drafts"],
        json!([{"id": id, "message": {"id": made["message"]["id"], "threadId": made["message"]["threadId"]}}])
    );

    let changed =
        bed.call("PUT", &format!("{path}/{id}"), &token, Body::Json(draft("Second"))).await.expect(200);
    assert_eq!(changed["id"], id.as_str());
    assert_ne!(changed["message"]["id"], made["message"]["id"]);
    let got = bed.get(&format!("{path}/{id}?format=metadata"), &token).await.expect(200);
    assert_eq!(header(&got["message"], "subject").as_deref(), Some("Second"));

    let sent = bed.post(&format!("{path}/send"), &token, json!({"id": id})).await.expect(200);
    assert_eq!(sent["labelIds"], json!(["SENT"]));
    assert_ne!(sent["id"], changed["message"]["id"]);
    bed.get(&format!("{path}/{id}"), &token).await.expect(404);
    assert_eq!(bed.get(&path, &token).await.expect(200), json!({"resultSizeEstimate": 0}));
    bed.post(&format!("{path}/send"), &token, json!({"id": id})).await.expect(404);
    let grace = bed.token(Provider::Google, "grace@example.com", MAIL).await;
    let arrived = bed.get(&format!("{GMAIL}/messages?q=subject:second"), &grace).await.expect(200);
    assert_eq!(arrived["resultSizeEstimate"], 1);

    let other = text(&bed.post(&path, &token, draft("Third")).await.expect(200)["id"]);
    let body = json!({"id": other, "message": draft("Replaced")["message"]});
    let sent = bed.post(&format!("{path}/send"), &token, body).await.expect(200);
    let kept = message(&bed, &token, &sent["id"], "").await;
    assert_eq!(header(&kept, "subject").as_deref(), Some("Replaced"));
}

#[tokio::test]
async fn drafts_that_make_no_sense() {
    let bed = Bed::new().await;
    let token = bed.gmail().await;
    let path = format!("{GMAIL}/drafts");
    bed.post(&path, &token, json!({})).await.expect(400);
    bed.post(&path, &token, json!({"message": {}})).await.expect(400);
    bed.post(&path, &token, json!({"id": "r1", "message": raw("To: x@y.example\r\n\r\n")})).await.expect(400);
    bed.post(&format!("{path}/send"), &token, json!({})).await.expect(400);
    let unaddressed =
        bed.post(&path, &token, json!({"message": raw("Subject: nobody yet\r\n\r\n")})).await.expect(200);
    let refused =
        bed.post(&format!("{path}/send"), &token, json!({"id": unaddressed["id"]})).await.expect(400);
    assert_eq!(refused["error"]["message"], "Recipient address required");
    let id = text(&unaddressed["id"]);
    let other = json!({"id": "r0", "message": raw("To: x@y.example\r\n\r\n")});
    bed.call("PUT", &format!("{path}/{id}"), &token, Body::Json(other)).await.expect(400);
    bed.call("DELETE", &format!("{path}/{id}"), &token, Body::None).await.expect(204);
    bed.call("DELETE", &format!("{path}/{id}"), &token, Body::None).await.expect(404);
}
