//! The syntax of a scenario line about a failed logon or explicit credentials.

use super::account;
use super::kinds::{client, text, who, who_and_id};
use super::words::Words;
use crate::model::event::{ExplicitCredentials, FailedLogon, LogonMethod, RefusedCredentials};
use crate::model::{Account, EventKind, LogonId};
use std::sync::Arc;

/// A name or a password that is wrong.
const LOGON_FAILURE: u64 = 0xc000_006d;
const WRONG_PASSWORD: u64 = 0xc000_006a;

/// As Windows writes it: with a name, and without a SID.
fn without_sid(account: Arc<Account>) -> Arc<Account> {
    Arc::new(Account { sid: "".into(), ..Account::clone(&account) })
}

/// `4625 alice type=3 address=10.0.0.5 port=50123`: a wrong password, not asked for by any session. Also
/// `status=`, `sub-status=`, `client=`, `program=`, and the session that asked: `subject=bob
/// subject-id=0x29b379`. `prompt`: that of User Account Control.
pub(super) fn failed_logon(words: &mut Words<'_>) -> Result<EventKind, String> {
    let account_tried = without_sid(who(words)?);
    let is_prompt = words.flag("prompt");
    let failed = FailedLogon {
        account: account_tried,
        subject: words.value("subject").map(account).unwrap_or_default(),
        subject_logon_id: LogonId(words.number("subject-id")?.unwrap_or(0)),
        logon_type: words.needed("type")?,
        status: words.number("status")?.unwrap_or(LOGON_FAILURE),
        sub_status: words.number("sub-status")?.unwrap_or(WRONG_PASSWORD),
        method: Arc::new(LogonMethod {
            logon_process: if is_prompt { "CredPro" } else { "NtLmSsp" }.into(),
            package: "NTLM".into(),
            process_name: text(words, "program"),
        }),
        client: client(words),
    };
    Ok(EventKind::FailedLogon(Arc::new(failed), words.number("port")?.unwrap_or(0)))
}

/// `4648 bob 0x29b379 as=alice server=FS01`. Also `program=`, `address=`, `port=`.
pub(super) fn explicit_credentials(words: &mut Words<'_>) -> Result<EventKind, String> {
    let (subject, subject_logon_id) = who_and_id(words)?;
    let used = ExplicitCredentials {
        subject,
        subject_logon_id,
        account: without_sid(account(words.value("as").ok_or("as= is missing")?)),
        target_server: text(words, "server"),
        process_name: text(words, "program"),
        client: client(words),
    };
    Ok(EventKind::ExplicitCredentials(Arc::new(used), words.number("port")?.unwrap_or(0)))
}

/// `4776 alice status=0xc000006a client=WS7`, `4771 alice status=0x18 address=10.0.0.5 port=50123`
pub(super) fn refused_credentials(words: &mut Words<'_>) -> Result<EventKind, String> {
    let refused = RefusedCredentials {
        account: without_sid(who(words)?),
        status: words.needed("status")?,
        client: client(words),
    };
    Ok(EventKind::RefusedCredentials(Arc::new(refused), words.number("port")?.unwrap_or(0)))
}
