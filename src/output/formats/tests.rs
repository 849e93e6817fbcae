//! The tables in every format that has tables.

use super::*;
use crate::model::sample;

/// The name of a format, and whether it is for spreadsheets.
type TableFormat = (&'static str, bool);
const CSV: TableFormat = ("csv", false);
const EXCEL: TableFormat = ("csv", true);
const JSONL: TableFormat = ("jsonl", false);

fn write(table: Table, (name, excel_safe): TableFormat, out: &mut dyn Write) -> io::Result<()> {
    let options = OutputOptions { excel_safe, ..OutputOptions::default() };
    write_table(&sample::report(), table, name.parse().unwrap(), options, out)
}

fn written(table: Table, format: TableFormat) -> String {
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
            "session_id, computer, boot_epoch, logon_id, linked_logon_id, user_name, user_domain, user_sid, logon_type, logon_type_name, session_class, start, start_basis, initiated_logoff, terminated, end, end_basis, end_cause, confidence, end_not_before, end_not_after, duration_seconds, corrected_duration_seconds, active_seconds, source_ip, source_port, workstation, logon_process, authentication_package, process_name, elevated, parent_session, attachments, revalidations, start_record, initiated_record, terminated_record, evidence, flags, inferred_by, primary",
        ),
        (
            Table::Boots,
            "computer, boot_epoch, start, start_basis, start_evidence, end, end_basis, end_cause, end_not_before, end_not_after, requested_by, reason, clean, boot_id, lsass_pid, power_segments, sleeps, clock_steps, clock_step_seconds, computer_names, sessions, first_record, last_record, flags, confidence, start_confidence, inferred_by, power, utc_offset_minutes, time_zone, utc_offset_in_use_minutes",
        ),
        (
            Table::Attempts,
            "computer, boot_epoch, attempt, event_id, count, first, last, first_record, last_record, user_name, user_domain, user_sid, source_ip, source_port, workstation, logon_type, logon_type_name, status, status_meaning, sub_status, sub_status_meaning, target_server, subject_user_name, subject_user_domain, subject_user_sid, subject_logon_id, session_id, process_name, logon_process, authentication_package, success_session_id, success_time, channel, log_path, recovered, flags",
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
        let csv = written(table, CSV);
        assert_eq!(csv.lines().next().unwrap(), list.replace(", ", ","));
    }
}

#[test]
fn each_row_is_one_line_in_both_formats() {
    for &table in Table::ALL {
        let csv = written(table, CSV);
        let jsonl = written(table, JSONL);
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
    let csv = written(Table::Sessions, CSV);
    assert!(csv.contains(r#""=cmd|' /C calc'!A0\n""quoted"",\u{202e}gnp""#), "{csv}");
    let safe = written(Table::Sessions, EXCEL);
    assert!(safe.starts_with('\u{feff}'));
    assert!(safe.contains(r#""'=cmd|' /C calc'!A0\n""quoted"",\u{202e}gnp""#), "{safe}");
    let jsonl = written(Table::Sessions, JSONL);
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
