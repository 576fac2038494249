//! May this message pass? Access rights say what a client may call; agreements between states decide each exchange.
//!
//! The answer is a value: [`Permitted`] can be made only here, from a message whose seal was verified, and the link
//! to a service accepts nothing else. This crate never learns how a message travelled, where rights are stored, or
//! what time it is.

pub mod access;
pub mod agreement;
pub mod minimise;
pub mod mode;
mod permit;
pub mod written;

pub use access::{AccessRights, Denied, Endpoint, Right, Subject};
pub use mode::{Mode, Modes};
pub use permit::{Demand, Entitled, Grant, Permitted, Refused};
