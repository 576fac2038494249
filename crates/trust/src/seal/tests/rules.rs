//! The rules of wire.md §5.4, each with its code.

use simpul_core::MemberId;

use super::*;
use crate::cert::tests::END;
use crate::token::Signer;

const MALFORMED: &[Code] = &[Code::MalformedSignature];
const VALUE: &[Code] = &[Code::InvalidSignatureValue];

#[test]
fn a_seal_proves_who_sealed_what() {
    for (kind, attachments) in [(Kind::Rsa, 0), (Kind::Rsa, 2), (Kind::P256, 0), (Kind::P256, 1)] {
        let case = Case::new(kind, attachments);
        let facts = case.check(&case.seal).unwrap();
        assert_eq!(facts.member, *case.authority.id());
        assert_eq!(facts.signer, *case.signer.certificate());
        assert_eq!(facts.signed_at, Some(AT));
        assert_eq!(facts.path.len(), 2);
        assert_eq!(facts.ocsp.responder, case.authority.root.0);
        let covered: Vec<&str> = facts.data.iter().map(|d| d.uri.as_str()).collect();
        assert_eq!(covered, case.parts.uris().collect::<Vec<_>>());
        assert_eq!(case.seal.hash_chain.is_some(), attachments > 0, "a chain exactly when there are attachments");
        assert_eq!(case.seal.hash_chain_result.is_some(), attachments > 0);
        let failed = facts.checks.iter().any(|c| c.outcome == Outcome::Failed);
        let digest = facts.checks.iter().find(|c| c.subject == Subject::SigningCertificateDigest).unwrap();
        assert!(!failed && digest.outcome == Outcome::Held);
    }
}

/// Rule 1.
#[test]
fn rule_1_structure() {
    let case = Case::new(Kind::P256, 0);
    assert_eq!(case.path(&case.with("<a")), [Code::InvalidXml]);
    assert_eq!(
        case.path(&Seal { signature: Bytes::from_static(b"<a>\xff</a>"), ..case.seal.clone() }),
        [Code::InvalidXml]
    );
    assert_eq!(case.path(&case.with("<!DOCTYPE a><a/>")), [Code::InvalidXml]);
    assert_eq!(case.path(&case.with("<a/>")), MALFORMED);
    let object = between(case.xml(), "<ds:Object>", "</ds:Object>");
    assert_eq!(case.edited(object, ""), MALFORMED);
}

/// Rule 1: elements that X-Road finds by their prefixed names.
#[test]
fn rule_1_prefixes() {
    let case = Case::new(Kind::P256, 0);
    for (namespace, name) in [("ds", "Signature"), ("ds", "Object"), ("xades", "UnsignedSignatureProperties")] {
        let declared = between(case.xml(), &format!("xmlns:{namespace}=\""), "#\"").replace("xmlns:", "xmlns:o=");
        let declared = declared.replacen(&format!("o={namespace}="), "o=", 1);
        let (open, close) = (format!("<{namespace}:{name}"), format!("</{namespace}:{name}>"));
        let start = between(case.xml(), &open, ">");
        let renamed = start.replacen(&open, &format!("<o:{name} {declared}"), 1);
        let xml = replaced(&replaced(case.xml(), start, &renamed), &close, &format!("</o:{name}>"));
        let refused = case.check(&case.with(&resign(&xml, &case.signer))).unwrap_err();
        assert!(matches!(&refused, SealError::Prefix(found) if *found == format!("o:{name}")), "{name}: {refused:?}");
        assert_eq!(refused.path(), MALFORMED);
    }
}

