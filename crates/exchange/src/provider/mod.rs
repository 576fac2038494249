//! The provider's side: a sealed request of a peer becomes a call of a service here, and the service's answer goes back
//! sealed.

mod error;
mod minimal;
mod receipt;
mod receive;
mod refused;
mod reply;

use std::sync::Arc;

use bytes::Bytes;
use simpul_ledger::{Recorded, Side};
use simpul_policy::minimise::Named;
use simpul_policy::{Entitled, Permitted, Refused};
use simpul_trust::conf::GlobalConf;
use simpul_trust::subject::Subject;
use simpul_wire::soap;
use tracing::Instrument;

pub use self::error::AnswerError;
use self::minimal::Minimal;
use crate::call::{Answer, AnswerBody, PeerCall};
use crate::message::Request;
use crate::persons::{About, Access, Concerned, NotRecorded, Opened, Persons, Unopened};
use crate::ports::{Ports, ServiceLink};
use crate::server::{PersonsAt, ServerConf, Service};
use crate::{record, trace};

/// Answers the messages of other security servers.
pub struct Provider {
    ports: Ports,
    services: Arc<dyn ServiceLink>,
    persons: Arc<dyn Persons>,
}

impl Provider {
    /// A provider over these ports.
    #[must_use]
    pub fn new(ports: Ports, services: Arc<dyn ServiceLink>, persons: Arc<dyn Persons>) -> Self {
        Self { ports, services, persons }
    }

    /// Answers one message: a sealed response, or a fault (wire.md §3.4). The fault's detail is the trace id of the log
    /// line with the whole cause.
    pub async fn answer(&self, call: PeerCall) -> Answer {
        let trace = trace::uuid(self.ports.random.as_ref());
        let span = tracing::info_span!("answer", trace);
        match self.exchange(call, &trace).instrument(span).await {
            Ok(answer) => answer,
            Err(error) => self.refuse(&error, &trace),
        }
    }

    /// The steps of PR-MESSTRANSP §3.3 and wire.md §3.10, in order.
    async fn exchange(&self, call: PeerCall, trace: &str) -> Result<Answer, AnswerError> {
        let conf = self.conf_in_force()?;
        self.ports.ledger.check_timestamping(self.ports.clock.now()).map_err(AnswerError::Timestamping)?;
        let server = self.ports.server.current();
        let received = receive::request(&self.ports, &conf, &server, call).await?;
        let verified = received.verify(&conf, self.ports.clock.now()).map_err(AnswerError::Seal)?;
        let entitled = server.access.entitle(verified, &conf).map_err(AnswerError::Denied)?;
        let permitted = match self.decide(entitled, &server) {
            Ok(permitted) => permitted,
            Err(refused) => return receipt::of_refusal(&self.ports, &conf, *refused, trace).await,
        };
        let service = enabled(&server, permitted.message().message())?;
        let person = match self.person(&permitted).await {
            Ok(person) => person,
            Err(Unopened::Unavailable(cause)) => return Err(AnswerError::Persons(cause)),
            Err(unopened) => return receipt::of_token(&self.ports, &conf, permitted, &unopened, trace).await,
        };
        let recorded = self.record(permitted, &conf).await?;
        let reply = self.services.call(&recorded, person.as_ref(), service).await.map_err(AnswerError::Service)?;
        let (request, grant) = (recorded.message().message(), recorded.grant());
        match minimal::reply(grant.agreement.as_ref(), service.persons.as_ref(), reply).await {
            Ok(Minimal { reply, fields, named }) => {
                let persons = concerned(person, service.persons.as_ref(), fields, named)?;
                self.keep(&recorded, &persons).await?;
                reply::answer(&self.ports, &conf, request, reply, minimal::decision(grant), trace)
            }
            Err(excess) => receipt::of_answer(&self.ports, &conf, request, grant, &excess, trace),
        }
    }

    /// Whom the request is about, if it says so: the token is for this service under the agreement that was decided, and
    /// good once.
    async fn person(&self, permitted: &Permitted<Request>) -> Result<Option<Opened>, Unopened> {
        let request = permitted.message().message().head();
        let Some(token) = &request.declaration().subject else { return Ok(None) };
        let about = About { request, agreement: permitted.grant().agreement.as_ref() };
        self.persons.open(token, &about, self.ports.clock.now()).await.map(Some)
    }

