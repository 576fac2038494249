//! The keys with which a provider opens tokens that name persons: made here, kept in files, never logged.
//!
//! A key is followed by a new one after the configured time. It still opens what was sealed to it while others could
//! have its set, and is then destroyed: what stands in message logs for ever is readable by nobody any more.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use openssl::ec::{EcGroup, EcKey};
use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::pkey::PKey;
use simpul_core::{ClientId, DigestAlgorithm, UnixTime, limits};
use simpul_trust::hash;
use simpul_trust::subject::{KeySet, LIFETIME, OpeningKey, OpeningKeys, SKEW, SubjectError};

use crate::files::{make_dir, open_to_others, write_whole};
use crate::verdict::chain;

/// How long others may keep a set of keys.
pub(crate) const KEEP: Duration = Duration::from_secs(3600);

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyFileError {
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
    /// Others than the owner could read a private key.
    #[error("{}: others may read this private key (mode {mode:o}); run: chmod 600 {}", path.display(), path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// What is in a file is no such key.
    #[error("{}: holds no key that opens tokens", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: SubjectError,
    },
    /// No key could be made.
    #[error("no key can be made")]
    Make(#[source] ErrorStack),
    /// What was made is no key that subjects are encrypted to.
    #[error("the keys cannot be told")]
    Set(#[source] SubjectError),
}

/// The keys of one provider.
pub(crate) struct ClientKeys {
    dir: PathBuf,
    next: Duration,
    /// Newest first; never empty.
    kept: Mutex<Vec<Kept>>,
}

struct Kept {
    made: UnixTime,
    key: OpeningKey,
}

impl ClientKeys {
    /// The keys of `client` below `dir`; the first one is made if there is none. A new one follows after `next`.
    pub(crate) fn open(dir: &Path, client: &ClientId, next: Duration, now: UnixTime) -> Result<Self, KeyFileError> {
        // A name of any length and any signs, as one that every file system takes.
        let digest = hash::digest(DigestAlgorithm::Sha256, client.to_string().as_bytes());
        let name: String = digest.as_bytes().iter().map(|b| format!("{b:02x}")).collect();
        let dir = dir.join(name);
        let made = make_dir(&dir);
        made.map_err(failed("made", &dir))?;
        let mut kept = read(&dir)?;
        kept.sort_by_key(|kept| std::cmp::Reverse(kept.made));
        if kept.is_empty() {
            kept.push(make(&dir, now)?);
        }
        let keys = Self { dir, next, kept: Mutex::new(kept) };
        drop(keys.tend(now));
        Ok(keys)
    }

    /// What others encrypt to, the current key first.
    pub(crate) fn set(&self, now: UnixTime) -> Result<KeySet, KeyFileError> {
        let kept = self.tend(now);
        let mut keys = kept.iter().map(|kept| kept.key.recipient()).collect::<Result<Vec<_>, _>>();
        let keys = keys.as_mut().map_err(|_| KeyFileError::Set(SubjectError::Key))?;
        let others = keys.split_off(1.min(keys.len()));
        let current = keys.pop().ok_or(KeyFileError::Set(SubjectError::Key))?;
        KeySet::new(current, others, KEEP).map_err(KeyFileError::Set)
    }

    /// Makes the next key when it is due, and destroys those that nobody can use any more. What cannot be done now is
    /// tried again: the operator is told, and what is there goes on.
    fn tend(&self, now: UnixTime) -> MutexGuard<'_, Vec<Kept>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.first().is_none_or(|newest| newest.made.plus(self.next) <= now) {
            match make(&self.dir, now) {
                Ok(key) => kept.insert(0, key),
                Err(error) => {
                    tracing::error!(cause = chain(&error), "the next key for tokens that name persons cannot be made");
                }
            }
        }
        let grace = KEEP + LIFETIME + SKEW;
        let mut place = 0;
        let mut followed: Option<UnixTime> = None;
        kept.retain(|key| {
            let over = followed.is_some_and(|at| at.plus(grace) <= now) || place >= limits::SUBJECT_KEYS;
            followed = Some(key.made);
            place += 1;
            !(over && destroyed(&file(&self.dir, key.made)))
        });
        kept
    }
}

impl OpeningKeys for ClientKeys {
    fn find(&self, id: &str, at: UnixTime) -> Option<OpeningKey> {
        let kept = self.tend(at);
        kept.iter().find(|kept| kept.key.id() == id).map(|kept| kept.key.clone())
    }
}

fn file(dir: &Path, made: UnixTime) -> PathBuf {
    dir.join(format!("{}.pem", made.millis()))
}

