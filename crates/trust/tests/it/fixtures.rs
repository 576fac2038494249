//! X-Road's own data (`fixtures/INDEX.md`), and a timestamp made by OpenSSL (`evidence/INDEX.md`).

use std::fs::{self, File};
use std::io::Read;
use std::path::PathBuf;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use simpul_core::{Code, Digest, DigestAlgorithm, UnixTime};
use simpul_trust::cert::{Certificate, CertificateProfile, verify_path};
use simpul_trust::hash;
use simpul_trust::ocsp::{self, OcspRules};
use simpul_trust::tsp;

/// A file or folder of the shared fixtures; `None`, with a word about it, where they are missing.
pub(crate) fn fixture(path: &str) -> Option<PathBuf> {
    let root = std::env::var_os("SIMPUL_FIXTURES")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")), PathBuf::from);
    let found = root.join(path);
    if !found.exists() {
        println!("skipped: no fixtures");
        return None;
    }
    Some(found)
}

fn read(path: &str) -> Option<Vec<u8>> {
    fixture(path).map(|p| fs::read(p).unwrap())
}

fn unbase64(text: &str) -> Vec<u8> {
    STANDARD.decode(text.chars().filter(|c| !c.is_ascii_whitespace()).collect::<String>()).unwrap()
}

/// The decoded texts of all elements with this local name.
fn values(xml: &str, local: &str) -> Vec<Vec<u8>> {
    let doc = roxmltree::Document::parse(xml).unwrap();
    let named = |n: &roxmltree::Node<'_, '_>| n.tag_name().name() == local;
    doc.descendants().filter(named).filter_map(|n| n.text().map(unbase64)).collect()
}

/// The certificates under the elements with this local name.
fn certificates(xml: &str, local: &str) -> Vec<Certificate> {
    let doc = roxmltree::Document::parse(xml).unwrap();
    let parents = doc.descendants().filter(|n| n.tag_name().name() == local);
    let certs = parents.flat_map(|p| p.children().filter(|n| n.tag_name().name() == "cert"));
    certs.map(|n| Certificate::from_der_or_pem(&unbase64(n.text().unwrap())).unwrap()).collect()
}

fn entry(container: &str, name: &str) -> Vec<u8> {
    let path = fixture(&format!("xroad/fixtures/asice/{container}")).unwrap();
    let mut zip = zip::ZipArchive::new(File::open(path).unwrap()).unwrap();
    let mut bytes = Vec::new();
    zip.by_name(name).unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

fn sha256_value(hex: &str) -> Digest {
    let octets: Vec<u8> = (0..32).map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap()).collect();
    Digest::new(DigestAlgorithm::Sha256, &octets).unwrap()
}

fn tsa() -> Option<Certificate> {
    read("evidence/fixtures/tsa/tsa.crt").map(|pem| Certificate::from_der_or_pem(&pem).unwrap())
}

/// wire.md §6.1: granted, imprint, signer among the configured certificates; the certificate goes into the token.
/// The expected facts are what `openssl ts -reply -text` prints for the file.
#[test]
fn a_response_made_by_openssl_is_accepted() {
    let Some(tsa) = tsa() else { return };
    let response = read("evidence/fixtures/tsa/r.tsr").unwrap();
    let data = read("evidence/fixtures/tsa/d.txt").unwrap();
    let imprint = hash::digest(DigestAlgorithm::Sha256, &data);
    let known = [tsa.clone()];
    let token = tsp::accept(&response, &imprint, &known).unwrap();
    assert_eq!(token.facts().signer, tsa);
    let facts = tsp::verify_token(token.der(), &data, &known).unwrap();
    assert_eq!(facts.gen_time, "2026-11-21T20:38:53Z".parse().unwrap());
    assert_eq!((facts.serial.as_str(), facts.policy.as_str()), ("2", "1.2.3.4"));

    let code = |r: Result<tsp::TokenFacts, tsp::TspError>| r.unwrap_err().code();
    assert_eq!(code(tsp::verify_token(token.der(), b"other", &known)), Code::MalformedSignature);
    assert_eq!(code(tsp::verify_token(token.der(), &data, &[])), Code::NoTimestampingProviderFound);
    let other = tsp::accept(&response, &hash::sha512(&data), &known).unwrap_err();
    assert_eq!(other.code(), Code::MalformedSignature, "the imprint has another algorithm");
}

