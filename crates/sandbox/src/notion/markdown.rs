//! Notion's Markdown: a page's blocks as lines, children indented by a tab, and lines as blocks.

use serde_json::{Value, json};

use super::blocks::Draft;
use super::inline;
use super::kinds;
use super::show;
use super::text;
use super::workspace::{Item, Kind, Workspace};

const HEADINGS: [(&str, &str); 4] =
    [("heading_1", "# "), ("heading_2", "## "), ("heading_3", "### "), ("heading_4", "#### ")];
/// What has no Markdown is a placeholder of this type, with its line as content.
const PLACEHOLDER: &str = "placeholder";

/// A page or block as drafts, in which pages, databases and what has no Markdown are placeholders.
pub(super) fn drafts(workspace: &Workspace, id: &str) -> Vec<(String, Draft)> {
    let children = workspace.children(id).into_iter();
    children.map(|child| (child.id.clone(), draft(workspace, child))).collect()
}

fn draft(workspace: &Workspace, item: &Item) -> Draft {
    let url = show::url(item);
    let line =
        |line: String| Draft { kind: PLACEHOLDER.to_owned(), content: json!(line), children: Vec::new() };
    match &item.kind {
        Kind::Page(_) => line(format!("<page url=\"{url}\">{}</page>", show::title(item))),
        Kind::Database(_) | Kind::DataSource(_) => {
            line(format!("<database url=\"{url}\">{}</database>", show::title(item)))
        }
        Kind::Block(block) if !has_markdown(&block.kind) => {
            line(format!("<unknown url=\"{url}\" alt=\"{}\"/>", block.kind))
        }
        Kind::Block(block) => Draft {
            kind: block.kind.clone(),
            content: block.content.clone(),
            children: drafts(workspace, &item.id).into_iter().map(|(_, draft)| draft).collect(),
        },
    }
}

fn has_markdown(kind: &str) -> bool {
    matches!(
        kind,
        "paragraph"
            | "bulleted_list_item"
            | "numbered_list_item"
            | "to_do"
            | "quote"
            | "code"
            | "divider"
            | "equation"
    ) || kind.starts_with("heading_")
}

/// The blocks in and below `id` that Markdown cannot show.
pub(super) fn unknown(workspace: &Workspace, id: &str) -> Vec<String> {
    let mut ids = Vec::new();
    for child in workspace.children(id) {
        match &child.kind {
            Kind::Block(block) if !has_markdown(&block.kind) => ids.push(child.id.clone()),
            Kind::Block(_) => ids.extend(unknown(workspace, &child.id)),
            _ => {}
        }
    }
    ids
}

/// The drafts as lines, without the last line's end.
pub(super) fn render<'d>(drafts: impl IntoIterator<Item = &'d Draft>) -> String {
    let mut lines = Vec::new();
    let mut number = 0;
    for draft in drafts {
        number = if draft.kind == "numbered_list_item" { number + 1 } else { 0 };
        lines.push(render_own(draft, number));
        let inside = render(&draft.children);
        lines.extend(inside.lines().map(|line| format!("\t{line}")));
    }
    lines.join("\n")
}

fn render_own(draft: &Draft, number: usize) -> String {
    let words = inline::render(&draft.content["rich_text"]);
    match draft.kind.as_str() {
        "bulleted_list_item" => format!("- {words}"),
        "numbered_list_item" => format!("{number}. {words}"),
        "to_do" => format!("- [{}] {words}", if draft.content["checked"] == true { 'x' } else { ' ' }),
        "quote" => format!("> {words}"),
        "code" => {
            let language = draft.content["language"].as_str().unwrap_or_default();
            format!("```{language}\n{}\n```", text::plain(&draft.content["rich_text"]))
        }
        "divider" => "---".to_owned(),
        "equation" => format!("$$ {} $$", draft.content["expression"].as_str().unwrap_or_default()),
        PLACEHOLDER => draft.content.as_str().unwrap_or_default().to_owned(),
        kind => {
            let heading = HEADINGS.iter().find(|(heading, _)| *heading == kind);
            format!("{}{words}", heading.map_or("", |(_, mark)| mark))
        }
    }
}

