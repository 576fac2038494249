//! Three services from the first answer to the letter, and whose they are.

use simpul_core::limits;
use simpul_policy::agreement::terms::Language;
use simpul_services::application::contract::{citizen, officer};
use simpul_services::application::{
    Actor, Changed, EngineError, Letter, Mandate, Remark, RulingInput, StageProgress, State,
};
use simpul_services::catalogue::{Occasion, Outcome};

use super::world::{DAY, HOUR, MONDAY, World, ani, bagus, grant, seed};

#[tokio::test]
async fn a_diploma_is_recognised_by_two_officers() {
    let world = World::new();
    let done = world.submitted(1).await;
    let reference = done.application.reference;
    assert_eq!(done.events.iter().map(|e| e.what.name()).collect::<Vec<_>>(), ["submitted", "entered"]);
    // Three working days after Monday end with Thursday, which is over at 17:00 UTC.
    let work = done.application.state.work().unwrap();
    assert_eq!(work.deadline, "2026-11-26T17:00:00Z".parse().unwrap());
    let receipt = Letter::of(done.case(), Occasion::Receipt, Language::English).unwrap();
    assert!(
        receipt.paragraphs[0].contains(&reference.to_string()) && receipt.paragraphs[0].contains("23 November 2026")
    );
    assert_eq!(receipt.outcome, None);
    let (ani, bagus) = (ani(), bagus());
    let (first, second) = (world.engine.officer(&ani), world.engine.officer(&bagus));
    let done = first.take(reference, done.application.seq, MONDAY).await.unwrap();
    let done = first.next_stage(reference, done.application.seq, MONDAY.plus(DAY)).await.unwrap();
    let done = first.propose(reference, done.application.seq, &grant(), MONDAY.plus(DAY)).await.unwrap();
    let view = world.engine.citizen(&world.siti).view(reference).await.unwrap();
    assert_eq!((view.state, view.decision.is_none()), ("in-progress", true), "a proposal is not shown");
    assert!(matches!(view.stages[0].progress, StageProgress::Done { .. }));
    assert!(
        matches!(&view.stages[1].progress, StageProgress::Now { officer: Some(name), .. } if name == "Petugas ani")
    );
    let own = first.decide(reference, done.application.seq, MONDAY.plus(DAY)).await;
    assert!(matches!(own, Err(EngineError::SamePerson)));
    let done = second.decide(reference, done.application.seq, MONDAY.plus(DAY)).await.unwrap();
    let decision = done.application.state.decision().unwrap();
    assert_eq!(decision.proposed_by.as_ref().map(|o| o.id()), Some("ani"));
    assert_eq!(decision.by, Actor::Officer(bagus.clone()));
    for language in [Language::Indonesian, Language::English] {
        let occasion = Occasion::Decision(Outcome::Grant);
        let letter = second.letter(reference, occasion, language).await.unwrap();
        let text = letter.paragraphs.join("\n");
        assert!(text.contains("LAB-D-00001-1") && text.contains("section 7 (1)") && text.contains("Warga 1"), "{text}");
        assert!(letter.appeal.as_ref().is_some_and(|appeal| text.contains(appeal)));
        assert!(!text.contains(['{', '}']), "{text}");
    }
    assert!(second.letter(reference, Occasion::Decision(Outcome::Refuse), Language::English).await.is_err());
    let done = second.close(reference, done.application.seq, Some("letter.asice"), MONDAY.plus(DAY)).await.unwrap();
    assert!(done.application.state.is_final());
    let view = world.engine.citizen(&world.siti).view(reference).await.unwrap();
    assert_eq!(view.letter.as_deref(), Some("letter.asice"));
    assert!(!format!("{view:?}").contains("\"ani\""), "who proposed is not shown");
}

