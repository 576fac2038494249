//! `simpul agreement simulate`: a document tried on the requests in the own log.

use std::fmt::Write;
use std::num::NonZeroUsize;
use std::sync::Arc;

use serde_json::json;
use simpul_core::{UnixTime, limits};
use simpul_exchange::message::Request;
use simpul_exchange::ports::{AgreementSource, Clock};
use simpul_ledger::{Direction, Filter, Page, RecordId, Side, StoredRecord};
use simpul_policy::Demand;
use simpul_policy::agreement::{Explanation, Trial};
use simpul_store::sqlite::LedgerView;
use simpul_wire::rest::RestMessage;

use super::Told;
use super::args::SimulateArgs;
use super::desk::{Desk, document};
use super::keeper::Keeper;
use super::problem::Problem;
use super::sign::Fixed;

/// Differences that are listed one by one.
const LISTED: usize = 100;

pub(super) async fn simulate(args: &SimulateArgs, clock: Arc<dyn Clock>) -> Result<Told, Problem> {
    let desk = Desk::open(&args.server.config, clock)?;
    let text = document(&args.file)?;
    let trial = Trial::of(std::slice::from_ref(&text)).map_err(Problem::from)?;
    let conf = Arc::new(Fixed(Some(desk.conf().await?)));
    let keeper = Keeper::new(desk.folder.clone(), conf, Arc::clone(&desk.clock)).map_err(Problem::from)?.quiet();
    let in_force = keeper.current();
    let log = desk.storage.dir.join("server").join("ledger");
    let requests = requests(&log, args.last).await?;

    let (mut same, mut changes) = (0_usize, Vec::new());
    for (at, message_id, request) in &requests {
        let now = explained(&in_force.explain(request, &request.context(), *at));
        let then = explained(&trial.explain(request, &request.context(), *at));
        match now.0 == then.0 {
            true => same += 1,
            false => changes.push((*at, message_id, request, now, then)),
        }
    }
    let mut told = format!(
        "{} requests tried on {} version {}: {same} decided alike, {} otherwise\n",
        requests.len(),
        text.id(),
        text.version(),
        changes.len()
    );
    for (at, message_id, request, now, then) in changes.iter().take(LISTED) {
        let (client, service) = (request.client().short(), request.service());
        let call = format!("{} {service} {}", request.method(), request.path());
        let _ = writeln!(told, "{at}  {message_id}  {client}  {call}\n  now: {}\n  then: {}", now.1, then.1);
    }
    if changes.len() > LISTED {
        let _ = writeln!(told, "and {} more", changes.len() - LISTED);
    }
    let changed: Vec<_> = changes
        .iter()
        .map(|(at, message_id, request, now, then)| {
            json!({
                "at": at.to_string(), "message-id": message_id, "client": request.client().short(),
                "service": request.service().to_string(), "method": request.method(), "path": request.path(),
                "now": { "allowed": now.0, "why": now.1 }, "then": { "allowed": then.0, "why": then.1 },
            })
        })
        .collect();
    let json = json!({
        "id": text.id().as_str(), "version": text.version(), "requests": requests.len(), "same": same,
        "changed": changed,
    });
    Ok(Told::good(told, json))
}

/// Whether a call is allowed, volumes apart, and by which clause or why not.
fn explained(explanation: &Explanation) -> (bool, String) {
    match explanation.allowed_by() {
        Some(clause) => {
            let agreement = &clause.agreement;
            (true, format!("allowed by {} version {}, clause {}", agreement.id, agreement.version, clause.clause))
        }
        None => {
            let nearest =
                explanation.candidates.iter().filter_map(|c| c.unmet.first().map(|r| (*r, c))).max_by_key(|n| n.0);
            let why = match (explanation.refused, nearest) {
                (Some(reason), _) => reason.english().to_owned(),
                (None, Some((reason, c))) => format!("{} ({}, clause {})", reason.english(), c.agreement.id, c.clause),
                (None, None) => "no agreement speaks of it".to_owned(),
            };
            (false, format!("refused: {why}"))
        }
    }
}

/// The last requests to services of own clients that can be read as REST, the oldest first.
async fn requests(log: &std::path::Path, last: usize) -> Result<Vec<(UnixTime, String, Request)>, Problem> {
    let view = LedgerView::open(log).await.map_err(|cause| Problem::Log(cause.into()))?;
    let filter =
        Filter::Time { from: UnixTime::from_millis(i64::MIN), to: UnixTime::from_millis(i64::MAX), local: None };
    let failed = |cause| Problem::Log(Box::new(cause) as _);
    let mut found = Vec::new();
    let limit = NonZeroUsize::new(limits::LEDGER_PAGE).unwrap_or(NonZeroUsize::MIN);
    let mut end = view.next().await.map_err(failed)?;
    // Page by page from the end, since only some records are requests to this side.
    while end > 1 && found.len() < last {
        let begin = end.saturating_sub(u64::try_from(limit.get()).unwrap_or(1)).max(1);
        let page = Page { after: RecordId::new(begin.saturating_sub(1)), limit };
        let summaries = view.list(&filter, page).await.map_err(failed)?;
        let mine = summaries
            .iter()
            .rev()
            .filter(|s| s.id.number() < end && s.side == Side::Provider && s.direction == Direction::Request);
        for summary in mine {
            if found.len() == last {
                break;
            }
            if let Some(record) = view.load(summary.id).await.map_err(failed)? {
                found.extend(request(&record));
            }
        }
        end = begin;
    }
    found.reverse();
    Ok(found)
}

fn request(stored: &StoredRecord) -> Option<(UnixTime, String, Request)> {
    match RestMessage::decode(stored.record.message.clone()) {
        Ok(RestMessage::Request(head)) => {
            Some((stored.record.at, stored.record.message_id.clone(), Request::new(head, None)))
        }
        _ => None,
    }
}
