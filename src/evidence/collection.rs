//! What the paths that a collector writes say of its logs: which host they come from, and whether
//! they were read from a shadow copy.
//!
//! | Collector | Host | Shadow copy |
//! |---|---|---|
//! | KAPE, `--tdest D:\%m`, `--zip %m`, `--vhdx %m` | `HOST/C/Windows/…`, `TIME_HOST.zip/C/Windows/…` | `VSS1/Windows/…` |
//! | Velociraptor, offline collector | `Collection-HOST-TIME.zip/uploads/…` | `HarddiskVolumeShadowCopy1/…` |
//! | DFIR-ORC | `DFIR-ORC_WorkStation_HOST_Event.7z`, `ORC_Server_HOST.7z` | |
//! | Acquire | `HOST_20260305080000.tar/fs/C:/Windows/…` | |
//! | UAC | `uac-HOST-linux-20260305080000.tar.gz` | |
//! | Velociraptor, downloaded from its server | `HOST-C.…-F.….zip`, `clients/HOST-C.…/…` | the same |

use super::ntfs::is_former_windows;
use crate::model::LogOrigin;
use crate::model::account::NETBIOS_LENGTH;

/// The host that the folders and file names of a collector give for the log at this display path,
/// packed in an archive or not.
pub(super) fn host(path: &str) -> Option<String> {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let velociraptor = parts
        .iter()
        .find_map(|part| velociraptor_offline(part).or_else(|| velociraptor_server(part)));
    let other = || parts.iter().find_map(|part| orc_host(part).or_else(|| uac_host(part)));
    let host = velociraptor.or_else(other).or_else(|| acquire_host(&parts));
    host.or_else(|| kape_host(&parts)).map(str::to_owned)
}

/// Whether the log at this display path comes from a volume as it is or from a shadow copy of it.
pub(super) fn origin(path: &str) -> LogOrigin {
    let parts: Vec<String> = path.split('/').map(decode_url).collect();
    let is_copy = |(part, next): (&String, &String)| {
        let velociraptor = part.to_ascii_lowercase().contains("harddiskvolumeshadowcopy");
        velociraptor || (is_kape_copy(part) && is_windows(next))
    };
    match parts.iter().zip(parts.iter().skip(1)).any(is_copy) {
        true => LogOrigin::ShadowCopy,
        false => LogOrigin::Live,
    }
}

/// One part of a path with Velociraptor's URL encoding undone. Letters and digits are never encoded:
/// the `%4A` of `Microsoft-Windows-Diagnostics%4Admin.evtx` is no `J`.
pub(super) fn decode_url(part: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = part.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        let byte = code.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match byte.filter(|byte| *first == b'%' && !byte.is_ascii_alphanumeric()) {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    // What is no text after decoding was not encoded.
    String::from_utf8(bytes).unwrap_or_else(|_| part.to_owned())
}

/// The host in `Collection-HOST-2022-12-05T19_26_35Z`, as a folder or an archive is named.
fn velociraptor_offline(part: &str) -> Option<&str> {
    let rest = part.strip_prefix("Collection-")?;
    let (host, _) = rest
        .match_indices('-')
        .map(|(at, _)| rest.split_at(at))
        .find(|(_, time)| begins_like(time, "-0000-00-00T"))?;
    is_host_name(host).then_some(host)
}

/// The host in `HOST-C.8a0b1c2d3e4f5a6b`, whatever follows.
fn velociraptor_server(part: &str) -> Option<&str> {
    let (host, id) = part.split_once("-C.")?;
    let is_id = id.len() >= 16 && id.bytes().take(16).all(|byte| byte.is_ascii_hexdigit());
    (is_id && is_host_name(host)).then_some(host)
}

/// The host in `DFIR-ORC_WorkStation_HOST_Event.7z`, by the names that its configuration offers:
/// `{SystemType}_{FullComputerName}`.
fn orc_host(part: &str) -> Option<&str> {
    let rest = part.strip_prefix("DFIR-ORC_").or_else(|| part.strip_prefix("ORC_"))?;
    let (kind, rest) = rest.split_once('_')?;
    let kinds = ["WorkStation", "Server", "DomainController"];
    let host = rest.split_once('_').map_or_else(|| without_packing(rest), |(host, _)| host);
    let is_kind = kinds.iter().any(|known| kind.eq_ignore_ascii_case(known));
    (is_kind && is_host_name(host)).then_some(host)
}

/// The host in `uac-HOST-linux-20260305080000.tar.gz`.
fn uac_host(part: &str) -> Option<&str> {
    let (rest, time) = without_packing(part.strip_prefix("uac-")?).rsplit_once('-')?;
    let (host, system) = rest.rsplit_once('-')?;
    let is_system = !system.is_empty() && system.bytes().all(|byte| byte.is_ascii_lowercase());
    (is_system && is_time(time) && is_host_name(host)).then_some(host)
}

/// The host in `HOST_20260305080000.tar/fs/…`.
fn acquire_host<'a>(parts: &[&'a str]) -> Option<&'a str> {
    parts.windows(2).find_map(|pair| {
        let [name, "fs"] = pair else { return None };
        let (host, time) = without_packing(name).rsplit_once('_')?;
        (is_time(time) && is_host_name(host)).then_some(host)
    })
}

