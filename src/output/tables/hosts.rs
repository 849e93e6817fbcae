//! hosts.csv: which computer had which address when, and how its clock stood.

use super::row::{TableCell, columns, number, seconds, time};
use crate::model::append::list;
use crate::model::{HostAddress, hop::ClockBasis};

columns! { row: &'a HostAddress => {
    host: TableCell::Text(&row.host),
    names: TableCell::LazyText(&list(&row.names)),
    address: TableCell::Text(&row.address),
    family: TableCell::Word(row.family),
    first_seen: time(row.seen.map(|(first, _)| first)),
    last_seen: time(row.seen.map(|(_, last)| last)),
    basis: TableCell::LazyText(&list(&row.basis)),
    statements as Unsigned: TableCell::Number(row.statements),
    conflict_with: TableCell::LazyText(&list(&row.conflict_with)),
    has_security_log as Truth: TableCell::Truth(row.has_security_log),
    log_from: time(row.log.map(|(first, _)| first)),
    log_to: time(row.log.map(|(_, last)| last)),
    clock_offset_seconds as Real: seconds(row.clock.map(|clock| clock.offset)),
    clock_offset_spread as Real: seconds(row.clock.map(|clock| clock.spread)),
    clock_offset_basis: TableCell::Word(row.clock.map_or("", |clock| ClockBasis::word(clock.basis))),
    clock_offset_pairs as Unsigned: number(row.clock.map(|clock| clock.pairs)),
    flags: TableCell::LazyText(&list(&row.flags)),
} }
