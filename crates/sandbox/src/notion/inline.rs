//! Markdown within a line: bold, italic, struck out, code and links, to rich text and back.

use serde_json::{Value, json};

use super::text;

const MARKS: [(&str, &str); 4] = [("code", "`"), ("bold", "**"), ("strikethrough", "~~"), ("italic", "*")];
/// What has a meaning in a line, and is escaped where it has none.
const SPECIAL: &[char] = &['\\', '`', '*', '~', '[', ']'];

pub(super) fn render(items: &Value) -> String {
    items.as_array().into_iter().flatten().map(render_item).collect()
}

fn render_item(item: &Value) -> String {
    let plain = item["plain_text"].as_str().unwrap_or_default();
    let annotations = &item["annotations"];
    let mut shown = match annotations["code"] == true {
        true => plain.to_owned(),
        false => escape(plain),
    }
    .replace('\n', "<br>");
    for (name, mark) in MARKS {
        if annotations[name] == true {
            shown = format!("{mark}{shown}{mark}");
        }
    }
    match item["href"].as_str() {
        Some(href) => format!("[{shown}]({href})"),
        None => shown,
    }
}

fn escape(plain: &str) -> String {
    let mut escaped = String::with_capacity(plain.len());
    for character in plain.chars() {
        if SPECIAL.contains(&character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

/// Rich text from a line.
pub(super) fn parse(line: &str) -> Value {
    let line = line.replace("<br>", "\n");
    let mut runs = Runs::default();
    runs.read(&line, &[], None);
    runs.finish(&[], None);
    Value::from(runs.items)
}

#[derive(Default)]
struct Runs {
    items: Vec<Value>,
    /// Text that has not become an item yet.
    open: String,
}

impl Runs {
    fn finish(&mut self, marks: &[&str], href: Option<&str>) {
        if !self.open.is_empty() {
            let open = std::mem::take(&mut self.open);
            self.items.push(text::run(&open, marks, href));
        }
    }

    fn read(&mut self, mut rest: &str, marks: &[&str], href: Option<&str>) {
        while let Some(first) = rest.chars().next() {
            if let Some(escaped) = rest.strip_prefix('\\').and_then(|after| after.chars().next())
                && SPECIAL.contains(&escaped)
            {
                self.open.push(escaped);
                rest = &rest[1 + escaped.len_utf8()..];
                continue;
            }
            if let Some((label, target, after)) = link(rest) {
                self.finish(marks, href);
                self.read(label, marks, Some(target));
                self.finish(marks, Some(target));
                rest = after;
                continue;
            }
            if let Some((name, inside, after)) = marked(rest) {
                self.finish(marks, href);
                let within = [marks, &[name]].concat();
                match name {
                    "code" => self.open.push_str(inside),
                    _ => self.read(inside, &within, href),
                }
                self.finish(&within, href);
                rest = after;
                continue;
            }
            self.open.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
}

/// A link at the beginning: its label, its address, and what follows.
fn link(text: &str) -> Option<(&str, &str, &str)> {
    let (label, rest) = text.strip_prefix('[')?.split_once("](")?;
    let (target, after) = rest.split_once(')')?;
    let fits = !label.contains('\n') && super::shapes::link(&json!(target)).is_ok();
    fits.then_some((label, target, after))
}

/// A marked run at the beginning: what it is marked as, what is in it, and what follows.
fn marked(text: &str) -> Option<(&'static str, &str, &str)> {
    let (name, mark) = MARKS.into_iter().find(|(_, mark)| text.starts_with(mark))?;
    let inside = &text[mark.len()..];
    let end = inside.find(mark)?;
    let content = &inside[..end];
    let fits = !content.is_empty() && !content.starts_with(' ') && !content.ends_with('\\');
    fits.then_some((name, content, &inside[end + mark.len()..]))
}
