//! The lines of a message block (wire.md §2.3), the same for requests and responses.

use bytes::Bytes;
use simpul_core::limits;

use super::{HeaderLine, RestError};

/// Headers of one connection: removed from what is sent, illegal in what is received (§2.2).
const CONNECTION_HEADERS: [&str; 13] = [
    "transfer-encoding",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "upgrade",
    "connection",
    "user-agent",
    "host",
    "content-length",
    "server",
    "expect",
];

/// Header lines as a connection brought them, without those of the connection itself and those that are made anew.
pub(super) fn received<'a>(
    headers: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    remade: &[&str],
) -> Result<Vec<HeaderLine>, RestError> {
    headers
        .into_iter()
        .filter(|(name, _)| !is_connection_header(name) && !is_any(name, remade))
        .map(|(name, value)| {
            let value = std::str::from_utf8(value).map_err(|_| RestError::HeaderValue(name.to_owned()))?;
            header(name, value)
        })
        .collect()
}

/// A header line that cannot be read as anything else.
pub(super) fn header(name: &str, value: &str) -> Result<HeaderLine, RestError> {
    // RFC 9110 §5.6.2. A name such as `host ` must not slip past the list of illegal names.
    let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    if name.is_empty() || !name.bytes().all(token) {
        return Err(RestError::HeaderName);
    }
    if has_control(value) {
        return Err(RestError::HeaderValue(name.to_owned()));
    }
    Ok(HeaderLine { name: name.to_owned(), value: value.to_owned() })
}

/// Writes a block: two lines of head, which the caller has checked, then `Name:Value`, no space after the colon.
pub(super) fn compose(head: [&str; 2], headers: &[HeaderLine]) -> Bytes {
    let mut block = String::with_capacity(1024);
    for line in head {
        block.push_str(line);
        block.push_str("\r\n");
    }
    for h in headers {
        block.push_str(&h.name);
        block.push(':');
        block.push_str(&h.value);
        block.push_str("\r\n");
    }
    block.into()
}

/// Reads the text of a block of at most [`limits::REST_BLOCK`] octets.
pub(super) fn text(block: &[u8]) -> Result<&str, RestError> {
    if block.len() > limits::REST_BLOCK {
        return Err(RestError::TooLarge(block.len()));
    }
    std::str::from_utf8(block).map_err(|_| RestError::NotUtf8)
}

/// The lines of a block. CR, LF and CRLF each end a line; the last line may have no end (§2.3).
pub(super) struct Lines<'a>(pub(super) &'a str);

impl<'a> Iterator for Lines<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        if self.0.is_empty() {
            return None;
        }
        let Some((line, rest)) = self.0.split_once(['\r', '\n']) else {
            return Some(std::mem::take(&mut self.0));
        };
        let ended_by_cr = self.0.as_bytes().get(line.len()) == Some(&b'\r');
        self.0 = if ended_by_cr { rest.strip_prefix('\n').unwrap_or(rest) } else { rest };
        Some(line)
    }
}

/// Reads the remaining lines as headers.
pub(super) fn headers(lines: Lines<'_>) -> Result<Vec<HeaderLine>, RestError> {
    let mut headers = Vec::new();
    for line in lines {
        if headers.len() == limits::REST_HEADERS {
            return Err(RestError::TooManyHeaders);
        }
        let (name, value) = line.split_once(':').ok_or(RestError::HeaderName)?;
        let line = header(name, value)?;
        if is_connection_header(name) {
            return Err(RestError::ForbiddenHeader(line.name));
        }
        headers.push(line);
    }
    Ok(headers)
}

/// The one header of this name, or none. X-Road takes the last of several; a repeated control header could mean
/// one thing to us and another to the provider, so it is refused.
pub(super) fn only<'a>(headers: &'a [HeaderLine], name: &'static str) -> Result<Option<&'a HeaderLine>, RestError> {
    let mut found = headers.iter().filter(|h| h.name.eq_ignore_ascii_case(name));
    match (found.next(), found.next()) {
        (_, Some(_)) => Err(RestError::Duplicate(name)),
        (one, None) => Ok(one),
    }
}

/// The one header of this name, which must not be empty.
pub(super) fn required<'a>(headers: &'a [HeaderLine], name: &'static str) -> Result<&'a HeaderLine, RestError> {
    only(headers, name)?.filter(|h| !h.value.is_empty()).ok_or(RestError::Missing(name))
}

/// Whether a text has a character that would end or hide a line: C0 controls other than the tabulator, or DEL.
pub(super) fn has_control(text: &str) -> bool {
    text.bytes().any(|b| b != b'\t' && b.is_ascii_control())
}

fn is_any(name: &str, names: &[&str]) -> bool {
    names.iter().any(|n| name.eq_ignore_ascii_case(n))
}

fn is_connection_header(name: &str) -> bool {
    is_any(name, &CONNECTION_HEADERS)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// wire.md §2.3: the parser is line based and accepts CR, LF or CRLF.
    #[test]
    fn every_line_end_ends_a_line() {
        let split = |s| Lines(s).collect::<Vec<_>>();
        assert_eq!(split("a\r\nb\nc\rd"), ["a", "b", "c", "d"]);
        assert_eq!(split("a\r\n"), ["a"]);
        assert_eq!(split("\r\r\n\n\ré"), ["", "", "", "", "é"]);
        assert_eq!(split(""), [""; 0]);
    }

    #[test]
    fn header_lines_are_read_verbatim_and_strictly() {
        let one = |s| headers(Lines(s)).map(|h| (h[0].name.clone(), h[0].value.clone()));
        assert_eq!(one("Name: a:b ").unwrap(), ("Name".to_owned(), " a:b ".to_owned()));
        assert_eq!(one("n:").unwrap(), ("n".to_owned(), String::new()));
        assert_eq!(one("n:a\tb\u{85}").unwrap().1, "a\tb\u{85}");
        for bad in ["no colon", ":v", "na me:v", "host :v", "né:v", "\r\nn:v", " folded:v"] {
            assert_eq!(one(bad), Err(RestError::HeaderName), "{bad:?}");
        }
        for bad in ["n:a\0b", "n:a\u{1B}", "n:\u{7F}"] {
            assert_eq!(one(bad), Err(RestError::HeaderValue("n".to_owned())), "{bad:?}");
        }
    }

    /// wire.md §2.2: illegal inside a received block, in any case.
    #[test]
    fn headers_of_the_connection_are_illegal_in_a_block() {
        for name in CONNECTION_HEADERS {
            let line = format!("{}:x", name.to_uppercase());
            assert_eq!(headers(Lines(&line)), Err(RestError::ForbiddenHeader(name.to_uppercase())));
        }
    }
}
