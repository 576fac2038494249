//! Topics, their rings, and who listens.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use simpul_core::limits;
use simpul_exchange::ports::Randomness;
use tokio::sync::broadcast;

use super::Event;

/// Where events are published and streams begin. Cloning shares it.
#[derive(Clone)]
pub struct Live {
    /// Names this run of the node in ids: numbers begin anew with it.
    epoch: Arc<str>,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    topics: HashMap<String, Topic>,
    /// Counts uses, so that the topic longest unused is known.
    turn: u64,
    streams: usize,
    of_owner: HashMap<String, usize>,
}

struct Topic {
    last: u64,
    ring: VecDeque<(u64, Bytes)>,
    sender: broadcast::Sender<Bytes>,
    used: u64,
}

/// Why there is no stream, or no event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LiveError {
    /// Too many streams are open, of all or of this session.
    #[error("too many live pages are open")]
    TooMany,
    /// An event is larger than [`limits::LIVE_EVENT`].
    #[error("an event of a live page is too large")]
    TooLarge,
}

/// How far a subscription caught up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caught {
    /// Nothing was missed, or all of it is here.
    All,
    /// Something may be missing: send the present state first.
    Gap,
}

/// Someone who listens. Dropping it makes room.
pub struct Subscription {
    /// Events that were missed, as they go on the wire.
    pub missed: VecDeque<Bytes>,
    /// Whether that is all.
    pub caught: Caught,
    /// The id of the newest event: the one under which a present state goes.
    pub newest: String,
    pub(super) receiver: broadcast::Receiver<Bytes>,
    _place: Place,
}

struct Place {
    owner: Option<String>,
    state: Arc<Mutex<State>>,
}

