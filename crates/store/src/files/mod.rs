//! Folders that belong to one process and one user, and the bodies that wait in one.

mod folder;
mod spool;

pub use folder::{Folder, FolderError};
pub use spool::Spool;
