//! A refusal under an agreement is answered with a receipt: a sealed response that says which clause refuses, so that
//! both sides can prove it. To a peer that knows nothing of agreements it is an error answer like any other.

use simpul_core::{Code, Dialect, Fault, FaultCode, Origin};
use simpul_ledger::Side;
use simpul_policy::{Grant, Permitted, Refused};
use simpul_trust::conf::GlobalConf;
use simpul_wire::rest::{self, Cited, Verdict};

use super::minimal::{self, Excess};
use super::{AnswerError, reply};
use crate::call::Answer;
use crate::message::Request;
use crate::persons::Unopened;
use crate::ports::{Ports, ServiceReply};
use crate::{record, trace};
use bytes::Bytes;

/// The reason in a receipt for an answer that does not fit the agreement.
const ANSWER: &str = "answer";

/// Records a request that no agreement allows, and answers why.
pub(super) async fn of_refusal(
    ports: &Ports,
    conf: &GlobalConf,
    refused: Refused<Request>,
    trace: &str,
) -> Result<Answer, AnswerError> {
    let Refused { message, refusal } = refused;
    let fault = denied(refusal.english());
    let verdict = Verdict::Refusal {
        reason: refusal.reason.code().to_owned(),
        agreement: refusal.agreement.as_ref().map(|a| Cited { id: a.id.to_string(), digest: a.digest.to_string() }),
        clause: refusal.clause.as_ref().map(ToString::to_string),
    };
    let fault = trace::report("provider", trace, &refusal, fault);
    let at = record::At { side: Side::Provider, conf, now: ports.clock.now() };
    let code = fault.code.spell(Dialect::V78);
    let kept = ports.ledger.record(message, |m| record::refused(&at, m.message(), m.seal(), code)).await;
    let recorded = kept.map_err(AnswerError::Log)?;
    respond(ports, conf, recorded.message(), &fault, verdict, trace)
}

/// Records a request whose token does not name a person to this service, and answers why.
pub(super) async fn of_token(
    ports: &Ports,
    conf: &GlobalConf,
    permitted: Permitted<Request>,
    unopened: &Unopened,
    trace: &str,
) -> Result<Answer, AnswerError> {
    let agreement = permitted.grant().agreement.as_ref();
    let clause = agreement.and_then(|a| a.clauses.first()).map(ToString::to_string);
    let sentence = match (agreement, &clause) {
        (Some(agreement), Some(clause)) => {
            format!("{unopened} (agreement {}, clause {clause}).", agreement.agreement)
        }
        _ => format!("{unopened}."),
    };
    let verdict =
        Verdict::Refusal { reason: unopened.reason().to_owned(), agreement: agreement.map(minimal::cited), clause };
    let fault = trace::report("provider", trace, unopened, denied(sentence));
    let at = record::At { side: Side::Provider, conf, now: ports.clock.now() };
    let code = fault.code.spell(Dialect::V78);
    let describe = |p: &Permitted<Request>| record::refused(&at, p.message().message(), p.message().seal(), code);
    let recorded = ports.ledger.record(permitted, describe).await.map_err(AnswerError::Log)?;
    respond(ports, conf, recorded.message().message(), &fault, verdict, trace)
}

/// Answers that the service's own answer may not leave. The request is recorded already: it was carried out.
pub(super) fn of_answer(
    ports: &Ports,
    conf: &GlobalConf,
    request: &Request,
    grant: &Grant,
    excess: &Excess,
    trace: &str,
) -> Result<Answer, AnswerError> {
    let fault = denied(match std::error::Error::source(excess) {
        Some(cause) => format!("{excess}: {cause}"),
        None => excess.to_string(),
    });
    let fault = trace::report("provider", trace, excess, fault);
    let verdict = Verdict::Refusal {
        reason: ANSWER.to_owned(),
        agreement: grant.agreement.as_ref().map(minimal::cited),
        clause: grant.agreement.as_ref().and_then(|a| a.clauses.first()).map(ToString::to_string),
    };
    respond(ports, conf, request, &fault, verdict, trace)
}

fn denied(sentence: String) -> Fault {
    Fault::new(FaultCode::own(Origin::ServerProxy, vec![Code::AccessDenied]), sentence)
}

fn respond(
    ports: &Ports,
    conf: &GlobalConf,
    request: &Request,
    fault: &Fault,
    verdict: Verdict,
    trace: &str,
) -> Result<Answer, AnswerError> {
    let said = rest::fault_reply(fault, ports.dialect, request.head().header("accept"));
    let headers = vec![
        ("content-type".to_owned(), Bytes::from_static(said.content_type.as_bytes())),
        (rest::ERROR.to_owned(), Bytes::from(said.error_header)),
    ];
    let body = Some(minimal::once(Bytes::from(said.body)));
    let response = ServiceReply { status: said.status, reason: String::new(), headers, body };
    reply::answer(ports, conf, request, response, Some(verdict), trace)
}
