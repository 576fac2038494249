//! Which generations of the global configuration a message log holds: those that its records cite (decision 0004), however
//! long the node runs.

use std::time::{Duration, Instant};

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, Row};

use super::evidence::Judge;
use super::support::{Curl, Federation};

const MANPOWER: &str = "ID/GOV/3201/manpower";
const PERSONS: &str = "/r1/MY/GOV/1001/civil-registry/persons/persons?limit=1";

/// How many generations pass while nobody calls.
const IDLE: usize = 6;

#[test]
fn an_idle_node_stores_no_generation() {
    let federation = Federation::prepare();
    for instance in ["id", "my"] {
        let file = format!("{instance}/simpul.toml");
        let membership = "membership = \"membership.toml\"\n";
        federation.edit(&file, membership, &format!("{membership}interval-seconds = 1\n"));
        let anchor = "anchor = \"anchor.xml\"\nallowed-federations";
        federation.edit(&file, anchor, "anchor = \"anchor.xml\"\nconf-interval-seconds = 1\nallowed-federations");
    }
    let mut running = federation.start_all();
    idle(&federation);
    assert_eq!(stored(&federation), 0, "no record, no generation");

    let call = |id: &str| {
        let base = federation.text("/id/server/consumer");
        Curl::get(&format!("{base}{PERSONS}")).client(MANPOWER).header("x-road-id", id).send()
    };
    assert_eq!(call("idle-1").status, 200);
    let after = stored(&federation);
    // Request and answer each cite the generation of both instances; a new one may have come between them.
    assert!((2..=4).contains(&after), "{after}");
    idle(&federation);
    assert_eq!(stored(&federation), after, "generations that no record cites are not stored");
    running.process("id/server").restart();
    idle(&federation);
    assert_eq!(stored(&federation), after, "nor after a restart");

    // What was stored is what evidence needs.
    assert_eq!(call("idle-2").status, 200);
    let judge = Judge::of(&federation);
    let base = federation.text("/id/server/consumer");
    for id in ["idle-1", "idle-2"] {
        for side in ["requestOnly", "responseOnly"] {
            judge.fetch_and_verify(base, MANPOWER, id, side);
        }
    }
}

/// Waits until the consumer's server has taken over some generations.
fn idle(federation: &Federation) {
    let dir = federation.dir().join("id/data/server/globalconf");
    let current = || std::fs::read_to_string(dir.join("current")).unwrap();
    let patience = Instant::now() + Duration::from_secs(60);
    for _ in 0..IDLE {
        let before = current();
        while current() == before {
            assert!(Instant::now() < patience, "the server takes over new generations");
        }
    }
}

/// The number of configurations in the consumer's log.
fn stored(federation: &Federation) -> i64 {
    let file = federation.dir().join("id/data/server/ledger/ledger.db");
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        let mut log = SqliteConnectOptions::new().filename(file).read_only(true).connect().await.unwrap();
        let count = sqlx::query("SELECT COUNT(*) FROM conf").fetch_one(&mut log).await.unwrap().get(0);
        log.close().await.unwrap();
        count
    })
}
