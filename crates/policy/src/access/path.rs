//! The service path as an access right sees it.
//!
//! The provider is called with the raw path, as it was signed. So a right must cover every way in which a provider may
//! read that path, and a path that a provider could resolve to somewhere else is refused: X-Road normalises dot
//! segments and then forwards the raw path; here any dot segment is refused (stricter than wire.md §9.2, by intent).

/// A raw path in each of its readings.
#[derive(Debug)]
pub(crate) struct ServicePath {
    /// Percent-decoded, `%2F` as a separator (X-Road's reading).
    decoded: String,
    /// Percent-decoded, `%2F` kept, if that differs (how most HTTP servers route).
    opaque: Option<String>,
}

/// Why a path is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// `%` without two hexadecimal digits.
    #[error("a percent sign is not followed by two hexadecimal digits")]
    Percent,
    /// A character that has no place in a URL path.
    #[error("the path holds a character that must be percent-encoded")]
    Character,
    /// Decoded octets are no UTF-8.
    #[error("the decoded path is not UTF-8")]
    Utf8,
    /// A decoded control character or back-slash.
    #[error("the decoded path holds a control character or a back-slash")]
    Control,
    /// A segment `.` or `..`, in any reading.
    #[error("the path holds a `.` or `..` segment")]
    DotSegment,
}

impl ServicePath {
    pub(crate) fn parse(raw: &str) -> Result<Self, PathError> {
        let decoded = decode(raw, false)?;
        let opaque = Some(decode(raw, true)?).filter(|o| *o != decoded);
        let path = Self { decoded, opaque };
        if path.readings().any(|r| r.chars().any(|c| c.is_control() || c == '\\')) {
            return Err(PathError::Control);
        }
        if path.readings().any(|r| r.split('/').any(is_dot_segment)) {
            return Err(PathError::DotSegment);
        }
        Ok(path)
    }

    pub(crate) fn readings(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.decoded.as_str()).chain(self.opaque.as_deref())
    }
}

/// `.` and `..`, also with path parameters, which some servers strip before they resolve segments.
fn is_dot_segment(segment: &str) -> bool {
    let name = segment.split(';').next().unwrap_or_default();
    name == "." || name == ".."
}

/// Percent-decodes once. With `keep_slash`, an encoded separator stays `%2F`.
fn decode(raw: &str, keep_slash: bool) -> Result<String, PathError> {
    let mut out = Vec::with_capacity(raw.len());
    let mut bytes = raw.bytes();
    while let Some(b) = bytes.next() {
        match b {
            b'%' => match (hex(bytes.next())?, hex(bytes.next())?) {
                (2, 15) if keep_slash => out.extend_from_slice(b"%2F"),
                (high, low) => out.push(high * 16 + low),
            },
            b'/' | b'-' | b'.' | b'_' | b'~' | b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';'
            | b'=' | b':' | b'@' => out.push(b),
            _ if b.is_ascii_alphanumeric() => out.push(b),
            _ => return Err(PathError::Character),
        }
    }
    String::from_utf8(out).map_err(|_| PathError::Utf8)
}

fn hex(digit: Option<u8>) -> Result<u8, PathError> {
    let value = digit.and_then(|d| char::from(d).to_digit(16)).and_then(|v| u8::try_from(v).ok());
    value.ok_or(PathError::Percent)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn readings(raw: &str) -> Vec<String> {
        ServicePath::parse(raw).unwrap().readings().map(str::to_owned).collect()
    }

    #[test]
    fn each_reading_is_kept() {
        assert_eq!(readings(""), [""]);
        assert_eq!(readings("/a/b"), ["/a/b"]);
        assert_eq!(readings("/a/%C3%A9"), ["/a/é"]);
        assert_eq!(readings("/a%2Fb"), ["/a/b", "/a%2Fb"]);
        assert_eq!(readings("/a%252Fb"), ["/a%2Fb"], "decoded once, not twice");
        assert_eq!(readings("/a..b/...c"), ["/a..b/...c"], "dots inside a name are a name");
    }

    #[test]
    fn what_cannot_be_judged_is_refused() {
        let table = [
            ("/%", PathError::Percent),
            ("/%4", PathError::Percent),
            ("/%zz", PathError::Percent),
            ("/a b", PathError::Character),
            ("/é", PathError::Character),
            ("/a?b", PathError::Character),
            ("/%FF", PathError::Utf8),
            ("/%00", PathError::Control),
            ("/%5c", PathError::Control),
            ("/../x", PathError::DotSegment),
            ("/x/%2e%2E", PathError::DotSegment),
            ("/x/..;a=b/y", PathError::DotSegment),
            ("/x%2F..", PathError::DotSegment),
        ];
        for (raw, error) in table {
            assert_eq!(ServicePath::parse(raw).err(), Some(error), "{raw}");
        }
    }
}
