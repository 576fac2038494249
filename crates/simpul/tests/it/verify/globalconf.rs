//! `simpul globalconf verify` on what a central server published, and on what a registry publishes now.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::super::support::Federation;
use super::fake_registry::FakeRegistry;
use super::{Told, copy, fixture, flip, json, text};

/// Version, end of validity (fixtures/INDEX.md and the directories themselves), and folder of the parts.
const VERSIONS: [(&str, &str, &str); 2] = [
    ("V4", "2034-05-30T06:46:02", "20240529203822880997000"),
    ("V6", "2035-11-11T03:07:40", "20251110170000548026000"),
];
const SIDES: [&str; 2] = ["internal", "external"];

/// The directory holds with its anchor, and the part at the location that it lists is of another generation: its hash is
/// 7FO5X6…, that of the file 3EFho9… (`openssl dgst -sha512 -binary | base64`). A judge must refuse the part.
const OTHER_GENERATION: (&str, &str) = ("V6", "external");

fn judged(anchor: &Path, dir: &Path, at: Option<&str>) -> Told {
    let mut args = ["globalconf", "verify", "--anchor"].map(Path::new).to_vec();
    args.extend([anchor, Path::new("--dir"), dir]);
    args.extend(at.into_iter().flat_map(|at| ["--at", at]).map(Path::new));
    json(&args)
}

/// fixtures/INDEX.md: each verifies with its own anchor until its expiry date, and not after.
#[test]
fn a_central_servers_configuration_is_valid_until_it_expires() {
    for (version, expires, _) in VERSIONS {
        let Some(dir) = fixture(&format!("signed-globalconf/{version}")) else { return };
        for side in SIDES {
            let anchor = dir.join(format!("anchor-{side}.xml"));
            let now = judged(&anchor, &dir, None);
            let late = judged(&anchor, &dir, Some(&format!("{expires}Z")));
            assert_eq!(late.verdict(), ("invalid", "global_conf_outdated"), "{version} {side}");
            assert_eq!(late.checks()[0], ("expiry", "failed"));
            assert!(late.json["expires"].is_null(), "nothing is proved");
            if (version, side) == OTHER_GENERATION {
                assert_eq!(now.verdict(), ("invalid", "global_conf_part_downloaded_file_integrity_failure"));
                assert_eq!(now.checks()[..3], [("signature", "passed"), ("expiry", "passed"), ("part", "failed")]);
                continue;
            }
            assert_eq!(now.verdict(), ("valid", ""), "{version} {side}: {}", now.json);
            assert_eq!(now.text("instance"), "DEV");
            assert_eq!(now.text("expires"), format!("{expires}.000Z"));
            assert_eq!(format!("V{}", now.json["version"]), version);
            let parts = now.json["parts"].as_array().unwrap().len();
            assert_eq!(parts, if side == "internal" { 2 } else { 1 }, "wire.md §8.3: shared, and private if internal");
            assert_eq!(now.json["lab"], false);
            let (seconds, last) = expires.split_at(expires.len() - 2);
            let before = format!("{seconds}{:02}Z", last.parse::<u8>().unwrap() - 1);
            assert_eq!(judged(&anchor, &dir, Some(&before)).verdict(), ("valid", ""), "{version} {side} {before}");
        }
    }
}

#[test]
fn the_other_versions_anchor_proves_nothing() {
    for ((version, ..), other) in VERSIONS.into_iter().zip(["V6", "V4"]) {
        let Some(dir) = fixture(&format!("signed-globalconf/{version}")) else { return };
        for side in SIDES {
            let anchor = fixture(&format!("signed-globalconf/{other}/anchor-{side}.xml")).unwrap();
            let told = judged(&anchor, &dir, None);
            assert_eq!(told.verdict(), ("invalid", "global_conf_missing_verification_cert"), "{version} {side}");
            assert!(told.text("cure").contains("do not belong together"), "{}", told.json);
        }
    }
}

