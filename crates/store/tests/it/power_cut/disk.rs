//! A disk that keeps what was synced, and of the rest what it likes. Names are in their folder once that is synced.

use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;

use fastrand::Rng;

use super::trace::Event;

/// What becomes of writes that nobody waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unsynced {
    Dropped,
    Kept,
    /// Each of them or not, whatever their order was.
    Some,
    /// All, but of the last only a part.
    Torn,
}

#[derive(Debug, Default)]
pub(crate) struct Disk {
    files: Vec<File>,
    names: BTreeMap<String, usize>,
    /// As the folder was synced last.
    synced_names: BTreeMap<String, usize>,
}

#[derive(Debug, Default)]
struct File {
    synced: Vec<u8>,
    changes: Vec<Change>,
    /// How many of the changes a sync that has begun will have taken with it.
    syncing: usize,
}

#[derive(Debug, Clone)]
enum Change {
    Write(usize, Rc<[u8]>),
    Truncate(usize),
}

impl Disk {
    pub(crate) fn apply(&mut self, event: &Event) {
        match event {
            Event::Created(name) => {
                if !self.names.contains_key(name) {
                    self.names.insert(name.clone(), self.files.len());
                    self.files.push(File::default());
                }
            }
            Event::Unlinked(name) => {
                self.names.remove(name);
            }
            Event::Wrote { file, offset, bytes } => {
                self.file(file).changes.push(Change::Write(*offset, bytes.as_slice().into()));
            }
            Event::Truncated { file, length } => self.file(file).changes.push(Change::Truncate(*length)),
            Event::SyncBegan(name) if !name.is_empty() => {
                let file = self.file(name);
                file.syncing = file.changes.len();
            }
            Event::SyncEnded(name) if name.is_empty() => self.synced_names.clone_from(&self.names),
            Event::SyncEnded(name) => {
                let file = self.file(name);
                for change in file.changes.drain(..file.syncing) {
                    change.apply(&mut file.synced);
                }
                file.syncing = 0;
            }
            Event::SyncBegan(_) | Event::Acknowledged { .. } => {}
        }
    }

    fn file(&mut self, name: &str) -> &mut File {
        let number = self.names[name];
        &mut self.files[number]
    }

    /// Writes what the machine finds when it has power again.
    pub(crate) fn restore(&self, to: &Path, unsynced: Unsynced, random: &mut Rng) {
        let old = match unsynced {
            Unsynced::Dropped => true,
            Unsynced::Kept | Unsynced::Torn => false,
            Unsynced::Some => random.bool(),
        };
        for (name, number) in if old { &self.synced_names } else { &self.names } {
            let file = &self.files[*number];
            let mut bytes = file.synced.clone();
            for (at, change) in file.changes.iter().enumerate() {
                match unsynced {
                    Unsynced::Dropped => {}
                    Unsynced::Some if random.bool() => {}
                    Unsynced::Torn if at + 1 == file.changes.len() => change.torn(random).apply(&mut bytes),
                    _ => change.apply(&mut bytes),
                }
            }
            std::fs::write(to.join(name), bytes).unwrap();
        }
    }
}

impl Change {
    fn apply(&self, to: &mut Vec<u8>) {
        match self {
            Self::Write(offset, bytes) => {
                let end = offset + bytes.len();
                if to.len() < end {
                    to.resize(end, 0);
                }
                to[*offset..end].copy_from_slice(bytes);
            }
            Self::Truncate(length) => to.resize(*length, 0),
        }
    }

    fn torn(&self, random: &mut Rng) -> Self {
        match self {
            Self::Write(offset, bytes) => Self::Write(*offset, bytes[..random.usize(..=bytes.len())].into()),
            Self::Truncate(length) => Self::Truncate(*length),
        }
    }
}
