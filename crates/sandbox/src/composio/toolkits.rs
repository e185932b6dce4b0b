//! Toolkits: the list, one with its fields, several by slug, and the categories.

use std::collections::BTreeSet;

use serde_json::json;

use super::catalogue::{self, Toolkit};
use super::failure::Failure;
use super::paging::Window;
use super::{Call, texts};
use crate::stage::Stage;
use crate::wire::Answer;

const MOST: usize = 500;

pub(super) fn list(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let window = Window::of(call, MOST)?;
    let search = call.query.text("search").unwrap_or_default().to_lowercase();
    let category = call.query.filled("category");
    let deprecated = call.query.flag("include_deprecated").unwrap_or(false);
    let fits = |toolkit: &&Toolkit| {
        (deprecated || !toolkit.is_deprecated)
            && category.is_none_or(|category| toolkit.categories.contains(&category))
            && match call.query.text("managed_by") {
                Some("composio") => !toolkit.managed.is_empty(),
                // Toolkits that the project made itself, of which this one has none.
                Some("project") => false,
                _ => true,
            }
            && (toolkit.slug.contains(&search) || toolkit.name.to_lowercase().contains(&search))
    };
    let mut found: Vec<&Toolkit> = catalogue::shown(stage).iter().filter(fits).collect();
    if call.query.text("sort_by") == Some("alphabetically") {
        found.sort_by_key(|toolkit| toolkit.name.to_lowercase());
    }
    Ok(window.page(&found, |toolkit| toolkit.show()))
}

pub(super) fn get(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let slug = call.captured("slug");
    let toolkit = catalogue::find(stage, slug).ok_or_else(|| Failure::no_toolkit(slug))?;
    Ok(Answer::json(200, &toolkit.show_whole()))
}

/// Slugs that nothing has are left out.
pub(super) fn several(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let window = Window::of(call, MOST)?;
    let slugs = texts(call.body.value("toolkits"));
    let found: Vec<&Toolkit> = slugs.iter().filter_map(|slug| catalogue::find(stage, slug)).collect();
    Ok(window.page(&found, |toolkit| toolkit.show()))
}

pub(super) fn categories(stage: &mut Stage<'_>, _call: &Call) -> Result<Answer, Failure> {
    let all = catalogue::shown(stage).iter().flat_map(|toolkit| &toolkit.categories);
    let ids: BTreeSet<&str> = all.copied().collect();
    let items: Vec<_> = ids.iter().map(|id| catalogue::category(id)).collect();
    let count = items.len();
    let body = json!({"items": items, "next_cursor": null, "total_pages": 1, "current_page": 1, "total_items": count});
    Ok(Answer::json(200, &body))
}
