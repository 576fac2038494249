//! What a person is shown, and from when on.

use simpul_core::UnixTime;
use simpul_policy::agreement::terms::Secrecy;
use simpul_services::trail::{Month, TrailError};

use crate::ground::{Ground, LAW, data_trail, delayed, event, hidden, key, page, part, person, time, whole};

const AT: &str = "2026-11-30T23:59:59.500Z";

/// Secrecy, the moment of asking, whether the person sees it, whether it is counted as withheld.
fn cases() -> Vec<(&'static str, Secrecy, &'static str, bool, bool)> {
    let open = || Secrecy::Open;
    let far = u32::MAX;
    vec![
        ("open: before it", open(), "2026-11-30T23:59:59.499Z", false, false),
        ("open: at once", open(), "2026-11-30T23:59:59.500Z", true, false),
        ("open: a millisecond later", open(), "2026-11-30T23:59:59.501Z", true, false),
        ("open: within a minute", open(), "2026-12-01T00:00:59.500Z", true, false),
        ("open: years later", open(), "2040-01-01T00:00:00Z", true, false),
        ("no days: before it", delayed(0), "2026-11-30T23:59:59.499Z", false, false),
        ("no days: at once", delayed(0), "2026-11-30T23:59:59.500Z", true, false),
        ("a day: at once", delayed(1), "2026-11-30T23:59:59.500Z", false, true),
        ("a day: the next midnight", delayed(1), "2026-12-01T00:00:00Z", false, true),
        ("a day: 23 hours", delayed(1), "2026-12-01T22:59:59.500Z", false, true),
        ("a day: a millisecond before", delayed(1), "2026-12-01T23:59:59.499Z", false, true),
        ("a day: the moment", delayed(1), "2026-12-01T23:59:59.500Z", true, true),
        ("a day: a millisecond later", delayed(1), "2026-12-01T23:59:59.501Z", true, true),
        ("30 days: a millisecond before", delayed(30), "2026-12-30T23:59:59.499Z", false, true),
        ("30 days: the moment", delayed(30), "2026-12-30T23:59:59.500Z", true, true),
        ("30 days are not a month", delayed(30), "2026-12-31T00:00:00Z", true, true),
        ("365 days: a millisecond before", delayed(365), "2027-11-30T23:59:59.499Z", false, true),
        ("365 days: the moment", delayed(365), "2027-11-30T23:59:59.500Z", true, true),
        // 2028 has a 29th of February.
        ("731 days: a leap year", delayed(731), "2028-11-30T23:59:59.500Z", true, true),
        ("731 days: a millisecond before", delayed(731), "2028-11-30T23:59:59.499Z", false, true),
        ("the most days: now", delayed(far), "2026-12-01T00:00:00Z", false, true),
        ("the most days: in 7000 years", delayed(far), "9000-01-01T00:00:00Z", false, true),
        ("hidden: at once", hidden("2030-06-01T00:00:00Z"), "2026-11-30T23:59:59.500Z", false, true),
        ("hidden: a year later", hidden("2030-06-01T00:00:00Z"), "2027-11-30T00:00:00Z", false, true),
        ("hidden: a millisecond before", hidden("2030-06-01T00:00:00Z"), "2030-05-31T23:59:59.999Z", false, true),
        ("hidden: the moment", hidden("2030-06-01T00:00:00Z"), "2030-06-01T00:00:00Z", true, true),
        ("hidden: later", hidden("2030-06-01T00:00:00Z"), "2030-06-01T00:00:00.001Z", true, true),
        ("hidden with an offset: before", hidden("2030-06-01T00:00:00+07:00"), "2030-05-31T16:59:59.999Z", false, true),
        ("hidden with an offset: the moment", hidden("2030-06-01T00:00:00+07:00"), "2030-05-31T17:00:00Z", true, true),
        ("hidden up to the access: at once", hidden(AT), AT, true, false),
        ("hidden up to a past date: at once", hidden("2020-01-01T00:00:00Z"), AT, true, false),
        ("hidden up to a past date: before", hidden("2020-01-01T00:00:00Z"), "2026-11-30T23:59:59.499Z", false, false),
        ("hidden a millisecond: at once", hidden("2026-11-30T23:59:59.501Z"), AT, false, true),
        ("hidden a millisecond: then", hidden("2026-11-30T23:59:59.501Z"), "2026-11-30T23:59:59.501Z", true, true),
        ("hidden for ever: in 7000 years", hidden("9999-12-01T00:00:00Z"), "9000-01-01T00:00:00Z", false, true),
        ("a clock before 1970", open(), "1960-01-01T00:00:00Z", false, false),
    ]
}

