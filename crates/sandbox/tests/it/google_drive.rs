//! Google Drive: files with content, the search language, sharing, talk, and what each scope shows.

use sandbox::Provider;
use serde_json::{Value, json};

use crate::bed::{Bed, Body, GOOGLE, each, text};

const DRIVE: &str = "www.googleapis.com/drive/v3";
const UPLOAD: &str = "www.googleapis.com/upload/drive/v3/files";
const ADA: &str = "ada@example.com";
const GRACE: &str = "grace@example.com";
const FOLDER: &str = "application/vnd.google-apps.folder";
const DOCUMENT: &str = "application/vnd.google-apps.document";
const NOTES: &str = "1SbxAdaNotesFolder0000000000000001";
const NOTE_G: &str = "1SbxAdaNoteG000000000000000000002";
const READING: &str = "1SbxAdaReading000000000000000004";
const PLAN: &str = "1SbxGraceCompiler000000000000005";
const TEAM: &str = "0ASbxTeamDriveUk9PVA";

async fn token(bed: &Bed, account: &str, scopes: &str) -> String {
    let full: Vec<String> = scopes.split(' ').map(|scope| format!("{GOOGLE}{scope}")).collect();
    bed.token(Provider::Google, account, &full.join(" ")).await
}

fn query(path: &str, pairs: &[(&str, &str)]) -> String {
    let mut url = url::Url::parse(&format!("http://x/{path}")).unwrap();
    url.query_pairs_mut().extend_pairs(pairs);
    url.as_str()["http://x/".len()..].to_owned()
}

async fn names(bed: &Bed, token: &str, q: &str) -> Vec<String> {
    let path = query(&format!("{DRIVE}/files"), &[("q", q), ("orderBy", "name")]);
    each(&bed.get(&path, token).await.expect(200)["files"], "name")
}

async fn patch(bed: &Bed, path: &str, token: &str, body: Value) -> crate::bed::Reply {
    bed.call("PATCH", path, token, Body::Json(body)).await
}

async fn delete(bed: &Bed, path: &str, token: &str) -> crate::bed::Reply {
    bed.call("DELETE", path, token, Body::None).await
}

/// The reason and the place of a refusal.
fn why(refused: &Value) -> (String, Value) {
    let first = &refused["error"]["errors"][0];
    (text(&first["reason"]), first["location"].clone())
}

fn reason(refused: &Value) -> String {
    why(refused).0
}

async fn bytes(bed: &Bed, path: &str, token: &str) -> (u16, String, Vec<u8>) {
    let answer = bed.builder("GET", path).bearer_auth(token).send().await.unwrap();
    let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
    (answer.status().as_u16(), kind, answer.bytes().await.unwrap().to_vec())
}

