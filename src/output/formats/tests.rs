//! The tables in every format that has tables.

use super::*;
use crate::model::session::Session;
use crate::model::{Account, Report, sample};
use crate::output::tables::row::{CellValue, ColumnKind, RowSink, TableCell};
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// A file that is removed when the test ends.
pub(super) struct WrittenFile(pub(super) PathBuf);

impl Drop for WrittenFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// One file of a format, with all rows of the timeline.
pub(super) fn written_file(report: &Report, format: &str, file: &str) -> WrittenFile {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let path = std::env::temp_dir().join(format!("winlast-{}-{number}", std::process::id()));
    let path = WrittenFile(path);
    let options = OutputOptions { timeline_rows: TimelineRows::All, excel_safe: false };
    let input = ReportInput { report, found: Totals::of(report), options };
    let files = format.parse::<Format>().unwrap().files();
    let mut out = fs::File::create(&path.0).unwrap();
    match &files.iter().find(|own| own.name == file).unwrap().write {
        WriteReport::Stream(write) => write(&input, &mut out).unwrap(),
        WriteReport::File(write) => write(&input, &path.0).unwrap(),
    }
    path
}

/// Its content; what is no UTF-8 is replaced.
pub(super) fn written_of(report: &Report, format: &str, file: &str) -> String {
    String::from_utf8_lossy(&fs::read(&written_file(report, format, file).0).unwrap()).into_owned()
}

/// The same of the sample.
pub(super) fn written(format: &str, file: &str) -> String {
    written_of(&sample::report(), format, file)
}

/// The sample with this session alone.
pub(super) fn report_of(session: Session) -> Report {
    let mut report = sample::report();
    report.hosts[0].sessions = vec![session];
    report
}

/// Names from evidence that want to act, and how a reader sees them.
pub(super) const NAMES: &[(&str, &str)] = &[
    ("nul\0l\u{1}", "nul\\u{0}l\\u{1}"),
    ("line\r\nbreak\ttab", "line\\r\\nbreak\\ttab"),
    ("\u{1b}[2Jesc\u{9b}", "\\u{1b}[2Jesc\\u{9b}"),
    ("\u{202e}txt.exe\u{200b}", "\\u{202e}txt.exe\\u{200b}"),
    ("=HYPERLINK(\"http://x\",\"y\")", "=HYPERLINK(\"http://x\",\"y\")"),
    ("@SUM(1)|a", "@SUM(1)|a"),
    ("-1+1", "-1+1"),
    ("'; DROP TABLE sessions; --", "'; DROP TABLE sessions; --"),
    ("<b>&amp;\"</b>]]>", "<b>&amp;\"</b>]]>"),
    ("_x0041__x005F_", "_x0041__x005F_"),
    (" blanks ", " blanks "),
    ("%7C%0A", "%7C%0A"),
    ("lone \u{fffd} surrogate", "lone \u{fffd} surrogate"),
    ("山田 🦀 \u{1d173}", "山田 🦀 \\u{1d173}"),
    ("1e5", "1e5"),
];

/// A session for each of these names.
pub(super) fn hostile_report() -> Report {
    let mut report = sample::report();
    let session = |(number, (name, _)): (u64, &(&str, &str))| {
        let mut session = sample::full_session();
        session.logon_id = Some(crate::model::LogonId(0x1000 + number));
        session.account = Arc::new(Account {
            sid: "S-1-5-21-1-2-3-1105".into(),
            user: (*name).into(),
            domain: "CONTOSO".into(),
        });
        session
    };
    report.hosts[0].sessions = (0..).zip(NAMES).map(session).collect();
    report
}

/// Looks whether each cell is of the kind that its column says.
struct KindCheck(Table, usize);

impl RowSink for KindCheck {
    fn cell(&mut self, column: &'static str, cell: TableCell<'_>) -> io::Result<()> {
        assert_eq!(self.0.columns()[self.1], column);
        let found = match cell.value(&mut Vec::new()) {
            CellValue::Empty => None,
            CellValue::Text(_) => Some(ColumnKind::Text),
            CellValue::Unsigned(_) => Some(ColumnKind::Unsigned),
            CellValue::Signed(_) => Some(ColumnKind::Signed),
            CellValue::Real(_) => Some(ColumnKind::Real),
            CellValue::Truth(_) => Some(ColumnKind::Truth),
        };
        let said = self.0.kinds()[self.1];
        assert!(found.is_none_or(|kind| kind == said), "{}.{column}: {found:?}", self.0);
        self.1 += 1;
        Ok(())
    }

