//! SOAP 1.1, as far as every exchange needs it: faults (wire.md §3.4).

pub mod fault;
