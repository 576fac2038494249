//! What is published verifies by the own reader, by OpenSSL's program, and against X-Road's schemas.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use simpul_core::Code;
use simpul_registry::publish::*;
use simpul_trust::conf::signed::{load, load_tree};
use simpul_trust::conf::{GlobalConf, Published, Trust, is_lab};
use simpul_trust::token::{Signer, SoftSigner};
use simpul_wire::gconf::{FormatVersion, PartKind, PrivateParams, SharedParams, SignedDirectory, tree};

use crate::sample::{Key, membership, now, schemas, signer};

pub(crate) struct Registry {
    pub(crate) membership: Membership,
    pub(crate) keys: SigningCertificates,
    pub(crate) signers: [SoftSigner; 2],
}

pub(crate) fn registry(instance: &str, key: Key) -> Registry {
    let signers = [signer(key, "Simpul Lab"), signer(key, "Simpul Lab")];
    let [internal, external] = signers.each_ref().map(|s| vec![s.certificate().clone()]);
    let ca = signer(Key::P256, "CA").certificate().clone();
    Registry { membership: membership(instance, &ca), keys: SigningCertificates { internal, external }, signers }
}

impl Registry {
    fn draft(&self, serial: u32) -> Result<Draft, PublishError> {
        self.membership.draft(&self.keys, now(), serial)
    }

    fn publish(&self) -> Publication {
        let [internal, external] = &self.signers;
        self.draft(0).unwrap().sign(internal, external).now_or_never().unwrap().unwrap()
    }

    /// What a client that has the anchor of a side makes of a publication.
    fn prove(&self, publication: &Publication, side: Side) -> Published {
        let anchor = self.membership.anchor(side, &self.keys, now());
        load(&anchor, &version_folder(publication), now()).unwrap()
    }
}

/// The files as they lie in one version, such as `V6`.
pub(crate) fn version_folder(publication: &Publication) -> BTreeMap<String, Bytes> {
    let below = |(path, bytes): (&String, &Bytes)| Some((path.strip_prefix("V6/")?.to_owned(), bytes.clone()));
    publication.files().iter().filter_map(below).collect()
}

#[test]
fn both_sides_verify_by_the_own_reader_with_either_kind_of_key() {
    for key in [Key::Rsa, Key::P256] {
        let registry = registry("ID", key);
        let publication = registry.publish();
        let expires = "2026-11-21T10:10:00Z".parse().unwrap();
        assert_eq!(publication.expires(), expires, "wire.md §8.3: 600 seconds");
        for (side, parts) in [(Side::Internal, 2), (Side::External, 1)] {
            let published = registry.prove(&publication, side);
            assert_eq!((published.parts.len(), published.directory.expires()), (parts, expires));
            assert_eq!(published.directory.format(), FormatVersion::V6);
        }
        let own = registry.membership.instance.clone();
        let conf = GlobalConf::from_parts(&own, registry.prove(&publication, Side::Internal).parts).unwrap();
        assert_eq!(conf.trust(), Trust::Verified);
        let route = conf.route(&"ID/GOV/3201/manpower".parse().unwrap(), None, now()).unwrap();
        assert_eq!(route.targets[0].address, "127.0.0.3");
        assert_eq!(conf.member_name(&"ID/GOV/3201".parse().unwrap()), Some("Kementerian \"Tenaga\" Kerja"));
        assert!(conf.in_group(&"ID/security-server-owners".parse().unwrap(), &"ID/GOV/0001".parse().unwrap()));
        assert_eq!(conf.tsa_urls(), ["http://127.0.0.2:8899"]);
        assert_eq!(conf.problems().count(), 0);
    }
}

/// The signed octets as the `openssl dgst` program judges them.
#[test]
fn the_openssl_program_agrees() {
    for key in [Key::Rsa, Key::P256] {
        let registry = registry("ID", key);
        let publication = registry.publish();
        for (side, signer) in [Side::Internal, Side::External].into_iter().zip(&registry.signers) {
            let bytes = &publication.files()[&format!("V6/{}", side.directory_name())];
            let directory = SignedDirectory::parse(bytes).unwrap();
            let folder = tempfile::tempdir().unwrap();
            let path = |name: &str| folder.path().join(name);
            fs::write(path("key.pem"), signer.certificate().public_key().public_key_to_pem().unwrap()).unwrap();
            fs::write(path("signature"), &directory.signature().value).unwrap();
            let verify = |data: &[u8]| {
                fs::write(path("data"), data).unwrap();
                let mut command = Command::new("openssl");
                command.args(["dgst", "-sha512", "-verify"]).arg(path("key.pem"));
                command.arg("-signature").arg(path("signature")).arg(path("data"));
                command.output().map(|o| o.status.success())
            };
            let Ok(good) = verify(directory.signed()) else {
                println!("skipped: no openssl program");
                return;
            };
            assert!(good, "{key:?} {side:?}");
            assert!(!verify(&[directory.signed(), b" "].concat()).unwrap());
        }
    }
}

