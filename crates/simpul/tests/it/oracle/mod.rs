//! Programs that share no code with this project judge what it makes, and talk with it: the JDK, xmlsec1, `openssl`.
//!
//! The programs are in `tests/oracle` at the workspace root; its README says what each proves.

mod containers;
mod exchanges;
mod programs;
