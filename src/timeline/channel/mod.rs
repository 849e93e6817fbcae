//! One channel of one computer: what is missing from it, and the boots that it shows by itself.

pub(crate) mod gaps;
pub(crate) mod security_boots;
pub(crate) mod segments;
pub(crate) mod system_boots;
