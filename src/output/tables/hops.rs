//! hops.csv: where each session came from.

use super::row::{TableCell, columns, number, seconds};
use crate::model::append::list;
use crate::model::{Confidence, Hop};

fn word<'a>(confidence: Option<Confidence>) -> TableCell<'a> {
    TableCell::Word(confidence.map_or("", Confidence::word))
}

columns! { row: &'a Hop => {
    target_session: TableCell::Text(&row.target_session),
    target_computer: TableCell::Text(&row.target_computer),
    time: TableCell::Time(row.time),
    user_name: TableCell::Text(&row.account.user),
    user_domain: TableCell::Text(&row.account.domain),
    user_sid: TableCell::Text(&row.account.sid),
    logon_type as Unsigned: number(row.logon_type),
    source_computer: TableCell::Text(&row.source_computer),
    source_session: TableCell::Text(&row.source_session),
    source_user: TableCell::Text(&row.source_user),
    source_address: TableCell::Text(&row.source_address),
    source_port as Unsigned: number((row.source_port > 0).then_some(row.source_port)),
    claimed_name: TableCell::Text(&row.claimed_name),
    basis: TableCell::LazyText(&list(&row.basis)),
    host_confidence: word(row.host_confidence),
    session_confidence: word(row.session_confidence),
    lag_seconds as Real: seconds(row.lag),
    lag_corrected as Real: seconds(row.lag_corrected),
    group as Unsigned: number(row.group),
    hop_number as Unsigned: number(row.hop_number),
    candidates: TableCell::LazyText(&list(&row.candidates)),
    evidence: TableCell::LazyText(&list(&row.evidence)),
    flags: TableCell::LazyText(&list(&row.flags)),
} }
