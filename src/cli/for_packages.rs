//! What a package contains besides the program: completions for shells, and the man page.

use super::arguments::Arguments;
use super::help;
use clap::CommandFactory;
use clap_complete::Shell;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};
use std::io::{self, Write};

/// Writes the script that lets `shell` complete the options.
///
/// # Errors
/// When standard output cannot be written.
pub(super) fn write_completions(shell: Shell, out: &mut dyn Write) -> io::Result<()> {
    // The crate ends the program when it cannot write, so it writes to memory.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "winlast", &mut script);
    out.write_all(&script)
}

/// Writes the man page: what `--help` says, in the language of `man`.
///
/// # Errors
/// When standard output cannot be written.
pub(super) fn write_man_page(out: &mut dyn Write) -> io::Result<()> {
    let man = Man::new(Arguments::command());
    man.render_title(out)?;
    man.render_name_section(out)?;
    man.render_synopsis_section(out)?;
    man.render_description_section(out)?;
    man.render_options_section(out)?;
    for (title, lines) in sections(help::LONG) {
        let mut page = Roff::new();
        page.control("SH", [title.to_uppercase().as_str()]);
        // The lines are set as they stand: answers of the program are among them.
        page.control("nf", []);
        page.text(
            lines.into_iter().flat_map(|line| [roman(line), roman("\n")]).collect::<Vec<_>>(),
        );
        page.control("fi", []);
        page.to_writer(out)?;
    }
    Ok(())
}

/// The parts of the help with their titles. A part begins with a line that is not indented, and its
/// title goes to the first colon.
fn sections(help: &str) -> Vec<(&str, Vec<&str>)> {
    let mut sections: Vec<(&str, Vec<&str>)> = Vec::new();
    let mut after_blank = true;
    for line in help.lines() {
        let title = line.split_once(':').filter(|_| after_blank && !line.starts_with(' '));
        match (title, sections.last_mut()) {
            (Some((title, "")), _) => sections.push((title, Vec::new())),
            (Some((title, rest)), _) => sections.push((title, vec![rest.trim_start()])),
            (None, Some((_, lines))) => lines.push(line),
            (None, None) => {}
        }
        after_blank = line.is_empty();
    }
    sections
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_of_the_help_is_a_section() {
        let text = "One:\n  a: b\n\n  c\n\nTwo: d\ne: f\n";
        let expected = [("One", vec!["  a: b", "", "  c", ""]), ("Two", vec!["d", "e: f"])];
        assert_eq!(sections(text), expected);
        let titles: Vec<_> = sections(help::LONG).into_iter().map(|(title, _)| title).collect();
        assert!(titles.contains(&"Examples") && titles.contains(&"Exit codes"), "{titles:?}");
    }
}
