//! A process that records is killed at random moments. After each kill the ledger opens without repair, and every
//! record that was acknowledged stands in it as it was recorded.
//!
//! The child is this test program itself, asked to run [`child_records_until_it_is_killed`]. More kills:
//! `SIMPUL_KILLS=200`.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use simpul_ledger::contract::{conf, record};
use simpul_ledger::{
    Filter, Ledger, LedgerSettings, LedgerStore, LoggedBody, NewRecord, Page, RecordId, Stamp, StampState,
};
use simpul_store::sqlite::SqliteLedger;

const FOLDER: &str = "SIMPUL_KILL_FOLDER";
const FIRST: &str = "SIMPUL_KILL_FIRST";
const TASKS: usize = 12;
/// More records than one life of the child can have.
const PER_LIFE: u32 = 1_000_000;

/// What the child records under the number `n`, so that the parent can tell what must be there.
fn numbered(n: u32) -> NewRecord {
    let size = usize::try_from(n % 50).unwrap() * 700;
    let body = match n % 3 {
        0 => LoggedBody::None,
        1 => LoggedBody::Whole(Bytes::from(vec![u8::try_from(n % 251).unwrap(); size])),
        _ => LoggedBody::Truncated { len: n.into(), sha512: [u8::try_from(n % 251).unwrap(); 64] },
    };
    let mut numbered = NewRecord { body, conf: vec![conf(u8::try_from(n % 5).unwrap()).id], ..record(n) };
    numbered.seal.signature = Bytes::from(format!("<signature n=\"{n}\">{}</signature>", "s".repeat(1000)));
    numbered
}

fn token(id: RecordId) -> Stamp {
    Stamp::Single { token: Bytes::from(id.to_string().repeat(100)) }
}

/// One write, so that a kill cannot cut a line.
fn tell(line: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("\n{line}\n").as_bytes()).unwrap();
    out.flush().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child_records_until_it_is_killed() {
    let (Ok(folder), Ok(first)) = (std::env::var(FOLDER), std::env::var(FIRST)) else {
        return;
    };
    let store = Arc::new(SqliteLedger::open(Path::new(&folder)).await.unwrap());
    let (ledger, writer) = Ledger::open(store.clone(), LedgerSettings::default()).await.unwrap();
    tokio::spawn(writer.run());
    for id in 0..5 {
        ledger.keep_conf(&conf(id)).await.unwrap();
    }
    let next = Arc::new(AtomicU32::new(first.parse().unwrap()));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..TASKS {
        let (ledger, next) = (ledger.clone(), next.clone());
        tasks.spawn(async move {
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                let recorded = ledger.record((), |()| numbered(n)).await.unwrap();
                tell(&format!("ack {} {n}", recorded.id()));
            }
        });
    }
    tasks.spawn(async move {
        loop {
            let waiting = store.waiting(None, 50).await.unwrap();
            let stamps: Vec<_> = waiting.into_iter().map(|(id, _)| (id, token(id))).collect();
            store.set_stamps(&stamps).await.unwrap();
            stamps.iter().for_each(|(id, _)| tell(&format!("stamp {id}")));
            tokio::task::yield_now().await;
        }
    });
    let ended = tasks.join_next().await;
    panic!("a task ended: {ended:?}");
}

fn spawn(folder: &Path, first: u32) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "kill::child_records_until_it_is_killed", "--nocapture"])
        .env(FOLDER, folder)
        .env(FIRST, first.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// What one life of the child confirmed.
#[derive(Default)]
struct Told {
    acks: Vec<(RecordId, u32)>,
    stamps: Vec<RecordId>,
}

fn life(folder: &Path, first: u32, acks: usize, then: Duration) -> Told {
    let mut child = spawn(folder, first);
    let pid = Pid::from_raw(child.id().try_into().unwrap());
    let mut told = Told::default();
    let mut killer = None;
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        let words: Vec<_> = line.split(' ').collect();
        let id = |n: usize| RecordId::new(words[n].parse().unwrap()).unwrap();
        match words[0] {
            "ack" => told.acks.push((id(1), words[2].parse().unwrap())),
            "stamp" => told.stamps.push(id(1)),
            _ => continue,
        }
        // From its own thread, so that the moment lies anywhere in a commit and not behind an answer. What the child
        // said before it died is still read.
        if killer.is_none() && told.acks.len() >= acks {
            killer = Some(std::thread::spawn(move || {
                std::thread::park_timeout(then);
                kill(pid, Signal::SIGKILL).unwrap();
            }));
        }
    }
    killer.expect("the child must live until it is killed").join().unwrap();
    let status = child.wait().unwrap();
    assert_eq!(status.signal(), Some(9), "the child must live until it is killed: {status}");
    told
}

