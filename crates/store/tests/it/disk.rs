//! A disk that does not take what is written. The child is this test program itself, which sets itself a limit on
//! the length of files: the system then fails its writes in the middle.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{SigSet, Signal};
use simpul_ledger::contract::record;
use simpul_ledger::{Ledger, LedgerError, LedgerSettings, LedgerStore, RecordId, StoreError};
use simpul_store::sqlite::SqliteLedger;

const FOLDER: &str = "SIMPUL_DISK_FOLDER";

#[tokio::test]
async fn child_writes_until_the_disk_fails() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    // The limit also sends a signal, which would end the process; threads that start later block it too.
    SigSet::from(Signal::SIGXFSZ).thread_block().unwrap();
    let store = SqliteLedger::open(Path::new(&folder)).await.unwrap();
    let (ledger, writer) = Ledger::open(Arc::new(store), LedgerSettings::default()).await.unwrap();
    let writer = tokio::spawn(writer.run());
    let (soft, hard) = getrlimit(Resource::RLIMIT_FSIZE).unwrap();
    setrlimit(Resource::RLIMIT_FSIZE, 1_000_000, hard).unwrap();
    let mut n = 0;
    let error = loop {
        n += 1;
        match ledger.record((), |()| record(n)).await {
            Ok(recorded) => assert_eq!(recorded.id().number(), u64::from(n)),
            Err(error) => break error,
        }
    };
    assert!(matches!(error, LedgerError::Halted(_)), "{error:?}");
    // The disk works again, but what is on it is not known: nothing is recorded any more.
    setrlimit(Resource::RLIMIT_FSIZE, soft, hard).unwrap();
    let again = ledger.record((), |()| record(n)).await.unwrap_err();
    assert!(matches!(again, LedgerError::Halted(_)), "{again:?}");
    let halted = writer.await.unwrap().unwrap_err();
    assert!(matches!(*halted.cause, StoreError::Halt { .. }), "{halted:?}");
    println!("\nacknowledged {}", n - 1);
}

#[tokio::test]
async fn a_write_that_fails_halts_and_takes_nothing_that_was_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("ledger");
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "disk::child_writes_until_the_disk_fails", "--nocapture"])
        .env(FOLDER, &folder)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success(), "{said}{}", String::from_utf8_lossy(&child.stderr));
    let acknowledged = said.lines().find_map(|line| line.strip_prefix("acknowledged ")).unwrap().parse().unwrap();
    assert!(acknowledged > 10, "{acknowledged}");
    let store = SqliteLedger::open(&folder).await.unwrap();
    for n in 1..=acknowledged {
        let stored = store.load(RecordId::new(n.into()).unwrap()).await.unwrap();
        assert_eq!(stored.unwrap().record, record(n), "record {n} was acknowledged");
    }
    let next = store.head().await.unwrap().next;
    store.append(next, &[record(u32::MAX)]).await.unwrap();
}
