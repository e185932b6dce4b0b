//! GitHub and HubSpot.

use serde_json::{Value, json};

use crate::composio::effects::Effect::{Add, Change, Get, List, Me, Remove, Run};
use crate::composio::effects::{Desk, Sent, limit, text};
use crate::composio::tool::{Spec, tools};
use crate::people::Person;

const REPO: &[&str] = &["repo"];
const CRM_READ: &[&str] = &["crm.objects.contacts.read"];
const CRM_WRITE: &[&str] = &["crm.objects.contacts.write"];

pub(super) const GITHUB: &[Spec<'static>] = tools! {
    reads REPO, writes REPO;
    "GET_THE_AUTHENTICATED_USER" Reads "user" "" Me(user), "Says who the user is.";
    "LIST_REPOSITORIES_FOR_THE_AUTHENTICATED_USER" Reads "repository" "type sort direction page:int per_page:int since before raw_response:bool"
        Me(|person| json!({"repositories": [repository(person)], "total_count": 1})), "Lists the user's repositories.";
    "GET_A_REPOSITORY" Reads "repository" "owner! repo!" Run(get_repository), "Gets a repository.";
    "CREATE_AN_ISSUE" Creates "issue" "owner! repo! title! body labels:list assignee assignees:list milestone:int" Run(create_issue), "Creates an issue.";
    "LIST_REPOSITORY_ISSUES" Reads "issue" "owner! repo! state labels assignee creator mentioned milestone since sort direction page:int per_page:int"
        Run(list_issues), "Lists the issues of a repository.";
    "GET_AN_ISSUE" Reads "issue" "issue_number:int@ owner! repo!" Get, "Gets an issue.";
    "UPDATE_AN_ISSUE" Updates "issue" "issue_number:int@ owner! repo! title body state state_reason labels:list assignees:list milestone:int"
        Change, "Updates an issue.";
    "CREATE_AN_ISSUE_COMMENT" Creates "comment" "body! issue_number:int! owner! repo!" Add, "Comments on an issue.";
    "LIST_ISSUE_COMMENTS" Reads "comment" "issue_number:int! owner! repo! page:int per_page:int since" List, "Lists the comments of an issue.";
    "STAR_A_REPOSITORY_FOR_THE_AUTHENTICATED_USER" Updates "star" "owner! repo!" Add, "Stars a repository.";
};

pub(super) const HUBSPOT: &[Spec<'static>] = tools! {
    reads CRM_READ, writes CRM_WRITE;
    "CREATE_CONTACT" Creates "contact" "properties:obj! associations:objs" Add, "Creates a contact.";
    "LIST_CONTACTS_PAGE" Reads "contact" "limit:int after properties:list" List, "Lists contacts.";
    "SEARCH_CONTACTS_BY_CRITERIA" Reads "contact" "query filterGroups:objs properties:list sorts:objs limit:int after" List, "Searches contacts.";
    "FETCH_CONTACT_DETAILS_BY_ID" Reads "contact" "contactId@ properties:list" Get, "Gets a contact.";
    "PARTIALLY_UPDATE_CONTACT_USING_CONTACT_ID" Updates "contact" "contactId@ properties:obj!" Change, "Updates a contact.";
    "DELETE_CONTACT" Destroys "contact" "contactId@" Remove, "Deletes a contact.";
    "CREATE_NEW_DEAL_OBJECT" Creates "deal" "properties:obj! associations:objs" Add, "Creates a deal.";
    "LIST_DEALS" Reads "deal" "limit:int after properties:list" List, "Lists deals.";
    "GET_ACCOUNT_INFO" Reads "account" "" Me(account), "Says which account it is.";
};

fn user(person: &Person) -> Value {
    json!({"login": person.handle, "id": person.number, "name": person.name(), "email": person.email, "type": "User"})
}

fn repository(person: &Person) -> Value {
    json!({"id": person.number, "name": "engine", "full_name": format!("{}/engine", person.handle), "private": false, "default_branch": "main"})
}

fn get_repository(desk: &mut Desk<'_, '_>, sent: &Sent) -> Result<Value, String> {
    is_own(desk, sent)?;
    Ok(repository(desk.person))
}

/// The only repository of every user is `engine`.
fn is_own(desk: &Desk<'_, '_>, sent: &Sent) -> Result<(), String> {
    if text(sent, "owner") == desk.person.handle && text(sent, "repo") == "engine" {
        return Ok(());
    }
    Err(r#"404 Client Error: {"message":"Not Found","status":"404"}"#.to_owned())
}

fn create_issue(desk: &mut Desk<'_, '_>, sent: &Sent) -> Result<Value, String> {
    is_own(desk, sent)?;
    let number = desk.number();
    let mut fields = sent.clone();
    fields.insert("id".to_owned(), number.into());
    fields.insert("number".to_owned(), number.into());
    fields.insert("state".to_owned(), "open".into());
    fields.insert("user".to_owned(), user(desk.person));
    Ok(Value::Object(desk.add("issue", fields)))
}

fn list_issues(desk: &mut Desk<'_, '_>, sent: &Sent) -> Result<Value, String> {
    is_own(desk, sent)?;
    let state = Some(text(sent, "state")).filter(|state| !state.is_empty()).unwrap_or("open");
    let fits = |issue: &&Sent| state == "all" || text(issue, "state") == state;
    let issues = desk.records("issue").iter().rev().filter(fits).cloned().map(Value::Object);
    Ok(json!({"issues": issues.take(limit(sent, 30)).collect::<Vec<_>>()}))
}

fn account(person: &Person) -> Value {
    json!({"portalId": person.number, "accountType": "STANDARD", "timeZone": "UTC", "companyCurrency": "EUR"})
}