/// Lays the schemas out as they include each other: identifiers.xsd stands beside the folder of versions.
fn schema_folder(schemas: &Path) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let copy = |from: &str, to: &str| {
        let to = folder.path().join(to);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(schemas.join(from), to).unwrap();
    };
    copy("common/common-domain/src/main/resources/identifiers.xsd", "identifiers.xsd");
    for file in [
        "common/private-parameters.xsd",
        "common/shared-parameters.xsd",
        "v3/private-parameters.xsd",
        "v6/shared-parameters.xsd",
        "v2/private-parameters.xsd",
    ] {
        copy(&format!("globalconf/{file}"), &format!("globalconf/{file}"));
    }
    folder
}

#[test]
fn documents_are_valid_by_the_schemas_of_x_road() {
    let Some(schemas) = schemas() else { return };
    let folder = schema_folder(&schemas);
    let other = registry("MY", Key::P256);
    let mut registry = registry("ID", Key::P256);
    registry.membership.federation = vec![other.membership.anchor(Side::External, &other.keys, now())];
    let publication = registry.publish();
    let valid = |text: &[u8], schema: &str| {
        let file = folder.path().join("document.xml");
        fs::write(&file, text).unwrap();
        let mut command = Command::new("xmllint");
        command.args(["--noout", "--nonet", "--schema"]).arg(folder.path().join("globalconf").join(schema)).arg(file);
        command.output().map(|o| (o.status.success(), String::from_utf8_lossy(&o.stderr).into_owned()))
    };
    if valid(b"", "v6/shared-parameters.xsd").is_err() {
        println!("skipped: no xmllint program");
        return;
    }
    let anchor = registry.membership.anchor(Side::Internal, &registry.keys, now()).write().unwrap();
    let (ok, why) = valid(anchor.as_bytes(), "v2/private-parameters.xsd").unwrap();
    assert!(ok, "{why}");
    for (path, bytes) in publication.files().iter().filter(|(p, _)| p.ends_with(".xml")) {
        let schema =
            if path.ends_with("shared-params.xml") { "v6/shared-parameters.xsd" } else { "v3/private-parameters.xsd" };
        let (ok, why) = valid(bytes, schema).unwrap();
        assert!(ok, "{path}: {why}");
        let broken = String::from_utf8_lossy(bytes).replacen("<instanceIdentifier>", "<other/><instanceIdentifier>", 1);
        assert!(!valid(broken.as_bytes(), schema).unwrap().0, "the schema is not asleep");
    }
}

#[test]
fn the_same_arguments_give_the_same_octets() {
    let registry = registry("ID", Key::Rsa);
    let (first, second) = (registry.publish(), registry.publish());
    assert_eq!(first.files(), second.files(), "RSA PKCS #1 v1.5 is deterministic");
    let other = registry.draft(1).unwrap();
    assert_ne!(other.to_sign(Side::Internal).0, registry.draft(0).unwrap().to_sign(Side::Internal).0);
    assert!(matches!(registry.draft(1_000_000), Err(PublishError::Serial(_))));
}

/// wire.md §8.3: the file layout.
#[test]
fn files_lie_as_a_central_server_lays_them() {
    let publication = registry("ID", Key::P256).publish();
    let paths: Vec<_> = publication.files().keys().map(String::as_str).collect();
    assert_eq!(
        paths,
        [
            "V6/20261121100000250000000/private-params.xml",
            "V6/20261121100000250000000/shared-params.xml",
            "V6/externalconf",
            "V6/internalconf",
        ]
    );
}

