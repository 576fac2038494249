//! What a durable record costs: the store alone by batch size, and exchanges that share commits.
//!
//! `cargo bench -p simpul-store`. Each line is a JSON object. `SIMPUL_BENCH_FOLDER` names the folder (default: the
//! system's temporary folder); `SIMPUL_BENCH_ROUNDS` the rounds, interleaved (default 5). Rates are medians with their
//! range; `fdatasync` is this disk's own rate of flushed 4 KiB appends in the same round.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a measurement stops at the first error"
)]

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use simpul_ledger::contract::record;
use simpul_ledger::{Ledger, LedgerSettings, LedgerStore, LoggedBody, NewRecord, RecordId};
use simpul_store::sqlite::SqliteLedger;

/// How long each figure of a round is measured.
const SPAN: Duration = Duration::from_millis(1500);

fn sample(n: u32, seal: usize, body: usize) -> NewRecord {
    let mut sample = record(n);
    // Message ids are random in life: spread them over the index.
    sample.message_id = format!("ID-{:016x}", u64::from(n).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    sample.seal.signature = Bytes::from(vec![b's'; seal]);
    sample.body = if body == 0 { LoggedBody::None } else { LoggedBody::Whole(Bytes::from(vec![b'b'; body])) };
    sample
}

fn rate(count: u64, since: Instant) -> f64 {
    f64::from(u32::try_from(count).unwrap()) / since.elapsed().as_secs_f64()
}

fn flushes(folder: &Path) -> f64 {
    let path = folder.join("flushes");
    let mut file: File = OpenOptions::new().create(true).append(true).open(&path).unwrap();
    let (start, mut count) = (Instant::now(), 0);
    while start.elapsed() < SPAN {
        file.write_all(&[0; 4096]).unwrap();
        file.sync_data().unwrap();
        count += 1;
    }
    std::fs::remove_file(path).unwrap();
    rate(count, start)
}

async fn batches(folder: &Path, size: u32, seal: usize, body: usize) -> (f64, f64) {
    let path = folder.join("batches");
    let store = SqliteLedger::open(&path).await.unwrap();
    let (mut next, mut n) = (RecordId::FIRST, 0);
    let start = Instant::now();
    while start.elapsed() < SPAN {
        let records: Vec<_> = (n..n + size).map(|n| sample(n, seal, body)).collect();
        store.append(next, &records).await.unwrap();
        n += size;
        next = next.plus(records.len()).unwrap();
    }
    let rate = rate(n.into(), start);
    store.close().await.unwrap();
    let on_disk = std::fs::metadata(path.join("ledger.db")).unwrap().len();
    std::fs::remove_dir_all(path).unwrap();
    (rate, f64::from(u32::try_from(on_disk).unwrap()) / f64::from(n))
}

async fn exchanges(folder: &Path, tasks: u32) -> (f64, Duration, Duration) {
    let path = folder.join("exchanges");
    let store = Arc::new(SqliteLedger::open(&path).await.unwrap());
    let (ledger, writer) = Ledger::open(store.clone(), LedgerSettings::default()).await.unwrap();
    let writer = tokio::spawn(writer.run());
    let start = Instant::now();
    let mut running = tokio::task::JoinSet::new();
    for task in 0..tasks {
        let ledger = ledger.clone();
        running.spawn(async move {
            let (mut n, mut waits) = (task * 1_000_000, Vec::new());
            while start.elapsed() < SPAN {
                let record = sample(n, 1024, 0);
                let begun = Instant::now();
                ledger.record((), |()| record).await.unwrap();
                waits.push(begun.elapsed());
                n += 1;
            }
            waits
        });
    }
    let mut waits = running.join_all().await.concat();
    let rate = rate(waits.len().try_into().unwrap(), start);
    waits.sort();
    drop(ledger);
    writer.await.unwrap().unwrap();
    Arc::into_inner(store).unwrap().close().await.unwrap();
    std::fs::remove_dir_all(path).unwrap();
    (rate, waits[waits.len() / 2], waits[waits.len() * 99 / 100])
}

fn main() {
    // `cargo test` builds and starts benches too, without this argument.
    if !std::env::args().any(|a| a == "--bench") {
        return;
    }
    let base = std::env::var_os("SIMPUL_BENCH_FOLDER").map_or_else(std::env::temp_dir, PathBuf::from);
    let rounds: u32 = std::env::var("SIMPUL_BENCH_ROUNDS").ok().map_or(5, |r| r.parse().unwrap());
    let folder = tempfile::tempdir_in(base).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let mut figures: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for _ in 0..rounds {
        let mut add = |name: String, value: f64| figures.entry(name).or_default().push(value);
        add("fdatasync of 4 KiB, per s".into(), flushes(folder.path()));
        for (size, seal, body) in
            [(1, 1024, 0), (16, 1024, 0), (64, 1024, 0), (256, 1024, 0), (64, 6144, 0), (64, 6144, 2048)]
        {
            let (rate, bytes) = runtime.block_on(batches(folder.path(), size, seal, body));
            add(format!("append, batch {size:3}, seal {seal} B, body {body} B, records per s"), rate);
            add(format!("append, batch {size:3}, seal {seal} B, body {body} B, octets on disk each"), bytes);
        }
        for tasks in [1, 32, 256] {
            let (rate, p50, p99) = runtime.block_on(exchanges(folder.path(), tasks));
            add(format!("record, {tasks:3} at once, per s"), rate);
            add(format!("record, {tasks:3} at once, p50 ms"), p50.as_secs_f64() * 1e3);
            add(format!("record, {tasks:3} at once, p99 ms"), p99.as_secs_f64() * 1e3);
        }
    }
    let mut out = std::io::stdout().lock();
    for (name, mut values) in figures {
        values.sort_by(f64::total_cmp);
        let (low, median, high) = (values[0], values[values.len() / 2], values[values.len() - 1]);
        writeln!(out, r#"{{"what":"{name}","median":{median:.2},"low":{low:.2},"high":{high:.2}}}"#).unwrap();
    }
}
