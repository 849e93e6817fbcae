//! The rules of the house that no compiler holds: which room may use which, and that every column
//! and every finding is documented.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use winlast::model::FindingCode;
use winlast::model::session::{Confidence, EndCause, MilestoneKind, SessionClass, StartCause};
use winlast::output::{SOURCE_COLUMNS, Table};

/// Room, and the rooms that it may use. Arrows go down only.
const LAW: &[(&str, &[&str])] = &[
    // The program sees the library from outside: `winlast::`.
    ("main", &[]),
    ("cli", &[]),
    ("analysis", &["evtx", "timeline", "output", "evidence", "error", "progress", "model"]),
    ("evtx", &["evidence", "error", "progress", "model"]),
    ("timeline", &["model"]),
    ("select", &["model"]),
    ("output", &["error", "progress", "model"]),
    ("evidence", &["error", "progress", "model"]),
    ("error", &["model"]),
    ("progress", &["model"]),
    ("model", &[]),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// The room of a file below src: its first folder, or its name.
fn room(path: &Path) -> String {
    let first = path.strip_prefix(root().join("src")).unwrap().components().next().unwrap();
    first.as_os_str().to_str().unwrap().trim_end_matches(".rs").to_owned()
}

/// Names right after `crate::`, and after `crate::{`, of the code in `source`.
fn rooms_used(source: &str) -> BTreeSet<String> {
    let code: String = source
        .lines()
        .map(|line| line.split_once("//").map_or(line, |(code, _)| code))
        .collect::<Vec<_>>()
        .join("\n");
    let name = |text: &str| -> String {
        text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
    };
    let mut used = BTreeSet::new();
    for part in code.split("crate::").skip(1) {
        let Some(group) = part.strip_prefix('{') else {
            used.insert(name(part));
            continue;
        };
        // The names at the top level of the braces.
        let mut depth = 0;
        let mut start = true;
        for (at, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => start = true,
                c if start && !c.is_whitespace() => {
                    used.insert(name(&group[at..]));
                    start = false;
                }
                _ => {}
            }
        }
    }
    used
}

#[test]
fn imports_are_found() {
    let source = "use crate::model::{Boot, Report};\nuse crate::{evidence, evtx::{a, b},\n error};\n// crate::cli\nlet x = crate::select::f();";
    let expected = ["error", "evidence", "evtx", "model", "select"];
    assert_eq!(rooms_used(source).into_iter().collect::<Vec<_>>(), expected);
}

#[test]
fn arrows_go_down_only() {
    let mut files = Vec::new();
    rust_files(&root().join("src"), &mut files);
    assert!(files.len() > 20);
    for path in files {
        let room = room(&path);
        if room == "lib" {
            continue;
        }
        let (_, allowed) = LAW
            .iter()
            .find(|(name, _)| *name == room)
            .unwrap_or_else(|| panic!("{room} is not in the law: {}", path.display()));
        for used in rooms_used(&fs::read_to_string(&path).unwrap()) {
            assert!(
                used == room || allowed.contains(&used.as_str()),
                "{} uses crate::{used}, which {room} may not",
                path.display()
            );
        }
    }
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
