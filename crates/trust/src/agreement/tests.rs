//! Agreements signed by members of a test authority, and what is none.

use simpul_wire::Seal;

use super::*;
use crate::conf::GlobalConf;
use crate::seal::tests::{AT, Authority, FRESHNESS, Kind, between, now, replaced, resign};
use crate::seal::{MESSAGE, Parts};
use crate::token::{Signer as _, SoftSigner};

const JSON: &[u8] = br#"{"id":"id-my-civil-data","version":1}"#;

struct Case {
    authority: Authority,
    members: [(MemberId, SoftSigner); 2],
    container: Container,
}

impl Case {
    /// Two members have signed.
    fn new() -> Self {
        let authority = Authority::new();
        let other = MemberId::from_parts("ID", "GOV", "7").unwrap();
        let members = [(authority.id().clone(), Kind::P256), (other, Kind::Rsa)];
        let members = members.map(|(id, kind)| (id.clone(), authority.member(kind, &id)));
        let mut case = Self { authority, members, container: Container::new(JSON.into()).unwrap() };
        for n in [0, 1] {
            case.container.add(case.sign(n, JSON)).unwrap();
        }
        case
    }

    fn sign(&self, n: usize, json: &[u8]) -> Bytes {
        let (id, signer) = &self.members[n];
        now(sign(json, id, signer, &[self.authority.ocsp(signer.certificate())], AT)).unwrap()
    }

    fn parties(&self) -> [MemberId; 2] {
        self.members.clone().map(|(id, _)| id)
    }

    /// The first signature alone, as text.
    fn xml(&self) -> String {
        String::from_utf8(self.container.signatures[0].to_vec()).unwrap()
    }

    fn verify_one(&self, xml: &str) -> Result<SignedAgreement, AgreementError> {
        verified(JSON, &[xml.as_bytes()], &self.authority.conf)
    }

    /// The error for the first signature after an edit that its signer has signed again.
    fn resigned(&self, from: &str, to: &str) -> AgreementError {
        self.verify_one(&resign(&replaced(&self.xml(), from, to), &self.members[0].1)).unwrap_err()
    }
}

fn verified(json: &'static [u8], signatures: &[&[u8]], conf: &GlobalConf) -> Result<SignedAgreement, AgreementError> {
    let mut container = Container::new(json.into()).unwrap();
    signatures.iter().for_each(|s| container.add(Bytes::copy_from_slice(s)).unwrap());
    verify(&container.write(AT).unwrap(), conf, AT)
}

fn cause(error: AgreementError) -> SealError {
    match error {
        AgreementError::Signature { number: 1, cause } => cause,
        other => panic!("{other:?}"),
    }
}

#[test]
fn two_members_sign_one_agreement() {
    let case = Case::new();
    let octets = case.container.write(AT).unwrap();
    let signed = verify(&octets, &case.authority.conf, AT).unwrap();
    assert_eq!(signed.json(), JSON);
    signed.demand(&case.parties()).unwrap();
    for (signer, (id, device)) in signed.signers().iter().zip(&case.members) {
        assert_eq!((&signer.member, signer.time, signer.stamped), (id, AT, false));
        assert_eq!(signer.certificate, *device.certificate());
    }
    assert_eq!(Container::read(&octets).unwrap(), case.container, "octet for octet");
    assert_eq!(octets, case.container.write(AT).unwrap());
}

#[test]
fn a_signature_stays_when_another_is_added() {
    let case = Case::new();
    let mut one = Container::new(JSON.into()).unwrap();
    one.add(case.container.signatures[0].clone()).unwrap();
    let mut read = Container::read(&one.write(AT).unwrap()).unwrap();
    read.add(case.container.signatures[1].clone()).unwrap();
    assert_eq!(read, case.container);
}