/// One bit changed anywhere in a directory or in a part.
#[test]
fn a_changed_octet_is_noticed() {
    for (version, _, parts) in VERSIONS {
        let Some(from) = fixture(&format!("signed-globalconf/{version}")) else { return };
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path();
        copy(&from, dir);
        for side in SIDES.into_iter().filter(|side| (version, *side) != OTHER_GENERATION) {
            let anchor = dir.join(format!("anchor-{side}.xml"));
            let shared = format!("{parts}/shared-params.xml");
            let private = format!("{parts}/private-params.xml");
            let mut files = vec![format!("{side}conf"), shared];
            files.extend(Some(private).filter(|_| side == "internal"));
            for file in files {
                let path = dir.join(&file);
                let len = std::fs::read(&path).unwrap().len();
                // First and last octet, and some between them.
                let places = (0..8).map(|n| n * (len - 1) / 7);
                for place in places {
                    flip(&path, place, 1);
                    let told = judged(&anchor, dir, None);
                    flip(&path, place, 1);
                    let (verdict, code) = told.verdict();
                    assert_eq!(verdict, "invalid", "{version} {file} at {place}: {}", told.json);
                    if file.ends_with(".xml") {
                        assert_eq!(
                            code, "global_conf_part_downloaded_file_integrity_failure",
                            "{version} {file} at {place}"
                        );
                        let named = if file.contains("shared") { "SHARED-PARAMETERS" } else { "PRIVATE-PARAMETERS" };
                        assert!(told.text("reason").contains(named), "the part is named: {}", told.json);
                    }
                }
            }
            assert_eq!(judged(&anchor, dir, None).verdict(), ("valid", ""), "the copy is as it was");
        }
    }
}

