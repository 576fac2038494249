//! `subject-keys`: the keys that subjects of requests to a provider are encrypted to.

use std::sync::Arc;

use async_trait::async_trait;
use simpul_exchange::message::Request;
use simpul_exchange::ports::{Clock, Permitted, Recorded, ServiceReply};

use super::{Answers, json, problem};
use crate::role::persons::ClientKeys;
use crate::verdict::chain;

/// The path of the set.
pub(crate) const PATH: &str = "/keys";

/// Answers `GET /keys` with a JWK Set (RFC 7517).
pub(crate) struct SubjectKeys {
    keys: Arc<ClientKeys>,
    clock: Arc<dyn Clock>,
}

impl SubjectKeys {
    /// The keys of one client.
    pub(crate) fn new(keys: Arc<ClientKeys>, clock: Arc<dyn Clock>) -> Self {
        Self { keys, clock }
    }
}

#[async_trait]
impl Answers for SubjectKeys {
    async fn answer(&self, request: &Recorded<Permitted<Request>>) -> ServiceReply {
        let head = request.message().message().head();
        match (head.method(), head.service_path()) {
            ("GET", PATH) => {}
            (_, PATH) => return problem(405, "only GET reads the keys"),
            _ => return problem(404, "the keys are at /keys"),
        }
        let set = self.keys.set(self.clock.now());
        match set.and_then(|set| set.to_json().map_err(crate::role::persons::KeyFileError::Set)) {
            Ok(set) => json(200, "application/jwk-set+json", set),
            Err(error) => {
                tracing::error!(cause = chain(&error), "the keys for tokens that name persons cannot be told");
                problem(503, "the keys cannot be told now")
            }
        }
    }
}