    fn end_row(&mut self) -> io::Result<()> {
        assert_eq!(self.1, self.0.columns().len());
        self.1 = 0;
        Ok(())
    }
}

/// `src/output/tables/` says of each column that is no text what it is.
#[test]
fn cells_are_what_their_columns_say() {
    let mut report = sample::report();
    report.hosts[0].boots[0].power = vec![sample::night()];
    for &table in Table::ALL {
        assert_eq!(table.kinds().len(), table.columns().len());
        let chunks = table.chunks(&report, TimelineRows::All);
        chunks.iter().try_for_each(|chunk| chunk.write_to(&mut KindCheck(table, 0))).unwrap();
    }
}

/// No name adds a row or a column, or is lost.
#[test]
fn hostile_names_stay_within_their_rows() {
    let report = hostile_report();
    let (csv, jsonl) = (
        written_of(&report, "csv", "sessions.csv"),
        written_of(&report, "jsonl", "sessions.jsonl"),
    );
    let mut reader = ::csv::Reader::from_reader(csv.as_bytes());
    let user = Table::Sessions.columns().iter().position(|name| *name == "user_name").unwrap();
    let names: Vec<String> = reader.records().map(|row| row.unwrap()[user].to_owned()).collect();
    assert_eq!(names, NAMES.iter().map(|(_, shown)| *shown).collect::<Vec<_>>());
    let exact = NAMES.iter().map(|(name, _)| *name);
    let objects = jsonl.lines().map(|line| line.parse::<serde_json::Value>().unwrap());
    let names = objects.map(|row| row["user_name"].as_str().unwrap().to_owned());
    assert!(names.eq(exact.clone()));
    let timesketch = written_of(&report, "timesketch", "timesketch.jsonl");
    let acts = |c: char| c != '\n' && crate::model::acts(c);
    assert!(!timesketch.contains(acts) && !jsonl.contains(acts) && !csv.contains(acts));
    let objects = timesketch.lines().map(|line| line.parse::<serde_json::Value>().unwrap());
    let starts = objects.filter(|row| row["milestone"] == "start");
    let mut names: Vec<String> =
        starts.map(|row| row["username"].as_str().unwrap().to_owned()).collect();
    names.sort();
    let mut expected: Vec<&str> = exact.collect();
    expected.sort_unstable();
    assert_eq!(names, expected);
    let body = written_of(&report, "bodyfile", "timeline.body");
    assert_eq!(body.lines().count(), timesketch.lines().count());
    assert!(body.lines().all(|line| line.matches('|').count() == 10) && !body.contains(acts));
}

