//! Which record of a ZIP file does not hold (APPNOTE.TXT 4.3): the end record, an entry of the directory, or a local header.
//!
//! This only names what the reader has refused. It goes by the places that the file gives itself, and looks into nothing.

use std::fmt;
use std::ops::Range;

/// The records in question of a file that was refused; two that do not agree are both named. Empty where none of them is
/// to blame.
pub(super) fn in_question(octets: &[u8]) -> Vec<Record> {
    let Some(end) = End::find(octets) else { return vec![Record::End] };
    let mut entries: Vec<Listed> = Vec::new();
    let mut at = end.directory;
    for number in 1..=end.entries {
        let before = entries.last().map_or(Record::End, Listed::record);
        let Some(entry) = Listed::read(octets, at, number) else {
            return vec![before, Record::Directory { number, name: None }];
        };
        at = entry.next;
        entries.push(entry);
    }
    if at != end.at {
        return vec![entries.last().map_or(Record::End, Listed::record), Record::End];
    }
    if let Some(entry) = entries.iter().find(|entry| !entry.fields_fit(octets)) {
        return vec![entry.record()];
    }
    if let Some(entry) = entries.iter().find(|entry| !entry.same(octets).unwrap_or(false)) {
        return vec![entry.record(), entry.header(octets)];
    }
    // Entry must follow entry, from the first octet to the directory.
    let starts = entries.iter().map(|entry| entry.start).chain([end.directory]);
    let ends = [Some(0)].into_iter().chain(entries.iter().map(|entry| entry.end(octets)));
    let gap = starts.zip(ends).position(|(start, end)| Some(start) != end);
    let before = gap.and_then(|gap| entries.get(gap.saturating_sub(1)));
    before.map(|entry| vec![entry.record(), entry.header(octets)]).unwrap_or_default()
}

/// A record of a ZIP file. Entries are numbered from 1, as the directory has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Record {
    /// The end record.
    End,
    /// An entry of the directory.
    Directory {
        /// Which.
        number: u16,
        /// The name that it has, if it can be shown.
        name: Option<String>,
    },
    /// The header before an entry's content.
    Local {
        /// Which.
        number: u16,
        /// The name that it has, if it can be shown.
        name: Option<String>,
    },
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, number, name) = match self {
            Self::End => return f.write_str("end record"),
            Self::Directory { number, name } => ("directory entry", number, name),
            Self::Local { number, name } => ("local header", number, name),
        };
        write!(f, "{what} {number}")?;
        name.iter().try_for_each(|name| write!(f, " ({name})"))
    }
}

/// What the end record says (4.3.16).
struct End {
    /// Where it begins.
    at: usize,
    entries: u16,
    directory: usize,
}

impl End {
    /// The last end record that fits the end of the file and its own place.
    fn find(octets: &[u8]) -> Option<Self> {
        let first = octets.len().saturating_sub(END + usize::from(u16::MAX));
        let at = (first..octets.len().saturating_sub(END - 1)).rev().find(|at| {
            octets.get(*at..).is_some_and(|rest| rest.starts_with(b"PK\x05\x06"))
                && short(octets, at + 20).is_some_and(|comment| at + END + usize::from(comment) == octets.len())
        })?;
        let (entries, directory) = (short(octets, at + 10)?, long(octets, at + 16)?);
        let whole = long(octets, at + 4)? == 0 && short(octets, at + 8)? == entries;
        (whole && directory.checked_add(long(octets, at + 12)?)? == at).then_some(Self { at, entries, directory })
    }
}

/// An entry of the directory (4.3.12).
struct Listed {
    number: u16,
    name: Option<String>,
    /// Where its extra fields are.
    extra: Range<usize>,
    /// Where it begins in the file, and where the next one must.
    at: usize,
    next: usize,
    /// Where its local header is.
    start: usize,
}

impl Listed {
    fn read(octets: &[u8], at: usize, number: u16) -> Option<Self> {
        octets.get(at..)?.starts_with(b"PK\x01\x02").then_some(())?;
        let name = usize::from(short(octets, at + 28)?);
        let fields = at + DIRECTORY + name;
        let extra = fields..fields + usize::from(short(octets, at + 30)?);
        let (next, start) = (extra.end + usize::from(short(octets, at + 32)?), long(octets, at + 42)?);
        Some(Self { number, name: shown(octets.get(at + DIRECTORY..fields)?), extra, at, next, start })
    }

