//! The signed directory: what a central server publishes under `internalconf` and `externalconf` (wire.md §8.3).

use std::collections::HashSet;

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use simpul_core::{Digest, DigestAlgorithm, UnixTime, ident::Instance, limits};

use super::directory_error::{DirectoryError, DirectoryWriteError};
use super::header::{Header, is_boundary};
use super::multipart;
use super::{FormatVersion, PartKind, SignatureScheme};

/// A directory as it arrived: the signed octets and the signature, of which nothing is proved.
#[derive(Clone, Debug)]
pub struct SignedDirectory {
    signed: Bytes,
    inner_boundary: String,
    outer_boundary: String,
    signature: DirectorySignature,
}

/// The second part of a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectorySignature {
    /// How it was made.
    pub scheme: SignatureScheme,
    /// Hash of the DER of the certificate that verifies it.
    pub certificate: Digest,
    /// The value: PKCS#1, PSS, or ECDSA in DER.
    pub value: Vec<u8>,
}

impl SignedDirectory {
    /// Takes the two outer parts apart; the signed data is not read yet (§8.3, check order).
    pub fn parse(bytes: &Bytes) -> Result<Self, DirectoryError> {
        if bytes.len() > limits::CONF_DIRECTORY {
            return Err(DirectoryError::TooLarge(bytes.len()));
        }
        let (head, body) = part(bytes)?;
        let outer_boundary = Header::parse(head)?.boundary("multipart/related")?;
        let parts = multipart::split(body, outer_boundary, 2)?;
        let mut parts = parts.into_iter();
        let (head, signed) = part(parts.next().ok_or(DirectoryError::MissingSignedData)?)?;
        let inner_boundary = Header::parse(head)?.boundary("multipart/mixed")?;
        if signed.is_empty() {
            return Err(DirectoryError::MissingSignedData);
        }
        let signature = DirectorySignature::parse(parts.next().ok_or(DirectoryError::MissingSignature)?)?;
        Ok(Self {
            signed: bytes.slice_ref(signed),
            inner_boundary: inner_boundary.to_owned(),
            outer_boundary: outer_boundary.to_owned(),
            signature,
        })
    }

    /// A directory over [`DirectoryContent::write`] with the same `inner_boundary`.
    pub fn new(
        signed: Bytes,
        inner_boundary: &str,
        outer_boundary: &str,
        signature: DirectorySignature,
    ) -> Result<Self, DirectoryWriteError> {
        check_boundary(inner_boundary)?;
        check_boundary(outer_boundary)?;
        let (inner_boundary, outer_boundary) = (inner_boundary.to_owned(), outer_boundary.to_owned());
        Ok(Self { signed, inner_boundary, outer_boundary, signature })
    }

    /// The octets that the signature covers: from the first inner boundary to the line end of the last (§8.3).
    #[must_use]
    pub fn signed(&self) -> &[u8] {
        &self.signed
    }

    /// The signature.
    #[must_use]
    pub fn signature(&self) -> &DirectorySignature {
        &self.signature
    }

    /// Reads the signed data. To be called after the signature was verified (§8.3, check order).
    pub fn content(&self) -> Result<DirectoryContent, DirectoryError> {
        DirectoryContent::parse(&self.signed, &self.inner_boundary)
    }

    /// The octets to publish, in the layout of §8.3.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let Self { signed, inner_boundary, outer_boundary, signature } = self;
        let mut out = format!(
            "Content-Type: multipart/related; charset=UTF-8; boundary={outer_boundary}\r\n\r\n\
             --{outer_boundary}\r\n\
             Content-Type: multipart/mixed; charset=UTF-8; boundary={inner_boundary}\r\n\r\n"
        )
        .into_bytes();
        out.extend_from_slice(signed);
        let tail = format!(
            "\r\n--{outer_boundary}\r\n\
             Content-Type: application/octet-stream\r\n\
             Content-Transfer-Encoding: base64\r\n\
             Signature-Algorithm-Id: {scheme}\r\n\
             Verification-certificate-hash: {hash}; hash-algorithm-id=\"{algorithm}\"\r\n\r\n\
             {value}\r\n--{outer_boundary}--\r\n",
            scheme = signature.scheme.uri(),
            hash = STANDARD.encode(signature.certificate.as_bytes()),
            algorithm = signature.certificate.algorithm().uri(),
            value = STANDARD.encode(&signature.value),
        );
        out.extend_from_slice(tail.as_bytes());
        out
    }
}

