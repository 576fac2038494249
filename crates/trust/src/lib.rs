//! Who said this, and did it hold then: certificates, OCSP, timestamps, seals, ASiC containers, global configuration.
//!
//! All cryptography of messages and evidence is here, and all of it is OpenSSL's; the ASN.1 crates are used for
//! structures only. Every judgement takes the moment it is made for as an argument. This crate knows no clock, no
//! sockets, no SQL, and nothing of how members come to be registered.

pub mod agreement;
pub mod asic;
pub mod cert;
pub mod conf;
pub mod hash;
pub mod jws;
pub mod keyed;
pub mod message;
pub mod ocsp;
pub mod seal;
pub mod subject;
pub mod token;
pub mod tsp;

pub use simpul_wire::Seal;
