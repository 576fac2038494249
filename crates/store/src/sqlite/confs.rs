//! Configurations, each once, and each of their parts once.

use bytes::Bytes;
use simpul_core::DigestAlgorithm;
use simpul_ledger::{ConfId, KeptConf, StoreError};
use simpul_trust::hash;
use sqlx::{Row, SqliteConnection};

use super::changes::Changes;
use super::error::{reading, writing};

const WHAT: &str = "keep a configuration";
const KEEP: &str = "INSERT INTO conf (id, instance, directory) VALUES ($1, $2, $3)";
const KEEP_PART: &str = "INSERT INTO part (sha256, content) VALUES ($1, $2) ON CONFLICT (sha256) DO NOTHING";
const LIST_PART: &str = "INSERT INTO conf_part (conf, place, name, part) VALUES ($1, $2, $3, $4)";
const LOAD: &str = "SELECT instance, directory FROM conf WHERE id = $1";
const LOAD_PARTS: &str = "SELECT l.name, p.content FROM conf_part l JOIN part p ON p.sha256 = l.part \
                          WHERE l.conf = $1 ORDER BY l.place";

pub(super) async fn keep(changes: &mut Changes, conf: &KeptConf) -> Result<(), StoreError> {
    changes.begin().await.map_err(writing(WHAT))?;
    let done = keep_all(changes.connection(), conf).await;
    changes.end(done, writing(WHAT)).await
}

async fn keep_all(change: &mut SqliteConnection, conf: &KeptConf) -> Result<(), StoreError> {
    if let Some(kept) = load(change, conf.id).await? {
        return if kept == *conf { Ok(()) } else { Err(other_content(conf.id)) };
    }
    let id = conf.id.as_bytes().as_slice();
    let keep = sqlx::query(KEEP).bind(id).bind(conf.instance.as_str()).bind(conf.directory.as_ref());
    keep.execute(&mut *change).await.map_err(writing(WHAT))?;
    for (place, (name, part)) in (0i32..).zip(&conf.parts) {
        let digest = hash::digest(DigestAlgorithm::Sha256, part);
        let digest = digest.as_bytes();
        let keep = sqlx::query(KEEP_PART).bind(digest).bind(part.as_ref());
        keep.execute(&mut *change).await.map_err(writing(WHAT))?;
        let list = sqlx::query(LIST_PART).bind(id).bind(place).bind(name.as_str()).bind(digest);
        list.execute(&mut *change).await.map_err(writing(WHAT))?;
    }
    Ok(())
}

pub(super) async fn load(connection: &mut SqliteConnection, id: ConfId) -> Result<Option<KeptConf>, StoreError> {
    let failed = || reading("a configuration");
    let key = id.as_bytes().as_slice();
    let Some(row) = sqlx::query(LOAD).bind(key).fetch_optional(&mut *connection).await.map_err(failed())? else {
        return Ok(None);
    };
    let rows = sqlx::query(LOAD_PARTS).bind(key).fetch_all(connection).await.map_err(failed())?;
    let read = || -> Result<KeptConf, sqlx::Error> {
        let parts = rows.iter().map(|r| Ok((r.try_get(0)?, Bytes::from(r.try_get::<Vec<u8>, _>(1)?))));
        Ok(KeptConf {
            id,
            instance: row.try_get(0)?,
            directory: Bytes::from(row.try_get::<Vec<u8>, _>(1)?),
            parts: parts.collect::<Result<_, sqlx::Error>>()?,
        })
    };
    read().map(Some).map_err(failed())
}

fn other_content(id: ConfId) -> StoreError {
    StoreError::Conflict(format!("the configuration {id} has other content"))
}
