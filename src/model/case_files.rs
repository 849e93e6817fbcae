//! The files by which a case is known, and read instead of its logs.

/// How the run was made, and the SHA-256 of every other file. It is written last.
pub(crate) const RUN_FILE: &str = "run.json";
/// The folder with a page for each computer, where a case has too many for one page.
pub(crate) const PAGES_FOLDER: &str = "report";
/// Everything that was read.
pub(crate) const EVENTS_FILE: &str = "events.jsonl.gz";
/// The list of the sources of a batch, in the folder of their cases.
pub const SOURCES_FILE: &str = "sources.csv";
/// Among the choices in the run.json of a part of a fleet.
pub(crate) const PARTITIONS_CHOICE: &str = "partitions";

/// What stands between the name of a file and its random digits, while the file is written.
pub(crate) const TEMPORARY: &str = ".tmp";
/// Hexadecimal digits in a temporary name.
pub(crate) const RANDOM_DIGITS: usize = 16;

/// Whether `file` is named as a temporary file for a file whose name `is_own`: `.NAME.0123456789abcdef.tmp`.
pub(crate) fn is_temporary(file: &str, is_own: impl FnOnce(&str) -> bool) -> bool {
    let whole = file.strip_prefix('.').and_then(|rest| rest.strip_suffix(TEMPORARY));
    let Some((name, digits)) = whole.and_then(|rest| rest.rsplit_once('.')) else { return false };
    digits.len() == RANDOM_DIGITS
        && digits.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
        && is_own(name)
}

/// The folder of a part of a fleet, numbered from 1. Names sort as numbers do.
pub(crate) fn part_name(number: u32, count: u32) -> String {
    let digits = count.to_string().len();
    format!("part-{number:0digits$}-of-{count}")
}

/// The number of a part and of all parts, by the name of its folder.
pub(crate) fn part_of_name(name: &str) -> Option<(u32, u32)> {
    let (number, count) = name.strip_prefix("part-")?.split_once("-of-")?;
    let (number, count) = (number.parse().ok()?, count.parse().ok()?);
    ((1..=count).contains(&number) && part_name(number, count) == name).then_some((number, count))
}
