//! Answers: saved one by one, refused with their reason, and checked as a whole.

use jiff::civil::Date;
use simpul_core::limits;
use simpul_services::application::answer::{check, read};
use simpul_services::application::{Address, AddressPart, Answer, Given, Missing, Place, Wrong};
use simpul_services::catalogue::question::{Pattern, Question};

use super::ground::{WHOLE, service};
use super::world::{MONDAY, World, address};

fn today() -> Date {
    "2026-11-23".parse().unwrap()
}

fn question(id: &str) -> Question {
    service(WHOLE).question(&id.parse().unwrap()).unwrap().clone()
}

fn given(id: &str, text: &str) -> Result<Option<Answer>, Wrong> {
    read(&question(id), &Given::One(text.to_owned()), today())
}

/// Question, what is typed, what is wrong with it; each bound at the bound and one past it.
#[test]
fn each_rule_of_an_answer_has_its_error() {
    let day = |text: &str| text.parse::<Date>().unwrap();
    let table = [
        ("code", "12", None),
        ("code", "1", Some(Wrong::TooShort(2))),
        ("code", "12345678", None),
        ("code", "123456789", Some(Wrong::TooLong(8))),
        ("code", "12a", Some(Wrong::Form(Pattern::Digits))),
        ("code", "1\u{7}2", Some(Wrong::Control)),
        ("story", "12345", None),
        ("story", "1234", Some(Wrong::TooShort(5))),
        ("story", "1234567\n901234567890", None),
        ("story", "123456789012345678901", Some(Wrong::TooLong(20))),
        ("count", "-5", None),
        ("count", "-6", Some(Wrong::TooSmall(-5))),
        ("count", "10", None),
        ("count", "11", Some(Wrong::TooLarge(10))),
        ("count", "1.5", Some(Wrong::NoNumber)),
        ("count", "many", Some(Wrong::NoNumber)),
        ("sum", "1.000", None),
        ("sum", "999", Some(Wrong::TooSmall(1000))),
        ("sum", "Rp1.000.000", None),
        ("sum", "1000001", Some(Wrong::TooLarge(1_000_000))),
        ("born", "1926-11-23", None),
        ("born", "1926-11-22", Some(Wrong::TooEarly(day("1926-11-23")))),
        ("born", "2009-11-23", None),
        ("born", "2009-11-24", Some(Wrong::TooLate(day("2009-11-23")))),
        ("born", "23-11-1990", Some(Wrong::NoDate)),
        ("born", "1990-02-30", Some(Wrong::NoDate)),
        ("begins", "2026-11-24", None),
        ("begins", "2026-11-23", Some(Wrong::TooEarly(day("2026-11-24")))),
        ("begins", "2027-02-24", None),
        ("begins", "2027-02-25", Some(Wrong::TooLate(day("2027-02-24")))),
        ("agrees", "yes", None),
        ("agrees", "ja", Some(Wrong::NoOption)),
        ("speed", "fast", None),
        ("speed", "faster", Some(Wrong::NoOption)),
        ("speed", "FAST", Some(Wrong::NoOption)),
        ("mail", "siti@example.id", None),
        ("mail", "siti@example", Some(Wrong::NoEmail)),
        ("phone", "+62 812-3456-7890", None),
        ("phone", "12345", Some(Wrong::NoPhone)),
        ("topics", "a", Some(Wrong::Kind)),
        ("home", "Jalan", Some(Wrong::Kind)),
    ];
    for (id, text, wrong) in table {
        let outcome = given(id, text);
        assert_eq!(outcome.as_ref().err(), wrong.as_ref(), "{id}: {text}");
        if let Ok(answer) = outcome {
            let answer = answer.expect("an answer");
            assert_eq!(check(&question(id), &answer, today()), Ok(()), "{id}: {text}");
        }
    }
    let line = "é".repeat(limits::ANSWER_LINE_CHARS);
    assert!(given("other", &line).is_ok());
    assert_eq!(given("other", &format!("{line}é")), Err(Wrong::TooLong(limits::ANSWER_LINE_CHARS)));
}

#[test]
fn nothing_typed_is_no_answer() {
    let blank = Given::Address(Address {
        street: " ".to_owned(),
        locality: String::new(),
        city: String::new(),
        province: String::new(),
        postal_code: String::new(),
    });
    let date = Given::Date { day: String::new(), month: " ".to_owned(), year: String::new() };
    for (id, given) in
        [("code", Given::One("  \n".to_owned())), ("topics", Given::Many(vec![])), ("born", date), ("home", blank)]
    {
        assert_eq!(read(&question(id), &given, today()), Ok(None), "{id}");
    }
}

#[test]
fn several_choices_are_in_the_order_of_the_document() {
    let many = |options: &[&str]| {
        let ticked = options.iter().map(|option| (*option).to_owned()).collect();
        read(&question("topics"), &Given::Many(ticked), today())
    };
    let chosen = |answer: Result<Option<Answer>, Wrong>| answer.unwrap().unwrap().plain();
    assert_eq!(chosen(many(&["other", "a", "a"])), "a,other");
    assert_eq!(many(&["a", "c"]), Err(Wrong::NoOption));
}

