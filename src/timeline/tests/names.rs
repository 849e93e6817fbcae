//! Tests: the names that different computers with one name get in the tables.

use crate::model::Text;
use crate::timeline::distinct_names;

fn names(all: &[&str]) -> Vec<String> {
    let all: Vec<Text> = all.iter().map(|name| (*name).into()).collect();
    distinct_names(all.iter()).iter().map(ToString::to_string).collect()
}

/// A name with a number may be that of another computer, which keeps it.
#[test]
fn a_name_that_is_made_is_never_that_of_another_computer() {
    assert_eq!(names(&["DC", "PC", "pc", "PC~2"]), ["DC", "PC", "pc~3", "PC~2"]);
    assert_eq!(names(&["PC", "PC", "PC~2", "PC~2"]), ["PC", "PC~3", "PC~2", "PC~2~2"]);
}
