//! The way from the consumer's server to the provider's, in one process: octets in channels, and obstacles.

use std::io;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use simpul_exchange::call::{Answer, AnswerBody, PeerCall};
use simpul_exchange::ports::{BodyStream, Headers, LinkError, PeerConnection, PeerLink, PeerReply};
use simpul_exchange::provider::Provider;
use simpul_trust::cert::Certificate;
use simpul_trust::conf::Route;
use tokio::sync::oneshot;

use super::octets::{Watched, collect};

/// What stands in the way of the next exchange.
pub(crate) enum Obstacle {
    /// No connection comes about.
    Closed(Failure),
    /// A connection comes about, and fails before anything is taken from it.
    Refuses(Failure),
    /// Whoever answers reads everything and says nothing; the connection's own patience ends it.
    Silent(Failure),
    /// Somebody else answers.
    Stranger(Stranger),
    /// The provider answers, and its whole answer is changed on the way.
    Changed(Box<dyn FnOnce(Said) -> PeerReply + Send>),
}

/// Makes the error of a link.
pub(crate) type Failure = fn() -> LinkError;

/// Answers in the provider's place.
pub(crate) type Stranger = Box<dyn FnOnce(PeerCall) -> BoxFuture<'static, Result<PeerReply, LinkError>> + Send>;

/// A provider's answer, collected.
pub(crate) struct Said {
    pub(crate) status: u16,
    pub(crate) headers: Headers,
    pub(crate) body: Bytes,
}

impl Said {
    /// The same answer with another body.
    pub(crate) fn with(self, body: BodyStream) -> PeerReply {
        PeerReply { status: self.status, headers: self.headers, body }
    }

    pub(crate) fn content_type(&self) -> &str {
        let (_, value) = self.headers.iter().find(|(name, _)| name == "content-type").unwrap();
        std::str::from_utf8(value).unwrap()
    }
}

/// The link between the two servers.
pub(crate) struct Road {
    provider: Arc<Provider>,
    own_chain: Mutex<Vec<Certificate>>,
    state: Arc<Mutex<State>>,
}

struct State {
    peer_chain: Vec<Certificate>,
    obstacle: Option<Obstacle>,
    /// Addresses of each route that was opened.
    opened: Vec<Vec<String>>,
    headers: Headers,
    sent: Watched,
    answered: Watched,
}

impl Road {
    pub(crate) fn new(provider: Arc<Provider>, own_chain: Vec<Certificate>, peer_chain: Vec<Certificate>) -> Self {
        let state = State {
            peer_chain,
            obstacle: None,
            opened: Vec::new(),
            headers: Vec::new(),
            sent: Watched::default(),
            answered: Watched::default(),
        };
        Self { provider, own_chain: Mutex::new(own_chain), state: Arc::new(Mutex::new(state)) }
    }

    /// Puts an obstacle in the way of the next exchange.
    pub(crate) fn next(&self, obstacle: Obstacle) {
        self.state.lock().unwrap().obstacle = Some(obstacle);
    }

    /// The next exchange gets this answer whatever it sends.
    pub(crate) fn next_answer(&self, status: u16, headers: Headers, body: BodyStream) {
        let answer =
            move |_| -> BoxFuture<'static, _> { Box::pin(async move { Ok(PeerReply { status, headers, body }) }) };
        self.next(Obstacle::Stranger(Box::new(answer)));
    }

    /// The next exchange gets no answer; what it sends can be taken here.
    pub(crate) fn next_holds(&self) -> oneshot::Receiver<BodyStream> {
        let (hold, held) = oneshot::channel();
        self.next(Obstacle::Stranger(Box::new(move |call| {
            // Whoever does not look lets it go.
            let _ = hold.send(call.body);
            Box::pin(std::future::pending())
        })));
        held
    }

    /// The answer of the next exchange is changed on its way.
    pub(crate) fn next_changed(&self, change: impl FnOnce(Said) -> PeerReply + Send + 'static) {
        self.next(Obstacle::Changed(Box::new(change)));
    }

    /// From now on the peer presents this chain.
    pub(crate) fn peer_presents(&self, chain: Vec<Certificate>) {
        self.state.lock().unwrap().peer_chain = chain;
    }

    /// From now on the own server has this chain.
    pub(crate) fn own_presents(&self, chain: Vec<Certificate>) {
        *self.own_chain.lock().unwrap() = chain;
    }

