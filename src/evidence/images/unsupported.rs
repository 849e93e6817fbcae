//! Image formats that are detected only to report that they are unsupported.

use super::image::{Detect, ImageFormat, Support};

pub(super) const EX01: ImageFormat = row("Ex01 (EWF2)", &[(0, b"EVF2\r\n\x81\0")]);
pub(super) const LX01: ImageFormat = row("Lx01 (EWF2 logical evidence)", &[(0, b"LEF2\r\n\x81\0")]);
pub(super) const L01: ImageFormat = row("L01 (logical evidence)", &[(0, b"LVF\x09\x0d\x0a\xff\0")]);
pub(super) const AFF: ImageFormat = row("AFF (version 1)", &[(0, b"AFF10\r\n\0")]);
pub(super) const VMDK_COWD: ImageFormat = row("VMDK (COWD, ESX snapshot)", &[(0, b"COWD")]);
pub(super) const VMDK_SESPARSE: ImageFormat =
    row("VMDK (SESparse, ESX snapshot)", &[(0, b"\xbe\xba\xfe\xca\0\0\0\0")]);

const fn row(name: &'static str, signatures: &'static [(usize, &'static [u8])]) -> ImageFormat {
    ImageFormat {
        name,
        endings: &[],
        detect: Detect::Signature(signatures),
        support: Support::Unsupported,
    }
}