/// Rule 2: what X-Road's schema check looks at.
#[test]
fn rule_2_place_and_schema() {
    let case = Case::new(Kind::P256, 0);
    let first = "<ds:Signature Id=\"signature\">";
    assert_eq!(case.edited(first, &format!("\n{first}")), MALFORMED, "white space before the signature");
    assert_eq!(case.edited(first, &format!("<!-- c -->{first}")), MALFORMED);
    let signature = between(case.xml(), first, "</ds:Signature>");
    let namespaces = between(case.xml(), " xmlns:asic", "XMLSchema-instance\"");
    let bare = signature.replacen("<ds:Signature", &format!("<ds:Signature{namespaces}"), 1);
    assert_eq!(case.path(&case.with(&bare)), MALFORMED, "a bare signature is for containers");
    assert_eq!(case.edited("xmlns:asic=\"http://uri.etsi.org/02918/v1.2.1#\"", "xmlns:asic=\"urn:a\""), MALFORMED);
    for (tag, extra) in [
        ("<ds:KeyInfo>", "<ds:KeyInfo>text"),
        ("<ds:KeyInfo>", "<ds:KeyInfo><ds:KeyName/>"),
        ("</ds:X509Data>", "<ds:X509Certificate/></ds:X509Data>"),
        ("<ds:Object>", "<ds:Object/><ds:Object>"),
        ("</ds:Object>", "<ds:Manifest/></ds:Object>"),
        ("</xades:UnsignedSignatureProperties>", "<x/></xades:UnsignedSignatureProperties>"),
        ("Target=\"#signature\"", "Target=\"#other\""),
        ("Target=\"#signature\"", "Target=\"signature\""),
        ("Target=\"#signature\"", ""),
    ] {
        assert_eq!(case.edited(tag, extra), MALFORMED, "{extra}");
    }
    let long = format!("{}{}", case.xml(), " ".repeat(simpul_core::limits::SIGNATURE_XML));
    assert_eq!(case.path(&case.with(&long)), MALFORMED);
    let filled = simpul_core::limits::SIGNATURE_XML - case.xml().len();
    assert_eq!(case.path(&case.with(&format!("{}{}", case.xml(), " ".repeat(filled)))), []);
}

/// Rule 3.
#[test]
fn rule_3_hash_chain() {
    let case = Case::new(Kind::P256, 2);
    let chain = |edit: &dyn Fn(&str) -> String| {
        let old = std::str::from_utf8(case.seal.hash_chain.as_ref().unwrap()).unwrap();
        case.path(&Seal { hash_chain: Some(edit(old).into()), ..case.seal.clone() })
    };
    let malformed = |code| vec![Code::MalformedSignature, code];
    assert_eq!(chain(&|_| "<a".to_owned()), malformed(Code::MalformedHashChain));
    assert_eq!(chain(&|c| c.replace("STEP0", "STEP1")), malformed(Code::MalformedHashChain));
    assert_eq!(chain(&|c| c.replace("/attachment2", "/attachment9")), malformed(Code::InvalidReference));
    let without = |c: &str| {
        let data_ref = between(c, "<ns2:DataRef URI=\"/attachment2\">", "</ns2:DataRef>");
        let hash = data_ref.replace("DataRef URI=\"/attachment2\"", "HashValue").replace("DataRef", "HashValue");
        c.replace(data_ref, &hash)
    };
    assert_eq!(chain(&without), malformed(Code::HashchainUnusedInputs), "a part hidden behind a bare digest");
    let sha256 = |c: &str| c.replace("xmlenc#sha512", "xmlenc#sha256");
    assert_eq!(chain(&sha256), malformed(Code::InvalidHashChainRef), "digests of another algorithm");
    let none = Seal { hash_chain: None, ..case.seal.clone() };
    assert_eq!(case.path(&none), malformed(Code::InvalidReference));
    let none = Seal { hash_chain_result: None, ..case.seal.clone() };
    assert_eq!(case.path(&none), malformed(Code::InvalidReference));

    let other = Parts::of(&Bytes::from_static(b"other"), case.parts.attachments.clone());
    let refused = verify::check(&other, &case.seal, case.authority.id(), &case.authority.conf, AT).unwrap_err();
    assert_eq!(refused.path(), malformed(Code::InvalidHashChain));
    let result = case.seal.hash_chain_result.clone().unwrap();
    let spaced = Seal { hash_chain_result: Some([result.as_ref(), b"\n"].concat().into()), ..case.seal.clone() };
    assert_eq!(case.path(&spaced), VALUE, "the octets of the result are signed");
}

