//! Signatures of other tools, which stand in containers only (dependencies.md, trap 1).

use simpul_wire::xml;

use super::*;
use crate::cert::Certificate;
use crate::seal::chain::{Data, Sources};
use crate::token::Signer;

/// Made by the JDK: see `golden/Foreign.java`.
const GOLDENS: [(&str, &str); 3] = [
    ("rsa-sha256", include_str!("golden/rsa-sha256.xml")),
    ("sha512-rsa-MGF1", include_str!("golden/sha512-rsa-MGF1.xml")),
    ("ecdsa-sha256", include_str!("golden/ecdsa-sha256.xml")),
];

/// Data called `message.xml`.
struct Message(&'static [u8]);

impl Sources for Message {
    fn chain(&self, _: &str) -> Option<&[u8]> {
        None
    }

    fn data(&self, uri: &str, _: DigestAlgorithm) -> Data<'_> {
        if uri == "message.xml" { Data::Octets(self.0) } else { Data::Elsewhere }
    }
}

fn holds(xml: &str, message: &'static [u8]) -> Result<(), SealError> {
    let text = c14n::normalized(xml);
    let document = xml::parse(&text).map_err(SealError::Xml)?;
    let signature = Signature::read(&document, Demand::Container)?;
    verify::references(&signature, &Message(message), &mut Vec::new())?;
    verify::value(&signature, &Certificate::from_der(&signature.certificate).unwrap())
}

#[test]
fn the_jdks_signatures_hold() {
    for (name, xml) in GOLDENS {
        holds(xml, b"message").unwrap_or_else(|e| panic!("{name}: {e:?}"));
        assert!(matches!(holds(xml, b"Message"), Err(SealError::DataDiffers(_))), "{name}");
        let time = xml.replacen("2026-11-21T10", "2026-11-21T11", 1);
        assert!(matches!(holds(&time, b"message"), Err(SealError::DataDiffers(_))), "{name}");
        let info = xml.replacen("S0-RefId0", "S0-RefId1", 1);
        assert!(matches!(holds(&info, b"message"), Err(SealError::Value)), "{name}");
        let document = roxmltree::Document::parse(xml).unwrap();
        assert!(matches!(Signature::read(&document, Demand::Message), Err(SealError::Place)), "{name}");
        let signature = Signature::read(&document, Demand::Container).unwrap();
        let (algorithm, digest) = signature.certificate_digest.unwrap();
        assert_eq!(hash::digest(algorithm.unwrap(), &signature.certificate).as_bytes(), digest, "SigningCertificateV2");
        assert!(signature.bare && signature.signing_time.is_some());
    }
}

/// An own seal without its root, with the Ids of another tool: all rules hold for it in a container.
#[test]
fn the_rules_hold_for_bare_signatures() {
    let case = Case::new(Kind::P256, 0);
    let authority = &case.authority;
    let (below, usage) = (&authority.intermediate, [("keyUsage", "critical,nonRepudiation")]);
    let signer = authority.signer(Kind::P256, authority.id(), &usage, below, vec![below.0.clone()]);
    let ocsp = [authority.ocsp_by(below, signer.certificate(), AT, true)];
    let seal = now(seal(&case.parts, &signer, &ocsp, AT)).unwrap();
    let xml = std::str::from_utf8(&seal.signature).unwrap();
    let namespaces = between(xml, " xmlns:ds", "v1.3.2#\"");
    let bare = between(xml, "<ds:Signature ", "</ds:Signature>");
    let bare =
        bare.replacen("<ds:Signature", &format!("<ds:Signature{namespaces}"), 1).replace("\"#signature\"", "\"#S\"");
    let bare = bare.replace("Id=\"signature\"", "Id=\"S\"");
    let refs = between(&bare, "<xades:CompleteCertificateRefs", "</xades:CompleteCertificateRefs>").to_owned();
    // Other tools carry certificates without references to them, and more of the unsigned properties.
    let bare = replaced(&bare, &refs, "<x:Other xmlns:x=\"urn:x\"/>");
    let check = |xml: &str, demand| {
        let document = roxmltree::Document::parse(xml).unwrap();
        let signature = Signature::read(&document, demand)?;
        let sources = super::parts::Received { parts: &case.parts, chain_result: None, chain: None };
        let required: Vec<String> = case.parts.uris().collect();
        let material = Material { sources: &sources, chain_result: None, required: &required, policy: None };
        super::verify(&signature, &material, authority.id(), &authority.conf, AT)
    };
    let signed = resign(&bare, &signer);
    let facts = check(&signed, Demand::Container).unwrap();
    assert_eq!((facts.member, facts.path.len()), (authority.id().clone(), 2));
    assert!(matches!(check(&signed, Demand::Message), Err(SealError::Place)));
    assert!(matches!(check(&bare, Demand::Container), Err(SealError::Value | SealError::DataDiffers(_))));
    let in_root = format!(
        "<asic:XAdESSignatures xmlns:asic=\"http://uri.etsi.org/02918/v1.2.1#\">{signed}</asic:XAdESSignatures>"
    );
    assert!(matches!(check(&in_root, Demand::Container), Err(SealError::Shape(_))), "X-Road's form is strict");
}
