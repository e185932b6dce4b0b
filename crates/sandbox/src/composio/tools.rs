//! Tools: the list with its filters, one by slug, and the names of all.

use std::collections::BTreeSet;

use super::catalogue::{self, Toolkit};
use super::failure::Failure;
use super::paging::Window;
use super::tool::{Tool, version_of};
use super::{Call, admits};
use crate::stage::Stage;
use crate::wire::Answer;

const MOST: usize = 1_000;

type Found = (&'static Toolkit, &'static Tool, &'static str);

pub(super) fn list(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let window = Window::of(&call.query, MOST)?;
    let found = filtered(stage, call)?;
    let found = match (call.query.filled("query"), call.query.filled("search")) {
        (Some(_), Some(_)) => {
            return Err(Failure::invalid("sandbox: `query` and `search` are the same parameter"));
        }
        (Some(words), None) | (None, Some(words)) => ranked(found, words),
        (None, None) => found,
    };
    Ok(window.page(&found, |(toolkit, tool, version)| tool.show(toolkit, version)))
}

pub(super) fn get(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let slug = call.captured("tool_slug");
    let unknown = || Failure::no_tool(slug);
    let (toolkit, tool) = catalogue::find_tool(stage, slug).ok_or_else(unknown)?;
    let asked = call.query.text("version");
    let version = match asked {
        Some(_) => version_of(call.version, asked).ok_or_else(unknown)?,
        None => version(call, toolkit)?,
    };
    Ok(Answer::json(200, &tool.show(toolkit, version)))
}

/// All slugs as one text.
pub(super) fn names(stage: &mut Stage<'_>, _call: &Call) -> Result<Answer, Failure> {
    let tools = catalogue::shown(stage).iter().flat_map(Toolkit::tools);
    let slugs: Vec<&str> = tools.map(|tool| tool.slug.as_str()).collect();
    Ok(Answer::text(200, "text/plain; charset=utf-8", slugs.join(",")))
}

/// The version of this toolkit's tools that is asked for.
fn version(call: &Call, toolkit: &Toolkit) -> Result<&'static str, Failure> {
    let pinned = call.pinned.get(&toolkit.slug).map(String::as_str);
    let asked = pinned.or_else(|| call.query.text("toolkit_versions"));
    let unknown = || Failure::invalid(format!("Version not found for toolkit \"{}\"", toolkit.slug));
    version_of(call.version, asked).ok_or_else(unknown)
}

fn filtered(stage: &Stage<'_>, call: &Call) -> Result<Vec<Found>, Failure> {
    let mut toolkits = call.slugs("toolkit_slug");
    let mut executable = Vec::new();
    for id in call.listed("auth_config_ids") {
        let config = stage.world.composio.auth_config(&id)?;
        toolkits.push(config.toolkit.clone());
        executable.extend(config.tools_for_execution.iter().cloned());
    }
    let slugs: BTreeSet<String> =
        call.listed("tool_slugs").iter().map(|slug| slug.to_ascii_uppercase()).collect();
    let (tags, scopes) = (call.listed("tags"), call.listed("scopes"));
    let important = call.query.flag("important").unwrap_or(false);
    let deprecated = call.query.flag("include_deprecated").unwrap_or(true);
    let fits = |tool: &&'static Tool| {
        (slugs.is_empty() || slugs.contains(&tool.slug))
            && admits(&executable, &tool.slug)
            && (!important || tool.important)
            && (deprecated || !tool.is_deprecated())
            && (tags.is_empty() || tool.tags().iter().any(|tag| tags.iter().any(|asked| asked == tag)))
            && (scopes.is_empty()
                || tool.scopes.iter().any(|scope| scopes.iter().any(|asked| asked == scope)))
    };
    let mut found = Vec::new();
    for toolkit in catalogue::shown(stage).iter().filter(|toolkit| admits(&toolkits, &toolkit.slug)) {
        // Only what is looked at is made.
        if !slugs.is_empty() && !slugs.iter().any(|slug| is_of(slug, toolkit)) {
            continue;
        }
        let version = version(call, toolkit)?;
        found.extend(toolkit.tools().iter().filter(fits).map(|tool| (toolkit, tool, version)));
    }
    Ok(found)
}

fn is_of(tool: &str, toolkit: &Toolkit) -> bool {
    tool.get(..toolkit.slug.len()).is_some_and(|start| start.eq_ignore_ascii_case(&toolkit.slug))
}

/// Those in which a word occurs; those first in which most do.
fn ranked(found: Vec<Found>, words: &str) -> Vec<Found> {
    let words: Vec<String> = words
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| word.len() > 2)
        .map(str::to_lowercase)
        .collect();
    let score = |tool: &Tool| words.iter().filter(|word| tool.haystack.contains(word.as_str())).count();
    let mut scored: Vec<(usize, Found)> = found.into_iter().map(|found| (score(found.1), found)).collect();
    scored.retain(|(score, _)| *score > 0);
    scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    scored.into_iter().map(|(_, found)| found).collect()
}
