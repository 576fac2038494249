//! The decision: which clause allows a call, or why none does.

mod judge;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cedar_policy::EntityUid;
use simpul_core::ident::ServiceCode;
use simpul_core::{ClientId, ServiceId, UnixTime, limits};

use super::compile::{CompileError, Compiler, Policies};
use super::document::Agreement;
use super::fault::{Fault, Seeded};
use super::ident::{AgreementDigest, AgreementId, ClauseId};
use super::life::{Life, Suspensions};
use super::refusal::{Reason, Refusal};
use super::terms::{GrantClause, Secrecy};
use super::usage::{Meter, Usage};
use crate::access::ServicePath;
use crate::minimise::FieldSet;
use crate::permit::Demand;

/// What a caller states (headers of REST, `simpul:context` of SOAP) and what came with the request.
///
/// An empty or blank statement is a missing one. A statement of more than [`limits::STATEMENT_CHARS`] characters, or
/// with a control character, refuses the call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Context<'a> {
    /// What for: `dpv:Term`, or a purpose that the agreement defines.
    pub purpose: Option<&'a str>,
    /// The id of a legal basis in the clause.
    pub basis: Option<&'a str>,
    /// A reference to the person's consent.
    pub consent: Option<&'a str>,
    /// Whether the token that names the person is present.
    pub subject: bool,
    /// The case number.
    pub case: Option<&'a str>,
    /// Different persons at the consumer who approved the call.
    pub approvals: u8,
    /// The member that the data will be handed on to: `MEMBER:…` or the short form.
    pub onward: Option<&'a str>,
}

/// One version of an agreement.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cited {
    /// The agreement.
    pub id: AgreementId,
    /// The version.
    pub version: u32,
    /// The digest of that version.
    pub digest: AgreementDigest,
}

/// Why a call may pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgreementGrant {
    /// The agreement.
    pub agreement: AgreementId,
    /// Its version.
    pub version: u32,
    /// The digest of that version.
    pub digest: AgreementDigest,
    /// The clauses that allow it: exactly one, the first in order that does.
    pub clauses: Vec<ClauseId>,
    /// What the answer may hold.
    pub fields: FieldSet,
    /// What the person may see of the access.
    pub secrecy: Secrecy,
    /// Days after which the consumer erases the data.
    pub retention_days: u32,
}

/// Why an agreement is not enforced. The one in force, if any, stays.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// It is a draft, under negotiation, or not signed by all.
    #[error("agreement {0} is not in force")]
    NotInForce(AgreementId),
    /// The version in force is not the one that this version amends.
    #[error("version {version} of agreement {id} does not amend the version in force")]
    Order {
        /// The agreement.
        id: AgreementId,
        /// The version that was given.
        version: u32,
    },
    /// As many agreements as this node enforces are loaded.
    #[error("{0} agreements are already loaded")]
    Full(usize),
    /// More than [`limits::AGREEMENT_CANDIDATES`] clauses would speak of one consumer and one service.
    #[error("with agreement {0}, more than {max} clauses speak of one service", max = limits::AGREEMENT_CANDIDATES)]
    Crowded(AgreementId),
    /// A clause gave no valid policy.
    #[error("agreement {id} cannot be enforced")]
    Compile {
        /// The agreement.
        id: AgreementId,
        /// Which clause, and why.
        #[source]
        cause: CompileError,
    },
    /// The engine itself did not start.
    #[error("the policy engine did not start: {0}")]
    Engine(String),
}

/// The agreements that are in force or suspended, by consumer and service.
///
/// A clone costs the index and no compilation; what [`suspend`](Self::suspend) stops is stopped in both.
#[derive(Clone)]
pub struct Agreements {
    compiler: Arc<Compiler>,
    seeded: Seeded,
    most: usize,
    loaded: BTreeMap<AgreementId, Loaded>,
    index: HashMap<Key, Vec<Arc<Rule>>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    consumer: ClientId,
    provider: ClientId,
    service: ServiceCode,
}

#[derive(Clone)]
struct Loaded {
    cited: Cited,
    suspended: Arc<AtomicBool>,
    rules: Vec<Arc<Rule>>,
}

/// One clause, compiled.
pub(super) struct Rule {
    pub(super) cited: Cited,
    pub(super) clause: ClauseId,
    place: usize,
    grant: GrantClause,
    policies: Policies,
    agreement_suspended: Arc<AtomicBool>,
    clause_suspended: AtomicBool,
    service: EntityUid,
    fields: FieldSet,
}

