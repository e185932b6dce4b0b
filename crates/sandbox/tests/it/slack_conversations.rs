//! Slack: channels and people.

use sandbox::Provider;
use serde_json::{Value, json};

use crate::bed::{Bed, Body, each, text};

const SCOPE: &str = "channels:manage,channels:read,channels:join,groups:write,groups:read,im:write,im:read,mpim:write,\
                     mpim:read,users:read,users:read.email,chat:write";

async fn write(bed: &Bed, token: &str, method: &str, body: Value) -> Value {
    bed.post(&format!("slack.com/api/{method}"), token, body).await.expect(200)
}

async fn read(bed: &Bed, token: &str, call: &str) -> Value {
    bed.get(&format!("slack.com/api/{call}"), token).await.expect(200)
}

#[tokio::test]
async fn channels_are_made_filled_and_archived() {
    let bed = Bed::new().await;
    let token = bed.token(Provider::Slack, "ada", SCOPE).await;
    let made = write(&bed, &token, "conversations.create", json!({"name": "looms"})).await;
    let channel = &made["channel"];
    assert_eq!(
        (&channel["name"], &channel["is_private"], &channel["is_member"]),
        (&json!("looms"), &json!(false), &json!(true))
    );
    let id = text(&channel["id"]);
    let invite = async |users: &str| {
        write(&bed, &token, "conversations.invite", json!({"channel": id, "users": users})).await
    };
    assert_eq!(invite("U0SBXADA01, U0SBXGRC02").await["ok"], true);
    assert_eq!(invite("U0SBXADA01").await["error"], "already_in_channel");
    assert_eq!(invite("U0NOBODY00").await["error"], "user_not_found");
    assert_eq!(invite("").await["error"], "no_user");
    let me = text(&read(&bed, &token, "auth.test").await["user_id"]);
    assert_eq!(invite(&me).await["error"], "cant_invite_self");
    let members = read(&bed, &token, &format!("conversations.members?channel={id}&limit=2")).await;
    assert_eq!(members["members"], json!([me, "U0SBXADA01"]));
    let cursor = text(&members["response_metadata"]["next_cursor"]).replace('=', "%3D");
    let rest = read(&bed, &token, &format!("conversations.members?channel={id}&cursor={cursor}")).await;
    assert_eq!(
        (&rest["members"], &rest["response_metadata"]["next_cursor"]),
        (&json!(["U0SBXGRC02"]), &json!(""))
    );
    let info = read(&bed, &token, &format!("conversations.info?channel={id}&include_num_members=true")).await;
    assert_eq!(info["channel"]["num_members"], 3);

    assert_eq!(
        write(&bed, &token, "conversations.archive", json!({"channel": id})).await,
        json!({"ok": true})
    );
    let archived = |method: &'static str, body: Value| write(&bed, &token, method, body);
    assert_eq!(archived("conversations.archive", json!({"channel": id})).await["error"], "already_archived");
    assert_eq!(archived("conversations.join", json!({"channel": id})).await["error"], "is_archived");
    assert_eq!(
        archived("conversations.invite", json!({"channel": id, "users": "U0SBXALN03"})).await["error"],
        "is_archived"
    );
    assert_eq!(
        archived("chat.postMessage", json!({"channel": id, "text": "x"})).await["error"],
        "is_archived"
    );
    let open = read(&bed, &token, "conversations.list?exclude_archived=true").await;
    assert!(!each(&open["channels"], "id").contains(&id));
    let general = write(&bed, &token, "conversations.archive", json!({"channel": "C0SBXGENRL"})).await;
    assert_eq!(general["error"], "cant_archive_general");
    let engine = write(&bed, &token, "conversations.archive", json!({"channel": "C0SBXENGIN"})).await;
    assert_eq!(engine["error"], "not_in_channel");
}

#[tokio::test]
async fn names_follow_the_rules() {
    let bed = Bed::new().await;
    let token = bed.token(Provider::Slack, "ada", SCOPE).await;
    let long = "x".repeat(81);
    let cases = [
        ("general", "name_taken"),
        ("surprise-party", "name_taken"),
        ("", "invalid_name_required"),
        ("Loud", "invalid_name_specials"),
        ("two words", "invalid_name_specials"),
        ("dot.dot", "invalid_name_specials"),
        ("--", "invalid_name_punctuation"),
        (&long, "invalid_name_maxlength"),
    ];
    for (name, error) in cases {
        assert_eq!(
            write(&bed, &token, "conversations.create", json!({"name": name})).await["error"],
            error,
            "{name}"
        );
    }
    let private =
        write(&bed, &token, "conversations.create", json!({"name": "secret", "is_private": true})).await;
    assert_eq!(private["channel"]["is_group"], true);
    let narrow = bed.token(Provider::Slack, "grace", "channels:manage").await;
    assert_eq!(narrow, token, "one bot, and its scopes add up");
}

#[tokio::test]
async fn private_channels_take_a_scope_of_their_own() {
    let bed = Bed::new().await;
    let token = bed.token(Provider::Slack, "ada", "channels:manage,chat:write").await;
    let refused =
        write(&bed, &token, "conversations.create", json!({"name": "secret", "is_private": true})).await;
    assert_eq!((&refused["error"], &refused["needed"]), (&json!("missing_scope"), &json!("groups:write")));
    assert_eq!(refused["provided"], "channels:manage,chat:write");
    let refused = read(&bed, &token, "users.list").await;
    assert_eq!((&refused["error"], &refused["needed"]), (&json!("missing_scope"), &json!("users:read")));
    let refused = write(&bed, &token, "conversations.join", json!({"channel": "C0SBXGENRL"})).await;
    assert_eq!(refused["needed"], "channels:join,channels:write");
}

