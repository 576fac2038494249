//! The lab's trust services, judged by the trust crate and by the `openssl` program.

#[cfg(test)]
mod ca;
#[cfg(test)]
mod ocsp;
#[cfg(test)]
mod program;
#[cfg(test)]
mod tsa;
