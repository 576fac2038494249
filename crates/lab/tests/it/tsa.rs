use cms::cert::CertificateChoices;
use cms::content_info::ContentInfo;
use cms::signed_data::{CertificateSet, SignedData, SignerIdentifier};
use const_oid::db::rfc5911::{ID_CONTENT_TYPE, ID_DATA, ID_MESSAGE_DIGEST};
use const_oid::db::rfc5912::ID_SHA_1;
use der::asn1::{Any, ObjectIdentifier, OctetString, SetOfVec};
use der::{Decode, Encode};
use simpul_core::{Code, DigestAlgorithm};
use simpul_lab::ca::{KeyKind, SubjectLayout};
use simpul_lab::tsa::respond;
use simpul_trust::cert::Certificate;
use simpul_trust::hash;
use simpul_trust::token::{Signer, SoftSigner};
use simpul_trust::tsp::{self, TspError};
use x509_cert::attr::Attribute;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::SubjectKeyIdentifier;
use x509_tsp::TstInfo;

use crate::program::{KINDS, NOW, openssl, openssl_is_here, put, saved_ca, sign_key};

const DATA: &[u8] = b"the octets of a signature value";

/// wire.md §6.1 and §6.4, with both kinds of key.
#[test]
fn answers_are_accepted_and_tokens_verify() {
    for (intermediate, key) in KINDS {
        let (ca, _dir) = saved_ca(intermediate, key);
        let known = [ca.root().clone(), ca.tsa().certificate().clone()];
        let imprint = hash::sha512(DATA);
        for serial in [0, 1, 127, 128, 255, 256, u64::MAX] {
            let response = respond(ca.tsa(), &tsp::request(&imprint).unwrap(), NOW, serial);
            let token = tsp::accept(&response, &imprint, &known).unwrap();
            let facts = tsp::verify_token(token.der(), DATA, &known).unwrap();
            assert_eq!(facts.gen_time, NOW);
            assert_eq!(facts.serial, serial.to_string());
            assert_eq!(facts.policy, "1.2.3.4.1");
            assert_eq!(&facts.signer, ca.tsa().certificate());
            let contains = |bytes: &[u8], part: &[u8]| bytes.windows(part.len()).any(|w| w == part);
            assert!(!contains(&response, ca.tsa().certificate().der()), "certReq is absent (§6.1)");
            assert!(contains(token.der(), ca.tsa().certificate().der()), "inserted before storage (§6.1)");
        }
    }
}

#[test]
fn wrong_tokens_have_their_code() {
    let (mut ca, _dir) = saved_ca(false, KeyKind::P256);
    let known = [ca.tsa().certificate().clone()];
    let imprint = hash::sha512(DATA);
    let request = tsp::request(&imprint).unwrap();
    let response = respond(ca.tsa(), &request, NOW, 1);
    let code = |r: Result<tsp::Token, TspError>| r.map(|_| ()).unwrap_err().code();
    assert_eq!(code(tsp::accept(&response, &hash::sha512(b"other"), &known)), Code::MalformedSignature);
    assert_eq!(code(tsp::accept(&response, &imprint, &[])), Code::NoTimestampingProviderFound);
    assert_eq!(code(tsp::accept(&response, &imprint, &[ca.root().clone()])), Code::TspCertificateNotFound);
    let (other, _other_dir) = saved_ca(false, KeyKind::P256);
    let twin = [other.tsa().certificate().clone()];
    let wrong_key = tsp::accept(&response, &imprint, &twin);
    assert_eq!(code(wrong_key), Code::TimestampSignerVerificationFailed, "same issuer name and serial, another key");
    let early = respond(ca.tsa(), &request, NOW.minus(std::time::Duration::from_secs(1)), 1);
    assert!(matches!(tsp::accept(&early, &imprint, &known), Err(TspError::SignerValidity { .. })));

    let refused = respond(ca.tsa(), b"no request", NOW, 1);
    assert!(matches!(tsp::accept(&refused, &imprint, &known), Err(TspError::NotGranted(2))));
    assert_eq!(code(tsp::accept(&refused, &imprint, &known)), Code::TimestampingFailed);
    let huge = vec![0x30; simpul_core::limits::TIMESTAMP_RESPONSE + 1];
    assert!(matches!(tsp::accept(&huge, &imprint, &known), Err(TspError::TooLarge(_))));
    let sha1 = hash::digest(DigestAlgorithm::Sha1, DATA);
    assert!(matches!(tsp::request(&sha1), Err(TspError::Algorithm(_))));

    // A token by a member whose certificate travels in it: only configured authorities count.
    let member = sign_key(&mut ca, SubjectLayout::Basic);
    let own = tsp::accept(&respond(&member, &request, NOW, 1), &imprint, &[member.certificate().clone()]).unwrap();
    let seen = tsp::verify_token(own.der(), DATA, &known).unwrap_err();
    assert_eq!(seen.code(), Code::TspCertificateNotFound);
}