#[test]
fn all_parties_and_nobody_else_must_sign() {
    let case = Case::new();
    let [first, second] = case.parties();
    let third = MemberId::from_parts("MY", "GOV", "1").unwrap();
    let one = verified(JSON, &[&case.container.signatures[0]], &case.authority.conf).unwrap();
    one.demand(std::slice::from_ref(&first)).unwrap();
    assert!(matches!(one.demand(&[first.clone(), second.clone()]), Err(AgreementError::NotSigned(m)) if m == second));
    let both = verify(&case.container.write(AT).unwrap(), &case.authority.conf, AT).unwrap();
    assert!(matches!(both.demand(std::slice::from_ref(&first)), Err(AgreementError::NoParty(m)) if m == second));
    assert!(matches!(both.demand(&[first, second, third.clone()]), Err(AgreementError::NotSigned(m)) if m == third));
    let draft = verified(JSON, &[], &case.authority.conf).unwrap();
    assert!(draft.signers().is_empty() && draft.demand(&[third]).is_err());
    let twice = [case.sign(0, JSON), case.sign(0, JSON)];
    let twice = verified(JSON, &[&twice[0], &twice[1]], &case.authority.conf).unwrap_err();
    assert!(matches!(twice, AgreementError::Twice(_)), "{twice:?}");
}

#[test]
fn another_agreement_is_not_what_was_signed() {
    let case = Case::new();
    let signature = case.xml();
    let changed =
        verified(b"{\"id\":\"id-my-civil-data\",\"version\":2}", &[signature.as_bytes()], &case.authority.conf);
    assert!(matches!(cause(changed.unwrap_err()), SealError::DataDiffers(uri) if uri == URI));
    let second = verified(JSON, &[signature.as_bytes(), &case.sign(1, b"{}")], &case.authority.conf).unwrap_err();
    assert!(matches!(second, AgreementError::Signature { number: 2, .. }), "one that does not hold spoils all");
}

/// Octet by octet, a changed container is refused or says the same.
#[test]
fn a_changed_container_is_refused_or_says_the_same() {
    let case = Case::new();
    let octets = case.container.write(AT).unwrap();
    for at in (0..octets.len()).step_by(11) {
        let mut changed = octets.clone();
        changed[at] ^= 0x10;
        if let Ok(signed) = verify(&changed, &case.authority.conf, AT) {
            assert_eq!(signed.json(), JSON, "octet {at}");
            assert_eq!(signed.signers().iter().map(|s| s.member.clone()).collect::<Vec<_>>(), case.parties());
        }
    }
}

#[test]
fn an_edited_signature_is_refused() {
    let case = Case::new();
    let xml = case.xml();
    let edits = [
        (URI, "/agreement2.json"),
        ("MEMBER:ID/GOV/3201</", "MEMBER:ID/GOV/7</"),
        (POLICY, "urn:x-simpul:policy:agreement-signature:2"),
        (POLICY_DIGEST, &POLICY_DIGEST.replace('j', "k")),
        ("<xades:SigningTime>", "<xades:SigningTime> "),
        ("application/json", "text/plain"),
    ];
    for (from, to) in edits {
        assert!(case.verify_one(&replaced(&xml, from, to)).is_err(), "{from}");
    }
    let value = between(&xml, "<ds:SignatureValue", "</ds:SignatureValue>");
    assert!(matches!(
        cause(
            case.verify_one(&xml.replace(value, &value.replace("signature-value\">", "signature-value\">AAAA")))
                .unwrap_err()
        ),
        SealError::Value
    ));
}

/// Agreement policy, 1: the policy and its text.
#[test]
fn the_policy_is_the_one_of_agreements() {
    let text = include_bytes!("../../../../docs/policy/agreement-signature.md");
    assert_eq!(STANDARD.encode(hash::sha512(text).as_bytes()), POLICY_DIGEST);
    assert!(std::str::from_utf8(text).unwrap().contains(POLICY));

    let case = Case::new();
    let whole =
        between(&case.xml(), "<xades:SignaturePolicyIdentifier>", "</xades:SignaturePolicyIdentifier>").to_owned();
    let implied = "<xades:SignaturePolicyIdentifier><xades:SignaturePolicyImplied></xades:SignaturePolicyImplied>\
        </xades:SignaturePolicyIdentifier>";
    for (from, to) in [
        (POLICY, "urn:oid:1.3.6.1.4.1.3516.16.2"),
        (POLICY, "urn:x-simpul:policy:agreement-signature:2"),
        (POLICY_DIGEST, &POLICY_DIGEST.replace('j', "k")),
        (whole.as_str(), ""),
        (&whole, implied),
    ] {
        assert!(matches!(cause(case.resigned(from, to)), SealError::Policy), "{to}");
    }
}

