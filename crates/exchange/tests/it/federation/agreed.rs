//! The agreements of a node as a test sets them, and the one that most tests use.

use std::sync::{Arc, Mutex};

use simpul_core::UnixTime;
use simpul_exchange::ports::AgreementSource;
use simpul_policy::agreement::life::{Actor, Life};
use simpul_policy::agreement::{Agreement, Agreements, Counters, Usage};
use simpul_policy::mode::{Mode, Modes, Rule};

/// Agreements that a test replaces.
pub(crate) struct Agreed {
    current: Mutex<Arc<Agreements>>,
    usage: Counters,
}

impl Default for Agreed {
    fn default() -> Self {
        Self { current: Mutex::new(Arc::new(Agreements::new().unwrap())), usage: Counters::default() }
    }
}

impl Agreed {
    /// From now on these and no others.
    pub(crate) fn set(&self, lives: &[Life]) {
        let mut agreements = Agreements::new().unwrap();
        lives.iter().for_each(|life| agreements.put(life).unwrap());
        *self.current.lock().unwrap() = Arc::new(agreements);
    }
}

impl AgreementSource for Agreed {
    fn current(&self) -> Arc<Agreements> {
        Arc::clone(&self.current.lock().unwrap())
    }

    fn usage(&self) -> &(dyn Usage + Send + Sync) {
        &self.usage
    }
}

/// Access rights are enough with everybody of both states.
pub(crate) fn rights_only() -> Modes {
    let rule =
        |instance: &str| Rule { partner: instance.parse().unwrap(), service: None, mode: Mode::AccessRightsOnly };
    Modes::new(vec![rule("ID"), rule("MY")])
}

/// An officer of a party.
pub(crate) fn officer(member: &str, name: &str) -> Actor {
    Actor { member: member.parse().unwrap(), officer: name.to_owned() }
}

/// Brings a document into force, with everybody's approval and signature.
pub(crate) fn in_force(agreement: Agreement, now: UnixTime) -> Life {
    let parties = agreement.parties().to_vec();
    let mut life = Life::draft(agreement).unwrap();
    let actors =
        |n: usize| parties.iter().map(move |p| Actor { member: p.member.clone(), officer: p.officers[n].name.clone() });
    life = life.offer(&actors(0).next().unwrap()).unwrap();
    for actor in actors(0).chain(actors(1)) {
        life = life.approve(&actor).unwrap();
    }
    for actor in actors(0) {
        life = life.sign(&actor).unwrap();
    }
    life.enter(now).unwrap()
}
