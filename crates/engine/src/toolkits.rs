//! Every toolkit this instance knows: those of its own catalogue, those of Composio's, and which are the same. One
//! index of both answers by slug and by words; it is built anew when Composio's list changes.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use catalog::{AuthScheme, Catalog, Haystack, Slug, Toolkit, nearest};
use serde::{Deserialize, Serialize};

use crate::Engine;

/// Who talks to the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Backend {
    /// We do, with tokens in our own vault.
    Native,
    /// Composio does, with tokens that it holds.
    Composio,
}

impl Backend {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Composio => "composio",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Native, Self::Composio].into_iter().find(|backend| backend.as_str() == text)
    }
}

/// A toolkit of our own catalogue, of Composio's, or of both. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct KnownToolkit {
    slug: Arc<str>,
    native: Option<Arc<Toolkit>>,
    hosted: Option<Arc<composio::Toolkit>>,
}

impl KnownToolkit {
    /// What Composio says of a toolkit that is in no list, beside what our own catalogue has of it.
    pub(crate) fn asked(ours: Option<&Self>, toolkit: composio::Toolkit) -> Self {
        Self {
            slug: ours.map_or_else(|| toolkit.slug.as_str().into(), |ours| Arc::clone(&ours.slug)),
            native: ours.and_then(|ours| ours.native.clone()),
            hosted: Some(Arc::new(toolkit)),
        }
    }

    /// One that an app has configured and that is in no list at present.
    pub(crate) fn unlisted(slug: &str) -> Self {
        Self { slug: slug.into(), native: None, hosted: None }
    }

    /// The one spelling that goes out.
    pub fn slug(&self) -> &str {
        &self.slug
    }

    /// As our own catalogue has it.
    pub fn native(&self) -> Option<&Arc<Toolkit>> {
        self.native.as_ref()
    }

    /// As Composio's catalogue has it.
    pub(crate) fn hosted(&self) -> Option<&Arc<composio::Toolkit>> {
        self.hosted.as_ref()
    }

    /// What Composio calls it.
    pub(crate) fn remote_slug(&self) -> Option<&str> {
        match (&self.native, &self.hosted) {
            (Some(native), hosted) => {
                let named = native.hosted.as_ref().map(|names| names.toolkit.as_str());
                named.or_else(|| Some(hosted.as_ref()?.slug.as_str()))
            }
            (None, Some(hosted)) => Some(&hosted.slug),
            // What is none of ours has the vendor's own name, listed or not.
            (None, None) => Some(&self.slug),
        }
    }

    pub fn display_name(&self) -> &str {
        match (&self.native, &self.hosted) {
            (Some(native), _) => &native.display_name,
            (None, Some(hosted)) if !hosted.name.is_empty() => &hosted.name,
            _ => &self.slug,
        }
    }

    pub fn description(&self) -> &str {
        match (&self.native, &self.hosted) {
            (Some(native), _) => &native.description,
            (None, hosted) => hosted.as_ref().map_or("", |hosted| &hosted.meta.description),
        }
    }

    pub fn categories(&self) -> Vec<String> {
        match (&self.native, &self.hosted) {
            (Some(native), _) => native.categories.clone(),
            (None, hosted) => {
                let categories = hosted.iter().flat_map(|hosted| &hosted.meta.categories);
                categories.map(|category| category.name.clone()).collect()
            }
        }
    }

    pub fn is_curated(&self) -> bool {
        self.native.as_ref().is_some_and(|native| native.curated.is_some())
    }

    /// The provider's documentation, or its own page.
    pub fn docs_url(&self) -> Option<String> {
        match (&self.native, &self.hosted) {
            (Some(native), _) => Some(native.docs_url.to_string()),
            (None, hosted) => {
                let url = hosted.as_ref().map(|hosted| hosted.meta.app_url.clone());
                url.filter(|url| url.starts_with("https://"))
            }
        }
    }

    pub fn auth_schemes(&self, backend: Backend) -> Vec<String> {
        match (backend, &self.native, &self.hosted) {
            (Backend::Composio, _, Some(hosted)) | (Backend::Native, None, Some(hosted)) => {
                hosted.auth_schemes.clone()
            }
            (_, Some(native), _) => {
                native.auth_schemes.iter().map(|scheme| scheme.name().as_str().to_owned()).collect()
            }
            (_, None, None) => Vec::new(),
        }
    }

    pub fn tools_count(&self, backend: Backend) -> usize {
        match (backend, &self.native, &self.hosted) {
            (Backend::Native, Some(native), _) | (_, Some(native), None) => native.tools.len(),
            (_, _, hosted) => {
                let count = hosted.as_ref().map_or(0, |hosted| hosted.meta.tools_count);
                usize::try_from(count).unwrap_or(usize::MAX)
            }
        }
    }

    pub(crate) fn default_native_scheme(&self) -> Option<&AuthScheme> {
        self.native.as_ref().map(|native| native.default_auth_scheme())
    }

    fn haystack(&self) -> Haystack {
        Haystack::of_toolkit(&self.slug, self.display_name(), &self.categories(), self.description())
    }
}

