//! The consumer's side: a call of an information system here becomes a sealed request to the provider's security
//! server, and its sealed answer becomes the call's answer.

mod admit;
mod error;
mod receive;
mod send;

use std::sync::Arc;

use bytes::Bytes;
use simpul_core::{ClientId, Code, DigestAlgorithm, Fault};
use simpul_ledger::Side;
use simpul_policy::agreement::{self, Uncounted};
use simpul_policy::{Demand, Mode};
use simpul_trust::cert::Certificate;
use simpul_trust::conf::{GlobalConf, PeerRole};
use simpul_wire::rest::{self, Cited, RestRequest, RestResponse, Verdict};
use tracing::Instrument;

pub(crate) use self::admit::admit_caller;
pub use self::error::RelayError;
use crate::call::{Answer, AnswerBody, Caller, ConsumerCall};
use crate::message::{Ask, Response};
use crate::ports::{PeerLink, Ports};
use crate::server::ServerConf;
use crate::{record, sealing, trace};

/// Relays calls of the information systems of this server's clients.
pub struct Consumer {
    ports: Ports,
    peers: Arc<dyn PeerLink>,
}

impl Consumer {
    /// A consumer over these ports.
    #[must_use]
    pub fn new(ports: Ports, peers: Arc<dyn PeerLink>) -> Self {
        Self { ports, peers }
    }

    /// Relays one call and gives its answer: the provider's, or a fault in the form that the caller accepts
    /// (wire.md §2.6). The fault's detail is the trace id of the log line with the whole cause.
    pub async fn relay(&self, call: ConsumerCall) -> Answer {
        let trace = trace::uuid(self.ports.random.as_ref());
        let accept = accept(&call);
        let span = tracing::info_span!("relay", trace);
        match self.exchange(call).instrument(span).await {
            Ok(answer) => answer,
            Err(error) => self.refuse(&error, &trace, accept.as_deref()),
        }
    }

    /// Whether this caller may speak for a client here, as for a call (wire.md §2.4.2–3, §9.3).
    pub fn admit(&self, client: &ClientId, caller: &Caller) -> Result<(), RelayError> {
        admit_caller(&self.ports.server.current(), client, caller)
    }

