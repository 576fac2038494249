//! The SQLite ledger.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::task::Poll;

use simpul_core::{ClientId, Digest, DigestAlgorithm, UnixTime};
use simpul_ledger::contract::{conf, record};
use simpul_ledger::{Direction, LedgerStore, LoggedBody, NewRecord, RecordId, Side, Stamp, StoreError};
use simpul_store::files::FolderError;
use simpul_store::sqlite::{LedgerView, OpenError, SqliteLedger};
use simpul_trust::Seal;
use simpul_trust::seal::chain::{self, Branch};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};
use tempfile::TempDir;

mod contract {
    use super::*;

    async fn fresh() -> (TempDir, Arc<dyn LedgerStore>) {
        let dir = tempfile::tempdir().unwrap();
        let store = SqliteLedger::open(&dir.path().join("ledger")).await.unwrap();
        (dir, Arc::new(store))
    }

    simpul_ledger::ledger_contract!(tokio::test, fresh);
}

async fn open(dir: &TempDir) -> Result<SqliteLedger, OpenError> {
    SqliteLedger::open(&dir.path().join("ledger")).await
}

fn file(dir: &TempDir) -> std::path::PathBuf {
    dir.path().join("ledger/ledger.db")
}

/// Runs statements on the file from outside, as an operator with a tool could.
async fn outside(path: &Path, sql: &'static str) {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let mut connection = options.connect().await.unwrap();
    sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn what_was_appended_is_there_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir).await.unwrap();
    store.append(RecordId::FIRST, &[record(1), record(2)]).await.unwrap();
    store.set_stamps(&[(RecordId::FIRST, Stamp::Single { token: "token".into() })]).await.unwrap();
    store.keep_conf(&conf(1)).await.unwrap();
    store.close().await.unwrap();

    let store = open(&dir).await.unwrap();
    let head = store.head().await.unwrap();
    assert_eq!((head.next.number(), head.oldest_waiting), (3, RecordId::new(2).map(|id| (id, record(2).at))));
    assert_eq!(store.load(RecordId::FIRST).await.unwrap().unwrap().record, record(1));
    assert_eq!(store.conf(conf(1).id).await.unwrap(), Some(conf(1)));
    store.append(head.next, &[record(3)]).await.unwrap();
}

#[tokio::test]
async fn the_folder_and_its_files_are_private() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir).await.unwrap();
    store.append(RecordId::FIRST, &[record(1)]).await.unwrap();
    let folder = dir.path().join("ledger");
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(mode(&entry.path()), 0o600, "{:?}", entry.path());
        names.push(entry.file_name().into_string().unwrap());
    }
    names.sort();
    assert_eq!(names, ["ledger.db", "ledger.db-shm", "ledger.db-wal", "lock"]);
}

#[tokio::test]
async fn two_processes_never_share_a_ledger() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir).await.unwrap();
    let second = open(&dir).await.err().unwrap();
    assert!(matches!(second, OpenError::Folder { cause: FolderError::InUse { .. }, .. }), "{second:?}");
    store.close().await.unwrap();
    assert!(open(&dir).await.is_ok());
}

#[tokio::test]
async fn a_newer_schema_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    open(&dir).await.unwrap().close().await.unwrap();
    outside(&file(&dir), "INSERT INTO simpul_schema (version) VALUES (1000)").await;
    let before = std::fs::read(file(&dir)).unwrap();
    let error = open(&dir).await.err().unwrap();
    assert!(matches!(error, OpenError::NewerSchema { found: 1000, .. }), "{error:?}");
    assert!(error.to_string().contains("has schema 1000"), "{error}");
    assert_eq!(std::fs::read(file(&dir)).unwrap(), before);
}

