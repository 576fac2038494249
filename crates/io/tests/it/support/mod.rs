//! Certificates, configurations, handlers and raw HTTP for the tests.

pub(crate) mod conf;
pub(crate) mod http;
pub(crate) mod pki;
pub(crate) mod port;
