//! Events of failed logons and of explicit credentials.

use super::fields::FieldReader;
use super::security::{SUBJECT, TARGET};
use crate::model::event::{Client, ExplicitCredentials, FailedLogon, RefusedCredentials};
use crate::model::{Account, EventKind, LogonId};
use std::sync::Arc;

/// `Status` of 4776 and 4768 where nothing failed.
const SUCCESS: u64 = 0;

/// 4625
pub(super) fn failed_logon(fields: &mut FieldReader<'_>) -> EventKind {
    let failed = FailedLogon {
        account: fields.account(TARGET),
        subject: fields.account(SUBJECT),
        subject_logon_id: LogonId(fields.number("SubjectLogonId").unwrap_or(0)),
        logon_type: fields.needed_u32("LogonType"),
        status: fields.number("Status").unwrap_or(0),
        sub_status: fields.number("SubStatus").unwrap_or(0),
        method: fields.method(),
        client: fields.client("IpAddress", "WorkstationName"),
    };
    EventKind::FailedLogon(fields.interner().failed_logon(failed), fields.port())
}

/// 4648
pub(super) fn explicit_credentials(fields: &mut FieldReader<'_>) -> EventKind {
    let subject_logon_id = fields.logon_id("SubjectLogonId");
    let target_server = fields.text("TargetServerName");
    if ExplicitCredentials::is_daily(subject_logon_id, &target_server) && fields.head_is_enough() {
        return fields.head_only();
    }
    let used = ExplicitCredentials {
        subject: fields.account(SUBJECT),
        subject_logon_id,
        account: fields.account(TARGET),
        target_server,
        process_name: fields.text("ProcessName"),
        client: fields.client_address("IpAddress"),
    };
    EventKind::ExplicitCredentials(fields.interner().explicit_credentials(used), fields.port())
}

/// 4776
pub(super) fn ntlm_refused(fields: &mut FieldReader<'_>) -> EventKind {
    refused(fields, |fields| {
        (fields.account_by_name("TargetUserName"), fields.client_name("Workstation"))
    })
}

/// 4771 and 4768
pub(super) fn kerberos_refused(fields: &mut FieldReader<'_>) -> EventKind {
    refused(fields, |fields| {
        let account = fields.account(["TargetSid", "TargetUserName", "TargetDomainName"]);
        (account, fields.client_address("IpAddress"))
    })
}

fn refused(
    fields: &mut FieldReader<'_>,
    who_and_where: impl FnOnce(&mut FieldReader<'_>) -> (Arc<Account>, Arc<Client>),
) -> EventKind {
    let status = fields.number("Status");
    let status = match fields.need("Status", status) {
        // Whether it failed is not known.
        None => return EventKind::Boundary,
        Some(SUCCESS) => return fields.nothing(),
        Some(status) => status,
    };
    let (account, client) = who_and_where(fields);
    let refused = RefusedCredentials { account, status, client };
    EventKind::RefusedCredentials(fields.interner().refused_credentials(refused), fields.port())
}
