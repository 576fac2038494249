//! The desk: two persons, reasons, time limits, searches, and what comes between.

use simpul_core::limits;
use simpul_policy::agreement::terms::Language;
use simpul_services::application::contract::{append, draft, officer, queued, reference};
use simpul_services::application::{
    Actor, Append, Changed, EngineError, Event, Obstacle, OfficerView, PurposeError, Ruling, RulingInput, State,
    Summary, What,
};
use simpul_services::catalogue::{Occasion, Outcome};
use simpul_services::evidence::RegisterOutcome;

use super::world::{DAY, DIPLOMAS, HOUR, MONDAY, TWO_DIPLOMAS, World, ani, bagus, grant};

fn refuse(reason: Option<&str>) -> RulingInput {
    RulingInput { ground: "not-equal".parse().unwrap(), reason: reason.map(str::to_owned), overrides: vec![] }
}

fn fails(rule: &str) -> Obstacle {
    Obstacle::RuleFails(rule.parse().unwrap())
}

/// Of two officers who act on what they saw, the second is told that it is no longer so.
#[tokio::test]
async fn two_officers_never_act_on_one_moment() {
    let world = World::new();
    let done = world.ready(1).await;
    let (reference, seen) = (done.application.reference, done.application.seq);
    let (ani, bagus) = (ani(), bagus());
    let (first, second) = (world.engine.officer(&ani), world.engine.officer(&bagus));
    first.note(reference, seen, "a", MONDAY).await.unwrap();
    for outcome in [
        second.take(reference, seen, MONDAY).await,
        second.ask(reference, seen, "x", MONDAY).await,
        first.propose(reference, seen, &grant(), MONDAY).await,
        first.next_stage(reference, seen, MONDAY).await,
    ] {
        assert!(matches!(outcome, Err(EngineError::Changed)), "{outcome:?}");
    }
}

/// What one officer has taken, another one works on only after taking it over, which everybody sees.
#[tokio::test]
async fn a_case_is_taken_over_openly() {
    let world = World::new();
    let done = world.ready(1).await;
    let reference = done.application.reference;
    let bagus = bagus();
    let second = world.engine.officer(&bagus);
    let outcome = second.propose(reference, done.application.seq, &grant(), MONDAY).await;
    assert!(matches!(outcome, Err(EngineError::Step(_))));
    let done = second.take(reference, done.application.seq, MONDAY).await.unwrap();
    assert_eq!(done.changes()[0].what, Changed::Officer);
    second.propose(reference, done.application.seq, &grant(), MONDAY).await.unwrap();
}

/// The same person under another name and role is the same person.
#[tokio::test]
async fn the_second_person_is_another_person() {
    let world = World::new();
    let done = world.ready(1).await;
    let reference = done.application.reference;
    let ani = ani();
    let first = world.engine.officer(&ani);
    let done = first.propose(reference, done.application.seq, &grant(), MONDAY).await.unwrap();
    let seen = done.application.seq;
    let name = |text: &str| simpul_services::application::PersonName::new(text).unwrap();
    let disguised = simpul_services::application::Officer::new(
        name("ani"),
        name("Bagus"),
        name("Direktur"),
        "recognition".parse().unwrap(),
    );
    let outcome = world.engine.officer(&disguised).decide(reference, seen, MONDAY).await;
    assert!(matches!(outcome, Err(EngineError::SamePerson)));
    let other = officer("citra", "civil-registry");
    assert!(matches!(world.engine.officer(&other).decide(reference, seen, MONDAY).await, Err(EngineError::Unknown)));
    let done = first.give_back(reference, seen, "a slip", MONDAY).await.unwrap();
    assert!(matches!(done.application.state, State::InProgress(_)));
}

