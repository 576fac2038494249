//! Random schedules of steps by citizens, officers, registers and a payment service, against a small model: no illegal
//! state, the same state when it is read again, two officers never one person, no event lost, one submission.

use std::collections::BTreeSet;

use proptest::prelude::*;
use simpul_policy::agreement::terms::Language;
use simpul_services::application::contract::officer;
use simpul_services::application::{
    Actor, Application, EngineError, Event, Officer, PaymentStatus, Reference, RulingInput, State, Summary, What,
};
use simpul_services::evidence::RegisterOutcome;

use super::world::{DAY, DIPLOMAS, MONDAY, PERSON, PERSONS, TWO_DIPLOMAS, World};

/// The model: from which state which steps of whom lead where.
const MODEL: &[(&str, &str, &str, &[&str])] = &[
    (
        "draft",
        "citizen",
        "answered consented consent-withdrawn fetched no-data refused unavailable by-hand record-chosen disputed",
        &["draft"],
    ),
    ("draft", "citizen", "submitted", &["submitted", "settled"]),
    ("draft", "citizen", "withdrawn", &["withdrawn"]),
    ("draft", "system", "expired", &["expired"]),
    ("submitted", "citizen", "payment-requested", &["paying"]),
    ("submitted", "citizen", "wrote", &["submitted"]),
    ("submitted", "citizen", "withdrawn", &["withdrawn"]),
    ("paying", "system", "paid", &["settled"]),
    ("paying", "system", "payment-ended", &["submitted"]),
    ("paying", "citizen", "wrote", &["paying"]),
    ("paying", "citizen", "withdrawn", &["withdrawn"]),
    ("settled", "system", "entered", &["in-progress"]),
    ("settled", "citizen", "wrote", &["settled"]),
    ("settled", "citizen", "withdrawn", &["withdrawn"]),
    ("in-progress", "citizen", "wrote disputed", &["in-progress"]),
    ("in-progress", "citizen", "withdrawn", &["withdrawn"]),
    (
        "in-progress",
        "officer",
        "taken noted wrote fetched no-data refused unavailable dispute-settled entered",
        &["in-progress"],
    ),
    ("in-progress", "officer", "asked", &["needs-citizen"]),
    ("in-progress", "officer", "proposed", &["proposed"]),
    ("in-progress", "officer", "decided", &["decided"]),
    ("needs-citizen", "citizen", "replied", &["in-progress"]),
    ("needs-citizen", "citizen", "wrote disputed", &["needs-citizen"]),
    ("needs-citizen", "citizen", "withdrawn", &["withdrawn"]),
    ("needs-citizen", "officer", "noted wrote", &["needs-citizen"]),
    ("proposed", "citizen", "wrote", &["proposed"]),
    ("proposed", "citizen", "disputed", &["in-progress"]),
    ("proposed", "citizen", "withdrawn", &["withdrawn"]),
    ("proposed", "officer", "noted wrote", &["proposed"]),
    ("proposed", "officer", "returned", &["in-progress"]),
    ("proposed", "officer", "decided", &["decided"]),
    ("decided", "citizen", "wrote", &["decided"]),
    ("decided", "officer", "noted wrote", &["decided"]),
    ("decided", "officer", "closed", &["closed"]),
    ("decided", "system", "closed", &["closed"]),
];

fn allowed(from: &str, event: &Event, to: &str) -> bool {
    let actor = match event.actor {
        Actor::Citizen => "citizen",
        Actor::Officer(_) => "officer",
        Actor::System => "system",
    };
    MODEL.iter().any(|(state, who, steps, next)| {
        *state == from && *who == actor && steps.split(' ').any(|step| step == event.what.name()) && next.contains(&to)
    })
}

/// One thing that somebody tries, with two numbers that vary it.
#[derive(Clone, Copy, Debug)]
struct Try(u8, u8, u8);