/// What of a call is the same for every clause.
pub(super) struct Call<'a> {
    client: &'a ClientId,
    method: &'a str,
    raw: &'a str,
    path: ServicePath,
    context: Context<'a>,
    onward: Option<String>,
    now: UnixTime,
}

impl Agreements {
    /// None yet: every call is refused.
    pub fn new() -> Result<Self, LoadError> {
        Self::bounded(limits::AGREEMENTS)
    }

    /// None yet, and at most `most`.
    pub fn bounded(most: usize) -> Result<Self, LoadError> {
        Self::seeded(Seeded::default(), most)
    }

    /// With a fault, to see that tests find it.
    #[cfg(any(test, feature = "faults"))]
    pub fn with_fault(fault: Fault) -> Result<Self, LoadError> {
        Self::seeded(Seeded::with(fault), limits::AGREEMENTS)
    }

    fn seeded(seeded: Seeded, most: usize) -> Result<Self, LoadError> {
        let compiler = Arc::new(Compiler::new(seeded).map_err(LoadError::Engine)?);
        Ok(Self { compiler, seeded, most, loaded: BTreeMap::new(), index: HashMap::new() })
    }

    /// Enforces an agreement as its life says: in force, suspended in whole or in part, or ended, which takes it out.
    /// A new version takes the place of the one that it amends. When it is refused, nothing changes.
    pub fn put(&mut self, life: &Life) -> Result<(), LoadError> {
        let agreement = life.agreement();
        let id = agreement.id();
        if let Life::Ended(_) = life {
            if self.loaded.get(id).is_some_and(|old| old.cited.digest == agreement.digest()) {
                self.remove(id);
            }
            return Ok(());
        }
        let Some(stops) = life.suspensions() else { return Err(LoadError::NotInForce(id.clone())) };
        match self.loaded.get(id) {
            Some(old) if old.cited.digest != agreement.digest() && agreement.amends() != Some(old.cited.digest) => {
                Err(LoadError::Order { id: id.clone(), version: agreement.version() })
            }
            _ => self.insert(agreement, &stops),
        }
    }

    /// Takes a document as if it were in force; for a trial, which grants nothing.
    pub(super) fn try_out(&mut self, document: &Agreement) -> Result<(), LoadError> {
        self.insert(document, &Suspensions::default())
    }

    fn insert(&mut self, agreement: &Agreement, stops: &Suspensions) -> Result<(), LoadError> {
        let id = agreement.id();
        if !self.loaded.contains_key(id) && self.loaded.len() >= self.most {
            return Err(LoadError::Full(self.most));
        }
        let loaded = self.compile(agreement)?;
        self.room_for(&loaded)?;
        loaded.suspended.store(stops.whole, Ordering::SeqCst);
        for rule in &loaded.rules {
            rule.clause_suspended.store(stops.clauses.contains(&rule.clause), Ordering::SeqCst);
        }
        self.remove(id);
        for rule in &loaded.rules {
            for consumer in &rule.grant.consumers {
                let key = self.key(consumer, &rule.grant.provider, &rule.grant.service);
                let rules = self.index.entry(key).or_default();
                rules.push(Arc::clone(rule));
                rules.sort_by(|a, b| (&a.cited.id, a.place).cmp(&(&b.cited.id, b.place)));
            }
        }
        self.loaded.insert(id.clone(), loaded);
        Ok(())
    }

    /// Suspends an agreement, or one clause of it, at once: a decision that begins after this returned obeys it. Only
    /// [`put`](Self::put) resumes. Answers whether there is such an agreement and clause.
    pub fn suspend(&self, id: &AgreementId, clause: Option<&ClauseId>) -> bool {
        let Some(loaded) = self.loaded.get(id) else { return false };
        match clause {
            None => loaded.suspended.store(true, Ordering::SeqCst),
            Some(clause) => match loaded.rules.iter().find(|rule| rule.clause == *clause) {
                Some(rule) => rule.clause_suspended.store(true, Ordering::SeqCst),
                None => return false,
            },
        }
        true
    }

    /// Takes an agreement out, whatever its life says: none of its clauses decides any more.
    pub fn withdraw(&mut self, id: &AgreementId) {
        self.remove(id);
    }

