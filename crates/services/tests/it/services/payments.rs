//! Fees: asked for once, believed only from the payment service, and never a lost application.

use simpul_services::application::{EngineError, PaymentStatus, State};

use super::world::{DAY, MONDAY, World};

const FEE: i64 = 25_000;

async fn paying(world: &World) -> (simpul_services::application::Reference, String) {
    let reference = world.residence(1, "yes").await;
    let done = world.sent(reference).await;
    assert_eq!((done.application.submitted.unwrap().charge, &done.application.state), (FEE, &State::Submitted));
    let done = world.engine.citizen(&world.siti).pay(reference, MONDAY).await.unwrap();
    let State::Paying(payment) = &done.application.state else { panic!("{:?}", done.application.state) };
    (reference, payment.payment.clone())
}

fn paid(amount: i64) -> PaymentStatus {
    PaymentStatus::Paid { amount, receipt: "R-1".to_owned() }
}

#[tokio::test]
async fn a_fee_that_is_paid_lets_the_office_begin() {
    let world = World::new();
    let (reference, payment) = paying(&world).await;
    let waiting = world.engine.settle(reference, MONDAY).await.unwrap();
    assert!(waiting.events.is_empty(), "a notification proves nothing");
    world.gateway.set(&payment, paid(FEE));
    let done = world.engine.settle(reference, MONDAY.plus(DAY)).await.unwrap();
    assert_eq!(done.application.paid.as_deref(), Some("R-1"));
    let work = done.application.state.work().expect("an office has it");
    assert_eq!(work.entered, MONDAY.plus(DAY), "its time begins with the payment");
    assert!(world.engine.settle(reference, MONDAY.plus(DAY)).await.unwrap().events.is_empty());
}

#[tokio::test]
async fn a_payment_is_asked_for_once() {
    let world = World::new();
    let (reference, _) = paying(&world).await;
    for _ in 0..3 {
        let again = world.engine.citizen(&world.siti).pay(reference, MONDAY).await.unwrap();
        assert!(matches!(again.application.state, State::Paying(_)));
    }
    assert_eq!(world.gateway.counts(), (1, 1));
}

/// The payment service was asked, and the answer was lost: asked again, it is the same payment.
#[tokio::test]
async fn a_lost_answer_of_the_payment_service_costs_nothing() {
    let world = World::new();
    let reference = world.residence(1, "yes").await;
    let done = world.sent(reference).await;
    let order = simpul_services::application::PaymentOrder {
        reference,
        attempt: 1,
        amount: FEE,
        description: done.service.title.id.clone(),
    };
    use simpul_services::application::PaymentGateway;
    world.gateway.request(&order).await.unwrap();
    world.engine.citizen(&world.siti).pay(reference, MONDAY).await.unwrap();
    assert_eq!(world.gateway.counts(), (1, 2));
}

#[tokio::test]
async fn a_payment_service_that_is_away_loses_nothing() {
    let world = World::new();
    world.gateway.away(true);
    let reference = world.residence(1, "yes").await;
    world.sent(reference).await;
    let desk = world.engine.citizen(&world.siti);
    assert!(matches!(desk.pay(reference, MONDAY).await, Err(EngineError::Gateway(_))));
    assert_eq!(desk.load(reference).await.unwrap().application.state, State::Submitted);
    world.gateway.away(false);
    desk.pay(reference, MONDAY).await.unwrap();
}

#[tokio::test]
async fn a_payment_that_failed_is_asked_for_again() {
    let world = World::new();
    let (reference, payment) = paying(&world).await;
    for (status, attempt) in [(PaymentStatus::Failed, 2), (PaymentStatus::Expired, 3)] {
        let current = format!("pay-{reference}-{}", attempt - 1);
        world.gateway.set(&current, status);
        let done = world.engine.settle(reference, MONDAY).await.unwrap();
        assert_eq!(done.application.state, State::Submitted);
        let done = world.engine.citizen(&world.siti).pay(reference, MONDAY).await.unwrap();
        assert!(matches!(&done.application.state, State::Paying(p) if p.attempt == attempt && p.payment != payment));
    }
    assert_eq!(world.gateway.counts(), (3, 3));
}

#[tokio::test]
async fn another_amount_is_not_taken() {
    let world = World::new();
    let (reference, payment) = paying(&world).await;
    world.gateway.set(&payment, paid(FEE - 1));
    let outcome = world.engine.settle(reference, MONDAY).await;
    assert!(matches!(outcome, Err(EngineError::WrongAmount { asked: FEE, paid: 24_999 })));
    assert_eq!(world.engine.wake(MONDAY.plus(100_000 * DAY)).await.unwrap().len(), 0, "and keeps nobody else waiting");
}

/// Who takes an application back whose payment has come meets an office at work, not a lost payment.
#[tokio::test]
async fn what_was_paid_is_known_before_it_is_taken_back() {
    let world = World::new();
    let (reference, payment) = paying(&world).await;
    world.gateway.set(&payment, paid(FEE));
    let done = world.engine.citizen(&world.siti).withdraw(reference, "w", MONDAY).await.unwrap();
    assert_eq!(done.application.state, State::Withdrawn);
    assert_eq!(done.application.paid.as_deref(), Some("R-1"), "the receipt is there");
}

#[tokio::test]
async fn what_is_free_is_not_paid() {
    let world = World::new();
    let done = world.submitted(1).await;
    let outcome = world.engine.citizen(&world.siti).pay(done.application.reference, MONDAY).await;
    assert!(matches!(outcome, Err(EngineError::NothingToPay)));
    let draft = world.residence(2, "yes").await;
    let outcome = world.engine.citizen(&world.siti).pay(draft, MONDAY).await;
    assert!(matches!(outcome, Err(EngineError::NothingToPay)));
}
