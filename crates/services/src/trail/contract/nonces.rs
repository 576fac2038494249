//! Nonces.

use simpul_core::{MemberId, UnixTime};

use crate::trail::store::{Nonce, NonceUse, TrailStore};

fn portal(code: &str) -> MemberId {
    MemberId::from_parts("ID", "GOV", code).unwrap()
}

/// How many nonces of one member are remembered here.
const MOST: usize = 100;

fn nonce(issuer: &str, value: &str, until: i64) -> Nonce {
    Nonce { issuer: portal(issuer), value: value.to_owned(), until: UnixTime::from_secs(until), most: MOST }
}

async fn take(store: &dyn TrailStore, nonce: &Nonce, now: i64) -> NonceUse {
    store.take(nonce, UnixTime::from_secs(now)).await.unwrap()
}

/// Once, by whichever portal.
pub async fn a_nonce_is_taken_once(store: &dyn TrailStore) {
    assert_eq!(take(store, &nonce("1", "a", 300), 0).await, NonceUse::First);
    assert_eq!(take(store, &nonce("1", "a", 300), 0).await, NonceUse::Again);
    assert_eq!(take(store, &nonce("1", "a", 900), 1).await, NonceUse::Again);
    assert_eq!(take(store, &nonce("2", "a", 300), 0).await, NonceUse::Again, "unique over all portals");
    assert_eq!(take(store, &nonce("2", "b", 300), 0).await, NonceUse::First);
}

/// Up to the moment that it says, and not before.
pub async fn nonces_are_forgotten(store: &dyn TrailStore) {
    assert_eq!(take(store, &nonce("1", "a", 300), 0).await, NonceUse::First);
    assert_eq!(take(store, &nonce("1", "a", 300), 299).await, NonceUse::Again);
    assert_eq!(take(store, &nonce("1", "a", 600), 300).await, NonceUse::First);
    assert_eq!(take(store, &nonce("1", "a", 600), 599).await, NonceUse::Again);
}

/// The bound refuses, and holds for one portal alone.
pub async fn a_portal_fills_its_own_bound(store: &dyn TrailStore) {
    for n in 0..MOST {
        assert_eq!(take(store, &nonce("1", &n.to_string(), 300), 0).await, NonceUse::First);
    }
    assert_eq!(take(store, &nonce("1", "one more", 300), 0).await, NonceUse::Full);
    assert_eq!(take(store, &nonce("1", "0", 300), 0).await, NonceUse::Again);
    assert_eq!(take(store, &nonce("2", "of another", 300), 0).await, NonceUse::First);
    assert_eq!(take(store, &nonce("1", "later", 600), 300).await, NonceUse::First);
}
