//! Pseudonyms.

use std::collections::BTreeSet;

use simpul_core::{MemberId, limits};
use simpul_services::trail::{Epoch, KeyError, Person, PseudonymKey, SoftPseudonymKey};
use simpul_trust::keyed::Secret;

use crate::ground::{Ground, data_trail, event, key, subject, time};

/// RFC 5869 with the salt and `info` that the guide names, then RFC 2104, computed with Python's `hmac` and `hashlib`.
#[tokio::test]
async fn a_pseudonym_is_hmac_under_a_derived_key() {
    let holder = MemberId::from_parts("MY", "GOV", "1001").unwrap();
    let mac = key(&[1]).mac(&holder, Epoch(1), b"person").await.unwrap();
    let hexadecimal: String = mac.iter().map(|octet| format!("{octet:02x}")).collect();
    assert_eq!(hexadecimal, "669813bcff8e5bb3058f30fda0235059c380d64fb757152dbc9b16c020596212");
}

#[tokio::test]
async fn holder_epoch_state_and_person_give_different_pseudonyms() {
    let ground = Ground::new();
    let mut seen = BTreeSet::new();
    let mut count = 0;
    for service in ["MY/GOV/1001/civil-registry", "MY/GOV/1002/civil-registry", "MY/COM/1001/civil-registry"] {
        for epoch in [1, 2] {
            let trail = ground.beside(&format!("{service}/data-trail").parse().unwrap(), key(&[epoch]));
            for (home, identifier) in [("ID", "person-a"), ("MY", "person-a"), ("ID", "person-b"), ("IDp", "erson-a")] {
                let person = Person::new(home.parse().unwrap(), subject(identifier));
                let access = trail.access(&recorded(service, person)).await.unwrap();
                seen.insert(access.entries[0].pseudonym);
                count += 1;
            }
        }
    }
    assert_eq!((seen.len(), count), (24, 24));
}

fn recorded(provider: &str, person: Person) -> simpul_services::trail::AccessEvent {
    use simpul_services::trail::{AccessEvent, Concerned, Part};
    crate::ground::exchange(time("2026-11-22T10:00:00Z"), 1, |exchange| {
        let service = format!("{provider}/persons").parse().unwrap();
        let mut changed = *exchange;
        changed.service = &service;
        AccessEvent::by_access_right(&changed, vec![], vec![Concerned { person, part: Part::Whole }]).unwrap()
    })
}

#[tokio::test]
async fn the_same_person_has_the_same_pseudonym_in_an_epoch() {
    let ground = Ground::new();
    let of = async |n| {
        let event = event(
            time("2026-11-22T10:00:00Z"),
            n,
            simpul_policy::agreement::terms::Secrecy::Open,
            vec![crate::ground::whole("person-a")],
        );
        ground.beside(&data_trail(), key(&[1, 2])).access(&event.unwrap()).await.unwrap().entries.remove(0)
    };
    let (first, second) = (of(1).await, of(2).await);
    assert_eq!(first.pseudonym, second.pseudonym);
    assert_eq!(first.epoch, Epoch(2), "the newest");
    assert_ne!(first.id, second.id);
}

#[tokio::test]
async fn epochs_have_a_bound_and_keys_that_are_not_there_are_told() {
    let of = |n: usize| SoftPseudonymKey::new((0..n).map(|n| (Epoch(n.try_into().unwrap()), Secret::new([1; 32]))));
    assert!(matches!(of(0), Err(KeyError::Epochs(0))));
    assert_eq!(of(limits::TRAIL_EPOCHS).unwrap().epochs().len(), limits::TRAIL_EPOCHS);
    assert!(matches!(of(limits::TRAIL_EPOCHS + 1), Err(KeyError::Epochs(_))));
    let key = of(3).unwrap();
    assert_eq!(key.epochs(), [Epoch(2), Epoch(1), Epoch(0)]);
    let holder = MemberId::from_parts("MY", "GOV", "1001").unwrap();
    assert!(matches!(key.mac(&holder, Epoch(9), b"x").await, Err(KeyError::Unknown(Epoch(9)))));
    assert!(!format!("{key:?}").contains("1, 1"));
}
