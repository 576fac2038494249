//! The service `agreements`: the door of the desk, over the exchange.

use std::sync::Arc;

use async_trait::async_trait;
use simpul_core::limits;
use simpul_exchange::message::Request;
use simpul_exchange::ports::{Permitted, Recorded, ServiceReply};
use simpul_policy::Demand;

use super::{Answers, json};
use crate::agreements::{Door, Said};
use crate::role::web;

/// Asks the door of the desk.
pub(crate) struct Agreements(pub(crate) Arc<Door>);

#[async_trait]
impl Answers for Agreements {
    async fn answer(&self, request: &Recorded<Permitted<Request>>) -> ServiceReply {
        let message = request.message().message();
        let (asker, here) = (message.client().member().clone(), message.service().provider.member().clone());
        let door = Arc::clone(&self.0);
        let path = message.path().to_owned();
        let body = message.body().and_then(|body| body.data.as_ref()).map(|data| data.read());
        let said = match (message.method(), path.strip_prefix("/acts")) {
            ("POST", Some("")) => match web::read(body, limits::AGREEMENT_DELIVERY + 1).await {
                Ok(body) => waiting(move || door.post(&asker, &here, &body)).await,
                Err(_) => Said::problem(413, "more acts than one delivery may have"),
            },
            ("GET", Some(rest)) => match rest.strip_prefix('/') {
                Some(id) => {
                    let (id, query) = (id.to_owned(), message.head().query().map(str::to_owned));
                    match query.as_deref().map(|query| query.strip_prefix("after=").map(str::to_owned)) {
                        Some(None) => Said::problem(400, "the query is not `after=TIME`"),
                        after => {
                            let after = after.flatten();
                            waiting(move || door.get(&asker, &here, &id, after.as_deref())).await
                        }
                    }
                }
                None => Said::problem(404, "there is POST /acts and GET /acts/ID"),
            },
            _ => Said::problem(404, "there is POST /acts and GET /acts/ID"),
        };
        json(said.status, said.media, said.body)
    }
}

/// Files are waited for where waiting harms nobody.
async fn waiting(work: impl FnOnce() -> Said + Send + 'static) -> Said {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| Said::problem(500, "the acts could not be looked at"))
}
