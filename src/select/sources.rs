//! Where a session came from, as a user gives it: an address, a network or a name.

use super::names::NamePattern;
use crate::model::{Attempt, AttemptDetail, Host, Session};
use std::net::IpAddr;
use std::str::FromStr;

/// The source of a session: an address, a network (`10.0.0.0/8`), or the name of a client with `*` and
/// `?`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourcePattern(Kind);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    /// The addresses whose first so many bits are those of this one.
    Network(IpAddr, u32),
    Name(NamePattern),
}

impl FromStr for SourcePattern {
    type Err = String;

    /// What is no address and no network is a name, which has no slash.
    fn from_str(text: &str) -> Result<SourcePattern, String> {
        if let Some((address, bits)) = network(text) {
            return Ok(SourcePattern(Kind::Network(address, bits)));
        }
        if text.contains('/') {
            return Err("not a network; give one such as 10.0.0.0/8".into());
        }
        let Ok(name) = text.parse::<NamePattern>();
        Ok(SourcePattern(Kind::Name(name)))
    }
}

impl SourcePattern {
    /// Whether the logon came from there, or a client there was attached to the session later.
    pub fn matches(&self, host: &Host, session: &Session) -> bool {
        let attached = session.attachments.iter();
        match &self.0 {
            Kind::Network(..) => {
                let addresses = attached.map(|one| &*one.address);
                addresses.chain([&*session.client.ip]).any(|address| self.has_address(address))
            }
            Kind::Name(name) => {
                // Only a logon over the network names its client: others name the computer itself.
                let is_client = matches!(session.logon_type, Some(3 | 8))
                    || !host.has_label(&session.client.workstation);
                let own = Some(&*session.client.workstation).filter(|_| is_client);
                let mut clients = attached.map(|one| &*one.client).chain(own);
                clients.any(|client| !client.is_empty() && name.names_label(client))
            }
        }
    }

    /// Whether an attempt came from there. A 4648 may have the address of the server.
    pub fn matches_attempt(&self, host: &Host, attempt: &Attempt) -> bool {
        let client = attempt.detail.client();
        match &self.0 {
            Kind::Network(..) => self.has_address(&client.ip),
            Kind::Name(name) => {
                let is_client = matches!(attempt.detail.logon_type(), Some(3 | 8))
                    || matches!(attempt.detail, AttemptDetail::RefusedCredentials(_))
                    || !host.has_label(&client.workstation);
                is_client && !client.workstation.is_empty() && name.names_label(&client.workstation)
            }
        }
    }

    /// Whether this address lies in the network.
    pub(super) fn has_address(&self, address: &str) -> bool {
        let Kind::Network(network, bits) = self.0 else { return false };
        let Ok(address) = address.parse::<IpAddr>() else { return false };
        let shift = |width: u32| width.saturating_sub(bits);
        match (network, address.to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let different = u32::from(network) ^ u32::from(address);
                different.checked_shr(shift(u32::BITS)).unwrap_or(0) == 0
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let different = u128::from(network) ^ u128::from(address);
                different.checked_shr(shift(u128::BITS)).unwrap_or(0) == 0
            }
            _ => false,
        }
    }

    /// The name, if it is one.
    pub(super) fn name(&self) -> Option<&NamePattern> {
        match &self.0 {
            Kind::Name(name) => Some(name),
            Kind::Network(..) => None,
        }
    }
}

/// An address, or a network in CIDR notation.
fn network(text: &str) -> Option<(IpAddr, u32)> {
    let (address, bits) = match text.split_once('/') {
        Some((address, bits)) => (address, Some(bits.parse::<u32>().ok()?)),
        None => (text, None),
    };
    let address = address.parse::<IpAddr>().ok()?.to_canonical();
    let width = if address.is_ipv4() { u32::BITS } else { u128::BITS };
    let bits = bits.unwrap_or(width);
    (bits <= width).then_some((address, bits))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::sample;
    use std::sync::Arc;

    #[test]
    fn addresses_and_networks() {
        for (pattern, address, is_in) in [
            ("10.0.0.5", "10.0.0.5", true),
            ("10.0.0.5", "::ffff:10.0.0.5", true),
            ("10.0.0.5", "10.0.0.50", false),
            ("10.0.0.0/8", "10.255.1.2", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("10.0.0.128/25", "10.0.0.127", false),
            ("10.0.0.128/25", "10.0.0.255", true),
            ("0.0.0.0/0", "192.0.2.1", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("2001:db8::/32", "2001:db8:1::5", true),
            ("2001:db8::/32", "2001:db9::5", false),
            ("::/0", "fe80::1", true),
            ("10.0.0.0/8", "-", false),
            ("LAPTOP", "10.0.0.1", false),
        ] {
            let parsed: SourcePattern = pattern.parse().unwrap();
            assert_eq!(parsed.has_address(address), is_in, "{pattern} {address}");
        }
        for bad in ["10.0.0.0/33", "10.0.0/8", "2001:db8::/129", "a/b"] {
            assert!(bad.parse::<SourcePattern>().is_err(), "{bad}");
        }
    }

    #[test]
    fn names_of_clients_and_later_clients() {
        let host = sample::report().hosts.remove(0);
        let from = |session: &Session, text: &str| {
            text.parse::<SourcePattern>().unwrap().matches(&host, session)
        };
        let mut session = sample::full_session();
        // It was attached to CLIENT at 10.0.0.5, although its 4624 names no client.
        assert!(from(&session, "client") && from(&session, "10.0.0.0/24") && from(&session, "C*"));
        session.attachments.clear();
        assert!(!from(&session, "client") && !from(&session, "*"));
        // A desktop names its own computer, under a former name.
        session.client = Arc::new(crate::model::event::Client {
            ip: "127.0.0.1".into(),
            workstation: "WIN-OLD".into(),
        });
        assert!(!from(&session, "win-old"));
        session.logon_type = Some(3);
        assert!(from(&session, "win-old"));
    }
}
