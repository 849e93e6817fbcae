//! The questions of the command line: their answers against truth written by hand (`sample-evtx/README.md`)
//! and against the tables of the same run.

use super::common::{project, scratch, shared, winlast};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use winlast::model::{Report, Span, Timestamp};
use winlast::output::{Format, OutputOptions, Table, write_table};
use winlast::presence::{Certainty, HostAt};

/// The lines on standard output and the text on standard error.
fn ask(arguments: &str) -> (Vec<String>, String) {
    let words: Vec<&str> = arguments.split_whitespace().collect();
    let output = Command::new(env!("CARGO_BIN_EXE_winlast"))
        .args(words)
        .current_dir(project(""))
        .env_remove("COLUMNS")
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let lines = text(output.stdout).lines().map(str::to_owned).collect();
    (lines, text(output.stderr))
}

/// The sessions that a filter keeps, by the last part of their ID.
fn kept(arguments: &str) -> Vec<String> {
    let words: Vec<&str> =
        arguments.split_whitespace().chain(["--print", "sessions", "-q"]).collect();
    let output = winlast(&words);
    let mut rows = csv::Reader::from_reader(&output.stdout[..]);
    let mut ids: Vec<String> = rows
        .records()
        .map(|row| row.unwrap())
        .filter(|row| &row[10] != "service" && &row[10] != "window-manager")
        .map(|row| row[0].split_once('/').unwrap().1.to_owned())
        .collect();
    ids.sort();
    ids
}

/// By `sample-evtx/README.md`: erin's client was away from 10:30:12 to 11:15:45, and she began to log off
/// at 12:40:33; dave came to the console at 13:02:18, and his laptop took the session over at 14:20.
#[test]
fn who_was_there() {
    for (time, expected) in [
        (
            "2026-04-13T10:00",
            [
                "CONTOSO\\erin  active   since 2026-04-13 08:00:03",
                "CONTOSO\\dave  not yet  first 2026-04-13 13:02:18",
            ],
        ),
        (
            "2026-04-13T10:45",
            [
                "CONTOSO\\erin  disconnected  since 2026-04-13 10:30:12",
                "CONTOSO\\dave  not yet       first 2026-04-13 13:02:18",
            ],
        ),
        (
            "2026-04-13T14:00",
            [
                "CONTOSO\\dave  active  since 2026-04-13 13:02:18",
                "CONTOSO\\erin  gone    since 2026-04-13 12:40:37",
            ],
        ),
    ] {
        let (lines, _) = ask(&format!("sample-evtx/rdp01 --at {time}"));
        assert_eq!(lines[0], "RDP01.contoso.local  on, boot 1 since 2026-04-13 05:00:14");
        for expected in expected {
            let found = lines.iter().any(|line| line.trim_start().starts_with(expected));
            assert!(found, "{expected} in {lines:#?}");
        }
    }
    let (lines, _) = ask("sample-evtx/rdp01 --at 2026-04-13T14:30 --user dave --class rdp");
    assert!(lines[1].contains("dave  active") && lines[1].contains("10.20.0.22"), "{lines:#?}");
    // The same moment in another zone.
    let (lines, _) = ask("sample-evtx/rdp01 --at 2026-04-13T12:45 --tz +02:00");
    assert!(lines[3].contains("disconnected  since 2026-04-13 12:30:12"), "{lines:#?}");
}

/// ws01: off between boots 4 and 5, off by Fast Startup from 20:10:03 to 07:30:11, a crash after 19:12:44.
#[test]
fn whether_the_computer_was_on() {
    for (time, expected) in [
        ("2026-03-03T18:00", "WS01  on, boot 3 since 2026-03-03 17:41:02"),
        (
            "2026-03-03T19:20",
            "WS01  perhaps on: boot 3 crashed between 2026-03-03 19:12:44 and 2026-03-03 19:25:30",
        ),
        (
            "2026-03-03T21:00",
            "WS01  off 2026-03-03 20:10:03 → 2026-03-04 07:30:11 within boot 4 (Fast Startup or hibernation)",
        ),
        (
            "2026-03-04T20:00",
            "WS01  off: boot 4 ended 2026-03-04 18:02:07, boot 5 began 2026-03-05 07:05:00",
        ),
    ] {
        let (lines, _) = ask(&format!("sample-evtx/ws01 --at {time}"));
        assert_eq!(lines[0], expected);
    }
    let (lines, _) = ask("sample-evtx/ws01 --at 2025-01-01");
    assert!(
        lines[0].starts_with("WS01  no log of WS01 covers 2025-01-01 00:00:00 (UTC)"),
        "{lines:#?}"
    );
    assert_eq!(lines.len(), 1);
    let (lines, _) = ask("sample-evtx/ws01 --at 2026-03-03T19:20");
    assert!(
        lines[1].contains("alice  perhaps active  since 2026-03-03 17:45:30 (crash)"),
        "{lines:#?}"
    );
}