/// Agreement policy, 1: what is signed.
#[test]
fn a_signature_refers_to_the_agreement_and_nothing_else() {
    let case = Case::new();
    for uri in ["/message.xml", "agreement.json", "/Agreement.json", "/sig-hashchainresult.xml", "/attachment1", ""] {
        let refused = case.resigned("URI=\"/agreement.json\"", &format!("URI=\"{uri}\""));
        assert!(matches!(refused, AgreementError::References(1)), "{uri}: {refused:?}");
    }
    let xml = case.xml();
    let reference = between(&xml, "<ds:Reference Id=\"signature-reference-0\"", "</ds:Reference>").to_owned();
    let more = reference.replace("signature-reference-0", "more");
    for more in [more.clone(), more.replace(URI, "/other.json")] {
        let refused = case.resigned(&reference, &format!("{reference}{more}"));
        assert!(matches!(refused, AgreementError::References(1)), "{refused:?}");
    }
    let transform = "<ds:Transforms><ds:Transform Algorithm=\"http://www.w3.org/TR/2001/REC-xml-c14n-20010315\">\
        </ds:Transform></ds:Transforms><ds:DigestMethod";
    let transformed = reference.replacen("<ds:DigestMethod", transform, 1);
    assert!(matches!(cause(case.resigned(&reference, &transformed)), SealError::Transform(_)));
}

/// Agreement policy, 2: who signs.
#[test]
fn the_member_is_claimed_and_proved() {
    let case = Case::new();
    let role = between(&case.xml(), "<xades:SignerRole>", "</xades:SignerRole>").to_owned();
    let claimed = "MEMBER:ID/GOV/3201</";
    assert!(matches!(cause(case.resigned(claimed, "MEMBER:ID/GOV/7</")), SealError::OtherMember { .. }));
    assert!(matches!(cause(case.resigned(claimed, "MEMBER:MY/GOV/3201</")), SealError::UnknownCa { .. }));
    let twice = role.replace("</xades:ClaimedRole>", "</xades:ClaimedRole><xades:ClaimedRole>x</xades:ClaimedRole>");
    let time = between(&case.xml(), "<xades:SigningTime>", "</xades:SigningTime>").to_owned();
    for (from, to) in [(role.as_str(), ""), (&role, twice.as_str()), (claimed, "3201</"), (&time, "")] {
        assert!(matches!(case.resigned(from, to), AgreementError::Unsaid(1)), "{to}");
    }
    let certificate = between(&case.xml(), "<xades:CertDigest>", "</xades:CertDigest>").to_owned();
    let other = crate::hash::sha512(b"another");
    let value = between(&certificate, "<ds:DigestValue>", "</ds:DigestValue>");
    let named =
        certificate.replace(value, &format!("<ds:DigestValue>{}</ds:DigestValue>", STANDARD.encode(other.as_bytes())));
    assert!(matches!(case.resigned(&certificate, &named), AgreementError::CertificateNotNamed(1)));
    // A certificate that is not for signatures, of the same member.
    let (id, _) = &case.members[0];
    let usage = [("keyUsage", "critical,digitalSignature")];
    let device = case.authority.signer(Kind::P256, id, &usage, &case.authority.root, vec![]);
    let made = now(sign(JSON, id, &device, &[case.authority.ocsp(device.certificate())], AT)).unwrap();
    let refused = verified(JSON, &[&made], &case.authority.conf).unwrap_err();
    assert!(matches!(cause(refused), SealError::NotSigning { .. }));
}

/// Agreement policy, 4: OCSP, and timestamps.
#[test]
fn certificates_are_judged_at_a_time() {
    let case = Case::new();
    let octets = case.container.write(AT).unwrap();
    let late = verify(&octets, &case.authority.conf, AT.plus(FRESHNESS * 2)).unwrap_err();
    assert!(matches!(cause(late), SealError::Ocsp { .. }));
    let (id, signer) = &case.members[0];
    let revoked = case.authority.ocsp_of(signer.certificate(), AT, false);
    let made = now(sign(JSON, id, signer, &[revoked], AT)).unwrap();
    assert!(matches!(cause(verified(JSON, &[&made], &case.authority.conf).unwrap_err()), SealError::Ocsp { .. }));
    assert!(matches!(now(sign(JSON, id, signer, &[], AT)), Err(SealError::NothingToProve)));

    let stamped = seal::with_timestamp(case.xml().as_bytes(), b"no token").unwrap();
    let refused = verified(JSON, &[&stamped], &case.authority.conf).unwrap_err();
    assert!(matches!(refused, AgreementError::Timestamp { number: 1, .. }), "{refused:?}");
    let text = String::from_utf8(stamped).unwrap();
    let stamp = between(&text, "<xades:SignatureTimeStamp>", "</xades:SignatureTimeStamp>");
    let twice = case.verify_one(&text.replace(stamp, &stamp.repeat(2))).unwrap_err();
    assert!(matches!(twice, AgreementError::TimestampOrder(1)), "{twice:?}");
}

