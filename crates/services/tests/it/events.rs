//! Events: what is refused before anything is stored.

use simpul_core::limits;
use simpul_policy::agreement::terms::Secrecy;
use simpul_services::trail::{AccessEvent, Concerned, EventError, Exchange, Part};

use crate::ground::{Ground, event, exchange, grant, page, part, person, time, whole};

const AT: &str = "2026-11-22T10:00:00Z";

#[test]
fn an_event_concerns_somebody_and_not_too_many() {
    let of = |persons| event(time(AT), 1, Secrecy::Open, persons).map(|event| event.persons().count());
    let many = |n: usize| (0..n).map(|n| whole(&format!("person-{n}"))).collect::<Vec<_>>();
    assert_eq!(of(vec![]), Err(EventError::Nobody));
    assert_eq!(of(many(limits::TRAIL_PERSONS)), Ok(limits::TRAIL_PERSONS));
    assert_eq!(of(many(limits::TRAIL_PERSONS + 1)), Err(EventError::Persons(limits::TRAIL_PERSONS + 1)));
}

#[test]
fn a_field_that_the_clause_does_not_allow_cannot_have_left() {
    let of = |fields: &[&str]| event(time(AT), 1, Secrecy::Open, vec![part("person-a", fields)]).map(|_| ());
    assert_eq!(of(&["persons.*.name"]), Ok(()));
    assert_eq!(of(&["persons.*.name", "persons.*.income"]), Err(EventError::Field));
    assert_eq!(of(&["persons.*"]), Err(EventError::Field));
}

/// Each text of an exchange in turn.
#[test]
fn texts_are_bounded_and_name_nobody() {
    type Change = for<'a> fn(&mut Exchange<'a>, &'a str);
    let texts: [(&str, Change, usize); 4] = [
        ("the purpose", |e, text| e.purpose = Some(text), limits::STATEMENT_CHARS),
        ("the basis", |e, text| e.basis = Some(text), limits::STATEMENT_CHARS),
        ("the message id", |e, text| e.message_id = text, limits::LOGGED_ID_CHARS),
        ("the request id", |e, text| e.request_id = text, limits::LOGGED_ID_CHARS),
    ];
    for (name, change, most) in texts {
        let of = |text: &str| {
            exchange(time(AT), 1, |exchange| {
                let mut changed = *exchange;
                change(&mut changed, text);
                let persons = vec![whole("person-b"), whole("NIK-3201")];
                AccessEvent::granted(&changed, &grant(Secrecy::Open), persons).map(|_| ())
            })
        };
        assert_eq!(of(&"\u{1F980}".repeat(most)), Ok(()), "{name}");
        assert_eq!(of(&"x".repeat(most + 1)), Err(EventError::Text(name)));
        assert_eq!(of("a\nb"), Err(EventError::Text(name)));
        for text in ["NIK-3201", "nik-3201", "call-NIK-3201-1", "person-b"] {
            assert_eq!(of(text), Err(EventError::Identifier(name)), "{text}");
        }
    }
    let of = |fields: &[&str]| {
        let fields = fields.iter().map(|field| (*field).to_owned()).collect();
        exchange(time(AT), 1, |exchange| {
            AccessEvent::by_access_right(exchange, fields, vec![whole("3201")]).map(|_| ())
        })
    };
    assert_eq!(of(&["persons.*.name"]), Ok(()));
    assert_eq!(of(&["persons.3201.name"]), Err(EventError::Identifier("a field")));
    assert_eq!(of(&["persons.*.a\u{7}"]), Err(EventError::Text("a field")));
    assert_eq!(of(&vec!["a"; limits::FIELD_PATHS]), Ok(()));
    assert_eq!(of(&vec!["a"; limits::FIELD_PATHS + 1]), Err(EventError::Text("the list of fields")));
}

/// No identifier in anything that is stored, nor in what a program may print of an event.
#[tokio::test]
async fn no_identifier_is_stored() {
    let marker = "3201014509870001";
    let ground = Ground::new();
    let concerned = vec![whole(marker), part("other-marker", &["persons.*.name"])];
    let event = event(time(AT), 1, Secrecy::Open, concerned).unwrap();
    ground.trail.record(&event).await.unwrap();
    let assertion = crate::asked::assertion(&ground, marker, time(AT)).await;
    let answer = crate::asked::ask(&ground, &assertion, page(1), time(AT)).await.unwrap();
    assert_eq!(answer.accesses.len(), 1);
    let hexadecimal: String = marker.bytes().map(|octet| format!("{octet:02x}")).collect();
    let decimal: String = marker.bytes().map(|octet| format!("{octet}, ")).collect();
    for text in [ground.store.everything(), format!("{event:?}"), format!("{:?}", person(marker)), assertion] {
        for form in [marker, "other-marker", &hexadecimal, &decimal] {
            assert!(!text.contains(form), "{form} in {text}");
        }
    }
}

/// Where no agreement decides, the person sees the access all the same.
#[tokio::test]
async fn an_access_by_right_alone_is_shown() {
    let ground = Ground::new();
    let concerned = vec![Concerned { person: person("person-a"), part: Part::Whole }];
    let fields = vec!["persons.*.name".to_owned()];
    let event = exchange(time(AT), 1, |e| AccessEvent::by_access_right(e, fields, concerned)).unwrap();
    ground.trail.record(&event).await.unwrap();
    let answer = ground.seen("person-a", time(AT)).await;
    assert_eq!(answer.accesses[0].terms.agreement, None);
    assert!(String::from_utf8(answer.to_json()).unwrap().contains(r#""agreement":null,"fields":["persons.*.name"]"#));
}
