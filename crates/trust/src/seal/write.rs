//! Making a seal (wire.md §5.3).
//!
//! The two elements that are digested are written in their canonical form from the start: no white space, no
//! empty-element tags, attributes in order. The canonical octets then differ from the written ones by the four
//! namespace declarations of the root alone, and nothing is parsed or canonicalized to make a seal.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use openssl::ecdsa::EcdsaSig;
use openssl::error::ErrorStack;
use simpul_core::{Digest, DigestAlgorithm, UnixTime};
use simpul_wire::{Seal, xml};

use super::SealError;
use super::algorithm::{Scheme, SignatureAlgorithm};
use super::chain::{self, Chains};
use super::parts::{CHAIN, CHAIN_RESULT, MESSAGE, Parts};
use crate::cert::Certificate;
use crate::hash;
use crate::token::Signer;

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>";
/// The namespaces of the root, in canonical order.
const NAMESPACES: &str = " xmlns:asic=\"http://uri.etsi.org/02918/v1.2.1#\" \
    xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" xmlns:xades=\"http://uri.etsi.org/01903/v1.3.2#\" \
    xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"";
/// X-Road's signature policy; the digest is of the document behind the address.
const POLICY: &str = "<xades:SignaturePolicyIdentifier><xades:SignaturePolicyId><xades:SigPolicyId>\
    <xades:Identifier Qualifier=\"OIDAsURN\">urn:oid:1.3.6.1.4.1.3516.16.2</xades:Identifier>\
    <xades:Description>Profile for High Performance Digital Signatures (version 1.2)</xades:Description>\
    </xades:SigPolicyId><xades:SigPolicyHash>\
    <ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha512\"></ds:DigestMethod>\
    <ds:DigestValue>BuO0EDNfkxSVlUbxCzmQPzX1AUF1/xx9ytWHk3/6SAOePxQiniEfDYk+90QeYb3lWpV3Izhuz9fKaYyE+lTcXw==\
    </ds:DigestValue></xades:SigPolicyHash><xades:SigPolicyQualifiers><xades:SigPolicyQualifier>\
    <xades:SPURI>https://repo.cyber.ee/dsig-profile-1.2.pdf</xades:SPURI></xades:SigPolicyQualifier>\
    </xades:SigPolicyQualifiers></xades:SignaturePolicyId></xades:SignaturePolicyIdentifier>";
const DIGEST: DigestAlgorithm = DigestAlgorithm::Sha512;

/// Seals a message: one reference to `/message.xml`, or to a hash chain exactly when there are attachments.
///
/// All digests of `parts` must be SHA-512. `ocsp` holds DER responses, first the one for the signing certificate,
/// then those for the signer's intermediates; there must be one at least (§3.8). `at` is the claimed signing time.
pub async fn seal(parts: &Parts, signer: &dyn Signer, ocsp: &[Bytes], at: UnixTime) -> Result<Seal, SealError> {
    let chains = chains(parts)?;
    let (uri, digest, mime) = match &chains {
        None => (MESSAGE, parts.message.clone(), "text/xml"),
        Some(chains) => (CHAIN_RESULT, hash::sha512(chains.result.as_bytes()), "application/hash-chain-result"),
    };
    let statement = Statement { uri, digest, mime, policy: POLICY, role: String::new() };
    let signature = sign(&statement, signer, ocsp, at).await?.into();
    let (hash_chain_result, hash_chain) = match chains {
        None => (None, None),
        Some(chains) => (Some(chains.result.into()), chains.chains.into_iter().next().map(Bytes::from)),
    };
    Ok(Seal { signature, hash_chain_result, hash_chain })
}

/// What a signature says, and under which policy.
pub(crate) struct Statement<'a> {
    /// What is signed.
    pub(crate) uri: &'a str,
    /// Its SHA-512 digest.
    pub(crate) digest: Digest,
    /// Its media type.
    pub(crate) mime: &'a str,
    /// The policy, `xades:SignaturePolicyIdentifier` in canonical form.
    pub(crate) policy: &'a str,
    /// The signer's role, `xades:SignerRole` in canonical form; empty for none.
    pub(crate) role: String,
}

