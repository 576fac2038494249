//! The parts of a timestamp token (RFC 3161 §2.4.2 within RFC 5652 §5), read once and kept as received.

use cms::signed_data::{SignerIdentifier, SignerInfo};
use const_oid::db::rfc5911::{ID_CONTENT_TYPE, ID_MESSAGE_DIGEST, ID_SIGNED_DATA};
use const_oid::db::rfc5912::ID_SHA_256;
use der::asn1::{AnyRef, GeneralizedTime, Int, ObjectIdentifier, OctetString, OctetStringRef};
use der::{Decode, Encode, Reader, Sequence, SliceReader, Tag, Tagged};
use simpul_core::UnixTime;
use spki::AlgorithmIdentifierOwned;
use x509_cert::attr::Attributes;
use x509_cert::ext::Extensions;
use x509_tsp::{Accuracy, MessageImprint};

use super::TspError;
use super::ber::put;

/// id-ct-TSTInfo (RFC 3161 §2.4.2).
const ID_CT_TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");
/// id-aa-signingCertificate (RFC 2634 §5.4).
const ID_AA_SIGNING_CERTIFICATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.12");
/// id-aa-signingCertificateV2 (RFC 5035 §3).
const ID_AA_SIGNING_CERTIFICATE_V2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");

/// `[0]` constructed; `[1]` is the next.
const CONTEXT_0: u8 = 0xa0;
const SEQUENCE: u8 = 0x30;

/// A token whose structure is right; nothing is proved yet.
pub(super) struct Parts {
    /// `version`, `digestAlgorithms` and `encapContentInfo`, as received.
    head: Vec<u8>,
    /// The content of `certificates`, certificate by certificate.
    certificates: Vec<Vec<u8>>,
    /// `crls`, if present, and `signerInfos`, as received.
    tail: Vec<u8>,
    /// The octets of TSTInfo, over which the messageDigest attribute is made.
    pub(super) content: Vec<u8>,
    pub(super) info: Info,
    pub(super) signer: Signer,
}

/// What TSTInfo says.
pub(super) struct Info {
    /// Dotted.
    pub(super) policy: String,
    pub(super) imprint: MessageImprint,
    pub(super) serial: Vec<u8>,
    pub(super) gen_time: UnixTime,
}

/// The one SignerInfo.
pub(super) struct Signer {
    pub(super) id: SignerIdentifier,
    pub(super) digest: ObjectIdentifier,
    pub(super) algorithm: ObjectIdentifier,
    pub(super) signature: Vec<u8>,
    /// The signed attributes under the tag SET, which the signature covers (RFC 5652 §5.4).
    pub(super) signed: Vec<u8>,
    pub(super) message_digest: Vec<u8>,
    /// Hash of the signer's certificate by ESSCertID, SHA-1.
    pub(super) ess: Option<Vec<u8>>,
    /// Algorithm and hash of the signer's certificate by ESSCertIDv2.
    pub(super) ess_v2: Option<(ObjectIdentifier, Vec<u8>)>,
}

impl Parts {
    pub(super) fn from_der(der: &[u8]) -> Result<Self, TspError> {
        let mut reader = SliceReader::new(der).map_err(TspError::Malformed)?;
        let content = reader
            .sequence(|seq| {
                if ObjectIdentifier::decode(seq)? != ID_SIGNED_DATA {
                    return Err(Tag::ObjectIdentifier.value_error());
                }
                explicit(seq, 0)
            })
            .and_then(|content| reader.finish(content))
            .map_err(TspError::Malformed)?;
        let raw = signed_data(content).map_err(TspError::Malformed)?;
        let [signer] = raw.signers.as_slice() else { return Err(TspError::SignerCount(raw.signers.len())) };
        Ok(Self {
            info: info(&raw.content).map_err(TspError::Malformed)?,
            signer: self::signer(signer)?,
            head: raw.head,
            certificates: raw.certificates,
            tail: raw.tail,
            content: raw.content,
        })
    }

