//! `docs/queries.md` and `docs/fleet.md`: each query gives the answer that stands under it.

use super::common::{project, scratch, winlast};
use std::fs;
use std::path::PathBuf;

/// A query of the page, with the answer under it.
struct Query {
    sql: String,
    answer: String,
}

/// The queries of a page whose fence says `info`.
fn queries(page: &str, info: &str) -> Vec<Query> {
    let page = fs::read_to_string(project(page)).unwrap();
    let fence = format!("\n```{info}\n");
    let of = |part: &str| {
        let (sql, rest) = part.split_once("\n```\n").unwrap();
        let rest = rest.strip_prefix("\n```text\n").unwrap_or_else(|| panic!("no answer: {sql}"));
        let (answer, _) = rest.split_once("```\n").unwrap();
        Query { sql: sql.to_owned(), answer: answer.to_owned() }
    };
    page.split(&fence).skip(1).map(of).collect()
}

/// The case that the page names.
fn case(name: &str, formats: &str) -> PathBuf {
    let case = scratch(name).join("case");
    let logs = ["sample-evtx/ws01", "sample-evtx/rdp01", "sample-evtx/cleared"].map(project);
    let output = winlast(&[
        logs[0].as_os_str(),
        logs[1].as_os_str(),
        logs[2].as_os_str(),
        "-o".as_ref(),
        case.as_os_str(),
        "-f".as_ref(),
        formats.as_ref(),
        "--rows".as_ref(),
        "all".as_ref(),
        "-q".as_ref(),
    ]);
    assert!(matches!(output.status.code(), Some(0 | 3)), "{output:?}");
    case
}

/// `WINLAST_WRITE_ANSWERS` puts the answers that were found into the page, which somebody then reads.
fn compare(page: &str, info: &str, ask: impl Fn(&str) -> String) {
    let found: Vec<(Query, String)> = queries(page, info)
        .into_iter()
        .map(|query| (ask(&query.sql), query))
        .map(|(a, q)| (q, a))
        .collect();
    assert!(!found.is_empty());
    if std::env::var_os("WINLAST_WRITE_ANSWERS").is_some() {
        let path = project(page);
        let mut page = fs::read_to_string(&path).unwrap();
        for (Query { sql, answer }, found) in &found {
            let block = |answer: &str| format!("{sql}\n```\n\n```text\n{answer}```\n");
            page = page.replace(&block(answer), &block(found));
        }
        return fs::write(&path, page).unwrap();
    }
    for (query, found) in found {
        assert_eq!(found, query.answer, "{}", query.sql);
    }
}

#[cfg(feature = "sqlite")]
#[test]
fn sqlite_answers_as_the_page_says() {
    use rusqlite::types::ValueRef;
    let path = case("queries-sqlite", "sqlite").join("winlast.sqlite");
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
    let database = rusqlite::Connection::open_with_flags(path, flags).unwrap();
    compare("docs/queries.md", "sql", |sql| {
        let mut statement = database.prepare(sql).unwrap();
        let width = statement.column_count();
        let line = |row: &rusqlite::Row<'_>| {
            let cell = |at| match row.get_ref_unwrap(at) {
                ValueRef::Null => String::new(),
                ValueRef::Integer(number) => number.to_string(),
                ValueRef::Real(number) => format!("{number:?}"),
                ValueRef::Text(text) | ValueRef::Blob(text) => {
                    String::from_utf8(text.to_vec()).unwrap()
                }
            };
            Ok((0..width).map(cell).collect::<Vec<_>>().join("|") + "\n")
        };
        statement.query_map([], line).unwrap().map(Result::unwrap).collect()
    });
}

