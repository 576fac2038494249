//! Many at once: one application, one decision, no lost event.

use std::sync::Arc;

use simpul_services::application::{Application, EngineError, Given};

use super::world::{MONDAY, World, ani, bagus, grant, seed};

/// Sixty-four times the same form: one application, sent once.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixty_four_submissions_are_one_application() {
    let world = Arc::new(World::new());
    let reference = world.diploma(1).await;
    for same_key in [true, false] {
        let mut tasks = tokio::task::JoinSet::new();
        for n in 0..64 {
            let world = Arc::clone(&world);
            let key = if same_key { "one".to_owned() } else { format!("key-{n}") };
            tasks.spawn(async move {
                let desk = world.engine.citizen(&world.siti);
                desk.submit(reference, true, &key, MONDAY).await.unwrap()
            });
        }
        let all = tasks.join_all().await;
        let first = all.iter().filter(|done| !done.repeated).count();
        assert_eq!(first, usize::from(same_key), "once, and never again");
        assert!(all.iter().all(|done| done.application.reference == reference && done.application.submitted.is_some()));
    }
    let events = world.store.load(reference).await.unwrap();
    assert_eq!(events.iter().filter(|event| event.what.name() == "submitted").count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixty_four_starts_with_one_key_are_one_draft() {
    let world = Arc::new(World::new());
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..64 {
        let world = Arc::clone(&world);
        tasks.spawn(async move {
            let desk = world.engine.citizen(&world.siti);
            desk.start(&"tax-return".parse().unwrap(), None, "one", seed(n), MONDAY).await.unwrap()
        });
    }
    let all = tasks.join_all().await;
    assert_eq!(all.iter().filter(|done| !done.repeated).count(), 1);
    let first = all[0].application.reference;
    assert!(all.iter().all(|done| done.application.reference == first));
    let other = world.engine.citizen(&world.siti).start(&"whole".parse().unwrap(), None, "one", seed(99), MONDAY).await;
    assert!(matches!(other, Err(EngineError::KeyUsed)));
}

/// Many pages of one citizen save at once: every answer is there.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_answer_is_lost() {
    let world = Arc::new(World::new());
    let reference = world.start("whole", 1).await;
    let mut tasks = tokio::task::JoinSet::new();
    let answers = [
        ("speed", "fast"),
        ("count", "3"),
        ("sum", "5000"),
        ("agrees", "yes"),
        ("mail", "a@b.id"),
        ("phone", "123456"),
    ];
    for (question, given) in answers {
        let world = Arc::clone(&world);
        tasks.spawn(async move {
            let (question, given) = (question.parse().unwrap(), Given::One(given.to_owned()));
            world.engine.citizen(&world.siti).answer(reference, &question, &given, MONDAY).await.unwrap();
        });
    }
    tasks.join_all().await;
    let events = world.store.load(reference).await.unwrap();
    let application = Application::replay(reference, &events).unwrap();
    assert_eq!((application.answers.len(), events.len()), (6, 7));
}

/// Of two officers who decide at once one succeeds, and there is one decision.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_who_decide_one_does() {
    let world = Arc::new(World::new());
    let done = world.ready(1).await;
    let reference = done.application.reference;
    let ani = ani();
    let done = world.engine.officer(&ani).propose(reference, done.application.seq, &grant(), MONDAY).await.unwrap();
    let seen = done.application.seq;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let world = Arc::clone(&world);
        tasks.spawn(async move {
            let officer = bagus();
            world.engine.officer(&officer).decide(reference, seen, MONDAY).await
        });
    }
    let outcomes = tasks.join_all().await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(_) | Err(EngineError::Changed))));
    let events = world.store.load(reference).await.unwrap();
    assert_eq!(events.iter().filter(|event| event.what.name() == "decided").count(), 1);
}
