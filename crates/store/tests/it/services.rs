//! Applications in SQLite.

use std::path::Path;
use std::sync::Arc;
use std::task::Poll;

use simpul_core::UnixTime;
use simpul_services::application::contract::{append, draft, every_kind_of_event, person, queued, reference};
use simpul_services::application::{Append, Appended, Key, ServicesStore, StoreError};
use simpul_store::files::FolderError;
use simpul_store::services::{OpenError, SqliteServices};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};
use tempfile::TempDir;

mod contract {
    use super::*;

    async fn fresh() -> (TempDir, Arc<dyn ServicesStore>) {
        let dir = tempfile::tempdir().unwrap();
        let store = open(&dir).await.unwrap();
        (dir, Arc::new(store))
    }

    simpul_services::services_contract!(tokio::test, fresh);
}

async fn open(dir: &TempDir) -> Result<SqliteServices, OpenError> {
    SqliteServices::open(&dir.path().join("services")).await
}

fn file(dir: &TempDir) -> std::path::PathBuf {
    dir.path().join("services/services.db")
}

/// Runs statements on the file from outside, as an operator with a tool could.
async fn outside(path: &Path, sql: &'static str) {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true).foreign_keys(false);
    let mut connection = options.connect().await.unwrap();
    sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

fn keyed(n: u32, key: &str) -> Append {
    let key = Key { scope: person(1), key: key.to_owned(), request: "start".to_owned() };
    Append { key: Some(key), ..append(reference(n), draft(1, i64::from(n))) }
}

#[tokio::test]
async fn what_was_kept_is_there_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir).await.unwrap();
    let first = keyed(1, "k");
    store.append(&first).await.unwrap();
    store.append(&queued(2, "a", 10, true)).await.unwrap();
    store.close().await.unwrap();
    let store = open(&dir).await.unwrap();
    assert_eq!(store.load(reference(1)).await.unwrap(), first.events);
    assert_eq!(store.append(&keyed(3, "k")).await.unwrap(), Appended::Before(reference(1)));
    let queue = store.queue(&"a".parse().unwrap(), None, 10).await.unwrap();
    assert_eq!(queue, [queued(2, "a", 10, true).summary]);
}

/// Sixty-four at once with one key: one application.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_key_makes_one_application() {
    let dir = tempfile::tempdir().unwrap();
    let store = Arc::new(open(&dir).await.unwrap());
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..64 {
        let store = Arc::clone(&store);
        tasks.spawn(async move { store.append(&keyed(n, "k")).await.unwrap() });
    }
    let outcomes = tasks.join_all().await;
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Appended::Now).count(), 1);
    assert_eq!(store.of_person(&person(1), None, 100).await.unwrap().len(), 1);
}

/// A caller that went away in the middle of a change leaves nothing half done, and nothing stuck.
#[tokio::test]
async fn a_dropped_change_is_no_obstacle() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir).await.unwrap();
    let all = every_kind_of_event();
    let whole = Append { events: all.clone(), ..append(reference(1), draft(1, 0)) };
    for turns in 0..30 {
        let mut change = store.append(&whole);
        for _ in 0..turns {
            let polled = std::future::poll_fn(|context| Poll::Ready(change.as_mut().poll(context).is_ready())).await;
            if polled {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(change);
        store.append(&append(reference(100 + turns), draft(2, 0))).await.unwrap();
        let there = store.load(reference(1)).await.unwrap().len();
        assert!(there == 0 || there == all.len(), "all or none: {there}");
    }
    match store.append(&whole).await {
        Ok(Appended::Now) | Err(StoreError::Conflict) => {}
        other => panic!("{other:?}"),
    }
    assert_eq!(store.load(reference(1)).await.unwrap(), all);
}

#[tokio::test]
async fn two_processes_never_share_applications() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir).await.unwrap();
    let second = open(&dir).await.err().unwrap();
    assert!(matches!(second, OpenError::Folder { cause: FolderError::InUse { .. }, .. }), "{second:?}");
    store.close().await.unwrap();
    assert!(open(&dir).await.is_ok());
}

#[tokio::test]
async fn a_newer_schema_and_other_databases_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    open(&dir).await.unwrap().close().await.unwrap();
    outside(&file(&dir), "INSERT INTO simpul_services_schema (version) VALUES (2)").await;
    let error = open(&dir).await.err().unwrap();
    assert!(matches!(error, OpenError::NewerSchema { found: 2, known: 1, .. }), "{error:?}");
    std::fs::remove_file(file(&dir)).unwrap();
    outside(&file(&dir), "CREATE TABLE other (id INTEGER PRIMARY KEY)").await;
    let error = open(&dir).await.err().unwrap();
    assert!(matches!(error, OpenError::Other { .. }), "{error:?}");
}

/// A file of schema 1 opens for ever: its tables are those that version 1 made.
#[tokio::test]
async fn the_first_schema_never_changes() {
    let golden = include_str!("golden/services-1.sql");
    assert_eq!(golden, include_str!("../../migrations/services/0001_services.sql"));
}

/// Rows that somebody changed from outside are errors, and not answers.
#[tokio::test]
async fn damaged_rows_are_errors() {
    for sql in [
        "UPDATE event SET content = x'09'",
        "UPDATE event SET content = x''",
        "UPDATE event SET seq = 7",
        "UPDATE application SET citizen = 'nobody'",
        "UPDATE application SET person = '99:ID1'",
        "UPDATE application SET stage = NULL",
        "UPDATE application SET service = ''",
        "UPDATE application SET version = -1",
        "UPDATE application SET office = 'A B'",
    ] {
        let dir = tempfile::tempdir().unwrap();
        let store = open(&dir).await.unwrap();
        store.append(&queued(1, "a", 10, false)).await.unwrap();
        store.close().await.unwrap();
        outside(&file(&dir), sql).await;
        let store = open(&dir).await.unwrap();
        let outcomes = [
            store.load(reference(1)).await.map(|events| events.len()),
            store.of_person(&person(1), None, 10).await.map(|all| all.len()),
            store.queue(&"a".parse().unwrap(), None, 10).await.map(|all| all.len()),
            store.waking(UnixTime::from_secs(i64::MAX / 1000), None, 10).await.map(|all| all.len()),
        ];
        let wrong = outcomes.iter().any(Result::is_err) || outcomes.iter().flatten().sum::<usize>() < 2;
        assert!(wrong, "{sql}: {outcomes:?}");
    }
}