/// A flipped bit anywhere in a token is refused, or it lies outside what the signature covers and changes no fact.
#[test]
fn a_changed_token_is_refused_or_says_the_same() {
    let Some(tsa) = tsa() else { return };
    let data = read("evidence/fixtures/tsa/d.txt").unwrap();
    let response = read("evidence/fixtures/tsa/r.tsr").unwrap();
    let known = [tsa];
    let token = tsp::accept(&response, &hash::digest(DigestAlgorithm::Sha256, &data), &known).unwrap();
    let facts = format!("{:?}", token.facts());
    let mut kept = 0;
    for i in 0..token.der().len() {
        let mut changed = token.der().to_vec();
        changed[i] ^= 1;
        if let Ok(said) = tsp::verify_token(&changed, &data, &known) {
            assert_eq!(format!("{said:?}"), facts, "octet {i}");
            kept += 1;
        }
    }
    // What may change: the certificate that the token carries, CMS versions, digestAlgorithms.
    assert!(kept < token.der().len() - 600, "{kept} of {}", token.der().len());
}

/// `fixtures/tsp`: a response of EJBCA with a nonce that was not asked for and an ESSCertID of version 1; the imprint
/// is the one that it holds.
#[test]
fn a_response_from_a_java_authority_is_accepted() {
    let Some(response) = read("xroad/fixtures/tsp/tsp.response") else { return };
    let conf = text(read("xroad/fixtures/globalconf/globalconf_good_v2/EE/shared-params.xml").unwrap());
    let known = certificates(&conf, "approvedTSA");
    let imprint = sha256_value("71d585c94001734cffc71d02209cda8982399339f668d2772917ed09007921cf");
    let token = tsp::accept(&response, &imprint, &known).unwrap();
    assert_eq!(token.facts().gen_time, "2014-05-06T08:28:49Z".parse().unwrap());
    let others = certificates(&conf, "ocsp");
    assert!(!others.is_empty());
    assert_eq!(tsp::accept(&response, &imprint, &others).unwrap_err().code(), Code::TspCertificateNotFound);
}

/// wire.md §6.2 and §6.4: the tokens of the valid containers stamp the decoded SignatureValue, or the batch's result;
/// §3.8 and §5.4.7–8: path and OCSP of the signing certificate hold at the token's time.
#[test]
fn valid_containers_hold_at_their_time() {
    let Some(conf) = read("xroad/fixtures/globalconf/globalconf_good2_v3/DEV/shared-params.xml") else { return };
    let conf = text(conf);
    let authorities = certificates(&conf, "approvedTSA");
    let cas = certificates(&conf, "topCA");
    let responders = certificates(&conf, "ocsp");
    let candidates: Vec<&Certificate> = responders.iter().chain(&cas).collect();
    for name in ["valid-signed-message.asice", "valid-signed-hashchain.asice", "valid-non-batch-soap-attachments.asice"]
    {
        let signatures = text(entry(name, "META-INF/signatures.xml"));
        let (token, data) = match values(&signatures, "EncapsulatedTimeStamp").pop() {
            Some(token) => (token, values(&signatures, "SignatureValue").remove(0)),
            None => (entry(name, "META-INF/timestamp.tst"), entry(name, "ts-hashchainresult.xml")),
        };
        let at = tsp::verify_token(&token, &data, &authorities).unwrap().gen_time;
        let signer = Certificate::from_der(&values(&signatures, "X509Certificate")[0]).unwrap();
        assert!(signer.is_signing());
        let issuer = cas.iter().find(|ca| ca.subject_der() == signer.issuer_der()).unwrap();
        verify_path(&signer, &[], issuer, at).unwrap();
        let member = CertificateProfile::FiVrk.member_id(&signer, &"DEV".parse().unwrap()).unwrap();
        assert_eq!(member.short(), "DEV/COM/4321");

        let response = values(&signatures, "EncapsulatedOCSPValue").remove(0);
        let rules = |responders, candidates, freshness, verify_next_update| OcspRules {
            responders,
            candidates,
            freshness: Duration::from_secs(freshness),
            verify_next_update,
        };
        let configured = rules(responders.iter().collect(), candidates.clone(), 3600, true);
        let facts = ocsp::verify(&response, &signer, issuer, &configured, at).unwrap();
        assert!(facts.this_update <= at);
        // The responder has OCSPSigning and is issued by the CA: authorised without configuration too.
        let carried = rules(vec![], vec![], 3600, true);
        assert!(ocsp::verify(&response, &signer, issuer, &carried, at).is_ok());
        let age = at.since(facts.this_update).as_secs();
        let stale = rules(vec![], candidates.clone(), age - 1, true);
        let refused = ocsp::verify(&response, &signer, issuer, &stale, at).unwrap_err();
        assert_eq!(refused.code(), Code::IncorrectValidationInfo);
        assert!(matches!(refused, ocsp::OcspError::TooOld { .. }));
        assert!(ocsp::verify(&response, issuer, issuer, &configured, at).is_err(), "another certificate");
    }
}