    /// Keeps who used the data of the persons, before anything of the answer leaves: a peer that has read the body and
    /// breaks off before the seal has used it all the same.
    async fn keep(&self, recorded: &Recorded<Permitted<Request>>, persons: &[Concerned]) -> Result<(), AnswerError> {
        if persons.is_empty() {
            return Ok(());
        }
        let about =
            About { request: recorded.message().message().head(), agreement: recorded.grant().agreement.as_ref() };
        let access = Access { about, persons, record: recorded.id(), at: self.ports.clock.now() };
        self.persons.record(&access).await.map_err(AnswerError::Access)
    }

    /// Agreements decide where one is required: with those in force now, and with the declaration that is sealed.
    fn decide(
        &self,
        entitled: Entitled<Request>,
        server: &ServerConf,
    ) -> Result<Permitted<Request>, Box<Refused<Request>>> {
        let agreements = &self.ports.agreements;
        entitled.decide(&server.modes, || agreements.current(), agreements.usage(), self.ports.clock.now())
    }

    /// The newest accepted configuration, without instances whose part of it has expired (wire.md §8.2).
    fn conf_in_force(&self) -> Result<GlobalConf, AnswerError> {
        let now = self.ports.clock.now();
        let conf = self.ports.conf.current().ok_or(AnswerError::NoConf)?.as_of(now);
        conf.check_fresh(now).map_err(AnswerError::Conf)?;
        Ok(conf)
    }

    async fn record(
        &self,
        permitted: Permitted<Request>,
        conf: &GlobalConf,
    ) -> Result<Recorded<Permitted<Request>>, AnswerError> {
        let at = record::At { side: Side::Provider, conf, now: self.ports.clock.now() };
        let evidence = |p: &Permitted<Request>| record::request(&at, p.message().message(), p.message().seal());
        self.ports.ledger.record(permitted, evidence).await.map_err(AnswerError::Log)
    }

    /// A fault before the answer has begun: HTTP 200 with a SOAP fault (wire.md §3.4).
    fn refuse(&self, error: &AnswerError, trace: &str) -> Answer {
        let fault = trace::report("provider", trace, error, error.fault());
        Answer {
            status: 200,
            reason: None,
            headers: vec![
                ("content-type".to_owned(), Bytes::from_static(b"text/xml;charset=utf-8")),
                ("soapaction".to_owned(), Bytes::new()),
            ],
            body: AnswerBody::Whole(Bytes::from(soap::fault::encode(&fault, self.ports.dialect))),
        }
    }
}

/// The persons whom an answer is about: the one in the token, by all fields of the answer unless the answer itself says
/// whose they are, and those in the answer, each by their own.
fn concerned(
    person: Option<Opened>,
    at: Option<&PersonsAt>,
    fields: Vec<usize>,
    named: Vec<Named>,
) -> Result<Vec<Concerned>, AnswerError> {
    let mut all = Vec::new();
    for (Named { identifier, left }, at) in named.into_iter().zip(at.into_iter().cycle()) {
        let subject = Subject::new(identifier).map_err(|e| AnswerError::Access(NotRecorded(Box::new(e))))?;
        all.push(Concerned { subject, home: at.home.clone(), fields: left });
    }
    if let Some(Opened { subject, home, .. }) = person {
        let fields = if at.is_some() { Vec::new() } else { fields };
        all.push(Concerned { subject, home, fields });
    }
    Ok(all)
}

/// The service that is asked, unless it is disabled (wire.md §9.2).
fn enabled<'a>(server: &'a ServerConf, request: &Request) -> Result<&'a Service, AnswerError> {
    let id = request.head().service();
    let service = server.services.get(id).ok_or_else(|| AnswerError::UnknownService(id.clone()))?;
    match &service.disabled {
        Some(notice) => Err(AnswerError::Disabled { service: id.clone(), notice: notice.clone() }),
        None => Ok(service),
    }
}
