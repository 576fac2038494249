//! The body of a stream.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

use super::{Caught, Event, Subscription};

/// How long one stream lasts. The browser then comes back, and its session and rights are judged anew: whoever signed
/// out or lost a right hears no more after this.
pub const MAX_AGE: Duration = Duration::from_secs(10 * 60);

/// A comment this often keeps proxies from closing a silent stream, and shows us a browser that went.
const KEEP_ALIVE: Duration = Duration::from_secs(20);

/// How long a browser waits before it comes back.
const RETRY: Bytes = Bytes::from_static(b"retry: 5000\n\n");

struct Flow {
    waiting: VecDeque<Bytes>,
    subscription: Subscription,
    ticks: Interval,
    ends: Instant,
}

/// A `text/event-stream` of a subscription. `present` makes the events that show the present state; it is asked only
/// when something may have been missed.
#[must_use]
pub fn stream(mut subscription: Subscription, present: impl FnOnce() -> Vec<Event>) -> Response {
    let mut waiting = VecDeque::from([RETRY]);
    match subscription.caught {
        Caught::All => waiting.append(&mut subscription.missed),
        Caught::Gap => waiting.extend(present().iter().map(|event| event.frame(&subscription.newest))),
    }
    let now = Instant::now();
    let mut ticks = interval_at(now + KEEP_ALIVE, KEEP_ALIVE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let flow = Flow { waiting, subscription, ticks, ends: now + MAX_AGE };
    let body = Body::from_stream(stream::unfold(flow, async |mut flow| {
        let next = flow.next().await?;
        Some((Ok::<_, Infallible>(next), flow))
    }));
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

impl Flow {
    /// The next octets; `None` ends the stream.
    async fn next(&mut self) -> Option<Bytes> {
        if let Some(next) = self.waiting.pop_front() {
            return Some(next);
        }
        tokio::select! {
            biased;
            () = tokio::time::sleep_until(self.ends) => None,
            // Whoever is too slow to keep up is cut off, comes back, and gets the present state.
            event = self.subscription.receiver.recv() => event.ok(),
            _ = self.ticks.tick() => Some(Bytes::from_static(b": here\n\n")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::Live;
    use crate::testing::CountingRandom;
    use crate::text::{Lang, Msg};
    use futures_util::StreamExt as _;

    fn say(text: &str) -> Event {
        Event::say(&Msg::new(Lang::Id, Lang::Id, text))
    }

    async fn frames(body: Body, count: usize) -> Vec<String> {
        let frames: Vec<_> = body.into_data_stream().take(count).collect().await;
        frames.into_iter().map(|frame| String::from_utf8(frame.unwrap().to_vec()).unwrap()).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn the_present_state_comes_first_then_events_then_signs_of_life() {
        let live = Live::new(&CountingRandom::default());
        let subscription = live.subscribe("a", Some("s"), None).unwrap();
        let newest = subscription.newest.clone();
        let response = stream(subscription, || vec![say("now")]);
        assert_eq!(response.headers()[CONTENT_TYPE], "text/event-stream");
        live.publish("a", &[say("then")]).unwrap();
        let got = frames(response.into_body(), 4).await;
        assert_eq!(got[0], "retry: 5000\n\n");
        assert_eq!(got[1], format!("id: {newest}\nevent: say\ndata: now\n\n"));
        assert!(got[2].ends_with("event: say\ndata: then\n\n"), "{}", got[2]);
        assert_eq!(got[3], ": here\n\n");
        assert_eq!(live.streams(), 0, "the body was dropped");
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_ends_and_is_asked_for_anew() {
        let live = Live::new(&CountingRandom::default());
        let subscription = live.subscribe("a", Some("s"), None).unwrap();
        let got = frames(stream(subscription, Vec::new).into_body(), 1000).await;
        assert_eq!(got.len(), 1 + 29, "one sign of life each 20 s, until 10 minutes are over");
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_missed_nothing_gets_no_state_again() {
        let live = Live::new(&CountingRandom::default());
        let newest = live.subscribe("a", Some("s"), None).unwrap().newest;
        live.publish("a", &[say("one")]).unwrap();
        let subscription = live.subscribe("a", Some("s"), Some(&newest)).unwrap();
        let got = frames(stream(subscription, || panic!("not asked")).into_body(), 2).await;
        assert!(got[1].ends_with("data: one\n\n"));
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_is_too_slow_is_cut_off() {
        let live = Live::new(&CountingRandom::default());
        let subscription = live.subscribe("a", Some("s"), None).unwrap();
        let response = stream(subscription, Vec::new);
        let events: Vec<Event> = (0..=simpul_core::limits::LIVE_RING).map(|n| say(&n.to_string())).collect();
        live.publish("a", &events).unwrap();
        assert_eq!(frames(response.into_body(), 1000).await, ["retry: 5000\n\n"]);
    }
}
