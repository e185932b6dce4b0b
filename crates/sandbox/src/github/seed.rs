//! What GitHub holds before anybody has pushed.

use super::git::Tree;
use super::hub::{Authored, Comment, Issue, Label, Repo};
use crate::people::{PEOPLE, Person};
use crate::stage::{Stage, hours_ago};

const README: &str =
    "# The analytical engine\n\nWeaves algebraic patterns just as the loom weaves flowers and leaves.\n";
const PROGRAM: &str =
    "// Note G: the numbers of Bernoulli.\npub fn bernoulli(n: u32) -> f64 {\n    todo!(\"n = {n}\")\n}\n";
const WORKFLOW: &str = "name: Deploy\non:\n  workflow_dispatch:\n    inputs:\n      environment:\n        type: string\njobs: {}\n";

fn authored(person: &Person, message: &str, stage: &Stage<'_>, hours: i64) -> Authored {
    Authored {
        message: message.to_owned(),
        login: person.handle.to_owned(),
        name: person.name(),
        email: person.email.to_owned(),
        date: hours_ago(stage.now, hours),
    }
}

fn repo(
    stage: &mut Stage<'_>,
    owner: &Person,
    name: &str,
    description: &str,
    files: &[(&str, &str)],
) -> Repo {
    let id = stage.world.github.next_id();
    let mut repo = Repo::new(id, owner.handle, name, hours_ago(stage.now, 500));
    repo.description = Some(description.to_owned());
    let tree: Tree =
        files.iter().map(|(path, content)| ((*path).to_owned(), repo.store(content.as_bytes()))).collect();
    repo.commit("main", tree, Vec::new(), authored(owner, "Initial commit", stage, 500));
    for (name, color) in [("bug", "d73a4a"), ("enhancement", "a2eeef")] {
        let id = stage.world.github.next_id();
        repo.labels.push(Label { id, name: name.to_owned(), color: color.to_owned(), description: None });
    }
    repo
}

fn issue(stage: &mut Stage<'_>, repo: &mut Repo, by: &Person, title: &str, body: &str, label: &str) {
    let id = stage.world.github.next_id();
    let at = hours_ago(stage.now, 100 - i64::try_from(repo.issues.len()).unwrap_or_default());
    let number = repo.next_number();
    repo.issues.insert(
        number,
        Issue {
            id,
            number,
            title: title.to_owned(),
            body: Some(body.to_owned()),
            login: by.handle.to_owned(),
            closed_at: None,
            state_reason: None,
            labels: vec![label.to_owned()],
            assignees: Vec::new(),
            comments: Vec::new(),
            created_at: at,
            updated_at: at,
            pull: None,
        },
    );
}

pub(crate) fn seed(stage: &mut Stage<'_>) {
    let [ada, grace, _] = &PEOPLE;
    let files =
        [("README.md", README), ("src/note_g.rs", PROGRAM), (".github/workflows/deploy.yml", WORKFLOW)];
    let mut engine = repo(stage, ada, "engine", "The analytical engine", &files);
    engine.collaborators.insert(grace.handle.to_owned());
    issue(stage, &mut engine, grace, "A moth in relay 70", "It was found at 15:45.", "bug");
    issue(stage, &mut engine, ada, "Print the notes", "All seven of them.", "enhancement");
    let id = stage.world.github.next_id();
    if let Some(issue) = engine.issues.get_mut(&1) {
        issue.comments.push(Comment {
            id,
            login: ada.handle.to_owned(),
            body: "Tape it into the log.".to_owned(),
            created_at: issue.created_at,
        });
    }
    let mut diary = repo(stage, ada, "diary", "Private notes", &[("README.md", "# Diary\n")]);
    diary.private = true;
    let compiler = repo(stage, grace, "compiler", "A-0", &[("README.md", "# A-0\n\nThe first compiler.\n")]);
    stage.world.github.repos.extend([engine, diary, compiler]);
}