#[tokio::test]
async fn a_file_from_creation_to_deletion() {
    let bed = Bed::new().await;
    let ada = token(&bed, ADA, "drive").await;
    let files = format!("{DRIVE}/files");
    let folder = bed.post(&files, &ada, json!({"name": "Reports", "mimeType": FOLDER})).await.expect(200);
    assert_eq!(
        (&folder["kind"], &folder["mimeType"], folder.as_object().unwrap().len()),
        (&json!("drive#file"), &json!(FOLDER), 4)
    );
    let folder = text(&folder["id"]);
    let body = json!({"name": "Plan", "mimeType": DOCUMENT, "parents": [folder], "description": "x",
        "starred": true, "properties": {"stage": "draft"}, "appProperties": {"own": "1"}});
    let made = bed.post(&format!("{files}?fields=*"), &ada, body).await.expect(200);
    assert_eq!(
        (&made["parents"], &made["starred"], &made["ownedByMe"], &made["owners"][0]["emailAddress"]),
        (&json!([folder]), &json!(true), &json!(true), &json!(ADA))
    );
    assert_eq!(made["createdTime"], "2027-01-15T08:00:00.000Z");
    let path = format!("{files}/{}", text(&made["id"]));

    bed.advance(60);
    let changes = json!({"name": "The plan", "properties": {"stage": null, "final": "yes"}});
    let fields = "fields=name,modifiedTime,properties,appProperties,version";
    let changed = patch(&bed, &format!("{path}?{fields}"), &ada, changes).await.expect(200);
    let expected = json!({"name": "The plan", "modifiedTime": "2027-01-15T08:01:00.000Z",
        "properties": {"final": "yes"}, "appProperties": {"own": "1"}, "version": "2"});
    assert_eq!(changed, expected);
    assert_eq!(names(&bed, &ada, &format!("'{folder}' in parents")).await, ["The plan"]);

    let moving = format!("{path}?addParents={NOTES}");
    assert_eq!(reason(&patch(&bed, &moving, &ada, json!({})).await.expect(403)), "cannotAddParent");
    let moving = format!("{moving}&removeParents={folder}&fields=parents");
    assert_eq!(patch(&bed, &moving, &ada, json!({})).await.expect(200), json!({"parents": [NOTES]}));
    let inside = format!("{files}/{folder}?addParents={folder}&removeParents=root");
    patch(&bed, &inside, &ada, json!({})).await.expect(400);
    let direct = patch(&bed, &path, &ada, json!({"parents": [folder]})).await.expect(403);
    assert_eq!(reason(&direct), "fieldNotWritable");
    assert_eq!(reason(&patch(&bed, &path, &ada, json!({"size": "1"})).await.expect(403)), "fieldNotWritable");

    patch(&bed, &format!("{files}/{NOTES}"), &ada, json!({"trashed": true})).await.expect(200);
    let trashed = bed.get(&format!("{path}?fields=trashed,explicitlyTrashed"), &ada).await.expect(200);
    assert_eq!(trashed, json!({"trashed": true, "explicitlyTrashed": false}), "with its folder");
    assert!(names(&bed, &ada, "trashed = false").await.iter().all(|name| name != "The plan"));
    patch(&bed, &format!("{files}/{NOTES}"), &ada, json!({"trashed": false})).await.expect(200);
    delete(&bed, &path, &ada).await.expect(204);
    let gone = bed.get(&path, &ada).await.expect(404);
    assert_eq!(why(&gone), ("notFound".into(), json!("fileId")));

    patch(&bed, &format!("{files}/{NOTES}"), &ada, json!({"trashed": true})).await.expect(200);
    delete(&bed, &format!("{files}/trash"), &ada).await.expect(204);
    bed.get(&format!("{files}/{NOTE_G}"), &ada).await.expect(404);
    assert_eq!(names(&bed, &ada, "'me' in owners").await, ["reading list.txt", "Reports"]);
}

#[tokio::test]
async fn the_search_language() {
    let bed = Bed::new().await;
    let ada = token(&bed, ADA, "drive").await;
    let cases: &[(&str, &[&str])] = &[
        ("name contains 'comp'", &["Compiler plan"]),
        ("name contains 'ompiler'", &[]),
        ("name = 'note g'", &["Note G"]),
        ("name != 'Note G' and mimeType = 'application/vnd.google-apps.document'", &["Compiler plan"]),
        ("mimeType contains 'text/' or mimeType contains 'spreadsheet'", &["Operations", "reading list.txt"]),
        ("'root' in parents", &["Notes", "reading list.txt"]),
        ("not 'me' in owners", &["Compiler plan"]),
        ("sharedWithMe", &["Compiler plan"]),
        ("'grace@example.com' in writers and sharedWithMe = true", &["Compiler plan"]),
        (
            "modifiedTime > '2027-01-06T00:00:00' and (trashed = false)",
            &["Compiler plan", "Operations", "reading list.txt"],
        ),
        ("createdTime <= '2027-01-03T12:00:00+00:00'", &["Note G", "Notes"]),
        ("name contains 'n' and name contains 'g' or starred", &["Note G"]),
        ("visibility = 'limited' and not mimeType contains 'google-apps'", &["reading list.txt"]),
    ];
    for (q, expected) in cases {
        assert_eq!(names(&bed, &ada, q).await, *expected, "{q}");
    }
    let full = async |q: &str| {
        let path = query(&format!("{DRIVE}/files"), &[("q", q)]);
        each(&bed.get(&path, &ada).await.expect(200)["files"], "name")
    };
    assert_eq!(full("fullText contains 'bernoulli numbers'").await, ["Note G"]);
    assert_eq!(full("fullText contains '\"bernoulli numbers\"'").await, Vec::<String>::new());
    assert_eq!(full("fullText contains 'bernoul'").await, Vec::<String>::new(), "whole words");

    let body = json!({"name": "Ada's C:\\plan", "properties": {"k": "v"}});
    bed.post(&format!("{DRIVE}/files"), &ada, body).await.expect(200);
    assert_eq!(names(&bed, &ada, r"name = 'Ada\'s C:\\plan'").await, [r"Ada's C:\plan"]);
    assert_eq!(names(&bed, &ada, "properties has { key='k' and value='v' }").await, [r"Ada's C:\plan"]);

    for q in [
        "name",
        "name = x",
        "name contains 'x",
        "trashed > true",
        "size > 1",
        "name = 'a' and",
        "('a' in name)",
        "modifiedTime > 'yesterday'",
        "mimeType = 'a' 'b'",
        "fullText = 'x'",
    ] {
        let refused = bed.get(&query(&format!("{DRIVE}/files"), &[("q", q)]), &ada).await.expect(400);
        assert_eq!(why(&refused), ("invalid".into(), json!("q")), "{q}");
    }
    let sorted = [("q", "fullText contains 'x'"), ("orderBy", "name")];
    let refused = bed.get(&query(&format!("{DRIVE}/files"), &sorted), &ada).await.expect(403);
    assert_eq!(why(&refused), ("forbidden".into(), json!("orderBy")));
    bed.get(&query(&format!("{DRIVE}/files"), &[("q", "'nowhere' in parents")]), &ada).await.expect(404);
}

