//! Whole-federation tests: separate processes, real sockets, programs that are not ours.

mod conformance;
mod evidence;
mod journey;
mod kill;
mod large_body;
mod oracle;
mod support;