/// The name of a format, and whether it is for spreadsheets.
type TableFormat = (&'static str, bool);
const CSV: TableFormat = ("csv", false);
const EXCEL: TableFormat = ("csv", true);
const JSONL: TableFormat = ("jsonl", false);

fn write(table: Table, (name, excel_safe): TableFormat, out: &mut dyn Write) -> io::Result<()> {
    let options = OutputOptions { excel_safe, ..OutputOptions::default() };
    write_table(&sample::report(), table, name.parse().unwrap(), options, out)
}

fn table_in(table: Table, format: TableFormat) -> String {
    let mut bytes = Vec::new();
    write(table, format, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

/// The names that `-f` takes, and the files of a case, written out once more.
#[test]
fn formats_and_their_files() {
    let named: Vec<&str> = Format::ALL.iter().map(|format| format.name()).collect();
    assert!(named.starts_with(&["csv", "jsonl", "html"]), "{named:?}");
    let with = |names: &[&str]| -> Formats {
        names.iter().map(|name| name.parse::<Format>().unwrap()).collect()
    };
    assert_eq!(Formats::default(), with(&["html", "events", "csv", "csv"]));
    let names: Vec<String> = with(&["html", "jsonl"]).files().into_iter().map(|f| f.name).collect();
    let tables = ["timeline", "sessions", "boots", "attempts", "logs", "findings"];
    let files = tables.map(|table| format!("{table}.jsonl"));
    assert_eq!(names, [&files[..], &["report.html".to_owned()]].concat());
    for (formats, file) in [
        (Formats::default(), "findings.csv"),
        (with(&["html", "jsonl"]), "findings.jsonl"),
        (with(&["html"]), "report.html"),
    ] {
        assert_eq!(formats.file_of(Table::Findings).as_deref(), Some(file));
    }
    assert!("CSV".parse::<Format>().is_err());
    let page = write(Table::Boots, ("html", false), &mut Vec::new());
    assert_eq!(page.unwrap_err().kind(), io::ErrorKind::Unsupported);
}

/// The lists of the design, written out once more: a column is added at the end or not at all.
#[test]
fn columns_are_those_of_the_design() {
    let lists = [
        (
            Table::Timeline,
            "datetime, timestamp_desc, message, milestone, computer, boot_epoch, session_id, logon_id, linked_logon_id, user_name, user_domain, user_sid, logon_type, logon_type_name, session_class, source_ip, source_port, workstation, basis, confidence, end_cause, not_before, not_after, event_id, record_id, channel, log_path, recovered, notes",
        ),
        (
            Table::Sessions,
            "session_id, computer, boot_epoch, logon_id, linked_logon_id, user_name, user_domain, user_sid, logon_type, logon_type_name, session_class, start, start_basis, initiated_logoff, terminated, end, end_basis, end_cause, confidence, end_not_before, end_not_after, duration_seconds, corrected_duration_seconds, active_seconds, source_ip, source_port, workstation, logon_process, authentication_package, process_name, elevated, parent_session, attachments, revalidations, start_record, initiated_record, terminated_record, evidence, flags, inferred_by, primary, datetime, session_uid, computer_uid",
        ),
        (
            Table::Boots,
            "computer, boot_epoch, start, start_basis, start_evidence, end, end_basis, end_cause, end_not_before, end_not_after, requested_by, reason, clean, boot_id, lsass_pid, power_segments, sleeps, clock_steps, clock_step_seconds, computer_names, sessions, first_record, last_record, flags, confidence, start_confidence, inferred_by, power, utc_offset_minutes, time_zone, utc_offset_in_use_minutes, computer_uid",
        ),
        (
            Table::Attempts,
            "computer, boot_epoch, attempt, event_id, count, first, last, first_record, last_record, user_name, user_domain, user_sid, source_ip, source_port, workstation, logon_type, logon_type_name, status, status_meaning, sub_status, sub_status_meaning, target_server, subject_user_name, subject_user_domain, subject_user_sid, subject_logon_id, session_id, process_name, logon_process, authentication_package, success_session_id, success_time, channel, log_path, recovered, flags, computer_uid",
        ),
        (
            Table::Logs,
            "path, size, sha256, computers, channels, chunks, records_read, records_recovered, records_unreadable, first_record_id, last_record_id, first_time, last_time, record_gaps, records_missing, missing_record_ids, duplicates, header, checksum_failures, verdict, flags, collector_host",
        ),
        (
            Table::Findings,
            "severity, code, computer, boot_epoch, time, log_path, record_id, message",
        ),
    ];
    for (table, list) in lists {
        assert_eq!(table.columns().join(", "), list, "{}", table.name());
        let csv = table_in(table, CSV);
        assert_eq!(csv.lines().next().unwrap(), list.replace(", ", ","));
    }
}

#[test]
fn each_row_is_one_line_in_both_formats() {
    for &table in Table::ALL {
        let csv = table_in(table, CSV);
        let jsonl = table_in(table, JSONL);
        assert!(!csv.contains('\r') && csv.ends_with('\n'));
        assert_eq!(csv.lines().count(), jsonl.lines().count() + 1, "{}", table.name());
        let mut reader = ::csv::Reader::from_reader(csv.as_bytes());
        for (record, line) in reader.records().zip(jsonl.lines()) {
            let (record, object) = (record.unwrap(), line.parse::<serde_json::Value>().unwrap());
            assert_eq!(record.len(), table.columns().len());
            assert_eq!(object.as_object().unwrap().len(), table.columns().len());
        }
    }
}

#[test]
fn csv_escapes_and_json_is_exact() {
    // The sample holds a user named `=cmd|' /C calc'!A0`, a line break and a quote behind it.
    let name = sample::HOSTILE;
    let csv = table_in(Table::Sessions, CSV);
    assert!(csv.contains(r#""=cmd|' /C calc'!A0\n""quoted"",\u{202e}gnp""#), "{csv}");
    let safe = table_in(Table::Sessions, EXCEL);
    assert!(safe.starts_with('\u{feff}'));
    assert!(safe.contains(r#""'=cmd|' /C calc'!A0\n""quoted"",\u{202e}gnp""#), "{safe}");
    let jsonl = table_in(Table::Sessions, JSONL);
    let names: Vec<String> = jsonl
        .lines()
        .map(|line| line.parse::<serde_json::Value>().unwrap()["user_name"].to_string())
        .collect();
    assert!(names.contains(&serde_json::to_string(name).unwrap()));
}

#[test]
fn a_full_disk_is_an_error() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    for format in [JSONL, CSV] {
        let failed = write(Table::Sessions, format, &mut Full);
        assert_eq!(failed.unwrap_err().kind(), io::ErrorKind::StorageFull);
    }
}
