//! What no compiler holds of the structure: which module may use which, that there are no circles,
//! and that files and functions stay small. `docs/ARCHITECTURE.md` explains the layers.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The modules of the crate, and the modules that each may use.
const CRATE: Layers = Layers {
    folder: "src",
    may_use: &[
        // The program sees the library from outside, as `winlast`.
        ("main", &["cli"]),
        ("cli", &[]),
        ("lib", &["analysis", "error"]),
        ("fuzzing", &["analysis", "evtx", "evidence", "model"]),
        (
            "analysis",
            &["evtx", "events_file", "timeline", "hops", "evidence", "error", "progress", "model"],
        ),
        ("events_file", &["evidence", "progress", "model"]),
        ("evtx", &["evidence", "error", "progress", "model"]),
        ("timeline", &["model"]),
        ("hops", &["model"]),
        ("select", &["presence", "time_zone", "model"]),
        ("output", &["presence", "time_zone", "error", "progress", "model"]),
        ("presence", &["model"]),
        ("time_zone", &["model"]),
        ("evidence", &["error", "progress", "model"]),
        ("error", &["model"]),
        ("progress", &["model"]),
        ("model", &[]),
    ],
};

/// The steps of the timeline: each may use only the steps before it.
const TIMELINE: Layers = Layers {
    folder: "src/timeline",
    may_use: &[
        ("mod", &["host", "hosts", "self_checks", "must"]),
        (
            "host",
            &["one_boot", "findings", "sessions", "boot", "boots", "channel", "hosts", "limits"],
        ),
        ("one_boot", &["findings", "self_checks", "attempts", "sessions", "boot", "boots"]),
        ("self_checks", &["sessions", "boot", "timing"]),
        ("findings", &["sessions", "boot", "boots", "channel", "timing"]),
        ("attempts", &["sessions", "boot", "timing", "limits"]),
        ("sessions", &["boot", "timing", "limits"]),
        ("boot", &["boots", "channel", "timing", "limits"]),
        ("boots", &["channel", "hosts", "timing", "limits", "must"]),
        ("channel", &["timing", "must"]),
        ("hosts", &["timing", "limits", "must"]),
        ("timing", &[]),
        ("limits", &[]),
        ("must", &[]),
    ],
};

/// The steps of joining computers: each may use only those before it.
const HOPS: Layers = Layers {
    folder: "src/hops",
    may_use: &[
        ("mod", &["joined", "decide", "chain", "host_rows"]),
        ("host_rows", &["joined", "owners", "statements", "computers"]),
        ("chain", &["distances"]),
        (
            "decide",
            &["source_session", "passing", "bases", "joined", "owners", "targets", "computers"],
        ),
        ("passing", &["bases", "joined", "targets", "computers", "names", "distances"]),
        ("source_session", &["bases", "joined", "targets", "computers"]),
        (
            "bases",
            &[
                "domains",
                "joined",
                "clocks",
                "owners",
                "statements",
                "targets",
                "computers",
                "facts",
                "names",
                "distances",
            ],
        ),
        ("domains", &["joined", "targets", "computers", "facts", "names"]),
        (
            "joined",
            &[
                "clocks",
                "owners",
                "sessions",
                "statements",
                "targets",
                "computers",
                "facts",
                "names",
                "distances",
            ],
        ),
        ("clocks", &["computers", "distances"]),
        ("owners", &["statements", "computers", "distances"]),
        ("sessions", &["computers"]),
        ("statements", &["computers", "names"]),
        ("targets", &["computers", "names"]),
        ("computers", &["facts", "names"]),
        ("facts", &[]),
        ("names", &[]),
        ("distances", &[]),
    ],
};

/// The rules of one folder.
struct Layers {
    folder: &'static str,
    /// Each module of the folder with those that it may use. `mod` and `lib` are the folder itself.
    may_use: &'static [(&'static str, &'static [&'static str])],
}

#[test]
fn modules_use_only_those_below_them() {
    let graph = imports();
    assert!(graph.len() > 100, "{} files", graph.len());
    for layers in [CRATE, TIMELINE, HOPS] {
        let module = |path: &str| module_in(layers.folder, path);
        for (file, used) in &graph {
            let Some(own) = module(file) else { continue };
            let (_, allowed) = layers
                .may_use
                .iter()
                .find(|(name, _)| *name == own)
                .unwrap_or_else(|| panic!("{}: {own} has no layer", layers.folder));
            for other in used.iter().filter_map(|path| module(path)).filter(|name| *name != own) {
                let is_face = other == "mod" || other == "lib";
                assert!(
                    allowed.contains(&other.as_str()) || is_face,
                    "{file} uses {other}, which {own} may not"
                );
            }
        }
    }
}

/// A file may use its folder's `mod.rs` and be declared by it; all other circles are mistakes.
#[test]
fn there_are_no_circles() {
    let graph = imports();
    let is_face = |file: &str| file.ends_with("/mod.rs") || file.ends_with("/lib.rs");
    let mut done: BTreeSet<&str> = BTreeSet::new();
    for start in graph.keys() {
        let mut path: Vec<&str> = Vec::new();
        visit(&graph, start, &is_face, &mut path, &mut done);
    }
}

