//! Agreements on disk: a folder each, with a journal of acts and the containers that hold the signatures.
//!
//! ```text
//! agreements/lock                 held by who writes, for the time of one change
//! agreements/generation           replaced after each change: readers look at it and at nothing else
//! agreements/<id>/journal.jsonl   one act a line
//! agreements/<id>/v<N>.asice      the version with the signatures of its parties
//! agreements/<id>/delivery.json   what of it has reached the other parties, written by the server alone
//! agreements/<id>/wake            there while somebody wants it delivered now
//! ```
//!
//! Nothing here knows what a line or a container means.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use simpul_core::limits;

use super::folder::{FolderError, make_private, sync_folder};

/// Agreements of one node. Several processes read; one at a time writes.
#[derive(Clone, Debug)]
pub struct AgreementFolder {
    path: PathBuf,
}

/// The right to write, until it is dropped.
#[derive(Debug)]
pub struct AgreementWriter {
    folder: AgreementFolder,
    _lock: File,
}

/// What the generation was when somebody looked: another value means that something has changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Generation(Option<(u64, u64, i64, i64)>);

/// Why the folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AgreementStoreError {
    /// The folder itself.
    #[error("the folder of agreements cannot be used")]
    Folder(#[source] FolderError),
    /// The system refused.
    #[error("cannot {what} {}", path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// A name that is no folder of an agreement.
    #[error("`{0}` cannot name a folder: it starts with a dot or has other characters than `[A-Za-z0-9._-]`")]
    Name(String),
    /// Another process writes for longer than anybody should.
    #[error("another process writes to {} and does not end", .0.display())]
    Busy(PathBuf),
    /// A file is longer than it may be.
    #[error("{} is longer than {most} octets", path.display())]
    TooLong {
        /// Which.
        path: PathBuf,
        /// How long it may be.
        most: usize,
    },
    /// More agreements than a node enforces.
    #[error("more than {} agreements", limits::AGREEMENTS)]
    TooMany,
    /// A line with an end in it, or with more octets than one may have.
    #[error("an act has a line break in it or more than {} octets", limits::AGREEMENT_ACT)]
    Line,
}

const JOURNAL: &str = "journal.jsonl";
const GENERATION: &str = "generation";
const DELIVERY: &str = "delivery.json";
const WAKE: &str = "wake";
const LOCK: &str = "lock";
/// How long a writer waits for another one.
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(20);

impl Generation {
    fn of(path: &Path) -> Self {
        let seen = std::fs::metadata(path).ok();
        Self(seen.map(|meta| (meta.ino(), meta.size(), meta.mtime(), meta.mtime_nsec())))
    }
}

