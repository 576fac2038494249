use simpul_core::{Code, DigestAlgorithm};
use simpul_lab::ca::{KeyKind, SubjectLayout};
use simpul_lab::tsa::respond;
use simpul_trust::cert::Certificate;
use simpul_trust::hash;
use simpul_trust::token::Signer;
use simpul_trust::tsp::{self, TspError};

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
