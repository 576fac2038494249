//! Reading applications and their lists.

use simpul_core::{UnixTime, limits};
use simpul_services::application::{Counts, Event, NationalId, Position, Reference, StoreError, Summary, stored};
use simpul_services::catalogue::OfficeId;
use sqlx::Row;
use sqlx::sqlite::{SqlitePool, SqliteRow};

use super::append::person_text;
use super::error::reading;
use super::rows::{damaged, summary};

macro_rules! columns {
    () => {
        "SELECT reference, service, version, citizen, person, name, started, changed, seq, state, waits, office, \
         stage, deadline, taken, wakes FROM application WHERE "
    };
}

const EVENTS: &str = "SELECT seq, content FROM event WHERE reference = $1 ORDER BY seq LIMIT $2";
/// Two lists of one person, each one range of its index; together they are a page.
const OF_CITIZEN: &str = concat!(
    columns!(),
    "citizen = $1 AND (started, reference) < ($2, $3) ORDER BY started DESC, reference DESC LIMIT $4"
);
const OF_PERSON: &str = concat!(
    columns!(),
    "person = $1 AND person <> citizen AND (started, reference) < ($2, $3) \
     ORDER BY started DESC, reference DESC LIMIT $4"
);
const QUEUE: &str =
    concat!(columns!(), "office = $1 AND (deadline, reference) > ($2, $3) ORDER BY deadline, reference LIMIT $4");
const WAKING: &str = concat!(
    columns!(),
    "wakes IS NOT NULL AND wakes <= $1 AND (wakes, reference) > ($2, $3) ORDER BY wakes, reference LIMIT $4"
);
const OPEN: &str = "SELECT COUNT(*) FROM application WHERE office = $1";
const WAITING: &str = "SELECT COUNT(*) FROM application WHERE office = $1 AND waits = TRUE";
const LATE: &str = "SELECT COUNT(*) FROM application WHERE office = $1 AND waits = FALSE AND deadline <= $2";
const SOON: &str =
    "SELECT COUNT(*) FROM application WHERE office = $1 AND waits = FALSE AND deadline > $2 AND deadline < $3";

/// What is searched.
#[cfg(test)]
pub(super) const SEARCHES: [&str; 9] = [EVENTS, OF_CITIZEN, OF_PERSON, QUEUE, WAKING, OPEN, WAITING, LATE, SOON];

pub(super) async fn load(readers: &SqlitePool, reference: Reference) -> Result<Vec<Event>, StoreError> {
    // One more than there may be, so that a file with too many is noticed and not cut.
    let most = i64::try_from(limits::APPLICATION_EVENTS).unwrap_or(i64::MAX).saturating_add(1);
    let query = sqlx::query(EVENTS).bind(reference.to_string()).bind(most);
    let rows = query.fetch_all(readers).await.map_err(reading("events"))?;
    if rows.len() > limits::APPLICATION_EVENTS {
        return Err(damaged("events", "more events than an application has"));
    }
    (1..).zip(&rows).map(|(seq, row)| event(seq, row)).collect()
}

fn event(seq: u64, row: &SqliteRow) -> Result<Event, StoreError> {
    let place: i64 = row.try_get("seq").map_err(reading("an event"))?;
    let content: &[u8] = row.try_get("content").map_err(reading("an event"))?;
    let event = stored::decode(content).map_err(|cause| damaged("an event", cause))?;
    match event.seq == seq && i64::try_from(seq) == Ok(place) {
        true => Ok(event),
        false => Err(damaged("an event", "an event at another place than its own")),
    }
}

pub(super) async fn of_person(
    readers: &SqlitePool,
    person: &NationalId,
    after: Option<Position>,
    limit: usize,
) -> Result<Vec<Summary>, StoreError> {
    let mut found = Vec::new();
    for sql in [OF_CITIZEN, OF_PERSON] {
        let query = sqlx::query(sql)
            .bind(person_text(person))
            .bind(after.map_or(i64::MAX, |after| after.at.millis()))
            .bind(after.map_or(LAST.to_owned(), |after| after.reference.to_string()))
            .bind(rows(limit));
        let rows = query.fetch_all(readers).await.map_err(reading("applications"))?;
        found.extend(rows.iter().map(summary).collect::<Result<Vec<_>, _>>()?);
    }
    found.sort_by_key(|summary| std::cmp::Reverse(summary.position()));
    found.truncate(limit);
    Ok(found)
}

pub(super) async fn queue(
    readers: &SqlitePool,
    office: &OfficeId,
    after: Option<Position>,
    limit: usize,
) -> Result<Vec<Summary>, StoreError> {
    let query = sqlx::query(QUEUE)
        .bind(office.as_str())
        .bind(after.map_or(i64::MIN, |after| after.at.millis()))
        .bind(after.map_or(String::new(), |after| after.reference.to_string()))
        .bind(rows(limit));
    let rows = query.fetch_all(readers).await.map_err(reading("a queue"))?;
    rows.iter().map(summary).collect()
}

pub(super) async fn waking(
    readers: &SqlitePool,
    until: UnixTime,
    after: Option<Position>,
    limit: usize,
) -> Result<Vec<Summary>, StoreError> {
    let query = sqlx::query(WAKING)
        .bind(until.millis())
        .bind(after.map_or(i64::MIN, |after| after.at.millis()))
        .bind(after.map_or(String::new(), |after| after.reference.to_string()))
        .bind(rows(limit));
    let rows = query.fetch_all(readers).await.map_err(reading("applications that wake"))?;
    rows.iter().map(summary).collect()
}

pub(super) async fn counts(
    readers: &SqlitePool,
    office: &OfficeId,
    now: UnixTime,
    soon: UnixTime,
) -> Result<Counts, StoreError> {
    // One snapshot: four counts of one moment.
    let mut snapshot = readers.begin().await.map_err(reading("counts"))?;
    let mut count = async |sql: &'static str| {
        let query = sqlx::query(sql).bind(office.as_str());
        let query = if sql == LATE || sql == SOON { query.bind(now.millis()) } else { query };
        let query = if sql == SOON { query.bind(soon.millis()) } else { query };
        let row = query.fetch_one(&mut *snapshot).await.map_err(reading("counts"))?;
        let count: i64 = row.try_get(0).map_err(reading("counts"))?;
        u64::try_from(count).map_err(|cause| damaged("counts", cause))
    };
    Ok(Counts {
        open: count(OPEN).await?,
        late: count(LATE).await?,
        soon: count(SOON).await?,
        waiting: count(WAITING).await?,
    })
}

/// A text after that of every reference.
const LAST: &str = "~";

fn rows(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
