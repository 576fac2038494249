//! From a clause to Cedar policies.
//!
//! A clause becomes one `permit` for its consumers and its service, and one `forbid … unless` for each condition. Cedar
//! forbids before it permits, so every condition has to hold; and the policies that forbade name the conditions that
//! did not. The same conditions stand once more in one `permit` of their own: most calls are allowed, and Cedar answers
//! one policy in a third of the time of a dozen. Where the two would not say the same, the call is refused. Policies are built as Cedar's JSON, so no text of a document is ever read as policy text, and validated in
//! strict mode against [`CEDAR_SCHEMA`].
//!
//! What Cedar cannot say is worked out before and handed over in the context: whether the clause's endpoints cover
//! every reading of the path, and the minute of the week in UTC.

use std::str::FromStr;

use cedar_policy::{
    EntityId, EntityTypeName, EntityUid, Policy, PolicyId, PolicySet, Schema, ValidationMode, Validator,
};
use serde_json::{Value, json};

use super::document::Agreement;
use super::fault::{Fault, Seeded};
use super::ident::ClauseId;
use super::refusal::Reason;
use super::terms::{GrantClause, Hours};

/// The Cedar schema that policies of agreements are validated against.
pub const CEDAR_SCHEMA: &str = r#"entity Client;
entity Service;
action "call" appliesTo {
    principal: [Client],
    resource: [Service],
    context: {
        now: Long,
        minute: Long,
        endpoint: Bool,
        agreementSuspended: Bool,
        clauseSuspended: Bool,
        purpose?: String,
        basis?: String,
        consent: Bool,
        subject: Bool,
        caseNumber: Bool,
        approvals: Long,
        onward?: String,
    },
};
"#;

const WEEK: i64 = 7 * 1440;

/// A valid agreement that gives no valid policy; a defect of this crate and not of the document.
#[derive(Debug, thiserror::Error)]
#[error("clause {clause} gives no valid policy: {reason}")]
pub struct CompileError {
    /// The clause.
    pub clause: ClauseId,
    /// What Cedar says.
    pub reason: String,
}

/// Compiles clauses.
pub(super) struct Compiler {
    pub(super) names: Names,
    validator: Validator,
    /// Conditions that are the same for every clause.
    fixed: Vec<(Policy, Value)>,
    seeded: Seeded,
}

/// The id of the policy that permits.
const PERMIT: &str = "permit";

/// Ids of policies that forbid; each names the reason that it gives.
fn id(reason: Reason) -> PolicyId {
    PolicyId::new(reason.code())
}

/// The reason that a policy gives when it forbids.
pub(super) fn reason(id: &PolicyId) -> Option<Reason> {
    let text: &str = id.as_ref();
    Reason::ALL.iter().copied().find(|reason| reason.code() == text)
}

impl Compiler {
    pub(super) fn new(seeded: Seeded) -> Result<Self, String> {
        let schema = Schema::from_str(CEDAR_SCHEMA).map_err(|error| error.to_string())?;
        let fixed = [
            (Reason::AgreementSuspended, Fault::SuspendedAgreement, not(attribute("agreementSuspended"))),
            (Reason::ClauseSuspended, Fault::SuspendedClause, not(attribute("clauseSuspended"))),
        ];
        let mut policies = vec![(forbid(Reason::Endpoint, attribute("endpoint"))?, attribute("endpoint"))];
        for (reason, fault, body) in fixed {
            if !seeded.has(fault) {
                policies.push((forbid(reason, body.clone())?, body));
            }
        }
        Ok(Self { names: Names::new()?, validator: Validator::new(schema), fixed: policies, seeded })
    }

    /// The policies of one clause.
    pub(super) fn clause(
        &self,
        agreement: &Agreement,
        clause: &ClauseId,
        grant: &GrantClause,
    ) -> Result<Policies, CompileError> {
        self.policies(agreement, grant).map_err(|reason| CompileError { clause: clause.clone(), reason })
    }

