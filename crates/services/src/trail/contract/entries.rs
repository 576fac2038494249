//! Entries and counts.

use std::sync::Arc;

use simpul_core::{MemberId, UnixTime};
use simpul_policy::agreement::terms::Secrecy;

use super::samples::{access, entry, pseudonym, terms};
use crate::trail::event::Terms;
use crate::trail::secrecy::{Month, Withheld};
use crate::trail::store::{Access, Entry, EntryId, Position, StoreError, TrailStore};

const END: Position = Position { shown: UnixTime::from_millis(i64::MAX), id: EntryId::new([0; 16]) };

async fn all(store: &dyn TrailStore, n: u8) -> Vec<Entry> {
    store.before(&pseudonym(n), END, 10_000).await.unwrap()
}

fn holder(code: &str) -> MemberId {
    MemberId::from_parts("MY", "GOV", code).unwrap()
}

fn month(text: &str) -> Month {
    text.parse().unwrap()
}

fn withheld(code: &str, of: &str, law: &str) -> Option<Withheld> {
    Some(Withheld { holder: holder(code), month: month(of), law: law.to_owned() })
}

/// Nothing is there before something is kept.
pub async fn an_empty_trail(store: &dyn TrailStore) {
    assert_eq!(all(store, 1).await, []);
    assert_eq!(store.withheld(&holder("1001"), month("2026-11"), "Act 1").await.unwrap(), 0);
    store.append(&[]).await.unwrap();
    assert_eq!(all(store, 1).await, []);
}

/// Every field of every shape comes back as it went in.
pub async fn an_access_is_kept_whole(store: &dyn TrailStore) {
    let law = || "Act 1 \u{1F980}".to_owned();
    let shapes = [
        terms(0),
        Terms { purpose: None, basis: None, agreement: None, clauses: vec![], fields: vec![], ..terms(0) },
        Terms { secrecy: Secrecy::Delayed { days: u32::MAX, law: law() }, retention_days: None, ..terms(0) },
        Terms { secrecy: Secrecy::Hidden { until: UnixTime::from_millis(-1), law: law() }, ..terms(0) },
    ];
    for (n, terms) in (0..).zip(shapes) {
        let mut kept = Entry { terms: Arc::new(terms), at: UnixTime::from_millis(-5), ..entry(pseudonym(n), 7) };
        kept.evidence.record = 9_223_372_036_854_775_807;
        kept.evidence.message_id = "\u{1F980}".repeat(255);
        kept.evidence.request_id = String::new();
        store.append(&[Access { entries: vec![kept.clone()], withheld: None }]).await.unwrap();
        assert_eq!(all(store, n).await, [kept]);
    }
}

/// A commit whose answer was lost can be asked again; nothing is counted twice.
pub async fn the_same_access_changes_nothing(store: &dyn TrailStore) {
    let accesses = [
        Access { withheld: withheld("1001", "2026-11", "Act 1"), ..access(&[1, 2], 1) },
        Access { withheld: withheld("1001", "2026-11", "Act 1"), ..access(&[1], 2) },
    ];
    for _ in 0..3 {
        store.append(&accesses).await.unwrap();
        store.append(&accesses[1..]).await.unwrap();
    }
    assert_eq!((all(store, 1).await.len(), all(store, 2).await.len()), (2, 1));
    assert_eq!(store.withheld(&holder("1001"), month("2026-11"), "Act 1").await.unwrap(), 2);
}

/// What stands at a place stays, whatever differs.
pub async fn another_entry_at_a_place_is_a_conflict(store: &dyn TrailStore) {
    let kept = access(&[1], 1);
    store.append(std::slice::from_ref(&kept)).await.unwrap();
    let other = |change: fn(&mut Entry)| {
        let mut other = kept.clone();
        change(&mut other.entries[0]);
        other
    };
    let cases = [
        ("terms", other(|e| e.terms = Arc::new(terms(9)))),
        ("time", other(|e| e.at = UnixTime::from_millis(0))),
        ("epoch", other(|e| e.epoch.0 += 1)),
        ("record", other(|e| e.evidence.record += 1)),
        ("message id", other(|e| e.evidence.message_id.push('x'))),
        ("request id", other(|e| e.evidence.request_id.push('x'))),
    ];
    for (name, other) in cases {
        let outcome = store.append(&[other]).await;
        assert!(matches!(outcome, Err(StoreError::Conflict(_))), "{name}: {outcome:?}");
    }
    assert_eq!(all(store, 1).await, kept.entries);
}

