//! Migrations, embedded and applied in order.

use std::path::Path;

use sqlx::{Connection, Row, SqliteConnection};

use super::error::{OpenError, opening};

/// Every schema there was, oldest first. Once released, a file never changes.
const MIGRATIONS: [&str; 1] = [include_str!("../../migrations/services/0001_services.sql")];

const TABLES: &str = "SELECT COUNT(*) FROM sqlite_schema WHERE type = 'table' AND name <> 'simpul_services_schema'";
const MAKE_SCHEMA: &str = "CREATE TABLE IF NOT EXISTS simpul_services_schema (version BIGINT NOT NULL PRIMARY KEY)";
const SCHEMA: &str = "SELECT COALESCE(MAX(version), 0) FROM simpul_services_schema";
const RECORD_SCHEMA: &str = "INSERT INTO simpul_services_schema (version) VALUES ($1)";

/// Brings the schema up to date, all or nothing.
pub(super) async fn migrate(connection: &mut SqliteConnection, path: &Path) -> Result<(), OpenError> {
    let failed = || opening(path, "bring up to date");
    let mut change = connection.begin_with("BEGIN IMMEDIATE").await.map_err(failed())?;
    sqlx::query(MAKE_SCHEMA).execute(&mut *change).await.map_err(failed())?;
    let found: i64 = sqlx::query(SCHEMA).fetch_one(&mut *change).await.and_then(|r| r.try_get(0)).map_err(failed())?;
    let tables: i64 = sqlx::query(TABLES).fetch_one(&mut *change).await.and_then(|r| r.try_get(0)).map_err(failed())?;
    if found == 0 && tables > 0 {
        return Err(OpenError::NotServices { path: path.to_owned() });
    }
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    if found > known {
        return Err(OpenError::NewerSchema { path: path.to_owned(), found, known });
    }
    for (version, migration) in (1..).zip(MIGRATIONS).filter(|(version, _)| *version > found) {
        sqlx::raw_sql(migration).execute(&mut *change).await.map_err(failed())?;
        sqlx::query(RECORD_SCHEMA).bind::<i64>(version).execute(&mut *change).await.map_err(failed())?;
    }
    change.commit().await.map_err(failed())
}
