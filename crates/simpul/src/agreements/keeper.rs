//! The agreements that this server obeys: those on disk that are in force and whose signatures hold.
//!
//! Each exchange asks [`Keeper::current`], which looks at one file. If that has turned, what changed is read before the
//! exchange goes on: a suspension that an officer has written holds for the very next one. What cannot be understood or
//! does not verify decides nothing, and the operator is told.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use simpul_exchange::ports::{AgreementSource, Clock, ConfSource};
use simpul_policy::agreement::act::{Journal, JournalError};
use simpul_policy::agreement::life::Life;
use simpul_policy::agreement::{Agreement, AgreementId, Agreements, Counters, LoadError, Usage};
use simpul_store::files::{AgreementFolder, AgreementStoreError, Generation};
use simpul_trust::agreement::{AgreementError, verify};
use simpul_trust::conf::GlobalConf;

use crate::verdict::chain;

/// Why an agreement on disk decides nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unenforced {
    /// Its files cannot be read.
    #[error("its files cannot be read")]
    Store(#[source] AgreementStoreError),
    /// Its journal does not make sense.
    #[error("its journal is not believed")]
    Journal(#[source] JournalError),
    /// The folder is named for another one.
    #[error("its journal is about `{0}`")]
    OtherName(String),
    /// No configuration says whose signatures hold.
    #[error("there is no global configuration to judge its signatures by")]
    NoConf,
    /// There are no signatures.
    #[error("its container v{0}.asice is missing")]
    NoContainer(u32),
    /// The signatures do not hold, or not those of all parties.
    #[error("its signatures do not hold")]
    Signatures(#[source] AgreementError),
    /// Another text was signed.
    #[error("what was signed is not what its journal says is in force")]
    OtherText,
    /// It gave no policies.
    #[error("it cannot be enforced")]
    Load(#[source] LoadError),
}

/// Holds the agreements in force, and what was used of their volumes.
pub(crate) struct Keeper {
    folder: AgreementFolder,
    conf: Arc<dyn ConfSource>,
    clock: Arc<dyn Clock>,
    usage: Counters,
    /// Whether the operator's log is told of each change: a server's is.
    tells: bool,
    state: RwLock<State>,
    /// One reads at a time, the others wait for what it finds.
    reading: Mutex<()>,
}

struct State {
    /// `None` before the first look.
    seen: Option<Generation>,
    agreements: Arc<Agreements>,
    /// The journal that was read of each, and why it is not enforced.
    read: BTreeMap<String, (Generation, Option<Arc<Unenforced>>)>,
    /// The configuration that signatures were judged by.
    judged_by: Option<Arc<GlobalConf>>,
}

impl State {
    /// Whether nothing changed: neither on disk, nor in the configuration while one waits for a better one.
    fn holds(&self, seen: Generation, conf: Option<&Arc<GlobalConf>>) -> bool {
        let same_conf = match (&self.judged_by, conf) {
            (Some(old), Some(new)) => Arc::ptr_eq(old, new),
            (old, new) => old.is_none() && new.is_none(),
        };
        self.seen == Some(seen) && (same_conf || self.read.values().all(|(_, why)| why.is_none()))
    }
}

impl Keeper {
    /// A keeper of this folder; what is in it is read when it is asked for.
    pub(crate) fn new(
        folder: AgreementFolder,
        conf: Arc<dyn ConfSource>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, LoadError> {
        let agreements = Arc::new(Agreements::new()?);
        let state = RwLock::new(State { seen: None, agreements, read: BTreeMap::new(), judged_by: None });
        Ok(Self { folder, conf, clock, usage: Counters::default(), tells: true, state, reading: Mutex::default() })
    }

    /// Where the calls that clauses allow are counted.
    pub(crate) fn counters(&self) -> &Counters {
        &self.usage
    }

    /// The same for a command, which tells what it finds itself.
    pub(crate) fn quiet(self) -> Self {
        Self { tells: false, ..self }
    }

    /// Those that decide nothing although they are on disk and came into force, by name, and why.
    pub(crate) fn unenforced(&self) -> Vec<(String, Arc<Unenforced>)> {
        drop(self.current());
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        state.read.iter().filter_map(|(name, (_, why))| Some((name.clone(), why.clone()?))).collect()
    }

    /// Reads what changed since the last look.
    fn read(&self, seen: Generation, conf: Option<Arc<GlobalConf>>) {
        let (mut agreements, mut old) = {
            let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
            (Agreements::clone(&state.agreements), state.read.clone())
        };
        let names = self.folder.names().unwrap_or_else(|error| {
            tracing::error!(cause = chain(&error), "the agreements cannot be read: none of them decides now");
            Vec::new()
        });
        let mut read = BTreeMap::new();
        for name in names {
            let stamp = self.folder.journal_stamp(&name);
            if let Some(known) = old.remove(&name).filter(|(at, why)| *at == stamp && why.is_none()) {
                read.insert(name, known);
                continue;
            }
            let why = self.one(&name, conf.as_deref(), &mut agreements).err().map(Arc::new);
            if let Some(why) = &why {
                withdraw(&mut agreements, &name);
                if self.tells {
                    let cause = chain(why.as_ref());
                    tracing::error!(
                        agreement = name,
                        cause,
                        "this agreement is not enforced: what it allowed is refused"
                    );
                }
            }
            read.insert(name, (stamp, why));
        }
        old.keys().for_each(|name| withdraw(&mut agreements, name));
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        *state = State { seen: Some(seen), agreements: Arc::new(agreements), read, judged_by: conf };
    }

    fn one(&self, name: &str, conf: Option<&GlobalConf>, agreements: &mut Agreements) -> Result<(), Unenforced> {
        let lines = self.folder.journal(name).map_err(Unenforced::Store)?;
        let journal = Journal::read(lines.iter().map(String::as_str)).map_err(Unenforced::Journal)?;
        let history = journal.history();
        let Some(id) = history.id() else { return Ok(()) };
        if id.as_str() != name {
            return Err(Unenforced::OtherName(id.to_string()));
        }
        // The version before decides until this one does; where none ever did, there is nothing to enforce.
        let Some(life) = history.deciding() else { return Ok(()) };
        let agreement = life.agreement();
        if let Life::Ended(_) = life {
            agreements.withdraw(id);
            self.tell(life);
            return Ok(());
        }
        let container = self.folder.container(name, agreement.version()).map_err(Unenforced::Store)?;
        let container = container.ok_or(Unenforced::NoContainer(agreement.version()))?;
        signed(agreement, &container, conf.ok_or(Unenforced::NoConf)?, self.clock.as_ref())?;
        agreements.withdraw(id);
        agreements.put(life).map_err(Unenforced::Load)?;
        self.tell(life);
        Ok(())
    }

    fn tell(&self, life: &Life) {
        let (text, state) = (life.agreement(), life.name());
        if self.tells {
            tracing::info!(agreement = %text.id(), version = text.version(), state, "an agreement is obeyed");
        }
    }
}

impl AgreementSource for Keeper {
    fn current(&self) -> Arc<Agreements> {
        let known = |seen, conf: Option<&Arc<GlobalConf>>| {
            let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
            state.holds(seen, conf).then(|| Arc::clone(&state.agreements))
        };
        let conf = self.conf.current();
        if let Some(agreements) = known(self.folder.generation(), conf.as_ref()) {
            return agreements;
        }
        let _one = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        // Looked at before it is read: what changes meanwhile is seen at the next look.
        let seen = self.folder.generation();
        if let Some(agreements) = known(seen, conf.as_ref()) {
            return agreements;
        }
        self.read(seen, conf);
        Arc::clone(&self.state.read().unwrap_or_else(PoisonError::into_inner).agreements)
    }

    fn usage(&self) -> &(dyn Usage + Send + Sync) {
        &self.usage
    }
}

/// Fails unless all parties, and nobody else, have signed exactly this text.
pub(crate) fn signed(
    agreement: &Agreement,
    container: &[u8],
    conf: &GlobalConf,
    clock: &dyn Clock,
) -> Result<(), Unenforced> {
    let signed = verify(container, conf, clock.now()).map_err(Unenforced::Signatures)?;
    if *signed.json() != agreement.canonical_json() {
        return Err(Unenforced::OtherText);
    }
    let parties: Vec<_> = agreement.parties().iter().map(|party| party.member.clone()).collect();
    signed.demand(&parties).map_err(Unenforced::Signatures)
}

fn withdraw(agreements: &mut Agreements, name: &str) {
    if let Ok(id) = name.parse::<AgreementId>() {
        agreements.withdraw(&id);
    }
}
