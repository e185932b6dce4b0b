//! Toolkits: the list, one with its fields, several by slug, and the categories.

use std::collections::BTreeSet;

use serde_json::json;

use super::catalogue::{self, Toolkit};
use super::failure::Failure;
use super::paging::Window;
use super::tool::version_of;
use super::{Call, texts};
use crate::stage::Stage;
use crate::strict::Arguments;
use crate::wire::Answer;

const MOST: usize = 1_000;

pub(super) fn list(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let deprecated = call.query.flag("include_deprecated").unwrap_or(false);
    let toolkits = catalogue::shown(stage).iter().filter(|toolkit| deprecated || !toolkit.is_deprecated);
    page(toolkits, &call.query)
}

/// What of `toolkits` the arguments want, in their order.
fn page<'t>(toolkits: impl Iterator<Item = &'t Toolkit>, sent: &Arguments) -> Result<Answer, Failure> {
    let window = Window::of(sent, MOST)?;
    let search = sent.text("search").unwrap_or_default().to_lowercase();
    let category = sent.filled("category");
    // Toolkits that the project made itself, of which this one has none.
    let is_own = sent.text("managed_by") == Some("project") || sent.text("type") == Some("custom");
    let fits = |toolkit: &&Toolkit| {
        !is_own
            && category.is_none_or(|category| toolkit.categories.contains(&category))
            && (sent.text("managed_by") != Some("composio") || !toolkit.managed.is_empty())
            && [&toolkit.slug, &toolkit.name, &toolkit.about]
                .into_iter()
                .any(|text| text.to_lowercase().contains(&search))
    };
    let mut found: Vec<&Toolkit> = toolkits.filter(fits).collect();
    if sent.text("sort_by") == Some("alphabetically") {
        found.sort_by_key(|toolkit| toolkit.name.to_lowercase());
    }
    Ok(window.page(&found, |toolkit| toolkit.show()))
}

pub(super) fn get(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let slug = call.captured("slug");
    let toolkit = catalogue::find(stage, slug).ok_or_else(|| Failure::no_toolkit(slug))?;
    version_of(call.version, call.query.filled("version")).ok_or_else(|| Failure::no_toolkit(slug))?;
    Ok(Answer::json(200, &toolkit.show_whole()))
}

/// Slugs that nothing has are left out.
pub(super) fn several(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let slugs = texts(call.body.value("toolkits"));
    page(slugs.iter().filter_map(|slug| catalogue::find(stage, slug)), &call.body)
}

pub(super) fn categories(stage: &mut Stage<'_>, _call: &Call) -> Result<Answer, Failure> {
    let all = catalogue::shown(stage).iter().flat_map(|toolkit| &toolkit.categories);
    let ids: BTreeSet<&str> = all.copied().collect();
    let items: Vec<_> = ids.iter().map(|id| catalogue::category(id)).collect();
    let count = items.len();
    let body = json!({"items": items, "next_cursor": null, "total_pages": 1, "current_page": 1, "total_items": count});
    Ok(Answer::json(200, &body))
}
