//! Slugs, tool names and plain words: which spellings find what.

use std::sync::LazyLock;

use catalog::{Catalog, Haystack, OriginMap, Slug};
use proptest::prelude::*;

fn catalog() -> &'static Catalog {
    static CATALOG: LazyLock<Catalog> = LazyLock::new(|| Catalog::embedded(&OriginMap::none()).unwrap());
    &CATALOG
}

#[test]
fn every_spelling_of_a_slug_finds_its_toolkit() {
    let catalog = catalog();
    for spelling in ["gmail", "GMAIL", "Gmail", " g-mail ", "G_MAIL"] {
        assert_eq!(catalog.find_toolkit(spelling).unwrap().slug.as_str(), "gmail", "{spelling}");
    }
    assert!(catalog.find_toolkit("gmails").is_none());
    assert_eq!(catalog.suggest_toolkits("gmial"), ["gmail"]);
    assert!(catalog.suggest_toolkits("zzz").is_empty());
}

#[test]
fn tools_are_found_in_any_case_and_guessed_when_misspelt() {
    let catalog = catalog();
    assert_eq!(catalog.find_tool("gmail_send_email").unwrap().name, "GMAIL_SEND_EMAIL");
    assert!(catalog.find_tool("GMAIL_SEND_MAIL").is_none());
    assert_eq!(catalog.suggest_tools("GMAIL_SEND_MAIL")[0], "GMAIL_SEND_EMAIL");
}

#[test]
fn words_find_by_name_before_description() {
    let catalog = catalog();
    let gmail = catalog.find_toolkit("gmail").unwrap();
    let words = Haystack::of_toolkit("gmail", &gmail.display_name, &gmail.categories, &gmail.description);
    assert!(words.rank("gmail") < words.rank("GMA"));
    assert!(words.rank("GMA") < words.rank("mailbox"));
    assert_eq!(words.rank("gmail zebra"), None);
    let tool = catalog.find_tool("GMAIL_SEND_EMAIL").unwrap();
    let other = catalog.find_tool("GMAIL_SEND_DRAFT").unwrap();
    assert!(
        catalog.rank_tool(tool, "send email") < catalog.rank_tool(other, "send draft").map(|rank| rank + 1)
    );
    assert_eq!(catalog.rank_tool(tool, "zebra"), None);
}

#[test]
fn a_canonical_slug_has_one_form() {
    for wrong in ["", "Gmail", "google_calendar", "-a", "a-", "a--b", "a b", &"a".repeat(65)] {
        assert!(Slug::parse(wrong).is_none(), "{wrong}");
    }
    assert_eq!(Slug::parse("google-calendar").unwrap().tool_prefix(), "GOOGLECALENDAR_");
}

proptest! {
    #[test]
    fn looking_up_any_text_is_safe(text in any::<String>()) {
        let catalog = catalog();
        let _ = (catalog.find_toolkit(&text), catalog.find_tool(&text), catalog.suggest_tools(&text));
        let _ = (catalog.suggest_toolkits(&text), Haystack::of_tool("GMAIL_SEND_EMAIL", &text).rank(&text));
    }
}
