//! Reads small folders into memory, bounded; writes files whole.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
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

/// Every file below a folder, links followed, by its path relative to it, with `/` between folders.
pub(crate) fn read_tree(dir: &Path) -> Result<BTreeMap<String, Bytes>, FilesError> {
    let mut files = BTreeMap::new();
    let mut octets = 0;
    collect(dir, "", 0, &mut files, &mut octets)?;
    Ok(files)
}

/// One file, if it is not larger than `limit`: no more than that is read, whatever the system says of its size.
pub(crate) fn read(path: &Path, limit: usize) -> Result<Bytes, FilesError> {
    let failed = |cause| FilesError::Read { path: path.to_owned(), cause };
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let mut octets = Vec::new();
    File::open(path).and_then(|file| file.take(most).read_to_end(&mut octets)).map_err(failed)?;
    match octets.len() > limit {
        true => Err(FilesError::TooMuch { path: path.to_owned(), what: "the file is too large" }),
        false => Ok(octets.into()),
    }
}

/// Writes a file under another name and renames it, so that it is never there in half.
pub(crate) fn write_whole(path: &Path, bytes: &[u8], mode: u32) -> std::io::Result<()> {
    let part = path.with_extension("part");
    match std::fs::remove_file(&part) {
        Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => return Err(cause),
        _ => {}
    }
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(&part)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&part, path)
}

/// The mode of a secret file that others than its owner may use; `None` for one that is kept well.
pub(crate) fn open_to_others(path: &Path) -> std::io::Result<Option<u32>> {
    let mode = std::fs::metadata(path)?.permissions().mode() & 0o777;
    Ok((mode & 0o077 != 0).then_some(mode))
}

/// Makes a folder, and those above it that are missing, with rights for the owner only.
pub(crate) fn make_dir(path: &Path) -> std::io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
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
        // Links are followed; where they lead in circles, the depth ends it.
        let kind = std::fs::metadata(entry.path()).map_err(failed)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_file_is_read_beyond_its_limit() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        std::fs::write(&path, b"1234").unwrap();
        assert_eq!(read(&path, 4).unwrap(), "1234");
        assert!(matches!(read(&path, 3), Err(FilesError::TooMuch { .. })));
        assert!(matches!(read(Path::new("/dev/zero"), 3), Err(FilesError::TooMuch { .. })), "it has no size");
        assert!(matches!(read(dir.path(), 4), Err(FilesError::Read { .. })));
    }

    #[test]
    fn folders_are_read_with_their_links_and_within_bounds() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("a")).unwrap();
        std::fs::write(dir.path().join("a/f"), b"1").unwrap();
        std::os::unix::fs::symlink("a/f", dir.path().join("link")).unwrap();
        let names: Vec<_> = read_tree(dir.path()).unwrap().into_keys().collect();
        assert_eq!(names, ["a/f", "link"]);
        std::os::unix::fs::symlink(dir.path(), dir.path().join("a/circle")).unwrap();
        assert!(matches!(read_tree(dir.path()), Err(FilesError::TooMuch { .. })));
        assert!(matches!(read_tree(&dir.path().join("none")), Err(FilesError::Read { .. })));
    }
}
