//! The message log: what was said, by whom, under which seal, durable before it leaves the node.
//!
//! An exchange hands each message to [`Ledger::record`] and gets a [`Recorded`] value back, which is what the next
//! hop demands: an unlogged message cannot be sent. Many exchanges share one commit of the [`LedgerStore`]; a
//! background job stamps the seals, many under one token (wire.md §6.3); [`evidence`] makes the container that a third party can check.
//!
//! This crate knows no clock, no runtime and no SQL. Time is an argument, and the composition root polls the
//! [`Writer`].

pub mod body;
mod confs;
#[cfg(any(test, feature = "contract"))]
pub mod contract;
pub mod evidence;
mod gate;
mod log;
pub mod pack;
pub mod record;
pub mod stamp;
mod stamping;
pub mod store;
pub mod stored;
mod writer;

pub use body::BodyLog;
pub use log::{Halted, Ledger, LedgerError, LedgerSettings, Recorded};
pub use record::{
    ConfId, Direction, Filter, KeptConf, LoggedBody, NewRecord, Page, RecordId, Side, Stamp, StampState, StoredRecord,
    Summary,
};
pub use stamp::{AuthorityError, StampError, StampReport, Timestamper, TimestampingFailed, Unstamped};
pub use store::{Head, LedgerStore, StoreError};
pub use writer::Writer;
