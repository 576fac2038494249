//! A process that keeps applications is killed at random moments. After each kill the store opens without repair, every
//! event that was acknowledged stands in it, and no application is half there.
//!
//! The child is this test program itself, asked to run [`child_keeps_until_it_is_killed`]. More kills:
//! `SIMPUL_KILLS=200`.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use simpul_services::application::contract::{append, draft, reference};
use simpul_services::application::{Actor, Append, Application, Event, ServicesStore, Summary, What};
use simpul_store::services::SqliteServices;

const FOLDER: &str = "SIMPUL_SERVICES_KILL_FOLDER";
const FIRST: &str = "SIMPUL_SERVICES_KILL_FIRST";
/// More applications than one life of the child can have.
const PER_LIFE: u32 = 1_000_000;

/// What stands in an application after its second event: three events that come together.
fn more(first: &Append) -> Append {
    let wrote = |seq| Event {
        seq,
        at: first.events[0].at,
        actor: Actor::Citizen,
        what: What::Answered { question: "q".parse().unwrap(), answer: None },
    };
    let events: Vec<Event> = (2..5).map(wrote).collect();
    let application = Application::replay(first.reference, first.events.iter().chain(&events)).unwrap();
    Append { expected: 1, events, summary: Summary::of(&application), ..first.clone() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child_keeps_until_it_is_killed() {
    let (Ok(folder), Ok(first)) = (std::env::var(FOLDER), std::env::var(FIRST)) else {
        return;
    };
    let store = Arc::new(SqliteServices::open(Path::new(&folder)).await.unwrap());
    let first: u32 = first.parse().unwrap();
    for n in first.. {
        let begun = append(reference(n), draft(n, 0));
        for step in [begun.clone(), more(&begun)] {
            store.append(&step).await.unwrap();
            // One write, so that a kill cannot cut a line.
            let mut out = std::io::stdout().lock();
            out.write_all(format!("\nack {n} {}\n", step.expected + step.events.len() as u64).as_bytes()).unwrap();
            out.flush().unwrap();
        }
    }
}

/// Lets a child live until it has acknowledged so many appendings, kills it, and gives what it acknowledged.
fn life(folder: &Path, first: u32, acks: usize) -> BTreeMap<u32, u64> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "services_kill::child_keeps_until_it_is_killed", "--nocapture"])
        .env(FOLDER, folder)
        .env(FIRST, first.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let pid = Pid::from_raw(child.id().try_into().unwrap());
    let (mut told, mut count) = (BTreeMap::new(), 0);
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        let Some((n, seq)) = line.strip_prefix("ack ").and_then(|rest| rest.split_once(' ')) else { continue };
        told.insert(n.parse().unwrap(), seq.parse().unwrap());
        count += 1;
        if count == acks {
            kill(pid, Signal::SIGKILL).unwrap();
        }
    }
    child.wait().unwrap();
    told
}

#[tokio::test]
async fn what_was_acknowledged_survives_every_kill() {
    let kills: u32 = std::env::var("SIMPUL_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(8);
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("services");
    let mut all = BTreeMap::new();
    for turn in 0..kills {
        let acks = 3 + usize::try_from(turn * 7 % 23).unwrap();
        all.extend(life(&folder, 1 + turn * PER_LIFE, acks));
        let store = SqliteServices::open(&folder).await.unwrap();
        for (n, seq) in &all {
            let events = store.load(reference(*n)).await.unwrap();
            assert!(events.len() as u64 >= *seq, "application {n} lost an event");
            assert!([1, 4].contains(&events.len()), "application {n} is half there: {}", events.len());
            Application::replay(reference(*n), &events).unwrap();
        }
        store.close().await.unwrap();
    }
    assert!(all.len() >= 10);
}
