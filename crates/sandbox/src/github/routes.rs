//! The REST API's operations with the parameters and bodies of the official description. A write takes one of the
//! scopes; whether it suffices, and whether a read takes any, depends on the repository.

use super::{Handler, contents, issues, pulls, refs, repos, search, workflows};
use crate::route::{Route, routes};
use crate::strict::{Field, Fields, Shape, may, must};

const TEXT: Shape = Shape::Text;
const NULLABLE: Shape = Shape::Nullable(&Shape::Text);
const FLAG: Shape = Shape::Boolean;
const PER_PAGE: Field = may("per_page", Shape::Integer);
const PAGE: Field = may("page", Shape::Integer);
const ASC_DESC: Shape = Shape::OneOf(&["asc", "desc"]);
const STATES: Shape = Shape::OneOf(&["open", "closed", "all"]);

const NONE: Fields = &[];
const PAGES: Fields = &[PER_PAGE, PAGE];
const USER_REPOS: Fields = &[
    may("visibility", Shape::OneOf(&["all", "public", "private"])),
    may("affiliation", TEXT),
    may("type", Shape::OneOf(&["all", "owner", "public", "private", "member"])),
    may("sort", Shape::OneOf(&["created", "updated", "pushed", "full_name"])),
    may("direction", ASC_DESC),
    may("since", TEXT),
    may("before", TEXT),
    PER_PAGE,
    PAGE,
];
const SQUASH_TITLE: Shape = Shape::OneOf(&["PR_TITLE", "COMMIT_OR_PR_TITLE"]);
const SQUASH_MESSAGE: Shape = Shape::OneOf(&["PR_BODY", "COMMIT_MESSAGES", "BLANK"]);
const MERGE_TITLE: Shape = Shape::OneOf(&["PR_TITLE", "MERGE_MESSAGE"]);
const MERGE_MESSAGE: Shape = Shape::OneOf(&["PR_BODY", "PR_TITLE", "BLANK"]);
const NEW_REPO: Fields = &[
    must("name", TEXT),
    may("description", NULLABLE),
    may("homepage", NULLABLE),
    may("private", FLAG),
    may("has_issues", FLAG),
    may("has_projects", FLAG),
    may("has_wiki", FLAG),
    may("has_discussions", FLAG),
    may("has_downloads", FLAG),
    may("is_template", FLAG),
    may("team_id", Shape::Integer),
    may("auto_init", FLAG),
    may("gitignore_template", TEXT),
    may("license_template", TEXT),
    may("allow_squash_merge", FLAG),
    may("allow_merge_commit", FLAG),
    may("allow_rebase_merge", FLAG),
    may("allow_auto_merge", FLAG),
    may("delete_branch_on_merge", FLAG),
    may("squash_merge_commit_title", SQUASH_TITLE),
    may("squash_merge_commit_message", SQUASH_MESSAGE),
    may("merge_commit_title", MERGE_TITLE),
    may("merge_commit_message", MERGE_MESSAGE),
];
const REPO: Fields = &[
    may("name", TEXT),
    may("description", NULLABLE),
    may("homepage", NULLABLE),
    may("private", FLAG),
    may("visibility", Shape::OneOf(&["public", "private"])),
    may("security_and_analysis", Shape::Any),
    may("has_issues", FLAG),
    may("has_projects", FLAG),
    may("has_wiki", FLAG),
    may("has_pull_requests", FLAG),
    may("pull_request_creation_policy", Shape::OneOf(&["all", "collaborators_only"])),
    may("is_template", FLAG),
    may("default_branch", TEXT),
    may("allow_squash_merge", FLAG),
    may("allow_merge_commit", FLAG),
    may("allow_rebase_merge", FLAG),
    may("allow_auto_merge", FLAG),
    may("delete_branch_on_merge", FLAG),
    may("allow_update_branch", FLAG),
    may("use_squash_pr_title_as_default", FLAG),
    may("squash_merge_commit_title", SQUASH_TITLE),
    may("squash_merge_commit_message", SQUASH_MESSAGE),
    may("merge_commit_title", MERGE_TITLE),
    may("merge_commit_message", MERGE_MESSAGE),
    may("archived", FLAG),
    may("allow_forking", FLAG),
    may("web_commit_signoff_required", FLAG),
];
const REF_QUERY: Fields = &[may("ref", TEXT)];
const AUTHOR: Shape = Shape::Object(&[must("name", TEXT), must("email", TEXT), may("date", TEXT)]);
const PUT_CONTENT: Fields = &[
    must("message", TEXT),
    must("content", TEXT),
    may("sha", TEXT),
    may("branch", TEXT),
    may("committer", AUTHOR),
    may("author", AUTHOR),
];
const DELETE_CONTENT: Fields = &[
    must("message", TEXT),
    must("sha", TEXT),
    may("branch", TEXT),
    may("committer", AUTHOR),
    may("author", AUTHOR),
];
const BRANCHES: Fields = &[may("protected", FLAG), PER_PAGE, PAGE];
const NEW_REF: Fields = &[must("ref", TEXT), must("sha", TEXT)];
const COMMITS: Fields = &[
    may("sha", TEXT),
    may("path", TEXT),
    may("author", TEXT),
    may("committer", TEXT),
    may("since", TEXT),
    may("until", TEXT),
    PER_PAGE,
    PAGE,
];
const ISSUES: Fields = &[
    may("milestone", TEXT),
    may("state", STATES),
    may("assignee", TEXT),
    may("type", TEXT),
    may("creator", TEXT),
    may("mentioned", TEXT),
    may("issue_field_values", TEXT),
    may("labels", TEXT),
    may("sort", Shape::OneOf(&["created", "updated", "comments"])),
    may("direction", ASC_DESC),
    may("since", TEXT),
    PER_PAGE,
    PAGE,
];
const TITLE: Shape = Shape::Either(&[Shape::Text, Shape::Integer]);
const MILESTONE: Shape = Shape::Nullable(&Shape::Either(&[Shape::Text, Shape::Integer]));
const LABEL: Shape = Shape::Either(&[
    Shape::Text,
    Shape::Object(&[
        may("id", Shape::Integer),
        may("name", TEXT),
        may("description", NULLABLE),
        may("color", NULLABLE),
    ]),
]);
const LABELS: Shape = Shape::List(&LABEL);
const LOGINS: Shape = Shape::List(&Shape::Text);
const NEW_ISSUE: Fields = &[
    must("title", TITLE),
    may("body", TEXT),
    may("assignee", NULLABLE),
    may("milestone", MILESTONE),
    may("labels", LABELS),
    may("assignees", LOGINS),
    may("type", NULLABLE),
    may("issue_field_values", Shape::Any),
];
const ISSUE: Fields = &[
    may("title", Shape::Nullable(&TITLE)),
    may("body", NULLABLE),
    may("assignee", NULLABLE),
    may("state", Shape::OneOf(&["open", "closed"])),
    may(
        "state_reason",
        Shape::Nullable(&Shape::OneOf(&["completed", "not_planned", "duplicate", "reopened"])),
    ),
    may("milestone", MILESTONE),
    may("labels", LABELS),
    may("assignees", LOGINS),
    may("type", NULLABLE),
    may("duplicate_issue_id", Shape::Integer),
    may("issue_field_values", Shape::Any),
];
const COMMENT: Fields = &[must("body", TEXT)];
const COMMENTS: Fields = &[may("since", TEXT), PER_PAGE, PAGE];
const ADD_LABELS: Fields = &[must("labels", LABELS)];
const PULLS: Fields = &[
    may("state", STATES),
    may("head", TEXT),
    may("base", TEXT),
    may("sort", Shape::OneOf(&["created", "updated", "popularity", "long-running"])),
    may("direction", ASC_DESC),
    PER_PAGE,
    PAGE,
];
const NEW_PULL: Fields = &[
    may("title", TEXT),
    must("head", TEXT),
    may("head_repo", TEXT),
    must("base", TEXT),
    may("body", TEXT),
    may("maintainer_can_modify", FLAG),
    may("draft", FLAG),
    may("issue", Shape::Integer),
];
const MERGE: Fields = &[
    may("commit_title", TEXT),
    may("commit_message", TEXT),
    may("sha", TEXT),
    may("merge_method", Shape::OneOf(&["merge", "squash", "rebase"])),
];
const REVIEW: Fields = &[
    may("commit_id", TEXT),
    may("body", TEXT),
    may("event", Shape::OneOf(&["APPROVE", "REQUEST_CHANGES", "COMMENT"])),
    may(
        "comments",
        Shape::List(&Shape::Object(&[
            must("path", TEXT),
            must("body", TEXT),
            may("position", Shape::Integer),
            may("line", Shape::Integer),
            may("side", TEXT),
            may("start_line", Shape::Integer),
            may("start_side", TEXT),
        ])),
    ),
];
const SEARCH_ISSUES: Fields = &[
    must("q", TEXT),
    may(
        "sort",
        Shape::OneOf(&[
            "comments",
            "reactions",
            "reactions-+1",
            "reactions--1",
            "reactions-smile",
            "reactions-thinking_face",
            "reactions-heart",
            "reactions-tada",
            "interactions",
            "created",
            "updated",
        ]),
    ),
    may("order", ASC_DESC),
    may("advanced_search", TEXT),
    may("search_type", Shape::OneOf(&["semantic", "hybrid"])),
    PER_PAGE,
    PAGE,
];
const SEARCH_CODE: Fields =
    &[must("q", TEXT), may("sort", Shape::OneOf(&["indexed"])), may("order", ASC_DESC), PER_PAGE, PAGE];
