//! report.html: one self-contained page. It shows each computer on a time axis, and the same as tables. Without
//! scripts, only tables are shown.
//!
//! Rust makes the data ([`data`]); the script in `page/` draws it.

mod assets;
mod base64;
mod blocks;
mod data;
mod hop_index;
mod scope;
mod tables;

use super::{OutputFile, PageSink, ReportFormat, ReportInput};
use crate::error::Result;
use assets::{Assets, SHELL};
use blocks::DataBlock;
use data::{Budget, FindingsByHost};
use rayon::prelude::*;
use scope::{PageScope, PartsByHost};
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

    /// One page after the other on each thread, so that no more than these are in memory.
    fn write_pages(&self, input: &ReportInput<'_>, pages: &dyn PageSink) -> Result<()> {
        let hosts = &input.report.hosts;
        if !scope::is_divided(input.report) {
            return Ok(());
        }
        let (parts, assets) = (PartsByHost::of(input), Assets::packed(input.report.hops.is_some()));
        let names = scope::page_names(input.report);
        let each = hosts.par_iter().zip(&names).with_max_len(1);
        each.try_for_each(|(host, name)| {
            let page = parts.page_of(host);
            pages.page(name, &|out| write_page(&page, &assets, out))
        })
    }
}

/// Writes the page of the case, or its index.
pub(super) fn write(input: &ReportInput<'_>, out: &mut dyn Write) -> io::Result<()> {
    write_page(&PageScope::of(input), &Assets::new(input.report.hops.is_some()), out)
}

/// Writes a page. Its parts are made in parallel, by the threads of the current pool.
fn write_page(page: &PageScope<'_>, assets: &Assets, out: &mut dyn Write) -> io::Result<()> {
    let findings = FindingsByHost::of(page);
    let blocks = match page.is_index() {
        true => Vec::new(),
        false => {
            let budget = Budget::of(page.hosts.iter().copied());
            let block = |(at, host)| data::host(page, host, &findings, budget, at);
            page.hosts.par_iter().copied().enumerate().map(block).collect::<io::Result<_>>()?
        }
    };
    write_head(assets, out)?;
    out.write_all(SHELL.as_bytes())?;
    writeln!(out, "<noscript>")?;
    tables::write(page, out)?;
    writeln!(out, "</noscript>")?;
    data::case(page, &findings)?.write(out)?;
    if let Some(block) = data::hops(page)? {
        block.write(out)?;
    }
    blocks.iter().try_for_each(|block: &DataBlock| block.write(out))?;
    assets.write_script(out)?;
    writeln!(out, "</body>\n</html>")?;
    out.flush()
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

    /// Three data blocks and one script, whatever the evidence says.
    #[test]
    fn names_from_evidence_are_no_markup() {
        let mut report = sample::report();
        let hostile =
            format!("</script></noscript><script>alert(1)//\u{202e}{}", "x".repeat(10_000));
        report.hosts[0].computer = hostile.as_str().into();
        report.findings[1].computer = hostile.as_str().into();
        report.logs[0].path = hostile.clone();
        let page = page(&report);
        for (tag, count) in [("<script", 4), ("</script", 4), ("<noscript", 1), ("</noscript", 1)] {
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
