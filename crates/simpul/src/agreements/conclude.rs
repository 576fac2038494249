//! An agreement concluded in one go between the running servers of a laboratory federation, by the officers that its
//! text names: every act is taken at the desk of the party that does it, and its server brings it to the others over the
//! exchange, as between states.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use simpul_exchange::ports::Clock;
use simpul_policy::agreement::act::{Act, Journal, Step};
use simpul_policy::agreement::life::{Actor, Scope};
use simpul_policy::agreement::{Agreement, AgreementId};
use simpul_trust::conf::GlobalConf;

use super::desk::Desk;
use super::problem::Problem;

/// How long an act may be on its way, and how often somebody looks whether it is there.
const PATIENCE: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_millis(10);

/// The desks of several servers.
pub(crate) struct Table {
    desks: Vec<(Desk, Arc<GlobalConf>)>,
}

impl Table {
    /// Opens the desk of each server; their registries must answer.
    pub(crate) async fn open(configs: &[&Path], clock: &Arc<dyn Clock>) -> Result<Self, Problem> {
        let mut desks = Vec::new();
        for config in configs {
            let desk = Desk::open(config, Arc::clone(clock))?;
            let conf = desk.conf().await?;
            desks.push((desk, conf));
        }
        Ok(Self { desks })
    }

    /// Whether the agreement is known at the first desk.
    pub(crate) fn knows(&self, id: &AgreementId) -> Result<bool, Problem> {
        let Some((desk, _)) = self.desks.first() else { return Ok(false) };
        Ok(!desk.journal(id)?.acts().is_empty())
    }

    /// Offers, approves, signs and enters; each side after what the other one did has arrived.
    pub(crate) async fn conclude(&self, text: &Agreement) -> Result<(), Problem> {
        let parties = text.parties();
        let officer = |party: usize, nth: usize| {
            let party = parties.get(party)?;
            Some(Actor { member: party.member.clone(), officer: party.officers.get(nth)?.name.clone() })
        };
        let first = officer(0, 0).ok_or(Problem::Party(0))?;
        self.act(text, Step::Offer(Box::new(text.clone())), &first)?;
        self.arrived(text, &first).await?;
        for party in 0..parties.len() {
            for by in [officer(party, 0), officer(party, 1)].into_iter().flatten() {
                self.act(text, Step::Approve, &by)?;
            }
        }
        for by in (0..parties.len()).filter_map(|party| officer(party, 0)) {
            self.arrived(text, &by).await?;
        }
        for by in (0..parties.len()).filter_map(|party| officer(party, 0)) {
            let (desk, conf) = self.of(&by)?;
            let signature = desk.signature(text, &by.member, conf).await?;
            self.act(text, Step::Sign(signature), &by)?;
        }
        for by in (0..parties.len()).filter_map(|party| officer(party, 0)) {
            self.arrived(text, &by).await?;
        }
        self.act(text, Step::Enter, &first)?;
        self.arrived(text, &first).await
    }

    /// Suspends the whole agreement, by one officer of a party.
    pub(crate) fn suspend(&self, text: &Agreement, by: &Actor) -> Result<(), Problem> {
        self.act(text, Step::Suspend(Scope::Whole), by)
    }

    /// One officer's word to resume it.
    pub(crate) fn resume(&self, text: &Agreement, by: &Actor) -> Result<(), Problem> {
        self.act(text, Step::Resume(Scope::Whole), by)
    }

    /// Waits until all that a party did has reached the other servers.
    pub(crate) async fn arrived(&self, text: &Agreement, by: &Actor) -> Result<(), Problem> {
        let (own, _) = self.of(by)?;
        let done = own.journal(text.id())?.of_party(&by.member, None).count();
        let begun = tokio::time::Instant::now();
        for (other, _) in self.desks.iter().filter(|(other, _)| !other.is_own(&by.member)) {
            while other.journal(text.id())?.of_party(&by.member, None).count() < done {
                if begun.elapsed() > PATIENCE {
                    return Err(Problem::Unsent(PATIENCE.as_secs()));
                }
                tokio::time::sleep(LOOK).await;
            }
        }
        Ok(())
    }

    /// Takes an act at the desk of its actor; the server there brings it to the others.
    fn act(&self, text: &Agreement, step: Step, by: &Actor) -> Result<(), Problem> {
        let (desk, conf) = self.of(by)?;
        desk.take(text.id(), |journal: &Journal| {
            if matches!(step, Step::Enter) {
                desk.enterable(journal, text.version(), Some(conf))?;
            }
            Ok(Act::new(text, step, by.clone(), journal.moment(desk.clock.now())))
        })?;
        Ok(())
    }

    fn of(&self, by: &Actor) -> Result<&(Desk, Arc<GlobalConf>), Problem> {
        self.desks.iter().find(|(desk, _)| desk.is_own(&by.member)).ok_or_else(|| Problem::NotOwn(by.member.clone()))
    }
}
