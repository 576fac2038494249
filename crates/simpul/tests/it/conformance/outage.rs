//! Calls while a part of the federation is down. What depends on expiry comes with time: the call is made again until
//! the answer is the expected one or the case's time is over.

use std::time::{Duration, Instant};

use super::case::Case;
use super::consumer;
use super::laboratory::Laboratory;
use super::outcome::Outcome;
use super::provider;

/// Configurations and OCSP responses that live for seconds.
pub(super) fn laboratory(roles: &[&str]) -> Laboratory {
    let mut laboratory = Laboratory::prepared();
    for instance in ["id", "my"] {
        let file = format!("{instance}/simpul.toml");
        let membership = "membership = \"membership.toml\"\n";
        let short = format!("{membership}interval-seconds = 1\nexpiry-seconds = 6\n");
        laboratory.federation.edit(&file, membership, &short);
        let anchor = "anchor = \"anchor.xml\"\nallowed-federations";
        let often =
            "anchor = \"anchor.xml\"\nconf-interval-seconds = 1\nocsp-interval-seconds = 1\nallowed-federations";
        laboratory.federation.edit(&file, anchor, often);
        let provider = "\nmanagement-provider";
        let fresh = "\nocsp-freshness-seconds = 8\nmanagement-provider";
        laboratory.federation.edit(&format!("{instance}/membership.toml"), provider, fresh);
    }
    roles.iter().for_each(|role| laboratory.start(role));
    laboratory
}

/// Stops what the case stops, calls until the expectation comes true, and starts it again.
pub(super) fn run(laboratory: &mut Laboratory, case: &Case) -> Outcome {
    case.stop.iter().for_each(|role| laboratory.kill(role));
    let start = Instant::now();
    let end = start + Duration::from_secs(case.expect.patience());
    let by_peer = case.mutate.iter().any(|m| m == "by-peer");
    let mut outcome;
    loop {
        outcome = match by_peer {
            true => provider::ordinary(&laboratory.keys, laboratory.address("/my/server/peer")),
            false => consumer::ordinary(laboratory.consumer()),
        };
        outcome.took = start.elapsed();
        if outcome.differences(&case.expect).is_empty() || Instant::now() > end {
            break;
        }
    }
    case.stop.iter().for_each(|role| laboratory.start(role));
    outcome
}

/// The ordinary call works, at the latest when everything has been fetched again.
pub(super) fn recovered(laboratory: &Laboratory) -> Result<(), Outcome> {
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        let outcome = consumer::ordinary(laboratory.consumer());
        match outcome.status {
            Some(200) => return Ok(()),
            _ if Instant::now() > end => return Err(outcome),
            _ => {}
        }
    }
}