#[tokio::test]
async fn an_access_is_shown_from_its_moment_on() {
    let all = cases();
    assert!(all.len() + persons().len() + epochs().len() >= 40);
    for (name, secrecy, now, shown, counted) in all {
        let ground = Ground::new();
        ground.record(time(AT), 1, secrecy, vec![whole("320101-0001")]).await;
        let answer = ground.seen("320101-0001", time(now)).await;
        assert_eq!(answer.accesses.len(), usize::from(shown), "{name}");
        assert_eq!(answer.next, None, "{name}");
        assert_eq!(withheld(&ground).await, u64::from(counted), "{name}");
    }
}

async fn withheld(ground: &Ground) -> u64 {
    use simpul_services::trail::Withholding;
    let month: Month = "2026-11".parse().unwrap();
    ground.store.withheld(ground.trail.holder(), month, LAW).await.unwrap()
}

type Seen = (&'static str, &'static [&'static str]);
type Expected = (&'static str, Option<&'static [&'static str]>);
type Rotation = (&'static str, &'static [&'static [u32]], &'static [u32], usize);

/// Who is concerned by which fields, and what each is shown. `None` of it is an access that is not shown.
fn persons() -> Vec<(&'static str, Vec<Seen>, Vec<Expected>)> {
    const ALL: &[&str] = &crate::ground::FIELDS;
    const NAME: &[&str] = &["persons.*.name"];
    const STATUS: &[&str] = &["persons.*.status"];
    const BOTH: &[&str] = &["persons.*.name", "persons.*.status"];
    const NONE: &[&str] = &[];
    vec![
        ("one, all", vec![("person-a", ALL)], vec![("person-a", Some(ALL)), ("person-b", None)]),
        ("one, a part", vec![("person-a", NAME)], vec![("person-a", Some(NAME)), ("person-b", None)]),
        (
            "two, the same",
            vec![("person-a", ALL), ("person-b", ALL)],
            vec![("person-a", Some(ALL)), ("person-b", Some(ALL)), ("person-c", None)],
        ),
        (
            "two, apart",
            vec![("person-a", NAME), ("person-b", STATUS)],
            vec![("person-a", Some(NAME)), ("person-b", Some(STATUS))],
        ),
        (
            "three, nothing of one but the access",
            vec![("person-a", ALL), ("person-b", NONE), ("person-c", STATUS)],
            vec![("person-a", Some(ALL)), ("person-b", Some(NONE)), ("person-c", Some(STATUS))],
        ),
        ("one twice", vec![("person-a", NAME), ("person-a", STATUS)], vec![("person-a", Some(BOTH))]),
        (
            "one twice, another between",
            vec![("person-a", NAME), ("person-b", ALL), ("person-a", STATUS)],
            vec![("person-a", Some(BOTH)), ("person-b", Some(ALL))],
        ),
        (
            "in the order of the clause",
            vec![("person-a", &["persons.*.status", "persons.*.name"])],
            vec![("person-a", Some(BOTH))],
        ),
        ("a longer identifier", vec![("person-a", ALL)], vec![("person-aa", None), ("person-", None)]),
        ("another case", vec![("person-a", ALL)], vec![("Person-a", None), ("person-a ", None)]),
    ]
}

#[tokio::test]
async fn each_person_is_shown_their_part_alone() {
    for (name, concerned, expected) in persons() {
        let ground = Ground::new();
        let concerned = concerned.iter().map(|(identifier, fields)| part(identifier, fields)).collect();
        ground.record(time(AT), 1, Secrecy::Open, concerned).await;
        for (identifier, fields) in expected {
            let answer = ground.seen(identifier, time("2026-12-01T00:00:00Z")).await;
            let shown: Vec<_> = answer.accesses.iter().map(|access| access.terms.fields.clone()).collect();
            let expected: Vec<Vec<String>> =
                fields.iter().map(|fields| fields.iter().map(|field| (*field).to_owned()).collect()).collect();
            assert_eq!(shown, expected, "{name}: {identifier}");
        }
    }
}

/// Epochs under which accesses are recorded one after another, epochs of the lookup, and how many are found.
fn epochs() -> Vec<Rotation> {
    vec![
        ("one epoch", &[&[1], &[1]], &[1], 2),
        ("rotated once", &[&[1], &[1, 2]], &[1, 2], 2),
        ("rotated twice", &[&[1], &[1, 2], &[1, 2, 3]], &[1, 2, 3], 3),
        ("rotated after the last", &[&[1], &[1]], &[1, 2], 2),
        ("the first key destroyed", &[&[1], &[1, 2], &[2, 3]], &[2, 3], 2),
        ("all keys destroyed", &[&[1], &[2]], &[3], 0),
        ("rotated back: the newest names new ones", &[&[5], &[1, 5]], &[5], 2),
        ("an epoch that nobody used", &[&[1], &[1, 9]], &[1, 4, 9], 2),
    ]
}

#[tokio::test]
async fn rotation_loses_nothing_but_what_it_is_to_lose() {
    for (name, recorded, asked, count) in epochs() {
        let ground = Ground::new();
        for (n, epochs) in (1..).zip(recorded) {
            let event = event(time(AT), n, Secrecy::Open, vec![whole("person-a")]).unwrap();
            ground.beside(&data_trail(), key(epochs)).record(&event).await.unwrap();
        }
        let trail = ground.beside(&data_trail(), key(asked));
        for limit in 1..4 {
            let (mut found, mut page) = (0, page(limit));
            loop {
                let answer = trail.seen_by(&person("person-a"), page, time(AT)).await.unwrap();
                found += answer.accesses.len();
                page.after = answer.next;
                if answer.next.is_none() {
                    break;
                }
            }
            assert_eq!(found, count, "{name}, pages of {limit}");
        }
    }
}

/// The form that portals read.
#[tokio::test]
async fn an_answer_is_json() {
    let ground = Ground::new();
    ground.record(time(AT), 7, delayed(1), vec![part("person-a", &["persons.*.name"]), whole("person-b")]).await;
    let answer = ground.seen("person-a", time("2027-01-01T00:00:00Z")).await;
    let digest = "5a".repeat(32);
    let expected = format!(
        r#"{{"accesses":[{{"at":"2026-11-30T23:59:59.500Z","client":"ID/GOV/3201/manpower",
        "service":"MY/GOV/1001/civil-registry/persons","purpose":"dpv:FraudPrevention","basis":"treaty-4",
        "agreement":{{"id":"id-my-civil-data","version":3,"digest":"{digest}","clauses":["3.1"]}},
        "fields":["persons.*.name"],"erasedAfterDays":30,
        "withheld":{{"until":"2026-12-01T23:59:59.500Z","law":"{LAW}"}},
        "evidence":{{"messageId":"ID-00000007","requestId":"00000000-0000-4000-8000-000000000007","record":7}}}}],
        "next":null}}"#
    );
    assert_eq!(String::from_utf8(answer.to_json()).unwrap(), expected.replace("\n        ", ""));
}