    /// The token with `certificate` among its certificates (wire.md §6.1), DER.
    pub(super) fn with_certificate(&self, certificate: &[u8]) -> Result<Vec<u8>, TspError> {
        let mut set = self.certificates.clone();
        if !set.iter().any(|c| c == certificate) {
            set.push(certificate.to_vec());
        }
        // DER orders a SET OF by its encodings (X.690 §11.6).
        set.sort_unstable();
        let build = || -> Option<Vec<u8>> {
            let wrap = |tag, content: &[u8]| {
                let mut out = Vec::with_capacity(content.len().saturating_add(8));
                put(tag, content, &mut out).ok().map(|()| out)
            };
            let certificates = wrap(CONTEXT_0, &set.concat())?;
            let signed_data = wrap(SEQUENCE, &[&self.head[..], &certificates, &self.tail].concat())?;
            let content = wrap(CONTEXT_0, &signed_data)?;
            wrap(SEQUENCE, &[ID_SIGNED_DATA.to_der().ok()?, content].concat())
        };
        build().ok_or(TspError::Malformed(Tag::Sequence.length_error()))
    }
}

struct Raw {
    head: Vec<u8>,
    certificates: Vec<Vec<u8>>,
    tail: Vec<u8>,
    content: Vec<u8>,
    signers: Vec<Vec<u8>>,
}

/// The content of `[number] EXPLICIT`, whose value is returned whole.
fn explicit<'a>(reader: &mut impl Reader<'a>, number: u8) -> der::Result<&'a [u8]> {
    let outer = AnyRef::decode(reader)?;
    match outer.tag() {
        Tag::ContextSpecific { constructed: true, number: n } if n.value() == number => Ok(outer.value()),
        other => Err(other.unexpected_error(None)),
    }
}

fn signed_data(der: &[u8]) -> der::Result<Raw> {
    let mut reader = SliceReader::new(der)?;
    let raw = reader.sequence(|seq| {
        let version = seq.tlv_bytes()?;
        let digest_algorithms = seq.tlv_bytes()?;
        let encapsulated = seq.tlv_bytes()?;
        let content = encapsulated_content(encapsulated)?;
        let mut certificates = Vec::new();
        if seq.peek_byte() == Some(CONTEXT_0) {
            certificates = members(AnyRef::decode(seq)?.value())?;
        }
        let mut tail = Vec::new();
        if seq.peek_byte() == Some(CONTEXT_0 | 1) {
            tail.extend_from_slice(seq.tlv_bytes()?);
        }
        let signers = seq.tlv_bytes()?;
        tail.extend_from_slice(signers);
        let set = AnyRef::from_der(signers)?;
        set.tag().assert_eq(Tag::Set)?;
        let head = [version, digest_algorithms, encapsulated].concat();
        Ok(Raw { head, certificates, tail, content, signers: members(set.value())? })
    })?;
    reader.finish(raw)
}

/// The members of a set, each as received.
fn members(content: &[u8]) -> der::Result<Vec<Vec<u8>>> {
    let mut reader = SliceReader::new(content)?;
    let mut members = Vec::new();
    while !reader.is_finished() {
        members.push(reader.tlv_bytes()?.to_vec());
    }
    Ok(members)
}

fn encapsulated_content(der: &[u8]) -> der::Result<Vec<u8>> {
    let mut reader = SliceReader::new(der)?;
    let content = reader.sequence(|seq| {
        if ObjectIdentifier::decode(seq)? != ID_CT_TST_INFO {
            return Err(Tag::ObjectIdentifier.value_error());
        }
        OctetStringRef::from_der(explicit(seq, 0)?).map(|octets| octets.as_bytes().to_vec())
    })?;
    reader.finish(content)
}

/// RFC 3161 §2.4.2. genTime may carry fractions of a second, and the policy only two arcs after the first, which
/// the ready types refuse.
#[derive(Sequence)]
struct TstInfo<'a> {
    version: u8,
    policy: AnyRef<'a>,
    message_imprint: MessageImprint,
    serial_number: Int,
    gen_time: AnyRef<'a>,
    #[asn1(optional = "true")]
    accuracy: Option<Accuracy>,
    #[asn1(default = "Default::default")]
    ordering: bool,
    #[asn1(optional = "true")]
    nonce: Option<Int>,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    tsa: Option<AnyRef<'a>>,
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", optional = "true")]
    extensions: Option<Extensions>,
}

