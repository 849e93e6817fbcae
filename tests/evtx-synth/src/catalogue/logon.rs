//! 4624 and 4625: logons that succeeded and logons that failed.

use super::security::audit_event;
use super::{Account, Session, field, hex};
use crate::event::{Event, Field};
use crate::value::{Guid, Value};

const TASK_LOGON: u16 = 12_544;
const KEYWORDS_AUDIT_FAILURE: u64 = 0x8010_0000_0000_0000;
/// "Impersonation", the usual level of a logon.
const IMPERSONATION: &str = "%%1833";
const YES: &str = "%%1842";
const NO: &str = "%%1843";

/// 4624: an account was logged on.
///
/// The constructors fill in what Windows 10 writes for each kind of logon. The fields are public,
/// so that a test may change them before [`Logon::event`].
#[derive(Clone, Debug)]
pub struct Logon {
    /// Version of the event: 0 Vista to 7, 1 for 8 and 8.1, 2 for 10 and 11 21H2, 3 for 11 22H2.
    pub version: u8,
    /// The session that requested the logon.
    pub subject: Session,
    /// The new session.
    pub target: Session,
    /// 2 interactive, 3 network, 4 batch, 5 service, 7 unlock, 9 new credentials, 10 remote
    /// interactive, 11 cached interactive, …
    pub logon_type: u32,
    /// `LogonProcessName`, padded with blanks as Windows pads it.
    pub logon_process: String,
    /// `AuthenticationPackageName`.
    pub package: String,
    /// `WorkstationName`.
    pub workstation: String,
    /// `LogonGuid`.
    pub logon_guid: Guid,
    /// `LmPackageName`.
    pub lm_package: String,
    /// Length of the NTLM session key in bits.
    pub key_length: u32,
    /// `ProcessId`.
    pub process_id: u64,
    /// `ProcessName`.
    pub process_name: String,
    /// `IpAddress`.
    pub ip_address: String,
    /// `IpPort`.
    pub ip_port: String,
    /// `RestrictedAdminMode`: `-`, or yes or no for remote desktop logons.
    pub restricted_admin: String,
    /// Account for the network (type 9): name and domain.
    pub outbound: (String, String),
    /// Whether the account is a virtual one (window manager, font driver).
    pub virtual_account: bool,
    /// Logon ID of the other half of a split token; 0 for none.
    pub linked: u64,
    /// Whether the token is a full one.
    pub elevated: bool,
}

impl Logon {
    /// A logon by `subject`, with the placeholders that Windows writes for unknown values.
    pub fn new(subject: Session, target: Session, logon_type: u32) -> Self {
        let dash = || "-".to_owned();
        Self {
            version: 2,
            subject,
            target,
            logon_type,
            logon_process: "Advapi  ".into(),
            package: "Negotiate".into(),
            workstation: dash(),
            logon_guid: Guid::default(),
            lm_package: dash(),
            key_length: 0,
            process_id: 0x27c,
            process_name: r"C:\Windows\System32\services.exe".into(),
            ip_address: dash(),
            ip_port: dash(),
            restricted_admin: dash(),
            outbound: (dash(), dash()),
            virtual_account: false,
            linked: 0,
            elevated: true,
        }
    }

    /// The first logon of a boot: type 0, SYSTEM.
    pub fn system_start() -> Self {
        let subject = Session::new(Account::nobody(), 0);
        Self {
            logon_process: "-".into(),
            package: "-".into(),
            process_id: 4,
            process_name: String::new(),
            ..Self::new(subject, Session::system(), 0)
        }
    }

    /// A service: type 5.
    pub fn service(subject: Session, target: Session) -> Self {
        Self::new(subject, target, 5)
    }

    /// At the console: type 2, by the logon screen.
    pub fn console(subject: Session, target: Session) -> Self {
        let workstation = subject.account.name.trim_end_matches('$').to_owned();
        Self {
            logon_process: "User32 ".into(),
            workstation,
            process_id: 0x4b4,
            process_name: r"C:\Windows\System32\svchost.exe".into(),
            ip_address: "127.0.0.1".into(),
            ip_port: "0".into(),
            ..Self::new(subject, target, 2)
        }
    }

    /// By remote desktop: type 10.
    pub fn remote_desktop(subject: Session, target: Session, ip_address: &str) -> Self {
        Self {
            logon_type: 10,
            ip_address: ip_address.into(),
            restricted_admin: NO.into(),
            ..Self::console(subject, target)
        }
    }

    /// Over the network: type 3, NTLM.
    pub fn network(target: Session, workstation: &str, ip_address: &str, ip_port: u16) -> Self {
        Self {
            logon_process: "NtLmSsp ".into(),
            package: "NTLM".into(),
            workstation: workstation.into(),
            lm_package: "NTLM V2".into(),
            key_length: 128,
            process_id: 0,
            process_name: "-".into(),
            ip_address: ip_address.into(),
            ip_port: ip_port.to_string(),
            elevated: false,
            ..Self::new(Session::none(), target, 3)
        }
    }

