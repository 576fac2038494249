//! Nothing hangs and nothing is left over: early answers, peers that stop reading, callers and peers that go away.
//! The clock of these tests stands still and jumps when nothing else can happen, so a hang is seen at once.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use simpul_core::DigestAlgorithm;
use simpul_exchange::ports::{BodyError, BodyStream, PeerReply};
use simpul_wire::transport::Direction;
use tokio::sync::oneshot;

use crate::federation::calls::{Reply, call, get, with_body};
use crate::federation::forge::{self, Message};
use crate::federation::octets::{Watched, broken, collect, octets, stalled};
use crate::federation::road::{Obstacle, Stranger, reply};
use crate::federation::{CLIENT, Federation};

/// Longer than anything here may take by the clock that stands still.
const PATIENCE: Duration = Duration::from_secs(3600);

/// Relays a call with a body, and fails if that never ends.
async fn relay(federation: &Federation, service: &str, body: BodyStream) -> Reply {
    let call = with_body(call("POST", service, CLIENT), body);
    tokio::time::timeout(PATIENCE, federation.relay(call)).await.expect("the call ends")
}

/// A body that goes on for ever, as fast as it is taken.
fn endless() -> BodyStream {
    Box::pin(stream::repeat_with(|| Ok(Bytes::from_static(&[0; 1024]))))
}

/// One peer's silence is not another call's delay (I6).
#[tokio::test(start_paused = true)]
async fn a_silent_peer_holds_up_nobody_else() {
    let federation = Federation::new().await;
    let _held = federation.road.next_holds();
    let mut silent = pin!(federation.relay(get("/1")));
    assert!(with_time(silent.as_mut()).await.is_none());
    let other = with_time(relay(&federation, "persons", octets(["a body"]))).await.expect("no time passes");
    assert_eq!(other.status, 200);
    assert!(with_time(silent).await.is_none(), "it waits as long as its link has patience");
}

/// wire.md §3.10: the provider judges who asks, and for what, before it reads the body.
#[tokio::test(start_paused = true)]
async fn a_fault_ends_a_call_whose_body_is_still_coming() {
    for body in [endless, || stalled(["the first of many"])] {
        let federation = Federation::new().await;
        let answer = relay(&federation, "marriages", body()).await;
        assert_eq!((answer.status, answer.error()), (500, Some("server.serverproxy.unknown_service")));
        assert!(!federation.road.sent().has_seal());
        assert_eq!(federation.logged().await, [0, 0]);
    }
}

/// A whole answer of somebody who has not seen the request.
fn premature(message: &Message) -> (Vec<(String, Bytes)>, BodyStream) {
    let (content_type, body) = forge::stream(message, Direction::Response);
    (vec![("content-type".to_owned(), content_type.into())], body)
}

/// Nobody can answer what was not sent: a whole answer to half a request is wrong, whether its sender stops reading
/// or only does not read.
#[tokio::test(start_paused = true)]
async fn an_answer_to_half_a_request_is_refused() {
    for keeps_the_request in [false, true] {
        for body in [endless, || stalled(["the first of many"])] {
            let federation = Federation::new().await;
            let request = federation.request("POST", "persons", None).await;
            let mut answer = forge::answer_to(&request, Some("PAYLOAD"), DigestAlgorithm::Sha512);
            federation.seal(&mut answer, crate::federation::PROVIDER).await;
            let (headers, answer) = premature(&answer);
            let (hold, held) = oneshot::channel();
            let stranger: Stranger = Box::new(move |call| {
                Box::pin(async move {
                    if keeps_the_request {
                        assert!(hold.send(call.body).is_ok());
                    }
                    Ok(PeerReply { status: 200, headers, body: answer })
                })
            });
            federation.road.next(Obstacle::Stranger(stranger));
            let answer = relay(&federation, "persons", body()).await;
            assert_eq!((answer.status, answer.error()), (500, Some("server.clientproxy.inconsistent_response")));
            assert!(!answer.text().contains("PAYLOAD"));
            assert_eq!(federation.logged().await, [0, 0]);
            assert_eq!(federation.id.spool.entries(), 0);
            drop(held);
        }
    }
}

/// A call that fails is answered at once, even when the peer takes nothing and the way to it is full; and what the
/// peer takes later does not end like a message.
#[tokio::test(start_paused = true)]
async fn a_call_that_fails_does_not_wait_for_its_peer() {
    let federation = Federation::new().await;
    let held = federation.road.next_holds();
    // An OCSP response, the block, the beginning of the body and this: as much as may wait on the way. The caller
    // breaks off when all of it does.
    let (breaks, broke) = oneshot::channel();
    let chunk = stream::iter([Ok(Bytes::from_static(b"chunk"))]);
    let body = chunk.chain(stream::once(async move {
        broke.await.unwrap();
        Err(broken())
    }));
    let call = with_body(call("POST", "persons", CLIENT), Box::pin(body));
    let mut relay = pin!(federation.relay(call));
    assert!(with_time(relay.as_mut()).await.is_none(), "the caller has more to say");
    breaks.send(()).unwrap();
    let answer = with_time(relay).await.expect("the call ends at once");
    assert_eq!(answer.error(), Some("server.clientproxy.io_error"));
    let watched = Watched::default();
    let taken = collect(watched.watch(held.await.unwrap())).await;
    assert!(matches!(taken.1, Some(BodyError::Abandoned)), "{:?}", taken.1);
    assert!(!watched.has_seal());
}

