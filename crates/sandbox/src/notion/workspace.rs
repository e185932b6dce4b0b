//! What the workspace holds: pages, databases, data sources and blocks in one tree, and what hangs on it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Call;
use super::failure::Failure;
use super::users::Bot;
use crate::stage::Stage;

pub(crate) const WORKSPACE_ID: &str = "5a9d1c0e-7b3f-4e21-8c64-2f0b9d3e7a15";
pub(crate) const WORKSPACE_NAME: &str = "Analytical Engines";
pub(crate) const WORKSPACE_ICON: &str = "⚙️";

/// Everything that is there.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Workspace {
    pub(super) items: BTreeMap<String, Item>,
    pub(super) comments: Vec<Comment>,
    pub(super) uploads: BTreeMap<String, Upload>,
    /// One for each app that somebody connected.
    pub(super) bots: BTreeMap<String, Bot>,
    /// Counts what was made, so that lists have an order.
    pub(super) serial: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Stamp {
    pub(super) at: Timestamp,
    /// A user's id.
    pub(super) by: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) enum Parent {
    /// The top, where a page is everybody's or one person's.
    Workspace(Option<String>),
    Item(String),
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Item {
    pub(super) id: String,
    pub(super) serial: u64,
    pub(super) parent: Parent,
    pub(super) created: Stamp,
    pub(super) edited: Stamp,
    pub(super) in_trash: bool,
    /// A page's and a block's blocks, pages and databases, a database's data sources, a data source's rows.
    pub(super) children: Vec<String>,
    pub(super) kind: Kind,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) enum Kind {
    Page(Page),
    Database(Database),
    DataSource(DataSource),
    Block(Block),
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    pub(super) icon: Value,
    pub(super) cover: Value,
    pub(super) is_locked: bool,
    pub(super) is_archived: bool,
    /// By the property's id.
    pub(super) values: BTreeMap<String, Value>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Database {
    pub(super) title: Value,
    pub(super) description: Value,
    pub(super) icon: Value,
    pub(super) cover: Value,
    pub(super) is_inline: bool,
    pub(super) is_locked: bool,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DataSource {
    pub(super) title: Value,
    pub(super) icon: Value,
    pub(super) columns: Columns,
    /// The last number that a row got.
    pub(super) numbered: u64,
}

/// The properties of a data source, by name.
pub(super) type Columns = BTreeMap<String, Column>;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Column {
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) config: Value,
    pub(super) description: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Block {
    pub(super) kind: String,
    pub(super) content: Value,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Comment {
    pub(super) id: String,
    pub(super) discussion: String,
    /// A page or a block.
    pub(super) on: String,
    pub(super) created: Stamp,
    pub(super) edited: Timestamp,
    pub(super) text: Value,
    pub(super) attachments: Vec<Value>,
    pub(super) display_name: Value,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Upload {
    pub(super) id: String,
    pub(super) serial: u64,
    pub(super) created: Stamp,
    pub(super) expires_at: Timestamp,
    pub(super) status: String,
    pub(super) filename: Option<String>,
    pub(super) content_type: Option<String>,
    pub(super) length: u64,
    pub(super) mode: String,
    /// How many parts are expected, and the length of each that came.
    pub(super) parts: u64,
    pub(super) sent: BTreeMap<u64, u64>,
    pub(super) attached: bool,
}

impl Item {
    pub(super) fn page(&self) -> Option<&Page> {
        match &self.kind {
            Kind::Page(page) => Some(page),
            _ => None,
        }
    }

    pub(super) fn database(&self) -> Option<&Database> {
        match &self.kind {
            Kind::Database(database) => Some(database),
            _ => None,
        }
    }

    pub(super) fn source(&self) -> Option<&DataSource> {
        match &self.kind {
            Kind::DataSource(source) => Some(source),
            _ => None,
        }
    }

    /// What errors call it.
    pub(super) fn noun(&self) -> &'static str {
        match &self.kind {
            Kind::Page(_) => "page",
            Kind::Database(_) => "database",
            Kind::DataSource(_) => "data_source",
            Kind::Block(_) => "block",
        }
    }

    pub(super) fn parent_id(&self) -> Option<&str> {
        match &self.parent {
            Parent::Item(id) => Some(id),
            Parent::Workspace(_) => None,
        }
    }
}

impl Workspace {
    /// The item and what it is in, up to the top.
    pub(super) fn line(&self, id: &str) -> Vec<&Item> {
        let mut line = Vec::new();
        let mut next = self.items.get(id);
        while let Some(item) = next {
            line.push(item);
            next = item.parent_id().and_then(|parent| self.items.get(parent));
        }
        line
    }

    fn is_shared(&self, id: &str, account: &str) -> bool {
        match self.line(id).last().map(|top| &top.parent) {
            Some(Parent::Workspace(owner)) => owner.as_deref().is_none_or(|owner| owner == account),
            _ => false,
        }
    }

    /// Whether it, or something that it is in, is in the trash.
    pub(super) fn is_trashed(&self, id: &str) -> bool {
        self.line(id).iter().any(|item| item.in_trash)
    }

    /// The item, if the connection may see it.
    pub(super) fn find(&self, call: &Call, id: &str) -> Option<&Item> {
        self.items.get(id).filter(|_| self.is_shared(id, &call.account))
    }

    /// The item of the kind that `what` names; everything but a data source is a block, too.
    pub(super) fn get(&self, call: &Call, what: &str, id: &str) -> Result<&Item, Failure> {
        let fits = |item: &&Item| match what {
            "block" => item.source().is_none(),
            _ => item.noun() == what,
        };
        self.find(call, id).filter(fits).ok_or_else(|| Failure::not_found(what, id, &call.app))
    }

    /// The same, if it may be changed.
    pub(super) fn get_live(&self, call: &Call, what: &str, id: &str) -> Result<&Item, Failure> {
        let item = self.get(call, what, id)?;
        if self.is_trashed(id) { Err(Failure::archived(what)) } else { Ok(item) }
    }

    /// Everything that the connection may see, in the order in which it was made.
    pub(super) fn shared(&self, account: &str) -> Vec<&Item> {
        let mut items: Vec<&Item> =
            self.items.values().filter(|item| self.is_shared(&item.id, account)).collect();
        items.sort_by_key(|item| item.serial);
        items
    }

    /// What is in it and not in the trash, in order.
    pub(super) fn children(&self, id: &str) -> Vec<&Item> {
        let ids = self.items.get(id).map(|item| item.children.as_slice()).unwrap_or_default();
        let items = ids.iter().filter_map(|id| self.items.get(id));
        items.filter(|item| !item.in_trash).collect()
    }

    /// The data source that a row is in.
    pub(super) fn source_of(&self, page: &Item) -> Option<(&Item, &DataSource)> {
        let item = self.items.get(page.parent_id()?)?;
        Some((item, item.source()?))
    }

    pub(super) fn page_mut(&mut self, id: &str) -> Option<&mut Page> {
        match &mut self.items.get_mut(id)?.kind {
            Kind::Page(page) => Some(page),
            _ => None,
        }
    }

    pub(super) fn source_mut(&mut self, id: &str) -> Option<&mut DataSource> {
        match &mut self.items.get_mut(id)?.kind {
            Kind::DataSource(source) => Some(source),
            _ => None,
        }
    }

    /// It was changed, and with it the page that it is in.
    pub(super) fn touch(&mut self, id: &str, stamp: &Stamp) {
        let line: Vec<(String, bool)> =
            self.line(id).iter().map(|item| (item.id.clone(), item.page().is_some())).collect();
        let page = line.iter().position(|(_, is_page)| *is_page).unwrap_or_default();
        for (place, (id, _)) in line.iter().enumerate() {
            if let Some(item) = self.items.get_mut(id).filter(|_| place == 0 || place == page) {
                item.edited = stamp.clone();
            }
        }
    }

    /// Takes it out of where it is, and puts it at the end of `parent`.
    pub(super) fn relocate(&mut self, id: &str, parent: Parent) {
        let old = self.items.get(id).and_then(|item| item.parent_id().map(str::to_owned));
        if let Some(old) = old.and_then(|old| self.items.get_mut(&old)) {
            old.children.retain(|child| child != id);
        }
        if let Parent::Item(new) = &parent
            && let Some(new) = self.items.get_mut(new)
        {
            new.children.push(id.to_owned());
        }
        if let Some(item) = self.items.get_mut(id) {
            item.parent = parent;
        }
    }
}

/// Where among its parent's children something new goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    Start,
    End,
    After(String),
}

/// Adds an item, and says its id.
pub(super) fn add(stage: &mut Stage<'_>, parent: Parent, place: &Place, stamp: &Stamp, kind: Kind) -> String {
    let id = stage.uuid();
    let workspace = &mut stage.world.notion;
    workspace.serial += 1;
    let item = Item {
        id: id.clone(),
        serial: workspace.serial,
        parent,
        created: stamp.clone(),
        edited: stamp.clone(),
        in_trash: false,
        children: Vec::new(),
        kind,
    };
    if let Some(parent) = item.parent_id().and_then(|parent| workspace.items.get_mut(parent)) {
        let index = match place {
            Place::Start => 0,
            Place::End => parent.children.len(),
            Place::After(other) => {
                let found = parent.children.iter().position(|child| child == other);
                found.map_or(parent.children.len(), |found| found + 1)
            }
        };
        parent.children.insert(index, id.clone());
    }
    workspace.items.insert(id.clone(), item);
    id
}
