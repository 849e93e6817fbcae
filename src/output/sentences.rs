//! The rows of timeline.csv that are of no session, as sentences.

use super::lazy_text::LazyText;
use crate::model::session::{MilestoneKind, logon_type_name};
use crate::model::{Attempt, AttemptDetail, Boot, Host, Milestone};
use std::fmt::{self, Display, Formatter};

/// The start or the end of a boot: `FS01 started (boot 12)`.
pub(crate) fn of_boot<'a>(
    host: &'a Host,
    boot: &'a Boot,
    milestone: Milestone,
) -> impl Display + use<'a> {
    let (computer, epoch) = (&host.computer, boot.epoch);
    LazyText(move |f: &mut Formatter<'_>| match milestone.kind {
        MilestoneKind::BootStart => write!(f, "{computer} started (boot {epoch})"),
        MilestoneKind::Crash => {
            write!(f, "{computer} went down without a shutdown (boot {epoch})")?;
            match (boot.end_not_before, boot.end_not_after) {
                (Some(from), Some(to)) => write!(f, " between {from} and {to}"),
                _ => Ok(()),
            }
        }
        _ => {
            write!(f, "{computer} went down (boot {epoch}): {}", boot.end_cause)?;
            match &*boot.requested_by {
                "" => Ok(()),
                who => write!(f, " by {who}"),
            }
        }
    })
}

/// A row of attempts.csv: `A logon of CONTOSO\bob to FS01 failed: the password is wrong (Network, from
/// 10.0.0.5)`.
pub(crate) fn of_attempt<'a>(host: &'a Host, attempt: &'a Attempt) -> impl Display + use<'a> {
    LazyText(move |f: &mut Formatter<'_>| {
        write_what(host, attempt, f)?;
        if attempt.count > 1 {
            write!(f, ", {} times until {}", attempt.count, attempt.last.time)?;
        }
        if let Some(reason) = attempt.reason() {
            match reason.words() {
                "" => write!(f, ": status {reason}")?,
                words => write!(f, ": {words}")?,
            }
        }
        write_details(attempt, f)
    })
}

fn write_what(host: &Host, attempt: &Attempt, f: &mut Formatter<'_>) -> fmt::Result {
    let (computer, account) = (&host.computer, attempt.detail.account());
    match &attempt.detail {
        AttemptDetail::FailedLogon(_) => write!(f, "A logon of {account} to {computer} failed"),
        AttemptDetail::RefusedCredentials(_) => {
            write!(f, "{computer} refused credentials of {account}")
        }
        AttemptDetail::ExplicitCredentials(used) => {
            let server = match &*used.target_server {
                "" => "an unknown server",
                server => server,
            };
            write!(f, "{} on {computer} used credentials of {account} for {server}", used.subject)
        }
    }
}

/// ` (Network, from 10.0.0.5)`
fn write_details(attempt: &Attempt, f: &mut Formatter<'_>) -> fmt::Result {
    let detail = &attempt.detail;
    let kind = detail.logon_type().map_or("", logon_type_name);
    let source = detail.source().unwrap_or_default();
    match (kind, source) {
        ("", "") => Ok(()),
        (kind, "") => write!(f, " ({kind})"),
        ("", source) => write!(f, " (from {source})"),
        (kind, source) => write!(f, " ({kind}, from {source})"),
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
            r"DC01.contoso.local went down (boot 2): restart by CONTOSO\alice"
        );
    }
}
