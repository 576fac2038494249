//! What listeners and clients share: sockets, bodies, and the client side of one HTTP connection.

pub(crate) mod body;
pub(crate) mod client;
pub(crate) mod connect;
pub(crate) mod http;
pub(crate) mod pool;
pub(crate) mod tcp;
pub(crate) mod transport;
pub(crate) mod url;
