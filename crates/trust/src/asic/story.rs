//! Whether a ZIP file shows every reader the same entries.
//!
//! A ZIP file has a directory at its end and a header before each entry, and readers go by one or the other: X-Road
//! goes by the headers. Both must tell the same story here, so that nobody is shown another container than we see.

use std::io::Cursor;

use zip::{CompressionMethod, ZipArchive};

use super::AsicError;

pub(super) type Archive<'a> = ZipArchive<Cursor<&'a [u8]>>;

/// Compares the directory with the headers: from the first octet to the directory, entry follows entry without gaps,
/// each with the same name, method, flags and sizes in both; then comes the directory, the end record, and nothing.
pub(super) fn same_story(octets: &[u8], archive: &mut Archive<'_>) -> Result<(), AsicError> {
    let directory = archive.central_directory_start();
    let mut entries = Vec::new();
    for index in 0..archive.len() {
        let file = archive.by_index_raw(index).map_err(AsicError::Zip)?;
        entries.push(Listed {
            start: file.header_start(),
            data: file.data_start(),
            compressed: file.compressed_size(),
            size: file.size(),
            crc: file.crc32(),
            method: method(file.compression()),
            name: file.name_raw().to_vec(),
        });
    }
    entries.sort_unstable_by_key(|e| e.start);
    let mut ends = entries.iter().skip(1).map(|e| e.start).chain([directory]);
    let mut expected = 0;
    for entry in &entries {
        let end = ends.next().unwrap_or(directory);
        if entry.start != expected || !entry.agrees(octets, end) {
            return Err(AsicError::Inconsistent(entry.start));
        }
        expected = end;
    }
    if expected != directory {
        return Err(AsicError::Inconsistent(expected));
    }
    let rest = usize::try_from(directory).ok().and_then(|at| octets.get(at..)).unwrap_or_default();
    match end(octets, rest, directory, entries.len()) {
        true => Ok(()),
        false => Err(AsicError::Inconsistent(directory)),
    }
}

/// Whether `rest` is a directory of as many entries, and an end record that describes it (APPNOTE.TXT 4.3.12, 4.3.16).
fn end(octets: &[u8], rest: &[u8], directory: u64, entries: usize) -> bool {
    let mut left = rest;
    for _ in 0..entries {
        let Some((fixed, variable)) = left.split_first_chunk::<46>() else { return false };
        let [b'P', b'K', 1, 2, _, _, _, _, f, g, ..] = *fixed else { return false };
        let [.., n, m, e, x, c, o, _, _, _, _, _, _, _, _, h, i, j, k] = *fixed;
        let lengths = [[n, m], [e, x], [c, o]].map(|l| usize::from(u16::from_le_bytes(l)));
        let header = slice(octets, u64::from(u32::from_le_bytes([h, i, j, k])), 8);
        let flags = u16::from_le_bytes([f, g]);
        if flags & !FLAGS != 0 || header.and_then(|h| h.get(6..)) != Some(&[f, g]) {
            return false;
        }
        let Some(next) = variable.get(lengths.iter().sum::<usize>()..) else { return false };
        left = next;
    }
    let size = rest.len().saturating_sub(left.len());
    let Some((fixed, comment)) = left.split_first_chunk::<22>() else { return false };
    let short = |n: usize| u16::try_from(n).unwrap_or(u16::MAX).to_le_bytes();
    let long = |n: u64| u32::try_from(n).unwrap_or(u32::MAX).to_le_bytes();
    let expected = [
        b"PK\x05\x06\0\0\0\0".as_slice(),
        &short(entries),
        &short(entries),
        &long(size as u64),
        &long(directory),
        &short(comment.len()),
    ];
    fixed.as_slice() == expected.concat()
}

/// The flags that a container may have (APPNOTE.TXT 4.4.4): how well it is deflated, a data descriptor, UTF-8.
const FLAGS: u16 = 0b1000_0000_1110;

/// The number of a compression method (APPNOTE.TXT 4.4.5), if it is one that containers have.
fn method(method: CompressionMethod) -> Option<u8> {
    match method {
        CompressionMethod::Stored => Some(STORED),
        CompressionMethod::Deflated => Some(DEFLATED),
        _ => None,
    }
}

const STORED: u8 = 0;
const DEFLATED: u8 = 8;

/// An entry as the directory lists it.
struct Listed {
    start: u64,
    data: u64,
    compressed: u64,
    size: u64,
    crc: u32,
    method: Option<u8>,
    name: Vec<u8>,
}

impl Listed {
    /// Whether the entry's own header says the same, and its data ends at `end` (APPNOTE.TXT 4.3.7, 4.3.9).
    fn agrees(&self, octets: &[u8], end: u64) -> bool {
        let Some(header) = slice(octets, self.start, self.data.saturating_sub(self.start)) else { return false };
        let Some((fixed, rest)) = header.split_first_chunk::<30>() else { return false };
        let [b'P', b'K', 3, 4, _, _, flags, _, method, high, _, _, _, _, a, b, c, d, e, f, g, h, i, j, k, l, m, n, ..] =
            *fixed
        else {
            return false;
        };
        let gap = end.checked_sub(self.data.saturating_add(self.compressed));
        let streamed = flags & 8 != 0;
        let stated = (u32::from_le_bytes([a, b, c, d]), [e, f, g, h], [i, j, k, l]);
        let here = (self.crc, low(self.compressed), low(self.size));
        let told = match (streamed, gap) {
            (true, Some(gap)) => self.descriptor(octets, gap),
            (false, Some(0)) => stated == here,
            (_, _) => false,
        };
        // Stored data does not show its end, so it cannot be streamed.
        let streamable = self.method == Some(DEFLATED) || !streamed;
        let named = rest.starts_with(&self.name) && usize::from(u16::from_le_bytes([m, n])) == self.name.len();
        told && streamable && named && self.method == Some(method) && high == 0
    }

    /// Whether what follows the data is its data descriptor.
    fn descriptor(&self, octets: &[u8], gap: u64) -> bool {
        let here = [self.crc.to_le_bytes(), low(self.compressed), low(self.size)].concat();
        let found = slice(octets, self.data.saturating_add(self.compressed), gap).unwrap_or_default();
        found == here || found.strip_prefix(b"PK\x07\x08") == Some(here.as_slice())
    }
}

/// The lower 32 bits, as headers hold them; larger entries are refused by their size.
fn low(size: u64) -> [u8; 4] {
    let [a, b, c, d, ..] = size.to_le_bytes();
    [a, b, c, d]
}

fn slice(octets: &[u8], start: u64, len: u64) -> Option<&[u8]> {
    let (start, len) = (usize::try_from(start).ok()?, usize::try_from(len).ok()?);
    octets.get(start..start.checked_add(len)?)
}
