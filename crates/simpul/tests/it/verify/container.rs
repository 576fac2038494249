//! `simpul verify` on containers that the Java implementation wrote.

use std::path::{Path, PathBuf};

use super::{Told, copy, fixture, flip, json, text};

/// The trust of the containers (`fixtures/INDEX.md`): a configuration without signatures.
const CONF: &str = "globalconf/globalconf_good2_v3";

fn judged(name: &str) -> Option<Told> {
    let (file, conf) = (fixture(name)?, fixture(CONF)?);
    Some(json(&[Path::new("verify"), &file, Path::new("--conf"), &conf]))
}

/// Verdict and code of every container of fixtures/INDEX.md.
#[test]
fn xroads_containers_have_their_verdicts() {
    for (name, verdict, code) in [
        ("asice/valid-signed-message", "valid", ""),
        ("asice/valid-non-batch-soap-attachments", "valid", ""),
        ("asice/valid-signed-hashchain", "valid", ""),
        ("asice/invalid-not-signed-hashchain", "valid", ""),
        ("asice/invalid-digest", "invalid", "invalid_signature_value"),
        ("asice/invalid-signed-hashchain", "invalid", "malformed_signature.invalid_hash_chain_ref"),
        ("asice/invalid-hashchain-modified-message", "invalid", "malformed_signature.hashchain_unused_inputs"),
        ("asice/invalid-incorrect-references", "invalid", "malformed_signature"),
        ("asice/attachments", "invalid", "asic_message_not_found"),
        ("asice-core/no-message", "invalid", "asic_message_not_found"),
        ("asice-core/no-signature", "invalid", "asic_signature_not_found"),
        ("asice-core/not-asic", "unreadable", "asic_invalid_container"),
        ("asice-core/valid-signed-message-with-attachments", "valid", ""),
        // It parses, as INDEX.md demands. Its message is of 2014, before protocol 4.0: nobody can say who sent it.
        ("asice-core/valid-signed-message", "invalid", "invalid_message"),
    ] {
        let Some(told) = judged(&format!("{name}.asice")) else { return };
        assert_eq!(told.verdict(), (verdict, code), "{name}: {}", told.json);
        // Without an anchor nothing vouches for the configuration (issue, point 9).
        assert_eq!(told.text("trust"), "supplied, unverified", "{name}");
        assert_eq!(told.json["signer"].is_null(), verdict != "valid", "{name}: nothing is proved");
        assert_eq!(told.json["signed_at"].is_null(), verdict != "valid", "{name}: nothing is proved");
        let failed = told.checks().iter().filter(|(_, result)| *result == "failed").count();
        assert_eq!(failed, usize::from(verdict != "valid"), "{name}: {:?}", told.checks());
    }
}

/// wire.md §6.4, §7.1: what the verifier's result holds, under the names of the issue.
#[test]
fn a_verdict_for_machines() {
    let Some(told) = judged("asice/valid-signed-hashchain.asice") else { return };
    assert_eq!(told.text("signer"), "MEMBER:DEV/COM/4321");
    assert_eq!(told.text("signed_at"), "2024-12-05T12:37:50.000Z");
    assert_eq!(told.text("claimed_signing_time"), "2024-12-05T12:37:37.117Z");
    assert_eq!((told.text("kind"), told.text("said")), ("request", "SOAP storeAttachments"));
    assert_eq!(told.text("client"), "SUBSYSTEM:DEV/COM/4321/TestClient");
    assert_eq!(told.text("service"), "SERVICE:DEV/COM/1234/TestService/storeAttachments/v1");
    assert_eq!(told.text("message_id"), "6354aea4-1f3e-4354-ad39-666f76e438c8");
    assert_eq!(told.text("algorithm"), "RSA (PKCS #1 v1.5) with SHA-512");
    assert_eq!(told.json["certificate"]["serial"], "18");
    let parts = told.json["parts"].as_array().unwrap();
    let parts: Vec<_> = parts.iter().map(|p| (p["name"].as_str().unwrap(), p["verified"].as_bool().unwrap())).collect();
    assert_eq!(parts, [("message.xml", true), ("attachment1", false)]);
    let expected = [
        ("structure", "passed"),
        ("hash-chain", "passed"),
        ("key-usage", "passed"),
        ("member", "passed"),
        ("signature-value", "passed"),
        ("coverage", "passed"),
        ("certificate-path", "passed"),
        ("ocsp", "passed"),
        ("signing-certificate-digest", "passed"),
        ("signing-time", "not-checked"),
        ("policy", "not-checked"),
        ("data-object-format", "not-checked"),
        ("timestamp-hash-chain", "not-checked"),
        ("timestamp", "passed"),
        ("timestamp-past", "passed"),
        ("manifest", "not-checked"),
        ("configuration", "not-checked"),
        ("configuration-validity", "not-checked"),
        ("absent-parts", "not-checked"),
        ("later-revocation", "not-checked"),
        ("timestamp-certificate", "not-checked"),
        ("content", "not-checked"),
        ("legal-effect", "not-checked"),
    ];
    assert_eq!(told.checks(), expected);
}

