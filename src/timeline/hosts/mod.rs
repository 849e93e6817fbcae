//! Which records belong to which computer.

pub(crate) mod deduplicate;
mod fragments;
pub(crate) mod grouping;
mod joining;
pub(crate) mod provenance;
pub(crate) mod relation;
mod sets;
mod streams;
#[cfg(test)]
mod tests;