impl DirectorySignature {
    fn parse(bytes: &[u8]) -> Result<Self, DirectoryError> {
        const SCHEME: &str = "Signature-Algorithm-Id";
        const HASH: &str = "Verification-certificate-hash";
        let (head, body) = part(bytes)?;
        let header = Header::parse(head)?;
        header.exactly("Content-Type", "application/octet-stream")?;
        header.exactly("Content-Transfer-Encoding", "base64")?;
        let uri = header.required(SCHEME)?;
        let scheme = SignatureScheme::from_uri(uri).ok_or_else(|| DirectoryError::WrongValue {
            field: SCHEME,
            value: uri.to_owned(),
            expected: "a signature algorithm that is accepted",
        })?;
        let (hash, parameters) = header.with_parameters(HASH)?;
        let parameter = "hash-algorithm-id";
        let uri = parameters.get(parameter).ok_or(DirectoryError::MissingParameter { field: HASH, parameter })?;
        let certificate = digest(hash, uri, HASH)?;
        let certificate = certificate.ok_or_else(|| DirectoryError::WrongValue {
            field: HASH,
            value: hash.to_owned(),
            expected: "the base64 of a digest of the named algorithm",
        })?;
        let value = STANDARD.decode(body).map_err(DirectoryError::SignatureEncoding)?;
        Ok(Self { scheme, certificate, value })
    }
}

/// What a directory says: until when, in which format, and where its parts are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryContent {
    /// The end of validity.
    pub expires: UnixTime,
    /// `Version`, if it stands there.
    pub version: Option<FormatVersion>,
    /// The parts, in order.
    pub parts: Vec<PartEntry>,
}

/// One content part that a directory lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartEntry {
    /// What it is.
    pub kind: PartKind,
    /// The instance that it belongs to; always present for shared and private parameters.
    pub instance: Option<Instance>,
    /// Where it is, to be resolved against the URL of the directory; usually an absolute path.
    pub location: String,
    /// `Content-file-name`, if it stands there.
    pub file_name: Option<String>,
    /// The hash of its octets.
    pub hash: Digest,
}

impl DirectoryContent {
    /// The format of the parts: the version, and 2 where none stands (§8.3).
    #[must_use]
    pub fn format(&self) -> FormatVersion {
        self.version.unwrap_or(FormatVersion::V2)
    }

    fn parse(signed: &[u8], boundary: &str) -> Result<Self, DirectoryError> {
        let parts = multipart::split(signed, boundary, limits::CONF_PARTS + 1)?;
        let mut parts = parts.into_iter();
        let first = parts.next().ok_or(DirectoryError::MissingExpireDate)?;
        // The blank line after the fields is the line end of the delimiter; a second one is an empty body.
        let header = Header::parse(first.strip_suffix(b"\r\n\r\n").unwrap_or(first))?;
        let expires = header.required("Expire-date")?;
        let expires = expires.parse().map_err(|_| DirectoryError::WrongValue {
            field: "Expire-date",
            value: expires.to_owned(),
            expected: "a date and time with offset",
        })?;
        let version = match header.get("Version") {
            None => None,
            Some(text) => Some(FormatVersion::from_text(text).ok_or_else(|| DirectoryError::WrongValue {
                field: "Version",
                value: text.to_owned(),
                expected: "2, 3, 4, 5 or 6",
            })?),
        };
        let parts = parts.map(PartEntry::parse).collect::<Result<Vec<_>, _>>()?;
        let mut seen = HashSet::new();
        match parts.iter().find(|p| !seen.insert((&p.kind, &p.instance))) {
            Some(p) => Err(DirectoryError::DuplicatePart(p.name())),
            None => Ok(Self { expires, version, parts }),
        }
    }