#[test]
fn a_changed_or_cut_token_is_refused_or_says_the_same() {
    let (ca, _dir) = saved_ca(false, KeyKind::P256);
    let known: [Certificate; 1] = [ca.tsa().certificate().clone()];
    let imprint = hash::sha512(DATA);
    let response = respond(ca.tsa(), &tsp::request(&imprint).unwrap(), NOW, 1);
    let token = tsp::accept(&response, &imprint, &known).unwrap();
    let facts = format!("{:?}", token.facts());
    for i in 0..token.der().len() {
        assert!(tsp::verify_token(token.der().get(..i).unwrap(), DATA, &known).is_err(), "cut at {i}");
        let mut changed = token.der().to_vec();
        changed[i] ^= 0x81;
        if let Ok(said) = tsp::verify_token(&changed, DATA, &known) {
            assert_eq!(format!("{said:?}"), facts, "octet {i}");
        }
    }
}

/// `openssl ts` makes the query and judges the answer, and reads our own query.
#[test]
fn openssl_agrees_with_queries_and_tokens() {
    if !openssl_is_here() {
        return;
    }
    for (intermediate, key) in KINDS {
        let (ca, dir) = saved_ca(intermediate, key);
        let dir = dir.path();
        put(dir, "data", DATA);
        let imprint = hash::sha512(DATA);
        put(dir, "own.tsq", &tsp::request(&imprint).unwrap());
        let (ok, text) = openssl(dir, &["ts", "-query", "-in", "own.tsq", "-text"]);
        assert!(ok, "{text}");
        for fact in ["Version: 1", "Hash Algorithm: sha512", "Nonce: unspecified", "Certificate required: no"] {
            assert!(text.contains(fact), "{fact}: {text}");
        }
        let query = ["ts", "-query", "-data", "data", "-sha512", "-cert", "-out", "asked.tsq"];
        assert!(openssl(dir, &query).0);
        let asked = std::fs::read(dir.join("asked.tsq")).unwrap();
        put(dir, "answer.tsr", &respond(ca.tsa(), &asked, NOW, 7));
        let at = NOW.secs().to_string();
        let mut verify = vec!["ts", "-verify", "-queryfile", "asked.tsq", "-in", "answer.tsr", "-CAfile", "root.crt"];
        verify.extend(["-attime", &at]);
        if intermediate {
            verify.extend(["-untrusted", "issuing.crt"]);
        }
        let (ok, text) = openssl(dir, &verify);
        assert!(ok && text.contains("Verification: OK"), "{text}");

        // A token that was accepted, with the certificate inserted, stands by itself.
        let response = respond(ca.tsa(), &tsp::request(&imprint).unwrap(), NOW, 8);
        let token = tsp::accept(&response, &imprint, &[ca.tsa().certificate().clone()]).unwrap();
        put(dir, "stored.tst", token.der());
        let mut stored =
            vec!["ts", "-verify", "-data", "data", "-in", "stored.tst", "-token_in", "-CAfile", "root.crt"];
        stored.extend(["-attime", &at]);
        if intermediate {
            stored.extend(["-untrusted", "issuing.crt"]);
        }
        let (ok, text) = openssl(dir, &stored);
        assert!(ok && text.contains("Verification: OK"), "{text}");
        put(dir, "data", b"other data");
        assert!(!openssl(dir, &stored).0, "other data");
    }
}