#[test]
fn a_verdict_for_people() {
    let (Some(file), Some(conf)) = (fixture("asice/valid-signed-hashchain.asice"), fixture(CONF)) else { return };
    let args = [Path::new("verify"), &file, Path::new("--conf"), &conf];
    let (exit, told) = text(&args);
    assert_eq!(exit, 0);
    let mut rest = told.as_str();
    for words in [
        "VALID (trust: supplied, unverified)",
        "from           SUBSYSTEM:DEV/COM/4321/TestClient",
        "to             SUBSYSTEM:DEV/COM/1234/TestService",
        "signed part    message.xml, 1215 octets, unchanged",
        "attachment1: NOT IN THE CONTAINER",
        "not later than 2024-12-05T12:37:50.000Z",
        "signer claims  2024-12-05T12:37:37.117Z (nobody else confirms it)",
        "issued by      CN=Test CA,O=Test",
        "Not checked",
        "who made the configuration",
        "It makes no statement about legal effect.",
    ] {
        let found = rest.find(words).unwrap_or_else(|| panic!("`{words}` comes in its order:\n{told}"));
        rest = &rest[found + words.len()..];
    }
    let bad = fixture("asice/invalid-digest.asice").unwrap();
    let (exit, told) = text(&[Path::new("verify"), &bad, Path::new("--conf"), &conf]);
    assert_eq!(exit, 1);
    assert!(
        told.starts_with("INVALID (trust: supplied, unverified)\n  where          META-INF/signatures.xml\n"),
        "{told}"
    );
    assert!(told.contains("NOTHING OF THIS IS PROVED"), "{told}");
    let claims: Vec<_> = told.lines().filter(|l| l.contains("DEV/COM/") || l.contains("dd19fe68")).collect();
    assert_eq!(claims.len(), 4, "from, to, service, message id: {told}");
    assert!(claims.iter().all(|l| l.starts_with("  not proved:")), "every claim is marked: {told}");
}

/// `--at`: certificates are judged at the time of the timestamp (wire.md §6.4), so a later moment changes nothing, and an
/// earlier one only makes the timestamp one of the future.
#[test]
fn the_moment_of_the_verdict() {
    let (Some(file), Some(conf)) = (fixture("asice/valid-signed-message.asice"), fixture(CONF)) else { return };
    let at =
        |at: &str| json(&[Path::new("verify"), &file, Path::new("--conf"), &conf, Path::new("--at"), Path::new(at)]);
    let late = at("2099-01-01T00:00:00+02:00");
    assert_eq!(late.verdict(), ("valid", ""));
    assert!(late.checks().contains(&("timestamp-past", "passed")));
    let early = at("2024-12-05T00:00:00Z");
    assert_eq!(early.verdict(), ("valid", ""));
    assert!(early.checks().contains(&("timestamp-past", "warning")), "{:?}", early.checks());
    let (exit, told) = text(&[Path::new("verify"), &file, Path::new("--conf"), &conf, Path::new("--at=yesterday")]);
    assert_eq!(exit, 2);
    assert!(told.contains("2026-11-21T10:00:00Z"), "it shows the form: {told}");
}

