//! Google Drive through MCP, against its twin.

use sandbox::Provider;
use serde_json::{Value, json};

use super::{BINARY, act, calls, connected, refused, texts};
use crate::support::TestApp;

const NOTE_G: &str = "1SbxAdaNoteG000000000000000000002";
const TEAM: &str = "0ASbxTeamDriveUk9PVA";

async fn find(app: &TestApp, params: Value) -> Value {
    act(app, "GOOGLEDRIVE_FIND_FILE", params).await["files"].clone()
}

#[tokio::test]
async fn google_drive_from_a_folder_to_the_trash() {
    let app = connected("google-drive", json!({}), "ada@example.com").await;
    let about = act(&app, "GOOGLEDRIVE_GET_ABOUT", json!({})).await;
    assert_eq!(about["user"]["email_address"], "ada@example.com", "{about}");
    let start = act(&app, "GOOGLEDRIVE_GET_CHANGES_START_PAGE_TOKEN", json!({})).await;

    let folder = act(&app, "GOOGLEDRIVE_CREATE_FOLDER", json!({"name": "Reports"})).await["id"].clone();
    let found = act(&app, "GOOGLEDRIVE_FIND_FOLDER", json!({"name": "Reports"})).await;
    assert_eq!(texts(&found["files"], "id"), [folder.as_str().unwrap()]);
    let plan = json!({"name": "Ada's plan", "description": "engines"});
    let file = act(&app, "GOOGLEDRIVE_CREATE_FILE", plan).await;
    let id = file["id"].clone();
    let moved = json!({"file_id": id, "add_parents": folder, "remove_parents": "root"});
    assert_eq!(act(&app, "GOOGLEDRIVE_MOVE_FILE", moved).await["parents"], json!([folder]));
    let listed = act(&app, "GOOGLEDRIVE_LIST_FILES", json!({"folder_id": folder})).await;
    assert_eq!(texts(&listed["files"], "name"), ["Ada's plan"]);
    assert_eq!(find(&app, json!({"query": "Ada's plan"})).await[0]["id"], id, "quotes are escaped");

    let changed =
        json!({"file_id": id, "name": "The plan", "starred": true, "properties": {"stage": "final"}});
    act(&app, "GOOGLEDRIVE_UPDATE_FILE_PUT", changed).await;
    let read = act(&app, "GOOGLEDRIVE_GET_FILE_METADATA", json!({"file_id": id})).await;
    assert_eq!((&read["name"], &read["starred"]), (&json!("The plan"), &json!(true)), "{read}");
    assert_eq!(read["properties"]["stage"], "final", "{read}");

    let text = act(&app, "GOOGLEDRIVE_EXPORT_FILE_AS_TEXT", json!({"file_id": NOTE_G})).await;
    assert_eq!(text["text"], "Note G\nThe engine computes the numbers of Bernoulli.\n");
    let copy = json!({"file_id": NOTE_G, "name": "Note H", "parent_id": folder});
    let copy = act(&app, "GOOGLEDRIVE_COPY_FILE", copy).await["id"].clone();
    let shortcut = json!({"name": "To the note", "target_id": NOTE_G, "parent_id": folder});
    let shortcut = act(&app, "GOOGLEDRIVE_CREATE_SHORTCUT_TO_FILE", shortcut).await;
    assert_eq!(shortcut["shortcut_target_id"], NOTE_G);
    let revisions = act(&app, "GOOGLEDRIVE_LIST_REVISIONS", json!({"file_id": copy})).await;
    assert_eq!(revisions["revisions"].as_array().unwrap().len(), 1);
    let page = json!({"folder_id": folder, "order_by": "name", "limit": 2});
    let first = act(&app, "GOOGLEDRIVE_LIST_FILES", page).await;
    assert_eq!(texts(&first["files"], "name"), ["Note H", "The plan"]);
    let page = json!({"folder_id": folder, "order_by": "name", "limit": 2, "cursor": first["next_cursor"]});
    let second = act(&app, "GOOGLEDRIVE_LIST_FILES", page).await;
    assert_eq!(texts(&second["files"], "name"), ["To the note"]);
    assert!(second["next_cursor"].is_null());

    let changes = json!({"cursor": start["cursor"]});
    let changes = act(&app, "GOOGLEDRIVE_LIST_CHANGES", changes).await;
    assert_eq!(changes["changes"].as_array().unwrap().len(), 4, "each file once: {changes}");
    act(&app, "GOOGLEDRIVE_TRASH_FILE", json!({"file_id": id})).await;
    assert_eq!(find(&app, json!({"name": "The plan"})).await, json!([]));
    assert_eq!(find(&app, json!({"name": "The plan", "trashed": true})).await[0]["id"], id);
    act(&app, "GOOGLEDRIVE_UNTRASH_FILE", json!({"file_id": id})).await;
    act(&app, "GOOGLEDRIVE_GOOGLE_DRIVE_DELETE_FOLDER_OR_FILE_ACTION", json!({"file_id": folder})).await;
    assert_eq!(find(&app, json!({"name": "The plan"})).await, json!([]), "gone with its folder");

    let error = refused(&app, "GOOGLEDRIVE_TRASH_FILE", json!({"file_id": NOTE_G})).await;
    assert!(error.to_string().contains("appNotAuthorizedToFile"), "the app did not make it: {error}");
    let before = calls(&app, Provider::Google);
    let error = refused(&app, "GOOGLEDRIVE_EMPTY_TRASH", json!({})).await;
    assert_eq!(error["details"]["reason"], "insufficient_scope");
    assert_eq!(calls(&app, Provider::Google), before, "refused before the provider is called");
}