/// A refusal without a reason, and a grant against a rule without one, are not proposed. The citizen reads the reason.
#[tokio::test]
async fn nothing_is_overridden_without_a_reason_that_the_citizen_reads() {
    let world = World::new();
    world.registers.answer(DIPLOMAS, MONDAY, &TWO_DIPLOMAS.replace("\"level\": 6", "\"level\": 5"));
    let done = world.ready(1).await;
    let (reference, seen) = (done.application.reference, done.application.seq);
    let (ani, bagus) = (ani(), bagus());
    let (first, second) = (world.engine.officer(&ani), world.engine.officer(&bagus));
    for reason in [None, Some("  ")] {
        let outcome = first.propose(reference, seen, &refuse(reason), MONDAY).await;
        assert!(matches!(outcome, Err(EngineError::ReasonNeeded)));
    }
    let rule = "level-is-enough";
    let outcome = first.propose(reference, seen, &grant(), MONDAY).await;
    assert!(matches!(&outcome, Err(EngineError::Obstacles(all)) if *all == [fails(rule)]), "{outcome:?}");
    let with = |overrides: Vec<(Obstacle, String)>| RulingInput { overrides, ..grant() };
    let blank = first.propose(reference, seen, &with(vec![(fails(rule), " ".to_owned())]), MONDAY).await;
    assert!(matches!(blank, Err(EngineError::Text(_))));
    let reason = "work experience of ten years".to_owned();
    for overrides in [
        vec![(fails("holder-is-applicant"), reason.clone()), (fails(rule), reason.clone())],
        vec![(fails(rule), reason.clone()), (fails(rule), reason.clone())],
    ] {
        let outcome = first.propose(reference, seen, &with(overrides), MONDAY).await;
        assert!(matches!(outcome, Err(EngineError::NoObstacle(_))), "{outcome:?}");
    }
    let done = first.propose(reference, seen, &with(vec![(fails(rule), reason.clone())]), MONDAY).await.unwrap();
    second.decide(reference, done.application.seq, MONDAY).await.unwrap();
    let view = world.engine.citizen(&world.siti).view(reference).await.unwrap();
    assert_eq!(view.decision.unwrap().overrides[0].reason.as_str(), reason);
    let letter = second.letter(reference, Occasion::Decision(Outcome::Grant), Language::English).await.unwrap();
    assert_eq!(letter.reasons, std::slice::from_ref(&reason));
    assert!(letter.paragraphs.join("\n").contains(&reason));
}

#[tokio::test]
async fn a_refusal_may_come_in_any_stage_and_a_grant_in_the_last_alone() {
    let world = World::new();
    let ani = ani();
    let office = world.engine.officer(&ani);
    let done = world.submitted(1).await;
    let reference = done.application.reference;
    let untaken = office.propose(reference, done.application.seq, &refuse(Some("x")), MONDAY).await;
    assert!(matches!(untaken, Err(EngineError::Step(_))), "nobody took it");
    let done = office.take(reference, done.application.seq, MONDAY).await.unwrap();
    let seen = done.application.seq;
    assert!(matches!(office.propose(reference, seen, &grant(), MONDAY).await, Err(EngineError::NotLastStage)));
    let unknown = RulingInput { ground: "because".parse().unwrap(), ..grant() };
    assert!(matches!(office.propose(reference, seen, &unknown, MONDAY).await, Err(EngineError::NoGround)));
    let done = office.propose(reference, seen, &refuse(Some("not a diploma")), MONDAY).await.unwrap();
    assert!(matches!(done.application.state, State::Proposed(..)));
}

#[tokio::test]
async fn the_stages_end_with_the_last_one() {
    let world = World::new();
    let done = world.ready(1).await;
    let ani = ani();
    let more = world.engine.officer(&ani).next_stage(done.application.reference, done.application.seq, MONDAY).await;
    assert!(matches!(more, Err(EngineError::Unknown)));
}

/// A question stops the time limit; the answer gives the days back that were left.
#[tokio::test]
async fn the_time_limit_stands_still_while_the_citizen_is_asked() {
    let world = World::new();
    let done = world.submitted(1).await;
    let reference = done.application.reference;
    let (ani, desk) = (ani(), world.engine.citizen(&world.siti));
    let office = world.engine.officer(&ani);
    assert!(matches!(desk.reply(reference, "x", "r0", MONDAY).await, Err(EngineError::Step(_))), "nobody asked");
    let done = office.take(reference, done.application.seq, MONDAY).await.unwrap();
    let done = office.ask(reference, done.application.seq, "Which campus?", MONDAY.plus(DAY)).await.unwrap();
    let waiting = office.counts(MONDAY.plus(30 * DAY), MONDAY.plus(40 * DAY)).await.unwrap();
    assert_eq!((waiting.waiting, waiting.late), (1, 0), "an office is not late while it waits");
    let early = office.propose(reference, done.application.seq, &refuse(Some("x")), MONDAY).await;
    assert!(matches!(early, Err(EngineError::Step(_))));
    assert_eq!(desk.view(reference).await.unwrap().question.unwrap().text.as_str(), "Which campus?");
    // Asked on Tuesday with Wednesday and Thursday left; answered on the Monday after.
    let done = desk.reply(reference, "North", "r1", MONDAY.plus(7 * DAY)).await.unwrap();
    let work = done.application.state.work().unwrap();
    assert_eq!(work.deadline, "2026-12-02T17:00:00Z".parse().unwrap());
    assert!(desk.reply(reference, "North", "r1", MONDAY.plus(8 * DAY)).await.unwrap().repeated);
    assert_eq!(done.application.messages.len(), 2);
}

