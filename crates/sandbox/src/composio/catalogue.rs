//! All toolkits: first those that this product curates itself, then generated ones, so that there are as many as at
//! the vendor. They are made when they are first looked at and belong to no world.

use std::collections::BTreeSet;
use std::sync::{LazyLock, OnceLock};

use serde_json::{Value, json};

use super::schemes::Scheme;
use super::tool::{LATEST, Spec, Tool, VERSIONS};
use super::{curated, generated};
use crate::stage::Stage;

#[derive(Debug)]
pub(super) struct Toolkit {
    pub(super) slug: String,
    pub(super) name: String,
    pub(super) about: String,
    /// By id.
    pub(super) categories: Vec<&'static str>,
    pub(super) schemes: Vec<Scheme>,
    /// Those for which the vendor has an app of its own.
    pub(super) managed: Vec<Scheme>,
    /// What its API key is called.
    pub(super) key: &'static str,
    /// What an app of one's own may have beside its id and secret.
    pub(super) app_extras: &'static [&'static str],
    /// What every account has to say, such as a subdomain.
    pub(super) account_extras: &'static [&'static str],
    pub(super) is_deprecated: bool,
    pub(super) source: Source,
    pub(super) tools: OnceLock<Vec<Tool>>,
}

/// Where the tools come from.
#[derive(Debug, Clone, Copy)]
pub(super) enum Source {
    Written(&'static [Spec<'static>]),
    /// So many.
    Generated(usize),
}

static CATALOGUE: LazyLock<Vec<Toolkit>> = LazyLock::new(|| {
    let generated = (0..generated::MOST).map(generated::toolkit);
    curated::toolkits().into_iter().chain(generated).collect()
});

/// The toolkits that the catalogue shows at the moment, the most used first.
pub(super) fn shown(stage: &Stage<'_>) -> &'static [Toolkit] {
    let all: &'static [Toolkit] = &CATALOGUE;
    let count = curated::COUNT + stage.world.composio.catalogue_size;
    &all[..count.min(all.len())]
}

/// The toolkit with this slug, in upper or lower case.
pub(super) fn find(stage: &Stage<'_>, slug: &str) -> Option<&'static Toolkit> {
    shown(stage).iter().find(|toolkit| toolkit.slug.eq_ignore_ascii_case(slug))
}

/// The tool with this slug and the toolkit it belongs to, whose slug the tool's begins with.
pub(super) fn find_tool(stage: &Stage<'_>, slug: &str) -> Option<(&'static Toolkit, &'static Tool)> {
    let slug = slug.to_ascii_uppercase();
    let mut toolkits = shown(stage).iter().filter(|toolkit| {
        slug.get(..toolkit.slug.len()).is_some_and(|start| start.eq_ignore_ascii_case(&toolkit.slug))
            && slug.as_bytes().get(toolkit.slug.len()) == Some(&b'_')
    });
    toolkits.find_map(|toolkit| {
        let tool = toolkit.tools().iter().find(|tool| tool.slug == slug)?;
        Some((toolkit, tool))
    })
}

/// The name of a category.
pub(super) fn category(id: &str) -> Value {
    json!({"id": id, "slug": id, "name": super::schemes::title(id)})
}

impl Toolkit {
    pub(super) fn tools(&self) -> &[Tool] {
        self.tools.get_or_init(|| match self.source {
            Source::Written(specs) => specs.iter().map(|spec| Tool::new(&self.slug, spec, true)).collect(),
            Source::Generated(count) => generated::tools(&self.slug, count),
        })
    }

    fn tools_count(&self) -> usize {
        match self.source {
            Source::Written(specs) => specs.len(),
            Source::Generated(count) => count,
        }
    }

    /// What the tools need, all of them together.
    fn scopes(&self) -> BTreeSet<&'static str> {
        self.tools().iter().flat_map(|tool| tool.scopes).copied().collect()
    }

    pub(super) fn needs_no_auth(&self) -> bool {
        self.schemes == [Scheme::NoAuth]
    }

    pub(super) fn logo(&self) -> String {
        format!("https://logos.composio.dev/api/{}", self.slug)
    }

    /// As lists show it.
    pub(super) fn show(&self) -> Value {
        let names = |schemes: &[Scheme]| -> Vec<&str> { schemes.iter().map(|one| one.name()).collect() };
        json!({
            "slug": self.slug,
            "name": self.name,
            "type": "native",
            "auth_schemes": names(&self.schemes),
            "composio_managed_auth_schemes": names(&self.managed),
            "is_local_toolkit": false,
            "no_auth": self.needs_no_auth(),
            "deprecated": {"toolkitId": crate::stage::as_uuid(&crate::stage::fingerprint(&self.slug).repeat(3))},
            "meta": {
                "created_at": "2025-01-10T09:00:00.000Z",
                "updated_at": "2026-07-08T09:00:00.000Z",
                "description": self.about,
                "logo": self.logo(),
                "app_url": format!("https://{}.example.com", self.slug.trim_start_matches('_').replace('_', "-")),
                "categories": self.categories.iter().map(|id| category(id)).collect::<Vec<_>>(),
                "triggers_count": 0,
                "tools_count": self.tools_count(),
                "version": LATEST,
            },
        })
    }

    /// As its own page shows it.
    pub(super) fn show_whole(&self) -> Value {
        let mut whole = self.show();
        whole["enabled"] = Value::from(true);
        whole["base_url"] = Value::from(format!("https://api.{}.example.com", self.slug.replace('_', "-")));
        whole["meta"]["available_versions"] = json!(VERSIONS);
        whole["deprecated"]["rawProxyInfoByAuthSchemes"] = json!([]);
        let managed = self
            .managed
            .iter()
            .map(|scheme| json!({"mode": scheme.name(), "scopes": {"available": self.scopes()}}));
        whole["composio_managed_auth"] = managed.collect();
        let detail = |scheme: &Scheme| {
            json!({
                "mode": scheme.name(),
                "name": format!("{}_{}", self.slug, scheme.name().to_lowercase()),
                "required_scopes": [],
                "fields": {
                    "auth_config_creation": scheme.creation(self).show(),
                    "connected_account_initiation": scheme.initiation(self).show(),
                },
            })
        };
        whole["auth_config_details"] = self.schemes.iter().map(detail).collect();
        whole
    }
}
