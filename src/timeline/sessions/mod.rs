//! The sessions of one boot.

pub(crate) mod attachments;
pub(crate) mod builder;
pub(crate) mod classes;
pub(crate) mod corroboration;
pub(crate) mod ends;
pub(crate) mod inferred;
pub(crate) mod linked_logons;
pub(crate) mod revalidations;
