//! Identifiers as REST writes them: fields joined by `/`, each percent-encoded as a path segment (wire.md §1.3).

use simpul_core::ident::{MemberClass, MemberCode};
use simpul_core::{ClientId, IdError, ServerId, ServiceId};

/// Why a text is not an encoded identifier.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RestIdError {
    /// A character that a path segment must percent-encode.
    #[error("an identifier with the character {0:?}, which must be percent-encoded")]
    Character(char),
    /// `%` without two hexadecimal digits after it.
    #[error("an identifier with an incomplete or invalid percent encoding")]
    Percent,
    /// Percent-decoded octets that are not UTF-8.
    #[error("an identifier that is not UTF-8 after percent decoding")]
    NotUtf8,
    /// The decoded fields are not an identifier of that type.
    #[error("the fields do not make the identifier")]
    Fields(#[source] IdError),
}

/// Whom the caller represents: `[class/]code` (§2.2).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RepresentedParty {
    /// Its class, if one was given.
    pub class: Option<MemberClass>,
    /// Its code.
    pub code: MemberCode,
}

/// Reads `x-road-client`: three fields for a member, four for a subsystem.
pub fn decode_client(text: &str) -> Result<ClientId, RestIdError> {
    decode(text, ClientId::from_parts)
}

/// Reads `x-road-service`: exactly five fields, so a subsystem and no version.
pub fn decode_service(text: &str) -> Result<ServiceId, RestIdError> {
    decode(text, ServiceId::from_rest_parts)
}

/// Reads `x-road-security-server`: exactly four fields.
pub fn decode_server(text: &str) -> Result<ServerId, RestIdError> {
    decode(text, ServerId::from_parts)
}

/// Reads `x-road-represented-party`: one or two fields.
pub fn decode_represented_party(text: &str) -> Result<RepresentedParty, RestIdError> {
    decode(text, |parts| match *parts {
        [code] => Ok(RepresentedParty { class: None, code: code.parse()? }),
        [class, code] => Ok(RepresentedParty { class: Some(class.parse()?), code: code.parse()? }),
        _ => Err(IdError::Shape { text: text.to_owned(), expected: "a represented party: [CLASS/]CODE" }),
    })
}

/// Writes a client: `INST/CLASS/CODE[/SUBSYSTEM]`.
#[must_use]
pub fn encode_client(id: &ClientId) -> String {
    encode(&id.parts())
}

/// Writes a service: `INST/CLASS/CODE/SUBSYSTEM/SERVICE`; REST has no version.
#[must_use]
pub fn encode_service(id: &ServiceId) -> String {
    encode(&id.parts())
}

/// Writes a security server: `INST/CLASS/CODE/SERVER`.
#[must_use]
pub fn encode_server(id: &ServerId) -> String {
    encode(&id.parts())
}

/// Decodes one path segment. `+` is a literal plus.
pub fn decode_segment(segment: &str) -> Result<String, RestIdError> {
    let mut octets = Vec::with_capacity(segment.len());
    let mut chars = segment.chars();
    while let Some(c) = chars.next() {
        match c {
            '%' => octets.push(percent(chars.next(), chars.next()).ok_or(RestIdError::Percent)?),
            c if is_segment_char(c) => octets.push(c as u8),
            c => return Err(RestIdError::Character(c)),
        }
    }
    String::from_utf8(octets).map_err(|_| RestIdError::NotUtf8)
}

/// Encodes one path segment: everything but RFC 3986's `pchar`, in upper-case hexadecimal.
#[must_use]
pub fn encode_segment(field: &str) -> String {
    let mut out = String::with_capacity(field.len());
    for octet in field.bytes() {
        match char::from(octet) {
            c if is_segment_char(c) => out.push(c),
            _ => out.push_str(&format!("%{octet:02X}")),
        }
    }
    out
}

/// No identifier has more fields than a service; one more makes any of them wrong.
const MOST_FIELDS: usize = 5;

