//! The peer port: messages of other security servers over mutual TLS (wire.md §3).

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, stream};
use tokio_util::sync::CancellationToken;

use super::bounds::Bounds;
use super::connection::{App, Asked, Visitor};
use super::serve::{Listener, serve};
use crate::tls::PeerAcceptor;
use simpul_exchange::call::{Answer, PeerCall};

/// Answers the messages of peers.
#[async_trait]
pub trait PeerHandler: Send + Sync {
    /// Answers one message. Runs to its end even if the peer goes away.
    async fn handle(&self, call: PeerCall) -> Answer;
}

/// Serves the peer port until `stop`, then lets running exchanges end within the bounds' grace period.
pub async fn peer(
    listener: Listener,
    tls: Arc<PeerAcceptor>,
    handler: Arc<dyn PeerHandler>,
    bounds: Bounds,
    stop: CancellationToken,
) {
    serve(listener, Some(tls), Arc::new(PeerPort(handler)), bounds, stop).await;
}

struct PeerPort(Arc<dyn PeerHandler>);

impl App for PeerPort {
    fn answer(self: Arc<Self>, asked: Asked, visitor: Arc<Visitor>) -> BoxFuture<'static, Answer> {
        async move {
            let Asked { method, headers, body, .. } = asked;
            let body = body.unwrap_or_else(|| Box::pin(stream::empty()));
            self.0.handle(PeerCall { method, headers, chain: visitor.chain.clone(), body }).await
        }
        .boxed()
    }
}
