//! The dictionaries that packed records refer to.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use simpul_core::limits;
use simpul_ledger::StoreError;
use simpul_ledger::pack::{self, Dictionary, DictionaryId};
use sqlx::{Row, SqliteConnection};

use super::error::{reading, writing};

const KEEP: &str = "INSERT INTO dictionary (sha256, content) VALUES ($1, $2) ON CONFLICT (sha256) DO NOTHING";
const LOAD: &str = "SELECT content FROM dictionary WHERE sha256 = $1";

/// Those that were read last.
#[derive(Debug, Default)]
pub(super) struct Dictionaries(Mutex<VecDeque<Arc<Dictionary>>>);

impl Dictionaries {
    /// The dictionary that a content refers to; `None` if it refers to none, or to one that is not there: reading the
    /// content says so.
    pub(super) async fn of(
        &self,
        connection: &mut SqliteConnection,
        content: &[u8],
    ) -> Result<Option<Arc<Dictionary>>, StoreError> {
        let Some(id) = pack::needs(content) else { return Ok(None) };
        if let Some(known) = self.known(id) {
            return Ok(Some(known));
        }
        let row = sqlx::query(LOAD).bind(id.as_bytes().as_slice()).fetch_optional(connection).await;
        let failed = || reading("a dictionary");
        let Some(row) = row.map_err(failed())? else { return Ok(None) };
        let octets: Vec<u8> = row.try_get("content").map_err(failed())?;
        let read = Dictionary::read(id, Bytes::from(octets)).map(Arc::new);
        if let Some(dictionary) = &read {
            self.remember(Arc::clone(dictionary));
        }
        Ok(read)
    }

    fn known(&self, id: DictionaryId) -> Option<Arc<Dictionary>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().find(|d| d.id() == id).cloned()
    }

    fn remember(&self, dictionary: Arc<Dictionary>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() == limits::LEDGER_DICTIONARIES {
            known.pop_front();
        }
        known.push_back(dictionary);
    }
}

/// Keeps a dictionary, unless it is there already.
pub(super) async fn keep(connection: &mut SqliteConnection, dictionary: &Dictionary) -> Result<(), StoreError> {
    let query = sqlx::query(KEEP).bind(dictionary.id().as_bytes().as_slice()).bind(dictionary.octets().as_ref());
    query.execute(connection).await.map_err(writing("keep a dictionary")).map(drop)
}