async fn attempt(
    world: &World,
    references: [Reference; 2],
    Try(kind, a, b): Try,
    days: u32,
) -> Result<(), EngineError> {
    let reference = references[usize::from(b % 2)];
    let now = MONDAY.plus(DAY * days);
    let citizen = if a % 8 == 0 { &world.budi } else { &world.siti };
    let desk = world.engine.citizen(citizen);
    let officers: [Officer; 4] =
        [("ani", "recognition"), ("bagus", "recognition"), ("citra", "civil-registry"), ("dewi", "civil-registry")]
            .map(|(id, office)| officer(id, office));
    let office = world.engine.officer(&officers[usize::from(a % 4)]);
    let seen = match world.store.load(reference).await.unwrap().len() as u64 {
        n if b % 16 == 15 => n.saturating_sub(1),
        n => n,
    };
    let diploma = b % 2 == 0;
    let evidence = if diploma { "diplomas" } else { "person" }.parse().unwrap();
    let field = if diploma { "institution" } else { "municipality" }.parse().unwrap();
    let key = format!("{kind}-{a}");
    let ruling = RulingInput {
        ground: match (diploma, a % 3) {
            (true, 0) => "not-equal",
            (true, _) => "equal",
            (false, 0) => "not-entered",
            (false, _) => "entered",
        }
        .parse()
        .unwrap(),
        reason: (b % 4 > 0).then(|| "because".to_owned()),
        // Half of the proposals pass over whatever stands against them.
        overrides: match office.load(reference).await {
            Ok(done) if b % 8 < 4 => done.case().obstacles(now).into_iter().map(|o| (o, "seen".to_owned())).collect(),
            _ => Vec::new(),
        },
    };
    let tried = match kind {
        0 => desk.consent(reference, &evidence, Language::English, now).await,
        1 => desk.fetch(reference, &evidence, now).await,
        2 => desk.withdraw_consent(reference, &evidence, now).await,
        3 => desk.enter_yourself(reference, &evidence, now).await,
        4 if a % 4 == 1 => desk.dispute(reference, &evidence, &field, &format!("claim {a}"), now).await,
        5 | 6 => desk.submit(reference, a % 16 > 0, &key, now).await,
        7 => desk.pay(reference, now).await,
        8 => desk.write(reference, "hello", &key, now).await,
        9 => desk.reply(reference, "here", &key, now).await,
        10 if a % 16 == 4 => desk.withdraw(reference, &key, now).await,
        11 | 12 => office.take(reference, seen, now).await,
        13 => office.note(reference, seen, "note", now).await,
        14 => office.ask(reference, seen, "which?", now).await,
        15 => office.settle_dispute(reference, seen, (&evidence, &field), (a % 2 == 0, "so"), now).await,
        16 => office.refresh(reference, seen, &evidence, now).await,
        17 | 18 => office.next_stage(reference, seen, now).await,
        19..=21 => office.propose(reference, seen, &ruling, now).await,
        22..=24 => office.decide(reference, seen, now).await,
        25 => office.give_back(reference, seen, "again", now).await,
        26 => office.close(reference, seen, None, now).await,
        27 => world.engine.settle(reference, now).await,
        28 => return world.engine.wake(now).await.map(drop),
        29 => {
            let status = [PaymentStatus::Waiting, PaymentStatus::Failed, PaymentStatus::Expired];
            let paid = PaymentStatus::Paid { amount: 25_000, receipt: "r".to_owned() };
            let all = [status.as_slice(), &[paid.clone(), paid]].concat();
            world.gateway.set(&format!("pay-{reference}-{}", 1 + b / 2 % 2), all[usize::from(a) % all.len()].clone());
            return Ok(());
        }
        30 => {
            let away = RegisterOutcome::Unavailable { reason: "away".to_owned() };
            match a % 3 {
                0 => world.registers.set(DIPLOMAS, away),
                1 => world.registers.answer(DIPLOMAS, now, TWO_DIPLOMAS),
                _ => world.registers.answer(PERSONS, now, &PERSON.replace("Harbour", &format!("Place {b}"))),
            }
            return Ok(());
        }
        _ => return Ok(()),
    };
    // Whoever is neither the citizen nor of the office never gets anything.
    let foreign = (kind <= 10 && a % 8 == 0) || ((11..=26).contains(&kind) && (a % 4 < 2) != diploma);
    assert!(!foreign || tried.is_err(), "a stranger acted: {kind} {a}");
    tried.map(drop)
}

fn check(before: &[Event], after: &[Event], reference: Reference) {
    assert!(after.starts_with(before), "no event is lost or changed");
    let mut application = Application::begin(reference, &after[0]).unwrap();
    for event in &after[1..] {
        let from = application.state.name();
        let proposer = match &application.state {
            State::Proposed(_, proposal) => Some(proposal.by.id().to_owned()),
            _ => None,
        };
        application = application.apply(event).unwrap();
        assert!(
            allowed(from, event, application.state.name()),
            "{from} {} {}",
            event.what.name(),
            application.state.name()
        );
        if let (What::Decided { persons: 2, .. }, Actor::Officer(second)) = (&event.what, &event.actor) {
            assert_ne!(proposer.as_deref(), Some(second.id()), "two persons");
        }
        if let What::Decided { ruling, .. } = &event.what {
            assert!(ruling.reason.is_some() || ruling.outcome == simpul_services::catalogue::Outcome::Grant);
        }
    }
    let count = |name: &str| after.iter().filter(|event| event.what.name() == name).count();
    assert!(count("submitted") <= 1 && count("decided") <= 1 && count("closed") <= 1);
    assert_eq!(Application::replay(reference, after).unwrap(), application);
}

