//! Global configuration as it travels (wire.md §8): the anchor, the signed directory, and the parts it lists.
//!
//! Everything here turns octets into values and back; nothing here proves anything. Signatures, hashes and
//! expiry are judged in `trust::conf`. Certificates stay raw octets, since they may be DER or PEM text (§8.5).

pub mod algorithm;
pub mod anchor;
pub mod directory;
pub mod directory_error;
mod element;
pub mod error;
mod header;
pub mod kind;
pub mod metadata;
mod multipart;
pub mod parts;
pub mod private;
pub mod shared;
pub mod tree;
mod writer;

pub use algorithm::SignatureScheme;
pub use anchor::{Anchor, AnchorSource};
pub use directory::{DirectoryContent, DirectorySignature, PartEntry, SignedDirectory};
pub use directory_error::{DirectoryError, DirectoryWriteError};
pub use error::{Document, DocumentError, DocumentFault, DocumentWriteError};
pub use kind::{FormatVersion, PartKind};
pub use metadata::{MetadataError, PartMetadata};
pub use private::{ManagementService, PrivateParams};
pub use shared::SharedParams;
pub use tree::{ConfTree, TreeError, TreeFolder, TreePart};