    /// The octets to sign (§8.3). `boundary` is 1 to 200 letters and digits that do not occur in the content.
    ///
    /// Expire-date is written in whole seconds, rounded down.
    pub fn write(&self, boundary: &str) -> Result<Vec<u8>, DirectoryWriteError> {
        check_boundary(boundary)?;
        if self.parts.len() > limits::CONF_PARTS {
            return Err(DirectoryWriteError::TooManyParts);
        }
        let expires = UnixTime::from_secs(self.expires.secs()).to_string().replace(".000Z", "Z");
        let mut out = format!("--{boundary}\r\nExpire-date: {expires}\r\n");
        if let Some(version) = self.version {
            out.push_str(&format!("Version: {version}\r\n"));
        }
        for part in &self.parts {
            out.push_str(&format!("\r\n--{boundary}\r\n"));
            part.write(&mut out)?;
        }
        out.push_str(&format!("\r\n--{boundary}--\r\n"));
        Ok(out.into_bytes())
    }
}

impl PartEntry {
    /// Its identifier with its instance, for messages.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.instance {
            Some(instance) => format!("{} of {instance}", self.kind),
            None => self.kind.to_string(),
        }
    }

    fn parse(bytes: &[u8]) -> Result<Self, DirectoryError> {
        const IDENTIFIER: &str = "Content-identifier";
        const ALGORITHM: &str = "Hash-algorithm-id";
        let (head, body) = part(bytes)?;
        let header = Header::parse(head)?;
        header.exactly("Content-type", "application/octet-stream")?;
        header.exactly("Content-transfer-encoding", "base64")?;
        let location = header.required("Content-location")?;
        let uri = header.required(ALGORITHM)?;
        let (kind, instance) = match header.get(IDENTIFIER).filter(|v| !v.is_empty()) {
            None => (PartKind::Other(String::new()), None),
            Some(_) => {
                let (identifier, parameters) = header.with_parameters(IDENTIFIER)?;
                (PartKind::from_identifier(identifier), parameters.get("instance").filter(|i| !i.trim().is_empty()))
            }
        };
        if kind.needs_instance() && instance.is_none() {
            return Err(DirectoryError::MissingParameter { field: IDENTIFIER, parameter: "instance" });
        }
        let instance = instance.map(str::parse).transpose().map_err(|_| DirectoryError::WrongValue {
            field: IDENTIFIER,
            value: instance.unwrap_or_default().to_owned(),
            expected: "an instance identifier",
        })?;
        let name = || kind.to_string();
        let text = std::str::from_utf8(body).map_err(|_| DirectoryError::PartHash(name()))?;
        let hash = digest(text, uri, ALGORITHM)?.ok_or_else(|| DirectoryError::PartHash(name()))?;
        let file_name = header.get("Content-file-name").filter(|v| !v.is_empty()).map(str::to_owned);
        Ok(Self { kind, instance, location: location.to_owned(), file_name, hash })
    }

    fn write(&self, out: &mut String) -> Result<(), DirectoryWriteError> {
        let identifier = match &self.instance {
            None => plain("Content-identifier", self.kind.identifier(), &[';'])?.to_owned(),
            Some(instance) => {
                let quote = if instance.as_str().contains('\'') { '"' } else { '\'' };
                let instance = plain("Content-identifier", instance.as_str(), &[quote])?;
                let identifier = plain("Content-identifier", self.kind.identifier(), &[';'])?;
                format!("{identifier}; instance={quote}{instance}{quote}")
            }
        };
        let location = plain("Content-location", &self.location, &[])?;
        out.push_str("Content-type: application/octet-stream\r\nContent-transfer-encoding: base64\r\n");
        out.push_str(&format!("Content-identifier: {identifier}\r\nContent-location: {location}\r\n"));
        if let Some(name) = &self.file_name {
            out.push_str(&format!("Content-file-name: {}\r\n", plain("Content-file-name", name, &[])?));
        }
        let (algorithm, hash) = (self.hash.algorithm().uri(), STANDARD.encode(self.hash.as_bytes()));
        out.push_str(&format!("Hash-algorithm-id: {algorithm}\r\n\r\n{hash}"));
        Ok(())
    }
}

