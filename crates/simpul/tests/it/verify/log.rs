//! `simpul ledger verify` on a log that somebody has altered.

use std::path::Path;
use std::str::FromStr;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Row};

use super::super::support::{Curl, Federation};
use super::text;

const MANPOWER: &str = "ID/GOV/3201/manpower";
const PERSONS: &str = "/r1/MY/GOV/1001/civil-registry/persons";

fn audited(federation: &Federation) -> (i32, String) {
    text(&["ledger".as_ref(), "verify".as_ref(), "--config".as_ref(), federation.config("id").as_os_str()])
}

/// The log of a consumer with three exchanges: six records.
fn logged() -> Federation {
    let federation = Federation::prepare();
    let mut running = federation.start_all();
    let url = format!("{}{PERSONS}/persons", federation.text("/id/server/consumer"));
    for n in 1..=2 {
        let id = format!("log-{n}");
        let reply = Curl::get(&format!("{url}?limit=1")).client(MANPOWER).header("x-road-id", &id).send();
        assert_eq!(reply.status, 200, "{reply:?}");
    }
    let search = Curl::get(&format!("{url}/search")).client(MANPOWER).header("x-road-id", "log-3");
    let reply = search.post("application/json", r#"{"limit":3}"#).send();
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(running.process("id/server").stop(), Some(0));
    federation
}

async fn open(federation: &Federation) -> SqliteConnection {
    let file = federation.dir().join("id/data/server/ledger/ledger.db");
    assert!(Path::new(&file).exists(), "{}", file.display());
    SqliteConnectOptions::from_str(file.to_str().unwrap()).unwrap().connect().await.unwrap()
}

/// Changes one octet of a column of one record by SQL, runs the audit, and changes it back.
async fn with_changed(federation: &Federation, table: &str, key: &str, id: i64, find: &[u8]) -> (i32, String) {
    let mut log = open(federation).await;
    let select = sqlx::AssertSqlSafe(format!("SELECT content FROM {table} WHERE {key} = ?"));
    let content: Vec<u8> = sqlx::query(select).bind(id).fetch_one(&mut log).await.unwrap().get(0);
    let place = content.windows(find.len()).position(|w| w == find).unwrap() + find.len() - 1;
    let mut changed = content.clone();
    changed[place] ^= 1;
    let update = || sqlx::AssertSqlSafe(format!("UPDATE {table} SET content = ? WHERE {key} = ?"));
    sqlx::query(update()).bind(changed).bind(id).execute(&mut log).await.unwrap();
    let told = audited(federation);
    sqlx::query(update()).bind(content).bind(id).execute(&mut log).await.unwrap();
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn an_altered_record_is_named() {
    let federation = logged();
    let (exit, told) = audited(&federation);
    assert_eq!(exit, 0, "{told}");
    assert!(told.starts_with("6 records, ") && told.ends_with(" 0 wrong\n"), "{told}");
    // Records 1 and 2 are the first request and its answer, 5 and 6 the last.
    for (table, key, id, message, find) in [
        ("record", "id", 1, "log-1", b"limit=".as_slice()),
        ("record", "id", 2, "log-1", b"200\r\n"),
        ("record", "id", 3, "log-2", b"<ds:SignatureValue"),
        ("body", "record", 5, "log-3", b"limit"),
        ("body", "record", 6, "log-3", b"persons"),
    ] {
        let (exit, told) = with_changed(&federation, table, key, id, find).await;
        assert_eq!(exit, 1, "{table} {id}: {told}");
        let wrong: Vec<_> = told.lines().filter(|l| l.starts_with("WRONG")).collect();
        assert_eq!(wrong.len(), 1, "{table} {id}: no other record is blamed: {told}");
        assert!(wrong[0].contains(&format!("record {id} ({message})")), "{told}");
        assert!(told.ends_with(" 1 wrong\n"), "{told}");
    }
    let (exit, told) = audited(&federation);
    assert_eq!(exit, 0, "what was changed was changed back: {told}");
}
