//! Lines around the parts: the rest of a delimiter line, and the header of a part (wire.md §3.3).

use std::collections::VecDeque;

use bytes::{Buf, Bytes};
use simpul_core::limits;

use super::TransportError;

/// Collects the lines of one part header, together at most [`limits::PART_HEADER`] octets.
#[derive(Debug, Default)]
pub(super) struct LineReader {
    line: Vec<u8>,
    used: usize,
}

impl LineReader {
    /// The next line without its end (CRLF or LF), or none if more input is needed.
    pub(super) fn next(&mut self, input: &mut VecDeque<Bytes>) -> Result<Option<Vec<u8>>, TransportError> {
        while let Some(chunk) = input.front_mut() {
            let end = memchr::memchr(b'\n', chunk).map(|at| at + 1);
            let piece = chunk.get(..end.unwrap_or(chunk.len())).unwrap_or_default();
            self.used += piece.len();
            if self.used > limits::PART_HEADER {
                return Err(TransportError::PartHeaderTooLarge);
            }
            self.line.extend_from_slice(piece);
            chunk.advance(piece.len());
            if end.is_none() {
                input.pop_front();
                continue;
            }
            let mut line = std::mem::take(&mut self.line);
            let length = line.strip_suffix(b"\n").map_or(line.len(), |l| l.strip_suffix(b"\r").unwrap_or(l).len());
            line.truncate(length);
            return Ok(Some(line));
        }
        Ok(None)
    }

    /// Begins the count of the next part header.
    pub(super) fn reset(&mut self) {
        *self = Self::default();
    }
}

/// The header of one part. Only its content type means anything to a REST message.
#[derive(Debug, Default)]
pub(super) struct PartHeader {
    content_type: Option<String>,
    /// Whether a continuation line belongs to the content type; none if there is nothing to continue.
    continues_type: Option<bool>,
}

impl PartHeader {
    /// Reads one header line; octets are ISO 8859-1. A line that begins with white space continues the one before.
    pub(super) fn line(&mut self, line: &[u8]) -> Result<(), TransportError> {
        let text: String = line.iter().map(|b| char::from(*b)).collect();
        if text.chars().any(|c| c != '\t' && c.is_ascii_control()) {
            return Err(TransportError::PartHeader);
        }
        if text.starts_with([' ', '\t']) {
            let continues_type = self.continues_type.ok_or(TransportError::PartHeader)?;
            if let Some(content_type) = self.content_type.as_mut().filter(|_| continues_type) {
                content_type.push_str(&text);
            }
            return Ok(());
        }
        let (name, value) = text.split_once(':').ok_or(TransportError::PartHeader)?;
        let is_type = name.trim_end().eq_ignore_ascii_case("content-type");
        if is_type && self.content_type.replace(value.to_owned()).is_some() {
            return Err(TransportError::PartHeader);
        }
        self.continues_type = Some(is_type);
        Ok(())
    }

    /// The content type as it was written, or nothing.
    pub(super) fn content_type(&self) -> &str {
        self.content_type.as_deref().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&[u8]]) -> Result<String, TransportError> {
        let mut header = PartHeader::default();
        lines.iter().try_for_each(|l| header.line(l))?;
        Ok(header.content_type().to_owned())
    }

    #[test]
    fn the_content_type_is_found_among_other_headers() {
        assert_eq!(
            read(&[b"X: \xE9", b" folded", b"Content-Type : text/xml;", b"\tcharset=x"]).unwrap(),
            " text/xml;\tcharset=x"
        );
        assert_eq!(read(&[b"content-type:a", b"x:y", b" z"]).unwrap(), "a");
        assert_eq!(read(&[]).unwrap(), "");
    }

    #[test]
    fn malformed_headers_are_refused() {
        for lines in [
            &[b"no colon" as &[u8]] as &[&[u8]],
            &[b" nothing to continue"],
            &[b"content-type: a", b"Content-Type: a"],
            &[b"x: a\rb"],
            &[b"x: a\0"],
        ] {
            assert!(matches!(read(lines), Err(TransportError::PartHeader)), "{lines:?}");
        }
    }

    #[test]
    fn headers_are_bounded() {
        let lines = |n: usize| {
            let mut reader = LineReader::default();
            let text = format!("x:1\r\n{}\n", "y".repeat(n - 6));
            let mut input: VecDeque<Bytes> = text.as_bytes().chunks(1000).map(Bytes::copy_from_slice).collect();
            reader.next(&mut input)?;
            reader.next(&mut input)
        };
        assert_eq!(lines(limits::PART_HEADER).unwrap().unwrap().len(), limits::PART_HEADER - 6);
        assert!(matches!(lines(limits::PART_HEADER + 1), Err(TransportError::PartHeaderTooLarge)));
    }
}
