//! Finding toolkits and tools by plain words, and guessing what a misspelt name meant.

/// Up to three of `candidates` that are close to `given`, the closest first.
pub fn nearest<'a>(given: &str, candidates: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let given = given.to_lowercase();
    let mut scored: Vec<(f64, &str)> = candidates
        .map(|candidate| (strsim::jaro_winkler(&given, &candidate.to_lowercase()), candidate))
        .filter(|(score, _)| *score >= 0.8)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    scored.into_iter().take(3).map(|(_, candidate)| candidate).collect()
}

/// What is searched of a thing, in lower case, the most telling part first.
#[derive(Debug)]
pub struct Haystack {
    names: Vec<String>,
    text: String,
}

impl Haystack {
    pub fn of_toolkit(slug: &str, display_name: &str, categories: &[String], description: &str) -> Self {
        let names = vec![slug.to_lowercase(), display_name.to_lowercase()];
        Self { names, text: format!("{} {description}", categories.join(" ")).to_lowercase() }
    }

    pub fn of_tool(name: &str, description: &str) -> Self {
        let names = vec![name.to_lowercase().replace('_', " "), name.to_lowercase()];
        Self { names, text: description.to_lowercase() }
    }

    /// How well every word of `query` is found; `None` where one is not found at all. Lower is better.
    pub fn rank(&self, query: &str) -> Option<u32> {
        let query = query.trim().to_lowercase();
        if self.names.contains(&query) {
            return Some(0);
        }
        query.split_whitespace().try_fold(1, |rank, word| Some(rank + self.rank_word(word)?))
    }

    fn rank_word(&self, word: &str) -> Option<u32> {
        let in_names = |test: &dyn Fn(&str) -> bool| self.names.iter().any(|name| test(name));
        if in_names(&|name| name.starts_with(word)) {
            Some(1)
        } else if in_names(&|name| name.split([' ', '-', '_']).any(|part| part.starts_with(word))) {
            Some(2)
        } else if in_names(&|name| name.contains(word)) {
            Some(3)
        } else {
            self.text.contains(word).then_some(10)
        }
    }
}
