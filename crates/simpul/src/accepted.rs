//! The Expire-date of the newest configuration accepted of each instance, durable: what is older than that is refused,
//! also by a node that was started again (`trust::conf::rollback`).
//!
//! The file, version 1: `simpul-accepted 1`, a space, the SHA-256 of what follows the line in hexadecimal, and on the next
//! line a JSON object of Expire-dates in milliseconds by instance. Whoever can write the file can write the stored
//! configuration too; the digest tells damage, not forgery.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use simpul_core::ident::Instance;
use simpul_core::{DigestAlgorithm, UnixTime, limits};
use simpul_trust::hash;

use crate::files::{self, FilesError};

/// The newest Expire-date accepted, by instance.
pub(crate) type Newest = BTreeMap<Instance, UnixTime>;

/// The memory of one node.
#[derive(Debug)]
pub(crate) struct Accepted {
    path: PathBuf,
    newest: Newest,
    /// What the file holds.
    written: Newest,
}

/// Why the memory cannot be used. Nothing new is accepted then: it could be older than what was.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AcceptedError {
    /// It is not as it was written.
    #[error(
        "{}: damaged, so that it is not known which configuration is the newest accepted one; restore the file, or \
         remove it to go by the stored configuration", path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// It is of a later version of this program.
    #[error("{}: written by a later version of this program; start that one", path.display())]
    Version {
        /// The file.
        path: PathBuf,
    },
    /// It cannot be read.
    #[error("the newest accepted configuration is not known")]
    Read(#[source] FilesError),
    /// It cannot be written.
    #[error("{}: cannot be written; no newer configuration is accepted until it can", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: std::io::Error,
    },
}

impl Accepted {
    /// What is remembered in the folder `dir`, and of `stored`, the configuration that is kept there: the later of both.
    pub(crate) fn open(dir: &Path, stored: Newest) -> Result<Self, AcceptedError> {
        let path = dir.join("accepted");
        let written = match files::read(&path, FILE) {
            Ok(octets) => decode(&octets).map_err(|wrong| wrong.of(&path))?,
            Err(FilesError::Read { cause, .. }) if cause.kind() == ErrorKind::NotFound => Newest::new(),
            Err(error) => return Err(AcceptedError::Read(error)),
        };
        let mut newest = written.clone();
        for (instance, expires) in stored {
            let known = newest.entry(instance).or_insert(expires);
            *known = expires.max(*known);
        }
        Ok(Self { path, newest, written })
    }

    /// What is remembered.
    pub(crate) fn newest(&self) -> &Newest {
        &self.newest
    }

    /// Remembers what a round came to; durable when it returns. Instances that it says nothing of keep their dates, as long
    /// as there are no more than one configuration may have.
    pub(crate) fn remember(&mut self, round: Newest) -> Result<(), AcceptedError> {
        let mut newest = self.newest.clone();
        newest.extend(round.clone());
        if newest.len() > limits::CONF_INSTANCES {
            newest = round;
        }
        if newest != self.written {
            self.write(&newest).map_err(|cause| AcceptedError::Write { path: self.path.clone(), cause })?;
            self.written = newest.clone();
        }
        self.newest = newest;
        Ok(())
    }

    fn write(&self, newest: &Newest) -> std::io::Result<()> {
        let dir = self.path.parent().unwrap_or(Path::new("."));
        files::make_dir(dir)?;
        files::write_whole(&self.path, encode(newest).as_bytes(), 0o600)?;
        std::fs::File::open(dir)?.sync_all()
    }
}

/// Octets of the file at most.
const FILE: usize = 1024 * 1024;

/// How the file begins.
const NAME: &str = "simpul-accepted ";

#[derive(Debug, PartialEq, Eq)]
enum Wrong {
    Damaged,
    Version,
}

impl Wrong {
    fn of(self, path: &Path) -> AcceptedError {
        let path = path.to_owned();
        match self {
            Self::Damaged => AcceptedError::Damaged { path },
            Self::Version => AcceptedError::Version { path },
        }
    }
}

fn encode(newest: &Newest) -> String {
    let dates: BTreeMap<&str, i64> = newest.iter().map(|(i, at)| (i.as_str(), at.millis())).collect();
    // Texts and numbers always become JSON.
    let json = serde_json::to_string(&dates).unwrap_or_default();
    format!("{NAME}1 {}\n{json}", digest(&json))
}

fn decode(octets: &[u8]) -> Result<Newest, Wrong> {
    let text = std::str::from_utf8(octets).map_err(|_| Wrong::Damaged)?;
    let (version, rest) = text.strip_prefix(NAME).and_then(|rest| rest.split_once(' ')).ok_or(Wrong::Damaged)?;
    match version {
        "1" => decode_v1(rest).ok_or(Wrong::Damaged),
        later if later.bytes().all(|b| b.is_ascii_digit()) && !later.starts_with('0') => Err(Wrong::Version),
        _ => Err(Wrong::Damaged),
    }
}

