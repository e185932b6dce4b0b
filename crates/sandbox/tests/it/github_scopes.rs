//! GitHub: what a token without the scope reads and does not, and the workflows of a repository.

use sandbox::Provider;
use serde_json::json;

use crate::bed::{Bed, Body, each};

const ENGINE: &str = "api.github.com/repos/ada/engine";

fn lacks_scope(bed: &Bed) -> bool {
    bed.last_entry().detail.get("lacks_scope") == Some(&json!(true))
}

#[tokio::test]
async fn what_is_public_is_read_without_a_scope() {
    let bed = Bed::new().await;
    let none = bed.token(Provider::GitHub, "ada", "").await;
    for path in
        ["", "/issues", "/pulls", "/commits", "/branches", "/contents/README.md", "/actions/workflows"]
    {
        bed.get(&format!("{ENGINE}{path}"), &none).await.expect(200);
        assert!(!lacks_scope(&bed), "{path}");
    }
    bed.get(&format!("{ENGINE}/issues/99"), &none).await.expect(404);
    assert!(!lacks_scope(&bed), "not for a scope");
    let listed = bed.get("api.github.com/user/repos", &none).await.expect(200);
    assert_eq!(each(&listed, "name"), ["engine"]);
    bed.get("api.github.com/repos/ada/diary/issues", &none).await.expect(404);
    assert!(lacks_scope(&bed), "it is private, and hers");
    let grace = bed.token(Provider::GitHub, "grace", "").await;
    bed.get("api.github.com/repos/ada/diary/issues", &grace).await.expect(404);
    assert!(!lacks_scope(&bed), "no scope would help");
}

#[tokio::test]
async fn a_write_takes_one_before_anything_else() {
    let bed = Bed::new().await;
    let none = bed.token(Provider::GitHub, "ada", "").await;
    let cases = [
        ("POST", format!("{ENGINE}/issues"), 404),
        ("PATCH", format!("{ENGINE}/issues/99"), 404),
        ("PUT", "api.github.com/user/starred/ada/engine".to_owned(), 404),
        ("POST", "api.github.com/user/repos".to_owned(), 404),
        ("DELETE", ENGINE.to_owned(), 403),
    ];
    for (method, path, status) in cases {
        let body = if method == "POST" || method == "PATCH" { Body::Json(json!({})) } else { Body::None };
        bed.call(method, &path, &none, body).await.expect(status);
        assert!(lacks_scope(&bed), "{method} {path}");
    }
    let public = bed.token(Provider::GitHub, "ada", "public_repo").await;
    bed.call("PUT", "api.github.com/user/starred/ada/engine", &public, Body::None).await.expect(204);
    let dispatch = format!("{ENGINE}/actions/workflows/deploy.yml/dispatches");
    bed.post(&dispatch, &public, json!({"ref": "main"})).await.expect(404);
    assert!(lacks_scope(&bed), "starting a workflow takes `repo`");
}

#[tokio::test]
async fn workflows_are_listed_with_the_ids_that_start_them() {
    let bed = Bed::new().await;
    let token = bed.token(Provider::GitHub, "ada", "repo").await;
    let listed = bed.get(&format!("{ENGINE}/actions/workflows?per_page=1"), &token).await.expect(200);
    let workflow = &listed["workflows"][0];
    assert_eq!(
        (&listed["total_count"], &workflow["name"], &workflow["path"]),
        (&json!(1), &json!("Deploy"), &json!(".github/workflows/deploy.yml"))
    );
    let dispatch = format!("{ENGINE}/actions/workflows/{}/dispatches", workflow["id"]);
    bed.post(&dispatch, &token, json!({"ref": "main"})).await.expect(204);
    bed.get(&format!("{ENGINE}/actions/workflows?state=active"), &token).await.expect(400);
}