fn visit<'g>(
    graph: &'g BTreeMap<String, BTreeSet<String>>,
    file: &'g str,
    is_face: &impl Fn(&str) -> bool,
    path: &mut Vec<&'g str>,
    done: &mut BTreeSet<&'g str>,
) {
    assert!(!path.contains(&file), "a circle: {} -> {file}", path.join(" -> "));
    if is_face(file) || done.contains(file) {
        return;
    }
    path.push(file);
    for used in graph.get(file).into_iter().flatten() {
        visit(graph, used, is_face, path, done);
    }
    path.pop();
    done.insert(file);
}

#[test]
fn imports_are_found() {
    let files: BTreeSet<String> = [
        "src/lib.rs",
        "src/model/mod.rs",
        "src/model/boot.rs",
        "src/evtx/mod.rs",
        "src/evtx/chunk.rs",
    ]
    .map(str::to_owned)
    .into();
    let source = "use crate::model::{Boot, boot::{self, End}};\nuse super::chunk;\n\
                  // use crate::lib;\nlet x = crate::evtx::read();\n\
                  #[cfg(test)]\nmod tests { use crate::model::Report; }";
    let used = used_files("src/evtx/xml.rs", source, &files);
    let expected =
        ["src/evtx/chunk.rs", "src/evtx/mod.rs", "src/model/boot.rs", "src/model/mod.rs"];
    assert_eq!(used.into_iter().collect::<Vec<_>>(), expected);
}

/// Functions that are one table: a `const fn` that maps each kind of event, and one comparison.
const TABLES: &[&str] = &["computer_event"];

/// Tables may be long; everything else must be read at once.
#[test]
fn files_and_functions_are_small() {
    const LINES_OF_A_FILE: usize = 500;
    const LINES_OF_A_FUNCTION: usize = 60;
    let mut large: Vec<String> = Vec::new();
    for folder in ["src", "tests/suite", "tests/evtx-synth/src", "tests/torture/src"] {
        for path in rust_files(&root().join(folder)) {
            let source = fs::read_to_string(&path).unwrap();
            let lines: Vec<&str> = source.lines().collect();
            if lines.len() > LINES_OF_A_FILE {
                large.push(format!("{}: {} lines", path.display(), lines.len()));
            }
            for (name, length) in functions(&lines) {
                let declaration = format!("const fn {name}(");
                let is_table =
                    TABLES.contains(&name) || lines.iter().any(|line| line.contains(&declaration));
                if length > LINES_OF_A_FUNCTION && !is_table {
                    large.push(format!("{}: {name} has {length} lines", path.display()));
                }
            }
        }
    }
    assert!(large.is_empty(), "{large:#?}");
}

/// Names that only this project once had. A type, a module or a function must not have one of them.
const PRIVATE: &[&str] = &[
    "ahead",
    "aside",
    "background",
    "beside",
    "close",
    "draft",
    "drafts",
    "hole",
    "holes",
    "house",
    "law",
    "piece",
    "pieces",
    "readings_of",
    "room",
    "stretch",
    "stretches",
    "strand",
    "strands",
    "tie",
    "ties",
    "told",
    "torn",
    "unopened",
    "witness",
    "staircase",
    "epoch",
    "epochs",
    "held",
    "known",
    "readings",
    "side",
    "sides",
    "tell",
    "used",
    "what",
    "moments",
    "thin",
    "echo",
    "marks",
    "partner",
    "partners",
    "placed",
    "prelude",
    "rival",
    "rivals",
    "spans",
    "turn",
    "turns",
    "twin",
];

/// Names of types, modules and functions that the field does not know.
#[test]
fn names_are_those_of_the_field() {
    let mut unknown: Vec<String> = Vec::new();
    for folder in ["src", "tests/evtx-synth/src"] {
        for path in rust_files(&root().join(folder)) {
            let module = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let source = fs::read_to_string(&path).unwrap();
            let names = source.lines().filter_map(declared_name).map(str::to_owned);
            for name in names.chain([module]) {
                if PRIVATE.contains(&snake_case(&name).as_str()) {
                    unknown.push(format!("{}: {name}", path.display()));
                }
            }
        }
    }
    assert!(unknown.is_empty(), "{unknown:#?}");
}

/// The name that a line declares: of a module, a type or a function.
fn declared_name(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let line = line.strip_prefix("pub ").unwrap_or(line);
    let line = match line.strip_prefix("pub(") {
        Some(rest) => rest.split_once(") ")?.1,
        None => line,
    };
    let keywords = ["mod ", "struct ", "enum ", "trait ", "type ", "fn ", "const fn "];
    let rest = keywords.iter().find_map(|keyword| line.strip_prefix(keyword))?;
    rest.split(|c: char| !c.is_alphanumeric() && c != '_').next()
}

fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for (at, c) in name.chars().enumerate() {
        if c.is_uppercase() && at > 0 {
            snake.push('_');
        }
        snake.extend(c.to_lowercase());
    }
    snake
}

/// Each function with the number of its lines, by the indentation that rustfmt gives.
fn functions<'s>(lines: &[&'s str]) -> Vec<(&'s str, usize)> {
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let indent = line.len() - line.trim_start().len();
        let Some(name) = declared_name(line).filter(|_| line.contains("fn ")) else { continue };
        let end = lines.iter().skip(at).position(|line| {
            line.starts_with('}') && indent == 0
                || line.len() > indent
                    && line.is_char_boundary(indent)
                    && line[..indent].trim().is_empty()
                    && line[indent..].starts_with('}')
        });
        found.extend(end.map(|length| (name, length + 1)));
    }
    found
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The name of the module of a folder in which a file lies: its first folder below, or its own name.
fn module_in(folder: &str, file: &str) -> Option<String> {
    let below = file.strip_prefix(folder)?.strip_prefix('/')?;
    Some(below.split('/').next()?.trim_end_matches(".rs").to_owned())
}

/// The files of the library and the program, each with those that it uses; tests are left out.
fn imports() -> BTreeMap<String, BTreeSet<String>> {
    let name =
        |path: &PathBuf| path.strip_prefix(root()).unwrap().to_str().unwrap().replace('\\', "/");
    let all = rust_files(&root().join("src"));
    let is_test = |file: &String| file.contains("/tests/") || file.ends_with("tests.rs");
    let files: BTreeSet<String> = all.iter().map(name).filter(|file| !is_test(file)).collect();
    let used = |file: &String| {
        let source = fs::read_to_string(root().join(file)).unwrap();
        (file.clone(), used_files(file, &source, &files))
    };
    files.iter().map(used).collect()
}

/// The files that a file uses by `crate::` and `super::`, in imports and in code.
fn used_files(file: &str, source: &str, files: &BTreeSet<String>) -> BTreeSet<String> {
    let end = ["", "pub(crate) ", "pub(super) "]
        .iter()
        .filter_map(|visible| source.find(&format!("#[cfg(test)]\n{visible}mod tests")))
        .min();
    let source = &source[..end.unwrap_or(source.len())];
    let code: String = source
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .map(|line| line.split_once(" // ").map_or(line, |(code, _)| code))
        .collect::<Vec<_>>()
        .join("\n");
    let folder = file.rsplit_once('/').unwrap().0.to_owned();
    let is_face = file.ends_with("/mod.rs") || file.ends_with("/lib.rs");
    let parent = |folder: &str| folder.rsplit_once('/').map_or("src", |(up, _)| up).to_owned();
    let mut used = BTreeSet::new();
    for (start, base) in [("crate::", "src".to_owned()), ("super::", folder.clone())] {
        for (at, _) in code.match_indices(start) {
            // `super::super::` is counted at its first place.
            let before = code[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || c == ':' || c == '_') {
                continue;
            }
            let mut base = base.clone();
            if start == "super::" && is_face {
                base = parent(&base);
            }
            let mut rest = &code[at + start.len()..];
            while let Some(up) = rest.strip_prefix("super::") {
                base = parent(&base);
                rest = up;
            }
            for path in expand(rest) {
                used.extend(resolve(&base, &path, files));
            }
        }
    }
    used.remove(file);
    used
}

/// The paths of an import: `a::{b, c::d}` is `a::b` and `a::c::d`.
fn expand(text: &str) -> Vec<Vec<String>> {
    let word: String = text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    let rest = &text[word.len()..];
    if word.is_empty() {
        let Some(group) = rest.strip_prefix('{') else { return vec![Vec::new()] };
        let mut depth = 0;
        let mut parts = vec![String::new()];
        for c in group.chars() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    parts.push(String::new());
                    continue;
                }
                _ => {}
            }
            parts.last_mut().unwrap().push(c);
        }
        return parts
            .iter()
            .map(|part| part.trim())
            .filter(|p| !p.is_empty())
            .flat_map(expand)
            .collect();
    }
    match rest.strip_prefix("::") {
        Some(rest) => expand(rest)
            .into_iter()
            .map(|tail| std::iter::once(word.clone()).chain(tail).collect())
            .collect(),
        None => vec![vec![word]],
    }
}

/// The file of a path below a folder: the longest beginning of it that is a module.
fn resolve(base: &str, path: &[String], files: &BTreeSet<String>) -> Option<String> {
    let mut folder = base.to_owned();
    let mut found = None;
    for name in path {
        let candidates = [format!("{folder}/{name}.rs"), format!("{folder}/{name}/mod.rs")];
        match candidates.into_iter().find(|file| files.contains(file)) {
            Some(file) => found = Some(file),
            None => break,
        }
        folder = format!("{folder}/{name}");
    }
    found.or_else(|| {
        let face = [format!("{base}/mod.rs"), format!("{base}/lib.rs"), format!("{base}.rs")];
        face.into_iter().find(|file| files.contains(file))
    })
}
