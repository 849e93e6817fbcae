//! Names of files and folders made from texts of any kind: safe on every system, and each one once.

use super::device_name::is_device_name;
use crate::model::hex;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// How many digits of its mark stand behind a name: more only where fewer are not enough to distinguish two names.
const MARKS: [usize; 3] = [8, 16, 64];

/// A text that gives a name, and what tells it apart from another text that gives the same name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedName {
    text: String,
    mark: String,
}

impl WantedName {
    /// `identity` is of no other text.
    pub fn new(text: String, identity: &[u8]) -> WantedName {
        WantedName { text, mark: hex_hash(identity) }
    }
}

/// The SHA-256 of `bytes` in hexadecimal digits.
pub fn hex_hash(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// What all names of a folder have in common.
#[derive(Debug, Clone, Copy)]
pub struct NameRules {
    /// How many bytes of a text a name has at most. File systems allow 255 bytes or UTF-16 units, and a hyphen and the
    /// longest mark take 65.
    pub longest: usize,
    /// The name of a text that has no character for one.
    pub nameless: &'static str,
    /// A name that is taken already.
    pub taken: &'static str,
}

/// A name for each text, in their order. It does not depend on their order.
pub fn safe_names(wanted: &[WantedName], rules: NameRules) -> Vec<String> {
    let plain: Vec<String> = wanted.iter().map(|own| safe_name(&own.text, rules)).collect();
    let mut names = plain.clone();
    for digits in MARKS {
        let mut counts: BTreeMap<String, usize> = [(on_any_system(rules.taken), 1)].into();
        for name in &names {
            *counts.entry(on_any_system(name)).or_default() += 1;
        }
        for ((name, plain), own) in names.iter_mut().zip(&plain).zip(wanted) {
            if counts.get(&on_any_system(name)).is_some_and(|count| *count > 1) {
                *name = format!("{plain}-{}", own.mark.get(..digits).unwrap_or(&own.mark));
            }
        }
    }
    names
}

/// Two names with the same result may be one name on some file system: there `A` is `a`, and `SS` is
/// `ß`.
fn on_any_system(name: &str) -> String {
    name.to_uppercase().to_lowercase()
}

/// A text in characters that every file system allows.
fn safe_name(text: &str, rules: NameRules) -> String {
    let safe = |c: char| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '_' };
    let mut name = String::new();
    for c in text.chars().map(safe).skip_while(|c| *c == '.') {
        if name.len() + c.len_utf8() > rules.longest {
            break;
        }
        name.push(c);
    }
    match name.trim_end_matches('.') {
        "" => rules.nameless.to_owned(),
        name if is_device_name(name) => format!("_{name}"),
        name => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_any_kind_give_safe_names() {
        let rules = NameRules { longest: 8, nameless: "none", taken: "index" };
        let texts = [
            "PC-1.lan",
            "../a/b",
            "",
            "...",
            "NUL.lan",
            "<script>x",
            "Index",
            "山山山",
            "pc-1.LAN",
        ];
        let wanted: Vec<WantedName> = texts
            .iter()
            .enumerate()
            .map(|(at, text)| WantedName {
                text: (*text).to_owned(),
                mark: format!("{at}{text:>9}{at:055}"),
            })
            .collect();
        let names = safe_names(&wanted, rules);
        let expected =
            ["PC-1.lan-0 PC-1.l", "_a_b", "none-2       ", "none-3      .", "_NUL.lan", "_script_"];
        assert_eq!(names[..6], expected.map(str::to_owned));
        assert_eq!(names[6..], ["Index-6    Ind", "山山", "pc-1.LAN-8 pc-1.L"].map(str::to_owned));
    }
}
