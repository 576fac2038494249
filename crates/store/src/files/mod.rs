//! Folders that belong to one process and one user.

mod folder;

pub use folder::{Folder, FolderError};
