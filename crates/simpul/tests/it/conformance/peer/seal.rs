//! The seal of one message (wire.md §5), open to change before and after it is signed.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use openssl::hash::MessageDigest;
use openssl::sha::sha512;
use openssl::sign::Signer as OpensslSigner;
use simpul_core::UnixTime;
use simpul_trust::token::{Signer, SoftSigner};

/// The four namespaces of the root in canonical order (wire.md §5.3).
const NAMESPACES: &str = concat!(
    " xmlns:asic=\"http://uri.etsi.org/02918/v1.2.1#\" xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"",
    " xmlns:xades=\"http://uri.etsi.org/01903/v1.3.2#\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\""
);
const SHA512: &str = "http://www.w3.org/2001/04/xmlenc#sha512";
const CHAIN_NS: &str = "xmlns=\"http://cyber.ee/hashchain\" xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"";

/// How a message is sealed.
#[derive(Clone)]
pub(super) struct SealPlan {
    /// Whose certificate stands in `KeyInfo`.
    pub(super) signer: SoftSigner,
    /// Whose key signs, if not the signer's.
    pub(super) hand: Option<SoftSigner>,
    /// The responses of `OCSPValues`.
    pub(super) ocsp: Vec<Vec<u8>>,
    /// The digest of the signature algorithm.
    pub(super) digest: MessageDigest,
    /// Whether a hash chain is made: `None` as X-Road does, for more than one part.
    pub(super) chained: Option<bool>,
    /// How many of the parts are sealed; all if `None`.
    pub(super) covers: Option<usize>,
    /// Changes of texts, in order.
    pub(super) edits: Vec<Edit>,
    /// Nests the signature in another, which covers the block with this text in place of that.
    pub(super) wrap: Option<(String, String)>,
}

/// One change of a text: everything that reads `from` becomes `to`.
#[derive(Clone)]
pub(super) struct Edit {
    pub(super) of: Text,
    pub(super) from: String,
    pub(super) to: String,
}

/// A text of a seal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Text {
    /// The hash chain; its result stays what it was.
    Chain,
    /// The hash chain result, before it is signed.
    Result,
    /// What stands in `SignedProperties`, before it is digested.
    Properties,
    /// What stands in `SignedInfo`, before it is signed.
    SignedInfo,
    /// The whole `signatures.xml`, when it is done.
    Signature,
}

/// The texts of a finished seal.
#[derive(Clone, Default)]
pub(super) struct Sealed {
    pub(super) signature: String,
    pub(super) result: Option<String>,
    pub(super) chain: Option<String>,
}

impl SealPlan {
    /// The seal that X-Road would make.
    pub(super) fn good(signer: SoftSigner, ocsp: Vec<Vec<u8>>) -> Self {
        let digest = MessageDigest::sha512();
        Self { signer, hand: None, ocsp, digest, chained: None, covers: None, edits: Vec::new(), wrap: None }
    }

    /// Seals these parts: the message block first, then attachments.
    pub(super) fn seal(&self, parts: &[&[u8]], at: UnixTime) -> Sealed {
        let parts = &parts[..self.covers.unwrap_or(parts.len())];
        let digests: Vec<[u8; 64]> = parts.iter().map(|p| sha512(p)).collect();
        let chains = self.chained.unwrap_or(parts.len() > 1).then(|| self.chains(&digests));
        let (uri, digest, mime) = match &chains {
            None => ("/message.xml", digests[0], "text/xml"),
            Some((result, _)) => {
                ("/sig-hashchainresult.xml", sha512(result.as_bytes()), "application/hash-chain-result")
            }
        };
        let properties = self.edited(Text::Properties, properties(&self.signer, mime, at));
        let canonical = element("xades:SignedProperties", NAMESPACES, " Id=\"signed-properties\"", &properties);
        let signed_info = self.edited(Text::SignedInfo, signed_info(uri, &digest, &sha512(canonical.as_bytes())));
        let value = self.sign(element("ds:SignedInfo", NAMESPACES, "", &signed_info).as_bytes());
        let signature = self.signature(&signed_info, &value, &properties);
        let signature = match &self.wrap {
            None => signature,
            Some((from, to)) => {
                let forged = replace(std::str::from_utf8(parts[0]).unwrap(), from, to);
                wrap(&signature, &STANDARD.encode(digest), &STANDARD.encode(sha512(forged.as_bytes())))
            }
        };
        let document = format!("<asic:XAdESSignatures{NAMESPACES}>{signature}</asic:XAdESSignatures>");
        let (result, chain) = chains.unzip();
        Sealed { signature: self.edited(Text::Signature, document), result, chain }
    }

