//! Workbooks, read as the archives of XML that they are; `tests/suite/formats.rs` has another reader.

use super::super::tests::{NAMES, hostile_report, report_of};
use super::cells::{column_name, push_text};
use super::*;
use crate::model::{Finding, Report, sample};
use crate::output::formats::OutputOptions;
use crate::output::totals::Totals;
use std::io::{Cursor, Read};

fn workbook(report: &Report, limits: SheetLimits) -> zip::ZipArchive<Cursor<Vec<u8>>> {
    let input =
        ReportInput { report, found: Totals::of(report), options: OutputOptions::default() };
    let mut bytes = Cursor::new(Vec::new());
    write_workbook(&input, limits, &mut bytes).unwrap();
    zip::ZipArchive::new(bytes).unwrap()
}

fn part(report: &Report, limits: SheetLimits, name: &str) -> String {
    let mut text = String::new();
    workbook(report, limits).by_name(name).unwrap().read_to_string(&mut text).unwrap();
    text
}

/// The part of the `further`th sheet behind the first one of a table, where no table before it has several.
fn sheet_of(table: Table, further: usize) -> String {
    let before = Table::ALL.iter().position(|own| *own == table).unwrap();
    super::parts::sheet_part(before + 1 + further)
}

fn sessions(report: &Report) -> String {
    part(report, SheetLimits::EXCEL, &sheet_of(Table::Sessions, 0))
}

/// The cells of a column, with their types and without escapes of XML.
fn cells(sheet: &str, column: &str) -> Vec<(String, String)> {
    let start = format!("<c r=\"{column}");
    let cells =
        sheet.split(&start).skip(1).filter(|cell| cell.starts_with(|c: char| c.is_ascii_digit()));
    let cell = |cell: &str| {
        let cell = cell.split("</c>").next().unwrap();
        let kind = cell.split(" t=\"").nth(1).map_or("n", |rest| rest.split('"').next().unwrap());
        let text =
            cell.split_once("<t xml:space=\"preserve\">").or(cell.split_once("<v>")).unwrap().1;
        let text = text.split("</").next().unwrap();
        (kind.to_owned(), quick_xml::escape::unescape(text).unwrap().into_owned())
    };
    cells.map(cell).collect()
}

#[test]
fn columns_are_named_as_excel_names_them() {
    for (column, name) in
        [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA"), (701, "ZZ"), (702, "AAA")]
    {
        assert_eq!(column_name(column), name);
    }
}

#[test]
fn sheets_have_a_frozen_header_a_filter_and_widths() {
    let sheet = sessions(&report_of(sample::full_session()));
    assert!(sheet.contains(
        "<pane ySplit=\"1\" topLeftCell=\"A2\" activePane=\"bottomLeft\" state=\"frozen\"/>"
    ));
    // 44 columns: A to AR; the header and one session.
    assert!(sheet.contains("<autoFilter ref=\"A1:AR2\"/>"), "{sheet}");
    // `DC01.contoso.local/2/0x29b379`
    assert!(sheet.contains("<col min=\"1\" max=\"1\" width=\"29\" customWidth=\"1\"/>"), "{sheet}");
    let numbers = [("C", "n", "2"), ("V", "n", "520"), ("AE", "b", "0"), ("AO", "b", "1")];
    for (column, kind, text) in numbers {
        assert_eq!(cells(&sheet, column)[1..], [(kind.to_owned(), text.to_owned())], "{column}");
    }
    let book = part(&sample::report(), SheetLimits::EXCEL, "xl/workbook.xml");
    assert!(book.contains("<sheet name=\"timeline\" sheetId=\"1\" r:id=\"rId1\"/>"), "{book}");
}

#[test]
fn hostile_names_are_text() {
    let sheet = sessions(&hostile_report());
    let names = cells(&sheet, "F");
    for ((kind, found), (_, shown)) in names[1..].iter().zip(NAMES) {
        assert_eq!(kind, "inlineStr");
        // What Excel takes `_x005F_` for.
        assert_eq!(&found.replace("_x005F_", "_"), shown);
    }
    assert_eq!(names.len(), NAMES.len() + 1);
    assert_eq!(names[10].1, "_x005F_x0041__x005F_x005F_");
    assert!(!sheet.contains("<f>"));
}

/// A sheet that is full is followed by another one, and no row is lost.
#[test]
fn more_rows_than_a_sheet_holds() {
    let mut report = sample::report();
    let finding = |number| Finding { record_id: Some(number), ..report.findings[0].clone() };
    report.findings = (1..=25).map(finding).collect();
    let limits = SheetLimits { rows: 11, ..SheetLimits::EXCEL };
    let book = part(&report, limits, "xl/workbook.xml");
    for name in ["'findings'!$A$1:$H$11", "'findings (2)'!$A$1:$H$11", "'findings (3)'!$A$1:$H$6"] {
        assert!(book.contains(name), "{name} {book}");
    }
    assert!(!book.contains("findings (4)") && !book.contains("boots (2)"));
    let numbers: Vec<String> = (0..3)
        .flat_map(|sheet| cells(&part(&report, limits, &sheet_of(Table::Findings, sheet)), "G"))
        .map(|(_, text)| text)
        .filter(|text| text != "record_id")
        .collect();
    assert_eq!(numbers, (1..=25).map(|number| number.to_string()).collect::<Vec<_>>());
    // Rows that fill a sheet to the last one make no empty sheet behind it.
    report.findings.truncate(10);
    assert!(!part(&report, limits, "xl/workbook.xml").contains("(2)"));
    // The bytes of a sheet are limited as well; rows are counted as they are written.
    let limits = SheetLimits { bytes: 1, ..SheetLimits::EXCEL };
    report.findings = (0..2000)
        .map(|number| Finding { record_id: Some(number), ..report.findings[0].clone() })
        .collect();
    assert!(part(&report, limits, "xl/workbook.xml").contains("'findings (2)'!"));
}

#[test]
fn what_does_not_fit_a_cell_is_cut_and_says_so() {
    let cell = |text: &str| {
        let mut xml = String::new();
        push_text("A", 1, text, 1, &mut xml);
        cells(&xml, "A").remove(0).1
    };
    let full = "🦀".repeat(16_383) + "x";
    assert_eq!(cell(&full), full);
    let cut = cell(&(full.clone() + "x"));
    assert!(cut.encode_utf16().count() <= 32_767, "{}", cut.encode_utf16().count());
    assert!(
        cut.starts_with("🦀🦀")
            && cut.ends_with("… (cut: 16385 characters; the other formats have all)")
    );
    // Excel keeps 15 digits of a number.
    let mut report = sample::report();
    report.findings[0].record_id = Some(999_999_999_999_999);
    report.findings[1].record_id = Some(u64::MAX);
    let numbers = cells(&part(&report, SheetLimits::EXCEL, &sheet_of(Table::Findings, 0)), "G");
    assert_eq!(
        numbers[1..],
        [("n", "999999999999999"), ("inlineStr", "18446744073709551615")]
            .map(|(k, t)| (k.to_owned(), t.to_owned()))
    );
}

#[test]
fn characters_that_xml_cannot_hold_are_written_by_their_numbers() {
    assert_eq!(
        super::cells::escaped("a\u{fffe}\u{ffff}<&>\"_x0g41_ _x0041"),
        "a\\u{fffe}\\u{ffff}&lt;&amp;&gt;&quot;_x0g41_ _x0041"
    );
}
