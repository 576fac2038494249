//! Who said this, and did it hold then: certificates, OCSP, timestamps, seals, ASiC containers, global configuration

pub mod cert;
pub mod conf;
pub mod hash;
pub mod ocsp;
pub mod seal;
pub mod token;
pub mod tsp;
