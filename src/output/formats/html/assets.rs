//! The script and the styles of the page, joined from the files in `page/`, and the policy that lets a browser
//! run these and nothing else.

use super::base64;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};
use std::io::{self, Write};

/// The files of the script. Each one is a module that tests can import; a file uses only those before it, and exports names that no other one exports.
const MODULES: &[&str] = &[
    include_str!("page/time.mjs"),
    include_str!("page/columns.mjs"),
    include_str!("page/coverage.mjs"),
    include_str!("page/host.mjs"),
    include_str!("page/words.mjs"),
    include_str!("page/presence.mjs"),
    include_str!("page/axis.mjs"),
    include_str!("page/axis-labels.mjs"),
    include_str!("page/filter.mjs"),
    include_str!("page/lanes.mjs"),
    include_str!("page/density.mjs"),
    include_str!("page/dom.mjs"),
    include_str!("page/theme.mjs"),
    include_str!("page/svg-painter.mjs"),
    include_str!("page/shapes.mjs"),
    include_str!("page/bands.mjs"),
    include_str!("page/bars.mjs"),
    include_str!("page/chart.mjs"),
    include_str!("page/overview.mjs"),
    include_str!("page/punch-card.mjs"),
    include_str!("page/legend.mjs"),
    include_str!("page/case-head.mjs"),
    include_str!("page/computers.mjs"),
];

/// Those that only a page with hops has: each page of ten thousand is mostly its script.
const MODULES_OF_HOPS: &[&str] = &[
    include_str!("page/hops.mjs"),
    include_str!("page/hop-layout.mjs"),
    include_str!("page/hop-graph.mjs"),
    include_str!("page/hop-axes.mjs"),
    include_str!("page/hop-tables.mjs"),
    include_str!("page/hop-section.mjs"),
];

/// Those that use all of them.
const LAST_MODULES: &[&str] = &[
    include_str!("page/index.mjs"),
    include_str!("page/panels.mjs"),
    include_str!("page/table.mjs"),
    include_str!("page/controls.mjs"),
    include_str!("page/input.mjs"),
    include_str!("page/print.mjs"),
    include_str!("page/page.mjs"),
];

/// The files of the styles.
const STYLES: &[&str] =
    &[include_str!("tables.css"), include_str!("page/page.css"), include_str!("page/print.css")];

/// What the script fills: without evidence.
pub(super) const SHELL: &str = include_str!("page/shell.html");

/// Unpacks the script of a page, and runs it.
const LOADER: &str = include_str!("page/loader.js");
/// One small page of many is mostly its script: packed once for all, as small as can be.
const LEVEL: u32 = 9;

/// The script and the styles of the page.
pub(super) struct Assets {
    script: String,
    pub(super) style: String,
    /// The base64 of the gzip of the script, on pages that have it so.
    packed: Option<String>,
}

impl Assets {
    /// Of a page with hops, or of one without.
    pub(super) fn new(has_hops: bool) -> Assets {
        let of_hops = if has_hops { MODULES_OF_HOPS } else { &[] };
        let modules = MODULES.iter().chain(of_hops).chain(LAST_MODULES);
        let modules: String = modules.map(|source| as_part(source)).collect();
        let script = format!("'use strict';\n(() => {{\n{modules}start();\n}})();\n");
        Assets { script, style: STYLES.concat(), packed: None }
    }

    /// For pages that are many: the script is packed, and a small one unpacks it.
    pub(super) fn packed(has_hops: bool) -> Assets {
        let mut assets = Assets::new(has_hops);
        assets.script = without_remarks(&assets.script);
        let mut encoder = GzEncoder::new(Vec::new(), Compression::new(LEVEL));
        // Writing into memory does not fail. If it did, the script would stand there as it is.
        let gzip = encoder.write_all(assets.script.as_bytes()).and_then(|()| encoder.finish());
        Assets { packed: gzip.ok().map(|gzip| base64::encode(&gzip)), ..assets }
    }

