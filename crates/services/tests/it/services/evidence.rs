//! Once only: what a register holds is fetched, shown with its source, can be disputed, and never loses a draft.

use simpul_core::limits;
use simpul_policy::agreement::terms::Language;
use simpul_services::application::{
    AnsweredBy, CitizenView, EngineError, Missing, Obstacle, Place, Progress, Status, words_digest,
};
use simpul_services::catalogue::Evidence;
use simpul_services::evidence::{ExtractError, RegisterOutcome, extract};

use super::ground::{DIPLOMA, WHOLE, service};
use super::world::{DAY, DIPLOMAS, HOUR, MONDAY, PERSONS, TWO_DIPLOMAS, World, ani, text};

fn evidence(text: &str) -> Evidence {
    service(text).evidence[0].clone()
}

#[test]
fn only_named_fields_are_kept() {
    let records = extract(&evidence(DIPLOMA), TWO_DIPLOMAS.as_bytes()).unwrap();
    assert_eq!(records.len(), 2);
    assert_eq!(records[0].value(&"level".parse().unwrap()), Some("6"));
    assert_eq!(records[1].value(&"holder".parse().unwrap()), Some("LAB-00001"));
    let kept = format!("{records:?}");
    assert!(!kept.contains("Theory") && !kept.contains("80"), "marks are not named: {kept}");
}

