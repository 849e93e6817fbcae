//! What the tables, the terminal and the page say in words about a session or a boot.

use crate::model::append::{self, AppendText, LazyText, append};
use crate::model::event::Client;
use crate::model::session::{AttachmentKind, Basis, MilestoneKind, StartCause, logon_type_name};
use crate::model::{
    Boot, BootEnd, Channel, Citation, EndCause, Flag, Host, InferredBy, Milestone, Session,
    SessionClass, Timestamp,
};
use std::fmt;

/// Where the client was: its address, else its name, else nothing.
///
/// A 4624 of a logon at the console gives the loopback address, and one of any logon but those over the
/// network gives the name of the computer itself: neither is a client. At the console that holds for any
/// name: one that no record has is a name from before the log.
pub(crate) fn source<'a>(host: &Host, session: &'a Session) -> &'a str {
    let client = &session.client;
    let is_at_console = matches!(session.logon_type, Some(2 | 7 | 11 | 13))
        && matches!(&*client.ip, "127.0.0.1" | "::1");
    let is_over_network = matches!(session.logon_type, Some(3 | 8));
    if !client.ip.is_empty() && !is_at_console {
        &client.ip
    } else if session.class == SessionClass::Desktop
        || !is_over_network && host.has_label(&client.workstation)
    {
        ""
    } else {
        &client.workstation
    }
}

/// The class of a session as the terminal and the page name it: `desktop` where no record says whether it was
/// used at the console.
pub(crate) fn class_of(session: &Session) -> &'static str {
    match session.class {
        SessionClass::Desktop if !session.is_of_unknown_desktop() => {
            attachment_name(AttachmentKind::Console)
        }
        SessionClass::RemoteDesktop => attachment_name(AttachmentKind::Rdp),
        class => class.word(),
    }
}

/// To what a session was attached, as the terminal and the page name it.
pub(crate) fn attachment_name(kind: AttachmentKind) -> &'static str {
    match kind {
        AttachmentKind::Console => "console",
        AttachmentKind::Rdp => "RDP",
    }
}

/// Whether it is a session that a reader asks for first.
pub(crate) fn is_person(session: &Session) -> bool {
    session.is_of_person()
}

/// An event of a boot's end as examiners call it: `Kernel-Power 109`, `EventLog 6008`, `1100`.
pub(crate) fn event_name(record: &Citation) -> String {
    let provider = match (&record.channel, record.event_id) {
        (Channel::System, 12 | 13) => "Kernel-General ",
        (Channel::System, 41 | 42 | 107 | 109) => "Kernel-Power ",
        (Channel::System, 6005..=6013) => "EventLog ",
        _ => "",
    };
    format!("{provider}{}", record.event_id)
}

/// One milestone as a sentence: of a session, or of the computer. `client` is the one that a session was
/// attached to.
pub(crate) fn sentence(
    host: &Host,
    session: Option<&Session>,
    milestone: &Milestone,
    client: Option<&Client>,
) -> LazyText<impl Fn(&mut Vec<u8>)> {
    let computer = &host.computer;
    let verb = match milestone.kind {
        MilestoneKind::Start => Some("logged on to"),
        MilestoneKind::Reconnected => Some("reconnected to"),
        MilestoneKind::Disconnected => Some("disconnected from"),
        MilestoneKind::Locked => Some("locked"),
        MilestoneKind::Unlocked => Some("unlocked"),
        MilestoneKind::ScreenSaverOn => Some("was idle: the screen saver started on"),
        MilestoneKind::ScreenSaverOff => Some("was back: the screen saver ended on"),
        MilestoneKind::Revalidated => Some("authenticated again on"),
        MilestoneKind::InitiatedLogoff => Some("began to log off from"),
        MilestoneKind::Terminated => None,
        MilestoneKind::Off => Some("was switched off (Fast Startup or hibernation)"),
        MilestoneKind::On => Some("was on again (Fast Startup or hibernation)"),
        MilestoneKind::Asleep => Some("went to sleep"),
        MilestoneKind::Awake => Some("woke up"),
        // These are of no session: `sentences` has their words.
        MilestoneKind::BootStart
        | MilestoneKind::BootEnd
        | MilestoneKind::Crash
        | MilestoneKind::LogCleared
        | MilestoneKind::ClockStep
        | MilestoneKind::FailedLogon
        | MilestoneKind::RefusedCredentials
        | MilestoneKind::ExplicitCredentials => None,
    };
    LazyText(move |out: &mut Vec<u8>| {
        let Some(session) = session else {
            append!(out, computer, " ", verb);
            return;
        };
        let account = &session.account;
        match verb {
            Some(verb) => append!(out, account, " ", verb, " ", computer),
            None => {
                append!(out, "The session of ", account, " on ", computer, " ");
                append_end(host, session, milestone.basis, out);
            }
        }
        let source = match milestone.kind {
            MilestoneKind::Start => source(host, session),
            MilestoneKind::Reconnected => client.map_or("", |client| &client.ip),
            _ => "",
        };
        if !source.is_empty() {
            append!(out, " from ", source);
        }
        append_details(session, out);
    })
}

