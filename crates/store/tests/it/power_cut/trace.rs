//! What `strace` wrote down of a process, as the writes and syncs of one folder, in their order.

use std::path::Path;

/// One system call, or its end, by the names of files in the folder; the folder itself is "".
#[derive(Debug)]
pub(crate) enum Event {
    Created(String),
    Wrote {
        file: String,
        offset: usize,
        bytes: Vec<u8>,
    },
    Truncated {
        file: String,
        length: usize,
    },
    Unlinked(String),
    SyncBegan(String),
    SyncEnded(String),
    /// An operation on an account was reported as done.
    Acknowledged {
        account: usize,
        operation: usize,
    },
}

/// Shared memory and locks do not outlive the machine.
fn is_durable(file: &str) -> bool {
    !file.ends_with("-shm") && !file.ends_with(".lock")
}

pub(crate) fn read(trace: &str, folder: &Path) -> Vec<Event> {
    let folder = folder.to_str().expect("temporary paths are UTF-8");
    let mut events = Vec::new();
    // By thread: what it began to sync.
    let mut syncing: Vec<(&str, String)> = Vec::new();
    for line in trace.lines() {
        let Some((thread, call)) = line.split_once(' ') else { continue };
        let call = call.trim_start();
        if call.contains("= -1 ") {
            assert!(!call.contains("sync"), "a sync failed: {call}");
            continue;
        }
        if call.starts_with("<... f") && call.contains("sync resumed") {
            if let Some(at) = syncing.iter().position(|(other, _)| *other == thread) {
                events.push(Event::SyncEnded(syncing.swap_remove(at).1));
            }
            continue;
        }
        let Some((name, arguments)) = call.split_once('(') else { continue };
        let Some(event) = event(name, arguments, folder) else { continue };
        match event {
            Event::SyncBegan(file) => {
                events.push(Event::SyncBegan(file.clone()));
                if call.ends_with("<unfinished ...>") {
                    syncing.push((thread, file));
                } else {
                    events.push(Event::SyncEnded(file));
                }
            }
            event => events.push(event),
        }
    }
    events
}

fn event(name: &str, arguments: &str, folder: &str) -> Option<Event> {
    let of_file = || Some(within(&text(&unhex(between(arguments, '<', '>')?)), folder)?.to_owned());
    let named = || Some(within(&text(&unhex(between(arguments, '"', '"')?)), folder)?.to_owned());
    let numbers = || {
        arguments
            .rsplit_once(')')
            .map_or(arguments, |(before, _)| before)
            .trim_end_matches(" <unfinished ...>")
    };
    Some(match name {
        "openat" if arguments.contains("O_CREAT") => Event::Created(named().filter(|file| is_durable(file))?),
        "unlink" => Event::Unlinked(named().filter(|file| is_durable(file))?),
        "pwrite64" => {
            let file = of_file().filter(|file| is_durable(file))?;
            let offset = numbers().rsplit(", ").next()?.parse().expect("an offset");
            Event::Wrote { file, offset, bytes: unhex(between(arguments, '"', '"')?) }
        }
        "ftruncate" => {
            let file = of_file().filter(|file| is_durable(file))?;
            Event::Truncated { file, length: numbers().rsplit(", ").next()?.parse().expect("a length") }
        }
        "fsync" | "fdatasync" => Event::SyncBegan(of_file().filter(|file| is_durable(file))?),
        "write" => {
            let said = text(&unhex(between(arguments, '"', '"')?));
            if let Some(acknowledged) = said.strip_prefix("ACK ") {
                let (account, operation) = acknowledged.trim_end().split_once(' ')?;
                let (account, operation) = (account.parse().ok()?, operation.parse().ok()?);
                return Some(Event::Acknowledged { account, operation });
            }
            assert!(of_file().is_none_or(|file| !is_durable(&file)), "a write without a place");
            return None;
        }
        name => {
            let touches = of_file().or_else(named).is_some_and(|file| is_durable(&file));
            assert!(name == "openat" || !touches, "nobody knows what {name} does to the disk");
            return None;
        }
    })
}

fn between(text: &str, open: char, close: char) -> Option<&str> {
    text.split_once(open)?.1.split_once(close).map(|(inside, _)| inside)
}

fn within<'a>(path: &'a str, folder: &str) -> Option<&'a str> {
    let inside = path.strip_prefix(folder)?;
    Some(inside.strip_prefix('/').unwrap_or(inside))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// `\x61\x62`, as `-xx` writes every text.
fn unhex(text: &str) -> Vec<u8> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => byte - b'0',
        _ => byte - b'a' + 10,
    };
    text.as_bytes().chunks_exact(4).map(|one| digit(one[2]) << 4 | digit(one[3])).collect()
}