const SEARCH_REPOS: Fields = &[
    must("q", TEXT),
    may("sort", Shape::OneOf(&["stars", "forks", "help-wanted-issues", "updated"])),
    may("order", ASC_DESC),
    PER_PAGE,
    PAGE,
];
const DISPATCH: Fields = &[must("ref", TEXT), may("inputs", Shape::Any), may("return_run_details", FLAG)];

const RUNS: Fields = &[
    may("actor", TEXT),
    may("branch", TEXT),
    may("event", TEXT),
    may("status", TEXT),
    may("created", TEXT),
    may("exclude_pull_requests", FLAG),
    may("check_suite_id", Shape::Integer),
    may("head_sha", TEXT),
    PER_PAGE,
    PAGE,
];

const ANY: &[&str] = &[];
const PUBLIC: &[&str] = &["public_repo", "repo"];
const REPO_SCOPE: &[&str] = &["repo"];
const DELETE: &[&str] = &["delete_repo"];

pub(super) const ROUTES: &[&[Route<Handler>]] = &[
    routes! {
        under "" "";
        "GET" "/user" "users/get-authenticated" ANY NONE - repos::user;
        "GET" "/user/repos" "repos/list-for-authenticated-user" PUBLIC USER_REPOS - repos::list;
        "POST" "/user/repos" "repos/create-for-authenticated-user" PUBLIC NONE NEW_REPO repos::create;
        "GET" "/user/starred/{owner}/{repo}" "activity/check-repo-is-starred-by-authenticated-user" PUBLIC NONE - repos::is_starred;
        "PUT" "/user/starred/{owner}/{repo}" "activity/star-repo-for-authenticated-user" PUBLIC NONE - repos::star;
        "DELETE" "/user/starred/{owner}/{repo}" "activity/unstar-repo-for-authenticated-user" PUBLIC NONE - repos::unstar;
        "GET" "/search/issues" "search/issues-and-pull-requests" ANY SEARCH_ISSUES - search::issues;
        "GET" "/search/code" "search/code" ANY SEARCH_CODE - search::code;
        "GET" "/search/repositories" "search/repos" ANY SEARCH_REPOS - search::repositories;
    },
    routes! {
        under "/repos/{owner}/{repo}" "";
        "GET" "" "repos/get" PUBLIC NONE - repos::get;
        "PATCH" "" "repos/update" PUBLIC NONE REPO repos::update;
        "DELETE" "" "repos/delete" DELETE NONE - repos::delete;
        "GET" "/contents" "repos/get-content" PUBLIC REF_QUERY - contents::get;
        "GET" "/contents/{path...}" "repos/get-content" PUBLIC REF_QUERY - contents::get;
        "PUT" "/contents/{path...}" "repos/create-or-update-file-contents" PUBLIC NONE PUT_CONTENT contents::put;
        "DELETE" "/contents/{path...}" "repos/delete-file" PUBLIC NONE DELETE_CONTENT contents::delete;
        "GET" "/branches" "repos/list-branches" PUBLIC BRANCHES - refs::branches;
        "GET" "/branches/{branch...}" "repos/get-branch" PUBLIC NONE - refs::branch;
        "POST" "/git/refs" "git/create-ref" PUBLIC NONE NEW_REF refs::create_ref;
        "GET" "/git/ref/{ref...}" "git/get-ref" PUBLIC NONE - refs::get_ref;
        "GET" "/git/matching-refs/{ref...}" "git/list-matching-refs" PUBLIC NONE - refs::matching_refs;
        "GET" "/commits" "repos/list-commits" PUBLIC COMMITS - refs::commits;
        "GET" "/commits/{ref...}" "repos/get-commit" PUBLIC PAGES - refs::commit;
        "GET" "/actions/workflows" "actions/list-repo-workflows" PUBLIC PAGES - workflows::list;
        "POST" "/actions/workflows/{workflow_id}/dispatches" "actions/create-workflow-dispatch" REPO_SCOPE NONE DISPATCH workflows::dispatch;
        "GET" "/actions/runs" "actions/list-workflow-runs-for-repo" PUBLIC RUNS - workflows::runs;

        "GET" "/labels" "issues/list-labels-for-repo" PUBLIC PAGES - issues::labels;
        "GET" "/issues" "issues/list-for-repo" PUBLIC ISSUES - issues::list;
        "POST" "/issues" "issues/create" PUBLIC NONE NEW_ISSUE issues::create;
        "GET" "/issues/{issue_number}" "issues/get" PUBLIC NONE - issues::get;
        "PATCH" "/issues/{issue_number}" "issues/update" PUBLIC NONE ISSUE issues::update;
        "GET" "/issues/{issue_number}/comments" "issues/list-comments" PUBLIC COMMENTS - issues::comments;
        "POST" "/issues/{issue_number}/comments" "issues/create-comment" PUBLIC NONE COMMENT issues::comment;
        "POST" "/issues/{issue_number}/labels" "issues/add-labels" PUBLIC NONE ADD_LABELS issues::add_labels;
        "GET" "/pulls" "pulls/list" PUBLIC PULLS - pulls::list;
        "POST" "/pulls" "pulls/create" PUBLIC NONE NEW_PULL pulls::create;
        "GET" "/pulls/{pull_number}" "pulls/get" PUBLIC NONE - pulls::get;
        "GET" "/pulls/{pull_number}/files" "pulls/list-files" PUBLIC PAGES - pulls::files;
        "PUT" "/pulls/{pull_number}/merge" "pulls/merge" PUBLIC NONE MERGE pulls::merge;
        "POST" "/pulls/{pull_number}/reviews" "pulls/create-review" PUBLIC NONE REVIEW pulls::review;
    },
];