#[tokio::test]
async fn google_drive_shares_and_discusses() {
    let app = connected("google-drive", json!({"scopes": ["drive"]}), "ada@example.com").await;
    let share =
        json!({"file_id": NOTE_G, "role": "reader", "type": "user", "email_address": "grace@example.com"});
    let shared = act(&app, "GOOGLEDRIVE_ADD_FILE_SHARING_PREFERENCE", share).await;
    let writer = json!({"file_id": NOTE_G, "permission_id": shared["id"], "role": "writer"});
    assert_eq!(act(&app, "GOOGLEDRIVE_UPDATE_PERMISSION", writer).await["role"], "writer");
    let listed = act(&app, "GOOGLEDRIVE_LIST_PERMISSIONS", json!({"file_id": NOTE_G})).await;
    assert_eq!(texts(&listed["permissions"], "email_address"), ["ada@example.com", "grace@example.com"]);
    let taken = json!({"file_id": NOTE_G, "permission_id": shared["id"]});
    act(&app, "GOOGLEDRIVE_DELETE_PERMISSION", taken).await;
    let listed = act(&app, "GOOGLEDRIVE_LIST_PERMISSIONS", json!({"file_id": NOTE_G})).await;
    assert_eq!(texts(&listed["permissions"], "role"), ["owner"]);

    let comment = json!({"file_id": NOTE_G, "content": "Check the numbers.", "quoted_text": "numbers"});
    let comment = act(&app, "GOOGLEDRIVE_CREATE_COMMENT", comment).await;
    let reply =
        json!({"file_id": NOTE_G, "comment_id": comment["id"], "content": "Done.", "action": "resolve"});
    act(&app, "GOOGLEDRIVE_CREATE_REPLY", reply).await;
    let talk = act(&app, "GOOGLEDRIVE_LIST_COMMENTS", json!({"file_id": NOTE_G})).await["comments"].clone();
    assert_eq!((&talk[0]["resolved"], &talk[0]["quoted_text"]), (&json!(true), &json!("numbers")), "{talk}");
    assert_eq!(texts(&talk[0]["replies"], "content"), ["Done."]);

    let drives = act(&app, "GOOGLEDRIVE_LIST_SHARED_DRIVES", json!({"name_contains": "Team"})).await;
    assert_eq!(texts(&drives["drives"], "id"), [TEAM]);
    let ids = act(&app, "GOOGLEDRIVE_GENERATE_IDS", json!({"count": 1})).await["ids"].clone();
    let agenda = json!({"name": "agenda.txt", "mime_type": "text/plain", "parent_id": TEAM, "id": ids[0]});
    let agenda = act(&app, "GOOGLEDRIVE_CREATE_FILE", agenda).await;
    assert_eq!((&agenda["drive_id"], &agenda["id"]), (&json!(TEAM), &ids[0]));
    let mut found = find(&app, json!({"drive_id": TEAM})).await;
    found.as_array_mut().unwrap().sort_by_key(|file| file["name"].to_string());
    assert_eq!(texts(&found, "name"), ["Minutes", "agenda.txt"]);

    act(&app, "GOOGLEDRIVE_TRASH_FILE", json!({"file_id": NOTE_G})).await;
    act(&app, "GOOGLEDRIVE_EMPTY_TRASH", json!({})).await;
    let error = refused(&app, "GOOGLEDRIVE_GET_FILE_METADATA", json!({"file_id": NOTE_G})).await;
    assert!(error.to_string().contains("notFound"), "{error}");
}

