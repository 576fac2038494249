//! Nonces of assertions.

use simpul_core::UnixTime;
use simpul_services::trail::{Nonce, NonceUse, StoreError};
use sqlx::{Row, SqliteConnection};

use super::Writer;
use super::error::writing;
use super::read::member_text;

const WHAT: &str = "take a nonce";
const FORGET: &str = "DELETE FROM nonce WHERE until <= $1";
const USED: &str = "SELECT COUNT(*) FROM nonce WHERE value = $1";
const COUNT: &str = "SELECT COUNT(*) FROM nonce WHERE issuer = $1";
const INSERT: &str = "INSERT INTO nonce (value, issuer, until) VALUES ($1, $2, $3)";

pub(super) async fn take(writer: &mut Writer, nonce: &Nonce, now: UnixTime) -> Result<NonceUse, StoreError> {
    writer.changes.begin().await.map_err(writing(WHAT))?;
    let used = remember(writer.changes.connection(), nonce, now).await;
    writer.changes.end(used, writing(WHAT)).await
}

async fn remember(connection: &mut SqliteConnection, nonce: &Nonce, now: UnixTime) -> Result<NonceUse, StoreError> {
    let issuer = member_text(&nonce.issuer);
    sqlx::query(FORGET).bind(now.millis()).execute(&mut *connection).await.map_err(writing(WHAT))?;
    if count(connection, USED, &nonce.value).await? > 0 {
        return Ok(NonceUse::Again);
    }
    if count(connection, COUNT, &issuer).await? >= nonce.most {
        return Ok(NonceUse::Full);
    }
    let insert = sqlx::query(INSERT).bind(nonce.value.as_str()).bind(issuer).bind(nonce.until.millis());
    insert.execute(connection).await.map_err(writing(WHAT))?;
    Ok(NonceUse::First)
}

async fn count(connection: &mut SqliteConnection, sql: &'static str, text: &str) -> Result<usize, StoreError> {
    let row = sqlx::query(sql).bind(text).fetch_one(connection).await.map_err(writing(WHAT))?;
    let count: i64 = row.try_get(0).map_err(writing(WHAT))?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}
