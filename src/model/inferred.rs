//! The rules by which a boot, a session or an end was inferred: the `inferred_by` columns.

use super::words::words;

words! {
    /// A rule by which something was inferred that no record states.
    InferredBy {
        /// A boot: LSASS has another process ID than before.
        LsassProcess = "lsass-process",
        /// A boot: one Logon ID was given to two sessions.
        LogonIdRepeated = "logon-id-repeated",
        /// A boot: where records are missing, Logon IDs start again from a lower value.
        LogonIdsFell = "logon-ids-fell",
        /// A boot: where records are missing, a second audit policy table (4902) was made.
        PolicyTable = "policy-table",
        /// A boot: where records are missing, the font driver of session 0 logged on a second time.
        FontDriver = "font-driver",
        /// A boot: a record of dropped audit events (1101) that is followed by that of another boot, or by a 4826 without any record of LSASS.
        AuditDropped = "audit-dropped",
        /// A boot: records are missing, and the boot before had ended in order.
        MissingRecords = "missing-records",
        /// A boot: the event log service was started (6005), and no record of the kernel is left.
        ServiceStart = "service-start",
        /// A session: Winlogon or the Local Session Manager recorded it, Security did not.
        OtherChannel = "other-channel",
        /// A linked pair: two 4624 of one account, one program and one moment.
        PairByTime = "pair-by-time",
        /// A re-validation: a record says that the open session was taken over then (4778; 25 or 40 of
        /// the Local Session Manager).
        TakeoverRecord = "takeover-record",
        /// A re-validation: Winlogon recorded the logon of every other desktop (7001), and not this one.
        NoWinlogonLogon = "no-winlogon-logon",
        /// A re-validation: it lasted less than 15 seconds while a session of the account was open.
        ShortLogon = "short-logon",
        /// An end: that of the other half of a linked pair.
        LinkedHalf = "linked-half",
        /// An end: Winlogon or the Local Session Manager recorded the logoff, Security did not.
        LogoffInOtherChannel = "logoff-in-other-channel",
        /// An end: the computer shut down in order.
        OrderlyShutdown = "orderly-shutdown",
        /// An end: the next boot reports a crash.
        CrashReport = "crash-report",
        /// An end: another boot followed, and nothing else is known.
        NextBoot = "next-boot",
    }
}
