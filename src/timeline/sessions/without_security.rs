//! Sessions that only the Local Session Manager or Winlogon recorded. If Security has nothing of
//! their time, there is no Logon ID, but it is known who was logged on and when.
//!
//! Input: the Terminal Services sessions of a boot, and the sessions of Security. Output: the
//! sessions that Security does not have.
//!
//! Example: Security begins at 12:00. The Local Session Manager has 21 of alice at 09:00 and 23 of
//! alice at 11:00: a session of alice from 09:00 to 11:00, without a Logon ID.

use super::builder::{Origin, SessionBuilder, SessionWithoutSecurity, blank};
use super::list::Sessions;
use super::numbers_given_again::NumbersGivenAgain;
use super::{attachments, clock_corrections};
use crate::model::event::Client;
use crate::model::session::{Basis, Confidence, End, StartCause};
use crate::model::{
    Account, Channel, Citation, EndCause, Event, Flag, Moment, Session, SessionClass, Span,
    Timestamp,
};
use crate::timeline::boot::adjusted_clock::AdjustedClock;
use crate::timeline::boot::context::BootContext;
use crate::timeline::boot::terminal_sessions::TerminalSession;
use crate::timeline::timing::{
    CHANNELS_APART, JITTER, SAME_KERNEL_START, SAME_LOGOFF, SESSION_MANAGER_LOGON,
    TERMINATED_AFTER_LOGOFF,
};
use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Adds the sessions of a boot that Security does not cover. If Security has no record of the boot,
/// these are all. Otherwise they are the sessions that began before its first record of the boot
/// and of which it has no record, and those that began after its last record.
pub(super) fn add(sessions: &mut Sessions<'_>, context: &BootContext<'_>) {
    let clock = &context.clock;
    // What may be of another boot covers nothing of this one.
    let is_sure = |(first, _): &(&Event, &Event)| !context.facts.doubtful.includes(first);
    let of_security = context.facts.security.filter(is_sure);
    let of_security = of_security.map(|(first, last)| (clock.time(first), clock.time(last)));
    let is_assigned: BTreeSet<usize> =
        sessions.iter().filter_map(|(_, builder)| builder.terminal).collect();
    let numbers = NumbersGivenAgain::of(context);
    let desktops = Desktops::of(sessions, context);
    let mut found = Vec::new();
    for (number, terminal) in context.terminal_sessions.iter().enumerate() {
        let time = |event: Option<&Event>| event.map(|event| clock.time(event));
        let (from, until) = (time(terminal.start), time(terminal.end));
        let flag = match of_security {
            _ if from.is_none() && until.is_none() => None,
            _ if is_assigned.contains(&number) => None,
            None => {
                let may_be_its = |one: &SessionBuilder<'_>| !is_first_seen_after(one, until, clock);
                let is_known = desktops.has_records(terminal, may_be_its)
                    || from.is_none() && desktops.has_logoff(terminal);
                (!is_known).then_some(Flag::NoSecurityLog)
            }
            // The boot continues without Security, so the records of Security from that time are
            // missing.
            Some((_, last)) if context.facts.audit_stop.is_none() && begins_after(last, from) => {
                Some(Flag::AfterSecurityLog)
            }
            Some(_) if context.is_audited_from_start() => None,
            Some((first, _)) => {
                let had_ended = until.is_some_and(|until| first.since(until) > SAME_LOGOFF);
                // The 21 may come half a minute after the 4624, and the other records of the logon at once.
                let logon = time(terminal.start.and(terminal.first_of_logon()));
                let had_begun = logon.is_some_and(|logon| logon < first);
                // The session may have been terminated some time after its user logged off.
                let is_late = |one: &SessionBuilder<'_>| {
                    is_late_termination(one, until, clock) || is_same_logoff(one, terminal)
                };
                let is_without_security = had_ended && !desktops.has_records(terminal, is_late)
                    || had_begun && {
                        let covered = covered_until(terminal, context);
                        let is_its =
                            |one: &SessionBuilder<'_>| may_be_same(one, terminal, covered, clock);
                        !desktops.has_records(terminal, is_its)
                    };
                is_without_security.then_some(Flag::BeforeSecurityLog)
            }
        };
        if let Some(flag) = flag {
            let mut session = session(terminal, flag, &numbers, context);
            if let Some(next) = numbers.hidden_boot_after(terminal, context) {
                end_before(&mut session, terminal, next);
            }
            found.push(SessionWithoutSecurity { session, terminal: number, from, until });
        }
    }
    sessions.without_security = found;
}

