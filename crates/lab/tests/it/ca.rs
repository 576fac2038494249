use std::fs;
use std::os::unix::fs::PermissionsExt;

use simpul_lab::MARK;
use simpul_lab::ca::{CaPlan, KeyKind, LabCa, LabError, SubjectLayout};
use simpul_trust::cert::verify_path;
use simpul_trust::token::Signer;

use crate::program::{KINDS, NOW, auth_key, member, openssl, openssl_is_here, put, saved_ca, sign_key};

const LAYOUTS: [SubjectLayout; 3] = [SubjectLayout::Basic, SubjectLayout::FiVrk, SubjectLayout::Ejbca];

/// wire.md §10.1: the profile reads back the member that was asked for.
#[test]
fn the_profile_reads_the_member_back() {
    let (mut ca, _dir) = saved_ca(false, KeyKind::P256);
    for layout in LAYOUTS {
        let signer = sign_key(&mut ca, layout);
        let certificate = signer.certificate();
        assert!(certificate.is_signing() && !certificate.is_authentication().unwrap(), "{layout:?}");
        let read = layout.profile().member_id(certificate, &member().instance).unwrap();
        assert_eq!(read, member(), "{layout:?}");
        assert!(certificate.subject_rfc2253().contains(MARK), "{layout:?}");
        let auth = auth_key(&mut ca, layout);
        assert!(auth.certificate().is_authentication().unwrap() && !auth.certificate().is_signing());
        assert!(auth.certificate().subject_rfc2253().contains(MARK), "{layout:?}");
    }
    for service in ca.ocsp_certificates().iter().chain([ca.root(), ca.tsa().certificate()]) {
        assert!(service.subject_rfc2253().contains(MARK));
    }
}

/// The extensions of §10.3, as OpenSSL prints them; paths checked by OpenSSL and by the trust crate.
#[test]
fn openssl_agrees_with_certificates_and_paths() {
    for (intermediate, key) in KINDS {
        let (mut ca, dir) = saved_ca(intermediate, key);
        let sign = sign_key(&mut ca, SubjectLayout::Basic);
        let auth = auth_key(&mut ca, SubjectLayout::Basic);
        for signer in [&sign, &auth] {
            let path = verify_path(signer.certificate(), signer.chain(), ca.root(), NOW).unwrap();
            assert_eq!(path.len(), if intermediate { 3 } else { 2 });
        }
        if !openssl_is_here() {
            return;
        }
        let dir = dir.path();
        put(dir, "sign.crt", &sign.certificate().x509().to_pem().unwrap());
        put(dir, "auth.crt", &auth.certificate().x509().to_pem().unwrap());
        let at = NOW.secs().to_string();
        let mut verify = vec!["verify", "-x509_strict", "-attime", &at, "-CAfile", "root.crt"];
        if intermediate {
            verify.extend(["-untrusted", "issuing.crt"]);
        }
        for file in ["sign.crt", "auth.crt", "tsa.crt", "root-ocsp.crt"] {
            let (ok, text) = openssl(dir, &[&verify[..], &[file]].concat());
            assert!(ok, "{text}");
        }
        let before = (NOW.secs() - 1).to_string();
        let (ok, _) = openssl(dir, &["verify", "-attime", &before, "-CAfile", "root.crt", "root-ocsp.crt"]);
        assert!(!ok, "not yet valid");

        let shown = |file| openssl(dir, &["x509", "-noout", "-text", "-in", file]).1;
        let sign = shown("sign.crt");
        assert!(sign.contains("X509v3 Key Usage: critical\n                Non Repudiation\n"), "{sign}");
        assert!(sign.contains("CA:FALSE"));
        assert!(sign.contains("businessCategory = GOV") && sign.contains("serialNumber = 1001"), "{sign}");
        let auth = shown("auth.crt");
        assert!(auth.contains("Digital Signature, Key Encipherment, Data Encipherment, Key Agreement"), "{auth}");
        assert!(auth.contains("TLS Web Client Authentication, TLS Web Server Authentication"));
        assert!(auth.contains("DNS:ss1.lab.test"));
        assert!(shown("tsa.crt").contains("X509v3 Extended Key Usage: critical\n                Time Stamping"));
        assert!(shown("root-ocsp.crt").contains("X509v3 Extended Key Usage: critical\n                OCSP Signing"));
    }
}

#[test]
fn a_saved_ca_goes_on_where_it_was() {
    for (intermediate, key) in KINDS {
        let (mut ca, dir) = saved_ca(intermediate, key);
        let first = sign_key(&mut ca, SubjectLayout::Basic);
        ca.revoke(first.certificate(), NOW).unwrap();
        ca.save(dir.path()).unwrap();
        let mut again = LabCa::load(dir.path()).unwrap();
        assert_eq!(again.root(), ca.root());
        assert_eq!(again.issuer(), ca.issuer());
        assert_eq!(again.intermediates(), ca.intermediates());
        assert_eq!(again.tsa().certificate(), ca.tsa().certificate());
        let next = sign_key(&mut again, SubjectLayout::Basic);
        let serial = |s: &simpul_trust::token::SoftSigner| s.certificate().serial_decimal().parse::<u64>().unwrap();
        assert_eq!(serial(&next), serial(&first) + 1);
        again.save(dir.path()).unwrap();
    }
}

#[test]
fn keys_are_readable_by_their_owner_only() {
    let (_ca, dir) = saved_ca(true, KeyKind::P256);
    let mut keys = 0;
    for entry in fs::read_dir(dir.path()).unwrap().map(Result::unwrap) {
        assert!(!entry.file_name().to_string_lossy().ends_with(".new"), "a half-written file is left");
        if entry.path().extension().is_some_and(|e| e == "key") {
            keys += 1;
            assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
    assert_eq!(keys, 5);
}

#[test]
fn another_ca_is_not_overwritten() {
    let (_ca, dir) = saved_ca(false, KeyKind::P256);
    let plan = CaPlan { key: KeyKind::P256, ..CaPlan::named("Other", NOW) };
    let other = LabCa::create(&plan).unwrap();
    assert!(matches!(other.save(dir.path()), Err(LabError::Occupied(_))));
}

#[test]
fn damaged_state_is_named() {
    let (_ca, dir) = saved_ca(false, KeyKind::P256);
    let path = dir.path().join("ca.json");
    let good = fs::read_to_string(&path).unwrap();
    put(dir.path(), "ca.json", good.replace("\"version\": 1", "\"version\": 2").as_bytes());
    assert!(matches!(LabCa::load(dir.path()), Err(LabError::Version { version: 2, .. })));
    put(dir.path(), "ca.json", good.replace("\"name\"", "\"nam\"").as_bytes());
    assert!(matches!(LabCa::load(dir.path()), Err(LabError::Document { .. })));
    put(dir.path(), "ca.json", good.as_bytes());
    fs::copy(dir.path().join("tsa.key"), dir.path().join("root.key")).unwrap();
    assert!(matches!(LabCa::load(dir.path()), Err(LabError::Key(_))));
}

#[test]
fn only_own_certificates_are_revoked() {
    let (mut ca, _dir) = saved_ca(false, KeyKind::P256);
    let (mut other, _other_dir) = saved_ca(false, KeyKind::P256);
    let foreign = sign_key(&mut other, SubjectLayout::Basic);
    sign_key(&mut ca, SubjectLayout::Basic);
    assert!(matches!(ca.revoke(foreign.certificate(), NOW), Err(LabError::NotIssued(_))));
}
