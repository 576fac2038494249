//! What a real central server publishes (fixtures/signed-globalconf, INDEX.md).

use std::collections::BTreeMap;
use std::process::Command;

use bytes::Bytes;
use simpul_core::{Code, UnixTime};
use simpul_trust::cert::Certificate;
use simpul_trust::conf::signed::{examine, load, load_tree, verify_directory};
use simpul_trust::conf::{ConfError, GlobalConf, LoadedPart, Location, Origin, Published, Trust, is_lab};
use simpul_wire::gconf::{Anchor, PartKind, SignedDirectory};

use super::files;
use crate::fixtures::fixture;

/// INDEX.md: valid until its expiry date (V4 2034-05-30, V6 2035-11-11), and the Expire-date of the directories.
const VERSIONS: [(&str, &str); 2] = [("V4", "2034-05-30T06:46:02Z"), ("V6", "2035-11-11T03:07:40Z")];
const SIDES: [&str; 2] = ["internal", "external"];

fn now() -> UnixTime {
    "2026-11-21T10:00:00Z".parse().unwrap()
}

struct Sample {
    name: String,
    anchor: Anchor,
    directory: String,
    expires: UnixTime,
    files: BTreeMap<String, Bytes>,
}

/// The fixture's V6 external directory is of another generation than the part at the location that it lists: its
/// hash is 7FO5X6…, that of the file 3EFho9… (`openssl dgst -sha512 -binary | base64`). The directory verifies, the
/// part must be refused.
const OTHER_GENERATION: &str = "V6 external";

fn whole() -> Vec<Sample> {
    samples().into_iter().filter(|s| s.name != OTHER_GENERATION).collect()
}

fn samples() -> Vec<Sample> {
    let Some(root) = fixture("xroad/fixtures/signed-globalconf") else { return Vec::new() };
    let mut all = Vec::new();
    for (version, expires) in VERSIONS {
        for side in SIDES {
            let files = files(&root.join(version));
            let anchor = Anchor::parse(&files[&format!("anchor-{side}.xml")]).unwrap();
            let (name, directory) = (format!("{version} {side}"), format!("{side}conf"));
            all.push(Sample { name, anchor, directory, expires: expires.parse().unwrap(), files });
        }
    }
    all
}

impl Sample {
    fn load(&self, at: UnixTime) -> Result<Published, ConfError> {
        load(&self.anchor, &self.files, at)
    }

    fn certificates(&self) -> Vec<Vec<u8>> {
        Location::of_anchor(&self.anchor).into_iter().flat_map(|l| l.certificates).collect()
    }
}

#[test]
fn each_directory_verifies_with_its_own_anchor_until_it_expires() {
    for sample in samples() {
        let examined =
            examine(&sample.anchor, &sample.files, now()).unwrap_or_else(|e| panic!("{}: {e:?}", sample.name));
        assert_eq!(examined.directory.expires(), sample.expires);
        let refused: Vec<_> = examined.parts.iter().filter_map(|p| p.as_ref().err()).collect();
        if sample.name == OTHER_GENERATION {
            assert!(matches!(refused[..], [ConfError::PartHash(_)]), "{refused:?}");
            assert_eq!(sample.load(now()).unwrap_err().code(), Code::GlobalConfPartIntegrityFailure);
        } else {
            assert!(refused.is_empty(), "{refused:?}");
        }
        assert!(matches!(examine(&sample.anchor, &sample.files, sample.expires), Err(ConfError::Expired { .. })));
    }
}

#[test]
fn each_verifies_with_its_own_anchor_until_it_expires() {
    for sample in whole() {
        let published = sample.load(now()).unwrap_or_else(|e| panic!("{}: {e:?}", sample.name));
        assert_eq!(published.directory.expires(), sample.expires);
        let kinds: Vec<_> = published.parts.iter().map(LoadedPart::kind).collect();
        let expected = if sample.directory == "internalconf" { 2 } else { 1 };
        assert_eq!(kinds.len(), expected, "{}", sample.name);
        assert!(published.parts.iter().all(|p| p.instance().as_str() == "DEV"));
        let last = UnixTime::from_millis(sample.expires.millis() - 1);
        assert!(sample.load(last).is_ok());
        for over in [sample.expires, UnixTime::from_millis(sample.expires.millis() + 1)] {
            let error = sample.load(over).unwrap_err();
            assert!(matches!(error, ConfError::Expired { .. }), "{error:?}");
            assert_eq!(error.code(), Code::GlobalConfOutdated);
        }
    }
}

#[test]
fn none_verifies_with_another_anchor() {
    let all = samples();
    for sample in &all {
        for other in all.iter().filter(|o| o.name != sample.name) {
            let bytes = sample.files[&sample.directory].clone();
            let result = verify_directory(&sample.anchor.instance, &other.certificates(), bytes, now());
            let error = result.expect_err(&format!("{} with {}", sample.name, other.name));
            assert_eq!(error.code(), Code::GlobalConfMissingVerificationCert);
            if other.directory == sample.directory {
                assert!(load(&other.anchor, &sample.files, now()).is_err(), "the other version's anchor");
            }
        }
        let instance = "EE".parse().unwrap();
        let bytes = sample.files[&sample.directory].clone();
        let error = verify_directory(&instance, &sample.certificates(), bytes, now()).unwrap_err();
        assert_eq!(error.code(), Code::GlobalConfPartInvalidInstanceIdentifier);
    }
}