    /// The versions that are enforced, by id.
    pub fn enforced(&self) -> impl Iterator<Item = &Cited> {
        self.loaded.values().map(|loaded| &loaded.cited)
    }

    /// The clauses that speak of this consumer and this service, by agreement and by place in it, suspended and expired
    /// ones too.
    pub fn clauses(&self, consumer: &ClientId, service: &ServiceId) -> impl Iterator<Item = (&Cited, &GrantClause)> {
        let rules = self.index.get(&self.key(consumer, &service.provider, &service.code));
        rules.into_iter().flatten().map(|rule| (&rule.cited, &rule.grant))
    }

    /// The services with this code that some clause lets this consumer ask, in the order of their providers.
    #[must_use]
    pub fn providers(&self, consumer: &ClientId, code: &ServiceCode) -> Vec<ServiceId> {
        let keys = self.index.keys().filter(|key| key.consumer == *consumer && key.service == *code);
        let service = |key: &Key| ServiceId { provider: key.provider.clone(), code: code.clone(), version: None };
        let mut services: Vec<_> = keys.map(service).collect();
        services.sort();
        services
    }

    /// Whether any clause speaks of this consumer and this service, suspended and expired ones too.
    #[must_use]
    pub fn cover(&self, ask: &impl Demand) -> bool {
        !self.candidates(ask).is_empty()
    }

    /// Decides a call. The first clause, by id of the agreement and by place in it, whose conditions all hold and whose
    /// volume is not used up allows it. If none does, the refusal names the clause that came nearest.
    pub fn decide(
        &self,
        ask: &impl Demand,
        context: &Context<'_>,
        usage: &(impl Usage + ?Sized),
        now: UnixTime,
    ) -> Result<AgreementGrant, Refusal> {
        let call = self.call(ask, context, now)?;
        let mut nearest = Refusal::plain(Reason::NoAgreement);
        for rule in self.candidates(ask) {
            let unmet = self.unmet(rule, &call).first().copied();
            let reason = match unmet {
                Some(reason) => reason,
                None if self.reserve(rule, usage, now) => return Ok(rule.granted()),
                None => Reason::Volume,
            };
            if reason > nearest.reason {
                nearest = Refusal { agreement: Some(rule.cited.clone()), clause: Some(rule.clause.clone()), reason };
            }
        }
        Err(nearest)
    }

