//! Which paths stand for the logs of several hosts? With `--name collection.zip` for the collection of every host, each
//! case has a `collection.zip/Security.evtx` of its own.
//!
//! Where two cases have different logs of one path, the folder of this path is not one folder, but one in each case: its
//! logs get the mark of their case. It is made of what the case holds, so that it is the same wherever the case lies, and
//! a log keeps it when its case is joined with others.

use crate::model::{EventSet, LogSummary, Timestamp};
use std::collections::{BTreeSet, HashMap, HashSet};

/// The outermost images and archives, and the folders, that are different ones in several cases.
#[derive(Debug, Default)]
pub(crate) struct SharedPaths {
    roots: BTreeSet<String>,
}

/// What tells two logs of one path apart.
type Content = (u64, u64, Option<(u64, u64)>, Option<(Timestamp, Timestamp)>);

fn content(log: &LogSummary) -> Content {
    (log.size, log.records_read, log.record_ids, log.times)
}

impl SharedPaths {
    /// Of all evidence that is read together.
    pub(crate) fn of<'a>(evidence: impl IntoIterator<Item = &'a EventSet>) -> SharedPaths {
        // For each path the first evidence that has it, with what it has.
        let mut known: HashMap<&str, (usize, Vec<Content>)> = HashMap::new();
        let mut roots = BTreeSet::new();
        for (number, one) in evidence.into_iter().enumerate() {
            let containers: HashSet<&str> =
                one.containers.iter().map(|container| container.path.as_str()).collect();
            for log in &one.logs {
                let content = content(log);
                let (first, contents) =
                    known.entry(&log.path).or_insert_with(|| (number, Vec::new()));
                let is_other = *first != number && !contents.contains(&content);
                if *first == number {
                    contents.push(content);
                }
                // A mark says that a case that was joined before shared the path with others.
                if is_other || log.case_mark.is_some() {
                    let container = above(&log.path).find(|above| containers.contains(above));
                    roots.insert(container.unwrap_or_else(|| folder(&log.path)).to_owned());
                }
            }
        }
        SharedPaths { roots }
    }

    /// Marks what a case has below these paths, unless it has a mark from an earlier case.
    pub(crate) fn mark(&self, case: &mut EventSet, mark: &str) {
        if self.roots.is_empty() {
            return;
        }
        for log in case.logs.iter_mut().filter(|log| self.holds(&log.path)) {
            log.case_mark.get_or_insert_with(|| mark.to_owned());
        }
        let is_shared = |path: &str| self.roots.contains(path) || self.holds(path);
        for container in case.containers.iter_mut().filter(|one| is_shared(&one.path)) {
            container.case_mark.get_or_insert_with(|| mark.to_owned());
        }
    }

    fn holds(&self, path: &str) -> bool {
        self.roots.contains(folder(path)) || above(path).any(|above| self.roots.contains(above))
    }
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The folders, images and archives that a path lies in, the outermost first.
fn above(path: &str) -> impl Iterator<Item = &str> {
    let ends = path.match_indices('/').map(|(at, _)| at).filter(|at| *at > 0);
    ends.filter_map(|at| path.get(..at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ContainerSummary;

    fn case(logs: &[(&str, u64)], containers: &[&str]) -> EventSet {
        let log = |(path, size): &(&str, u64)| LogSummary {
            path: (*path).to_owned(),
            size: *size,
            ..LogSummary::default()
        };
        let container =
            |path: &&str| ContainerSummary { path: (*path).to_owned(), ..Default::default() };
        EventSet {
            logs: logs.iter().map(log).collect(),
            containers: containers.iter().map(container).collect(),
            ..EventSet::default()
        }
    }

    fn marked(cases: &mut [EventSet]) -> Vec<Vec<bool>> {
        let shared = SharedPaths::of(&*cases);
        let mut mark = |case: &mut EventSet| {
            shared.mark(case, "x");
            let logs = case.logs.iter().map(|log| log.case_mark.is_some());
            logs.chain(case.containers.iter().map(|one| one.case_mark.is_some())).collect()
        };
        cases.iter_mut().map(&mut mark).collect()
    }

    #[test]
    fn what_cases_have_in_one_folder_is_apart_where_a_log_differs() {
        let mut cases = [
            case(&[("a/Security.evtx", 1), ("a/empty.evtx", 0), ("b/x.evtx", 7)], &[]),
            case(&[("a/Security.evtx", 2), ("a/empty.evtx", 0), ("b/x.evtx", 7)], &[]),
            case(&[("a/deep/System.evtx", 1), ("ab/System.evtx", 1)], &[]),
        ];
        assert_eq!(
            marked(&mut cases),
            [vec![true, true, false], vec![true, true, false], vec![true, false]]
        );
    }

    #[test]
    fn what_two_archives_of_one_name_have_is_apart() {
        let archive =
            |size| case(&[("c.zip/a/empty.evtx", 0), ("c.zip/b/x.evtx", size)], &["c.zip"]);
        assert_eq!(marked(&mut [archive(1), archive(2)]), [[true; 3], [true; 3]]);
        assert_eq!(marked(&mut [archive(1), archive(1)]), [[false; 3], [false; 3]]);
    }

    /// A case may have two logs of one path; a copy of the case is not another one.
    #[test]
    fn a_copy_of_a_case_shares_nothing() {
        let case = || case(&[("a/x.evtx", 1), ("a/x.evtx", 2)], &[]);
        assert_eq!(marked(&mut [case(), case()]), [[false; 2], [false; 2]]);
        assert_eq!(marked(&mut [case()]), [[false; 2]]);
    }

    #[test]
    fn a_file_without_a_folder() {
        let case = |size| case(&[("Security.evtx", size)], &[]);
        assert_eq!(marked(&mut [case(1), case(2)]), [[true], [true]]);
    }

    /// A case is given with one that it was joined into: what it has without records is found there by its mark.
    #[test]
    fn what_was_shared_when_cases_were_joined_stays_shared() {
        let mut joined = case(&[("a/x.evtx", 1), ("a/x.evtx", 2), ("b/y.evtx", 3)], &[]);
        for (log, mark) in joined.logs.iter_mut().zip(["first", "second"]) {
            log.case_mark = Some(mark.to_owned());
        }
        let first = case(&[("a/x.evtx", 1), ("b/y.evtx", 3)], &[]);
        assert_eq!(marked(&mut [joined, first]), [vec![true, true, false], vec![true, false]]);
    }

    #[test]
    fn a_mark_stays() {
        let mut cases = [case(&[("a/x.evtx", 1)], &[]), case(&[("a/x.evtx", 2)], &[])];
        let shared = SharedPaths::of(&cases);
        shared.mark(&mut cases[0], "first");
        shared.mark(&mut cases[0], "second");
        assert_eq!(cases[0].logs[0].case_mark.as_deref(), Some("first"));
    }
}