impl Live {
    /// Without topics.
    #[must_use]
    pub fn new(random: &dyn Randomness) -> Self {
        let mut bytes = [0; 6];
        random.fill(&mut bytes);
        let epoch: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        Self { epoch: epoch.into(), state: Arc::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Publishes events of a topic, in their order. Nobody need listen.
    ///
    /// # Errors
    /// When an event is too large; then none is published.
    pub fn publish(&self, topic: &str, events: &[Event]) -> Result<(), LiveError> {
        if events.iter().any(|event| !event.fits()) {
            return Err(LiveError::TooLarge);
        }
        let mut state = self.state();
        let topic = state.topic(topic);
        for event in events {
            topic.last += 1;
            let frame = event.frame(&format!("{}-{}", self.epoch, topic.last));
            topic.ring.push_back((topic.last, frame.clone()));
            if topic.ring.len() > limits::LIVE_RING {
                topic.ring.pop_front();
            }
            // An error says that nobody listens.
            let _ = topic.sender.send(frame);
        }
        Ok(())
    }

    /// Listens to a topic. `owner` is whose stream it is, such as a session's handle, if anybody's; `last` is what the browser says
    /// it has (`Last-Event-ID`).
    ///
    /// # Errors
    /// When too many streams are open, of all or of this owner.
    pub fn subscribe(&self, topic: &str, owner: Option<&str>, last: Option<&str>) -> Result<Subscription, LiveError> {
        let mut state = self.state();
        let of_owner = owner.and_then(|owner| state.of_owner.get(owner)).copied().unwrap_or_default();
        if state.streams >= limits::LIVE_STREAMS || of_owner >= limits::LIVE_STREAMS_OF_ONE {
            return Err(LiveError::TooMany);
        }
        state.streams += 1;
        if let Some(owner) = owner {
            state.of_owner.insert(owner.to_owned(), of_owner + 1);
        }
        let place = Place { owner: owner.map(str::to_owned), state: Arc::clone(&self.state) };
        let topic = state.topic(topic);
        // Listening begins under the same lock as catching up: no event falls between.
        let receiver = topic.sender.subscribe();
        let seen = last.and_then(|id| id.strip_prefix(&*self.epoch)?.strip_prefix('-')?.parse::<u64>().ok());
        let seen =
            seen.filter(|seen| *seen <= topic.last && topic.ring.front().is_none_or(|(first, _)| seen + 1 >= *first));
        let (missed, caught) = match seen {
            Some(seen) => {
                (topic.ring.iter().filter(|(n, _)| *n > seen).map(|(_, frame)| frame.clone()).collect(), Caught::All)
            }
            None => (VecDeque::new(), Caught::Gap),
        };
        let newest = format!("{}-{}", self.epoch, topic.last);
        Ok(Subscription { missed, caught, newest, receiver, _place: place })
    }

    /// How many streams are open.
    #[must_use]
    pub fn streams(&self) -> usize {
        self.state().streams
    }
}

impl State {
    /// The topic, made if there is none. To make room the one that was unused longest and has no listeners goes; its
    /// readers see a gap and get the present state.
    fn topic(&mut self, name: &str) -> &mut Topic {
        self.turn += 1;
        let turn = self.turn;
        if !self.topics.contains_key(name) && self.topics.len() >= limits::LIVE_TOPICS {
            let idle = self.topics.iter().filter(|(_, topic)| topic.sender.receiver_count() == 0);
            if let Some(longest) = idle.min_by_key(|(_, topic)| topic.used).map(|(name, _)| name.clone()) {
                self.topics.remove(&longest);
            }
        }
        let topic = self.topics.entry(name.to_owned()).or_insert_with(|| Topic {
            // Numbers of a topic that comes again do not repeat: they begin at the turn.
            last: turn,
            ring: VecDeque::new(),
            sender: broadcast::channel(limits::LIVE_RING).0,
            used: turn,
        });
        topic.used = turn;
        topic
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.streams = state.streams.saturating_sub(1);
        let Some(owner) = &self.owner else { return };
        let left = state.of_owner.get_mut(owner).map(|count| {
            *count = count.saturating_sub(1);
            *count
        });
        if left == Some(0) {
            state.of_owner.remove(owner);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::CountingRandom;
    use crate::text::{Lang, Msg};

    fn live() -> Live {
        Live::new(&CountingRandom::default())
    }

    fn say(text: &str) -> Event {
        Event::say(&Msg::new(Lang::Id, Lang::Id, text))
    }

    fn missed(subscription: &Subscription) -> Vec<String> {
        let text = |frame: &Bytes| String::from_utf8(frame.to_vec()).unwrap();
        let data =
            |frame: String| frame.lines().find_map(|line| line.strip_prefix("data: ").map(str::to_owned)).unwrap();
        subscription.missed.iter().map(|frame| data(text(frame))).collect()
    }

    #[test]
    fn what_was_missed_comes_after_what_was_seen() {
        let live = live();
        let start = live.subscribe("a", Some("s"), None).unwrap();
        assert_eq!(start.caught, Caught::Gap, "whoever has nothing gets the present state");
        live.publish("a", &[say("one"), say("two"), say("three")]).unwrap();
        live.publish("b", &[say("other")]).unwrap();
        let again = live.subscribe("a", Some("s"), Some(&start.newest)).unwrap();
        assert_eq!((missed(&again), again.caught), (vec!["one".into(), "two".into(), "three".into()], Caught::All));
        let up_to_date = live.subscribe("a", Some("s"), Some(&again.newest)).unwrap();
        assert_eq!((missed(&up_to_date), up_to_date.caught), (vec![], Caught::All));
    }

    #[test]
    fn a_ring_that_no_longer_reaches_is_a_gap() {
        let live = live();
        let start = live.subscribe("a", Some("s"), None).unwrap();
        let events: Vec<Event> = (0..limits::LIVE_RING).map(|n| say(&n.to_string())).collect();
        live.publish("a", &events).unwrap();
        assert_eq!(
            live.subscribe("a", Some("s"), Some(&start.newest)).unwrap().caught,
            Caught::All,
            "exactly the ring"
        );
        live.publish("a", &[say("one more")]).unwrap();
        let late = live.subscribe("a", Some("s"), Some(&start.newest)).unwrap();
        assert_eq!((late.caught, late.missed.len()), (Caught::Gap, 0));
    }

    #[test]
    fn ids_of_another_run_or_of_nobody_are_a_gap() {
        let live = live();
        live.publish("a", &[say("one")]).unwrap();
        let newest = live.subscribe("a", Some("s"), None).unwrap().newest;
        for id in ["", "1", "ffffffffffff-1", &newest.replace('-', ""), &format!("{newest}0"), "x-y"] {
            assert_eq!(live.subscribe("a", Some("s"), Some(id)).unwrap().caught, Caught::Gap, "{id}");
        }
    }

    #[test]
    fn streams_are_bounded_and_make_room() {
        let live = live();
        let mine: Vec<_> =
            (0..limits::LIVE_STREAMS_OF_ONE).map(|_| live.subscribe("a", Some("me"), None).unwrap()).collect();
        assert_eq!(live.subscribe("a", Some("me"), None).err(), Some(LiveError::TooMany));
        assert!(live.subscribe("a", Some("you"), None).is_ok());
        drop(mine);
        let all: Vec<_> = (0..limits::LIVE_STREAMS).map(|_| live.subscribe("a", None, None).unwrap()).collect();
        assert_eq!(live.subscribe("a", None, None).err(), Some(LiveError::TooMany));
        drop(all);
        assert_eq!(live.streams(), 0);
        assert!(live.state().of_owner.is_empty());
    }

    #[test]
    fn topics_are_bounded_and_those_in_use_stay() {
        let live = live();
        let kept = live.subscribe("kept", Some("s"), None).unwrap();
        for n in 0..=limits::LIVE_TOPICS {
            live.publish(&n.to_string(), &[]).unwrap();
        }
        let state = live.state();
        assert_eq!(state.topics.len(), limits::LIVE_TOPICS);
        assert!(state.topics.contains_key("kept") && !state.topics.contains_key("0"));
        drop(state);
        drop(kept);
    }

    #[test]
    fn an_event_has_a_bound() {
        let live = live();
        assert!(live.publish("a", &[say(&"x".repeat(limits::LIVE_EVENT))]).is_ok());
        assert_eq!(live.publish("a", &[say(&"x".repeat(limits::LIVE_EVENT + 1))]), Err(LiveError::TooLarge));
    }
}
