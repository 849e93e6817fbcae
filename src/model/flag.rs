//! The remarks in the `flags` columns of sessions.csv, boots.csv and logs.csv.

use super::append::{self, AppendText, append};
use super::session::StartCause;
use super::words::word_table;
use std::fmt;

macro_rules! flags {
    ($($(#[doc = $meaning:literal])+ $name:ident $(($number:ty))? = $word:expr, $tables:literal;)+) => {
        word_table! {
            /// A remark on a session, a boot or a log.
            Flag { $($(#[doc = $meaning])+ $name $(($number))? = $word,)+ }
        }

        impl Flag {
            /// The tables in whose `flags` column it can stand.
            pub const fn tables(self) -> &'static str {
                match self { $(Flag::$name { .. } => $tables,)+ }
            }
        }
    };
}

flags! {
    /// How the start is known: the session began before the log does.
    BeforeLog = StartCause::BeforeLog.word(), "sessions.csv";
    /// How the start is known: its boot is in the log, its 4624 is not.
    Missing4624 = StartCause::Missing4624.word(), "sessions.csv";
    /// How the start is known: only from another channel than Security.
    StartInferred = StartCause::Inferred.word(), "sessions.csv";
    /// The session is known only from another channel, because Security has nothing of its boot.
    NoSecurityLog = "no-security-log", "sessions.csv";
    /// The session is known only from another channel, because it had ended before Security's
    /// first record of its boot.
    BeforeSecurityLog = "before-security-log", "sessions.csv";
    /// The session is known only from another channel, because it began after Security's last record of
    /// its boot.
    AfterSecurityLog = "after-security-log", "sessions.csv";
    /// A session of the window manager or the font driver, for the Terminal Services session N.
    TerminalSession(u32) = "terminal-session-N", "sessions.csv";
    /// The two halves of this logon were linked by their time and account, because the records do
    /// not give a linked Logon ID.
    LinkInferred = "link-inferred", "sessions.csv";
    /// Two 4624 have this Logon ID in one boot; see the finding `logon-repeated`.
    LogonRepeated = "logon-repeated", "sessions.csv";
    /// A 4634 or 4647 of this session is in the log more than once; see the finding
    /// `end-repeated`.
    EndRepeated = "end-repeated", "sessions.csv";
    /// The account of the 4634 or 4647 is not that of the session's first record.
    AccountDiffers = "account-differs", "sessions.csv";
    /// What a re-validation was for, confirmed by a 4801: an unlock.
    Unlock = "unlock", "sessions.csv";
    /// What a re-validation was for, confirmed by a 4778 or by a 25 of the Local Session Manager:
    /// a reconnect.
    Reconnect = "reconnect", "sessions.csv";
    /// A desktop session was open at an orderly shutdown, but has no 4647; see the finding of the
    /// same name.
    InitiatedExpected = "initiated-expected", "sessions.csv";
    /// Logoffs were not audited, or seem not to have been, so that the end is not known; see the findings
    /// `logoff-auditing-off` and `logoff-auditing-suspected`.
    LogoffNotAudited = "logoff-not-audited", "sessions.csv";
    /// After the last record of the session the clock was set back, or may have been. So no latest time of the end is
    /// known.
    ClockSetBack = "clock-set-back", "sessions.csv";
    /// The tools of a virtual machine set the clock forward during the session. If the machine was
    /// paused, `duration_seconds` is the true duration, else `corrected_duration_seconds`.
    ClockSetByGuestTools = "clock-set-by-guest-tools", "sessions.csv";
    /// The clock was set during the session, by more than a second. `duration_seconds` is the difference of a
    /// time before and a time after that; `corrected_duration_seconds` is the time that passed.
    ClockStepWithin = "clock-step-within", "sessions.csv";
    /// The clock was set during the session, and no record says by how much. `corrected_duration_seconds` is
    /// empty.
    ClockStepUnknown = "clock-step-unknown", "sessions.csv";
    /// The computer was switched off during the session, with Fast Startup or hibernation, so that the
    /// session lasted while nobody could be at it.
    PowerOffWithin = "power-off-within", "sessions.csv";
    /// The session or the attempt matches a line of the watch list (`--watch`).
    Watched = "watched", "sessions.csv, attempts.csv";
    /// Of a boot: records are missing in it, and another boot may have begun there. Of a session or an attempt: it may
    /// belong to another boot, because it comes after such a gap, or because only its time gives its boot.
    BootUncertain = "boot-uncertain", "sessions.csv, boots.csv, attempts.csv";
    /// The System log is there but does not show the start of this boot.
    SecurityOnly = "security-only", "boots.csv";
    /// The Security log is there but does not show the start of this boot.
    SystemOnly = "system-only", "boots.csv";
    /// Only the times say that this boot came before the next one, which only the other log shows.
    OrderByClock = "order-by-clock", "boots.csv";
    /// LSASS has several process IDs in this boot.
    LsassChanged = "lsass-changed", "boots.csv";
    /// Only a shadow copy has records of it, no log of the running system.
    SnapshotOnly = "snapshot-only", "sessions.csv, boots.csv, attempts.csv";
    /// Only a deleted log has records of it, no log of the running system and no shadow copy.
    DeletedOnly = "deleted-only", "sessions.csv, boots.csv, attempts.csv";
    /// Only a shadow copy has the record of the start.
    StartSnapshotOnly = "start-snapshot-only", "sessions.csv";
    /// Only a deleted log has the record of the start.
    StartDeletedOnly = "start-deleted-only", "sessions.csv";
    /// Only a shadow copy has the 4647.
    InitiatedSnapshotOnly = "initiated-snapshot-only", "sessions.csv";
    /// Only a deleted log has the 4647.
    InitiatedDeletedOnly = "initiated-deleted-only", "sessions.csv";
    /// Only a shadow copy has the 4634.
    TerminatedSnapshotOnly = "terminated-snapshot-only", "sessions.csv";
    /// Only a deleted log has the 4634.
    TerminatedDeletedOnly = "terminated-deleted-only", "sessions.csv";
    /// The records were taken from another log.
    Exported = "exported", "logs.csv";
    /// The records were forwarded from other computers.
    Forwarded = "forwarded", "logs.csv";
    /// The log was found in a shadow copy of a volume.
    ShadowCopy = "shadow-copy", "logs.csv";
    /// The log was deleted; `--scan-mft` found it.
    Deleted = "deleted", "logs.csv";
}

/// Its word; where the word has a number, with that number.
impl fmt::Display for Flag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        append::print(self, f)
    }
}

impl AppendText for Flag {
    fn append_to(&self, out: &mut Vec<u8>) {
        match self {
            Flag::TerminalSession(number) => {
                append!(out, self.word().trim_end_matches('N'), number);
            }
            flag => append!(out, flag.word()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn flags_print_as_their_words() {
        assert_eq!(Flag::TerminalSession(2).to_string(), "terminal-session-2");
        assert_eq!(Flag::BeforeLog.to_string(), "before-log");
        assert_eq!(serde_json::to_string(&Flag::Unlock).unwrap(), "\"unlock\"");
    }

    #[test]
    fn each_flag_has_a_word_of_its_own() {
        let words: BTreeSet<&str> = Flag::ALL.iter().map(|flag| flag.word()).collect();
        assert_eq!(words.len(), Flag::ALL.len());
    }
}
