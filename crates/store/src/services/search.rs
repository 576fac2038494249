//! Searches for persons.

use simpul_core::UnixTime;
use simpul_services::application::{NationalId, Officer, PersonName, Remark, Search, StoreError};
use sqlx::Row;
use sqlx::sqlite::{SqlitePool, SqliteRow};

use super::append::person_text;
use super::error::{reading, writing};
use super::rows::{damaged, person};
use crate::sqlite::changes::Changes;

const WHAT: &str = "record a search";
const INSERT: &str = "INSERT INTO search (person, at, officer, name, role, office, purpose, reason) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
const OF_PERSON: &str = "SELECT person, at, officer, name, role, office, purpose, reason FROM search \
    WHERE person = $1 ORDER BY at DESC, id DESC LIMIT $2";

/// What is searched.
#[cfg(test)]
pub(super) const SEARCHES: [&str; 1] = [OF_PERSON];

pub(super) async fn record(writer: &mut Changes, search: &Search) -> Result<(), StoreError> {
    writer.begin().await.map_err(writing(WHAT))?;
    let insert = sqlx::query(INSERT)
        .bind(person_text(&search.person))
        .bind(search.at.millis())
        .bind(search.officer.id())
        .bind(search.officer.name())
        .bind(search.officer.role())
        .bind(search.officer.office().as_str())
        .bind(search.purpose.as_str())
        .bind(search.reason.as_str());
    let done = insert.execute(writer.connection()).await.map(drop).map_err(writing(WHAT));
    writer.end(done, writing(WHAT)).await
}

pub(super) async fn of_person(
    readers: &SqlitePool,
    person: &NationalId,
    limit: usize,
) -> Result<Vec<Search>, StoreError> {
    let query = sqlx::query(OF_PERSON).bind(person_text(person)).bind(i64::try_from(limit).unwrap_or(i64::MAX));
    let rows = query.fetch_all(readers).await.map_err(reading("searches"))?;
    rows.iter().map(search).collect()
}

fn search(row: &SqliteRow) -> Result<Search, StoreError> {
    let text = |column: &str| row.try_get::<String, _>(column).map_err(reading("a search"));
    let name = |column: &str| PersonName::new(&text(column)?).map_err(|cause| damaged("a search", cause));
    let at: i64 = row.try_get("at").map_err(reading("a search"))?;
    let office = text("office")?.parse().map_err(|cause| damaged("a search", cause))?;
    Ok(Search {
        at: UnixTime::from_millis(at),
        officer: Officer::new(name("officer")?, name("name")?, name("role")?, office),
        purpose: text("purpose")?,
        reason: Remark::new(&text("reason")?).map_err(|cause| damaged("a search", cause))?,
        person: person(&text("person")?)?,
    })
}