#[tokio::test]
async fn an_address_changes_free_of_charge_and_by_one_officer() {
    let world = World::new();
    let reference = world.residence(1, "no").await;
    let done = world.sent(reference).await;
    assert_eq!(done.application.submitted.unwrap().charge, 0);
    let officer = officer("citra", "civil-registry");
    let office = world.engine.officer(&officer);
    let done = office.take(reference, done.application.seq, MONDAY).await.unwrap();
    let input = RulingInput { ground: "entered".parse().unwrap(), ..grant() };
    let done = office.propose(reference, done.application.seq, &input, MONDAY).await.unwrap();
    assert!(matches!(done.application.state, State::Decided(..)), "one person decides");
    let letter = office.letter(reference, Occasion::Decision(Outcome::Grant), Language::Indonesian).await.unwrap();
    let text = letter.paragraphs.join("\n");
    assert!(text.contains("Jalan Contoh 1, Kota Contoh, Provinsi Contoh 10110"), "{text}");
    assert!(text.contains("1 November 2026"), "{text}");
}

/// Gross 180 million: cost of employment 6 million, allowance 54 million, taxable 120 million, tax 3 + 9 = 12 million;
/// 9 million were withheld. Married with three dependants: allowance 72, taxable 102, tax 9.3 million. With pension
/// contributions of 20 million and three dependants: taxable 82, tax 6.3, so 2.7 million come back.
#[tokio::test]
async fn a_tax_return_gives_a_fee_or_a_refund() {
    let world = World::new();
    for (n, family, pension, charge) in
        [(1, "single", "", 3_000_000), (2, "married-3", "", 300_000), (3, "married-3", "20.000.000", -2_700_000)]
    {
        let reference = world.tax(n, family).await;
        world.answer(reference, "pension", pension).await.unwrap();
        let done = world.sent(reference).await;
        assert_eq!(done.application.submitted.unwrap().charge, charge, "{family} {pension}");
        let receipt = Letter::of(done.case(), Occasion::Receipt, Language::Indonesian).unwrap();
        let amount = simpul_services::application::money(charge, Language::Indonesian);
        assert!(receipt.paragraphs[1].contains(&amount), "{:?}", receipt.paragraphs);
        match charge > 0 {
            true => assert_eq!(done.application.state, State::Submitted),
            false => {
                let decision = done.application.state.decision().expect("the system decided");
                assert_eq!(decision.by, Actor::System);
                let view = world.engine.citizen(&world.siti).view(reference).await.unwrap();
                assert!(view.decision.unwrap().automatic);
            }
        }
    }
}

/// A dispute, facts by hand and a rule that does not hold each keep the system from deciding.
#[tokio::test]
async fn the_system_decides_only_what_is_undisputed() {
    let world = World::new();
    let reference = world.tax(1, "married-3").await;
    world.answer(reference, "pension", "20000000").await.unwrap();
    let desk = world.engine.citizen(&world.siti);
    let (evidence, field) = ("income".parse().unwrap(), "gross".parse().unwrap());
    desk.dispute(reference, &evidence, &field, "170000000", MONDAY).await.unwrap();
    let done = world.sent(reference).await;
    assert!(matches!(done.application.state, State::InProgress(_)), "an officer looks at it");
    let rich = super::world::INCOME.replace("9000000}", "1000000001}");
    world.registers.answer(super::world::WITHHOLDING, MONDAY, &rich);
    let reference = world.tax(2, "married-3").await;
    assert!(matches!(world.sent(reference).await.application.state, State::InProgress(_)), "a rule does not hold");
    world.registers.nothing(super::world::WITHHOLDING, MONDAY);
    let reference = world.tax(3, "single").await;
    desk.enter_yourself(reference, &evidence, MONDAY).await.unwrap();
    for (question, given) in [("tax-number", "012345678901234"), ("salary", "50.000.000"), ("withheld", "0")] {
        world.answer(reference, question, given).await.unwrap();
    }
    let done = world.sent(reference).await;
    assert_eq!(done.application.submitted.unwrap().charge, 0);
    assert!(matches!(done.application.state, State::InProgress(_)), "the facts were entered by hand");
}