#[tokio::test]
async fn the_database_of_something_else_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    open(&dir).await.unwrap().close().await.unwrap();
    std::fs::remove_file(file(&dir)).unwrap();
    outside(&file(&dir), "CREATE TABLE other (id INTEGER PRIMARY KEY)").await;
    let error = open(&dir).await.err().unwrap();
    assert!(matches!(error, OpenError::Other { .. }), "{error:?}");

    std::fs::write(file(&dir), "this is no database, however long it may be".repeat(100)).unwrap();
    let error = open(&dir).await.err().unwrap();
    assert!(matches!(error, OpenError::Sql { .. }), "{error:?}");
}

#[tokio::test]
async fn commits_are_flushed_and_references_hold() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir).await.unwrap();
    let pragmas = store.settings().await.unwrap();
    // SQLite's documentation of `PRAGMA synchronous`: 2 is FULL.
    let expected = [("journal_mode", "wal"), ("synchronous", "2"), ("foreign_keys", "1")];
    for (name, value) in expected {
        assert_eq!(pragmas.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str()), Some(value), "{name}");
    }
}

#[tokio::test]
async fn damage_is_named_and_hides_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir).await.unwrap();
    let with_body = NewRecord { body: LoggedBody::Whole("body".into()), ..record(2) };
    store.append(RecordId::FIRST, &[record(1), with_body, record(3), record(4)]).await.unwrap();
    let damage = [
        "UPDATE record SET content = x'02' WHERE id = 1",
        "DELETE FROM body WHERE record = 2",
        "UPDATE record SET side = 7 WHERE id = 3",
    ];
    for sql in damage {
        outside(&file(&dir), sql).await;
    }
    for id in [1, 2, 3] {
        let outcome = store.load(RecordId::new(id).unwrap()).await;
        let expected = format!("record {id}");
        assert!(matches!(&outcome, Err(StoreError::Damaged { what, .. }) if *what == expected), "{outcome:?}");
    }
    assert_eq!(store.load(RecordId::new(4).unwrap()).await.unwrap().unwrap().record, record(4));
}

#[tokio::test]
async fn readers_see_each_commit_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let store = Arc::new(open(&dir).await.unwrap());
    let mut next = RecordId::FIRST;
    for n in 1..=20 {
        store.append(next, &[record(n)]).await.unwrap();
        let reads: Vec<_> = (0..8)
            .map(|_| {
                let (store, id) = (store.clone(), next);
                tokio::spawn(async move { store.load(id).await.unwrap().map(|r| r.record) })
            })
            .collect();
        for read in reads {
            assert_eq!(read.await.unwrap(), Some(record(n)));
        }
        next = next.plus(1).unwrap();
    }
}

/// Polls a future a few times and then gives it up.
async fn give_up_after(polls: usize, work: impl Future) -> bool {
    let mut work = std::pin::pin!(work);
    let mut left = polls;
    std::future::poll_fn(|cx| match (left, work.as_mut().poll(cx)) {
        (_, Poll::Ready(_)) => Poll::Ready(true),
        (0 | 1, Poll::Pending) => Poll::Ready(false),
        (_, Poll::Pending) => {
            left -= 1;
            Poll::Pending
        }
    })
    .await
}

#[tokio::test]
async fn an_append_that_was_given_up_stands_whole_or_not_at_all() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir).await.unwrap();
    let (mut first, mut given_up) = (RecordId::FIRST, 0);
    for round in 0..60 {
        let body = LoggedBody::Whole("body".into());
        let records: Vec<_> = (0..3).map(|n| NewRecord { body: body.clone(), ..record(round * 10 + n) }).collect();
        let polls = usize::try_from(round).unwrap() % 12 + 1;
        if !give_up_after(polls, store.append(first, &records)).await {
            given_up += 1;
        }
        // The same again says what became of it: it is there already, or it is done now.
        store.append(first, &records).await.unwrap();
        first = first.plus(records.len()).unwrap();
        assert_eq!(store.head().await.unwrap().next, first);
    }
    assert!(given_up > 10, "{given_up}");
}

