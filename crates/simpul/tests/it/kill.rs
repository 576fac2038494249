//! Power cuts: whatever a client saw acknowledged is in both logs and verifies, after any number of SIGKILLs at any
//! moment, without repair (architecture.md, I1).
//!
//! CI kills a few times; `SIMPUL_KILLS=200` is the long form.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::evidence::Judge;
use super::support::{Federation, http};

const MANPOWER: &str = "ID/GOV/3201/manpower";
const PERSONS: &str = "/r1/MY/GOV/1001/civil-registry/persons/persons?limit=1";

#[test]
fn what_was_acknowledged_survives_every_kill() {
    let kills: usize = std::env::var("SIMPUL_KILLS").ok().and_then(|v| v.parse().ok()).unwrap_or(12);
    let federation = Federation::prepare();
    let mut running = federation.start_all();
    let consumer = federation.text("/id/server/consumer").to_owned();
    let provider = federation.text("/my/server/consumer").to_owned();
    let load = Load::start(&consumer, 4);
    let mut random = Random(0x5EED);
    for round in 0..kills {
        load.wait_for_progress();
        std::thread::sleep(Duration::from_micros(random.next() % 20_000));
        let victim = if random.next().is_multiple_of(2) { "id/server" } else { "my/server" };
        running.process(victim).restart();
        assert!(load.acknowledged() > round, "calls go on between kills");
    }
    let acknowledged = load.stop();
    println!("{kills} kills, {} acknowledged exchanges", acknowledged.len());
    let judge = Judge::of(&federation);
    for id in &acknowledged {
        for (base, party) in [(&consumer, MANPOWER), (&provider, "MY/GOV/1001/civil-registry")] {
            for side in ["requestOnly", "responseOnly"] {
                judge.fetch_and_verify(base, party, id, side);
            }
        }
    }
}

/// Calls in a loop from several threads.
struct Load {
    stop: Arc<AtomicBool>,
    seen: Arc<AtomicUsize>,
    acknowledged: Arc<Mutex<Vec<String>>>,
    threads: Vec<std::thread::JoinHandle<()>>,
}

impl Load {
    fn start(base: &str, threads: usize) -> Self {
        let (stop, seen, acknowledged) = Default::default();
        let mut load = Self { stop, seen, acknowledged, threads: Vec::new() };
        for thread in 0..threads {
            let (stop, seen, all) = (load.stop.clone(), load.seen.clone(), load.acknowledged.clone());
            let base = base.to_owned();
            load.threads.push(std::thread::spawn(move || {
                for call in 0.. {
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                    let id = format!("kill-{thread}-{call}");
                    let headers = [("x-road-client", MANPOWER), ("x-road-id", id.as_str())];
                    match http::get(&base, PERSONS, &headers) {
                        Some((200, _)) => {
                            all.lock().unwrap().push(id);
                            seen.fetch_add(1, Ordering::Relaxed);
                        }
                        // Down: do not spin while it starts again.
                        _ => std::thread::sleep(Duration::from_millis(2)),
                    }
                }
            }));
        }
        load
    }

    fn acknowledged(&self) -> usize {
        self.seen.load(Ordering::Relaxed)
    }

    /// Waits until some more calls were acknowledged, so that every kill meets a loaded node.
    fn wait_for_progress(&self) {
        let goal = self.acknowledged() + 8;
        let patience = Instant::now() + Duration::from_secs(60);
        while self.acknowledged() < goal {
            assert!(Instant::now() < patience, "no call succeeds any more");
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    fn stop(self) -> Vec<String> {
        self.stop.store(true, Ordering::Relaxed);
        self.threads.into_iter().for_each(|t| t.join().unwrap());
        self.acknowledged.lock().unwrap().clone()
    }
}

/// A small generator (xorshift): the moments of the kills need no more.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}