/// A name without the endings of archives.
fn without_packing(mut name: &str) -> &str {
    while let Some((stem, ending)) = name.rsplit_once('.') {
        let is_packed = ["7z", "zip", "tar", "gz", "tgz", "zst", "xz", "bz2"].contains(&ending);
        if !is_packed {
            break;
        }
        name = stem;
    }
    name
}

/// Whether this is a time as collectors write it, `20260305080000`.
fn is_time(text: &str) -> bool {
    text.len() == 14 && begins_like(text, "00000000000000")
}

/// The name of the folder, archive or image that holds the folder of a drive, as KAPE writes it. It
/// may be any folder: only what could be Windows' own name of a computer, in capitals, is taken.
fn kape_host<'a>(parts: &[&'a str]) -> Option<&'a str> {
    let is_drive = |part: &str| {
        (part.len() == 1 && part.bytes().all(|byte| byte.is_ascii_alphabetic()))
            || is_kape_copy(part)
    };
    let drive = parts.windows(2).position(
        |pair| matches!(pair, [drive, windows] if is_drive(drive) && is_windows(windows)),
    )?;
    let mut above = parts.iter().take(drive).rev().copied();
    let above = above.find(|part| !is_numbered(part, "volume"))?;
    let name = above.rsplit_once('.').map_or(above, |(name, ending)| {
        let known = ["zip", "vhdx", "vhd"].iter().any(|known| ending.eq_ignore_ascii_case(known));
        if known { name } else { above }
    });
    let name = name.split_once('_').map_or(name, |(time, name)| {
        if begins_like(time, "0000-00-00T000000") { name } else { above }
    });
    let fits = name.len() <= NETBIOS_LENGTH
        && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-')
        && name.bytes().any(|b| b.is_ascii_uppercase())
        && name.len() > 1;
    fits.then_some(name)
}

fn is_kape_copy(part: &str) -> bool {
    is_numbered(part, "VSS")
}