#[test]
fn answers_of_another_shape_are_refused() {
    let diploma = evidence(DIPLOMA);
    for (body, error) in [
        ("", ExtractError::NoJson),
        ("{", ExtractError::NoJson),
        ("[]", ExtractError::Shape),
        ("{}", ExtractError::Shape),
        (r#"{"diplomas": {}}"#, ExtractError::Shape),
        (r#"{"diplomas": [1]}"#, ExtractError::Shape),
        (r#"{"diplomas": [{"number": {"a": 1}}]}"#, ExtractError::Shape),
        (r#"{"diplomas": [{"number": [1]}]}"#, ExtractError::Shape),
    ] {
        assert_eq!(extract(&diploma, body.as_bytes()), Err(error), "{body}");
    }
    for empty in [r#"{"diplomas": []}"#, r#"{"diplomas": [{"other": 1}]}"#, r#"{"diplomas": [{"number": null}]}"#] {
        assert_eq!(extract(&diploma, empty.as_bytes()), Ok(vec![]), "{empty}");
    }
    let nested = extract(&evidence(WHOLE), br#"{"persons": [{"id": 7, "birth": {"date": true}}]}"#).unwrap();
    assert_eq!(nested[0].value(&"identifier".parse().unwrap()), Some("7"));
    assert_eq!(nested[0].value(&"born".parse().unwrap()), Some("yes"));
}

#[test]
fn answers_are_bounded() {
    let diploma = evidence(DIPLOMA);
    let many = |n: usize| format!("{{\"diplomas\": [{}]}}", vec![r#"{"number": "1"}"#; n].join(","));
    assert!(extract(&diploma, many(limits::EVIDENCE_RECORDS).as_bytes()).is_ok());
    let over = limits::EVIDENCE_RECORDS + 1;
    assert_eq!(extract(&diploma, many(over).as_bytes()), Err(ExtractError::TooMany(over)));
    let long = |n: usize| format!(r#"{{"diplomas": [{{"number": "{}"}}]}}"#, "é".repeat(n));
    assert!(extract(&diploma, long(limits::EVIDENCE_VALUE_CHARS).as_bytes()).is_ok());
    let over = extract(&diploma, long(limits::EVIDENCE_VALUE_CHARS + 1).as_bytes());
    assert_eq!(over, Err(ExtractError::TooLong));
    let padded = |n: usize| {
        let body = many(1);
        format!("{body}{}", " ".repeat(n - body.len()))
    };
    assert!(extract(&diploma, padded(limits::EVIDENCE_ANSWER).as_bytes()).is_ok());
    let over = limits::EVIDENCE_ANSWER + 1;
    assert_eq!(extract(&diploma, padded(over).as_bytes()), Err(ExtractError::TooLarge(over)));
}

/// No identifier leads to another path.
#[test]
fn an_identifier_is_percent_encoded() {
    let request = evidence(DIPLOMA).request;
    assert_eq!(request.path("LAB-00001"), "/diplomas/LAB-00001");
    assert_eq!(request.path("../a?b#c%é"), "/diplomas/%2E%2E%2Fa%3Fb%23c%25%C3%A9");
}

#[tokio::test]
async fn a_register_is_asked_under_the_agreement_and_only_with_consent() {
    let world = World::new();
    let reference = world.start("diploma-recognition", 1).await;
    let desk = world.engine.citizen(&world.siti);
    let id = "diplomas".parse().unwrap();
    let error = desk.fetch(reference, &id, MONDAY).await.unwrap_err();
    assert!(matches!(error, EngineError::ConsentNeeded), "{error}");
    assert_eq!(world.registers.asked().len(), 0, "nothing left");
    let done = desk.consent(reference, &id, Language::English, MONDAY).await.unwrap();
    let consent = done.application.evidence[&id].consent.clone().unwrap();
    let shown = done.service.evidence[0].consent.as_ref().unwrap().en.clone();
    assert_eq!((consent.words, consent.language), (words_digest(&shown), Language::English));
    let done = desk.fetch(reference, &id, MONDAY).await.unwrap();
    assert_eq!(done.events.len(), 1);
    let asked = world.registers.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].path, "/diplomas/LAB-00001");
    assert_eq!(asked[0].agreement.as_ref().map(|a| a.to_string()).as_deref(), Some("id-my-lab"));
    assert_eq!((asked[0].purpose.as_str(), asked[0].basis.as_str()), ("qualification-recognition", "lab-2"));
    assert_eq!(asked[0].case, reference);
    assert!(asked[0].consent.as_ref().unwrap().contains(&words_digest(&shown)));
}

/// It is fetched once, and its fields are not asked.
#[tokio::test]
async fn what_a_register_holds_is_not_asked() {
    let world = World::new();
    let reference = world.diploma(1).await;
    let desk = world.engine.citizen(&world.siti);
    let again = desk.fetch(reference, &"diplomas".parse().unwrap(), MONDAY).await.unwrap();
    assert!(again.repeated);
    assert_eq!(world.registers.asked().len(), 1);
    let done = desk.load(reference).await.unwrap();
    let case = done.case();
    for (id, value) in
        [("diploma-number", "LAB-D-00001-1"), ("institution", "Lab College of Health"), ("awarded-on", "2015-07-01")]
    {
        let question = done.service.question(&id.parse().unwrap()).unwrap();
        assert!(!case.asks(question), "{id}");
        let given = case.effective(question).unwrap();
        assert_eq!(text(&given.answer), value);
        assert!(matches!(given.from, AnsweredBy::Register(..)), "{id}");
    }
    let refused = world.answer(reference, "diploma-number", "LAB-D-99999-1").await;
    assert!(matches!(refused, Err(EngineError::NotAsked)));
    assert_eq!(desk.check(reference, MONDAY).await.unwrap(), []);
    let view = CitizenView::of(case);
    assert_eq!(view.facts[0].records, (2, 0));
    assert_eq!(view.facts[0].provenance.as_ref().unwrap().at, MONDAY);
    assert_eq!(view.facts[0].fields.len(), 9);
}

#[tokio::test]
async fn of_several_records_one_is_meant() {
    let world = World::new();
    let reference = world.diploma(1).await;
    let desk = world.engine.citizen(&world.siti);
    let id = "diplomas".parse().unwrap();
    let done = desk.choose_record(reference, &id, 1, MONDAY).await.unwrap();
    assert_eq!(done.case().field(&id, &"level".parse().unwrap()), Some("7"));
    assert!(desk.choose_record(reference, &id, 1, MONDAY).await.unwrap().repeated);
    assert!(matches!(desk.choose_record(reference, &id, 2, MONDAY).await, Err(EngineError::Unknown)));
}

/// A consent that is taken back takes with it what was fetched; consent to other words is none.
#[tokio::test]
async fn consent_is_to_these_words_and_can_be_taken_back() {
    let world = World::new();
    let reference = world.diploma(1).await;
    let desk = world.engine.citizen(&world.siti);
    let id = "diplomas".parse().unwrap();
    let done = desk.withdraw_consent(reference, &id, MONDAY).await.unwrap();
    assert_eq!(done.application.evidence[&id].status, Status::Wanted);
    let problems = desk.check(reference, MONDAY).await.unwrap();
    assert_eq!(problems[0].what, Missing::Consent);
    assert!(desk.withdraw_consent(reference, &id, MONDAY).await.unwrap().repeated);
    let mut other = (*done.service).clone();
    desk.consent(reference, &id, Language::Indonesian, MONDAY).await.unwrap();
    let done = desk.fetch(reference, &id, MONDAY).await.unwrap();
    assert!(done.case().consents(&other.evidence[0]));
    other.evidence[0].consent.as_mut().unwrap().id.push('!');
    assert!(!done.case().consents(&other.evidence[0]));
    let case = simpul_services::application::Case::new(&other, &done.application);
    let today = "2026-11-23".parse().unwrap();
    assert_eq!(case.problems(today)[0].what, Missing::Consent);
}

/// A register that does not answer: save for later, or enter it yourself; never a lost draft.
#[tokio::test]
async fn a_register_that_is_away_loses_nothing() {
    let world = World::new();
    let reference = world.start("diploma-recognition", 1).await;
    let desk = world.engine.citizen(&world.siti);
    let id = "diplomas".parse().unwrap();
    world.answer(reference, "purpose", "study").await.unwrap();
    desk.consent(reference, &id, Language::Indonesian, MONDAY).await.unwrap();
    let too_soon = desk.enter_yourself(reference, &id, MONDAY).await;
    assert!(matches!(too_soon, Err(EngineError::NotByHand)), "the register was not asked");
    for outcome in [
        RegisterOutcome::Unavailable { reason: "timeout".to_owned() },
        RegisterOutcome::Answered(simpul_services::evidence::RegisterAnswer {
            body: b"<html>".to_vec(),
            provenance: world_provenance(),
        }),
    ] {
        world.registers.set(DIPLOMAS, outcome);
        let done = desk.fetch(reference, &id, MONDAY).await.unwrap();
        assert_eq!(done.application.evidence[&id].status, Status::Unavailable);
        assert_eq!(done.application.answers.len(), 1, "answers are there");
    }
    let problems = desk.check(reference, MONDAY).await.unwrap();
    assert_eq!(problems[0].what, Missing::Unavailable { enter_yourself: true });
    let tasks = desk.load(reference).await.unwrap().case().tasks("2026-11-23".parse().unwrap());
    assert_eq!(tasks[0].progress, Progress::Wrong);
    assert!(
        tasks
            .iter()
            .any(|t| t.place == Place::Question("institution".parse().unwrap()) && t.progress == Progress::Waits)
    );
    // Saved for later: it answers the next day.
    world.registers.answer(DIPLOMAS, MONDAY.plus(DAY), TWO_DIPLOMAS);
    desk.fetch(reference, &id, MONDAY.plus(DAY)).await.unwrap();
    assert_eq!(desk.check(reference, MONDAY.plus(DAY)).await.unwrap(), []);
}

fn world_provenance() -> simpul_services::evidence::Provenance {
    simpul_services::evidence::Provenance {
        source: DIPLOMAS.parse().unwrap(),
        at: MONDAY,
        message_id: "m".to_owned(),
        record: None,
        agreement: None,
    }
}

#[tokio::test]
async fn facts_that_a_register_does_not_have_are_entered_and_looked_at_by_an_officer() {
    let world = World::new();
    for (n, outcome, missing) in [
        (1, RegisterOutcome::NoData(world_provenance()), Missing::NoData),
        (2, RegisterOutcome::Refused { reason: "no clause".to_owned() }, Missing::Refused),
    ] {
        world.registers.set(DIPLOMAS, outcome);
        let reference = world.diploma(n).await;
        let desk = world.engine.citizen(&world.siti);
        let id = "diplomas".parse().unwrap();
        assert_eq!(desk.check(reference, MONDAY).await.unwrap()[0].what, missing);
        desk.enter_yourself(reference, &id, MONDAY).await.unwrap();
        assert_eq!(desk.check(reference, MONDAY).await.unwrap().len(), 4, "now the four questions are asked");
        for (question, given) in [
            ("diploma-number", "LAB-D-1"),
            ("diploma-title", "Nursing"),
            ("institution", "Lab"),
            ("awarded-on", "2015-07-01"),
        ] {
            world.answer(reference, question, given).await.unwrap();
        }
        let done = world.sent(reference).await;
        let obstacles = done.case().obstacles(MONDAY);
        let unknown = |rule: &str| Obstacle::RuleUnknown(rule.parse().unwrap());
        assert_eq!(obstacles, [unknown("holder-is-applicant"), unknown("level-is-enough")]);
    }
}

/// "This is wrong" reaches the officer, keeps the system from deciding, and is settled with a reason.
#[tokio::test]
async fn a_dispute_is_settled_by_an_officer() {
    let world = World::new();
    let reference = world.diploma(1).await;
    let desk = world.engine.citizen(&world.siti);
    let (id, field) = ("diplomas".parse().unwrap(), "institution".parse().unwrap());
    let claim = "Lab University of the North";
    desk.dispute(reference, &id, &field, claim, MONDAY).await.unwrap();
    assert!(desk.dispute(reference, &id, &field, claim, MONDAY).await.unwrap().repeated);
    let done = world.sent(reference).await;
    let question = done.service.question(&"institution".parse().unwrap()).unwrap();
    assert_eq!(text(&done.case().effective(question).unwrap().answer), "Lab College of Health", "not yet");
    assert_eq!(done.case().obstacles(MONDAY), [Obstacle::Disputed(id.clone(), field.clone())]);
    let ani = ani();
    let office = world.engine.officer(&ani);
    let done = office.take(reference, done.application.seq, MONDAY).await.unwrap();
    let settled =
        office.settle_dispute(reference, done.application.seq, (&id, &field), (true, "the original says so"), MONDAY);
    let done = settled.await.unwrap();
    assert_eq!(done.case().obstacles(MONDAY), []);
    let given = done.case().effective(question).unwrap();
    assert_eq!(text(&given.answer), claim);
    assert!(matches!(given.from, AnsweredBy::Corrected(..)));
    let twice = office.settle_dispute(reference, done.application.seq, (&id, &field), (false, "no"), MONDAY).await;
    assert!(matches!(twice, Err(EngineError::Step(_))), "it is settled");
    let shown =
        desk.view(reference).await.unwrap().facts[0].fields.iter().find(|f| f.field == field).unwrap().dispute.clone();
    assert_eq!(shown.unwrap().settled.unwrap().1.as_str(), "the original says so");
}

/// Another value of the register ends a dispute about the old one; the same value does not.
#[tokio::test]
async fn a_dispute_stands_as_long_as_the_register_says_the_same() {
    let world = World::new();
    let reference = world.diploma(1).await;
    let (id, field) = ("diplomas".parse().unwrap(), "institution".parse().unwrap());
    let desk = world.engine.citizen(&world.siti);
    desk.dispute(reference, &id, &field, "another", MONDAY).await.unwrap();
    let done = world.sent(reference).await;
    let ani = ani();
    let office = world.engine.officer(&ani);
    let done = office.take(reference, done.application.seq, MONDAY).await.unwrap();
    let done = office.refresh(reference, done.application.seq, &id, MONDAY).await.unwrap();
    assert_eq!(done.case().disputed().count(), 1);
    world.registers.answer(DIPLOMAS, MONDAY.plus(HOUR), &TWO_DIPLOMAS.replace("Lab College of Health", "another"));
    let done = office.refresh(reference, done.application.seq, &id, MONDAY).await.unwrap();
    assert_eq!(done.case().disputed().count(), 0);
    world.registers.set(DIPLOMAS, RegisterOutcome::Unavailable { reason: "away".to_owned() });
    let done = office.refresh(reference, done.application.seq, &id, MONDAY).await.unwrap();
    assert_eq!(done.case().field(&id, &field), Some("another"), "what it said before stays");
    assert_eq!(done.application.evidence[&id].failed, Some(MONDAY));
}

#[tokio::test]
async fn what_is_not_there_cannot_be_disputed() {
    let world = World::new();
    let reference = world.residence(1, "no").await;
    let desk = world.engine.citizen(&world.siti);
    for (evidence, field) in [("person", "shoe-size"), ("persons", "municipality")] {
        let outcome = desk.dispute(reference, &evidence.parse().unwrap(), &field.parse().unwrap(), "x", MONDAY).await;
        assert!(matches!(outcome, Err(EngineError::Unknown)), "{evidence} {field}");
    }
    let outcome =
        desk.dispute(reference, &"person".parse().unwrap(), &"municipality".parse().unwrap(), " ", MONDAY).await;
    assert!(matches!(outcome, Err(EngineError::Text(_))));
    assert_eq!(world.registers.asked()[0].agreement, None, "{PERSONS} is at home");
}
