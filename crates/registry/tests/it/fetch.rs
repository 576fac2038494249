//! The download plan against published sites (wire.md §8.2), with a network made of function calls.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use simpul_core::{Code, UnixTime};
use simpul_registry::publish::*;
use simpul_trust::conf::download::*;
use simpul_trust::conf::rollback::{RollbackPolicy, Succession};
use simpul_trust::conf::{ConfError, GlobalConf, Published, Trust};
use simpul_wire::gconf::Anchor;

use crate::publish::{Registry, registry};
use crate::sample::{Key, now};

/// Central servers by their addresses, and what was asked of them.
struct Network {
    sites: BTreeMap<String, Site>,
    asked: Vec<String>,
}

impl Network {
    fn new(sites: impl IntoIterator<Item = (&'static str, Site)>) -> Self {
        Self { sites: sites.into_iter().map(|(a, s)| (a.to_owned(), s)).collect(), asked: Vec::new() }
    }

    fn get(&mut self, url: &str) -> Response {
        self.asked.push(url.to_owned());
        let Some(rest) = url.strip_prefix("http://") else { return Response::Failed("no TLS here".to_owned()) };
        let (address, target) = rest.split_at(rest.find('/').unwrap());
        let Some(site) = self.sites.get(address) else { return Response::Failed("refused".to_owned()) };
        let (path, query) = target.split_once('?').map_or((target, None), |(p, q)| (p, Some(q)));
        site.serve(path, query).map_or(Response::Status(404), |answer| Response::Body(answer.content))
    }

    fn run(&mut self, plan: Plan, at: UnixTime) -> Outcome {
        self.run_with(plan, at, |_, response| response)
    }

    fn run_with(&mut self, plan: Plan, at: UnixTime, mut tamper: impl FnMut(&str, Response) -> Response) -> Outcome {
        let mut step = start(plan);
        for _ in 0..1000 {
            step = match step {
                Step::Done(outcome) => return *outcome,
                Step::Need(need) => {
                    let response = self.get(need.url());
                    let response = tamper(need.url(), response);
                    need.answer(response, at)
                }
            };
        }
        panic!("the plan does not end");
    }
}

fn site(registry: &Registry, at: UnixTime) -> Site {
    let [internal, external] = &registry.signers;
    let draft = registry.membership.draft(&registry.keys, at, 0).unwrap();
    let mut site = Site::new();
    site.publish(draft.sign(internal, external).now_or_never().unwrap().unwrap());
    site
}

fn plan(anchor: Anchor) -> Plan {
    Plan {
        anchor,
        allowed: AllowedFederations::None,
        previous: Vec::new(),
        newest: BTreeMap::new(),
        generation_interval: Membership::GENERATION_INTERVAL,
        rollback: RollbackPolicy::Refuse,
        prefer: BTreeMap::new(),
        seed: 1,
    }
}

fn anchor(registry: &Registry, side: Side) -> Anchor {
    registry.membership.anchor(side, &registry.keys, now())
}

/// Two instances at two addresses, the first federated with the second.
fn federation() -> (Registry, Registry, Network) {
    let mut my = registry("MY", Key::P256);
    my.membership.addresses = vec!["127.0.0.9:8090".to_owned()];
    let mut id = registry("ID", Key::P256);
    id.membership.federation = vec![anchor(&my, Side::External)];
    let network = Network::new([("127.0.0.2:8090", site(&id, now())), ("127.0.0.9:8090", site(&my, now()))]);
    (id, my, network)
}

fn in_force(outcome: &Outcome, previous: &[Published]) -> Vec<Published> {
    outcome.in_force(previous)
}

fn after(seconds: u64) -> UnixTime {
    now().plus(Duration::from_secs(seconds))
}

#[test]
fn the_first_round_fetches_everything() {
    let (id, _, mut network) = federation();
    let all = Plan { allowed: AllowedFederations::All, ..plan(anchor(&id, Side::Internal)) };
    let outcome = network.run(all, now());
    assert_eq!(
        network.asked,
        [
            "https://127.0.0.2:8090/internalconf?version=6",
            "http://127.0.0.2:8090/internalconf?version=6",
            "http://127.0.0.2:8090/V6/20261121100000250000000/private-params.xml",
            "http://127.0.0.2:8090/V6/20261121100000250000000/shared-params.xml",
            "https://127.0.0.9:8090/externalconf?version=6",
            "http://127.0.0.9:8090/externalconf?version=6",
            "http://127.0.0.9:8090/V6/20261121100000250000000/shared-params.xml",
        ]
    );
    let all = in_force(&outcome, &[]);
    let conf = GlobalConf::from_published(&id.membership.instance, &all).unwrap();
    assert_eq!((conf.instances().len(), conf.versions().len(), conf.trust()), (2, 2, Trust::Verified));
    assert!(conf.private().is_some());
    assert_eq!(outcome.newest().map(|(_, t)| t).collect::<Vec<_>>(), [conf.expires(), conf.expires()]);
}

/// wire.md §8.2: default none; a list names those that are wanted.
#[test]
fn only_allowed_instances_are_fetched() {
    let (id, _, mut network) = federation();
    for (setting, fetched) in [("", 0), ("none", 0), ("SG", 0), ("my", 1), ("all", 1)] {
        let allowed = AllowedFederations::from_setting(setting);
        let outcome = network.run(Plan { allowed, ..plan(anchor(&id, Side::Internal)) }, now());
        assert_eq!(outcome.federated.len(), fetched, "{setting}");
    }
}

/// wire.md §8.2: parts that have the same hash as a stored one are not fetched.
#[test]
fn only_what_changed_is_fetched_again() {
    let (id, _, mut network) = federation();
    let allowed = AllowedFederations::All;
    let first = network.run(Plan { allowed: allowed.clone(), ..plan(anchor(&id, Side::Internal)) }, now());
    let previous = in_force(&first, &[]);
    network.sites.insert("127.0.0.2:8090".to_owned(), site(&id, after(60)));
    network.asked.clear();
    let next = Plan {
        allowed,
        previous: previous.clone(),
        prefer: first.locations().map(|(i, l)| (i.clone(), l.to_owned())).collect(),
        ..plan(anchor(&id, Side::Internal))
    };
    let second = network.run(next, after(60));
    assert_eq!(
        network.asked,
        ["http://127.0.0.2:8090/internalconf?version=6", "http://127.0.0.9:8090/externalconf?version=6"],
        "the location that worked is tried first, and no part changed"
    );
    let own = second.own.as_ref().unwrap();
    assert_eq!(own.published.parts.len(), 2);
    assert_eq!(own.published.directory.expires(), UnixTime::from_secs(after(660).secs()));
    assert_ne!(own.published.directory.sha256(), previous[0].directory.sha256());
}

/// wire.md §8.2: 6, 5, 4, 3, then 2 without probing; anything but 404 settles it.
#[test]
fn versions_are_probed_from_the_newest() {
    let (id, _, mut network) = federation();
    let good = network.get("http://127.0.0.2:8090/internalconf?version=6");
    network.asked.clear();
    let outcome =
        network.run_with(plan(anchor(&id, Side::Internal)), now(), |url, response| match url.rsplit_once("version=") {
            Some((_, "2")) if url.starts_with("http:") => good.clone(),
            Some(_) if url.starts_with("http:") => Response::Status(404),
            _ => response,
        });
    assert!(outcome.own.is_ok());
    let versions: Vec<_> =
        network.asked.iter().filter_map(|u| u.strip_prefix("http://127.0.0.2:8090/internalconf?version=")).collect();
    assert_eq!(versions, ["6", "5", "4", "3", "2"]);

    network.asked.clear();
    let outcome = network.run_with(plan(anchor(&id, Side::Internal)), now(), |_, _| Response::Status(500));
    let refused = outcome.own.unwrap_err();
    assert!(refused.attempts.iter().all(|a| matches!(a.error, AttemptError::Status(500))));
    assert_eq!(network.asked.len(), 2, "500 is not 404: no other version is asked for");

    network.asked.clear();
    let outcome = network.run_with(plan(anchor(&id, Side::Internal)), now(), |_, _| Response::Status(404));
    assert_eq!(outcome.own.unwrap_err().attempts.len(), 2);
    assert_eq!(network.asked.len(), 10);

    let mut fixed = anchor(&id, Side::Internal);
    fixed.sources[0].url.push_str("?version=6");
    network.asked.clear();
    assert!(network.run(plan(fixed), now()).own.is_ok());
    assert_eq!(network.asked[1], "http://127.0.0.2:8090/internalconf?version=6", "a version in the URL is kept");
}

/// A part that does not fit its directory sends the plan to the next location, as anything else does.
#[test]
fn a_bad_location_is_left_for_the_next_one() {
    let (mut id, _, _) = federation();
    id.membership.addresses = vec!["east".to_owned(), "west".to_owned()];
    let sites = [("east", site(&id, now())), ("west", site(&id, now()))];
    let mut network = Network::new(sites);
    for (marker, expected) in [
        ("shared-params.xml", Code::GlobalConfPartIntegrityFailure),
        ("private-params.xml", Code::GlobalConfPartIntegrityFailure),
        ("internalconf", Code::GlobalConfSignatureVerificationFailure),
    ] {
        let mut bad = None;
        let outcome = network.run_with(plan(anchor(&id, Side::Internal)), now(), |url, response| {
            let Response::Body(bytes) = &response else { return response };
            let host = url.split('/').nth(2).unwrap().to_owned();
            if !url.contains(marker) || bad.get_or_insert(host.clone()) != &host {
                return response;
            }
            let mut bytes = bytes.to_vec();
            let at = bytes.windows(11).position(|w| w == b"Expire-date" || w == b"<instanceId").unwrap() + 15;
            bytes[at] ^= 1;
            Response::Body(Bytes::from(bytes))
        });
        let own = outcome.own.unwrap();
        assert!(!own.location.contains(&bad.unwrap()), "{marker}");
        let over = network.run_with(plan(anchor(&id, Side::Internal)), now(), |url, response| match response {
            Response::Body(bytes) if url.contains(marker) => {
                let at = bytes.windows(11).position(|w| w == b"Expire-date" || w == b"<instanceId").unwrap() + 15;
                let mut bytes = bytes.to_vec();
                bytes[at] ^= 1;
                Response::Body(Bytes::from(bytes))
            }
            other => other,
        });
        let codes: Vec<_> = over.own.unwrap_err().attempts.iter().map(|a| a.error.code()).collect();
        assert!(codes.contains(&expected), "{marker}: {codes:?}");
    }
}

/// An own configuration that cannot be had keeps what was accepted; another instance's failure touches only itself.
#[test]
fn failures_keep_what_was_accepted_before() {
    let (id, _, mut network) = federation();
    let all = || Plan { allowed: AllowedFederations::All, ..plan(anchor(&id, Side::Internal)) };
    let previous = in_force(&network.run(all(), now()), &[]);
    let my = network.sites.remove("127.0.0.9:8090").unwrap();
    let outcome = network.run(Plan { previous: previous.clone(), ..all() }, now());
    assert!(outcome.own.is_ok());
    assert!(outcome.federated.values().all(Result::is_err));
    assert_eq!(in_force(&outcome, &previous).len(), 2);
    assert_eq!(in_force(&outcome, &[]).len(), 1);

    network.sites.clear();
    network.sites.insert("127.0.0.9:8090".to_owned(), my);
    let outcome = network.run(Plan { previous: previous.clone(), ..all() }, now());
    let refused = outcome.own.as_ref().unwrap_err();
    assert!(refused.attempts.iter().all(|a| a.error.code() == Code::GlobalConfDownloadFailure));
    assert_eq!(in_force(&outcome, &previous).len(), 2);
    assert!(network.asked.iter().rev().take(2).all(|u| u.contains("127.0.0.2")), "no own one, no others");
}

/// Issue point 6: older than the newest accepted one by more than one generation interval is refused.
#[test]
fn an_older_configuration_is_refused_unless_the_operator_says_so() {
    let (id, _, mut network) = federation();
    let newest = |seconds: u64| BTreeMap::from([(id.membership.instance.clone(), after(600 + seconds))]);
    let with = |seconds, rollback| Plan { newest: newest(seconds), rollback, ..plan(anchor(&id, Side::Internal)) };
    let within = network.run(with(59, RollbackPolicy::Refuse), now()).own.unwrap();
    assert_eq!(within.succession, Succession::InOrder { newest: after(659) }, "a step back is not remembered");
    let refused = network.run(with(61, RollbackPolicy::Refuse), now()).own.unwrap_err();
    let last = &refused.attempts.last().unwrap().error;
    assert!(matches!(last, AttemptError::Conf(ConfError::Rollback { .. })), "{last:?}");
    assert_eq!(last.code(), Code::GlobalConfOutdated);
    let accepted = network.run(with(61, RollbackPolicy::Accept), now()).own.unwrap();
    assert!(matches!(accepted.succession, Succession::Overridden { .. }));
}

#[test]
fn an_expired_configuration_is_refused() {
    let (id, _, mut network) = federation();
    let refused = network.run(plan(anchor(&id, Side::Internal)), after(600)).own.unwrap_err();
    assert_eq!(refused.attempts.last().unwrap().error.code(), Code::GlobalConfOutdated);
}

/// The own instance needs private parameters, which the external side does not have.
#[test]
fn an_external_anchor_is_not_enough_for_the_own_instance() {
    let (id, _, mut network) = federation();
    let refused = network.run(plan(anchor(&id, Side::External)), now()).own.unwrap_err();
    let last = &refused.attempts.last().unwrap().error;
    assert!(matches!(last, AttemptError::Conf(ConfError::PartNotListed(p)) if p == "PRIVATE-PARAMETERS"), "{last:?}");
}

/// Bodies over the limit are refused even if whoever fetched did not count.
#[test]
fn bodies_are_bounded() {
    let (id, _, mut network) = federation();
    let Step::Need(need) = start(plan(anchor(&id, Side::Internal))) else { panic!("a first step") };
    assert_eq!(need.limit(), simpul_core::limits::CONF_DIRECTORY);
    let outcome = network.run_with(plan(anchor(&id, Side::Internal)), now(), |_, _| {
        Response::Body(Bytes::from(vec![b'x'; simpul_core::limits::CONF_DIRECTORY + 1]))
    });
    assert!(outcome.own.unwrap_err().attempts.iter().all(|a| matches!(a.error, AttemptError::TooLarge(_))));
}

/// A location that is no http URL is passed over, and its failure is told.
#[test]
fn only_http_is_fetched() {
    let (id, _, mut network) = federation();
    let mut strange = anchor(&id, Side::Internal);
    strange.sources[0].url = "file:///internalconf".to_owned();
    let refused = network.run(plan(strange), now()).own.unwrap_err();
    assert!(matches!(&refused.attempts[..], [Attempt { error: AttemptError::Url(_), .. }]), "{refused:?}");
    assert!(network.asked.is_empty());
}
