//! Sockets, TLS and HTTP as seen from outside.

#[cfg(test)]
mod fetch;
#[cfg(test)]
mod listen;
#[cfg(test)]
mod ocsp;
#[cfg(test)]
mod peer;
#[cfg(test)]
mod support;
#[cfg(test)]
mod tls;
