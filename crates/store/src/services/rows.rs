//! From rows to values.

use std::error::Error;

use simpul_core::UnixTime;
use simpul_services::application::{NationalId, QueueEntry, StoreError, Summary};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::error::reading;

const WHAT: &str = "an application";

pub(super) fn damaged(what: &'static str, cause: impl Into<Box<dyn Error + Send + Sync>>) -> StoreError {
    StoreError::Damaged { what, cause: cause.into() }
}

/// The person of a text: its length, the state, the identifier.
pub(super) fn person(text: &str) -> Result<NationalId, StoreError> {
    let parts = || {
        let (length, rest) = text.split_once(':')?;
        let (home, identifier) = rest.split_at_checked(length.parse().ok()?)?;
        NationalId::new(home.parse().ok()?, identifier.to_owned()).ok()
    };
    parts().ok_or_else(|| damaged(WHAT, "a person that cannot be read"))
}

pub(super) fn summary(row: &SqliteRow) -> Result<Summary, StoreError> {
    let text = |column: &str| row.try_get::<String, _>(column).map_err(reading(WHAT));
    let maybe = |column: &str| row.try_get::<Option<String>, _>(column).map_err(reading(WHAT));
    let number = |column: &str| row.try_get::<i64, _>(column).map_err(reading(WHAT));
    let moment = |column: &str| {
        let at = row.try_get::<Option<i64>, _>(column).map_err(reading(WHAT));
        at.map(|at| at.map(UnixTime::from_millis))
    };
    let work = match (maybe("office")?, maybe("stage")?, moment("deadline")?) {
        (Some(office), Some(stage), Some(deadline)) => Some(QueueEntry {
            office: office.parse().map_err(|cause| damaged(WHAT, cause))?,
            stage: stage.parse().map_err(|cause| damaged(WHAT, cause))?,
            deadline,
            taken: maybe("taken")?,
        }),
        (None, None, None) => None,
        _ => return Err(damaged(WHAT, "half a place in a queue")),
    };
    Ok(Summary {
        reference: text("reference")?.parse().map_err(|cause| damaged(WHAT, cause))?,
        service: text("service")?.parse().map_err(|cause| damaged(WHAT, cause))?,
        version: u32::try_from(number("version")?).map_err(|cause| damaged(WHAT, cause))?,
        citizen: person(&text("citizen")?)?,
        person: person(&text("person")?)?,
        name: text("name")?,
        started: UnixTime::from_millis(number("started")?),
        changed: UnixTime::from_millis(number("changed")?),
        seq: u64::try_from(number("seq")?).map_err(|cause| damaged(WHAT, cause))?,
        state: text("state")?,
        waits: row.try_get("waits").map_err(reading(WHAT))?,
        work,
        wakes: moment("wakes")?,
    })
}
