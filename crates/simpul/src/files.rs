//! Reads small folders into memory, bounded.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use simpul_core::limits;

/// Files that a folder may hold, folders within it counted.
const FILES: usize = 4096;

/// How deep folders may nest.
const DEPTH: usize = 4;

/// Why a folder or file cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FilesError {
    /// The system refused.
    #[error("{}: cannot be read", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: std::io::Error,
    },
    /// More than this tool reads.
    #[error("{}: {what}", path.display())]
    TooMuch {
        /// Which.
        path: PathBuf,
        /// What there is too much of.
        what: &'static str,
    },
}

/// Every file below a folder, by its path relative to it, with `/` between folders.
pub(crate) fn read_tree(dir: &Path) -> Result<BTreeMap<String, Bytes>, FilesError> {
    let mut files = BTreeMap::new();
    let mut octets = 0;
    collect(dir, "", 0, &mut files, &mut octets)?;
    Ok(files)
}

/// One file, if it is not larger than `limit`.
pub(crate) fn read(path: &Path, limit: usize) -> Result<Bytes, FilesError> {
    let failed = |cause| FilesError::Read { path: path.to_owned(), cause };
    let length = std::fs::metadata(path).map_err(failed)?.len();
    if usize::try_from(length).map_or(true, |l| l > limit) {
        return Err(FilesError::TooMuch { path: path.to_owned(), what: "the file is too large" });
    }
    std::fs::read(path).map(Bytes::from).map_err(failed)
}

fn collect(
    dir: &Path,
    prefix: &str,
    depth: usize,
    files: &mut BTreeMap<String, Bytes>,
    octets: &mut usize,
) -> Result<(), FilesError> {
    let failed = |cause| FilesError::Read { path: dir.to_owned(), cause };
    let too_much = |what| FilesError::TooMuch { path: dir.to_owned(), what };
    for entry in std::fs::read_dir(dir).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let kind = entry.file_type().map_err(failed)?;
        if kind.is_dir() {
            if depth == DEPTH {
                return Err(too_much("folders nest too deep"));
            }
            collect(&entry.path(), &format!("{name}/"), depth + 1, files, octets)?;
        } else if kind.is_file() {
            let bytes = read(&entry.path(), limits::CONF_PART)?;
            *octets += bytes.len();
            if files.len() == FILES || *octets > 4 * limits::CONF_PART {
                return Err(too_much("the folder holds too much"));
            }
            files.insert(name, bytes);
        }
    }
    Ok(())
}