/// Did the session begin so long after the last record of Security that no 4624 there is its logon?
fn begins_after(last: Timestamp, from: Option<Timestamp>) -> bool {
    from.is_some_and(|from| from.since(last) > SESSION_MANAGER_LOGON.longest())
}

/// Was this desktop, which may be of another boot, first seen after a session was left? Then it is another one.
fn is_first_seen_after(
    one: &SessionBuilder<'_>,
    until: Option<Timestamp>,
    clock: &AdjustedClock,
) -> bool {
    let lag = until.map(|until| clock.time(one.first).since(until));
    lag.is_some_and(|lag| lag > TERMINATED_AFTER_LOGOFF.longest())
}

/// Is a 4634 the only record that Security has of this session, so soon after the logoff that both
/// may be of the same session?
fn is_late_termination(
    one: &SessionBuilder<'_>,
    until: Option<Timestamp>,
    clock: &AdjustedClock,
) -> bool {
    let session = &one.session;
    let terminated = session.terminated.as_ref().filter(|_| session.initiated.is_none());
    let lag = terminated.zip(until).map(|(moment, until)| clock.moment(moment).since(until));
    lag.is_some_and(|lag| TERMINATED_AFTER_LOGOFF.contains(lag))
}

/// Of a session that has no logoff: the time until which System would have its 7002.
fn covered_until(terminal: &TerminalSession<'_>, context: &BootContext<'_>) -> Option<Timestamp> {
    let is_covered = terminal.end.is_none() && is_covered_by_system(terminal, context);
    let (_, last) = context.facts.system.filter(|_| is_covered)?;
    Some(context.clock.time(last))
}

/// May this session of Security, which began before its log, be the same as this one? Not if it is another
/// Terminal Services session, or was left at another time, or was left while System, which has records up to
/// `covered`, shows no logoff of this one. A crash removes the last records.
fn may_be_same(
    one: &SessionBuilder<'_>,
    terminal: &TerminalSession<'_>,
    covered: Option<Timestamp>,
    clock: &AdjustedClock,
) -> bool {
    if one.terminal.is_some() {
        return false;
    }
    let Some(left) = one.session.initiated.as_ref().or(one.session.terminated.as_ref()) else {
        return true;
    };
    match terminal.end.map(|end| clock.time(end)) {
        Some(until) => {
            is_late_termination(one, Some(until), clock) || is_same_logoff(one, terminal)
        }
        None => covered.is_none_or(|last| last.since(clock.moment(left)) <= SAME_LOGOFF),
    }
}

/// Has Security the logoff of this session, by the raw times? If the clock was set in between and
/// the record of that is lost, the adjusted times differ.
fn is_same_logoff(one: &SessionBuilder<'_>, terminal: &TerminalSession<'_>) -> bool {
    let left = one.session.initiated.as_ref().or(one.session.terminated.as_ref());
    let both = left.zip(terminal.end);
    both.is_some_and(|(left, end)| end.time.since(left.time).abs() <= SAME_LOGOFF)
}

/// The desktops of Security that may be sessions which other channels show too.
struct Desktops<'s, 'a> {
    all: Vec<&'s SessionBuilder<'a>>,
    /// Those that began before the log does.
    headless: Vec<Headless<'s, 'a>>,
}

/// A desktop of Security that began before the log does.
struct Headless<'s, 'a> {
    builder: &'s SessionBuilder<'a>,
    /// 4778 and 4779 give no SID. If its records give none: whose session it may be.
    without_sid: Option<MayBeOf<'s, 'a>>,
}

