//! Distinguished names: their text as X-Road writes it, and the attributes that profiles read.

use der::asn1::{AnyRef, ObjectIdentifier};
use der::{Decode, Encode, Reader, SliceReader, Tag, Tagged};

/// A distinguished name, its relative names and their attributes in the order of the encoding.
#[derive(Clone, Debug)]
pub(super) struct DistinguishedName(Vec<Vec<Attribute>>);

#[derive(Clone, Debug)]
struct Attribute {
    oid: ObjectIdentifier,
    /// The whole encoded value, tag and length included.
    encoded: Vec<u8>,
    /// The value as text, if its type has one.
    text: Option<String>,
}

impl DistinguishedName {
    /// Reads one encoded `Name`.
    pub(super) fn from_der(der: &[u8]) -> der::Result<Self> {
        let mut reader = SliceReader::new(der)?;
        let rdns = reader.sequence(|seq| {
            let mut rdns = Vec::new();
            while !seq.is_finished() {
                let set = AnyRef::decode(seq)?;
                set.tag().assert_eq(Tag::Set)?;
                rdns.push(relative(set.value())?);
            }
            Ok(rdns)
        })?;
        reader.finish(Self(rdns))
    }

    /// The text of RFC 2253, spelled as Java spells it in `ds:X509IssuerName` (wire.md §5.3): relative names in
    /// reverse order, only the nine keywords of RFC 2253 §2.3, every other type in dotted form with its value in
    /// hexadecimal.
    pub(super) fn rfc2253(&self) -> String {
        let rdn = |attributes: &Vec<Attribute>| attributes.iter().map(Attribute::rfc2253).collect::<Vec<_>>().join("+");
        self.0.iter().rev().map(rdn).collect::<Vec<_>>().join(",")
    }

    /// The name for people (RFC 4514): as [`rfc2253`](Self::rfc2253), and types that certificates of this field carry
    /// have their short names and text too. Control characters are written as hexadecimal pairs. For no comparison:
    /// other encodings of a value have the same text.
    pub(super) fn text(&self) -> String {
        let rdn =
            |attributes: &Vec<Attribute>| attributes.iter().map(Attribute::for_people).collect::<Vec<_>>().join("+");
        self.0.iter().rev().map(rdn).collect::<Vec<_>>().join(",")
    }

    /// The value that a certificate profile reads for `oid` (§10.1, first relative name of the RFC 2253 text, which
    /// is the last of the encoding). An attribute that shares its relative name with others is not read: which one
    /// is first would depend on the reader.
    pub(super) fn first(&self, oid: ObjectIdentifier) -> Option<&str> {
        let rdn = self.0.iter().rev().find(|rdn| rdn.iter().any(|a| a.oid == oid))?;
        match rdn.as_slice() {
            [only] => only.text.as_deref(),
            _ => None,
        }
    }
}

fn relative(value: &[u8]) -> der::Result<Vec<Attribute>> {
    let mut reader = SliceReader::new(value)?;
    let mut attributes = Vec::new();
    while !reader.is_finished() {
        attributes.push(reader.sequence(|seq| {
            let oid = ObjectIdentifier::decode(seq)?;
            let value = AnyRef::decode(seq)?;
            Ok(Attribute { oid, encoded: value.to_der()?, text: text(value) })
        })?);
    }
    match attributes.is_empty() {
        true => Err(Tag::Set.value_error()),
        false => Ok(attributes),
    }
}

/// The text of a directory string; `None` for other types and for ill-formed text.
fn text(value: AnyRef<'_>) -> Option<String> {
    let bytes = value.value();
    match value.tag() {
        Tag::Utf8String => String::from_utf8(bytes.to_vec()).ok(),
        Tag::PrintableString | Tag::Ia5String | Tag::NumericString | Tag::VisibleString => {
            bytes.is_ascii().then(|| bytes.iter().copied().map(char::from).collect())
        }
        Tag::TeletexString => Some(bytes.iter().copied().map(char::from).collect()),
        Tag::BmpString => {
            let units = bytes.chunks(2).map(|pair| <[u8; 2]>::try_from(pair).map(u16::from_be_bytes));
            String::from_utf16(&units.collect::<Result<Vec<_>, _>>().ok()?).ok()
        }
        _ => None,
    }
}

