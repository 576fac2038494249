//! Sockets, TLS and HTTP as seen from outside.

mod listen;
mod peer;
mod support;
mod tls;