/// What version 1 wrote is read by every later version.
#[tokio::test]
async fn a_ledger_of_schema_1_stays_readable() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("ledger")).unwrap();
    std::fs::set_permissions(dir.path().join("ledger"), std::fs::Permissions::from_mode(0o700)).unwrap();
    outside(&file(&dir), include_str!("golden/schema-1.sql")).await;
    let store = open(&dir).await.unwrap();
    let first = store.load(RecordId::FIRST).await.unwrap().unwrap();
    let expected = NewRecord {
        side: Side::Consumer,
        direction: Direction::Request,
        at: UnixTime::from_millis(1_700_000_000_001),
        message_id: "ID-1".into(),
        request_id: "r-1".into(),
        client: "ID/GOV/3201/manpower".parse().unwrap(),
        service: "MY/GOV/1001/civil-registry/persons".parse().unwrap(),
        message: "GET\r\n/r1/MY/GOV/1001/civil-registry/persons\r\n".into(),
        body: LoggedBody::Whole("body".into()),
        seal: Seal {
            signature: "<s1/>".into(),
            hash_chain_result: Some("<r/>".into()),
            hash_chain: Some("<c/>".into()),
        },
        conf: first.record.conf.clone(),
        refused: None,
    };
    assert_eq!((first.record, first.stamp), (expected.clone(), Some(Stamp::Single { token: "token".into() })));
    let kept = store.conf(expected.conf[0]).await.unwrap().unwrap();
    assert_eq!((kept.instance.as_str(), &kept.directory[..]), ("ID", b"directory".as_slice()));
    assert_eq!(kept.parts, [("shared-params.xml".to_owned(), "<shared/>".into())]);
    let second = store.load(RecordId::new(2).unwrap()).await.unwrap().unwrap();
    let provider = ClientId::from_parts(&["MY", "GOV", "10/01"]).unwrap();
    assert_eq!(second.record.local(), &provider);
    assert_eq!(second.record.service.code.as_str(), "a:b");
    assert_eq!(second.record.service.version.as_ref().map(|v| v.as_str()), Some("v1"));
    assert_eq!(second.record.body, LoggedBody::Truncated { len: 11, sha512: [0x5a; 64] });
    assert_eq!(second.record.refused.as_deref(), Some("server.serverproxy.access_denied"));
    let head = store.head().await.unwrap();
    assert_eq!((head.next.number(), head.oldest_waiting.map(|(id, _)| id.number())), (3, Some(2)));
    store.append(head.next, &[record(3)]).await.unwrap();
}

/// Schema 2 added what the stamps of a batch have in common.
#[tokio::test]
async fn a_ledger_of_schema_2_stays_readable() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("ledger")).unwrap();
    std::fs::set_permissions(dir.path().join("ledger"), std::fs::Permissions::from_mode(0o700)).unwrap();
    outside(&file(&dir), concat!(include_str!("golden/schema-1.sql"), include_str!("golden/schema-2.sql"))).await;
    let store = open(&dir).await.unwrap();
    let first = store.load(RecordId::FIRST).await.unwrap().unwrap();
    assert_eq!(first.stamp, Some(Stamp::Single { token: "token".into() }));
    let second = store.load(RecordId::new(2).unwrap()).await.unwrap().unwrap();
    let digest = Digest::new(DigestAlgorithm::Sha512, &[0xbb; 64]).unwrap();
    let chain = chain::Path { steps: vec![Branch::Right(digest)] };
    assert_eq!(second.stamp, Some(Stamp::Batch { token: "token".into(), result: "<r/>".into(), chain }));
    assert_eq!(store.head().await.unwrap().oldest_waiting, None);
}

