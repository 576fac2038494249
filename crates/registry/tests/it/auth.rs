//! Peers' certificates, judged over a published configuration with a laboratory CA (wire.md §3.1, §3.5, §3.8).

use std::collections::BTreeMap;
use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use futures_util::FutureExt;
use simpul_core::{ClientId, Code, ServerId, UnixTime};
use simpul_lab::ca::{AuthRequest, CaPlan, KeyKind, LabCa, SignRequest, SubjectLayout};
use simpul_registry::publish::*;
use simpul_trust::cert::Certificate;
use simpul_trust::conf::signed::load;
use simpul_trust::conf::{AuthError, GlobalConf, PeerRole, supplied};
use simpul_trust::ocsp::{self, OcspError};
use simpul_trust::token::Signer;
use simpul_wire::gconf::tree;

use crate::publish::{registry, version_folder};
use crate::sample::{Key, now};

const ROLES: [PeerRole; 2] = [PeerRole::Provider, PeerRole::Consumer];

/// One instance whose server `ID/GOV/0001/ss0` serves two subsystems, and its CA.
struct World {
    ca: LabCa,
    leaf: Certificate,
    shared: Bytes,
    conf: GlobalConf,
}

fn lab_ca(intermediate: bool) -> LabCa {
    let from = now().minus(Duration::from_secs(3600 * 24));
    LabCa::create(&CaPlan { intermediate, key: KeyKind::P256, ..CaPlan::named("ID", from) }).unwrap()
}

fn auth(ca: &mut LabCa, server: &str) -> Certificate {
    let server: ServerId = server.parse().unwrap();
    let request = AuthRequest { server: &server, dns: "ss0.example", country: "ID" };
    ca.new_auth_key(SubjectLayout::Basic, &request, now().minus(Duration::from_secs(60))).unwrap().certificate().clone()
}

fn world(intermediate: bool) -> World {
    let mut ca = lab_ca(intermediate);
    let leaf = auth(&mut ca, "ID/GOV/0001/ss0");
    let mut registry = registry("ID", Key::P256);
    registry.membership.servers[0].auth_certificates = vec![leaf.sha256()];
    let responders = ca.ocsp_certificates();
    let entry = |certificate: &Certificate, responder: usize| CaEntry {
        certificate: certificate.clone(),
        ocsp: vec![OcspResponder { url: "http://ocsp".to_owned(), certificate: Some(responders[responder].clone()) }],
    };
    let service = &mut registry.membership.certification[0];
    service.top = entry(ca.root(), 0);
    service.intermediates = ca.intermediates().iter().map(|c| entry(c, 1)).collect();
    let [internal, external] = &registry.signers;
    let draft = registry.membership.draft(&registry.keys, now(), 0).unwrap();
    let publication = draft.sign(internal, external).now_or_never().unwrap().unwrap();
    let anchor = registry.membership.anchor(Side::Internal, &registry.keys, now());
    let published = load(&anchor, &version_folder(&publication), now()).unwrap();
    let conf = GlobalConf::from_published(&anchor.instance, std::slice::from_ref(&published)).unwrap();
    let shared = published.parts.iter().find(|p| p.shared().is_some()).unwrap().bytes().clone();
    World { ca, leaf, shared, conf }
}

impl World {
    fn ocsp(&self, certificate: &Certificate, issuer: &Certificate, at: UnixTime) -> Bytes {
        let request = ocsp::request(certificate, issuer).unwrap();
        Bytes::from(simpul_lab::ocsp::respond(&self.ca, &request, at, Some(Duration::from_secs(7200))))
    }

    /// Responses for the leaf, and for the intermediate if there is one.
    fn responses(&self, at: UnixTime) -> Vec<Bytes> {
        let upper = self.ca.intermediates();
        let upper = upper.iter().map(|c| self.ocsp(c, self.ca.root(), at));
        upper.chain([self.ocsp(&self.leaf, self.ca.issuer(), at)]).collect()
    }

    fn chain(&self) -> Vec<Certificate> {
        std::iter::once(self.leaf.clone()).chain(self.ca.intermediates()).collect()
    }

    fn check(
        &self,
        role: PeerRole,
        chain: &[Certificate],
        client: &str,
        ocsp: &[Bytes],
    ) -> Result<ServerId, AuthError> {
        self.conf.check_auth_certificate(role, chain, &client.parse().unwrap(), ocsp, now())
    }
}

