//! Messages that a dishonest or careless security server would send: the journey shows that they are refused.

use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, stream};
use simpul_core::{Dialect, MemberId};
use simpul_exchange::message::{Body, Request};
use simpul_exchange::ports::BodyStream;
use simpul_ledger::LoggedBody;
use simpul_trust::hash;
use simpul_trust::message::Sealed;
use simpul_trust::ocsp;
use simpul_trust::token::Signer;
use simpul_wire::rest::RestRequest;
use simpul_wire::soap;
use simpul_wire::transport::Encoder;

use super::journey::PERSONS;
use crate::role::server::Handle;

const BODY: &[u8] = br#"{"limit":3}"#;

/// A message whose body was changed after it was sealed; gives the code of the peer's fault.
pub(super) async fn tampered(server: &Handle) -> Result<String, String> {
    let head = head("ID/GOV/3201/manpower", server)?;
    let signer = signer("ID/GOV/3201", server)?;
    let chain: Vec<_> = std::iter::once(signer.certificate()).chain(signer.chain()).cloned().collect();
    let ocsp = server.ports.ocsp.own(&chain, server.ports.clock.now()).map_err(|e| e.to_string())?;
    let sealed = seal(head, signer.as_ref(), &ocsp, server).await?;
    send(server, &sealed, br#"{"limit":4}"#).await
}

/// A message of a member whose certificate is revoked, with the OCSP responder's own word about it; gives the code of
/// the peer's fault.
pub(super) async fn revoked(server: &Handle, responder: &str) -> Result<String, String> {
    let head = head("ID/GOV/3204/licensing", server)?;
    let signer = signer("ID/GOV/3204", server)?;
    let conf = server.ports.conf.current().ok_or("no configuration")?;
    let leaf = signer.certificate();
    let issuer = conf.approved_ca(head.client().instance(), &leaf.issuer_der()).ok_or("no CA")?;
    let query = ocsp::request(leaf, &issuer.cert).map_err(|e| e.to_string())?;
    let reply =
        super::http::call(responder, &[("content-type", "application/ocsp-request")], Some(query.into())).await?;
    let sealed = seal(head, signer.as_ref(), &[reply.body], server).await?;
    send(server, &sealed, BODY).await
}

fn head(client: &str, server: &Handle) -> Result<RestRequest, String> {
    let mut random = [0; 16];
    server.ports.random.fill(&mut random);
    let id = uuid::Builder::from_random_bytes(random).into_uuid().to_string();
    let headers = [("x-road-client", client.as_bytes()), ("content-type", b"application/json".as_slice())];
    RestRequest::from_call("POST", &format!("{PERSONS}/persons/search"), headers, &id, &id).map_err(|e| e.to_string())
}

fn signer(member: &str, server: &Handle) -> Result<std::sync::Arc<dyn Signer>, String> {
    let member: MemberId = member.parse().map_err(|e: simpul_core::IdError| e.to_string())?;
    server.ports.keys.signer(&member).ok_or_else(|| format!("no key of {member}"))
}

async fn seal(
    head: RestRequest,
    signer: &dyn Signer,
    ocsp: &[Bytes],
    server: &Handle,
) -> Result<Sealed<Request>, String> {
    let body = Body { data: None, digest: hash::sha512(BODY), logged: LoggedBody::None };
    let at = server.ports.clock.now();
    Sealed::make(Request::new(head, Some(body)), signer, ocsp, at).await.map_err(|e| e.to_string())
}

/// Sends the message over a real peer link, with this body, and gives the code of the fault that comes back.
async fn send(server: &Handle, sealed: &Sealed<Request>, body: &'static [u8]) -> Result<String, String> {
    let at = server.ports.clock.now();
    let head = sealed.message().head();
    let conf = server.ports.conf.current().ok_or("no configuration")?;
    let route = conf.route(&head.service().provider, None, at).map_err(|e| e.to_string())?;
    let link = server.peers.open(&route).await.map_err(|e| e.to_string())?;
    let mut encoder = Encoder::new([b'r'; 30]);
    let content_type = encoder.content_type();
    let headers = [
        ("x-hash-algorithm", "SHA-512"),
        ("x-proxy-version", "7.8.0"),
        ("x-road-message-type", "REST"),
        ("x-road-request-id", head.request_id()),
        ("content-type", content_type.as_str()),
    ];
    let headers = headers.map(|(n, v)| (n.to_owned(), Bytes::copy_from_slice(v.as_bytes()))).to_vec();
    let mut parts = Vec::new();
    for response in server.ports.ocsp.own(&server.peers.own_chain(), at).map_err(|e| e.to_string())? {
        parts.push(Ok(encoder.ocsp(&response)));
    }
    parts.push(Ok(encoder.rest_request(head.block())));
    parts.push(Ok(encoder.body_start()));
    parts.push(Ok(Bytes::from_static(body)));
    parts.push(Ok(encoder.seal(sealed.seal())));
    let stream: BodyStream = Box::pin(stream::iter(parts));
    let mut reply = link.send(headers, stream).await.map_err(|e| e.to_string())?;
    let mut xml = BytesMut::new();
    while let Some(chunk) = reply.body.next().await {
        xml.extend_from_slice(&chunk.map_err(|e| e.to_string())?);
    }
    let fault = soap::fault::decode(&xml).map_err(|e| format!("no fault came back: {e}"))?;
    Ok(fault.code.spell(Dialect::V78))
}