impl Attribute {
    fn for_people(&self) -> String {
        match (keyword(self.oid).or_else(|| short_name(self.oid)), &self.text) {
            (Some(name), Some(text)) => {
                let visible = |c: char| match c.is_control() {
                    true => c.to_string().bytes().map(|b| format!("\\{b:02X}")).collect(),
                    false => c.to_string(),
                };
                // A NUL is a pair already.
                format!("{name}={}", escape(text).chars().map(visible).collect::<String>())
            }
            _ => self.rfc2253(),
        }
    }

    fn rfc2253(&self) -> String {
        match (keyword(self.oid), &self.text) {
            (Some(keyword), Some(text)) => format!("{keyword}={}", escape(text)),
            (keyword, _) => {
                let name = keyword.map_or_else(|| self.oid.to_string(), str::to_owned);
                let hex: String = self.encoded.iter().map(|b| format!("{b:02x}")).collect();
                format!("{name}=#{hex}")
            }
        }
    }
}

/// Short names of other types in subjects of eIDAS certificates and of X-Road's profiles (wire.md §10.1; RFC 4519,
/// X.520).
fn short_name(oid: ObjectIdentifier) -> Option<&'static str> {
    const NAMES: [(&str, &str); 8] = [
        ("2.5.4.4", "SN"),
        ("2.5.4.5", "serialNumber"),
        ("2.5.4.12", "title"),
        ("2.5.4.15", "businessCategory"),
        ("2.5.4.17", "postalCode"),
        ("2.5.4.42", "givenName"),
        ("2.5.4.97", "organizationIdentifier"),
        ("1.2.840.113549.1.9.1", "emailAddress"),
    ];
    let dotted = oid.to_string();
    NAMES.iter().find(|(known, _)| *known == dotted).map(|(_, name)| *name)
}

/// RFC 2253 §2.3.
fn keyword(oid: ObjectIdentifier) -> Option<&'static str> {
    use const_oid::db::rfc4519;
    const KEYWORDS: [(ObjectIdentifier, &str); 9] = [
        (rfc4519::CN, "CN"),
        (rfc4519::L, "L"),
        (rfc4519::ST, "ST"),
        (rfc4519::O, "O"),
        (rfc4519::OU, "OU"),
        (rfc4519::C, "C"),
        (rfc4519::STREET, "STREET"),
        (rfc4519::DC, "DC"),
        (rfc4519::UID, "UID"),
    ];
    KEYWORDS.iter().find(|(known, _)| *known == oid).map(|(_, name)| *name)
}

