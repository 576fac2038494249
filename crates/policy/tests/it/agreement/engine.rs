//! The engine as the tests drive it: agreements come in force through their whole life.

use simpul_core::{ClientId, ServiceId, UnixTime};
use simpul_policy::Demand;
use simpul_policy::agreement::life::{Actor, Life, Scope};
use simpul_policy::agreement::{Agreement, AgreementGrant, Agreements, Context, Counters, Fault, Refusal};

use simpul_policy::minimise::Excess;

use super::model::{Ask, Standing, Verdict};

/// Any call of a model as the engine sees it.
pub(super) struct Call {
    client: ClientId,
    service: ServiceId,
    method: String,
    path: String,
}

impl Call {
    pub(super) fn of(ask: &Ask) -> Self {
        let service =
            ServiceId { provider: ask.provider.parse().unwrap(), code: ask.service.parse().unwrap(), version: None };
        Self { client: ask.client.parse().unwrap(), service, method: ask.method.clone(), path: ask.path.clone() }
    }
}

impl Demand for Call {
    fn client(&self) -> &ClientId {
        &self.client
    }
    fn service(&self) -> &ServiceId {
        &self.service
    }
    fn method(&self) -> &str {
        &self.method
    }
    fn path(&self) -> &str {
        &self.path
    }
}

pub(super) struct Engine {
    pub(super) agreements: Agreements,
    pub(super) usage: Counters,
}

impl Engine {
    pub(super) fn new(standing: &[Standing], fault: Option<Fault>) -> Self {
        let agreements = fault.map_or_else(Agreements::new, Agreements::with_fault);
        let mut engine = Self { agreements: agreements.unwrap(), usage: Counters::default() };
        standing.iter().for_each(|one| engine.agreements.put(&life(one)).unwrap());
        engine
    }

    pub(super) fn put(&mut self, standing: &Standing) {
        self.agreements.put(&life(standing)).unwrap();
    }

    pub(super) fn end(&mut self, standing: &Standing) {
        let life = life(standing);
        let by = officer(life.agreement(), 0, 1);
        self.agreements.put(&life.end(&by).unwrap()).unwrap();
    }

    pub(super) fn ask(&self, ask: &Ask) -> Result<AgreementGrant, Refusal> {
        self.agreements.decide(&Call::of(ask), &context(ask), &self.usage, UnixTime::from_millis(ask.now))
    }

    pub(super) fn decide(&self, ask: &Ask) -> Verdict {
        match self.ask(ask) {
            Ok(grant) => {
                let [clause] = grant.clauses.as_slice() else { unreachable!("one clause") };
                Verdict::Allowed {
                    agreement: grant.agreement.to_string(),
                    clause: clause.to_string(),
                    fields: grant.fields.allowed.iter().map(ToString::to_string).collect(),
                    excess: match grant.fields.excess {
                        Excess::Remove => "remove".to_owned(),
                        Excess::Refuse => "refuse".to_owned(),
                    },
                }
            }
            Err(refusal) => Verdict::Refused {
                agreement: refusal.agreement.map(|cited| cited.id.to_string()),
                clause: refusal.clause.map(|id| id.to_string()),
                reason: refusal.reason.code().to_owned(),
            },
        }
    }
}

pub(super) fn context(ask: &Ask) -> Context<'_> {
    Context {
        purpose: ask.purpose.as_deref(),
        basis: ask.basis.as_deref(),
        consent: ask.consent.as_deref(),
        subject: ask.subject,
        case: ask.case.as_deref(),
        approvals: ask.approvals,
        onward: ask.onward.as_deref(),
    }
}

/// An officer of a party.
pub(super) fn officer(agreement: &Agreement, party: usize, officer: usize) -> Actor {
    let party = &agreement.parties()[party];
    Actor { member: party.member.clone(), officer: party.officers[officer].name.clone() }
}

/// Offered, approved by two officers of each party, signed by all, in force.
pub(super) fn in_force(agreement: &Agreement) -> Life {
    enter(Life::draft(agreement.clone()).unwrap(), agreement)
}

/// From a draft on.
pub(super) fn enter(draft: Life, agreement: &Agreement) -> Life {
    let mut life = draft.offer(&officer(agreement, 0, 0)).unwrap();
    for party in 0..agreement.parties().len() {
        for one in 0..2 {
            life = life.approve(&officer(agreement, party, one)).unwrap();
        }
    }
    for party in 0..agreement.parties().len() {
        life = life.sign(&officer(agreement, party, 0)).unwrap();
    }
    life.enter(agreement.valid_from()).unwrap()
}

fn life(standing: &Standing) -> Life {
    let agreement = Agreement::from_json(standing.json.as_bytes()).unwrap();
    let mut life = in_force(&agreement);
    let by = officer(&agreement, 1, 0);
    if standing.suspended {
        life = life.suspend(&by, Scope::Whole).unwrap();
    }
    for clause in &standing.suspended_clauses {
        life = life.suspend(&by, Scope::Clause(clause.parse().unwrap())).unwrap();
    }
    life
}