#[test]
fn where_sessions_came_from() {
    let rdp01 = text(&project("sample-evtx/rdp01")).to_owned();
    let erin = ["1/0x1a2b10", "1/0x1b0c44", "1/0x2c11ff", "1/0x2c3a08"];
    assert_eq!(kept(&format!("{rdp01} --source 10.20.0.15")), erin);
    // dave's desktop too, which his laptop took over.
    let dave = ["1/0x30f1e2", "1/0x3a4410", "1/0x3b0a12", "1/0x3b0a28"];
    assert_eq!(kept(&format!("{rdp01} --source 10.20.0.16/28")), dave);
    let both: Vec<&str> = erin.into_iter().chain(dave).collect();
    assert_eq!(kept(&format!("{rdp01} --source 10.20.0.0/16")), both);
    let taken_over = kept(&format!("{rdp01} --source laptop-dave"));
    assert!(taken_over.contains(&"1/0x30f1e2".to_owned()), "{taken_over:?}");
    assert!(kept(&format!("{rdp01} --source 10.21.0.0/16")).is_empty());
    // erin's desktop, and dave's, which was at the console first; the checks of type 10 are no sessions of
    // their own kind.
    assert_eq!(kept(&format!("{rdp01} --class rdp")), ["1/0x1b0c44", "1/0x30f1e2"]);
    assert_eq!(kept(&format!("{rdp01} --class console --user dave")), ["1/0x30f1c8", "1/0x30f1e2"]);
}

/// ws01: who is still there at the end of the log, who was there for eight hours, who came at night.
#[test]
fn open_long_and_at_odd_hours() {
    let ws01 = text(&project("sample-evtx/ws01")).to_owned();
    let of = |more: &str| kept(&format!("{ws01} --user alice,bob,carol {more}"));
    assert_eq!(of("--open"), ["5/0x5b7d0", "5/0x5b7fc"]);
    // alice 07:03 to 16:30 in boot 1; carol 07:31 to a shutdown by 18:02 in boot 4.
    assert_eq!(of("--min-length 8h"), ["1/0x5a3f2", "1/0x5a41c", "4/0x9d1c4"]);
    // In boot 3 alice's session lasted 87 minutes at least and 100 at most.
    assert!(of("--min-length 95m").contains(&"3/0x61b2e".into()));
    assert!(!of("--min-length 101m").contains(&"3/0x61b2e".into()));
    // alice in boot 4, 19:27 to 20:10, and carol twice in boot 3 after 19:10.
    let late = ["3/0x7aa10", "3/0x7ab55", "4/0x5ffe1", "4/0x60012"];
    assert_eq!(of("--off-hours 19:00-06:00"), late);
    // 2026-03-02 is a Monday; in UTC+12 nothing of it is at night.
    assert!(of("--off-hours weekend").is_empty());
    let shifted = of("--off-hours 7:27-7:28 --tz +12:00 --since 2026-03-04 --until 2026-03-05");
    assert!(shifted.contains(&"4/0x60012".into()), "{shifted:?}");
}

