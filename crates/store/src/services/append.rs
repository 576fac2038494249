//! Keeping events: one transaction to a call.

use simpul_services::application::{Append, Appended, Event, Key, NationalId, Reference, StoreError, Summary, stored};
use sqlx::{Row, SqliteConnection};

use super::error::writing;
use crate::sqlite::changes::Changes;

const WHAT: &str = "keep an application";
const KNOWN: &str = "SELECT request, reference FROM request WHERE scope = $1 AND key = $2";
const SEQ: &str = "SELECT seq FROM application WHERE reference = $1";
const INSERT: &str = "INSERT INTO application (reference, service, version, citizen, person, name, started, changed, \
    seq, state, waits, office, stage, deadline, taken, wakes) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) \
    ON CONFLICT (reference) DO UPDATE SET service = excluded.service, version = excluded.version, \
    citizen = excluded.citizen, person = excluded.person, name = excluded.name, started = excluded.started, \
    changed = excluded.changed, seq = excluded.seq, state = excluded.state, waits = excluded.waits, \
    office = excluded.office, stage = excluded.stage, deadline = excluded.deadline, taken = excluded.taken, \
    wakes = excluded.wakes";
const INSERT_EVENT: &str = "INSERT INTO event (reference, seq, content) VALUES ($1, $2, $3)";
const INSERT_REQUEST: &str = "INSERT INTO request (scope, key, request, reference) VALUES ($1, $2, $3, $4)";

/// What is searched.
#[cfg(test)]
pub(super) const SEARCHES: [&str; 2] = [KNOWN, SEQ];

pub(super) async fn append(writer: &mut Changes, append: &Append) -> Result<Appended, StoreError> {
    writer.begin().await.map_err(writing(WHAT))?;
    let kept = keep(writer.connection(), append).await;
    writer.end(kept, writing(WHAT)).await
}

async fn keep(connection: &mut SqliteConnection, append: &Append) -> Result<Appended, StoreError> {
    if let Some(key) = &append.key
        && let Some(reference) = known(connection, key, writing).await?
    {
        return Ok(Appended::Before(reference));
    }
    let reference = append.reference.to_string();
    let there = sqlx::query(SEQ).bind(&reference).fetch_optional(&mut *connection).await.map_err(writing(WHAT))?;
    let there: i64 = there.map_or(Ok(0), |row| row.try_get(0)).map_err(writing(WHAT))?;
    if i64::try_from(append.expected) != Ok(there) {
        return Err(StoreError::Conflict);
    }
    let seq = number(append.expected)?.saturating_add(number(append.events.len() as u64)?);
    summary(connection, &append.summary, seq).await?;
    for event in &append.events {
        insert(connection, &reference, event).await?;
    }
    if let Some(key) = &append.key {
        let insert = sqlx::query(INSERT_REQUEST)
            .bind(person_text(&key.scope))
            .bind(key.key.as_str())
            .bind(key.request.as_str())
            .bind(&reference);
        insert.execute(connection).await.map_err(writing(WHAT))?;
    }
    Ok(Appended::Now)
}

/// The application of a request that came before.
pub(super) async fn known<F: FnOnce(sqlx::Error) -> StoreError>(
    connection: &mut SqliteConnection,
    key: &Key,
    failed: fn(&'static str) -> F,
) -> Result<Option<Reference>, StoreError> {
    let query = sqlx::query(KNOWN).bind(person_text(&key.scope)).bind(key.key.as_str());
    let Some(row) = query.fetch_optional(connection).await.map_err(failed("a request"))? else { return Ok(None) };
    let request: String = row.try_get(0).map_err(failed("a request"))?;
    let reference: String = row.try_get(1).map_err(failed("a request"))?;
    match request == key.request {
        true => reference
            .parse()
            .map(Some)
            .map_err(|cause| StoreError::Damaged { what: "a request", cause: Box::new(cause) }),
        false => Err(StoreError::KeyUsed),
    }
}

async fn summary(connection: &mut SqliteConnection, summary: &Summary, seq: i64) -> Result<(), StoreError> {
    let work = summary.work.as_ref();
    let insert = sqlx::query(INSERT)
        .bind(summary.reference.to_string())
        .bind(summary.service.as_str())
        .bind(i64::from(summary.version))
        .bind(person_text(&summary.citizen))
        .bind(person_text(&summary.person))
        .bind(summary.name.as_str())
        .bind(summary.started.millis())
        .bind(summary.changed.millis())
        .bind(seq)
        .bind(summary.state.as_str())
        .bind(summary.waits)
        .bind(work.map(|work| work.office.as_str()))
        .bind(work.map(|work| work.stage.as_str()))
        .bind(work.map(|work| work.deadline.millis()))
        .bind(work.and_then(|work| work.taken.as_deref()))
        .bind(summary.wakes.map(|at| at.millis()));
    insert.execute(connection).await.map(drop).map_err(writing(WHAT))
}

async fn insert(connection: &mut SqliteConnection, reference: &str, event: &Event) -> Result<(), StoreError> {
    let content = stored::encode(event)
        .map_err(|cause| StoreError::Retryable { what: "an event that is too long", cause: Box::new(cause) })?;
    let insert = sqlx::query(INSERT_EVENT).bind(reference).bind(number(event.seq)?).bind(content);
    insert.execute(connection).await.map(drop).map_err(writing(WHAT))
}

fn number(n: u64) -> Result<i64, StoreError> {
    i64::try_from(n).map_err(|_| StoreError::Conflict)
}

/// A person: the state, its length before it, and the identifier. No sign in either moves the border.
pub(super) fn person_text(person: &NationalId) -> String {
    let home = person.home().as_str();
    format!("{}:{home}{}", home.len(), person.reveal())
}
