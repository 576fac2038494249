//! Global configuration as it travels (wire.md §8): the anchor, the signed directory, and the parts it lists.
//!
//! Everything here turns octets into values and back; nothing here proves anything. Signatures, hashes and
//! expiry are judged in `trust::conf`. Certificates stay raw octets, since they may be DER or PEM text (§8.5).

pub mod algorithm;
pub mod directory;
pub mod directory_error;
mod header;
pub mod kind;
mod multipart;

pub use algorithm::SignatureScheme;
pub use directory::{DirectoryContent, DirectorySignature, PartEntry, SignedDirectory};
pub use directory_error::{DirectoryError, DirectoryWriteError};
pub use kind::{FormatVersion, PartKind};
