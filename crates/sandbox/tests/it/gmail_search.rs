//! Gmail's search and paging.

use sandbox::Provider;
use serde_json::{Value, json};

use crate::bed::{Bed, GMAIL, base64url, each, text};

/// The subjects that a search finds, the newest first.
async fn subjects(bed: &Bed, token: &str, query: &str) -> Vec<String> {
    let mut url = bed.url(&format!("{GMAIL}/messages"));
    url.query_pairs_mut().append_pair("q", query);
    let path = url.as_str()[bed.sandbox.base_url().as_str().len()..].to_owned();
    let list = bed.get(&path, token).await.expect(200);
    let mut subjects = Vec::new();
    for id in each(&list["messages"], "id") {
        let path = format!("{GMAIL}/messages/{id}?format=metadata&metadataHeaders=Subject");
        let message = bed.get(&path, token).await.expect(200);
        subjects.push(text(&message["payload"]["headers"][0]["value"]));
    }
    subjects
}

#[tokio::test]
async fn operators_words_and_phrases() {
    let bed = Bed::new().await;
    let token = bed.gmail().await;
    let (lunch, invoice) = ("Lunch on Thursday?", "Invoice for November");
    let (notes, reply) = ("Notes on the engine", "Re: Notes on the engine");
    let cases: &[(&str, &[&str])] = &[
        ("from:grace", &[lunch, notes]),
        ("from:grace@example.com subject:lunch", &[lunch]),
        ("from:Alan", &[invoice]),
        ("to:grace", &[invoice, reply]),
        ("to:alan", &[lunch]),
        ("cc:alan", &[lunch]),
        ("subject:notes", &[reply, notes]),
        ("subject:(notes engine)", &[reply, notes]),
        ("subject:\"the engine\"", &[reply, notes]),
        ("subject:\"engine the\"", &[]),
        ("has:attachment", &[invoice]),
        ("filename:invoice.pdf", &[invoice]),
        ("filename:pdf", &[invoice]),
        ("is:unread", &[lunch, invoice, notes]),
        ("is:read", &[reply]),
        ("in:sent", &[reply]),
        ("in:inbox -from:grace", &[invoice]),
        ("is:starred", &[]),
        ("newer_than:1d", &[lunch]),
        ("newer_than:2d", &[lunch, invoice]),
        ("older_than:2d", &[reply, notes]),
        ("newer_than:1y older_than:1d", &[invoice, reply, notes]),
        ("lunch", &[lunch]),
        ("thursday lunch", &[lunch]),
        ("\"lunch on thursday\"", &[lunch]),
        ("lun", &[]),
        ("lunch OR invoice", &[lunch, invoice]),
        ("{lunch invoice}", &[lunch, invoice]),
        ("from:(grace OR alan) is:unread", &[lunch, invoice, notes]),
        ("from:{ada alan}", &[invoice, reply]),
        ("(lunch OR notes) -is:read", &[lunch, notes]),
        ("-(lunch OR notes)", &[invoice]),
        ("-has:attachment in:inbox", &[lunch, notes]),
        ("rfc822msgid:notes-1@example.com", &[notes]),
        ("rfc822msgid:<notes-1@example.com>", &[notes]),
        ("larger:1m", &[]),
        ("smaller:10k from:alan", &[invoice]),
        ("label:inbox has:nouserlabels subject:lunch", &[lunch]),
        ("category:social", &[]),
        ("in:anywhere subject:lunch", &[lunch]),
        ("nonsense:lunch", &[]),
        ("newer_than:soon lunch", &[]),
    ];
    for (query, expected) in cases {
        assert_eq!(subjects(&bed, &token, query).await, *expected, "{query}");
    }
}

#[tokio::test]
async fn dates_and_labels() {
    let bed = Bed::new().await;
    let token = bed.gmail().await;
    // The bed starts on 2027-01-15.
    assert_eq!(subjects(&bed, &token, "after:2027/01/14 before:2027/01/15").await, ["Invoice for November"]);
    assert_eq!(
        subjects(&bed, &token, &format!("after:{}", bed.now() - 4 * 3600)).await,
        ["Lunch on Thursday?"]
    );
    let found = bed.get(&format!("{GMAIL}/messages?q=subject:lunch"), &token).await.expect(200);
    let modify = format!("{GMAIL}/messages/{}/modify", text(&found["messages"][0]["id"]));
    bed.post(&modify, &token, json!({"addLabelIds": ["Label_1", "STARRED"]})).await.expect(200);
    for query in ["label:receipts", "label:Receipts", "has:userlabels", "is:starred", "label:starred"] {
        assert_eq!(subjects(&bed, &token, query).await, ["Lunch on Thursday?"], "{query}");
    }
    let both =
        bed.get(&format!("{GMAIL}/messages?labelIds=INBOX&labelIds=Label_1"), &token).await.expect(200);
    assert_eq!(both["resultSizeEstimate"], 1);
    let unknown = bed.get(&format!("{GMAIL}/messages?labelIds=Label_9"), &token).await.expect(400);
    assert_eq!(unknown["error"]["message"], "Invalid label: Label_9");
}

