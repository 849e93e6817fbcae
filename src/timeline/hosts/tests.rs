//! Tests: which logs are joined, and how many comparisons that takes.

use super::fragments::{LogFragment, fragments};
use super::joining::{JoinScope, Joining};
use crate::model::{Channel, Event, LogId, LogSummary, RecordLocation, Timestamp};
use std::ops::Range;

/// One log, with a record each second.
struct Log {
    path: String,
    channel: Channel,
    ids: Range<u64>,
    /// The second of the record with ID 0.
    second: u64,
}

fn log(path: impl Into<String>, ids: Range<u64>, second: u64) -> Log {
    Log { path: path.into(), channel: Channel::Security, ids, second }
}

/// The fragments of logs that all have the same computer name, one fragment for each log.
fn read(logs: &[Log]) -> Vec<LogFragment> {
    let mut events = Vec::new();
    for (number, log) in (0..).zip(logs) {
        events.extend(log.ids.clone().map(|record_id| Event {
            record_id,
            time: Timestamp::from_filetime((log.second + record_id) * 10_000_000),
            computer: "IMAGE".into(),
            channel: log.channel,
            location: RecordLocation { log: LogId(number), chunk: 0, offset: 0 },
            ..Event::blank()
        }));
    }
    let summary = |log: &Log| LogSummary { path: log.path.clone(), ..LogSummary::default() };
    let summaries: Vec<LogSummary> = logs.iter().map(summary).collect();
    fragments(events, &summaries)
}

/// The paths of the logs of each computer, and the number of comparisons. All logs have the same
/// computer name.
fn joined(logs: &[Log]) -> (Vec<Vec<&str>>, usize) {
    let fragments = read(logs);
    let mut joining = Joining::of(&fragments);
    let alone = (0..logs.len()).map(|number| vec![number]).collect();
    let groups = joining.join(alone, JoinScope::SameFolder);
    let groups = joining.join(groups, JoinScope::Anywhere);
    let path = |number: &usize| logs[*number].path.as_str();
    let mut computers: Vec<Vec<&str>> =
        groups.iter().map(|group| group.iter().map(path).collect()).collect();
    computers.iter_mut().for_each(|paths| paths.sort_unstable());
    computers.sort_unstable();
    (computers, joining.streams.compared())
}

/// Archives of 10 records each, which are not in the order of their records.
fn archives(folder: &str, count: u64, second: u64) -> Vec<Log> {
    let numbers = (0..count).map(|number| number * 7 % count);
    let archive = |number: u64| {
        log(format!("{folder}/{number:05}.evtx"), number * 10 + 1..number * 10 + 11, second)
    };
    numbers.map(archive).collect()
}

/// Two thousand or more copies of a growing log would be more pairs than are compared. Then none of
/// them is joined, and a finding names them. In this test three copies are too many.
#[test]
fn logs_that_are_too_many_to_be_compared_are_named() {
    let logs = [log("a", 1..10, 0), log("b", 1..12, 0), log("c", 1..14, 0)];
    let names = |most_pairs: usize| {
        let fragments = read(&logs);
        let mut joining = Joining::of(&fragments);
        joining.streams.most_pairs = most_pairs;
        let alone = (0..logs.len()).map(|number| vec![number]).collect();
        let computers = joining.join(alone, JoinScope::SameFolder).len();
        let named = joining.not_compared.iter().map(|(name, logs)| (name.to_string(), *logs));
        (computers, named.collect::<Vec<_>>())
    };
    assert_eq!(names(3), (1, vec![]));
    assert_eq!(names(2), (3, vec![("image".to_owned(), 3)]));
}

#[test]
fn archives_are_compared_with_their_neighbours_only() {
    for count in [500, 4_000] {
        let logs = archives("logs", count, 0);
        let (computers, compared) = joined(&logs);
        assert_eq!(computers.len(), 1);
        assert_eq!(compared as u64, count - 1);
    }
}

/// Each archive in a folder of its own, as from daily collections.
#[test]
fn archives_from_many_folders_are_compared_with_their_neighbours_only() {
    let mut logs = archives("", 4_000, 0);
    for log in &mut logs {
        log.path = format!("{}/Security.evtx", log.path);
    }
    let (computers, compared) = joined(&logs);
    assert_eq!((computers.len(), compared), (1, 3_999));
}

#[test]
fn copies_are_compared_once() {
    let copies: Vec<Log> =
        (0..4_000).map(|number| log(format!("{number}/Security.evtx"), 1..11, 0)).collect();
    let (computers, compared) = joined(&copies);
    assert_eq!((computers.len(), compared), (1, 0));
}

/// A log of another computer with the same name contradicts the logs that it overlaps; the archives
/// stay together.
#[test]
fn a_log_of_another_computer_does_not_separate_archives() {
    let mut logs = archives("logs", 4_000, 0);
    logs.push(log("logs/stranger.evtx", 1_003..1_099, 5_000));
    let (computers, compared) = joined(&logs);
    let sizes: Vec<usize> = computers.iter().map(Vec::len).collect();
    assert_eq!(sizes, [4_000, 1]);
    assert_eq!(computers[1], ["logs/stranger.evtx"]);
    // The neighbours, the ten archives that it overlaps, and the archives before and after it.
    assert!(compared < 4_020, "{compared}");
}