#[tokio::test]
async fn pages_orders_and_masks() {
    let bed = Bed::new().await;
    let ada = token(&bed, ADA, "drive").await;
    let list = async |pairs: &[(&str, &str)]| bed.get(&query(&format!("{DRIVE}/files"), pairs), &ada).await;
    let first = list(&[("pageSize", "2"), ("orderBy", "folder,name desc")]).await.expect(200);
    assert_eq!(each(&first["files"], "name"), ["Notes", "reading list.txt"]);
    let next = text(&first["nextPageToken"]);
    let rest = [("pageSize", "9"), ("orderBy", "folder,name desc"), ("pageToken", next.as_str())];
    let rest = list(&rest).await.expect(200);
    assert_eq!(each(&rest["files"], "name"), ["Operations", "Note G", "Compiler plan"]);
    assert!(rest["nextPageToken"].is_null());
    let other = list(&[("orderBy", "name"), ("pageToken", &next)]).await.expect(400);
    assert_eq!(why(&other).1, "pageToken", "a token is of one search");
    assert_eq!(why(&list(&[("pageSize", "0")]).await.expect(400)).1, "pageSize");
    assert_eq!(why(&list(&[("orderBy", "size")]).await.expect(400)).1, "orderBy");

    let mask = "files(id, owners/displayName,parents),nextPageToken";
    let cut = list(&[("fields", mask), ("q", "name = 'Note G'")]).await.expect(200);
    let expected = json!({"files": [{"id": NOTE_G, "owners": [{"displayName": "Ada Lovelace"}],
        "parents": [NOTES]}]});
    assert_eq!(cut, expected);
    let star = list(&[("fields", "files/*"), ("q", "name = 'Note G'")]).await.expect(200);
    assert_eq!(star["files"][0]["capabilities"]["canEdit"], true);
    for wrong in ["files(id", "files(id,nope)", "file", "files(id))", ",", "files(id(x))", "id"] {
        let refused = list(&[("fields", wrong)]).await.expect(400);
        assert_eq!(why(&refused), ("invalidParameter".into(), json!("fields")), "{wrong}");
    }
    for (path, mask) in [
        ("about".to_owned(), "user(emailAddress),storageQuota"),
        (format!("files/{PLAN}/comments"), "comments(content,author(displayName))"),
    ] {
        let bare = bed.get(&format!("{DRIVE}/{path}"), &ada).await.expect(400);
        assert_eq!(why(&bare), ("required".into(), json!("fields")), "{path}");
        let cut = bed.get(&query(&format!("{DRIVE}/{path}"), &[("fields", mask)]), &ada).await.expect(200);
        assert!(cut["kind"].is_null() && !cut.as_object().unwrap().is_empty(), "{cut}");
    }
}