/// Lines as drafts. Nothing in Markdown is wrong; what means nothing is a paragraph.
pub(super) fn parse(markdown: &str) -> Vec<Draft> {
    let lines: Vec<&str> = markdown.lines().collect();
    let mut rest = lines.as_slice();
    level(&mut rest, 0)
}

/// How far a line is indented: by tabs, or by two blanks each.
fn depth(line: &str) -> usize {
    let indent = &line[..line.len() - line.trim_start_matches(['\t', ' ']).len()];
    let tabs = indent.matches('\t').count();
    tabs + (indent.len() - tabs) / 2
}

/// The drafts at this depth or deeper, until a line that is less deep.
fn level(rest: &mut &[&str], least: usize) -> Vec<Draft> {
    let mut drafts: Vec<Draft> = Vec::new();
    while let Some((line, after)) = rest.split_first() {
        if line.trim().is_empty() {
            *rest = after;
            continue;
        }
        let own = depth(line);
        if own < least {
            break;
        }
        let takes_children = |draft: &Draft| {
            let kind = kinds::find(&draft.kind).map(|kind| kind.children);
            kind == Some(kinds::Children::May) && !draft.kind.starts_with("heading_")
        };
        if own > least && drafts.last().is_some_and(takes_children) {
            let children = level(rest, least + 1);
            if let Some(last) = drafts.last_mut() {
                last.children.extend(children);
            }
            continue;
        }
        *rest = after;
        let trimmed = line.trim();
        match trimmed.strip_prefix("```") {
            Some(language) => drafts.push(code(rest, language.trim(), own)),
            None => drafts.push(one(trimmed)),
        }
    }
    drafts
}

/// The lines up to the closing fence, without the fence's own indentation.
fn code(rest: &mut &[&str], language: &str, depth: usize) -> Draft {
    let end = rest.iter().position(|line| line.trim() == "```").unwrap_or(rest.len());
    let lines = rest[..end].iter().map(|line| {
        let tabs = line.len() - line.trim_start_matches('\t').len();
        &line[tabs.min(depth)..]
    });
    let content = lines.collect::<Vec<&str>>().join("\n");
    *rest = rest.get(end + 1..).unwrap_or_default();
    let language = match language {
        "" => "plain text",
        "sh" => "shell",
        "js" => "javascript",
        "ts" => "typescript",
        known if kinds::is_language(known) => known,
        _ => "plain text",
    };
    let content = json!({"rich_text": text::of(&content), "language": language, "caption": []});
    Draft { kind: "code".to_owned(), content, children: Vec::new() }
}

fn one(line: &str) -> Draft {
    let with = |kind: &str, words: &str, more: Value| {
        let mut content = more;
        content["rich_text"] = inline::parse(words);
        content["color"] = json!("default");
        Draft { kind: kind.to_owned(), content, children: Vec::new() }
    };
    if line == "---" {
        return Draft { kind: "divider".to_owned(), content: json!({}), children: Vec::new() };
    }
    if let Some(expression) = line.strip_prefix("$$").and_then(|line| line.strip_suffix("$$")) {
        let content = json!({"expression": expression.trim()});
        return Draft { kind: "equation".to_owned(), content, children: Vec::new() };
    }
    for (kind, mark) in HEADINGS {
        if let Some(words) = line.strip_prefix(mark) {
            return with(kind, words, json!({"is_toggleable": false}));
        }
    }
    for (mark, checked) in [("- [ ] ", false), ("- [x] ", true), ("- [X] ", true)] {
        if let Some(words) = line.strip_prefix(mark) {
            return with("to_do", words, json!({"checked": checked}));
        }
    }
    if let Some(words) = line.strip_prefix("- ").or_else(|| line.strip_prefix("* ")) {
        return with("bulleted_list_item", words, json!({}));
    }
    if let Some(words) = line.strip_prefix("> ") {
        return with("quote", words, json!({}));
    }
    let numbered = line
        .split_once(". ")
        .filter(|(number, _)| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()));
    match numbered {
        Some((_, words)) => with("numbered_list_item", words, json!({})),
        None => with("paragraph", line, json!({"icon": null})),
    }
}