/// A token of 2012, stored in BER with indefinite lengths; its imprint is what `openssl ts -reply -text` prints.
#[test]
fn an_old_token_in_ber_verifies() {
    if fixture("xroad/fixtures/asice").is_none() {
        return;
    }
    let conf = text(read("xroad/fixtures/globalconf/globalconf_good_v2/EE/shared-params.xml").unwrap());
    let signatures = text(entry("attachments.asice", "META-INF/signatures.xml"));
    let token = values(&signatures, "EncapsulatedTimeStamp").remove(0);
    assert_eq!(token[..2], [0x30, 0x80]);
    let granted = [&[0x30, 0x80, 0x30, 3, 2, 1, 0], token.as_slice(), &[0, 0]].concat();
    let imprint = sha256_value("5d39774dd13fa49a7c593c186effe10f7f3278be252f1ef3e607022832dcbf6d");
    let token = tsp::accept(&granted, &imprint, &certificates(&conf, "approvedTSA")).unwrap();
    assert_eq!(token.facts().gen_time, "2012-11-30T12:55:34Z".parse().unwrap());
}

/// wire.md §10.1: organizationIdentifier `NTREE-…` is class COM, code after six characters.
#[test]
fn an_estonian_seal_certificate_names_its_member() {
    let Some(base64) = read("xroad/fixtures/certs/NTREE.pem") else { return };
    let certificate = Certificate::from_der(&unbase64(&text(base64))).unwrap();
    let member = CertificateProfile::SkKlass3.member_id(&certificate, &"EE".parse().unwrap()).unwrap();
    assert_eq!(member.short(), "EE/COM/10747013");
}

/// Old test data of X-Road is signed with SHA-1 by a responder that the configuration names; it is refused (I4).
#[test]
fn sha1_signatures_on_ocsp_responses_are_refused() {
    let Some(message) = read("xroad/fixtures/proxymessages/normal.request") else { return };
    let message = String::from_utf8_lossy(&message).into_owned();
    let value = message.split("EncapsulatedOCSPValue").nth(1).unwrap();
    let response = unbase64(value.split_once('>').unwrap().1.split_once('<').unwrap().0);
    let signer = message.split("ds:X509Certificate>").nth(1).unwrap().split_once('<').unwrap().0;
    let signer = Certificate::from_der(&unbase64(signer)).unwrap();
    let conf = text(read("xroad/fixtures/globalconf/globalconf_good_v2/bar/shared-params.xml").unwrap());
    let cas = certificates(&conf, "topCA");
    let issuer = cas.iter().find(|ca| ca.subject_der() == signer.issuer_der()).unwrap();
    let known = certificates(&conf, "ocsp");
    let rules = OcspRules {
        responders: known.iter().collect(),
        candidates: cas.iter().collect(),
        freshness: Duration::from_secs(3600),
        verify_next_update: true,
    };
    let claim = ocsp::peek(&response).unwrap();
    assert_eq!(claim.this_update, "2013-02-02T08:09:50Z".parse::<UnixTime>().unwrap());
    assert_eq!(claim.status, ocsp::CertificateStatus::Good);
    let refused = ocsp::verify(&response, &signer, issuer, &rules, claim.this_update).unwrap_err();
    assert!(matches!(refused, ocsp::OcspError::Algorithm(ref a) if a == "sha1WithRSAEncryption"), "{refused:?}");
    assert_eq!(refused.code(), Code::IncorrectValidationInfo);
}
