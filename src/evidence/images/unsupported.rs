//! Variants of a format that are detected only to report that they are unsupported. Whole formats that
//! are not read stand in `unread`.

use super::image::{Detect, ImageFormat, Support};

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
