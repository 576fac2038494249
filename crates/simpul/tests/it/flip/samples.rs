//! Containers that a federation of the demonstration makes, with what they are judged by.

use std::collections::BTreeMap;
use std::path::Path;

use bytes::Bytes;
use simpul::evidence::{self, Facts};
use simpul::ground::Ground;
use simpul::verdict::Verdict;
use simpul_core::UnixTime;

use super::super::evidence::Judge;
use super::super::support::{Curl, Federation};
use super::archive;

const MANPOWER: &str = "ID/GOV/3201/manpower";
const PERSONS: &str = "/r1/MY/GOV/1001/civil-registry/persons/persons";

/// A container that holds.
pub(super) struct Sample {
    pub(super) name: String,
    pub(super) octets: Vec<u8>,
    ground: Ground,
}

/// A request with a body, its response, and a request without a body, each with a timestamp of its own, and a request and
/// a response that share the timestamp of a batch; all under keys of this kind.
pub(super) fn of(keys: &str) -> Vec<Sample> {
    let federation = Federation::prepare_with(&["--keys", keys]);
    federation.stamps_on_demand();
    let mut running = federation.start_all();
    let consumer = federation.text("/id/server/consumer");
    let call = |id: &str, path: &str| {
        Curl::get(&format!("{consumer}{PERSONS}{path}")).client(MANPOWER).header("x-road-id", id)
    };
    let search = call("flip-post", "/search").post("application/json", r#"{"limit":1}"#).send();
    assert_eq!(search.status, 200, "{search:?}");
    let get = call("flip-get", "?limit=1").send();
    assert_eq!(get.status, 200, "{get:?}");
    let judge = Judge::of(&federation);
    let anchor = std::fs::read(federation.dir().join("id/anchor.xml")).unwrap();
    let sample = |name: &str, id: &str, side: &str| {
        let octets = judge.fetch(consumer, MANPOWER, id, side);
        let conf = files(&judge.conf(consumer, MANPOWER, id));
        Sample { name: format!("{keys} {name}"), octets, ground: Ground::anchored(&anchor, &conf).unwrap() }
    };
    let mut samples = vec![
        sample("request with body", "flip-post", "requestOnly"),
        sample("response", "flip-post", "responseOnly"),
        sample("request without body", "flip-get", "requestOnly"),
    ];
    let batch = call("flip-batch", "/search").post("application/json", r#"{"limit":1}"#).send();
    assert_eq!(batch.status, 200, "{batch:?}");
    running.stamp_waiting();
    for (name, side) in [("request of a batch", "requestOnly"), ("response of a batch", "responseOnly")] {
        let octets = judge.fetch_stamped(consumer, MANPOWER, "flip-batch", side);
        let conf = files(&judge.conf(consumer, MANPOWER, "flip-batch"));
        let ground = Ground::anchored(&anchor, &conf).unwrap();
        assert!(archive::entries(&octets).iter().any(|(name, _)| name == "META-INF/timestamp.tst"), "{keys} {name}");
        samples.push(Sample { name: format!("{keys} {name}"), octets, ground });
    }
    samples
}

impl Sample {
    /// The verdict on octets in its place, at a moment long after.
    pub(super) fn judge(&self, octets: &[u8]) -> Verdict<Facts> {
        evidence::judge(octets, &self.ground, UnixTime::from_secs(4_102_444_800))
    }
}

/// Every file below a folder, by its path with `/`.
fn files(dir: &Path) -> BTreeMap<String, Bytes> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        match entry.file_type().unwrap().is_dir() {
            true => found.extend(files(&entry.path()).into_iter().map(|(n, b)| (format!("{name}/{n}"), b))),
            false => drop(found.insert(name, std::fs::read(entry.path()).unwrap().into())),
        }
    }
    found
}
