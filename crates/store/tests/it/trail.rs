//! The data trail in SQLite.

use std::path::Path;
use std::sync::Arc;
use std::task::Poll;

use openssl::ec::{EcGroup, EcKey};
use openssl::nid::Nid;
use openssl::pkey::PKey;
use simpul_core::{MemberId, UnixTime};
use simpul_services::trail::contract::{access, pseudonym};
use simpul_services::trail::{
    AccessEvent, Concerned, Epoch, Exchange, Nonce, NonceUse, Page, Part, Person, Portals, Position, SoftPseudonymKey,
    Trail, TrailParts, TrailStore,
};
use simpul_store::files::FolderError;
use simpul_store::trail::{OpenError, SqliteTrail};
use simpul_trust::cert::Certificate;
use simpul_trust::keyed::Secret;
use simpul_trust::subject::{OpeningKey, Subject};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};
use tempfile::TempDir;

mod contract {
    use super::*;

    async fn fresh() -> (TempDir, Arc<dyn TrailStore>) {
        let dir = tempfile::tempdir().unwrap();
        let store = open(&dir).await.unwrap();
        (dir, Arc::new(store))
    }

    simpul_services::trail_contract!(tokio::test, fresh);
}

async fn open(dir: &TempDir) -> Result<SqliteTrail, OpenError> {
    SqliteTrail::open(&dir.path().join("trail")).await
}

fn file(dir: &TempDir) -> std::path::PathBuf {
    dir.path().join("trail/trail.db")
}

/// Runs statements on the file from outside, as an operator with a tool could.
async fn outside(path: &Path, sql: &'static str) {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let mut connection = options.connect().await.unwrap();
    sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn what_was_kept_is_there_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir).await.unwrap();
    let nonce =
        Nonce { issuer: "ID/GOV/1".parse().unwrap(), value: "a".to_owned(), until: UnixTime::from_secs(300), most: 9 };
    store.append(&[access(&[1, 2], 1)]).await.unwrap();
    assert_eq!(store.take(&nonce, UnixTime::from_secs(0)).await.unwrap(), NonceUse::First);
    store.close().await.unwrap();

    let store = open(&dir).await.unwrap();
    let ever = Position::behind(UnixTime::from_secs(4_000_000_000));
    assert_eq!(store.before(&pseudonym(1), ever, 10).await.unwrap(), access(&[1], 1).entries);
    assert_eq!(store.take(&nonce, UnixTime::from_secs(299)).await.unwrap(), NonceUse::Again);
    store.append(&[access(&[1, 2], 1), access(&[1], 2)]).await.unwrap();
    assert_eq!(store.before(&pseudonym(1), ever, 10).await.unwrap().len(), 2);
}

/// Of many that take one nonce at once, one is first.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_nonce_has_one_first_use() {
    let dir = tempfile::tempdir().unwrap();
    let store = Arc::new(open(&dir).await.unwrap());
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..64 {
        let store = Arc::clone(&store);
        let issuer = "ID/GOV/1".parse().unwrap();
        let nonce = Nonce { issuer, value: "a".to_owned(), until: UnixTime::from_secs(300), most: 9 };
        tasks.spawn(async move { store.take(&nonce, UnixTime::from_secs(0)).await.unwrap() });
    }
    let uses = tasks.join_all().await;
    assert_eq!(uses.iter().filter(|n| **n == NonceUse::First).count(), 1);
    assert_eq!(uses.iter().filter(|n| **n == NonceUse::Again).count(), 63);
}

/// A caller that went away in the middle of a change leaves nothing half done, and nothing stuck.
#[tokio::test]
async fn a_dropped_change_is_no_obstacle() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir).await.unwrap();
    let accesses: Vec<_> = (0..5).map(|n| access(&[1, 2], n)).collect();
    for turns in 0..20 {
        let mut change = store.append(&accesses);
        for _ in 0..turns {
            let polled = std::future::poll_fn(|context| Poll::Ready(change.as_mut().poll(context).is_ready())).await;
            if polled {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(change);
        let ever = Position::behind(UnixTime::from_secs(4_000_000_000));
        store.append(&[access(&[3], turns)]).await.unwrap();
        let there = store.before(&pseudonym(1), ever, 10).await.unwrap().len();
        assert!(there == 0 || there == 5, "all or none: {there}");
    }
    store.append(&accesses).await.unwrap();
}

#[tokio::test]
async fn what_is_the_same_for_many_is_kept_once() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir).await.unwrap();
    let accesses: Vec<_> = (0..90).map(|n| access(&[1, 2], n)).collect();
    store.append(&accesses).await.unwrap();
    store.close().await.unwrap();
    let mut connection = SqliteConnectOptions::new().filename(file(&dir)).connect().await.unwrap();
    let count = sqlx::query_scalar::<_, i64>("SELECT COUNT(*) FROM terms").fetch_one(&mut connection).await;
    assert_eq!(count.unwrap(), 3, "terms(0), terms(1) and terms(2)");
}