/// A call that is given up ends the message to the peer as broken too.
#[tokio::test(start_paused = true)]
async fn a_call_that_is_given_up_does_not_end_like_a_message() {
    let federation = Federation::new().await;
    let held = federation.road.next_holds();
    let call = with_body(call("POST", "persons", CLIENT), stalled(["chunk"]));
    assert!(with_time(federation.consumer.relay(call)).await.is_none());
    let (_, end) = collect(held.await.unwrap()).await;
    assert!(matches!(end, Some(BodyError::Abandoned)), "{end:?}");
}

/// What a future gives before time has to pass for it.
async fn with_time<T>(future: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(Duration::from_secs(1), future).await.ok()
}

/// A peer that takes nothing makes this node take nothing: at most a few chunks wait in between (I5).
#[tokio::test(start_paused = true)]
async fn back_pressure_reaches_the_caller() {
    let federation = Federation::new().await;
    let _held = federation.road.next_holds();
    let taken = Watched::default();
    let call = with_body(call("POST", "persons", CLIENT), taken.watch(endless()));
    assert!(with_time(federation.consumer.relay(call)).await.is_none());
    assert!(taken.chunks() <= 8, "{} chunks were taken", taken.chunks());
}

#[tokio::test(start_paused = true)]
async fn back_pressure_reaches_the_service() {
    let federation = Federation::new().await;
    let taken = Watched::default();
    federation.register.next_body(taken.watch(endless()));
    let message = federation.request("GET", "persons", None).await;
    let (call, _) = forge::Sent::new(&federation, &message).call();
    let answer = reply(federation.provider.answer(call).await);
    settle().await;
    assert!(taken.chunks() <= 8, "{} chunks were taken", taken.chunks());
    drop(answer);
}

/// Lets every task do what it can.
async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

fn tasks() -> usize {
    tokio::runtime::Handle::current().metrics().num_alive_tasks()
}

/// A peer that goes away during the answer: the service's answer is dropped and no task goes on, whether the service
/// has more to say or says nothing.
#[tokio::test(start_paused = true)]
async fn a_peer_that_goes_away_leaves_no_task() {
    for body in [endless, || stalled(["the first of many"]), || stalled::<Bytes>([])] {
        let federation = Federation::new().await;
        settle().await;
        let before = tasks();
        let open = Arc::new(());
        let (kept, mut service) = (Arc::clone(&open), body());
        federation.register.next_body(Box::pin(stream::poll_fn(move |cx| {
            let _held_as_long_as_the_stream = &kept;
            service.as_mut().poll_next_unpin(cx)
        })));
        let message = federation.request("GET", "persons", None).await;
        let (call, _) = forge::Sent::new(&federation, &message).call();
        let mut answer = reply(federation.provider.answer(call).await);
        assert!(answer.body.next().await.is_some(), "the answer has begun");
        assert_eq!((tasks(), Arc::strong_count(&open)), (before + 1, 2));
        drop(answer);
        settle().await;
        assert_eq!((tasks(), Arc::strong_count(&open)), (before, 1), "nobody writes to nobody");
        assert_eq!(federation.my.records().await.len(), 1, "an answer that was not said is not in the log");
    }
}

/// The same from the other end: the caller gives up while the answer is coming.
#[tokio::test(start_paused = true)]
async fn a_caller_that_gives_up_leaves_no_task() {
    let federation = Federation::new().await;
    let before = tasks();
    federation.register.next_body(stalled(["the first of many"]));
    assert!(with_time(federation.consumer.relay(get("/1"))).await.is_none());
    settle().await;
    assert_eq!(tasks(), before);
    assert_eq!(federation.logged().await, [1, 1]);
    assert_eq!((federation.id.spool.entries(), federation.my.spool.entries()), (0, 0));
    // The next call finds everything in order.
    assert_eq!(federation.relay(get("/2")).await.status, 200);
    federation.audit().await;
}

#[tokio::test(start_paused = true)]
async fn a_finished_exchange_leaves_no_task() {
    let federation = Federation::new().await;
    let before = tasks();
    for _ in 0..3 {
        let answer = relay(&federation, "persons", octets(["a body"])).await;
        assert_eq!(answer.status, 200);
    }
    settle().await;
    assert_eq!(tasks(), before);
    assert_eq!((federation.id.spool.entries(), federation.my.spool.entries()), (0, 0));
}
