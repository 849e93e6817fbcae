//! The paths that were given as evidence, and what they are called in the output.

use super::display_path::display_path;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf, absolute};

/// The paths that were given, and what they are called: the output of a program that reads its evidence
/// from temporary folders must not depend on where these are.
#[derive(Debug, Clone, Default)]
pub(crate) struct GivenPaths {
    pub(super) paths: Vec<PathBuf>,
    /// By the path that was given.
    names: BTreeMap<PathBuf, String>,
    /// The folder to which the paths below it are relative in the output.
    root: Option<PathBuf>,
}

impl GivenPaths {
    /// These paths, called as they are.
    pub(crate) fn new(paths: Vec<PathBuf>) -> GivenPaths {
        GivenPaths { paths, ..GivenPaths::default() }
    }

    /// Calls a given path by this name. Of two names for one path the first in the order of texts
    /// counts, so that the order of the arguments does not matter.
    pub(crate) fn call(&mut self, path: PathBuf, name: String) {
        let known = self.names.entry(path).or_insert_with(|| name.clone());
        if name < *known {
            *known = name;
        }
    }

    /// Makes the paths below this folder relative to it.
    pub(crate) fn begin_at(&mut self, root: PathBuf) {
        self.root = Some(root);
    }

    /// The text for a path that was given, or that lies below one.
    pub(crate) fn name_of(&self, path: &Path) -> String {
        let named = path.ancestors().find_map(|path| Some((path, self.names.get(path)?)));
        if let Some((given, name)) = named {
            let below = path.strip_prefix(given).unwrap_or(Path::new(""));
            return display_path(&Path::new(name).join(below));
        }
        let below = self.root.as_deref().and_then(|root| below(path, root));
        display_path(below.as_deref().unwrap_or(path))
    }
}

/// The path from `root` on; `None` where it is not below it, and for `root` itself.
fn below(path: &Path, root: &Path) -> Option<PathBuf> {
    let (path, root) = (absolute(path).ok()?, absolute(root).ok()?);
    let below = path.strip_prefix(root).ok()?;
    (!below.as_os_str().is_empty()).then(|| below.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_called_as_the_user_says() {
        let mut given = GivenPaths::default();
        assert_eq!(given.name_of(Path::new("tmp/7f/x.zip")), "tmp/7f/x.zip");
        given.call("tmp/7f".into(), "WS01".into());
        given.call("tmp/7f/deep".into(), "WS01, second\u{202e}".into());
        given.begin_at("tmp".into());
        assert_eq!(given.name_of(Path::new("tmp/7f")), "WS01");
        assert_eq!(given.name_of(Path::new("tmp/7f/a/Security.evtx")), "WS01/a/Security.evtx");
        assert_eq!(given.name_of(Path::new("tmp/7f/deep/a")), "WS01, second\\u{202e}/a");
        assert_eq!(given.name_of(Path::new("tmp/7f2/a")), "7f2/a");
        assert_eq!(given.name_of(&absolute("tmp/7f2/a").unwrap()), "7f2/a");
        assert_eq!(given.name_of(Path::new("tmp")), "tmp");
        assert_eq!(given.name_of(Path::new("elsewhere/a")), "elsewhere/a");
    }

    #[test]
    fn the_order_of_names_does_not_matter() {
        let called = |order: [&str; 2]| {
            let mut given = GivenPaths::default();
            order.iter().for_each(|name| given.call("a".into(), (*name).into()));
            given.name_of(Path::new("a"))
        };
        assert_eq!(called(["x", "y"]), called(["y", "x"]));
    }
}
