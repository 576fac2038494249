//! Folders that belong to one user: of one process, with the bodies that wait in one; and of agreements, which several
//! processes read.

mod agreements;
mod folder;
mod spool;

pub use agreements::{AgreementFolder, AgreementStoreError, AgreementWriter, Generation};
pub use folder::{Folder, FolderError};
pub use spool::Spool;
