//! The secrets of pseudonyms: one file per epoch, made when the epoch begins, readable for its owner only.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use simpul_exchange::ports::Randomness;
use simpul_services::trail::{Epoch, KeyError, SoftPseudonymKey};
use simpul_trust::keyed::{SIZE, Secret};

use crate::files::{make_dir, open_to_others, write_whole};

/// Why there are no pseudonyms.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PseudonymFileError {
    /// A file or folder.
    #[error("{}: cannot be {what}", path.display())]
    File {
        /// What was tried.
        what: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// Others than the owner could read a secret.
    #[error("{}: others may read this secret (mode {mode:o}); run: chmod 600 {}", path.display(), path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// Not a secret.
    #[error("{}: holds {octets} octets, and a secret has {SIZE}", path.display())]
    Size {
        /// The file.
        path: PathBuf,
        /// What is in it.
        octets: usize,
    },
    /// There is a trail, and the secret under which its newest events stand is lost: nobody would find them again.
    #[error("{}: there is a data trail, and its key is missing; restore it, or begin with [server.trail] epoch = {next}", path.display())]
    Lost {
        /// The file.
        path: PathBuf,
        /// A new epoch.
        next: u32,
    },
    /// An epoch after the configured one has a key already.
    #[error("{}: [server.trail] epoch = {epoch} is behind it; an epoch that ended does not begin again", path.display())]
    Behind {
        /// The file of the later epoch.
        path: PathBuf,
        /// The configured epoch.
        epoch: u32,
    },
    /// None or too many.
    #[error("the secrets cannot be used")]
    Keys(#[source] KeyError),
}

/// The secrets in `dir` up to `epoch`, that of `epoch` made if it begins now. The file `begun`, kept with the events,
/// says which epoch began last.
pub(crate) fn open(
    dir: &Path,
    epoch: u32,
    begun: &Path,
    random: &dyn Randomness,
) -> Result<SoftPseudonymKey, PseudonymFileError> {
    make_dir(dir).map_err(failed("made", dir))?;
    let mut secrets = read(dir)?;
    if let Some((later, _)) = secrets.iter().find(|(Epoch(n), _)| *n > epoch) {
        return Err(PseudonymFileError::Behind { path: file(dir, *later), epoch });
    }
    if !secrets.iter().any(|(there, _)| *there == Epoch(epoch)) {
        let path = file(dir, Epoch(epoch));
        if last(begun)? >= epoch {
            return Err(PseudonymFileError::Lost { path, next: epoch.saturating_add(1) });
        }
        let mut octets = [0; SIZE];
        random.fill(&mut octets);
        write_whole(&path, &octets, 0o600).map_err(failed("written", &path))?;
        File::open(dir).and_then(|dir| dir.sync_all()).map_err(failed("made durable", dir))?;
        secrets.push((Epoch(epoch), Secret::new(octets)));
    }
    // Written at each start: a cut between the secret and this leaves nothing that could be lost.
    write_whole(begun, format!("{epoch}\n").as_bytes(), 0o600).map_err(failed("written", begun))?;
    SoftPseudonymKey::new(secrets).map_err(PseudonymFileError::Keys)
}

fn file(dir: &Path, epoch: Epoch) -> PathBuf {
    dir.join(format!("epoch-{}.key", epoch.0))
}

/// The epoch that began last; 0 before the first one.
fn last(begun: &Path) -> Result<u32, PseudonymFileError> {
    match fs::read_to_string(begun) {
        Ok(text) => {
            let damaged = |e| failed("understood", begun)(io::Error::new(io::ErrorKind::InvalidData, e));
            text.trim().parse().map_err(|e: std::num::ParseIntError| damaged(e))
        }
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(0),
        Err(cause) => Err(failed("read", begun)(cause)),
    }
}

fn read(dir: &Path) -> Result<Vec<(Epoch, Secret)>, PseudonymFileError> {
    let mut secrets = Vec::new();
    for entry in fs::read_dir(dir).map_err(failed("read", dir))? {
        let path = entry.map_err(failed("read", dir))?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let number = name.strip_prefix("epoch-").and_then(|name| name.strip_suffix(".key"));
        let Some(number) = number.and_then(|n| n.parse().ok()) else { continue };
        if let Some(mode) = open_to_others(&path).map_err(failed("read", &path))? {
            return Err(PseudonymFileError::Open { path, mode });
        }
        let octets = fs::read(&path).map_err(failed("read", &path))?;
        let size = octets.len();
        let octets = octets.try_into().map_err(|_| PseudonymFileError::Size { path, octets: size })?;
        secrets.push((Epoch(number), Secret::new(octets)));
    }
    Ok(secrets)
}

fn failed(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> PseudonymFileError {
    let path = path.to_owned();
    move |cause| PseudonymFileError::File { what, path, cause }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use simpul_services::trail::PseudonymKey;

    use super::*;
    use crate::random::SystemRandom;

    fn epochs(key: &SoftPseudonymKey) -> Vec<u32> {
        key.epochs().into_iter().map(|Epoch(n)| n).collect()
    }

    #[tokio::test]
    async fn an_epoch_has_one_secret_for_ever() {
        let dir = tempfile::tempdir().unwrap();
        let holder = "MY/GOV/1001".parse().unwrap();
        let open = |epoch| open(&dir.path().join("k"), epoch, &dir.path().join("begun"), &SystemRandom);
        let first = open(1).unwrap();
        let mac = first.mac(&holder, Epoch(1), b"a").await.unwrap();
        let both = open(2).unwrap();
        assert_eq!(epochs(&both), [2, 1]);
        assert_eq!(both.mac(&holder, Epoch(1), b"a").await.unwrap(), mac);
        assert_ne!(both.mac(&holder, Epoch(2), b"a").await.unwrap(), mac);
        let path = dir.path().join("k/epoch-1.key");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(matches!(open(1), Err(PseudonymFileError::Behind { .. })));
        // Who destroys the key of an epoch that is over makes its events unfindable, on purpose.
        fs::remove_file(&path).unwrap();
        assert_eq!(epochs(&open(2).unwrap()), [2]);
    }

    /// A new secret in the place of a lost one would hide every event that is there.
    #[test]
    fn a_lost_secret_is_not_made_anew() {
        let dir = tempfile::tempdir().unwrap();
        let open = |epoch| open(dir.path(), epoch, &dir.path().join("begun"), &SystemRandom);
        open(1).unwrap();
        let path = dir.path().join("epoch-1.key");
        fs::remove_file(&path).unwrap();
        assert!(matches!(open(1), Err(PseudonymFileError::Lost { next: 2, .. })));
        open(2).unwrap();
        fs::write(&path, "short").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert!(matches!(open(2), Err(PseudonymFileError::Size { octets: 5, .. })));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o604)).unwrap();
        assert!(matches!(open(2), Err(PseudonymFileError::Open { mode: 0o604, .. })));
    }
}
