//! Audit events of a domain controller about tickets and passwords: 4768, 4769, 4776.

use super::security::audit_event;
use super::{Account, field};
use crate::event::Event;
use crate::value::{Guid, Sid, Value};

const TASK_CREDENTIAL_VALIDATION: u16 = 14_336;
const TASK_SERVICE_TICKET: u16 = 14_337;
const TASK_AUTHENTICATION: u16 = 14_339;
/// AES256-CTS-HMAC-SHA1-96.
const ENCRYPTION_AES256: u32 = 0x12;

/// 4768: an account got a ticket that lets it ask for others.
///
/// `client` is the address as a domain controller writes it, such as `::ffff:10.0.0.7`.
pub fn authentication_ticket(account: &Account, client: (&str, u16)) -> Event {
    let domain_sid = domain_of(&account.sid);
    audit_event(
        4768,
        TASK_AUTHENTICATION,
        vec![
            field("TargetUserName", account.name.clone()),
            field("TargetDomainName", account.domain.clone()),
            field("TargetSid", &account.sid),
            field("ServiceName", "krbtgt"),
            field("ServiceSid", &Sid::parse(&format!("{domain_sid}-502"))),
            field("TicketOptions", Value::HexInt32(0x4081_0010)),
            field("Status", Value::HexInt32(0)),
            field("TicketEncryptionType", Value::HexInt32(ENCRYPTION_AES256)),
            field("PreAuthType", "2"),
            field("IpAddress", client.0),
            field("IpPort", client.1.to_string()),
            field("CertIssuerName", ""),
            field("CertSerialNumber", ""),
            field("CertThumbprint", ""),
        ],
    )
}

/// 4769: an account got a ticket for a service.
#[derive(Clone, Debug)]
pub struct ServiceTicket {
    /// The account as `user@REALM`.
    pub user: String,
    /// The realm.
    pub domain: String,
    /// The account of the service: `B$` for services of the computer B, or `krbtgt`.
    pub service: String,
    /// The SID of that account.
    pub service_sid: Sid,
    /// Address and port of the client, as a domain controller writes them.
    pub client: (String, u16),
    /// `LogonGuid`.
    pub logon_guid: Guid,
}

impl ServiceTicket {
    /// The event.
    pub fn event(&self) -> Event {
        audit_event(
            4769,
            TASK_SERVICE_TICKET,
            vec![
                field("TargetUserName", self.user.clone()),
                field("TargetDomainName", self.domain.clone()),
                field("ServiceName", self.service.clone()),
                field("ServiceSid", &self.service_sid),
                field("TicketOptions", Value::HexInt32(0x4081_0000)),
                field("TicketEncryptionType", Value::HexInt32(ENCRYPTION_AES256)),
                field("IpAddress", self.client.0.clone()),
                field("IpPort", self.client.1.to_string()),
                field("Status", Value::HexInt32(0)),
                field("LogonGuid", self.logon_guid),
                field("TransmittedServices", "-"),
            ],
        )
    }
}

/// 4776: the password of an account was checked for NTLM, as the computer named `workstation` asked.
pub fn credential_validation(user_name: &str, workstation: &str) -> Event {
    audit_event(
        4776,
        TASK_CREDENTIAL_VALIDATION,
        vec![
            field("PackageName", "MICROSOFT_AUTHENTICATION_PACKAGE_V1_0"),
            field("TargetUserName", user_name),
            field("Workstation", workstation),
            field("Status", Value::HexInt32(0)),
        ],
    )
}

/// The SID of the domain that an account belongs to.
fn domain_of(account: &Sid) -> String {
    let text = account.to_string();
    text.rsplit_once('-').map_or(text.clone(), |(domain, _)| domain.to_owned())
}
