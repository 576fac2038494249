//! Configurations without signatures (fixtures/globalconf, INDEX.md), and the lookups over them.

use simpul_core::ident::Instance;
use simpul_core::{ClientId, Code, ServerId, UnixTime};
use simpul_trust::cert::CertificateProfile;
use simpul_trust::conf::supplied::{self, Supplied};
use simpul_trust::conf::{ConfError, GlobalConf, LoadedPart, RouteError, Trust};
use simpul_wire::gconf::PartKind;

use super::files;
use crate::fixtures::fixture;

fn load(tree: &str) -> Option<Result<Supplied, ConfError>> {
    fixture(&format!("xroad/fixtures/globalconf/{tree}")).map(|root| supplied::load(&files(&root)))
}

fn conf(tree: &str) -> Option<GlobalConf> {
    let supplied = load(tree)?.unwrap_or_else(|e| panic!("{tree}: {e:?}"));
    Some(GlobalConf::from_parts(&supplied.own, supplied.parts).unwrap())
}

fn now() -> UnixTime {
    "2026-11-21T10:00:00Z".parse().unwrap()
}

fn client(text: &str) -> ClientId {
    text.parse().unwrap()
}

#[test]
fn good_trees_are_read_and_say_that_nobody_vouches_for_them() {
    for (tree, own, instances) in [
        ("globalconf_good_v2", "EE", vec!["EE", "bar", "foo"]),
        ("globalconf_good_v4", "EE", vec!["EE", "bar", "baz_v3", "foo_v2"]),
        ("globalconf_good_v6", "EE", vec!["EE", "bar", "baz_v3", "foo_v2", "quux_v5", "qux_v4"]),
        ("globalconf_good2_v3", "DEV", vec!["DEV"]),
    ] {
        let Some(conf) = conf(tree) else { return };
        let found: Vec<_> = conf.instances().into_iter().map(Instance::as_str).collect();
        assert_eq!((conf.own_instance().as_str(), found), (own, instances), "{tree}");
        assert_eq!(conf.trust(), Trust::Supplied);
        assert!(conf.versions().is_empty());
        assert!(conf.check_fresh(now()).is_ok());
        assert_eq!(conf.problems().count(), 0, "{tree}: {:?}", conf.problems().next());
    }
}

/// Metadata of the fixtures: `2124-05-20T17:42:55Z`, and none in `globalconf_good2_v3`.
#[test]
fn expiry_is_that_of_the_metadata() {
    let Some(v6) = conf("globalconf_good_v6") else { return };
    let end: UnixTime = "2124-05-20T17:42:55Z".parse().unwrap();
    assert_eq!(v6.expires(), end);
    assert!(v6.check_fresh(UnixTime::from_millis(end.millis() - 1)).is_ok());
    assert_eq!(v6.check_fresh(end).unwrap_err().code(), Code::GlobalConfOutdated);
    let without = conf("globalconf_good2_v3").unwrap();
    assert!(without.check_fresh(end).is_ok(), "a part without an end does not expire");
}

/// INDEX.md: malformed and empty fail as named.
#[test]
fn malformed_and_empty_trees_are_refused() {
    let Some(malformed) = load("globalconf_malformed") else { return };
    assert_eq!(malformed.unwrap_err().code(), Code::MalformedGlobalConf);
    let empty = load("globalconf_empty").unwrap().unwrap();
    assert_eq!((empty.own.as_str(), empty.parts.len()), ("EE", 0));
    let error = GlobalConf::from_parts(&empty.own, empty.parts).unwrap_err();
    assert!(matches!(error, ConfError::NoShared(_)));
    assert_eq!(error.code(), Code::MalformedGlobalConf);
}

/// Values read by eye from `globalconf_good_v6`.
#[test]
fn lookups_answer_from_the_right_instance() {
    let Some(conf) = conf("globalconf_good_v6") else { return };
    let member = "EE/BUSINESS/producer".parse().unwrap();
    assert_eq!(conf.member_name(&member), Some("Experimental producer"));
    assert_eq!(conf.client_name(&client("EE/BUSINESS/foo/foosubsystem")), Some("FOO Subsystem"));
    assert!(conf.is_registered(&client("EE/BUSINESS/foo/foosubsystem")));
    assert!(!conf.is_registered(&client("EE/BUSINESS/foo/FOOSUBSYSTEM")), "§1.1: exact");
    assert!(!conf.is_registered(&client("XX/BUSINESS/foo")));
    let group = |text: &str| text.parse().unwrap();
    assert!(conf.in_group(&group("EE/Test group"), &client("EE/BUSINESS/member1/subsys")));
    assert!(!conf.in_group(&group("EE/Test group"), &client("EE/BUSINESS/member1")), "a member is no subsystem");
    assert!(!conf.in_group(&group("EE/Other"), &client("EE/BUSINESS/member2")));
    assert!(
        !conf.in_group(&group("bar/Test group"), &client("EE/BUSINESS/member1/subsys")),
        "§1.1: MEMBER with a subsystem"
    );
    assert_eq!(conf.federated_anchors().len(), 1);
    assert_eq!(conf.timestamping_interval().unwrap().as_secs(), 123);
    assert_eq!(conf.tsa_urls(), ["http://www.foo.bar"]);
    assert!(!conf.tsa_certificates().is_empty());
    let ee: Instance = "EE".parse().unwrap();
    let top = &conf.shared(&ee).unwrap().approved_cas[0].top.certificate;
    let top = simpul_trust::cert::Certificate::from_der_or_pem(top).unwrap();
    let ca = conf.approved_ca(&ee, &top.subject_der()).unwrap();
    assert_eq!((ca.name.as_str(), ca.profile, ca.top), ("pki1", Some(CertificateProfile::Test), true));
    assert_eq!((ca.ocsp_urls.len(), ca.ocsp_certs.len()), (5, 5));
    assert!(conf.approved_ca(&"XX".parse().unwrap(), &top.subject_der()).is_none());
    let rules = conf.ocsp_rules(&top);
    assert_eq!(rules.freshness.as_secs(), 42);
    assert!(rules.verify_next_update);
    assert!(rules.responders.len() >= 5 && rules.candidates.contains(&&top));
    assert!(conf.ca_subjects().contains(&top.subject_der()));
}

