//! The provider's information system: it notes what it sees, and answers what a test says.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use simpul_exchange::message::Request;
use simpul_exchange::persons::Opened;
use simpul_exchange::ports::{BodyStream, LinkError, ServiceLink, ServiceReply, service_headers};
use simpul_exchange::server::Service;
use simpul_ledger::{RecordId, Recorded};
use simpul_policy::{Grant, Permitted};

use super::octets::{collect, octets};

/// What the default answer of the register says.
pub(crate) const ANSWER: &str = r#"{"name":"Siti"}"#;

/// One call as the service sees it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    pub(crate) headers: Vec<(String, String)>,
    /// Whom it is about.
    pub(crate) person: Option<String>,
    /// The signed block that all of that was read from.
    pub(crate) block: Bytes,
    /// `None` if there is no body part.
    pub(crate) body: Option<Bytes>,
    /// Where the request stands in the provider's log.
    pub(crate) record: RecordId,
    pub(crate) grant: Grant,
}

type Script = Box<dyn FnOnce() -> Result<ServiceReply, LinkError> + Send>;

/// The services of the provider.
#[derive(Default)]
pub(crate) struct Register {
    calls: Mutex<Vec<Seen>>,
    next: Mutex<Option<Script>>,
    echoes: AtomicBool,
}

impl Register {
    /// Calls so far.
    pub(crate) fn calls(&self) -> Vec<Seen> {
        self.calls.lock().unwrap().clone()
    }

    /// From now on a call gets its own body back.
    pub(crate) fn echo(&self) {
        self.echoes.store(true, Ordering::SeqCst);
    }

    /// What the next call gets.
    pub(crate) fn next(&self, script: impl FnOnce() -> Result<ServiceReply, LinkError> + Send + 'static) {
        *self.next.lock().unwrap() = Some(Box::new(script));
    }

    /// The next call gets this body.
    pub(crate) fn next_body(&self, body: BodyStream) {
        self.next(|| Ok(reply(200, "OK", Some(body))));
    }
}

/// An answer with one header of its own.
pub(crate) fn reply(status: u16, reason: &str, body: Option<BodyStream>) -> ServiceReply {
    let headers = vec![("Content-Type".to_owned(), Bytes::from_static(b"application/json"))];
    ServiceReply { status, reason: reason.to_owned(), headers, body }
}

#[async_trait]
impl ServiceLink for Register {
    async fn call(
        &self,
        request: &Recorded<Permitted<Request>>,
        person: Option<&Opened>,
        service: &Service,
    ) -> Result<ServiceReply, LinkError> {
        let message = request.message().message();
        let body = match message.body() {
            Some(body) => Some(collect(body.data.as_ref().unwrap().read()).await.0),
            None => None,
        };
        let echo = body.clone().filter(|_| self.echoes.load(Ordering::SeqCst));
        let head = message.head();
        self.calls.lock().unwrap().push(Seen {
            method: head.method().to_owned(),
            path: head.service_path().to_owned(),
            query: head.query().map(str::to_owned),
            headers: service_headers(request, service).map(|h| (h.name.clone(), h.value.clone())).collect(),
            person: person.map(|p| p.subject.reveal().to_owned()),
            block: head.block().clone(),
            body,
            record: request.id(),
            grant: request.grant().clone(),
        });
        let next = self.next.lock().unwrap().take();
        match (next, echo) {
            (Some(script), _) => script(),
            (None, Some(body)) => Ok(reply(200, "OK", Some(octets([body])))),
            (None, None) => Ok(reply(200, "OK", Some(octets([ANSWER])))),
        }
    }
}
