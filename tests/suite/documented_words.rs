//! The lists of words in `docs/outputs.md` are made from the tables of the words in the code.

use std::fs;
use std::path::{Path, PathBuf};
use winlast::model::hop::{AddressBasis, ClockBasis, HostFlag};
use winlast::model::session::{Basis, MilestoneKind};
use winlast::model::{
    AttemptKind, BootEnd, Confidence, EndCause, FindingCode, Flag, HeaderRemark, HopBasis, HopFlag,
    InferredBy, PowerKind, SessionClass, Severity, Verdict,
};

const HOW_TO_REWRITE: &str = "docs/outputs.md does not say what the tables of words say. To write \
     its lists anew: cargo test --test main rewrite_the_lists_of_words -- --ignored";

fn page() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/outputs.md")
}

/// The words of one enum with their meanings, as a table in Markdown.
macro_rules! list {
    ($words:ident) => {
        table(&["Word", "Meaning"], $words::ALL.iter().map(|value| [value.word(), value.meaning()]))
    };
}

/// Every list that stands in the page, by the name in its markers.
fn lists() -> Vec<(&'static str, String)> {
    let flags = Flag::ALL.iter().map(|flag| [flag.word(), flag.tables(), flag.meaning()]);
    let codes = FindingCode::ALL.iter().map(|c| [c.word(), c.severity().word(), c.meaning()]);
    vec![
        ("milestone", list!(MilestoneKind)),
        ("basis", list!(Basis)),
        ("confidence", list!(Confidence)),
        ("session_class", list!(SessionClass)),
        ("end_cause of sessions.csv", list!(EndCause)),
        ("end_cause of boots.csv", list!(BootEnd)),
        ("power of boots.csv", list!(PowerKind)),
        ("attempt", list!(AttemptKind)),
        ("hop-basis", list!(HopBasis)),
        ("hop-flag", list!(HopFlag)),
        ("address-basis", list!(AddressBasis)),
        ("clock-basis", list!(ClockBasis)),
        ("host-flag", list!(HostFlag)),
        ("inferred_by", list!(InferredBy)),
        ("header", list!(HeaderRemark)),
        ("verdict", list!(Verdict)),
        ("severity", list!(Severity)),
        ("code", table(&["Code", "Severity", "Meaning"], codes)),
        ("flags", table(&["Flag", "Tables", "Meaning"], flags)),
    ]
}

/// A table in Markdown; the first cell of each row is a word of ours.
fn table<const N: usize>(
    head: &[&str; N],
    rows: impl Iterator<Item = [&'static str; N]>,
) -> String {
    let mut text = format!("| {} |\n|{}\n", head.join(" | "), "---|".repeat(N));
    for mut row in rows {
        let word = if row[0].is_empty() { "(empty)".to_owned() } else { format!("`{}`", row[0]) };
        row[0] = &word;
        text.push_str(&format!("| {} |\n", row.join(" | ")));
    }
    text
}

/// The page with every list written anew.
fn rewritten(page: &str) -> String {
    let mut page = page.to_owned();
    for (name, list) in lists() {
        let (begin, end) = (format!("<!-- words: {name} -->\n"), "<!-- end -->\n");
        let (before, rest) =
            page.split_once(&begin).unwrap_or_else(|| panic!("docs/outputs.md lacks {begin}"));
        let (_, after) = rest.split_once(end).unwrap_or_else(|| panic!("{name} has no end"));
        page = format!("{before}{begin}\n{list}\n{end}{after}");
    }
    page
}

#[test]
fn the_lists_of_words_are_those_of_the_code() {
    let page = fs::read_to_string(page()).unwrap();
    assert!(rewritten(&page) == page, "{HOW_TO_REWRITE}");
}

#[test]
fn every_list_in_the_page_is_one_of_ours() {
    let page = fs::read_to_string(page()).unwrap();
    assert_eq!(page.matches("<!-- words: ").count(), lists().len());
    assert_eq!(page.matches("<!-- end -->").count(), lists().len());
}

#[test]
#[ignore = "writes docs/outputs.md"]
fn rewrite_the_lists_of_words() {
    let old = fs::read_to_string(page()).unwrap();
    fs::write(page(), rewritten(&old)).unwrap();
}