/// A foreign reference looks like one that does not exist, to citizens and to offices.
#[tokio::test]
async fn nobody_sees_what_is_not_theirs() {
    let world = World::new();
    let done = world.submitted(1).await;
    let (reference, seq) = (done.application.reference, done.application.seq);
    let missing = simpul_services::application::Reference::new(seed(99));
    let foreign = world.engine.citizen(&world.budi);
    let evidence = "diplomas".parse().unwrap();
    for id in [reference, missing] {
        let outcomes = [
            foreign.load(id).await.err(),
            foreign.view(id).await.err(),
            foreign.changes_since(id, 0).await.err(),
            foreign.check(id, MONDAY).await.err(),
            foreign.submit(id, true, "k", MONDAY).await.err(),
            foreign.pay(id, MONDAY).await.err(),
            foreign.write(id, "x", "k1", MONDAY).await.err(),
            foreign.reply(id, "x", "k2", MONDAY).await.err(),
            foreign.withdraw(id, "k3", MONDAY).await.err(),
            foreign.fetch(id, &evidence, MONDAY).await.err(),
            foreign.consent(id, &evidence, Language::English, MONDAY).await.err(),
            foreign.withdraw_consent(id, &evidence, MONDAY).await.err(),
            foreign.enter_yourself(id, &evidence, MONDAY).await.err(),
            foreign.choose_record(id, &evidence, 1, MONDAY).await.err(),
            foreign.dispute(id, &evidence, &"number".parse().unwrap(), "x", MONDAY).await.err(),
        ];
        for (n, outcome) in outcomes.iter().enumerate() {
            assert!(matches!(outcome, Some(EngineError::Unknown)), "{n}: {outcome:?}");
        }
        let other = officer("dewi", "tax-office");
        let office = world.engine.officer(&other);
        let obstacle = (&evidence, &"number".parse().unwrap());
        let outcomes = [
            office.load(id).await.err(),
            office.view(id, MONDAY).await.err(),
            office.changes_since(id, 0).await.err(),
            office.take(id, seq, MONDAY).await.err(),
            office.note(id, seq, "x", MONDAY).await.err(),
            office.write(id, seq, "x", MONDAY).await.err(),
            office.ask(id, seq, "x", MONDAY).await.err(),
            office.settle_dispute(id, seq, obstacle, (true, "x"), MONDAY).await.err(),
            office.refresh(id, seq, &evidence, MONDAY).await.err(),
            office.next_stage(id, seq, MONDAY).await.err(),
            office.propose(id, seq, &grant(), MONDAY).await.err(),
            office.decide(id, seq, MONDAY).await.err(),
            office.give_back(id, seq, "x", MONDAY).await.err(),
            office.close(id, seq, None, MONDAY).await.err(),
        ];
        for (n, outcome) in outcomes.iter().enumerate() {
            assert!(matches!(outcome, Some(EngineError::Unknown)), "{n}: {outcome:?}");
        }
    }
    assert_eq!(foreign.list(None, 10).await.unwrap(), []);
    assert_eq!(world.engine.citizen(&world.siti).list(None, 10).await.unwrap().len(), 1);
    let draft = world.diploma(2).await;
    assert!(
        matches!(world.engine.officer(&ani()).load(draft).await, Err(EngineError::Unknown)),
        "a draft is the citizen's"
    );
}

#[tokio::test]
async fn for_another_person_a_mandate_is_needed() {
    let world = World::new();
    let desk = world.engine.citizen(&world.siti);
    let mandate = |n: u32| Mandate { principal: citizen(n), proof: Remark::new("power of attorney 7").unwrap() };
    let diploma = "diploma-recognition".parse().unwrap();
    let own = desk.start(&diploma, Some(mandate(1)), "k1", seed(1), MONDAY).await;
    assert!(matches!(own, Err(EngineError::NotOnBehalf)));
    let tax = desk.start(&"tax-return".parse().unwrap(), Some(mandate(3)), "k2", seed(2), MONDAY).await;
    assert!(matches!(tax, Err(EngineError::NotOnBehalf)), "not offered");
    let done = desk.start(&diploma, Some(mandate(3)), "k3", seed(3), MONDAY).await.unwrap();
    let reference = done.application.reference;
    let evidence = "diplomas".parse().unwrap();
    desk.consent(reference, &evidence, Language::English, MONDAY).await.unwrap();
    desk.fetch(reference, &evidence, MONDAY).await.unwrap();
    assert_eq!(world.registers.asked()[0].path, "/diplomas/LAB-00003", "the register is asked for the principal");
    let principal = citizen(3);
    let theirs = world.engine.citizen(&principal);
    assert_eq!(theirs.list(None, 10).await.unwrap().len(), 1, "the principal sees it");
    let act = theirs.withdraw(reference, "k", MONDAY).await;
    assert!(matches!(act, Err(EngineError::Unknown)), "and does not act on it");
}

