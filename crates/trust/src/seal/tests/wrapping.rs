//! Signature wrapping: what is signed stays in the document, and something else stands where it is looked for.

use super::*;

/// A seal whose signed properties and references an attacker would like to exchange.
struct Attack {
    case: Case,
    root: String,
    signature: String,
    info: String,
    object: String,
    properties: String,
}

impl Attack {
    fn new() -> Self {
        let case = Case::new(Kind::P256, 0);
        let xml = case.xml().to_owned();
        let part = |open, close| between(&xml, open, close).to_owned();
        Self {
            root: xml.split_once("<ds:Signature ").unwrap().0.to_owned(),
            signature: part("<ds:Signature ", "</ds:Signature>"),
            info: part("<ds:SignedInfo>", "</ds:SignedInfo>"),
            object: part("<ds:Object>", "</ds:Object>"),
            properties: part("<xades:SignedProperties ", "</xades:SignedProperties>"),
            case,
        }
    }

    /// The signature that an attacker makes with a key of their own for other content.
    fn evil(&self) -> String {
        let other =
            self.case.authority.member(Kind::P256, &simpul_core::MemberId::from_parts("ID", "GOV", "1").unwrap());
        let digest = STANDARD.encode(hash::sha512(b"message").as_bytes());
        let changed = replaced(self.case.xml(), &digest, &STANDARD.encode(hash::sha512(b"evil").as_bytes()));
        between(&resign(&changed, &other), "<ds:Signature ", "</ds:Signature>").to_owned()
    }

    /// Whether it passes for a seal of the evil message, or of the good one.
    fn passes(&self, signatures: &str) -> bool {
        let xml = format!("{}{signatures}</asic:XAdESSignatures>", self.root);
        let evil = Parts::of(&Bytes::from_static(b"evil"), vec![]);
        [&evil, &self.case.parts].into_iter().any(|parts| {
            let seal = self.case.with(&xml);
            verify::check(parts, &seal, self.case.authority.id(), &self.case.authority.conf, AT).is_ok()
        })
    }
}

/// The way in which documents are put together here makes good ones too.
#[test]
fn the_seal_itself_passes() {
    let attack = Attack::new();
    assert!(attack.passes(&attack.signature));
    assert!(!attack.passes(&attack.evil()));
}

/// 1, 2: a second signature around, before or behind the good one.
#[test]
fn a_second_signature() {
    let attack = Attack::new();
    let (good, evil) = (&attack.signature, &attack.evil());
    let other_ids =
        evil.replace("Id=\"", "Id=\"evil-").replace("Target=\"#", "Target=\"#evil-").replace("URI=\"#", "URI=\"#evil-");
    for evil in [evil, &other_ids] {
        assert!(!attack.passes(&format!("{evil}{good}")));
        assert!(!attack.passes(&format!("{good}{evil}")));
        for place in ["<ds:Object>", "</xades:QualifyingProperties>", "</xades:UnsignedSignatureProperties>"] {
            assert!(!attack.passes(&evil.replacen(place, &format!("{good}{place}"), 1)));
            assert!(!attack.passes(&evil.replacen(place, &format!("{place}{good}"), 1)));
            assert!(!attack.passes(&good.replacen(place, &format!("{evil}{place}"), 1)));
            assert!(!attack.passes(&good.replacen(place, &format!("{place}{evil}"), 1)));
        }
        assert!(!attack.passes(&format!("<wrapper>{good}</wrapper>{evil}")));
    }
}

/// 3, 4: the signed properties move away, with or without a double of their Id at their place.
#[test]
fn moved_properties() {
    let attack = Attack::new();
    let evil = attack.properties.replace("GOV", "COM").replace("SigningTime>20", "SigningTime>19");
    let renamed = evil.replace("Id=\"signed-properties\"", "Id=\"other\"");
    let nameless = evil.replace(" Id=\"signed-properties\"", "");
    for evil in [&evil, &renamed, &nameless] {
        let at_place = replaced(&attack.signature, &attack.properties, evil);
        for (place, before) in [
            ("<ds:Object>", true),
            ("</ds:Object>", true),
            ("</ds:KeyInfo>", true),
            ("<xades:UnsignedProperties>", true),
            ("</xades:UnsignedSignatureProperties>", true),
            ("</xades:SignedProperties>", true),
            ("<xades:UnsignedSignatureProperties>", false),
        ] {
            let good = &attack.properties;
            let both = if before { format!("{good}{place}") } else { format!("{place}{good}") };
            assert!(!attack.passes(&at_place.replacen(place, &both, 1)), "{place}");
        }
        assert!(!attack.passes(&at_place));
        assert!(!attack.passes(&at_place.replacen(
            "<ds:Object>",
            &format!("<ds:Object>{}</ds:Object><ds:Object>", attack.properties),
            1
        )));
    }
}