fn related(boundary: &str, metadata: &Value, kind: &str, content: &[u8]) -> Vec<u8> {
    let head = format!(
        "--{boundary}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n{metadata}\r\n--{boundary}\r\n\
         Content-Type: {kind}\r\n\r\n"
    );
    [head.as_bytes(), content, format!("\r\n--{boundary}--\r\n").as_bytes()].concat()
}

#[tokio::test]
async fn uploads_are_kept_byte_for_byte_and_replaced() {
    let bed = Bed::new().await;
    let ada = token(&bed, ADA, "drive.file").await;
    let content: Vec<u8> = (0..=255).chain(*b"\r\n--other\r\n").collect();
    let body = related("b-1", &json!({"name": "a.png"}), "image/png", &content);
    let path =
        format!("{UPLOAD}?uploadType=multipart&fields=id,name,mimeType,size,md5Checksum,headRevisionId");
    let raw = Body::Raw("multipart/related; boundary=\"b-1\"", body);
    let made = bed.call("POST", &path, &ada, raw).await.expect(200);
    assert_eq!(
        (&made["name"], &made["mimeType"], &made["size"]),
        (&json!("a.png"), &json!("image/png"), &json!(content.len().to_string()))
    );
    let id = text(&made["id"]);
    let media = format!("{DRIVE}/files/{id}?alt=media");
    assert_eq!(bytes(&bed, &media, &ada).await, (200, "image/png".to_owned(), content));

    let replace = format!("{UPLOAD}/{id}?uploadType=media");
    bed.call("PATCH", &replace, &ada, Body::Raw("image/png", b"new".to_vec())).await.expect(200);
    assert_eq!(bytes(&bed, &media, &ada).await.2, b"new");
    let revisions = bed.get(&format!("{DRIVE}/files/{id}/revisions?fields=revisions(id,size)"), &ada).await;
    let revisions = revisions.expect(200)["revisions"].clone();
    assert_eq!(each(&revisions, "size"), ["267", "3"]);
    let first = format!("{DRIVE}/files/{id}/revisions/{}", text(&revisions[0]["id"]));
    assert_eq!(bytes(&bed, &format!("{first}?alt=media"), &ada).await.2.len(), 267);
    delete(&bed, &first, &ada).await.expect(204);
    bed.get(&first, &ada).await.expect(404);

    let body = related("x", &json!({"name": "b.png"}), "image/png", b"both");
    let raw = Body::Raw("multipart/related; boundary=x", body);
    let path = format!("{UPLOAD}/{id}?uploadType=multipart");
    assert_eq!(bed.call("PATCH", &path, &ada, raw).await.expect(200)["name"], "b.png");
    let bare = format!("{UPLOAD}?uploadType=media");
    let bare = bed.call("POST", &bare, &ada, Body::Raw("text/plain", b"x".to_vec())).await.expect(200);
    assert_eq!((&bare["name"], &bare["mimeType"]), (&json!("Untitled"), &json!("text/plain")));

    let metadata = json!({"name": "Imported", "mimeType": DOCUMENT});
    let raw = Body::Raw(
        "multipart/related; boundary=x",
        related("x", &metadata, "text/html", b"<p>Hi <b>you</b></p>"),
    );
    let imported = bed.call("POST", &format!("{UPLOAD}?uploadType=multipart"), &ada, raw).await.expect(200);
    let export = format!("{DRIVE}/files/{}/export?mimeType=text/plain", text(&imported["id"]));
    assert_eq!(bytes(&bed, &export, &ada).await.2, "\u{feff}Hi you".as_bytes());
    let raw = Body::Raw("multipart/related; boundary=x", related("x", &metadata, "video/mp4", b"x"));
    let refused = bed.call("POST", &format!("{UPLOAD}?uploadType=multipart"), &ada, raw).await.expect(400);
    assert_eq!(reason(&refused), "conversionUnsupportedConversionPath");
}

