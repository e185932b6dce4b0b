//! What the mailboxes hold before anybody has written.

use super::compose;
use super::mailbox::{Label, Mailbox};
use crate::people::PEOPLE;
use crate::stage::{Stage, hours_ago};

/// Hours ago, sender, recipients as header lines, subject, further header lines and the body.
const LETTERS: &[(i64, &str, &str, &str, &str, &str)] = &[
    (
        72,
        "grace@example.com",
        "To: Ada Lovelace <ada@example.com>\r\n",
        "Notes on the engine",
        "Message-ID: <notes-1@example.com>\r\nContent-Type: text/plain; charset=utf-8\r\n",
        "Dear Ada,\r\n\r\nyour notes on the engine are longer than the paper. May I print them?\r\n\r\nGrace\r\n",
    ),
    (
        70,
        "ada@example.com",
        "To: Grace Hopper <grace@example.com>\r\n",
        "Re: Notes on the engine",
        "Message-ID: <notes-2@example.com>\r\nIn-Reply-To: <notes-1@example.com>\r\n\
         References: <notes-1@example.com>\r\nContent-Type: text/plain; charset=utf-8\r\n",
        "Please do. Note G is the one that matters.\r\n\r\nAda\r\n",
    ),
    (
        26,
        "alan@example.com",
        "To: ada@example.com, grace@example.com\r\n",
        "Invoice for November",
        "Message-ID: <invoice-1@example.com>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=\"seed\"\r\n",
        "--seed\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nThe invoice is attached.\r\n\
         --seed\r\nContent-Type: application/pdf; name=\"invoice.pdf\"\r\n\
         Content-Disposition: attachment; filename=\"invoice.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\r\n\
         JVBERi0xLjQKJSBhIG1hZGUtdXAgaW52b2ljZQo=\r\n--seed--\r\n",
    ),
    (
        3,
        "grace@example.com",
        "To: ada@example.com\r\nCc: alan@example.com\r\n",
        "Lunch on Thursday?",
        "Message-ID: <lunch-1@example.com>\r\nContent-Type: text/html; charset=utf-8\r\n",
        "<p>Shall we have <b>lunch</b> on Thursday?</p>\r\n",
    ),
];

pub(in crate::google) fn seed(stage: &mut Stage<'_>) {
    let now = stage.now;
    for person in &PEOPLE {
        let mut mailbox = Mailbox::default();
        mailbox.last_label = 1;
        mailbox.labels.push(Label {
            id: "Label_1".to_owned(),
            name: "Receipts".to_owned(),
            message_list: "show".to_owned(),
            label_list: "labelShow".to_owned(),
            color: None,
        });
        stage.world.mailboxes.insert(person.email.to_owned(), mailbox);
    }
    for (hours, from, to, subject, headers, body) in LETTERS {
        stage.now = hours_ago(now, *hours);
        let date = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_string(&stage.now);
        let date = date.unwrap_or_default();
        let raw = format!("From: {from}\r\n{to}Subject: {subject}\r\nDate: {date}\r\n{headers}\r\n{body}");
        let sent = compose::send(stage, from, raw.as_bytes(), None);
        debug_assert!(sent.is_ok(), "the seed letters are well-formed");
    }
    stage.now = now;
}
