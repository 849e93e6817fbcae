//! Failed logons and explicit credentials: one row of attempts.csv.

use super::append::{self, AppendText, Hexadecimal};
use super::event::{Client, ExplicitCredentials, FailedLogon, LogonMethod, RefusedCredentials};
use super::session::{Milestone, MilestoneKind, SessionId, SessionKey};
use super::status::{kerberos_words, nt_words};
use super::words::words;
use super::{Account, Flag, LogonId, Moment};
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

/// Event ID of the events of NTLM, whose status is an NTSTATUS.
const NTLM: u16 = 4776;

words! {
    /// What a row of attempts.csv is about.
    AttemptKind {
        /// A logon failed (4625).
        FailedLogon = "failed-logon",
        /// The computer that checks credentials refused some (4768, 4771, 4776).
        RefusedCredentials = "refused-credentials",
        /// A program used credentials of another account than its own (4648).
        ExplicitCredentials = "explicit-credentials",
    }
}

/// What all events of a row say, apart from the port.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(untagged)]
pub enum AttemptDetail {
    /// 4625.
    FailedLogon(Arc<FailedLogon>),
    /// 4768, 4771, 4776.
    RefusedCredentials(Arc<RefusedCredentials>),
    /// 4648.
    ExplicitCredentials(Arc<ExplicitCredentials>),
}

/// Attempts of one account from one source that came to the same end, one soon after the other: one row of
/// attempts.csv.
///
/// ```
/// let report = winlast::Analysis::of(["sample-evtx/rdp01"]).run()?;
/// assert!(report.hosts.iter().all(|host| host.attempts.is_empty()), "nobody failed there");
/// # Ok::<(), winlast::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[non_exhaustive]
pub struct Attempt {
    /// The number of its boot epoch; 0 is before the first known boot.
    pub boot_epoch: u32,
    /// What its events say.
    pub detail: AttemptDetail,
    /// The TCP port that all of them have; 0 where there is none or they differ.
    pub port: u16,
    /// How many events they are.
    pub count: u64,
    /// The first one.
    pub first: Moment,
    /// The last one. Other records may stand between the two.
    pub last: Moment,
    /// The session of its boot that asked for it. It always has a row.
    pub session: Option<SessionKey>,
    /// The session that the same account began soon after the last one.
    pub success: Option<Success>,
    /// Remarks.
    pub flags: Vec<Flag>,
}

/// A session that began after an attempt of its account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Success {
    /// Which session of the boot it is.
    pub session: SessionKey,
    /// Its logon.
    pub start: Moment,
}

impl Attempt {
    /// What it is about.
    pub fn kind(&self) -> AttemptKind {
        match self.detail {
            AttemptDetail::FailedLogon(_) => AttemptKind::FailedLogon,
            AttemptDetail::RefusedCredentials(_) => AttemptKind::RefusedCredentials,
            AttemptDetail::ExplicitCredentials(_) => AttemptKind::ExplicitCredentials,
        }
    }

    /// The name of the session that asked for it.
    pub fn session_id<'a>(&self, computer: &'a str) -> Option<SessionId<'a>> {
        self.session.map(|key| SessionId::new(computer, self.boot_epoch, key))
    }

    /// The name of the session that followed.
    pub fn success_id<'a>(&self, computer: &'a str) -> Option<SessionId<'a>> {
        let key = self.success?.session;
        Some(SessionId::new(computer, self.boot_epoch, key))
    }

    /// Its row of timeline.csv, at the time of its first event.
    pub fn milestone(&self) -> Milestone {
        let kind = match self.kind() {
            AttemptKind::FailedLogon => MilestoneKind::FailedLogon,
            AttemptKind::RefusedCredentials => MilestoneKind::RefusedCredentials,
            AttemptKind::ExplicitCredentials => MilestoneKind::ExplicitCredentials,
        };
        Milestone::logged(kind, &self.first)
    }

    /// Its status, if it failed.
    pub fn status(&self) -> Option<Status> {
        match &self.detail {
            AttemptDetail::FailedLogon(failed) => {
                Some(Status { code: failed.status, is_kerberos: false })
            }
            AttemptDetail::RefusedCredentials(refused) => {
                Some(Status::of_refused(refused, self.first.record.event_id))
            }
            AttemptDetail::ExplicitCredentials(_) => None,
        }
    }

    /// Its status in detail; `None` where there is none.
    pub fn sub_status(&self) -> Option<Status> {
        let AttemptDetail::FailedLogon(failed) = &self.detail else { return None };
        let code = failed.sub_status;
        (code != 0).then_some(Status { code, is_kerberos: false })
    }

    /// The status that says most: that in detail, else the other.
    pub fn reason(&self) -> Option<Status> {
        self.detail.reason(self.first.record.event_id)
    }
}