/// A dispute that comes while a decision is proposed takes the proposal back.
#[tokio::test]
async fn a_dispute_takes_a_proposal_back() {
    let world = World::new();
    let done = world.ready(1).await;
    let reference = done.application.reference;
    let (ani, bagus) = (ani(), bagus());
    let first = world.engine.officer(&ani);
    let done = first.propose(reference, done.application.seq, &grant(), MONDAY).await.unwrap();
    let seen = done.application.seq;
    let desk = world.engine.citizen(&world.siti);
    let (evidence, field) = ("diplomas".parse().unwrap(), "title".parse().unwrap());
    let done = desk.dispute(reference, &evidence, &field, "Master", MONDAY).await.unwrap();
    assert!(matches!(done.application.state, State::InProgress(_)));
    let second = world.engine.officer(&bagus);
    assert!(matches!(second.decide(reference, seen, MONDAY).await, Err(EngineError::Changed)));
    let outcome = first.propose(reference, done.application.seq, &refuse(Some("x")), MONDAY).await;
    assert!(matches!(outcome, Err(EngineError::Obstacles(_))), "against a refusal too: {outcome:?}");
}

/// Evidence that is too old is fetched again before a decision; another answer stops it, no answer needs a reason.
#[tokio::test]
async fn a_decision_rests_on_fresh_evidence() {
    let world = World::new();
    let done = world.ready(1).await;
    let reference = done.application.reference;
    let (ani, bagus) = (ani(), bagus());
    let (first, second) = (world.engine.officer(&ani), world.engine.officer(&bagus));
    let old = MONDAY.plus(30 * DAY);
    assert_eq!(done.case().stale(old.minus(HOUR)).count(), 0);
    assert_eq!(done.case().stale(old).count(), 1);
    world.registers.set(DIPLOMAS, RegisterOutcome::Unavailable { reason: "away".to_owned() });
    let outcome = first.propose(reference, done.application.seq, &grant(), old).await;
    let stale = Obstacle::Stale("diplomas".parse().unwrap());
    assert!(matches!(&outcome, Err(EngineError::Obstacles(all)) if *all == [stale.clone()]), "{outcome:?}");
    world.registers.answer(DIPLOMAS, old, &TWO_DIPLOMAS.replace("Lab College of Health", "Lab College"));
    let seen = first.load(reference).await.unwrap().application.seq;
    let outcome = first.propose(reference, seen, &grant(), old).await;
    assert!(matches!(outcome, Err(EngineError::EvidenceChanged(_))), "{outcome:?}");
    let seen = first.load(reference).await.unwrap().application.seq;
    let done = first.propose(reference, seen, &grant(), old).await.unwrap();
    let late = old.plus(31 * DAY);
    let outcome = second.decide(reference, done.application.seq, late).await;
    assert!(matches!(&outcome, Err(EngineError::Obstacles(all)) if *all == [stale.clone()]), "{outcome:?}");
    second.decide(reference, done.application.seq, old.plus(DAY)).await.unwrap();
}

#[tokio::test]
async fn the_queue_is_ordered_and_of_the_own_office() {
    let world = World::new();
    let first = world.submitted(1).await;
    let desk = world.engine.citizen(&world.siti);
    let reference = world.diploma(2).await;
    let second = desk.submit(reference, true, "later", MONDAY.minus(3 * DAY)).await.unwrap();
    let ani = ani();
    let office = world.engine.officer(&ani);
    let queue = office.queue(None, 10).await.unwrap();
    let order: Vec<_> = queue.iter().map(|summary| summary.reference).collect();
    assert_eq!(order, [second.application.reference, first.application.reference]);
    let next = office.queue(queue[0].queue_position(), 10).await.unwrap();
    assert_eq!(next.len(), 1);
    let other = officer("citra", "civil-registry");
    assert_eq!(world.engine.officer(&other).queue(None, 10).await.unwrap(), []);
    let view: OfficerView = office.view(first.application.reference, MONDAY).await.unwrap();
    assert_eq!((view.rules.len(), view.obstacles.len(), view.seen), (2, 0, first.application.seq));
}