#[test]
fn times_in_a_zone() {
    let ws01 = text(&project("sample-evtx/ws01")).to_owned();
    // bob: 07:00:15 to 12:02:18 on 2026-03-03, which is 12:00:15 to 17:02:18 in UTC+5.
    let of = |more: &str| kept(&format!("{ws01} --user bob {more}"));
    assert_eq!(of("--since 2026-03-03T12 --until 2026-03-03T12").len(), 2);
    assert!(of("--since 2026-03-03T13").is_empty());
    assert_eq!(of("--since 2026-03-03T17 --tz +05:00").len(), 2);
    assert!(of("--since 2026-03-03T18 --tz +05:00").is_empty());
    // All of it lies before today.
    assert!(of("--since today").is_empty() && of("--since -1d").is_empty());
    assert_eq!(of("--until yesterday").len(), 2);
}

/// The people of a moment and the steps of a trail are listed whole: options that they do not follow are refused.
#[test]
fn options_that_would_be_passed_over_are_refused() {
    let at = "--at 2026-03-03T19:20";
    for other in
        [&format!("{at} -n 1"), &format!("{at} --sort length"), "--trail bob --watch list.txt"]
    {
        let (lines, said) = ask(&format!("sample-evtx/ws01 {other}"));
        assert!(lines.is_empty() && said.contains("cannot be used with"), "{lines:?} {said}");
    }
}

#[test]
fn names_that_nobody_has() {
    let (lines, error) = ask("sample-evtx/ws01 --user alcie,carol --computer WS1,WS01 --flat");
    assert!(lines.iter().all(|line| line.contains("carol")) && lines.len() > 3, "{lines:#?}");
    assert!(error.contains("winlast: no such user: alcie; nearest: alice\n"), "{error}");
    assert!(error.contains("winlast: no such computer: WS1; nearest: WS01\n"), "{error}");
}

/// A list by account, by network and by computer flags in every output and drops nothing.
#[test]
fn a_watch_list_flags_everywhere() {
    let folder = scratch("watch");
    let list = folder.join("list.txt");
    std::fs::write(&list, "# suspects\nWS01\\bob\n10.20.0.22\n").unwrap();
    let place = [
        text(&project("sample-evtx/ws01")).to_owned(),
        text(&project("sample-evtx/rdp01")).to_owned(),
    ]
    .join(" ");
    let asked = format!("{place} --watch {}", text(&list));
    assert_eq!(kept(&asked).len(), kept(&place).len());
    let rows_of = |arguments: &str| {
        let (lines, _) = ask(&format!("{asked} {arguments}"));
        lines.into_iter().filter(|line| line.contains("watch")).collect::<Vec<_>>()
    };
    let sessions = rows_of("--print sessions");
    // bob's two halves and carol's program that is none of his; dave's four from his laptop.
    assert_eq!(sessions.iter().filter(|row| row.contains(",bob,")).count(), 2, "{sessions:#?}");
    assert_eq!(sessions.iter().filter(|row| row.contains(",dave,")).count(), 4, "{sessions:#?}");
    assert_eq!(sessions.len(), 6);
    assert!(rows_of("--print timeline -f jsonl").iter().any(|row| row.contains("watched")));
    assert!(rows_of("--flat").iter().all(|row| row.ends_with("; on the watch list")));
    let case = folder.join("case");
    ask(&format!("{asked} -o {}", text(&case)));
    let page = std::fs::read_to_string(case.join("report.html")).unwrap();
    assert!(page.contains("watch"));
    let run: serde_json::Value =
        serde_json::from_slice(&std::fs::read(case.join("run.json")).unwrap()).unwrap();
    assert_eq!(run["choices"]["watch"][1], "WS01\\bob");
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A row of a table, by column.
type Row = BTreeMap<String, String>;

fn table(report: &Report, table: Table) -> Vec<Row> {
    let mut bytes = Vec::new();
    write_table(report, table, Format::CSV, OutputOptions::default(), &mut bytes).unwrap();
    let mut reader = csv::Reader::from_reader(&bytes[..]);
    reader.deserialize().map(|row| row.unwrap()).collect()
}

fn time(row: &Row, column: &str) -> Option<Timestamp> {
    Timestamp::parse(&row[column])
}

/// Is this a session of a person, as the table on the terminal shows it?
fn is_of_person(row: &Row) -> bool {
    let is_ordinary = row["user_sid"].starts_with("S-1-5-21-") || row["user_sid"].is_empty();
    row["primary"] == "true"
        && match &*row["session_class"] {
            "desktop" | "remote-desktop" | "secondary" => true,
            "network" | "batch" => !row["user_name"].ends_with('$') && is_ordinary,
            _ => false,
        }
}

/// Was this session there, by its row alone? `None`: no.
fn by_table(row: &Row, at: Timestamp, last: Timestamp) -> Option<Certainty> {
    let start = time(row, "start").unwrap();
    let is_bounded = row["end_basis"] == "bounded";
    let end = time(row, "end").filter(|_| !is_bounded);
    let latest = time(row, "end_not_after").or(end).unwrap_or(last);
    let is_sure = matches!(&*row["confidence"], "high" | "medium") && row["end_cause"] != "lost";
    let seen = end.filter(|_| is_sure).or(time(row, "end_not_before"));
    let own = ["start", "initiated_logoff", "terminated"].map(|column| time(row, column));
    let seen = own.into_iter().flatten().chain(seen).max().unwrap();
    if at < start || at > latest.max(start) {
        return None;
    }
    Some(if at <= seen { Certainty::Sure } else { Certainty::Possible })
}

/// Numbers that are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 16) % limit.max(1)
    }
}

