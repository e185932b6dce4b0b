//! The catalogue walk: every example of every embedded tool renders to its recorded request, and its recorded
//! answer shapes to its recorded result.

use catalog::{Catalog, OriginMap};
use executor::{check_check_example, check_example};

#[test]
fn every_example_renders_and_shapes_as_recorded() {
    let catalog = Catalog::embedded(&OriginMap::none()).unwrap();
    let mut wrong = Vec::new();
    for toolkit in catalog.toolkits() {
        for tool in &toolkit.tools {
            wrong.extend(
                tool.examples.iter().filter_map(|example| check_example(toolkit, tool, example).err()),
            );
            if let Some(check) = &tool.check {
                let examples = check.examples.iter();
                let wrongs =
                    examples.filter_map(|example| check_check_example(toolkit, tool, check, example).err());
                wrong.extend(wrongs);
                let found = |example: &catalog::CheckExample| !example.result.is_null();
                let both = check.examples.iter().any(found) && !check.examples.iter().all(found);
                assert!(both, "the check of {} shows both outcomes", tool.name);
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
