//! Timestamps of single signatures (wire.md §6.2).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use simpul_wire::xml;

use super::SealError;
use super::c14n;
use super::signature::{Demand, Signature};
use super::verify::text;

/// The decoded signature value: what a timestamp of a single record covers (§6.2).
pub fn signature_value(signature_xml: &[u8]) -> Result<Vec<u8>, SealError> {
    let text = c14n::normalized(text(signature_xml)?);
    let document = xml::parse(&text).map_err(SealError::Xml)?;
    Signature::read(&document, Demand::Container).map(|signature| signature.value)
}

/// The signature with a timestamp token in it, as the first of the unsigned signature properties (§6.2). All octets
/// of the signature stay as they are, so what it covers stays covered.
///
/// Fails with [`SealError::Stamp`] if there is a timestamp already or no unsigned property to stand before, which
/// a seal always has: its OCSP responses.
pub fn with_timestamp(signature_xml: &[u8], token_der: &[u8]) -> Result<Vec<u8>, SealError> {
    // Line ends stay as they are here: positions must be those of the octets that came.
    let text = text(signature_xml)?;
    let document = xml::parse(text).map_err(SealError::Xml)?;
    let signature = Signature::read(&document, Demand::Container)?;
    let properties = signature.unsigned.node.filter(|_| signature.unsigned.timestamps.is_empty());
    let properties = properties.ok_or(SealError::Stamp)?;
    let first = properties.first_child().ok_or(SealError::Stamp)?.range().start;
    let (before, after) = text.split_at_checked(first).ok_or(SealError::Stamp)?;
    let name = c14n::element_name(text, properties);
    let prefix = name.strip_suffix("UnsignedSignatureProperties").ok_or(SealError::Stamp)?;
    let token = STANDARD.encode(token_der);
    let stamp = format!(
        "<{prefix}SignatureTimeStamp><{prefix}EncapsulatedTimeStamp>{token}</{prefix}EncapsulatedTimeStamp>\
         </{prefix}SignatureTimeStamp>"
    );
    Ok([before, &stamp, after].concat().into_bytes())
}
