//! The consumer port: calls of information systems (wire.md §2), by HTTP or HTTPS (§9.3).

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio_util::sync::CancellationToken;

use super::bounds::Bounds;
use super::connection::{App, Asked, Visitor};
use super::serve::{Listener, serve};
use crate::tls::{Acceptor, SystemAcceptor};
use simpul_exchange::call::{Answer, Caller, ConsumerCall};

/// Answers the calls of information systems.
#[async_trait]
pub trait ConsumerHandler: Send + Sync {
    /// Answers one call. Runs to its end even if the caller goes away.
    async fn handle(&self, call: ConsumerCall) -> Answer;
}

/// Serves the consumer port until `stop`, then lets running exchanges end within the bounds' grace period. With
/// `tls` it is the HTTPS port, else the HTTP port.
pub async fn consumer(
    listener: Listener,
    tls: Option<Arc<SystemAcceptor>>,
    handler: Arc<dyn ConsumerHandler>,
    bounds: Bounds,
    stop: CancellationToken,
) {
    let acceptor = tls.map(|t| t as Arc<dyn Acceptor>);
    serve(listener, acceptor, Arc::new(ConsumerPort(handler)), bounds, stop).await;
}

struct ConsumerPort(Arc<dyn ConsumerHandler>);

impl App for ConsumerPort {
    fn answer(self: Arc<Self>, asked: Asked, visitor: Arc<Visitor>) -> BoxFuture<'static, Answer> {
        async move {
            let caller = match (visitor.tls, visitor.chain.first()) {
                (false, _) => Caller::Http,
                (true, None) => Caller::Tls,
                (true, Some(leaf)) => Caller::TlsWithCertificate(leaf.clone()),
            };
            let Asked { method, target, headers, body } = asked;
            self.0.handle(ConsumerCall { method, target, headers, caller, body }).await
        }
        .boxed()
    }
}