    fn policies(&self, agreement: &Agreement, grant: &GrantClause) -> Result<Policies, String> {
        let conditions = self.conditions(agreement, grant);
        let (mut each, fixed): (Vec<Policy>, Vec<Value>) = self.fixed.iter().cloned().unzip();
        each.push(permit(grant, &[])?);
        let all: Vec<Value> = fixed.into_iter().chain(conditions.iter().map(|(_, body)| body.clone())).collect();
        for (reason, body) in conditions {
            each.push(forbid(reason, body)?);
        }
        Ok(Policies { whole: self.valid(vec![permit(grant, &all)?])?, each: self.valid(each)? })
    }

    fn valid(&self, policies: Vec<Policy>) -> Result<PolicySet, String> {
        let set = PolicySet::from_policies(policies).map_err(|error| error.to_string())?;
        let answer = self.validator.validate(&set, ValidationMode::Strict);
        match answer.validation_passed() {
            true => Ok(set),
            false => Err(answer.validation_errors().map(ToString::to_string).collect::<Vec<_>>().join("; ")),
        }
    }

    fn conditions(&self, agreement: &Agreement, grant: &GrantClause) -> Vec<(Reason, Value)> {
        let seeded = self.seeded;
        let needs = grant.conditions;
        let mut all = Vec::new();
        if !seeded.has(Fault::NoValidity) {
            let from = if seeded.has(Fault::FromExclusive) { ">" } else { ">=" };
            let until = if seeded.has(Fault::UntilInclusive) { "<=" } else { "<" };
            all.push((Reason::NotYetValid, compare(from, attribute("now"), json!({"Value": grant.from.millis()}))));
            all.push((Reason::Expired, compare(until, attribute("now"), json!({"Value": grant.until.millis()}))));
        }
        if !seeded.has(Fault::AnyPurpose) {
            all.push((Reason::Purpose, one_of("purpose", self.purposes(agreement, grant))));
        }
        if !seeded.has(Fault::AnyBasis) {
            let ids = grant.basis.iter().map(|basis| basis.id.to_string()).collect();
            all.push((Reason::Basis, one_of("basis", ids)));
        }
        let brought = [
            (needs.consent, Reason::Consent, "consent", Fault::NoConsent),
            (needs.subject, Reason::Subject, "subject", Fault::NoSubject),
            (needs.case, Reason::Case, "caseNumber", Fault::NoCase),
        ];
        for (needed, reason, name, fault) in brought {
            if needed && !seeded.has(fault) {
                all.push((reason, attribute(name)));
            }
        }
        let approvals = i64::from(needs.approvals) - i64::from(seeded.has(Fault::OneApprovalLess));
        if approvals > 0 {
            all.push((Reason::Approvals, compare(">=", attribute("approvals"), json!({"Value": approvals}))));
        }
        if !seeded.has(Fault::AnyOnward) {
            all.push((Reason::Onward, onward(grant)));
        }
        if !grant.hours.is_empty() {
            all.push((Reason::Hours, self.hours(&grant.hours)));
        }
        all
    }

    fn purposes(&self, agreement: &Agreement, grant: &GrantClause) -> Vec<String> {
        let mut names = grant.purposes.clone();
        if self.seeded.has(Fault::BroaderPurpose) {
            let inside = agreement.purposes().iter().filter(|local| grant.purposes.contains(&local.broader));
            names.extend(inside.map(|local| local.term.clone()));
        }
        if self.seeded.has(Fault::PurposeCase) {
            names = names.iter().map(|name| name.to_lowercase()).collect();
        }
        names
    }

    /// Spans of the week in UTC. A span that an offset moves over the end of the week becomes two.
    fn hours(&self, hours: &[Hours]) -> Value {
        let mut spans = Vec::new();
        for span in hours {
            let offset = if self.seeded.has(Fault::HoursInUtc) { 0 } else { i64::from(span.offset) };
            let days = if self.seeded.has(Fault::AnyDay) { (0..7).collect() } else { span.days.clone() };
            for day in days {
                let start = (i64::from(day) * 1440 + i64::from(span.from) - offset).rem_euclid(WEEK);
                let end = start + i64::from(span.until - span.from);
                spans.push((start, end.min(WEEK)));
                if end > WEEK {
                    spans.push((0, end - WEEK));
                }
            }
        }
        let last = if self.seeded.has(Fault::HoursEndInclusive) { "<=" } else { "<" };
        let inside = |(start, end): (i64, i64)| {
            let after = compare(">=", attribute("minute"), json!({"Value": start}));
            both(after, compare(last, attribute("minute"), json!({"Value": end})))
        };
        let any = spans.into_iter().map(inside).reduce(|a, b| json!({"||": {"left": a, "right": b}}));
        any.unwrap_or_else(|| json!({"Value": false}))
    }
}