/// Whose session a desktop may be whose records give a name and no SID.
enum MayBeOf<'s, 'a> {
    /// Other sessions of Security have the name: these accounts.
    Known(Vec<&'s Account>),
    /// Winlogon gives no name. The SIDs of the sessions that it alone recorded, and that were open then: at most two.
    Unnamed(Vec<&'a str>),
}

impl<'s, 'a> Desktops<'s, 'a> {
    fn of(sessions: &'s Sessions<'a>, context: &BootContext<'a>) -> Desktops<'s, 'a> {
        let all = sessions.iter().map(|(_, builder)| builder);
        let all: Vec<&SessionBuilder<'_>> = all.filter(|builder| builder.is_desktop()).collect();
        let accounts = LazyCell::new(|| accounts_of_names(sessions));
        let headless = all.iter().filter(|builder| builder.start.is_none()).map(|builder| {
            let account = &builder.session.account;
            let without_sid =
                account.sid.is_empty().then(|| match accounts.get(&account.user.to_lowercase()) {
                    Some(known) => MayBeOf::Known(known.clone()),
                    None => MayBeOf::Unnamed(unnamed_sids(builder, context)),
                });
            Headless { builder, without_sid }
        });
        Desktops { headless: headless.collect(), all }
    }

    /// Has Security the logoff of this session, as that of a desktop of the same account?
    fn has_logoff(&self, terminal: &TerminalSession<'_>) -> bool {
        self.all.iter().any(|builder| {
            terminal.is_of(&builder.session.account) && is_same_logoff(builder, terminal)
        })
    }

    /// Has Security a record of a desktop of this account that began before the log does, and for
    /// which `is_its` is true? That may be the same session.
    fn has_records(
        &self,
        terminal: &TerminalSession<'_>,
        is_its: impl Fn(&SessionBuilder<'_>) -> bool,
    ) -> bool {
        self.headless.iter().any(|one| one.may_be_of(terminal) && is_its(one.builder))
    }
}

impl Headless<'_, '_> {
    /// May it be a session of the account of this Terminal Services session?
    fn may_be_of(&self, terminal: &TerminalSession<'_>) -> bool {
        terminal.is_of(&self.builder.session.account)
            || match &self.without_sid {
                None => false,
                Some(MayBeOf::Known(accounts)) => {
                    accounts.iter().any(|account| terminal.is_of(account))
                }
                // Of several accounts that may have this name, only one has it.
                Some(MayBeOf::Unnamed(sids)) => {
                    may_be_unnamed(self.builder, terminal) && **sids == [terminal.sid]
                }
            }
    }
}

/// The accounts of Security that have a SID, by their names in small letters.
fn accounts_of_names<'s>(sessions: &'s Sessions<'_>) -> BTreeMap<String, Vec<&'s Account>> {
    let mut accounts: BTreeMap<String, Vec<&Account>> = BTreeMap::new();
    let mut seen: BTreeSet<*const Account> = BTreeSet::new();
    let all = sessions.iter().map(|(_, builder)| &builder.session.account);
    // Sessions of one account share it in memory.
    for account in all.filter(|one| !one.sid.is_empty() && seen.insert(Arc::as_ptr(one))) {
        let known = accounts.entry(account.user.to_lowercase()).or_default();
        if known.iter().all(|one| one.sid != account.sid) {
            known.push(account);
        }
    }
    accounts
}

/// The SIDs of the sessions that only Winlogon recorded, and that may be this desktop: at most two, because two say
/// already that nobody knows.
fn unnamed_sids<'a>(builder: &SessionBuilder<'_>, context: &BootContext<'a>) -> Vec<&'a str> {
    let mut sids = Vec::new();
    for one in context.terminal_sessions.iter().filter(|one| may_be_unnamed(builder, one)) {
        if !sids.contains(&one.sid) {
            sids.push(one.sid);
        }
        if sids.len() > 1 {
            break;
        }
    }
    sids
}

/// Did only Winlogon, which gives no name, record this Terminal Services session, and was it open when Security
/// first recorded this desktop?
fn may_be_unnamed(builder: &SessionBuilder<'_>, terminal: &TerminalSession<'_>) -> bool {
    terminal.user.is_empty() && is_within(builder, terminal)
}

/// Is the first record that Security has of a session between the logon and the logoff of this one,
/// by the raw times?
fn is_within(builder: &SessionBuilder<'_>, terminal: &TerminalSession<'_>) -> bool {
    let time = builder.first.time;
    terminal.start.is_none_or(|start| start.time <= time)
        && terminal.end.is_none_or(|end| time <= end.time)
}

/// Adds the attachments and the time in use, after the re-validations are known.
pub(super) fn finish(sessions: &mut Sessions<'_>, context: &BootContext<'_>) {
    sessions.without_security.iter_mut().for_each(|one| finish_session(one, context));
}

fn finish_session(one: &mut SessionWithoutSecurity, context: &BootContext<'_>) {
    let Some(terminal) = context.terminal_sessions.get(one.terminal) else { return };
    clock_corrections::correct_session(&mut one.session, None, context);
    clock_corrections::flag_unrecorded_step(&mut one.session);
    let seen = one.session.end.not_before;
    let seen = seen.map(|seen| context.clock.adjust(seen, Channel::System, u64::MAX));
    clock_corrections::flag_power_off(&mut one.session, one.from, one.until.or(seen), context);
    let changes = attachments::by_session_manager(terminal, &context.clock);
    let address = terminal.logon_address();
    attachments::attach_session(&mut one.session, address, changes, context);
}

/// Does System cover the time from the last record of this session to the end of the boot? Then it
/// would have its 7002.
fn is_covered_by_system(terminal: &TerminalSession<'_>, context: &BootContext<'_>) -> bool {
    let in_system = terminal.records.iter().rev().find(|event| event.channel == Channel::System);
    // If the session has no record in System: from the last record of System before its own last
    // record.
    let covered_from = in_system
        .copied()
        .or_else(|| context.last_of_system_at(context.clock.time(terminal.records.last()?)));
    covered_from.is_some_and(|event| !context.lacks_system_records_after(event.record_id))
}

/// The last time at which a session without a recorded end was certainly open: the last record of
/// its boot, unless the record of its end may be missing. If the session may be of another boot,
/// only its own last record shows it.
fn open_until(
    terminal: &TerminalSession<'_>,
    is_of_uncertain_boot: bool,
    context: &BootContext<'_>,
) -> Option<Timestamp> {
    let own = terminal.records.last()?;
    let is_in_system = terminal.records.iter().any(|event| event.channel == Channel::System);
    if is_of_uncertain_boot && !is_in_system {
        return Some(own.time);
    }
    let last = match context.facts.system {
        Some((_, last)) if is_covered_by_system(terminal, context) => last,
        _ if is_in_system => return None,
        _ => context.records.of(own.channel).last()?,
    };
    // A record that the kernel wrote at its start is older than every session, whatever its time.
    let kernel = context.start.and_then(|start| start.kernel);
    let is_of_start = last.is_kernel_start()
        && kernel.is_some_and(|kernel| last.time.since(kernel).abs() <= SAME_KERNEL_START);
    let is_later = !is_of_start && context.clock.time(last) > context.clock.time(own);
    Some(if is_later { last.time } else { own.time })
}

/// If records of System are missing after this session: the time of the last record before them. By then
/// it was certainly open, because System has no 7002 of it.
fn open_until_gap(terminal: &TerminalSession<'_>, context: &BootContext<'_>) -> Option<Timestamp> {
    let own = terminal.records.last()?;
    let in_system = terminal.records.iter().rfind(|event| event.channel == Channel::System)?;
    let last = context.system_covers_until(in_system)?;
    let is_later = context.clock.time(last) > context.clock.time(own);
    is_later.then_some(last.time)
}

/// May the session belong to another boot than this one? A record of it in System may be doubtful.
/// A session that only the Local Session Manager shows was assigned to its boot by the clock, and
/// nothing shows the boots that ran before this one or after the last record of Security and
/// System. It is not certain either if an earlier session has the same number.
fn is_of_uncertain_boot(
    terminal: &TerminalSession<'_>,
    flag: Flag,
    numbers: &NumbersGivenAgain<'_>,
    context: &BootContext<'_>,
) -> bool {
    let (facts, clock) = (context.facts, &context.clock);
    if terminal.records.iter().any(|event| event.channel == Channel::System) {
        return terminal.records.iter().any(|event| facts.doubtful.includes(event));
    }
    let Some(first) = terminal.records.first().map(|event| clock.time(event)) else { return false };
    let begun =
        context.start.and_then(|start| start.time_record.as_ref()).map(|event| clock.time(event));
    let last = [facts.security, facts.system].into_iter().flatten();
    let last = last.map(|(_, last)| clock.time(last)).max();
    // If Security ends earlier, the start of another boot may be among the records that it lacks.
    let apart = if flag == Flag::AfterSecurityLog { Span(0) } else { CHANNELS_APART };
    numbers.is_given_again(terminal, context)
        || begun.is_some_and(|begun| begun.since(first) > JITTER)
        || context.start.is_some() && last.is_some_and(|last| first.since(last) > apart)
}

/// Ends a session of which no end is known before the first record of a later boot. It was open at its own last
/// record.
fn end_before(session: &mut Session, terminal: &TerminalSession<'_>, next: &Event) {
    let own = terminal.records.last().map(|event| event.time);
    let is_unknown = session.end.time.is_none();
    if let Some(own) = own.filter(|own| is_unknown && *own <= next.time) {
        session.end = End {
            time: Some(own),
            basis: Some(Basis::Bounded),
            cause: EndCause::EpochEnd,
            confidence: Confidence::VeryLow,
            not_before: Some(own),
            not_after: Some(next.time),
            record: None,
        };
        session.evidence.push(Citation::from(next));
    }
}

/// Makes the row of a session from its Terminal Services session.
fn session(
    terminal: &TerminalSession<'_>,
    flag: Flag,
    numbers: &NumbersGivenAgain<'_>,
    context: &BootContext<'_>,
) -> Session {
    let (domain, user) = terminal.user.split_once('\\').unwrap_or(("", terminal.user));
    let account = Account { sid: terminal.sid.into(), user: user.into(), domain: domain.into() };
    let mut session = blank(context.boot, None, Arc::new(account), Origin::default());
    session.start = terminal.start.map(Moment::from);
    session.start_cause = StartCause::Inferred;
    let address = terminal.client_address();
    let is_remote = address.is_some();
    session.class = if is_remote { SessionClass::RemoteDesktop } else { SessionClass::Desktop };
    let ip = address.unwrap_or_default();
    session.client = Arc::new(Client { ip: ip.into(), workstation: "".into() });
    session.evidence = terminal.records.iter().map(|event| Citation::from(*event)).collect();
    session.flags.push(flag);
    let is_uncertain = is_of_uncertain_boot(terminal, flag, numbers, context)
        || numbers.hidden_boot_may_begin_after(terminal, context);
    if is_uncertain {
        session.flags.push(Flag::BootUncertain);
    }
    session.end = match terminal.end_by_logoff(context.facts.doubtful) {
        Some(end) => end,
        // Before the first known boot there may have been several boots: the end of the last one
        // says nothing about this session.
        None if context.start.is_none()
            && context.ending.is_known()
            && !is_covered_by_system(terminal, context) =>
        {
            End::unknown(EndCause::Censored, terminal.records.last().map(|event| event.time))
        }
        None => {
            let own = terminal.records.last().map(|event| event.time);
            let mut in_system =
                terminal.records.iter().filter(|event| event.channel == Channel::System);
            let begun = in_system.next().map(|event| event.record_id);
            let seen = open_until(terminal, is_uncertain, context);
            let logon = terminal.start.map(|event| event.time);
            let end = context.ending.of_session_without_security(begun, logon, own, seen);
            let covered = open_until_gap(terminal, context).filter(|_| seen.is_none());
            End { not_before: covered.or(end.not_before), ..end }
        }
    };
    session
}
