//! From when to when each log of a computer lasts: at other times, nothing is known of it.

use super::clock::TimeBase;
use super::columns::Exact;
use crate::model::Host;
use crate::output::formats::html::scope::PageScope;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The first and the last clock time of each log that names the computer; those of the same times once.
pub(super) fn of(page: &PageScope<'_>, host: &Host, base: TimeBase) -> Vec<[Exact; 2]> {
    let names: BTreeSet<String> = host.names().map(str::to_ascii_lowercase).collect();
    let is_own = |name: &Arc<str>| names.contains(&name.to_ascii_lowercase());
    let own = page.logs.iter().filter(|log| log.computers.iter().any(is_own));
    let times: BTreeSet<_> = own.filter_map(|log| log.times).collect();
    times.into_iter().map(|(first, last)| [base.exact(first), base.exact(last)]).collect()
}
