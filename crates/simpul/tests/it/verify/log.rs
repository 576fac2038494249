//! `simpul ledger verify` on a log that somebody has altered.

use std::path::Path;
use std::str::FromStr;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection, Row};

use super::super::evidence::Judge;
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
    // Asked for with `force`, the record has its timestamp at once.
    Judge::of(&federation).fetch(federation.text("/id/server/consumer"), MANPOWER, "log-1", "requestOnly");
    assert_eq!(running.process("id/server").stop(), Some(0));
    federation
}

async fn open(federation: &Federation) -> SqliteConnection {
    let file = federation.dir().join("id/data/server/ledger/ledger.db");
    assert!(Path::new(&file).exists(), "{}", file.display());
    SqliteConnectOptions::from_str(file.to_str().unwrap()).unwrap().connect().await.unwrap()
}

/// The content type of a timestamp token, DER (RFC 3161 §2.4.2).
const ID_CT_TST_INFO: &[u8] = b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x04";

/// Where an octet is changed.
#[derive(Clone, Copy)]
enum Octet {
    /// Behind the first occurrence of some octets.
    After(&'static [u8]),
    /// So many hundredths into the content. A record is packed (crate ledger, module `pack`): the dictionary's name stands
    /// first, the message at the beginning of the block, the seal in the middle and the configurations at the end.
    Percent(usize),
}

/// Changes one octet of the content of a row.
async fn flip(log: &mut SqliteConnection, table: &str, key: &str, id: i64, octet: Octet) {
    let select = sqlx::AssertSqlSafe(format!("SELECT content FROM {table} WHERE {key} = ?"));
    let mut content: Vec<u8> = sqlx::query(select).bind(id).fetch_one(&mut *log).await.unwrap().get(0);
    let place = match octet {
        Octet::After(after) => content.windows(after.len()).position(|w| w == after).unwrap() + after.len(),
        Octet::Percent(percent) => (content.len() - 1) * percent / 100,
    };
    content[place] ^= 1;
    let update = sqlx::AssertSqlSafe(format!("UPDATE {table} SET content = ? WHERE {key} = ?"));
    sqlx::query(update).bind(content).bind(id).execute(log).await.unwrap();
}

async fn sql(log: &mut SqliteConnection, statement: &'static str) {
    sqlx::raw_sql(statement).execute(log).await.unwrap();
}

/// The lines of the audit that blame something, and its last line. It must exit with 1.
fn blamed(federation: &Federation, what: &str) -> (Vec<String>, String) {
    let (exit, told) = audited(federation);
    assert_eq!(exit, 1, "{what}: {told}");
    let mut lines: Vec<_> = told.lines().map(str::to_owned).collect();
    let last = lines.pop().unwrap();
    assert!(lines.iter().all(|l| l.starts_with("WRONG  ")), "{told}");
    (lines, last)
}

/// One thing altered in the file of the log at a time: exactly that record is blamed, by its id and its message id.
#[tokio::test(flavor = "multi_thread")]
async fn an_altered_record_is_named() {
    let federation = logged();
    let (exit, told) = audited(&federation);
    assert_eq!(exit, 0, "{told}");
    assert!(told.starts_with("6 records, ") && told.ends_with(" 0 wrong\n"), "{told}");
    let file = federation.dir().join("id/data/server/ledger/ledger.db");
    // What stands in the write-ahead log goes into the file that is kept: `restore` puts back that file alone.
    let mut log = open(&federation).await;
    sql(&mut log, "PRAGMA wal_checkpoint(TRUNCATE)").await;
    log.close().await.unwrap();
    let untouched = std::fs::read(&file).unwrap();
    // Records 1 and 2 are the first request and its answer, 5 and 6 the last.
    for (table, key, id, message, after) in [
        ("record", "id", 1, "log-1", Octet::After(b"?limit=")),
        ("record", "id", 2, "log-1", Octet::Percent(1)),
        ("record", "id", 3, "log-2", Octet::Percent(50)),
        ("record", "id", 4, "log-2", Octet::Percent(80)),
        ("record", "id", 4, "log-2", Octet::Percent(100)),
        ("stamp", "record", 1, "log-1", Octet::After(ID_CT_TST_INFO)),
        ("body", "record", 5, "log-3", Octet::After(b"limit")),
        ("body", "record", 6, "log-3", Octet::After(b"persons")),
    ] {
        let mut log = open(&federation).await;
        flip(&mut log, table, key, id, after).await;
        log.close().await.unwrap();
        let (wrong, last) = blamed(&federation, &format!("{table} {id}"));
        let [line] = &wrong[..] else { panic!("{table} {id}: no other record is blamed: {wrong:?}") };
        assert!(line.contains(&format!("record {id} ({message}): ")), "{line}");
        assert!(last.starts_with("6 records, ") && last.ends_with(" 1 wrong"), "{last}");
        restore(&file, &untouched);
    }
    for (statement, blame) in [
        ("UPDATE record SET message_id = 'log-9' WHERE id = 3", "record 3 (log-9): it is filed under a message id"),
        (
            "UPDATE record SET client = replace(client, 'manpower', 'payroll') WHERE id = 3",
            "record 3 (log-2): it is filed under a client",
        ),
        (
            "UPDATE record SET service = replace(service, 'persons', 'person') WHERE id = 3",
            "record 3 (log-2): it is filed under a service",
        ),
        ("UPDATE record SET direction = 2 WHERE id = 3", "record 3 (log-2): it is filed under the other direction"),
        ("UPDATE record SET at = at + 86400000 WHERE id = 3", "record 3 (log-2): "),
        ("DELETE FROM stamp WHERE record = 3; DELETE FROM record WHERE id = 3", "record 3 is missing"),
    ] {
        let mut log = open(&federation).await;
        sql(&mut log, statement).await;
        log.close().await.unwrap();
        let (wrong, last) = blamed(&federation, statement);
        assert!(wrong.len() == 1 && wrong[0].contains(blame), "{statement}: {wrong:?}");
        assert!(last.ends_with(" 1 wrong"), "{statement}: {last}");
        restore(&file, &untouched);
    }
    // What the seals of one signer have in common: all records that refer to it are blamed, each by its name.
    let mut log = open(&federation).await;
    sql(&mut log, "UPDATE dictionary SET content = replace(content, '<ds:X509Certificate>M', '<ds:X509Certificate>N')")
        .await;
    log.close().await.unwrap();
    let (wrong, last) = blamed(&federation, "dictionaries");
    assert!(wrong.len() == 6 && wrong.iter().all(|line| line.contains("dictionary")), "{wrong:?}");
    assert!(last.ends_with(" 6 wrong"), "{last}");
    restore(&file, &untouched);
    let (exit, told) = audited(&federation);
    assert_eq!(exit, 0, "what was changed was changed back: {told}");
}

/// Puts the file back, without what SQLite keeps beside it.
fn restore(file: &Path, octets: &[u8]) {
    for suffix in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{suffix}", file.display()));
    }
    std::fs::write(file, octets).unwrap();
}

/// A refused request stands in the provider's log and is judged with the rest; nobody gets it as an exchange
/// (docs/adr/0005).
#[test]
fn a_refused_request_is_kept_and_not_handed_out() {
    let federation = Federation::prepare();
    let mut running = federation.start_all();
    let url = format!("{}{PERSONS}/persons?limit=1", federation.text("/id/server/consumer"));
    let reply = Curl::get(&url).client("ID/GOV/3201/payroll").header("x-road-id", "refused-1").send();
    assert_eq!(reply.fault(), "server.serverproxy.access_denied");
    let provider = federation.text("/my/server/consumer");
    let party = "xRoadInstance=MY&memberClass=GOV&memberCode=1001&subsystemCode=civil-registry&queryId=refused-1";
    for path in ["asic", "signedconf"] {
        let reply = Curl::get(&format!("{provider}/{path}?{party}&force")).send();
        assert_eq!(reply.status, 404, "{path}: {reply:?}");
    }
    assert_eq!(running.process("my/server").stop(), Some(0));
    let (code, text) =
        text(&["ledger".as_ref(), "verify".as_ref(), "--config".as_ref(), federation.config("my").as_os_str()]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("1 records") && text.contains("0 wrong"), "{text}");
}