/// Requests that are refused, with the bits of RFC 3161 §2.4.2 as OpenSSL names them.
#[test]
fn refusals_have_their_reason() {
    if !openssl_is_here() {
        return;
    }
    let (ca, dir) = saved_ca(false, KeyKind::P256);
    let dir = dir.path();
    put(dir, "data", DATA);
    let reason = |request: &[u8]| {
        put(dir, "answer.tsr", &respond(ca.tsa(), request, NOW, 1));
        openssl(dir, &["ts", "-reply", "-in", "answer.tsr", "-text"]).1
    };
    assert!(reason(b"nothing").contains("the data submitted has the wrong format"));
    assert!(openssl(dir, &["ts", "-query", "-data", "data", "-sha1", "-out", "sha1.tsq"]).0);
    let text = reason(&std::fs::read(dir.join("sha1.tsq")).unwrap());
    assert!(text.contains("Status: Rejected.") && text.contains("unrecognized or unsupported algorithm"), "{text}");
    let query = ["ts", "-query", "-data", "data", "-sha256", "-tspolicy", "1.2.3.4.2", "-out", "policy.tsq"];
    assert!(openssl(dir, &query).0);
    let text = reason(&std::fs::read(dir.join("policy.tsq")).unwrap());
    assert!(text.contains("the requested TSA policy is not supported by the TSA"), "{text}");
}

const SIGNING_CERTIFICATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.12");
const SIGNING_CERTIFICATE_V2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");

/// A token over [`DATA`] whose structure was changed by `change`, with its attributes signed again.
fn remade(tsa: &SoftSigner, change: impl FnOnce(&mut SignedData)) -> Vec<u8> {
    let imprint = hash::sha512(DATA);
    let response = respond(tsa, &tsp::request(&imprint).unwrap(), NOW, 1);
    let token = tsp::accept(&response, &imprint, &[tsa.certificate().clone()]).unwrap();
    let mut outer = ContentInfo::from_der(token.der()).unwrap();
    let mut data: SignedData = outer.content.decode_as().unwrap();
    change(&mut data);
    let mut infos = data.signer_infos.0.clone().into_vec();
    for info in &mut infos {
        let signed = info.signed_attrs.as_ref().map(|attributes| attributes.to_der().unwrap());
        let signature = tsa.sign_now(DigestAlgorithm::Sha256, &signed.unwrap_or_default()).unwrap();
        info.signature = OctetString::new(signature).unwrap();
    }
    data.signer_infos.0 = SetOfVec::try_from(infos).unwrap();
    outer.content = Any::encode_from(&data).unwrap();
    outer.to_der().unwrap()
}

/// Changes the attributes of the only signer.
fn attributes(data: &mut SignedData, change: impl FnOnce(&mut Vec<Attribute>)) {
    let mut infos = data.signer_infos.0.clone().into_vec();
    let mut all = infos[0].signed_attrs.take().unwrap().into_vec();
    change(&mut all);
    infos[0].signed_attrs = Some(SetOfVec::try_from(all).unwrap());
    data.signer_infos.0 = SetOfVec::try_from(infos).unwrap();
}

fn set_attribute(data: &mut SignedData, oid: ObjectIdentifier, value: Any) {
    attributes(data, |all| {
        all.retain(|a| a.oid != oid);
        all.push(Attribute { oid, values: SetOfVec::try_from(vec![value]).unwrap() });
    });
}

