//! Which records belong to which computer.

pub(crate) mod deduplicate;
pub(crate) mod grouping;
pub(crate) mod provenance;
pub(crate) mod relation;