/// Trust that does not fit: each is told with what to do about it.
#[test]
fn an_anchor_that_does_not_fit() {
    let Some(file) = fixture("asice/valid-signed-message.asice") else { return };
    let (conf, v6) = (fixture(CONF).unwrap(), fixture("signed-globalconf/V6").unwrap());
    let judged = |anchor: &Path, conf: &Path| {
        json(&[Path::new("verify"), &file, Path::new("--anchor"), anchor, Path::new("--conf"), conf])
    };
    // The anchor beside the containers is of EE: an unsigned configuration of DEV is nothing that it could prove.
    let told = judged(&fixture("asice/configuration-anchor1.xml").unwrap(), &conf);
    assert_eq!(told.verdict(), ("unreadable", "global_conf_download_url_connection_failure"));
    assert_eq!(told.text("trust"), "none");
    assert!(told.text("reason").contains("no configuration directory of EE named conf"), "{}", told.json);
    assert!(told.text("cure").contains("verificationconf"), "{}", told.json);
    // Another network that calls itself DEV too: its authority has the same name and serial number, and another key
    // (wire.md §6.1: the signer is found by its id, then its signature must hold).
    let told = judged(&v6.join("anchor-internal.xml"), &v6);
    assert_eq!(told.verdict(), ("invalid", "timestamp_signer_verification_failed"));
    assert_eq!((told.text("trust"), told.json["anchor"]["instance"].as_str()), ("anchor", Some("DEV")));
    assert!(told.text("cure").contains("/signedconf"), "{}", told.json);
    // An anchor of another version of the registry.
    let told = judged(&fixture("signed-globalconf/V4/anchor-internal.xml").unwrap(), &v6);
    assert_eq!(told.verdict(), ("invalid", "global_conf_missing_verification_cert"));
    assert!(told.text("cure").contains("SHA-224 ") && told.text("cure").contains("DEV"), "{}", told.json);
    // Signed files without an anchor.
    let told = json(&[Path::new("verify"), &file, Path::new("--conf"), &v6]);
    assert_eq!(told.verdict(), ("unreadable", "malformed_global_conf"));
    assert!(told.text("cure").contains("--anchor"), "{}", told.json);
    // Another instance's unsigned configuration.
    let told =
        json(&[Path::new("verify"), &file, Path::new("--conf"), &fixture("globalconf/globalconf_good_v6").unwrap()]);
    assert_eq!(told.verdict().0, "invalid");
    assert!(told.text("cure").contains("comes from instance DEV"), "{}", told.json);
}

/// What is missing or no file of its kind is unreadable: exit code 2, and what to give instead.
#[test]
fn unreadable_inputs() {
    let (Some(file), Some(conf)) = (fixture("asice/valid-signed-message.asice"), fixture(CONF)) else { return };
    let (anchor, v6) =
        (fixture("signed-globalconf/V6/anchor-internal.xml").unwrap(), fixture("signed-globalconf/V6").unwrap());
    let folder = tempfile::tempdir().unwrap();
    let (none, empty) = (folder.path().join("none"), folder.path().join("empty"));
    std::fs::create_dir(&empty).unwrap();
    let verify = |file: &Path, anchor: Option<&Path>, conf: &Path| {
        let mut args = vec![Path::new("verify"), file, Path::new("--conf"), conf];
        args.extend(anchor.into_iter().flat_map(|anchor| [Path::new("--anchor"), anchor]));
        json(&args)
    };
    for (told, code, reason) in [
        (verify(&none, None, &conf), "", "the container cannot be read: "),
        (verify(&conf, None, &conf), "", "the container cannot be read: "),
        (verify(&anchor, None, &conf), "asic_invalid_container", "not a container: "),
        (verify(&file, None, &none), "", "the folder of the configuration cannot be read: "),
        (verify(&file, None, &empty), "malformed_global_conf", "there is no file instance-identifier"),
        (verify(&file, None, &file), "", "the folder of the configuration cannot be read: "),
        (verify(&file, Some(&none), &v6), "anchor_file_not_found", "the anchor cannot be read: "),
        (verify(&file, Some(&file), &v6), "malformed_anchor", "the anchor is malformed: "),
        (verify(&file, Some(&anchor), &empty), "global_conf_download_url_connection_failure", "named internalconf"),
    ] {
        assert_eq!(told.verdict(), ("unreadable", code), "{}", told.json);
        assert!(told.text("reason").contains(reason), "{reason}: {}", told.json);
        assert!(told.json["not_proved"].is_null(), "{}", told.json);
    }
    let (exit, _) = text(&["verify", "x.asice"]);
    assert_eq!(exit, 2, "an argument is missing");
}