/// Makes a signature with one reference; the text is that of a `signatures.xml`. `ocsp` and `at` are as in [`seal`].
pub(crate) async fn sign(
    statement: &Statement<'_>,
    signer: &dyn Signer,
    ocsp: &[Bytes],
    at: UnixTime,
) -> Result<String, SealError> {
    if ocsp.is_empty() {
        return Err(SealError::NothingToProve);
    }
    let algorithm = SignatureAlgorithm::for_key(signer.certificate().key_algorithm());
    let draft = Draft::new(statement, algorithm, signer.certificate(), at);
    let made = signer.sign(algorithm.digest, draft.canonical_signed_info().as_bytes()).await;
    let value = made.map_err(SealError::Sign).and_then(|value| raw_value(algorithm, value, signer.certificate()))?;
    Ok(draft.document(&value, signer, ocsp))
}

fn chains(parts: &Parts) -> Result<Option<Chains>, SealError> {
    let digests: Vec<Digest> = std::iter::once(&parts.message).chain(&parts.attachments).cloned().collect();
    if digests.iter().any(|d| d.algorithm() != DIGEST) {
        return Err(SealError::PartDigest);
    }
    chain::build(&[&digests], DIGEST, CHAIN, MESSAGE).map_err(SealError::BuildChain)
}

/// The form of XML signatures: for ECDSA `r || s`, each as long as the order of the curve (§5.3).
fn raw_value(algorithm: SignatureAlgorithm, value: Vec<u8>, signer: &Certificate) -> Result<Vec<u8>, SealError> {
    match algorithm.scheme {
        Scheme::RsaPkcs1 | Scheme::RsaPss => Ok(value),
        Scheme::Ecdsa => raw_ecdsa(&value, signer).map_err(SealError::Encoding),
    }
}

fn raw_ecdsa(der: &[u8], signer: &Certificate) -> Result<Vec<u8>, ErrorStack> {
    let signature = EcdsaSig::from_der(der)?;
    let bits = signer.public_key().ec_key()?.group().order_bits();
    let size = i32::try_from(bits.div_ceil(8)).unwrap_or(i32::MAX);
    let mut raw = signature.r().to_vec_padded(size)?;
    raw.extend(signature.s().to_vec_padded(size)?);
    Ok(raw)
}

/// What stands between the tags of the two digested elements.
struct Draft {
    signed_info: String,
    signed_properties: String,
}

impl Draft {
    fn new(statement: &Statement<'_>, algorithm: SignatureAlgorithm, signer: &Certificate, at: UnixTime) -> Self {
        let Statement { uri, digest, mime, policy, role } = statement;
        let signed_properties = format!(
            "<xades:SignedSignatureProperties><xades:SigningTime>{at}</xades:SigningTime><xades:SigningCertificate>\
             <xades:Cert>{certificate}</xades:Cert></xades:SigningCertificate>{policy}{role}\
             </xades:SignedSignatureProperties><xades:SignedDataObjectProperties>\
             <xades:DataObjectFormat ObjectReference=\"#signature-reference-0\"><xades:MimeType>{mime}\
             </xades:MimeType></xades:DataObjectFormat></xades:SignedDataObjectProperties>",
            certificate = certificate_id(signer),
        );
        let canonical = format!(
            "<xades:SignedProperties{NAMESPACES} Id=\"signed-properties\">{signed_properties}</xades:SignedProperties>"
        );
        let signed_info = format!(
            "<ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/TR/2001/REC-xml-c14n-20010315\">\
             </ds:CanonicalizationMethod><ds:SignatureMethod Algorithm=\"{method}\"></ds:SignatureMethod>\
             <ds:Reference Id=\"signature-reference-0\" URI=\"{uri}\">{data}</ds:Reference>\
             <ds:Reference Id=\"signature-reference-1\" Type=\"http://uri.etsi.org/01903#SignedProperties\" \
             URI=\"#signed-properties\">{properties}</ds:Reference>",
            method = algorithm.uri(),
            data = digest_pair(digest.as_bytes()),
            properties = digest_pair(hash::sha512(canonical.as_bytes()).as_bytes()),
        );
        Self { signed_info, signed_properties }
    }

