//! report.html: one page with everything in it, which runs from a USB stick: a picture of each computer in
//! time, and the same as tables. Without scripts, tables alone show.
//!
//! Rust makes the data ([`data`]); the script in `page/` draws it.

mod assets;
mod base64;
mod blocks;
mod data;
mod tables;

use super::{OutputFile, ReportFormat, ReportInput};
use assets::{Assets, SHELL};
use blocks::DataBlock;
use data::{Budget, FindingsByHost};
use rayon::prelude::*;
use std::io::{self, Write};

/// The page.
pub(super) struct Html;

impl ReportFormat for Html {
    fn name(&self) -> &'static str {
        "html"
    }

    fn is_default(&self) -> bool {
        true
    }

    fn files(&self) -> Vec<OutputFile> {
        vec![OutputFile::whole_report("report.html", write)]
    }
}

/// Writes the page. Its parts are made in parallel, by the threads of the current pool.
pub(super) fn write(input: &ReportInput<'_>, out: &mut dyn Write) -> io::Result<()> {
    let hosts = &input.report.hosts;
    let budget = Budget::of(hosts.iter());
    let findings = FindingsByHost::of(input.report);
    let name = |at: usize| format!("host-{at}");
    let block = |(at, host)| data::host(input.report, host, &findings, budget, &name(at));
    let blocks: io::Result<Vec<DataBlock>> = hosts.par_iter().enumerate().map(block).collect();
    let blocks = blocks?;
    let assets = Assets::new();
    write_head(&assets, out)?;
    out.write_all(SHELL.as_bytes())?;
    writeln!(out, "<noscript>")?;
    tables::write(input, out)?;
    writeln!(out, "</noscript>")?;
    let has_room = with_room(&blocks, &data::by_interest(input.report, &findings), MOST_BYTES);
    let shown = |at: usize| has_room.get(at).copied().unwrap_or_default();
    let name_of_shown = |at: usize| if shown(at) { name(at) } else { String::new() };
    data::case(input, &findings, name_of_shown)?.write(out)?;
    let kept = blocks.iter().enumerate().filter(|(at, _)| shown(*at));
    kept.map(|(_, block)| block).try_for_each(|block| block.write(out))?;
    writeln!(out, "<script>{}</script>\n</body>\n</html>", assets.script)?;
    out.flush()
}

/// The blocks of a page have together at most so many bytes; the first one is always there. A browser takes
/// a second to open so much.
const MOST_BYTES: usize = 15 << 20;

/// Which blocks a page has room for, the first ones of `order` before the others.
fn with_room(blocks: &[DataBlock], order: &[usize], most_bytes: usize) -> Vec<bool> {
    let mut has_room = vec![false; blocks.len()];
    let mut total: usize = 0;
    for &at in order {
        let (Some(block), Some(own)) = (blocks.get(at), has_room.get_mut(at)) else { continue };
        *own = total == 0 || total.saturating_add(block.size()) <= most_bytes;
        total = if *own { total.saturating_add(block.size()) } else { total };
    }
    has_room
}

fn write_head(assets: &Assets, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Logon sessions</title>\n<style>{}</style>\n</head>\n<body>",
        assets.policy(),
        assets.style,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Report, sample};
    use crate::output::totals::Totals;

    fn page(report: &Report) -> String {
        let found = Totals::of(report);
        let mut bytes = Vec::new();
        write(&ReportInput { report, found, options: Default::default() }, &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    /// Two data blocks and one script, whatever the evidence says.
    #[test]
    fn names_from_evidence_are_no_markup() {
        let mut report = sample::report();
        let hostile =
            format!("</script></noscript><script>alert(1)//\u{202e}{}", "x".repeat(10_000));
        report.hosts[0].computer = hostile.as_str().into();
        report.findings[1].computer = hostile.as_str().into();
        report.logs[0].path = hostile.clone();
        let page = page(&report);
        for (tag, count) in [("<script", 3), ("</script", 3), ("<noscript", 1), ("</noscript", 1)] {
            assert_eq!(page.matches(tag).count(), count, "{tag}");
        }
        assert!(!page.contains('\u{202e}'));
        let outside = ["http://", "https://", "src=\"", "href=\"h"];
        let (markup, script) = page.split_once("<script>").unwrap();
        assert!(outside.iter().all(|text| !markup.contains(text)), "{markup}");
        // The one address is the name of SVG, which nothing is loaded from.
        assert_eq!(script.matches("http").count(), 1);
        assert!(!page.contains(" style=") && !page.contains(" onclick="));
    }

    /// The third block of the order is too large for what is left, the fourth one is not.
    #[test]
    fn the_computers_of_most_interest_have_room() {
        let block = |size: usize| DataBlock::of("host", &"x".repeat(size - 2), usize::MAX).unwrap();
        let blocks = [500, 20, 300, 400].map(block);
        assert_eq!(with_room(&blocks, &[2, 3, 0, 1], 750), [false, true, true, true]);
        assert_eq!(with_room(&blocks, &[0, 1, 2, 3], 100), [true, false, false, false]);
    }

    #[test]
    fn an_empty_case_has_a_page() {
        let page = page(&Report::default());
        assert!(page.contains("\"hosts\":[]") && page.ends_with("</html>\n"));
    }

    #[test]
    fn the_same_report_gives_the_same_bytes() {
        let report = sample::report();
        let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        assert_eq!(one.install(|| page(&report)), page(&report));
    }
}