/// RFC 3986 `pchar` without percent encodings (§1.3).
pub(super) fn is_segment_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:@".contains(c)
}

fn percent(high: Option<char>, low: Option<char>) -> Option<u8> {
    let value = high?.to_digit(16)? * 16 + low?.to_digit(16)?;
    u8::try_from(value).ok()
}

fn decode<T>(text: &str, build: impl Fn(&[&str]) -> Result<T, IdError>) -> Result<T, RestIdError> {
    let fields = text.split('/').take(MOST_FIELDS + 1).map(decode_segment).collect::<Result<Vec<_>, _>>()?;
    let parts: Vec<&str> = fields.iter().map(String::as_str).collect();
    build(&parts).map_err(RestIdError::Fields)
}

fn encode(parts: &[&str]) -> String {
    parts.iter().map(|p| encode_segment(p)).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    /// wire.md §1.3: what passes as it is, and what is rejected.
    #[test]
    fn segments_are_decoded_strictly() {
        let plain = "AZaz09-._~!$&'()*+,;=:@";
        assert_eq!(decode_segment(plain).as_deref(), Ok(plain), "`+` is a literal plus");
        assert_eq!(encode_segment(plain), plain);
        assert_eq!(decode_segment("mgmt%20service%2f%C3%a9").as_deref(), Ok("mgmt service/é"));
        assert_eq!(encode_segment("mgmt service/é"), "mgmt%20service%2F%C3%A9");
        for cut in ["%", "a%4", "%4g", "%%41", "%+1", "% 1", "%é1"] {
            assert_eq!(decode_segment(cut), Err(RestIdError::Percent), "{cut}");
        }
        for c in [' ', '"', '<', '\\', '^', '`', '{', '|', '#', '?', '/', '[', '\r', '\n', '\0', '\u{7F}', 'é'] {
            assert_eq!(decode_segment(&format!("a{c}b")), Err(RestIdError::Character(c)), "{c:?}");
        }
        assert_eq!(decode_segment("%FF"), Err(RestIdError::NotUtf8));
        assert_eq!(decode_segment("%C3%28"), Err(RestIdError::NotUtf8));
    }

    /// wire.md §1.3: 3 or 4 fields, exactly 5, exactly 4, 1 or 2.
    #[test]
    fn field_counts_are_exact() {
        let path = |n: usize| vec!["x"; n].join("/");
        for n in 1..8 {
            assert_eq!(decode_client(&path(n)).is_ok(), n == 3 || n == 4, "client {n}");
            assert_eq!(decode_service(&path(n)).is_ok(), n == 5, "service {n}");
            assert_eq!(decode_server(&path(n)).is_ok(), n == 4, "server {n}");
            assert_eq!(decode_represented_party(&path(n)).is_ok(), n <= 2, "represented party {n}");
        }
        for text in ["", "/", "a//c", "a/b/c/", "/a/b/c"] {
            assert!(decode_client(text).is_err(), "{text}");
        }
        assert!(decode_client("a/b%2Fc").is_err(), "an encoded slash separates nothing");
        let party = decode_represented_party("COM/1234").unwrap();
        assert_eq!((party.class.unwrap().as_str(), party.code.as_str()), ("COM", "1234"));
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..ProptestConfig::default()
        })]

        #[test]
        fn ids_survive_the_wire(parts in prop::collection::vec("\\PC{1,20}|[ %/\\\\\r\n\0;:]{1,5}", 4..=4)) {
            let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
            let client = ClientId::from_parts(&parts).unwrap();
            let text = encode_client(&client);
            prop_assert!(text.chars().all(|c| is_segment_char(c) || c == '%' || c == '/'), "{text}");
            prop_assert_eq!(decode_client(&text).unwrap(), client);
            let server = ServerId::from_parts(&parts).unwrap();
            prop_assert_eq!(decode_server(&encode_server(&server)).unwrap(), server);
        }
    }
}
