//! A database in one SQLite file, in a folder of its own: how it is opened, brought up to date, and looked into.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row, SqliteConnection};

use crate::files::{Folder, FolderError};
use crate::sqlite::changes::Changes;

/// What is kept in a database.
pub(crate) struct Kind {
    /// What it is called.
    pub(crate) name: &'static str,
    /// Its file.
    pub(crate) file: &'static str,
    /// The table that says which schemas were applied.
    pub(crate) schemas: &'static str,
    /// Every schema there was, oldest first. Once released, one never changes.
    pub(crate) migrations: &'static [&'static str],
}

/// An open database: one connection that writes, a few that read.
pub(crate) struct Opened {
    pub(crate) folder: Folder,
    pub(crate) changes: Changes,
    pub(crate) readers: SqlitePool,
}

/// Why a database cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Its folder cannot be used.
    #[error("the folder of the {kind} cannot be used")]
    Folder {
        /// What is kept in it.
        kind: &'static str,
        /// Why.
        #[source]
        cause: FolderError,
    },
    /// SQLite refused.
    #[error("cannot {what} the {kind} {path}")]
    Sql {
        /// What is kept in it.
        kind: &'static str,
        /// What was tried.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        #[source]
        cause: sqlx::Error,
    },
    /// A newer version wrote it.
    #[error("the {kind} {path} has schema {found}, and this version knows up to {known}: use the newer version")]
    NewerSchema {
        /// What is kept in it.
        kind: &'static str,
        /// The file.
        path: PathBuf,
        /// The schema in the file.
        found: i64,
        /// The newest schema that this version knows.
        known: i64,
    },
    /// It is the database of something else.
    #[error("{path} is a database, but no {kind}")]
    Other {
        /// What was to be kept in it.
        kind: &'static str,
        /// The file.
        path: PathBuf,
    },
}

const READERS: u32 = 4;
/// Octets to which the write-ahead log is cut back after a burst.
const WAL_KEPT: &str = "67108864";
const BUSY: Duration = Duration::from_secs(5);

impl Kind {
    /// Opens the database in this folder, or makes it; brings an older schema up to date. No repair is needed after a
    /// crash: what was confirmed is there, what was not may be there.
    ///
    /// Refuses a folder that others may enter or that another process uses, a file that holds something else, and one
    /// that a newer version has written.
    pub(crate) async fn open(&self, path: &Path) -> Result<Opened, OpenError> {
        let unusable = |cause| OpenError::Folder { kind: self.name, cause };
        let folder = Folder::open(path).map_err(unusable)?;
        let file = folder.file(self.file).map_err(unusable)?;
        let mut connection = options(&file).connect().await.map_err(self.failed(&file, "open"))?;
        self.migrate(&mut connection, &file).await?;
        folder.sync().map_err(unusable)?;
        let readers = self.readers(&file, options(&file), READERS).await?;
        Ok(Opened { folder, changes: Changes::on(connection), readers })
    }

    /// Opens the database in this folder to be read beside the process that has it open; it must be there, and written
    /// by this version.
    pub(crate) async fn view(&self, path: &Path) -> Result<SqlitePool, OpenError> {
        let file = path.join(self.file);
        self.readers(&file, options(&file).create_if_missing(false), 1).await
    }

    async fn readers(&self, file: &Path, options: SqliteConnectOptions, most: u32) -> Result<SqlitePool, OpenError> {
        let readers = SqlitePoolOptions::new().max_connections(most);
        let readers = readers.connect_with(options.pragma("query_only", "on")).await;
        readers.map_err(self.failed(file, "open"))
    }

    /// Brings the schema up to date, all or nothing.
    async fn migrate(&self, connection: &mut SqliteConnection, path: &Path) -> Result<(), OpenError> {
        let failed = || self.failed(path, "bring up to date");
        // The name of a table cannot be bound; this one is a constant of this crate.
        let sql = |text: &str| AssertSqlSafe(text.replace("SCHEMAS", self.schemas));
        let mut change = connection.begin_with("BEGIN IMMEDIATE").await.map_err(failed())?;
        sqlx::query(sql(MAKE_SCHEMAS)).execute(&mut *change).await.map_err(failed())?;
        let found = sqlx::query(sql(SCHEMA)).fetch_one(&mut *change).await.and_then(|r| r.try_get(0));
        let found: i64 = found.map_err(failed())?;
        let tables = sqlx::query(TABLES).bind(self.schemas).fetch_one(&mut *change).await;
        let tables: i64 = tables.and_then(|r| r.try_get(0)).map_err(failed())?;
        if found == 0 && tables > 0 {
            return Err(OpenError::Other { kind: self.name, path: path.to_owned() });
        }
        let known = i64::try_from(self.migrations.len()).unwrap_or(i64::MAX);
        if found > known {
            return Err(OpenError::NewerSchema { kind: self.name, path: path.to_owned(), found, known });
        }
        for (version, migration) in (1_i64..).zip(self.migrations).filter(|(version, _)| *version > found) {
            sqlx::raw_sql(*migration).execute(&mut *change).await.map_err(failed())?;
            sqlx::query(sql(RECORD_SCHEMA)).bind(version).execute(&mut *change).await.map_err(failed())?;
        }
        change.commit().await.map_err(failed())
    }

    fn failed(&self, path: &Path, what: &'static str) -> impl FnOnce(sqlx::Error) -> OpenError + use<> {
        let (kind, path) = (self.name, path.to_owned());
        move |cause| OpenError::Sql { kind, what, path, cause }
    }
}

const TABLES: &str = "SELECT COUNT(*) FROM sqlite_schema WHERE type = 'table' AND name <> $1";
const MAKE_SCHEMAS: &str = "CREATE TABLE IF NOT EXISTS SCHEMAS (version BIGINT NOT NULL PRIMARY KEY)";
const SCHEMA: &str = "SELECT COALESCE(MAX(version), 0) FROM SCHEMAS";
const RECORD_SCHEMA: &str = "INSERT INTO SCHEMAS (version) VALUES ($1)";

fn options(file: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY)
        .pragma("trusted_schema", "off")
        .pragma("journal_size_limit", WAL_KEPT)
        .disable_statement_logging()
}