    /// Addresses of each route that was opened.
    pub(crate) fn opened(&self) -> Vec<Vec<String>> {
        self.state.lock().unwrap().opened.clone()
    }

    /// Transport headers of the last exchange.
    pub(crate) fn headers(&self) -> Headers {
        self.state.lock().unwrap().headers.clone()
    }

    /// What the other side took of the last request.
    pub(crate) fn sent(&self) -> Watched {
        self.state.lock().unwrap().sent.clone()
    }

    /// What the consumer took of the last answer.
    pub(crate) fn answered(&self) -> Watched {
        self.state.lock().unwrap().answered.clone()
    }
}

#[async_trait]
impl PeerLink for Road {
    async fn open(&self, route: &Route) -> Result<Box<dyn PeerConnection>, LinkError> {
        let mut state = self.state.lock().unwrap();
        state.opened.push(route.targets.iter().map(|t| t.address.clone()).collect());
        (state.sent, state.answered) = (Watched::default(), Watched::default());
        if let Some(Obstacle::Closed(error)) = state.obstacle {
            state.obstacle = None;
            return Err(error());
        }
        Ok(Box::new(Lane {
            address: route.targets[0].address.clone(),
            peer_chain: state.peer_chain.clone(),
            own_chain: self.own_chain(),
            provider: Arc::clone(&self.provider),
            state: Arc::clone(&self.state),
        }))
    }

    fn own_chain(&self) -> Vec<Certificate> {
        self.own_chain.lock().unwrap().clone()
    }
}

/// One connection.
struct Lane {
    address: String,
    peer_chain: Vec<Certificate>,
    own_chain: Vec<Certificate>,
    provider: Arc<Provider>,
    state: Arc<Mutex<State>>,
}

#[async_trait]
impl PeerConnection for Lane {
    fn address(&self) -> &str {
        &self.address
    }

    fn peer_chain(&self) -> &[Certificate] {
        &self.peer_chain
    }

    async fn send(self: Box<Self>, headers: Headers, body: BodyStream) -> Result<PeerReply, LinkError> {
        let (obstacle, sent, answered) = {
            let mut state = self.state.lock().unwrap();
            state.headers.clone_from(&headers);
            (state.obstacle.take(), state.sent.clone(), state.answered.clone())
        };
        let body = sent.watch(body);
        let call = PeerCall { method: "POST".to_owned(), headers, chain: self.own_chain, body };
        let reply = match obstacle {
            None | Some(Obstacle::Closed(_)) => reply(self.provider.answer(call).await),
            Some(Obstacle::Refuses(error)) => return Err(error()),
            Some(Obstacle::Silent(error)) => {
                collect(call.body).await;
                return Err(error());
            }
            Some(Obstacle::Stranger(answer)) => answer(call).await?,
            Some(Obstacle::Changed(change)) => {
                let PeerReply { status, headers, body } = reply(self.provider.answer(call).await);
                let (body, end) = collect(body).await;
                assert!(end.is_none(), "the provider's own answer is whole");
                change(Said { status, headers, body })
            }
        };
        Ok(PeerReply { body: answered.watch(reply.body), ..reply })
    }
}

/// An answer as HTTP brings it to the consumer.
pub(crate) fn reply(answer: Answer) -> PeerReply {
    let Answer { status, headers, body, .. } = answer;
    let body = match body {
        AnswerBody::Empty => super::octets::octets::<Bytes>([]),
        AnswerBody::Whole(octets) => super::octets::octets([octets]),
        AnswerBody::Spooled(entry) => entry.read(),
        AnswerBody::Stream(stream) => stream,
    };
    PeerReply { status, headers, body }
}

pub(crate) fn unreachable() -> LinkError {
    LinkError::Network { to: "my.lab.example:5500".to_owned(), cause: io::ErrorKind::ConnectionRefused.into() }
}

pub(crate) fn unknown_host() -> LinkError {
    LinkError::UnknownHost { host: "my.lab.example".to_owned(), cause: io::ErrorKind::NotFound.into() }
}

pub(crate) fn no_handshake() -> LinkError {
    LinkError::Tls { to: "my.lab.example:5500".to_owned(), cause: io::ErrorKind::InvalidData.into() }
}

pub(crate) fn no_http() -> LinkError {
    LinkError::Http { from: "my.lab.example:5500".to_owned(), why: "no status line".to_owned() }
}

pub(crate) fn too_slow() -> LinkError {
    LinkError::TimedOut { from: "my.lab.example:5500".to_owned(), seconds: 120 }
}