#[tokio::test]
async fn a_public_channel_can_be_written_to_from_outside_with_the_right_scope() {
    let bed = Bed::new().await;
    let token = bed.token(Provider::Slack, "ada", "chat:write,chat:write.public,chat:write.customize").await;
    let body = json!({"channel": "C0SBXGENRL", "text": "From outside", "username": "Herald"});
    let posted = write(&bed, &token, "chat.postMessage", body).await;
    assert_eq!(posted["message"]["username"], "Herald");
}

#[tokio::test]
async fn people_talk_in_private() {
    let bed = Bed::new().await;
    let token = bed.token(Provider::Slack, "ada", SCOPE).await;
    let open = async |body: Value| write(&bed, &token, "conversations.open", body).await;
    let first = open(json!({"users": "U0SBXGRC02"})).await;
    let id = text(&first["channel"]["id"]);
    assert!(id.starts_with('D') && first["already_open"].is_null());
    let again = open(json!({"users": "U0SBXGRC02", "return_im": true})).await;
    assert_eq!(
        (&again["channel"]["id"], &again["already_open"], &again["channel"]["user"]),
        (&json!(id), &json!(true), &json!("U0SBXGRC02"))
    );
    let resumed = open(json!({"channel": id})).await;
    assert_eq!(resumed["no_op"], true);
    let posted =
        write(&bed, &token, "chat.postMessage", json!({"channel": "U0SBXGRC02", "text": "psst"})).await;
    assert_eq!(posted["channel"], id.as_str());
    let group = open(json!({"users": "U0SBXGRC02,U0SBXADA01"})).await;
    let info =
        read(&bed, &token, &format!("conversations.info?channel={}", text(&group["channel"]["id"]))).await;
    assert_eq!((&info["channel"]["is_mpim"], &info["channel"]["is_private"]), (&json!(true), &json!(true)));
    let listed = read(&bed, &token, "conversations.list?types=im,mpim").await;
    assert_eq!(listed["channels"].as_array().unwrap().len(), 2);

    assert_eq!(open(json!({})).await["error"], "users_list_not_supplied");
    assert_eq!(open(json!({"users": "U0NOBODY00"})).await["error"], "user_not_found");
    assert_eq!(
        open(json!({"channel": "C0SBXGENRL"})).await["error"],
        "method_not_supported_for_channel_type"
    );
    let crowd = ["U0SBXGRC02"; 9].join(",");
    assert_eq!(open(json!({"users": crowd})).await["error"], "too_many_users");
    for method in ["conversations.join", "conversations.archive"] {
        let refused = write(&bed, &token, method, json!({"channel": id})).await;
        assert_eq!(refused["error"], "method_not_supported_for_channel_type", "{method}");
    }
}

#[tokio::test]
async fn people_are_listed_looked_up_and_found_by_address() {
    let bed = Bed::new().await;
    let token = bed.token(Provider::Slack, "ada", "users:read,users:read.email").await;
    let page = read(&bed, &token, "users.list?limit=3").await;
    assert_eq!(each(&page["members"], "name"), ["ada", "grace", "alan"]);
    assert_eq!(page["members"][1]["profile"]["email"], "grace@example.com");
    let cursor = text(&page["response_metadata"]["next_cursor"]).replace('=', "%3D");
    let rest = read(&bed, &token, &format!("users.list?cursor={cursor}")).await;
    assert_eq!(
        (&rest["members"][0]["is_bot"], &rest["members"][0]["name"]),
        (&json!(true), &json!("butterbase_integrations"))
    );
    let one = read(&bed, &token, "users.info?user=U0SBXALN03&include_locale=true").await;
    assert_eq!((&one["user"]["real_name"], &one["user"]["locale"]), (&json!("Alan Turing"), &json!("en-US")));
    assert_eq!(read(&bed, &token, "users.info?user=U0").await["error"], "user_not_found");
    let found = read(&bed, &token, "users.lookupByEmail?email=GRACE@example.com").await;
    assert_eq!(found["user"]["id"], "U0SBXGRC02");
    assert_eq!(
        read(&bed, &token, "users.lookupByEmail?email=x@example.com").await["error"],
        "users_not_found"
    );
    assert_eq!(read(&bed, &token, "users.info").await["error"], "invalid_arguments");

    bed.sandbox.control().reset();
    let without = bed.token(Provider::Slack, "ada", "users:read").await;
    let one = read(&bed, &without, "users.info?user=U0SBXALN03").await;
    assert!(one["user"]["profile"]["email"].is_null());
    assert_eq!(
        read(&bed, &without, "users.lookupByEmail?email=grace@example.com").await["error"],
        "missing_scope"
    );
}

#[tokio::test]
async fn channels_page_and_what_is_missing_is_missing() {
    let bed = Bed::new().await;
    let token = bed.token(Provider::Slack, "ada", SCOPE).await;
    let all = read(&bed, &token, "conversations.list").await;
    let names = each(&all["channels"], "name");
    assert_eq!(names, ["general", "random", "engine"]);
    assert_eq!(all["channels"][0]["num_members"], 3);
    let mut found = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = read(&bed, &token, &format!("conversations.list?limit=1{cursor}")).await;
        found.extend(each(&page["channels"], "name"));
        let next = text(&page["response_metadata"]["next_cursor"]);
        if next.is_empty() {
            break;
        }
        cursor = format!("&cursor={}", next.replace('=', "%3D"));
    }
    assert_eq!(found, names);
    for call in ["conversations.info", "conversations.members", "conversations.join"] {
        let path = format!("slack.com/api/{call}");
        let answer = bed.call("POST", &path, &token, Body::Form(&[("channel", "C0")])).await.expect(200);
        assert_eq!(answer["error"], "channel_not_found", "{call}");
    }
}
