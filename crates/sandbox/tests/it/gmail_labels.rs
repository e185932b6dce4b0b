//! Gmail: labels, what batch calls do with them, and the history they leave. Then which scope does what.

use sandbox::Provider;
use serde_json::{Value, json};

use crate::bed::{Bed, Body, GMAIL, GOOGLE, base64url, each, text};

async fn first(bed: &Bed, token: &str) -> String {
    let list = bed.get(&format!("{GMAIL}/messages?labelIds=INBOX"), token).await.expect(200);
    text(&list["messages"][0]["id"])
}

#[tokio::test]
async fn labels_are_made_renamed_used_and_deleted() {
    let bed = Bed::new().await;
    let token = bed.gmail().await;
    let path = format!("{GMAIL}/labels");
    let listed = bed.get(&path, &token).await.expect(200);
    let names = each(&listed["labels"], "name");
    assert!(["INBOX", "SENT", "UNREAD", "Receipts"].iter().all(|name| names.contains(&(*name).to_owned())));
    let color = json!({"backgroundColor": "#000000", "textColor": "#ffffff"});
    let body = json!({"name": "Engine/Notes", "labelListVisibility": "labelHide", "color": color});
    let made = bed.post(&path, &token, body).await.expect(200);
    assert_eq!(
        (&made["type"], &made["messageListVisibility"], &made["color"]),
        (&json!("user"), &json!("show"), &color)
    );
    let id = text(&made["id"]);
    let message = first(&bed, &token).await;
    let modify = json!({"addLabelIds": [id], "removeLabelIds": ["UNREAD"]});
    let labelled = bed.post(&format!("{GMAIL}/messages/{message}/modify"), &token, modify).await.expect(200);
    assert_eq!(labelled["labelIds"], json!(["INBOX", id]));
    let counted = bed.get(&format!("{path}/{id}"), &token).await.expect(200);
    assert_eq!(
        (&counted["messagesTotal"], &counted["messagesUnread"], &counted["threadsTotal"]),
        (&json!(1), &json!(0), &json!(1))
    );
    let inbox = bed.get(&format!("{path}/INBOX"), &token).await.expect(200);
    assert_eq!(
        (&inbox["type"], &inbox["messagesTotal"], &inbox["messagesUnread"]),
        (&json!("system"), &json!(3), &json!(2))
    );

    let renamed = bed
        .call("PATCH", &format!("{path}/{id}"), &token, Body::Json(json!({"name": "Notes"})))
        .await
        .expect(200);
    assert_eq!((&renamed["name"], &renamed["labelListVisibility"]), (&json!("Notes"), &json!("labelHide")));
    let whole = json!({"id": id, "name": "Papers", "messageListVisibility": "hide"});
    let updated = bed.call("PUT", &format!("{path}/{id}"), &token, Body::Json(whole)).await.expect(200);
    assert_eq!(updated["messageListVisibility"], "hide");
    bed.call("DELETE", &format!("{path}/{id}"), &token, Body::None).await.expect(204);
    bed.get(&format!("{path}/{id}"), &token).await.expect(404);
    let bare = bed.get(&format!("{GMAIL}/messages/{message}?format=minimal"), &token).await.expect(200);
    assert_eq!(bare["labelIds"], json!(["INBOX"]));
}

#[tokio::test]
async fn labels_that_cannot_be() {
    let bed = Bed::new().await;
    let token = bed.gmail().await;
    let path = format!("{GMAIL}/labels");
    let taken = bed.post(&path, &token, json!({"name": "receipts"})).await.expect(409);
    assert_eq!(taken["error"]["message"], "Label name exists or conflicts");
    let long = "x".repeat(300);
    for name in ["", "   ", "inbox", "SPAM", "/slash", &long] {
        let refused = bed.post(&path, &token, json!({"name": name})).await.expect(400);
        assert_eq!(refused["error"]["message"], "Invalid label name", "{name:.20}");
    }
    bed.post(&path, &token, json!({"name": "x", "labelListVisibility": "always"})).await.expect(400);
    bed.post(&path, &token, json!({"name": "x", "color": {"backgroundColor": "red", "textColor": "#fff"}}))
        .await
        .expect(400);
    bed.post(&path, &token, json!({"name": "x", "color": {"textColor": "#ffffff"}})).await.expect(400);
    bed.call("DELETE", &format!("{path}/INBOX"), &token, Body::None).await.expect(400);
    bed.call("PATCH", &format!("{path}/INBOX"), &token, Body::Json(json!({"name": "x"}))).await.expect(400);
    bed.call("PATCH", &format!("{path}/Label_9"), &token, Body::Json(json!({"name": "x"}))).await.expect(404);
    bed.call("DELETE", &format!("{path}/Label_9"), &token, Body::None).await.expect(404);
    bed.call("PUT", &format!("{path}/Label_1"), &token, Body::Json(json!({}))).await.expect(400);
}