/// As many archives of another computer, with the same record IDs.
#[test]
fn archives_of_two_computers_are_separated() {
    let mut logs = archives("a", 1_000, 0);
    logs.extend(archives("b", 1_000, 5_000));
    let (computers, compared) = joined(&logs);
    let folders: Vec<&[u8]> = computers.iter().map(|logs| &logs[0].as_bytes()[..1]).collect();
    let sizes: Vec<usize> = computers.iter().map(Vec::len).collect();
    assert_eq!((sizes, folders), (vec![1_000, 1_000], vec![&b"a"[..], b"b"]));
    assert!(compared < 6_000, "{compared}");
    // In one folder nothing shows which archive continues which: each has two that do.
    for log in &mut logs {
        log.path = log.path.replace('/', "");
    }
    let (computers, compared) = joined(&logs);
    let folder = |log: &str| log.as_bytes()[0];
    assert!(computers.iter().all(|logs| logs.iter().all(|log| folder(log) == folder(logs[0]))));
    assert!(compared < 12_000, "{compared}");
}

/// System could be of either of two computers with one name: it is joined with neither, in whatever
/// order they are found.
#[test]
fn a_log_that_may_be_of_two_computers_is_of_neither() {
    for [security, other, system] in [["a", "b", "c"], ["c", "b", "a"], ["b", "c", "a"]] {
        let mut logs = vec![
            log(format!("logs/{security}.evtx"), 1..11, 0),
            log(format!("logs/{other}.evtx"), 1..11, 5_000),
            Log { channel: Channel::System, ..log(format!("logs/{system}.evtx"), 1..11, 0) },
        ];
        logs.sort_by(|one, other| one.path.cmp(&other.path));
        assert_eq!(joined(&logs).0, [["logs/a.evtx"], ["logs/b.evtx"], ["logs/c.evtx"]]);
    }
}

/// Two collections of a log that grew, and a log of another computer that begins with the record after the end of the
/// first collection.
#[test]
fn equal_records_outweigh_a_following_number() {
    for [old, new, other] in [["a", "b", "c"], ["c", "b", "a"], ["b", "c", "a"], ["b", "a", "c"]] {
        let mut logs = vec![
            log(format!("{old}/a.evtx"), 1..13, 100),
            log(format!("{new}/a.evtx"), 1..26, 100),
            log(format!("{other}/a.evtx"), 13..32, 5_000),
        ];
        logs.sort_by(|one, other| one.path.cmp(&other.path));
        let mut host = vec![format!("{old}/a.evtx"), format!("{new}/a.evtx")];
        host.sort();
        let mut expected = vec![host, vec![format!("{other}/a.evtx")]];
        expected.sort();
        assert_eq!(joined(&logs).0, expected);
    }
}

/// Two cases of evidence with one name, `collection.zip`: their folders are two, and a log is only of the computer of
/// its own case.
#[test]
fn folders_of_two_cases_with_one_path_are_two() {
    let of_case = |case_mark: Option<&str>| LogSummary {
        path: "collection.zip/Security.evtx".to_owned(),
        case_mark: case_mark.map(str::to_owned),
        ..LogSummary::default()
    };
    let folders = |marks: [Option<&str>; 2]| {
        marks.map(|mark| super::fragments::Folder::of(Some(&of_case(mark))))
    };
    let [a, b] = folders([Some("a"), Some("b")]);
    assert_ne!(a, b);
    let [a, b] = folders([None, None]);
    assert_eq!(a, b);
}

/// Two computers have an old archive of the image from which both were installed. The archive is of
/// neither; each computer keeps its own copy of it in its folder.
#[test]
fn an_archive_of_the_common_image() {
    let mut logs = Vec::new();
    for (folder, second) in [("a", 0), ("b", 5_000)] {
        logs.push(log(format!("{folder}/image.evtx"), 1..11, 0));
        logs.push(log(format!("{folder}/own.evtx"), 11..61, second));
    }
    let own = |folder| vec![format!("{folder}/image.evtx"), format!("{folder}/own.evtx")];
    assert_eq!(joined(&logs).0, [own("a"), own("b")]);
    logs.push(log("c/image.evtx", 1..11, 0));
    assert_eq!(joined(&logs).0, [own("a"), own("b"), vec!["c/image.evtx".to_owned()]]);
}

/// Many installations of one image: so many overlapping logs are not compared.
#[test]
fn thousands_of_computers_with_one_name_stay_apart_at_once() {
    let strangers: Vec<Log> =
        (0..3_000).map(|number| log(format!("{number}/a.evtx"), 1..11, number * 60)).collect();
    let (computers, compared) = joined(&strangers);
    assert_eq!((computers.len(), compared), (3_000, 0));
    // As many as are compared.
    let (computers, compared) = joined(&strangers[..500]);
    assert_eq!((computers.len(), compared), (500, 500 * 499 / 2));
}