    /// What is signed.
    fn canonical_signed_info(&self) -> String {
        format!("<ds:SignedInfo{NAMESPACES}>{}</ds:SignedInfo>", self.signed_info)
    }

    /// The whole `signatures.xml`. The signature is the first child of the root (§5.3).
    fn document(&self, value: &[u8], signer: &dyn Signer, ocsp: &[Bytes]) -> String {
        let Self { signed_info, signed_properties } = self;
        let ocsp: String = ocsp.iter().zip(1..).map(|(der, n)| ocsp_value(der, n)).collect();
        format!(
            "{DECLARATION}<asic:XAdESSignatures{NAMESPACES}><ds:Signature Id=\"signature\">\
             <ds:SignedInfo>{signed_info}</ds:SignedInfo>\
             <ds:SignatureValue Id=\"signature-value\">{value}</ds:SignatureValue>\
             <ds:KeyInfo><ds:X509Data><ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>\
             <ds:Object><xades:QualifyingProperties Target=\"#signature\">\
             <xades:SignedProperties Id=\"signed-properties\">{signed_properties}</xades:SignedProperties>\
             <xades:UnsignedProperties><xades:UnsignedSignatureProperties>{intermediates}<xades:RevocationValues>\
             <xades:OCSPValues>{ocsp}</xades:OCSPValues></xades:RevocationValues></xades:UnsignedSignatureProperties>\
             </xades:UnsignedProperties></xades:QualifyingProperties></ds:Object></ds:Signature></asic:XAdESSignatures>",
            value = STANDARD.encode(value),
            certificate = STANDARD.encode(signer.certificate().der()),
            intermediates = intermediates(signer.chain()),
        )
    }
}

fn ocsp_value(der: &[u8], n: usize) -> String {
    let value = STANDARD.encode(der);
    format!("<xades:EncapsulatedOCSPValue Id=\"ocsp-response-{n}\">{value}</xades:EncapsulatedOCSPValue>")
}

/// References to the intermediate certificates, then the certificates; nothing if there are none (§5.3).
fn intermediates(chain: &[Certificate]) -> String {
    if chain.is_empty() {
        return String::new();
    }
    let (mut refs, mut values) = (String::new(), String::new());
    for (certificate, n) in chain.iter().zip(1..) {
        let id = format!("encapsulated-cert-{n}");
        let (description, der) = (certificate_id(certificate), STANDARD.encode(certificate.der()));
        refs += &format!("<xades:Cert URI=\"#{id}\">{description}</xades:Cert>");
        values += &format!("<xades:EncapsulatedX509Certificate Id=\"{id}\">{der}</xades:EncapsulatedX509Certificate>");
    }
    format!(
        "<xades:CompleteCertificateRefs Id=\"complete-certificate-refs\"><xades:CertRefs>{refs}</xades:CertRefs>\
         </xades:CompleteCertificateRefs><xades:CertificateValues>{values}</xades:CertificateValues>"
    )
}

/// Digest, issuer and serial number of a certificate, without white space (§5.4, rule 7).
fn certificate_id(certificate: &Certificate) -> String {
    format!(
        "<xades:CertDigest>{digest}</xades:CertDigest><xades:IssuerSerial><ds:X509IssuerName>{issuer}\
         </ds:X509IssuerName><ds:X509SerialNumber>{serial}</ds:X509SerialNumber></xades:IssuerSerial>",
        digest = digest_pair(&certificate.sha512()),
        issuer = xml::escape_text(&certificate.issuer_rfc2253()),
        serial = certificate.serial_decimal(),
    )
}

fn digest_pair(sha512: &[u8]) -> String {
    format!(
        "<ds:DigestMethod Algorithm=\"{}\"></ds:DigestMethod><ds:DigestValue>{}</ds:DigestValue>",
        DIGEST.uri(),
        STANDARD.encode(sha512)
    )
}

#[cfg(test)]
pub(super) fn raw_value_of(value: Vec<u8>, signer: &dyn Signer) -> Vec<u8> {
    let certificate = signer.certificate();
    raw_value(SignatureAlgorithm::for_key(certificate.key_algorithm()), value, certificate).unwrap()
}
