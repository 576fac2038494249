//! Reading a container (wire.md §7.1).

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{Cursor, Read};

use bytes::Bytes;
use simpul_core::limits;
use zip::ZipArchive;

use super::story::{Archive, same_story};
use super::{AsicError, Container, Entry, MIME_TYPE};

impl Container {
    /// Reads a container of at most [`limits::ASIC_CONTENT`] octets, and checks that it has what it needs. Entries without a meaning are ignored. Nothing is
    /// verified: see [`verify_container`](super::verify_container).
    pub fn read(octets: &[u8]) -> Result<Self, AsicError> {
        let mut archive = open(octets)?;
        let mut found = Found::default();
        for index in 0..archive.len() {
            found.take(&mut archive, index)?;
        }
        found.container()
    }

    /// The names of the entries of a container that have no meaning, in the order of its directory: the signature
    /// covers none of them, and nothing here looks into them. Folders are left out.
    pub fn ignored(octets: &[u8]) -> Result<Vec<String>, AsicError> {
        let mut archive = ZipArchive::new(Cursor::new(octets)).map_err(AsicError::Zip)?;
        let mut names = Vec::new();
        for index in 0..archive.len().min(limits::ASIC_ENTRIES) {
            let name = archive.by_index_raw(index).map_err(AsicError::Zip)?.name().to_owned();
            let lower = name.to_ascii_lowercase();
            if Entry::of_name(&lower).is_none() && attachment(&lower).is_none() && !name.ends_with('/') {
                names.push(name);
            }
        }
        Ok(names)
    }
}

/// A container within its bounds that shows every reader the same entries.
fn open(octets: &[u8]) -> Result<Archive<'_>, AsicError> {
    if octets.len() as u64 > limits::ASIC_CONTENT {
        return Err(AsicError::TooLarge("the container".to_owned()));
    }
    let mut archive = ZipArchive::new(Cursor::new(octets)).map_err(AsicError::Zip)?;
    if archive.len() > limits::ASIC_ENTRIES {
        return Err(AsicError::TooManyEntries(archive.len()));
    }
    same_story(octets, &mut archive)?;
    Ok(archive)
}

/// Every entry of a container in the order of its directory, each of at most `most` octets; names that differ in case
/// at most are refused. What they mean is the caller's to say.
pub(crate) fn read_entries(octets: &[u8], most: u64) -> Result<Vec<(String, Bytes)>, AsicError> {
    let mut archive = open(octets)?;
    let (mut names, mut entries, mut left) = (HashSet::new(), Vec::new(), limits::ASIC_CONTENT);
    for index in 0..archive.len() {
        let file = archive.by_index(index).map_err(AsicError::Zip)?;
        let name = file.name().to_owned();
        if !names.insert(name.to_ascii_lowercase()) {
            return Err(AsicError::Duplicate(name));
        }
        let octets = whole(file, &name, most.min(left))?;
        left = left.saturating_sub(octets.len() as u64);
        entries.push((name, octets.into()));
    }
    Ok(entries)
}

/// All octets of an entry, of which there are at most so many.
fn whole(file: impl Read, name: &str, allowed: u64) -> Result<Vec<u8>, AsicError> {
    let mut octets = Vec::new();
    let read = file.take(allowed.saturating_add(1)).read_to_end(&mut octets);
    let size = read.map_err(|cause| AsicError::Unreadable { name: name.to_owned(), cause })? as u64;
    if size > allowed { Err(AsicError::TooLarge(name.to_owned())) } else { Ok(octets) }
}

/// What has been read so far.
#[derive(Default)]
struct Found {
    /// Every name in lower case.
    names: HashSet<String>,
    entries: HashMap<Entry, Bytes>,
    attachments: BTreeMap<usize, Bytes>,
    total: u64,
}

impl Found {
    fn take(&mut self, archive: &mut Archive<'_>, index: usize) -> Result<(), AsicError> {
        let file = archive.by_index(index).map_err(AsicError::Zip)?;
        let name = file.name().to_owned();
        let lower = name.to_ascii_lowercase();
        if !self.names.insert(lower.clone()) {
            return Err(AsicError::Duplicate(name));
        }
        let (entry, attachment) = (Entry::of_name(&lower), attachment(&lower));
        if entry.is_none() && attachment.is_none() {
            return Ok(());
        }
        let allowed = limits::ASIC_ENTRY.min(limits::ASIC_CONTENT.saturating_sub(self.total));
        let octets = whole(file, &name, allowed)?;
        self.total = self.total.saturating_add(octets.len() as u64);
        let double = match (entry, attachment) {
            (Some(entry), _) => self.entries.insert(entry, octets.into()),
            (None, Some(number)) => self.attachments.insert(number, octets.into()),
            (None, None) => None,
        };
        if double.is_some() { Err(AsicError::Duplicate(name)) } else { Ok(()) }
    }

    /// In the order in which X-Road misses things (§7.1).
    fn container(mut self) -> Result<Container, AsicError> {
        let mime_type = self.required(Entry::MimeType)?;
        if !mime_type.eq_ignore_ascii_case(MIME_TYPE.as_bytes()) {
            return Err(AsicError::MimeType(String::from_utf8_lossy(&mime_type).chars().take(80).collect()));
        }
        let (message, signature) = (self.required(Entry::Message)?, self.required(Entry::Signature)?);
        let (hash_chain_result, hash_chain) = self.pair(Entry::HashChainResult, Entry::HashChain)?;
        let timestamp = self.optional(Entry::Timestamp)?;
        let (timestamp_chain_result, timestamp_chain) =
            self.pair(Entry::TimestampChainResult, Entry::TimestampChain)?;
        self.optional(Entry::Manifest)?;
        self.optional(Entry::AsicManifest)?;
        Ok(Container {
            message,
            signature,
            hash_chain_result,
            hash_chain,
            timestamp_chain_result,
            timestamp_chain,
            timestamp,
            attachments: self.attachments,
        })
    }

    fn required(&mut self, entry: Entry) -> Result<Bytes, AsicError> {
        self.entries.remove(&entry).filter(|octets| !blank(octets)).ok_or(AsicError::Missing(entry))
    }

    /// An entry that may be absent, but not empty.
    fn optional(&mut self, entry: Entry) -> Result<Option<Bytes>, AsicError> {
        match self.entries.remove(&entry) {
            Some(octets) if blank(&octets) => Err(AsicError::Missing(entry)),
            other => Ok(other),
        }
    }

    /// Two entries of which one needs the other; empty ones count as absent.
    fn pair(&mut self, result: Entry, chain: Entry) -> Result<(Option<Bytes>, Option<Bytes>), AsicError> {
        let mut take = |entry| self.entries.remove(&entry).filter(|octets| !blank(octets));
        match (take(result), take(chain)) {
            (None, Some(_)) => Err(AsicError::Missing(result)),
            (Some(_), None) => Err(AsicError::Missing(chain)),
            both => Ok(both),
        }
    }
}

/// The number of an attachment, from 1, without leading zeros.
pub(super) fn attachment(lower: &str) -> Option<usize> {
    let digits = lower.strip_prefix("attachment")?;
    let canonical = digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
    digits.parse().ok().filter(|_| canonical)
}

fn blank(octets: &[u8]) -> bool {
    octets.trim_ascii().is_empty()
}