/// A chain commits to digests and not to names: a body must not pass for a message.
#[test]
fn rule_3_parts_cannot_change_places() {
    let case = Case::new(Kind::P256, 1);
    let swapped = Parts::of_digests(case.parts.attachments[0].clone(), vec![case.parts.message.clone()]);
    let chain = String::from_utf8(case.seal.hash_chain.clone().unwrap().to_vec()).unwrap();
    let chain = chain.replace("/message.xml", "@").replace("/attachment1", "/message.xml").replace('@', "/attachment1");
    let seal = Seal { hash_chain: Some(chain.into()), ..case.seal.clone() };
    let refused = verify::check(&swapped, &seal, case.authority.id(), &case.authority.conf, AT).unwrap_err();
    assert!(matches!(refused, SealError::PartOrder(_)), "{refused:?}");
    assert_eq!(refused.path(), [Code::MalformedSignature, Code::MalformedHashChain]);
}

/// Rule 3: a chain that the signature does not refer to is ignored, but covers nothing.
#[test]
fn rule_3_unsigned_chains_count_for_nothing() {
    let (alone, two) = (Case::new(Kind::P256, 0), Case::new(Kind::P256, 1));
    let with_chain = Seal { signature: alone.seal.signature.clone(), ..two.seal.clone() };
    assert_eq!(alone.path(&with_chain), []);
    let seal = now(seal(
        &Parts::of(&Bytes::from_static(b"message"), vec![]),
        &two.signer,
        &[two.authority.ocsp(two.signer.certificate())],
        AT,
    ));
    let uncovered = Seal { signature: seal.unwrap().signature, ..two.seal.clone() };
    assert_eq!(two.path(&uncovered), MALFORMED, "the body is not covered");
}

/// Rule 4.
#[test]
fn rule_4_certificate_and_member() {
    let case = Case::new(Kind::P256, 0);
    let by = |signer: &SoftSigner, expected: &MemberId| {
        let ocsp = [case.authority.ocsp(signer.certificate())];
        let seal = now(seal(&case.parts, signer, &ocsp, AT)).unwrap();
        verify::check(&case.parts, &seal, expected, &case.authority.conf, AT).unwrap_err().path()
    };
    let id = case.authority.id();
    let auth = [("keyUsage", "critical,digitalSignature"), ("extendedKeyUsage", "clientAuth")];
    let signer = case.authority.signer(Kind::P256, id, &auth, &case.authority.root, vec![]);
    assert_eq!(by(&signer, id), MALFORMED);
    for (class, code) in [("GOV", "3202"), ("COM", "3201"), ("GOV", "3201 ")] {
        let other = MemberId::from_parts("ID", class, code).unwrap();
        assert_eq!(by(&case.authority.member(Kind::P256, &other), id), [Code::IncorrectCertificate]);
    }
    let abroad = MemberId::from_parts("MY", "GOV", "3201").unwrap();
    assert_eq!(by(&case.signer, &abroad), [Code::CannotCreateCertPath], "no such CA in that instance");
    let strangers = Authority::new();
    let stranger = strangers.signer(Kind::P256, id, &[("keyUsage", "nonRepudiation")], &strangers.root, vec![]);
    let seal = now(seal(&case.parts, &stranger, &[strangers.ocsp(stranger.certificate())], AT)).unwrap();
    assert_eq!(case.path(&seal), [Code::CannotCreateCertPath], "a CA that only has the name of ours");
    let conf = authority::configuration(&case.authority.root.0, &case.authority.intermediate.0, true);
    let refused = verify::check(&case.parts, &case.seal, id, &conf, AT).unwrap_err();
    assert_eq!(refused.path(), [Code::IncorrectCertificate], "a CA for authentication certificates only");
    assert_eq!(case.edited(&STANDARD.encode(case.signer.certificate().der()), "AAAA"), MALFORMED);
}

