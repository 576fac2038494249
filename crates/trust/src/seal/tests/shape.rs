//! Our own signatures.xml is X-Road's form (wire.md §5.3).

use super::*;
use crate::token::Signer;

/// What is signed without being parsed is what a reader canonicalizes.
#[test]
fn what_is_written_is_canonical() {
    for attachments in [0, 1] {
        let case = Case::new(Kind::P256, attachments);
        let document = roxmltree::Document::parse(case.xml()).unwrap();
        for name in [(DS, "SignedInfo"), (XADES, "SignedProperties")] {
            let node = document.descendants().find(|n| n.has_tag_name(name)).unwrap();
            let canonical = c14n::element(node, &c14n::Canonicalization::Inclusive).unwrap();
            let canonical = String::from_utf8(canonical).unwrap();
            let (_, content) = canonical.split_once('>').unwrap();
            assert!(case.xml()[node.range()].ends_with(content), "only the start tag differs");
            assert!(canonical.contains(" xmlns:asic=") && canonical.contains(" xmlns:xsi="), "unused ones too");
        }
    }
}

#[test]
fn the_elements_are_those_of_xroad() {
    let case = Case::new(Kind::P256, 0);
    let xml = case.xml();
    assert!(xml.contains("XMLSchema-instance\"><ds:Signature Id=\"signature\"><ds:SignedInfo>"), "the first child");
    for text in [
        "<ds:Reference Id=\"signature-reference-0\" URI=\"/message.xml\">",
        "<ds:SignatureValue Id=\"signature-value\">",
        "<xades:QualifyingProperties Target=\"#signature\"><xades:SignedProperties Id=\"signed-properties\">",
        "<xades:SigningTime>2023-11-16T02:00:00.000Z</xades:SigningTime>",
        "<ds:X509IssuerName>CN=Test CA,O=Test &amp; Co</ds:X509IssuerName><ds:X509SerialNumber>18</ds:X509SerialNumber>",
        "<xades:DataObjectFormat ObjectReference=\"#signature-reference-0\"><xades:MimeType>text/xml</xades:MimeType>",
        "<xades:RevocationValues><xades:OCSPValues><xades:EncapsulatedOCSPValue Id=\"ocsp-response-1\">",
    ] {
        assert!(xml.contains(text), "{text}");
    }
    assert!(!xml.contains("CompleteCertificateRefs"), "only if there are intermediates");
    let chained = Case::new(Kind::P256, 1);
    assert!(chained.xml().contains("URI=\"/sig-hashchainresult.xml\""));
    assert!(chained.xml().contains("<xades:MimeType>application/hash-chain-result</xades:MimeType>"));
    let certificate = STANDARD.encode(case.signer.certificate().der());
    assert!(
        xml.contains(&format!("<ds:X509Data><ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data>"))
    );
}