/// RFC 2253 §2.4: every `special`, and spaces at either end.
fn escape(text: &str) -> String {
    let inner = text.trim_matches(' ');
    let lead = text.len() - text.trim_start_matches(' ').len();
    let trail = if inner.is_empty() { 0 } else { text.len() - lead - inner.len() };
    let mut out = "\\ ".repeat(lead);
    for c in inner.chars() {
        match c {
            ',' | '=' | '+' | '<' | '>' | '#' | ';' | '"' | '\\' => out.extend(['\\', c]),
            '\0' => out.push_str("\\00"),
            _ => out.push(c),
        }
    }
    out + &"\\ ".repeat(trail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use openssl::asn1::Asn1Type;
    use openssl::x509::X509Name;

    fn name(entries: &[(&str, &str)]) -> DistinguishedName {
        let mut b = X509Name::builder().unwrap();
        for (field, value) in entries {
            b.append_entry_by_text_with_type(field, value, Asn1Type::UTF8STRING).unwrap();
        }
        DistinguishedName::from_der(&b.build().to_der().unwrap()).unwrap()
    }

    /// Expected texts printed by OpenJDK 17, `X500Principal.getName()`, for the same encodings.
    #[test]
    fn text_is_what_java_writes() {
        let plain = name(&[("C", "FI"), ("O", "ACME, Oy"), ("serialNumber", "12"), ("CN", "a+b=c#d;<\">\\")]);
        assert_eq!(plain.rfc2253(), "CN=a\\+b\\=c\\#d\\;\\<\\\"\\>\\\\,2.5.4.5=#0c023132,O=ACME\\, Oy,C=FI");
        let spaces = name(&[("CN", "  a b "), ("O", " "), ("OU", "é\u{4e2d}")]);
        assert_eq!(spaces.rfc2253(), "OU=é\u{4e2d},O=\\ ,CN=\\ \\ a b\\ ");
        let other = name(&[("emailAddress", "a@b"), ("UID", "u"), ("DC", "d"), ("businessCategory", "GOV")]);
        assert_eq!(other.rfc2253(), "2.5.4.15=#0c03474f56,DC=d,UID=u,1.2.840.113549.1.9.1=#0c03614062");
    }

    /// RFC 4514 §2.4, §3; the short names as X.520 and RFC 4519 have them.
    #[test]
    fn people_read_short_names_and_text() {
        let auth = name(&[
            ("C", "FI"),
            ("O", "ACME, Oy"),
            ("businessCategory", "GOV"),
            ("2.5.4.97", "NTRFI-1234"),
            ("serialNumber", "FI/ss1/GOV"),
            ("CN", "ss1.example"),
        ]);
        assert_eq!(
            auth.text(),
            "CN=ss1.example,serialNumber=FI/ss1/GOV,organizationIdentifier=NTRFI-1234,businessCategory=GOV,\
             O=ACME\\, Oy,C=FI"
        );
        let lines = name(&[("CN", "a\nb\u{85}c")]);
        assert_eq!(lines.text(), "CN=a\\0Ab\\C2\\85c");
        let unknown = name(&[("1.2.3.4", "x")]);
        assert_eq!(unknown.text(), unknown.rfc2253(), "what has no short name stays as it was");
    }

    #[test]
    fn the_first_of_the_text_is_the_last_of_the_encoding() {
        let n = name(&[("OU", "first"), ("OU", "second"), ("CN", "x")]);
        assert_eq!(n.first(const_oid::db::rfc4519::OU), Some("second"));
        assert_eq!(n.first(const_oid::db::rfc4519::O), None);
    }

    #[test]
    fn attributes_of_a_shared_relative_name_are_not_read() {
        // SEQUENCE { SET { SEQUENCE { CN, "a" }, SEQUENCE { O, "b" } } }
        let der = b"\x30\x16\x31\x14\x30\x08\x06\x03\x55\x04\x03\x0c\x01a\x30\x08\x06\x03\x55\x04\x0a\x0c\x01b";
        let n = DistinguishedName::from_der(der).unwrap();
        assert_eq!(n.rfc2253(), "CN=a+O=b");
        assert_eq!(n.first(const_oid::db::rfc4519::CN), None);
    }

    #[test]
    fn other_string_types_have_text() {
        let of = |tag: u8, value: &[u8]| {
            let der = [&[tag, u8::try_from(value.len()).unwrap()], value].concat();
            text(AnyRef::from_der(&der).unwrap())
        };
        assert_eq!(of(0x13, b"GOV").as_deref(), Some("GOV"));
        assert_eq!(of(0x1e, &[0, b'G', 0x4e, 0x2d]).as_deref(), Some("G\u{4e2d}"));
        assert_eq!(of(0x1e, &[0, b'G', 0x4e]), None, "half a character");
        assert_eq!(of(0x14, &[0xe9]).as_deref(), Some("é"));
        assert_eq!(of(0x0c, &[0xff]), None);
        assert_eq!(of(0x04, b"GOV"), None, "an octet string is no text");
    }
}
