//! A listener whose handler is a closure.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use simpul_exchange::call::{Answer, AnswerBody, ConsumerCall};
use simpul_io::listen::{self, Bounds, ConsumerHandler, Listener};
use simpul_io::tls::SystemAcceptor;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::http::{answer, collect};

/// A consumer port whose handler is a closure.
pub(crate) struct Port {
    pub(crate) at: SocketAddr,
    pub(crate) stop: CancellationToken,
    pub(crate) served: JoinHandle<()>,
}

impl Drop for Port {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

struct Handler<F>(F);

#[async_trait]
impl<F, R> ConsumerHandler for Handler<F>
where
    F: Fn(ConsumerCall) -> R + Send + Sync,
    R: Future<Output = Answer> + Send,
{
    async fn handle(&self, call: ConsumerCall) -> Answer {
        (self.0)(call).await
    }
}

pub(crate) async fn port<F, R>(bounds: Bounds, tls: Option<Arc<SystemAcceptor>>, handler: F) -> Port
where
    F: Fn(ConsumerCall) -> R + Send + Sync + 'static,
    R: Future<Output = Answer> + Send + 'static,
{
    let listener = Listener::bind(local()).await.unwrap();
    let (at, stop) = (listener.local_addr().unwrap(), CancellationToken::new());
    let served = tokio::spawn(listen::consumer(listener, tls, Arc::new(Handler(handler)), bounds, stop.clone()));
    Port { at, stop, served }
}

/// Bounds that are generous enough for a slow machine; tests make the one they test small.
pub(crate) fn bounds() -> Bounds {
    Bounds { grace: Duration::from_secs(5), ..Bounds::default() }
}

pub(crate) fn local() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

pub(crate) fn text(status: u16, text: impl Into<Bytes>) -> Answer {
    answer(status, &[], AnswerBody::Whole(text.into()))
}

/// Answers with what reached the handler: method, target, headers, body.
pub(crate) async fn echo(call: ConsumerCall) -> Answer {
    let mut said = format!("{} {}\n", call.method, call.target);
    for (name, value) in &call.headers {
        said.push_str(&format!("{name}={}\n", String::from_utf8_lossy(value)));
    }
    match call.body {
        None => said.push_str("no body"),
        Some(body) => said.push_str(&String::from_utf8(collect(body).await.unwrap()).unwrap()),
    }
    text(200, said)
}