/// Splits a part at the blank line after its header.
fn part(bytes: &[u8]) -> Result<(&[u8], &[u8]), DirectoryError> {
    multipart::cut(bytes, b"\r\n\r\n").ok_or(DirectoryError::Structure("a part has no blank line after its header"))
}

/// A digest from base64 and the identifier of its algorithm; `None` if the text is no digest of that algorithm.
fn digest(base64: &str, uri: &str, field: &'static str) -> Result<Option<Digest>, DirectoryError> {
    let algorithm = DigestAlgorithm::from_uri(uri).filter(|a| a.is_strong());
    let algorithm = algorithm.ok_or_else(|| DirectoryError::WrongValue {
        field,
        value: uri.to_owned(),
        expected: "a digest algorithm that is accepted",
    })?;
    Ok(STANDARD.decode(base64).ok().and_then(|value| Digest::new(algorithm, &value)))
}

fn check_boundary(boundary: &str) -> Result<(), DirectoryWriteError> {
    let fits = is_boundary(boundary) && boundary.bytes().all(|b| b.is_ascii_alphanumeric());
    if fits { Ok(()) } else { Err(DirectoryWriteError::Boundary(boundary.to_owned())) }
}

/// A value that a reader gets back unchanged from a header line.
fn plain<'a>(field: &'static str, value: &'a str, without: &[char]) -> Result<&'a str, DirectoryWriteError> {
    let fits = !value.is_empty()
        && value.trim_matches([' ', '\t']) == value
        && !value.chars().any(|c| c.is_control() || without.contains(&c));
    if fits { Ok(value) } else { Err(DirectoryWriteError::Unwritable { field, value: value.to_owned() }) }
}

#[cfg(test)]
mod tests {
    use simpul_core::Code;

    use super::*;

    fn entry(kind: PartKind, instance: Option<&str>, name: &str) -> PartEntry {
        PartEntry {
            kind,
            instance: instance.map(|i| i.parse().unwrap()),
            location: format!("/V6/20261121100000000000000/{name}"),
            file_name: None,
            hash: Digest::new(DigestAlgorithm::Sha512, &[7; 64]).unwrap(),
        }
    }

    fn content() -> DirectoryContent {
        DirectoryContent {
            expires: "2026-11-21T10:10:00Z".parse().unwrap(),
            version: Some(FormatVersion::V6),
            parts: vec![
                entry(PartKind::Shared, Some("ID"), "shared-params.xml"),
                entry(PartKind::Private, Some("it's"), "private-params.xml"),
                PartEntry { file_name: Some("x.xml".to_owned()), ..entry(PartKind::NextUpdate, None, "n.xml") },
            ],
        }
    }

    fn signed(inner: &[u8]) -> Vec<u8> {
        let signature = DirectorySignature {
            scheme: SignatureScheme::Ecdsa(DigestAlgorithm::Sha256),
            certificate: Digest::new(DigestAlgorithm::Sha512, &[1; 64]).unwrap(),
            value: b"signature".to_vec(),
        };
        SignedDirectory::new(Bytes::copy_from_slice(inner), "in", "out", signature).unwrap().write()
    }

    fn parse(bytes: &[u8]) -> Result<SignedDirectory, DirectoryError> {
        SignedDirectory::parse(&Bytes::copy_from_slice(bytes))
    }

    /// Writes the sample directory with one text replaced, and reads it.
    fn changed(from: &str, to: &str) -> Result<DirectoryContent, DirectoryError> {
        let text = String::from_utf8(signed(&content().write("in").unwrap())).unwrap();
        assert!(text.contains(from), "{from}");
        parse(text.replacen(from, to, 1).as_bytes())?.content()
    }