#[tokio::test]
async fn uploads_that_are_not_well_formed() {
    let bed = Bed::new().await;
    let ada = token(&bed, ADA, "drive").await;
    let path = format!("{UPLOAD}?uploadType=multipart");
    let good = related("x", &json!({"name": "a"}), "text/plain", b"a");
    let whole = String::from_utf8(good.clone()).unwrap();
    let cases = [
        ("multipart/form-data; boundary=x", whole.clone()),
        ("multipart/related", whole.clone()),
        ("multipart/related; boundary=y", whole.clone()),
        ("multipart/related; boundary=x", whole.replace("\r\n", "\n")),
        ("multipart/related; boundary=x", whole.replace("--x--\r\n", "")),
        ("multipart/related; boundary=x", whole.replace("application/json; charset=UTF-8", "text/plain")),
        ("multipart/related; boundary=x", whole.replace("Content-Type: text/plain\r\n", "")),
        ("multipart/related; boundary=x", whole.replace("{\"name\":\"a\"}", "{\"title\":\"a\"}")),
        ("multipart/related; boundary=x", whole.replace("{\"name\":\"a\"}", "name")),
        ("multipart/related; boundary=x", format!("{whole}more")),
        ("multipart/related; boundary=x", "--x\r\n\r\n{}\r\n--x--".to_owned()),
    ];
    for (kind, body) in cases {
        let refused = bed.call("POST", &path, &ada, Body::Raw(kind, body.clone().into_bytes())).await;
        assert_eq!(refused.status, 400, "{kind}: {body}");
    }
    let kind = "multipart/related; boundary=x";
    let media = format!("{UPLOAD}?uploadType=media");
    bed.call("POST", &media, &ada, Body::Raw(kind, good.clone())).await.expect(400);
    bed.call("POST", UPLOAD, &ada, Body::Raw(kind, good.clone())).await.expect(400);
    bed.call("POST", &format!("{DRIVE}/files?uploadType=multipart"), &ada, Body::Raw(kind, good))
        .await
        .expect(400);
    let large = Body::Raw("text/plain", vec![b'x'; 5 * 1024 * 1024 + 1]);
    assert_eq!(reason(&bed.call("POST", &media, &ada, large).await.expect(413)), "uploadTooLarge");
    let packed = whole.replace(
        "Content-Type: text/plain\r\n\r\na",
        "Content-Type: text/plain\r\n\
        Content-Transfer-Encoding: base64\r\n\r\naGVsbG8=",
    );
    let made = bed.call("POST", &path, &ada, Body::Raw(kind, packed.into_bytes())).await.expect(200);
    let read = format!("{DRIVE}/files/{}?alt=media", text(&made["id"]));
    assert_eq!(bytes(&bed, &read, &ada).await.2, b"hello");
}

#[tokio::test]
async fn downloads_and_exports_have_their_own_files() {
    let bed = Bed::new().await;
    let ada = token(&bed, ADA, "drive.readonly").await;
    let file = |id: &str| format!("{DRIVE}/files/{id}");
    let refused = bed.get(&format!("{}?alt=media", file(NOTE_G)), &ada).await.expect(403);
    assert_eq!(why(&refused), ("fileNotDownloadable".into(), json!("alt")));
    let refused = bed.get(&format!("{}/export?mimeType=text/plain", file(READING)), &ada).await.expect(403);
    assert_eq!(reason(&refused), "fileNotExportable");
    let refused = bed.get(&format!("{}/export?mimeType=image/png", file(NOTE_G)), &ada).await.expect(400);
    assert_eq!(refused["error"]["message"], "The requested conversion is not supported.");
    bed.get(&format!("{}/export", file(NOTE_G)), &ada).await.expect(400);
    let (status, kind, pdf) =
        bytes(&bed, &format!("{}/export?mimeType=application/pdf", file(NOTE_G)), &ada).await;
    assert_eq!((status, kind.as_str(), &pdf[..5]), (200, "application/pdf", b"%PDF-".as_slice()));
    let plain = bytes(&bed, &format!("{}/export?mimeType=text/plain", file(NOTE_G)), &ada).await.2;
    assert!(plain.starts_with("\u{feff}Note G\r\n".as_bytes()));

    let metadata = token(&bed, ADA, "drive.metadata.readonly").await;
    bed.get(&file(READING), &metadata).await.expect(200);
    let refused = bed.get(&format!("{}?alt=media", file(READING)), &metadata).await.expect(403);
    assert_eq!(reason(&refused), "appNotAuthorizedToFile");
    assert_eq!(bed.last_entry().detail["lacks_scope"], true);
}

