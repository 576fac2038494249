//! An answer under an agreement holds what the agreement allows and says under which clauses it was given. The rest of
//! it is taken out here, in memory: it is never sealed, logged or spooled.

use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, stream};
use simpul_core::limits;
use simpul_policy::Grant;
use simpul_policy::agreement::AgreementGrant;
use simpul_policy::minimise::{self, FieldSet, MinimiseError, Named};
use simpul_wire::rest::{Cited, Verdict};

use crate::ports::{BodyError, BodyStream, ServiceReply};
use crate::server::PersonsAt;

/// Why an answer may not leave.
#[derive(Debug, thiserror::Error)]
pub(super) enum Excess {
    /// It does not fit the agreement.
    #[error("the answer of the service does not fit the agreement")]
    Refused(#[source] MinimiseError),
    /// It did not arrive whole.
    #[error("the answer of the service did not arrive whole")]
    Body(#[source] BodyError),
}

/// The decision that stands in the answer to a permitted request; `None` where no agreement was asked for.
pub(super) fn decision(grant: &Grant) -> Option<Verdict> {
    let agreement = grant.agreement.as_ref()?;
    let clauses = agreement.clauses.iter().map(ToString::to_string).collect();
    Some(Verdict::Decision { agreement: cited(agreement), clauses })
}

/// An agreement as headers cite it.
pub(super) fn cited(agreement: &AgreementGrant) -> Cited {
    Cited { id: agreement.agreement.to_string(), digest: agreement.digest.to_string() }
}

/// An answer that may leave.
pub(super) struct Minimal {
    pub(super) reply: ServiceReply,
    /// Which of the fields that the agreement allows it holds; nothing is known of an answer without agreement.
    pub(super) fields: Vec<usize>,
    /// Whom it is about, where the service says where that stands.
    pub(super) named: Vec<Named>,
}

/// The answer without what the agreement does not allow; as it came, where no agreement was asked for.
pub(super) async fn reply(
    agreement: Option<&AgreementGrant>,
    persons: Option<&PersonsAt>,
    reply: ServiceReply,
) -> Result<Minimal, Excess> {
    let Some(agreement) = agreement else { return unchanged(persons, reply).await };
    let body = match reply.body {
        Some(stream) => Some(whole(stream).await?),
        None => None,
    };
    let headers = reply.headers.iter().map(|(name, value)| (name.as_str(), value.as_ref()));
    let octets = body.as_deref().unwrap_or_default();
    let kept = minimise::answer(reply.status, headers, octets, &agreement.fields).map_err(Excess::Refused)?;
    let named = named(persons, kept.status, octets, &agreement.fields)?;
    if kept.removed > 0 {
        tracing::info!(removed = kept.removed, "fields that the agreement does not allow were taken out of an answer");
    }
    let headers = kept.headers.into_iter().map(|(name, value)| (name.to_owned(), Bytes::from(value))).collect();
    let left = Bytes::from(kept.body);
    let reply = ServiceReply {
        status: kept.status,
        // A reason phrase is free text of the service.
        reason: String::new(),
        headers,
        body: body.map(|_| once(left)),
    };
    Ok(Minimal { reply, fields: kept.left, named })
}

/// The answer as it came, read only if it must be known whom it is about.
async fn unchanged(persons: Option<&PersonsAt>, reply: ServiceReply) -> Result<Minimal, Excess> {
    let ServiceReply { status, reason, headers, body } = reply;
    let body = match (persons, body) {
        (Some(_), Some(body)) => body,
        (_, body) => {
            let reply = ServiceReply { status, reason, headers, body };
            return Ok(Minimal { reply, fields: Vec::new(), named: Vec::new() });
        }
    };
    let octets = whole(body).await?;
    let all = FieldSet::everything();
    if !octets.is_empty() && (200..300).contains(&status) {
        let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_ref()));
        minimise::answer(status, headers, &octets, &all).map_err(Excess::Refused)?;
    }
    let named = named(persons, status, &octets, &all)?;
    let reply = ServiceReply { status, reason, headers, body: Some(once(octets)) };
    Ok(Minimal { reply, fields: Vec::new(), named })
}

/// Whom an answer that was read is about; an error answer and an empty one are about nobody.
fn named(persons: Option<&PersonsAt>, status: u16, octets: &[u8], allowed: &FieldSet) -> Result<Vec<Named>, Excess> {
    match persons {
        Some(at) if !octets.is_empty() && (200..300).contains(&status) => {
            minimise::persons(octets, &at.place, allowed).map_err(Excess::Refused)
        }
        _ => Ok(Vec::new()),
    }
}

/// A body of one piece.
pub(super) fn once(octets: Bytes) -> BodyStream {
    Box::pin(stream::iter((!octets.is_empty()).then_some(Ok(octets))))
}

/// The body in memory, up to the bound of what can be minimised.
async fn whole(mut stream: BodyStream) -> Result<Bytes, Excess> {
    let mut body = BytesMut::new();
    while let Some(chunk) = stream.next().await {
        body.extend_from_slice(&chunk.map_err(Excess::Body)?);
        if body.len() > limits::MINIMISED_BODY {
            return Err(Excess::Refused(MinimiseError::TooLarge(body.len())));
        }
    }
    Ok(body.freeze())
}