    #[test]
    fn what_is_written_is_read_back() {
        let inner = content().write("in").unwrap();
        let directory = parse(&signed(&inner)).unwrap();
        assert_eq!(directory.signed(), inner);
        assert_eq!(directory.signature().value, b"signature");
        assert_eq!(directory.content().unwrap(), content());
        assert_eq!(directory.write(), signed(&inner));
    }

    /// wire.md §3.9 and §8.3: each fault has its code.
    #[test]
    fn each_fault_has_its_code() {
        use simpul_core::Code::*;
        let sha512 = DigestAlgorithm::Sha512.uri();
        let cases = [
            ("Expire-date: 2026-11-21T10:10:00Z\r\n", "", GlobalConfHeaderFieldMissing),
            ("2026-11-21T10:10:00Z", "", GlobalConfHeaderFieldMissing),
            ("2026-11-21T10:10:00Z", "2026-11-21T10:10:00", GlobalConfHeaderFieldWrongValue),
            ("Version: 6", "Version: 7", GlobalConfHeaderFieldWrongValue),
            ("Content-type: application/octet-stream\r\n", "", GlobalConfHeaderFieldMissing),
            ("Content-type: application/octet-stream", "Content-type: text/xml", GlobalConfHeaderFieldWrongValue),
            ("Content-transfer-encoding: base64", "Content-transfer-encoding: 7bit", GlobalConfHeaderFieldWrongValue),
            ("Content-location: /V6", "X-location: /V6", GlobalConfHeaderFieldMissing),
            ("Hash-algorithm-id: ", "X-algorithm-id: ", GlobalConfHeaderFieldMissing),
            (sha512, "http://www.w3.org/2000/09/xmldsig#sha1", GlobalConfHeaderFieldWrongValue),
            ("; instance='ID'", "", GlobalConfHeaderFieldMissingParameter),
            ("instance='ID'", "instance=''", GlobalConfHeaderFieldMissingParameter),
            ("instance='ID'", "instance='ID", GlobalConfHeaderFieldWrongValue),
            ("instance=\"it's\"", "instance=it's", GlobalConfHeaderFieldWrongValue),
            (
                "PRIVATE-PARAMETERS; instance=\"it's\"",
                "SHARED-PARAMETERS; instance='ID'",
                GlobalConfHeaderFieldWrongValue,
            ),
            ("BwcH", "BwcH!", GlobalConfPartIntegrityFailure),
            ("BwcH", "", GlobalConfPartIntegrityFailure),
            ("--in\r\nExpire", "-in\r\nExpire", GlobalConfParsingFailure),
            ("--in--\r\n", "--in-", GlobalConfParsingFailure),
            ("multipart/related", "multipart/mixed", GlobalConfHeaderFieldWrongValue),
            ("; boundary=out", "", GlobalConfHeaderFieldMissingParameter),
            ("Content-Type: application/octet-stream\r\n", "", GlobalConfHeaderFieldMissing),
            ("Content-Transfer-Encoding: base64", "Content-Transfer-Encoding: BASE64", GlobalConfHeaderFieldWrongValue),
            ("Signature-Algorithm-Id: ", "X: ", GlobalConfHeaderFieldMissing),
            ("#ecdsa-sha256", "#ecdsa-sha1", GlobalConfHeaderFieldWrongValue),
            ("Verification-certificate-hash: ", "X: ", GlobalConfHeaderFieldMissing),
            ("; hash-algorithm-id", "; algorithm-id", GlobalConfHeaderFieldMissingParameter),
            ("Verification-certificate-hash: AQ", "Verification-certificate-hash: ", GlobalConfHeaderFieldWrongValue),
            ("c2lnbmF0dXJl", "c2lnbmF0dXJl=", GlobalConfSignatureDecodeFailure),
            ("c2lnbmF0dXJl", "c2lnbmF\r\n0dXJl", GlobalConfSignatureDecodeFailure),
            ("Content-Type: multipart/related", "\r\nContent-Type: multipart/related", GlobalConfParsingFailure),
        ];
        for (from, to, code) in cases {
            let result = changed(from, to);
            assert_eq!(result.as_ref().map_err(DirectoryError::code), Err(code), "{from} -> {to}: {result:?}");
        }
    }