#[tokio::test]
async fn modifying_needs_labels_that_exist_and_may_be_given() {
    let bed = Bed::new().await;
    let token = bed.gmail().await;
    let path = format!("{GMAIL}/messages/{}/modify", first(&bed, &token).await);
    let many: Vec<String> = (0..101).map(|number| format!("Label_{number}")).collect();
    let cases = [
        (json!({}), "No label add or removes specified"),
        (json!({"addLabelIds": ["Nope"]}), "Invalid label: Nope"),
        (json!({"addLabelIds": ["SENT"]}), "Invalid label: SENT"),
        (json!({"removeLabelIds": ["DRAFT"]}), "Invalid label: DRAFT"),
        (
            json!({"addLabelIds": ["INBOX"], "removeLabelIds": ["INBOX"]}),
            "Cannot both add and remove the same label: INBOX",
        ),
        (json!({"addLabelIds": many}), "Too many labels in one request"),
        (json!({"addLabelIds": "INBOX"}), "sandbox: `addLabelIds` should be a list, not \"INBOX\""),
        (json!({"addLabelIds": [1]}), "sandbox: `addLabelIds[0]` should be a text, not 1"),
    ];
    for (body, message) in cases {
        let refused = bed.post(&path, &token, body).await.expect(400);
        assert_eq!(refused["error"]["message"], message);
    }
    let missing = format!("{GMAIL}/messages/0/modify");
    bed.post(&missing, &token, json!({"addLabelIds": ["STARRED"]})).await.expect(404);
}

#[tokio::test]
async fn batches_change_and_delete_many() {
    let bed = Bed::new().await;
    let token = bed.gmail().await;
    let list = bed.get(&format!("{GMAIL}/messages?labelIds=INBOX"), &token).await.expect(200);
    let ids = each(&list["messages"], "id");
    let batch = format!("{GMAIL}/messages/batchModify");
    bed.post(&batch, &token, json!({"ids": ids, "removeLabelIds": ["UNREAD", "INBOX"]})).await.expect(204);
    let empty = bed.get(&format!("{GMAIL}/messages?labelIds=INBOX"), &token).await.expect(200);
    assert_eq!(empty["resultSizeEstimate"], 0);
    bed.post(&batch, &token, json!({"ids": ["0"], "addLabelIds": ["INBOX"]})).await.expect(404);
    bed.post(&batch, &token, json!({"ids": [], "addLabelIds": ["INBOX"]})).await.expect(400);
    bed.post(&batch, &token, json!({"addLabelIds": ["INBOX"]})).await.expect(400);
    let many: Vec<String> = (0..1001).map(|id| id.to_string()).collect();
    bed.post(&batch, &token, json!({"ids": many, "addLabelIds": ["INBOX"]})).await.expect(400);
    bed.post(&format!("{GMAIL}/messages/batchDelete"), &token, json!({"ids": ids})).await.expect(204);
    bed.post(&format!("{GMAIL}/messages/batchDelete"), &token, json!({"ids": ids})).await.expect(204);
    let left = bed.get(&format!("{GMAIL}/profile"), &token).await.expect(200);
    assert_eq!(left["messagesTotal"], 1);
}

