//! What the drives hold before anybody has called. Its ids are fixed, so that tests and people can name them.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::rights::Role;
use super::store::{Act, Comment, File, Place, Revision};
use super::{create, drives, kinds};
use crate::people::PEOPLE;
use crate::provider::Provider;
use crate::stage::{Stage, hours_ago};

const ADA: &str = "ada@example.com";
const GRACE: &str = "grace@example.com";
const ALAN: &str = "alan@example.com";

/// Hours ago, owner, id, folder, name, type and text.
const FILES: &[(i64, &str, &str, &str, &str, &str, &str)] = &[
    (300, ADA, "1SbxAdaNotesFolder0000000000000001", "", "Notes", kinds::FOLDER, ""),
    (
        290,
        ADA,
        "1SbxAdaNoteG000000000000000000002",
        "1SbxAdaNotesFolder0000000000000001",
        "Note G",
        kinds::DOCUMENT,
        "Note G\nThe engine computes the numbers of Bernoulli.\n",
    ),
    (
        200,
        ADA,
        "1SbxAdaTable00000000000000000003",
        "1SbxAdaNotesFolder0000000000000001",
        "Operations",
        kinds::SPREADSHEET,
        "step,operation\n1,multiply\n2,subtract\n",
    ),
    (
        100,
        ADA,
        "1SbxAdaReading000000000000000004",
        "",
        "reading list.txt",
        "text/plain",
        "Menabrea\nBabbage\n",
    ),
    (
        48,
        GRACE,
        "1SbxGraceCompiler000000000000005",
        "",
        "Compiler plan",
        kinds::DOCUMENT,
        "Plan\nWrite a compiler that reads English.\n",
    ),
    (24, ALAN, "1SbxAlanMachine00000000000000006", "", "machine.bin", kinds::OCTETS, "\u{1}\u{2}\u{3}"),
];

const TEAM: &str = "0ASbxTeamDriveUk9PVA";

pub(in crate::google) fn seed(stage: &mut Stage<'_>) {
    let now = stage.now;
    stage.now = hours_ago(now, 400);
    for person in &PEOPLE {
        let id = format!("0ASbxRoot{}Uk9PVA", person.handle);
        let place = Place::Owned(person.email.to_owned());
        let top = create::blank_at(stage, person.email, place, id.clone(), "My Drive", kinds::FOLDER, "");
        stage.world.drive.files.insert(id.clone(), top);
        stage.world.drive.roots.insert(person.email.to_owned(), id);
    }
    for (hours, owner, id, folder, name, kind, text) in FILES {
        stage.now = hours_ago(now, *hours);
        let place = Place::Owned((*owner).to_owned());
        let folder = match *folder {
            "" => stage.world.drive.roots.get(*owner).cloned().unwrap_or_default(),
            folder => folder.to_owned(),
        };
        let mut file = create::blank_at(stage, owner, place, (*id).to_owned(), name, kind, &folder);
        if *kind != kinds::FOLDER {
            file.revisions.push(revision(stage, owner, kind, name, text));
            file.original_filename.clone_from(&file.revisions[0].original_filename);
        }
        add(stage, file);
    }
    share(stage, "1SbxGraceCompiler000000000000005", ADA, Role::Commenter);
    stage.now = hours_ago(now, 40);
    drives::add(stage, GRACE, TEAM, "Team", (GRACE.to_owned(), "seed".to_owned()));
    if let Some(top) = stage.world.drive.files.get_mut(TEAM) {
        top.permissions.push(drives::member(ADA, Role::FileOrganizer));
    }
    let place = Place::Shared(TEAM.to_owned());
    let id = "1SbxTeamMinutes00000000000000007".to_owned();
    let mut minutes = create::blank_at(stage, GRACE, place, id, "Minutes", kinds::DOCUMENT, TEAM);
    minutes.revisions.push(revision(stage, GRACE, kinds::DOCUMENT, "Minutes", "We met.\n"));
    add(stage, minutes);
    remark(stage);
    open(stage);
    stage.now = now;
}

fn add(stage: &mut Stage<'_>, file: File) {
    let (id, now) = (file.id.clone(), stage.now);
    stage.world.drive.files.insert(id.clone(), file);
    stage.world.drive.log(&id, now, BTreeSet::new());
}

fn revision(stage: &Stage<'_>, by: &str, kind: &str, name: &str, text: &str) -> Revision {
    let blob = !kinds::is_google(kind);
    Revision {
        id: if blob { "0BSbxFirstRevision".to_owned() } else { "1".to_owned() },
        modified: stage.now,
        by: by.to_owned(),
        media_type: kind.to_owned(),
        content: STANDARD.encode(text),
        original_filename: blob.then(|| name.to_owned()),
        keep_forever: false,
        published: false,
        publish_auto: false,
        published_outside: false,
    }
}

fn share(stage: &mut Stage<'_>, id: &str, account: &str, role: Role) {
    let now = stage.now;
    if let Some(file) = stage.world.drive.files.get_mut(id) {
        let by = file.owner().unwrap_or_default().to_owned();
        file.permissions.push(drives::member(account, role));
        file.personal_mut(account).shared = Some(Act { by, at: now });
    }
    stage.world.drive.log(id, now, BTreeSet::new());
}

fn remark(stage: &mut Stage<'_>) {
    let comment = Comment {
        id: "AAAASbxNote".to_owned(),
        author: ADA.to_owned(),
        content: "Which English?".to_owned(),
        created: stage.now,
        modified: stage.now,
        deleted: false,
        resolved: false,
        anchor: None,
        quoted: Some(("reads English".to_owned(), "text/plain".to_owned())),
        replies: Vec::new(),
    };
    if let Some(file) = stage.world.drive.files.get_mut("1SbxGraceCompiler000000000000005") {
        file.comments.push(comment);
    }
}

/// Ada has opened her reading list with the app that the sandbox registers, as if through a picker.
fn open(stage: &mut Stage<'_>) {
    let clients = stage.world.oauth.preregistered();
    let ours = clients.into_iter().filter(|client| client.provider == Provider::Google);
    let clients: Vec<String> = ours.map(|client| client.client_id).collect();
    if let Some(file) = stage.world.drive.files.get_mut("1SbxAdaReading000000000000000004") {
        file.opened.extend(clients.into_iter().map(|client| (client, ADA.to_owned())));
    }
}