impl AgreementFolder {
    /// The folder at this place. Nothing is made before the first write; a place where nothing is holds no agreement.
    #[must_use]
    pub fn at(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The generation now: one look at one file.
    #[must_use]
    pub fn generation(&self) -> Generation {
        Generation::of(&self.path.join(GENERATION))
    }

    /// The same for the journal of one agreement.
    #[must_use]
    pub fn journal_stamp(&self, name: &str) -> Generation {
        self.place(name).map(|place| Generation::of(&place.join(JOURNAL))).unwrap_or_default()
    }

    /// The names of all agreements, in order; at most [`limits::AGREEMENTS`].
    pub fn names(&self) -> Result<Vec<String>, AgreementStoreError> {
        let entries = match std::fs::read_dir(&self.path) {
            Ok(entries) => entries,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(cause) => return Err(io_error("read", &self.path)(cause)),
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.map_err(io_error("read", &self.path))?;
            let name = entry.file_name().into_string().unwrap_or_default();
            if is_name(&name) && entry.path().join(JOURNAL).is_file() {
                names.push(name);
            }
            if names.len() > limits::AGREEMENTS {
                return Err(AgreementStoreError::TooMany);
            }
        }
        names.sort();
        Ok(names)
    }

    /// The lines of a journal, at most [`limits::AGREEMENT_JOURNAL`] octets; none if there is no such agreement. A last
    /// line without its end was never confirmed and is not there.
    pub fn journal(&self, name: &str) -> Result<Vec<String>, AgreementStoreError> {
        let path = self.place(name)?.join(JOURNAL);
        let Some(octets) = read(&path, limits::AGREEMENT_JOURNAL)? else { return Ok(Vec::new()) };
        let whole = octets.iter().rposition(|octet| *octet == b'\n').map_or(0, |end| end + 1);
        let whole = octets.get(..whole).unwrap_or_default();
        let text = std::str::from_utf8(whole)
            .map_err(|cause| io_error("read", &path)(io::Error::new(io::ErrorKind::InvalidData, cause)))?;
        Ok(text.lines().map(str::to_owned).collect())
    }

    /// The container of a version, at most [`limits::AGREEMENT_CONTAINER`] octets; `None` if it is not there.
    pub fn container(&self, name: &str, version: u32) -> Result<Option<Vec<u8>>, AgreementStoreError> {
        read(&self.place(name)?.join(container(version)), limits::AGREEMENT_CONTAINER)
    }

    /// What was delivered of an agreement, at most [`limits::AGREEMENT_MARKS`] octets; `None` if nobody has said.
    pub fn delivery(&self, name: &str) -> Result<Option<Vec<u8>>, AgreementStoreError> {
        read(&self.place(name)?.join(DELIVERY), limits::AGREEMENT_MARKS)
    }

    /// Replaces what was delivered of an agreement. Durable when it returns; the generation stays. One at a time may
    /// write it: the server that delivers.
    pub fn put_delivery(&self, name: &str, octets: &[u8]) -> Result<(), AgreementStoreError> {
        let path = self.place(name)?.join(DELIVERY);
        if octets.len() > limits::AGREEMENT_MARKS {
            return Err(AgreementStoreError::TooLong { path, most: limits::AGREEMENT_MARKS });
        }
        replace(&path, octets, None).map_err(io_error("write", &path))
    }

    /// Whether somebody wants an agreement delivered now; the next look says no.
    pub fn take_wake(&self, name: &str) -> bool {
        self.place(name).is_ok_and(|place| std::fs::remove_file(place.join(WAKE)).is_ok())
    }

    /// The right to write. Waits a few seconds for another writer; makes the folder, for its owner alone, if it is not
    /// there.
    pub fn write(&self) -> Result<AgreementWriter, AgreementStoreError> {
        make_private(&self.path).map_err(AgreementStoreError::Folder)?;
        let path = self.path.join(LOCK);
        let lock = private(&path).map_err(io_error("open", &path))?;
        let begun = Instant::now();
        loop {
            match lock.try_lock() {
                Ok(()) => return Ok(AgreementWriter { folder: self.clone(), _lock: lock }),
                Err(TryLockError::WouldBlock) if begun.elapsed() < PATIENCE => std::thread::sleep(PAUSE),
                Err(TryLockError::WouldBlock) => return Err(AgreementStoreError::Busy(self.path.clone())),
                Err(TryLockError::Error(cause)) => return Err(io_error("lock", &path)(cause)),
            }
        }
    }

    fn place(&self, name: &str) -> Result<PathBuf, AgreementStoreError> {
        match is_name(name) {
            true => Ok(self.path.join(name)),
            false => Err(AgreementStoreError::Name(name.to_owned())),
        }
    }
}

impl AgreementWriter {
    /// What it writes to.
    #[must_use]
    pub fn folder(&self) -> &AgreementFolder {
        &self.folder
    }

    /// Adds a line to a journal, which is made if it is not there. Durable when it returns, and readers are told.
    pub fn append(&self, name: &str, line: &str) -> Result<(), AgreementStoreError> {
        if line.contains(['\n', '\r']) || line.len() > limits::AGREEMENT_ACT {
            return Err(AgreementStoreError::Line);
        }
        let place = self.folder.place(name)?;
        make_folder(&place)?;
        let path = place.join(JOURNAL);
        let failed = io_error("write to", &path);
        let write = || {
            let mut file = private(&path)?;
            let end = whole_lines(&mut file)?;
            let length = end.saturating_add(u64::try_from(line.len()).unwrap_or(u64::MAX)).saturating_add(1);
            if length > limits::AGREEMENT_JOURNAL as u64 {
                return Ok(false);
            }
            file.set_len(end)?;
            file.seek(SeekFrom::Start(end))?;
            file.write_all(format!("{line}\n").as_bytes())?;
            file.sync_all()?;
            Ok(true)
        };
        match write().map_err(failed)? {
            true => {}
            false => return Err(AgreementStoreError::TooLong { path, most: limits::AGREEMENT_JOURNAL }),
        }
        sync_folder(&place).map_err(AgreementStoreError::Folder)?;
        self.turn()
    }