#[tokio::test]
async fn an_app_sees_what_its_scopes_show() {
    let bed = Bed::new().await;
    let files = format!("{DRIVE}/files");
    let own = token(&bed, ADA, "drive.file").await;
    assert_eq!(
        names(&bed, &own, "trashed = false").await,
        ["reading list.txt"],
        "what was opened with the app"
    );
    bed.get(&format!("{files}/{NOTE_G}"), &own).await.expect(404);
    bed.post(&files, &own, json!({"name": "x", "parents": [NOTES]})).await.expect(404);
    let made = text(&bed.post(&files, &own, json!({"name": "mine.txt"})).await.expect(200)["id"]);
    assert_eq!(names(&bed, &own, "'root' in parents").await, ["mine.txt", "reading list.txt"]);

    let both = token(&bed, ADA, "drive.file drive.readonly").await;
    bed.get(&format!("{files}/{NOTE_G}"), &both).await.expect(200);
    let refused = patch(&bed, &format!("{files}/{NOTE_G}"), &both, json!({"name": "x"})).await.expect(403);
    assert_eq!(reason(&refused), "appNotAuthorizedToFile");
    bed.post(&format!("{files}/{NOTE_G}/copy"), &both, json!({"name": "A copy"})).await.expect(200);

    let metadata = token(&bed, ADA, "drive.metadata").await;
    patch(&bed, &format!("{files}/{NOTE_G}"), &metadata, json!({"starred": true})).await.expect(200);
    let change = format!("{UPLOAD}/{made}?uploadType=media");
    let raw = Body::Raw("text/plain", b"x".to_vec());
    assert_eq!(
        reason(&bed.call("PATCH", &change, &metadata, raw).await.expect(403)),
        "appNotAuthorizedToFile"
    );
    let readonly = token(&bed, ADA, "drive.readonly").await;
    let refused = bed.post(&files, &readonly, json!({"name": "x"})).await.expect(403);
    assert_eq!(reason(&refused), "insufficientPermissions");
    assert_eq!(bed.last_entry().detail["lacks_scope"], true);

    let data = token(&bed, ADA, "drive.appdata").await;
    let settings = json!({"name": "settings.json", "parents": ["appDataFolder"]});
    bed.post(&files, &data, settings.clone()).await.expect(200);
    let list = bed.get(&format!("{files}?spaces=appDataFolder"), &data).await.expect(200);
    assert_eq!(each(&list["files"], "name"), ["settings.json"]);
    assert_eq!(reason(&bed.get(&files, &data).await.expect(403)), "insufficientScopes");
    let full = token(&bed, ADA, "drive").await;
    assert!(!names(&bed, &full, "trashed = false").await.contains(&"settings.json".to_owned()));
    assert_eq!(reason(&bed.post(&files, &full, settings).await.expect(403)), "insufficientScopes");
}