#[tokio::test]
async fn two_processes_never_share_a_trail() {
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
    outside(&file(&dir), "INSERT INTO simpul_trail_schema (version) VALUES (2)").await;
    let error = open(&dir).await.err().unwrap();
    assert!(matches!(error, OpenError::NewerSchema { found: 2, known: 1, .. }), "{error:?}");
    std::fs::remove_file(file(&dir)).unwrap();
    outside(&file(&dir), "CREATE TABLE other (id INTEGER PRIMARY KEY)").await;
    let error = open(&dir).await.err().unwrap();
    assert!(matches!(error, OpenError::Other { .. }), "{error:?}");
}

/// Rows that somebody changed from outside are errors, and not answers.
#[tokio::test]
async fn damaged_rows_are_errors() {
    let ever = Position::behind(UnixTime::from_secs(4_000_000_000));
    for sql in [
        "UPDATE terms SET content = x'09'",
        "UPDATE terms SET content = x''",
        "UPDATE entry SET id = x'00'",
        "UPDATE entry SET epoch = -1",
        "UPDATE entry SET record = -1",
        "DELETE FROM terms",
    ] {
        let dir = tempfile::tempdir().unwrap();
        let store = open(&dir).await.unwrap();
        store.append(&[access(&[1], 1)]).await.unwrap();
        store.close().await.unwrap();
        let options = SqliteConnectOptions::new().filename(file(&dir)).foreign_keys(false);
        let mut connection = options.connect().await.unwrap();
        sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        let store = open(&dir).await.unwrap();
        let outcome = store.before(&pseudonym(1), ever, 10).await;
        assert!(outcome.is_err(), "{sql}: {outcome:?}");
    }
}

struct Nobody;

impl Portals for Nobody {
    fn certificate(&self, _: &MemberId, _: &[u8; 32], _: UnixTime) -> Option<Certificate> {
        None
    }
}

fn trail(store: &Arc<SqliteTrail>, epochs: u32) -> Trail {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let opening = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap().private_key_to_pem_pkcs8().unwrap();
    let key = SoftPseudonymKey::new((1..=epochs).map(|n| (Epoch(n), Secret::new([7; 32])))).unwrap();
    let parts = TrailParts {
        store: Arc::clone(store) as Arc<_>,
        key: Arc::new(key),
        portals: Arc::new(Nobody),
        opening: Arc::new(OpeningKey::from_pem(&opening).unwrap()),
    };
    Trail::new("MY/GOV/1001/civil-registry/data-trail".parse().unwrap(), parts)
}

fn whole(identifier: &str) -> Concerned {
    let identifier = Subject::new(identifier.to_owned()).unwrap();
    Concerned { person: Person::new("ID".parse().unwrap(), identifier), part: Part::Whole }
}

fn contains(octets: &[u8], wanted: &[u8]) -> bool {
    octets.windows(wanted.len()).any(|window| window == wanted)
}

/// Two persons, two epochs, on disk: both are found, and no octet of any file has an identifier in it.
#[tokio::test]
async fn no_identifier_reaches_the_disk() {
    let dir = tempfile::tempdir().unwrap();
    let store = Arc::new(open(&dir).await.unwrap());
    let markers = ["3201014509870001", "880214-10-5566"];
    let (client, now) = ("ID/GOV/3201/manpower".parse().unwrap(), UnixTime::from_secs(1_800_000_000));
    let service = "MY/GOV/1001/civil-registry/persons".parse().unwrap();
    for epochs in [1, 2] {
        let exchange = Exchange {
            at: now,
            client: &client,
            service: &service,
            purpose: Some("dpv:FraudPrevention"),
            basis: None,
            message_id: &format!("message-of-epoch-{epochs}"),
            request_id: "request",
            record: 1,
        };
        let concerned = markers.map(whole).into();
        let event = AccessEvent::by_access_right(&exchange, vec!["persons.*.name".to_owned()], concerned).unwrap();
        trail(&store, epochs).record(&event).await.unwrap();
    }
    for marker in markers {
        let page = Page { after: None, limit: 10.try_into().unwrap() };
        let answer = trail(&store, 2).seen_by(&whole(marker).person, page, now).await.unwrap();
        assert_eq!(answer.accesses.len(), 2);
    }
    let mut seen = false;
    for entry in std::fs::read_dir(dir.path().join("trail")).unwrap() {
        let path = entry.unwrap().path();
        let octets = std::fs::read(&path).unwrap();
        seen |= contains(&octets, b"message-of-epoch-2");
        for marker in markers {
            let utf16: Vec<u8> = marker.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let hexadecimal: String = marker.bytes().map(|octet| format!("{octet:02x}")).collect();
            for form in [marker.as_bytes(), &utf16, hexadecimal.as_bytes(), marker.replace('-', "").as_bytes()] {
                assert!(!contains(&octets, form), "{marker} in {}", path.display());
            }
        }
    }
    assert!(seen, "the scan reads what was written");
}