    /// Replaces the container of a version as a whole. Durable when it returns; readers are told with the next line.
    pub fn put_container(&self, name: &str, version: u32, octets: &[u8]) -> Result<(), AgreementStoreError> {
        let place = self.folder.place(name)?;
        make_folder(&place)?;
        let path = place.join(container(version));
        if octets.len() > limits::AGREEMENT_CONTAINER {
            return Err(AgreementStoreError::TooLong { path, most: limits::AGREEMENT_CONTAINER });
        }
        replace(&path, octets, None).map_err(io_error("write", &path))?;
        sync_folder(&place).map_err(AgreementStoreError::Folder)
    }

    /// Asks for an agreement, which must be there, to be delivered now. Readers are told.
    pub fn wake(&self, name: &str) -> Result<(), AgreementStoreError> {
        let path = self.folder.place(name)?.join(WAKE);
        private(&path).map_err(io_error("make", &path))?;
        self.turn()
    }

    /// Tells every reader that something has changed.
    fn turn(&self) -> Result<(), AgreementStoreError> {
        let path = self.folder.path.join(GENERATION);
        let number = std::fs::read_to_string(&path).ok().and_then(|text| text.trim().parse::<u32>().ok());
        let number = number.unwrap_or_default().wrapping_add(1);
        // The number is the time of the file too: a look at it tells even changes that one tick of the clock brings.
        let told = UNIX_EPOCH + Duration::from_secs(u64::from(number));
        replace(&path, format!("{number}\n").as_bytes(), Some(told)).map_err(io_error("write", &path))?;
        sync_folder(&self.folder.path).map_err(AgreementStoreError::Folder)
    }
}

fn is_name(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    !name.is_empty()
        && name.len() <= limits::AGREEMENT_ID_CHARS
        && !name.starts_with('.')
        && name.bytes().all(plain)
        && ![LOCK, GENERATION].contains(&name)
}

fn container(version: u32) -> String {
    format!("v{version}.asice")
}

/// Where the last whole line ends.
fn whole_lines(file: &mut File) -> io::Result<u64> {
    let mut octets = Vec::new();
    Read::by_ref(file).take(limits::AGREEMENT_JOURNAL as u64).read_to_end(&mut octets)?;
    let end = octets.iter().rposition(|octet| *octet == b'\n').map_or(0, |end| end + 1);
    Ok(u64::try_from(end).unwrap_or(u64::MAX))
}

fn read(path: &Path, most: usize) -> Result<Option<Vec<u8>>, AgreementStoreError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(cause) => return Err(io_error("read", path)(cause)),
    };
    let mut octets = Vec::new();
    file.take(most as u64 + 1).read_to_end(&mut octets).map_err(io_error("read", path))?;
    match octets.len() > most {
        true => Err(AgreementStoreError::TooLong { path: path.to_owned(), most }),
        false => Ok(Some(octets)),
    }
}

fn replace(path: &Path, octets: &[u8], told: Option<SystemTime>) -> io::Result<()> {
    let part = path.with_extension("part");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part)?;
    file.write_all(octets)?;
    told.map_or(Ok(()), |told| file.set_modified(told))?;
    file.sync_all()?;
    std::fs::rename(part, path)
}

fn private(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}

fn make_folder(path: &Path) -> Result<(), AgreementStoreError> {
    match DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => sync_folder(path.parent().unwrap_or(path)).map_err(AgreementStoreError::Folder),
        Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(cause) => Err(io_error("make", path)(cause)),
    }
}