    /// The window manager or font driver of a desktop session: type 2 by `winlogon.exe`.
    pub fn window_manager(subject: Session, target: Session) -> Self {
        Self {
            process_id: 0x258,
            process_name: r"C:\Windows\System32\winlogon.exe".into(),
            virtual_account: true,
            elevated: false,
            ..Self::new(subject, target, 2)
        }
    }

    /// Splits the logon of an administrator into its two halves: the elevated one, which is
    /// logged first, and the filtered one that the desktop runs with.
    #[must_use]
    pub fn split(self, elevated_id: u64) -> [Self; 2] {
        let filtered_id = self.target.logon_id;
        let elevated_target = Session::new(self.target.account.clone(), elevated_id);
        [
            Self { target: elevated_target, linked: filtered_id, elevated: true, ..self.clone() },
            Self { linked: elevated_id, elevated: false, ..self },
        ]
    }

    /// The event.
    pub fn event(&self) -> Event {
        let yes_no = |yes: bool| if yes { YES } else { NO };
        let mut items = self.subject.subject();
        items.extend(self.target.target());
        items.push(field("LogonType", self.logon_type));
        items.push(field("LogonProcessName", self.logon_process.clone()));
        items.push(field("AuthenticationPackageName", self.package.clone()));
        items.push(field("WorkstationName", self.workstation.clone()));
        items.push(field("LogonGuid", self.logon_guid));
        items.push(field("TransmittedServices", "-"));
        items.push(field("LmPackageName", self.lm_package.clone()));
        items.push(field("KeyLength", self.key_length));
        items.push(field("ProcessId", Value::Pointer(self.process_id)));
        items.push(field("ProcessName", self.process_name.clone()));
        items.push(field("IpAddress", self.ip_address.clone()));
        items.push(field("IpPort", self.ip_port.clone()));
        if self.version >= 1 {
            items.push(field(
                "ImpersonationLevel",
                if self.logon_type == 0 { "-" } else { IMPERSONATION },
            ));
        }
        if self.version >= 2 {
            items.push(field("RestrictedAdminMode", self.restricted_admin.clone()));
            if self.version >= 3 {
                items.push(field("RemoteCredentialGuard", "-"));
            }
            items.push(field("TargetOutboundUserName", self.outbound.0.clone()));
            items.push(field("TargetOutboundDomainName", self.outbound.1.clone()));
            items.push(field("VirtualAccount", yes_no(self.virtual_account)));
            items.push(field("TargetLinkedLogonId", hex(self.linked)));
            items.push(field("ElevatedToken", yes_no(self.elevated)));
        }
        Event { version: self.version, ..audit_event(4624, TASK_LOGON, items) }
    }
}

/// 4625: an account failed to log on. It never opens a session.
#[derive(Clone, Debug)]
pub struct FailedLogon {
    /// The session that requested the logon.
    pub subject: Session,
    /// Account name tried.
    pub user_name: String,
    /// Domain tried.
    pub domain: String,
    /// NTSTATUS of the failure.
    pub status: u32,
    /// NTSTATUS with the details.
    pub sub_status: u32,
    /// As in [`Logon::logon_type`].
    pub logon_type: u32,
    /// Where the attempt came from.
    pub workstation: String,
    /// Address it came from.
    pub ip_address: String,
}

impl FailedLogon {
    /// A wrong password for an account of CONTOSO, over the network.
    pub fn wrong_password(user_name: impl Into<String>) -> FailedLogon {
        FailedLogon {
            subject: Session::none(),
            user_name: user_name.into(),
            domain: "CONTOSO".into(),
            status: 0xc000_006d,
            sub_status: 0xc000_006a,
            logon_type: 3,
            workstation: "KALI".into(),
            ip_address: "10.20.0.66".into(),
        }
    }

    /// The event.
    pub fn event(&self) -> Event {
        let mut items = self.subject.subject();
        items.extend([
            field("TargetUserSid", &Account::nobody().sid),
            field("TargetUserName", self.user_name.clone()),
            field("TargetDomainName", self.domain.clone()),
            field("Status", Value::HexInt32(self.status)),
            field("FailureReason", "%%2313"),
            field("SubStatus", Value::HexInt32(self.sub_status)),
            field("LogonType", self.logon_type),
        ]);
        items.extend(text_items([
            ("LogonProcessName", "NtLmSsp "),
            ("AuthenticationPackageName", "NTLM"),
            ("WorkstationName", &self.workstation),
            ("TransmittedServices", "-"),
            ("LmPackageName", "-"),
        ]));
        items.push(field("KeyLength", 0));
        items.push(field("ProcessId", Value::Pointer(0)));
        items.extend(text_items([
            ("ProcessName", "-"),
            ("IpAddress", &self.ip_address),
            ("IpPort", "0"),
        ]));
        Event { keywords: KEYWORDS_AUDIT_FAILURE, ..audit_event(4625, TASK_LOGON, items) }
    }
}

fn text_items<const N: usize>(items: [(&'static str, &str); N]) -> impl Iterator<Item = Field> {
    items.map(|(name, text)| field(name, text)).into_iter()
}
