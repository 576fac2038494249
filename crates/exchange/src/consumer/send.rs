//! The request goes out as it comes in: head, body octets as they arrive, and last the seal, which leaves only after
//! the request is durable in the message log (wire.md §3.2, §3.3).

use std::pin::pin;

use bytes::Bytes;
use futures_util::StreamExt;
use simpul_core::DigestAlgorithm;
use simpul_ledger::{Recorded, Side};
use simpul_trust::conf::GlobalConf;
use simpul_trust::message::{Received, Sealed};
use simpul_wire::rest::RestRequest;
use simpul_wire::transport::Encoder;

use super::{Consumer, RelayError, receive};
use crate::intake::Passing;
use crate::message::{Body, Request, Response};
use crate::outbound::{Gone, Sink};
use crate::ports::{BodyStream, Headers, PeerConnection};
use crate::sealing::seal;
use crate::{PROXY_VERSION, outbound, record};

type Sent = Recorded<Sealed<Request>>;

impl Consumer {
    /// Sends the request and takes in the answer, both at once: a peer may refuse before it has read everything.
    pub(super) async fn ask(
        &self,
        link: Box<dyn PeerConnection>,
        head: RestRequest,
        body: Option<BodyStream>,
        conf: &GlobalConf,
    ) -> Result<(Sent, (Received<Response>, DigestAlgorithm)), RelayError> {
        let encoder = Encoder::new(outbound::boundary(self.ports.random.as_ref()));
        let headers = transport_headers(&encoder, &head);
        let (sink, stream) = outbound::pipe();
        let mut write = pin!(self.write(sink, encoder, head, body, conf));
        let mut read = pin!(async {
            let reply = link.send(headers, stream).await.map_err(RelayError::Link)?;
            receive::response(&self.ports, reply).await
        });
        // Writing ends when the seal is handed over, so before a peer can have seen it: an answer that is complete
        // earlier answers something else, and its sender may never take the rest.
        tokio::select! {
            biased;
            sent = &mut write => Ok((sent?, read.await?)),
            answer = &mut read => Err(answer.err().unwrap_or(RelayError::Premature)),
        }
    }

    async fn write(
        &self,
        sink: Sink,
        mut encoder: Encoder,
        head: RestRequest,
        body: Option<BodyStream>,
        conf: &GlobalConf,
    ) -> Result<Sent, RelayError> {
        for response in self.auth_ocsp()? {
            taken(sink.put(encoder.ocsp(&response))).await;
        }
        taken(sink.put(encoder.rest_request(head.block()))).await;
        let body = match body {
            Some(stream) => self.write_body(&sink, &mut encoder, stream).await?,
            None => None,
        };
        let sealed = seal(&self.ports, Request::new(head, body)).await.map_err(RelayError::Sign)?;
        let at = record::At { side: Side::Consumer, conf, now: self.ports.clock.now() };
        let kept = self.ports.ledger.record(sealed, |s| record::request(&at, s.message(), s.seal())).await;
        let recorded = kept.map_err(RelayError::Log)?;
        taken(sink.finish(encoder.seal(recorded.seal()))).await;
        Ok(recorded)
    }

    /// The body part exists only if the call's body is not empty (wire.md §3.3).
    async fn write_body(
        &self,
        sink: &Sink,
        encoder: &mut Encoder,
        mut stream: BodyStream,
    ) -> Result<Option<Body>, RelayError> {
        let mut passing = None;
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.map_err(RelayError::CallBody)?;
            if chunk.is_empty() {
                continue;
            }
            if passing.is_none() {
                taken(sink.put(encoder.body_start())).await;
            }
            passing.get_or_insert_with(|| Passing::new(&self.ports)).push(&chunk).map_err(RelayError::Intake)?;
            taken(sink.put(chunk)).await;
        }
        let Some(passing) = passing else { return Ok(None) };
        let (digest, logged) = passing.finish().map_err(RelayError::Intake)?;
        Ok(Some(Body { data: None, digest, logged }))
    }

    /// OCSP responses for the own authentication certificate and its intermediates, which the peer checks.
    fn auth_ocsp(&self) -> Result<Vec<Bytes>, RelayError> {
        let chain = self.peers.own_chain();
        self.ports.ocsp.own(&chain, self.ports.clock.now()).map_err(RelayError::OwnOcsp)
    }
}

/// Waits until a chunk is taken. When the connection no longer takes any, this never returns: the connection's own
/// future reports why, and drops this one.
async fn taken(put: impl Future<Output = Result<(), Gone>>) {
    if put.await.is_err() {
        std::future::pending::<()>().await;
    }
}

fn transport_headers(encoder: &Encoder, head: &RestRequest) -> Headers {
    let original = head.header("content-type").unwrap_or_default();
    [
        ("x-hash-algorithm", DigestAlgorithm::Sha512.name()),
        ("x-proxy-version", PROXY_VERSION),
        ("x-original-content-type", original),
        ("x-road-message-type", "REST"),
        ("x-road-request-id", head.request_id()),
        ("content-type", &encoder.content_type()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), Bytes::copy_from_slice(value.as_bytes())))
    .collect()
}
