//! Reading OCSP responses (RFC 6960 §4.2.1) so that what is verified is what was received.

use der::asn1::{BitStringRef, ContextSpecific, ObjectIdentifier};
use der::{Decode, Reader, SliceReader, TagMode, TagNumber};
use simpul_core::{UnixTime, limits};
use spki::AlgorithmIdentifierOwned;
use x509_ocsp::{CertId, CertStatus, OcspGeneralizedTime, OcspResponse, OcspResponseStatus, ResponderId, ResponseData};

use super::{CertificateStatus, OcspError};

/// A basic response: its parts, and the bytes that its signature covers.
pub(super) struct Basic {
    /// `tbsResponseData` as received.
    pub(super) signed: Vec<u8>,
    data: ResponseData,
    pub(super) algorithm: ObjectIdentifier,
    pub(super) signature: Vec<u8>,
    /// The certificates that came along, DER, unread.
    pub(super) certs: Vec<Vec<u8>>,
}

/// One status, the first of a response.
pub(super) struct Single<'a> {
    pub(super) id: &'a CertId,
    pub(super) this_update: UnixTime,
    pub(super) next_update: Option<UnixTime>,
    pub(super) status: CertificateStatus,
}

impl Basic {
    /// Reads a whole OCSPResponse.
    pub(super) fn from_response(der: &[u8]) -> Result<Self, OcspError> {
        if der.len() > limits::OCSP_RESPONSE {
            return Err(OcspError::TooLarge(der.len()));
        }
        let outer = OcspResponse::from_der(der).map_err(OcspError::Malformed)?;
        if let Some(status) = unsuccessful(outer.response_status) {
            return Err(OcspError::Unsuccessful(status));
        }
        let bytes = outer.response_bytes.ok_or(OcspError::Empty)?;
        if bytes.response_type != const_oid::db::rfc6960::ID_PKIX_OCSP_BASIC {
            return Err(OcspError::UnknownType(bytes.response_type.to_string()));
        }
        Self::from_basic(bytes.response.as_bytes()).map_err(OcspError::Malformed)
    }

    fn from_basic(der: &[u8]) -> der::Result<Self> {
        let mut reader = SliceReader::new(der)?;
        let basic = reader.sequence(|seq| {
            let signed = seq.tlv_bytes()?.to_vec();
            let algorithm = AlgorithmIdentifierOwned::decode(seq)?.oid;
            let signature = BitStringRef::decode(seq)?;
            let signature = signature.as_bytes().ok_or_else(|| der::Tag::BitString.value_error())?.to_vec();
            let data = ResponseData::from_der(&signed)?;
            Ok(Self { data, algorithm, signature, certs: certs(seq)?, signed })
        })?;
        reader.finish(basic)
    }

    /// Who says that it signed.
    pub(super) fn responder(&self) -> &ResponderId {
        &self.data.responder_id
    }

    pub(super) fn produced_at(&self) -> UnixTime {
        time(&self.data.produced_at)
    }

    /// The first status: only that one counts (§3.8).
    pub(super) fn first(&self) -> Result<Single<'_>, OcspError> {
        let first = self.data.responses.first().ok_or(OcspError::Empty)?;
        Ok(Single {
            id: &first.cert_id,
            this_update: time(&first.this_update),
            next_update: first.next_update.as_ref().map(time),
            status: match &first.cert_status {
                CertStatus::Good(_) => CertificateStatus::Good,
                CertStatus::Revoked(info) => CertificateStatus::Revoked(time(&info.revocation_time)),
                CertStatus::Unknown(_) => CertificateStatus::Unknown,
            },
        })
    }
}

/// `certs [0] EXPLICIT SEQUENCE OF Certificate OPTIONAL`, at most [`limits::CHAIN`] of them.
fn certs<'a>(reader: &mut impl Reader<'a>) -> der::Result<Vec<Vec<u8>>> {
    if reader.is_finished() {
        return Ok(Vec::new());
    }
    let field = ContextSpecific::<der::asn1::AnyRef<'a>>::decode(reader)?;
    if field.tag_number != TagNumber::N0 || field.tag_mode != TagMode::Explicit {
        return Err(der::Tag::Sequence.value_error());
    }
    der::Tagged::tag(&field.value).assert_eq(der::Tag::Sequence)?;
    let mut list = SliceReader::new(field.value.value())?;
    let mut certs = Vec::new();
    while !list.is_finished() {
        if certs.len() == limits::CHAIN {
            return Err(der::Tag::Sequence.length_error());
        }
        certs.push(list.tlv_bytes()?.to_vec());
    }
    Ok(certs)
}

fn unsuccessful(status: OcspResponseStatus) -> Option<&'static str> {
    match status {
        OcspResponseStatus::Successful => None,
        OcspResponseStatus::MalformedRequest => Some("malformedRequest"),
        OcspResponseStatus::InternalError => Some("internalError"),
        OcspResponseStatus::TryLater => Some("tryLater"),
        OcspResponseStatus::SigRequired => Some("sigRequired"),
        OcspResponseStatus::Unauthorized => Some("unauthorized"),
    }
}

fn time(t: &OcspGeneralizedTime) -> UnixTime {
    UnixTime::from_secs(i64::try_from(t.0.to_unix_duration().as_secs()).unwrap_or(i64::MAX))
}
