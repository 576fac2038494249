//! Keeping accesses: one transaction to a call.

use simpul_core::DigestAlgorithm;
use simpul_services::trail::{Access, Entry, StoreError, Terms, Withheld, stored};
use simpul_trust::hash;
use sqlx::{Row, SqliteConnection};

use super::error::writing;
use super::{Writer, read};

const WHAT: &str = "keep accesses";
const INSERT: &str = "INSERT INTO entry (pseudonym, shown, id, epoch, at, terms, record, message_id, request_id) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING";
const TERMS: &str = "SELECT id FROM terms WHERE sha256 = $1";
const INSERT_TERMS: &str = "INSERT INTO terms (sha256, content) VALUES ($1, $2) RETURNING id";
const COUNT: &str = "INSERT INTO withheld (holder, month, law, count) VALUES ($1, $2, $3, 1) \
    ON CONFLICT (holder, month, law) DO UPDATE SET count = count + 1";

/// Terms that were written last, which are those of most accesses.
#[derive(Default)]
pub(super) struct Known(Vec<(Terms, i64)>);

/// How many terms are remembered between calls.
const REMEMBERED: usize = 16;

pub(super) async fn append(writer: &mut Writer, accesses: &[Access]) -> Result<(), StoreError> {
    // What is remembered holds only if this call ends well.
    let mut known = std::mem::take(&mut writer.known);
    writer.changes.begin().await.map_err(writing(WHAT))?;
    let kept = keep_all(writer.changes.connection(), &mut known, accesses).await;
    writer.changes.end(kept, writing(WHAT)).await?;
    writer.known = known;
    Ok(())
}

async fn keep_all(connection: &mut SqliteConnection, known: &mut Known, accesses: &[Access]) -> Result<(), StoreError> {
    for access in accesses {
        keep(connection, known, access).await?;
    }
    Ok(())
}

async fn keep(connection: &mut SqliteConnection, known: &mut Known, access: &Access) -> Result<(), StoreError> {
    let mut fresh = 0;
    for entry in &access.entries {
        let terms = terms(connection, known, &entry.terms).await?;
        if insert(connection, entry, terms).await? {
            fresh += 1;
        } else if read::one(connection, entry).await?.as_ref() != Some(entry) {
            return Err(StoreError::Conflict("another entry of the same person"));
        }
    }
    match (fresh, &access.withheld) {
        (0, _) => Ok(()),
        (n, _) if n < access.entries.len() => Err(StoreError::Conflict("an access with fewer persons")),
        (_, Some(withheld)) => count(connection, withheld).await,
        (_, None) => Ok(()),
    }
}

/// Whether the place was free.
async fn insert(connection: &mut SqliteConnection, entry: &Entry, terms: i64) -> Result<bool, StoreError> {
    let record = i64::try_from(entry.evidence.record).map_err(|_| StoreError::Conflict("a record past the log"))?;
    let done = sqlx::query(INSERT)
        .bind(entry.pseudonym.as_bytes().as_slice())
        .bind(entry.shown.millis())
        .bind(entry.id.as_bytes().as_slice())
        .bind(i64::from(entry.epoch.0))
        .bind(entry.at.millis())
        .bind(terms)
        .bind(record)
        .bind(entry.evidence.message_id.as_str())
        .bind(entry.evidence.request_id.as_str())
        .execute(connection)
        .await
        .map_err(writing(WHAT))?;
    Ok(done.rows_affected() == 1)
}

async fn terms(connection: &mut SqliteConnection, known: &mut Known, terms: &Terms) -> Result<i64, StoreError> {
    if let Some((_, id)) = known.0.iter().find(|(there, _)| there == terms) {
        return Ok(*id);
    }
    let content = stored::encode(terms).map_err(|_| StoreError::Conflict("terms that are too long"))?;
    let sha256 = hash::digest(DigestAlgorithm::Sha256, &content);
    let there = sqlx::query(TERMS).bind(sha256.as_bytes()).fetch_optional(&mut *connection).await;
    let row = match there.map_err(writing(WHAT))? {
        Some(row) => row,
        None => {
            let made = sqlx::query(INSERT_TERMS).bind(sha256.as_bytes()).bind(content).fetch_one(connection).await;
            made.map_err(writing(WHAT))?
        }
    };
    let id = row.try_get(0).map_err(writing(WHAT))?;
    if known.0.len() >= REMEMBERED {
        known.0.remove(0);
    }
    known.0.push((terms.clone(), id));
    Ok(id)
}

async fn count(connection: &mut SqliteConnection, withheld: &Withheld) -> Result<(), StoreError> {
    let counted = sqlx::query(COUNT)
        .bind(read::member_text(&withheld.holder))
        .bind(withheld.month.number())
        .bind(withheld.law.as_str())
        .execute(connection)
        .await;
    counted.map(|_| ()).map_err(writing(WHAT))
}
