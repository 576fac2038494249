//! Reading records.

use bytes::Bytes;
use simpul_core::{UnixTime, limits};
use simpul_ledger::{Filter, Head, Page, RecordId, StoreError, StoredRecord, Summary, stored};
use sqlx::sqlite::{SqlitePool, SqliteRow};
use sqlx::{Row, SqliteConnection};

use super::dictionaries::Dictionaries;
use super::error::reading;
use super::rows::{self, summary_columns};

const LAST: &str = "SELECT COALESCE(MAX(id), 0) FROM record";
const OLDEST: &str = "SELECT id, at FROM record WHERE stamp = 0 ORDER BY id LIMIT 1";
const WAITING: &str = "SELECT id, content FROM record WHERE stamp = 0 AND id > $1 ORDER BY id LIMIT $2";
const LOAD: &str = concat!(
    "SELECT ",
    summary_columns!(),
    ", content, \
     (SELECT b.content FROM body b WHERE b.record = id) AS body, \
     (SELECT s.content FROM stamp s WHERE s.record = id) AS stamp_content, \
     (SELECT t.content FROM stamp s JOIN stamp_batch t ON t.sha256 = s.batch WHERE s.record = id) AS stamp_batch \
     FROM record WHERE id = $1"
);

macro_rules! of_message {
    () => {
        " FROM record WHERE message_id = $1 AND local = $2 AND ($3 IS NULL OR request_id = $3)"
    };
}
macro_rules! of_time {
    () => {
        " FROM record WHERE at >= $1 AND at < $2 AND ($3 IS NULL OR local = $3)"
    };
}
macro_rules! that_wait {
    () => {
        " FROM record WHERE stamp = 0"
    };
}
const LIST_MESSAGE: &str = concat!("SELECT ", summary_columns!(), of_message!(), " AND id > $4 ORDER BY id LIMIT $5");
const LIST_TIME: &str = concat!("SELECT ", summary_columns!(), of_time!(), " AND id > $4 ORDER BY id LIMIT $5");
const LIST_WAITING: &str = concat!("SELECT ", summary_columns!(), that_wait!(), " AND id > $1 ORDER BY id LIMIT $2");
const COUNT_MESSAGE: &str = concat!("SELECT COUNT(*)", of_message!());
const COUNT_TIME: &str = concat!("SELECT COUNT(*)", of_time!());
const COUNT_WAITING: &str = concat!("SELECT COUNT(*)", that_wait!());

/// What is searched often or over much, and the index that makes it quick.
#[cfg(test)]
pub(super) const SEARCHES: [(&str, &str); 8] = [
    (OLDEST, "record_waiting"),
    (WAITING, "record_waiting"),
    (LIST_WAITING, "record_waiting"),
    (COUNT_WAITING, "record_waiting"),
    (LIST_MESSAGE, "record_by_message"),
    (COUNT_MESSAGE, "record_by_message"),
    (COUNT_TIME, "record_by_time"),
    (LOAD, "PRIMARY KEY"),
];

pub(super) async fn head(readers: &SqlitePool) -> Result<Head, StoreError> {
    let failed = || reading("the end of the log");
    let last: i64 = sqlx::query(LAST).fetch_one(readers).await.and_then(|r| r.try_get(0)).map_err(failed())?;
    let next = u64::try_from(last).ok().and_then(|last| RecordId::new(last + 1));
    let next = next.ok_or_else(|| StoreError::Conflict(format!("there is no place after {last}")))?;
    let oldest = sqlx::query(OLDEST).fetch_optional(readers).await.map_err(failed())?;
    let oldest_waiting = oldest.as_ref().map(oldest_row).transpose()?;
    Ok(Head { next, oldest_waiting })
}

pub(super) async fn waiting(
    readers: &SqlitePool,
    dictionaries: &Dictionaries,
    after: Option<RecordId>,
    limit: usize,
) -> Result<Vec<(RecordId, Bytes)>, StoreError> {
    let query = sqlx::query(WAITING).bind(after.map_or(0, rows::number)).bind(page_size(limit));
    let mut connection = readers.acquire().await.map_err(reading("records that wait"))?;
    let rows = query.fetch_all(&mut *connection).await.map_err(reading("records that wait"))?;
    let mut signatures = Vec::with_capacity(rows.len());
    for row in &rows {
        let content = rows::content(row)?;
        let dictionary = dictionaries.of(&mut connection, &content).await?;
        signatures.push(rows::signature(row, content, dictionary.as_deref())?);
    }
    Ok(signatures)
}

pub(super) async fn load(
    connection: &mut SqliteConnection,
    dictionaries: &Dictionaries,
    id: RecordId,
) -> Result<Option<StoredRecord>, StoreError> {
    let row = sqlx::query(LOAD).bind(rows::number(id)).fetch_optional(&mut *connection).await;
    let Some(row) = row.map_err(reading("a record"))? else { return Ok(None) };
    let content = rows::content(&row)?;
    let dictionary = dictionaries.of(connection, &content).await?;
    rows::record(&row, content, dictionary.as_deref()).map(Some)
}

pub(super) async fn list(readers: &SqlitePool, filter: &Filter, page: Page) -> Result<Vec<Summary>, StoreError> {
    let query = match filter {
        Filter::Message { local, message_id, request_id } => sqlx::query(LIST_MESSAGE)
            .bind(message_id.as_str())
            .bind(stored::client_text(local))
            .bind(request_id.as_deref()),
        Filter::Time { from, to, local } => {
            sqlx::query(LIST_TIME).bind(from.millis()).bind(to.millis()).bind(local.as_ref().map(stored::client_text))
        }
        Filter::Waiting => sqlx::query(LIST_WAITING),
    };
    let query = query.bind(page.after.map_or(0, rows::number)).bind(page_size(page.limit.get()));
    query.fetch_all(readers).await.map_err(reading("a list of records"))?.iter().map(rows::summary).collect()
}

pub(super) async fn count(readers: &SqlitePool, filter: &Filter) -> Result<u64, StoreError> {
    let query = match filter {
        Filter::Message { local, message_id, request_id } => sqlx::query(COUNT_MESSAGE)
            .bind(message_id.as_str())
            .bind(stored::client_text(local))
            .bind(request_id.as_deref()),
        Filter::Time { from, to, local } => {
            sqlx::query(COUNT_TIME).bind(from.millis()).bind(to.millis()).bind(local.as_ref().map(stored::client_text))
        }
        Filter::Waiting => sqlx::query(COUNT_WAITING),
    };
    let count: i64 =
        query.fetch_one(readers).await.and_then(|r| r.try_get(0)).map_err(reading("the number of records"))?;
    Ok(u64::try_from(count).unwrap_or_default())
}

fn oldest_row(row: &SqliteRow) -> Result<(RecordId, UnixTime), StoreError> {
    let failed = || reading("the oldest record that waits");
    let (id, at): (i64, i64) = (row.try_get("id").map_err(failed())?, row.try_get("at").map_err(failed())?);
    let id =
        rows::id(id).map_err(|cause| StoreError::Damaged { what: format!("record {id}"), cause: Box::new(cause) })?;
    Ok((id, UnixTime::from_millis(at)))
}

fn page_size(limit: usize) -> i64 {
    i64::try_from(limit.min(limits::LEDGER_PAGE)).unwrap_or(i64::MAX)
}
