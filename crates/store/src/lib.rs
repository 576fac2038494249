//! Every durable byte of a node: records, applications and the data trail in SQLite, bodies that wait in files.
//!
//! This crate implements ports of the domain crates and knows nothing of sockets, TLS or pages. A folder of it belongs
//! to one process at a time, and to nobody but its user.

mod database;
pub mod files;
pub mod services;
pub mod sqlite;
pub mod trail;