fn io_error(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> AgreementStoreError {
    let path = path.to_owned();
    move |cause| AgreementStoreError::Io { what, path, cause }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fresh() -> (tempfile::TempDir, AgreementFolder) {
        let dir = tempfile::tempdir().unwrap();
        let folder = AgreementFolder::at(&dir.path().join("agreements"));
        (dir, folder)
    }

    #[test]
    fn what_was_written_is_read_and_each_change_turns_the_generation() {
        let (_dir, folder) = fresh();
        assert!(folder.names().unwrap().is_empty() && folder.journal("a").unwrap().is_empty());
        let mut seen = vec![folder.generation()];
        for line in ["{}", "{\"x\":1}", "{}"] {
            folder.write().unwrap().append("id-my.civil", line).unwrap();
            let now = folder.generation();
            assert!(!seen.contains(&now), "one look tells");
            assert_eq!(now, folder.generation());
            seen.push(now);
        }
        assert_eq!(folder.journal("id-my.civil").unwrap(), ["{}", "{\"x\":1}", "{}"]);
        assert_eq!(folder.names().unwrap(), ["id-my.civil"]);
        folder.write().unwrap().put_container("id-my.civil", 1, b"zip").unwrap();
        assert_eq!(folder.container("id-my.civil", 1).unwrap().unwrap(), b"zip");
        assert_eq!(folder.container("id-my.civil", 2).unwrap(), None);
    }

    #[test]
    fn an_act_that_was_not_confirmed_is_not_there() {
        let (_dir, folder) = fresh();
        folder.write().unwrap().append("a", "one").unwrap();
        let path = folder.path().join("a").join(JOURNAL);
        std::fs::write(&path, b"one\n{\"act\":\"susp").unwrap();
        assert_eq!(folder.journal("a").unwrap(), ["one"]);
        folder.write().unwrap().append("a", "two").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"one\ntwo\n");
    }

    #[test]
    fn names_lead_nowhere_else() {
        let (_dir, folder) = fresh();
        for name in ["", "..", ".", ".a", "a/b", "lock", "generation", "a b", &"x".repeat(65)] {
            assert!(matches!(folder.journal(name), Err(AgreementStoreError::Name(_))), "{name}");
            let writer = folder.write().unwrap();
            assert!(matches!(writer.append(name, "x"), Err(AgreementStoreError::Name(_))), "{name}");
            assert!(matches!(writer.put_container(name, 1, b"x"), Err(AgreementStoreError::Name(_))), "{name}");
        }
    }

    #[test]
    fn lines_and_files_are_bounded() {
        let (_dir, folder) = fresh();
        let writer = folder.write().unwrap();
        assert!(matches!(writer.append("a", "one\ntwo"), Err(AgreementStoreError::Line)));
        let most = "x".repeat(limits::AGREEMENT_ACT);
        assert!(matches!(writer.append("a", &format!("{most}x")), Err(AgreementStoreError::Line)));
        writer.append("a", &most).unwrap();
        let path = folder.path().join("a").join(JOURNAL);
        let file = OpenOptions::new().write(true).open(&path).unwrap();
        file.set_len(limits::AGREEMENT_JOURNAL as u64 + 1).unwrap();
        assert!(matches!(folder.journal("a"), Err(AgreementStoreError::TooLong { .. })));
        let large = vec![0; limits::AGREEMENT_CONTAINER + 1];
        assert!(matches!(writer.put_container("a", 1, &large), Err(AgreementStoreError::TooLong { .. })));
    }

    #[test]
    fn what_was_delivered_is_kept_and_a_wish_is_taken_once() {
        let (_dir, folder) = fresh();
        assert_eq!(folder.delivery("a").unwrap(), None);
        folder.write().unwrap().append("a", "x").unwrap();
        let seen = folder.generation();
        folder.put_delivery("a", b"{}").unwrap();
        assert_eq!((folder.delivery("a").unwrap().unwrap(), folder.generation()), (b"{}".to_vec(), seen));
        let large = vec![b' '; limits::AGREEMENT_MARKS + 1];
        assert!(matches!(folder.put_delivery("a", &large), Err(AgreementStoreError::TooLong { .. })));
        assert!(!folder.take_wake("a"));
        folder.write().unwrap().wake("a").unwrap();
        assert_ne!(folder.generation(), seen);
        assert_eq!((folder.take_wake("a"), folder.take_wake("a")), (true, false));
    }

    #[test]
    fn one_writer_at_a_time() {
        let (_dir, folder) = fresh();
        let writer = folder.write().unwrap();
        let (tell, told) = std::sync::mpsc::channel();
        std::thread::scope(|scope| {
            let other = folder.clone();
            scope.spawn(move || {
                other.write().unwrap().append("a", "second").unwrap();
                tell.send(()).unwrap();
            });
            writer.append("a", "first").unwrap();
            assert!(told.try_recv().is_err(), "it waits");
            drop(writer);
            told.recv().unwrap();
        });
        assert_eq!(folder.journal("a").unwrap(), ["first", "second"]);
    }

    #[test]
    fn files_are_for_their_owner() {
        use std::os::unix::fs::PermissionsExt;
        let (_dir, folder) = fresh();
        folder.write().unwrap().append("a", "x").unwrap();
        folder.write().unwrap().put_container("a", 1, b"x").unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(folder.path()), mode(&folder.path().join("a"))), (0o700, 0o700));
        for file in ["a/journal.jsonl", "a/v1.asice", "generation", "lock"] {
            assert_eq!(mode(&folder.path().join(file)), 0o600, "{file}");
        }
    }
}