#[tokio::test]
async fn no_search_can_break_the_parser() {
    let bed = Bed::new().await;
    let token = bed.gmail().await;
    let deep = "(".repeat(5000) + "x" + &")".repeat(5000);
    let hostile = [
        "",
        "-",
        "--",
        "- -",
        "\"",
        "\"\"",
        "(",
        ")",
        "{",
        "}",
        "()",
        "(()",
        "a) b",
        "OR",
        "OR OR",
        "a OR",
        "OR a",
        ":",
        "::",
        "from:",
        "from:(",
        "from:)",
        "from:(a",
        "-(",
        "subject:\"",
        "newer_than:",
        "newer_than:99999999999999999d",
        "after:9999/99/99",
        "larger:m",
        "ü:ß",
        "\u{0}",
        "in:\"inbox",
        &deep,
        &"-".repeat(3000),
        &"a OR ".repeat(1000),
    ];
    for query in hostile {
        let mut url = bed.url(&format!("{GMAIL}/messages"));
        url.query_pairs_mut().append_pair("q", query);
        let path = url.as_str()[bed.sandbox.base_url().as_str().len()..].to_owned();
        assert_eq!(bed.get(&path, &token).await.status, 200, "{query:.40}");
    }
}

#[tokio::test]
async fn pages_follow_each_other_without_gap_or_overlap() {
    let bed = Bed::new().await;
    let token = bed.gmail().await;
    for number in 0..7 {
        bed.advance(1);
        let raw = base64url(format!("To: ada@example.com\r\nSubject: Page {number}\r\n\r\nx"));
        bed.post(&format!("{GMAIL}/messages/send"), &token, json!({"raw": raw})).await.expect(200);
    }
    for kind in ["messages", "threads"] {
        let whole = bed.get(&format!("{GMAIL}/{kind}?q=subject:page"), &token).await.expect(200);
        let mut ids: Vec<String> = Vec::new();
        let mut next = String::new();
        loop {
            let page = bed
                .get(&format!("{GMAIL}/{kind}?q=subject:page&maxResults=3{next}"), &token)
                .await
                .expect(200);
            let items = each(&page[kind], "id");
            assert!(items.len() <= 3 && page["resultSizeEstimate"] == 7);
            ids.extend(items);
            match &page["nextPageToken"] {
                Value::String(token) => next = format!("&pageToken={token}"),
                _ => break,
            }
        }
        assert_eq!(ids, each(&whole[kind], "id"), "{kind}");
    }
    for wrong in ["pageToken=x", "pageToken=0997", "maxResults=0", "maxResults=-1", "maxResults=many"] {
        let refused = bed.get(&format!("{GMAIL}/messages?{wrong}"), &token).await;
        assert_eq!(refused.status, 400, "{wrong}");
    }
    bed.get(&format!("{GMAIL}/messages?maxResults=100000"), &token).await.expect(200);
}

#[tokio::test]
async fn each_account_searches_its_own_mail() {
    let bed = Bed::new().await;
    let grace = bed.token(Provider::Google, "grace@example.com", "https://mail.google.com/").await;
    assert_eq!(subjects(&bed, &grace, "in:sent").await, ["Lunch on Thursday?", "Notes on the engine"]);
    let ada = bed.gmail().await;
    let list = bed.get(&format!("{GMAIL}/messages"), &ada).await.expect(200);
    bed.get(&format!("{GMAIL}/messages/{}", text(&list["messages"][0]["id"])), &grace).await.expect(404);
    let other =
        bed.get("gmail.googleapis.com/gmail/v1/users/ada@example.com/messages", &grace).await.expect(403);
    assert_eq!(other["error"]["message"], "Delegation denied for grace@example.com");
}