#[tokio::test]
async fn an_event_is_recorded_once_and_by_its_holder() {
    let ground = Ground::new();
    let once = event(time(AT), 1, delayed(30), vec![whole("person-a"), whole("person-b")]).unwrap();
    for _ in 0..3 {
        ground.trail.record(&once).await.unwrap();
    }
    assert_eq!(ground.seen("person-a", time("2027-06-01T00:00:00Z")).await.accesses.len(), 1);
    assert_eq!(withheld(&ground).await, 1, "two persons, one access, recorded three times");
    let other = ground.beside(&"MY/GOV/1002/tax/data-trail".parse().unwrap(), key(&[1]));
    assert!(matches!(other.record(&once).await, Err(TrailError::OtherHolder(_))));
    let none = event(UnixTime::from_millis(i64::MAX), 1, Secrecy::Open, vec![whole("person-a")]).unwrap();
    assert!(matches!(ground.trail.record(&none).await, Err(TrailError::NoMonth)));
}

/// A page that is just full is the last one: a next one is told only where something is on it.
#[tokio::test]
async fn the_last_page_names_no_next_one() {
    let ground = Ground::new();
    for n in 0..3 {
        ground.record(time(AT), n, Secrecy::Open, vec![whole("person-a")]).await;
    }
    ground.record(time(AT), 3, delayed(30), vec![whole("person-a")]).await;
    for (limit, on_first, more) in [(1, 1, true), (2, 2, true), (3, 3, false), (4, 3, false)] {
        let answer = ground.trail.seen_by(&person("person-a"), page(limit), time(AT)).await.unwrap();
        assert_eq!((answer.accesses.len(), answer.next.is_some()), (on_first, more), "pages of {limit}");
    }
}
