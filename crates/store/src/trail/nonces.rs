//! Nonces of assertions.

use simpul_core::{UnixTime, limits};
use simpul_services::trail::{Nonce, NonceUse, StoreError};
use sqlx::{Connection, Row, SqliteConnection};

use super::error::writing;
use super::read::member_text;

const WHAT: &str = "take a nonce";
const FORGET: &str = "DELETE FROM nonce WHERE until <= $1";
const USED: &str = "SELECT COUNT(*) FROM nonce WHERE value = $1";
const COUNT: &str = "SELECT COUNT(*) FROM nonce WHERE issuer = $1";
const INSERT: &str = "INSERT INTO nonce (value, issuer, until) VALUES ($1, $2, $3)";

pub(super) async fn take(
    connection: &mut SqliteConnection,
    nonce: &Nonce,
    now: UnixTime,
) -> Result<NonceUse, StoreError> {
    let issuer = member_text(&nonce.issuer);
    let mut change = connection.begin_with("BEGIN IMMEDIATE").await.map_err(writing(WHAT))?;
    sqlx::query(FORGET).bind(now.millis()).execute(&mut *change).await.map_err(writing(WHAT))?;
    let used = count(&mut change, USED, &nonce.value).await?;
    let outcome = match used {
        0 if count(&mut change, COUNT, &issuer).await? >= limits::TRAIL_NONCES => NonceUse::Full,
        0 => {
            let insert = sqlx::query(INSERT).bind(nonce.value.as_str()).bind(issuer).bind(nonce.until.millis());
            insert.execute(&mut *change).await.map_err(writing(WHAT))?;
            NonceUse::First
        }
        _ => NonceUse::Again,
    };
    change.commit().await.map_err(writing(WHAT))?;
    Ok(outcome)
}

async fn count(connection: &mut SqliteConnection, sql: &'static str, text: &str) -> Result<usize, StoreError> {
    let row = sqlx::query(sql).bind(text).fetch_one(connection).await.map_err(writing(WHAT))?;
    let count: i64 = row.try_get(0).map_err(writing(WHAT))?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}
