//! What each octet of a ZIP file is for (APPNOTE.TXT 4.3): the words by which a region is known.

use std::io::{Cursor, Read, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// Fields of a local header behind its signature: octets and words (4.3.7).
const LOCAL: [(usize, &str); 9] = [
    (2, "version needed"),
    (2, "flags"),
    (2, "method"),
    (4, "time"),
    (4, "checksum"),
    (4, "compressed size"),
    (4, "size"),
    (2, "length of the name"),
    (2, "length of the extra field"),
];

/// Fields of an entry of the directory behind its signature (4.3.12).
const DIRECTORY: [(usize, &str); 16] = [
    (1, "version made by"),
    (1, "system made by"),
    (2, "version needed"),
    (2, "flags"),
    (2, "method"),
    (4, "time"),
    (4, "checksum"),
    (4, "compressed size"),
    (4, "size"),
    (2, "length of the name"),
    (2, "length of the extra field"),
    (2, "length of the comment"),
    (2, "disk"),
    (2, "internal attributes"),
    (4, "external attributes"),
    (4, "place of the header"),
];

/// Fields of the end record behind its signature (4.3.16).
const END: [(usize, &str); 7] = [
    (2, "number of this disk"),
    (2, "disk of the directory"),
    (2, "entries on this disk"),
    (2, "entries"),
    (4, "size of the directory"),
    (4, "place of the directory"),
    (2, "length of the comment"),
];

/// The part of the file that an octet belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// What a verdict names that rejects a change here: the entry whose content it is, which its checksum notices, or
    /// the record of the file and its number.
    pub(super) named: String,
    /// Such as `local header: flags`.
    pub(super) what: String,
}

/// The place of every octet, for a file as Simpul writes it: no data descriptors.
pub(super) fn map(octets: &[u8]) -> Vec<Place> {
    let number = |at: usize| usize::from(u16::from_le_bytes([octets[at], octets[at + 1]]));
    let wide = |at: usize| number(at) | number(at + 2) << 16;
    let text = |at: usize, len: usize| String::from_utf8(octets[at..at + len].to_vec()).unwrap();
    let mut places: Vec<Place> = Vec::new();
    let (mut headers, mut listed) = (0, 0);
    while places.len() < octets.len() {
        let at = places.len();
        let (entry, record, fixed, rest) = match &octets[at..at + 4] {
            b"PK\x03\x04" => {
                let (name, extra, data) = (number(at + 26), number(at + 28), wide(at + 18));
                let rest = vec![(name, "name"), (extra, "extra field"), (data, "content")];
                headers += 1;
                (text(at + 30, name), format!("local header {headers}"), LOCAL.as_slice(), rest)
            }
            b"PK\x01\x02" => {
                let (name, extra, comment) = (number(at + 28), number(at + 30), number(at + 32));
                let rest = vec![(name, "name"), (extra, "extra field"), (comment, "comment")];
                listed += 1;
                (String::new(), format!("directory entry {listed}"), DIRECTORY.as_slice(), rest)
            }
            b"PK\x05\x06" => {
                (String::new(), "end record".to_owned(), END.as_slice(), vec![(number(at + 20), "comment")])
            }
            other => panic!("no record begins with {other:?} at {at}"),
        };
        for (len, field) in [(4, "signature")].iter().chain(fixed).chain(&rest) {
            let kind = record.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end();
            let place = match *field {
                "content" => Place { named: entry.clone(), what: "content".to_owned() },
                field => Place { named: format!("container: {record}"), what: format!("{kind}: {field}") },
            };
            places.extend(std::iter::repeat_n(place, *len));
        }
        // Deflated data ends within an octet.
        if let Some(last) = places.last_mut().filter(|p| p.what == "content") {
            last.what = "content, last octet".to_owned();
        }
    }
    places
}

/// Name and content of every entry, in order.
pub(super) fn entries(octets: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut zip = ZipArchive::new(Cursor::new(octets)).unwrap();
    let mut entries = Vec::new();
    for place in 0..zip.len() {
        let mut entry = zip.by_index(place).unwrap();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        entries.push((entry.name().to_owned(), content));
    }
    entries
}

/// A container of these entries, with checksums that fit. Stored and not deflated, which is faster.
pub(super) fn stored(entries: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        zip.start_file(name, SimpleFileOptions::default().compression_method(CompressionMethod::Stored)).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}
