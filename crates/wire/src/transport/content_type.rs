//! The content type of a message and of its parts (wire.md §3.3).

use simpul_core::limits;

use super::TransportError;

/// The media type in lower case, without parameters.
pub(super) fn media_type(value: &str) -> String {
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// The one `boundary` parameter, quoted or not.
pub(super) fn boundary(value: &str) -> Result<String, TransportError> {
    let mut found = None;
    let mut rest = value;
    while let Some((_, parameter)) = rest.split_once(';') {
        let (name, tail) = parameter.split_once('=').ok_or(TransportError::Boundary)?;
        let tail = tail.trim_start();
        let (text, after) = match tail.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').ok_or(TransportError::Boundary)?,
            None => tail.split_at_checked(tail.find(';').unwrap_or(tail.len())).ok_or(TransportError::Boundary)?,
        };
        if name.trim().eq_ignore_ascii_case("boundary") {
            let text = if tail.starts_with('"') { text } else { text.trim() };
            if found.replace(text).is_some() {
                return Err(TransportError::Boundary);
            }
        }
        rest = after;
    }
    found.filter(|b| is_boundary(b)).map(str::to_owned).ok_or(TransportError::Boundary)
}

/// RFC 2046 §5.1.1, with a longer bound: X-Road's boundaries have 34 characters.
fn is_boundary(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"'()+_,-./:=? ".contains(&b);
    (1..=limits::BOUNDARY).contains(&text.len()) && text.bytes().all(allowed) && !text.ends_with(' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// wire.md §3.3: content types are compared without regard to case; a missing boundary is refused.
    #[test]
    fn boundaries_are_read_from_every_form() {
        for (value, expected) in [
            ("multipart/mixed; charset=UTF-8; boundary=xtopAbc", Some("xtopAbc")),
            ("multipart/mixed;BOUNDARY=\"a b\";x=y", Some("a b")),
            ("multipart/mixed; boundary = xtop ", Some("xtop")),
            ("multipart/mixed; x=\";boundary=no\"; boundary=yes", Some("yes")),
            ("multipart/mixed", None),
            ("multipart/mixed; boundary=", None),
            ("multipart/mixed; boundary=\"\"", None),
            ("multipart/mixed; boundary=\"open", None),
            ("multipart/mixed; boundary=\"end \"", None),
            ("multipart/mixed; boundary=a; boundary=a", None),
            ("multipart/mixed; boundary=\"a\r\nb\"", None),
            ("multipart/mixed; boundary=é", None),
            ("multipart/mixed; xboundary=a", None),
            ("multipart/mixed; boundary", None),
        ] {
            assert_eq!(boundary(value).ok().as_deref(), expected, "{value:?}");
        }
        assert_eq!(media_type(" Multipart/MIXED ;x"), "multipart/mixed");
    }

    #[test]
    fn boundaries_are_bounded() {
        let of = |n: usize| boundary(&format!("multipart/mixed; boundary={}", "x".repeat(n)));
        assert!(of(limits::BOUNDARY).is_ok());
        assert!(matches!(of(limits::BOUNDARY + 1), Err(TransportError::Boundary)));
    }
}