impl AttemptDetail {
    /// Why it failed, in detail where that is said; `event_id` is that of its events. `None` where nothing
    /// failed.
    pub fn reason(&self, event_id: u16) -> Option<Status> {
        match self {
            AttemptDetail::FailedLogon(failed) => Some(Status::of_failed_logon(failed)),
            AttemptDetail::RefusedCredentials(refused) => {
                Some(Status::of_refused(refused, event_id))
            }
            AttemptDetail::ExplicitCredentials(_) => None,
        }
    }

    /// The account that was tried, or whose credentials were used.
    pub fn account(&self) -> &Arc<Account> {
        match self {
            AttemptDetail::FailedLogon(failed) => &failed.account,
            AttemptDetail::RefusedCredentials(refused) => &refused.account,
            AttemptDetail::ExplicitCredentials(used) => &used.account,
        }
    }

    /// Who asked for it, and in which session; `None` where the event does not say.
    pub fn subject(&self) -> Option<(&Account, LogonId)> {
        match self {
            AttemptDetail::FailedLogon(failed) => Some((&failed.subject, failed.subject_logon_id)),
            AttemptDetail::ExplicitCredentials(used) => {
                Some((&used.subject, used.subject_logon_id))
            }
            AttemptDetail::RefusedCredentials(_) => None,
        }
    }

    /// Where it came from. Of explicit credentials it may be the address of the server.
    pub fn client(&self) -> &Client {
        match self {
            AttemptDetail::FailedLogon(failed) => &failed.client,
            AttemptDetail::RefusedCredentials(refused) => &refused.client,
            AttemptDetail::ExplicitCredentials(used) => &used.client,
        }
    }

    /// Whether its `workstation` is the client. A logon of another type names the computer itself.
    pub(crate) fn names_client(&self) -> bool {
        match self {
            AttemptDetail::FailedLogon(failed) => matches!(failed.logon_type, 3 | 8),
            AttemptDetail::RefusedCredentials(_) => true,
            AttemptDetail::ExplicitCredentials(_) => false,
        }
    }

    /// The other computer that it came from: its address, else its name. `None` where neither is said, and
    /// for explicit credentials, whose address may be that of the server.
    pub fn source(&self) -> Option<&str> {
        let client = self.client();
        if matches!(self, AttemptDetail::ExplicitCredentials(_)) {
            return None;
        }
        match known_address(&client.ip) {
            Some(address) => Some(&*client.ip).filter(|_| !address.is_loopback()),
            None => {
                Some(&*client.workstation).filter(|name| self.names_client() && !name.is_empty())
            }
        }
    }

    /// The logon type that was tried.
    pub fn logon_type(&self) -> Option<u32> {
        match self {
            AttemptDetail::FailedLogon(failed) => Some(failed.logon_type),
            _ => None,
        }
    }

    /// How a failed logon was tried.
    pub fn method(&self) -> Option<&LogonMethod> {
        match self {
            AttemptDetail::FailedLogon(failed) => Some(&failed.method),
            _ => None,
        }
    }

    /// The program that asked for it; empty where the event does not say.
    pub fn process_name(&self) -> &str {
        match self {
            AttemptDetail::FailedLogon(failed) => &failed.method.process_name,
            AttemptDetail::ExplicitCredentials(used) => &used.process_name,
            AttemptDetail::RefusedCredentials(_) => "",
        }
    }