#[tokio::test]
async fn google_drive_contents_come_back_as_they_went() {
    let app = connected("google-drive", json!({}), "ada@example.com").await;
    let download = async |file: &Value, more: Value| {
        let mut params = json!({"file_id": file["id"]});
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        act(&app, "GOOGLEDRIVE_DOWNLOAD_FILE", params).await
    };
    let folder = act(&app, "GOOGLEDRIVE_CREATE_FOLDER", json!({"name": "Bytes"})).await["id"].clone();
    let upload = json!({"name": "a.bin", "content": BINARY, "parent_id": folder});
    let file = act(&app, "GOOGLEDRIVE_UPLOAD_FILE", upload).await;
    assert_eq!((&file["size"], &file["parents"]), (&json!(16), &json!([folder])), "{file}");
    let read = download(&file, json!({})).await;
    assert_eq!((&read["content"], &read["size"]), (&json!(BINARY), &json!(16)), "{read}");
    assert_eq!((&read["name"], &read["text"]), (&json!("a.bin"), &Value::Null));

    let edit = json!({"file_id": file["id"], "text": "Größe", "mime_type": "text/plain"});
    let edited = act(&app, "GOOGLEDRIVE_EDIT_FILE", edit).await;
    assert_eq!((&edited["size"], &edited["parents"]), (&json!(7), &json!([folder])), "{edited}");
    let read = download(&file, json!({})).await;
    assert_eq!((&read["text"], &read["content"]), (&json!("Größe"), &json!("R3LDtsOfZQ==")), "{read}");
    let revisions = act(&app, "GOOGLEDRIVE_LIST_REVISIONS", json!({"file_id": file["id"]})).await;
    assert_eq!(revisions["revisions"].as_array().unwrap().len(), 2);

    let plan = json!({"name": "Plan", "text": "# Plan\n", "format": "markdown", "google_file": true});
    let plan = act(&app, "GOOGLEDRIVE_CREATE_FILE_FROM_TEXT", plan).await;
    assert_eq!(plan["mime_type"], "application/vnd.google-apps.document");
    let exported = download(&plan, json!({})).await;
    assert_eq!(exported["mime_type"], "application/pdf");
    assert!(exported["content"].as_str().unwrap().starts_with("JVBERi"), "{exported}");
    let exported = download(&plan, json!({"mime_type": "text/markdown"})).await;
    assert_eq!((&exported["mime_type"], &exported["text"]), (&json!("text/markdown"), &json!("# Plan\n")));
    let plain = json!({"name": "plain.csv", "text": "a,b\n", "format": "csv"});
    let plain = act(&app, "GOOGLEDRIVE_CREATE_FILE_FROM_TEXT", plain).await;
    assert_eq!(download(&plain, json!({})).await["text"], "a,b\n");
}
