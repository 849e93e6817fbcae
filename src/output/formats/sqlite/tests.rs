//! The database, read by SQLite.

use super::super::tests::{NAMES, WrittenFile, hostile_report, report_of, written_file};
use super::*;
use crate::model::session::SessionClass;
use crate::model::{Report, sample};
use rusqlite::types::Value;

/// A database that is read only, with its file.
struct Opened {
    database: Connection,
    _file: WrittenFile,
}

fn open(report: &Report) -> Opened {
    let file = written_file(report, "sqlite", SQLITE_FILE);
    let database = Connection::open_with_flags(&file.0, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    Opened { database, _file: file }
}

impl Opened {
    /// The rows of a query, with cells joined by `|`.
    fn ask(&self, query: &str) -> Vec<String> {
        let mut statement = self.database.prepare(query).unwrap();
        let width = statement.column_count();
        let row = |row: &rusqlite::Row<'_>| {
            let cell = |at| match row.get_unwrap(at) {
                Value::Null => "NULL".to_owned(),
                Value::Integer(number) => number.to_string(),
                Value::Real(number) => format!("{number:?}"),
                Value::Text(text) => text,
                Value::Blob(bytes) => format!("blob {}", String::from_utf8(bytes).unwrap()),
            };
            Ok((0..width).map(cell).collect::<Vec<_>>().join("|"))
        };
        statement.query_map([], row).unwrap().map(Result::unwrap).collect()
    }
}

#[test]
fn tables_have_the_columns_of_csv_with_types() {
    let database = open(&sample::report());
    for &table in Table::ALL {
        let names = database.ask(&format!("SELECT name FROM pragma_table_info('{table}')"));
        assert_eq!(names, table.columns());
    }
    let types = database.ask(
        "SELECT name, type FROM pragma_table_info('sessions')
         WHERE name IN ('start', 'boot_epoch', 'duration_seconds', 'primary')",
    );
    let expected = ["boot_epoch|INTEGER", "start|TEXT", "duration_seconds|REAL", "primary|INTEGER"];
    assert_eq!(types, expected);
    assert_eq!(database.ask("PRAGMA integrity_check"), ["ok"]);
    assert_eq!(database.ask("PRAGMA journal_mode"), ["delete"]);
}

#[test]
fn cells_have_their_types_and_empty_ones_are_null() {
    let database = open(&report_of(sample::full_session()));
    let row = database.ask(
        "SELECT session_id, boot_epoch, logon_id, start, duration_seconds, elevated, source_ip
         FROM sessions",
    );
    let expected =
        "DC01.contoso.local/2/0x29b379|2|0x29b379|2015-09-09T03:00:00.0000000Z|520.0|0|NULL";
    assert_eq!(row, [expected]);
}

#[test]
fn a_number_that_is_no_integer_of_sqlite_stays_exact() {
    let mut report = sample::report();
    report.findings[0].record_id = Some(i64::MAX as u64);
    report.findings[1].record_id = Some(u64::MAX);
    let database = open(&report);
    let numbers = database.ask("SELECT record_id FROM findings ORDER BY record_id");
    assert_eq!(numbers, ["9223372036854775807", "blob 18446744073709551615"]);
}

#[test]
fn hostile_names_are_as_in_csv() {
    let database = open(&hostile_report());
    let names = database.ask("SELECT user_name FROM sessions ORDER BY rowid");
    assert_eq!(names, NAMES.iter().map(|(_, shown)| *shown).collect::<Vec<_>>());
}

/// Each view gives its rows of the sample, whose sessions are known.
#[test]
fn views_answer() {
    let mut report = sample::report();
    let seven = sample::at("2015-09-09T07:00:00Z");
    report.logs[0].times = Some((sample::at("2015-09-09T02:00:00Z"), seven));
    let database = open(&report);
    let count = |view: &str| database.ask(&format!("SELECT count(*) FROM {view}"))[0].clone();
    let views = database.ask("SELECT name FROM sqlite_master WHERE type = 'view' ORDER BY name");
    let counts: Vec<(&str, String)> =
        views.iter().map(|view| (view.as_str(), count(view))).collect();
    let expected = [
        ("accounts", "2"),
        ("cleared_logs", "1"),
        ("clock_changes", "0"),
        ("crashes", "0"),
        ("failed_logons", "1"),
        ("network_logons", "0"),
        ("open_sessions", "1"),
        ("people", "3"),
        ("presence", "3"),
        ("record_gaps", "1"),
        // All of the sample have an attachment over Remote Desktop.
        ("remote_desktop", "4"),
    ];
    assert_eq!(counts, expected.map(|(view, count)| (view, count.to_owned())));
    let bounds = database
        .ask("SELECT end_cause, sure_until, possible_until FROM presence ORDER BY end_cause");
    let (four, five) = ("2015-09-09T04:00:00.0000000Z", "2015-09-09T05:00:00.0000000Z");
    let terminated = "2015-09-09T03:08:40.0000000Z";
    assert_eq!(
        bounds,
        [
            format!("crash|{four}|{five}"),
            format!("open|{four}|{seven}"),
            format!("terminated|{terminated}|{terminated}"),
        ]
    );
}

/// The view has in SQL what [`Session::is_of_person`](crate::model::Session::is_of_person) says.
#[test]
fn people_are_those_of_the_other_outputs() {
    let accounts = [
        ("alice", "S-1-5-21-1-2-3-1104"),
        ("alice", ""),
        ("entra", "S-1-12-1-1-2-3-4"),
        ("WS01$", "S-1-5-21-1-2-3-1105"),
        ("SYSTEM", "S-1-5-18"),
        ("", ""),
    ];
    let mut report = sample::report();
    let all =
        accounts.iter().flat_map(|account| SessionClass::ALL.iter().map(move |c| (account, c)));
    let session = |(number, ((user, sid), class)): (u64, (&(&str, &str), &SessionClass))| {
        let mut session = sample::full_session();
        let account = crate::model::Account {
            sid: (*sid).into(),
            user: (*user).into(),
            domain: String::new().into(),
        };
        (session.account, session.class) = (account.into(), *class);
        session.logon_id = Some(crate::model::LogonId(0x1000 + number));
        session
    };
    report.hosts[0].sessions = (0..).zip(all).map(session).collect();
    let expected: Vec<String> = report
        .sessions()
        .filter(|(_, session)| session.is_of_person())
        .filter_map(|(_, session)| Some(session.logon_id?.to_string()))
        .collect();
    assert!(expected.len() > 6 && expected.len() < report.hosts[0].sessions.len());
    assert_eq!(open(&report).ask("SELECT logon_id FROM people ORDER BY logon_id"), expected);
}
