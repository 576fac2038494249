//! The global configuration in force: the last good one from disk, then a newer one in every interval.
//!
//! A configuration is in force only after every record that it will be cited by can cite it: it is offered to the ledger
//! first, which keeps it with the first record that does. An older one than was accepted before is refused
//! (`trust::conf::rollback`), also after a restart (`accepted`).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::time::Duration;

use simpul_core::UnixTime;
use simpul_core::ident::Instance;
use simpul_exchange::ports::{Clock, ConfSource};
use simpul_io::fetch::{self, Fetcher};
use simpul_ledger::{ConfId, KeptConf, Ledger, LedgerError};
use simpul_trust::conf::download::{AllowedFederations, Fetched, Outcome, Plan};
use simpul_trust::conf::kept::{parts_of, tree_of_published};
use simpul_trust::conf::rollback::{RollbackPolicy, Succession};
use simpul_trust::conf::{ConfError, GlobalConf, LoadedPart, Published, signed};
use simpul_wire::gconf::Anchor;
use tokio_util::sync::CancellationToken;

use crate::accepted::{Accepted, AcceptedError, Newest};
use crate::fetch::attempts;
use crate::files;
use crate::verdict::chain;

/// How far an honest central server of a cluster may be behind another: one generation interval (wire.md §8.3).
const GENERATION: Duration = Duration::from_secs(60);

/// Configurations that exchanges which still run go by, the one in force included; older ones are kept in the ledger
/// whether they are cited or not, so that a long exchange can cite its own in the end.
const HELD: usize = 8;

/// What the keeper needs.
pub(crate) struct Keeping {
    /// The anchor of the own instance.
    pub(crate) anchor: Anchor,
    /// Which federated instances are used.
    pub(crate) allowed: AllowedFederations,
    /// Whether the operator lets an older configuration replace a newer one.
    pub(crate) rollback: RollbackPolicy,
    /// Time between two looks.
    pub(crate) interval: Duration,
    /// Where the last good configuration lies.
    pub(crate) dir: PathBuf,
}

/// Holds the configuration in force, and renews it.
pub(crate) struct ConfKeeper {
    keeping: Keeping,
    ledger: Ledger,
    clock: Arc<dyn Clock>,
    fetcher: Arc<Fetcher>,
    current: RwLock<Option<Arc<GlobalConf>>>,
    state: tokio::sync::Mutex<State>,
}

struct State {
    /// The newest Expire-date accepted, by instance.
    accepted: Accepted,
    /// The location that last worked, by instance.
    prefer: BTreeMap<Instance, String>,
    /// What is in force, so that unchanged parts are not fetched again.
    published: Vec<Published>,
    /// What records may cite: each configuration that somebody still goes by, with its versions, oldest first.
    offered: Vec<(Weak<GlobalConf>, Vec<Arc<KeptConf>>)>,
    rounds: u64,
}

