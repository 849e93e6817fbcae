//! The rules by which a boot, a session or an end was inferred: the `inferred_by` columns.

use super::words::words;

words! {
    /// A rule by which something was inferred that no record states.
    InferredBy {
        /// Shows a boot: LSASS has another process ID than before.
        LsassProcess = "lsass-process",
        /// Shows a boot: one Logon ID was given to two sessions.
        LogonIdRepeated = "logon-id-repeated",
        /// Shows a boot: where records are missing, Logon IDs start again from a lower value.
        LogonIdsFell = "logon-ids-fell",
        /// Shows a boot: where records are missing, a second audit policy table (4902) was made.
        PolicyTable = "policy-table",
        /// Shows a boot: where records are missing, the font driver of session 0 logged on a second time.
        FontDriver = "font-driver",
        /// Shows a boot: an 1101 (dropped audit events), followed by the 1101 of another boot, or by a 4826 and no record of LSASS.
        AuditDropped = "audit-dropped",
        /// Shows a boot: records are missing, and the boot before had ended in order.
        MissingRecords = "missing-records",
        /// Shows a boot: the event log service was started (6005), and no record of the kernel is left.
        ServiceStart = "service-start",
        /// Shows a session: Winlogon or the Local Session Manager recorded it, Security did not.
        OtherChannel = "other-channel",
        /// Shows a linked pair: two 4624 of one account, one program and one time.
        PairByTime = "pair-by-time",
        /// Shows a re-validation: a record says that the open session was taken over then (4778; 25 or 40 of
        /// the Local Session Manager).
        TakeoverRecord = "takeover-record",
        /// Shows a re-validation: Winlogon recorded the logon of every other desktop (7001), and not this one.
        NoWinlogonLogon = "no-winlogon-logon",
        /// Shows a re-validation: it lasted less than 15 seconds while a session of the account was open.
        ShortLogon = "short-logon",
        /// Gives the end: the other session of the linked pair ended.
        LinkedHalf = "linked-half",
        /// Gives the end: Winlogon or the Local Session Manager recorded the logoff, Security did not.
        LogoffInOtherChannel = "logoff-in-other-channel",
        /// Gives the end: the computer shut down in order.
        OrderlyShutdown = "orderly-shutdown",
        /// Gives the end: the next boot reports a crash.
        CrashReport = "crash-report",
        /// Gives the end: another boot followed, and nothing else is known.
        NextBoot = "next-boot",
    }
}
