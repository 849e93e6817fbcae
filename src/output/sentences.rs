//! The rows of timeline.csv that are of no session, as sentences.

use crate::model::append::{LazyText, append};
use crate::model::session::{MilestoneKind, logon_type_name};
use crate::model::{Attempt, AttemptDetail, Boot, Host, Milestone};

/// The start or the end of a boot: `FS01 started (boot 12)`.
pub(crate) fn of_boot<'a>(
    host: &'a Host,
    boot: &'a Boot,
    milestone: Milestone,
) -> LazyText<impl Fn(&mut Vec<u8>) + use<'a>> {
    let (computer, epoch) = (&host.computer, boot.epoch);
    LazyText(move |out: &mut Vec<u8>| match milestone.kind {
        MilestoneKind::BootStart => append!(out, computer, " started (boot ", epoch, ")"),
        MilestoneKind::Crash => {
            append!(out, computer, " stopped without a shutdown (boot ", epoch, ")");
            if let (Some(from), Some(to)) = (boot.end_not_before, boot.end_not_after) {
                append!(out, " between ", from, " and ", to);
            }
        }
        _ => {
            append!(out, computer, " ended boot ", epoch, ": ", boot.end_cause);
            if !boot.requested_by.is_empty() {
                append!(out, " by ", boot.requested_by);
            }
        }
    })
}

/// A row of attempts.csv: `A logon of CONTOSO\bob to FS01 failed: the password is wrong (Network, from
/// 10.0.0.5)`.
pub(crate) fn of_attempt<'a>(
    host: &'a Host,
    attempt: &'a Attempt,
) -> LazyText<impl Fn(&mut Vec<u8>) + use<'a>> {
    LazyText(move |out: &mut Vec<u8>| {
        append_what(host, attempt, out);
        if attempt.count > 1 {
            append!(out, ", ", attempt.count, " times until ", attempt.last.time);
        }
        if let Some(reason) = attempt.reason() {
            match reason.words() {
                "" => append!(out, ": status ", reason),
                words => append!(out, ": ", words),
            }
        }
        append_details(attempt, out);
    })
}

fn append_what(host: &Host, attempt: &Attempt, out: &mut Vec<u8>) {
    let (computer, account) = (&host.computer, attempt.detail.account());
    match &attempt.detail {
        AttemptDetail::FailedLogon(_) => {
            append!(out, "A logon of ", account, " to ", computer, " failed");
        }
        AttemptDetail::RefusedCredentials(_) => {
            append!(out, computer, " refused credentials of ", account);
        }
        AttemptDetail::ExplicitCredentials(used) => {
            let server = match &*used.target_server {
                "" => "an unknown server",
                server => server,
            };
            append!(out, used.subject, " on ", computer, " used credentials of ", account);
            append!(out, " for ", server);
        }
    }
}

/// ` (Network, from 10.0.0.5)`
fn append_details(attempt: &Attempt, out: &mut Vec<u8>) {
    let detail = &attempt.detail;
    let kind = detail.logon_type().map_or("", logon_type_name);
    let source = detail.source().unwrap_or_default();
    match (kind, source) {
        ("", "") => {}
        (kind, "") => append!(out, " (", kind, ")"),
        ("", source) => append!(out, " (from ", source, ")"),
        (kind, source) => append!(out, " (", kind, ", from ", source, ")"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::sample;

    #[test]
    fn rows_without_a_session_read_well() {
        let mut host = sample::report().hosts.remove(0);
        let of = |attempt: &Attempt| of_attempt(&host, attempt).to_string();
        assert_eq!(
            of(&sample::failed_logons("bob", 1)),
            r"A logon of CONTOSO\bob to DC01.contoso.local failed: the password is wrong (Network, from 10.0.0.5)"
        );
        assert_eq!(
            of(&sample::failed_logons("bob", 3)),
            r"A logon of CONTOSO\bob to DC01.contoso.local failed, 3 times until 2015-09-09T02:55:02.0000000Z: the password is wrong (Network, from 10.0.0.5)"
        );
        assert_eq!(
            of(&sample::explicit_credentials()),
            r"CONTOSO\dadmin on DC01.contoso.local used credentials of CONTOSO\eve for FS01"
        );
        let boot = host.boots.remove(0);
        let say = |milestone: Milestone| of_boot(&host, &boot, milestone).to_string();
        assert_eq!(say(boot.begin().unwrap()), "DC01.contoso.local started (boot 2)");
        assert_eq!(
            say(boot.finish().unwrap()),
            r"DC01.contoso.local ended boot 2: restart by CONTOSO\alice"
        );
    }
}
