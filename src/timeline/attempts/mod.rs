//! Failed logons, refused credentials and explicit credentials of one boot.
//!
//! Input: the Security records of a boot, and its complete sessions. Output: the rows of
//! attempts.csv, and findings.
//!
//! [`bursts`] joins similar attempts that follow each other into one row, [`success`] finds the
//! session that followed, and [`guessing`] reports what looks like password guessing.
//!
//! Example: three 4625 of alice from 10.0.0.5 within a minute, and a 4624 of alice from 10.0.0.5
//! two minutes later: one row with the count 3, and the session of that 4624.

mod bursts;
mod guessing;
mod success;

use super::boot::context::BootContext;
use super::sessions::Sessions;
use crate::model::{
    Accounting, Attempt, Channel, Event, Finding, Flag, LogonId, Moment, SessionKey,
};
use bursts::Burst;
use success::Successes;

/// The result for the attempts of a boot.
#[derive(Default)]
pub(crate) struct BootAttempts {
    /// The rows, in the order of their first records.
    pub(crate) rows: Vec<Attempt>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) accounting: Accounting,
}

/// Finds the attempts of a boot whose sessions are complete.
pub(crate) fn of_boot(context: &BootContext<'_>, sessions: &Sessions<'_>) -> BootAttempts {
    let mut accounting = Accounting::default();
    let events = context.records.of(Channel::Security);
    let bursts = bursts::find(events, context, &mut accounting);
    if bursts.is_empty() {
        return BootAttempts { accounting, ..BootAttempts::default() };
    }
    let successes = Successes::of(&bursts, sessions, context);
    let row = |burst: &Burst<'_>| row(burst, sessions, &successes, context);
    let rows: Vec<Attempt> = bursts.iter().map(row).collect();
    let mut findings = guessing::passwords(events, &bursts, context);
    findings.extend(guessing::successes(&bursts, &successes, context));
    BootAttempts { rows, findings, accounting }
}

/// The row of a burst.
fn row(
    burst: &Burst<'_>,
    sessions: &Sessions<'_>,
    successes: &Successes<'_>,
    context: &BootContext<'_>,
) -> Attempt {
    let subject = burst.detail.subject().map(|(_, id)| id);
    let is_doubtful = context.facts.doubtful.includes(burst.first);
    Attempt {
        boot_epoch: context.boot.number(),
        detail: burst.detail.clone(),
        port: burst.port,
        count: burst.count,
        first: Moment::from(burst.first),
        last: Moment::from(burst.last),
        session: subject.and_then(|id| asking_session(id, burst.first, sessions)),
        success: successes.after(burst),
        flags: is_doubtful.then_some(Flag::BootUncertain).into_iter().collect(),
    }
}

/// The session with this Logon ID that existed at this record; if none had begun, the first one.
fn asking_session(id: LogonId, at: &Event, sessions: &Sessions<'_>) -> Option<SessionKey> {
    let known = Some(id).filter(|id| !id.is_well_known());
    sessions.get(sessions.find_at(known?, at.record_id)?).session.key()
}