    #[test]
    fn header_names_ignore_case_and_a_version_may_be_missing() {
        assert_eq!(changed("Content-type:", "CONTENT-TYPE:").unwrap(), content());
        let without = changed("Version: 6\r\n", "").unwrap();
        assert_eq!((without.version, without.format()), (None, FormatVersion::V2));
        assert_eq!(changed("instance='ID'", "instance=\"ID\"").unwrap(), content());
    }

    #[test]
    fn missing_halves_are_named() {
        let head = "Content-Type: multipart/related; boundary=out\r\n\r\n--out\r\n";
        let inner = "Content-Type: multipart/mixed; boundary=in\r\n\r\n";
        let only = |body: &str| parse(format!("{head}{body}\r\n--out--\r\n").as_bytes()).unwrap_err().code();
        assert_eq!(only(inner), Code::GlobalConfMissingSignedData);
        assert_eq!(only(&format!("{inner}--in\r\n\r\n--in--\r\n")), Code::GlobalConfSignatureVerificationFailure);
        assert_eq!(parse(b"").unwrap_err().code(), Code::GlobalConfParsingFailure);
    }

    #[test]
    fn the_directory_is_bounded() {
        let bytes = signed(&content().write("in").unwrap());
        let filled = |n: usize| {
            let pad = format!("Content-Type: multipart/mixed; charset=UTF-8; boundary=in\r\nX: {}", "x".repeat(n));
            String::from_utf8(bytes.clone()).unwrap().replacen(
                "Content-Type: multipart/mixed; charset=UTF-8; boundary=in",
                &pad,
                1,
            )
        };
        let over = filled(limits::CONF_DIRECTORY);
        assert!(matches!(parse(over.as_bytes()), Err(DirectoryError::TooLarge(_))));
        let most = over.len() - limits::CONF_DIRECTORY;
        let at_bound = filled(limits::CONF_DIRECTORY - most);
        assert_eq!(at_bound.len(), limits::CONF_DIRECTORY);
        assert!(!matches!(parse(at_bound.as_bytes()), Err(DirectoryError::TooLarge(_))));
    }

    #[test]
    fn parts_are_bounded() {
        let with = |n: usize| DirectoryContent {
            parts: (0..n).map(|i| entry(PartKind::Other(format!("P{i}")), None, "p.xml")).collect(),
            ..content()
        };
        let most = with(limits::CONF_PARTS).write("in").unwrap();
        assert_eq!(parse(&signed(&most)).unwrap().content().unwrap(), with(limits::CONF_PARTS));
        let over = with(limits::CONF_PARTS + 1);
        assert_eq!(over.write("in"), Err(DirectoryWriteError::TooManyParts));
        let last = String::from_utf8(most).unwrap().replacen("--in--", "--in\r\n\r\nx\r\n--in--", 1);
        assert!(matches!(parse(&signed(last.as_bytes())).unwrap().content(), Err(DirectoryError::TooManyParts)));
    }

    #[test]
    fn values_that_would_break_a_line_are_not_written() {
        for bad in ["a\r\nX: y", "", " a", "a\n"] {
            let mut content = content();
            content.parts[0].location = bad.to_owned();
            assert!(content.write("in").is_err(), "{bad:?}");
        }
        let mut content = content();
        content.parts[0].instance = Some("a'b\"c".parse().unwrap());
        assert!(content.write("in").is_err());
        for boundary in ["", "a b", "a\r\nb", "-", &"x".repeat(limits::BOUNDARY + 1)] {
            assert!(content.write(boundary).is_err(), "{boundary:?}");
        }
    }
}