    /// What of a call every clause looks at; or why it cannot be judged at all.
    pub(super) fn call<'a>(
        &self,
        ask: &'a impl Demand,
        context: &Context<'a>,
        now: UnixTime,
    ) -> Result<Call<'a>, Refusal> {
        let path = ServicePath::parse(ask.path()).map_err(|_| Refusal::plain(Reason::Path))?;
        let statements = [context.purpose, context.basis, context.consent, context.case, context.onward];
        let plain = |text: &str| {
            text.chars().take(limits::STATEMENT_CHARS + 1).count() <= limits::STATEMENT_CHARS
                && !text.chars().any(char::is_control)
        };
        if !statements.into_iter().flatten().all(plain) {
            return Err(Refusal::plain(Reason::Statement));
        }
        // Whatever is no member stays as it is: no clause names it.
        let onward = context.onward.filter(|text| self.stated(text)).map(|text| {
            text.parse::<simpul_core::MemberId>().map_or_else(|_| text.to_owned(), |member| member.to_string())
        });
        Ok(Call { client: ask.client(), method: ask.method(), raw: ask.path(), path, context: *context, onward, now })
    }

    pub(super) fn candidates(&self, ask: &impl Demand) -> &[Arc<Rule>] {
        let key = self.key(ask.client(), &ask.service().provider, &ask.service().code);
        self.index.get(&key).map_or(&[], Vec::as_slice)
    }

    fn reserve(&self, rule: &Rule, usage: &(impl Usage + ?Sized), now: UnixTime) -> bool {
        let mut volumes = rule.grant.volume.clone();
        if volumes.is_empty() {
            return true;
        }
        if self.seeded.has(Fault::VolumeOneMore) {
            volumes.iter_mut().for_each(|volume| volume.count += 1);
        }
        if self.seeded.has(Fault::FirstVolumeOnly) {
            volumes.truncate(1);
        }
        let mut meter = Meter { agreement: rule.cited.id.clone(), clause: rule.clause.clone() };
        if self.seeded.has(Fault::VolumeShared)
            && let Some(first) = self.loaded.get(&rule.cited.id).and_then(|loaded| loaded.rules.first())
        {
            meter.clause = first.clause.clone();
        }
        usage.reserve(&meter, &volumes, now).is_ok()
    }

    /// Decisions stay cheap: few clauses speak of the same consumer and service.
    fn room_for(&self, loaded: &Loaded) -> Result<(), LoadError> {
        let mut fresh: HashMap<Key, usize> = HashMap::new();
        for rule in &loaded.rules {
            for consumer in &rule.grant.consumers {
                *fresh.entry(self.key(consumer, &rule.grant.provider, &rule.grant.service)).or_default() += 1;
            }
        }
        let id = &loaded.cited.id;
        let others = |key: &Key| self.index.get(key).into_iter().flatten().filter(|rule| rule.cited.id != *id).count();
        match fresh.iter().any(|(key, count)| count + others(key) > limits::AGREEMENT_CANDIDATES) {
            true => Err(LoadError::Crowded(id.clone())),
            false => Ok(()),
        }
    }

    fn compile(&self, agreement: &Agreement) -> Result<Loaded, LoadError> {
        let cited = Cited { id: agreement.id().clone(), version: agreement.version(), digest: agreement.digest() };
        let suspended = Arc::new(AtomicBool::new(false));
        let mut rules = Vec::new();
        for (place, clause) in agreement.clauses().iter().enumerate() {
            let Some(grant) = clause.grant() else { continue };
            let failed = |cause| LoadError::Compile { id: cited.id.clone(), cause };
            let policies = self.compiler.clause(agreement, &clause.id, grant).map_err(failed)?;
            let service = self.compiler.names.service(&service_name(&grant.provider, &grant.service));
            rules.push(Arc::new(Rule {
                cited: cited.clone(),
                clause: clause.id.clone(),
                place,
                policies,
                agreement_suspended: Arc::clone(&suspended),
                clause_suspended: AtomicBool::new(false),
                service,
                fields: self.fields(agreement, grant),
                grant: grant.clone(),
            }));
        }
        Ok(Loaded { cited, suspended, rules })
    }

    fn fields(&self, agreement: &Agreement, grant: &GrantClause) -> FieldSet {
        let mut fields = grant.fields.clone();
        if self.seeded.has(Fault::FieldsOfAll) {
            let all = agreement.clauses().iter().filter_map(|clause| clause.grant());
            fields.allowed = all.flat_map(|grant| grant.fields.allowed.clone()).collect();
        }
        fields
    }

    fn remove(&mut self, id: &AgreementId) {
        let Some(old) = self.loaded.remove(id) else { return };
        for rule in &old.rules {
            for consumer in &rule.grant.consumers {
                let key = self.key(consumer, &rule.grant.provider, &rule.grant.service);
                if let Some(rules) = self.index.get_mut(&key) {
                    rules.retain(|rule| rule.cited.id != *id);
                    if rules.is_empty() {
                        self.index.remove(&key);
                    }
                }
            }
        }
    }

    fn key(&self, consumer: &ClientId, provider: &ClientId, service: &ServiceCode) -> Key {
        let member = |client: &ClientId| ClientId::Member(client.member().clone());
        let consumer = match self.seeded.has(Fault::MemberCoversSubsystem) {
            true => member(consumer),
            false => consumer.clone(),
        };
        let provider = if self.seeded.has(Fault::AnyProvider) { consumer.clone() } else { provider.clone() };
        Key { consumer, provider, service: service.clone() }
    }
}

impl Rule {
    pub(super) fn volumes(&self) -> &[super::terms::Volume] {
        &self.grant.volume
    }

    fn granted(&self) -> AgreementGrant {
        AgreementGrant {
            agreement: self.cited.id.clone(),
            version: self.cited.version,
            digest: self.cited.digest,
            clauses: vec![self.clause.clone()],
            fields: self.fields.clone(),
            secrecy: self.grant.secrecy.clone(),
            retention_days: self.grant.retention_days,
        }
    }
}

/// The Cedar entity of a service code of a provider, over all versions.
pub(super) fn service_name(provider: &ClientId, service: &ServiceCode) -> String {
    format!("{provider}/{service}")
}

#[cfg(test)]
mod tests;