/// Rule 5.
#[test]
fn rule_5_signature_value() {
    for kind in [Kind::Rsa, Kind::P256] {
        let case = Case::new(kind, 0);
        let value = between(case.xml(), "<ds:SignatureValue Id=\"signature-value\">", "</ds:SignatureValue>");
        let with = |octets: &[u8]| {
            let new =
                format!("<ds:SignatureValue Id=\"signature-value\">{}</ds:SignatureValue>", STANDARD.encode(octets));
            case.edited(value, &new)
        };
        let octets = signature_value(&case.seal.signature).unwrap();
        assert_eq!(with(&octets), [], "{kind:?}");
        assert_eq!(with(b""), VALUE);
        assert_eq!(with(&octets[1..]), VALUE);
        assert_eq!(with(&[octets.as_slice(), b"\0"].concat()), VALUE);
        let other = Parts::of(&Bytes::from_static(b"other"), vec![]);
        let refused = verify::check(&other, &case.seal, case.authority.id(), &case.authority.conf, AT).unwrap_err();
        assert_eq!(refused.path(), VALUE);
    }
    let rsa = Case::new(Kind::Rsa, 0);
    assert_eq!(rsa.resigned("xmldsig-more#rsa-sha512", "xmldsig-more#ecdsa-sha512"), VALUE, "algorithm and key differ");
    assert_eq!(rsa.resigned("xmldsig-more#rsa-sha512", "xmldsig-more#rsa-sha256"), VALUE);
}

/// Rule 5, wire.md §5.3: `r || s`, split in the middle; Java cuts leading zeros of both alike.
#[test]
fn rule_5_short_ecdsa_values() {
    let case = Case::new(Kind::P256, 0);
    let octets = signature_value(&case.seal.signature).unwrap();
    assert_eq!(octets.len(), 64, "each number is as long as the order of P-256");
    let (r, s) = octets.split_at(32);
    let padded = [&[0], r, &[0], s].concat();
    let with = |value: &[u8]| case.edited(&STANDARD.encode(&octets), &STANDARD.encode(value));
    assert_eq!(with(&padded), []);
    assert_eq!(with(&[s, r].concat()), VALUE);
    let der = openssl::ecdsa::EcdsaSig::from_private_components(
        openssl::bn::BigNum::from_slice(r).unwrap(),
        openssl::bn::BigNum::from_slice(s).unwrap(),
    );
    assert_eq!(with(&der.unwrap().to_der().unwrap()), VALUE, "DER is not the form of XML signatures");
}

