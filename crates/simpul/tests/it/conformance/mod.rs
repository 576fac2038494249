//! Conformance by negative cases (`conformance/README.md`): each file says what meets the node, and by which clause of
//! the wire reference it must answer how. A group of cases shares one federation of separate processes; after it a
//! healthy call still works, the processes are the same ones, and they have not grown, nor do they hold more open files.

mod case;
mod config;
mod consumer;
mod consumer_peer;
mod container;
mod count;
mod globalconf;
mod keys;
mod laboratory;
mod outage;
mod outcome;
mod peer;
mod provider;
mod service;
mod text;
mod tool;
mod watch;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use self::case::{Case, Subject};
use self::consumer_peer::FaultyProvider;
use self::container::Evidence;
use self::globalconf::Published;
use self::laboratory::Laboratory;
use self::outcome::{Outcome, Report};
use crate::evidence::Judge;

/// Cases that run at a time, where they do not disturb each other.
const AT_A_TIME: usize = 8;

/// Every role of both instances, in the order of their needs.
const ALL_ROLES: &[&str] = &["id/lab", "my/lab", "id/registry", "my/registry", "id/server", "my/server"];

#[test]
fn consumer_port() {
    let laboratory = Laboratory::with(&["id/lab", "my/lab", "id/registry", "my/registry", "id/server", "my/server"]);
    let to = laboratory.consumer();
    group(
        "consumer port",
        Subject::Consumer,
        &laboratory,
        || consumer::ordinary(to),
        |case| {
            let call = case.call.clone().unwrap_or_default();
            consumer::call(to, &call, Duration::from_secs(case.expect.patience() + 2))
        },
    );
}

#[test]
fn peer_port() {
    let laboratory = Laboratory::with(&["id/registry", "my/lab", "my/registry", "my/server"]);
    let to = laboratory.address("/my/server/peer");
    let keys = &laboratory.keys;
    group(
        "peer port",
        Subject::Provider,
        &laboratory,
        || provider::ordinary(keys, to),
        |case| provider::run(keys, to, case),
    );
}

#[test]
fn faulty_provider() {
    let laboratory = Laboratory::with(&["id/lab", "id/registry", "my/registry", "id/server"]);
    let (peer, ocsp) = (laboratory.address("/my/server/peer"), laboratory.address("/my/server/ocsp"));
    let provider = FaultyProvider::start(Arc::clone(&laboratory.keys), peer, ocsp);
    let to = laboratory.consumer();
    // The server has one behaviour at a time.
    let provider = Mutex::new(provider);
    group(
        "faulty provider",
        Subject::ConsumerPeer,
        &laboratory,
        || consumer::ordinary(to),
        |case| provider.lock().unwrap().run(to, case),
    );
}

#[test]
fn containers() {
    let laboratory = Laboratory::with(ALL_ROLES);
    let judge = Judge::of(&laboratory.federation);
    let evidence = Evidence::of(&laboratory, &judge);
    judged("containers", Subject::Container, || evidence.healthy(), |case| evidence.run(case));
}

#[test]
fn global_configurations() {
    let laboratory = Laboratory::with(&["id/registry"]);
    let published = Published::by(&laboratory);
    judged("global configurations", Subject::Globalconf, || published.healthy(), |case| published.run(case));
}

#[test]
fn configuration_files() {
    let laboratory = Laboratory::prepared();
    judged("configuration files", Subject::Config, Vec::new, |case| config::run(&laboratory, case));
}

#[test]
fn outages() {
    let mut laboratory = outage::laboratory(ALL_ROLES);
    assert!(outage::recovered(&laboratory).is_ok(), "the ordinary call works before the cases");
    let mut report = Report::of("outages");
    for case in case::of(Subject::Outage) {
        let outcome = outage::run(&mut laboratory, &case);
        report.add(&case, &outcome);
        if let Err(after) = outage::recovered(&laboratory) {
            report.wrong(format!("{}: no recovery: {after:?}", case.name));
        }
    }
    laboratory.panics().into_iter().for_each(|finding| report.wrong(finding));
    report.finish();
}

/// Runs the cases that programs judge; what they are made of must be valid before it is changed.
fn judged(
    name: &'static str,
    subject: Subject,
    healthy: impl Fn() -> Vec<Outcome>,
    run: impl Fn(&Case) -> Outcome + Sync,
) {
    for outcome in healthy() {
        assert_eq!(outcome.exit, Some(0), "valid before it is changed: {}", outcome.text);
    }
    let mut report = Report::of(name);
    let cases = case::of(subject);
    for (case, outcome) in cases.iter().zip(side_by_side(&cases, run)) {
        report.add(case, &outcome);
    }
    report.finish();
}

/// Runs the cases of a subject in one federation.
fn group(
    name: &'static str,
    subject: Subject,
    laboratory: &Laboratory,
    healthy: impl Fn() -> Outcome,
    run: impl Fn(&Case) -> Outcome + Sync,
) {
    let before = healthy();
    assert_eq!(before.status, Some(200), "the ordinary call works before the cases: {before:?}");
    assert_eq!(before.code, None, "the ordinary call works before the cases: {before:?}");
    let watch = laboratory.watch();
    let mut report = Report::of(name);
    let cases = case::of(subject);
    for (case, outcome) in cases.iter().zip(side_by_side(&cases, run)) {
        report.add(case, &outcome);
    }
    let after = healthy();
    if after.status != Some(200) || after.code.is_some() {
        report.wrong(format!("the ordinary call no longer works: {after:?}"));
    }
    watch.findings().into_iter().chain(laboratory.panics()).for_each(|finding| report.wrong(finding));
    report.finish();
}

/// Runs cases on a few threads and gives their outcomes in order.
fn side_by_side(cases: &[Case], run: impl Fn(&Case) -> Outcome + Sync) -> Vec<Outcome> {
    let next = Mutex::new(cases.iter().enumerate());
    let outcomes = Mutex::new(vec![Outcome::default(); cases.len()]);
    std::thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                loop {
                    let Some((at, case)) = next.lock().unwrap().next() else { break };
                    let outcome = run(case);
                    outcomes.lock().unwrap()[at] = outcome;
                }
            });
        }
    });
    outcomes.into_inner().unwrap()
}
