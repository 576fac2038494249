use std::time::Duration;

use der::asn1::{BitString, OctetString};
use der::{Decode, Encode};
use simpul_core::{Code, UnixTime};
use simpul_lab::ca::{CaPlan, KeyKind, LabCa, SubjectLayout};
use simpul_lab::ocsp::respond;
use simpul_trust::cert::Certificate;
use simpul_trust::ocsp::{self, CertificateStatus, OcspError, OcspFacts, OcspRules};
use simpul_trust::token::{Signer, SoftSigner};
use x509_cert::name::Name;
use x509_ocsp::{BasicOcspResponse, OcspResponse, ResponderId};

use crate::program::{KINDS, NOW, auth_key, openssl, openssl_is_here, put, saved_ca, sign_key};

const HOUR: Duration = Duration::from_secs(3600);

fn rules<'a>(responders: &'a [Certificate], candidates: &'a [Certificate]) -> OcspRules<'a> {
    OcspRules {
        responders: responders.iter().collect(),
        candidates: candidates.iter().collect(),
        freshness: HOUR,
        verify_next_update: true,
    }
}

fn asked(ca: &LabCa, cert: &Certificate, issuer: &Certificate, at: UnixTime) -> Vec<u8> {
    respond(ca, &ocsp::request(cert, issuer).unwrap(), at, Some(HOUR))
}

fn refused(result: Result<OcspFacts, OcspError>) -> (Code, OcspError) {
    let error = result.unwrap_err();
    (error.code(), error)
}

/// wire.md §3.8, the whole chain: the responder is authorised by configuration, or by being issued with OCSPSigning.
#[test]
fn good_responses_are_believed() {
    for (intermediate, key) in KINDS {
        let (mut ca, _dir) = saved_ca(intermediate, key);
        let sign = sign_key(&mut ca, SubjectLayout::Basic);
        let mut links = vec![(sign.certificate().clone(), ca.issuer().clone())];
        if intermediate {
            links.push((ca.issuer().clone(), ca.root().clone()));
        }
        for (cert, issuer) in links {
            let response = asked(&ca, &cert, &issuer, NOW);
            let facts = ocsp::verify(&response, &cert, &issuer, &rules(&ca.ocsp_certificates(), &[]), NOW).unwrap();
            assert_eq!((facts.this_update, facts.next_update), (NOW, Some(NOW.plus(HOUR))));
            assert_eq!(facts.produced_at, NOW);
            assert!(facts.responder.signs_ocsp());
            ocsp::verify(&response, &cert, &issuer, &rules(&[], &[]), NOW).unwrap();
        }
    }
}

#[test]
fn status_follows_the_record() {
    let (mut ca, dir) = saved_ca(false, KeyKind::P256);
    let sign = sign_key(&mut ca, SubjectLayout::Basic);
    let cert = sign.certificate();
    let issuer = ca.issuer().clone();
    ca.revoke(cert, NOW.plus(HOUR)).unwrap();
    ca.revoke(cert, NOW.plus(HOUR * 2)).unwrap();
    let status = |at| ocsp::peek(&asked(&ca, cert, &issuer, at)).unwrap().status;
    assert_eq!(status(NOW), CertificateStatus::Good);
    assert_eq!(status(NOW.plus(HOUR)), CertificateStatus::Revoked(NOW.plus(HOUR)));

    let revoked = asked(&ca, cert, &issuer, NOW.plus(HOUR));
    let (code, error) = refused(ocsp::verify(&revoked, cert, &issuer, &rules(&[], &[]), NOW.plus(HOUR)));
    assert_eq!(code, Code::CertValidation);
    assert!(matches!(error, OcspError::NotGood(CertificateStatus::Revoked(_))));

    // A certificate that the CA signed and has no record of.
    let mut copy = LabCa::load(dir.path()).unwrap();
    sign_key(&mut copy, SubjectLayout::Basic);
    let unrecorded = sign_key(&mut copy, SubjectLayout::Basic);
    let response = asked(&ca, unrecorded.certificate(), &issuer, NOW);
    let (code, error) = refused(ocsp::verify(&response, unrecorded.certificate(), &issuer, &rules(&[], &[]), NOW));
    assert_eq!(code, Code::CertValidation);
    assert!(matches!(error, OcspError::NotGood(CertificateStatus::Unknown)));
}