fn info(der: &[u8]) -> der::Result<Info> {
    let info = TstInfo::from_der(der)?;
    let critical = info.extensions.iter().flatten().any(|e| e.critical);
    if info.version != 1 || critical {
        return Err(Tag::Sequence.value_error());
    }
    Ok(Info {
        policy: dotted(info.policy)?,
        imprint: info.message_imprint,
        serial: info.serial_number.as_bytes().to_vec(),
        gen_time: gen_time(info.gen_time)?,
    })
}

/// An object identifier of any length as text (X.690 §8.19); arcs up to 32 bits.
fn dotted(value: AnyRef<'_>) -> der::Result<String> {
    value.tag().assert_eq(Tag::ObjectIdentifier)?;
    let refused = || Tag::ObjectIdentifier.value_error();
    let mut arcs = Vec::new();
    for arc in value.value().split_inclusive(|octet| octet & 0x80 == 0) {
        let ended = arc.last().is_some_and(|octet| octet & 0x80 == 0);
        if !ended || arc.len() > 4 || arc.first() == Some(&0x80) {
            return Err(refused());
        }
        arcs.push(arc.iter().fold(0_u32, |n, octet| (n << 7) | u32::from(octet & 0x7f)));
    }
    let (first, rest) = arcs.split_first().ok_or_else(refused)?;
    let root = (first / 40).min(2);
    let arcs = [root, first.saturating_sub(root * 40)].into_iter().chain(rest.iter().copied());
    Ok(arcs.map(|arc| arc.to_string()).collect::<Vec<_>>().join("."))
}

/// `YYYYMMDDhhmmss[.s…]Z`; fractions beyond a millisecond are cut off.
fn gen_time(value: AnyRef<'_>) -> der::Result<UnixTime> {
    let refused = || Tag::GeneralizedTime.value_error();
    value.tag().assert_eq(Tag::GeneralizedTime)?;
    let (whole, rest) = value.value().split_at_checked(14).ok_or_else(refused)?;
    let millis = match rest {
        b"Z" => 0,
        [b'.', digits @ .., b'Z'] if !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) => {
            digits.iter().chain(b"00").take(3).fold(0_i64, |n, d| n * 10 + i64::from(d - b'0'))
        }
        _ => return Err(refused()),
    };
    let mut encoded = vec![0x18, 15];
    encoded.extend_from_slice(whole);
    encoded.push(b'Z');
    let secs = GeneralizedTime::from_der(&encoded)?.to_unix_duration().as_secs();
    let secs = i64::try_from(secs).map_err(|_| refused())?;
    Ok(UnixTime::from_millis(secs.saturating_mul(1000).saturating_add(millis)))
}

fn signer(der: &[u8]) -> Result<Signer, TspError> {
    let info = SignerInfo::from_der(der).map_err(TspError::Malformed)?;
    let attributes = info.signed_attrs.ok_or(TspError::Attribute("signed attributes"))?;
    let content_type = single(&attributes, ID_CONTENT_TYPE)?.ok_or(TspError::Attribute("contentType"))?;
    if ObjectIdentifier::from_der(&content_type).map_err(TspError::Malformed)? != ID_CT_TST_INFO {
        return Err(TspError::Attribute("contentType"));
    }
    let digest = single(&attributes, ID_MESSAGE_DIGEST)?.ok_or(TspError::Attribute("messageDigest"))?;
    let digest = OctetString::from_der(&digest).map_err(TspError::Malformed)?;
    let ess = single(&attributes, ID_AA_SIGNING_CERTIFICATE)?;
    let ess_v2 = single(&attributes, ID_AA_SIGNING_CERTIFICATE_V2)?;
    // Encoding the set by itself gives it the tag SET and the order of DER.
    let signed = attributes.to_der().map_err(TspError::Malformed)?;
    Ok(Signer {
        id: info.sid,
        digest: info.digest_alg.oid,
        algorithm: info.signature_algorithm.oid,
        signature: info.signature.as_bytes().to_vec(),
        signed,
        message_digest: digest.as_bytes().to_vec(),
        ess: ess.map(|der| first_ess(&der)).transpose().map_err(TspError::Malformed)?,
        ess_v2: ess_v2.map(|der| first_ess_v2(&der)).transpose().map_err(TspError::Malformed)?,
    })
}