/// Agreement policy, 6. A service that sends an agreement back, in a message of one part or as a body, makes its
/// server seal it; the seal is no signature of an agreement.
#[test]
fn a_message_seal_signs_no_agreement() {
    let case = Case::new();
    let (_, signer) = &case.members[0];
    let ocsp = [case.authority.ocsp(signer.certificate())];
    let json = Bytes::from_static(JSON);
    let block = Bytes::from_static(b"200\r\nOK\r\n");
    for parts in [Parts::of(&json, vec![]), Parts::of(&block, vec![hash::sha512(JSON)])] {
        let seal = now(seal::seal(&parts, signer, &ocsp, AT)).unwrap();
        seal::check(&parts, &seal, case.authority.id(), &case.authority.conf, AT).unwrap();
        let refused = verified(JSON, &[&seal.signature], &case.authority.conf).unwrap_err();
        assert!(matches!(refused, AgreementError::References(1)), "{refused:?}");
    }
    // The policy keeps them apart even where everything else fits: a reference to the agreement, and the role.
    let message = now(seal::seal(&Parts::of(&json, vec![]), signer, &ocsp, AT)).unwrap();
    let xml = String::from_utf8(message.signature.to_vec()).unwrap();
    let xml = replaced(&xml, &format!("URI=\"{MESSAGE}\""), &format!("URI=\"{URI}\""));
    let role = between(&case.xml(), "<xades:SignerRole>", "</xades:SignerRole>").to_owned();
    let end = "</xades:SignedSignatureProperties>";
    let fitted = resign(&replaced(&xml, end, &format!("{role}{end}")), signer);
    assert!(matches!(cause(case.verify_one(&fitted).unwrap_err()), SealError::Policy));
}

/// Agreement policy, 6, the other way round.
#[test]
fn a_signature_of_an_agreement_seals_no_message() {
    let case = Case::new();
    let json = Bytes::from_static(JSON);
    let parts = Parts::of(&json, vec![]);
    let check = |xml: &str| {
        let signature = Bytes::copy_from_slice(xml.as_bytes());
        let seal = Seal { signature, hash_chain_result: None, hash_chain: None };
        seal::check(&parts, &seal, case.authority.id(), &case.authority.conf, AT).unwrap_err()
    };
    assert!(matches!(check(&case.xml()), SealError::Policy));
    // Even if it covers the message.
    let uri = replaced(&case.xml(), &format!("URI=\"{URI}\""), &format!("URI=\"{MESSAGE}\""));
    assert!(matches!(check(&resign(&uri, &case.members[0].1)), SealError::Policy));
    // Even under no policy: it covers something else.
    let whole =
        between(&case.xml(), "<xades:SignaturePolicyIdentifier>", "</xades:SignaturePolicyIdentifier>").to_owned();
    let bare = resign(&replaced(&case.xml(), &whole, ""), &case.members[0].1);
    assert!(matches!(check(&bare), SealError::Unresolved(uri) if uri == URI));
    // Containers: none is read as one of the other kind.
    let octets = case.container.write(AT).unwrap();
    assert!(asic::Container::read(&octets).is_err());
    let message = asic::Container {
        message: json,
        signature: case.container.signatures[0].clone(),
        hash_chain_result: None,
        hash_chain: None,
        timestamp_chain_result: None,
        timestamp_chain: None,
        timestamp: None,
        attachments: std::collections::BTreeMap::new(),
    };
    assert!(matches!(
        asic::verify_container(&message, &case.authority.conf, AT),
        Err(asic::VerifyError::NothingSigned)
    ));
    assert!(matches!(Container::read(&message.write(AT).unwrap()), Err(AgreementError::UnknownEntry(_))));
}