/// Follows a schedule, checks after every step, and gives the names of the states that were seen.
fn follow(tries: Vec<(u8, u8, u8)>) -> BTreeSet<&'static str> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let mut seen = BTreeSet::new();
        let world = World::new();
        // In one of four schedules days pass quickly, so that drafts expire and evidence grows old. The others begin where
        // officers work.
        let fast = tries.first().is_some_and(|(_, _, b)| b % 4 == 0);
        let references = match fast {
            true => [world.diploma(1).await, world.residence(2, "yes").await],
            false => [world.ready(1).await.application.reference, world.residence(2, "no").await],
        };
        let mut events = Vec::new();
        for reference in references {
            events.push(world.store.load(reference).await.unwrap());
        }
        let slowness = if fast { 2 } else { 20 };
        for (n, (kind, a, b)) in tries.into_iter().enumerate() {
            let days = u32::try_from(n).unwrap() / slowness;
            let _ = attempt(&world, references, Try(kind, a, b), days).await;
            for (known, reference) in events.iter_mut().zip(references) {
                let now = world.store.load(reference).await.unwrap();
                check(known, &now, reference);
                seen.insert(Application::replay(reference, &now).unwrap().state.name());
                *known = now;
            }
        }
        for (known, reference) in events.iter().zip(references) {
            let application = Application::replay(reference, known).unwrap();
            let listed = world.engine.citizen(&world.siti).list(None, 10).await.unwrap();
            assert!(listed.contains(&Summary::of(&application)), "lists tell what events tell");
        }
        seen
    })
}

/// The schedules go everywhere: a property over states that never come would hold for nothing.
#[test]
fn schedules_reach_every_state() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let tries = prop::collection::vec((0u8..31, any::<u8>(), any::<u8>()), 200);
    let mut seen = BTreeSet::new();
    for _ in 0..60 {
        seen.extend(follow(tries.new_tree(&mut runner).unwrap().current()));
    }
    let wanted = [
        "closed",
        "decided",
        "draft",
        "expired",
        "in-progress",
        "needs-citizen",
        "paying",
        "proposed",
        "submitted",
        "withdrawn",
    ];
    assert!(wanted.iter().all(|state| seen.contains(state)), "{seen:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn no_schedule_leads_astray(tries in prop::collection::vec((0u8..31, any::<u8>(), any::<u8>()), 0..80)) {
        follow(tries);
    }

    /// Events in any order and number never make the fold panic, and never a state that the model does not have.
    #[test]
    fn any_events_are_answered(order in prop::collection::vec(any::<prop::sample::Index>(), 0..60)) {
        let all = simpul_services::application::contract::every_kind_of_event();
        let reference = simpul_services::application::contract::reference(1);
        let mut application = Application::begin(reference, &all[0]).unwrap();
        for index in order {
            let event = Event { seq: application.seq + 1, ..index.get(&all).clone() };
            let from = application.state.name();
            if let Ok(next) = application.clone().apply(&event) {
                prop_assert!(allowed(from, &event, next.state.name())
                    || (event.actor == Actor::System && event.what.name() == "decided"), "{} {}", from, event.what.name());
                application = next;
            }
        }
    }
}

/// The events that the model allows do happen: a model that allows what never comes would hide a mistake.
#[tokio::test]
async fn an_event_out_of_its_place_is_refused() {
    let world = World::new();
    let done = world.ready(1).await;
    let event = |seq: u64, actor: Actor, what: What| Event { seq, at: MONDAY, actor, what };
    let seq = done.application.seq + 1;
    let ani = Actor::Officer(officer("ani", "recognition"));
    let other = Actor::Officer(officer("citra", "civil-registry"));
    let good = event(seq, ani.clone(), What::Taken);
    assert!(done.application.clone().apply(&good).is_ok());
    for bad in [
        event(seq - 1, ani.clone(), What::Taken),
        event(seq + 1, ani.clone(), What::Taken),
        event(seq, other, What::Taken),
        event(seq, Actor::Citizen, What::Taken),
        event(seq, Actor::System, What::Taken),
        event(seq, ani.clone(), What::Submitted { charge: 0 }),
        event(seq, Actor::Citizen, What::Submitted { charge: 0 }),
        event(seq, ani, What::Expired),
    ] {
        assert!(done.application.clone().apply(&bad).is_err(), "{bad:?}");
    }
}