/// wire.md §8.3: `?version=N` leads to `V{N}`, none to `V2`; §8.2: 404 tells a client to try another.
#[test]
fn requests_are_answered_by_version() {
    let registry = registry("ID", Key::P256);
    let mut site = Site::new();
    assert_eq!(site.serve("/internalconf", Some("version=6")), None);
    let publication = registry.publish();
    site.publish(publication.clone());
    for side in [Side::Internal, Side::External] {
        let path = format!("/{}", side.directory_name());
        let answer = site.serve(&path, Some("version=6")).unwrap();
        assert_eq!(&answer.content, &publication.files()[&format!("V6/{}", side.directory_name())]);
        assert_eq!(site.serve(&path, Some("x=1&version=6")).unwrap(), answer);
        for query in [
            None,
            Some(""),
            Some("version=5"),
            Some("version=2"),
            Some("version=06"),
            Some("version=6/.."),
            Some("version=../V6"),
        ] {
            assert_eq!(site.serve(&path, query), None, "{query:?}");
        }
    }
    let part = site.serve("/V6/20261121100000250000000/shared-params.xml", None).unwrap();
    assert_eq!(part.content_type, "text/xml");
    for path in [
        "",
        "/",
        "internalconf",
        "/V6/../V6/internalconf",
        "/V6/internalconf",
        "/V6/1/shared-params.xml",
        "/etc/passwd",
    ] {
        assert_eq!(site.serve(path, None), None, "{path}");
    }
}

/// wire.md §8.3: old folders live 600 seconds.
#[test]
fn parts_of_older_publications_stay_for_a_while() {
    let registry = registry("ID", Key::P256);
    let [internal, external] = &registry.signers;
    let mut site = Site::new();
    let mut publish = |seconds: u64| {
        let at = now().plus(Duration::from_secs(seconds));
        let draft = registry.membership.draft(&registry.keys, at, 0).unwrap();
        site.publish(draft.sign(internal, external).now_or_never().unwrap().unwrap());
        site.clone()
    };
    let first = "/V6/20261121100000250000000/shared-params.xml";
    assert!(publish(0).serve(first, None).is_some());
    assert!(publish(60).serve(first, None).is_some());
    assert!(publish(600).serve(first, None).is_some(), "it was replaced 540 seconds ago");
    let later = publish(660);
    assert!(later.serve(first, None).is_none(), "it was replaced 600 seconds ago");
    assert!(later.serve("/V6/20261121100100250000000/shared-params.xml", None).is_some());
    assert!(later.newest().unwrap().is_due(now().plus(Duration::from_secs(720)), Membership::GENERATION_INTERVAL));
    assert!(!later.newest().unwrap().is_due(now().plus(Duration::from_secs(719)), Membership::GENERATION_INTERVAL));
    let mut many = later;
    for n in 0..100 {
        let at = now().plus(Duration::from_secs(661) + Duration::from_millis(n));
        let draft = registry.membership.draft(&registry.keys, at, 0).unwrap();
        many.publish(draft.sign(internal, external).now_or_never().unwrap().unwrap());
    }
    assert!(many.serve("/V6/20261121101101250000000/shared-params.xml", None).is_none(), "their number is bounded");
}

/// The anchors of federated instances travel in the private parameters, and lead on (wire.md §8.2, §8.4).
#[test]
fn a_federation_of_two_is_proved_from_one_anchor() {
    let other = registry("MY", Key::Rsa);
    let mut own = registry("ID", Key::P256);
    let anchor = other.membership.anchor(Side::External, &other.keys, now());
    own.membership.federation = vec![anchor.clone()];
    assert!(is_lab(&anchor), "both keys are marked as laboratory");

    let mut files = version_folder(&own.publish());
    let below = tree::folder_name(&other.membership.instance);
    let theirs = other.prove(&other.publish(), Side::External).files("externalconf");
    files.extend(theirs.into_iter().map(|(path, bytes)| (format!("{below}/{path}"), bytes)));
    let internal = own.membership.anchor(Side::Internal, &own.keys, now());
    let loaded = load_tree(&internal, &files, now()).unwrap();
    let conf = GlobalConf::from_parts(&own.membership.instance, loaded.parts()).unwrap();
    assert_eq!(conf.instances().len(), 2);
    assert_eq!((conf.versions().len(), conf.trust()), (2, Trust::Verified));
    assert_eq!(conf.federated_anchors(), [anchor]);
    assert!(conf.route(&"MY/GOV/3201/manpower".parse().unwrap(), None, now()).is_ok());

    let (path, bytes) = files.iter().find(|(p, _)| p.starts_with("MY/") && p.ends_with("externalconf")).unwrap();
    let mut changed = bytes.to_vec();
    let last = changed.len() - 40;
    changed[last] ^= 1;
    let path = path.clone();
    files.insert(path, Bytes::from(changed));
    let loaded = load_tree(&internal, &files, now()).unwrap();
    assert_eq!(loaded.parts().len(), 2, "the other instance is refused by itself");
    assert!(loaded.federated.values().all(Result::is_err));
}

