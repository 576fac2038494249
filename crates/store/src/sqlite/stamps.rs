//! Setting timestamps.

use simpul_ledger::{RecordId, Stamp, StoreError, stored};
use sqlx::{Connection, SqliteConnection};

use super::error::writing;
use super::rows;

const WHAT: &str = "set timestamps";
const MARK: &str = "UPDATE record SET stamp = $2 WHERE id = $1 AND stamp = 0";
const THERE: &str = "SELECT 1 FROM record WHERE id = $1";
const INSERT: &str = "INSERT INTO stamp (record, content) VALUES ($1, $2)";

pub(super) async fn set(connection: &mut SqliteConnection, stamps: &[(RecordId, Stamp)]) -> Result<(), StoreError> {
    if stamps.is_empty() {
        return Ok(());
    }
    let mut change = connection.begin_with("BEGIN IMMEDIATE").await.map_err(writing(WHAT))?;
    for (id, stamp) in stamps {
        let place = rows::number(*id);
        let state = stored::state_number(stamp.state());
        let marked = sqlx::query(MARK).bind(place).bind(state).execute(&mut *change).await.map_err(writing(WHAT))?;
        if marked.rows_affected() == 1 {
            let content = stored::encode_stamp(stamp);
            sqlx::query(INSERT).bind(place).bind(content).execute(&mut *change).await.map_err(writing(WHAT))?;
        } else if sqlx::query(THERE).bind(place).fetch_optional(&mut *change).await.map_err(writing(WHAT))?.is_none() {
            return Err(StoreError::Conflict(format!("there is no record {id}")));
        }
    }
    change.commit().await.map_err(writing(WHAT))
}