/// Rule 5: references.
#[test]
fn rule_5_references() {
    let case = Case::new(Kind::P256, 0);
    let info = "</ds:SignatureMethod>";
    let reference = |uri: &str, extra: &str| {
        format!(
            "{info}<ds:Reference URI=\"{uri}\">{extra}<ds:DigestMethod Algorithm=\"{}\"/><ds:DigestValue>{}\
             </ds:DigestValue></ds:Reference>",
            DigestAlgorithm::Sha256.uri(),
            STANDARD.encode(hash::digest(DigestAlgorithm::Sha256, b"message").as_bytes())
        )
    };
    assert_eq!(case.resigned(info, &reference("/message.xml", "")), [], "another algorithm, the octets are known");
    assert_eq!(case.resigned(info, &reference("/attachment1", "")), [Code::InvalidReference]);
    assert_eq!(case.resigned(info, &reference("http://example.org/", "")), [Code::InvalidReference]);
    assert_eq!(case.resigned(info, &reference("#signature", "")), [Code::InvalidReference]);
    assert_eq!(case.resigned(info, &reference("", "")), [Code::InvalidReference]);
    assert_eq!(case.resigned(info, &reference("#signed-properties", "")), MALFORMED);
    let inclusive =
        "<ds:Transforms><ds:Transform Algorithm=\"http://www.w3.org/TR/2001/REC-xml-c14n-20010315\"/></ds:Transforms>";
    assert_eq!(case.resigned(info, &reference("/message.xml", inclusive)), MALFORMED, "data is signed as it is");
    assert_eq!(case.resigned("URI=\"/message.xml\"", "URI=\"/Message.xml\""), [Code::InvalidReference]);
    let message = between(case.xml(), "<ds:Reference Id=\"signature-reference-0\"", "</ds:Reference>");
    assert_eq!(case.resigned(message, ""), MALFORMED, "nothing of the message is signed");
    let sha512 = message.replace("xmlenc#sha512", "xmlenc#sha256");
    assert_eq!(case.resigned(message, &sha512), VALUE);
    let sha1 = message.replace("2001/04/xmlenc#sha512", "2000/09/xmldsig#sha1");
    assert_eq!(case.resigned(message, &sha1), MALFORMED, "SHA-1 proves nothing");
    let properties = between(case.xml(), "<ds:Reference Id=\"signature-reference-1\"", "</ds:Reference>");
    let exclusive =
        "<ds:Transforms><ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/></ds:Transforms>";
    let with = properties.replacen("<ds:DigestMethod", &format!("{exclusive}<ds:DigestMethod"), 1);
    assert_eq!(case.resigned(properties, &with), VALUE, "the digest is of the inclusive form");
    let with = properties.replacen("<ds:DigestMethod", &format!("{inclusive}<ds:DigestMethod"), 1);
    assert_eq!(case.resigned(properties, &with), []);
}

/// Rule 6.
#[test]
fn rule_6_old_timestamp_manifests() {
    let case = Case::new(Kind::P256, 0);
    assert_eq!(case.edited("Id=\"ocsp-response-1\"", "Id=\"ts-root-manifest\""), [Code::InvalidReference]);
}

/// Rule 7.
#[test]
fn rule_7_path() {
    let case = Case::new(Kind::P256, 0);
    let late = case.check_at(&case.seal, UnixTime::from_secs(END + 1)).unwrap_err();
    assert_eq!(late.path(), [Code::CannotCreateCertPath]);
    let authority = &case.authority;
    let usage = [("keyUsage", "critical,nonRepudiation")];
    let (below, chain) = (&authority.intermediate, vec![authority.intermediate.0.clone()]);
    let signer = authority.signer(Kind::P256, authority.id(), &usage, below, chain);
    let ocsp = [authority.ocsp_by(below, signer.certificate(), AT, true), authority.ocsp(&below.0)];
    let made = now(seal(&case.parts, &signer, &ocsp, AT)).unwrap();
    assert_eq!(case.path(&made), [], "an intermediate CA is an anchor");
    let xml = std::str::from_utf8(&made.signature).unwrap();
    let refs = between(xml, "<xades:CertRefs>", "</xades:CertRefs>");
    assert!(refs.contains("#encapsulated-cert-1\"><xades:CertDigest><ds:DigestMethod"), "no white space");
    let digest = STANDARD.encode(below.0.sha512());
    assert_eq!(case.path(&case.with(&replaced(xml, &digest, "AAAA"))), MALFORMED);
    assert_eq!(case.path(&case.with(&replaced(xml, "URI=\"#encapsulated-cert-1\"", "URI=\"#x\""))), MALFORMED);
    assert_eq!(case.path(&case.with(&replaced(xml, "URI=\"#encapsulated-cert-1\"", ""))), MALFORMED);
}