/// RFC 5652 §5.4 and §11, RFC 3161 §2.4.2, RFC 5816: what a right signature over wrong attributes proves is nothing.
#[test]
fn signed_attributes_are_checked_one_by_one() {
    let (ca, _dir) = saved_ca(false, KeyKind::P256);
    let known = [ca.tsa().certificate().clone()];
    let check = |change: &dyn Fn(&mut SignedData)| {
        tsp::verify_token(&remade(ca.tsa(), |data| change(data)), DATA, &known).map(|_| ())
    };
    check(&|_| {}).unwrap();
    let octets = |bytes: &[u8]| Any::encode_from(&OctetString::new(bytes).unwrap()).unwrap();
    let ess = |hash: &[u8]| Any::encode_from(&vec![vec![vec![OctetString::new(hash).unwrap()]]]).unwrap();
    check(&|data| set_attribute(data, SIGNING_CERTIFICATE_V2, ess(&known[0].sha256()))).unwrap();

    // ESSCertID of version 1 holds a SHA-1 hash (RFC 2634 §5.4); both versions together must both be right.
    let sha1 = |cert: &Certificate| ess(&cert.sha1());
    check(&|data| set_attribute(data, SIGNING_CERTIFICATE, sha1(&known[0]))).unwrap();

    type Change<'a> = (&'a str, &'a dyn Fn(&mut SignedData));
    let wrong: [Change<'_>; 8] = [
        ("signingCertificate", &|data| set_attribute(data, SIGNING_CERTIFICATE, sha1(ca.root()))),
        ("messageDigest", &|data| set_attribute(data, ID_MESSAGE_DIGEST, octets(&[0; 32]))),
        ("messageDigest", &|data| attributes(data, |all| all.retain(|a| a.oid != ID_MESSAGE_DIGEST))),
        ("contentType", &|data| set_attribute(data, ID_CONTENT_TYPE, Any::encode_from(&ID_DATA).unwrap())),
        ("contentType", &|data| attributes(data, |all| all.retain(|a| a.oid != ID_CONTENT_TYPE))),
        ("signingCertificate", &|data| set_attribute(data, SIGNING_CERTIFICATE_V2, ess(&ca.root().sha256()))),
        ("signingCertificate", &|data| attributes(data, |all| all.retain(|a| a.oid != SIGNING_CERTIFICATE_V2))),
        ("attributes that occur once", &|data| {
            attributes(data, |all| {
                let second = SetOfVec::try_from(vec![octets(&[0; 32])]).unwrap();
                all.push(Attribute { oid: ID_MESSAGE_DIGEST, values: second });
            });
        }),
    ];
    for (name, change) in wrong {
        let error = check(change).unwrap_err();
        assert!(matches!(error, TspError::Attribute(which) if which == name), "{name}: {error:?}");
        assert_eq!(error.code(), Code::TimestampSignerVerificationFailed);
    }
}

#[test]
fn signers_are_one_and_strong() {
    let (ca, _dir) = saved_ca(false, KeyKind::P256);
    let known = [ca.tsa().certificate().clone()];
    let check = |change: &dyn Fn(&mut SignedData)| {
        tsp::verify_token(&remade(ca.tsa(), |data| change(data)), DATA, &known).map(|_| ())
    };
    let infos = |data: &mut SignedData, change: &dyn Fn(&mut Vec<cms::signed_data::SignerInfo>)| {
        let mut infos = data.signer_infos.0.clone().into_vec();
        change(&mut infos);
        data.signer_infos.0 = SetOfVec::try_from(infos).unwrap();
    };
    let two = check(&|data| {
        infos(data, &|infos| {
            let mut second = infos[0].clone();
            second.unsigned_attrs = Some(SetOfVec::default());
            infos.push(second);
        });
    });
    let two = two.unwrap_err();
    assert!(matches!(two, TspError::SignerCount(2)));
    assert_eq!(two.code(), Code::TimestampTokenSignerInfoNotFound);
    let bare = check(&|data| infos(data, &|infos| infos[0].signed_attrs = None));
    assert!(matches!(bare, Err(TspError::Attribute("signed attributes"))));
    let weak = check(&|data| infos(data, &|infos| infos[0].digest_alg.oid = ID_SHA_1));
    assert!(matches!(weak, Err(TspError::Algorithm(name)) if name == "SHA-1"));

    // RFC 5652 §5.3: a signer may be named by its key identifier, and is looked up by it in the same way.
    let by_key = |id: &[u8]| {
        let id = SignerIdentifier::SubjectKeyIdentifier(SubjectKeyIdentifier(OctetString::new(id).unwrap()));
        check(&|data| infos(data, &|infos| infos[0].sid = id.clone()))
    };
    by_key(known[0].subject_key_id().unwrap()).unwrap();
    assert!(matches!(by_key(&[0; 20]), Err(TspError::UnknownSigner)));

    // The certificates that travel along are never looked at.
    check(&|data| data.certificates = None).unwrap();
    let root = x509_cert::Certificate::from_der(ca.root().der()).unwrap();
    let other = CertificateSet(SetOfVec::try_from(vec![CertificateChoices::Certificate(root)]).unwrap());
    check(&|data| data.certificates = Some(other.clone())).unwrap();
}