/// wire.md §3.7 over `globalconf_good_v6/EE`: three servers with an address, one in maintenance, one without.
#[test]
fn routes_follow_registration_and_maintenance() {
    let Some(conf) = conf("globalconf_good_v6") else { return };
    let server = |text: &str| -> ServerId { text.parse().unwrap() };
    let producer = server("EE/BUSINESS/producer/producerServerCode");
    let maintained = server("EE/BUSINESS/foo/FooBarServerCode");
    let foo = client("EE/BUSINESS/foo");

    let route = conf.route(&client("EE/BUSINESS/foo/foosubsystem"), None, now()).unwrap();
    assert_eq!(route.targets.len(), 1);
    assert_eq!((&route.targets[0].server, route.targets[0].address.as_str()), (&producer, "127.0.0.1"));

    let route = conf.route(&foo, None, now()).unwrap();
    assert_eq!(route.targets.len(), 1, "the one in maintenance is skipped, the one without address too");
    assert_eq!(conf.route(&foo, Some(&producer), now()).unwrap(), route);
    let error = conf.route(&foo, Some(&maintained), now()).unwrap_err();
    assert_eq!(error.code(), Code::MaintenanceMode);
    assert!(error.to_string().contains("Test maintenance mode"), "{error}");

    let owner = conf.route(&client("EE/BUSINESS/producer"), None, now()).unwrap();
    assert_eq!(owner.targets[0].server, producer, "the owner needs no registration");

    let unknown = |provider: &str| conf.route(&client(provider), None, now()).unwrap_err();
    for provider in ["EE/BUSINESS/nobody", "EE/BUSINESS/foo/other", "XX/BUSINESS/foo"] {
        assert_eq!(unknown(provider), RouteError::UnknownMember(client(provider)));
    }
    let nowhere = conf.route(&client("EE/BUSINESS/foo/foosubsystem"), Some(&maintained), now()).unwrap_err();
    assert_eq!(nowhere.code(), Code::InvalidSecurityServer, "it exists but does not serve the subsystem");
    let nobody = server("EE/BUSINESS/foo/none");
    assert_eq!(conf.route(&foo, Some(&nobody), now()).unwrap_err().code(), Code::InvalidSecurityServer);
    let blank = server("EE/BUSINESS/foo/fooServerCode");
    assert_eq!(conf.route(&foo, Some(&blank), now()).unwrap_err().code(), Code::InvalidSecurityServer);
}

/// wire.md §8.2: an own configuration that expired stops everything, another one is just left out.
#[test]
fn an_expired_other_instance_is_left_out() {
    let Some(conf) = conf("globalconf_good_v6") else { return };
    let after: UnixTime = "2124-05-20T17:42:55Z".parse().unwrap();
    let provider = client("bar/BUSINESS/producer");
    assert!(conf.route(&provider, None, now()).is_ok());
    assert_eq!(conf.route(&provider, None, after).unwrap_err().code(), Code::UnknownMember);
    assert!(conf.route(&client("EE/BUSINESS/producer"), None, after).is_ok(), "check_fresh judges the own one");

    let later = conf.as_of(after);
    assert_eq!(later.instances().len(), 1);
    assert!(later.tsa_certificates().len() < conf.tsa_certificates().len());
    assert!(!later.is_registered(&provider) && conf.is_registered(&provider));
    assert_eq!(conf.as_of(now()).instances().len(), 6);
}

#[test]
fn the_same_part_twice_is_ambiguous() {
    let Some(Ok(supplied)) = load("globalconf_good2_v3") else { return };
    let twice: Vec<LoadedPart> = supplied.parts.iter().chain(&supplied.parts).cloned().collect();
    let error = GlobalConf::from_parts(&supplied.own, twice).unwrap_err();
    assert!(matches!(error, ConfError::Ambiguous { .. }));
}

/// wire.md §7.4: what goes with a container is read again.
#[test]
fn the_archive_for_verification_holds_all_shared_parameters() {
    let Some(conf) = conf("globalconf_good_v6") else { return };
    let files = conf.verificationconf();
    assert_eq!(files["verificationconf/instance-identifier"].as_ref(), b"EE");
    let metadata = &files["verificationconf/quux_v5/shared-params.xml.metadata"];
    assert_eq!(metadata.as_ref(), br#"{"configurationVersion":"5"}"#);
    let again = supplied::load(&files).unwrap();
    assert!(again.parts.iter().all(|p| *p.kind() == PartKind::Shared));
    let again = GlobalConf::from_parts(&again.own, again.parts).unwrap();
    assert_eq!(again.instances(), conf.instances());
    assert!(again.private().is_none());
}

#[test]
fn a_folder_that_contradicts_its_part_is_refused() {
    let Some(root) = fixture("xroad/fixtures/globalconf/globalconf_good2_v3") else { return };
    let renamed = files(&root).into_iter().map(|(path, bytes)| (path.replace("DEV/", "EE/"), bytes)).collect();
    assert!(matches!(supplied::load(&renamed), Err(ConfError::Folder { .. })));
}