/// Nothing is searched before the purpose is known, and every search is there for the person to see.
#[tokio::test]
async fn a_search_for_a_person_has_a_purpose_and_is_recorded() {
    let world = World::new();
    let sent = world.submitted(1).await;
    world.diploma(2).await;
    let ani = ani();
    let office = world.engine.officer(&ani);
    assert!(matches!(office.search("curiosity", "x").err(), Some(PurposeError::Unknown(_))));
    assert!(matches!(office.search("dpv:Marketing", "x").err(), Some(PurposeError::Unknown(_))));
    assert!(matches!(office.search("qualification-recognition", " ").err(), Some(PurposeError::Reason(_))));
    let desk = world.engine.citizen(&world.siti);
    assert_eq!(desk.searches(10).await.unwrap(), [], "nothing was searched");
    let search = office.search("qualification-recognition", "asks at the desk").unwrap();
    let found = search.person(world.siti.id(), MONDAY).await.unwrap();
    let references: Vec<_> = found.iter().map(|summary| summary.reference).collect();
    assert_eq!(references, [sent.application.reference], "drafts are the citizen's own");
    let recorded = desk.searches(10).await.unwrap();
    assert_eq!((recorded.len(), recorded[0].officer.id(), recorded[0].reason.as_str()), (1, "ani", "asks at the desk"));
    let other = officer("dewi", "tax-office");
    let search = world.engine.officer(&other).search("dpv:LegalCompliance", "audit").unwrap();
    assert_eq!(search.person(world.siti.id(), MONDAY).await.unwrap(), [], "of the own office alone");
    assert_eq!(desk.searches(10).await.unwrap().len(), 2, "and recorded all the same");
}

/// The desk refuses it, and so does the fold: whoever reads the events never sees one person decide twice.
#[tokio::test]
async fn the_fold_knows_two_persons_too() {
    let world = World::new();
    let done = world.ready(1).await;
    let ani = ani();
    let office = world.engine.officer(&ani);
    let done = office.propose(done.application.reference, done.application.seq, &grant(), MONDAY).await.unwrap();
    let State::Proposed(_, proposal) = &done.application.state else { panic!("proposed") };
    let seq = done.application.seq + 1;
    let decided = |actor: Actor, ruling: Ruling, persons: u8| {
        let event = Event { seq, at: MONDAY, actor, what: What::Decided { ruling, persons } };
        done.application.clone().apply(&event)
    };
    let ruling = proposal.ruling.clone();
    let other = Ruling { law: "another law".to_owned(), ..ruling.clone() };
    assert!(decided(Actor::Officer(bagus()), ruling.clone(), 2).is_ok());
    assert!(decided(Actor::Officer(ani.clone()), ruling.clone(), 2).is_err(), "the same person");
    assert!(decided(Actor::Officer(bagus()), ruling.clone(), 1).is_err(), "one person is not enough");
    assert!(decided(Actor::Officer(bagus()), other, 2).is_err(), "another ruling");
    assert!(decided(Actor::System, ruling.clone(), 2).is_err());
    assert!(decided(Actor::Citizen, ruling, 2).is_err());
}

#[tokio::test]
async fn an_application_has_so_many_events() {
    let world = World::new();
    let done = world.ready(1).await;
    let (reference, mut application) = (done.application.reference, done.application);
    let (expected, mut events) = (application.seq, Vec::new());
    let ani = ani();
    while application.seq < limits::APPLICATION_EVENTS as u64 - 1 {
        let what = What::Noted(simpul_services::application::Remark::new("n").unwrap());
        let event = Event { seq: application.seq + 1, at: MONDAY, actor: Actor::Officer(ani.clone()), what };
        application = application.apply(&event).unwrap();
        events.push(event);
    }
    let summary = Summary::of(&application);
    world.store.append(&Append { reference, expected, events, summary, key: None }).await.unwrap();
    let office = world.engine.officer(&ani);
    let last = office.note(reference, application.seq, "the last one", MONDAY).await.unwrap();
    assert_eq!(last.application.seq, limits::APPLICATION_EVENTS as u64);
    let over = office.note(reference, last.application.seq, "one more", MONDAY).await;
    assert!(matches!(over, Err(EngineError::Full)));
    let event = Event { seq: last.application.seq + 1, ..last.events[0].clone() };
    assert!(last.application.apply(&event).is_err(), "the fold has the same bound");
}

#[tokio::test]
async fn a_page_has_so_many_applications() {
    let world = World::new();
    for n in 0..=u32::try_from(limits::APPLICATION_PAGE).unwrap() {
        world.store.append(&queued(n, "recognition", i64::from(n), false)).await.unwrap();
        let mut own = append(reference(1000 + n), draft(1, i64::from(n)));
        own.summary.state = "closed".to_owned();
        world.store.append(&own).await.unwrap();
    }
    let page = world.engine.officer(&ani()).queue(None, 1000).await.unwrap();
    assert_eq!(page.len(), limits::APPLICATION_PAGE);
    assert_eq!(world.engine.citizen(&world.siti).list(None, 1000).await.unwrap().len(), limits::APPLICATION_PAGE);
}
