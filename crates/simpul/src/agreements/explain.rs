//! `simpul agreement explain`: which clause allows a call, or why none does.

use std::sync::Arc;

use serde_json::json;
use simpul_core::{ClientId, ServiceId};
use simpul_exchange::ports::{AgreementSource, Clock};
use simpul_policy::agreement::{Candidate, Context, Uncounted};
use simpul_policy::{Demand, Mode, Modes};

use super::Told;
use super::args::ExplainArgs;
use super::desk::Desk;
use super::keeper::Keeper;
use super::problem::Problem;
use super::sign::Fixed;
use crate::verdict::chain;

/// A call that nobody makes.
struct Supposed<'a>(&'a ExplainArgs);

impl Demand for Supposed<'_> {
    fn client(&self) -> &ClientId {
        &self.0.client
    }

    fn service(&self) -> &ServiceId {
        &self.0.service
    }

    fn method(&self) -> &str {
        &self.0.method
    }

    fn path(&self) -> &str {
        &self.0.path
    }

    fn context(&self) -> Context<'_> {
        let args = self.0;
        Context {
            purpose: args.purpose.as_deref(),
            basis: args.basis.as_deref(),
            consent: args.consent.as_deref(),
            subject: args.subject,
            case: args.case.as_deref(),
            approvals: args.approvals,
            onward: args.onward.as_deref(),
        }
    }
}

pub(super) async fn explain(args: &ExplainArgs, clock: Arc<dyn Clock>) -> Result<Told, Problem> {
    let desk = Desk::open(&args.server.config, clock)?;
    let conf = Arc::new(Fixed(Some(desk.conf().await?)));
    let keeper = Keeper::new(desk.folder.clone(), conf, Arc::clone(&desk.clock)).map_err(Problem::from)?.quiet();
    let (agreements, at) = (keeper.current(), args.at.unwrap_or_else(|| desk.clock.now()));
    let ask = Supposed(args);
    let decided = agreements.decide(&ask, &ask.context(), &Uncounted, at);
    let explained = agreements.explain(&ask, &ask.context(), at);

    let partner = if desk.is_own(args.client.member()) { &args.service.provider } else { &args.client };
    let modes = Modes::new(desk.role.rules());
    let mode = modes.of(partner, &args.service);
    let mut text = match &decided {
        Ok(grant) => {
            let clauses: Vec<_> = grant.clauses.iter().map(ToString::to_string).collect();
            let fields: Vec<_> = grant.fields.allowed.iter().map(ToString::to_string).collect();
            format!(
                "allowed by agreement {} version {}, clause {}\n  the answer may hold: {}\n",
                grant.agreement,
                grant.version,
                clauses.join(", "),
                fields.join(", ")
            )
        }
        Err(refusal) => format!("refused: {}\n  {}\n", refusal.english(), refusal.indonesian()),
    };
    if !explained.candidates.is_empty() {
        text.push_str(&explained.to_string());
    }
    if mode == Mode::AccessRightsOnly {
        text.push_str("[[server.mode]] lets this pass by access rights alone\n");
    }
    let mut unenforced = Vec::new();
    for (name, why) in keeper.unenforced() {
        let why = chain(why.as_ref());
        text.push_str(&format!("NOT ENFORCED  {name}: {why}\n"));
        unenforced.push(json!({ "id": name, "reason": why }));
    }
    let refusal = decided.as_ref().err();
    let json = json!({
        "allowed": decided.is_ok(),
        "agreement": decided.as_ref().ok().map(|grant| json!({
            "id": grant.agreement.as_str(), "version": grant.version, "digest": grant.digest.to_string(),
            "clauses": grant.clauses.iter().map(ToString::to_string).collect::<Vec<_>>(),
        })),
        "reason": refusal.map(|refusal| refusal.reason.code()),
        "sentence": refusal.map(|refusal| json!({ "en": refusal.english(), "id": refusal.indonesian() })),
        "mode": mode.to_string(),
        "candidates": explained.candidates.iter().map(candidate).collect::<Vec<_>>(),
        "unenforced": unenforced,
    });
    Ok(Told { text, json, good: decided.is_ok() })
}

fn candidate(candidate: &Candidate) -> serde_json::Value {
    json!({
        "agreement": candidate.agreement.id.as_str(),
        "version": candidate.agreement.version,
        "clause": candidate.clause.as_str(),
        "unmet": candidate.unmet.iter().map(|reason| reason.code()).collect::<Vec<_>>(),
    })
}