fn decode_v1(text: &str) -> Option<Newest> {
    let (told, json) = text.split_once('\n')?;
    if told != digest(json) {
        return None;
    }
    let dates: BTreeMap<String, i64> = serde_json::from_str(json).ok()?;
    dates.into_iter().map(|(i, at)| Some((i.parse().ok()?, UnixTime::from_millis(at)))).collect()
}

fn digest(json: &str) -> String {
    hash::digest(DigestAlgorithm::Sha256, json.as_bytes()).as_bytes().iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(dates: &[(&str, i64)]) -> Newest {
        dates.iter().map(|(i, at)| (i.parse().unwrap(), UnixTime::from_millis(*at))).collect()
    }

    /// As `printf '{"ID":7}' | sha256sum` has it: files of this version are read for ever.
    const V1: &str = "simpul-accepted 1 97b355499fa39b093c51d6dd423a25edae5b020525a6ce6f55299c5d9387a73c\n{\"ID\":7}";

    #[test]
    fn what_is_remembered_is_there_after_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().join("globalconf");
        let mut accepted = Accepted::open(&dir, Newest::new()).unwrap();
        assert_eq!(accepted.newest(), &Newest::new());
        accepted.remember(of(&[("ID", 2_000), ("MY \"x\"\n", 5)])).unwrap();
        accepted.remember(of(&[("ID", 1_000)])).unwrap();
        let again = Accepted::open(&dir, of(&[("ID", 999), ("MY \"x\"\n", 6), ("SG", 1)])).unwrap();
        assert_eq!(again.newest(), &of(&[("ID", 1_000), ("MY \"x\"\n", 6), ("SG", 1)]));
        assert_eq!(decode(V1.as_bytes()), Ok(of(&[("ID", 7)])));

        // What is known from the stored configuration alone is as durable after the next round, even if that brings nothing.
        std::fs::remove_file(dir.join("accepted")).unwrap();
        let stored = of(&[("ID", 3)]);
        Accepted::open(&dir, stored.clone()).unwrap().remember(stored.clone()).unwrap();
        assert_eq!(Accepted::open(&dir, Newest::new()).unwrap().newest(), &stored);
    }

    #[test]
    fn a_damaged_memory_is_not_taken_for_none() {
        let good = encode(&of(&[("ID", 1_790_000_000_000)]));
        for place in 0..good.len() {
            for bit in 0..8 {
                let mut octets = good.clone().into_bytes();
                octets[place] ^= 1 << bit;
                assert!(decode(&octets).is_err(), "octet {place}, bit {bit}");
            }
            assert_eq!(decode(&good.as_bytes()[..place]), Err(Wrong::Damaged), "cut at {place}");
        }
        assert_eq!(decode(good.replace("ed 1 ", "ed 2 ").as_bytes()), Err(Wrong::Version));
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("accepted"), good.replace("ID", "IE")).unwrap();
        assert!(matches!(Accepted::open(dir.path(), of(&[("ID", 1)])), Err(AcceptedError::Damaged { .. })));
        std::fs::write(dir.path().join("accepted"), vec![b' '; FILE + 1]).unwrap();
        assert!(matches!(Accepted::open(dir.path(), of(&[("ID", 1)])), Err(AcceptedError::Read(_))));
    }

    #[test]
    fn what_cannot_be_written_is_not_remembered() {
        let dir = tempfile::tempdir().unwrap();
        let mut accepted = Accepted::open(dir.path(), of(&[("ID", 1)])).unwrap();
        std::fs::create_dir_all(dir.path().join("accepted/in-the-way")).unwrap();
        assert!(matches!(accepted.remember(of(&[("ID", 2)])), Err(AcceptedError::Write { .. })));
        assert_eq!(accepted.newest(), &of(&[("ID", 1)]));
    }

    #[test]
    fn no_more_instances_are_remembered_than_a_configuration_has() {
        let dir = tempfile::tempdir().unwrap();
        let name = |n: usize| (format!("I{n}").parse::<Instance>().unwrap(), UnixTime::from_millis(1));
        let mut accepted = Accepted::open(dir.path(), Newest::new()).unwrap();
        accepted.remember((0..limits::CONF_INSTANCES).map(name).collect()).unwrap();
        assert_eq!(accepted.newest().len(), limits::CONF_INSTANCES);
        accepted.remember(std::iter::once(name(limits::CONF_INSTANCES)).collect()).unwrap();
        assert_eq!(accepted.newest().len(), 1, "those of the round stay");
    }
}