#[test]
fn an_address_says_which_part_is_wrong() {
    let Given::Address(good) = address() else { panic!("an address") };
    let wrong = |part, wrong| Err(Wrong::Address(part, Box::new(wrong)));
    let table = [
        (Address { street: String::new(), ..good.clone() }, wrong(AddressPart::Street, Wrong::Missing)),
        (Address { city: " ".to_owned(), ..good.clone() }, wrong(AddressPart::City, Wrong::Missing)),
        (Address { province: String::new(), ..good.clone() }, wrong(AddressPart::Province, Wrong::Missing)),
        (Address { postal_code: String::new(), ..good.clone() }, wrong(AddressPart::PostalCode, Wrong::Missing)),
        (
            Address { postal_code: "1011".to_owned(), ..good.clone() },
            wrong(AddressPart::PostalCode, Wrong::Form(Pattern::PostalCode)),
        ),
        (
            Address { locality: "x".repeat(limits::ANSWER_LINE_CHARS + 1), ..good.clone() },
            wrong(AddressPart::Locality, Wrong::TooLong(limits::ANSWER_LINE_CHARS)),
        ),
        (good.clone(), Ok(Some(Answer::Address(good)))),
    ];
    for (address, outcome) in table {
        assert_eq!(read(&question("home"), &Given::Address(address), today()), outcome);
    }
}

/// A bound on a date moves with the day: what was right when it was saved is checked again when it is sent.
#[test]
fn what_was_saved_is_checked_again() {
    let answer = given("begins", "2026-11-24").unwrap().unwrap();
    let tomorrow: Date = "2026-11-24".parse().unwrap();
    let late = Wrong::TooEarly("2026-11-25".parse().unwrap());
    assert_eq!(check(&question("begins"), &answer, tomorrow), Err(late));
    assert_eq!(check(&question("code"), &answer, tomorrow), Err(Wrong::Kind));
}

#[tokio::test]
async fn a_wrong_answer_is_not_saved_and_an_empty_field_takes_one_away() {
    let world = World::new();
    let reference = world.start("whole", 1).await;
    world.answer(reference, "count", "3").await.unwrap();
    let error = world.answer(reference, "count", "11").await.unwrap_err();
    assert!(matches!(error, simpul_services::application::EngineError::Answer(Wrong::TooLarge(10))), "{error}");
    let again = world.answer(reference, "count", "3").await.unwrap();
    assert!(again.repeated && again.events.is_empty(), "the same answer again is nothing");
    assert_eq!(again.application.answers.len(), 1);
    let done = world.answer(reference, "count", " ").await.unwrap();
    assert_eq!(done.application.answers.len(), 0);
}

/// A question whose conditions do not hold is not asked, and what was answered to it counts for nothing.
#[tokio::test]
async fn what_is_not_shown_counts_for_nothing() {
    let world = World::new();
    let reference = world.start("whole", 1).await;
    let not_asked = |outcome: Result<_, _>| matches!(outcome, Err(simpul_services::application::EngineError::NotAsked));
    assert!(not_asked(world.answer(reference, "code", "12").await));
    world.answer(reference, "speed", "fast").await.unwrap();
    world.answer(reference, "code", "12").await.unwrap();
    let done = world.answer(reference, "speed", "slow").await.unwrap();
    assert_eq!(done.application.answers.len(), 2, "it is kept");
    let code = done.service.question(&"code".parse().unwrap()).unwrap();
    assert!(!done.case().shown(code));
    let problems = done.case().problems(today());
    assert!(!problems.iter().any(|p| p.place == Place::Question("code".parse().unwrap())));
    let done = world.answer(reference, "speed", "fast").await.unwrap();
    assert!(done.case().shown(code), "and counts again");
    // Two conditions: both must hold.
    let topics = Given::Many(vec!["other".to_owned()]);
    let desk = world.engine.citizen(&world.siti);
    desk.answer(reference, &"topics".parse().unwrap(), &topics, MONDAY).await.unwrap();
    assert!(not_asked(world.answer(reference, "other", "x").await));
    world.answer(reference, "agrees", "yes").await.unwrap();
    world.answer(reference, "other", "x").await.unwrap();
}

#[tokio::test]
async fn the_whole_is_checked_when_it_is_sent() {
    let world = World::new();
    let reference = world.start("whole", 1).await;
    let desk = world.engine.citizen(&world.siti);
    let problems = desk.check(reference, MONDAY).await.unwrap();
    let missing: Vec<String> = problems.iter().map(|problem| format!("{:?}", problem.place)).collect();
    // Required and shown: speed, count, sum, agrees, topics, home. `born` waits for its register, which is optional.
    assert_eq!(missing.len(), 6, "{missing:?}");
    assert!(problems.iter().all(|problem| problem.what == Missing::Answer(Wrong::Missing)));
    let error = desk.submit(reference, false, "k", MONDAY).await.unwrap_err();
    let simpul_services::application::EngineError::Problems(all) = error else { panic!("{error}") };
    assert_eq!(all.len(), 7);
    assert_eq!(
        all.last().map(|problem| (&problem.place, &problem.what)),
        Some((&Place::Declaration, &Missing::Declaration))
    );
}