#[tokio::test]
async fn a_draft_expires_and_only_so_many_are_begun() {
    let world = World::new();
    let reference = world.diploma(1).await;
    let end = MONDAY.plus(90 * DAY);
    let desk = world.engine.citizen(&world.siti);
    assert_eq!(world.engine.wake(end.minus(HOUR)).await.unwrap().len(), 0);
    let late = desk.submit(reference, true, "late", end).await;
    assert!(matches!(late, Err(EngineError::Expired)));
    let woken = world.engine.wake(end).await.unwrap();
    assert_eq!(woken.len(), 1);
    assert_eq!(woken[0].application.state, State::Expired);
    assert_eq!(world.engine.wake(end).await.unwrap().len(), 0);
    for n in 0..limits::DRAFTS {
        let n = u8::try_from(n).unwrap() + 10;
        world.start("diploma-recognition", n).await;
    }
    let more = desk.start(&"tax-return".parse().unwrap(), None, "one-more", seed(90), MONDAY).await;
    assert!(matches!(more, Err(EngineError::TooManyDrafts)));
}

#[tokio::test]
async fn a_page_follows_what_changed() {
    let world = World::new();
    let done = world.submitted(1).await;
    let (reference, seen) = (done.application.reference, done.application.seq);
    let ani = ani();
    let office = world.engine.officer(&ani);
    let done = office.take(reference, seen, MONDAY).await.unwrap();
    let done = office.note(reference, done.application.seq, "internal", MONDAY).await.unwrap();
    let done = office.next_stage(reference, done.application.seq, MONDAY).await.unwrap();
    let changes = world.engine.citizen(&world.siti).changes_since(reference, seen).await.unwrap();
    let what: Vec<_> = changes.iter().map(|change| (change.seq, change.what.clone())).collect();
    assert_eq!(what, [(seen + 1, Changed::Officer), (seen + 3, Changed::Stage("ruling".parse().unwrap()))]);
    assert_eq!(office.changes_since(reference, seen).await.unwrap().len(), 3);
    assert_eq!(done.changes().len(), 1, "the engine gives what it appended");
    let view = world.engine.citizen(&world.siti).view(reference).await.unwrap();
    assert!(!format!("{view:?}").contains("internal"));
}

#[tokio::test]
async fn an_application_is_taken_back_until_it_is_decided() {
    let world = World::new();
    let desk = world.engine.citizen(&world.siti);
    let reference = world.submitted(1).await.application.reference;
    let done = desk.withdraw(reference, "w", MONDAY).await.unwrap();
    assert_eq!(done.application.state, State::Withdrawn);
    assert!(desk.withdraw(reference, "w", MONDAY).await.unwrap().repeated);
    assert!(matches!(desk.withdraw(reference, "w2", MONDAY).await, Err(EngineError::Step(_))));
    assert!(matches!(desk.write(reference, "x", "w3", MONDAY).await, Err(EngineError::Step(_))));
    let same_key = desk.write(reference, "x", "w", MONDAY).await;
    assert!(matches!(same_key, Err(EngineError::KeyUsed)), "a key belongs to one request");
    for bad in ["", "a b", &"x".repeat(limits::IDEMPOTENCY_KEY_CHARS + 1)] {
        assert!(desk.withdraw(reference, bad, MONDAY).await.is_err());
    }
}