/// Why a configuration did not come into force.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeepError {
    /// No location had an acceptable one.
    #[error("no location has an acceptable configuration: {0}")]
    Refused(String),
    /// Its parts do not fit together.
    #[error("the global configuration is not accepted")]
    Conf(#[source] ConfError),
    /// It is not known, or could not be noted down, which is the newest.
    #[error("the newest accepted configuration cannot be remembered")]
    Accepted(#[source] AcceptedError),
    /// It could not be kept for evidence.
    #[error("the global configuration could not be kept in the ledger")]
    Ledger(#[source] LedgerError),
}

impl ConfSource for ConfKeeper {
    fn current(&self) -> Option<Arc<GlobalConf>> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl ConfKeeper {
    /// A keeper with the configuration that is published now, or else the last good one from disk, which may have
    /// expired. Fails if there is neither.
    pub(crate) async fn open(
        keeping: Keeping,
        ledger: Ledger,
        fetcher: Arc<Fetcher>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, KeepError> {
        // What does not verify any more, such as after the anchor was changed, is not used; what is published now may be.
        let kept = stored(&keeping).unwrap_or_else(|error| {
            tracing::warn!(cause = chain(&error), "the stored global configuration is not used");
            None
        });
        let accepted = Accepted::open(&keeping.dir, newest(kept.iter().flatten())).map_err(KeepError::Accepted)?;
        let (prefer, published, offered) = (BTreeMap::new(), Vec::new(), Vec::new());
        let state = tokio::sync::Mutex::new(State { accepted, prefer, published, offered, rounds: 0 });
        let keeper = Self { keeping, ledger, clock, fetcher, current: RwLock::new(None), state };
        if let Some(published) = kept {
            keeper.put_in_force(&mut *keeper.state.lock().await, published).await?;
        }
        match keeper.renew().await {
            Err(error) if keeper.current().is_some() => {
                tracing::warn!(cause = chain(&error), "going on with the stored global configuration");
            }
            other => other?,
        }
        Ok(keeper)
    }

    /// Fetches, judges and puts in force what is published now.
    pub(crate) async fn renew(&self) -> Result<(), KeepError> {
        let mut state = self.state.lock().await;
        state.rounds += 1;
        let plan = Plan {
            anchor: self.keeping.anchor.clone(),
            allowed: self.keeping.allowed.clone(),
            previous: state.published.clone(),
            newest: state.accepted.newest().clone(),
            generation_interval: GENERATION,
            rollback: self.keeping.rollback,
            prefer: state.prefer.clone(),
            seed: state.rounds,
        };
        let outcome = fetch::conf::download(&self.fetcher, plan, self.clock.as_ref()).await;
        report(&outcome);
        let published = outcome.in_force(&state.published);
        // Durable before anybody goes by it: a restart must not forget it.
        let newest = outcome.newest().map(|(i, at)| (i.clone(), at)).collect();
        state.accepted.remember(newest).map_err(KeepError::Accepted)?;
        let prefer: Vec<_> = outcome.locations().map(|(i, l)| (i.clone(), l.to_owned())).collect();
        state.prefer.extend(prefer);
        if let Err(refused) = outcome.own {
            return Err(KeepError::Refused(attempts(&refused)));
        }
        if same(&published, &state.published) {
            return Ok(());
        }
        self.put_in_force(&mut state, published).await?;
        if let Err(cause) = store(&self.keeping.dir, &self.keeping.anchor, &state.published) {
            // The configuration is in force all the same; only a restart without the registry would miss it.
            tracing::error!(%cause, dir = %self.keeping.dir.display(), "the global configuration could not be stored");
        }
        Ok(())
    }

    /// Renews until it is told to stop. Failures leave what is in force, until it expires.
    pub(crate) async fn keep(self: Arc<Self>, stop: CancellationToken) {
        let mut ticks = tokio::time::interval(self.keeping.interval);
        ticks.tick().await;
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                () = stop.cancelled() => return,
            }
            if let Err(error) = self.renew().await {
                tracing::error!(cause = chain(&error), "the global configuration was not renewed");
            }
        }
    }

    /// Lets records cite every version, then lets exchanges see the configuration.
    async fn put_in_force(&self, state: &mut State, published: Vec<Published>) -> Result<(), KeepError> {
        let offer = |one| self.ledger.offer_conf(kept(one)).map_err(KeepError::Ledger);
        let offers = published.iter().map(offer).collect::<Result<Vec<_>, _>>()?;
        let parts: Vec<LoadedPart> = published.iter().flat_map(|p| p.parts.iter().cloned()).collect();
        let conf = GlobalConf::from_parts(&self.keeping.anchor.instance, parts).map_err(KeepError::Conf)?;
        conf.problems().for_each(|p| tracing::warn!(cause = chain(p), "a trust service is left out"));
        let conf = Arc::new(conf);
        state.offered.retain(|(conf, _)| conf.strong_count() > 0);
        while state.offered.len() >= HELD {
            for old in state.offered.iter().take(1).flat_map(|(_, offers)| offers) {
                self.ledger.keep_conf(old).await.map_err(KeepError::Ledger)?;
            }
            state.offered.remove(0);
        }
        state.offered.push((Arc::downgrade(&conf), offers));
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Some(conf);
        state.published = published;
        Ok(())
    }
}

/// The configuration for a command that runs beside a server, or without one: what is published now, or else the last good
/// one on disk. Nothing is kept.
pub(crate) async fn once(keeping: &Keeping, fetcher: &Fetcher, clock: &dyn Clock) -> Result<GlobalConf, KeepError> {
    let previous = stored(keeping).map_err(KeepError::Conf)?.unwrap_or_default();
    let accepted = Accepted::open(&keeping.dir, newest(&previous)).map_err(KeepError::Accepted)?;
    let plan = Plan {
        anchor: keeping.anchor.clone(),
        allowed: keeping.allowed.clone(),
        previous: previous.clone(),
        newest: accepted.newest().clone(),
        generation_interval: GENERATION,
        rollback: keeping.rollback,
        prefer: BTreeMap::new(),
        seed: 0,
    };
    let outcome = fetch::conf::download(fetcher, plan, clock).await;
    let published = outcome.in_force(&previous);
    if let Err(refused) = &outcome.own {
        match previous.is_empty() {
            true => return Err(KeepError::Refused(attempts(refused))),
            false => tracing::warn!(attempts = attempts(refused), "going on with the stored global configuration"),
        }
    }
    let parts: Vec<LoadedPart> = published.iter().flat_map(|p| p.parts.iter().cloned()).collect();
    GlobalConf::from_parts(&keeping.anchor.instance, parts).map_err(KeepError::Conf)
}

/// Logs what an operator must know of a round: overrides, and instances that could not be had.
fn report(outcome: &Outcome) {
    let overridden = |fetched: &Fetched| {
        if let Succession::Overridden { newest, was } = fetched.succession {
            let instance = fetched.published.directory.instance();
            tracing::warn!(%instance, accepted = %newest, newer = %was,
                "an older configuration was accepted, because accept-conf-rollback is set");
        }
    };
    outcome.own.iter().for_each(overridden);
    for (instance, result) in &outcome.federated {
        match result {
            Ok(fetched) => overridden(fetched),
            Err(refused) => {
                tracing::warn!(%instance, attempts = attempts(refused), "no acceptable configuration of a partner");
            }
        }
    }
}

fn newest<'a>(published: impl IntoIterator<Item = &'a Published>) -> Newest {
    published.into_iter().map(|p| (p.directory.instance().clone(), p.directory.expires())).collect()
}

fn same(one: &[Published], other: &[Published]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(a, b)| a.directory.sha256() == b.directory.sha256())
}

