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
        vec![OutputFile { name: "report.html".into(), table: None, write: Box::new(write) }]
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
    data::case(input, name)?.write(out)?;
    blocks.iter().try_for_each(|block| block.write(out))?;
    writeln!(out, "<script>{}</script>\n</body>\n</html>", assets.script)?;
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