#[tokio::test]
async fn history_tells_what_changed_since() {
    let bed = Bed::new().await;
    let token = bed.gmail().await;
    let start = text(&bed.get(&format!("{GMAIL}/profile"), &token).await.expect(200)["historyId"]);
    let history = async |query: &str| {
        bed.get(&format!("{GMAIL}/history?startHistoryId={start}{query}"), &token).await.expect(200)
    };
    assert_eq!(history("").await, json!({"historyId": start}));
    let raw = base64url("To: ada@example.com\r\nSubject: x\r\n\r\nx");
    let id = text(
        &bed.post(&format!("{GMAIL}/messages/send"), &token, json!({"raw": raw})).await.expect(200)["id"],
    );
    let path = format!("{GMAIL}/messages/{id}");
    bed.post(
        &format!("{path}/modify"),
        &token,
        json!({"addLabelIds": ["STARRED"], "removeLabelIds": ["UNREAD"]}),
    )
    .await
    .expect(200);
    bed.post(&format!("{path}/modify"), &token, json!({"addLabelIds": ["STARRED"]})).await.expect(200);
    bed.call("DELETE", &path, &token, Body::None).await.expect(204);
    let all = history("").await;
    let records = all["history"].as_array().unwrap();
    let kinds: Vec<&str> =
        records.iter().map(|record| record.as_object().unwrap().keys().nth(2).unwrap().as_str()).collect();
    assert_eq!(
        kinds,
        ["messagesAdded", "labelsAdded", "labelsRemoved", "messagesDeleted"],
        "no change, no record"
    );
    assert_eq!(records[1]["labelsAdded"][0]["labelIds"], json!(["STARRED"]));
    assert_eq!(records[0]["messagesAdded"][0]["message"]["id"], id.as_str());
    let some = history("&historyTypes=labelAdded&historyTypes=labelRemoved").await;
    assert_eq!(some["history"].as_array().unwrap().len(), 2);
    let starred = history("&labelId=STARRED&historyTypes=messageAdded").await;
    assert!(starred["history"].is_null());
    let page = history("&maxResults=3").await;
    assert_eq!(page["history"].as_array().unwrap().len(), 3);
    let rest = history(&format!("&maxResults=3&pageToken={}", text(&page["nextPageToken"]))).await;
    assert_eq!(rest["history"].as_array().unwrap().len(), 1);

    for (query, status) in
        [("", 400), ("?startHistoryId=x", 400), ("?startHistoryId=99999", 404), ("?startHistoryId=0", 404)]
    {
        bed.get(&format!("{GMAIL}/history{query}"), &token).await.expect(status);
    }
    bed.get(&format!("{GMAIL}/history?startHistoryId=1&historyTypes=all"), &token).await.expect(400);
}

/// What a token of each scope may do, by the official description.
#[tokio::test]
async fn each_scope_opens_its_own_doors() {
    let bed = Bed::new().await;
    let full = bed.gmail().await;
    let id = first(&bed, &full).await;
    let raw = json!({"raw": base64url("To: x@example.org\r\n\r\nx")});
    let draft = json!({"message": raw});
    let star = json!({"addLabelIds": ["STARRED"]});
    let batch = json!({"ids": [id], "addLabelIds": ["STARRED"]});
    let label = json!({"name": "x"});
    let calls: [(&str, String, Value); 9] = [
        ("GET", "/profile".into(), Value::Null),
        ("GET", format!("/messages/{id}?format=metadata"), Value::Null),
        ("POST", "/messages/send".into(), raw),
        ("POST", "/drafts".into(), draft),
        ("GET", "/drafts".into(), Value::Null),
        ("POST", format!("/messages/{id}/modify"), star),
        ("POST", "/messages/batchModify".into(), batch),
        ("POST", "/labels".into(), label),
        ("DELETE", "/messages/0".into(), Value::Null),
    ];
    // One letter a call: y for what is allowed.
    let table = [
        ("gmail.readonly", "yy--y----"),
        ("gmail.metadata", "yy-------"),
        ("gmail.send", "--y------"),
        ("gmail.compose", "y-yyy----"),
        ("gmail.labels", "-------y-"),
        ("gmail.modify", "yyyyyyyy-"),
        ("gmail.insert", "---------"),
        ("gmail.addons.current.action.compose", "--yy-----"),
        ("gmail.addons.current.message.readonly", "-y-------"),
    ];
    for (scope, expected) in table {
        let token = bed.token(Provider::Google, "ada@example.com", &format!("{GOOGLE}{scope}")).await;
        for ((method, path, body), letter) in calls.iter().zip(expected.chars()) {
            let body = if body.is_null() { Body::None } else { Body::Json(body.clone()) };
            let reply = bed.call(method, &format!("{GMAIL}{path}"), &token, body).await;
            let refused = reply.status == 403;
            assert_eq!(refused, letter == '-', "{scope} {method} {path}: {}", reply.text);
            if refused {
                let error = &reply.json()["error"];
                assert_eq!(error["errors"][0]["reason"], "insufficientPermissions");
                assert_eq!(error["status"], "PERMISSION_DENIED");
                assert_eq!(error["details"][0]["reason"], "ACCESS_TOKEN_SCOPE_INSUFFICIENT");
            }
        }
        bed.call("DELETE", &format!("{GMAIL}/labels/Label_2"), &full, Body::None).await;
    }
    bed.call("DELETE", &format!("{GMAIL}/messages/{id}"), &full, Body::None).await.expect(204);
}
