//! Appending: several records to a statement, one transaction to a batch.

use std::fmt::Write as _;
use std::sync::LazyLock;

use simpul_ledger::pack::{Packed, Packer};
use simpul_ledger::{LoggedBody, NewRecord, RecordId, StampState, StoreError, stored};
use sqlx::{Row, SqliteConnection};

use super::dictionaries::{self, Dictionaries};
use super::error::writing;
use super::{Writer, read, rows};

const WHAT: &str = "append records";
const COLUMNS: &str =
    "id, at, side, direction, local, message_id, request_id, client, service, refused, stamp, content";
const COLUMN_COUNT: usize = 12;
const LAST: &str = "SELECT COALESCE(MAX(id), 0) FROM record";
const BODY: &str = "INSERT INTO body (record, content) VALUES ($1, $2)";

/// Rows of each statement, most first: a statement costs two switches between threads, whatever it inserts. SQLite looks
/// parameters up one after another, so still longer is not faster.
const SIZES: [usize; 5] = [16, 8, 4, 2, 1];
static INSERTS: LazyLock<[String; 5]> = LazyLock::new(|| SIZES.map(insert));

fn insert(rows: usize) -> String {
    let mut sql = format!("INSERT INTO record ({COLUMNS}) VALUES ");
    for parameter in 1..=rows * COLUMN_COUNT {
        let (before, after) = match (parameter % COLUMN_COUNT, parameter) {
            (1, 1) => ("(", ", "),
            (1, _) => (", (", ", "),
            (0, _) => ("", ")"),
            _ => ("", ", "),
        };
        // Writing to a string does not fail.
        let _ = write!(sql, "{before}${parameter}{after}");
    }
    sql
}

pub(super) async fn append(writer: &mut Writer, first: RecordId, records: &[NewRecord]) -> Result<(), StoreError> {
    if records.is_empty() {
        return Ok(());
    }
    // Looked up again unless this call ends well.
    let known = writer.next.take();
    if known.is_none() {
        // The call before failed or was given up: what its packer gave out may not be there.
        writer.packer = Packer::default();
    }
    writer.changes.begin().await.map_err(writing(WHAT))?;
    let Writer { changes, packer, dictionaries, .. } = writer;
    let done = put(changes.connection(), packer, dictionaries, known, first, records).await;
    writer.next = Some(changes.end(done, writing(WHAT)).await?);
    Ok(())
}

/// Puts the records where they belong, or finds them there. The place after the last record.
async fn put(
    change: &mut SqliteConnection,
    packer: &mut Packer,
    dictionaries: &Dictionaries,
    known: Option<RecordId>,
    first: RecordId,
    records: &[NewRecord],
) -> Result<RecordId, StoreError> {
    let next = match known {
        Some(next) => next,
        None => next(change).await?,
    };
    if first != next {
        same(change, dictionaries, next, first, records).await?;
        return Ok(next);
    }
    let mut packed = Vec::with_capacity(records.len());
    for record in records {
        let Packed { content, new } = packer.pack(record);
        if let Some(new) = new {
            dictionaries::keep(change, &new).await?;
        }
        packed.push((record, content));
    }
    let mut done = 0;
    for (size, sql) in SIZES.into_iter().zip(INSERTS.iter()) {
        for rows in packed.get(done..).unwrap_or_default().chunks_exact(size) {
            insert_rows(change, sql, first, done, rows).await?;
            done += size;
        }
    }
    for (n, record) in records.iter().enumerate() {
        if let LoggedBody::Whole(octets) = &record.body {
            let id = place(first, n)?;
            let body = stored::encode_body(octets);
            sqlx::query(BODY).bind(id).bind(body).execute(&mut *change).await.map_err(writing(WHAT))?;
        }
    }
    first.plus(records.len()).ok_or_else(|| StoreError::Conflict("the log is full".to_owned()))
}

/// The place of the next record.
async fn next(connection: &mut SqliteConnection) -> Result<RecordId, StoreError> {
    let last: i64 = sqlx::query(LAST).fetch_one(connection).await.and_then(|r| r.try_get(0)).map_err(writing(WHAT))?;
    let next = u64::try_from(last).ok().and_then(|last| RecordId::new(last + 1));
    next.ok_or_else(|| StoreError::Conflict(format!("there is no place after {last}")))
}

/// Inserts the rows of one statement; the first of them stands `offset` places after `first`.
async fn insert_rows(
    connection: &mut SqliteConnection,
    sql: &'static str,
    first: RecordId,
    offset: usize,
    rows: &[(&NewRecord, Vec<u8>)],
) -> Result<(), StoreError> {
    let mut query = sqlx::query(sql);
    for (n, (record, content)) in rows.iter().enumerate() {
        query = query
            .bind(place(first, offset + n)?)
            .bind(record.at.millis())
            .bind(stored::side_number(record.side))
            .bind(stored::direction_number(record.direction))
            .bind(stored::client_text(record.local()))
            .bind(record.message_id.as_str())
            .bind(record.request_id.as_str())
            .bind(stored::client_text(&record.client))
            .bind(stored::service_text(&record.service))
            .bind(record.refused.as_deref())
            .bind(stored::state_number(StampState::Waiting))
            .bind(content.as_slice());
    }
    query.execute(connection).await.map_err(writing(WHAT)).map(drop)
}

/// Whether exactly these records stand at these places already: the answer to an append was lost.
async fn same(
    connection: &mut SqliteConnection,
    dictionaries: &Dictionaries,
    next: RecordId,
    first: RecordId,
    records: &[NewRecord],
) -> Result<(), StoreError> {
    for (n, record) in records.iter().enumerate() {
        let id = first.plus(n).ok_or_else(|| conflict(next, first))?;
        let there = read::load(connection, dictionaries, id).await?;
        if there.is_none_or(|there| there.record != *record) {
            return Err(conflict(next, first));
        }
    }
    Ok(())
}

fn conflict(next: RecordId, first: RecordId) -> StoreError {
    StoreError::Conflict(format!("the next record is {next}, and what stands from {first} on is not the same"))
}

fn place(first: RecordId, n: usize) -> Result<i64, StoreError> {
    first.plus(n).map(rows::number).ok_or_else(|| StoreError::Conflict("the log is full".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_numbered_through() {
        let one = "INSERT INTO record (id, at, side, direction, local, message_id, request_id, client, service, \
                   refused, stamp, content) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
        assert_eq!(insert(1), one);
        assert!(insert(2).ends_with("$12), ($13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)"));
        assert_eq!(COLUMNS.split(", ").count(), COLUMN_COUNT);
    }
}