    fn record(&self) -> Record {
        Record::Directory { number: self.number, name: self.name.clone() }
    }

    /// Its local header.
    fn header(&self, octets: &[u8]) -> Record {
        Record::Local { number: self.number, name: self.header_name(octets).and_then(shown) }
    }

    /// Whether its extra fields, each with its length, fill their room (4.5.1).
    fn fields_fit(&self, octets: &[u8]) -> bool {
        let mut left = octets.get(self.extra.clone()).unwrap_or_default();
        while let Some(length) = short(left, 2) {
            match left.get(4 + usize::from(length)..) {
                Some(rest) => left = rest,
                None => return false,
            }
        }
        left.is_empty()
    }

    fn header_name<'a>(&self, octets: &'a [u8]) -> Option<&'a [u8]> {
        let name = self.start.checked_add(LOCAL)?;
        octets.get(name..name.checked_add(usize::from(short(octets, self.start.checked_add(26)?)?))?)
    }

    /// Where its content ends, and the data descriptor behind it if there is one (4.3.9).
    fn end(&self, octets: &[u8]) -> Option<usize> {
        let there = octets.get(self.start..)?;
        let content = self.start + LOCAL + usize::from(short(there, 26)?) + usize::from(short(there, 28)?);
        let end = content.checked_add(long(octets, self.at + 20)?)?;
        let descriptor = match (short(there, 6)? & STREAMED != 0, octets.get(end..)?.starts_with(b"PK\x07\x08")) {
            (false, _) => 0,
            (true, false) => 12,
            (true, true) => 16,
        };
        Some(end + descriptor)
    }

    /// Whether its local header says the same (4.3.7).
    fn same(&self, octets: &[u8]) -> Option<bool> {
        let (here, there) = (octets.get(self.at..)?, octets.get(self.start..)?);
        let flags = short(there, 6)?;
        // Checksum and sizes stand behind streamed content, and not in the header.
        let streamed = flags & STREAMED != 0;
        let told = streamed || here.get(16..28)? == there.get(14..26)?;
        let listed = here.get(DIRECTORY..DIRECTORY + usize::from(short(here, 28)?))?;
        Some(
            there.starts_with(b"PK\x03\x04")
                && flags & !FLAGS == 0
                && here.get(8..12)? == there.get(6..10)?
                && matches!(short(there, 8)?, 0 | 8)
                && told
                && self.header_name(octets)? == listed,
        )
    }
}

/// Octets of each record before what is of no fixed length.
const END: usize = 22;
const DIRECTORY: usize = 46;
const LOCAL: usize = 30;

/// The flags that a container may have (4.4.4).
const FLAGS: u16 = 0b1000_0000_1110;
const STREAMED: u16 = 0b1000;

/// A name that can be shown as it is.
fn shown(name: &[u8]) -> Option<String> {
    let plain = !name.is_empty() && name.len() <= 80 && name.iter().all(u8::is_ascii_graphic);
    String::from_utf8(name.to_vec()).ok().filter(|_| plain)
}

fn short(octets: &[u8], at: usize) -> Option<u16> {
    octets.get(at..)?.first_chunk().map(|bytes| u16::from_le_bytes(*bytes))
}

fn long(octets: &[u8], at: usize) -> Option<usize> {
    octets.get(at..)?.first_chunk().and_then(|bytes| usize::try_from(u32::from_le_bytes(*bytes)).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_zip_file_is_survived() {
        for octets in [&b""[..], b"PK\x05\x06", &[0; 100], b"PK\x05\x06\0\0\0\0\xff\xff\xff\xff\0\0\0\0\0\0\0\0\0\0"] {
            assert!(!in_question(octets).is_empty());
        }
    }

    /// Whatever is in the fields, nothing overflows and nothing is read outside.
    #[test]
    fn the_largest_numbers_are_survived() {
        let entry = [b"PK\x01\x02".as_slice(), &[0xff; 42]].concat();
        let end = [b"PK\x05\x06\0\0\0\0\x01\0\x01\0".as_slice(), &46u32.to_le_bytes(), &[0; 6]].concat();
        let found = in_question(&[entry, end].concat());
        assert_eq!(found, [Record::End, Record::Directory { number: 1, name: None }]);
    }
}
