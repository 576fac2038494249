//! The service's answer goes back as it comes: head, body octets as they arrive, and last the seal, which leaves only
//! after the response is durable in the message log.

use bytes::Bytes;
use futures_util::StreamExt;
use simpul_core::DigestAlgorithm;
use simpul_ledger::Side;
use simpul_trust::conf::GlobalConf;
use simpul_wire::rest::{RestResponse, Verdict};
use simpul_wire::transport::Encoder;
use tracing::Instrument;

use super::AnswerError;
use crate::call::{Answer, AnswerBody};
use crate::intake::Passing;
use crate::message::{Body, Request, Response};
use crate::outbound::{self, Gone, Sink};
use crate::ports::{BodyStream, Ports, ServiceReply};
use crate::sealing::seal;
use crate::{record, trace};

/// Begins the answer; a task of its own writes it while the connection reads it.
pub(super) fn answer(
    ports: &Ports,
    conf: &GlobalConf,
    request: &Request,
    reply: ServiceReply,
    verdict: Option<Verdict>,
    trace: &str,
) -> Result<Answer, AnswerError> {
    let headers = reply.headers.iter().map(|(name, value)| (name.as_str(), value.as_ref()));
    let hash = request.hash(DigestAlgorithm::Sha512);
    let head = RestResponse::from_service(
        reply.status,
        &reply.reason,
        headers,
        request.head(),
        hash.as_bytes(),
        verdict.as_ref(),
    )
    .map_err(AnswerError::ServiceBlock)?;
    let encoder = Encoder::new(outbound::boundary(ports.random.as_ref()));
    let content_type = encoder.content_type();
    let (sink, stream) = outbound::pipe();
    let writer = Writer { ports: ports.clone(), conf: conf.clone(), encoder, sink, trace: trace.to_owned() };
    tokio::spawn(writer.write(head, reply.body).in_current_span());
    Ok(Answer {
        status: 200,
        reason: None,
        headers: vec![
            ("content-type".to_owned(), Bytes::from(content_type)),
            ("x-hash-algorithm".to_owned(), Bytes::from_static(DigestAlgorithm::Sha512.name().as_bytes())),
        ],
        body: AnswerBody::Stream(stream),
    })
}

/// Writes one answer.
struct Writer {
    ports: Ports,
    conf: GlobalConf,
    encoder: Encoder,
    sink: Sink,
    trace: String,
}

/// Why an answer was not written whole.
enum Stop {
    /// The peer no longer reads: there is nobody to tell.
    Gone,
    /// A fault, which takes the seal's place in the message (wire.md §3.3).
    Fault(AnswerError),
}

impl Writer {
    async fn write(mut self, head: RestResponse, body: Option<BodyStream>) {
        match self.write_parts(head, body).await {
            Ok(()) => {}
            Err(Stop::Gone) => tracing::info!(trace = self.trace, "the peer closed the connection during the answer"),
            Err(Stop::Fault(error)) => {
                let fault = trace::report("provider", &self.trace, &error, error.fault());
                let part = self.encoder.fault(&fault, self.ports.dialect);
                // A peer that is gone cannot be told.
                let _ = self.sink.finish(part).await;
            }
        }
    }

    async fn write_parts(&mut self, head: RestResponse, body: Option<BodyStream>) -> Result<(), Stop> {
        let part = self.encoder.rest_response(head.block());
        self.sink.put(part).await?;
        let body = match body {
            Some(stream) => Some(self.write_body(stream).await?),
            None => None,
        };
        let sealed = seal(&self.ports, Response::new(head, body)).await.map_err(AnswerError::Sign)?;
        let at = record::At { side: Side::Provider, conf: &self.conf, now: self.ports.clock.now() };
        let kept = self.ports.ledger.record(sealed, |s| record::response(&at, s.message(), s.seal())).await;
        let recorded = kept.map_err(AnswerError::Log)?;
        let part = self.encoder.seal(recorded.seal());
        self.sink.finish(part).await?;
        Ok(())
    }

    async fn write_body(&mut self, mut stream: BodyStream) -> Result<Body, Stop> {
        let part = self.encoder.body_start();
        self.sink.put(part).await?;
        let mut passing = Passing::new(&self.ports);
        loop {
            // A service may be silent for long; a peer that has gone away is noticed all the same.
            let next = tokio::select! {
                next = stream.next() => next,
                () = self.sink.gone() => return Err(Stop::Gone),
            };
            let Some(chunk) = next else { break };
            let chunk = chunk.map_err(AnswerError::ServiceBody)?;
            passing.push(&chunk).map_err(AnswerError::Intake)?;
            self.sink.put(chunk).await?;
        }
        let (digest, logged) = passing.finish().map_err(AnswerError::Intake)?;
        Ok(Body { data: None, digest, logged })
    }
}

impl From<Gone> for Stop {
    fn from(_: Gone) -> Self {
        Self::Gone
    }
}

impl From<AnswerError> for Stop {
    fn from(e: AnswerError) -> Self {
        Self::Fault(e)
    }
}
