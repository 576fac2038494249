//! Reading entries and counts.

use std::collections::HashMap;
use std::sync::Arc;

use simpul_core::{MemberId, UnixTime};
use simpul_services::trail::{Entry, EntryId, Epoch, Evidence, Month, Position, Pseudonym, StoreError, Terms, stored};
use sqlx::sqlite::{SqlitePool, SqliteRow};
use sqlx::{Row, SqliteConnection};

use super::error::reading;

macro_rules! columns {
    () => {
        "pseudonym, shown, id, epoch, at, terms, record, message_id, request_id, \
         (SELECT t.content FROM terms t WHERE t.id = entry.terms) AS content"
    };
}

/// The rows of one pseudonym before a place: one range of the primary key, read backwards.
const BEFORE: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM entry WHERE pseudonym = $1 AND (shown, id) < ($2, $3) ORDER BY shown DESC, id DESC LIMIT $4"
);
const ONE: &str = concat!("SELECT ", columns!(), " FROM entry WHERE pseudonym = $1 AND shown = $2 AND id = $3");
const WITHHELD: &str = "SELECT count FROM withheld WHERE holder = $1 AND month = $2 AND law = $3";

/// What is searched, and what its plan says.
#[cfg(test)]
pub(super) const SEARCHES: [(&str, &str); 3] = [
    (BEFORE, "SEARCH entry USING PRIMARY KEY (pseudonym=? AND (shown,id)<(?,?))"),
    (ONE, "SEARCH entry USING PRIMARY KEY (pseudonym=? AND shown=? AND id=?)"),
    (WITHHELD, "SEARCH withheld USING PRIMARY KEY (holder=? AND month=? AND law=?)"),
];

pub(super) async fn before(
    readers: &SqlitePool,
    pseudonym: &Pseudonym,
    position: Position,
    limit: usize,
) -> Result<Vec<Entry>, StoreError> {
    let rows = sqlx::query(BEFORE)
        .bind(pseudonym.as_bytes().as_slice())
        .bind(position.shown.millis())
        .bind(position.id.as_bytes().as_slice())
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(readers)
        .await
        .map_err(reading("entries"))?;
    let mut terms = HashMap::new();
    rows.iter().map(|row| entry(row, &mut terms)).collect()
}

/// What stands where `like` stands.
pub(super) async fn one(connection: &mut SqliteConnection, like: &Entry) -> Result<Option<Entry>, StoreError> {
    let row = sqlx::query(ONE)
        .bind(like.pseudonym.as_bytes().as_slice())
        .bind(like.shown.millis())
        .bind(like.id.as_bytes().as_slice())
        .fetch_optional(connection)
        .await
        .map_err(reading("an entry"))?;
    row.map(|row| entry(&row, &mut HashMap::new())).transpose()
}

pub(super) async fn withheld(
    readers: &SqlitePool,
    holder: &MemberId,
    month: Month,
    law: &str,
) -> Result<u64, StoreError> {
    let row = sqlx::query(WITHHELD)
        .bind(member_text(holder))
        .bind(month.number())
        .bind(law)
        .fetch_optional(readers)
        .await
        .map_err(reading("a count"))?;
    let count: i64 = row.map_or(Ok(0), |row| row.try_get(0)).map_err(reading("a count"))?;
    u64::try_from(count).map_err(|cause| StoreError::Damaged { what: "a count", cause: Box::new(cause) })
}

/// A member as its parts, each behind its length: no sign in a name moves a border.
pub(super) fn member_text(member: &MemberId) -> String {
    let parts = [member.instance.as_str(), member.class.as_str(), member.code.as_str()];
    parts.iter().map(|part| format!("{}:{part}", part.len())).collect()
}

/// An entry of a row. `read` has the terms of the rows before it.
fn entry(row: &SqliteRow, read: &mut HashMap<i64, Arc<Terms>>) -> Result<Entry, StoreError> {
    let number = |column: &str| row.try_get::<i64, _>(column).map_err(reading("an entry"));
    let text = |column: &str| row.try_get::<String, _>(column).map_err(reading("an entry"));
    let id = number("terms")?;
    let terms = match read.get(&id) {
        Some(terms) => Arc::clone(terms),
        None => {
            let content: &[u8] = row.try_get("content").map_err(reading("terms"))?;
            let decoded = stored::decode(content);
            let terms = decoded.map_err(|cause| StoreError::Damaged { what: "terms", cause: Box::new(cause) })?;
            let terms = Arc::new(terms);
            read.insert(id, Arc::clone(&terms));
            terms
        }
    };
    let epoch = u32::try_from(number("epoch")?);
    let record = u64::try_from(number("record")?);
    let damaged = |cause| StoreError::Damaged { what: "an entry", cause: Box::new(cause) };
    Ok(Entry {
        pseudonym: Pseudonym::new(octets(row, "pseudonym")?),
        epoch: Epoch(epoch.map_err(damaged)?),
        shown: UnixTime::from_millis(number("shown")?),
        id: EntryId::new(octets(row, "id")?),
        at: UnixTime::from_millis(number("at")?),
        terms,
        evidence: Evidence {
            message_id: text("message_id")?,
            request_id: text("request_id")?,
            record: record.map_err(damaged)?,
        },
    })
}

fn octets<const SIZE: usize>(row: &SqliteRow, column: &str) -> Result<[u8; SIZE], StoreError> {
    let octets: &[u8] = row.try_get(column).map_err(reading("an entry"))?;
    octets.try_into().map_err(|cause| StoreError::Damaged { what: "an entry", cause: Box::new(cause) })
}
