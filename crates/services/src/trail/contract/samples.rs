//! Accesses to test with.

use std::sync::Arc;

use simpul_core::UnixTime;
use simpul_policy::agreement::Cited;
use simpul_policy::agreement::terms::Secrecy;

use crate::trail::event::{Evidence, Terms};
use crate::trail::pseudonym::{Epoch, Pseudonym};
use crate::trail::store::{Access, Entry, EntryId};

/// The pseudonym number `n`.
#[must_use]
pub fn pseudonym(n: u8) -> Pseudonym {
    Pseudonym::new([n; 32])
}

/// Terms of an open clause, with a purpose that has `n` in it.
#[must_use]
pub fn terms(n: u32) -> Terms {
    Terms {
        client: "ID/GOV/3201/manpower".parse().unwrap(),
        service: "MY/GOV/1001/civil-registry/persons".parse().unwrap(),
        purpose: Some(format!("dpv:Purpose{n}")),
        basis: Some("treaty-4".to_owned()),
        agreement: Some(Cited {
            id: "id-my-civil-data".parse().unwrap(),
            version: 3,
            digest: "5a".repeat(32).parse().unwrap(),
        }),
        clauses: vec!["3.1".parse().unwrap()],
        fields: vec!["persons.*.givenName".to_owned(), "persons.*.surname".to_owned()],
        secrecy: Secrecy::Open,
        retention_days: Some(30),
    }
}

/// An entry of a pseudonym, shown from `n` seconds after a fixed moment, with ids made from `n`.
#[must_use]
pub fn entry(pseudonym: Pseudonym, n: u32) -> Entry {
    let shown = UnixTime::from_secs(1_700_000_000 + i64::from(n));
    let evidence = Evidence {
        message_id: format!("ID-{n:08}"),
        request_id: format!("00000000-0000-4000-8000-{n:012}"),
        record: u64::from(n) + 1,
    };
    let id = EntryId::of(&pseudonym, shown, &evidence);
    Entry { pseudonym, epoch: Epoch(1), shown, id, at: shown, terms: Arc::new(terms(n % 3)), evidence }
}

/// An access that concerns these pseudonyms and is not withheld.
#[must_use]
pub fn access(pseudonyms: &[u8], n: u32) -> Access {
    Access { entries: pseudonyms.iter().map(|p| entry(pseudonym(*p), n)).collect(), withheld: None }
}
