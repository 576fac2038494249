//! A peer's message comes in: transport headers, then the parts in order, each judged as soon as it is there, so that
//! a stranger cannot make this node read a body (wire.md §3.2, §3.3, §3.5, §3.10).

use bytes::Bytes;
use simpul_core::{DigestAlgorithm, Fault};
use simpul_trust::cert::Certificate;
use simpul_trust::conf::{GlobalConf, PeerRole};
use simpul_trust::message::Received;
use simpul_wire::rest::RestRequest;
use simpul_wire::transport::{Direction, MESSAGE_TYPE, MESSAGE_TYPE_REST};

use super::{AnswerError, enabled, refused};
use crate::call::PeerCall;
use crate::inbound::Inbound;
use crate::message::Request;
use crate::outbound::header;
use crate::ports::{Headers, Ports};
use crate::sealing;
use crate::server::ServerConf;
use crate::trace;

/// Takes in a request whole: the body into the spool, the seal unchecked.
pub(super) async fn request(
    ports: &Ports,
    conf: &GlobalConf,
    server: &ServerConf,
    call: PeerCall,
) -> Result<Received<Request>, AnswerError> {
    if call.method != "POST" {
        return Err(AnswerError::Method(call.method));
    }
    check_version(server, &call.headers)?;
    check_message_type(&call.headers)?;
    check_hash_algorithm(&call.headers)?;
    let content_type = header(&call.headers, "content-type").unwrap_or_default();
    let mut inbound = Inbound::new(content_type, Direction::Request, call.body).map_err(AnswerError::Inbound)?;
    let opening = inbound.open().await.map_err(AnswerError::Inbound)?;
    report(opening.fault);
    let head = RestRequest::decode(opening.block.ok_or(AnswerError::MissingRest)?).map_err(AnswerError::Block)?;
    admit(ports, conf, server, &head, &call.chain, &opening.ocsp)?;
    let closing = inbound.close(ports).await.map_err(AnswerError::Inbound)?;
    report(closing.fault);
    let seal = closing.seal.ok_or(AnswerError::MissingSignature)?;
    let request = Request::new(head, closing.body);
    let allowed = server.access.foresee(&request, conf).map_err(AnswerError::Denied);
    let allowed = allowed.and_then(|()| enabled(server, &request).map(drop));
    let received = Received::new(request, seal);
    match allowed {
        Ok(()) => Ok(received),
        Err(refusal) => {
            refused::keep(ports, conf, received, &refusal).await;
            Err(refusal)
        }
    }
}

/// Judges who asks, before the body is read: the provider is registered here and can seal an answer, the peer's
/// certificate serves the client, the service exists.
fn admit(
    ports: &Ports,
    conf: &GlobalConf,
    server: &ServerConf,
    head: &RestRequest,
    chain: &[Certificate],
    ocsp: &[Bytes],
) -> Result<(), AnswerError> {
    let provider = &head.service().provider;
    if !server.clients.contains_key(provider) {
        return Err(AnswerError::UnknownProvider(provider.clone()));
    }
    let now = ports.clock.now();
    sealing::context(ports, provider.member(), now).map_err(AnswerError::CannotAnswer)?;
    if ocsp.is_empty() {
        return Err(AnswerError::MissingOcsp);
    }
    conf.check_auth_certificate(PeerRole::Consumer, chain, head.client(), ocsp, now)
        .map_err(AnswerError::PeerCertificate)?;
    if !server.services.contains_key(head.service()) {
        return Err(AnswerError::UnknownService(head.service().clone()));
    }
    Ok(())
}

/// A fault where the block or the signature must be: what it says is for the operator, and that part is missing.
fn report(fault: Option<Fault>) {
    if let Some(fault) = fault {
        tracing::info!(fault = trace::excerpt(&fault.to_string()), "the peer sent a fault in a request");
    }
}

/// Only REST messages are understood; a message without the header is a SOAP message (wire.md §3.2).
fn check_message_type(headers: &Headers) -> Result<(), AnswerError> {
    match header(headers, MESSAGE_TYPE) {
        Some(MESSAGE_TYPE_REST) => Ok(()),
        _ => Err(AnswerError::MessageType),
    }
}

fn check_hash_algorithm(headers: &Headers) -> Result<(), AnswerError> {
    let name = header(headers, "x-hash-algorithm").ok_or(AnswerError::HashAlgorithm(None))?;
    match DigestAlgorithm::from_name(name.trim()).filter(|a| a.is_strong()) {
        Some(_) => Ok(()),
        None => Err(AnswerError::HashAlgorithm(Some(name.to_owned()))),
    }
}

/// A minimum client version, where one is set (wire.md §3.2): lower is refused, and what is no version is an error.
fn check_version(server: &ServerConf, headers: &Headers) -> Result<(), AnswerError> {
    let Some(minimum) = server.minimum_client_version else { return Ok(()) };
    let text = header(headers, "x-proxy-version").unwrap_or_default();
    let version = parse_version(text).ok_or_else(|| AnswerError::VersionUnreadable(text.to_owned()))?;
    if version < minimum { Err(AnswerError::VersionTooOld(text.to_owned())) } else { Ok(()) }
}

/// `MAJOR.MINOR.PATCH`, with a build id after `-`.
fn parse_version(text: &str) -> Option<(u64, u64, u64)> {
    let mut numbers = text.split('-').next()?.split('.').map(|n| n.parse().ok());
    let version = (numbers.next()??, numbers.next()??, numbers.next()??);
    numbers.next().is_none().then_some(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_order_as_numbers() {
        assert_eq!(parse_version("7.8.0"), Some((7, 8, 0)));
        assert_eq!(parse_version("7.8.0-20251110"), Some((7, 8, 0)));
        assert!(parse_version("7.10.0") > parse_version("7.9.9"));
        for text in ["", "7", "7.8", "7.8.x", "7.8.0.1", "-"] {
            assert_eq!(parse_version(text), None, "{text}");
        }
    }
}
