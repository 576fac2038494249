//! Conformance by negative cases (`conformance/README.md`): each file says what meets the node, and by which clause of
//! the wire reference it must answer how. A group of cases shares one federation of separate processes; after it a
//! healthy call still works, the processes are the same ones, and they have not grown.

mod case;
mod consumer;
mod consumer_peer;
mod count;
mod keys;
mod laboratory;
mod outcome;
mod peer;
mod provider;
mod service;
mod text;
mod watch;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use self::case::{Case, Subject};
use self::consumer_peer::FaultyProvider;
use self::laboratory::Laboratory;
use self::outcome::{Outcome, Report};

/// Cases that run at a time, where they do not disturb each other.
const AT_A_TIME: usize = 8;

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
    watch.findings().into_iter().for_each(|finding| report.wrong(finding));
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
