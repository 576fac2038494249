//! A strict splitter of complete multipart bodies (wire.md §8.3).
//!
//! Only what the format writes is read: CRLF line ends, no preamble, no epilogue, no white space after a
//! boundary. What stands outside the signed data can thus not be changed without being noticed.

use super::directory_error::DirectoryError;

/// Splits a body into the octets between its delimiters; the line end before a delimiter belongs to it.
///
/// More than `most` parts is [`DirectoryError::TooManyParts`].
pub(super) fn split<'a>(body: &'a [u8], boundary: &str, most: usize) -> Result<Vec<&'a [u8]>, DirectoryError> {
    let first = format!("--{boundary}\r\n");
    let delimiter = format!("\r\n--{boundary}");
    let mut parts = Vec::new();
    let mut rest = body
        .strip_prefix(first.as_bytes())
        .ok_or(DirectoryError::Structure("a body does not start with its boundary"))?;
    loop {
        let (part, after) = cut(rest, delimiter.as_bytes())
            .ok_or(DirectoryError::Structure("a body does not end with its closing boundary"))?;
        if parts.len() == most {
            return Err(DirectoryError::TooManyParts);
        }
        parts.push(part);
        if let Some(next) = after.strip_prefix(b"\r\n") {
            rest = next;
        } else {
            return match after.strip_prefix(b"--") {
                Some(b"" | b"\r\n") => Ok(parts),
                Some(_) => Err(DirectoryError::Structure("octets follow the closing boundary")),
                None => Err(DirectoryError::Structure("a boundary is not alone on its line")),
            };
        }
    }
}

/// Splits around the first occurrence of `needle`.
pub(super) fn cut<'a>(haystack: &'a [u8], needle: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = haystack.windows(needle.len()).position(|w| w == needle)?;
    let (before, rest) = haystack.split_at_checked(at)?;
    Some((before, rest.strip_prefix(needle)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_what_stands_between_delimiters() {
        let parts = split(b"--b\r\none\r\n--b\r\n\r\ntwo\r\n\r\n--b--\r\n", "b", 2).unwrap();
        assert_eq!(parts, [b"one".as_slice(), b"\r\ntwo\r\n"]);
        assert_eq!(split(b"--b\r\n\r\n--b--", "b", 1).unwrap(), [b""]);
    }

    #[test]
    fn parts_are_bounded() {
        let body = format!("--b\r\n{}x\r\n--b--", "x\r\n--b\r\n".repeat(2));
        assert_eq!(split(body.as_bytes(), "b", 3).unwrap().len(), 3);
        assert!(matches!(split(body.as_bytes(), "b", 2), Err(DirectoryError::TooManyParts)));
    }

    /// wire.md §8.3: the layout has CRLF line ends, no preamble and no epilogue.
    #[test]
    fn every_other_layout_is_refused() {
        for body in [
            "preamble\r\n--b\r\nx\r\n--b--\r\n",
            "--b\nx\n--b--\n",
            "--b\r\nx\r\n--b--\r\nepilogue",
            "--b\r\nx\r\n--b--\r\n\r\n",
            "--b\r\nx\r\n--b \r\ny\r\n--b--",
            "--b\r\nx\r\n--bb\r\ny\r\n--b--",
            "--b\r\nx",
            "--b--\r\n",
            "",
        ] {
            assert!(matches!(split(body.as_bytes(), "b", 9), Err(DirectoryError::Structure(_))), "{body:?}");
        }
    }
}