/// 5: another object, or other qualifying properties, before or behind the good ones.
#[test]
fn a_second_object() {
    let attack = Attack::new();
    let evil = attack.object.replace("SigningTime>20", "SigningTime>19");
    let qualifying = between(&evil, "<xades:QualifyingProperties", "</xades:QualifyingProperties>").to_owned();
    let without_ids = |s: &str| s.replace(" Id=\"", " Other=\"");
    for evil in [evil.clone(), without_ids(&evil)] {
        assert!(!attack.passes(&replaced(&attack.signature, &attack.object, &format!("{evil}{}", attack.object))));
        assert!(!attack.passes(&replaced(&attack.signature, &attack.object, &format!("{}{evil}", attack.object))));
    }
    for evil in [qualifying.clone(), without_ids(&qualifying)] {
        assert!(!attack.passes(&replaced(&attack.signature, "<ds:Object>", &format!("<ds:Object>{evil}"))));
        assert!(!attack.passes(&replaced(&attack.signature, "</ds:Object>", &format!("{evil}</ds:Object>"))));
    }
}

/// 6: the signed information moves away, or has a double.
#[test]
fn moved_signed_information() {
    let attack = Attack::new();
    let digest = STANDARD.encode(hash::sha512(b"message").as_bytes());
    let evil = replaced(&attack.info, &digest, &STANDARD.encode(hash::sha512(b"evil").as_bytes()));
    let at_place = replaced(&attack.signature, &attack.info, &evil);
    assert!(!attack.passes(&at_place));
    for place in
        ["<ds:SignedInfo>", "<ds:SignatureValue ", "<ds:KeyInfo>", "</ds:KeyInfo>", "<ds:Object>", "</ds:Object>"]
    {
        assert!(!attack.passes(&at_place.replacen(place, &format!("{}{place}", attack.info), 1)), "{place}");
    }
    let nested = at_place.replacen("</ds:SignedInfo>", &format!("{}</ds:SignedInfo>", attack.info), 1);
    assert!(!attack.passes(&nested));
}

/// 7: other spellings of Id do not count, and an Id that two elements share is refused wherever they stand.
#[test]
fn doubtful_ids() {
    let attack = Attack::new();
    let xml = attack.case.xml();
    let path = |from: &str, to: &str| attack.case.path(&attack.case.with(&replaced(xml, from, to)));
    for other in ["ID", "id", "xml:id", "ds:Id", "AssertionID"] {
        let renamed = format!("<xades:SignedProperties {other}=\"signed-properties\"");
        assert_ne!(path("<xades:SignedProperties Id=\"signed-properties\"", &renamed), [], "{other}");
    }
    for (from, to) in [
        ("Id=\"ocsp-response-1\"", "Id=\"signed-properties\""),
        ("Id=\"ocsp-response-1\"", "Id=\"signature\""),
        ("<ds:KeyInfo>", "<ds:KeyInfo Id=\"signature-value\">"),
    ] {
        assert_eq!(path(from, to), [Code::MalformedSignature], "{to}");
    }
}

/// 8: more than one of what is looked for once.
#[test]
fn doubles() {
    let attack = Attack::new();
    for (open, close) in [
        ("<ds:SignatureValue ", "</ds:SignatureValue>"),
        ("<ds:KeyInfo>", "</ds:KeyInfo>"),
        ("<ds:X509Data>", "</ds:X509Data>"),
        ("<ds:X509Certificate>", "</ds:X509Certificate>"),
        ("<ds:CanonicalizationMethod ", "</ds:CanonicalizationMethod>"),
        ("<ds:SignatureMethod ", "</ds:SignatureMethod>"),
        ("<xades:QualifyingProperties ", "</xades:QualifyingProperties>"),
        ("<xades:UnsignedProperties>", "</xades:UnsignedProperties>"),
        ("<xades:SignedSignatureProperties>", "</xades:SignedSignatureProperties>"),
    ] {
        let element = between(&attack.signature, open, close).to_owned();
        let nameless = element.replace(" Id=\"", " Other=\"");
        assert!(!attack.passes(&replaced(&attack.signature, &element, &format!("{element}{nameless}"))), "{open}");
        assert!(!attack.passes(&replaced(&attack.signature, &element, &format!("{nameless}{element}"))), "{open}");
    }
}