const CLIENT: &str = "ID/GOV/3201/manpower";

#[test]
fn a_registered_certificate_authenticates_its_server_in_either_role() {
    for intermediate in [false, true] {
        let w = world(intermediate);
        for role in ROLES {
            for client in [CLIENT, "ID/GOV/0001/management", "ID/GOV/0001"] {
                let server = w.check(role, &w.chain(), client, &w.responses(now()));
                assert_eq!(server.unwrap_or_else(|e| panic!("{role:?} {client}: {e:?}")).short(), "ID/GOV/0001/ss0");
            }
        }
        assert_eq!(w.conf.knows_auth_certificate(&w.leaf).map(ServerId::short).as_deref(), Some("ID/GOV/0001/ss0"));
        assert!(w.conf.auth_certificate_serves(&w.leaf, &CLIENT.parse().unwrap()));
        assert!(!w.conf.auth_certificate_serves(&w.leaf, &"ID/GOV/3201".parse().unwrap()), "§3.5.4: exact");
    }
}

/// wire.md §3.5.2 and .3: the provider's leaf is anchored at its own issuer, the consumer's chain at the issuer of its
/// last certificate; all but the anchor need OCSP.
#[test]
fn the_anchor_depends_on_the_role() {
    let w = world(true);
    let leaf_only = [w.ocsp(&w.leaf, w.ca.issuer(), now())];
    assert!(w.check(PeerRole::Provider, &w.chain(), CLIENT, &leaf_only).is_ok());
    assert!(w.check(PeerRole::Provider, &w.chain()[..1], CLIENT, &leaf_only).is_ok());
    let missing = w.check(PeerRole::Consumer, &w.chain(), CLIENT, &leaf_only).unwrap_err();
    assert!(matches!(missing, AuthError::NoOcsp { .. }), "{missing:?}");
    assert!(w.check(PeerRole::Consumer, &w.chain()[..1], CLIENT, &leaf_only).is_ok(), "the last one is the leaf");
}

#[test]
fn each_refusal_is_an_authentication_failure() {
    let w = world(false);
    let good = w.responses(now());
    let refuse = |chain: &[Certificate], client: &str, ocsp: &[Bytes]| {
        let errors = ROLES.map(|role| w.check(role, chain, client, ocsp).unwrap_err());
        assert!(errors.iter().all(|e| e.code() == Code::SslAuthenticationFailed));
        let [provider, consumer] = errors;
        assert_eq!(std::mem::discriminant(&provider), std::mem::discriminant(&consumer));
        provider
    };
    assert!(matches!(refuse(&[], CLIENT, &good), AuthError::NoCertificate));
    assert!(matches!(refuse(&w.chain(), CLIENT, &[]), AuthError::NoOcsp { .. }));
    let not_served = refuse(&w.chain(), "ID/GOV/3201", &good);
    assert!(matches!(not_served, AuthError::NotServed { .. }), "{not_served:?}");
    assert!(matches!(refuse(&w.chain(), "MY/GOV/3201/manpower", &good), AuthError::UnknownIssuer { .. }));

    let other = self::world(false);
    let stranger = refuse(&other.chain(), CLIENT, &other.responses(now()));
    assert!(matches!(stranger, AuthError::Path { .. } | AuthError::UnknownIssuer { .. }), "{stranger:?}");
    let foreign = refuse(&w.chain(), CLIENT, &other.responses(now()));
    assert!(matches!(foreign, AuthError::NoOcsp { .. }), "{foreign:?}");

    let garbage = refuse(&w.chain(), CLIENT, &[Bytes::from_static(b"no OCSP response")]);
    assert!(matches!(garbage, AuthError::Ocsp { .. }), "{garbage:?}");
}

#[test]
fn a_signing_certificate_does_not_authenticate() {
    let mut w = world(false);
    let member = "ID/GOV/0001".parse().unwrap();
    let request = SignRequest { member: &member, name: "Registry", server_code: "ss0", country: "ID" };
    let signer = w.ca.new_sign_key(SubjectLayout::Basic, &request, now().minus(Duration::from_secs(60))).unwrap();
    let certificate = signer.certificate().clone();
    let ocsp = [w.ocsp(&certificate, w.ca.issuer(), now())];
    for role in ROLES {
        let error = w.check(role, std::slice::from_ref(&certificate), CLIENT, &ocsp).unwrap_err();
        assert!(matches!(error, AuthError::NotAuthentication { .. }), "{error:?}");
    }
}