fn append_end(host: &Host, session: &Session, basis: Basis, out: &mut Vec<u8>) {
    let computer = &host.computer;
    match (basis, session.end.cause) {
        (Basis::Logged, _) => return append!(out, "was terminated"),
        (_, EndCause::Inherited) => return append!(out, "ended together with its linked session"),
        (_, EndCause::Shutdown) => return append!(out, "had ended when ", computer, " shut down"),
        (_, EndCause::Lost) => {
            append!(
                out,
                "had ended when ",
                computer,
                " shut down; the record of its logoff may be lost"
            );
            return;
        }
        (_, EndCause::Crash) => append!(out, "ended with a crash of ", computer),
        (_, EndCause::EpochEnd) => append!(out, "ended before the next boot of ", computer),
        _ => append!(out, "ended"),
    }
    if let (Some(from), Some(to)) =
        (session.end.not_before.or(session.end.time), session.end.not_after)
    {
        append!(out, " between ", from, " and ", to);
    }
}

/// ` (Interactive, Logon ID 0x29b379)`
fn append_details(session: &Session, out: &mut Vec<u8>) {
    let kind = session.logon_type.map_or("", logon_type_name);
    let kind = if kind.is_empty() { session.class.word() } else { kind };
    append!(out, " (", kind);
    if let Some(id) = session.logon_id {
        append!(out, ", Logon ID ", id);
    }
    append!(out, ")");
}

/// What a reader of one row must know: why the session lacks other rows, the rule by which this row was
/// inferred, and the session's flags.
pub(crate) fn notes(
    session: &Session,
    milestone: &Milestone,
) -> impl Iterator<Item = Note> + Clone {
    let rule = match (milestone.basis, milestone.kind) {
        (Basis::Logged, _) => None,
        (_, MilestoneKind::Start) => session.start_inferred_by(),
        (_, MilestoneKind::Terminated) => session.end_inferred_by(),
        _ => None,
    };
    let start = match session.start_cause {
        StartCause::Exact => None,
        StartCause::BeforeLog => Some("began before the log"),
        StartCause::Missing4624 => {
            Some("no logon record (4624), although the log has the start of its boot")
        }
        StartCause::Inferred => Some("start known only from another channel"),
    };
    let end = match session.end.cause {
        _ if session.has_end_milestone() => None,
        EndCause::Open => Some("still open at the end of the log"),
        EndCause::Initiated => Some("no termination record (4634); logoff was initiated"),
        EndCause::Censored => Some("end unknown: records are missing"),
        EndCause::Crash => Some("end unknown: crash"),
        _ => Some("time of the end unknown"),
    };
    let flags = session.flags.iter().copied().map(Note::Flag);
    let rule = rule.map(Note::InferredBy);
    start.into_iter().chain(end).map(Note::Sentence).chain(rule).chain(flags)
}