/// At 1,000 moments, half of them at random and half right at a start or an end, the sessions that were
/// there and those that may have been are those that a count over sessions.csv gives. Sessions within
/// which the clock was set, and those whose start is not known, do not say it in one row.
fn compare(report: &Report) {
    let sessions = table(report, Table::Sessions);
    let logs = table(report, Table::Logs);
    let is_plain = |row: &&Row| {
        is_of_person(row) && !row["start"].is_empty() && !row["flags"].contains("clock-step-within")
    };
    let plain: Vec<&Row> = sessions.iter().filter(is_plain).collect();
    let ids: BTreeSet<&str> = plain.iter().map(|row| &*row["session_id"]).collect();
    let edges: Vec<Timestamp> = plain
        .iter()
        .flat_map(|row| ["start", "end", "end_not_before", "end_not_after"].map(|c| time(row, c)))
        .flatten()
        .collect();
    let (first, last) = (*edges.iter().min().unwrap(), *edges.iter().max().unwrap());
    let mut numbers = Numbers(14);
    let mut there = 0;
    for turn in 0..1000 {
        let at = if turn % 2 == 0 {
            let ticks = u64::try_from(last.since(first).0).unwrap();
            first.plus(Span(numbers.below(ticks) as i64))
        } else {
            let edge = edges[numbers.below(edges.len() as u64) as usize];
            edge.plus(Span(numbers.below(3) as i64 - 1))
        };
        let hosts = HostAt::all(report, at);
        let mut answered: BTreeMap<String, Certainty> = BTreeMap::new();
        for host in &hosts {
            for one in host.people.iter().flat_map(|person| &person.sessions) {
                let id = one.session.id(&host.host.computer).to_string();
                if ids.contains(&*id) {
                    answered.insert(id, one.certainty);
                }
            }
        }
        let covered: BTreeSet<&str> = hosts
            .iter()
            .filter(|host| host.uncovered.is_none())
            .map(|host| &*host.host.computer)
            .collect();
        let expected: BTreeMap<String, Certainty> = plain
            .iter()
            .filter(|row| covered.contains(&*row["computer"]))
            .filter_map(|row| {
                let of_host =
                    |log: &&Row| log["computers"].split("; ").any(|c| c == row["computer"]);
                let last =
                    logs.iter().filter(of_host).filter_map(|log| time(log, "last_time")).max();
                let certainty = by_table(row, at, last.unwrap_or(at))?;
                Some((row["session_id"].clone(), certainty))
            })
            .collect();
        there += expected.len();
        assert_eq!(answered, expected, "at {at}");
    }
    assert!(there > 300, "{there} sessions at 1,000 moments");
}

#[test]
fn who_was_on_is_what_the_table_says() {
    compare(&winlast::Analysis::of([project("sample-evtx")]).run().unwrap());
}

#[test]
fn who_was_on_is_what_the_table_says_of_real_hosts() {
    let Some(hosts) = shared("evtx/hosts") else { return };
    compare(&winlast::Analysis::of([hosts]).run().unwrap());
}