    /// The server that explicit credentials were used for; empty for other attempts.
    pub fn target_server(&self) -> &str {
        match self {
            AttemptDetail::ExplicitCredentials(used) => &used.target_server,
            _ => "",
        }
    }
}

/// The address without its zone; `None` for `0.0.0.0`, `::` and a text that is no address.
pub(crate) fn known_address(text: &str) -> Option<IpAddr> {
    let without_zone = text.split('%').next()?;
    let address = without_zone.parse::<IpAddr>().ok()?.to_canonical();
    (!address.is_unspecified()).then_some(address)
}

/// Why an attempt failed. It prints as its code, `0xc000006a`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Status {
    code: u64,
    is_kerberos: bool,
}

impl Status {
    /// Why a logon failed: in detail, where that is said.
    pub fn of_failed_logon(failed: &FailedLogon) -> Status {
        let code = if failed.sub_status == 0 { failed.status } else { failed.sub_status };
        Status { code, is_kerberos: false }
    }

    /// Why an event of this ID says that credentials were refused.
    pub fn of_refused(refused: &RefusedCredentials, event_id: u16) -> Status {
        Status { code: refused.status, is_kerberos: event_id != NTLM }
    }

    /// What the code says, in words; empty for a code without.
    pub const fn words(self) -> &'static str {
        if self.is_kerberos { kerberos_words(self.code) } else { nt_words(self.code) }
    }

    /// Whether it says that the name or the password was wrong, or that the account was locked after too
    /// many such attempts. Somebody who guesses passwords gets these codes.
    pub const fn is_wrong_guess(self) -> bool {
        if self.is_kerberos {
            matches!(self.code, 0x6 | 0x18)
        } else {
            matches!(self.code, 0xc000_0064 | 0xc000_006a | 0xc000_006d | 0xc000_0234)
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        append::print(self, f)
    }
}

impl AppendText for Status {
    fn append_to(&self, out: &mut Vec<u8>) {
        Hexadecimal(self.code).append_to(out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_means_another_thing_in_kerberos() {
        let of = |code, is_kerberos| Status { code, is_kerberos };
        assert_eq!(of(0xc000_006a, false).to_string(), "0xc000006a");
        assert_eq!(of(0xc000_006a, false).words(), "the password is wrong");
        assert_eq!(of(0x18, true).words(), "the password is wrong");
        assert_eq!((of(0x18, false).words(), of(0xc000_006a, true).words()), ("", ""));
        assert!(of(0x18, true).is_wrong_guess() && !of(0x18, false).is_wrong_guess());
        // An account that may not log on here, or that is disabled: nobody guessed.
        assert!(
            !of(0xc000_015b, false).is_wrong_guess() && !of(0xc000_0072, false).is_wrong_guess()
        );
    }

    #[test]
    fn addresses_are_compared_as_numbers() {
        assert_eq!(known_address("::ffff:10.0.0.5"), known_address("10.0.0.5"));
        assert_eq!(known_address("fe80::1%4"), known_address("fe80::1"));
        assert_eq!([known_address("0.0.0.0"), known_address("-"), known_address("")], [None; 3]);
    }

    /// A desktop names its own computer; one over the network names the client.
    #[test]
    fn the_source_is_another_computer() {
        let of = |logon_type, ip: &str| {
            let attempt = super::super::sample::failed_logons("bob", 1);
            let AttemptDetail::FailedLogon(failed) = attempt.detail else { unreachable!() };
            let client = Client { ip: ip.into(), workstation: "PC".into() };
            let detail = AttemptDetail::FailedLogon(Arc::new(FailedLogon {
                logon_type,
                client: Arc::new(client),
                ..(*failed).clone()
            }));
            detail.source().map(str::to_owned)
        };
        assert_eq!(of(3, "10.0.0.5").as_deref(), Some("10.0.0.5"));
        assert_eq!(of(3, "").as_deref(), Some("PC"));
        assert_eq!(of(10, "0.0.0.0"), None);
        assert_eq!(of(2, "127.0.0.1"), None);
        assert_eq!(of(10, "10.0.0.5").as_deref(), Some("10.0.0.5"));
    }
}