/// RFC 3161 §2.4.2: TSTInfo version 1, no critical extension that is not understood, content type id-ct-TSTInfo.
#[test]
fn the_content_is_a_tst_info_of_version_1() {
    let (ca, _dir) = saved_ca(false, KeyKind::P256);
    let known = [ca.tsa().certificate().clone()];
    let check = |change: &dyn Fn(TstInfo) -> Vec<u8>| {
        let token = remade(ca.tsa(), |data| {
            let content: OctetString = data.encap_content_info.econtent.as_ref().unwrap().decode_as().unwrap();
            let changed = change(TstInfo::from_der(content.as_bytes()).unwrap());
            let digest = hash::digest(DigestAlgorithm::Sha256, &changed);
            let octets = |bytes: &[u8]| Any::encode_from(&OctetString::new(bytes).unwrap()).unwrap();
            set_attribute(data, ID_MESSAGE_DIGEST, octets(digest.as_bytes()));
            data.encap_content_info.econtent = Some(octets(&changed));
        });
        tsp::verify_token(&token, DATA, &known).map(|_| ())
    };
    check(&|info| info.to_der().unwrap()).unwrap();
    let with_extension = |critical| {
        move |mut info: TstInfo| {
            let extn_id = ObjectIdentifier::new_unwrap("1.2.3.4.5");
            let extn_value = OctetString::new([5, 0]).unwrap();
            info.extensions = Some(vec![Extension { extn_id, critical, extn_value }]);
            info.to_der().unwrap()
        }
    };
    check(&with_extension(false)).unwrap();
    assert!(matches!(check(&with_extension(true)), Err(TspError::Malformed(_))));
    let version_2 = check(&|info| {
        let mut der = info.to_der().unwrap();
        let version = der.windows(3).position(|w| w == [2, 1, 1]).unwrap();
        der[version + 2] = 2;
        der
    });
    assert!(matches!(version_2, Err(TspError::Malformed(_))));
    let other = remade(ca.tsa(), |data| data.encap_content_info.econtent_type = ID_DATA);
    assert!(matches!(tsp::verify_token(&other, DATA, &known), Err(TspError::Malformed(_))));
}

/// RFC 3161 §2.4.2: only granted (0) and grantedWithMods (1) come with a token that counts (wire.md §6.1).
#[test]
fn the_status_decides() {
    let (ca, _dir) = saved_ca(false, KeyKind::P256);
    let known = [ca.tsa().certificate().clone()];
    let imprint = hash::sha512(DATA);
    let mut response = respond(ca.tsa(), &tsp::request(&imprint).unwrap(), NOW, 1);
    assert_eq!(response[4..9], [0x30, 3, 2, 1, 0], "PKIStatusInfo");
    for (status, good) in [(0, true), (1, true), (2, false), (3, false), (4, false), (5, false)] {
        response[8] = status;
        assert_eq!(tsp::accept(&response, &imprint, &known).is_ok(), good, "{status}");
    }
    let without = [0x30, 5, 0x30, 3, 2, 1, 0];
    assert!(matches!(tsp::accept(&without, &imprint, &known), Err(TspError::NoToken)));
}

/// RFC 5652 §3 allows BER: indefinite lengths around the token.
#[test]
fn a_response_in_ber_is_stored_as_der() {
    let (ca, dir) = saved_ca(false, KeyKind::P256);
    let known = [ca.tsa().certificate().clone()];
    let imprint = hash::sha512(DATA);
    let response = respond(ca.tsa(), &tsp::request(&imprint).unwrap(), NOW, 1);
    // SEQUENCE, its length in the two-octet form, then the rest.
    assert_eq!(response[..2], [0x30, 0x82]);
    let ber = [&[0x30, 0x80], &response[4..], &[0, 0]].concat();
    let token = tsp::accept(&ber, &imprint, &known).unwrap();
    assert_eq!(token.der(), tsp::accept(&response, &imprint, &known).unwrap().der());
    if openssl_is_here() {
        put(dir.path(), "stored.tst", token.der());
        let (ok, text) =
            openssl(dir.path(), &["ts", "-reply", "-in", "stored.tst", "-token_in", "-token_out", "-text"]);
        assert!(ok, "{text}");
    }
}
