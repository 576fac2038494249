//! Directories that an honest registry never signs, under a good signature (wire.md §8.2, §8.3).

use std::collections::BTreeMap;

use bytes::Bytes;
use simpul_core::ident::Instance;
use simpul_core::{Code, DigestAlgorithm, limits};
use simpul_registry::publish::*;
use simpul_trust::conf::ConfError;
use simpul_trust::conf::download::{AllowedFederations, Plan, Response, Step, start};
use simpul_trust::conf::rollback::RollbackPolicy;
use simpul_trust::conf::signed::{load_tree, verify_directory};
use simpul_trust::hash;
use simpul_trust::token::Signer;
use simpul_wire::gconf::{
    Anchor, DirectoryContent, DirectorySignature, FormatVersion, PartEntry, PartKind, PrivateParams, SignatureScheme,
    SignedDirectory,
};

use crate::publish::{Registry, registry};
use crate::sample::{Key, now};

/// The internal directory of a registry over any parts.
fn signed(registry: &Registry, parts: &[(PartKind, &Bytes)]) -> (Bytes, Vec<PartEntry>) {
    let entry = |(kind, bytes): &(PartKind, &Bytes)| PartEntry {
        kind: kind.clone(),
        instance: Some(registry.membership.instance.clone()),
        location: format!("/V6/1/{}", kind.file_name().unwrap()),
        file_name: None,
        hash: hash::sha512(bytes),
    };
    let parts: Vec<_> = parts.iter().map(entry).collect();
    let expires = now().plus(registry.membership.validity);
    let content = DirectoryContent { expires, version: Some(FormatVersion::V6), parts: parts.clone() };
    let data = content.write("inner").unwrap();
    let signer = &registry.signers[0];
    let signature = DirectorySignature {
        scheme: SignatureScheme::Ecdsa(DigestAlgorithm::Sha512),
        certificate: hash::sha512(signer.certificate().der()),
        value: signer.sign_now(DigestAlgorithm::Sha512, &data).unwrap(),
    };
    let directory = SignedDirectory::new(Bytes::from(data), "inner", "outer", signature).unwrap();
    (Bytes::from(directory.write()), parts)
}

/// What a registry would publish, by kind of part.
fn part(registry: &Registry, kind: &PartKind) -> Bytes {
    let draft = registry.membership.draft(&registry.keys, now(), 0).unwrap();
    let files = draft.with_signatures(sign(registry, Side::Internal), sign(registry, Side::External)).unwrap();
    let (_, bytes) = files.files().iter().find(|(path, _)| path.ends_with(kind.file_name().unwrap())).unwrap();
    bytes.clone()
}

fn sign(registry: &Registry, side: Side) -> Vec<u8> {
    let draft = registry.membership.draft(&registry.keys, now(), 0).unwrap();
    let (data, digest) = draft.to_sign(side);
    let signer = &registry.signers[usize::from(side == Side::External)];
    signer.sign_now(digest, data).unwrap()
}

fn accept(registry: &Registry, kind: PartKind, bytes: &Bytes) -> Result<(), ConfError> {
    let (directory, entries) = signed(registry, &[(kind, bytes)]);
    let certificates = [registry.keys.internal[0].der().to_vec()];
    let directory = verify_directory(&registry.membership.instance, &certificates, directory, now()).unwrap();
    directory.accept(&entries[0], bytes.clone()).map(drop)
}

/// wire.md §8.3: the instance inside a part equals that of its header.
#[test]
fn a_part_that_names_another_instance_inside_is_refused() {
    let (own, other) = (registry("ID", Key::P256), registry("MY", Key::P256));
    for kind in [PartKind::Shared, PartKind::Private] {
        accept(&own, kind.clone(), &part(&own, &kind)).unwrap();
        let error = accept(&own, kind.clone(), &part(&other, &kind)).unwrap_err();
        assert!(matches!(error, ConfError::PartInstance { .. }), "{error:?}");
        assert_eq!(error.code(), Code::GlobalConfPartInvalidInstanceIdentifier);
    }
}

/// wire.md §8.3: after the hash, the schema of the format.
#[test]
fn a_part_outside_its_schema_is_refused_under_a_good_hash() {
    let own = registry("ID", Key::P256);
    let text = String::from_utf8(part(&own, &PartKind::Shared).to_vec()).unwrap();
    let broken = Bytes::from(text.replacen("<member ", "<stranger/><member ", 1));
    let error = accept(&own, PartKind::Shared, &broken).unwrap_err();
    assert!(matches!(error, ConfError::Part { .. }), "{error:?}");
    assert_eq!(error.code(), Code::MalformedGlobalConf);
}

#[test]
fn the_size_of_a_part_is_judged_before_anything_else() {
    let own = registry("ID", Key::P256);
    let text = part(&own, &PartKind::Shared);
    let padded = |n: usize| Bytes::from([text.as_ref(), &vec![b' '; n - text.len()]].concat());
    accept(&own, PartKind::Shared, &padded(limits::CONF_PART)).unwrap();
    let error = accept(&own, PartKind::Shared, &padded(limits::CONF_PART + 1)).unwrap_err();
    assert!(matches!(error, ConfError::PartTooLarge { .. }), "{error:?}");
}

/// An anchor for the own instance among the federated ones leads nowhere: it must not replace the given anchor.
#[test]
fn the_own_instance_cannot_be_federated_with() {
    let own = registry("ID", Key::P256);
    let rogue = registry("ID", Key::P256);
    let shared = part(&own, &PartKind::Shared);
    let mut private = PrivateParams::parse(&part(&own, &PartKind::Private), FormatVersion::V6).unwrap();
    private.anchors = vec![Anchor { instance: own.membership.instance.clone(), ..anchor(&rogue) }];
    let private = Bytes::from(private.write().unwrap());
    let (directory, _) = signed(&own, &[(PartKind::Shared, &shared), (PartKind::Private, &private)]);

    let plan = Plan {
        anchor: anchor(&own),
        allowed: AllowedFederations::All,
        previous: Vec::new(),
        newest: BTreeMap::new(),
        generation_interval: Membership::GENERATION_INTERVAL,
        rollback: RollbackPolicy::Refuse,
        prefer: BTreeMap::new(),
        seed: 1,
    };
    let mut step = start(plan);
    let outcome = loop {
        step = match step {
            Step::Done(outcome) => break *outcome,
            Step::Need(need) => {
                let response = match need.url().rsplit('/').next().unwrap() {
                    "shared-params.xml" => Response::Body(shared.clone()),
                    "private-params.xml" => Response::Body(private.clone()),
                    name if name.starts_with("internalconf") => Response::Body(directory.clone()),
                    other => panic!("{other} was asked for"),
                };
                need.answer(response, now())
            }
        };
    };
    assert!(outcome.own.is_ok() && outcome.federated.is_empty());

    let own_folder: Instance = own.membership.instance.clone();
    let mut files = BTreeMap::from([
        ("internalconf".to_owned(), directory.clone()),
        ("shared-params.xml".to_owned(), shared),
        ("private-params.xml".to_owned(), private),
    ]);
    files.insert(format!("{own_folder}/internalconf"), directory);
    assert!(load_tree(&anchor(&own), &files, now()).unwrap().federated.is_empty());
}

fn anchor(registry: &Registry) -> Anchor {
    registry.membership.anchor(Side::Internal, &registry.keys, now())
}
