//! The script and the styles of the page, joined from the files in `page/`, and the policy that lets a browser
//! run these and nothing else.

use super::base64;
use sha2::{Digest, Sha256};

/// The files of the script. Each one is a module that tests can import; a file uses only those before it.
const MODULES: &[&str] = &[
    include_str!("page/time.mjs"),
    include_str!("page/columns.mjs"),
    include_str!("page/host.mjs"),
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
    include_str!("page/words.mjs"),
    include_str!("page/bands.mjs"),
    include_str!("page/bars.mjs"),
    include_str!("page/chart.mjs"),
    include_str!("page/overview.mjs"),
    include_str!("page/punch-card.mjs"),
    include_str!("page/legend.mjs"),
    include_str!("page/case-head.mjs"),
    include_str!("page/computers.mjs"),
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

/// The script and the styles of the page.
pub(super) struct Assets {
    pub(super) script: String,
    pub(super) style: String,
}

impl Assets {
    pub(super) fn new() -> Assets {
        let modules: String = MODULES.iter().map(|source| without_imports(source)).collect();
        let script = format!("'use strict';\n(() => {{\n{modules}start();\n}})();\n");
        Assets { script, style: STYLES.concat() }
    }

    /// What a browser may load and run: this script and these styles, and nothing from outside.
    pub(super) fn policy(&self) -> String {
        let hash = |text: &str| base64::encode(&Sha256::digest(text.as_bytes()));
        format!(
            "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; base-uri 'none'; \
             form-action 'none'",
            hash(&self.script),
            hash(&self.style)
        )
    }
}

/// The source of a module as a part of one script: all modules share their names.
fn without_imports(source: &str) -> String {
    let mut part = String::with_capacity(source.len());
    let mut lines = source.lines();
    while let Some(line) = lines.next() {
        if line.starts_with("import ") {
            let is_end = |line: &&str| line.ends_with("';");
            if !is_end(&line) {
                lines.by_ref().find(is_end);
            }
            continue;
        }
        part.push_str(line.strip_prefix("export ").unwrap_or(line));
        part.push('\n');
    }
    part
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_become_one_script() {
        let source = "import { a } from './a.mjs';\nimport {\n  b,\n  c,\n} from './b.mjs';\n\n\
                      export function f() {\n  return a + b + c;\n}\nconst important = 1;\n";
        assert_eq!(
            without_imports(source),
            "\nfunction f() {\n  return a + b + c;\n}\nconst important = 1;\n"
        );
    }

    /// Browsers compare the text between the tags with the hash: it must not end early.
    #[test]
    fn nothing_ends_the_script_or_the_styles() {
        let assets = Assets::new();
        assert!(!assets.script.contains("</script") && !assets.script.contains("<!--"));
        assert!(!assets.style.contains("</style"));
        assert!(!assets.script.contains("import ") && !assets.script.contains("export "));
    }

    /// `sha256sum` of the empty text, in base64.
    #[test]
    fn the_policy_names_the_hashes() {
        let empty = Assets { script: String::new(), style: String::new() };
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