/// Evidence of an exchange across the border, under the anchor of the state whose official asked.
#[test]
fn evidence_across_the_border() {
    let dir = tempfile::tempdir().unwrap();
    let args = ["demo".as_ref(), "--once".as_ref(), "--dir".as_ref(), dir.path().as_os_str()];
    let demo = json(&args);
    assert_eq!(demo.exit, 0, "{}", demo.json);
    let path = |name: &str| PathBuf::from(demo.text(name));
    let (file, anchor, conf) = (path("evidence"), path("anchor"), path("conf"));
    let judged = |anchor: &Path, conf: &Path, at: &str| {
        let args = [Path::new("verify"), &file, Path::new("--anchor"), anchor, Path::new("--conf"), conf];
        json(&[&args[..], &[Path::new("--at"), Path::new(at)]].concat())
    };
    let late = "2099-01-01T00:00:00Z";
    let told = judged(&anchor, &conf, late);
    assert_eq!(told.verdict(), ("valid", ""), "{}", told.json);
    assert_eq!((told.text("trust"), told.text("signer")), ("anchor", "MEMBER:MY/GOV/1001"));
    assert_eq!((told.text("kind"), told.text("said")), ("response", "status 200"));
    assert!(!told.text("client_name").is_empty() && !told.text("provider_name").is_empty(), "{}", told.json);
    assert_eq!(told.json["anchor"]["laboratory"], true);
    let configuration = told.json["configuration"].as_array().unwrap();
    let instances: Vec<_> = configuration.iter().map(|c| c["instance"].as_str().unwrap()).collect();
    assert_eq!(instances, ["ID", "MY"], "the anchor's and the signer's");
    assert!(configuration.iter().all(|c| c["timestamp_inside"] == true && !c["valid_until"].is_null()));
    for check in [("configuration", "passed"), ("configuration-validity", "passed"), ("anchor", "not-checked")] {
        assert!(told.checks().contains(&check), "{check:?}: {:?}", told.checks());
    }
    // The folder above holds the configuration and the evidence; that does as well.
    assert_eq!(judged(&anchor, conf.parent().unwrap(), late).verdict(), ("valid", ""));

    // The other state's anchor proves nothing about this state's configuration.
    let other = dir.path().join("my/anchor.xml");
    let told = judged(&other, &conf, late);
    assert_eq!(told.verdict(), ("invalid", "global_conf_missing_verification_cert"));
    assert_eq!(told.text("trust"), "none");

    // Without the configuration of the signer's state nobody knows its authorities.
    let copies = tempfile::tempdir().unwrap();
    let alone = copies.path().join("alone");
    copy(&conf, &alone);
    std::fs::remove_dir_all(alone.join("MY")).unwrap();
    let told = judged(&anchor, &alone, late);
    assert_eq!(told.verdict().0, "invalid");
    assert!(told.text("cure").contains("comes from instance MY"), "{}", told.json);
    assert!(told.text("cure").contains("knows only ID"), "{}", told.json);

    // Where that configuration was altered, the verdict says so and not that an authority is unknown.
    let altered = copies.path().join("altered");
    copy(&conf, &altered);
    let directory = altered.join("MY/externalconf");
    flip(&directory, std::fs::read(&directory).unwrap().len() / 2, 1);
    let told = judged(&anchor, &altered, late);
    assert_eq!(told.verdict().0, "invalid");
    assert!(
        told.text("reason").contains("the configuration of the signer's instance is not accepted"),
        "{}",
        told.json
    );
    assert_eq!(told.checks()[0], ("configuration", "failed"));

    // What the own state signed, altered.
    let altered = copies.path().join("own");
    copy(&conf, &altered);
    let directory = altered.join("internalconf");
    flip(&directory, std::fs::read(&directory).unwrap().len() / 2, 1);
    let told = judged(&anchor, &altered, late);
    assert_eq!((told.verdict().0, told.text("trust")), ("invalid", "none"), "{}", told.json);
}