/// Every byte, which includes every 97th.
#[test]
fn one_changed_byte_in_a_directory_is_noticed() {
    for sample in samples() {
        let good = &sample.files[&sample.directory];
        let certificates = sample.certificates();
        let original = SignedDirectory::parse(good).unwrap();
        for at in 0..good.len() {
            for mask in [0x01, 0x20, 0x80] {
                let mut bytes = good.to_vec();
                bytes[at] ^= mask;
                let bytes = Bytes::from(bytes);
                if verify_directory(&sample.anchor.instance, &certificates, bytes.clone(), now()).is_err() {
                    continue;
                }
                // Left over: the case of a letter outside what is signed (wire.md §8.3: header names ignore case).
                let changed = SignedDirectory::parse(&bytes).unwrap();
                assert!(mask == 0x20 && good[at].is_ascii_alphabetic(), "{} byte {at}", sample.name);
                assert_eq!((changed.signed(), changed.signature()), (original.signed(), original.signature()));
            }
        }
    }
}

/// Every 7th byte, and both ends.
#[test]
fn one_changed_byte_in_a_part_is_noticed() {
    for sample in whole() {
        let published = sample.load(now()).unwrap();
        for (entry, part) in published.directory.entries().iter().zip(&published.parts) {
            let last = part.bytes().len() - 1;
            for at in (0..last).step_by(7).chain([last]) {
                let mut bytes = part.bytes().to_vec();
                bytes[at] ^= 1;
                let error = published.directory.accept(entry, Bytes::from(bytes)).unwrap_err();
                assert_eq!(error.code(), Code::GlobalConfPartIntegrityFailure, "{} byte {at}", sample.name);
            }
        }
        let mut changed = sample.files.clone();
        let path = changed.keys().find(|p| p.ends_with("/shared-params.xml")).unwrap().clone();
        let mut bytes = changed[&path].to_vec();
        bytes[97] ^= 1;
        changed.insert(path.clone(), Bytes::from(bytes));
        assert!(matches!(load(&sample.anchor, &changed, now()), Err(ConfError::PartHash(_))));
        changed.remove(&path);
        let error = load(&sample.anchor, &changed, now()).unwrap_err();
        assert_eq!(error.code(), Code::GlobalConfPartDownloadFailure);
        changed.remove(&sample.directory);
        assert!(matches!(load(&sample.anchor, &changed, now()), Err(ConfError::NoDirectory { .. })));
    }
}

#[test]
fn a_part_counts_only_in_its_own_directory() {
    let all = whole();
    let [first, .., last] = &all[..] else { return };
    let (first, last) = (first.load(now()).unwrap(), last.load(now()).unwrap());
    let (entry, part) = (&last.directory.entries()[0], &last.parts[0]);
    let error = first.directory.accept(entry, part.bytes().clone()).unwrap_err();
    assert!(matches!(error, ConfError::PartNotListed(_)), "{error:?}");
}

/// The signature as an independent program judges it.
#[test]
fn the_openssl_program_agrees() {
    for sample in samples() {
        let directory = SignedDirectory::parse(&sample.files[&sample.directory]).unwrap();
        let certificate = Certificate::from_der(&sample.certificates()[0]).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("key.pem"), certificate.public_key().public_key_to_pem().unwrap()).unwrap();
        std::fs::write(path("signature"), &directory.signature().value).unwrap();
        let verify = |data: &[u8]| {
            std::fs::write(path("data"), data).unwrap();
            let mut command = Command::new("openssl");
            command.args(["dgst", "-sha512", "-verify"]).arg(path("key.pem")).arg("-signature").arg(path("signature"));
            command.arg(path("data")).output().map(|o| o.status.success())
        };
        let Ok(good) = verify(directory.signed()) else {
            println!("skipped: no openssl program");
            return;
        };
        assert!(good, "{}", sample.name);
        assert!(!verify(&directory.signed()[1..]).unwrap(), "{}", sample.name);
    }
}

#[test]
fn the_configuration_in_force_cites_its_directory() {
    for sample in whole() {
        let published = sample.load(now()).unwrap();
        let digest = published.directory.sha256();
        assert_eq!(digest, openssl::sha::sha256(&sample.files[&sample.directory]));
        let own = sample.anchor.instance.clone();
        let conf = GlobalConf::from_parts(&own, published.parts.clone()).unwrap();
        assert_eq!(conf.versions().len(), 1);
        assert_eq!((conf.versions()[0].digest, conf.versions()[0].expires), (digest, sample.expires));
        assert_eq!((conf.expires(), conf.trust()), (sample.expires, Trust::Verified));
        assert!(conf.check_fresh(now()).is_ok());
        assert_eq!(conf.check_fresh(sample.expires).unwrap_err().code(), Code::GlobalConfOutdated);
        assert_eq!(conf.private().is_some(), sample.directory == "internalconf");
        assert_eq!(published.parts[0].origin(), Origin::Signed { directory: digest });
        assert_eq!(conf.problems().count(), 0);
        assert!(!is_lab(&sample.anchor));
    }
}

/// What is written for later is read again, for one instance and for a tree.
#[test]
fn stored_files_are_proved_again() {
    for sample in whole() {
        let published = sample.load(now()).unwrap();
        let stored = published.files(&sample.directory);
        let again = load(&sample.anchor, &stored, now()).unwrap();
        assert_eq!(again.directory.sha256(), published.directory.sha256());
        let tree = load_tree(&sample.anchor, &stored, now()).unwrap();
        assert!(tree.federated.is_empty());
        assert_eq!(tree.parts().len(), published.parts.len());
        assert!(stored.contains_key(PartKind::Shared.file_name().unwrap()));
    }
}