    /// Result and chain for one message of several parts (wire.md §5.2).
    fn chains(&self, digests: &[[u8; 64]]) -> (String, String) {
        let step = digests.iter().enumerate().map(|(i, digest)| {
            let uri = if i == 0 { "/message.xml".to_owned() } else { format!("/attachment{i}") };
            format!("<DataRef URI=\"{uri}\"><ds:DigestValue>{}</ds:DigestValue></DataRef>", STANDARD.encode(digest))
        });
        let chain = format!(
            "<HashChain {CHAIN_NS}><DefaultDigestMethod Algorithm=\"{SHA512}\"/><HashStep id=\"STEP0\">{}</HashStep></HashChain>",
            step.collect::<String>()
        );
        let result = format!(
            "<HashChainResult {CHAIN_NS} URI=\"/sig-hashchain.xml#STEP0\"><ds:DigestMethod Algorithm=\"{SHA512}\"/>\
             <ds:DigestValue>{}</ds:DigestValue></HashChainResult>",
            STANDARD.encode(sha512(&digest_list(digests)))
        );
        (self.edited(Text::Result, result), self.edited(Text::Chain, chain))
    }

    fn sign(&self, octets: &[u8]) -> Vec<u8> {
        let key = self.hand.as_ref().unwrap_or(&self.signer).private_key();
        let mut signer = OpensslSigner::new(self.digest, key).unwrap();
        signer.sign_oneshot_to_vec(octets).unwrap()
    }

    fn signature(&self, signed_info: &str, value: &[u8], properties: &str) -> String {
        let ocsp = self.ocsp.iter().enumerate().map(|(i, der)| {
            let value = STANDARD.encode(der);
            format!("<xades:EncapsulatedOCSPValue Id=\"ocsp-response-{i}\">{value}</xades:EncapsulatedOCSPValue>")
        });
        format!(
            "<ds:Signature Id=\"signature\"><ds:SignedInfo>{signed_info}</ds:SignedInfo>\
             <ds:SignatureValue Id=\"signature-value\">{value}</ds:SignatureValue>\
             <ds:KeyInfo><ds:X509Data><ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>\
             <ds:Object><xades:QualifyingProperties Target=\"#signature\">\
             <xades:SignedProperties Id=\"signed-properties\">{properties}</xades:SignedProperties>\
             <xades:UnsignedProperties><xades:UnsignedSignatureProperties><xades:RevocationValues><xades:OCSPValues>\
             {ocsp}</xades:OCSPValues></xades:RevocationValues></xades:UnsignedSignatureProperties>\
             </xades:UnsignedProperties></xades:QualifyingProperties></ds:Object></ds:Signature>",
            value = STANDARD.encode(value),
            certificate = STANDARD.encode(self.signer.certificate().der()),
            ocsp = ocsp.collect::<String>(),
        )
    }

    fn edited(&self, of: Text, text: String) -> String {
        self.edits.iter().filter(|e| e.of == of).fold(text, |text, edit| replace(&text, &edit.from, &edit.to))
    }
}

/// Replaces a text that must be there.
pub(in crate::conformance) fn replace(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "there is no `{from}` to replace in `{text}`");
    text.replace(from, to)
}

