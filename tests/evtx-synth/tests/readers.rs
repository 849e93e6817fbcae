//! Readers that are not ours read what the writer wrote, and see the same values.