    /// Answers a caller with a fault, in the form that it accepts. The fault's detail is the trace id of the log line
    /// with the whole cause.
    pub fn fault(&self, error: &(dyn std::error::Error + 'static), fault: Fault, accept: Option<&str>) -> Answer {
        self.told(error, fault, &trace::uuid(self.ports.random.as_ref()), accept)
    }

    /// The steps of PR-MESSTRANSP §3.2 and wire.md §2.4, in order.
    async fn exchange(&self, call: ConsumerCall) -> Result<Answer, RelayError> {
        let conf = self.conf_in_force()?;
        self.ports.ledger.check_timestamping(self.ports.clock.now()).map_err(RelayError::Timestamping)?;
        if self.peers.own_chain().is_empty() {
            return Err(RelayError::NoAuthCertificate);
        }
        let head = self.parse(&call)?;
        let server = self.ports.server.current();
        admit_caller(&server, head.client(), &call.caller)?;
        let route = conf.route(&head.service().provider, head.security_server(), self.ports.clock.now())?;
        self.foresee(&server, &head)?;
        sealing::context(&self.ports, head.client().member(), self.ports.clock.now()).map_err(RelayError::Sign)?;
        let link = self.peers.open(&route).await.map_err(RelayError::Link)?;
        self.check_peer(&conf, link.address().to_owned(), link.peer_chain().to_vec(), &head).await?;
        let (sent, (received, hash_algorithm)) = self.ask(link, head, call.body, &conf).await?;
        let verified = received.verify(&conf, self.ports.clock.now()).map_err(RelayError::Seal)?;
        let request = sent.message();
        rest::match_reply(request.head(), request.hash(hash_algorithm).as_bytes(), verified.message().head())
            .map_err(RelayError::Mismatch)?;
        self.check_verdict(&server, verified.message().head())?;
        let at = record::At { side: Side::Consumer, conf: &conf, now: self.ports.clock.now() };
        let kept = self.ports.ledger.record(verified, |v| record::response(&at, v.message(), v.seal())).await;
        let recorded = kept.map_err(RelayError::Log)?;
        Ok(render(recorded.message()))
    }

    /// The newest accepted configuration, without instances whose part of it has expired (wire.md §8.2).
    fn conf_in_force(&self) -> Result<GlobalConf, RelayError> {
        let now = self.ports.clock.now();
        let conf = self.ports.conf.current().ok_or(RelayError::NoConf)?.as_of(now);
        conf.check_fresh(now).map_err(RelayError::Conf)?;
        Ok(conf)
    }

    /// Refuses early what the provider will refuse: where this server demands an agreement, one must allow the call. The
    /// provider decides, and counts volumes.
    fn foresee(&self, server: &ServerConf, head: &RestRequest) -> Result<(), RelayError> {
        let ask = Ask(head);
        if server.modes.of(&head.service().provider, head.service()) == Mode::AccessRightsOnly {
            return Ok(());
        }
        let agreements = self.ports.agreements.current();
        let foreseen = agreements.decide(&ask, &ask.context(), &Uncounted, self.ports.clock.now());
        foreseen.map(drop).map_err(|refusal| RelayError::NotAgreed(Box::new(refusal)))
    }

    /// Where this server demands an agreement, the answer cites one that it knows, or refuses.
    fn check_verdict(&self, server: &ServerConf, answer: &RestResponse) -> Result<(), RelayError> {
        if server.modes.of(&answer.service().provider, answer.service()) == Mode::AccessRightsOnly {
            return Ok(());
        }
        let known = |cited: &Cited| {
            let agreements = self.ports.agreements.current();
            let same = |c: &agreement::Cited| c.id.as_str() == cited.id && c.digest.to_string() == cited.digest;
            agreements.enforced().any(same)
        };
        match answer.verdict() {
            Some(Verdict::Refusal { .. }) => Ok(()),
            Some(Verdict::Decision { agreement, .. }) if known(agreement) => Ok(()),
            Some(Verdict::Decision { .. }) | None => Err(RelayError::NoDecision),
        }
    }

    fn parse(&self, call: &ConsumerCall) -> Result<RestRequest, RelayError> {
        let headers = call.headers.iter().map(|(name, value)| (name.as_str(), value.as_ref()));
        let request_id = trace::uuid(self.ports.random.as_ref());
        let new_id = trace::uuid(self.ports.random.as_ref());
        RestRequest::from_call(&call.method, &call.target, headers, &request_id, &new_id).map_err(RelayError::Call)
    }

    /// Judges the peer's certificate after the handshake (wire.md §3.1, §3.5): the consumer's side of the check is for
    /// the provider's client id.
    async fn check_peer(
        &self,
        conf: &GlobalConf,
        address: String,
        chain: Vec<Certificate>,
        head: &RestRequest,
    ) -> Result<(), RelayError> {
        let at = self.ports.clock.now();
        let ocsp = self.ports.ocsp.of_peer(&address, &chain, conf, at).await.map_err(RelayError::PeerOcsp)?;
        conf.check_auth_certificate(PeerRole::Provider, &chain, &head.service().provider, &ocsp, at)
            .map_err(RelayError::PeerCertificate)?;
        Ok(())
    }

    fn refuse(&self, error: &RelayError, trace: &str, accept: Option<&str>) -> Answer {
        self.told(error, error.fault(), trace, accept)
    }

    fn told(
        &self,
        error: &(dyn std::error::Error + 'static),
        fault: Fault,
        trace: &str,
        accept: Option<&str>,
    ) -> Answer {
        let fault = trace::report("consumer", trace, error, fault);
        let reply = rest::fault_reply(&fault, self.ports.dialect, accept);
        Answer {
            status: reply.status,
            reason: None,
            headers: vec![
                ("content-type".to_owned(), Bytes::from_static(reply.content_type.as_bytes())),
                ("x-road-error".to_owned(), Bytes::from(reply.error_header)),
            ],
            body: AnswerBody::Whole(Bytes::from(reply.body)),
        }
    }
}

fn accept(call: &ConsumerCall) -> Option<String> {
    let (_, value) = call.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("accept"))?;
    std::str::from_utf8(value).ok().map(str::to_owned)
}

/// The provider's status, every header of the block, and the body (wire.md §2.4.5).
fn render(response: &Response) -> Answer {
    let head = response.head();
    let headers = head.headers().iter().map(|h| (h.name.clone(), Bytes::copy_from_slice(h.value.as_bytes())));
    Answer {
        status: head.status(),
        reason: Some(head.reason().to_owned()),
        headers: headers.collect(),
        body: response.body().and_then(|b| b.data.clone()).map_or(AnswerBody::Empty, AnswerBody::Spooled),
    }
}

/// The digest algorithm that a response names for the outer request hash; SHA-512 if it names none.
fn hash_algorithm(header: Option<&str>) -> Result<DigestAlgorithm, RelayError> {
    let Some(name) = header else { return Ok(DigestAlgorithm::Sha512) };
    let algorithm = DigestAlgorithm::from_name(name.trim()).filter(|a| a.is_strong());
    algorithm
        .ok_or_else(|| RelayError::Reply { code: Code::InternalError, why: format!("unknown hash algorithm `{name}`") })
}
