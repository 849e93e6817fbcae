"""Reads every format of a case folder with another reader, and holds it against the CSV tables.

    readers.py CASE

A reader that is not at hand is named: `skipped: …`. What differs ends the program with 1.
"""

import csv
import datetime
import importlib
import json
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

csv.field_size_limit(1 << 30)


def skipped(what, why):
    print(f"skipped: {what}: {why}")


def module(name, what):
    try:
        return importlib.import_module(name)
    except ImportError as why:
        skipped(what, why)
        return None


def csv_tables(case):
    tables = {}
    for path in sorted(case.glob("*.csv")):
        with path.open(newline="", encoding="utf-8") as lines:
            header, *rows = csv.reader(lines)
        tables[path.stem] = (header, rows)
    return tables


def text(value):
    """A value as CSV has it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, float):
        # Seconds have at most seven digits behind the point.
        return f"{value:.7f}".rstrip("0").rstrip(".")
    return str(value)


def same(what, found, expected):
    if len(found) != len(expected):
        sys.exit(f"{what}: {len(found)} rows, CSV has {len(expected)}")
    for number, (own, other) in enumerate(zip(found, expected), 1):
        if own != other:
            pairs = [pair for pair in zip(own, other) if pair[0] != pair[1]]
            sys.exit(f"{what}, row {number}: {pairs or (own, other)}")


def checked(what, count):
    print(f"checked: {what}: {count} rows")


def check_sqlite(case, tables):
    database = sqlite3.connect(f"file:{case / 'winlast.sqlite'}?mode=ro&immutable=1", uri=True)
    if database.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
        sys.exit("winlast.sqlite is damaged")
    for name, (header, rows) in tables.items():
        answer = database.execute(f'SELECT * FROM "{name}" ORDER BY rowid')
        if [column[0] for column in answer.description] != header:
            sys.exit(f"winlast.sqlite, {name}: other columns")
        truths = [at for at, column in enumerate(header) if column in TRUTHS]
        found = []
        for row in answer:
            row = [bool(v) if at in truths and v is not None else v for at, v in enumerate(row)]
            found.append([text(value) for value in row])
        same(f"winlast.sqlite, {name}", found, rows)
        checked(f"sqlite3 {sqlite3.sqlite_version}, {name}", len(rows))


# SQLite has no type for them.
TRUTHS = {"recovered", "elevated", "primary", "clean"}


def check_parquet(case, tables):
    pyarrow = module("pyarrow.parquet", "Parquet with pyarrow")
    duckdb = module("duckdb", "Parquet with DuckDB")
    for name, (header, rows) in tables.items():
        path = case / f"{name}.parquet"
        if pyarrow:
            table = pyarrow.read_table(path)
            columns = [column.to_pylist() for column in table.columns]
            found = [[text(value) for value in row] for row in zip(*columns)]
            if table.column_names != header:
                sys.exit(f"{path.name}: other columns")
            same(f"{path.name} by pyarrow", found, rows)
            checked(f"pyarrow, {name}", len(rows))
        if duckdb:
            answer = duckdb.sql(f"SELECT * FROM read_parquet('{path}')")
            found = [[text(value) for value in row] for row in answer.fetchall()]
            same(f"{path.name} by DuckDB", found, rows)
            checked(f"DuckDB {duckdb.__version__}, {name}", len(rows))


def check_xlsx(case, tables):
    openpyxl = module("openpyxl", "the workbook with openpyxl")
    if not openpyxl:
        return
    book = openpyxl.load_workbook(case / "winlast.xlsx")
    if set(book.sheetnames) != set(tables):
        sys.exit(f"winlast.xlsx: {book.sheetnames}")
    for name, (header, rows) in tables.items():
        sheet = book[name]
        if sheet.freeze_panes != "A2":
            sys.exit(f"winlast.xlsx, {name}: the header is not frozen")
        if sheet.auto_filter.ref != sheet.dimensions:
            sys.exit(f"winlast.xlsx, {name}: {sheet.auto_filter.ref} is filtered")
        cells = list(sheet.iter_rows(min_row=1, max_col=len(header)))
        for cell in (cell for row in cells for cell in row):
            if cell.data_type == "f" or cell.hyperlink or cell.data_type == "d":
                sys.exit(f"winlast.xlsx, {name} {cell.coordinate}: {cell.data_type}")
            if cell.data_type == "s" and cell.number_format != "@":
                sys.exit(f"winlast.xlsx, {name} {cell.coordinate}: no text")
        unescape = openpyxl.utils.escape.unescape
        found = []
        for row in cells:
            # openpyxl does not resolve _x005F_ in cells, as Excel does.
            values = [unescape(c.value) if isinstance(c.value, str) else c.value for c in row]
            found.append([text(value) for value in values])
        same(f"winlast.xlsx, {name}", found, [header] + rows)
        checked(f"openpyxl, {name}", len(rows))


def check_libreoffice(case, tables):
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if not program:
        return skipped("the workbook with LibreOffice", "no soffice")
    folder = case / "libreoffice"
    # 44: comma, 34: quote, 76: UTF-8, -1: a file for each sheet.
    filters = 'csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1'
    subprocess.run(
        [program, f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", filters,
         "--outdir", folder, case / "winlast.xlsx"],
        check=True, capture_output=True, timeout=120,
    )
    for name, (header, rows) in tables.items():
        with (folder / f"winlast-{name}.csv").open(newline="", encoding="utf-8") as lines:
            found = list(csv.reader(lines))
        truths = [at for at, column in enumerate(header) if column in TRUTHS]
        for row in found[1:]:
            for at in truths:
                row[at] = row[at].lower()
        expected = [header] + rows
        same(f"winlast.xlsx by LibreOffice, {name}", found, expected)
        checked(f"LibreOffice, {name}", len(rows))


def check_timesketch(case, tables):
    importer = module("timesketch_import_client.importer", "Timesketch's import client")
    lines = case.joinpath("timesketch.jsonl").read_text(encoding="utf-8").splitlines()
    header, rows = tables["timeline"]
    if len(lines) != len(rows):
        sys.exit(f"timesketch.jsonl: {len(lines)} lines, the timeline has {len(rows)} rows")
    if not importer:
        return
    sent = []

    class Offline(importer.ImportStreamer):
        """The client without a server: what it would upload is kept."""

        def _ready(self):
            pass

        def _upload_data_buffer(self, end_stream, data_lines=None, retry_count=0):
            sent.extend(self._data_lines if data_lines is None else data_lines)

    streamer = Offline()
    streamer.add_file(str(case / "timesketch.jsonl"))
    streamer.flush()
    # What the server wants of each event: timesketch/lib/utils.py, read_and_validate_jsonl.
    for number, (event, row) in enumerate(zip(sent, rows), 1):
        row = dict(zip(header, row))
        for field in ("message", "datetime", "timestamp_desc", "timestamp", "data_type", "tag"):
            if field not in event or event[field] in ("", None):
                sys.exit(f"timesketch.jsonl, line {number}: no {field}: {event}")
        utc = datetime.timezone.utc
        moment = datetime.datetime.fromisoformat(event["datetime"])
        expected = datetime.datetime.fromisoformat(row["datetime"][:26]).replace(tzinfo=utc)
        epoch = datetime.datetime(1970, 1, 1, tzinfo=utc)
        counted = epoch + datetime.timedelta(microseconds=event["timestamp"])
        if not moment == expected == counted or event["timestamp_desc"] != row["timestamp_desc"]:
            sys.exit(f"timesketch.jsonl, line {number}: {event} but {row}")
        if not all(isinstance(tag, str) for tag in event["tag"]):
            sys.exit(f"timesketch.jsonl, line {number}: {event['tag']}")
    if len(sent) != len(rows):
        sys.exit(f"timesketch.jsonl: the client takes {len(sent)} of {len(rows)} lines")
    checked("timesketch-import-client", len(sent))


def check_bodyfile(case, tables):
    program = shutil.which("mactime")
    header, rows = tables["timeline"]
    rows = [dict(zip(header, row)) for row in rows]
    if not program:
        return skipped("the body file with mactime", "not installed")
    answer = subprocess.run(
        [program, "-y", "-d", "-b", case / "timeline.body"], check=True, capture_output=True
    )
    found = set()
    for line in answer.stdout.decode("utf-8").splitlines()[1:]:
        time, _, kind, _, _, _, record, name = next(csv.reader([line]))
        if kind != "macb":
            sys.exit(f"mactime: {line}")
        found.add((time, record, name))
    expected = {
        (f"{row['datetime'][:19]}Z", row["record_id"] or "0",
         f"{row['timestamp_desc']}: {row['message']}")
        for row in rows
        # mactime takes 1970 for no time at all, and shows nothing before it.
        if row["datetime"] > "1970-01-01T00:00:01"
    }
    if found != expected:
        sys.exit(f"mactime: {sorted(found ^ expected)[:4]}")
    checked("mactime", len(rows))


def main():
    case = Path(sys.argv[1]).resolve()
    tables = csv_tables(case)
    if (case / "winlast.sqlite").exists():
        check_sqlite(case, tables)
    if (case / "timeline.parquet").exists():
        check_parquet(case, tables)
    check_xlsx(case, tables)
    check_libreoffice(case, tables)
    check_timesketch(case, tables)
    check_bodyfile(case, tables)


main()
