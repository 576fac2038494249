//! From rows to values.

use bytes::Bytes;
use simpul_core::UnixTime;
use simpul_ledger::pack::{self, Dictionary};
use simpul_ledger::stored::{self, BodyNote, DecodeError};
use simpul_ledger::{LoggedBody, NewRecord, RecordId, StoreError, StoredRecord, Summary};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

/// Columns that [`summary`] reads.
macro_rules! summary_columns {
    () => {
        "id, at, side, direction, message_id, request_id, client, service, refused, stamp"
    };
}
pub(super) use summary_columns;

pub(super) fn summary(row: &SqliteRow) -> Result<Summary, StoreError> {
    let read = || -> Result<Summary, Broken> {
        let (client, service): (&str, &str) = (row.try_get("client")?, row.try_get("service")?);
        Ok(Summary {
            id: id(row.try_get("id")?)?,
            at: UnixTime::from_millis(row.try_get("at")?),
            side: stored::side_from(row.try_get("side")?)?,
            direction: stored::direction_from(row.try_get("direction")?)?,
            message_id: row.try_get("message_id")?,
            request_id: row.try_get("request_id")?,
            client: stored::client_from(client)?,
            service: stored::service_from(service)?,
            refused: row.try_get("refused")?,
            stamp: stored::state_from(row.try_get("stamp")?)?,
        })
    };
    read().map_err(|cause| damaged(row, cause))
}

/// The column `content`.
pub(super) fn content(row: &SqliteRow) -> Result<Bytes, StoreError> {
    let content: Vec<u8> = row.try_get("content").map_err(|cause| damaged(row, cause.into()))?;
    Ok(content.into())
}

/// Reads the columns of [`summary`], `body`, `stamp_content` and `stamp_batch`, and the content with its dictionary.
pub(super) fn record(
    row: &SqliteRow,
    content: Bytes,
    dictionary: Option<&Dictionary>,
) -> Result<StoredRecord, StoreError> {
    let head = summary(row)?;
    let read = || -> Result<StoredRecord, Broken> {
        let content = stored::decode_content(pack::unpack(content, dictionary)?)?;
        let body: Option<Vec<u8>> = row.try_get("body")?;
        let body = match (content.body, body) {
            (BodyNote::None, None) => LoggedBody::None,
            (BodyNote::Whole, Some(octets)) => LoggedBody::Whole(stored::decode_body(octets.into())?),
            (BodyNote::Truncated { len, sha512 }, None) => LoggedBody::Truncated { len, sha512 },
            (BodyNote::Whole, None) => return Err(Broken::Body("is missing")),
            (BodyNote::None | BodyNote::Truncated { .. }, Some(_)) => return Err(Broken::Body("should not be there")),
        };
        let stamp: Option<Vec<u8>> = row.try_get("stamp_content")?;
        let batch: Option<Vec<u8>> = row.try_get("stamp_batch")?;
        let stamp = stamp.map(|own| stored::decode_stamp(own.into(), batch.map(Bytes::from))).transpose()?;
        let record = NewRecord {
            side: head.side,
            direction: head.direction,
            at: head.at,
            message_id: head.message_id,
            request_id: head.request_id,
            client: head.client,
            service: head.service,
            message: content.message,
            body,
            seal: content.seal,
            conf: content.conf,
            refused: head.refused,
        };
        Ok(StoredRecord { id: head.id, record, stamp })
    };
    read().map_err(|cause| damaged(row, cause))
}

/// Reads `id` and, from the content with its dictionary, the signature.
pub(super) fn signature(
    row: &SqliteRow,
    content: Bytes,
    dictionary: Option<&Dictionary>,
) -> Result<(RecordId, Bytes), StoreError> {
    let read = || -> Result<(RecordId, Bytes), Broken> {
        let content = stored::decode_content(pack::unpack(content, dictionary)?)?;
        Ok((id(row.try_get("id")?)?, content.seal.signature))
    };
    read().map_err(|cause| damaged(row, cause))
}

/// A place from its column.
pub(super) fn id(number: i64) -> Result<RecordId, Broken> {
    u64::try_from(number).ok().and_then(RecordId::new).ok_or(Broken::Place(number))
}

/// A place for its column.
pub(super) fn number(id: RecordId) -> i64 {
    i64::try_from(id.number()).unwrap_or(i64::MAX)
}

/// Why a row is not what was written.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    #[error("a column cannot be read")]
    Column(#[source] sqlx::Error),
    #[error("its content cannot be read")]
    Content(#[source] DecodeError),
    #[error("{0} is no place in the log")]
    Place(i64),
    #[error("its body {0}")]
    Body(&'static str),
}

impl From<sqlx::Error> for Broken {
    fn from(cause: sqlx::Error) -> Self {
        Self::Column(cause)
    }
}

impl From<DecodeError> for Broken {
    fn from(cause: DecodeError) -> Self {
        Self::Content(cause)
    }
}

fn damaged(row: &SqliteRow, cause: Broken) -> StoreError {
    let id = row.try_get::<i64, _>("id").unwrap_or_default();
    StoreError::Damaged { what: format!("record {id}"), cause: Box::new(cause) }
}
