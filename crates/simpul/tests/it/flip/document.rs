//! What each octet of an XML document is for: the words by which a region is known.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use roxmltree::{Document, Node};

const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const OUTSIDE: &str = "outside of the root element";

/// Parts of a timestamp token (RFC 5652 §5.1, §5.3) by the numbers of their elements from the outside in.
const TOKEN: [(&str, &str); 12] = [
    ("0", "frame"),
    ("0.1.0.0", "version"),
    ("0.1.0.1", "digestAlgorithms"),
    ("0.1.0.2", "TSTInfo"),
    ("0.1.0.3", "certificates"),
    ("0.1.0.4", "signerInfos"),
    ("0.1.0.4.0.0", "version of the signer"),
    ("0.1.0.4.0.1", "identifier of the signer"),
    ("0.1.0.4.0.2", "digestAlgorithm of the signer"),
    ("0.1.0.4.0.3", "signed attributes"),
    ("0.1.0.4.0.4", "signatureAlgorithm of the signer"),
    ("0.1.0.4.0.5", "signature"),
];

/// Parts of an OCSP response (RFC 6960 §4.2.1).
const OCSP: [(&str, &str); 6] = [
    ("0", "frame"),
    ("0.0", "responseStatus"),
    ("0.1.0.1.0.0", "tbsResponseData"),
    ("0.1.0.1.0.1", "signatureAlgorithm"),
    ("0.1.0.1.0.2", "signature"),
    ("0.1.0.1.0.3", "certs"),
];

/// The region of an octet: the path of its element, and what it is there. `bits` are those that were flipped: a base64
/// character may hold bits of two octets.
pub(super) fn region(document: &Document<'_>, place: usize, bits: u8) -> String {
    let holds = |node: &Node<'_, '_>| !node.is_root() && node.range().contains(&place);
    let found = document.descendants().rfind(holds);
    let Some((node, element)) = found.and_then(|n| Some((n, n.ancestors().find(Node::is_element)?))) else {
        return OUTSIDE.to_owned();
    };
    let path = path(element);
    if node.is_text() {
        let range = node.range();
        let text = &document.input_text()[range.clone()];
        let parts = match element.tag_name().name() {
            "EncapsulatedTimeStamp" => TOKEN.as_slice(),
            "EncapsulatedOCSPValue" => &OCSP,
            _ => &[],
        };
        return match text.trim().is_empty() {
            true => format!("{path}: white space"),
            false if parts.is_empty() => format!("{path}: text"),
            false => format!("{path}: {}", part(text, place - range.start, bits, parts)),
        };
    }
    match element.attributes().find(|a| a.range().contains(&place)) {
        Some(attribute) => format!("{path}: attribute {}", attribute.name()),
        None => format!("{path}: tag"),
    }
}

/// The last two names.
fn path(element: Node<'_, '_>) -> String {
    let mut names: Vec<_> = element.ancestors().filter(Node::is_element).take(2).map(|n| n.tag_name().name()).collect();
    names.reverse();
    names.join("/")
}

/// The region of an octet of a timestamp token in DER.
pub(super) fn token(octets: &[u8], place: usize) -> &'static str {
    within(octets, place, &TOKEN)
}

/// The part of the DER value that a base64 text holds.
fn part(text: &str, offset: usize, bits: u8, parts: &[(&'static str, &'static str)]) -> &'static str {
    let packed = |text: &str| text.chars().filter(|c| !c.is_ascii_whitespace()).collect::<String>();
    let octets = STANDARD.decode(packed(text)).unwrap();
    let character = packed(&text[..offset]).len();
    let value = |octet: u8| ALPHABET.iter().position(|c| *c == octet);
    let octet = text.as_bytes()[offset];
    let changed = match (value(octet), value(octet ^ bits)) {
        (Some(before), Some(after)) => 5 - (before ^ after).ilog2() as usize,
        _ => 0,
    };
    within(&octets, (character * 6 + changed) / 8, parts)
}

/// The part of a DER value that an octet belongs to.
fn within(octets: &[u8], place: usize, parts: &[(&'static str, &'static str)]) -> &'static str {
    let mut numbers = Vec::new();
    descend(octets, place, &mut numbers);
    let prefixes = (1..=numbers.len()).rev().map(|n| numbers[..n].join("."));
    let mut known = prefixes.filter_map(|prefix| parts.iter().find(|(path, _)| *path == prefix));
    known.next().map_or("frame", |(_, name)| name)
}

/// Follows the elements that hold an octet, also into octet strings that hold DER.
fn descend(octets: &[u8], place: usize, numbers: &mut Vec<String>) {
    let (mut start, mut number) = (0, 0);
    while let Some((header, length)) = octets.get(start..).and_then(head) {
        let (content, end) = (start + header, start + header + length);
        if end > octets.len() {
            return;
        }
        if place < end {
            numbers.push(number.to_string());
            let inner = &octets[content..end];
            let wraps =
                octets[start] == 4 && inner.first() == Some(&0x30) && head(inner).is_some_and(|(h, l)| h + l == length);
            if place >= content && (octets[start] & 0x20 != 0 || wraps) {
                descend(inner, place - content, numbers);
            }
            return;
        }
        (start, number) = (end, number + 1);
    }
}

/// Length of the header and of the content of the first DER element.
fn head(octets: &[u8]) -> Option<(usize, usize)> {
    let (&first, rest) = octets.get(1..)?.split_first()?;
    if first < 0x80 {
        return Some((2, usize::from(first)));
    }
    let count = usize::from(first & 0x7f);
    let length = rest.get(..count)?.iter().fold(0, |sum, octet| sum << 8 | usize::from(*octet));
    Some((2 + count, length))
}