async fn audit(folder: &Path, acks: &BTreeMap<RecordId, u32>, stamps: &[RecordId], all: bool) -> Duration {
    let started = Instant::now();
    let store = SqliteLedger::open(folder).await.unwrap();
    let head = store.head().await.unwrap();
    let opened = started.elapsed();
    for (id, n) in acks {
        let stored = store.load(*id).await.unwrap().unwrap_or_else(|| panic!("record {id} was acknowledged"));
        assert_eq!(stored.record, numbered(*n), "record {id}");
    }
    for id in stamps {
        assert_eq!(store.load(*id).await.unwrap().unwrap().stamp, Some(token(*id)), "stamp of {id}");
    }
    // No gap, and nothing half there: what was not acknowledged stands whole or not at all.
    let ever = Filter::Time { from: record(0).at, to: record(u32::MAX).at, local: None };
    assert_eq!(store.count(&ever).await.unwrap(), head.next.number() - 1);
    let (mut after, mut seen) = (None, 0);
    loop {
        let page = store.list(&ever, Page { after, limit: 1000.try_into().unwrap() }).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        for summary in &page {
            seen += 1;
            assert_eq!(summary.id.number(), seen);
            if acks.contains_key(&summary.id) || !all {
                continue;
            }
            let stored = store.load(summary.id).await.unwrap().unwrap();
            let n = u32::try_from(stored.record.at.millis() - record(0).at.millis()).unwrap();
            assert_eq!(stored.record, numbered(n));
            assert_eq!(stored.stamp.is_some(), summary.stamp == StampState::Stamped);
        }
    }
    assert_eq!(seen + 1, head.next.number());
    opened
}

/// A small generator with a fixed seed: the same kills in every run.
fn random(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

#[tokio::test]
async fn every_acknowledged_record_survives_kills() {
    let kills: u32 = std::env::var("SIMPUL_KILLS").ok().map_or(20, |n| n.parse().unwrap());
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("ledger");
    let mut seed = 0x5eed_1e06_u64;
    let (mut acks, mut stamps) = (BTreeMap::new(), Vec::new());
    let mut slowest = Duration::ZERO;
    for kill in 0..kills {
        let count = usize::try_from(random(&mut seed) % 150).unwrap();
        let then = Duration::from_micros(random(&mut seed) % 5000);
        let told = life(&folder, kill * PER_LIFE, count, then);
        let count = told.acks.len();
        let lived: BTreeMap<_, _> = told.acks.into_iter().collect();
        assert_eq!(lived.len(), count, "a place was acknowledged twice");
        for (id, n) in &lived {
            assert_eq!(acks.insert(*id, *n), None, "record {id} was acknowledged twice");
        }
        // All of the log every tenth time and at the end; in between, what this life has confirmed.
        let all = kill % 10 == 9 || kill + 1 == kills;
        let opened = audit(&folder, if all { &acks } else { &lived }, &told.stamps, all).await;
        stamps.extend(told.stamps);
        slowest = slowest.max(opened);
    }
    audit(&folder, &acks, &stamps, true).await;
    assert!(acks.len() > 100 && !stamps.is_empty());
    println!(
        "{kills} kills, {} records and {} stamps confirmed; slowest opening {slowest:?}",
        acks.len(),
        stamps.len()
    );
}