fn element(name: &str, namespaces: &str, attributes: &str, content: &str) -> String {
    format!("<{name}{namespaces}{attributes}>{content}</{name}>")
}

fn signed_info(uri: &str, digest: &[u8; 64], properties: &[u8; 64]) -> String {
    format!(
        "<ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/TR/2001/REC-xml-c14n-20010315\">\
         </ds:CanonicalizationMethod>\
         <ds:SignatureMethod Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#rsa-sha512\"></ds:SignatureMethod>\
         <ds:Reference Id=\"signature-reference-0\" URI=\"{uri}\">{}</ds:Reference>\
         <ds:Reference Id=\"signature-reference-1\" Type=\"http://uri.etsi.org/01903#SignedProperties\" \
         URI=\"#signed-properties\">{}</ds:Reference>",
        digest_pair(digest),
        digest_pair(properties),
    )
}

fn properties(signer: &SoftSigner, mime: &str, at: UnixTime) -> String {
    let certificate = signer.certificate();
    format!(
        "<xades:SignedSignatureProperties><xades:SigningTime>{at}</xades:SigningTime><xades:SigningCertificate>\
         <xades:Cert><xades:CertDigest>{}</xades:CertDigest><xades:IssuerSerial><ds:X509IssuerName>{}\
         </ds:X509IssuerName><ds:X509SerialNumber>{}</ds:X509SerialNumber></xades:IssuerSerial></xades:Cert>\
         </xades:SigningCertificate></xades:SignedSignatureProperties><xades:SignedDataObjectProperties>\
         <xades:DataObjectFormat ObjectReference=\"#signature-reference-0\"><xades:MimeType>{mime}</xades:MimeType>\
         </xades:DataObjectFormat></xades:SignedDataObjectProperties>",
        digest_pair(&sha512(certificate.der())),
        certificate.issuer_rfc2253().replace('&', "&amp;").replace('<', "&lt;"),
        certificate.serial_decimal(),
    )
}

fn digest_pair(digest: &[u8; 64]) -> String {
    format!(
        "<ds:DigestMethod Algorithm=\"{SHA512}\"></ds:DigestMethod><ds:DigestValue>{}</ds:DigestValue>",
        STANDARD.encode(digest)
    )
}

/// Signature wrapping: the good signature, untouched, inside an object of another one that covers forged octets.
fn wrap(signature: &str, digest: &str, forged: &str) -> String {
    let outer = replace(&signature.replace("Id=\"", "Id=\"outer-"), digest, forged);
    let outer = outer.strip_suffix("</ds:Signature>").unwrap();
    format!("{outer}<ds:Object>{signature}</ds:Object></ds:Signature>")
}

/// `SEQUENCE OF SEQUENCE { OCTET STRING digest, UTF8String digest method, SEQUENCE {} }` in DER (wire.md §5.2).
fn digest_list(digests: &[[u8; 64]]) -> Vec<u8> {
    let single =
        |digest: &[u8; 64]| der(0x30, &[der(0x04, digest), der(0x0C, SHA512.as_bytes()), der(0x30, &[])].concat());
    der(0x30, &digests.iter().flat_map(single).collect::<Vec<u8>>())
}

fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap();
    let mut out = vec![tag];
    match length.to_be_bytes() {
        [0, low @ 0..128] => out.push(low),
        [0, low] => out.extend([0x81, low]),
        [high, low] => out.extend([0x82, high, low]),
    }
    out.extend_from_slice(content);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// X.690 §8.1.3: the short and both long forms of length that occur.
    #[test]
    fn lengths_are_der() {
        assert_eq!(der(4, &[1, 2]), [4, 2, 1, 2]);
        assert_eq!(der(4, &[0; 128])[..4], [4, 0x81, 128, 0]);
        assert_eq!(der(4, &[0; 300])[..4], [4, 0x82, 1, 44]);
    }
}