/// The seals of one signer are kept without what they repeat, and read back octet for octet, by another process too.
#[tokio::test]
async fn what_seals_have_in_common_is_stored_once() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir).await.unwrap();
    let common: String = (0..1500_u32).map(|n| format!("{:x}", n.wrapping_mul(2_654_435_761))).collect();
    let sealed = |n: u32| {
        let mut record = record(n);
        record.seal.signature = format!("<s>{n}{common}</s>").into();
        record
    };
    let records: Vec<_> = (0..100).map(sealed).collect();
    store.append(RecordId::FIRST, &records).await.unwrap();
    let octets: i64 = {
        let mut connection = SqliteConnectOptions::new().filename(file(&dir)).connect().await.unwrap();
        let sum = "SELECT SUM(LENGTH(content)) + (SELECT SUM(LENGTH(content)) FROM dictionary) FROM record";
        sqlx::query_scalar(sum).fetch_one(&mut connection).await.unwrap()
    };
    assert!(octets < 100 * 400 + 4 * 13_000, "{octets} octets");
    store.close().await.unwrap();
    let view = LedgerView::open(&dir.path().join("ledger")).await.unwrap();
    let store = open(&dir).await.unwrap();
    for (n, expected) in records.iter().enumerate() {
        let id = RecordId::FIRST.plus(n).unwrap();
        assert_eq!(store.load(id).await.unwrap().unwrap().record, *expected);
        assert_eq!(view.load(id).await.unwrap().unwrap().record, *expected);
    }
    let waiting = store.waiting(None, 1000).await.unwrap();
    assert!(waiting.iter().zip(&records).all(|((_, signature), r)| *signature == r.seal.signature));
    assert_eq!(waiting.len(), 100);
    // Without its dictionary a record is damaged, not empty.
    outside(&file(&dir), "DELETE FROM dictionary").await;
    let again = LedgerView::open(&dir.path().join("ledger")).await.unwrap();
    let lost = again.load(RecordId::FIRST).await;
    assert!(matches!(lost, Err(StoreError::Damaged { .. })), "{lost:?}");
}

/// All records under one token share it.
#[tokio::test]
async fn what_a_batch_has_in_common_is_stored_once() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir).await.unwrap();
    let records: Vec<_> = (0..100).map(record).collect();
    store.append(RecordId::FIRST, &records).await.unwrap();
    let stamp =
        Stamp::Batch { token: vec![7; 4000].into(), result: "<r/>".into(), chain: chain::Path { steps: vec![] } };
    let stamps: Vec<_> = (0..100).map(|n| (RecordId::FIRST.plus(n).unwrap(), stamp.clone())).collect();
    for _ in 0..2 {
        store.set_stamps(&stamps).await.unwrap();
    }
    // A second job's token for what has one already is not kept.
    let late =
        Stamp::Batch { token: vec![8; 4000].into(), result: "<r/>".into(), chain: chain::Path { steps: vec![] } };
    store.set_stamps(&[(RecordId::FIRST, late)]).await.unwrap();
    let options = SqliteConnectOptions::new().filename(file(&dir));
    let mut connection = options.connect().await.unwrap();
    let count = "SELECT (SELECT COUNT(*) FROM stamp_batch), (SELECT COUNT(DISTINCT batch) FROM stamp)";
    let counted: (i64, i64) = sqlx::query_as(count).fetch_one(&mut connection).await.unwrap();
    assert_eq!(counted, (1, 1));
}

/// A token that is gone is damage, and no record without a timestamp.
#[tokio::test]
async fn a_batch_that_is_gone_is_damage() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir).await.unwrap();
    store.append(RecordId::FIRST, &[record(1)]).await.unwrap();
    let stamp = Stamp::Batch { token: "token".into(), result: "<r/>".into(), chain: chain::Path { steps: vec![] } };
    store.set_stamps(&[(RecordId::FIRST, stamp)]).await.unwrap();
    outside(&file(&dir), "PRAGMA foreign_keys = OFF; DELETE FROM stamp_batch").await;
    let outcome = store.load(RecordId::FIRST).await;
    assert!(matches!(outcome, Err(StoreError::Damaged { .. })), "{outcome:?}");
}