/// The value of an attribute that may occur once, with one value (RFC 5652 §11); encoded.
fn single(attributes: &Attributes, oid: ObjectIdentifier) -> Result<Option<Vec<u8>>, TspError> {
    let mut found = attributes.iter().filter(|a| a.oid == oid);
    let (Some(attribute), more) = (found.next(), found.next()) else { return Ok(None) };
    match (attribute.values.as_slice(), more) {
        ([value], None) => value.to_der().map(Some).map_err(TspError::Malformed),
        _ => Err(TspError::Attribute("attributes that occur once")),
    }
}

/// The first certificate of `SEQUENCE { certs SEQUENCE OF …, policies OPTIONAL }` is the signer's.
fn first_cert<'a, T>(der: &'a [u8], read: impl FnOnce(&mut SliceReader<'a>) -> der::Result<T>) -> der::Result<T> {
    let outer = AnyRef::from_der(der)?;
    outer.tag().assert_eq(Tag::Sequence)?;
    let certs = AnyRef::decode(&mut SliceReader::new(outer.value())?)?;
    certs.tag().assert_eq(Tag::Sequence)?;
    let first = AnyRef::decode(&mut SliceReader::new(certs.value())?)?;
    first.tag().assert_eq(Tag::Sequence)?;
    read(&mut SliceReader::new(first.value())?)
}

fn first_ess(der: &[u8]) -> der::Result<Vec<u8>> {
    first_cert(der, |cert| OctetString::decode(cert).map(|hash| hash.as_bytes().to_vec()))
}

fn first_ess_v2(der: &[u8]) -> der::Result<(ObjectIdentifier, Vec<u8>)> {
    first_cert(der, |cert| {
        let algorithm = match cert.peek_tag()? {
            Tag::Sequence => AlgorithmIdentifierOwned::decode(cert)?.oid,
            _ => ID_SHA_256,
        };
        Ok((algorithm, OctetString::decode(cert)?.as_bytes().to_vec()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// X.690 §8.19.5 has the example { joint-iso-itu-t 100 3 }.
    #[test]
    fn policies_are_object_identifiers() {
        let of = |octets: &[u8]| dotted(AnyRef::new(Tag::ObjectIdentifier, octets).unwrap()).ok();
        assert_eq!(of(&[0x81, 0x34, 0x03]).as_deref(), Some("2.100.3"));
        assert_eq!(of(&[0x2a, 0x03]).as_deref(), Some("1.2.3"));
        assert_eq!(of(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d]).as_deref(), Some("1.2.840.113549"));
        for bad in [&[][..], &[0x2a, 0x86], &[0x2a, 0x80, 0x01], &[0x2a, 0x81, 0x81, 0x81, 0x81, 0x01]] {
            assert_eq!(of(bad), None, "{bad:02x?}");
        }
    }

    /// RFC 3161 §2.4.2: `YYYYMMDDhhmmss[.s...]Z`.
    #[test]
    fn gen_time_may_have_fractions() {
        let of = |text: &str| gen_time(AnyRef::new(Tag::GeneralizedTime, text.as_bytes()).unwrap());
        let at = |text: &str| text.parse::<UnixTime>().unwrap();
        assert_eq!(of("20241205131635Z").unwrap(), at("2024-12-05T13:16:35Z"));
        assert_eq!(of("20241205131635.5Z").unwrap(), at("2024-12-05T13:16:35.5Z"));
        assert_eq!(of("20241205131635.12345Z").unwrap(), at("2024-12-05T13:16:35.123Z"));
        for bad in ["20241205131635", "20241205131635.Z", "202412051316Z", "20241305131635Z", "20241205131635.aZ", ""] {
            assert!(of(bad).is_err(), "{bad}");
        }
    }
}