#[test]
fn a_container_holds_nothing_else() {
    let case = Case::new();
    let (json, signature) = (JSON, case.container.signatures[0].as_ref());
    let read = |entries: &[(&str, &[u8])]| {
        let entries: Vec<(String, &[u8])> = entries.iter().map(|(n, o)| ((*n).to_owned(), *o)).collect();
        Container::read(&asic::write_entries(&entries, MEDIA_TYPE, AT).unwrap())
    };
    let one = "META-INF/signatures1.xml";
    assert!(read(&[("agreement.json", json), (one, signature)]).is_ok());
    for name in [
        "message.xml",
        "agreement2.json",
        "META-INF/signatures.xml",
        "META-INF/signatures01.xml",
        "META-INF/signatures+1.xml",
        "meta-inf/signatures2.xml",
        "META-INF/ASiCManifest.xml",
        "signatures2.xml",
    ] {
        let refused = read(&[("agreement.json", json), (one, signature), (name, signature)]);
        assert!(matches!(&refused, Err(AgreementError::UnknownEntry(n)) if n == name), "{name}: {refused:?}");
    }
    assert!(matches!(read(&[(one, signature)]), Err(AgreementError::Missing("agreement.json"))));
    assert!(matches!(read(&[("agreement.json", b"")]), Err(AgreementError::Missing("agreement.json"))));
    for name in ["META-INF/signatures0.xml", "META-INF/signatures2.xml"] {
        assert!(
            matches!(read(&[("agreement.json", json), (name, signature)]), Err(AgreementError::Numbering)),
            "{name}"
        );
    }
    let doubled = read(&[("agreement.json", json), ("AGREEMENT.JSON", b"{}")]);
    assert!(matches!(doubled, Err(AgreementError::Container(AsicError::Duplicate(_)))));
    assert!(matches!(Container::read(b"no zip"), Err(AgreementError::Container(_))));
}

#[test]
fn a_container_is_bounded() {
    let json = |n: usize| Container::new(vec![b' '; n].into());
    assert!(json(limits::SIGNED_AGREEMENT).is_ok());
    let over = limits::SIGNED_AGREEMENT + 1;
    assert!(matches!(json(over), Err(AgreementError::TooLarge(n)) if n == over));
    let large = asic::write_entries(&[("agreement.json".to_owned(), &vec![b' '; over])], MEDIA_TYPE, AT).unwrap();
    assert!(matches!(Container::read(&large), Err(AgreementError::Container(AsicError::TooLarge(_)))));
    let mut container = Container::new(JSON.into()).unwrap();
    for _ in 0..limits::AGREEMENT_SIGNATURES {
        container.add(Bytes::from_static(b"x")).unwrap();
    }
    assert!(Container::read(&container.write(AT).unwrap()).is_ok());
    assert!(matches!(container.add(Bytes::from_static(b"x")), Err(AgreementError::TooManySignatures)));
}

/// What other XAdES tools expect: references without transforms, SignedProperties with its type, one canonicalization,
/// elements in the order of the XAdES 1.3.2 schema, Ids that references find.
#[test]
fn other_tools_find_what_they_expect() {
    let xml = Case::new().xml();
    let document = roxmltree::Document::parse(&xml).unwrap();
    let names = |parent: &str| -> Vec<String> {
        let node = document.descendants().find(|n| n.tag_name().name() == parent).unwrap();
        node.children().map(|n| n.tag_name().name().to_owned()).collect()
    };
    let properties = ["SigningTime", "SigningCertificate", "SignaturePolicyIdentifier", "SignerRole"];
    assert_eq!(names("SignedSignatureProperties"), properties);
    assert_eq!(names("SignaturePolicyId"), ["SigPolicyId", "SigPolicyHash"]);
    assert_eq!(names("SignedInfo"), ["CanonicalizationMethod", "SignatureMethod", "Reference", "Reference"]);
    assert_eq!(names("Reference"), ["DigestMethod", "DigestValue"]);
    let type_of = |uri: &str| {
        let mut references = document.descendants().filter(|n| n.tag_name().name() == "Reference");
        references.find(|n| n.attribute("URI") == Some(uri)).unwrap().attribute("Type")
    };
    assert_eq!(type_of("/agreement.json"), None);
    assert_eq!(type_of("#signed-properties"), Some("http://uri.etsi.org/01903#SignedProperties"));
}