/// wire.md §3.8: thisUpdate not older than the freshness, nextUpdate not before the time of the check.
#[test]
fn freshness_is_exact() {
    let (mut ca, _dir) = saved_ca(false, KeyKind::P256);
    let sign = sign_key(&mut ca, SubjectLayout::Basic);
    let (cert, issuer) = (sign.certificate(), ca.issuer().clone());
    let request = ocsp::request(cert, &issuer).unwrap();
    let open = respond(&ca, &request, NOW, None);
    let short = respond(&ca, &request, NOW, Some(HOUR / 2));
    let no_carried = rules(&[], &[]);
    let ignoring = OcspRules { verify_next_update: false, ..no_carried.clone() };
    let check = |response: &[u8], rules: &OcspRules<'_>, at| ocsp::verify(response, cert, &issuer, rules, at);
    let millisecond = Duration::from_millis(1);

    check(&open, &no_carried, NOW.plus(HOUR)).unwrap();
    let (code, error) = refused(check(&open, &no_carried, NOW.plus(HOUR + millisecond)));
    assert_eq!(code, Code::IncorrectValidationInfo);
    assert!(matches!(error, OcspError::TooOld { .. }));

    check(&short, &no_carried, NOW.plus(HOUR / 2)).unwrap();
    let (code, error) = refused(check(&short, &no_carried, NOW.plus(HOUR / 2 + millisecond)));
    assert_eq!(code, Code::IncorrectValidationInfo);
    assert!(matches!(error, OcspError::Superseded { .. }));
    check(&short, &ignoring, NOW.plus(HOUR)).unwrap();

    check(&open, &no_carried, NOW.minus(HOUR * 24)).unwrap();
    let claim = ocsp::peek(&short).unwrap();
    assert!(claim.is_fresh(HOUR, false, NOW.plus(HOUR)));
    assert!(!claim.is_fresh(HOUR, true, NOW.plus(HOUR)));
}

#[test]
fn the_response_is_for_this_certificate_and_issuer() {
    let (mut ca, _dir) = saved_ca(false, KeyKind::P256);
    let sign = sign_key(&mut ca, SubjectLayout::Basic);
    let auth = auth_key(&mut ca, SubjectLayout::Basic);
    let issuer = ca.issuer().clone();
    let response = asked(&ca, sign.certificate(), &issuer, NOW);
    let (code, error) = refused(ocsp::verify(&response, auth.certificate(), &issuer, &rules(&[], &[]), NOW));
    assert_eq!(code, Code::IncorrectValidationInfo);
    assert!(matches!(error, OcspError::OtherCertificate { .. }));
    let (other, _other_dir) = saved_ca(false, KeyKind::P256);
    let (_, error) = refused(ocsp::verify(&response, sign.certificate(), other.root(), &rules(&[], &[]), NOW));
    assert!(matches!(error, OcspError::OtherCertificate { .. }), "same name and serial, another key");
}

/// Only the first status counts, and a signer may not speak for another CA.
#[test]
fn responders_speak_for_their_issuer_only() {
    let (mut ca, dir) = saved_ca(true, KeyKind::P256);
    let sign = sign_key(&mut ca, SubjectLayout::Basic);
    let (cert, issuer) = (sign.certificate(), ca.issuer().clone());

    // A serial number of the root is none of the intermediate's.
    let misplaced = ocsp::peek(&asked(&ca, &issuer, &issuer, NOW)).unwrap();
    assert_eq!(misplaced.status, CertificateStatus::Unknown);

    // The root's responder answers about the root's CA; the same bytes prove nothing below the intermediate.
    let about_issuer = asked(&ca, &issuer, &ca.root().clone(), NOW);
    assert!(ocsp::verify(&about_issuer, &issuer, ca.root(), &rules(&[], &[]), NOW).is_ok());
    assert!(ocsp::verify(&about_issuer, cert, &issuer, &rules(&[], &[]), NOW).is_err());

    // A signing certificate of a member is no responder, even though the CA issued it.
    let forged = signed_by(&ca, cert, &issuer, &sign);
    let (code, error) = refused(ocsp::verify(&forged, cert, &issuer, &rules(&[], &[]), NOW));
    assert_eq!(code, Code::IncorrectValidationInfo);
    assert!(matches!(error, OcspError::NotAuthorised { .. }), "{error:?}");
    // Nor is the responder of another CA, though it has OCSPSigning.
    let pem = |name| std::fs::read(dir.path().join(name)).unwrap();
    let of_root = Certificate::from_der_or_pem(&pem("root-ocsp.crt")).unwrap();
    let of_root = SoftSigner::from_pem(&pem("root-ocsp.key"), of_root, vec![]).unwrap();
    let foreign = signed_by(&ca, cert, &issuer, &of_root);
    let (_, error) = refused(ocsp::verify(&foreign, cert, &issuer, &rules(&[], &[]), NOW));
    assert!(matches!(error, OcspError::NotAuthorised { .. }), "{error:?}");

    // Configured for that CA it is one.
    let configured = [cert.clone()];
    assert!(ocsp::verify(&forged, cert, &issuer, &rules(&configured, &[]), NOW).is_ok());
    // Known, but configured for no CA: not authorised.
    assert!(ocsp::verify(&forged, cert, &issuer, &rules(&[], &configured), NOW).is_err());
}

