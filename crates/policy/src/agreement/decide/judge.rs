//! One clause and one call: Cedar is asked, and its answer is read so that no failure becomes consent.

use std::sync::atomic::Ordering;

use cedar_policy::{Authorizer, Context, Decision, Entities, Request, RestrictedExpression};
use simpul_core::{ClientId, UnixTime};

use super::{Agreements, Call, Rule};
use crate::agreement::compile::reason;
use crate::agreement::fault::Fault;
use crate::agreement::refusal::Reason;

impl Agreements {
    /// Conditions of a clause that do not hold, the first one to tell first; empty if all hold.
    pub(in crate::agreement) fn unmet(&self, rule: &Rule, call: &Call<'_>) -> Vec<Reason> {
        let Some(request) = self.request(rule, call) else { return vec![Reason::Engine] };
        let (cedar, nobody) = (Authorizer::new(), Entities::empty());
        let answer = cedar.is_authorized(&request, &rule.policies.whole, &nobody);
        if answer.decision() == Decision::Allow && answer.diagnostics().errors().next().is_none() {
            return Vec::new();
        }
        let answer = cedar.is_authorized(&request, &rule.policies.each, &nobody);
        let diagnostics = answer.diagnostics();
        // A policy that failed to evaluate is left out by Cedar. Left-out conditions are no consent.
        if diagnostics.errors().next().is_some() {
            return vec![Reason::Engine];
        }
        if answer.decision() == Decision::Allow {
            // Both are made of the same conditions; if they differ, none of them is believed.
            return vec![Reason::Engine];
        }
        let told = |reason: Reason| match reason {
            Reason::Purpose if !self.is_stated(call.context.purpose) => Reason::PurposeMissing,
            Reason::Basis if !self.is_stated(call.context.basis) => Reason::BasisMissing,
            other => other,
        };
        let mut unmet: Vec<Reason> = diagnostics.reason().filter_map(reason).map(told).collect();
        unmet.sort_unstable();
        if unmet.is_empty() {
            unmet.push(Reason::NotCovered);
        }
        unmet
    }

    fn request(&self, rule: &Rule, call: &Call<'_>) -> Option<Request> {
        let context = &call.context;
        let text = RestrictedExpression::new_string;
        let mut pairs = vec![
            ("now", RestrictedExpression::new_long(call.now.millis())),
            ("minute", RestrictedExpression::new_long(minute_of_week(call.now))),
            ("endpoint", RestrictedExpression::new_bool(self.endpoint(rule, call))),
            ("agreementSuspended", RestrictedExpression::new_bool(rule.agreement_suspended.load(Ordering::SeqCst))),
            ("clauseSuspended", RestrictedExpression::new_bool(rule.clause_suspended.load(Ordering::SeqCst))),
            ("consent", RestrictedExpression::new_bool(self.is_stated(context.consent))),
            ("subject", RestrictedExpression::new_bool(context.subject)),
            ("caseNumber", RestrictedExpression::new_bool(self.is_stated(context.case))),
            ("approvals", RestrictedExpression::new_long(i64::from(context.approvals))),
        ];
        if let Some(purpose) = context.purpose.filter(|purpose| self.stated(purpose)) {
            let fold = self.seeded.has(Fault::PurposeCase);
            pairs.push(("purpose", text(if fold { purpose.to_lowercase() } else { purpose.to_owned() })));
        }
        if let Some(basis) = context.basis.filter(|basis| self.stated(basis)) {
            pairs.push(("basis", text(basis.to_owned())));
        }
        if let Some(onward) = &call.onward {
            pairs.push(("onward", text(onward.clone())));
        }
        let context = Context::from_pairs(pairs.into_iter().map(|(name, value)| (name.to_owned(), value))).ok()?;
        let client = match (self.seeded.has(Fault::MemberCoversSubsystem), call.client) {
            (true, ClientId::Subsystem(_)) => {
                rule.grant.consumers.iter().find(|c| c.member() == call.client.member())?
            }
            _ => call.client,
        };
        let names = &self.compiler.names;
        Request::new(names.client(&client.to_string()), names.call(), rule.service.clone(), context, None).ok()
    }

    fn endpoint(&self, rule: &Rule, call: &Call<'_>) -> bool {
        rule.grant.endpoints.iter().any(|endpoint| match () {
            () if self.seeded.has(Fault::AnyMethod) => endpoint.covers_path(&call.path),
            () if self.seeded.has(Fault::AnyReading) => endpoint.covers_some(call.method, &call.path),
            () if self.seeded.has(Fault::RawPath) => endpoint.covers_raw(call.method, call.raw),
            () => endpoint.covers(call.method, &call.path),
        })
    }

    pub(super) fn stated(&self, text: &str) -> bool {
        !text.trim().is_empty() || self.seeded.has(Fault::EmptyStatement)
    }

    fn is_stated(&self, text: Option<&str>) -> bool {
        text.is_some_and(|text| self.stated(text))
    }
}

/// Minutes since Monday, 00:00 UTC. 1970-01-01 was a Thursday.
pub(super) fn minute_of_week(now: UnixTime) -> i64 {
    (now.secs().div_euclid(60) + 3 * 1440).rem_euclid(7 * 1440)
}
