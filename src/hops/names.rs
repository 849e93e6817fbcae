//! Names of computers and addresses, as records write them.

use crate::model::account::{NETBIOS_LENGTH, computer_label};
use std::net::IpAddr;

/// What programs write where they have no address.
const PLACEHOLDER: [u8; 4] = [1, 2, 3, 4];

/// The first label of a name as NetBIOS has it, in small letters: `HOST$`, `host.contoso.local`, `\\host` →
/// `host`.
pub(super) fn label(name: &str) -> String {
    computer_label(name.trim_start_matches('\\').trim_end_matches('$'))
}

/// Whether two names may be those of one computer: they have one first label as NetBIOS has it, and where both say
/// more than that, they say the same.
pub(super) fn may_be_one(a: &str, b: &str) -> bool {
    let parts = |name: &str| {
        let name = name.trim_start_matches('\\').trim_end_matches('$').to_lowercase();
        let (first, domain) = name.split_once('.').unwrap_or((&name, ""));
        (first.to_owned(), domain.to_owned())
    };
    let ((first, domain), (other, other_domain)) = (parts(a), parts(b));
    // NetBIOS cuts a name to this length, so that the rest of it is not known.
    let is_whole = |label: &str| label.chars().count() > NETBIOS_LENGTH;
    label(a) == label(b)
        && (!is_whole(&first) || !is_whole(&other) || first == other)
        && (domain.is_empty() || other_domain.is_empty() || domain == other_domain)
}

/// The computer that `TargetServerName` names: `HTTP/host:5985` → `host`.
pub(super) fn server(name: &str) -> &str {
    let name = name.split_once('/').map_or(name, |(_, host)| host);
    let name = name.split_once('/').map_or(name, |(host, _)| host);
    match name.rsplit_once(':') {
        // An IPv6 address has colons of its own.
        Some((host, port)) if !host.contains(':') && port.bytes().all(|b| b.is_ascii_digit()) => {
            host
        }
        _ => name,
    }
}

/// The user of `user@REALM`, in small letters.
pub(super) fn user(name: &str) -> String {
    name.split('@').next().unwrap_or_default().to_lowercase()
}

/// An address as records write it: `10.0.0.5`, `::ffff:10.0.0.5`, `fe80::1%4`.
pub(super) fn address(text: &str) -> Option<IpAddr> {
    let text = text.split('%').next().unwrap_or_default();
    text.trim().parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

/// Whether it stands for the computer itself.
pub(super) fn is_loopback(address: IpAddr) -> bool {
    address.is_loopback()
}

/// Whether it only means something on one link of a network.
pub(super) fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.segments().first().is_some_and(|first| first & 0xffc0 == 0xfe80),
    }
}

/// Whether an address means the same at every computer, so that somebody can own it.
pub(super) fn can_be_owned(address: IpAddr) -> bool {
    let means_one = match address {
        IpAddr::V4(v4) => {
            !(v4.is_loopback()
                || v4.is_broadcast()
                || v4.is_multicast()
                || v4.octets().first() == Some(&0)
                || v4.octets() == PLACEHOLDER)
        }
        IpAddr::V6(v6) => !(v6.is_loopback() || v6.is_unspecified() || v6.is_multicast()),
    };
    means_one && !is_link_local(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_records_write_them() {
        assert_eq!(label("PC01$"), "pc01");
        assert_eq!(label(r"\\Pc01.contoso.local"), "pc01");
        assert_eq!(label("averyveryverylongname"), "averyveryverylo");
        assert_eq!(server("TERMSRV/b.contoso.local"), "b.contoso.local");
        assert_eq!(server("HTTP/b:5985"), "b");
        assert_eq!(server("b"), "b");
        assert_eq!(server("fe80::1"), "fe80::1");
        assert_eq!(user("Alice@CONTOSO.LOCAL"), "alice");
    }

    #[test]
    fn names_of_one_computer_may_differ_in_what_one_of_them_lacks() {
        assert!(may_be_one("FS01", "fs01.contoso.local") && may_be_one("FS01$", r"\\FS01"));
        assert!(!may_be_one("fs01.partner.example", "FS01.contoso.local"));
        assert!(!may_be_one("FS01", "FS02"));
        // NetBIOS cuts a name to 15 characters.
        assert!(may_be_one("CONTOSO-FILESER$", "contoso-fileserver01.contoso.local"));
        assert!(!may_be_one("contoso-fileserver02", "contoso-fileserver01.contoso.local"));
    }

    #[test]
    fn addresses_that_mean_nothing_elsewhere_have_no_owner() {
        let read = |text| address(text).unwrap();
        assert_eq!(read("::ffff:10.0.0.5"), read("10.0.0.5"));
        assert_eq!(address("LOCAL"), None);
        assert!(can_be_owned(read("10.0.0.5")) && can_be_owned(read("2001:db8::1")));
        for text in ["fe80::1%4", "::1", "127.0.0.1", "1.2.3.4", "0.0.0.0", "::", "169.254.1.1"] {
            assert!(!can_be_owned(read(text)), "{text}");
        }
        assert!(is_loopback(read("::1")) && is_loopback(read("127.8.8.8")));
    }
}