/// The lab's answer about `cert`, signed again by another signer, which is also named as the responder by key.
fn signed_by(ca: &LabCa, cert: &Certificate, issuer: &Certificate, signer: &impl Signer) -> Vec<u8> {
    remade(&asked(ca, cert, issuer, NOW), signer, |basic| {
        let hash = openssl::sha::sha1(signer.certificate().key_bits());
        basic.tbs_response_data.responder_id = ResponderId::ByKey(OctetString::new(hash).unwrap());
        basic.certs = Some(vec![x509_cert::Certificate::from_der(signer.certificate().der()).unwrap()]);
    })
}

/// A response, changed and signed again.
fn remade(response: &[u8], signer: &impl Signer, change: impl FnOnce(&mut BasicOcspResponse)) -> Vec<u8> {
    let response = OcspResponse::from_der(response).unwrap();
    let mut basic = BasicOcspResponse::from_der(response.response_bytes.unwrap().response.as_bytes()).unwrap();
    change(&mut basic);
    let signed = basic.tbs_response_data.to_der().unwrap();
    let signing = signer.sign(simpul_core::DigestAlgorithm::Sha256, &signed);
    basic.signature = BitString::from_bytes(&now(signing).unwrap()).unwrap();
    OcspResponse::successful(basic).unwrap().to_der().unwrap()
}

/// wire.md §3.8: only the first SingleResponse counts.
#[test]
fn only_the_first_status_counts() {
    let (mut ca, _dir) = saved_ca(false, KeyKind::P256);
    let sign = sign_key(&mut ca, SubjectLayout::Basic);
    let auth = auth_key(&mut ca, SubjectLayout::Basic);
    let (cert, issuer) = (sign.certificate(), ca.issuer().clone());
    ca.revoke(auth.certificate(), NOW).unwrap();
    let single = |cert: &Certificate| {
        let outer = OcspResponse::from_der(&asked(&ca, cert, &issuer, NOW)).unwrap();
        let basic = BasicOcspResponse::from_der(outer.response_bytes.unwrap().response.as_bytes()).unwrap();
        basic.tbs_response_data.responses[0].clone()
    };
    let configured = [cert.clone()];
    let rules = rules(&configured, &[]);
    let of = |responses: Vec<x509_ocsp::SingleResponse>| {
        remade(&signed_by(&ca, cert, &issuer, &sign), &sign, |basic| basic.tbs_response_data.responses = responses)
    };
    let (good, revoked) = (single(cert), single(auth.certificate()));
    let response = of(vec![good.clone(), revoked.clone()]);
    assert!(ocsp::verify(&response, cert, &issuer, &rules, NOW).is_ok());
    let (_, error) = refused(ocsp::verify(&of(vec![revoked, good]), cert, &issuer, &rules, NOW));
    assert!(matches!(error, OcspError::OtherCertificate { .. }));
    let (code, error) = refused(ocsp::verify(&of(vec![]), cert, &issuer, &rules, NOW));
    assert_eq!(code, Code::IncorrectValidationInfo);
    assert!(matches!(error, OcspError::Empty));
}