/// The form in which the ledger keeps a configuration.
fn kept(published: &Published) -> KeptConf {
    let (directory, parts) = parts_of(published);
    KeptConf {
        id: ConfId::new(published.directory.sha256()),
        instance: published.directory.instance().to_string(),
        directory,
        parts,
    }
}

/// Reads the configuration that was in force last, without regard to its expiry.
fn stored(keeping: &Keeping) -> Result<Option<Vec<Published>>, ConfError> {
    let Ok(pointer) = std::fs::read_to_string(keeping.dir.join("current")) else { return Ok(None) };
    let Ok(files) = files::read_tree(&keeping.dir.join(pointer.trim())) else { return Ok(None) };
    let tree = signed::load_tree(&keeping.anchor, &files, UnixTime::from_millis(0))?;
    let allowed = tree.federated.into_iter().filter(|(instance, _)| keeping.allowed.allows(instance));
    let federated = allowed.filter_map(|(_, published)| published.ok());
    Ok(Some(std::iter::once(tree.own).chain(federated).collect()))
}

/// Writes a configuration beside the last one, and then lets the pointer lead to it.
fn store(dir: &Path, anchor: &Anchor, published: &[Published]) -> std::io::Result<()> {
    if published.is_empty() {
        return Ok(());
    }
    let files = tree_of_published(anchor, published);
    let hashes = published.iter().flat_map(|p| p.directory.sha256().into_iter().take(6));
    let name: String = hashes.map(|b| format!("{b:02x}")).collect();
    let target = dir.join(&name);
    for (path, bytes) in files {
        let path = target.join(path);
        std::fs::create_dir_all(path.parent().unwrap_or(dir))?;
        files::write_whole(&path, &bytes, 0o644)?;
    }
    // Whole on the disk before the pointer leads to it.
    std::fs::File::open(&target)?.sync_all()?;
    files::write_whole(&dir.join("current"), name.as_bytes(), 0o644)?;
    std::fs::File::open(dir)?.sync_all()?;
    for old in std::fs::read_dir(dir)?.flatten() {
        if old.path().is_dir() && old.file_name().to_string_lossy() != name {
            std::fs::remove_dir_all(old.path())?;
        }
    }
    Ok(())
}
