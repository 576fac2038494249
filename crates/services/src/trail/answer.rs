//! What a person is shown, page by page.
//!
//! Accesses are ordered by the moment from which they are shown, latest first. What is not shown yet stands behind
//! the place at which reading begins: it is neither read nor skipped, so that neither content nor size, order, pages
//! or work tell that it is there.

use std::fmt;
use std::num::NonZeroUsize;
use std::str::FromStr;
use std::sync::Arc;

use serde_json::{Value, json};
use simpul_core::{UnixTime, limits};

use super::event::{Evidence, Terms};
use super::secrecy::withheld_by;
use super::store::{Entry, EntryId, Position};

/// Which part of an answer is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// Where the page before ended; `None` for the first page.
    pub after: Option<Cursor>,
    /// The most accesses on it; never more than [`limits::TRAIL_PAGE`] are given.
    pub limit: NonZeroUsize,
}

/// Where a page ended. It holds nothing but what the last access on that page tells anyway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor(pub(super) Position);

/// A page of what a person is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Accesses, in the order in which they came to be shown, latest first.
    pub accesses: Vec<Shown>,
    /// Where the next page begins; `None` on the last one.
    pub next: Option<Cursor>,
}

/// One access, as one person is shown it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// When it was.
    pub at: UnixTime,
    /// From when on it is shown.
    pub shown: UnixTime,
    /// Who, what for, under which clause, which fields of this person.
    pub terms: Arc<Terms>,
    /// Where the proof is.
    pub evidence: Evidence,
}

/// The text is no cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor")]
pub struct CursorError;

impl Page {
    /// As many accesses as this page may have.
    pub(super) fn size(&self) -> usize {
        self.limit.get().min(limits::TRAIL_PAGE)
    }

    /// Where reading begins: behind what is shown at `now`, whatever the cursor says.
    pub(super) fn start(&self, now: UnixTime) -> Position {
        let behind = Position::behind(now);
        self.after.map_or(behind, |Cursor(after)| after.min(behind))
    }
}

impl Answer {
    /// One page of entries of one person, as they were found under each epoch.
    pub(super) fn of(mut found: Vec<Entry>, size: usize) -> Self {
        found.sort_by_key(|entry| std::cmp::Reverse(entry.position()));
        let more = found.len() > size;
        found.truncate(size);
        let next = found.last().filter(|_| more).map(|last| Cursor(last.position()));
        Self { accesses: found.into_iter().map(Shown::from).collect(), next }
    }

    /// As JSON, in the form of `docs/guide/data-trail.md`.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        let accesses: Vec<Value> = self.accesses.iter().map(Shown::json).collect();
        json!({ "accesses": accesses, "next": self.next.map(|next| next.to_string()) }).to_string().into_bytes()
    }
}

impl Shown {
    fn json(&self) -> Value {
        let terms = &self.terms;
        let agreement = terms.agreement.as_ref().map(|cited| {
            let clauses: Vec<&str> = terms.clauses.iter().map(|clause| clause.as_str()).collect();
            json!({
                "id": cited.id.as_str(), "version": cited.version, "digest": cited.digest.to_string(),
                "clauses": clauses,
            })
        });
        let withheld = withheld_by(&terms.secrecy, self.at);
        json!({
            "at": self.at.to_string(),
            "client": terms.client.short(),
            "service": terms.service.short(),
            "purpose": terms.purpose,
            "basis": terms.basis,
            "agreement": agreement,
            "fields": terms.fields,
            "erasedAfterDays": terms.retention_days,
            "withheld": withheld.map(|law| json!({ "until": self.shown.to_string(), "law": law })),
            "evidence": {
                "messageId": self.evidence.message_id, "requestId": self.evidence.request_id,
                "record": self.evidence.record,
            },
        })
    }
}

impl From<Entry> for Shown {
    fn from(entry: Entry) -> Self {
        Self { at: entry.at, shown: entry.shown, terms: entry.terms, evidence: entry.evidence }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0.shown.millis(), self.0.id)
    }
}

impl FromStr for Cursor {
    type Err = CursorError;

    fn from_str(s: &str) -> Result<Self, CursorError> {
        let (millis, id) = s.split_once('.').filter(|(_, id)| id.len() == 32).ok_or(CursorError)?;
        let millis: i64 = millis.parse().map_err(|_| CursorError)?;
        let id = id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')).then_some(id).ok_or(CursorError)?;
        let id = u128::from_str_radix(id, 16).map_err(|_| CursorError)?;
        let cursor = Self(Position { shown: UnixTime::from_millis(millis), id: EntryId::new(id.to_be_bytes()) });
        if cursor.to_string() == s { Ok(cursor) } else { Err(CursorError) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_has_one_text() {
        let id = "0123456789abcdef0000000000000000";
        for text in [format!("1700000000000.{id}"), format!("-5.{id}"), format!("0.{}", "f".repeat(32))] {
            assert_eq!(text.parse::<Cursor>().unwrap().to_string(), text);
        }
        for text in ["", ".", &format!("+1.{id}"), &format!("01.{id}"), &format!("1.{}", id.to_uppercase()), "1.00"] {
            assert_eq!(text.parse::<Cursor>(), Err(CursorError), "{text}");
        }
        assert_eq!(format!("1.+{}", &id[1..]).parse::<Cursor>(), Err(CursorError));
    }

    /// A cursor from the future opens nothing.
    #[test]
    fn reading_never_begins_behind_now() {
        let now = UnixTime::from_secs(1000);
        let at = |secs| Some(Cursor(Position { shown: UnixTime::from_secs(secs), id: EntryId::new([9; 16]) }));
        let page = |after| Page { after, limit: NonZeroUsize::MIN };
        assert_eq!(page(None).start(now), Position::behind(now));
        assert_eq!(page(at(2000)).start(now), Position::behind(now));
        assert_eq!(page(at(1000)).start(now), at(1000).unwrap().0);
    }

    #[test]
    fn a_page_has_a_bound() {
        let page = |limit: usize| Page { after: None, limit: limit.try_into().unwrap() };
        assert_eq!(page(limits::TRAIL_PAGE).size(), limits::TRAIL_PAGE);
        assert_eq!(page(limits::TRAIL_PAGE + 1).size(), limits::TRAIL_PAGE);
    }
}