/// What a reader must know about a session.
#[derive(Clone, Copy)]
pub(crate) enum Note {
    /// Why it lacks a row.
    Sentence(&'static str),
    /// The rule by which the row was inferred.
    InferredBy(InferredBy),
    /// One of its flags.
    Flag(Flag),
}

impl AppendText for Note {
    fn append_to(&self, out: &mut Vec<u8>) {
        match self {
            Note::Sentence(text) => append!(out, text),
            Note::InferredBy(rule) => append!(out, "inferred by ", rule),
            Note::Flag(flag) => append!(out, flag),
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        append::print(self, f)
    }
}

/// How a session ended, in a few words, and what makes its times not comparable; `time` writes a moment.
pub(crate) fn ending(session: &Session, time: impl Fn(Timestamp) -> String) -> String {
    let marks = [
        (Flag::ClockStepWithin, "; the clock was set meanwhile"),
        (Flag::PowerOffWithin, "; the power was off meanwhile"),
        (Flag::Watched, "; on the watch list"),
    ];
    let marks = marks.into_iter().filter(|(flag, _)| session.flags.contains(flag));
    marks.fold(cause(session, time), |text, (_, mark)| text + mark)
}

fn cause(session: &Session, time: impl Fn(Timestamp) -> String) -> String {
    let initiated = session.initiated.as_ref().map(|moment| time(moment.time));
    let until = session.end.not_after.map_or(String::new(), &time);
    match session.end.cause {
        EndCause::Terminated => match initiated {
            Some(at) => format!("logged off (initiated {at})"),
            None => "logged off".into(),
        },
        EndCause::Initiated => "logged off; no termination record".into(),
        EndCause::Inherited => "ended together with its linked session".into(),
        EndCause::Shutdown => "ended at the shutdown".into(),
        EndCause::Lost => {
            "ended at the shutdown or before; the record of its logoff may be lost".into()
        }
        EndCause::Crash if until.is_empty() => "crash".into(),
        EndCause::Crash => format!("crash, by {until}"),
        EndCause::EpochEnd if until.is_empty() => "gone by the next boot".into(),
        EndCause::EpochEnd => format!("gone by the next boot, {until}"),
        EndCause::Open => "still open at the end of the log".into(),
        EndCause::Censored => "end unknown: records are missing".into(),
    }
}

/// `≤` before an end that is the latest possible, `≥` before one that is the earliest.
pub(crate) fn end_mark(session: &Session) -> &'static str {
    match session.end.basis {
        Some(Basis::Bounded) => "≥",
        Some(Basis::Inferred) => "≤",
        _ => "",
    }
}

/// A boot's span and how it ended, in a few words: by whose request, where it is known. `time` writes a moment.
pub(crate) fn boot_span(
    boot: &Boot,
    requested_by: &str,
    mut time: impl FnMut(Timestamp) -> String,
) -> String {
    let start = match boot.start {
        Some(start) => time(start),
        None if boot.epoch == 0 => "before the first known boot".into(),
        None => "?".into(),
    };
    let by = if requested_by.is_empty() { String::new() } else { format!(" by {requested_by}") };
    let mut moment = |value: Option<Timestamp>| value.map_or_else(|| "?".into(), &mut time);
    match boot.end_cause {
        BootEnd::LogEnd => match boot.last_reading() {
            last @ Some(_) => format!("{start} → the log ends {}", moment(last)),
            None => format!("{start} → the log ends"),
        },
        BootEnd::Crash | BootEnd::Unknown => {
            let what =
                if boot.end_cause == BootEnd::Crash { "crash" } else { "ended, not known how," };
            match (boot.end_not_before.or(boot.end), boot.end_not_after) {
                (None, None) => format!("{start} → {what}"),
                (from, None) => format!("{start} → {what} after {}", moment(from)),
                (from, to) => {
                    format!("{start} → {what} between {} and {}", moment(from), moment(to))
                }
            }
        }
        BootEnd::Shutdown | BootEnd::Restart | BootEnd::PowerOff => {
            format!("{start} → {}  {}{by}", moment(boot.end), boot.end_cause)
        }
    }
}

/// Hours and minutes, or seconds below a minute: `3:45`, `2d 3:45`, `12s`.
pub(crate) fn duration(span: crate::model::Span) -> String {
    let seconds = span.0 / crate::model::time::TICKS_PER_SECOND;
    let (sign, seconds) = (if seconds < 0 { "-" } else { "" }, seconds.unsigned_abs());
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{sign}{seconds}s"),
        (0, ..) => format!("{sign}{hours}:{minutes:02}"),
        _ => format!("{sign}{days}d {hours}:{minutes:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Span;
    use crate::model::sample;

    #[test]
    fn sentences_read_well() {
        let mut session = sample::full_session();
        let host = Host {
            computer: "DC01.contoso.local".into(),
            uid: Default::default(),
            boots: vec![],
            sessions: vec![],
            attempts: vec![],
            copies: Default::default(),
            account_names: Default::default(),
        };
        let say = |session: &Session| -> Vec<String> {
            session
                .milestones()
                .map(|m| sentence(&host, Some(session), &m, None).to_string())
                .collect()
        };
        assert_eq!(
            say(&session),
            [
                "CONTOSO\\dadmin logged on to DC01.contoso.local (Interactive, Logon ID 0x29b379)",
                "CONTOSO\\dadmin authenticated again on DC01.contoso.local (Interactive, Logon ID 0x29b379)",
                "CONTOSO\\dadmin began to log off from DC01.contoso.local (Interactive, Logon ID 0x29b379)",
                "The session of CONTOSO\\dadmin on DC01.contoso.local was terminated (Interactive, Logon ID 0x29b379)",
            ]
        );
        session.logon_type = None;
        sample::crash(&mut session);
        assert_eq!(
            say(&session).last().unwrap(),
            "The session of CONTOSO\\dadmin on DC01.contoso.local ended with a crash of DC01.contoso.local between 2015-09-09T04:00:00.0000000Z and 2015-09-09T05:00:00.0000000Z (desktop, Logon ID 0x29b379)"
        );
    }

    #[test]
    fn notes_say_why_rows_are_missing() {
        let mut session = sample::full_session();
        let of = |session: &Session, row: usize| -> Vec<String> {
            let milestone = session.milestones().nth(row).unwrap();
            notes(session, &milestone).map(|note| note.to_string()).collect()
        };
        assert!((0..4).all(|row| of(&session, row).is_empty()));
        sample::open(&mut session);
        session.start = None;
        session.start_cause = StartCause::BeforeLog;
        session.flags = vec![Flag::ClockSetBack].into();
        assert_eq!(
            of(&session, 0),
            ["began before the log", "still open at the end of the log", "clock-set-back"]
        );
    }

    #[test]
    fn notes_say_by_which_rule_a_row_was_inferred() {
        let mut session = sample::full_session();
        sample::crash(&mut session);
        session.start_cause = StartCause::Inferred;
        let rows = session.milestones().map(|row| {
            notes(&session, &row)
                .filter_map(|note| match note {
                    Note::InferredBy(_) => Some(note.to_string()),
                    _ => None,
                })
                .collect()
        });
        let rows: Vec<Vec<String>> = rows.collect();
        assert_eq!(
            rows,
            [vec!["inferred by other-channel"], vec![], vec!["inferred by crash-report"]]
        );
    }

    #[test]
    fn the_computer_itself_is_no_client() {
        let host = sample::report().hosts.remove(0);
        let mut session = sample::full_session();
        let mut of = |logon_type, ip: &str, workstation: &str| {
            session.logon_type = Some(logon_type);
            session.class = match logon_type {
                2 | 11 => SessionClass::Desktop,
                3 => SessionClass::Network,
                7 => SessionClass::Revalidation,
                _ => SessionClass::RemoteDesktop,
            };
            let (ip, workstation) = (ip.into(), workstation.into());
            session.client = std::sync::Arc::new(crate::model::event::Client { ip, workstation });
            source(&host, &session).to_owned()
        };
        // Its names: DC01.contoso.local, before that WIN-OLD.
        for own in ["DC01", "dc01", "DC01.CONTOSO.LOCAL", "win-old"] {
            assert_eq!(of(2, "127.0.0.1", own), "", "{own}");
            assert_eq!(of(10, "10.0.0.5", own), "10.0.0.5", "{own}");
            assert_eq!(of(10, "", own), "", "{own}");
        }
        assert_eq!(of(7, "::1", ""), "");
        // Seen: WIN-LK5OF8CDD94, the name that Windows Setup had made up.
        assert_eq!(of(2, "127.0.0.1", "WIN-LK5OF8CDD94"), "");
        assert_eq!(of(11, "", "DC02"), "");
        assert_eq!(of(10, "", "DC02"), "DC02");
        // Over the network both are what the client or its connection says.
        assert_eq!(of(3, "", "DC01"), "DC01");
        assert_eq!(of(3, "127.0.0.1", ""), "127.0.0.1");
        // A tunnel on the computer itself.
        assert_eq!(of(10, "127.0.0.1", "DC01"), "127.0.0.1");
    }

    #[test]
    fn netbios_names_are_cut_to_fifteen_characters() {
        let mut host = sample::report().hosts.remove(0);
        host.computer = "accounting-server-7.contoso.local~2".into();
        assert!(host.has_label("ACCOUNTING-SERV") && host.has_label("accounting-server-7"));
        assert!(!host.has_label("ACCOUNTING") && !host.has_label(""));
    }

    #[test]
    fn an_ending_says_why_times_cannot_be_compared() {
        let mut session = sample::full_session();
        session.initiated = None;
        let say = |session: &Session| ending(session, Timestamp::to_the_second);
        assert_eq!(say(&session), "logged off");
        session.flags = vec![Flag::PowerOffWithin, Flag::ClockStepWithin].into();
        assert_eq!(
            say(&session),
            "logged off; the clock was set meanwhile; the power was off meanwhile"
        );
    }

    #[test]
    fn durations() {
        assert_eq!(duration(Span::seconds(13_525)), "3:45");
        assert_eq!(duration(Span::seconds(59)), "59s");
        assert_eq!(duration(Span::seconds(86_400 + 60)), "1d 0:01");
        assert_eq!(duration(Span::seconds(-3_600)), "-1:00");
    }
}
