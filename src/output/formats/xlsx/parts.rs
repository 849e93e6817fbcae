//! The parts of a workbook that list its sheets and say how cells look.

use super::Sheet;
use super::cells::escaped;
use std::fmt::Write;

const XML: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const RELATIONSHIPS: &str = "http://schemas.openxmlformats.org/package/2006/relationships";
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const TYPES: &str = "http://schemas.openxmlformats.org/package/2006/content-types";
const PACKAGE: &str = "application/vnd.openxmlformats-package";
const SPREADSHEET: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml";

/// The beginning of a part of SpreadsheetML.
pub(super) fn opening(element: &str) -> String {
    format!("{XML}<{element} xmlns=\"{MAIN}\" xmlns:r=\"{OFFICE}\">")
}

/// The name of a sheet's part, by its number from 1.
pub(super) fn sheet_part(number: usize) -> String {
    format!("xl/worksheets/sheet{number}.xml")
}

/// The names and contents of all parts but the sheets.
pub(super) fn all(sheets: &[Sheet]) -> Vec<(String, String)> {
    let part = |name: &str, content| (name.to_owned(), content);
    vec![
        part("[Content_Types].xml", content_types(sheets)),
        part("_rels/.rels", relationships(&[("officeDocument", "xl/workbook.xml".into())])),
        part("xl/workbook.xml", workbook(sheets)),
        part("xl/_rels/workbook.xml.rels", workbook_relationships(sheets)),
        part("xl/styles.xml", styles()),
    ]
}

/// The numbers of the sheets, from 1, with the sheets.
fn numbered(sheets: &[Sheet]) -> impl Iterator<Item = (usize, &Sheet)> {
    (1..).zip(sheets)
}

fn content_types(sheets: &[Sheet]) -> String {
    let mut xml = format!(
        "{XML}<Types xmlns=\"{TYPES}\">\
         <Default Extension=\"rels\" ContentType=\"{PACKAGE}.relationships+xml\"/>\
         <Default Extension=\"xml\" ContentType=\"application/xml\"/>"
    );
    let mut part = |name: &str, kind: &str| {
        let _ = write!(
            xml,
            "<Override PartName=\"/{name}\" ContentType=\"{SPREADSHEET}.{kind}+xml\"/>"
        );
    };
    part("xl/workbook.xml", "sheet.main");
    part("xl/styles.xml", "styles");
    numbered(sheets).for_each(|(number, _)| part(&sheet_part(number), "worksheet"));
    xml + "</Types>"
}

/// Relationships rId1, rId2, …: their types and targets.
fn relationships(targets: &[(&str, String)]) -> String {
    let mut xml = format!("{XML}<Relationships xmlns=\"{RELATIONSHIPS}\">");
    for (number, (kind, target)) in (1..).zip(targets) {
        let _ = write!(
            xml,
            "<Relationship Id=\"rId{number}\" Type=\"{OFFICE}/{kind}\" Target=\"{target}\"/>"
        );
    }
    xml + "</Relationships>"
}

fn workbook_relationships(sheets: &[Sheet]) -> String {
    let sheets = numbered(sheets)
        .map(|(number, _)| ("worksheet", sheet_part(number).trim_start_matches("xl/").to_owned()));
    let targets: Vec<_> = sheets.chain([("styles", "styles.xml".to_owned())]).collect();
    relationships(&targets)
}

fn workbook(sheets: &[Sheet]) -> String {
    let mut xml = opening("workbook") + "<bookViews><workbookView/></bookViews><sheets>";
    for (number, sheet) in numbered(sheets) {
        let name = escaped(&sheet.name);
        let _ = write!(xml, "<sheet name=\"{name}\" sheetId=\"{number}\" r:id=\"rId{number}\"/>");
    }
    xml.push_str("</sheets><definedNames>");
    // Excel and LibreOffice take the range of a filter from here.
    for (index, Sheet { name, range }) in sheets.iter().enumerate() {
        let _ = write!(
            xml,
            "<definedName name=\"_xlnm._FilterDatabase\" localSheetId=\"{index}\" hidden=\"1\">\
             '{name}'!{range}</definedName>"
        );
    }
    xml + "</definedNames></workbook>"
}

/// The styles of cells, in their order: none, [`TEXT_STYLE`](super::cells::TEXT_STYLE),
/// [`HEADER_STYLE`](super::cells::HEADER_STYLE).
fn styles() -> String {
    opening("styleSheet")
        + "<fonts count=\"2\">\
           <font><sz val=\"11\"/><name val=\"Calibri\"/><family val=\"2\"/></font>\
           <font><b/><sz val=\"11\"/><name val=\"Calibri\"/><family val=\"2\"/></font>\
           </fonts>\
           <fills count=\"2\"><fill><patternFill patternType=\"none\"/></fill>\
           <fill><patternFill patternType=\"gray125\"/></fill></fills>\
           <borders count=\"1\"><border><left/><right/><top/><bottom/><diagonal/></border></borders>\
           <cellStyleXfs count=\"1\"><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\"/></cellStyleXfs>\
           <cellXfs count=\"3\">\
           <xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\"/>\
           <xf numFmtId=\"49\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\" applyNumberFormat=\"1\"/>\
           <xf numFmtId=\"49\" fontId=\"1\" fillId=\"0\" borderId=\"0\" xfId=\"0\" applyNumberFormat=\"1\" applyFont=\"1\"/>\
           </cellXfs>\
           <cellStyles count=\"1\"><cellStyle name=\"Normal\" xfId=\"0\" builtinId=\"0\"/></cellStyles>\
           </styleSheet>"
}
