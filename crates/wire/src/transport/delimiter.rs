//! Splits a stream at its boundary delimiters, however it is cut into chunks, without copying.

use std::collections::VecDeque;
use std::ops::Range;

use bytes::{Buf, Bytes};
use memchr::memmem::Finder;

/// What stands next in a stream.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// Content, never empty.
    Data(Bytes),
    /// A whole `CRLF --boundary`. What follows on its line is not part of it.
    Delimiter,
}

/// Looks for `CRLF --boundary` or `LF --boundary`.
///
/// The boundary has no CR or LF, so a delimiter can begin anew only where a begun one fails. What was held back
/// is then known without keeping it: it is a piece of the delimiter itself.
#[derive(Debug)]
pub(super) struct Splitter {
    /// `CRLF --boundary`.
    delimiter: Bytes,
    /// Finds `LF --boundary`.
    finder: Finder<'static>,
    /// The piece of `delimiter` that the stream has repeated so far and that is not yet given out.
    held: Option<Range<usize>>,
}

/// Where in the delimiter a line begins: after CR LF.
const LINE_START: Range<usize> = 2..2;

impl Splitter {
    pub(super) fn new(boundary: &str) -> Self {
        let delimiter = Bytes::from(format!("\r\n--{boundary}"));
        let finder = Finder::new(delimiter.get(1..).unwrap_or_default()).into_owned();
        Self { delimiter, finder, held: Some(LINE_START) }
    }

    /// A line begins here, so a delimiter needs no line end before it.
    pub(super) fn at_line_start(&mut self) {
        self.held = Some(LINE_START);
    }

    /// The next piece, or none if more input is needed. Consumes what it gives out and what it holds back.
    pub(super) fn next(&mut self, input: &mut VecDeque<Bytes>) -> Option<Piece> {
        loop {
            if self.held.as_ref().is_some_and(|h| h.end == self.delimiter.len()) {
                self.held = None;
                return Some(Piece::Delimiter);
            }
            let chunk = input.front_mut()?;
            if chunk.is_empty() {
                input.pop_front();
                continue;
            }
            let data = match self.held.take() {
                Some(held) => self.resume(held, chunk),
                None => self.search(chunk),
            };
            if !data.is_empty() {
                return Some(Piece::Data(data));
            }
        }
    }

    /// Goes on with a begun delimiter: holds more of it, or gives it out as content.
    fn resume(&mut self, held: Range<usize>, chunk: &mut Bytes) -> Bytes {
        let missing = self.delimiter.iter().skip(held.end);
        let same = missing.zip(chunk.iter()).take_while(|(a, b)| a == b).count();
        chunk.advance(same);
        let held = held.start..held.end + same;
        if chunk.is_empty() || held.end == self.delimiter.len() {
            self.held = Some(held);
            Bytes::new()
        } else {
            self.delimiter.slice(held)
        }
    }

    /// Takes the content before the next delimiter, or before what may be its beginning.
    fn search(&mut self, chunk: &mut Bytes) -> Bytes {
        let (end, repeated) = match self.finder.find(chunk) {
            Some(at) => (at, self.delimiter.len() - 1),
            None => self.unfinished(chunk).map_or((chunk.len(), 0), |at| (at, chunk.len() - at)),
        };
        let mut data = chunk.split_to(end);
        chunk.advance(repeated);
        if data.ends_with(b"\r") {
            data.truncate(data.len() - 1);
            self.held = Some(0..1 + repeated);
        } else if repeated > 0 {
            self.held = Some(1..1 + repeated);
        }
        data
    }

    /// Where a line feed begins what may become a delimiter when more input comes.
    fn unfinished(&self, chunk: &[u8]) -> Option<usize> {
        let at = memchr::memrchr(b'\n', chunk)?;
        self.finder.needle().starts_with(chunk.get(at..)?).then_some(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The content and whether a delimiter follows, for every way to cut the input in two or into single octets.
    fn split(input: &[u8]) -> Vec<(Vec<u8>, bool)> {
        let mut cuts: Vec<Vec<&[u8]>> = (0..=input.len()).map(|at| vec![&input[..at], &input[at..]]).collect();
        cuts.push(input.chunks(1).collect());
        cuts.dedup_by_key(|cut| run(cut));
        assert_eq!(cuts.len(), 1, "cutting changes nothing");
        run(&cuts[0])
    }

    fn run(chunks: &[&[u8]]) -> Vec<(Vec<u8>, bool)> {
        let mut splitter = Splitter::new("B-B");
        let mut input = VecDeque::new();
        let mut parts = vec![(Vec::new(), false)];
        for chunk in chunks {
            input.push_back(Bytes::copy_from_slice(chunk));
            while let Some(piece) = splitter.next(&mut input) {
                match piece {
                    Piece::Data(data) => parts.last_mut().unwrap().0.extend_from_slice(&data),
                    Piece::Delimiter => {
                        parts.last_mut().unwrap().1 = true;
                        parts.push((Vec::new(), false));
                    }
                }
            }
            assert!(input.is_empty(), "a splitter keeps no input");
        }
        parts
    }

    #[test]
    fn delimiters_are_found_however_the_input_is_cut() {
        let part = |content: &[u8]| (content.to_vec(), true);
        let open = |content: &[u8]| (content.to_vec(), false);
        assert_eq!(split(b"--B-Bx"), [part(b""), open(b"x")], "at the start of a line");
        assert_eq!(split(b"a\r\n--B-Bx"), [part(b"a"), open(b"x")]);
        assert_eq!(split(b"a\n--B-Bx"), [part(b"a"), open(b"x")], "a bare line feed");
        assert_eq!(split(b"\r\n--B-B\n--B-B"), [part(b""), part(b""), open(b"")]);
        assert_eq!(split(b"a\r\r\n--B-Bx"), [part(b"a\r"), open(b"x")], "one CR belongs to the delimiter");
        assert_eq!(split(b"a\n\r\n--B-Bx"), [part(b"a\n"), open(b"x")]);
        assert_eq!(split(b"\n\n--B-Bx\r"), [part(b"\n"), open(b"x")], "an end in doubt is held back");
        for near in ["a--B-B.", "\n--B-.", "\n-B-B.", "\r\n--b-b.", "\r--B-B.", "-.", "--B.", "\r\n--B\r\n--\r\n-."] {
            assert_eq!(split(near.as_bytes()), [open(near.as_bytes())], "{near:?}");
        }
        assert_eq!(split(b"\r\n--B-\r\n--B-Bx"), [part(b"\r\n--B-"), open(b"x")], "begun anew where one failed");
    }

    #[test]
    fn content_is_not_copied() {
        let chunk = Bytes::from(vec![b'x'; 4096]);
        let range = chunk.as_ptr_range();
        let mut splitter = Splitter::new("B");
        let mut input = VecDeque::from([chunk]);
        while let Some(Piece::Data(data)) = splitter.next(&mut input) {
            assert!(range.contains(&data.as_ptr()));
        }
    }
}
