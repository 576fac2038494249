//! Files and folders that a configuration file names: a reason against one says where it is named.

use std::ops::Deref;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer};
use toml::Spanned;

/// A path in a configuration file. It is relative to that file's folder, once it is [placed](Self::place).
#[derive(Clone, Debug)]
pub(crate) struct Named {
    path: PathBuf,
    written: String,
    /// Where the value begins, in octets.
    start: usize,
    place: Place,
}

#[derive(Clone, Debug, Default)]
struct Place {
    file: PathBuf,
    line: usize,
    key: &'static str,
}

/// Why a file that a configuration names cannot be used: the place of the name, and what is needed there.
#[derive(Debug, thiserror::Error)]
#[error("{}, line {line}: {key} = \"{written}\": {needed} is needed", file.display())]
pub(crate) struct FileError {
    file: PathBuf,
    line: usize,
    key: &'static str,
    written: String,
    needed: &'static str,
    #[source]
    cause: Box<dyn std::error::Error + Send + Sync>,
}

impl Named {
    /// Makes the path one from the folder of `file`, whose text is `text`. `key` is its section and key, as in
    /// `[server.auth] key`.
    pub(crate) fn place(&mut self, file: &Path, text: &str, key: &'static str) {
        self.path = file.parent().unwrap_or(Path::new(".")).join(&self.written);
        let before = text.as_bytes().iter().take(self.start);
        let line = 1 + before.filter(|octet| **octet == b'\n').count();
        self.place = Place { file: file.to_owned(), line, key };
    }

    /// The reason against this file. `needed` says what would do, as in `a private key`.
    pub(crate) fn refused<E: std::error::Error + Send + Sync + 'static>(
        &self,
        needed: &'static str,
        cause: E,
    ) -> FileError {
        let Place { file, line, key } = self.place.clone();
        FileError { file, line, key, written: self.written.clone(), needed, cause: Box::new(cause) }
    }
}

impl Deref for Named {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.path
    }
}

impl<'de> Deserialize<'de> for Named {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Spanned::<String>::deserialize(deserializer)?;
        let start = text.span().start;
        let written = text.into_inner();
        Ok(Self { path: PathBuf::from(&written), written, start, place: Place::default() })
    }
}
