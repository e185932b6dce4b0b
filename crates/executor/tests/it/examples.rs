//! The catalogue walk: every example of every embedded tool renders to its recorded request, and its recorded
//! answer shapes to its recorded result.

use catalog::{Catalog, OriginMap};
use executor::check_example;

#[test]
fn every_example_renders_and_shapes_as_recorded() {
    let catalog = Catalog::embedded(&OriginMap::none()).unwrap();
    let mut wrong = Vec::new();
    for toolkit in catalog.toolkits() {
        for tool in &toolkit.tools {
            wrong.extend(
                tool.examples.iter().filter_map(|example| check_example(toolkit, tool, example).err()),
            );
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