#[tokio::test]
async fn sharing_comments_and_changes_reach_the_others() {
    let bed = Bed::new().await;
    let (ada, grace) = (token(&bed, ADA, "drive").await, token(&bed, GRACE, "drive").await);
    let note = format!("{DRIVE}/files/{NOTE_G}");
    let start = bed.get(&format!("{DRIVE}/changes/startPageToken"), &grace).await.expect(200);
    let start = text(&start["startPageToken"]);
    bed.get(&note, &grace).await.expect(404);

    let share = |role: &str| json!({"role": role, "type": "user", "emailAddress": GRACE});
    let given = bed.post(&format!("{note}/permissions"), &ada, share("reader")).await.expect(200);
    let permission = format!("{note}/permissions/{}", text(&given["id"]));
    assert_eq!(names(&bed, &grace, "sharedWithMe").await, ["Note G"]);
    assert_eq!(
        reason(&patch(&bed, &note, &grace, json!({"name": "x"})).await.expect(403)),
        "insufficientFilePermissions"
    );
    let comment =
        format!("{note}/comments?fields=id,resolved,content,author(displayName,me),replies(content,action)");
    bed.post(&comment, &grace, json!({"content": "No."})).await.expect(403);
    patch(&bed, &permission, &ada, json!({"role": "commenter"})).await.expect(200);
    let said = bed.post(&comment, &grace, json!({"content": "Which numbers?"})).await.expect(200);
    assert_eq!(said["author"], json!({"displayName": "Grace Hopper", "me": true}));
    let said = format!("{note}/comments/{}", text(&said["id"]));
    let answer = json!({"content": "Bernoulli's.", "action": "resolve"});
    bed.post(&format!("{said}/replies?fields=*"), &ada, answer).await.expect(200);
    let read = bed.get(&format!("{said}?fields=resolved,replies(content,action)"), &grace).await.expect(200);
    let expected = json!({"resolved": true, "replies": [{"content": "Bernoulli's.", "action": "resolve"}]});
    assert_eq!(read, expected);
    patch(&bed, &format!("{said}?fields=id"), &ada, json!({"content": "x"})).await.expect(403);
    delete(&bed, &said, &grace).await.expect(204);
    bed.get(&format!("{said}?fields=id"), &ada).await.expect(404);

    let changes = format!("{DRIVE}/changes?fields=newStartPageToken,changes(fileId,removed)&pageToken=");
    let seen = bed.get(&format!("{changes}{start}"), &grace).await.expect(200);
    assert_eq!(seen["changes"], json!([{"fileId": NOTE_G, "removed": false}]), "each file once");
    delete(&bed, &permission, &ada).await.expect(204);
    let seen = bed.get(&format!("{changes}{}", text(&seen["newStartPageToken"])), &grace).await.expect(200);
    assert_eq!(seen["changes"], json!([{"fileId": NOTE_G, "removed": true}]));
    assert_eq!(why(&bed.get(&format!("{changes}1"), &grace).await.expect(400)).1, "pageToken");

    let refused = bed.post(&format!("{note}/permissions"), &ada, share("owner")).await.expect(403);
    assert_eq!(why(&refused), ("forbidden".into(), json!("transferOwnership")));
    bed.post(&format!("{note}/permissions?transferOwnership=true"), &ada, share("owner")).await.expect(200);
    let listed = bed.get(&format!("{note}/permissions?fields=permissions(emailAddress,role)"), &grace).await;
    let roles = each(&listed.expect(200)["permissions"], "role");
    assert_eq!(roles, ["writer", "owner"]);
    delete(&bed, &note, &ada).await.expect(403);
    let stranger = json!({"role": "reader", "type": "user", "emailAddress": "x@elsewhere.example"});
    let quiet = format!("{DRIVE}/files/{READING}/permissions?sendNotificationEmail=false");
    assert_eq!(reason(&bed.post(&quiet, &ada, stranger).await.expect(400)), "invalidSharingRequest");
    let link = json!({"role": "reader", "type": "anyone"});
    let link = bed.post(&format!("{DRIVE}/files/{READING}/permissions"), &ada, link).await.expect(200);
    assert_eq!(link["id"], "anyoneWithLink");
    bed.get(&format!("{DRIVE}/files/{READING}"), &grace).await.expect(200);
}

#[tokio::test]
async fn shared_drives_show_on_demand() {
    let bed = Bed::new().await;
    let (ada, grace) = (token(&bed, ADA, "drive").await, token(&bed, GRACE, "drive").await);
    let listed =
        bed.get(&query(&format!("{DRIVE}/drives"), &[("q", "name contains 'Te'")]), &ada).await.expect(200);
    assert_eq!(each(&listed["drives"], "id"), [TEAM]);
    let list = format!("{DRIVE}/files?corpora=drive&driveId={TEAM}");
    assert_eq!(why(&bed.get(&list, &ada).await.expect(403)).1, "includeItemsFromAllDrives");
    let list = format!(
        "{list}&includeItemsFromAllDrives=true&supportsAllDrives=true&fields=files(id,name,driveId,owners)"
    );
    let minutes = bed.get(&list, &ada).await.expect(200)["files"][0].clone();
    assert_eq!(
        (&minutes["name"], &minutes["driveId"], &minutes["owners"]),
        (&json!("Minutes"), &json!(TEAM), &Value::Null)
    );
    let minutes = format!("{DRIVE}/files/{}", text(&minutes["id"]));
    bed.get(&minutes, &ada).await.expect(404);
    bed.get(&format!("{minutes}?supportsAllDrives=true"), &ada).await.expect(200);
    let refused = delete(&bed, &format!("{minutes}?supportsAllDrives=true"), &ada).await.expect(403);
    assert_eq!(reason(&refused), "insufficientFilePermissions");
    delete(&bed, &format!("{DRIVE}/drives/{TEAM}"), &grace).await.expect(403);
    delete(&bed, &format!("{minutes}?supportsAllDrives=true"), &grace).await.expect(204);
    delete(&bed, &format!("{DRIVE}/drives/{TEAM}"), &grace).await.expect(204);
    let path = format!("{DRIVE}/drives?requestId=r1");
    bed.post(&path, &ada, json!({"name": "New"})).await.expect(200);
    bed.post(&path, &ada, json!({"name": "New"})).await.expect(409);
}