/// All of them, in the order of their slugs.
#[derive(Debug)]
pub(crate) struct Index {
    toolkits: Vec<(KnownToolkit, Haystack)>,
    by_slug: HashMap<Arc<str>, usize>,
    /// By what the spellings of a slug have in common; ours come before Composio's.
    by_key: HashMap<String, usize>,
    by_remote: HashMap<String, usize>,
}

impl Index {
    pub(crate) fn new(catalog: &Catalog, hosted: Vec<composio::Toolkit>) -> Self {
        let mut hosted: HashMap<String, Arc<composio::Toolkit>> =
            hosted.into_iter().map(|toolkit| (toolkit.slug.clone(), Arc::new(toolkit))).collect();
        let mut known: Vec<KnownToolkit> = catalog
            .toolkits()
            .iter()
            .map(|native| KnownToolkit {
                slug: native.slug.as_str().into(),
                hosted: native.hosted.as_ref().and_then(|names| hosted.remove(&names.toolkit)),
                native: Some(Arc::clone(native)),
            })
            .collect();
        let taken: Vec<Arc<str>> = known.iter().map(|toolkit| Arc::clone(&toolkit.slug)).collect();
        let foreign =
            hosted.into_values().filter(|toolkit| !taken.iter().any(|slug| **slug == *toolkit.slug));
        known.extend(foreign.map(|toolkit| KnownToolkit {
            slug: toolkit.slug.as_str().into(),
            native: None,
            hosted: Some(toolkit),
        }));
        known.sort_by(|a, b| a.slug.cmp(&b.slug));
        let mut index = Self {
            by_slug: HashMap::new(),
            by_key: HashMap::new(),
            by_remote: HashMap::new(),
            toolkits: known
                .into_iter()
                .map(|toolkit| (toolkit.haystack(), toolkit))
                .map(|(h, t)| (t, h))
                .collect(),
        };
        for (position, (toolkit, _)) in index.toolkits.iter().enumerate() {
            index.by_slug.insert(Arc::clone(&toolkit.slug), position);
            let entry = index.by_key.entry(Slug::key(&toolkit.slug)).or_insert(position);
            if toolkit.native.is_some() {
                *entry = position;
            }
            if let Some(remote) = toolkit.remote_slug() {
                index.by_remote.insert(remote.to_owned(), position);
            }
        }
        index
    }

    /// By any spelling of its slug; the exact one counts first.
    fn find(&self, slug: &str) -> Option<&KnownToolkit> {
        let position = self.by_slug.get(slug.trim()).or_else(|| self.by_key.get(&Slug::key(slug)))?;
        Some(&self.toolkits[*position].0)
    }

    fn find_remote(&self, slug: &str) -> Option<&KnownToolkit> {
        self.by_remote.get(slug).map(|position| &self.toolkits[*position].0)
    }

    /// Every toolkit that matches all words of `query`, the best first; all of them, by slug, for an empty one.
    pub(crate) fn search(&self, query: &str) -> Vec<KnownToolkit> {
        let ranked = self.toolkits.iter().filter_map(|(toolkit, words)| Some((words.rank(query)?, toolkit)));
        let mut ranked: Vec<_> = ranked.collect();
        // Of two that fit as well, the one that we serve ourselves; the list is in the order of slugs already.
        ranked.sort_by_key(|(rank, toolkit)| (*rank, !query.trim().is_empty() && toolkit.native.is_none()));
        ranked.into_iter().map(|(_, toolkit)| toolkit.clone()).collect()
    }

    fn suggest(&self, slug: &str) -> Vec<String> {
        let slugs = self.toolkits.iter().map(|(toolkit, _)| toolkit.slug());
        nearest(slug, slugs).into_iter().map(str::to_owned).collect()
    }
}

/// The index in force. Readers take it whole; a new one takes its place.
#[derive(Debug)]
pub(crate) struct Toolkits(RwLock<Arc<Index>>);

impl Toolkits {
    pub(crate) fn new(index: Index) -> Self {
        Self(RwLock::new(Arc::new(index)))
    }

    pub(crate) fn index(&self) -> Arc<Index> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn replace(&self, index: Index) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(index);
    }
}

impl Engine {
    /// A toolkit by any spelling of its slug.
    pub fn find_toolkit(&self, slug: &str) -> Option<KnownToolkit> {
        self.toolkits.index().find(slug).cloned()
    }

    /// A toolkit by the name it has at Composio.
    pub(crate) fn find_remote_toolkit(&self, slug: &str) -> Option<KnownToolkit> {
        self.toolkits.index().find_remote(slug).cloned()
    }

    /// Slugs close to one that does not exist.
    pub(crate) fn suggest_toolkits(&self, slug: &str) -> Vec<String> {
        self.toolkits.index().suggest(slug)
    }

    pub(crate) fn display_name(&self, slug: &str) -> String {
        self.find_toolkit(slug).map_or_else(|| slug.to_owned(), |toolkit| toolkit.display_name().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_no_list_keeps_its_name_over_there() {
        // An empty name would stand for all the toolkits there are.
        assert_eq!(KnownToolkit::unlisted("pinecone").remote_slug(), Some("pinecone"));
    }
}