    /// Writes the script at the end of a page.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub(super) fn write_script(&self, out: &mut dyn Write) -> io::Result<()> {
        match &self.packed {
            None => writeln!(out, "<script>{}</script>", self.script),
            Some(packed) => writeln!(
                out,
                "<script type=\"application/gzip\" id=\"page-script\">{packed}</script>\n\
                 <script>{LOADER}</script>"
            ),
        }
    }

    /// What a browser may load and run: this script and these styles, and nothing from outside.
    pub(super) fn policy(&self) -> String {
        let hash = |text: &str| base64::encode(&Sha256::digest(text.as_bytes()));
        let loader = match self.packed {
            None => String::new(),
            Some(_) => format!("'sha256-{}' ", hash(LOADER)),
        };
        format!(
            "default-src 'none'; script-src {loader}'sha256-{}'; style-src 'sha256-{}'; base-uri 'none'; \
             form-action 'none'",
            hash(&self.script),
            hash(&self.style)
        )
    }
}

/// The script without what a browser does not need: comments on lines of their own, and the space before lines. No text
/// of the modules is longer than its line.
fn without_remarks(script: &str) -> String {
    let is_remark =
        |line: &&str| line.starts_with("//") || (line.starts_with("/**") && line.ends_with("*/"));
    let lines =
        script.lines().map(str::trim_start).filter(|line| !line.is_empty() && !is_remark(line));
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// A module as a part of one script: what it exports are names of the script, all else is its own.
fn as_part(source: &str) -> String {
    let mut body = String::with_capacity(source.len());
    let mut exported: Vec<&str> = Vec::new();
    let mut lines = source.lines();
    while let Some(line) = lines.next() {
        if line.starts_with("import ") {
            let is_end = |line: &&str| line.ends_with("';");
            if !is_end(&line) {
                lines.by_ref().find(is_end);
            }
            continue;
        }
        let declaration = line.strip_prefix("export ");
        exported.extend(declaration.and_then(declared_name));
        body.push_str(declaration.unwrap_or(line));
        body.push('\n');
    }
    let names = exported.join(", ");
    format!("const {{ {names} }} = (() => {{\n{body}return {{ {names} }};\n}})();\n")
}

/// The name that a declaration declares: `function f() {`, `const a = 1;`, `async function g() {`.
fn declared_name(declaration: &str) -> Option<&str> {
    let declaration = declaration.strip_prefix("async ").unwrap_or(declaration);
    let (_, rest) = declaration.split_once(' ')?;
    rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_become_one_script() {
        let source = "import { a } from './a.mjs';\nimport {\n  b,\n  c,\n} from './b.mjs';\n\n\
                      export function f() {\n  return a + b + c;\n}\nconst own = 1;\n\
                      export const D = 2;\nexport async function g() {}\n";
        assert_eq!(
            as_part(source),
            "const { f, D, g } = (() => {\n\nfunction f() {\n  return a + b + c;\n}\n\
             const own = 1;\nconst D = 2;\nasync function g() {}\nreturn { f, D, g };\n})();\n"
        );
    }

    #[test]
    fn a_small_script_is_without_remarks() {
        let script = "/** What it does. */\nfunction f() {\n  // Why.\n  return '//' + 1;\n}\n\n";
        assert_eq!(without_remarks(script), "function f() {\nreturn '//' + 1;\n}\n");
        // A text over several lines would change.
        let odd = |line: &&str| !line.matches('`').count().is_multiple_of(2);
        let all = [MODULES, MODULES_OF_HOPS, LAST_MODULES].concat();
        assert_eq!(all.iter().flat_map(|module| module.lines()).find(odd), None);
    }

    /// Browsers compare the text between the tags with the hash: it must not end early.
    #[test]
    fn nothing_ends_the_script_or_the_styles() {
        let assets = Assets::new(true);
        for script in [assets.script.as_str(), LOADER] {
            assert!(!script.contains("</script") && !script.contains("<!--"));
        }
        assert!(!assets.style.contains("</style"));
    }

    /// `sha256sum` of the empty text, in base64.
    #[test]
    fn the_policy_names_the_hashes() {
        let empty = Assets { script: String::new(), style: String::new(), packed: None };
        let hash = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='";
        assert_eq!(
            empty.policy(),
            format!(
                "default-src 'none'; script-src {hash}; style-src {hash}; base-uri 'none'; \
                 form-action 'none'"
            )
        );
    }
}