#[tokio::test]
async fn ids_made_beforehand_and_strictness() {
    let bed = Bed::new().await;
    let ada = token(&bed, ADA, "drive").await;
    let files = format!("{DRIVE}/files");
    let ids = bed.get(&format!("{files}/generateIds?count=2&fields=ids,space"), &ada).await.expect(200);
    assert_eq!(ids["ids"].as_array().unwrap().len(), 2);
    let body = json!({"id": ids["ids"][0], "name": "once.txt", "mimeType": "text/plain"});
    bed.post(&files, &ada, body.clone()).await.expect(200);
    assert_eq!(reason(&bed.post(&files, &ada, body).await.expect(409)), "fileIdInUse");
    bed.post(&files, &ada, json!({"id": "made-up"})).await.expect(400);
    bed.post(&files, &ada, json!({"id": ids["ids"][1], "mimeType": DOCUMENT})).await.expect(400);
    let shortcut = json!({"name": "s", "mimeType": "application/vnd.google-apps.shortcut",
        "shortcutDetails": {"targetId": NOTE_G}});
    let made = bed.post(&format!("{files}?fields=shortcutDetails"), &ada, shortcut).await.expect(200);
    assert_eq!(made["shortcutDetails"], json!({"targetId": NOTE_G, "targetMimeType": DOCUMENT}));
    for body in [
        json!({"title": "x"}),
        json!({"name": 1}),
        json!({"parents": "root"}),
        json!({"properties": {"a": 1}}),
    ] {
        let refused = bed.post(&files, &ada, body).await.expect(400);
        assert!(text(&refused["error"]["message"]).starts_with("sandbox:"), "{refused}");
    }
    bed.post(&files, &ada, json!({"parents": ["root", NOTES]})).await.expect(403);
    bed.get(&format!("{files}?query=x"), &ada).await.expect(400);
    bed.get(&format!("{DRIVE}/nothing"), &ada).await.expect(404);
    let raw = Body::Raw("text/plain", b"{}".to_vec());
    bed.call("POST", &files, &ada, raw).await.expect(400);
    bed.get(&files, "wrong").await.expect(401);
}

#[tokio::test]
async fn content_survives_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("twins.json");
    let bed = Bed::with(Some(path.clone())).await;
    let ada = token(&bed, ADA, "drive drive.appdata").await;
    let create = format!("{UPLOAD}?uploadType=media");
    let made = bed.call("POST", &create, &ada, Body::Raw("image/png", vec![0, 255, 13])).await.expect(200);
    let settings =
        json!({"name": "settings.json", "parents": ["appDataFolder"], "appProperties": {"a": "b"}});
    bed.post(&format!("{DRIVE}/files"), &ada, settings).await.expect(200);
    bed.sandbox.stop().await;
    let bed = Bed::with(Some(path)).await;
    let read = format!("{DRIVE}/files/{}?alt=media", text(&made["id"]));
    assert_eq!(bytes(&bed, &read, &ada).await.2, [0, 255, 13]);
    let list = bed.get(&format!("{DRIVE}/files?spaces=appDataFolder"), &ada).await.expect(200);
    assert_eq!(each(&list["files"], "name"), ["settings.json"]);
}
