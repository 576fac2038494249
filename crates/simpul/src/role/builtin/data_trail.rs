//! `data-trail`: tells a portal who used a person's data.

use std::num::NonZeroUsize;
use std::sync::Arc;

use async_trait::async_trait;
use serde::Deserialize;
use simpul_core::{MemberId, ServiceId, UnixTime, limits};
use simpul_exchange::message::Request;
use simpul_exchange::ports::{Clock, Permitted, Recorded, ServiceReply};
use simpul_services::trail::{Page, Portals, Question, TrailError};
use simpul_trust::cert::Certificate;

use super::{Answers, json, problem};
use crate::role::persons::PersonsHere;
use crate::role::web;
use crate::verdict::chain;

/// The path of a question.
pub(crate) const PATH: &str = "/accesses";
/// Octets of a question: the assertion and the page.
const QUESTION: usize = limits::ASSERTION + 1024;

/// What a portal sends: `POST /accesses`, JSON.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    /// The assertion that the portal signed.
    assertion: String,
    /// Where the page before ended.
    #[serde(default)]
    after: Option<String>,
    /// The most accesses of the page.
    #[serde(default = "most")]
    limit: NonZeroUsize,
}

fn most() -> NonZeroUsize {
    NonZeroUsize::MIN.saturating_add(limits::TRAIL_PAGE - 1)
}

/// The data trail of one holder.
pub(crate) struct DataTrail {
    service: ServiceId,
    persons: PersonsHere,
    portals: Arc<[MemberId]>,
    clock: Arc<dyn Clock>,
}

impl DataTrail {
    /// The trail that `service` answers from, to these members.
    pub(crate) fn new(
        service: ServiceId,
        persons: PersonsHere,
        portals: Arc<[MemberId]>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { service, persons, portals, clock }
    }

    async fn page(&self, request: &Recorded<Permitted<Request>>, asked: &Asked) -> Result<Vec<u8>, Refused> {
        let facts = request.message().facts();
        let portals = Arc::new(Sealed {
            allowed: Arc::clone(&self.portals),
            member: facts.member.clone(),
            certificate: facts.signer.clone(),
        });
        let trail = self.persons.trail(&self.service, portals).ok_or(Refused::Closed)?;
        let after = asked.after.as_deref().map(str::parse).transpose().map_err(|_| Refused::Malformed)?;
        let question = Question {
            assertion: &asked.assertion,
            asker: &facts.member,
            agreement: request.grant().agreement.as_ref().map(|agreement| &agreement.digest),
            page: Page { after, limit: asked.limit },
        };
        let answer = trail.answer(&question, self.clock.now()).await.map_err(Refused::Trail)?;
        Ok(answer.to_json())
    }
}

/// Why nothing is told.
enum Refused {
    Malformed,
    Closed,
    Trail(TrailError),
}

#[async_trait]
impl Answers for DataTrail {
    async fn answer(&self, request: &Recorded<Permitted<Request>>) -> ServiceReply {
        let message = request.message().message();
        match (message.head().method(), message.head().service_path()) {
            ("POST", PATH) => {}
            (_, PATH) => return problem(405, "a question is a POST"),
            _ => return problem(404, "questions are asked at /accesses"),
        }
        let body = message.body().and_then(|body| body.data.as_ref()).map(|data| data.read());
        let asked = web::read(body, QUESTION).await.ok().and_then(|body| serde_json::from_slice::<Asked>(&body).ok());
        let Some(asked) = asked else { return problem(400, "not a question of a portal") };
        match self.page(request, &asked).await {
            Ok(page) => json(200, "application/json", page),
            Err(Refused::Malformed) => problem(400, "not a question of a portal"),
            Err(Refused::Closed) => problem(503, "the data trail is not available"),
            Err(Refused::Trail(error)) => {
                let cause = chain(&error);
                match &error {
                    TrailError::Assertion(_) => {
                        tracing::warn!(cause, "a portal was refused");
                        problem(403, "the assertion is refused")
                    }
                    TrailError::OtherHolder(_)
                    | TrailError::NoMonth
                    | TrailError::NotSettled(_)
                    | TrailError::Key(_)
                    | TrailError::Store(_) => {
                        tracing::error!(cause, "a portal could not be answered");
                        problem(503, "the data trail is not available")
                    }
                }
            }
        }
    }
}

/// A portal that the operator names, and the key that sealed its question: its certificate was judged with the seal,
/// under the global configuration in force and with the OCSP response of this moment.
struct Sealed {
    allowed: Arc<[MemberId]>,
    member: MemberId,
    certificate: Certificate,
}

impl Portals for Sealed {
    fn certificate(&self, member: &MemberId, sha256: &[u8; 32], _: UnixTime) -> Option<Certificate> {
        let holds = self.allowed.contains(member) && *member == self.member && self.certificate.sha256() == *sha256;
        holds.then(|| self.certificate.clone())
    }
}
