//! The one connection that writes, and its changes: each whole or not at all.

use sqlx::{Connection, SqliteConnection};

/// Transactions by statement. SQLite ends one itself after some errors, a full disk among them, and a count of
/// transactions that is kept beside it would be wrong from then on.
pub(crate) struct Changes {
    connection: SqliteConnection,
    /// A change was begun and not ended: its caller gave up.
    open: bool,
}

impl Changes {
    pub(crate) fn on(connection: SqliteConnection) -> Self {
        Self { connection, open: false }
    }

    /// Where the statements of a change go.
    pub(crate) fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.connection
    }

    /// Begins a change, and takes back one that was given up.
    pub(crate) async fn begin(&mut self) -> Result<(), sqlx::Error> {
        if self.open {
            self.undo().await;
        }
        self.open = true;
        sqlx::query("BEGIN IMMEDIATE").execute(&mut self.connection).await.map(drop)
    }

    /// Commits after work that went well, and takes back everything otherwise.
    pub(crate) async fn end<T, E>(
        &mut self,
        done: Result<T, E>,
        failed: impl FnOnce(sqlx::Error) -> E,
    ) -> Result<T, E> {
        let committed = match done {
            Ok(value) => sqlx::query("COMMIT").execute(&mut self.connection).await.map(|_| value).map_err(failed),
            Err(error) => Err(error),
        };
        match committed {
            Ok(_) => self.open = false,
            Err(_) => self.undo().await,
        }
        committed
    }

    /// Takes a change back. An error says that there is nothing to take back any more; were it another one, the next
    /// change could not begin.
    pub(crate) async fn undo(&mut self) {
        let _ = sqlx::query("ROLLBACK").execute(&mut self.connection).await;
        self.open = false;
    }

    /// Ends all work and folds the write-ahead log into the file.
    pub(crate) async fn close(self) -> Result<(), sqlx::Error> {
        self.connection.close().await
    }
}
