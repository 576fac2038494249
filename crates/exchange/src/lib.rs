//! The security-server role: a consumer's call becomes a sealed message to a peer, and a peer's message becomes a call
//! of a service (X-Road PR-MESSTRANSP §3.2, §3.3; wire.md §2, §3).
//!
//! Two orchestrators read like the specification: [`consumer::Consumer::relay`] and [`provider::Provider::answer`].
//! Each step consumes the proof of the step before it, `Received → Verified → Permitted → Recorded`, so that an
//! unverified, unauthorised or unlogged call does not compile. This crate knows no socket, SQL or page; it reaches them
//! through [`ports`].

pub mod call;
pub mod consumer;
pub mod evidence;
mod inbound;
mod intake;
pub mod message;
mod outbound;
pub mod persons;
pub mod ports;
pub mod provider;
mod record;
mod sealing;
pub mod server;
mod trace;

/// The X-Road release whose protocol this node speaks, as `x-proxy-version` carries it (wire.md §3.2).
pub const PROXY_VERSION: &str = "7.8.0";