/// The signed text of a directory, changed where it would pay.
#[test]
fn a_forged_directory_is_noticed() {
    let Some(from) = fixture("signed-globalconf/V6") else { return };
    for (what, with) in [
        ("Expire-date: 2035", "Expire-date: 2095"),
        ("Version: 6", "Version: 5"),
        ("instance='DEV'", "instance='DEW'"),
        ("/V6/2025", "/V6/2026"),
        ("charset=UTF-8; boundary=CN", "charset=UTF-7; boundary=CN"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        copy(&from, folder.path());
        let path = folder.path().join("internalconf");
        let directory = std::fs::read_to_string(&path).unwrap();
        assert!(directory.contains(what), "{what}");
        std::fs::write(&path, directory.replace(what, with)).unwrap();
        let told = judged(&folder.path().join("anchor-internal.xml"), folder.path(), None);
        let (verdict, code) = told.verdict();
        assert_eq!(verdict, "invalid", "{what}: {}", told.json);
        if !what.starts_with("charset") {
            assert_eq!(code, "global_conf_signature_verification_failure", "{what}: {}", told.json);
        }
    }
}

#[test]
fn unreadable_configurations() {
    let Some(from) = fixture("signed-globalconf/V6") else { return };
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    copy(&from, dir);
    let anchor = dir.join("anchor-internal.xml");
    let part = dir.join(VERSIONS[1].2).join("shared-params.xml");
    let empty = dir.join("empty");
    std::fs::create_dir(&empty).unwrap();
    for (told, code, reason) in [
        (judged(&dir.join("none"), dir, None), "anchor_file_not_found", "the anchor cannot be read"),
        (judged(&part, dir, None), "malformed_anchor", "the anchor is malformed"),
        (judged(&anchor, &dir.join("none"), None), "", "the folder of the configuration cannot be read"),
        (judged(&anchor, &empty, None), "global_conf_download_url_connection_failure", "named internalconf"),
    ] {
        assert_eq!(told.verdict(), ("unreadable", code), "{}", told.json);
        assert!(told.text("reason").contains(reason), "{}", told.json);
    }
    std::fs::remove_file(part).unwrap();
    let told = judged(&anchor, dir, None);
    assert_eq!(told.verdict(), ("unreadable", "global_conf_part_download_failure"));
    assert!(told.text("reason").contains("SHARED-PARAMETERS"), "{}", told.json);
    let (exit, told) = text(&["globalconf", "verify", "--anchor", "a"]);
    assert_eq!((exit, told.contains("--url")), (2, true), "{told}");
}

fn fetched(anchor: &Path, url: &str, at: &[&str]) -> Told {
    let mut args: Vec<PathBuf> = ["globalconf", "verify", "--anchor"].map(PathBuf::from).to_vec();
    args.extend([anchor.to_owned(), "--url".into(), url.into()]);
    args.extend(at.iter().map(PathBuf::from));
    json(&args)
}

/// `--url` against a registry of the demonstration, in a process of its own.
#[test]
fn a_running_registry() {
    let federation = Federation::prepare();
    let _registry = federation.start("id", "registry");
    let url = format!("{}/internalconf", federation.text("/id/registry"));
    let anchor = |state: &str| federation.dir().join(state).join("anchor.xml");
    let now = fetched(&anchor("id"), &url, &[]);
    assert_eq!(now.verdict(), ("valid", ""), "{}", now.json);
    assert_eq!((now.text("instance"), &now.json["version"], &now.json["lab"]), ("ID", &6.into(), &true.into()));
    assert!(now.checks().contains(&("laboratory", "warning")));
    assert_eq!(fetched(&anchor("id"), &format!("{url}?version=6"), &[]).verdict(), ("valid", ""));
    // wire.md §8.3: a version in the address is kept, and this one is not published.
    let old = fetched(&anchor("id"), &format!("{url}?version=4"), &[]);
    assert_eq!(old.verdict(), ("unreadable", "global_conf_download_url_connection_failure"));
    assert!(old.text("reason").contains("HTTP status 404"), "{}", old.json);
    let late = fetched(&anchor("id"), &url, &["--at", "2099-01-01T00:00:00Z"]);
    assert_eq!(late.verdict(), ("invalid", "global_conf_outdated"), "{}", late.json);
    let other = fetched(&anchor("my"), &url, &[]);
    assert_eq!(other.verdict(), ("invalid", "global_conf_missing_verification_cert"), "{}", other.json);
    assert!(other.text("cure").contains("MY"), "{}", other.json);
}

/// wire.md §8.2: versions are tried from 6 down, and anything but 404 wins.
#[test]
fn versions_are_probed() {
    let Some(v4) = fixture("signed-globalconf/V4") else { return };
    let anchor = v4.join("anchor-internal.xml");
    let only = |version: u8| {
        let folder = v4.parent().unwrap().join(format!("V{version}"));
        FakeRegistry::start("internalconf", BTreeMap::from([(version, folder)]))
    };
    let registry = only(4);
    let told = fetched(&anchor, &registry.url("/internalconf"), &[]);
    assert_eq!(told.verdict(), ("valid", ""), "{}", told.json);
    assert_eq!(told.json["version"], 4);
    let asked = registry.asked();
    let directories: Vec<_> = asked.iter().filter(|t| t.starts_with("/internalconf")).collect();
    assert_eq!(directories, ["/internalconf?version=6", "/internalconf?version=5", "/internalconf?version=4"]);
    assert_eq!(asked.len(), 5, "and its two parts: {asked:?}");
    let told = fetched(&anchor, &only(6).url("/internalconf"), &[]);
    assert_eq!(told.verdict(), ("invalid", "global_conf_missing_verification_cert"), "{}", told.json);
    let told = fetched(&anchor, &only(4).url("/elsewhere"), &[]);
    assert_eq!(told.verdict(), ("unreadable", "global_conf_download_url_connection_failure"));
    // A port that nobody listens on: it was free a moment ago.
    let free = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
    let told = fetched(&anchor, &format!("http://{free}/internalconf"), &[]);
    assert_eq!(told.verdict(), ("unreadable", "global_conf_download_url_connection_failure"));
    assert!(told.text("cure").contains("--url"), "{}", told.json);
}
