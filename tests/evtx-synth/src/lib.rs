//! EVTX writer for tests.