fn destroyed(path: &Path) -> bool {
    let gone = fs::remove_file(path);
    if let Err(cause) = &gone {
        tracing::error!(%cause, "a key for tokens that name persons is over and cannot be removed");
    }
    gone.is_ok()
}

/// Makes a key, durable when it returns.
fn make(dir: &Path, now: UnixTime) -> Result<Kept, KeyFileError> {
    let pem = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)
        .and_then(|group| EcKey::generate(&group))
        .and_then(PKey::from_ec_key)
        .and_then(|key| key.private_key_to_pem_pkcs8())
        .map_err(KeyFileError::Make)?;
    let path = file(dir, now);
    let key = OpeningKey::from_pem(&pem).map_err(|cause| KeyFileError::Key { path: path.clone(), cause })?;
    write_whole(&path, &pem, 0o600).map_err(failed("written", &path))?;
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(failed("made durable", dir))?;
    Ok(Kept { made: now, key })
}

fn read(dir: &Path) -> Result<Vec<Kept>, KeyFileError> {
    let mut kept = Vec::new();
    for entry in fs::read_dir(dir).map_err(failed("read", dir))? {
        let path = entry.map_err(failed("read", dir))?.path();
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let made = stem.parse().ok().filter(|_| path.extension().is_some_and(|end| end == "pem"));
        let Some(made) = made else { continue };
        if let Some(mode) = open_to_others(&path).map_err(failed("read", &path))? {
            return Err(KeyFileError::Open { path, mode });
        }
        let pem = crate::files::read(&path, limits::CERTIFICATE).map_err(|e| KeyFileError::File {
            what: "read",
            path: path.clone(),
            cause: io::Error::other(e),
        })?;
        let key = OpeningKey::from_pem(&pem).map_err(|cause| KeyFileError::Key { path, cause })?;
        kept.push(Kept { made: UnixTime::from_millis(made), key });
    }
    Ok(kept)
}

fn failed(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> KeyFileError {
    let path = path.to_owned();
    move |cause| KeyFileError::File { what, path, cause }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);
    const NOW: UnixTime = UnixTime::from_millis(1_790_000_000_000);

    fn open(dir: &Path, now: UnixTime) -> ClientKeys {
        ClientKeys::open(dir, &"MY/GOV/1001/civil-registry".parse().unwrap(), DAY, now).unwrap()
    }

    fn files(keys: &ClientKeys) -> usize {
        fs::read_dir(&keys.dir).unwrap().count()
    }

    #[test]
    fn keys_are_made_once_and_kept_for_their_owner() {
        let dir = tempfile::tempdir().unwrap();
        let keys = open(dir.path(), NOW);
        let id = keys.set(NOW).unwrap().current().id().to_owned();
        assert_eq!(open(dir.path(), NOW.plus(KEEP)).set(NOW.plus(KEEP)).unwrap().current().id(), id);
        let path = file(&keys.dir, NOW);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(&keys.dir)), (0o600, 0o700));
        let other = ClientKeys::open(dir.path(), &"MY/GOV/1001/other".parse().unwrap(), DAY, NOW).unwrap();
        assert_ne!(other.set(NOW).unwrap().current().id(), id);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let client = "MY/GOV/1001/civil-registry".parse().unwrap();
        assert!(matches!(ClientKeys::open(dir.path(), &client, DAY, NOW), Err(KeyFileError::Open { mode: 0o640, .. })));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, "no key").unwrap();
        assert!(matches!(ClientKeys::open(dir.path(), &client, DAY, NOW), Err(KeyFileError::Key { .. })));
    }

    /// A new key comes on its day; the one before opens what was sealed to it as long as anybody could, and no longer.
    #[test]
    fn a_key_is_followed_and_then_destroyed() {
        let dir = tempfile::tempdir().unwrap();
        let keys = open(dir.path(), NOW);
        let current = |at| keys.set(at).unwrap().current().id().to_owned();
        let first = current(NOW);
        assert_eq!(current(NOW.plus(DAY - Duration::from_millis(1))), first);
        let next = NOW.plus(DAY);
        let second = current(next);
        assert_ne!(second, first);
        assert_eq!(files(&keys), 2);
        let grace = KEEP + LIFETIME + SKEW;
        assert!(keys.find(&first, next.plus(grace - Duration::from_millis(1))).is_some());
        assert!(keys.find(&second, next.plus(grace)).is_some());
        assert!(keys.find(&first, next.plus(grace)).is_none());
        assert_eq!(files(&keys), 1, "nothing opens what was sealed to it any more");
        let late = next.plus(DAY * 100);
        assert!(keys.find(&second, late).is_some(), "it is followed only now");
        assert_ne!(current(late), second);
        assert_eq!(open(dir.path(), late).set(late).unwrap().current().id(), current(late), "also after a restart");
    }
}