/// An access is there with all its persons or not at all.
pub async fn half_an_access_is_a_conflict(store: &dyn TrailStore) {
    store.append(&[access(&[1], 1)]).await.unwrap();
    for pseudonyms in [[1, 2], [2, 1]] {
        let more = Access { withheld: withheld("1001", "2026-11", "Act 1"), ..access(&pseudonyms, 1) };
        let outcome = store.append(&[more]).await;
        assert!(matches!(outcome, Err(StoreError::Conflict(_))), "{outcome:?}");
    }
    assert_eq!(all(store, 2).await, []);
    assert_eq!(store.withheld(&holder("1001"), month("2026-11"), "Act 1").await.unwrap(), 0);
}

/// A conflict in one access keeps every other one of the same call out.
pub async fn many_accesses_are_all_or_none(store: &dyn TrailStore) {
    store.append(&[access(&[1], 1)]).await.unwrap();
    let mut other = access(&[1], 1);
    other.entries[0].terms = Arc::new(terms(9));
    let counted = Access { withheld: withheld("1001", "2026-11", "Act 1"), ..access(&[2], 2) };
    let outcome = store.append(&[counted.clone(), other, access(&[3], 3)]).await;
    assert!(matches!(outcome, Err(StoreError::Conflict(_))), "{outcome:?}");
    assert_eq!((all(store, 2).await.len(), all(store, 3).await.len()), (0, 0));
    assert_eq!(store.withheld(&holder("1001"), month("2026-11"), "Act 1").await.unwrap(), 0);
    store.append(&[counted, access(&[3], 3)]).await.unwrap();
    assert_eq!((all(store, 2).await.len(), all(store, 3).await.len()), (1, 1));
}

/// By the moment from which they are shown, and not by that of the access or of its recording.
pub async fn entries_come_latest_first(store: &dyn TrailStore) {
    for n in [5, 1, 4, 2, 3] {
        let mut access = access(&[1], n);
        access.entries[0].at = UnixTime::from_secs(-i64::from(n));
        store.append(&[access]).await.unwrap();
    }
    let shown: Vec<_> = all(store, 1).await.iter().map(|entry| entry.evidence.record).collect();
    assert_eq!(shown, [6, 5, 4, 3, 2]);
    let moment = entry(pseudonym(1), 3).shown;
    let before = store.before(&pseudonym(1), Position::behind(moment), 10).await.unwrap();
    assert_eq!(before.iter().map(|entry| entry.evidence.record).collect::<Vec<_>>(), [4, 3, 2]);
}

/// Pages end anywhere, within one moment too, and together they are the whole.
pub async fn pages_follow_each_other(store: &dyn TrailStore) {
    let moment = entry(pseudonym(1), 10).shown;
    for n in 0..20 {
        let mut access = access(&[1, 2], n);
        if n % 3 > 0 {
            access.entries.iter_mut().for_each(|entry| entry.shown = moment);
        }
        store.append(&[access]).await.unwrap();
    }
    let whole = all(store, 1).await;
    assert_eq!(whole.len(), 20);
    for limit in [1, 2, 3, 7, 19, 20, 21] {
        let (mut position, mut pages) = (END, Vec::new());
        loop {
            let page = store.before(&pseudonym(1), position, limit).await.unwrap();
            assert!(page.len() <= limit);
            let Some(last) = page.last() else { break };
            position = last.position();
            pages.extend(page);
        }
        assert_eq!(pages, whole, "pages of {limit}");
    }
}

/// One person's entries never come with another's.
pub async fn pseudonyms_are_apart(store: &dyn TrailStore) {
    store.append(&[access(&[0, 1, 255], 1), access(&[1], 2), access(&[2], 3)]).await.unwrap();
    for (n, count) in [(0, 1), (1, 2), (2, 1), (3, 0), (255, 1)] {
        let found = all(store, n).await;
        assert_eq!(found.len(), count, "pseudonym {n}");
        assert!(found.iter().all(|entry| entry.pseudonym == pseudonym(n)));
    }
}

/// An access counts once, however many persons it concerns.
pub async fn withheld_is_counted_by_holder_month_and_law(store: &dyn TrailStore) {
    let counted = [
        ("1001", "2026-11", "Act 1", 3),
        ("1001", "2026-11", "Act 2", 1),
        ("1001", "2026-12", "Act 1", 2),
        ("1002", "2026-11", "Act 1", 1),
    ];
    let mut n = 0;
    for (code, of, law, count) in counted {
        for _ in 0..count {
            n += 1;
            let access = Access { withheld: withheld(code, of, law), ..access(&[1, 2, 3], n) };
            store.append(&[access]).await.unwrap();
        }
    }
    store.append(&[access(&[1], 1000)]).await.unwrap();
    for (code, of, law, count) in counted {
        assert_eq!(store.withheld(&holder(code), month(of), law).await.unwrap(), count, "{code} {of} {law}");
    }
    assert_eq!(store.withheld(&holder("1001"), month("2026-10"), "Act 1").await.unwrap(), 0);
    assert_eq!(store.withheld(&holder("1001"), month("2026-11"), "act 1").await.unwrap(), 0);
}