fn is_numbered(part: &str, word: &str) -> bool {
    part.strip_prefix(word)
        .is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

fn is_windows(part: &str) -> bool {
    part.eq_ignore_ascii_case("Windows") || is_former_windows(part)
}

/// Whether this is a DNS name, or one whose dots were replaced.
fn is_host_name(host: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    !host.is_empty() && host.len() <= 255 && host.bytes().all(fits)
}

/// Whether `text` begins like `pattern`, in which `0` is any digit.
fn begins_like(text: &str, pattern: &str) -> bool {
    let mut bytes = text.bytes();
    pattern.bytes().all(|wanted| match (wanted, bytes.next()) {
        (b'0', Some(byte)) => byte.is_ascii_digit(),
        (wanted, byte) => byte == Some(wanted),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_named_by_the_paths() {
        for (path, named) in [
            ("out/WKS01/C/Windows/System32/winevt/logs/Security.evtx", Some("WKS01")),
            ("WKS01/VSS2/Windows/System32/winevt/logs/Security.evtx", Some("WKS01")),
            ("x/2021-03-04T101112_WKS01.zip/C/Windows/a.evtx", Some("WKS01")),
            ("x/2021-03-04T101112_WKS01.vhdx/volume1/C/Windows/a.evtx", Some("WKS01")),
            ("DC-01.zip/D/Windows.old/Windows/a.evtx", Some("DC-01")),
            ("DC-01.zip/D/Windows.old.001/Windows/a.evtx", Some("DC-01")),
            ("DC-01.zip/D/Windows.old.1/Windows/a.evtx", None),
            // No names of computers.
            ("out/tdest/C/Windows/a.evtx", None),
            ("kape.zip/C/Windows/a.evtx", None),
            ("C/Windows/a.evtx", None),
            ("/cases/2024/C/Windows/a.evtx", None),
            ("FAR-TOO-LONG-TO-BE-ONE/C/Windows/a.evtx", None),
            ("WKS01/C/Users/a.evtx", None),
            ("disk.E01/volume1/Windows/a.evtx", None),
            (
                "Collection-ws-01.corp.example-2022-12-05T19_26_35Z.zip/uploads/auto/C:/a.evtx",
                Some("ws-01.corp.example"),
            ),
            ("Collection-WS01-2022-12-05T19_26_35Z/uploads/ntfs/x/a.evtx", Some("WS01")),
            ("Collection-2022-12-05T19_26_35Z.zip/uploads/a.evtx", None),
            ("Collection-WS01.zip/uploads/a.evtx", None),
            ("ws01-C.8a0b1c2d3e4f5a6b-F.CE1.zip/uploads/a.evtx", Some("ws01")),
            ("hunt.zip/clients/ws01-C.8a0b1c2d3e4f5a6b/collections/F.1/a.evtx", Some("ws01")),
            ("ws01-C.nothex/a.evtx", None),
            (
                "DFIR-ORC_WorkStation_W10.corp.example_Event.7z/Event/x.data",
                Some("W10.corp.example"),
            ),
            ("in/ORC_DomainController_DC01.7z/Main.7z/a_Security.evtx_{0}.data", Some("DC01")),
            ("DFIR-ORC_Other_W10_Event.7z/a.evtx", None),
            (
                "ws01.corp.example_20260305080000.tar/fs/C:/Windows/a.evtx",
                Some("ws01.corp.example"),
            ),
            ("WS_01_20260305080000.tar.gz/fs/C:/Windows/a.evtx", Some("WS_01")),
            ("WS01_20260305080000.tar/C:/Windows/a.evtx", None),
            ("WS01_2026.tar/fs/C:/Windows/a.evtx", None),
            ("uac-mail-01-linux-20260305080000.tar.gz/[root]/srv/a.evtx", Some("mail-01")),
            ("uac-mail-01-20260305080000.tar.gz/[root]/srv/a.evtx", None),
            ("uac-mail-linux-2026.tar.gz/a.evtx", None),
        ] {
            assert_eq!(host(path).as_deref(), named, "{path}");
        }
    }

    #[test]
    fn shadow_copies_are_recognised() {
        for (path, expected) in [
            ("WKS01/VSS1/Windows/System32/a.evtx", LogOrigin::ShadowCopy),
            ("WKS01/C/Windows/System32/a.evtx", LogOrigin::Live),
            ("VSS1/notes/a.evtx", LogOrigin::Live),
            (
                "x.zip/uploads/ntfs_vss/HarddiskVolumeShadowCopy1/Windows/a.evtx",
                LogOrigin::ShadowCopy,
            ),
            (
                "uploads/ntfs/%5C%5C%3F%5CGLOBALROOT%5CDevice%5CHarddiskVolumeShadowCopy2/a.evtx",
                LogOrigin::ShadowCopy,
            ),
            ("x.zip/uploads/auto/C:/Windows/a.evtx", LogOrigin::Live),
        ] {
            assert_eq!(origin(path), expected, "{path}");
        }
    }
}