/// Rule 8.
#[test]
fn rule_8_ocsp() {
    let case = Case::new(Kind::P256, 0);
    let (authority, own) = (&case.authority, case.signer.certificate());
    let with = |ocsp: &[Bytes]| case.path(&now(seal(&case.parts, &case.signer, ocsp, AT)).unwrap());
    let hour = authority::FRESHNESS;
    let invalid = |code| vec![Code::InvalidCertPath, code];
    let other = authority.ocsp(authority.member(Kind::P256, authority.id()).certificate());
    let another_serial = authority.ocsp(&authority.intermediate.0);
    assert_eq!(with(std::slice::from_ref(&another_serial)), invalid(Code::CertValidation));
    assert_eq!(with(&[another_serial, other]), [], "the CertID is made of issuer and serial number");
    assert_eq!(with(&[authority.ocsp_of(own, AT.minus(hour), true)]), []);
    let second = std::time::Duration::from_secs(1);
    let stale = authority.ocsp_of(own, AT.minus(hour).minus(second), true);
    assert_eq!(with(&[stale]), invalid(Code::IncorrectValidationInfo));
    assert_eq!(with(&[authority.ocsp_of(own, AT, false)]), invalid(Code::CertValidation));
    assert_eq!(with(&[Bytes::from_static(b"junk")]), MALFORMED, "unreadable responses make the signature malformed");
    let stranger = Authority::new();
    let forged = stranger.ocsp_by(&(authority.root.0.clone(), stranger.root.1.clone()), own, AT, true);
    assert_eq!(with(&[forged]), invalid(Code::IncorrectValidationInfo), "signed by another key");
    let values = between(case.xml(), "<xades:RevocationValues>", "</xades:RevocationValues>");
    assert_eq!(case.edited(values, ""), MALFORMED);
}

/// What was proved for one message is used for the next while it holds, and not a moment longer (§3.8, §5.4).
#[test]
fn a_proof_ends_with_its_ocsp_response() {
    let case = Case::new(Kind::P256, 0);
    let ms = std::time::Duration::from_millis(1);
    let end = AT.plus(authority::FRESHNESS);
    for (at, holds) in [(AT, true), (end.minus(ms), true), (end, true), (end.plus(ms), false), (AT, true)] {
        assert_eq!(case.check_at(&case.seal, at).is_ok(), holds, "{at}");
    }
    let before = case.signer.certificate().not_before().minus(ms);
    assert_eq!(
        case.check_at(&case.seal, before).unwrap_err().path(),
        [Code::CannotCreateCertPath],
        "a clock went back"
    );
    let another = Authority::new().conf;
    assert!(check(&case.parts, &case.seal, case.authority.id(), &another, AT).is_err(), "under another configuration");
}

/// wire.md §5.4: the digest of the signing certificate is not checked by X-Road; it is recorded here.
#[test]
fn a_wrong_certificate_digest_is_recorded() {
    let case = Case::new(Kind::P256, 0);
    let outcome = |from: &str, to: &str| {
        let seal = case.with(&resign(&replaced(case.xml(), from, to), &case.signer));
        let facts = case.check(&seal).unwrap();
        facts.checks.into_iter().find(|c| c.subject == Subject::SigningCertificateDigest).unwrap().outcome
    };
    let digest = STANDARD.encode(case.signer.certificate().sha512());
    assert_eq!(outcome(&digest, "AAAA"), Outcome::Failed);
    let certificate = between(case.xml(), "<xades:SigningCertificate>", "</xades:SigningCertificate>");
    assert_eq!(outcome(certificate, ""), Outcome::NotChecked);
    let sha1 = certificate.replace("2001/04/xmlenc#sha512", "2000/09/xmldsig#sha1");
    assert_eq!(outcome(certificate, &sha1), Outcome::NotChecked);
}

/// wire.md §3.8: signing without a stored OCSP response fails.
#[test]
fn a_seal_needs_ocsp_and_sha512() {
    let case = Case::new(Kind::P256, 0);
    let refused = now(seal(&case.parts, &case.signer, &[], AT)).unwrap_err();
    assert_eq!(refused.path(), [Code::CannotCreateSignature]);
    let sha256 = Parts::of_digests(hash::digest(DigestAlgorithm::Sha256, b"message"), vec![]);
    let refused = now(seal(&sha256, &case.signer, &[Bytes::from_static(b"r")], AT)).unwrap_err();
    assert_eq!(refused.path(), [Code::CannotCreateSignature]);
}
