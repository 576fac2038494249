//! Setting timestamps.

use simpul_core::DigestAlgorithm;
use simpul_ledger::{RecordId, Stamp, StoreError, stored};
use simpul_trust::hash;
use sqlx::SqliteConnection;

use super::changes::Changes;
use super::error::writing;
use super::rows;

const WHAT: &str = "set timestamps";
const MARK: &str = "UPDATE record SET stamp = $2 WHERE id = $1 AND stamp = 0";
const THERE: &str = "SELECT 1 FROM record WHERE id = $1";
const INSERT: &str = "INSERT INTO stamp (record, content, batch) VALUES ($1, $2, $3)";
const INSERT_BATCH: &str = "INSERT INTO stamp_batch (sha256, content) VALUES ($1, $2) ON CONFLICT (sha256) DO NOTHING";

pub(super) async fn set(changes: &mut Changes, stamps: &[(RecordId, Stamp)]) -> Result<(), StoreError> {
    if stamps.is_empty() {
        return Ok(());
    }
    changes.begin().await.map_err(writing(WHAT))?;
    let done = set_all(changes.connection(), stamps).await;
    changes.end(done, writing(WHAT)).await
}

async fn set_all(change: &mut SqliteConnection, stamps: &[(RecordId, Stamp)]) -> Result<(), StoreError> {
    let mut batch: Option<Batch> = None;
    for (id, stamp) in stamps {
        let place = rows::number(*id);
        let state = stored::state_number(stamp.state());
        let marked = sqlx::query(MARK).bind(place).bind(state).execute(&mut *change).await.map_err(writing(WHAT))?;
        if marked.rows_affected() == 1 {
            if let Some(content) = stored::encode_batch(stamp)
                && batch.as_ref().is_none_or(|known| known.content != content)
            {
                batch = Some(Batch::keep(change, content).await?);
            }
            let of = batch.as_ref().filter(|_| matches!(stamp, Stamp::Batch { .. })).map(|b| b.sha256.as_slice());
            let insert = sqlx::query(INSERT).bind(place).bind(stored::encode_stamp(stamp)).bind(of);
            insert.execute(&mut *change).await.map_err(writing(WHAT))?;
        } else if sqlx::query(THERE).bind(place).fetch_optional(&mut *change).await.map_err(writing(WHAT))?.is_none() {
            return Err(StoreError::Conflict(format!("there is no record {id}")));
        }
    }
    Ok(())
}

/// The batch that was stored last: stamps of one batch follow each other.
struct Batch {
    sha256: Vec<u8>,
    content: Vec<u8>,
}

impl Batch {
    async fn keep(connection: &mut SqliteConnection, content: Vec<u8>) -> Result<Self, StoreError> {
        let sha256 = hash::digest(DigestAlgorithm::Sha256, &content).as_bytes().to_vec();
        let insert = sqlx::query(INSERT_BATCH).bind(sha256.as_slice()).bind(content.as_slice());
        insert.execute(connection).await.map_err(writing(WHAT))?;
        Ok(Self { sha256, content })
    }
}