/// Asks DuckDB the queries whose fence says `info`, each as `changed` makes it, where Python has DuckDB.
#[cfg(feature = "parquet")]
fn compare_with_duckdb(
    page: &str,
    info: &str,
    folder: &std::path::Path,
    changed: impl Fn(&str) -> String,
) {
    use super::common::{readers_python, skipped};
    use std::path::Path;
    use std::process::Command;
    let Some(python) = readers_python() else { return };
    let run = |arguments: &[&str], folder: &Path| {
        Command::new(&python).args(arguments).current_dir(folder).output().unwrap()
    };
    if !run(&["-c", "import duckdb"], Path::new(".")).status.success() {
        return skipped("the queries for DuckDB: Python has no duckdb");
    }
    compare(page, info, |sql| {
        let sql = &*changed(sql);
        let ask = "import duckdb, sys\n\
            for row in duckdb.sql(sys.argv[1]).fetchall():\n\
            \x20   print('|'.join('' if cell is None else str(cell) for cell in row))";
        let output = run(&["-c", ask, sql], folder);
        assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    });
}

#[cfg(feature = "parquet")]
#[test]
fn duckdb_answers_as_the_page_says() {
    let case = case("queries-duckdb", "csv,parquet");
    compare_with_duckdb("docs/queries.md", "sql duckdb", &case, str::to_owned);
}

#[cfg(feature = "parquet")]
#[test]
fn duckdb_answers_of_a_fleet_as_the_page_says() {
    let folder = scratch("queries-fleet");
    let [cases, fleet] = ["cases", "fleet"].map(|name| folder.join(name));
    let [cases, fleet] = [&cases, &fleet].map(|path| path.to_str().unwrap());
    let samples =
        ["sample-evtx/ws01", "sample-evtx/dc01", "sample-evtx/rdp01", "sample-evtx-guessed"];
    let samples = samples.map(|sample| project(sample).to_str().unwrap().to_owned());
    let mut arguments: Vec<&str> = samples.iter().map(String::as_str).collect();
    arguments.extend(["-o", cases, "--per-source", "-f", "csv,events", "-q"]);
    run_each(&[
        &arguments[..],
        &[cases, "-o", fleet, "--partitions", "4", "-f", "csv,parquet,events", "-q"],
    ]);
    compare_with_duckdb("docs/fleet.md", "sql duckdb", fleet.as_ref(), str::to_owned);
}

/// The domain whose answers docs/fleet.md has.
#[cfg(feature = "parquet")]
const DOMAIN_OF_THE_PAGE: u64 = 3;

#[cfg(feature = "parquet")]
#[test]
fn duckdb_answers_between_hosts_as_the_page_says() {
    let folder = scratch("queries-hops");
    let domain = evtx_synth::simulate::domains::domain(DOMAIN_OF_THE_PAGE);
    super::common::write_files(&domain.files, &folder.join("logs"));
    let computers = fs::read_dir(folder.join("logs")).unwrap().map(|entry| entry.unwrap().path());
    let mut computers: Vec<String> =
        computers.map(|path| path.into_os_string().into_string().unwrap()).collect();
    computers.sort();
    assert_eq!(computers.len(), 4);
    let [cases, hops] = ["cases", "hops"].map(|name| folder.join(name));
    let [cases, hops] = [&cases, &hops].map(|path| path.to_str().unwrap());
    let mut arguments: Vec<&str> = computers.iter().map(String::as_str).collect();
    arguments.extend(["-o", cases, "--per-source", "--hops", "-f", "csv,events", "-q"]);
    run_each(&[&arguments[..], &[cases, "-o", hops, "--hops", "-f", "csv,parquet", "-q"]]);
    let of_csv = |sql: &str| {
        assert!(sql.contains("'hops.parquet'"), "{sql}");
        sql.replace("'hops.parquet'", "read_csv('hops.csv', all_varchar = true)")
    };
    compare_with_duckdb("docs/fleet.md", "sql duckdb hops", hops.as_ref(), str::to_owned);
    compare_with_duckdb("docs/fleet.md", "sql duckdb hops", hops.as_ref(), of_csv);
}

/// Runs the program with each of these arguments.
#[cfg(feature = "parquet")]
fn run_each(all: &[&[&str]]) {
    for arguments in all {
        let output = winlast(arguments);
        assert!(matches!(output.status.code(), Some(0 | 3)), "{output:?}");
    }
}