/// wire.md §3.8: by name or by key hash, among configured and carried certificates; at most `CHAIN` are carried.
#[test]
fn responders_are_found_by_name() {
    let (mut ca, _dir) = saved_ca(false, KeyKind::P256);
    // The same subject twice, as when a responder's key was renewed.
    let old = sign_key(&mut ca, SubjectLayout::Basic);
    let new = sign_key(&mut ca, SubjectLayout::Basic);
    let (cert, issuer) = (old.certificate(), ca.issuer().clone());
    let named = |certs: Option<Vec<x509_cert::Certificate>>| {
        remade(&asked(&ca, cert, &issuer, NOW), &new, |basic| {
            let name = Name::from_der(&new.certificate().subject_der()).unwrap();
            basic.tbs_response_data.responder_id = ResponderId::ByName(name);
            basic.certs = certs;
        })
    };
    let both = [old.certificate().clone(), new.certificate().clone()];
    let response = named(None);
    assert!(ocsp::verify(&response, cert, &issuer, &rules(&both, &[]), NOW).is_ok());
    let (_, error) = refused(ocsp::verify(&response, cert, &issuer, &rules(&both[..1], &[]), NOW));
    assert!(matches!(error, OcspError::Signature), "the old key only");
    let (code, error) = refused(ocsp::verify(&response, cert, &issuer, &rules(&[], &[]), NOW));
    assert_eq!(code, Code::IncorrectValidationInfo);
    assert!(matches!(error, OcspError::UnknownResponder));

    let carried = x509_cert::Certificate::from_der(new.certificate().der()).unwrap();
    let bound = simpul_core::limits::CHAIN;
    assert!(ocsp::verify(&named(Some(vec![carried.clone(); bound])), cert, &issuer, &rules(&both, &[]), NOW).is_ok());
    let over = named(Some(vec![carried; bound + 1]));
    assert!(matches!(ocsp::verify(&over, cert, &issuer, &rules(&both, &[]), NOW), Err(OcspError::Malformed(_))));
}

/// A responder that only its extendedKeyUsage authorises must be valid; one that is configured is trusted for that.
#[test]
fn delegated_responders_expire() {
    let plan = CaPlan { key: KeyKind::P256, lifetime: HOUR * 24, ..CaPlan::named("Atlantis", NOW) };
    let mut ca = LabCa::create(&plan).unwrap();
    let sign = sign_key(&mut ca, SubjectLayout::Basic);
    let (cert, issuer) = (sign.certificate(), ca.issuer().clone());
    for (at, good) in [(NOW.plus(HOUR * 24), true), (NOW.plus(HOUR * 25), false)] {
        let response = asked(&ca, cert, &issuer, at);
        assert_eq!(ocsp::verify(&response, cert, &issuer, &rules(&[], &[]), at).is_ok(), good);
        assert!(ocsp::verify(&response, cert, &issuer, &rules(&ca.ocsp_certificates(), &[]), at).is_ok());
    }
}

/// A future that never waits.
fn now<T>(future: impl Future<Output = T>) -> T {
    let mut future = Box::pin(future);
    match future.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {
        std::task::Poll::Ready(value) => value,
        std::task::Poll::Pending => panic!("it waits"),
    }
}

/// Every octet of a response is covered by the signature, or names nothing that is believed.
#[test]
fn a_changed_response_is_refused_or_says_the_same() {
    let (mut ca, _dir) = saved_ca(false, KeyKind::P256);
    let sign = sign_key(&mut ca, SubjectLayout::Basic);
    let (cert, issuer) = (sign.certificate(), ca.issuer().clone());
    let response = asked(&ca, cert, &issuer, NOW);
    let known = ca.ocsp_certificates();
    let rules = rules(&[], &known);
    let facts = format!("{:?}", ocsp::verify(&response, cert, &issuer, &rules, NOW).unwrap());
    let mut kept = 0;
    for i in 0..response.len() {
        for bit in [1, 0x80] {
            let mut changed = response.clone();
            changed[i] ^= bit;
            if let Ok(said) = ocsp::verify(&changed, cert, &issuer, &rules, NOW) {
                assert_eq!(format!("{said:?}"), facts, "octet {i}");
                kept += 1;
            }
        }
    }
    let carried = known[0].der().len();
    assert!(kept <= 2 * carried, "{kept} changes were accepted; the carried certificate has {carried} octets");
}