#[test]
fn a_certificate_that_no_server_registered_is_refused() {
    let mut w = world(false);
    let unregistered = auth(&mut w.ca, "ID/GOV/0001/ss0");
    let ocsp = [w.ocsp(&unregistered, w.ca.issuer(), now())];
    for role in ROLES {
        let error = w.check(role, std::slice::from_ref(&unregistered), CLIENT, &ocsp).unwrap_err();
        assert!(matches!(error, AuthError::NotRegistered { .. }), "{error:?}");
    }
    assert_eq!(w.conf.knows_auth_certificate(&unregistered), None);
}

/// wire.md §3.8: revoked, too old, superseded.
#[test]
fn ocsp_must_prove_that_it_is_good_now() {
    let mut w = world(false);
    let old = w.responses(now().minus(Membership::OCSP_FRESHNESS + Duration::from_secs(1)));
    let last = w.responses(now().minus(Membership::OCSP_FRESHNESS).plus(Duration::from_secs(1)));
    let fresh = w.responses(now());
    let leaf = w.leaf.clone();
    w.ca.revoke(&leaf, now().minus(Duration::from_secs(1))).unwrap();
    let revoked = w.responses(now());
    for role in ROLES {
        let cause = |ocsp: &[Bytes]| match w.check(role, &w.chain(), CLIENT, ocsp) {
            Err(AuthError::Ocsp { cause, .. }) => Some(cause),
            Ok(_) => None,
            Err(other) => panic!("{other:?}"),
        };
        assert!(cause(&fresh).is_none());
        assert!(cause(&last).is_none(), "almost ocspFreshnessSeconds old");
        assert!(matches!(cause(&old), Some(OcspError::TooOld { .. })));
        assert!(matches!(cause(&revoked), Some(OcspError::NotGood(_))));
        let first_decides = [revoked[0].clone(), fresh[0].clone()];
        assert!(matches!(cause(&first_decides), Some(OcspError::NotGood(_))), "the first one for it decides");
    }
}

#[test]
fn an_expired_certificate_has_no_path() {
    let w = world(false);
    let late = w.leaf.not_after().plus(Duration::from_secs(2));
    let ocsp = [w.ocsp(&w.leaf, w.ca.issuer(), late)];
    for role in ROLES {
        let error = w.conf.check_auth_certificate(role, &w.chain(), &CLIENT.parse().unwrap(), &ocsp, late).unwrap_err();
        assert!(matches!(error, AuthError::Path { .. }), "{error:?}");
    }
}

/// Puts shared parameters into an unsigned tree.
fn tree_of(own: &str, instances: &[(&str, &[u8], Option<&str>)]) -> GlobalConf {
    let mut files = BTreeMap::from([("instance-identifier".to_owned(), Bytes::copy_from_slice(own.as_bytes()))]);
    for (instance, shared, metadata) in instances {
        let path = format!("{}/shared-params.xml", tree::folder_name(&instance.parse().unwrap()));
        if let Some(metadata) = metadata {
            files.insert(tree::metadata_path(&path), Bytes::copy_from_slice(metadata.as_bytes()));
        }
        files.insert(path, Bytes::copy_from_slice(shared));
    }
    let supplied = supplied::load(&files).unwrap();
    GlobalConf::from_parts(&supplied.own, supplied.parts).unwrap()
}

/// The document as format 2 would have it: no source, no names of subsystems, no maintenance, SHA-1 hashes.
fn as_format_2(text: &str, leaf: &Certificate) -> String {
    let without = |text: &str, element: &str| {
        let (open, close) = (format!("<{element}>"), format!("</{element}>"));
        let mut out = text.to_owned();
        while let Some(at) = out.find(&open) {
            let end = out.find(&close).unwrap() + close.len();
            out.replace_range(at..end, "");
        }
        out
    };
    let mut text = text.to_owned();
    for element in ["source", "subsystemName", "inMaintenanceMode"] {
        text = without(&text, element);
    }
    text.replace(&STANDARD.encode(leaf.sha256()), &STANDARD.encode(leaf.sha1()))
}