/// The policies of one clause, twice.
pub(super) struct Policies {
    /// One that permits if everything holds.
    pub(super) whole: PolicySet,
    /// One for each condition, so that those which forbid tell what does not hold.
    pub(super) each: PolicySet,
}

/// What [`CEDAR_SCHEMA`] names, parsed once: Cedar's parser costs more than a decision.
pub(super) struct Names {
    client: EntityTypeName,
    service: EntityTypeName,
    call: EntityUid,
}

impl Names {
    fn new() -> Result<Self, String> {
        let kind = |name: &str| name.parse::<EntityTypeName>().map_err(|error| error.to_string());
        let call = EntityUid::from_type_name_and_id(kind("Action")?, EntityId::new("call"));
        Ok(Self { client: kind("Client")?, service: kind("Service")?, call })
    }

    pub(super) fn client(&self, id: &str) -> EntityUid {
        EntityUid::from_type_name_and_id(self.client.clone(), EntityId::new(id))
    }

    pub(super) fn service(&self, id: &str) -> EntityUid {
        EntityUid::from_type_name_and_id(self.service.clone(), EntityId::new(id))
    }

    pub(super) fn call(&self) -> EntityUid {
        self.call.clone()
    }
}

/// Allowed for nobody, unless the clause names recipients.
fn onward(grant: &GrantClause) -> Value {
    let silent = not(has("onward"));
    match grant.onward.is_empty() {
        true => silent,
        false => {
            let named = one_of("onward", grant.onward.iter().map(ToString::to_string).collect());
            json!({"||": {"left": silent, "right": named}})
        }
    }
}

/// Permits the consumers of the clause its service, where all of these hold too.
fn permit(grant: &GrantClause, conditions: &[Value]) -> Result<Policy, String> {
    let consumers: Vec<Value> = grant.consumers.iter().map(|client| entity("Client", &client.to_string())).collect();
    let covered = json!({"contains": {"left": {"Set": consumers}, "right": {"Var": "principal"}}});
    let service = super::decide::service_name(&grant.provider, &grant.service);
    let policy = json!({
        "effect": "permit",
        "principal": {"op": "All"},
        "action": {"op": "==", "entity": {"type": "Action", "id": "call"}},
        "resource": {"op": "==", "entity": {"type": "Service", "id": service}},
        "conditions": std::iter::once(&covered).chain(conditions)
            .map(|body| json!({"kind": "when", "body": body})).collect::<Vec<_>>(),
    });
    Policy::from_json(Some(PolicyId::new(PERMIT)), policy).map_err(|error| error.to_string())
}

fn forbid(reason: Reason, unless: Value) -> Result<Policy, String> {
    let policy = json!({
        "effect": "forbid",
        "principal": {"op": "All"},
        "action": {"op": "All"},
        "resource": {"op": "All"},
        "conditions": [{"kind": "unless", "body": unless}],
    });
    Policy::from_json(Some(id(reason)), policy).map_err(|error| error.to_string())
}

fn entity(kind: &str, id: &str) -> Value {
    json!({"Value": {"__entity": {"type": kind, "id": id}}})
}

fn attribute(name: &str) -> Value {
    json!({".": {"left": {"Var": "context"}, "attr": name}})
}

fn has(name: &str) -> Value {
    json!({"has": {"left": {"Var": "context"}, "attr": name}})
}

fn not(body: Value) -> Value {
    json!({"!": {"arg": body}})
}

fn both(left: Value, right: Value) -> Value {
    json!({"&&": {"left": left, "right": right}})
}

fn compare(operator: &str, left: Value, right: Value) -> Value {
    json!({operator: {"left": left, "right": right}})
}

/// The caller stated it, and it is one of these.
fn one_of(name: &str, allowed: Vec<String>) -> Value {
    let set: Vec<Value> = allowed.into_iter().map(|text| json!({"Value": text})).collect();
    both(has(name), json!({"contains": {"left": {"Set": set}, "right": attribute(name)}}))
}