#[test]
fn what_cannot_be_read_is_refused() {
    let (mut ca, _dir) = saved_ca(false, KeyKind::P256);
    let sign = sign_key(&mut ca, SubjectLayout::Basic);
    let (cert, issuer) = (sign.certificate(), ca.issuer().clone());
    let response = asked(&ca, cert, &issuer, NOW);
    let none = rules(&[], &[]);
    for cut in 0..response.len() {
        assert!(ocsp::verify(response.get(..cut).unwrap(), cert, &issuer, &none, NOW).is_err(), "cut at {cut}");
    }
    let huge = vec![0x30; simpul_core::limits::OCSP_RESPONSE + 1];
    let (code, error) = refused(ocsp::verify(&huge, cert, &issuer, &none, NOW));
    assert_eq!(code, Code::IncorrectValidationInfo);
    assert!(matches!(error, OcspError::TooLarge(_)));
    let malformed = respond(&ca, b"no request", NOW, None);
    let (code, error) = refused(ocsp::verify(&malformed, cert, &issuer, &none, NOW));
    assert_eq!(code, Code::IncorrectValidationInfo);
    assert!(matches!(error, OcspError::Unsuccessful("malformedRequest")));
}

/// OpenSSL reads our request, believes our response, and sees the revocation.
#[test]
fn openssl_agrees_with_requests_and_responses() {
    if !openssl_is_here() {
        return;
    }
    for (intermediate, key) in KINDS {
        let (mut ca, dir) = saved_ca(intermediate, key);
        let sign = sign_key(&mut ca, SubjectLayout::Basic);
        let (cert, issuer) = (sign.certificate(), ca.issuer().clone());
        let dir = dir.path();
        put(dir, "sign.crt", &cert.x509().to_pem().unwrap());
        put(dir, "issuer.crt", &issuer.x509().to_pem().unwrap());
        let chain = [ca.root().x509().to_pem().unwrap(), issuer.x509().to_pem().unwrap()].concat();
        put(dir, "chain.crt", &chain);
        let request = ocsp::request(cert, &issuer).unwrap();
        put(dir, "own.req", &request);
        let (ok, text) = openssl(dir, &["ocsp", "-reqin", "own.req", "-req_text"]);
        assert!(ok && text.contains("Hash Algorithm: sha1") && !text.contains("Nonce"), "{text}");

        let made = ["ocsp", "-issuer", "issuer.crt", "-cert", "sign.crt", "-reqout", "asked.req"];
        assert!(openssl(dir, &made).0);
        let asked = std::fs::read(dir.join("asked.req")).unwrap();
        let at = NOW.secs().to_string();
        let judge = |response: &[u8], question: &[&str]| {
            put(dir, "answer.der", response);
            let rest = ["-CAfile", "chain.crt", "-attime", &at, "-validity_period", "100000000"];
            let asked = ["ocsp", "-issuer", "issuer.crt", "-respin", "answer.der"];
            openssl(dir, &[&asked[..], question, &rest].concat()).1
        };
        let status = ["-cert", "sign.crt", "-no_nonce"];
        let nonce = judge(&respond(&ca, &asked, NOW, Some(HOUR)), &["-reqin", "asked.req"]);
        assert!(nonce.contains("Response verify OK") && !nonce.contains("Nonce"), "the nonce is echoed: {nonce}");
        let good = judge(&respond(&ca, &asked, NOW, Some(HOUR)), &status);
        assert!(good.contains("Response verify OK") && good.contains("sign.crt: good"), "{good}");
        ca.revoke(cert, NOW).unwrap();
        let revoked = judge(&respond(&ca, &asked, NOW, Some(HOUR)), &status);
        assert!(revoked.contains("Response verify OK") && revoked.contains("sign.crt: revoked"), "{revoked}");

        let mut changed = respond(&ca, &asked, NOW, Some(HOUR));
        let middle = changed.len() / 8;
        changed[middle] ^= 1;
        assert!(!judge(&changed, &status).contains("Response verify OK"));
    }
}
