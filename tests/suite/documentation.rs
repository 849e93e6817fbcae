//! What the documentation must hold: every column, every word of the tables, every dependency.

use std::fs;
use std::path::Path;
use winlast::model::FindingCode;
use winlast::model::session::{Confidence, EndCause, MilestoneKind, SessionClass, StartCause};
use winlast::output::{SOURCE_COLUMNS, Table};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn every_column_finding_and_word_is_documented() {
    let docs = fs::read_to_string(root().join("docs/outputs.md")).unwrap();
    let is_there = |word: &str| docs.contains(&format!("`{word}`"));
    for table in Table::ALL {
        let heading = format!("\n## {}.csv\n", table.name());
        let (_, section) = docs.split_once(&heading).unwrap_or_else(|| panic!("no {heading}"));
        let section = section.split("\n## ").next().unwrap();
        // In the order of the table, each at the beginning of a line of its own or named together.
        let mut rest = section;
        for column in table.columns() {
            let quoted = format!("`{column}`");
            let (_, after) = rest.split_once(&quoted).unwrap_or_else(|| {
                panic!("{}.csv: {column} missing or out of order", table.name())
            });
            rest = after;
        }
    }
    let (_, section) = docs.split_once("\n## --per-source\n").unwrap();
    for column in SOURCE_COLUMNS {
        assert!(section.contains(&format!("| `{column}` |")), "{column}");
    }
    for code in FindingCode::ALL {
        assert!(docs.contains(&format!("| `{code}` | {} |", code.severity())), "{code}");
    }
    let words = SessionClass::ALL
        .iter()
        .map(|value| value.word())
        .chain(EndCause::ALL.iter().map(|value| value.word()))
        .chain(Confidence::ALL.iter().map(|value| value.word()))
        .chain(MilestoneKind::ALL.iter().map(|value| value.word()))
        .chain(StartCause::ALL.iter().map(|value| value.word()));
    for word in words {
        // A value without a word leaves its cell empty: that is said, too.
        assert!(if word.is_empty() { docs.contains("(empty)") } else { is_there(word) }, "{word}");
    }
}

#[test]
fn every_dependency_has_a_decision() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let (_, dependencies) = manifest.split_once("\n[dependencies]\n").unwrap();
    for line in dependencies.split("\n[").next().unwrap().lines() {
        let Some((name, _)) = line.split_once(" = ") else { continue };
        let file =
            root().join(format!("docs/decisions/{}.md", name.replace("serde_json", "serde")));
        assert!(file.is_file(), "{} is missing", file.display());
    }
}