/// wire.md §3.5.4: SHA-1 only while the own configuration is of format 2.
#[test]
fn sha_1_counts_only_under_an_own_configuration_of_format_2() {
    let w = world(false);
    let six = String::from_utf8(w.shared.to_vec()).unwrap();
    let two = as_format_2(&six, &w.leaf);
    let v6 = r#"{"configurationVersion":"6"}"#;
    let renamed = |text: &str| text.replace("<instanceIdentifier>ID<", "<instanceIdentifier>XX<");
    let client: ClientId = CLIENT.parse().unwrap();
    let serves = |conf: &GlobalConf| conf.auth_certificate_serves(&w.leaf, &client);

    assert!(serves(&tree_of("ID", &[("ID", two.as_bytes(), None)])));
    let hashes_of_6_in_2 = two.replace(&STANDARD.encode(w.leaf.sha1()), &STANDARD.encode(w.leaf.sha256()));
    assert!(!serves(&tree_of("ID", &[("ID", hashes_of_6_in_2.as_bytes(), None)])));
    let hashes_of_2_in_6 = six.replace(&STANDARD.encode(w.leaf.sha256()), &STANDARD.encode(w.leaf.sha1()));
    assert!(!serves(&tree_of("ID", &[("ID", hashes_of_2_in_6.as_bytes(), Some(v6))])));
    let (own_6, own_2) = (renamed(&six), renamed(&two));
    assert!(!serves(&tree_of("XX", &[("XX", own_6.as_bytes(), Some(v6)), ("ID", two.as_bytes(), None)])));
    assert!(serves(&tree_of("XX", &[("XX", own_2.as_bytes(), None), ("ID", six.as_bytes(), Some(v6))])));
}

/// wire.md §8.2: another instance that has expired is ignored.
#[test]
fn an_expired_other_instance_authenticates_nobody() {
    let w = world(false);
    let own =
        String::from_utf8(w.shared.to_vec()).unwrap().replace("<instanceIdentifier>ID<", "<instanceIdentifier>XX<");
    let expiring = r#"{"configurationVersion":"6","expirationDate":"2026-11-21T10:00:01Z"}"#;
    let v6 = r#"{"configurationVersion":"6"}"#;
    let conf = tree_of("XX", &[("XX", own.as_bytes(), Some(v6)), ("ID", &w.shared, Some(expiring))]);
    let check = |at: UnixTime| {
        let client = CLIENT.parse().unwrap();
        conf.check_auth_certificate(PeerRole::Consumer, &w.chain(), &client, &w.responses(now()), at)
    };
    assert!(check(now()).is_ok());
    let late = "2026-11-21T10:00:01Z".parse().unwrap();
    assert!(matches!(check(late), Err(AuthError::UnknownIssuer { .. })));
}

/// wire.md §3.8: freshness and NEXTUPDATE are those of the own instance; part NEXTUPDATE turns the check off.
#[test]
fn next_update_counts_unless_the_own_instance_says_otherwise() {
    let w = world(false);
    let request = ocsp::request(&w.leaf, w.ca.issuer()).unwrap();
    let earlier = now().minus(Duration::from_secs(120));
    let response = simpul_lab::ocsp::respond(&w.ca, &request, earlier, Some(Duration::from_secs(60)));
    let ocsp = [Bytes::from(response)];
    let next_update = |verify: Option<&str>| {
        let mut files = BTreeMap::from([
            ("instance-identifier".to_owned(), Bytes::from_static(b"ID")),
            ("ID/shared-params.xml".to_owned(), w.shared.clone()),
            ("ID/shared-params.xml.metadata".to_owned(), Bytes::from_static(br#"{"configurationVersion":"6"}"#)),
        ]);
        if let Some(verify) = verify {
            let part = format!(
                "<x:conf xmlns:x='http://x-road.eu/xsd/xroad.xsd'><verifyNextUpdate>{verify}</verifyNextUpdate></x:conf>"
            );
            files.insert("ID/nextupdate-params.xml".to_owned(), Bytes::from(part));
        }
        let supplied = supplied::load(&files).unwrap();
        let conf = GlobalConf::from_parts(&supplied.own, supplied.parts).unwrap();
        conf.check_auth_certificate(PeerRole::Provider, &w.chain(), &CLIENT.parse().unwrap(), &ocsp, now())
    };
    for default in [None, Some("true")] {
        let error = next_update(default).unwrap_err();
        assert!(matches!(error, AuthError::Ocsp { cause: OcspError::Superseded { .. }, .. }), "{error:?}");
    }
    assert!(next_update(Some("false")).is_ok());
}