/// An anchor is marked only if every key is.
#[test]
fn one_unmarked_key_makes_an_anchor_no_lab() {
    let mut registry = registry("ID", Key::P256);
    registry.keys.internal.push(signer(Key::P256, "Republic").certificate().clone());
    assert!(!is_lab(&registry.membership.anchor(Side::Internal, &registry.keys, now())));
    assert!(is_lab(&registry.membership.anchor(Side::External, &registry.keys, now())));
}

#[test]
fn what_is_published_is_what_was_registered() {
    let registry = registry("ID", Key::P256);
    let publication = registry.publish();
    let file =
        |kind: PartKind| &publication.files()[&format!("V6/20261121100000250000000/{}", kind.file_name().unwrap())];
    let shared = SharedParams::parse(file(PartKind::Shared), FormatVersion::V6).unwrap();
    assert_eq!(shared.sources[0].address, "127.0.0.2:8090");
    assert_eq!(shared.sources[0].external_certificates, [registry.keys.external[0].der().to_vec()]);
    assert_eq!(shared.members[0].class_description, "Government & <state>");
    assert_eq!(shared.servers[0].auth_cert_hashes, [vec![7; 32]]);
    assert_eq!(shared.servers[1].maintenance.as_ref().unwrap().message.as_deref(), Some("back at noon"));
    assert_eq!(shared.ocsp_freshness, Duration::from_secs(3600), "wire.md §8.3");
    let private = PrivateParams::parse(file(PartKind::Private), FormatVersion::V6).unwrap();
    assert_eq!(private.timestamping_interval, Duration::from_secs(60), "wire.md §8.3");
}

#[test]
fn what_a_reader_would_refuse_is_not_published() {
    let refused = |change: &dyn Fn(&mut Registry)| {
        let mut registry = registry("ID", Key::P256);
        change(&mut registry);
        registry.draft(0).map(drop)
    };
    assert!(refused(&|_| ()).is_ok());
    type Change = fn(&mut Registry);
    let cases: [(&str, Change); 14] = [
        ("member twice", |r| {
            let m = r.membership.members[0].clone();
            r.membership.members.push(m);
        }),
        ("subsystem twice", |r| {
            let s = r.membership.members[0].subsystems[0].clone();
            r.membership.members[0].subsystems.push(s);
        }),
        ("server twice", |r| {
            let s = r.membership.servers[0].clone();
            r.membership.servers.push(s);
        }),
        ("group twice", |r| {
            let g = r.membership.groups[0].clone();
            r.membership.groups.push(g);
        }),
        ("client twice", |r| {
            let c = r.membership.servers[0].clients[0].clone();
            r.membership.servers[0].clients.push(c);
        }),
        ("foreign member", |r| r.membership.members[0].id.instance = "MY".parse().unwrap()),
        ("unknown class", |r| r.membership.classes.clear()),
        ("unknown owner", |r| r.membership.servers[0].id.owner.code = "9".parse().unwrap()),
        ("unknown client", |r| r.membership.servers[0].clients = vec!["ID/GOV/0001/none".parse().unwrap()]),
        ("no address", |r| r.membership.addresses.clear()),
        ("no key", |r| r.keys.external.clear()),
        ("half seconds", |r| r.membership.validity = Duration::from_millis(500)),
        ("control character", |r| r.membership.members[0].name = "a\u{0}".to_owned()),
        ("own instance federated", |r| {
            let own = r.membership.anchor(Side::External, &r.keys, now());
            r.membership.federation = vec![own];
        }),
    ];
    for (name, change) in cases {
        let error = refused(&change).expect_err(name);
        assert_eq!(error.code(), Code::MalformedGlobalConf, "{name}");
    }
}

#[test]
fn a_signature_of_another_key_is_not_published() {
    let registry = registry("ID", Key::P256);
    let [internal, external] = &registry.signers;
    let swapped = registry.draft(0).unwrap().sign(external, internal).now_or_never().unwrap();
    assert!(matches!(swapped, Err(PublishError::OtherKey)));
    let empty = registry.draft(0).unwrap().with_signatures(Vec::new(), Vec::new());
    assert!(matches!(empty, Err(PublishError::OtherKey)));
}
