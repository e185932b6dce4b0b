//! Settings: every field has its line in config.default.toml, and wrong ones are refused by name.

use serde::de::{self, Deserialize, Deserializer, Visitor};
use server::config::{DEFAULTS, Settings};

/// Finds the names of a struct's fields by pretending to deserialise it.
struct FieldNames<'a>(&'a mut Vec<&'static str>);

#[derive(Debug)]
struct Done;

impl std::fmt::Display for Done {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("done")
    }
}

impl std::error::Error for Done {}

impl de::Error for Done {
    fn custom<T: std::fmt::Display>(_: T) -> Self {
        Self
    }
}

impl<'de> Deserializer<'de> for FieldNames<'_> {
    type Error = Done;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Done> {
        Err(Done)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Done> {
        self.0.extend(fields);
        Err(Done)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

fn fields_of<'de, T: Deserialize<'de>>() -> Vec<&'static str> {
    let mut names = Vec::new();
    let _ = T::deserialize(FieldNames(&mut names));
    names
}

/// The defaults with the lines that show settings without a default switched on.
fn everything() -> toml::Table {
    let lines = DEFAULTS.lines().map(|line| line.strip_prefix("#: ").unwrap_or(line));
    lines.collect::<Vec<_>>().join("\n").parse().unwrap()
}

#[test]
fn every_setting_has_its_line_and_every_line_its_setting() {
    let all = everything();
    let names = |table: &toml::Table| table.keys().cloned().collect::<std::collections::BTreeSet<_>>();
    let expected =
        |fields: Vec<&str>| fields.into_iter().map(str::to_owned).collect::<std::collections::BTreeSet<_>>();
    assert_eq!(names(&all), expected(fields_of::<Settings>()));
    for (table, fields) in [
        ("limits", fields_of::<server::config::LimitSettings>()),
        ("retention", fields_of::<server::config::RetentionSettings>()),
        ("outbound", fields_of::<server::config::OutboundFileSettings>()),
        ("audit", fields_of::<server::config::AuditSettings>()),
        ("refresh", fields_of::<server::config::RefreshSettings>()),
        ("client", fields_of::<server::config::ClientSettings>()),
    ] {
        assert_eq!(names(all[table].as_table().unwrap()), expected(fields), "[{table}]");
    }
    let settings: Settings = all.try_into().unwrap();
    assert_eq!(settings.managed["google"].client_id, "...");
    assert!(!format!("{settings:?}").contains("bb_sk_"), "secrets are not shown");
}
