//! Which logs and archives of several cases are one, and how many are compared for that.

use super::*;
use crate::model::hop::{HopChannel, NtlmCheck};
use crate::model::{HopRecordKind, sample};

fn log(path: impl Into<String>) -> LogSummary {
    LogSummary { path: path.into(), size: 69_632, ..LogSummary::default() }
}

fn case(logs: impl IntoIterator<Item = LogSummary>) -> EventSet {
    EventSet { logs: logs.into_iter().collect(), ..EventSet::default() }
}

#[test]
fn a_path_is_found_by_its_end() {
    let mut paths = Paths::default();
    for path in
        ["/e/h1/Security.evtx", "h1/Security.evtx", "./h2/Security.evtx", "xh1/Security.evtx"]
    {
        paths.add(path, path);
    }
    let like = |path: &str| paths.like(path).copied().collect::<Vec<_>>();
    assert_eq!(like("e/h1/Security.evtx"), ["h1/Security.evtx", "/e/h1/Security.evtx"]);
    assert_eq!(like("/x/h2/Security.evtx"), ["./h2/Security.evtx"]);
    assert_eq!(like("Security.evtx").len(), 4);
    assert_eq!(like("./h1/Security.evtx"), ["h1/Security.evtx", "/e/h1/Security.evtx"]);
    assert!(like("1/Security.evtx").is_empty() && like("System.evtx").is_empty());
}

/// Every host has hundreds of logs without records, which are equal but for their paths; and with a copy of each case
/// each log is there already.
#[test]
fn logs_that_look_alike_are_not_compared() {
    let hosts = |count: u32| {
        let logs = |host: u32| (0..20).map(move |number| log(format!("/e/{host}/E{number}.evtx")));
        (0..count).map(move |host| case(logs(host))).collect::<Vec<_>>()
    };
    for count in [50, 100] {
        let mut all = EventSet::default();
        join(&mut all, hosts(count).into_iter().chain(hosts(count)).map(Ok).collect());
        assert_eq!(all.logs.len(), 20 * count as usize);
        let mut index = Index::default();
        index.note(&all);
        for log in hosts(count).iter().flat_map(|case| &case.logs) {
            assert_eq!(index.candidates(log).count(), 1, "only the log itself: {}", log.path);
        }
        let other = log("/e/other/E1.evtx");
        assert_eq!(index.candidates(&other).count(), 0);
    }
}

/// Two cases of one name: what they have without records is of each.
#[test]
fn empty_logs_and_archives_of_two_cases_are_two() {
    let marked = |mark: Option<&str>| {
        let case_mark = mark.map(str::to_owned);
        let mut case = case([LogSummary { case_mark: case_mark.clone(), ..log("c.zip/E.evtx") }]);
        case.containers =
            vec![ContainerSummary { path: "c.zip".to_owned(), size: 9, bytes_read: 0, case_mark }];
        Ok(case)
    };
    let counts = |marks: [Option<&str>; 3]| {
        let mut all = EventSet::default();
        join(&mut all, marks.map(marked).into());
        (all.logs.len(), all.containers.len())
    };
    assert_eq!(counts([None, None, None]), (1, 1));
    assert_eq!(counts([Some("a"), Some("b"), Some("a")]), (2, 2));
}

fn event(log: u32, offset: u32, computer: &str) -> Event {
    let location = RecordLocation { log: LogId(log), chunk: 0, offset };
    Event { location, record_id: u64::from(offset), computer: computer.into(), ..Event::blank() }
}

/// A log with the forwarded records of A and of B, as each part of a fleet has it.
#[test]
fn parts_of_a_forwarded_log_are_one_log_again() {
    let forwarded = |events: &[Event]| {
        let mut case = case([LogSummary {
            forwarded: true,
            record_ids: Some((1, 9)),
            ..log("ForwardedEvents.evtx")
        }]);
        case.events = events.to_vec();
        Ok(case)
    };
    let (a, b) = ([event(0, 1, "A"), event(0, 3, "A")], [event(0, 2, "B")]);
    let whole = [a[0].clone(), b[0].clone(), a[1].clone()];
    for parts in [
        vec![forwarded(&a), forwarded(&b)],
        vec![forwarded(&b), forwarded(&a), forwarded(&whole)],
        vec![forwarded(&whole), forwarded(&a), forwarded(&b), forwarded(&b)],
    ] {
        let mut all = EventSet::default();
        join(&mut all, parts);
        all.sort();
        assert_eq!((all.logs.len(), &all.events[..]), (1, &whole[..]));
    }
    // Another record at a place where the log has one: another log.
    let mut all = EventSet::default();
    join(&mut all, vec![forwarded(&a), forwarded(&[event(0, 1, "B")])]);
    assert_eq!(all.logs.len(), 2);
}

/// A case that was made with `--hops`, and one of the same log that was made without.
#[test]
fn records_of_hops_of_one_log_count_once() {
    let record = |offset: u32| HopRecord {
        record_id: u64::from(offset),
        time: sample::at("2024-05-02T08:00:00Z"),
        computer: "DC".into(),
        channel: HopChannel::Security,
        event_id: 4776,
        location: RecordLocation { log: LogId(0), chunk: 0, offset },
        kind: HopRecordKind::NtlmCheck(Box::new(NtlmCheck {
            user: "anna".into(),
            workstation: "A".into(),
        })),
    };
    let made = |offsets: &[u32]| {
        let mut case = case([LogSummary { record_ids: Some((1, 9)), ..log("Security.evtx") }]);
        case.hop_records = offsets.iter().map(|offset| record(*offset)).collect();
        Ok(case)
    };
    for cases in [[&[1, 2][..], &[1, 2], &[]], [&[], &[1, 2], &[1, 2]], [&[1], &[1, 2], &[2]]] {
        let mut all = EventSet::default();
        join(&mut all, cases.map(made).into());
        all.sort();
        let offsets: Vec<u32> = all.hop_records.iter().map(|own| own.location.offset).collect();
        assert_eq!((all.logs.len(), &offsets[..]), (1, &[1, 2][..]), "{cases:?}");
    }
}
